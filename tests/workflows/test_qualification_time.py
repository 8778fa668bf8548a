"""A qualification ends with its last day in Shanghai, and a renewal asked in time extends it (Art. 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from domain.calendar import end_of
from domain.deadline import Deadline
from domain.journal import Step
from domain.notice import Notice
from domain.qualification import Qualification
from tests.workflows.test_publishing import rights
from tests.workflows.test_qualification import REASONS, applying
from tests.world import Provider, World, opened_world

SECOND: Final = timedelta(seconds=1)
LAST: Final = date(2026, 6, 30)
END: Final = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)  # midnight in Shanghai
LATEST: Final = LAST.isoformat()


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def qualification(provider: Provider, kind: str = "TELECOM") -> Qualification:
    (row,) = await provider.world.rows(Qualification, provider_id=provider.id, kind=kind)
    return row


async def states(provider: Provider) -> set[str]:
    return {str(row.state) for row in await provider.world.rows(Qualification, provider_id=provider.id)}


async def taken(world: World, id_: str, trigger: str) -> list[datetime]:
    """When a step took effect, each time."""
    return [row.at for row in await world.rows(Step, case_id=id_, order_by="seq", trigger=trigger)]


async def renew(provider: Provider) -> None:
    for row in await provider.world.rows(Qualification, provider_id=provider.id):
        await provider.officer.must("qualificationRenew", id=row.id, version=row.seq)


async def record_renewal(provider: Provider, valid_to: str) -> None:
    for row in await provider.world.rows(Qualification, provider_id=provider.id):
        await provider.regulator.must("qualificationRenewed", id=row.id, version=row.seq, validTo=valid_to)


def test_the_last_day_ends_at_midnight_in_shanghai() -> None:
    assert end_of(LAST) == END


async def test_the_provider_is_reminded_on_the_ninetieth_sixtieth_and_thirtieth_day_before_the_last(
    world: World,
) -> None:
    provider = await world.provider()
    one = (await provider.qualify(validTo=LATEST))[0]

    world.clock.now = END - SECOND
    await world.sweep()

    at = await taken(world, one.id, "remind")
    notices = await world.rows(Notice, case_id=one.id)
    assert at == [END - timedelta(days=days + 1) for days in (90, 60, 30)]
    assert [row.party for row in notices] == ["PROVIDER"] * 3


async def test_it_lapses_when_its_last_day_is_over_and_publishing_goes_on_for_the_grace(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo=LATEST)
    _, account_id, _ = await live.filed()

    found = []
    for at in (END - SECOND, END, END + SECOND):
        world.clock.now = at
        unswept = await applying(live)
        await world.sweep()
        found.append((unswept, await applying(live), await states(sandbox)))
    allowed = []
    for at in (END + timedelta(days=30) - SECOND, END + timedelta(days=30), END + timedelta(days=30) + SECOND):
        world.clock.now = at
        allowed.append((await rights(world, live.integration, account_id))["PUBLISH", "GENERAL"])

    gone = ["PROVIDER_NOT_QUALIFIED"]
    assert found == [([], [], {"VERIFIED"}), (gone, gone, {"VERIFIED"}), (gone, gone, {"LAPSED"})]
    assert allowed == [[], ["PROVIDER_UNQUALIFIED"], ["PROVIDER_UNQUALIFIED"]]
    assert await taken(world, (await qualification(sandbox)).id, "lapse") == [END]


async def test_a_renewal_asked_in_time_moves_the_end_by_ninety_days(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo=LATEST)
    world.clock.now = END - timedelta(hours=1)
    await world.sweep()
    await renew(sandbox)
    extended = END + timedelta(days=90)

    found = []
    for at in (END + SECOND, extended - SECOND, extended, extended + SECOND):
        world.clock.now = at
        await world.sweep()
        found.append((await applying(live), await states(sandbox)))

    gone = ["PROVIDER_NOT_QUALIFIED"]
    assert found == [([], {"VERIFIED"}), ([], {"VERIFIED"}), (gone, {"VERIFIED"}), (gone, {"LAPSED"})]
    row = await qualification(sandbox)
    assert await taken(world, row.id, "lapse") == [extended]
    due = await world.rows(Deadline, order_by="due_at", case_id=row.id, kind="QUALIFICATION_VALIDITY")
    assert [(one.due_at, one.outcome) for one in due] == [(END, "MET"), (extended, "PASSED")]


async def test_the_grace_runs_from_the_extended_end(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo=LATEST)
    _, account_id, _ = await live.filed()
    await renew(sandbox)
    over = END + timedelta(days=120)

    allowed = []
    for at in (over - SECOND, over):
        world.clock.now = at
        await world.sweep()
        allowed.append((await rights(world, live.integration, account_id))["PUBLISH", "GENERAL"])

    assert (allowed, await states(sandbox)) == ([[], ["PROVIDER_UNQUALIFIED"]], {"LAPSED"})


async def test_what_was_asked_for_is_not_reminded_of(world: World) -> None:
    provider = await world.provider()
    one = (await provider.qualify(validTo=LATEST))[0]
    await provider.officer.must("qualificationRenew", id=one.id, version=2)

    world.clock.now = END
    await world.sweep()

    assert await taken(world, one.id, "remind") == []


async def test_a_renewal_recorded_runs_anew(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo=LATEST)
    await renew(sandbox)
    await record_renewal(sandbox, "2027-06-30")

    world.clock.now = END + timedelta(days=100)
    await world.sweep()
    stands = await applying(live), await states(sandbox)
    world.clock.now = END + timedelta(days=365, seconds=1)
    await world.sweep()

    assert stands == ([], {"VERIFIED"})
    assert await states(sandbox) == {"LAPSED"}


async def test_what_lapsed_is_renewed_late_and_stands_again_once_that_is_recorded(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo=LATEST)
    _, account_id, _ = await live.filed()
    world.clock.now = END + timedelta(days=40)
    await world.sweep()

    await renew(sandbox)
    asked = await applying(live), await states(sandbox)
    await world.sweep()
    await record_renewal(sandbox, "2027-06-30")

    assert asked == (["PROVIDER_NOT_QUALIFIED"], {"LAPSED"})
    assert (await applying(live), await states(sandbox)) == ([], {"VERIFIED"})
    assert (await rights(world, live.integration, account_id))["PUBLISH", "GENERAL"] == []
    assert (await qualification(sandbox)).due_at == end_of(date(2027, 6, 30))


async def test_what_lapsed_makes_room_for_another(world: World) -> None:
    provider = await world.provider()
    await provider.qualify(validTo=LATEST)
    world.clock.now = END + SECOND
    await world.sweep()

    again = await provider.submit_qualification()

    assert again.state == "SUBMITTED"


async def test_what_was_suspended_when_it_ended_lapses_once_it_is_resumed(world: World) -> None:
    provider = await world.provider()
    one = (await provider.qualify(validTo=LATEST))[0]
    await provider.regulator.must("qualificationSuspend", id=one.id, version=2, reasons=REASONS)
    world.clock.now = END + timedelta(days=1)
    await world.sweep()
    suspended = (await qualification(provider)).state

    await provider.regulator.must("qualificationResume", id=one.id, version=3)
    world.clock.advance(seconds=1)
    await world.sweep()

    assert (suspended, (await qualification(provider)).state) == ("SUSPENDED", "LAPSED")
    assert await taken(world, one.id, "lapse") == [END + timedelta(days=1)]


async def test_after_three_days_of_downtime_the_grace_still_runs_from_the_last_day(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo=LATEST)
    _, account_id, _ = await live.filed()

    world.clock.now = END + timedelta(days=3)
    await world.sweep(workers=4)
    row = await qualification(sandbox)
    world.clock.now = END + timedelta(days=1)  # set back
    again = await world.sweep()
    world.clock.now = END + timedelta(days=30)

    assert (row.state, again) == ("LAPSED", 0)
    assert await taken(world, row.id, "lapse") == [END]
    assert (await rights(world, live.integration, account_id))["PUBLISH", "GENERAL"] == ["PROVIDER_UNQUALIFIED"]


@pytest.mark.parametrize("trigger", ["Suspend", "Refuse"])
async def test_what_does_not_stand_is_reminded_of_no_more(world: World, trigger: str) -> None:
    provider = await world.provider()
    made = await provider.submit_qualification(validTo=LATEST)
    if trigger == "Suspend":
        await provider.regulator.must("qualificationVerify", id=made.id, version=1)
    (row,) = await world.rows(Qualification, id=made.id)
    await provider.regulator.must(f"qualification{trigger}", id=made.id, version=row.seq, reasons=REASONS)

    world.clock.now = END + SECOND
    await world.sweep()

    (row,) = await world.rows(Qualification, id=made.id)
    assert await taken(world, made.id, "remind") == await taken(world, made.id, "lapse") == []
    assert (row.clock, row.state) == ("NONE", {"Suspend": "SUSPENDED", "Refuse": "REFUSED"}[trigger])
