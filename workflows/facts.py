"""What guards look at, read: one statement a fact for however many cases, what only the keys find, what is gathered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.vault.keys import Keys
from workflows.database import Connection, Transaction
from workflows.engine import Fact, Gathered, On, Sought, Transition, Workflow
from workflows.office import Office


async def read_facts(
    facts: Sequence[Fact], ids: Sequence[str], binds: Mapping[str, Any], connection: Connection
) -> dict[str, dict[str, Any]]:
    """The fields of each case, one statement a fact."""
    found: dict[str, dict[str, Any]] = {id_: {} for id_ in ids}
    for fact in facts:
        rows: dict[str, list[Any]] = {id_: [] for id_ in ids}
        for row in await connection.fetch(fact.statement, {**binds, "ids": list(ids)}):
            rows[row[0]].append(row)
        for id_ in ids:
            found[id_].update(fact.read(rows[id_], connection.dialect))
    return found


async def seek_facts(
    facts: Sequence[Sought], fields: dict[str, dict[str, Any]], keys: Keys, now: datetime, connection: Connection
) -> None:
    """What only the keys find of these cases, added to what is known of each."""
    for fact in facts:
        for id_, found in (await fact.seek(keys, connection, fields, now)).items():
            fields[id_].update(found)


async def gather_facts(
    workflow: Workflow, transition: Transition, on: On, office: Office, transaction: Transaction
) -> Any:
    """The workflow's facts for one case that is to move."""
    static = [*(() if transition.creates else workflow.facts)]
    bound: dict[str, Any] = {**on.viewer.bound, "now": on.now}
    for fact in transition.facts:
        if isinstance(fact, Fact):
            static.append(fact)
            if fact.binds is not None:
                bound |= fact.binds(on.input, on.viewer, on.now)
    known = await read_facts(static, [on.id], bound, transaction)
    sought = [fact for fact in transition.facts if isinstance(fact, Sought)]
    await seek_facts(sought, known, office.keys, on.now, transaction)
    fields = known[on.id]
    for fact in transition.facts:
        if isinstance(fact, Gathered):
            seen = replace(on, facts=workflow.facts_type(**fields))
            fields |= await fact.gather(office, transaction, seen)
    return workflow.facts_type(**fields)
