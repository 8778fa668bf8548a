"""Changes of an account's particulars: asked for, examined like an application, taken on once in force (Art. 6, 7).

The old particulars stand until then: of an account on file until its authority accepts the amendment of the filing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from domain.account import (
    IN_USE,
    SECOND_READER_FLAGS,
    AccountFlag,
    ChangeState,
    ReservationKind,
    ReservedName,
    Submission,
    SubmissionKind,
)
from domain.deadline import DeadlineKind, Outcome
from domain.filing import FilingState
from domain.holder import SubjectType
from domain.ids import new_id
from domain.journal import TextName
from domain.names import name_key
from domain.notice import Party
from domain.table import table_of
from workflows import account_change_commands as c
from workflows import account_change_facts as facts
from workflows import account_change_guards as cg
from workflows import account_guards as g
from workflows import change_clocks, handed_in, leases
from workflows.account_facts import DOCUMENTS, REMINDED, AskedChange
from workflows.change_clocks import UPDATE_TAKEN
from workflows.changes import Change, Detail, Insert, Later, Pause, Resume, Say, Serve, Set, Settle, Start, Update
from workflows.database import Transaction
from workflows.engine import On, Transition
from workflows.hands import Hand, Writing
from workflows.held_names import NAME_HELD
from workflows.own_matter import is_not_ones_own_matter
from workflows.validity import runs_no_more

_RESERVED = table_of(ReservedName)
_KEPT: Final = sa.select(_RESERVED.c.id).where(
    _RESERVED.c.account_id == sa.bindparam("id", type_=sa.Text, required=False),
    _RESERVED.c.kind == sa.literal_column(f"'{ReservationKind.CHANGE}'"),
    _RESERVED.c.until.is_(None),
)
_KEPT_LAST: Final = (
    _KEPT.where(_RESERVED.c.name_key == sa.bindparam("key", type_=sa.Text, required=False))
    .order_by(_RESERVED.c.created_at.desc(), _RESERVED.c.id.desc())
    .limit(sa.literal_column("1"))
)
# An account in use keeps the flags of its application; whether the quota was asked past is no matter of a change.
_FLAGS_OF_A_CHANGE: Final = frozenset(AccountFlag) - {AccountFlag.QUOTA_EXCEPTION, AccountFlag.QUOTA_BY_INDEX}
_READ_TWICE: Final = (SubjectType.NEWS_UNIT, SubjectType.NEWS_WEBSITE)
NO_CHANGE: Final[dict[str, Any]] = {
    "change_state": None,
    "change_flags": [],
    "change_supplements": 0,
    "items_asked": [],
    **leases.UNCLAIMED,
}


async def release_names(_: Any, transaction: Transaction, writing: Writing, hand: Hand) -> Iterable[Insert | Update]:
    """The names kept for an account's change are free from now on."""
    rows = await transaction.fetch(_KEPT, {"id": hand.id})
    return [Update(ReservedName, row[0], {"until": writing.now}) for row in rows]


def _release_asked(on: On) -> Later:
    """The one name that the open change asks for; not that of an amendment which may yet be prepared again."""

    async def release(_: Any, transaction: Transaction, writing: Writing, hand: Hand) -> Iterable[Insert | Update]:
        asked = {"id": hand.id, "key": name_key(on.facts.change.display_name)}
        rows = await transaction.fetch(_KEPT_LAST, asked)
        return [Update(ReservedName, row[0], {"until": writing.now}) for row in rows]

    return Later(release)


# --- the holder's side ---------------------------------------------------------------------------------------------
def _ask(on: On) -> Iterable[Change]:
    yield Start(DeadlineKind.CHANGE_DECISION)
    yield from _hand_in(on)


def _supplement(on: On) -> Iterable[Change]:
    yield _release_asked(on)  # another name may be asked for now: that one is kept anew
    yield from runs_no_more(DeadlineKind.CHANGE_SUPPLEMENT, Outcome.MET)
    yield Resume(DeadlineKind.CHANGE_DECISION)
    yield from change_clocks.stand(on, ChangeState.ASKED)
    yield Say(TextName.ANSWER, "\n".join(f"{answer.code}: {answer.answer}" for answer in on.input.answers))
    yield from _hand_in(on)


def _hand_in(on: On) -> Iterable[Change]:
    """The immutable snapshot of what is asked for, and the name kept back meanwhile."""
    wanted, id_ = facts.asked(on), new_id("submission")
    flags = _FLAGS_OF_A_CHANGE.intersection(g.flags_under(on, wanted.category, exception=False))
    told = [flag.value for flag in AccountFlag if flag in flags]
    yield Set({"change_state": ChangeState.ASKED, "change_flags": told, "round": wanted.round, "items_asked": []})
    yield Insert(Submission, _snapshot(on, id_, wanted))
    yield from handed_in.materials(on, id_)
    yield from handed_in.candidates(on)
    if (key := name_key(wanted.display_name)) != on.case.name_key:
        kept = {"name_key": key, "kind": ReservationKind.CHANGE, "account_id": on.id, "until": None}
        yield Insert(ReservedName, kept)
    yield Detail({"round": wanted.round, "category": wanted.category})


def _snapshot(on: On, id_: str, wanted: AskedChange) -> dict[str, Any]:
    stays = ("handle", "subject_type", "division", "agreement_id")
    return {
        "id": id_,
        "account_id": on.id,
        "round": wanted.round,
        "kind": SubmissionKind.CHANGE,
        "display_name": wanted.display_name,
        "description": wanted.description,
        "category": wanted.category,
        **{name: getattr(on.case, name) for name in stays},
    }


def drop_change(_: On) -> Iterable[Change]:
    """Nothing is left of an open change but its submissions; without one nothing happens."""
    yield Settle(DeadlineKind.CHANGE_DECISION, Outcome.MOOT)
    yield from runs_no_more(DeadlineKind.CHANGE_SUPPLEMENT)
    yield Set(NO_CHANGE)
    yield Resume(DeadlineKind.NAME_AMENDMENT)


def _withdraw(on: On) -> Iterable[Change]:
    yield _release_asked(on)
    yield from drop_change(on)


def _lapse(on: On) -> Iterable[Change]:
    yield from _withdraw(on)
    yield Serve(Party.HOLDER)


# --- the reviewer's side -------------------------------------------------------------------------------------------
def _ask_for_supplement(on: On) -> Iterable[Change]:
    items = on.input.items
    yield Set({"change_state": ChangeState.SUPPLEMENT_REQUESTED, "change_supplements": on.case.change_supplements + 1})
    yield Set({"items_asked": [item.code for item in items], **leases.UNCLAIMED})
    yield Pause(DeadlineKind.CHANGE_DECISION)
    yield Start(DeadlineKind.CHANGE_SUPPLEMENT_REMINDER)
    yield Start(DeadlineKind.CHANGE_SUPPLEMENT)
    yield from change_clocks.stand(on, ChangeState.SUPPLEMENT_REQUESTED)
    yield Say(TextName.ITEMS, "\n".join(f"{item.code}: {item.text}" for item in items))
    yield Detail({"items": " ".join(item.code for item in items)})
    yield Serve(Party.HOLDER)


def _approve(on: On) -> Iterable[Change]:
    """In force at once unless the account is on file: then its authority is asked first, and the name is kept."""
    wanted: AskedChange = on.facts.change
    yield Settle(DeadlineKind.CHANGE_DECISION)
    yield Set(NO_CHANGE)
    yield Resume(DeadlineKind.NAME_AMENDMENT)
    if on.facts.filing_state != FilingState.ACCEPTED:
        yield from take_on(wanted.display_name, wanted.description, wanted.category)
    yield Detail({"round": wanted.round, "category": wanted.category})
    yield Serve(Party.HOLDER)
    if on.input.note is not None:
        yield Say(TextName.NOTE, on.input.note)


def take_on(display_name: str, description: str, category: str) -> Iterable[Change]:
    """The account takes on particulars that are in force from now on, and its name needs keeping no more."""
    new = {"display_name": display_name, "name_key": name_key(display_name)}
    yield Set({**new, "description": description, "category": category})
    yield Later(release_names)


def _reject(on: On) -> Iterable[Change]:
    yield _release_asked(on)
    yield Settle(DeadlineKind.CHANGE_DECISION)
    yield Set(NO_CHANGE)
    yield Resume(DeadlineKind.NAME_AMENDMENT)
    yield Serve(Party.HOLDER)


def approval_of_a_change_needs_two(on: On) -> bool:
    """A flagged change, and any change of an organ's account."""
    return bool(on.case.subject_type.is_organ or SECOND_READER_FLAGS.intersection(on.case.change_flags))


def rejection_of_a_change_needs_two(on: On) -> bool:
    """Organs and news units."""
    return bool(on.case.subject_type.is_organ or on.case.subject_type in _READ_TWICE)


_DECIDING: Final = (cg.a_change_waits_for_review, g.holds_the_lease, is_not_ones_own_matter)
_ASKING: Final = (
    g.identity_is_verified,
    g.identity_is_current,
    cg.something_changes,
    g.name_is_available,
    cg.new_category_stays_with_its_authority,
    cg.materials_are_of_the_list,
    g.documents_are_usable,
)
_LOOKING: Final = (facts.ASKED_CHANGE, facts.NEW_NAME_TAKEN, DOCUMENTS, facts.RESEMBLANCES, NAME_HELD)

CHANGES: Final = (
    Transition(
        "change",
        IN_USE,
        None,
        6,
        c.AccountChange,
        guards=(cg.no_change_is_open, cg.no_amendment_is_open, cg.no_measure_keeps_the_profile_as_it_is, *_ASKING),
        effects=(_ask,),
        code_lists=("filing_categories", "materials"),
        facts=(facts.FILINGS, UPDATE_TAKEN, *_LOOKING),
        locks_holder=True,  # a document is used once, whichever account it is handed in for
    ),
    Transition(
        "claim_change",
        IN_USE,
        None,
        7,
        c.AccountClaimChange,
        guards=(cg.a_change_waits_for_review, g.lease_is_free, is_not_ones_own_matter),
        effects=(leases.lease,),
        journalled=False,
    ),
    Transition(
        "request_change_supplement",
        IN_USE,
        None,
        7,
        c.AccountRequestChangeSupplement,
        guards=(*_DECIDING, cg.rounds_of_change_are_left),
        effects=(_ask_for_supplement,),
        code_lists=("materials",),
        facts=(UPDATE_TAKEN,),
    ),
    Transition(
        "supplement_change",
        IN_USE,
        None,
        7,
        c.AccountSupplementChange,
        guards=(cg.a_change_waits_for_its_supplement, g.every_item_is_answered, *_ASKING),
        effects=(_supplement,),
        code_lists=("filing_categories", "materials"),
        facts=(UPDATE_TAKEN, *_LOOKING),
        locks_holder=True,
    ),
    Transition(
        "withdraw_change",
        IN_USE,
        None,
        6,
        c.AccountWithdrawChange,
        guards=(cg.a_change_is_open,),
        effects=(_withdraw,),
        facts=(facts.ASKED_CHANGE,),
    ),
    Transition("time_change", IN_USE, None, 8, effects=(change_clocks.set_anew,), journalled=False),
    Transition("lapse_change", IN_USE, None, 7, effects=(_lapse,), facts=(facts.ASKED_CHANGE, REMINDED)),
    Transition(
        "approve_change",
        IN_USE,
        None,
        7,
        c.AccountApproveChange,
        guards=(
            *_DECIDING,
            cg.filing_is_not_with_its_authority,
            cg.no_amendment_is_open,
            cg.no_measure_keeps_the_profile_as_it_is,
        ),
        effects=(_approve,),
        four_eyes=approval_of_a_change_needs_two,
        facts=(facts.ASKED_CHANGE, facts.FILINGS, UPDATE_TAKEN),
    ),
    Transition(
        "reject_change",
        IN_USE,
        None,
        7,
        c.AccountRejectChange,
        guards=_DECIDING,
        effects=(_reject,),
        facts=(facts.ASKED_CHANGE,),
        four_eyes=rejection_of_a_change_needs_two,
        adverse=True,
        code_lists=("rejection_reasons", "legal_bases"),
    ),
)
