"""Sanctions 处置: warning → restricted → suspended → closed; each case one course of conduct (Art. 8)."""

from __future__ import annotations

from typing import Any, Final

from domain.account import Account
from domain.sanction import UNDECIDED, Sanction, SanctionLevel
from domain.sanction import SanctionState as S
from workflows import sanction_commands as c
from workflows import sanction_effects as effects
from workflows import sanction_facts as facts
from workflows import sanction_guards as g
from workflows import sanction_late_answer as late
from workflows import sanction_opening as opening
from workflows import sanction_time as time
from workflows.closing import DECISIONS
from workflows.engine import On, Transition, Workflow, always_two
from workflows.own_matter import is_not_ones_own_matter
from workflows.sanction_milder import MILDER

_AGAINST: Final[Any] = {
    "adverse": True,
    "reasons_from": "sanction_reasons",
    "code_lists": ("sanction_reasons", "legal_bases"),
}
_SCOPED: Final[Any] = {**_AGAINST, "code_lists": ("sanction_reasons", "legal_bases", "restriction_scopes")}
_ON_EVIDENCE: Final = (is_not_ones_own_matter, g.evidence_is_of_the_case_and_disclosable)
_DECIDING: Final = (*_ON_EVIDENCE, g.each_point_of_the_answer_is_addressed)
_AFTER_A_HEARING: Final = (*_DECIDING, g.hearing_is_over, g.it_rests_on_what_the_holder_was_heard_on)
_RESTING: Final = (facts.EVIDENCE, late.LATE_ANSWERS)
_UNHEARD: Final = (S.WARNING, S.RESTRICTED)  # rungs that need no hearing before them


def restriction_needs_two(on: On) -> bool:
    """Where it skips a rung."""
    return g.is_skip(on, SanctionLevel.RESTRICTED)


def where_a_notice_leads(on: On) -> S | None:
    """A case that was decided on unheard stays on its rung."""
    return S.NOTIFIED if on.case.state == S.OPENED else None


SANCTION = Workflow(
    noun="sanction",
    zh="处置",
    model=Sanction,
    states=S,
    root=Account,
    root_column="account_id",
    under=Account,
    facts=(facts.STANDING, facts.MEASURES, DECISIONS),
    facts_type=facts.SanctionFacts,
    transitions=(
        Transition(
            "open",
            (),
            S.OPENED,
            8,
            c.SanctionOpen,
            guards=(
                opening.is_not_ones_own_account,
                opening.account_is_in_use_or_closed_by_its_holder,
                opening.ground_was_valid_at_the_conduct,
                opening.conduct_is_past_and_not_too_long_ago,
                opening.no_case_of_the_same_conduct_is_open,
                opening.machines_find_by_automated_means,
                opening.some_evidence_can_be_disclosed,
            ),
            effects=(effects.keep_evidence, time.start_deciding),
            code_lists=("sanction_grounds",),
            facts=(opening.OPENING, opening.CONDUCTS, opening.SEALED, facts.OPENED_ON),
            opening=effects.opening,
            under="account_id",
        ),
        Transition(
            "interim",
            UNDECIDED,
            None,
            8,
            c.SanctionInterim,
            guards=(
                is_not_ones_own_matter,
                g.its_ground_is_urgent,
                g.no_interim_measure_was_taken,
                g.scope_is_of_the_list,
            ),
            effects=(effects.interim,),
            **_SCOPED,
        ),
        Transition(
            "extend_interim",
            (S.NOTIFIED,),
            None,
            8,
            c.SanctionExtendInterim,
            guards=(is_not_ones_own_matter, g.an_interim_measure_runs, g.there_is_time_to_extend_it_to),
            effects=(effects.extend_interim,),
            four_eyes=always_two,
            **_AGAINST,
        ),
        *time.BY_TIME,
        Transition(
            "notify",
            (S.OPENED, *_UNHEARD),
            S.NOTIFIED,
            8,
            c.SanctionNotify,
            guards=(
                *_ON_EVIDENCE,
                g.no_notice_was_served_before,
                g.a_rung_is_proposed,
                g.short_period_is_for_urgent_grounds,
            ),
            effects=(effects.notify, time.decide_after_the_hearing),
            facts=(facts.EVIDENCE, time.HEARING),
            or_targets=(None,),
            leads=where_a_notice_leads,
        ),
        Transition(
            "answer",
            (S.NOTIFIED, *_UNHEARD),
            None,
            8,
            c.SanctionAnswer,
            guards=(
                g.a_notice_was_served,
                g.each_point_can_still_be_addressed,
                late.no_late_answer_to_this_notice_is_kept,
            ),
            effects=(effects.answer, time.decide_now_that_it_was_heard),
            facts=(late.LATE_ANSWERS, late.SEALED_ANSWER, time.DECISION),
            beside=late.is_late,
        ),
        Transition(
            "waive",
            (S.NOTIFIED, *_UNHEARD),
            None,
            8,
            c.SanctionStep,
            guards=(g.a_notice_was_served, g.it_was_not_waived_before),
            effects=(effects.waive, time.decide_now_that_it_was_heard),
            facts=(time.DECISION,),
        ),
        Transition(
            "warn",
            UNDECIDED,
            S.WARNING,
            8,
            c.SanctionWarn,
            guards=_DECIDING,
            effects=(effects.warn, time.decided),
            facts=_RESTING,
            **_AGAINST,
        ),
        Transition(
            "acknowledge",
            (S.WARNING,),
            None,
            8,
            c.SanctionStep,
            guards=(g.this_warning_was_not_acknowledged_before,),
            effects=(effects.acknowledge,),
        ),
        Transition(
            "restrict",
            (*UNDECIDED, S.WARNING),
            S.RESTRICTED,
            8,
            c.SanctionRestrict,
            guards=(
                *_DECIDING,
                g.scope_is_of_the_list,
                g.a_skip_to_restriction_has_its_circumstances,
                g.all_its_restrictions_are_within_bounds,
            ),
            effects=(effects.restrict, time.decided),
            four_eyes=restriction_needs_two,
            facts=_RESTING,
            **_SCOPED,
        ),
        Transition(
            "suspend",
            (S.NOTIFIED, S.WARNING, S.RESTRICTED),
            S.SUSPENDED,
            8,
            c.SanctionSuspend,
            guards=(
                *_AFTER_A_HEARING,
                g.a_skip_to_suspension_has_its_circumstances,
                g.an_unusual_length_has_its_reason,
                g.all_its_suspensions_are_within_bounds,
            ),
            effects=(effects.suspend, time.decided),
            four_eyes=always_two,
            facts=_RESTING,
            **_AGAINST,
        ),
        Transition(
            "close",
            (S.NOTIFIED, S.WARNING, S.RESTRICTED, S.SUSPENDED),
            S.CLOSED,
            8,
            c.SanctionClose,
            guards=(
                *_AFTER_A_HEARING,
                g.a_skip_to_closure_has_its_circumstances,
                g.it_is_not_minor_at_first_occurrence,
            ),
            effects=(effects.close, time.decided),
            four_eyes=always_two,
            facts=(*_RESTING, facts.SUBJECT_INDEX),
            **_AGAINST,
        ),
        Transition(
            "prolong",
            (S.RESTRICTED, S.SUSPENDED),
            None,
            8,
            c.SanctionProlong,
            guards=(*_ON_EVIDENCE, g.its_measure_is_in_force, g.the_whole_term_is_within_bounds),
            effects=(effects.prolong,),
            four_eyes=always_two,
            facts=_RESTING,
            **_AGAINST,
        ),
        *MILDER,
        Transition(
            "dismiss",
            UNDECIDED,
            S.DISMISSED,
            8,
            c.SanctionDismiss,
            guards=(is_not_ones_own_matter,),
            effects=(effects.dismiss, time.decided),
            adverse=True,
            reasons_from="dismissal_reasons",
            code_lists=("dismissal_reasons", "legal_bases"),
            facts=(late.LATE_ANSWERS,),
        ),
        Transition(
            "reopen",
            (S.DISMISSED, S.EXPIRED, S.LIFTED),
            S.OPENED,
            8,
            c.SanctionReopen,
            guards=(
                is_not_ones_own_matter,
                opening.no_other_case_of_its_conduct_is_open,
                opening.evidence_is_new,
                opening.some_evidence_can_be_disclosed,
            ),
            effects=(effects.reopen, time.start_deciding),
            facts=(facts.EVIDENCE, opening.CONDUCTS_BESIDE, opening.SEALED),
        ),
    ),
)
