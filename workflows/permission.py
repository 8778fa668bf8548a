"""The permission to carry current-affairs news, and through it the badge (Art. 7)."""

from __future__ import annotations

from typing import Any, Final

from domain.account import Account
from domain.permission import Permission, PermissionState
from workflows import permission_commands as c
from workflows import permission_effects as effects
from workflows import permission_facts as facts
from workflows import permission_guards as g
from workflows import permission_time as time
from workflows.due_dates import defer
from workflows.engine import Transition, Workflow, always_two
from workflows.own_matter import is_not_ones_own_matter

S = PermissionState
_IN_FORCE: Final = (S.GRANTED, S.SUSPENDED)
_AGAINST: Final[Any] = {
    "adverse": True,
    "reasons_from": "permission_reasons",
    "code_lists": ("permission_reasons", "legal_bases"),
}

PERMISSION = Workflow(
    noun="permission",
    zh="许可",
    model=Permission,
    states=PermissionState,
    root=Account,
    root_column="account_id",
    under=Account,
    facts=(facts.STANDING, facts.SUSPENDERS, facts.NEWS_SANCTIONED),
    facts_type=facts.PermissionFacts,
    transitions=(
        Transition(
            "request",
            (),
            S.REQUESTED,
            7,
            c.PermissionRequest,
            guards=(
                g.account_is_on_file,
                g.provider_is_qualified,
                g.what_is_asked_is_named,
                g.kind_is_within_the_licence,
                g.licence_is_the_subjects_or_a_letter_is_given,
                g.none_other_of_this_kind_is_open,
                g.letter_is_usable,
            ),
            effects=(effects.keep_letter,),
            facts=(facts.OTHERS, facts.HELD, facts.ASKED),
            opening=effects.request,
            under="account_id",
        ),
        Transition(
            "grant",
            (S.REQUESTED,),
            S.GRANTED,
            7,
            c.PermissionGrant,
            guards=(
                g.is_for_this_body_to_decide,
                g.account_is_not_closed,
                g.no_measure_on_a_news_ground_is_in_force,
                g.no_other_is_suspended_by_the_authority,
                is_not_ones_own_matter,
                g.licence_stands_in_the_register,
                g.approval_is_numbered,
                g.validity_lies_ahead,
            ),
            effects=(effects.grant, time.run),
            four_eyes=effects.provider_grants_with_two,
        ),
        Transition("replace", _IN_FORCE, S.REPLACED, 7, effects=(effects.end, time.end)),
        Transition(
            "refuse",
            (S.REQUESTED,),
            S.REFUSED,
            7,
            c.PermissionAgainst,
            guards=(g.is_for_this_body_to_decide, is_not_ones_own_matter),
            effects=(effects.refuse,),
            **_AGAINST,
        ),
        Transition("withdraw", (S.REQUESTED,), S.WITHDRAWN, 7, c.PermissionStep, effects=(effects.withdraw,)),
        Transition("overdue", (S.REQUESTED,), None, 7, effects=(effects.tell_overdue,)),
        Transition(
            "narrow",
            (S.GRANTED,),
            None,
            7,
            c.PermissionAgainst,
            guards=(g.publishes_and_reprints, g.register_lists_less, is_not_ones_own_matter),
            effects=(effects.narrow,),
            **_AGAINST,
        ),
        Transition(
            "renew",
            _IN_FORCE,
            None,
            7,
            c.PermissionRenew,
            guards=(g.is_asked_in_time,),
            effects=(effects.ask_renewal, time.run),
        ),
        Transition(
            "renewed",
            _IN_FORCE,
            None,
            7,
            c.PermissionRenewed,
            guards=(
                g.is_for_this_body_to_decide,
                is_not_ones_own_matter,
                g.licence_stands_in_the_register,
                g.validity_lies_ahead,
            ),
            effects=(effects.record_renewal, time.run),
        ),
        Transition(
            "settle_doubt",
            _IN_FORCE,
            None,
            7,
            c.PermissionSettleDoubt,
            guards=(g.licence_is_in_doubt, is_not_ones_own_matter, g.licence_stands_in_the_register),
            effects=(effects.settle_doubt, time.run),
        ),
        Transition("recount", (S.REQUESTED, *_IN_FORCE), None, 7, effects=(defer,)),
        Transition("doubt_overdue", _IN_FORCE, None, 7, effects=(effects.tell_doubt_overdue, time.run)),
        Transition(
            "suspend",
            _IN_FORCE,
            S.SUSPENDED,
            7,
            c.PermissionAgainst,
            guards=(g.nobody_has_suspended_it, g.authority_or_a_licence_in_doubt, is_not_ones_own_matter),
            effects=(effects.suspend,),
            **_AGAINST,
        ),
        Transition(
            "resume",
            (S.SUSPENDED,),
            S.GRANTED,
            7,
            c.PermissionStep,
            guards=(
                is_not_ones_own_matter,
                g.licence_stands_in_the_register,
                g.was_not_suspended_by_the_authority,
                g.no_measure_on_a_news_ground_is_in_force,
            ),
            effects=(effects.resume,),
        ),
        Transition(
            "revoke",
            _IN_FORCE,
            S.REVOKED,
            7,
            c.PermissionAgainst,
            guards=(g.authority_or_a_licence_that_ended, is_not_ones_own_matter),
            effects=(effects.revoke, time.end),
            four_eyes=always_two,
            **_AGAINST,
        ),
        Transition(
            "give_up",
            _IN_FORCE,
            S.REVOKED,
            7,
            c.PermissionStep,
            (g.was_not_suspended_by_the_authority,),
            (effects.end, time.end),
        ),
        Transition("remind", _IN_FORCE, None, 7, effects=(time.remind,)),
        Transition("expire", _IN_FORCE, S.EXPIRED, 7, effects=(effects.expire, time.end)),
    ),
)
