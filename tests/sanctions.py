"""Cases of sanction over HTTP: what several tests open, notify, decide and end alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from domain.sanction import Measure, Sanction
from tests.world import Answer, Holder, Person, Provider, by_two, unique

REASONS: Final[dict[str, Any]] = {
    "reasonCodes": ["AGREEMENT_BROKEN"],
    "facts": "Three items of the first week of March broke the baseline.",
    "legalBases": ["IM_2014_ART_8"],
    "publicReason": "The baseline was broken. You may appeal within 180 days.",
}
DISMISSAL: Final[dict[str, Any]] = {**REASONS, "reasonCodes": ["NOT_ESTABLISHED"]}
CIRCUMSTANCES: Final[dict[str, Any]] = {
    "gravity": "GRAVE", "intent": "INTENDED", "harm": "SUBSTANTIAL", "spread": "WIDE", "cooperation": "REFUSED",
}  # fmt: skip
PIECE: Final[dict[str, Any]] = {"text": "A copy of the item.", "isDisclosable": True}
_CASE: Final = "query($id: ID!) { sanction(id: $id) { %s } }"


def asked(account_id: str, **more: Any) -> dict[str, Any]:
    """The input of sanctionOpen."""
    plain = {"ground": "VULGARITY", "gravity": "SERIOUS", "conductOn": "2026-03-01", "detection": "MANUAL"}
    said = {"harmsLifeOrProperty": False, "findings": "Found while reading.", "evidence": [PIECE]}
    return {"accountId": account_id, "idempotencyKey": unique("open-"), **plain, **said, **more}


@dataclass(eq=False)
class Case:
    """A case in a test: its people, and its version as it goes."""

    provider: Provider
    account_id: str
    id: str
    holder: Holder | None = None
    second: Person | None = None

    async def told(self, select: str, person: Person | None = None) -> dict[str, Any]:
        """What somebody reads of it; the officer where nobody is named."""
        found = await (person or self.provider.officer).ask(_CASE % select, id=self.id)
        answer: dict[str, Any] = found["sanction"]
        return answer

    async def row(self) -> Any:
        """The case as it is stored."""
        return (await self.provider.world.rows(Sanction, id=self.id))[0]

    async def measures(self) -> list[Any]:
        """Its measures as they are stored, the first one first."""
        return list(await self.provider.world.rows(Measure, order_by="created_at", sanction_id=self.id))

    async def version(self) -> int:
        """Its version now."""
        return int((await self.told("version"))["version"])

    async def evidence(self) -> list[str]:
        """The ids of its disclosable pieces."""
        found = await self.told("evidence(first: 100) { nodes { id isDisclosable } }")
        return [one["id"] for one in found["evidence"]["nodes"] if one["isDisclosable"]]

    async def notify(self, level: str = "SUSPENDED", **more: Any) -> Answer:
        """Tell the holder."""
        given = {"proposedLevel": level, "facts": "What was found.", "evidenceIds": await self.evidence(), **more}
        return await self.provider.reviewer.must("sanctionNotify", id=self.id, version=await self.version(), **given)

    async def answer(self, *points: str) -> Answer:
        """The holder answers."""
        return await self.person.must("sanctionAnswer", id=self.id, version=await self.version(), points=list(points))

    async def waive(self) -> Answer:
        """The holder waives the answer."""
        return await self.person.must("sanctionWaive", id=self.id, version=await self.version())

    async def input(self, **more: Any) -> dict[str, Any]:
        """What every decision needs."""
        given = {"id": self.id, "version": await self.version(), "evidenceIds": await self.evidence()}
        return {**given, "reasons": REASONS, **more}

    async def warn(self, **more: Any) -> Answer:
        """The reviewer warns."""
        return await self.provider.reviewer.must("sanctionWarn", **await self.input(**more))

    async def restrict(self, days: int = 10, scope: tuple[str, ...] = ("PUBLISH",), **more: Any) -> Answer:
        """The officer restricts; two of them where circumstances say that it skips a rung."""
        given = await self.input(days=days, scope=list(scope), **more)
        if "circumstances" in more:
            return await self._by_two("sanctionRestrict", given)
        return await self.provider.officer.must("sanctionRestrict", **given)

    async def suspend(self, days: int = 7, **more: Any) -> Answer:
        """Two officers suspend."""
        return await self._by_two("sanctionSuspend", await self.input(days=days, **more))

    async def close(self, **more: Any) -> Answer:
        """Two officers close the account."""
        return await self._by_two("sanctionClose", await self.input(**more))

    async def prolong(self, days: int, **more: Any) -> Answer:
        """Two officers prolong."""
        return await self._by_two("sanctionProlong", await self.input(days=days, **more))

    async def reduce(self, level: str, **more: Any) -> Answer:
        """The officer reduces."""
        given: dict[str, Any] = {"id": self.id, "version": await self.version(), "level": level}
        given |= {"reason": "It was too much.", **more}
        return await self.provider.officer.must("sanctionReduce", **given)

    async def lift(self) -> Answer:
        """The officer lifts."""
        given: dict[str, Any] = {"id": self.id, "version": await self.version(), "reason": "It was put right."}
        return await self.provider.officer.must("sanctionLift", **given)

    async def rescind(self, measure_id: str | None = None) -> Answer:
        """Two officers take a measure back, the last one where none is named."""
        if measure_id is None:
            measure_id = (await self.told("measure { id }"))["measure"]["id"]
        given: dict[str, Any] = {"id": self.id, "version": await self.version(), "measureId": measure_id}
        given |= {"reason": "It was wrong."}
        return await self._by_two("sanctionRescind", given)

    async def dismiss(self) -> Answer:
        """The reviewer dismisses."""
        given: dict[str, Any] = {"id": self.id, "version": await self.version(), "reasons": DISMISSAL}
        return await self.provider.reviewer.must("sanctionDismiss", **given)

    @property
    def person(self) -> Person:
        """Who holds the account."""
        assert self.holder is not None
        return self.holder.person

    async def _by_two(self, mutation: str, given: dict[str, Any]) -> Answer:
        if self.second is None:
            self.second = await self.provider.second_officer()
        return await by_two(self.provider.officer, self.second, mutation, **given)


async def opened(provider: Provider, account_id: str, holder: Holder | None = None, **more: Any) -> Case:
    """A case that a reviewer opened."""
    done = await provider.reviewer.must("sanctionOpen", **asked(account_id, **more))
    return Case(provider, account_id, done.id, holder)


async def sanctioned(provider: Provider, **more: Any) -> Case:
    """A case on a filed account of its own."""
    holder, account_id, _ = await provider.filed()
    return await opened(provider, account_id, holder, **more)
