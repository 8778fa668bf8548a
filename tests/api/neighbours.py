"""Two bodies side by side, each with something of every noun, and the ids of all that either has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from domain.ids import prefix_of
from domain.table import METADATA
from tests.sanctions import PIECE, REASONS, opened
from tests.world import NEWS_REASON, REVOCATION, Answer, Holder, Provider, World, mobile, resident_id, unique
from workflows.database import compile_once

# What is said in all its cases.
SAID: Final[Mapping[str, str]] = {
    "FACTS": str(NEWS_REASON["facts"]),
    "PUBLIC_REASON": str(NEWS_REASON["publicReason"]),
    "NOTE": "示例内部备注",
}


@dataclass(eq=False)
class Neighbour:
    """A provider with something of every noun, and what its cases are called."""

    provider: Provider
    holders: list[Holder] = field(default_factory=list)
    identities: dict[str, dict[str, str]] = field(default_factory=dict)  # what was submitted, by identity
    cases: dict[str, tuple[str, int]] = field(default_factory=dict)  # by what they are good for: id and version
    proposals: dict[str, Mapping[str, str]] = field(default_factory=dict)
    document_id: str = ""
    evidence: frozenset[str] = frozenset()

    @property
    def world(self) -> World:
        return self.provider.world

    @property
    def filed_by(self) -> Holder:
        """The holder of the account that went all the way."""
        return self.holders[0]

    async def newcomer(self, subject_type: str = "INDIVIDUAL", **values: str) -> Holder:
        """A holder who submitted a whole identity."""
        holder = await self.provider.newcomer(subject_type)
        given = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": mobile(), "email": "someone@qq.com"}
        given |= {"address": "浙江省杭州市西湖区示例路1号", "mandate": unique("mandate-")}
        if subject_type != "INDIVIDUAL":
            given |= {"organisationName": unique("示例单位"), "uscc": "91350100M000100Y43"}
        given |= values
        await holder.submit_identity(0, **given)
        self.holders.append(holder)
        self.identities[holder.identity_id] = given
        return holder

    async def holder(self, subject_type: str = "INDIVIDUAL", **values: str) -> Holder:
        """The same, verified, with the agreement consented to."""
        holder = await self.newcomer(subject_type, **values)
        await self.provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, method="DOCUMENT_CHECK")
        await holder.consent()
        return holder

    async def reviewed(self, verdict: str, holder: Holder, **particulars: Any) -> Answer:
        """An application of a holder, decided on by a reviewer: `accountApprove` or `accountReject`."""
        account = await holder.apply(**particulars)
        await self.provider.reviewer.must("accountClaim", id=account.id)
        given: dict[str, Any] = {"reasons": NEWS_REASON} if verdict == "accountReject" else {"category": "LIFESTYLE"}
        select = "filing { id version }"
        return await self.provider.reviewer.must(verdict, select=select, id=account.id, version=1, **given)

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
    made = Neighbour(await world.provider(division))
    provider = made.provider
    *_, verified = await provider.qualify()
    same_person = resident_id()
    filed = await made.reviewed("accountApprove", await made.holder(residentId=same_person))
    filing = filed.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=1)
    await provider.regulator.must("filingAccept", id=filing["id"], version=2)
    made.cases |= {"filed": (filed.id, 3), "accepted": (filing["id"], 3), "qualification": (verified.id, 2)}
    revoking = await provider.regulator.must("filingRevoke", id=filing["id"], version=3, **dict[str, Any](REVOCATION))
    made.proposals["accepted"] = revoking.proposal
    submitted = await made.reviewed("accountApprove", await made.holder("ENTERPRISE"))
    await provider.officer.must("filingSubmit", id=submitted.case["filing"]["id"], version=1)
    made.cases["submitted"] = (submitted.case["filing"]["id"], 2)
    made.cases["rejected"] = ((await made.reviewed("accountReject", await made.holder())).id, 2)
    # Known already, and named like a newspaper: approving it takes two.
    twin = await made.holder(residentId=same_person)
    proposed = await made.reviewed("accountApprove", twin, displayName=unique("示例日报"))
    made.cases["flagged"], made.proposals["flagged"] = (proposed.id, 1), proposed.proposal
    pending = await made.newcomer()
    made.cases |= {"pending": (pending.identity_id, 1), "newcomer": (pending.id, 1)}
    made.document_id = await uploaded(made.filed_by)
    await sanction(made)
    return made


async def sanction(made: Neighbour) -> None:
    """A case on the filed account, of which its holder knows one piece of two; and one they do not know of."""
    provider, (account_id, _) = made.provider, made.cases["filed"]
    pieces = [{**PIECE, "text": SAID["NOTE"]}, {**PIECE, "text": SAID["NOTE"], "isDisclosable": False}]
    said: dict[str, Any] = {"findings": SAID["NOTE"], "evidence": pieces}
    untold = await opened(provider, account_id, **said, conductOn="2026-02-01")
    told = await opened(provider, account_id, made.filed_by, **said)
    await told.notify(facts=SAID["FACTS"])
    reasons = {**REASONS, "facts": SAID["FACTS"], "publicReason": SAID["PUBLIC_REASON"]}
    await told.warn(reasons=reasons)
    await told.restrict(reasons=reasons)
    made.cases |= {"told": (told.id, await told.version()), "untold": (untold.id, 1)}
    made.evidence = frozenset((await made.ids())["evidence"])


async def uploaded(holder: Holder) -> str:
    """A document that a holder handed in."""
    headers = {"authorization": f"Bearer {holder.person.token}", "content-type": "text/plain"}
    response = await holder.provider.world.client.post("/documents", content="示例材料".encode(), headers=headers)
    assert response.status_code < 300, response.text
    return str(response.json()["id"])
