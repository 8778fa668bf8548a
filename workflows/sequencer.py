"""The order for the world: every committed step gets the next position, dense and in order within its case (Art. 8).

Ids are made before the commit and commits overtake one another, so no id can be the cursor of a feed. One sequencer at
a time looks for committed steps without a position and numbers them. A step becomes visible no earlier than the steps
before it in its case (they commit under one lock), so numbering all that is visible by (case, seq) keeps their order.

A pass need not look through the whole journal: it starts at a mark below which nothing can appear any more.

- SQLite: writers take turns, so rows appear in the order of their rowid.
- PostgreSQL: a transaction may commit long after others. The mark is an id made before some numbering, and is moved
  there only when every transaction that was given its number before that one has ended. Those given a number later make
  the ids of their steps later, save for clocks that disagree, which a margin allows for.

Each process keeps its mark, and from time to time writes it down for the next one to begin with, so that no start looks
through the journal. What a mark could still hide (a clock set far back) is found by workflows/full_look.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa

from domain.deployment import Deployment
from domain.ids import earlier, new_id
from domain.journal import Position, Step
from domain.table import table_of
from workflows.database import Connection, Database, Transaction

CHANNEL: Final = "signet_position"
ADVISORY_LOCK: Final = 7_420_142
BATCH: Final = 5_000  # steps numbered in one transaction
PAUSE_SECONDS: Final = 0.1
FAILED_SECONDS: Final = 1.0
KEEP_SECONDS: Final = 60.0  # how often the mark is written down
CLOCK_MARGIN_MS: Final = 5_000

_STEP: Final = table_of(Step)
_POSITION: Final = table_of(Position)
_DEPLOYMENT: Final = table_of(Deployment)
_ROWID: Final = sa.literal_column("step.rowid", sa.BigInteger)


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

    @property
    def written(self) -> str:
        """It as a text; a later one sorts after it."""
        ...

    def begin_after(self, written: str) -> None:
        """Begin where another ended."""
        ...

    async def is_news(self, connection: Connection) -> bool:
        """Whether anything was committed since the last time that everything had its position. A look around."""
        ...

    async def take_turn(self, transaction: Transaction) -> bool:
        """Before numbering: False where another sequencer is at it."""
        ...

    def passed(self) -> None:
        """All that was there at the last look around has its position."""
        ...


class RowMark:
    """SQLite: the last rowid seen. The table loses no row, so a rowid is never given twice."""

    def __init__(self) -> None:
        self.after = self._last = 0
        self.statements = _BY_ROWID

    @property
    def written(self) -> str:
        return f"{self.after:020d}" if self.after else ""

    def begin_after(self, written: str) -> None:
        self.after = int(written or 0)

    async def is_news(self, connection: Connection) -> bool:
        ((self._last,),) = await connection.fetch(_LAST_ROW, {})
        return self._last > self.after

    async def take_turn(self, transaction: Transaction) -> bool:
        return True  # a transaction that writes has the database to itself

    def passed(self) -> None:
        self.after = self._last


class SnapshotMark:
    """PostgreSQL: an id made before a numbering, once every transaction that was under way in it has ended."""

    def __init__(self) -> None:
        self.after = ""
        self.statements = _BY_ID
        self._oldest = self._next = 0  # of the last look: the first under way, the first after the last ended
        self._quiet_at = 0  # what that was when all before it had ended and all their steps had positions
        self._turn: tuple[int, str] | None = None

    @property
    def written(self) -> str:
        return self.after

    def begin_after(self, written: str) -> None:
        self.after = written

    async def is_news(self, connection: Connection) -> bool:
        ((self._oldest, self._next),) = await connection.fetch(_SNAPSHOT, {})
        return self._next != self._quiet_at

    async def take_turn(self, transaction: Transaction) -> bool:
        before = new_id("step")
        is_ours = await takes_turn(transaction)
        if is_ours and self._turn is None:
            # Who has a higher number than this one was given it later, and makes the ids of its steps later still.
            ((number,),) = await transaction.fetch(_NUMBER, {})
            self._turn = number, before
        return is_ours

    def passed(self) -> None:
        # What is under way with a number of `_next` or more is not told, but by ending it makes `_next` another.
        self._quiet_at = self._next if self._oldest == self._next else 0
        if self._turn is not None and self._oldest > self._turn[0]:
            self.after = max(self.after, earlier(self._turn[1], CLOCK_MARGIN_MS))
            self._turn = None


def _to_nobody() -> None:
    """Who needs not hear of new positions."""


class Sequencer:
    """Numbers the steps of one database. Any number may run; they take turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._on_sqlite = database.dialect.name == "sqlite"
        self._mark: Mark = RowMark() if self._on_sqlite else SnapshotMark()
        self._kept: str | None = None  # the mark as it was written down last

    async def keep_mark(self) -> None:
        """Write the mark down, for whoever starts next; at first, begin with the one that is written down."""
        if self._kept is None:
            rows = await self._database.read(lambda connection: connection.fetch(_KEPT, {}))
            self._kept = str(rows[0][0]) if rows else ""
            self._mark.begin_after(self._kept)
        elif (mark := self._mark.written) > self._kept:
            await self._database.write(lambda transaction: transaction.fetch(_KEEP, {"b_mark": mark}))
            self._kept = mark

    async def once(self) -> int:
        """Number what is committed and has no position; how many that were."""
        total = 0
        while await self._database.read(self._is_missing):
            numbered = await self._database.write(self._numbered)
            total += numbered
            if numbered == 0:  # another is at it
                break
        return total

    async def run(
        self,
        *,
        failed: Callable[[Exception], None],
        numbered: Callable[[], None] = _to_nobody,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """Go on until cancelled. What goes wrong is told to `failed`; the next pass finds what this one left.

        `numbered` hears that there are new positions: once for all that one pass found.
        """
        loop = asyncio.get_running_loop()
        keep_at = loop.time()
        while True:
            try:
                if loop.time() >= keep_at:
                    await self.keep_mark()
                    keep_at = loop.time() + KEEP_SECONDS
                if await self.once():
                    numbered()
            except Exception as error:  # noqa: BLE001 - a database that is away comes back, and steps still want positions
                failed(error)
                await asyncio.sleep(FAILED_SECONDS)
            await asyncio.sleep(pause_seconds)

    async def _is_missing(self, connection: Connection) -> bool:
        if not await self._mark.is_news(connection):
            return False
        if await connection.fetch(self._mark.statements.missing, {"after": self._mark.after}):
            return True
        self._mark.passed()
        return False

    async def _numbered(self, transaction: Transaction) -> int:
        if not await self._mark.take_turn(transaction):
            return 0
        # A statement of its own after the lock: it sees all that the sequencer before has committed.
        rows = await transaction.fetch(self._mark.statements.number, {"after": self._mark.after})
        if rows and not self._on_sqlite:
            await transaction.fetch(_NOTIFY, {"channel": CHANNEL, "payload": str(max(row[0] for row in rows))})
        return len(rows)


async def sequence_once(database: Database) -> int:
    """One pass over the whole journal: how many steps were given their positions."""
    return await Sequencer(database).once()


async def takes_turn(transaction: Transaction) -> bool:
    """On PostgreSQL: whether no other sequencer is at it. The transaction reads by indexes, however old its plans."""
    ((is_ours, _),) = await transaction.fetch(_TURN, {"lock": ADVISORY_LOCK})
    return bool(is_ours)


async def undelivered(connection: Connection) -> int:
    """How many committed steps have no position, but for what a mark hides."""
    ((count,),) = await connection.fetch(_UNDELIVERED[connection.dialect.name], {})
    return int(count)


def numbering(found: sa.Select[Any]) -> Any:
    """Give the steps that `found` chooses from `UNNUMBERED` the next positions, by (case, seq), up to a batch."""
    some = found.offset(sa.literal_column("0")).subquery()  # what is chosen first is chosen by its own index
    batch = sa.select(some).order_by(some.c.case_id, some.c.seq).limit(sa.literal_column(str(BATCH))).subquery()
    last = sa.select(sa.func.coalesce(sa.func.max(_POSITION.c.position), 0)).scalar_subquery()
    place = last + sa.func.row_number().over(order_by=(batch.c.case_id, batch.c.seq))
    insert = sa.insert(_POSITION).from_select(["position", "step_id"], sa.select(place, batch.c.id))
    return insert.returning(_POSITION.c.position)


# Of a transaction: a plan that was made while the tables were small is kept, and would read the whole of large ones.
BY_INDEX: Final = sa.func.set_config("enable_seqscan", "off", sa.true())
# Asked step by step: a planner that thinks them many would read all positions to compare.
NOT_FOUND: Final = (
    sa.select(_POSITION.c.position)
    .where(_POSITION.c.step_id == _STEP.c.id)
    .limit(sa.literal_column("1"))
    .scalar_subquery()
    .is_(None)
)
UNNUMBERED: Final = sa.select(_STEP.c.id, _STEP.c.case_id, _STEP.c.seq).where(NOT_FOUND)


def _statements(column: sa.ColumnElement[Any], after: sa.ColumnElement[Any]) -> Statements:
    found = UNNUMBERED.where(column > after)
    # In the order of the index that leads to them, so that no plan reads what lies before.
    missing = found.with_only_columns(_STEP.c.seq).order_by(column).limit(sa.literal_column("1"))
    return Statements(missing, numbering(found))


_BY_ID: Final = _statements(_STEP.c.id, sa.bindparam("after", type_=sa.Text))
_BY_ROWID: Final = _statements(_ROWID, sa.bindparam("after", type_=sa.BigInteger))
_KEPT: Final = sa.select(_DEPLOYMENT.c.sequenced_after)
_MARK: Final = sa.bindparam("b_mark", type_=sa.Text)
_KEEP: Final = sa.update(_DEPLOYMENT).where(_DEPLOYMENT.c.sequenced_after < _MARK).values(sequenced_after=_MARK)
_KEPT_MARK: Final = sa.func.coalesce(sa.select(sa.func.max(_DEPLOYMENT.c.sequenced_after)).scalar_subquery(), "")


def _undelivered(column: sa.ColumnElement[Any], mark: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(UNNUMBERED.where(column > mark).subquery())


_UNDELIVERED: Final = {
    "sqlite": _undelivered(_ROWID, sa.cast(_KEPT_MARK, sa.BigInteger)),
    "postgresql": _undelivered(_STEP.c.id, _KEPT_MARK),
}
_LAST_ROW: Final = sa.select(sa.func.coalesce(sa.func.max(_ROWID), 0)).select_from(_STEP)
_SNAPSHOT: Final = sa.text(
    "SELECT pg_snapshot_xmin(now.snapshot)::text::bigint, pg_snapshot_xmax(now.snapshot)::text::bigint "
    "FROM (SELECT pg_current_snapshot() AS snapshot) AS now"
)
_TURN: Final = sa.select(sa.func.pg_try_advisory_xact_lock(sa.bindparam("lock", type_=sa.BigInteger)), BY_INDEX)
_NUMBER: Final = sa.text("SELECT pg_current_xact_id()::text::bigint")
_NOTIFY: Final = sa.select(
    sa.func.pg_notify(sa.bindparam("channel", type_=sa.Text), sa.bindparam("payload", type_=sa.Text))
)
