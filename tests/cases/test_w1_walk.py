"""Walks in which identities are submitted anew, accounts changed, sanctioned, closed and transferred at random moments.

Whatever comes of it: the subject of a badged account is that of its licence, the register's name is the verified name
in the accepted filing, the clocks of a change stand exactly while a measure takes it, and who answers reads the person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

import pytest

from domain.account import LIVE, Account
from domain.authorities import NATION, authority_id
from domain.deadline import Deadline
from domain.filing import Filing
from domain.identity import Identity
from domain.permission import Badge, Permission, RegisterEntry
from domain.policy.roles import Role
from domain.restriction import takes_changes
from domain.sanction import Evidence, Measure, Sanction, in_force
from tests.cases.test_w1_subject import CODES, METHOD, PROOF
from tests.sanctions import CIRCUMSTANCES, DISMISSAL, REASONS, asked
from tests.workflows.test_filing import DEFECT, wrong_item
from tests.world import NEWS_REASON, SHANGHAI, ZHEJIANG, Answer, Holder, Person, Provider, World, resident_id, unique

STEPS: Final = 45
PLACES: Final = (ZHEJIANG, SHANGHAI)
W = TypeVar("W", bound="Walk")


@dataclass
class Walk:
    """One account, whoever acts on it, and what is known of it without asking the program."""

    provider: Provider
    holder: Holder
    account_id: str
    chance: Random
    officers: tuple[Person, Person]
    regulators: dict[str, Person]
    nation: Person
    given: dict[str, Any]  # as it is verified
    waiting: dict[str, Any] | None = None
    submitted: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)  # filing → what it bears
    done: set[str] = field(default_factory=set)

    @property
    def world(self) -> World:
        return self.provider.world

    @property
    def borne(self) -> tuple[str | None, str | None]:
        return self.given.get("organisationName"), self.given.get("uscc")

    async def account(self) -> Account:
        return (await self.world.rows(Account, id=self.account_id))[0]

    async def do(self, person: Person, mutation: str, **given: Any) -> bool:
        """Try it; whether it was taken."""
        if (await self.tried(person, mutation, **given)).codes:
            return False
        self.done.add(mutation)
        return True

    async def tried(self, person: Person, mutation: str, **given: Any) -> Answer:
        if person.role is Role.INTEGRATION:
            given["idempotencyKey"] = unique("key-")
        return await person.do(mutation, **given)

    async def by_two(self, people: tuple[Person, Person], mutation: str, **given: Any) -> bool:
        proposed = await self.tried(people[0], mutation, **given)
        if proposed.codes or not proposed.payload.get("proposal"):
            return not proposed.codes
        await people[1].must("proposalEndorse", **proposed.proposal)
        return await self.do(people[0], mutation, **given, proposal=proposed.proposal["id"])

    # --- who stands behind it ------------------------------------------------------------------------------------
    async def submit_identity(self) -> None:
        numbers = {"uscc": self.chance.choice(CODES), "organisationName": unique("示例单位")}
        if "uscc" not in self.given:
            numbers = {"residentId": resident_id(), "legalName": "司马示例"}
        other = {"residentId": resident_id(), "legalName": "司马示例"}
        name = {"organisationName": unique("示例单位")} if "uscc" in self.given else {"email": "nobody@example.com"}
        wanted = {**self.given, **self.chance.choice((numbers, name, name, name, other))}
        (row,) = await self.world.rows(Identity, id=self.holder.identity_id)
        by = self.chance.choice((self.holder.person, self.provider.integration))
        if await self.do(by, "identitySubmit", id=row.id, version=row.seq, **wanted):
            self.waiting = wanted

    async def verify_identity(self) -> None:
        (row,) = await self.world.rows(Identity, id=self.holder.identity_id)
        asked: dict[str, Any] = {"id": row.id, "version": row.seq, **METHOD}
        proven = self.chance.random() < 0.15
        people = (self.provider.reviewer, self.provider.second_reviewer)
        if proven:
            taken = await self.by_two(people, "identityVerify", **asked, sameSubject=PROOF)
        else:
            by = self.chance.choice((*people, people[0], self.provider.integration))
            taken = await self.do(by, "identityVerify", **asked)
        if taken and self.waiting is not None:
            number = "uscc" if "uscc" in self.given else "residentId"
            account = await self.account()
            is_there = account.state in LIVE or account.closed_cause == "SANCTION"
            assert proven or not is_there or self.waiting[number] == self.given[number]
            self.given, self.waiting = self.waiting, None

    # --- its particulars, and its filings ------------------------------------------------------------------------
    async def change(self) -> None:
        row = await self.account()
        reviewer = self.provider.reviewer
        wanted = {"displayName": unique("絮语"), "materials": []}
        await self.do(self.holder.person, "accountChange", id=row.id, version=row.seq, particulars=wanted)
        await self.do(reviewer, "accountClaimChange", id=row.id)
        row = await self.account()
        named: dict[str, Any] = {"id": row.id, "version": row.seq}
        items = [{"code": "DESCRIPTION", "text": "请说明"}]
        match self.chance.choice(("wait", "approve", "approve", "reject", "withdraw", "ask")):
            case "approve":
                await self.by_two((reviewer, self.provider.second_reviewer), "accountApproveChange", **named)
            case "reject":
                await self.do(reviewer, "accountRejectChange", **named, reasons=NEWS_REASON)
            case "withdraw":
                await self.do(self.holder.person, "accountWithdrawChange", **named)
            case "ask":
                await self.do(reviewer, "accountRequestChangeSupplement", **named, items=items)

    async def file(self) -> None:
        rows = await self.world.rows(Filing, account_id=self.account_id, order_by="id")
        row = self.chance.choice(rows)
        named: dict[str, Any] = {"id": row.id, "version": row.seq}
        authority = next(person for place, person in self.regulators.items() if authority_id(place) == row.jurisdiction)
        officer, other = (
            self.officers[0],
            self.chance.choice([p for p in PLACES if authority_id(p) != row.jurisdiction]),
        )
        match str(row.state):
            case "PREPARED" | "RETURNED":
                if await self.do(officer, "filingSubmit", **named):
                    self.submitted[row.id] = self.borne
            case "SUBMITTED":
                how = self.chance.choice(
                    ("filingAccept", "filingAccept", "filingReturn", "filingDecline", "filingPullBack")
                )
                more: Any = {"filingReturn": {"reasons": wrong_item(), "defects": [DEFECT]},
                        "filingDecline": {"reasons": NEWS_REASON}}.get(how, {})  # fmt: skip
                await self.do(officer if how == "filingPullBack" else authority, how, **named, **more)
            case "DECLINED" | "REVOKED":
                await self.do(officer, "filingPrepareAgain", **named)
            case "ACCEPTED" if self.chance.random() < 0.5:
                given = {"authorityId": authority_id(other), "grounds": "示例"}
                await self.do(self.nation, "filingDesignate", **named, **given)

    # --- measures ------------------------------------------------------------------------------------------------
    async def cases(self) -> list[Sanction]:
        return await self.world.rows(Sanction, account_id=self.account_id, order_by="id")

    async def sanction(self) -> None:
        cases = await self.cases()
        open_ = [case for case in cases if case.state not in ("DISMISSED", "LIFTED", "EXPIRED", "OVERTURNED")]
        if not open_ or (len(open_) < 2 and self.chance.random() < 0.3):
            day = f"2026-02-{1 + len(cases) % 27:02d}"
            opening = asked(self.account_id, conductOn=day, gravity="GRAVE")
            await self.do(self.provider.reviewer, "sanctionOpen", **opening)
            return
        case = self.chance.choice(open_)
        evidence = [row.id for row in await self.world.rows(Evidence, sanction_id=case.id, order_by="id")]
        named: dict[str, Any] = {"id": case.id, "version": case.seq}
        decided = {**named, "evidenceIds": evidence, "reasons": REASONS, "circumstances": CIRCUMSTANCES}
        notified = {"proposedLevel": "CLOSED", "facts": "示例", "evidenceIds": evidence}
        scope = self.chance.choice((["PROFILE"], ["PUBLISH"], ["PROFILE", "COMMENT"]))
        match self.chance.choice(("restrict", "restrict", "close", "lift", "rescind", "rescind", "dismiss")):
            case "restrict":
                await self.by_two(self.officers, "sanctionRestrict", **decided, days=5, scope=scope)
            case "close":
                await self.do(self.provider.reviewer, "sanctionNotify", **named, **notified)
                named["version"] = (await self.world.rows(Sanction, id=case.id))[0].seq
                await self.do(self.holder.person, "sanctionWaive", **named)
                named["version"] = (await self.world.rows(Sanction, id=case.id))[0].seq
                await self.by_two(self.officers, "sanctionClose", **{**decided, **named}, banDays=5)
            case "lift":
                await self.do(self.officers[0], "sanctionLift", **named, reason="示例")
            case "rescind" if case.measure_id is not None:
                back = {**named, "measureId": case.measure_id, "reason": "示例"}
                await self.by_two(self.officers, "sanctionRescind", **back)
            case "dismiss":
                await self.do(self.provider.reviewer, "sanctionDismiss", **named, reasons=DISMISSAL)

    async def let_time_pass(self) -> None:
        self.world.clock.advance(seconds=self.chance.choice((1, 60, 3_600, 86_400, 3 * 86_400)))
        await self.world.sweep()

    # --- what must hold ------------------------------------------------------------------------------------------
    async def check(self) -> None:
        account = await self.account()
        await self.check_register(account)
        await self.check_clocks(account)
        answer = {row.jurisdiction for row in await self.world.rows(Account, holder_id=self.holder.id)}
        for place, person in self.regulators.items():
            seen = (await person.ask("query($id: ID!) { holder(id: $id) { id } }", id=self.holder.id))["holder"]
            assert (seen is not None) is (authority_id(place) in answer), place

    async def check_register(self, account: Account) -> None:
        filings = await self.world.rows(Filing, account_id=account.id, state="ACCEPTED")
        (entry,) = await self.world.rows(RegisterEntry, account_id=account.id)
        assert len(filings) <= 1
        if filings:
            assert (entry.organisation_name, entry.uscc) == self.submitted[filings[0].id]
            assert (entry.number_version, entry.display_name) == (filings[0].number_version, filings[0].display_name)
        badges = await self.world.rows(Badge, account_id=account.id, revoked_at=None)
        granted = await self.world.rows(Permission, account_id=account.id, state="GRANTED")
        assert len(badges) == (account.state == "BADGED")
        if account.state == "BADGED":
            assert badges[0].subject_name == entry.organisation_name
            assert len(granted) == 1

    async def check_clocks(self, account: Account) -> None:
        rows = await self.world.rows(Deadline, case_id=account.id, settled_at=None)
        measures = await self.world.rows(Measure, account_id=account.id)
        now = self.world.clock()
        # A moment that passed since the last sweep is for the worker; a walk looks right after one.
        taken = any(in_force(one, now) and takes_changes(one.level, one.scope, one.is_news) for one in measures)
        waits = {"ASKED": "CHANGE_DECISION", "SUPPLEMENT_REQUESTED": "CHANGE_SUPPLEMENT"}.get(str(account.change_state))
        assert [row.paused_at is not None for row in rows if row.kind == waits] == ([] if waits is None else [taken])
        assert len([row for row in rows if row.kind == "NAME_AMENDMENT" and row.paused_at is not None]) <= 1

    async def come_to_rest(self) -> None:
        """What was begun is ended; then the register bears the verified name, if the account is on file at all."""
        for _ in range(12):
            self.world.clock.advance(days=8)
            await self.world.sweep()
            row = await self.account()
            await self.do(self.holder.person, "accountWithdrawChange", id=row.id, version=row.seq)
            for filing in await self.world.rows(Filing, account_id=row.id, order_by="id"):
                named: dict[str, Any] = {"id": filing.id, "version": filing.seq}
                for mutation in ("filingPrepareAgain", "filingSubmit", "filingAccept"):
                    (now,) = await self.world.rows(Filing, id=filing.id)
                    person = self.regulators_of(now) if mutation == "filingAccept" else self.officers[0]
                    named = {"id": now.id, "version": now.seq}
                    if await self.do(person, mutation, **named) and mutation == "filingSubmit":
                        self.submitted[filing.id] = self.borne
        row = await self.account()
        (entry,) = await self.world.rows(RegisterEntry, account_id=row.id)
        if row.state in ("FILED", "BADGED"):
            assert (entry.organisation_name, entry.uscc) == self.borne

    def regulators_of(self, filing: Filing) -> Person:
        return next(self.regulators[place] for place in PLACES if authority_id(place) == filing.jurisdiction)


async def begun(world: World, seed: int, walk: type[W]) -> W:
    """A walk of a badged news unit."""
    provider = await world.provider()
    holder, account_id, _ = await provider.badged()
    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    unit = {"mandate": "mandate-1", "organisationName": entry.organisation_name, "uscc": entry.uscc}
    return await of(holder, account_id, seed, walk, residentId=resident_id(), **unit)


async def of(holder: Holder, account_id: str, seed: int, walk: type[W], **given: Any) -> W:
    """A walk of this account; what is given was verified of its holder."""
    provider, world = holder.provider, holder.provider.world
    officers = (provider.officer, await provider.second_officer())
    regulators = {ZHEJIANG: provider.regulator, SHANGHAI: await world.regulator(SHANGHAI)}
    verified = {"legalName": "欧阳示例", "mobile": "13900000001", **given}
    nation = await world.regulator(NATION)
    made = walk(provider, holder, account_id, Random(seed), officers, regulators, nation, verified)
    (filing,) = await world.rows(Filing, account_id=account_id)
    made.submitted[filing.id] = made.borne
    return made


@pytest.mark.seeds(fast=2, long=10, night=500)
async def test_w1_subject_name_and_sight_hold_through_random_walks(world: World, seed: int) -> None:
    walk = await begun(world, seed, Walk)
    ways = (walk.submit_identity, walk.verify_identity, walk.verify_identity, walk.change, walk.file, walk.file,
            walk.file, walk.sanction, walk.let_time_pass)  # fmt: skip

    for _ in range(STEPS):
        await walk.chance.choice(ways)()
        await world.sweep()
        await walk.check()
    await walk.come_to_rest()

    assert len(walk.done) > 5
