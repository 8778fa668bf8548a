"""What the steps of a filing change, and what it begins with (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from domain.case import NO_DUE_DATE, ClockState
from domain.deadline import DeadlineKind, Outcome
from domain.filing import FilingState
from domain.journal import TextName
from domain.notice import Party
from workflows.changes import Change, Detail, Later, Opening, Pause, Resume, Say, Serve, Set, Settle, Start
from workflows.engine import On
from workflows.filed_names import keep_name

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
CHANGING: Final = ("display_name", "description", "category")  # what a change of the account may touch
_PROVIDERS: Final = (DeadlineKind.FILING_SUBMISSION, DeadlineKind.FILING_ANSWER)  # the clocks of the provider
_ON_ITS_WAY: Final = (FilingState.PREPARED, FilingState.SUBMITTED, FilingState.RETURNED)
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


def preparation(on: On) -> Opening:
    account = on.cause
    values = {name: getattr(account, name) for name in _PARTICULARS}
    values |= {"account_id": account.id, "current_of": account.id, "reviewed_at": on.now, **_UNDECIDED}
    until = None
    if (adoption := getattr(on.facts, "adoption", None)) is not None:  # filed by the authority's timetable
        until = adoption.until
        values |= {"reviewed_at": adoption.examined_at, "former_number": adoption.former_number}
    effects = (Start(DeadlineKind.FILING_SUBMISSION, until), Detail({"category": account.category}))
    return Opening(account.provider_id, account.jurisdiction, values, holder_id=account.holder_id, effects=effects)


def amendment(on: On) -> Opening:
    """What was approved of a change, or of an account renamed, for the filing in force, which stands until accepted."""
    account, amended = on.cause, on.facts.filing_in_force
    change = on.facts.change or account
    values = {name: getattr(account, name) for name in _PARTICULARS}
    values |= {name: getattr(change, name) for name in CHANGING}
    values |= {"account_id": account.id, "current_of": None, "amends": amended, "reviewed_at": on.now, **_UNDECIDED}
    effects = (Start(DeadlineKind.FILING_SUBMISSION), Detail({"amends": amended, "category": change.category}))
    return Opening(account.provider_id, account.jurisdiction, values, holder_id=account.holder_id, effects=effects)


def revise(on: On) -> Iterable[Change]:
    """The open filing takes the account's new particulars."""
    yield Set({name: getattr(on.cause, name) for name in CHANGING})
    yield Detail({"category": on.cause.category})


def take_present(on: On) -> Iterable[Change]:
    """What the account bears now, which may have changed since the filing was revoked; an amendment keeps its own."""
    if on.case.current_of is not None:
        yield Set(dict(zip(CHANGING, on.facts.particulars, strict=True)))


def cancel(on: On) -> Iterable[Change]:
    """What was in force then comes back with its account; an amendment on its way does not: its names are free."""
    yield Set({"was_in_force": on.before == FilingState.ACCEPTED})
    yield from end_deadlines(on)
    if on.case.amends is not None and on.before in _ON_ITS_WAY:
        yield Serve(Party.HOLDER)


def end_deadlines(_: On) -> Iterable[Change]:
    for kind in (*_PROVIDERS, DeadlineKind.FILING_DECISION, DeadlineKind.FILING_AGAIN):
        yield Settle(kind, Outcome.MOOT)


def where_it_is_restored_to(on: On) -> FilingState | None:
    """Back into force under its number, if it was in force when its account was closed; else to be submitted."""
    return FilingState.ACCEPTED if on.case.was_in_force else FilingState.PREPARED


def restore(on: On) -> Iterable[Change]:
    yield Detail({"number": on.case.number if on.case.was_in_force else None})
    if not on.case.was_in_force:
        yield from begin_anew(on)


def begin_anew(_: On) -> Iterable[Change]:
    yield Start(DeadlineKind.FILING_SUBMISSION)


def supersede(_: On) -> Iterable[Change]:
    yield Set({"current_of": None})


def pull_back(_: On) -> Iterable[Change]:
    """The provider's clock goes on from what was left, and what was overdue still is."""
    yield Settle(DeadlineKind.FILING_DECISION, Outcome.MOOT)
    yield from map(Resume, _PROVIDERS)


def prepare_again(on: On) -> Iterable[Change]:
    """After a refusal the provider has its time anew; after a revocation it runs already."""
    if on.before == FilingState.DECLINED:
        yield Settle(DeadlineKind.FILING_AGAIN)
        yield Start(DeadlineKind.FILING_SUBMISSION)


def submit(on: On) -> Iterable[Change]:
    yield from map(Pause, _PROVIDERS)
    yield Start(DeadlineKind.FILING_DECISION)
    yield Set({"round": on.case.round + 1, "submitted_at": on.now, "defects": []})
    yield Later(keep_name)
    yield Detail({"round": on.case.round + 1})


def _decided() -> Iterable[Change]:
    """With the authority's word the provider's time is over as well, which stood since the submission."""
    yield from map(Settle, (DeadlineKind.FILING_DECISION, *_PROVIDERS))


def accept(on: On) -> Iterable[Change]:
    yield from _decided()
    numbered = {"number": on.facts.number, "number_version": on.facts.number_version}
    yield Set({**numbered, "current_of": on.case.account_id, "decided_at": on.now})
    yield Detail(numbered)


def give_back(on: On) -> Iterable[Change]:
    yield from _decided()
    yield Start(DeadlineKind.FILING_ANSWER)
    yield Set({"defects": [{"code": defect.code, "item": defect.item} for defect in on.input.defects]})
    yield Say(TextName.ITEMS, "\n".join(f"{defect.item}: {defect.text}" for defect in on.input.defects))
    yield Serve(Party.PROVIDER)


def decline(on: On) -> Iterable[Change]:
    yield from _decided()
    yield from _against(on)
    yield Start(DeadlineKind.FILING_AGAIN)


def _against(on: On) -> Iterable[Change]:
    yield Set({"decided_at": on.now, "was_refused": True})
    yield Serve(Party.PROVIDER)
    yield Serve(Party.HOLDER)


def revoke(on: On) -> Iterable[Change]:
    """The account is off file: to file it anew is due."""
    yield from _against(on)
    yield Start(DeadlineKind.FILING_SUBMISSION)
    yield Detail({"notified_on": on.input.notified_on.isoformat()})
    yield Say(TextName.ANSWER, on.input.answer)


def reinstate(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.FILING_SUBMISSION, Outcome.MOOT)
    yield Say(TextName.FACTS, on.input.grounds)
    yield Serve(Party.PROVIDER)
