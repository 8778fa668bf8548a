"""The order for the world: every committed step gets the next position, dense and in order within its case (Art. 8).

Ids are made before the commit and commits overtake one another, so no id can be the cursor of a feed. One sequencer at
a time looks for committed steps without a position and numbers them. A step becomes visible no earlier than the steps
before it in its case (they commit under one lock), so numbering all that is visible by (case, seq) keeps their order.

A pass need not look through the whole journal: it starts at a mark below which nothing can appear any more.

- SQLite: writers take turns, so rows appear in the order of their rowid.
- PostgreSQL: a transaction may commit long after others. The mark follows only when each transaction that ran at an
  earlier pass has ended: what begins later makes later ids, save for clocks that disagree, which the margin allows for.

What a mark could still hide (a clock set far back) is found by the pass over everything: at the start and from time to
time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa
from typeid import TypeID

from domain.ids import new_id
from domain.journal import Position, Step
from domain.table import table_of
from workflows.database import Connection, Database, Transaction

CHANNEL: Final = "signet_position"
ADVISORY_LOCK: Final = 7_420_142
BATCH: Final = 5_000  # steps numbered in one transaction
PAUSE_SECONDS: Final = 0.1
FAILED_SECONDS: Final = 1.0
FULL_PASS_SECONDS: Final = 600.0
CLOCK_MARGIN_MS: Final = 5_000

_STEP: Final = table_of(Step)
_POSITION: Final = table_of(Position)
_ROWID: Final = sa.literal_column("step.rowid", sa.BigInteger)
_MILLISECONDS_AT: Final = 80  # a UUIDv7 begins with 48 bits of milliseconds


class Statements(NamedTuple):
    """How a mark asks whether a step has no position, and how it numbers those that have none."""

    missing: sa.Select[Any]
    number: sa.Insert


class Mark(Protocol):
    """Below it nothing can appear any more."""

    @property
    def statements(self) -> Statements:
        """What to ask from it on."""
        ...

    @property
    def after(self) -> Any:
        """What the statements begin after."""
        ...

    async def note(self, connection: Connection) -> Callable[[], None] | None:
        """What moves the mark, once everything there is now has its position; None where nothing is new."""
        ...


class RowMark:
    """SQLite: the last rowid seen. The table loses no row, so a rowid is never given twice."""

    def __init__(self) -> None:
        self.after = 0
        self.statements = _BY_ROWID

    async def note(self, connection: Connection) -> Callable[[], None] | None:
        ((last,),) = await connection.fetch(_LAST_ROW, {})

        def passed() -> None:
            self.after = last

        return passed if last > self.after else None


class SnapshotMark:
    """PostgreSQL: the id of a moment, when every transaction that had begun by then has ended since."""

    def __init__(self) -> None:
        self.after = ""
        self._waiting: tuple[int, str] | None = None
        self._quiet_at = 0  # the next transaction's number when all before it had ended and were seen

    @property
    def statements(self) -> Statements:
        return _BY_ID if self.after else _ALL

    async def note(self, connection: Connection) -> Callable[[], None] | None:
        before = new_id("step")
        ((oldest, next_),) = await connection.fetch(_SNAPSHOT, {})

        def passed() -> None:
            if oldest == next_:  # nobody is at work
                self._quiet_at, self._waiting = next_, (next_, before)
            if self._waiting is not None and oldest >= self._waiting[0]:
                self.after = max(self.after, earlier(self._waiting[1], CLOCK_MARGIN_MS))
                self._waiting = None
            self._waiting = self._waiting or (next_, before)

        if next_ == self._quiet_at:
            passed()
            return None
        return passed


class Sequencer:
    """Numbers the steps of one database. Any number may run; they take turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mark: Mark
        self._on_sqlite = database.dialect.name == "sqlite"
        self.look_at_everything()

    def look_at_everything(self) -> None:
        """Let the next pass go over the whole journal."""
        self._mark = RowMark() if self._on_sqlite else SnapshotMark()

    async def once(self) -> int:
        """Number what is committed and has no position; how many that were."""
        total = 0
        while await self._database.read(self._is_missing):
            numbered = await self._database.write(self._numbered)
            total += numbered
            if numbered == 0:  # another is at it
                break
        return total

    async def run(self, *, failed: Callable[[Exception], None], pause_seconds: float = PAUSE_SECONDS) -> None:
        """Go on until cancelled. What goes wrong is told to `failed`; the next pass finds what this one left."""
        loop = asyncio.get_running_loop()
        full_at = loop.time() + FULL_PASS_SECONDS
        while True:
            if loop.time() >= full_at:
                self.look_at_everything()
                full_at = loop.time() + FULL_PASS_SECONDS
            try:
                await self.once()
            except Exception as error:  # noqa: BLE001 - a database that is away comes back, and steps still want positions
                failed(error)
                await asyncio.sleep(FAILED_SECONDS)
            await asyncio.sleep(pause_seconds)

    async def _is_missing(self, connection: Connection) -> bool:
        passed = await self._mark.note(connection)
        if passed is None:
            return False
        if await connection.fetch(self._mark.statements.missing, {"after": self._mark.after}):
            return True
        passed()
        return False

    async def _numbered(self, transaction: Transaction) -> int:
        if self._on_sqlite:
            return len(await transaction.fetch(self._mark.statements.number, {"after": self._mark.after}))
        ((is_ours,),) = await transaction.fetch(_LOCK, {"lock": ADVISORY_LOCK})
        if not is_ours:
            return 0
        # A statement of its own after the lock: it sees all that the sequencer before has committed.
        rows = await transaction.fetch(self._mark.statements.number, {"after": self._mark.after})
        if rows:
            await transaction.fetch(_NOTIFY, {"channel": CHANNEL, "payload": str(max(row[0] for row in rows))})
        return len(rows)


async def sequence_once(database: Database) -> int:
    """One pass over the whole journal: how many steps were given their positions."""
    return await Sequencer(database).once()


async def undelivered(connection: Connection) -> int:
    """How many committed steps have no position."""
    ((count,),) = await connection.fetch(_UNDELIVERED, {})
    return int(count)


def earlier(id_: str, milliseconds: int) -> str:
    """The lowest id that could have been made that much earlier."""
    made = TypeID.from_string(id_)
    moment = (made.uuid.int >> _MILLISECONDS_AT) - milliseconds
    return str(TypeID.from_uuid(type(made.uuid)(int=max(moment, 0) << _MILLISECONDS_AT), made.prefix))


def _unnumbered(*clauses: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(_STEP.c.id, _STEP.c.case_id, _STEP.c.seq).where(*clauses)


def _statements(*clauses: sa.ColumnElement[bool]) -> Statements:
    found = _unnumbered(*clauses)
    missing = found.with_only_columns(_STEP.c.seq).limit(sa.literal_column("1"))
    batch = found.order_by(_STEP.c.case_id, _STEP.c.seq).limit(sa.literal_column(str(BATCH))).subquery()
    last = sa.select(sa.func.coalesce(sa.func.max(_POSITION.c.position), 0)).scalar_subquery()
    place = last + sa.func.row_number().over(order_by=(batch.c.case_id, batch.c.seq))
    insert = sa.insert(_POSITION).from_select(["position", "step_id"], sa.select(place, batch.c.id))
    return Statements(missing, insert.returning(_POSITION.c.position))


_NOWHERE: Final = ~sa.exists().where(_POSITION.c.step_id == _STEP.c.id)
# The same for a few steps: a planner that thinks them many would read all positions to compare.
_NOT_FOUND: Final = (
    sa.select(_POSITION.c.position)
    .where(_POSITION.c.step_id == _STEP.c.id)
    .limit(sa.literal_column("1"))
    .scalar_subquery()
    .is_(None)
)
_ALL: Final = _statements(_NOWHERE)
_BY_ID: Final = _statements(_STEP.c.id > sa.bindparam("after", type_=sa.Text), _NOT_FOUND)
_BY_ROWID: Final = _statements(sa.bindparam("after", type_=sa.BigInteger) < _ROWID, _NOT_FOUND)
_UNDELIVERED: Final = sa.select(sa.func.count()).select_from(_unnumbered(_NOWHERE).subquery())
_LAST_ROW: Final = sa.select(sa.func.coalesce(sa.func.max(_ROWID), 0)).select_from(_STEP)
_SNAPSHOT: Final = sa.text(
    "SELECT pg_snapshot_xmin(now.snapshot)::text::bigint, pg_snapshot_xmax(now.snapshot)::text::bigint "
    "FROM (SELECT pg_current_snapshot() AS snapshot) AS now"
)
_LOCK: Final = sa.select(sa.func.pg_try_advisory_xact_lock(sa.bindparam("lock", type_=sa.BigInteger)))
_NOTIFY: Final = sa.select(
    sa.func.pg_notify(sa.bindparam("channel", type_=sa.Text), sa.bindparam("payload", type_=sa.Text))
)
