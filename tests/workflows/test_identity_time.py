"""A verification holds for its time: reminded of, run out, past its grace, renewed in time or late (Art. 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.deadline import Deadline
from domain.identity import Identity
from domain.journal import Step
from domain.notice import Notice
from tests.workflows.test_account_change import ask_change
from tests.workflows.test_identity import METHOD
from tests.workflows.test_publishing import INSTANT, rights
from tests.world import NEWS_REASON, Holder, World, opened_world

SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def identity(world: World, holder: Holder) -> Identity:
    (row,) = await world.rows(Identity, id=holder.identity_id)
    return row


async def taken(world: World, holder: Holder, trigger: str) -> list[datetime]:
    """When a step of the identity took effect, each time."""
    rows = await world.rows(Step, case_id=holder.identity_id, order_by="seq", trigger=trigger)
    return [row.at for row in rows]


async def gone_stale(world: World) -> Holder:
    provider = await world.provider()
    holder = await provider.holder()
    world.clock.advance(days=395, seconds=1)
    await world.sweep()
    return holder


async def test_the_holder_is_reminded_ninety_sixty_and_thirty_days_before_the_end(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    until = (await identity(world, holder)).verified_until
    assert until is not None

    served = []
    for days in (90, 60, 30):
        for late in (-SECOND, SECOND):
            world.clock.now = until - timedelta(days=days) + late
            await world.sweep()
            served.append(len(await world.rows(Notice, case_id=holder.identity_id)))

    assert served == [0, 1, 1, 2, 2, 3]
    assert await taken(world, holder, "remind") == [until - timedelta(days=days) for days in (90, 60, 30)]
    assert {row.party for row in await world.rows(Notice, case_id=holder.identity_id)} == {"HOLDER"}
    mine = await holder.person.ask("{ viewer { notices { nodes { step { trigger } } } } }")
    assert [node["step"]["trigger"] for node in mine["viewer"]["notices"]["nodes"]] == ["remind"] * 3


async def test_what_is_shown_as_due_is_the_end_and_never_a_reminder(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    shown = "query($id: ID!) { holder(id: $id) { identity { dueAt clock stateCode } } }"
    until = (await identity(world, holder)).verified_until
    assert until is not None

    found = (await holder.person.ask(shown, id=holder.id))["holder"]["identity"]

    assert datetime.fromisoformat(found["dueAt"]) == until + timedelta(days=30)
    assert (found["clock"], found["stateCode"]) == ("RUNNING", "VERIFIED")


async def test_publishing_ends_with_the_grace_and_the_state_follows_within_a_sweep(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    until = (await identity(world, holder)).verified_until
    assert until is not None
    end = until + timedelta(days=30)

    found = []
    for at in (end - SECOND, end, end + SECOND):
        world.clock.now = at
        unswept = (await rights(world, provider.integration, account_id))["PUBLISH", "GENERAL"]
        await world.sweep()
        swept = (await rights(world, provider.integration, account_id))["PUBLISH", "GENERAL"]
        found.append((unswept, swept, str((await identity(world, holder)).state)))

    gone = ["IDENTITY_LAPSED"]
    assert found == [([], [], "VERIFIED"), (gone, gone, "VERIFIED"), (gone, gone, "STALE")]
    assert await taken(world, holder, "go_stale") == [end]


async def test_a_stale_identity_carries_no_application_and_no_change(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    world.clock.advance(days=396)
    await world.sweep()

    applied = await holder.try_to_apply()
    changed = await ask_change(holder, account_id)

    assert (await identity(world, holder)).state == "STALE"
    assert "IDENTITY_NOT_CURRENT" in applied.codes
    assert "IDENTITY_NOT_CURRENT" in changed.codes
    assert "IDENTITY_NOT_VERIFIED" not in applied.codes + changed.codes


async def test_renewed_in_time_it_runs_anew_and_is_reminded_of_no_more(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    world.clock.advance(days=300)
    await world.sweep()
    reminded = (await identity(world, holder)).seq
    await holder.submit_identity(reminded)
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=reminded + 1, **METHOD)
    again = world.clock()

    world.clock.advance(days=100)  # beyond what was the end and its grace
    await world.sweep()

    row = await identity(world, holder)
    old = await world.rows(Deadline, order_by="id", case_id=holder.identity_id, kind="IDENTITY_VALIDITY")
    assert row.state == "VERIFIED"
    assert (row.verified_until, row.due_at) == (again + timedelta(days=365), again + timedelta(days=395))
    assert [one.outcome for one in old] == ["MET", None]
    assert len(await taken(world, holder, "remind")) == 1
    assert (await holder.apply()).state == "APPLIED"


async def test_what_is_submitted_late_waits_beside_what_ran_out_until_it_is_verified(world: World) -> None:
    holder = await gone_stale(world)
    before = await identity(world, holder)

    submitted = await holder.submit_identity(before.seq)
    waiting = await identity(world, holder)
    verified = await holder.provider.reviewer.must(
        "identityVerify", id=holder.identity_id, version=submitted.version, **METHOD
    )

    after = await identity(world, holder)
    assert (submitted.state, waiting.bundle, waiting.pending_bundle is None) == ("STALE", before.bundle, False)
    assert (verified.state, after.pending_bundle) == ("VERIFIED", None)
    assert after.mobile_index == waiting.pending_mobile_index
    assert after.verified_until == world.clock() + timedelta(days=365)
    assert (await holder.apply()).state == "APPLIED"


async def test_what_ran_out_may_be_verified_as_it_stands(world: World) -> None:
    holder = await gone_stale(world)
    version = (await identity(world, holder)).seq

    verified = await holder.provider.reviewer.must("identityVerify", id=holder.identity_id, version=version, **METHOD)

    assert verified.state == "VERIFIED"


async def test_what_fails_late_stays_stale(world: World) -> None:
    holder = await gone_stale(world)
    submitted = await holder.submit_identity((await identity(world, holder)).seq)

    failed = await holder.provider.reviewer.must(
        "identityFail", id=holder.identity_id, version=submitted.version, reasons=NEWS_REASON
    )

    assert (failed.state, (await identity(world, holder)).pending_bundle) == ("STALE", None)


async def test_a_change_that_waited_when_it_went_stale_is_taken_over(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    await holder.submit_identity(2)
    world.clock.advance(days=396)
    await world.sweep()
    waiting = await identity(world, holder)

    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=waiting.seq, **METHOD)

    after = await identity(world, holder)
    assert (waiting.state, after.state, after.pending_bundle) == ("STALE", "VERIFIED", None)
    assert after.mobile_index == waiting.pending_mobile_index


async def test_a_short_verification_is_reminded_of_as_far_as_there_is_time(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    until = world.clock() + timedelta(days=45)
    ends: dict[str, Any] = {"until": until.isoformat()}
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, **METHOD, **ends)

    world.clock.now = until + timedelta(days=31)
    await world.sweep()

    assert await taken(world, holder, "remind") == [until - timedelta(days=30)]
    assert await taken(world, holder, "go_stale") == [until + timedelta(days=30)]


async def test_after_downtime_all_is_served_in_order_and_a_clock_set_back_does_nothing(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    until = (await identity(world, holder)).verified_until
    assert until is not None

    world.clock.now = until + timedelta(days=33)  # three days after it went stale, and nobody swept for a year
    await world.sweep(workers=4)
    steps = await world.rows(Step, case_id=holder.identity_id, order_by="seq")
    world.clock.now = until - timedelta(days=1)
    again = await world.sweep()

    due = [until + timedelta(days=days) for days in (-90, -60, -30, 30)]
    assert [(step.trigger, step.at) for step in steps[2:]] == list(
        zip(("remind", "remind", "remind", "go_stale"), due, strict=True)
    )
    assert (again, (await identity(world, holder)).state) == (0, "STALE")
    served = {row.served_at for row in await world.rows(Notice, case_id=holder.identity_id)}
    assert served == {until + timedelta(days=33)}


async def test_nothing_fires_at_the_very_instant(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    until = (await identity(world, holder)).verified_until
    assert until is not None

    fired = []
    for late in (timedelta(), INSTANT):
        world.clock.now = until + timedelta(days=30) + late
        await world.sweep()
        fired.append(len(await taken(world, holder, "go_stale")))

    assert fired == [0, 1]
