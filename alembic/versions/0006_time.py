"""What time does to identities, qualifications and permissions; how the worker is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from alembic import op
from domain import columns
from domain.calendar import WorkingDays, add_calendar_days, end_of, local_day
from domain.ids import new_id
from workflows.migrations import sees_rows

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


TO_AUTHORITY = "party = 'AUTHORITY'"
IN_TROUBLE = "settled_at IS NULL AND problem IS NOT NULL"
TIMED = ("identity", "qualification")
NO_DUE_DATE = "9999-12-31T00:00:00.000000+00:00"
KINDS = ("IDENTITY", "QUALIFICATION", "PERMISSION", "SUPPLEMENT", "CHANGE_SUPPLEMENT")
DAYS_BEFORE = (90, 60, 30)
GRACE_DAYS, EXTENSION_DAYS, RENEWAL_DAYS, REMINDER_WORKING_DAYS = 30, 90, 30, 12
CHUNK = 1_000
ENDLESS = 9_999  # a year that stands for "always"

TYPES: dict[str, Any] = {
    **dict.fromkeys(("valid_to", "valid_until"), columns.Day()),
    **dict.fromkeys(("left_seconds", "attempts", "failures"), sa.Integer()),
}


def _table(name: str, names: str) -> Any:
    """A table as it was at this revision, as far as it is looked at."""
    types = (
        (one, TYPES.get(one, columns.UtcTime() if one.endswith(MOMENTS) else columns.TEXT)) for one in names.split()
    )
    return sa.table(name, *(sa.column(one, type_) for one, type_ in types))


MOMENTS = ("_at", "_from", "verified_until")
OWN = ("id", "provider_id", "jurisdiction", "holder_id")
DEADLINE = _table(
    "deadline",
    "id created_at provider_id jurisdiction holder_id case_kind case_id kind runs_from due_at paused_at left_seconds "
    "next_at attempts failures settled_at outcome problem",
)
IDENTITY = _table("identity", "id provider_id jurisdiction holder_id state verified_until")
QUALIFICATION = _table("qualification", "id provider_id jurisdiction state valid_to renewal_asked_at")
PERMISSION = _table(
    "permission", "id provider_id jurisdiction holder_id state kind licence_number valid_until renewal_asked_at"
)
LICENCE = _table("licence", "number valid_to")
STEP = sa.table("step", sa.column("at", columns.UtcTime()))


def _row(case: Any, kind: str, noun: str, due_at: datetime, now: datetime) -> dict[str, Any]:
    unset = dict.fromkeys(("paused_at", "left_seconds", "settled_at", "outcome", "problem"))
    whose = {"provider_id": case.provider_id, "jurisdiction": case.jurisdiction, "holder_id": case.holder_id}
    begun = {"created_at": now, "runs_from": now, "due_at": due_at, "next_at": due_at, "attempts": 0, "failures": 0}
    return {"id": new_id("deadline"), **whose, "case_kind": noun, "case_id": case.id, "kind": kind, **unset, **begun}


def _reminder(case: Any, noun: str, last: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """The next that is still ahead: nobody is reminded thrice at the upgrade."""
    ahead = [at for days in DAYS_BEFORE if (at := add_calendar_days(last, -days)) > now] if last > now else []
    if ahead:
        yield _row(case, f"{noun.upper()}_REMINDER", noun, min(ahead), now)


def _of_days(
    case: Any, noun: str, last: date | None, asked_at: datetime | None, latest: date | None, now: datetime
) -> Iterator[dict[str, Any]]:
    """What ends with a day; a renewal asked by `latest` extends it, and is not reminded of."""
    if last is None or last.year >= ENDLESS:
        return
    in_time = asked_at is not None and latest is not None and local_day(asked_at) <= latest
    ends = last + min(timedelta(days=EXTENSION_DAYS), date.max - last) if in_time else last
    yield _row(case, f"{noun.upper()}_VALIDITY", noun, end_of(ends), now)
    if asked_at is None:
        yield from _reminder(case, noun, end_of(last - timedelta(days=1)), now)


def _of_identities(bind: sa.Connection, now: datetime) -> Iterator[dict[str, Any]]:
    t = IDENTITY
    for case in bind.execute(sa.select(t).where(t.c.state == "VERIFIED", t.c.verified_until.is_not(None))).all():
        yield _row(case, "IDENTITY_VALIDITY", "identity", add_calendar_days(case.verified_until, GRACE_DAYS), now)
        yield from _reminder(case, "identity", case.verified_until, now)


def _of_qualifications(bind: sa.Connection, now: datetime) -> Iterator[dict[str, Any]]:
    t = QUALIFICATION
    nobody = sa.null().label("holder_id")
    for case in bind.execute(sa.select(t, nobody).where(t.c.state == "VERIFIED")).all():
        yield from _of_days(case, "qualification", case.valid_to, case.renewal_asked_at, case.valid_to, now)


def _of_permissions(bind: sa.Connection, now: datetime) -> Iterator[dict[str, Any]]:
    t, rested = PERMISSION, PERMISSION.outerjoin(LICENCE, LICENCE.c.number == PERMISSION.c.licence_number)
    chosen = sa.select(t, LICENCE.c.valid_to).select_from(rested).where(t.c.state.in_(["GRANTED", "SUSPENDED"]))
    for case in bind.execute(chosen).all():
        days = (case.valid_until, None if case.kind == "SPECIAL_APPROVAL" else case.valid_to)
        last = min((day for day in days if day is not None), default=None)
        latest = None if last is None else last - timedelta(days=RENEWAL_DAYS)
        yield from _of_days(case, "permission", last, case.renewal_asked_at, latest, now)


def _of_supplements(bind: sa.Connection, now: datetime) -> Iterator[dict[str, Any]]:
    """What lapses only if its holder was reminded."""
    t = DEADLINE
    own = [t.c[name] for name in (*OWN[1:], "kind", "runs_from")]
    chosen = sa.select(t.c.case_id.label("id"), *own).where(t.c.settled_at.is_(None))
    for case in bind.execute(chosen.where(t.c.kind.in_(["SUPPLEMENT", "CHANGE_SUPPLEMENT"]))).all():
        at = WorkingDays().after(case.runs_from, REMINDER_WORKING_DAYS)
        yield _row(case, f"{case.kind}_REMINDER", "account", at, now)


def _fill() -> None:
    """The deadlines of what was verified, granted or asked for before there were any."""
    if not sees_rows():
        return
    bind = op.get_bind()
    now = bind.execute(sa.select(sa.func.max(STEP.c.at, type_=columns.UtcTime()))).scalar()
    if now is None:
        return
    for source in (_of_identities, _of_qualifications, _of_permissions, _of_supplements):
        made = source(bind, now)
        while rows := list(islice(made, CHUNK)):
            bind.execute(sa.insert(DEADLINE), rows)
    # What a case shows is the earliest of what runs; nothing is due at a reminder.
    for noun in (*TIMED, "permission"):
        op.execute(
            f"""
            UPDATE {noun} SET clock = 'RUNNING', due_at = (
                SELECT min(d.due_at) FROM deadline d WHERE d.case_id = {noun}.id AND d.settled_at IS NULL
                    AND d.paused_at IS NULL AND d.kind NOT LIKE '%_REMINDER')
            WHERE EXISTS (SELECT 1 FROM deadline d WHERE d.case_id = {noun}.id AND d.settled_at IS NULL
                    AND d.kind = '{noun.upper()}_VALIDITY')
            """
        )


def upgrade() -> None:
    op.add_column("deployment", sa.Column("worker_passed_at", columns.UtcTime(), nullable=True))
    only: dict[str, Any] = {"sqlite_where": sa.text(IN_TROUBLE), "postgresql_where": sa.text(IN_TROUBLE)}
    op.create_index("ix_deadline_problem", "deadline", ["next_at"], unique=False, **only)
    addressed: dict[str, Any] = {"sqlite_where": sa.text(TO_AUTHORITY), "postgresql_where": sa.text(TO_AUTHORITY)}
    op.create_index("ix_notice_authority", "notice", ["jurisdiction", "created_at", "id"], unique=False, **addressed)
    for noun in TIMED:  # a default fills the rows that stand; the program names every column itself
        op.add_column(noun, sa.Column("due_at", columns.UtcTime(), nullable=False, server_default=NO_DUE_DATE))
        op.add_column(noun, sa.Column("clock", columns.TEXT, nullable=False, server_default="NONE"))
    _fill()


def downgrade() -> None:
    kinds = ", ".join(f"'{kind}_{what}'" for kind in KINDS for what in ("VALIDITY", "REMINDER"))
    op.execute(f"DELETE FROM deadline WHERE kind IN ({kinds})")
    # What was true without a step of its own is derived again.
    for noun, state, before in (("identity", "STALE", "VERIFIED"), ("qualification", "LAPSED", "VERIFIED"),
                                ("permission", "EXPIRED", "REVOKED")):  # fmt: skip
        op.execute(f"UPDATE {noun} SET state = '{before}' WHERE state = '{state}'")
    op.drop_index("ix_notice_authority", table_name="notice")
    for noun in TIMED:
        op.drop_column(noun, "clock")
        op.drop_column(noun, "due_at")
    op.drop_index("ix_deadline_problem", table_name="deadline")
    op.drop_column("deployment", "worker_passed_at")
