"""Databases that are years old: rows of what is over, many times as many as of what is not; and how they are read."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import asyncpg
import orjson
import pytest
import sqlalchemy as sa

from domain.deadline import Deadline, Outcome
from domain.journal import Step
from domain.outbox import Event, IdempotencyKey
from domain.table import Table, table_of
from workflows import database as port
from workflows.database import Database, Transaction
from workflows.migrations import SQLITE_PREFIX
from workflows.sequencer import sequence_once

ROWS: Final = 20_000
BY_INDEX: Final = "INSERT INTO position"  # run only where its transaction was told to read by indexes
OF_THE_OPEN: Final = {
    index.name for index in table_of(Deadline).indexes if index.dialect_options["postgresql"]["where"] is not None
}
AGED: Final = ("deadline", "step", "position", "event", "idempotency_key")


def _number(dialect: str) -> str:
    """A number of 26 digits: the end of an id that was made before all others."""
    return "lpad(n.i::text, 26, '0')" if dialect == "postgresql" else "printf('%026d', n.i)"


def _more(model: type[Table], **others: str) -> str:
    """Copies of one row of a table, but for some columns."""
    table = table_of(model)
    names = ", ".join(column.name for column in table.c)
    values = ", ".join(others.get(column.name, f"one.{column.name}") for column in table.c)
    return (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}), "
        f"one AS (SELECT * FROM {table.name} LIMIT 1) "
        f"INSERT INTO {table.name} ({names}) SELECT {values} FROM n, one"
    )


async def age(database: Database) -> None:
    """Many settled deadlines, numbered steps with their events, and keys of requests, all older than what is there."""
    number = _number(database.dialect.name)
    deadlines = _more(
        Deadline,
        id=f"'deadline_' || {number}",
        case_id=f"'account_' || {number}",
        settled_at="one.due_at",
        outcome=f"'{Outcome.MET}'",
        next_at="NULL",
    )
    steps = _more(Step, id=f"'step_' || {number}", case_id=f"'account_' || {number}", seq="1")
    events = _more(Event, id=f"'event_' || {number}", step_id=f"'step_' || {number}", case_id=f"'account_' || {number}")
    keys = _more(IdempotencyKey, key=number)  # as young as the others: none of them is over
    for sql in (deadlines, steps, events, keys):
        await database.write(partial(_run, sql))
    while await sequence_once(database):
        pass


async def _run(sql: str, transaction: Transaction) -> None:
    await transaction.fetch(sa.text(sql), {})


@dataclass
class Asked:
    """Every statement that was run, with its last parameters."""

    statements: dict[str, list[Any]] = field(default_factory=dict)

    def recorded(self, clause: Any, dialect: sa.Dialect) -> Any:
        return _Recorded(self, port.compiled(clause, dialect))

    async def scans(self, url: str, *, generic: bool = True) -> dict[str, list[str]]:
        """The statements that read an aged table otherwise than by a condition on an index, with how they do."""
        found: dict[str, list[str]] = {}
        if url.startswith(SQLITE_PREFIX):
            with closing(sqlite3.connect(url.removeprefix(SQLITE_PREFIX))) as connection:
                for sql in self.statements:
                    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
                    found[sql] = [row[3] for row in plan if row[3].startswith("SCAN") and row[3].split()[1] in AGED]
            return {sql: plan for sql, plan in found.items() if plan}
        connection_ = await asyncpg.connect(url)
        try:
            for number, (sql, values) in enumerate(self.statements.items()):
                plan = await _plan(connection_, f"p{number}", sql, values, generic=generic)
                found[sql] = [told for above, node in _nodes(plan) if (told := _scan(above, node))]
        finally:
            await connection_.close()
        return {sql: plan for sql, plan in found.items() if plan}


@dataclass
class _Recorded:
    """A statement that leaves word."""

    asked: Asked
    statement: port.Statement

    @property
    def sql(self) -> str:
        return self.statement.sql

    def bind(self, values: port.Values) -> list[Any]:
        self.asked.statements[self.sql] = bound = self.statement.bind(values)
        return bound


async def _plan(connection: asyncpg.Connection, name: str, sql: str, values: list[Any], *, generic: bool) -> Any:
    """The plan of a statement: the one kept for any parameters, or the one for these."""
    await connection.execute(f"SET enable_seqscan = {'off' if sql.startswith(BY_INDEX) else 'on'}")
    if not generic:
        return orjson.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values))
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE {name} AS {sql}")
    nothing = ", ".join(["NULL"] * len(values))
    run = f"{name}({nothing})" if values else name
    return orjson.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {run}"))


def _nodes(plan: Any, above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The nodes of a plan, each with the kind of the one above it."""
    for one in plan if isinstance(plan, list) else [plan]:
        yield above, one
        for name in ("Plan", "Plans"):
            if name in one:
                yield from _nodes(one[name], one.get("Node Type", ""))


def _scan(above: str, node: dict[str, Any]) -> str | None:
    """What reads a table as long as it is old."""
    if node.get("Relation Name") not in AGED or node["Node Type"] in ("ModifyTable", "Bitmap Heap Scan"):
        return None
    if above == "Limit" and "Filter" not in node and "Index Name" in node:  # the first few of an index
        return None
    if node.get("Index Name") in OF_THE_OPEN:  # as long as there is to do, not as it is old
        return None
    return None if node.get("Index Cond") or node.get("TID Cond") else f"{node['Node Type']} {node.get('Index Name')}"


@asynccontextmanager
async def listening(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asked]:
    """Whatever is asked of a database until the block ends."""
    asked = Asked()
    with monkeypatch.context() as patched:
        for module in ("embedded", "postgres"):
            patched.setattr(f"workflows.{module}.compiled", asked.recorded)
        yield asked


async def analysed(url: str) -> None:
    """Let the database count what lies in its tables."""
    if url.startswith("postgresql"):
        connection = await asyncpg.connect(url)
        await connection.execute("ANALYZE")
        await connection.close()
