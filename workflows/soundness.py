"""Whether what is stored holds together: chains that verify, states that exist, people enough for four eyes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from domain.journal import CANONICAL, GENESIS, Step, link
from domain.policy.roles import Role
from domain.staff import Staff, StaffState
from domain.table import table_of
from workflows.database import Among, Database, Row, Values, decoder
from workflows.engine import Workflow
from workflows.registry import WORKFLOWS

PAGE: Final = 200
PERSONS_MIN: Final = 2  # one proposes, another endorses
TWO_OF: Final = (
    Role.REVIEWER,
    Role.COMPLIANCE_OFFICER,
    Role.PROVINCIAL_REGULATOR,
    Role.NATIONAL_REGULATOR,
)

_STEP, _STAFF = table_of(Step), table_of(Staff)
_FIELDS: Final = (*CANONICAL, "prev_hash", "hash")
_CHAIN: Final = (
    sa.select(*[_STEP.c[name] for name in _FIELDS])
    .where(Among(_STEP.c.case_id, "cases"))
    .order_by(_STEP.c.case_id, _STEP.c.seq)
)
_STEPS: Final = sa.select(sa.func.count()).select_from(_STEP)
_PERSONS: Final = (
    sa.select(
        sa.func.coalesce(_STAFF.c.provider_id, _STAFF.c.jurisdiction),
        _STAFF.c.role,
        sa.func.count(sa.distinct(_STAFF.c.person)),
    )
    .where(_STAFF.c.state == sa.literal_column(f"'{StaffState.ENROLLED}'"))
    .group_by(sa.func.coalesce(_STAFF.c.provider_id, _STAFF.c.jurisdiction), _STAFF.c.role)
    .order_by(sa.literal_column("1"), sa.literal_column("2"))
)


@dataclass(frozen=True, slots=True)
class Chains:
    """What the verification found: broken cases by id, and steps that belong to no case."""

    steps: int
    broken: tuple[str, ...]
    homeless: int

    @property
    def are_whole(self) -> bool:
        return not self.broken and not self.homeless


async def count_steps(database: Database) -> int:
    """How many steps there are."""
    return int((await _fetched(database, _STEPS, {}))[0][0])


async def verify_chains(database: Database, advanced: Callable[[int], None] = lambda _: None) -> Chains:
    """Recompute the chain of every case, page by page; `advanced` is told how many steps each page had."""
    decoders = [decoder(_STEP.c[name].type, database.dialect) for name in _FIELDS]
    seen, broken = 0, list[str]()
    for workflow in WORKFLOWS.values():
        async for cases in _cases(database, workflow):
            steps = await _fetched(database, _CHAIN, {"cases": [case[0] for case in cases]})
            chains = _by_case(steps, decoders)
            broken += [case[0] for case in cases if not _is_whole(chains.get(case[0], []), workflow.noun, case)]
            seen += len(steps)
            advanced(len(steps))
    return Chains(seen, tuple(broken), max(await count_steps(database) - seen, 0))


async def orphan_states(database: Database) -> dict[str, int]:
    """How many cases of each noun stand in a state that its workflow does not know."""
    found = {}
    for noun, workflow in WORKFLOWS.items():
        rows = await _fetched(database, _orphans(workflow), {})
        if rows[0][0]:
            found[noun] = int(rows[0][0])
    return found


async def understaffed(database: Database) -> list[tuple[str, str]]:
    """The providers and authorities where a role has one person only, who can never be endorsed."""
    rows = await _fetched(database, _PERSONS, {})
    return [(body, role) for body, role, persons in rows if role in TWO_OF and persons < PERSONS_MIN]


async def _cases(database: Database, workflow: Workflow) -> AsyncIterator[Sequence[Row]]:
    after = ""
    while rows := await _fetched(database, _page(workflow), {"after": after}):
        yield rows
        after = rows[-1][0]


async def _fetched(database: Database, statement: sa.Select[Any], values: Values) -> Sequence[Row]:
    return await database.read(lambda connection: connection.fetch(statement, values))


def _by_case(rows: Sequence[Row], decoders: Sequence[Any]) -> dict[str, list[dict[str, Any]]]:
    chains: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        values = {
            name: value if decode is None or value is None else decode(value)
            for name, decode, value in zip(_FIELDS, decoders, row, strict=True)
        }
        chains.setdefault(values["case_id"], []).append(values)
    return chains


def _is_whole(chain: Sequence[dict[str, Any]], noun: str, case: Row) -> bool:
    """Whether each step follows from the one before, and the case's row ends where its chain does."""
    last = GENESIS
    for number, step in enumerate(chain, start=1):
        follows = step["seq"] == number and step["case_kind"] == noun and bytes(step["prev_hash"]) == last
        if not follows or link(last, step) != bytes(step["hash"]):
            return False
        last = bytes(step["hash"])
    _, seq, head = case
    return bool(seq == len(chain) and bytes(head) == last)


@cache
def _page(workflow: Workflow) -> sa.Select[Any]:
    table = table_of(workflow.model)
    after = sa.bindparam("after", type_=sa.Text, required=False)
    columns = (table.c.id, table.c.seq, table.c.head)
    return sa.select(*columns).where(table.c.id > after).order_by(table.c.id).limit(sa.literal_column(str(PAGE)))


@cache
def _orphans(workflow: Workflow) -> sa.Select[Any]:
    table = table_of(workflow.model)
    known: list[Any] = [sa.literal_column(f"'{state}'") for state in workflow.states]
    return sa.select(sa.func.count()).select_from(table).where(table.c.state.not_in(known))
