"""What the steps of a permission change (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.authorities import next_level
from domain.case import NO_DUE_DATE, ClockState
from domain.deadline import DeadlineKind, Outcome
from domain.document import Document
from domain.journal import TextName
from domain.notice import Party
from domain.permission import PermissionKind
from workflows.changes import Change, Detail, Opening, Say, Serve, Set, Settle, Start, Update
from workflows.engine import On


def request(on: On) -> Opening:
    account, asked = on.cause, on.input
    number = None if asked.kind is PermissionKind.SPECIAL_APPROVAL else asked.licence_number
    values = {
        "account_id": account.id,
        "kind": asked.kind,
        "licence_number": number,
        "letter_id": asked.letter_id,
        "suspended_by_follow_up": False,
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
    }
    told = Detail({"kind": asked.kind.value, "licence_number": number})
    effects = (Start(DeadlineKind.PERMISSION_DECISION), told)
    return Opening(account.provider_id, account.jurisdiction, values, holder_id=account.holder_id, effects=effects)


def keep_letter(on: On) -> Iterable[Change]:
    if on.input.letter_id is not None:
        yield Update(Document, on.input.letter_id, {"used_at": on.now})
    if on.input.grounds is not None:
        yield Say(TextName.FACTS, on.input.grounds)


def withdraw(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.PERMISSION_DECISION, Outcome.MOOT)


def tell_overdue(on: On) -> Iterable[Change]:
    """Who decides, who waits, and of an authority the one above."""
    is_theirs = not provider_grants_with_two(on)
    yield Detail({"overdue": "AUTHORITY_OVERDUE" if is_theirs else "PERMISSION_OVERDUE"})
    yield Serve(Party.PROVIDER)
    yield Serve(Party.HOLDER)
    above = next_level(on.case.jurisdiction) if is_theirs else None
    if above is not None:
        yield Serve(Party.AUTHORITY, above)


def grant(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.PERMISSION_DECISION)
    # Nothing else has such a number: whatever is given is on no badge.
    number = on.input.approval_number if on.case.kind == PermissionKind.SPECIAL_APPROVAL else None
    given = {"valid_until": on.input.valid_until, "approval_number": number}
    yield Set({**given, "granted_at": on.now})
    yield Detail({**_day(on), "approval_number": number})
    yield Serve(Party.HOLDER)


def _day(on: On) -> dict[str, str | None]:
    until = on.input.valid_until
    return {"valid_until": None if until is None else until.isoformat()}


def provider_grants_with_two(on: On) -> bool:
    """Every permission but a special approval, which the authority grants."""
    return bool(on.case.kind != PermissionKind.SPECIAL_APPROVAL)


def refuse(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.PERMISSION_DECISION)
    yield Serve(Party.HOLDER)


def narrow(_: On) -> Iterable[Change]:
    yield Set({"kind": PermissionKind.REPRINT_ONLY})
    yield Detail({"kind": PermissionKind.REPRINT_ONLY.value})
    yield Settle(DeadlineKind.LICENCE_DOUBT)
    yield Serve(Party.HOLDER)


def ask_renewal(on: On) -> Iterable[Change]:
    """Asked once is asked; a later receipt of the same renewal replaces the earlier."""
    yield Set({"renewal_asked_at": on.case.renewal_asked_at or on.now, "renewal_receipt": on.input.receipt})
    yield Detail({"receipt": on.input.receipt})


def record_renewal(on: On) -> Iterable[Change]:
    yield Set({"valid_until": on.input.valid_until, "renewal_asked_at": None, "renewal_receipt": None})
    yield Detail(_day(on))
    yield Settle(DeadlineKind.LICENCE_DOUBT)
    yield Serve(Party.HOLDER)


def tell_doubt_overdue(_: On) -> Iterable[Change]:
    yield Serve(Party.PROVIDER)


def settle_doubt(on: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.LICENCE_DOUBT)
    yield Say(TextName.NOTE, on.input.finding)


def suspend(on: On) -> Iterable[Change]:
    """By somebody, or because of a sanction, which has told the holder itself."""
    yield Set({"suspended_by_follow_up": on.input is None})
    if on.input is not None:
        yield Settle(DeadlineKind.LICENCE_DOUBT)
        yield Serve(Party.HOLDER)


def resume(_: On) -> Iterable[Change]:
    yield Set({"suspended_by_follow_up": False})
    yield Serve(Party.HOLDER)


def revoke(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.LICENCE_DOUBT)
    yield Serve(Party.HOLDER)


def expire(on: On) -> Iterable[Change]:
    yield from end(on)
    yield Serve(Party.HOLDER)
    yield Serve(Party.PROVIDER)


def end(_: On) -> Iterable[Change]:
    yield Settle(DeadlineKind.LICENCE_DOUBT, Outcome.MOOT)
