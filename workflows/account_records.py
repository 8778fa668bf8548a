"""What the steps of an account write for the public to read: its entry on the register, its badge (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.account import AccountState
from workflows.account_change import release_names, take_on
from workflows.changes import Change, Detail, Later
from workflows.engine import On
from workflows.filed_names import look_again
from workflows.public_record import end_register, enter_register, issue_badge, revoke_badges


def enter(on: On) -> Iterable[Change]:
    yield Later(enter_register)
    yield from look_again(on)


def leave(on: On) -> Iterable[Change]:
    yield Later(end_register)
    if on.case.change_state is None:  # with the filing went the amendment that a name may have been kept for
        yield Later(release_names)


def badge(_: On) -> Iterable[Change]:
    yield Later(issue_badge)


def unbadge(_: On) -> Iterable[Change]:
    yield Later(revoke_badges)


def take_particulars(on: On) -> Iterable[Change]:
    """What its amendment was accepted with; a badge says it anew."""
    filing = on.cause
    yield from take_on(filing.display_name, filing.description, filing.category)
    yield Detail({"category": filing.category, "number": filing.number, "number_version": filing.number_version})
    yield Later(enter_register)
    if on.case.state == AccountState.BADGED:
        yield from unbadge(on)
        yield from badge(on)
