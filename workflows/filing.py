"""The filing 备案: prepared, submitted, and decided by the authority (Art. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account, AccountState
from domain.calendar import local_day
from domain.codes.lists import is_listed
from domain.filing import Filing, FilingState
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from workflows import filing_effects as effects
from workflows.database import Among
from workflows.due_dates import defer
from workflows.engine import Fact, On, Rests, Transition, Workflow, always_two, guard
from workflows.filing_commands import FilingAgainst, FilingReinstate, FilingReturn, FilingRevoke, FilingStep
from workflows.filing_number import NUMBER
from workflows.filing_time import tell_overdue
from workflows.filing_transfer import TRANSFERS, end_question
from workflows.own_matter import is_no_matter_one_recused_from

S = FilingState
_DUE: Final = (S.PREPARED, S.SUBMITTED, S.RETURNED, S.DECLINED, S.REVOKED)  # where something is due of it
_FILING, _ACCOUNT = table_of(Filing), table_of(Account)


@dataclass(frozen=True)
class FilingFacts:
    """What the guards and effects look at."""

    number: str = ""
    number_version: int = 1
    account_state: str = ""
    particulars: tuple[str, ...] = ()  # what the account bears now of what a change may touch


_ACCOUNT_STATE: Final = Fact(
    "account_state",
    sa.select(_FILING.c.id, _ACCOUNT.c.state, *(_ACCOUNT.c[name] for name in effects.CHANGING))
    .join(_ACCOUNT, _ACCOUNT.c.id == _FILING.c.account_id)
    .where(Among(_FILING.c.id, "ids")),
    lambda rows, _: {"account_state": rows[0][1], "particulars": tuple(rows[0][2:])},
    in_steps=True,
)


@guard(ProblemCode.FILING_INCOMPLETE, rests=Rests.LOCKED)
def items_are_complete(on: On) -> Sequence[Problem]:
    wanted = ("handle", "display_name", "category", "division", "agreement_id")
    return [Problem(ProblemCode.FILING_INCOMPLETE, (name,)) for name in wanted if not getattr(on.case, name)]


@guard(ProblemCode.ACCOUNT_CLOSED, rests=Rests.LOCKED, path=("id",))
def account_is_not_closed(on: On) -> bool:
    return bool(on.facts.account_state != AccountState.CLOSED)


@guard(ProblemCode.FILING_OUTDATED, rests=Rests.LOCKED, path=("id",))
def particulars_are_those_accepted(on: On) -> bool:
    return bool(on.facts.particulars == tuple(getattr(on.case, name) for name in effects.CHANGING))


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def defects_are_of_the_list(on: On) -> Sequence[Problem]:
    day = local_day(on.now)
    wrong = [i for i, d in enumerate(on.input.defects) if not is_listed("return_reasons", d.code, day)]
    return [Problem(ProblemCode.CODE_UNKNOWN, ("defects", str(i), "code"), "(return_reasons)") for i in wrong]


@guard(ProblemCode.DAY_AHEAD, rests=Rests.DERIVED, on_input=True, path=("notifiedOn",))
def notice_was_given(on: On) -> bool:
    return bool(on.input.notified_on <= local_day(on.now))


_LISTS: Final[Any] = {
    "adverse": True,
    "reasons_from": "return_reasons",
    "code_lists": ("return_reasons", "legal_bases"),
}

FILING = Workflow(
    noun="filing",
    zh="备案",
    model=Filing,
    states=FilingState,
    root=Account,
    root_column="account_id",
    facts_type=FilingFacts,
    transitions=(
        Transition("prepare", (), S.PREPARED, 7, opening=effects.preparation),
        Transition("amend", (), S.PREPARED, 7, opening=effects.amendment),
        Transition("revise", (S.PREPARED, S.RETURNED, S.DECLINED), None, 7, effects=(effects.revise,)),
        Transition("supersede", (S.ACCEPTED,), S.SUPERSEDED, 7, effects=(effects.supersede, end_question)),
        Transition(
            "cancel",
            (S.PREPARED, S.SUBMITTED, S.RETURNED, S.DECLINED, S.ACCEPTED),
            S.CANCELLED,
            7,
            effects=(effects.cancel, end_question),
        ),
        Transition(
            "restore",
            (S.CANCELLED,),
            S.ACCEPTED,
            7,
            effects=(effects.restore,),
            or_targets=(S.PREPARED,),
            leads=effects.where_it_is_restored_to,
        ),
        Transition(
            "overdue",
            _DUE,
            None,
            7,
            effects=(tell_overdue,),
        ),
        Transition("recount", _DUE, None, 7, effects=(defer,)),
        Transition("rest", (S.REVOKED,), None, 7, effects=(effects.end_deadlines,)),
        Transition("wake", (S.REVOKED,), None, 7, effects=(effects.begin_anew,)),
        Transition(
            "submit", (S.PREPARED, S.RETURNED), S.SUBMITTED, 7, FilingStep, (items_are_complete,), (effects.submit,)
        ),
        Transition("pull_back", (S.SUBMITTED,), S.PREPARED, 7, FilingStep, effects=(effects.pull_back, end_question)),
        Transition(
            "accept",
            (S.SUBMITTED,),
            S.ACCEPTED,
            7,
            FilingStep,
            guards=(is_no_matter_one_recused_from,),
            effects=(effects.accept,),
            facts=(NUMBER,),
        ),
        Transition(
            "return",
            (S.SUBMITTED,),
            S.RETURNED,
            7,
            FilingReturn,
            guards=(is_no_matter_one_recused_from, defects_are_of_the_list),
            effects=(effects.give_back, end_question),
            **_LISTS,
        ),
        Transition(
            "decline",
            (S.SUBMITTED,),
            S.DECLINED,
            7,
            FilingAgainst,
            guards=(is_no_matter_one_recused_from,),
            effects=(effects.decline, end_question),
            **_LISTS,
        ),
        Transition(
            "prepare_again",
            (S.DECLINED, S.REVOKED),
            S.PREPARED,
            7,
            FilingStep,
            (account_is_not_closed,),
            (effects.prepare_again, effects.take_present),
            facts=(_ACCOUNT_STATE,),
        ),
        Transition(
            "revoke",
            (S.ACCEPTED,),
            S.REVOKED,
            7,
            FilingRevoke,
            guards=(is_no_matter_one_recused_from, notice_was_given),
            effects=(effects.revoke, end_question),
            four_eyes=always_two,
            **_LISTS,
        ),
        Transition(
            "reinstate",
            (S.REVOKED,),
            S.ACCEPTED,
            7,
            FilingReinstate,
            (is_no_matter_one_recused_from, account_is_not_closed, particulars_are_those_accepted),
            (effects.reinstate,),
            four_eyes=always_two,
            facts=(_ACCOUNT_STATE,),
        ),
        *TRANSFERS,
    ),
)
