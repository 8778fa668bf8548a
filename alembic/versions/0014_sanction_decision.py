"""By when a sanction is decided, whether a closing is held, who is behind a case; who does not handle whose matters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from alembic import op
from domain import columns
from domain.calendar import WorkingDays
from domain.ids import new_id
from workflows.migrations import sees_rows

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NO_DUE_DATE = "9999-12-31T00:00:00.000000+00:00"
DAYS = 30
CHUNK = 1_000
HOLDING = ("INTERIM", "RESTRICTED", "SUSPENDED", "CLOSED")
UNDECIDED = ("OPENED", "NOTIFIED")


def _table(name: str, names: str) -> Any:
    """A table as it was at this revision, as far as it is looked at."""
    types = {"left_seconds": sa.Integer(), "attempts": sa.Integer(), "failures": sa.Integer()}
    moments = ("_at", "_from", "until", "answer_until")
    given = ((one, columns.UtcTime() if one.endswith(moments) else columns.TEXT) for one in names.split())
    return sa.table(name, *(sa.column(one, types.get(one, type_)) for one, type_ in given))


DEADLINE = _table(
    "deadline",
    "id created_at provider_id jurisdiction holder_id case_kind case_id root_id kind runs_from due_at paused_at left_seconds "
    "next_at attempts failures settled_at outcome problem",
)
SANCTION = _table(
    "sanction",
    "id created_at provider_id jurisdiction holder_id account_id state told_at answer_until answered_at waived_at",
)
MEASURE = _table("measure", "account_id level until ended_at")
ACCOUNT = _table("account", "id closing_at closing_held_at")
STEP = _table("step", "case_id trigger at")


def _due(case: Any, opened_at: datetime) -> datetime:
    """As if there had always been one: from the opening, from the end of the hearing, from the answer."""
    days = WorkingDays()
    if case.answer_until is None:
        return days.after(opened_at, DAYS)
    heard = (at for at in (case.answered_at, case.waived_at) if at is not None)
    return min(days.after(at, DAYS) for at in (case.answer_until, *heard))


def _decisions(bind: sa.Connection, now: datetime) -> Iterator[dict[str, Any]]:
    """A deadline of each case that waits for its decision."""
    s, unset = SANCTION, ("paused_at", "left_seconds", "settled_at", "outcome", "problem")
    taken_up = sa.select(STEP.c.case_id, sa.func.max(STEP.c.at, type_=columns.UtcTime()).label("at"))
    taken_up = taken_up.where(STEP.c.trigger.in_(["open", "reopen"])).group_by(STEP.c.case_id)
    begun = taken_up.subquery()
    chosen = sa.select(s, begun.c.at).outerjoin(begun, begun.c.case_id == s.c.id).where(s.c.state.in_(UNDECIDED))
    for case in bind.execute(chosen).all():
        due_at = _due(case, case.at or case.created_at)
        whose = {"provider_id": case.provider_id, "jurisdiction": case.jurisdiction, "holder_id": case.holder_id}
        dated = {"created_at": now, "runs_from": now, "due_at": due_at, "next_at": due_at, "attempts": 0, "failures": 0}
        named = {"id": new_id("deadline"), "kind": "SANCTION_DECISION", "case_kind": "sanction", "case_id": case.id}
        yield {**named, "root_id": case.account_id, **whose, **dated, **dict.fromkeys(unset)}


def _hold(bind: sa.Connection, now: datetime) -> None:
    """What holds a closing now stops its clock."""
    a, d, m, s = ACCOUNT, DEADLINE, MEASURE, SANCTION
    by_measure = sa.exists().where(
        m.c.account_id == a.c.id, m.c.level.in_(HOLDING), m.c.until > now, m.c.ended_at > now
    )
    by_case = sa.exists().where(
        s.c.account_id == a.c.id, s.c.state.in_(UNDECIDED), s.c.told_at.is_not(None),
        d.c.case_id == s.c.id, d.c.kind == "SANCTION_DECISION", d.c.due_at > now,
    )  # fmt: skip
    held = bind.execute(sa.select(a.c.id).where(a.c.closing_at.is_not(None), sa.or_(by_measure, by_case))).scalars()
    for id_ in held.all():
        of_it = sa.and_(d.c.case_id == id_, d.c.kind == "COOLING_OFF", d.c.settled_at.is_(None))
        for row in bind.execute(sa.select(d.c.id, d.c.due_at).where(of_it)).all():
            left = int((row.due_at - now).total_seconds())
            stopped = {"paused_at": now, "left_seconds": left, "next_at": None}
            bind.execute(sa.update(d).where(d.c.id == row.id).values(stopped))
        bind.execute(sa.update(a).where(a.c.id == id_).values(closing_held_at=now))


def _show(noun: str, which: str) -> None:
    """A case shows the earliest due date that runs, or that its clock stands still."""
    open_ = f"FROM deadline d WHERE d.case_id = {noun}.id AND d.settled_at IS NULL AND d.kind NOT LIKE '%_REMINDER'"
    op.execute(
        f"""
        UPDATE {noun} SET
            due_at = coalesce((SELECT min(d.due_at) {open_} AND d.paused_at IS NULL), '{NO_DUE_DATE}'),
            clock = CASE WHEN EXISTS (SELECT 1 {open_} AND d.paused_at IS NULL) THEN 'RUNNING'
                         WHEN EXISTS (SELECT 1 {open_}) THEN 'PAUSED' ELSE 'NONE' END
        WHERE {which}
        """
    )


def upgrade() -> None:
    op.add_column("account", sa.Column("closing_held_at", columns.UtcTime(), nullable=True))
    op.add_column("sanction", sa.Column("subject_index", sa.LargeBinary(), nullable=True))
    op.create_table(
        "recusal",
        sa.Column("id", columns.TEXT, nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("provider_id", columns.TEXT, nullable=True),
        sa.Column("jurisdiction", columns.TEXT, nullable=True),
        sa.Column("staff_id", columns.TEXT, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("party_id", columns.TEXT, nullable=False),
        sa.Column("step_id", columns.TEXT, nullable=True),
        sa.Column("lifted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["jurisdiction"], ["authority.id"], name=op.f("fk_recusal_jurisdiction_authority")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_recusal_provider_id_provider")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recusal_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal")),
    )
    with op.batch_alter_table("recusal", schema=None) as batch_op:
        batch_op.create_index("ix_recusal_person", ["person", "lifted_at"], unique=False)
        batch_op.create_index("ix_recusal_staff", ["staff_id", "created_at", "id"], unique=False)
    if not sees_rows():
        return
    bind = op.get_bind()
    now = bind.execute(sa.select(sa.func.max(STEP.c.at, type_=columns.UtcTime()))).scalar()
    if now is None:
        return
    made = _decisions(bind, now)
    while rows := list(islice(made, CHUNK)):
        bind.execute(sa.insert(DEADLINE), rows)
    _hold(bind, now)
    _show("sanction", "state IN ('OPENED', 'NOTIFIED')")
    _show("account", "closing_held_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DELETE FROM deadline WHERE kind = 'SANCTION_DECISION'")
    # The former release closes an account when its clock ends at `closing_at`, and only then.
    closing = "(SELECT a.closing_at FROM account a WHERE a.id = deadline.case_id)"
    op.execute(
        f"UPDATE deadline SET due_at = {closing}, next_at = {closing}, paused_at = NULL, left_seconds = NULL "
        f"WHERE kind = 'COOLING_OFF' AND settled_at IS NULL AND {closing} IS NOT NULL"
    )
    _show("sanction", "state IN ('OPENED', 'NOTIFIED')")
    _show("account", "closing_at IS NOT NULL")
    op.execute("DELETE FROM proposal WHERE case_kind = 'staff'")
    op.drop_table("recusal")
    op.drop_column("sanction", "subject_index")
    op.drop_column("account", "closing_held_at")
