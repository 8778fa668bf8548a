"""What measures take, asked over HTTP without a worker: by scope and level, of several cases, of news (Art. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from domain.account import Account
from domain.permission import Permission
from domain.publishing import Content
from domain.sanction import NEVER, Measure
from tests.reference import values as reference
from tests.sanctions import CIRCUMSTANCES, REASONS, Case, opened
from tests.workflows.test_publishing import NOTHING, ONE, TAKEN, general, rights, taken
from tests.world import Holder, Person, Provider, World

LEVEL: Final = "query($id: ID!) { account(id: $id) { sanctionLevel sanctionUntil } }"
LEVELS: Final = "query { accounts(first: 100) { nodes { id sanctionLevel sanctionUntil } } }"
SECOND: Final = timedelta(seconds=1)
NEWS: Final = ("NEWS_ORIGINAL", "NEWS_REPRINT")


async def level(person: Person, account_id: str) -> tuple[str, str | None]:
    """The level of an account and its end, as somebody is told."""
    found = (await person.ask(LEVEL, id=account_id))["account"]
    return found["sanctionLevel"], found["sanctionUntil"]


async def blocks(person: Person, account_id: str, act: str = "PUBLISH", content: str = "GENERAL") -> list[Any]:
    """What is in the way of one act: code, measure, end."""
    found = (await person.ask(ONE, account=account_id, act=act, content=content))["publishingDecision"]
    return [(block["code"], block["measure"], block["until"]) for block in found["blockedBy"]]


async def last(world: World, case: Case) -> Measure:
    """The measure that a case stands by."""
    return (await world.rows(Measure, sanction_id=case.id, order_by="from_at"))[-1]


async def restricted(
    provider: Provider, holder: Holder, account_id: str, scope: Sequence[str], days: int = 10, **more: Any
) -> Case:
    """A case that came as far as a restriction by way of a warning."""
    case = await opened(provider, account_id, holder, **more)
    await case.notify()
    await case.waive()
    await case.warn()
    await case.restrict(days=days, scope=tuple(scope))
    return case


def said(moment: datetime) -> str:
    return str(reference.plain(moment))


async def test_a_warning_takes_nothing_and_a_restriction_what_its_scope_says_until_its_end(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    case = await opened(provider, account_id, holder)
    await case.warn()

    warned = await general(world, holder.person, account_id)
    at_first = await level(holder.person, account_id)
    await case.restrict(days=10, scope=("COMMENT", "PROFILE"))
    measure = await last(world, case)
    during = await general(world, holder.person, account_id)

    assert (warned, at_first[0]) == (NOTHING, "WARNING")
    assert during == taken("RESTRICTED", ("UPDATE", "COMMENT"))
    assert await blocks(holder.person, account_id, "COMMENT") == [("RESTRICTED", measure.id, said(measure.until))]
    assert await level(holder.person, account_id) == ("RESTRICTED", said(measure.until))


async def test_with_the_worker_stopped_rights_after_the_end_are_those_after_expiry(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    case = await restricted(provider, holder, account_id, ["PUBLISH"])
    await case.suspend(days=7)
    measure = await last(world, case)
    ask = {"account": account_id, "act": "UPDATE", "content": "GENERAL"}

    during = await general(world, provider.integration, account_id)
    world.clock.now = measure.until - SECOND
    a_second_before = (await provider.integration.ask(ONE, **ask))["publishingDecision"]
    world.clock.now = measure.until
    at_the_end = await general(world, provider.integration, account_id)
    world.clock.now = measure.until + SECOND
    after = await general(world, provider.integration, account_id)

    assert during == taken("SUSPENDED", TAKEN)
    assert [block["code"] for block in a_second_before["blockedBy"]] == ["SUSPENDED"]
    assert a_second_before["validFor"] == 1
    assert at_the_end == after == NOTHING
    assert await level(provider.integration, account_id) == ("NONE", None)
    assert (await case.told("stateCode"))["stateCode"] == "SUSPENDED"  # nobody has journalled what time has done
    assert (await last(world, case)).ended_at == NEVER


async def test_measures_of_two_cases_stand_beside_each_other_and_ending_one_ends_no_other(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    long = await restricted(provider, holder, account_id, ["PUBLISH"], days=20)
    short = await restricted(provider, holder, account_id, ["COMMENT"], ground="RUMOUR")
    await short.suspend(days=7)
    restriction, suspension = await last(world, long), await last(world, short)

    both = await blocks(provider.officer, account_id)
    highest = await level(provider.officer, account_id)
    world.clock.now = suspension.until
    one = await rights(world, provider.officer, account_id)

    assert both == [
        ("RESTRICTED", restriction.id, said(restriction.until)), ("SUSPENDED", suspension.id, said(suspension.until))
    ]  # fmt: skip
    assert highest == ("SUSPENDED", said(suspension.until))
    assert {key for key, codes in one.items() if "RESTRICTED" in codes} == {("PUBLISH", content) for content in Content}
    assert await level(provider.officer, account_id) == ("RESTRICTED", said(restriction.until))
    await long.lift()
    assert await level(provider.officer, account_id) == ("NONE", None)
    assert await general(world, provider.officer, account_id) == NOTHING


async def test_a_measure_on_a_news_ground_takes_news_until_its_end_and_no_worker_need_give_it_back(
    world: World,
) -> None:
    provider = await world.provider()
    holder, account_id, permission = await provider.badged()
    case = await restricted(provider, holder, account_id, ["COMMENT"], ground="NEWS_DISTORTED")
    measure = await last(world, case)

    during = await rights(world, holder.person, account_id)
    named = await blocks(holder.person, account_id, "PUBLISH", "NEWS_ORIGINAL")
    world.clock.now = measure.until + SECOND
    after = await rights(world, holder.person, account_id)

    assert {key for key, codes in during.items() if codes} == {
        *((act, content) for act in TAKEN for content in NEWS), ("COMMENT", "GENERAL"),
    }  # fmt: skip
    assert named == [("RESTRICTED", measure.id, said(measure.until))]
    assert set(map(tuple, after.values())) == {()}
    [row] = await world.rows(Permission, id=permission.id)
    assert (row.state, row.suspended_by_follow_up) == ("SUSPENDED", True)
    assert (await world.rows(Account, id=account_id))[0].state == "FILED"


async def test_an_interim_measure_takes_what_its_scope_says_for_its_hours_and_is_no_level(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    case = await opened(provider, account_id, holder, ground="FRAUD")
    given: dict[str, Any] = {"id": case.id, "version": await case.version(), "reasons": REASONS}
    await provider.officer.must("sanctionInterim", **given, scope=["PUBLISH", "PROFILE"], hours=48)
    [interim] = await world.rows(Measure, sanction_id=case.id)

    during = await general(world, holder.person, account_id)
    named = await blocks(holder.person, account_id)
    no_level = await level(holder.person, account_id)
    world.clock.now = interim.until

    assert during == taken("INTERIM_MEASURE", ("PUBLISH", "UPDATE"))
    assert named == [("INTERIM_MEASURE", interim.id, said(interim.until))]
    assert no_level == ("NONE", None)
    assert await general(world, holder.person, account_id) == NOTHING


async def test_a_closed_account_is_told_which_measure_closed_it(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    case = await opened(provider, account_id, holder)
    await case.notify("CLOSED")
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES)
    closure = await last(world, case)

    found = await rights(world, provider.integration, account_id)

    assert set(map(tuple, found.values())) == {("CLOSED",)}
    assert await blocks(holder.person, account_id, "REMOVE") == [("CLOSED", closure.id, None)]
    assert await level(holder.person, account_id) == ("CLOSED", None)


async def test_levels_are_told_in_lists_to_everybody_who_sees_the_accounts(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    _, plain, _ = await provider.filed()
    case = await restricted(provider, holder, account_id, ["PUBLISH"])
    until = said((await last(world, case)).until)

    for person in (provider.reviewer, provider.officer, provider.integration, provider.regulator):
        nodes = (await person.ask(LEVELS))["accounts"]["nodes"]
        told = {node["id"]: (node["sanctionLevel"], node["sanctionUntil"]) for node in nodes}
        assert told[account_id] == ("RESTRICTED", until)
        assert told[plain] == ("NONE", None)
