"""Walks of twins that differ by one thing: of the first somebody opened cases that nobody told its holder of.

Identities are submitted anew, accounts closed, changed, sanctioned and transferred, and applied for again, at random
moments. Whatever comes of it: nothing answered to the holders tells them apart, who has a told case or a measure in
force is marked wherever they apply, each measure is taken back exactly once, and a case is never left without a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import orjson
import pytest

from domain.account import Account
from domain.closing import HOLDING
from domain.permission import RegisterEntry
from domain.policy.roles import Role
from domain.sanction import UNDECIDED, Evidence, Measure, Sanction, is_not_over
from tests.api import test_notices as notices
from tests.cases import test_w1_walk as w1
from tests.cases.test_w2_closing import alone
from tests.cases.test_w2_untold import seen, told_apart_by_nothing
from tests.clocks import without_a_clock
from tests.sanctions import DISMISSAL, PIECE, REASONS, asked
from tests.world import Answer, Holder, Person, World, resident_id, unique

__all__ = ["alone"]
STEPS: Final = 40
TELLS: Final = ("sanctionNotify", "sanctionWarn", "sanctionRestrict", "sanctionSuspend", "sanctionClose")
WAYS: Final = (
    "submit_identity", "verify_identity", "verify_identity", "change", "file", "sanction", "sanction", "sanction",
    "notify", "notify", "prolong", "take_back", "ask_close", "cancel_close", "apply", "apply", "approve",
)  # fmt: skip
HOURS: Final = (0, 0, 0, 0, 0, 0, 1, 24, 72, 24 * 7, 24 * 25)
MATERIALS: Final = ("CREDIT_CODE_CERTIFICATE", "MEDIA_LICENCE")
_RANDOM: Final = re.compile(r"[0-9a-f]{12}")


@dataclass
class Twin(w1.Walk):
    """One account, every other that its subject applies for, and what its holders were answered."""

    answers: list[str] = field(default_factory=list)
    untold: set[str] = field(default_factory=set)  # the cases that the other twin has not
    told: set[str] = field(default_factory=set)
    behind: dict[str, set[str]] = field(default_factory=dict)  # case → the numbers of its subject
    numbers: list[str] = field(default_factory=list)  # all that stood behind the account
    taken: set[str] = field(default_factory=set)  # measures
    fresh: list[tuple[Holder, str, str]] = field(default_factory=list)  # of whom, the account, the subject's number

    @property
    def number(self) -> str:
        return str(self.given.get("uscc") or self.given["residentId"])

    async def cases(self) -> list[Sanction]:
        return [case for case in await super().cases() if case.id not in self.untold]

    async def tried(self, person: Person, mutation: str, **given: Any) -> Answer:
        answer = await super().tried(person, mutation, **given)
        if person.role is Role.HOLDER:
            self.answers.append(f"{mutation} {await self.plain(orjson.dumps(dict(answer.payload)))}")
        if answer.payload.get("step") is not None:
            await self.learn(mutation, given)
        return answer

    async def learn(self, mutation: str, given: dict[str, Any]) -> None:
        """What a step that was carried out says of the walk."""
        if mutation in TELLS:
            self.told.add(given["id"])
        if mutation == "sanctionRescind":
            measures = {one.id: one for one in await self.world.rows(Measure, account_id=self.account_id)}
            self.taken.add(given["measureId"])
            if measures[given["measureId"]].prolongs is None:
                for _ in measures:  # what goes on from one that is taken goes along
                    self.taken |= {one.id for one in measures.values() if one.prolongs in self.taken}
        if mutation == "identityVerify" and "sameSubject" in given and self.waiting is not None:
            again = self.waiting.get("uscc") or self.waiting["residentId"]
            for numbers in self.behind.values():
                numbers |= {again} if self.number in numbers else set()

    async def plain(self, answer: bytes) -> str:
        """The answer without what differs between any two holders."""
        text = told_apart_by_nothing(answer)
        for entry in await self.world.rows(RegisterEntry, account_id=self.account_id):
            for name in ("number", "handle"):
                text = text.replace(getattr(entry, name), name)
            text = text.replace(entry.licence_number, "licence") if entry.licence_number else text
        return _RANDOM.sub("…", text)

    async def shown(self) -> list[str]:
        """Whatever the holders are shown, and anybody of the account on the register."""
        found = [await seen(self.holder, self.account_id)]
        found += [await seen(holder, id_) for holder, id_, _ in self.fresh]
        for entry in await self.world.rows(RegisterEntry, account_id=self.account_id):
            found.append((await self.world.client.get(f"/register/{entry.number}")).content)
        return [await self.plain(answer) for answer in found]

    async def receipts(self) -> list[str]:
        """What anybody is shown for the receipts of the holder."""
        found = []
        for notice in await notices.served(self.holder.person):
            secret = (await notices.see(self.holder.person, notice["id"])).payload["receiptSecret"]
            opened = await notices.by_receipt(self.world, notice["receiptNumber"], secret)
            found.append(await self.plain(orjson.dumps(opened)))
        return found

    # --- who applies anew ----------------------------------------------------------------------------------------
    async def stands(self, number: str | None = None) -> bool:
        """Whether a case that was told of, or a measure, is not over: of this subject, or of any."""
        now, found = self.world.clock(), set()
        for case in await self.world.rows(Sanction, account_id=self.account_id):
            measures = await self.world.rows(Measure, sanction_id=case.id)
            if (case.id in self.told and case.state in UNDECIDED) or any(
                one.level in HOLDING and is_not_over(one, now) for one in measures
            ):
                found.add(case.id)
        return any(number is None or number in self.behind[id_] for id_ in found)

    async def is_marked(self, account_id: str) -> bool:
        (row,) = await self.world.rows(Account, id=account_id)
        return "UNDER_MEASURE" in row.flags

    async def another_login(self, number: str) -> Holder:
        if "uscc" in self.given:
            return await self.provider.holder("NEWS_UNIT", organisationName=unique("示例单位"), uscc=number)
        return await self.provider.holder(residentId=number)

    async def apply(self) -> None:
        number, holder = self.number, self.holder
        if self.chance.random() < 0.5:
            number = self.chance.choice(self.numbers)
            holder = await self.another_login(number)
        wanted = holder.particulars()
        if "uscc" in self.given:
            wanted["materials"] = [{"kind": one, "reference": "r", "sha256": "0" * 64} for one in MATERIALS]
        given = {"particulars": wanted, "exceptionReason": "示例", "idempotencyKey": unique("key-")}
        answer = await self.tried(holder.person, "accountApply", **given)
        if answer.codes == []:
            self.fresh.append((holder, answer.id, number))
            assert await self.is_marked(answer.id) or not await self.stands(number)
            assert await self.stands() or not await self.is_marked(answer.id)

    async def approve(self) -> None:
        if not self.fresh:
            return
        _, id_, number = self.chance.choice(self.fresh)
        reviewer = self.provider.reviewer
        await self.do(reviewer, "accountClaim", id=id_)
        (row,) = await self.world.rows(Account, id=id_)
        given = {"id": id_, "version": row.seq, "category": "LIFESTYLE"}
        proposed = await self.tried(reviewer, "accountApprove", **given)
        if proposed.codes == [] and proposed.payload.get("proposal"):
            await self.provider.second_reviewer.must("proposalEndorse", **proposed.proposal)
            proposed = await self.tried(reviewer, "accountApprove", **given, proposal=proposed.proposal["id"])
        elif proposed.codes == []:
            assert not await self.stands(number)
        if proposed.codes == []:
            assert await self.is_marked(id_) or not await self.stands(number)

    # --- closing, and taking back --------------------------------------------------------------------------------
    async def ask_close(self) -> None:
        await self.do(self.holder.person, "accountAskClose", id=self.account_id, version=(await self.account()).seq)

    async def cancel_close(self) -> None:
        await self.do(self.holder.person, "accountCancelClose", id=self.account_id, version=(await self.account()).seq)

    async def notify(self) -> None:
        """A case is told of and waits for its hearing, where one can."""
        waiting = [case for case in await self.cases() if case.state in ("OPENED", "WARNING", "RESTRICTED")]
        if not waiting:
            await self.sanction()
            return
        evidence = [row.id for row in await self.world.rows(Evidence, sanction_id=waiting[-1].id)]
        given = {"id": waiting[-1].id, "version": waiting[-1].seq, "evidenceIds": evidence}
        await self.do(self.provider.reviewer, "sanctionNotify", **given, proposedLevel="SUSPENDED", facts="示例")

    async def prolong(self) -> None:
        standing = [case for case in await self.cases() if case.state == "RESTRICTED"]
        if standing:
            evidence = [row.id for row in await self.world.rows(Evidence, sanction_id=standing[0].id)]
            given = {"id": standing[0].id, "version": standing[0].seq, "evidenceIds": evidence, "days": 5}
            await self.by_two(self.officers, "sanctionProlong", **given, reasons=REASONS)

    async def take_back(self) -> None:
        if measures := await self.world.rows(Measure, account_id=self.account_id, order_by="id"):
            await self.rescind(self.chance.choice(measures))

    async def rescind(self, measure: Measure) -> None:
        """Taken back exactly if it was not before."""
        (case,) = await self.world.rows(Sanction, id=measure.sanction_id)
        given = {"id": case.id, "version": case.seq, "measureId": measure.id, "reason": "示例"}
        was = measure.id in self.taken
        assert await self.by_two(self.officers, "sanctionRescind", **given) is not was

    # --- what the holder is not told of --------------------------------------------------------------------------
    async def look_into(self, chance: Random) -> None:
        """A case is opened, dismissed, taken up again; or it waits, at last beyond its time."""
        given: dict[str, Any]
        cases = [case for case in await super().cases() if case.id in self.untold]
        if not cases or (cases[-1].state == "DISMISSED" and chance.random() < 0.5):
            given = asked(self.account_id, conductOn=f"2026-01-{1 + len(cases):02d}", gravity="GRAVE")
            answer = await self.provider.reviewer.do("sanctionOpen", **given)
            self.untold |= set() if answer.codes else {answer.id}
        elif cases[-1].state == "DISMISSED":
            given = {"findings": "示例", "evidence": [{**PIECE, "text": unique("示例")}]}
            await self.do(self.officers[0], "sanctionReopen", id=cases[-1].id, version=cases[-1].seq, **given)
        elif chance.random() < 0.3:
            given = {"version": cases[-1].seq, "reasons": DISMISSAL}
            await self.do(self.provider.reviewer, "sanctionDismiss", id=cases[-1].id, **given)

    async def check(self) -> None:
        await super().check()
        for case in await self.world.rows(Sanction, account_id=self.account_id):
            self.behind.setdefault(case.id, {self.number})
        if self.number not in self.numbers:
            self.numbers.append(self.number)


async def twins(world: World, seed: int) -> tuple[Twin, Twin]:
    """Alike in all: news units, or persons."""
    made = []
    for _ in range(2):
        if seed % 2:
            provider, number = await world.provider(), resident_id()
            holder, account_id, _ = await provider.filed(holder=await provider.holder(residentId=number))
            made.append(await w1.of(holder, account_id, seed, Twin, residentId=number))
        else:
            made.append(await w1.begun(world, seed, Twin))
        await made[-1].check()
    return made[0], made[1]


@pytest.mark.seeds(fast=2, long=10, night=500)
async def test_w2_untold_cases_told_subjects_and_clocks_hold_through_random_walks(alone: World, seed: int) -> None:
    chance = Random(-seed)
    both = one, other = await twins(alone, seed)

    for _ in range(STEPS):
        how = chance.choice(WAYS)
        for twin in both:
            await getattr(twin, how)()
        if chance.random() < 0.5:
            await one.look_into(chance)
        alone.clock.advance(hours=chance.choice(HOURS))
        assert await one.shown() == await other.shown(), how  # with the worker stopped
        await alone.sweep()
        for twin in both:
            await twin.check()
        assert one.answers == other.answers
        assert await one.shown() == await other.shown(), how
        assert await without_a_clock(alone) == []

    assert await one.receipts() == await other.receipts()
    for twin in both:
        for measure in [*await alone.rows(Measure, account_id=twin.account_id)] * 2:
            await twin.rescind(measure)
        assert len(twin.done) > 5
    assert one.untold
