"""Races about sanctions, over HTTP, on both databases: one wins, the other is told, nothing aborts (Art. 7, 8)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.account import Account
from domain.deadline import Deadline
from domain.sanction import Measure, Sanction, in_force
from tests.sanctions import CIRCUMSTANCES, Case, asked, opened
from tests.workflows.test_races import (
    assert_badges_are_whole,
    assert_journal_is_whole,
    at,
    codes,
    endorsed,
    officers_of,
)
from tests.world import Holder, Person, Provider, World, opened_world

ROUNDS = 20
WARNED = date(2026, 3, 1)


@pytest.fixture
async def worlds(own_database_url: str) -> AsyncIterator[tuple[World, World]]:
    """One deployment seen through two servers, each with a clock of its own; on SQLite one server, one clock."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(opened_world(own_database_url))
        is_sqlite = own_database_url.startswith("sqlite")
        yield first, first if is_sqlite else await stack.enter_async_context(opened_world(own_database_url))


def let_pass(worlds: tuple[World, World], **by: float) -> None:
    here, there = worlds
    here.clock.advance(**by)
    there.clock.now = here.clock.now


async def level(person: Person, account_id: str) -> str:
    found = await person.ask("query($id: ID!) { account(id: $id) { sanctionLevel } }", id=account_id)
    return str(found["account"]["sanctionLevel"])


async def opened_on(provider: Provider, account_id: str, holder: Holder, number: int, **more: Any) -> Case:
    """A case of a conduct of its own."""
    on = (WARNED - timedelta(days=number)).isoformat()
    return await opened(provider, account_id, holder, conductOn=on, **more)


async def test_of_two_officers_who_decide_one_case_one_does(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    holder, account_id, _ = await provider.filed()
    one, two = await officers_of(provider, there)
    ends = Counter[str]()

    for number in range(ROUNDS):
        case = await opened_on(provider, account_id, holder, number)
        await case.warn()
        given = await case.input(scope=["PUBLISH"])
        answers = await asyncio.gather(
            one.do("sanctionRestrict", **given, days=10), two.do("sanctionRestrict", **given, days=20)
        )

        assert codes(answers) == [[], ["STALE_VERSION"]]
        standing = [m for m in await here.rows(Measure, sanction_id=case.id) if in_force(m, here.clock())]
        assert [str(measure.level) for measure in standing] == ["RESTRICTED"]
        ends[str((standing[0].until - here.clock()).days)] += 1
    assert set(ends) <= {"10", "20"}
    await assert_journal_is_whole(here)


async def test_of_two_who_open_a_case_of_one_conduct_one_does(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    _, account_id, _ = await provider.filed()
    one, two = provider.reviewer, at(there, provider.second_reviewer)

    for number in range(ROUNDS):
        on = (WARNED - timedelta(days=number)).isoformat()
        answers = await asyncio.gather(
            *(person.do("sanctionOpen", **asked(account_id, conductOn=on)) for person in (one, two, one, two))
        )

        assert codes(answers) == [[], *[["CONDUCT_OPEN"]] * 3]
    assert len(await here.rows(Sanction, account_id=account_id)) == ROUNDS
    await assert_journal_is_whole(here)


async def closing(provider: Provider, case: Case, one: Person, two: Person) -> dict[str, Any]:
    """What one officer may close an account with, as the other has endorsed it."""
    await case.notify()
    await case.waive()
    return await endorsed(one, two, "sanctionClose", **await case.input(circumstances=CIRCUMSTANCES))


async def test_an_account_that_its_holder_and_a_sanction_close_at_once_is_closed_once(
    worlds: tuple[World, World],
) -> None:
    here, there = worlds
    provider = await here.provider()
    one, two = await officers_of(provider, there)
    causes = Counter[str]()
    rounds = []
    for _ in range(ROUNDS):
        holder, account_id, _ = await provider.filed()
        (row,) = await here.rows(Account, id=account_id)
        await holder.person.must("accountAskClose", id=account_id, version=row.seq)
        rounds.append((holder, account_id))
    let_pass(worlds, days=6)
    decided = []
    for holder, account_id in rounds:
        case = await opened(provider, account_id, holder, gravity="GRAVE")
        decided.append((case, await closing(provider, case, one, two)))
    let_pass(worlds, days=1, seconds=1)

    deciding = (one.do("sanctionClose", **each) for _, each in decided)
    _, answers = await asyncio.gather(there.sweep(2), asyncio.gather(*deciding))

    assert [answer.codes for answer in answers] == [[]] * ROUNDS
    for case, _ in decided:
        (row,) = await here.rows(Account, id=case.account_id)
        causes[str(row.closed_cause)] += 1
        assert (row.state, row.closing_at) == ("CLOSED", None)
        assert [one.settled_at for one in await here.rows(Deadline, case_id=row.id) if one.settled_at is None] == []
        await case.rescind()
        (after,) = await here.rows(Account, id=case.account_id)
        assert after.state == ("CLOSED" if row.closed_cause == "HOLDER" else "FILED")
    assert set(causes) <= {"HOLDER", "SANCTION"}
    await assert_badges_are_whole(here)
    await assert_journal_is_whole(here)


async def test_a_measure_is_prolonged_or_runs_out_and_never_both(worlds: tuple[World, World]) -> None:
    here, there = worlds
    provider = await here.provider()
    holder, account_id, _ = await provider.filed()
    one, two = await officers_of(provider, here)
    ends = Counter[str]()

    for number in range(ROUNDS):
        case = await opened_on(provider, account_id, holder, number)
        await case.warn()
        await case.restrict(days=1)
        prolong = await endorsed(one, two, "sanctionProlong", **await case.input(days=1))
        let_pass(worlds, days=1, seconds=-1)
        there.clock.advance(seconds=2)  # the worker's is ahead of the one that the request is timed by
        answer, _ = await asyncio.gather(one.do("sanctionProlong", **prolong), there.sweep())
        here.clock.now = there.clock.now

        assert answer.codes in ([], ["STALE_VERSION"], ["MEASURE_NOT_IN_FORCE"])
        ended = (await case.told("stateCode"))["stateCode"]
        assert ended == ("EXPIRED" if answer.codes else "RESTRICTED")
        assert await level(one, account_id) == ("NONE" if answer.codes else "RESTRICTED")
        ends[ended] += 1
        let_pass(worlds, days=1, seconds=1)
        await there.sweep()
        assert (await case.told("stateCode"))["stateCode"] == "EXPIRED"
    assert sum(ends.values()) == ROUNDS
    await assert_journal_is_whole(here)


@pytest.mark.parametrize("how", ["applies", "changes"])
async def test_a_name_comes_back_with_its_account_or_is_anothers(worlds: tuple[World, World], how: str) -> None:
    here, there = worlds
    provider = await here.provider()
    one, two = await officers_of(provider, there)
    closed = []
    for _ in range(ROUNDS // 2):
        holder, account_id, _ = await provider.filed()
        case = await opened(provider, account_id, holder, gravity="GRAVE")
        await one.must("sanctionClose", **await closing(provider, case, one, two))
        closed.append(case)
    let_pass(worlds, days=181)  # nothing keeps the names back any more
    ends = Counter[str]()

    for case in closed:
        (row,) = await here.rows(Account, id=case.account_id)
        measure = (await case.told("measure { id }"))["measure"]["id"]
        said = {"id": case.id, "version": await case.version(), "measureId": measure, "reason": "It was wrong."}
        rescind = await endorsed(one, two, "sanctionRescind", **said)
        wants = wanting(provider, there, row.display_name, how)
        other = await anext(wants)
        answers = await asyncio.gather(one.do("sanctionRescind", **rescind), other)

        assert codes(answers) == [[], ["NAME_UNAVAILABLE"]]
        (after,) = await here.rows(Account, id=case.account_id)
        assert after.state == ("CLOSED" if answers[0].codes else "FILED")
        ends[after.state] += 1
    assert sum(ends.values()) == ROUNDS // 2
    await assert_journal_is_whole(here)


async def wanting(provider: Provider, there: World, name: str, how: str) -> AsyncIterator[Any]:
    """Somebody else who asks for a name."""
    if how == "applies":
        holder = await provider.holder()
        yield replace(holder, person=at(there, holder.person)).try_to_apply(displayName=name)
        return
    owner, account = await provider.approved()
    particulars = {"displayName": name, "materials": []}
    yield at(there, owner.person).do("accountChange", id=account.id, version=account.version, particulars=particulars)


async def test_a_name_that_a_change_keeps_back_does_not_come_back_with_another(worlds: tuple[World, World]) -> None:
    here, _ = worlds
    provider = await here.provider()
    one, two = await officers_of(provider, here)
    holder, account_id, _ = await provider.filed()
    case = await opened(provider, account_id, holder, gravity="GRAVE")
    await one.must("sanctionClose", **await closing(provider, case, one, two))
    let_pass(worlds, days=181)
    (row,) = await here.rows(Account, id=account_id)
    await (await anext(wanting(provider, here, row.display_name, "changes")))
    measure = (await case.told("measure { id }"))["measure"]["id"]

    refused = await one.do(
        "sanctionRescind", id=case.id, version=await case.version(), measureId=measure, reason="It was wrong."
    )

    assert refused.problems == [("NAME_UNAVAILABLE", "id")]
