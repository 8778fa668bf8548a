"""Several sanctions of one account, decided in any order over HTTP: level and rights are the reference's (Art. 8).

The worker comes when it likes, or never. What happened is kept in the reference's own words as each mutation is
accepted, so a row written wrong shows as well as one read wrong.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from domain.account import Account
from domain.policy.roles import Role
from domain.sanction import Measure
from domain.viewer import Viewer
from tests.reference import measures as reference
from tests.reference.measures import FOREVER, Story
from tests.reference.publishing import is_in_force
from tests.sanctions import CIRCUMSTANCES, PIECE, REASONS, Case, asked
from tests.workflows.test_publishing import rights
from tests.world import Holder, Person, Provider, World
from workflows.sanction_level import SanctionLevels

MOVES: Final = int(os.environ.get("SIGNET_SANCTION_MOVES", "40"))
WALKS: Final = int(os.environ.get("SIGNET_SANCTION_WALKS", "2"))
GROUNDS: Final = ("VULGARITY", "NEWS_DISTORTED", "FRAUD", "FRAUD", "UNLICENSED_NEWS")
SCOPES: Final = (["PUBLISH"], ["COMMENT"], ["PROFILE", "COMMENT"], ["NEWS"])
LEVEL: Final = "query($id: ID!) { account(id: $id) { sanctionLevel sanctionUntil state } }"
HEAVY: Final = ("RESTRICTED", "SUSPENDED", "CLOSED")
DECISIONS: Final = ("warn", "restrict", "suspend", "close")
OTHERWISE: Final = ("prolong", "reduce", "lift", "rescind", "rescind_former", "interim", "reopen")
# What leads on from a state; now and then anything at all is tried.
LIKELY: Final[Mapping[str, Sequence[str]]] = {
    "OPENED": ("warn", "restrict", "interim"),
    "NOTIFIED": ("warn", "restrict", "suspend", "suspend", "close", "interim"),
    "WARNING": ("restrict", "suspend", "lift"),
    "RESTRICTED": ("suspend", "suspend", "prolong", "reduce", "lift", "rescind", "close"),
    "SUSPENDED": ("prolong", "reduce", "reduce", "lift", "rescind", "rescind_former", "close"),
    "CLOSED": ("reduce", "rescind", "rescind", "rescind_former"),
    "EXPIRED": ("reopen", "rescind"),
    "LIFTED": ("reopen", "rescind"),
}
DAY: Final = timedelta(days=1)


@dataclass
class Known:
    """A case, and the measures that its accepted mutations made, by their ids in the story."""

    case: Case
    is_news: bool
    rungs: list[str] = field(default_factory=list)
    interim: str | None = None
    is_over: bool = False  # nothing leads on from here


@dataclass
class Walk:
    """One account, its sanctions, and what happened to it."""

    world: World
    provider: Provider
    holder: Holder
    account_id: str
    second: Person
    random: Random
    story: Story
    known: list[Known] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)

    async def move(self) -> None:
        """Somebody does something, or time passes."""
        self.story.now = self.world.clock()
        what = self.random.choice(("wait", "wait", "sweep", "open", *["decide"] * 6))
        if what == "wait":
            self.world.clock.advance(hours=self.random.choice((1, 24, 72, 200)), seconds=self.random.randrange(60))
        elif what == "sweep":
            await self.world.sweep()
        elif what == "open" or not self.known:
            await self._open()
        else:
            one = self.random.choice([each for each in self.known if not each.is_over] or self.known)
            state = (await one.case.told("stateCode"))["stateCode"]
            one.is_over = state == "OVERTURNED"
            tried = () if self.random.random() < 0.1 else LIKELY.get(state, ())
            await self._decide(self.random.choice(tried or (*DECISIONS, *OTHERWISE)), one)

    async def _open(self) -> None:
        ground = self.random.choice(GROUNDS)
        conduct_on = f"2026-02-{1 + len(self.known) % 28:02d}"
        given = asked(self.account_id, ground=ground, conductOn=conduct_on)
        done = await self.provider.reviewer.do("sanctionOpen", **given)
        if done.codes:
            return
        case = Case(self.provider, self.account_id, done.id, self.holder, self.second)
        self.known.append(Known(case, ground in ("NEWS_DISTORTED", "UNLICENSED_NEWS")))
        await self._hear(case)
        self.accepted["open"] += 1

    async def _hear(self, case: Case) -> None:
        """Now and then there is no hearing, so none that could be over."""
        if self.random.random() < 0.9:
            await case.notify()
            await case.waive()

    async def _decide(self, verb: str, one: Known) -> None:
        days, scope = self.random.choice((7, 15, 30)), self.random.choice(SCOPES)
        level = self.random.choice(("WARNING", "RESTRICTED", "SUSPENDED"))
        given = await self._input(verb, one, days, scope, level)
        if given is None or not await self._is_accepted(verb, given):
            return
        self.accepted[verb] += 1
        if verb == "reopen":
            await self._hear(one.case)
        else:
            self._happened(verb, one, days, scope, level)

    async def _input(
        self, verb: str, one: Known, days: int, scope: Sequence[str], level: str
    ) -> Mapping[str, Any] | None:
        id_ = {"id": one.case.id, "version": await one.case.version()}
        pieces = {"evidenceIds": await one.case.evidence(), "reasons": REASONS}
        decision = {**id_, **pieces, "circumstances": CIRCUMSTANCES}
        reason = {**id_, "reason": "It was put right."}
        terms: Mapping[str, dict[str, Any]] = {
            "RESTRICTED": {"days": days, "scope": scope},
            "SUSPENDED": {"days": days},
        }
        term = terms.get(level, {})
        former = await self._measure_of(one, 0 if verb == "rescind_former" else -1)
        return {
            "warn": decision,
            "restrict": {**decision, "days": days, "scope": scope},
            "suspend": {**decision, "days": days},
            "close": decision,
            "prolong": {**id_, **pieces, "days": days},
            "reduce": {**reason, "level": level, **term},
            "lift": reason,
            "rescind": None if former is None else {**reason, "measureId": former},
            "rescind_former": None if former is None else {**reason, "measureId": former},
            "reopen": {**id_, "findings": "It went on.", "evidence": [PIECE]},
            "interim": {**id_, "reasons": REASONS, "scope": scope, "hours": 48},
        }[verb]

    async def _measure_of(self, one: Known, which: int) -> str | None:
        rows = await self.world.rows(Measure, sanction_id=one.case.id, order_by="id")
        rungs = [row.id for row in rows if row.level != "INTERIM"]
        return rungs[which] if rungs else None

    async def _is_accepted(self, verb: str, given: Mapping[str, Any]) -> bool:
        """Alone where one may, else by two."""
        mutation = f"sanction{'Rescind' if verb == 'rescind_former' else verb.title()}"
        done = await self.provider.officer.do(mutation, **given)
        if done.codes:
            return False
        if done.payload["step"] is None:
            await self.second.must("proposalEndorse", id=done.proposal["id"], hash=done.proposal["hash"])
            await self.provider.officer.must(mutation, **given, proposal=done.proposal["id"])
        return True

    # --- the same in the story's words ----------------------------------------------------------------------------
    def _happened(self, verb: str, one: Known, days: int, scope: Sequence[str], level: str) -> None:
        story, now = self.story, self.story.now
        if verb in DECISIONS:
            self._end(one.interim)
        if verb == "interim":
            one.interim = story.add("INTERIM", now, now + 2 * DAY, scope=scope, is_news=one.is_news)
            return
        last = one.rungs[-1] if one.rungs else None
        if verb == "prolong":
            assert last is not None
            before = story.rows[last]
            self._rung(one, before["level"], before["until"] + days * DAY, before["scope"])
        elif verb == "reduce":
            until = now + (90 if level == "WARNING" else days) * DAY
            self._rung(one, level, until, scope if level == "RESTRICTED" else [])
        elif verb in ("lift", "rescind"):
            self._end(last)
        elif verb == "rescind_former":
            self._end(one.rungs[0] if len(one.rungs) == 1 else None)
        else:
            ends = {"warn": now + 90 * DAY, "close": FOREVER}.get(verb, now + days * DAY)
            rung = {"warn": "WARNING", "restrict": "RESTRICTED", "suspend": "SUSPENDED", "close": "CLOSED"}[verb]
            self._rung(one, rung, ends, scope if verb == "restrict" else [])

    def _rung(self, one: Known, level: str, until: datetime, scope: Sequence[str]) -> None:
        self._end(one.rungs[-1] if one.rungs else None)
        one.rungs.append(self.story.add(level, self.story.now, until, scope=list(scope), is_news=one.is_news))

    def _end(self, id_: str | None) -> None:
        if id_ is not None:
            self.story.end(id_)

    # --- what must hold -------------------------------------------------------------------------------------------
    async def check(self) -> None:
        now = self.world.clock()
        told = (await self.holder.person.ask(LEVEL, id=self.account_id))["account"]
        standing = [self.story.rows[id_] for id_ in reference.in_force(self.story, now)]
        closed = any(one["level"] == "CLOSED" for one in standing)
        news = any(one["is_news"] and one["level"] in HEAVY for one in standing)

        assert told["sanctionLevel"] == reference.level(self.story, now)
        assert _moment(told["sanctionUntil"]) == _end_of(reference.until(self.story, now))
        assert (told["state"] == "CLOSED") == closed
        found = await rights(self.world, self.provider.integration, self.account_id)
        if not closed:
            assert ("NO_BADGE" in found["PUBLISH", "NEWS_ORIGINAL"]) is False
            assert bool(found["UPDATE", "NEWS_REPRINT"]) >= news
            in_the_way = [one for one in standing if one["level"] != "WARNING"]
            assert in_the_way or set(map(tuple, found.values())) == {()}

    async def check_throughout(self) -> None:
        """At every moment there was and will be: the rows and the statement say what happened."""
        stored = [vars(row) for row in await self.world.rows(Measure, account_id=self.account_id)]
        moments = self.story.moments()

        async def work(connection: Any) -> list[str]:
            viewer = Viewer("", Role.COMPLIANCE_OFFICER)
            loads = [await SanctionLevels().load(connection, [self.account_id], viewer, at) for at in moments]
            return [str(each[self.account_id]) for each in loads]

        assert await self.world.office.database.read(work) == [reference.level(self.story, at) for at in moments]
        for at in moments:
            wanted = [self.story.rows[id_] for id_ in reference.in_force(self.story, at)]
            assert _shown(one for one in stored if is_in_force(one, at)) == _shown(wanted), at


def _shown(rows: Any) -> list[Any]:
    return sorted((str(one["level"]), sorted(one["scope"]), bool(one["is_news"])) for one in rows)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _end_of(moment: datetime | None) -> datetime | None:
    return None if moment == FOREVER else moment


@pytest.mark.parametrize("seed", range(WALKS))
async def test_level_and_rights_are_those_of_the_reference_whatever_is_decided_and_whoever_sleeps(
    world: World, seed: int
) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.badged()
    second = await provider.second_officer()
    walk = Walk(world, provider, holder, account_id, second, Random(seed), Story(world.clock()))

    for _ in range(MOVES):
        await walk.move()
        await walk.check()
    await walk.check_throughout()
    await world.sweep()
    await walk.check()
    await walk.check_throughout()

    [account] = await world.rows(Account, id=account_id)
    standing = [walk.story.rows[id_] for id_ in reference.in_force(walk.story, world.clock())]
    free = not any(one["is_news"] or one["level"] == "CLOSED" for one in standing if one["level"] in HEAVY)
    assert free == (account.state == "BADGED")
    assert sum(walk.accepted.values()) >= MOVES // 4, walk.accepted
