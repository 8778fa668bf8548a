"""Two bodies side by side, each with something of every noun, and the ids of all that either has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from domain.ids import prefix_of
from domain.table import METADATA
from tests.world import NEWS_REASON, Holder, Provider, World, resident_id, unique
from workflows.database import compile_once


@dataclass(eq=False)
class Neighbour:
    """A provider with something of every noun, and what its cases are called."""

    provider: Provider
    filed_by: Holder
    cases: dict[str, tuple[str, int]] = field(default_factory=dict)  # by what they are good for: id and version
    proposals: dict[str, Mapping[str, str]] = field(default_factory=dict)
    document_id: str = ""

    @property
    def world(self) -> World:
        return self.provider.world

    async def ids(self, *, of_holder: str | None = None) -> dict[str, list[str]]:
        """The ids of all its rows by prefix, or of all rows of one of its holders."""
        column, owner = ("provider_id", self.provider.id) if of_holder is None else ("holder_id", of_holder)
        found: dict[str, list[str]] = defaultdict(list)
        found[prefix_of(owner)].append(owner)
        for table in METADATA.sorted_tables:
            if column in table.c and "id" in table.c:
                clause = sa.select(table.c.id).where(table.c[column] == owner).order_by(table.c.id)
                statement = compile_once(clause, self.world.office.database.dialect)
                rows = await self.world.office.database.read(
                    lambda connection, statement=statement: connection.fetch(statement, {})
                )
                for row in rows:
                    found[prefix_of(row[0])].append(row[0])
        if of_holder is None:  # an authority's proposals are the authority's
            found["proposal"] += [proposal["id"] for proposal in self.proposals.values()]
        return found


async def furnished(world: World, division: str) -> Neighbour:
    """A provider in a province, with an account in every stage and everything that hangs on one."""
    provider = await world.provider(division)
    *_, verified = await provider.qualify()
    same_person = resident_id()
    first = await provider.holder(residentId=same_person)
    account = await first.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    approved = await provider.reviewer.must(
        "accountApprove", select="filing { id version }", id=account.id, version=1, category="LIFESTYLE"
    )
    filing = approved.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=1)
    await provider.regulator.must("filingAccept", id=filing["id"], version=2)
    made = Neighbour(provider, first)
    made.cases |= {"filed": (account.id, 3), "accepted": (filing["id"], 3), "qualification": (verified.id, 2)}
    revoking = await provider.regulator.must("filingRevoke", id=filing["id"], version=3, reasons=_reasons("OTHER"))
    made.proposals["accepted"] = revoking.proposal
    await _more(made, same_person)
    return made


async def _more(made: Neighbour, same_person: str) -> None:
    provider = made.provider
    _, submitted = await provider.approved()
    filing = submitted.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=1)
    made.cases["submitted"] = (filing["id"], 2)
    _, rejected = await provider.rejected()
    made.cases["rejected"] = (rejected.id, 2)
    twin = await provider.holder(
        residentId=same_person
    )  # known already, and named like a newspaper: approving it takes two
    flagged = await twin.apply(displayName=unique("示例日报"))
    await provider.reviewer.must("accountClaim", id=flagged.id)
    proposed = await provider.reviewer.must("accountApprove", id=flagged.id, version=1, category="LIFESTYLE")
    made.cases["flagged"], made.proposals["flagged"] = (flagged.id, 1), proposed.proposal
    pending = await provider.newcomer()
    await pending.submit_identity()
    made.cases["pending"] = (pending.identity_id, 1)
    made.cases["newcomer"] = (pending.id, 1)
    made.document_id = await uploaded(made.filed_by)


def _reasons(code: str) -> dict[str, Any]:
    return {**NEWS_REASON, "reasonCodes": [code]}


async def uploaded(holder: Holder) -> str:
    """A document that a holder handed in."""
    headers = {"authorization": f"Bearer {holder.person.token}", "content-type": "text/plain"}
    response = await holder.provider.world.client.post("/documents", content="示例材料".encode(), headers=headers)
    assert response.status_code < 300, response.text
    return str(response.json()["id"])
