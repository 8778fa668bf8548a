"""Random lives of an account with sanctions, over HTTP: every step is one that somebody was told they may take.

Wherever such a life comes, what everybody is told is what the mutation then does, and what must hold is read back.
A life is known by its seed: SIGNET_SEEDS=7,8 lives those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import pytest

from domain.account import Account
from domain.filing import Filing
from domain.ids import prefix_of
from domain.permission import Permission
from domain.policy.roles import Role
from domain.sanction import Measure, Sanction, in_force, level_at
from tests.clocks import without_a_clock
from tests.sanctions import asked as opening
from tests.workflows.sound_inputs import Asked, sound_input
from tests.workflows.test_available_steps import Scene, assert_told_is_done
from tests.workflows.test_races import assert_badges_are_whole, assert_journal_is_whole
from tests.world import SHANGHAI, Answer, Holder, Person, Provider, World, opened_world, unique
from workflows.registry import WORKFLOWS

GROUNDS: Final = ("NEWS_DISTORTED", "UNLICENSED_NEWS", "VULGARITY", "UNLAWFUL_CONTENT", "FRAUD")
NEWS: Final = ("NEWS_DISTORTED", "UNLICENSED_NEWS")
ALIASES: Final = 25  # of those that one document may have
HEAVY: Final = ("RESTRICTED", "SUSPENDED", "CLOSED")
ON_FILE: Final = ("FILED", "BADGED")
MODELS: Final = (Account, Filing, Permission, Sanction)
# How often what is told is taken, beside 4 of everything else; what ends the story for good comes seldom.
WEIGHTS: Final[Mapping[str, float]] = {
    "account.close": 0.1, "account.ask_close": 0.3, "filing.ask_transfer": 0, "filing.designate": 0,
    "filing.revoke": 1, "sanction.close": 3, "sanction.dismiss": 1, "permission.revoke": 0.3,
    "permission.give_up": 0.3, "permission.refuse": 1,
}  # fmt: skip
CASE: Final = """c%d: node(id: "%s") { ... on Case {
    version stateCode availableSteps { trigger mutation allowed needsEndorsement adverse problems { code } } } }"""
STANDS: Final = """query($id: ID!) { account(id: $id) { stateCode sanctionLevel filing { stateCode }
    permissions(first: 50) { nodes { stateCode } }
    sanctions(first: 100) { nodes { id stateCode ground measure { id level inForce until } } } } }"""


@dataclass
class Life:
    """One account, everybody who may look at it, and what was already tried."""

    provider: Provider
    holder: Holder
    account_id: str
    licence: str
    chance: Random
    partners: Mapping[Role, Person]
    outsiders: Mapping[str, Person]
    tried: set[Any] = field(default_factory=set)
    taken: Counter[str] = field(default_factory=Counter)
    conducts: int = 0

    @property
    def world(self) -> World:
        return self.provider.world

    @property
    def people(self) -> dict[str, Person]:
        second = {"second officer": self.partners[Role.COMPLIANCE_OFFICER]}
        return Scene(self.provider, self.holder, self.account_id, Account).people({**second, **self.outsiders})

    async def cases(self) -> list[str]:
        """The account and what hangs on it."""
        hung = [await self.world.rows(model, account_id=self.account_id) for model in MODELS[1:]]
        return [self.account_id, *(row.id for rows in hung for row in rows)]

    async def told(self, person: Person) -> dict[str, Any]:
        """What somebody is told of each case; nothing of those that they do not see."""
        ids = await self.cases()
        found: dict[str, Any] = {}
        for first in range(0, len(ids), ALIASES):
            some = list(enumerate(ids))[first : first + ALIASES]
            asked = " ".join(CASE % pair for pair in some)
            told = await person.ask(f"{{ {asked} }}")
            found |= {id_: told[f"c{number}"] for number, id_ in some}
        return found

    # --- one step ------------------------------------------------------------------------------------------------
    async def live(self) -> None:
        """Try what is new here; then one step, or time."""
        steps = [step for name, person in self.people.items() for step in await self.looked_at(name, person)]
        draw = self.chance.random()
        if draw < 0.15:
            await self.let_pass()
        elif draw < 0.3:
            await self.open()
        elif draw < 0.36:
            await self.request()
        elif steps:
            weights = [WEIGHTS.get(f"{prefix_of(id_)}.{step['trigger']}", 4) for _, id_, _, step in steps]
            [chosen] = self.chance.choices(steps, weights) if any(weights) else [None]
            if chosen is not None:
                await self.take(*chosen)
        await self.assert_it_stands()

    async def looked_at(self, name: str, person: Person) -> list[tuple[Person, str, int, Any]]:
        """What one person may do; where it is told in a way not seen before, all of it is rehearsed."""
        allowed: list[tuple[Person, str, int, Any]] = []
        for id_, node in (await self.told(person)).items():
            shown = () if node is None else tuple((s["trigger"], str(s["problems"])) for s in node["availableSteps"])
            place = (name, prefix_of(id_), node and node["stateCode"], shown)
            if place not in self.tried:
                self.tried.add(place)
                await assert_told_is_done(
                    Scene(self.provider, self.holder, id_, Account), name, person, await self.version(id_)
                )
            if node is not None:
                steps = (step for step in node["availableSteps"] if step["allowed"])
                allowed += [(person, id_, node["version"], step) for step in steps]
        return allowed

    async def version(self, id_: str) -> int:
        model = next(model for model in MODELS if WORKFLOWS[prefix_of(id_)].model is model)
        (row,) = await self.world.rows(model, id=id_)
        return int(vars(row)["seq"])

    async def take(self, person: Person, id_: str, version: int, step: Any) -> None:
        """The step, by as many people as it needs: nothing may refuse it, at most once with the version told."""
        noun, role, mutation = prefix_of(id_), person.role, step["mutation"]
        transition = WORKFLOWS[noun].by_trigger[step["trigger"]]
        given = await sound_input(Asked(self.provider, self.holder, id_, person), noun, transition, version)
        given |= {"idempotencyKey": unique("key-")} if role is Role.INTEGRATION else {}
        self.taken[f"{noun}.{step['trigger']}"] += 1
        answer = await person.do(mutation, **given)
        if answer.codes == ["STALE_VERSION"]:
            given["version"] = await self.version(id_)
            answer = await person.must(mutation, **given)
        assert answer.codes == []
        if step["needsEndorsement"]:
            assert role is not None
            partner = self.partners[role]
            partner = partner if partner is not person else self.provider.staff[role]
            await partner.must("proposalEndorse", id=answer.proposal["id"], hash=answer.proposal["hash"])
            await person.must(mutation, **given, proposal=answer.proposal["id"])

    async def open(self) -> None:
        """A case of a new conduct, if not too many are open."""
        self.conducts += 1
        on = date(2026, 3, 1) - timedelta(days=self.conducts)
        ground = self.chance.choice(GROUNDS)
        asked = opening(self.account_id, ground=ground, conductOn=on.isoformat(), gravity="GRAVE")
        if len([row for row in await self.world.rows(Sanction, account_id=self.account_id) if row.state in OPEN]) > 2:
            return
        answer = await self.provider.reviewer.do("sanctionOpen", **asked)
        (account,) = await self.world.rows(Account, id=self.account_id)
        may = account.state != "CLOSED" or account.closed_cause == "HOLDER"
        assert answer.codes == ([] if may else ["ACCOUNT_NOT_IN_USE"])
        self.taken["sanction.open"] += not answer.codes

    async def request(self) -> Answer:
        """A permission; refused only for where the account stands."""
        asked = {"accountId": self.account_id, "kind": "PUBLISH_AND_REPRINT", "licenceNumber": self.licence}
        answer = await self.holder.person.do("permissionRequest", **asked, idempotencyKey=unique("key-"))
        assert set(answer.codes) <= {"PERMISSION_EXISTS", "ACCOUNT_NOT_ON_FILE"}
        self.taken["permission.request"] += not answer.codes
        return answer

    async def let_pass(self) -> None:
        """Some days, and what falls due meanwhile; now and then the worker is late."""
        self.world.clock.advance(days=self.chance.choice((0.5, 1, 4, 8)), seconds=1)
        if self.chance.random() < 0.8:
            self.taken["time"] += await self.world.sweep()

    # --- what holds ----------------------------------------------------------------------------------------------
    async def assert_it_stands(self) -> None:
        """What an officer reads of it agrees with itself, and with what is stored."""
        account = (await self.provider.officer.ask(STANDS, id=self.account_id))["account"]
        (row,) = await self.world.rows(Account, id=self.account_id)
        measures = await self.world.rows(Measure, account_id=self.account_id)
        now, state, sanctions = self.world.clock(), account["stateCode"], account["sanctions"]["nodes"]
        granted = [one for one in account["permissions"]["nodes"] if one["stateCode"] == "GRANTED"]
        closed = [one for one in sanctions if one["stateCode"] == "CLOSED"]

        assert (state == "BADGED") is (state in ON_FILE and granted != [])
        assert (state in ON_FILE) is (account["filing"]["stateCode"] == "ACCEPTED")
        assert state == "CLOSED" or closed == []
        assert row.closed_cause != "SANCTION" or closed != []
        assert account["sanctionLevel"] == level_at(measures, now)
        assert (account["sanctionLevel"] == "CLOSED") is (closed != [])
        for one in sanctions:
            rung = one["measure"]
            standing = [
                m.id for m in measures if m.sanction_id == one["id"] and in_force(m, now) and m.level != "INTERIM"
            ]
            assert standing in ([], [rung and rung["id"]]), one
            assert standing == [] or one["stateCode"] == rung["level"]
        held_back = any(m.is_news and m.level in HEAVY and in_force(m, now) for m in measures)
        is_open = any(one["ground"] in NEWS and one["stateCode"] in HEAVY for one in sanctions)
        waiting = [
            one
            for one in await self.world.rows(Permission, account_id=self.account_id, state="SUSPENDED")
            if one.suspended_by_follow_up
        ]
        assert not (held_back and granted)
        assert waiting == [] or is_open


OPEN: Final = ("OPENED", "NOTIFIED", "WARNING", *HEAVY)


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def begun(world: World, seed: int) -> Life:
    provider = await world.provider()
    holder, account_id, licence = await provider.news_unit()
    other = await world.provider()
    partners = {
        Role.COMPLIANCE_OFFICER: await provider.second_officer(),
        Role.REVIEWER: provider.second_reviewer,
        Role.PROVINCIAL_REGULATOR: await world.regulator(),
    }
    outsiders = {
        "nation": await world.regulator("000000"),
        "elsewhere": await world.regulator(SHANGHAI),
        "other officer": other.officer,
    }
    return Life(provider, holder, account_id, licence, Random(seed), partners, outsiders)


async def lived(world: World, seed: int, steps: int) -> Life:
    life = await begun(world, seed)
    for _ in range(steps):
        await life.live()
    await assert_badges_are_whole(world)
    await assert_journal_is_whole(world)
    assert await without_a_clock(world) == []
    return life


@pytest.mark.seeds(fast=2, night=100)
async def test_what_everybody_is_told_is_done_and_what_must_hold_holds(world: World, seed: int) -> None:
    life = await lived(world, seed, steps=30)

    assert sum(life.taken.values()) >= 15


@pytest.mark.seeds(long=2, night=40)
async def test_the_same_of_longer_lives(world: World, seed: int) -> None:
    await lived(world, seed, steps=100)
