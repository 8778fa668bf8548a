"""Which authority answers for a filing, changed: asked, taken over or refused; or designated in a dispute (Art. 3, 7).

With the filing goes its account and every case of it. The day on which the filing was first received stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from domain.authorities import seeds
from domain.filing import FilingState, Transfer
from domain.journal import TextName, written
from domain.problems import Problem, ProblemCode
from workflows.changes import Change, Detail, Insert, Move, Say, Set
from workflows.commands import CaseCommand, Id, ToldParagraph
from workflows.engine import On, Rests, Transition, guard

S = FilingState
_WITH_AUTHORITY: Final = (S.SUBMITTED, S.ACCEPTED)
_NO_QUESTION: Final = {"transfer_to": None, "transfer_asked_at": None}
_AUTHORITIES: Final = frozenset(row["id"] for row in seeds())


class FilingAskTransfer(CaseCommand):
    """Ask another authority to take a filing over."""

    authority_id: Id
    """The authority that is asked."""
    grounds: ToldParagraph
    """Why it should answer. The parties can read it."""


class FilingTransferAnswer(CaseCommand):
    """Answer a question of transfer, or take it back."""

    grounds: ToldParagraph | None = None
    """Why. The parties can read it."""


class FilingDesignate(CaseCommand):
    """Decide in a dispute which authority answers for a filing."""

    authority_id: Id
    """The authority that is to answer; the present one, where another was asked in vain."""
    grounds: ToldParagraph
    """Why. The parties can read it."""


def is_asked(on: On) -> bool:
    """Who takes a filing over, or will not, is the authority that was asked to."""
    return bool(on.case.transfer_to is not None and on.case.transfer_to == on.viewer.authority_id)


def anywhere(_: On) -> bool:
    """The national authority decides who is competent, so it need not be."""
    return True


@guard(ProblemCode.TRANSFER_OF_AMENDMENT, rests=Rests.LOCKED, path=("id",))
def is_the_accounts_filing(on: On) -> bool:
    return on.case.current_of is not None


@guard(ProblemCode.TRANSFER_ASKED, rests=Rests.LOCKED, path=("id",))
def nobody_is_asked(on: On) -> bool:
    return on.case.transfer_to is None


@guard(ProblemCode.TRANSFER_NOT_ASKED, rests=Rests.LOCKED, path=("id",))
def somebody_is_asked(on: On) -> bool:
    return on.case.transfer_to is not None


@guard(ProblemCode.NOT_FOUND, rests=Rests.DERIVED, on_input=True, path=("authorityId",))
def authority_is_known(on: On) -> bool:
    return on.input.authority_id in _AUTHORITIES


@guard(ProblemCode.SAME_AUTHORITY, rests=Rests.LOCKED, on_input=True)
def another_authority_is_named(on: On) -> Sequence[Problem]:
    same = on.input.authority_id == on.case.jurisdiction
    return [Problem(ProblemCode.SAME_AUTHORITY, ("authorityId",))] if same else []


@guard(ProblemCode.SAME_AUTHORITY, rests=Rests.LOCKED, on_input=True)
def something_is_decided(on: On) -> Sequence[Problem]:
    """To designate the present authority ends a question; without one it says nothing."""
    return () if on.case.transfer_to is not None else another_authority_is_named.problems(on)


def end_question(on: On) -> Iterable[Change]:
    """What leaves the authority's hands is asked of nobody any more."""
    if on.case.transfer_to is not None:
        yield Set(_NO_QUESTION)


def _ask(on: On) -> Iterable[Change]:
    yield Set({"transfer_to": on.input.authority_id, "transfer_asked_at": on.now})
    yield Detail({"authority_id": on.input.authority_id})
    yield Say(TextName.FACTS, on.input.grounds)


def _answer(on: On) -> Iterable[Change]:
    yield Detail({"authority_id": on.case.transfer_to})
    yield Set(_NO_QUESTION)
    yield from _told(on)


def _take_over(on: On) -> Iterable[Change]:
    yield from _handed_over(on, on.case.transfer_to, is_designated=False)


def _designate(on: On) -> Iterable[Change]:
    if on.input.authority_id == on.case.jurisdiction:
        yield Set(_NO_QUESTION)
        yield Detail({"authority_id": on.input.authority_id})
        yield from _told(on)
    else:
        yield from _handed_over(on, on.input.authority_id, is_designated=True)


def _handed_over(on: On, authority_id: str, *, is_designated: bool) -> Iterable[Change]:
    former, received_at = on.case.jurisdiction, on.case.submitted_at
    handed_over = {
        "account_id": on.case.account_id,
        "filing_id": on.case.id,
        "from_authority": former,
        "to_authority": authority_id,
        "is_designated": is_designated,
        "received_at": received_at,
    }
    yield Move(authority_id)
    yield Set(_NO_QUESTION)
    yield Insert(Transfer, handed_over)
    yield Detail({"from_authority": former, "to_authority": authority_id})
    yield Detail({"received_at": None if received_at is None else written(received_at)})
    yield from _told(on)


def _told(on: On) -> Iterable[Change]:
    if on.input.grounds is not None:
        yield Say(TextName.FACTS, on.input.grounds)


_ASKED: Final[Any] = {"article": 7, "command": FilingTransferAnswer, "guards": (somebody_is_asked,)}

TRANSFERS: Final = (
    Transition(
        "ask_transfer",
        _WITH_AUTHORITY,
        None,
        7,
        FilingAskTransfer,
        guards=(is_the_accounts_filing, nobody_is_asked, authority_is_known, another_authority_is_named),
        effects=(_ask,),
    ),
    Transition("withdraw_transfer", _WITH_AUTHORITY, None, effects=(_answer,), **_ASKED),
    Transition("transfer", _WITH_AUTHORITY, None, effects=(_take_over,), competent=is_asked, **_ASKED),
    Transition("refuse_transfer", _WITH_AUTHORITY, None, effects=(_answer,), competent=is_asked, **_ASKED),
    Transition(
        "designate",
        _WITH_AUTHORITY,
        None,
        7,
        FilingDesignate,
        guards=(is_the_accounts_filing, authority_is_known, something_is_decided),
        effects=(_designate,),
        competent=anywhere,
    ),
)
