"""The end of a measure, or a milder one in its place: reduced, lifted, run out, taken back (Art. 8)."""

from __future__ import annotations

from typing import Final

from domain.sanction import SanctionState as S
from workflows import sanction_commands as c
from workflows import sanction_effects as effects
from workflows import sanction_facts as facts
from workflows import sanction_guards as g
from workflows import sanction_rescind as rescind
from workflows.engine import On, Transition, always_two
from workflows.own_matter import is_not_ones_own_matter

_MILDER: Final = (is_not_ones_own_matter,)
# What a news permission that was suspended for it may come back on.
_ENDING: Final = (facts.PERMISSIONS,)


def where_it_is_reduced_to(on: On) -> S | None:
    """The rung asked for; the case stays where it is for an earlier end."""
    return S(on.input.level)


MILDER: Final = (
    Transition(
        "reduce",
        (S.RESTRICTED, S.SUSPENDED, S.CLOSED),
        S.WARNING,
        8,
        c.SanctionReduce,
        guards=(
            *_MILDER,
            g.its_measure_is_in_force,
            g.scope_is_of_the_list,
            g.it_is_milder,
            g.the_account_can_come_back_under_its_name,
        ),
        effects=(effects.reduce,),
        code_lists=("restriction_scopes",),
        facts=(facts.BANS, facts.NAMES_TAKEN, *_ENDING),
        or_targets=(S.RESTRICTED, S.SUSPENDED),
        leads=where_it_is_reduced_to,
    ),
    Transition(
        "lift",
        (S.WARNING, S.RESTRICTED, S.SUSPENDED),
        S.LIFTED,
        8,
        c.SanctionLift,
        guards=(*_MILDER, g.its_measure_is_in_force),
        effects=(effects.lift,),
        facts=_ENDING,
    ),
    Transition(
        "expire",
        (S.WARNING, S.RESTRICTED, S.SUSPENDED),
        S.EXPIRED,
        8,
        effects=(effects.expire,),
        facts=_ENDING,
    ),
    Transition(
        "rescind",
        tuple(S),
        S.OVERTURNED,
        8,
        c.SanctionRescind,
        guards=(
            *_MILDER,
            g.a_measure_is_left_to_take_back,
            g.measure_is_of_the_case,
            g.measure_was_not_overturned_before,
            g.the_account_can_come_back_under_its_name,
        ),
        effects=(rescind.rescind,),
        four_eyes=always_two,
        facts=(facts.BANS, facts.NAMES_TAKEN, *_ENDING),
        or_targets=(None, S.EXPIRED),
        leads=rescind.where_it_leads,
    ),
)
