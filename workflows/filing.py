"""The filing 备案: prepared, submitted, and decided by the authority (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account, AccountState
from domain.calendar import local_day
from domain.case import NO_DUE_DATE, ClockState
from domain.codes.lists import codes
from domain.deadline import DeadlineKind, Outcome
from domain.filing import Filing, FilingState
from domain.journal import TextName
from domain.notice import Party
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from workflows.changes import Change, Detail, Opening, Say, Serve, Set, Settle, Start
from workflows.database import Among
from workflows.engine import Fact, On, Rests, Transition, Workflow, always_two, guard
from workflows.filing_commands import FilingAgainst, FilingReinstate, FilingReturn, FilingRevoke, FilingStep
from workflows.filing_number import NUMBER
from workflows.filing_time import tell_overdue
from workflows.filing_transfer import TRANSFERS, end_question

S = FilingState
_FILING, _ACCOUNT = table_of(Filing), table_of(Account)
_PARTICULARS: Final = (
    "handle",
    "display_name",
    "description",
    "category",
    "subject_type",
    "division",
    "agreement_id",
    "holder_id",
)
_CHANGING: Final = ("display_name", "description", "category")  # what a change of the account may touch
_UNDECIDED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "number_version": 1,
        "round": 0,
        "defects": [],
        "was_refused": False,
        "was_in_force": False,
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
    }
)


@dataclass(frozen=True)
class FilingFacts:
    """What the guards and effects look at."""

    number: str = ""
    number_version: int = 1
    account_state: str = ""
    particulars: tuple[str, ...] = ()  # what the account bears now of what a change may touch


_ACCOUNT_STATE: Final = Fact(
    "account_state",
    sa.select(_FILING.c.id, _ACCOUNT.c.state, *(_ACCOUNT.c[name] for name in _CHANGING))
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
    return bool(on.facts.particulars == tuple(getattr(on.case, name) for name in _CHANGING))


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def defects_are_of_the_list(on: On) -> Sequence[Problem]:
    day, listed = local_day(on.now), codes("return_reasons")
    wrong = [i for i, d in enumerate(on.input.defects) if d.code not in listed or not listed[d.code].is_valid_on(day)]
    return [Problem(ProblemCode.CODE_UNKNOWN, ("defects", str(i), "code"), "(return_reasons)") for i in wrong]


@guard(ProblemCode.INPUT_INVALID, rests=Rests.DERIVED, on_input=True, path=("notifiedOn",))
def notice_was_given(on: On) -> bool:
    return bool(on.input.notified_on <= local_day(on.now))


def _preparation(on: On) -> Opening:
    account = on.cause
    values = {name: getattr(account, name) for name in _PARTICULARS}
    values |= {"account_id": account.id, "current_of": account.id, "reviewed_at": on.now, **_UNDECIDED}
    until = None
    if (adoption := getattr(on.facts, "adoption", None)) is not None:  # filed by the authority's timetable
        until = adoption.until
        values |= {"reviewed_at": adoption.examined_at, "former_number": adoption.former_number}
    effects = (Start(DeadlineKind.FILING_SUBMISSION, until), Detail({"category": account.category}))
    return Opening(account.provider_id, account.jurisdiction, values, holder_id=account.holder_id, effects=effects)


def _amendment(on: On) -> Opening:
    """What was approved of a change, for the filing in force; which stands until this one is accepted."""
    account, change, amended = on.cause, on.facts.change, on.facts.filing_in_force
    values = {name: getattr(account, name) for name in _PARTICULARS}
    values |= {name: getattr(change, name) for name in _CHANGING}
    values |= {"account_id": account.id, "current_of": None, "amends": amended, "reviewed_at": on.now, **_UNDECIDED}
    effects = (Start(DeadlineKind.FILING_SUBMISSION), Detail({"amends": amended, "category": change.category}))
    return Opening(account.provider_id, account.jurisdiction, values, holder_id=account.holder_id, effects=effects)


def _revise(on: On) -> Iterable[Change]:
    """The open filing takes the account's new particulars."""
    yield Set({name: getattr(on.cause, name) for name in _CHANGING})
    yield Detail({"category": on.cause.category})


def _take_present(on: On) -> Iterable[Change]:
    """What the account bears now, which may have changed since the filing was revoked; an amendment keeps its own."""
    if on.case.current_of is not None:
        yield Set(dict(zip(_CHANGING, on.facts.particulars, strict=True)))


def _cancel(on: On) -> Iterable[Change]:
    """What was in force then comes back with its account."""
    yield Set({"was_in_force": on.before == FilingState.ACCEPTED})
    yield from _end(on)


def _end(_: On) -> Iterable[Change]:
    for kind in (DeadlineKind.FILING_SUBMISSION, DeadlineKind.FILING_DECISION, DeadlineKind.FILING_ANSWER):
        yield Settle(kind, Outcome.MOOT)


def where_it_is_restored_to(on: On) -> FilingState | None:
    """Back into force under its number, if it was in force when its account was closed; else to be submitted."""
    return FilingState.ACCEPTED if on.case.was_in_force else FilingState.PREPARED


def _restore(on: On) -> Iterable[Change]:
    yield Detail({"number": on.case.number if on.case.was_in_force else None})
    if not on.case.was_in_force:
        yield from _begin_anew(on)


def _begin_anew(_: On) -> Iterable[Change]:
    yield Start(DeadlineKind.FILING_SUBMISSION)


def _supersede(_: On) -> Iterable[Change]:
    yield Set({"current_of": None})


def _prepare(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_DECISION, Outcome.MOOT)
    yield Settle(DeadlineKind.FILING_SUBMISSION)
    yield Start(DeadlineKind.FILING_SUBMISSION)


def _submit(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_SUBMISSION)
    yield Settle(DeadlineKind.FILING_ANSWER)
    yield Start(DeadlineKind.FILING_DECISION)
    yield Set({"round": on.case.round + 1, "submitted_at": on.now, "defects": []})
    yield Detail({"round": on.case.round + 1})


def _accept(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_DECISION)
    numbered = {"number": on.facts.number, "number_version": on.facts.number_version}
    yield Set({**numbered, "current_of": on.case.account_id, "decided_at": on.now})
    yield Detail(numbered)


def _return(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_DECISION)
    yield Start(DeadlineKind.FILING_ANSWER)
    yield Set({"defects": [{"code": defect.code, "item": defect.item} for defect in on.input.defects]})
    yield Say(TextName.ITEMS, "\n".join(f"{defect.item}: {defect.text}" for defect in on.input.defects))
    yield Serve(Party.PROVIDER)


def _decide_against(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_DECISION)
    yield Set({"decided_at": on.now, "was_refused": True})
    yield Serve(Party.PROVIDER)
    yield Serve(Party.HOLDER)


def _revoke(on: On) -> Iterable[Change]:
    """The account is off file: to file it anew is due."""
    yield from _decide_against(on)
    yield Start(DeadlineKind.FILING_SUBMISSION)
    yield Detail({"notified_on": on.input.notified_on.isoformat()})
    yield Say(TextName.ANSWER, on.input.answer)


def _reinstate(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_SUBMISSION, Outcome.MOOT)
    yield Say(TextName.FACTS, on.input.grounds)
    yield Serve(Party.PROVIDER)


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
        Transition("prepare", (), S.PREPARED, 7, opening=_preparation),
        Transition("amend", (), S.PREPARED, 7, opening=_amendment),
        Transition("revise", (S.PREPARED, S.RETURNED, S.DECLINED), None, 7, effects=(_revise,)),
        Transition("supersede", (S.ACCEPTED,), S.SUPERSEDED, 7, effects=(_supersede, end_question)),
        Transition(
            "cancel",
            (S.PREPARED, S.SUBMITTED, S.RETURNED, S.DECLINED, S.ACCEPTED),
            S.CANCELLED,
            7,
            effects=(_cancel, end_question),
        ),
        Transition(
            "restore",
            (S.CANCELLED,),
            S.ACCEPTED,
            7,
            effects=(_restore,),
            or_targets=(S.PREPARED,),
            leads=where_it_is_restored_to,
        ),
        Transition("overdue", (S.PREPARED, S.SUBMITTED, S.RETURNED, S.REVOKED), None, 7, effects=(tell_overdue,)),
        Transition("rest", (S.REVOKED,), None, 7, effects=(_end,)),
        Transition("wake", (S.REVOKED,), None, 7, effects=(_begin_anew,)),
        Transition("submit", (S.PREPARED, S.RETURNED), S.SUBMITTED, 7, FilingStep, (items_are_complete,), (_submit,)),
        Transition("pull_back", (S.SUBMITTED,), S.PREPARED, 7, FilingStep, effects=(_prepare, end_question)),
        Transition(
            "accept",
            (S.SUBMITTED,),
            S.ACCEPTED,
            7,
            FilingStep,
            effects=(_accept,),
            facts=(NUMBER,),
        ),
        Transition(
            "return",
            (S.SUBMITTED,),
            S.RETURNED,
            7,
            FilingReturn,
            guards=(defects_are_of_the_list,),
            effects=(_return, end_question),
            **_LISTS,
        ),
        Transition(
            "decline", (S.SUBMITTED,), S.DECLINED, 7, FilingAgainst, effects=(_decide_against, end_question), **_LISTS
        ),
        Transition(
            "prepare_again",
            (S.DECLINED, S.REVOKED),
            S.PREPARED,
            7,
            FilingStep,
            (account_is_not_closed,),
            (_prepare, _take_present),
            facts=(_ACCOUNT_STATE,),
        ),
        Transition(
            "revoke",
            (S.ACCEPTED,),
            S.REVOKED,
            7,
            FilingRevoke,
            guards=(notice_was_given,),
            effects=(_revoke, end_question),
            four_eyes=always_two,
            **_LISTS,
        ),
        Transition(
            "reinstate",
            (S.REVOKED,),
            S.ACCEPTED,
            7,
            FilingReinstate,
            (account_is_not_closed, particulars_are_those_accepted),
            (_reinstate,),
            four_eyes=always_two,
            facts=(_ACCOUNT_STATE,),
        ),
        *TRANSFERS,
    ),
)
