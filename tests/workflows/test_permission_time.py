"""A permission ends with its last day, its licence's or one extended by a renewal asked in time (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson
import pytest
import sqlalchemy as sa

from domain.calendar import end_of
from domain.deadline import Deadline
from domain.journal import Step, written
from domain.notice import Notice
from domain.permission import Badge, Permission
from tests.api.test_regulator_desk import import_licence
from tests.workflows.test_permission import granted, state_of
from tests.workflows.test_publishing import rights
from tests.world import PERMISSION_REASON, Answer, Holder, Provider, World, opened_world
from workflows.licence_doubts import tell_doubts

SECOND: Final = timedelta(seconds=1)
LAST: Final = date(2026, 12, 31)
END: Final = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # midnight in Shanghai
NEWS: Final = ("PUBLISH", "NEWS_ORIGINAL")


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def badged(provider: Provider, last: date | None = LAST, **more: Any) -> tuple[Holder, str, Answer]:
    """An account badged under a licence that ends then: holder, account id, the permission."""
    holder, account_id, number = await provider.news_unit()
    await provider.world.relist(number, valid_to=last or sa.null())
    return holder, account_id, await granted(provider, await holder.request(account_id, number), **more)


async def permission(world: World, id_: str) -> Permission:
    (row,) = await world.rows(Permission, id=id_)
    return row


async def relist(world: World, id_: str, **values: Any) -> None:
    """The register says otherwise of the licence behind it."""
    await world.relist(str((await permission(world, id_)).licence_number), **values)


async def taken(world: World, id_: str, trigger: str) -> list[datetime]:
    """When a step took effect, each time."""
    return [row.at for row in await world.rows(Step, case_id=id_, order_by="seq", trigger=trigger)]


async def ends(world: World, id_: str) -> list[tuple[datetime, str | None]]:
    """The ends that it had, and what became of each."""
    rows = await world.rows(Deadline, order_by="id", case_id=id_, kind="PERMISSION_VALIDITY")
    return [(row.due_at, row.outcome) for row in rows]


async def renew(holder: Holder, id_: str) -> Answer:
    row = await permission(holder.provider.world, id_)
    return await holder.person.must("permissionRenew", id=id_, version=row.seq, receipt="受理2026-1")


async def test_it_expires_when_its_last_day_is_over_and_the_badge_is_gone_with_it(world: World) -> None:
    provider = await world.provider()
    _, account_id, one = await badged(provider)

    found = []
    for at in (END - SECOND, END, END + SECOND):
        world.clock.now = at
        unswept = (await rights(world, provider.integration, account_id))[NEWS]
        await world.sweep()
        swept = (await rights(world, provider.integration, account_id))[NEWS]
        found.append((unswept, swept, str((await permission(world, one.id)).state)))

    lapsed = ["LICENCE_LAPSED"]
    assert found == [([], [], "GRANTED"), (lapsed, lapsed, "GRANTED"), (["NO_BADGE"], ["NO_BADGE"], "EXPIRED")]
    (badge,) = await world.rows(Badge, account_id=account_id)
    (expired,) = await world.rows(Step, case_id=one.id, trigger="expire")
    (unbadged,) = await world.rows(Step, case_id=account_id, trigger="unbadge")
    assert (expired.at, unbadged.at, badge.revoked_at, unbadged.cause) == (END, END, END, expired.id)
    assert await state_of(world, account_id) == "FILED"
    told = {row.party for row in await world.rows(Notice, step_id=expired.id)}
    assert told == {"HOLDER", "PROVIDER"}


async def test_its_own_last_day_comes_before_its_licences(world: World) -> None:
    provider = await world.provider()
    _, _, one = await badged(provider, validUntil="2026-10-01")

    world.clock.now = end_of(date(2026, 10, 1)) + SECOND
    await world.sweep()

    assert (await permission(world, one.id)).state == "EXPIRED"


async def test_a_licence_without_an_end_never_expires(world: World) -> None:
    provider = await world.provider()
    _, _, one = await badged(provider, None)

    world.clock.advance(days=3650)
    await world.sweep()

    row = await permission(world, one.id)
    assert (row.state, row.seq, row.clock, await ends(world, one.id)) == ("GRANTED", one.version, "NONE", [])


async def test_the_holder_is_reminded_while_a_renewal_can_still_be_asked_for(world: World) -> None:
    provider = await world.provider()
    holder, _, one = await badged(provider)

    for days in (91, 61, 31):
        world.clock.now = END - timedelta(days=days) + SECOND
        await world.sweep()
    asked = await renew(holder, one.id)

    steps = await world.rows(Step, case_id=one.id, order_by="seq", trigger="remind")
    assert [step.at for step in steps] == [END - timedelta(days=days + 1) for days in (90, 60, 30)]
    assert {orjson.loads(step.details)["last_day"] for step in steps} == {"2026-12-31"}
    assert [row.party for row in await world.rows(Notice, step_id=steps[0].id)] == ["HOLDER"]
    assert asked.problems == []


async def test_a_renewal_asked_in_time_extends_it_by_ninety_days_of_silence(world: World) -> None:
    provider = await world.provider()
    holder, account_id, one = await badged(provider)
    world.clock.now = END - timedelta(days=35)
    await world.sweep()
    await renew(holder, one.id)
    extended = END + timedelta(days=90)

    found = []
    for at in (END + SECOND, extended - SECOND, extended, extended + SECOND):
        world.clock.now = at
        await world.sweep()
        found.append(
            ((await rights(world, provider.integration, account_id))[NEWS], (await permission(world, one.id)).state)
        )

    assert found == [([], "GRANTED"), ([], "GRANTED"), (["LICENCE_LAPSED"], "GRANTED"), (["NO_BADGE"], "EXPIRED")]
    assert await ends(world, one.id) == [(END, "MET"), (extended, "PASSED")]
    assert len(await taken(world, one.id, "remind")) == 2  # of what was asked for nobody is reminded


async def test_a_renewal_recorded_runs_anew(world: World) -> None:
    provider = await world.provider()
    holder, account_id, one = await badged(provider)
    await renew(holder, one.id)
    await relist(world, one.id, valid_to=date(2028, 1, 1))
    version = (await permission(world, one.id)).seq
    await provider.officer.must("permissionRenewed", id=one.id, version=version, validUntil="2027-06-30")

    world.clock.now = end_of(date(2027, 6, 30)) - SECOND
    await world.sweep()
    before = await state_of(world, account_id)
    world.clock.advance(seconds=2)
    await world.sweep()

    assert (before, await state_of(world, account_id)) == ("BADGED", "FILED")
    assert await taken(world, one.id, "expire") == [end_of(date(2027, 6, 30))]
    assert len(await taken(world, one.id, "remind")) == 3


async def test_a_licence_prolonged_meanwhile_is_asked_for_again_and_nothing_is_journalled(world: World) -> None:
    provider = await world.provider()
    _, account_id, one = await badged(provider)
    await relist(world, one.id, valid_to=date(2027, 3, 31))
    later = end_of(date(2027, 3, 31))

    world.clock.now = END + SECOND
    await world.sweep()
    row = await permission(world, one.id)
    reminded = await taken(world, one.id, "remind")
    world.clock.now = later + SECOND
    await world.sweep()

    assert (row.state, row.due_at, row.clock) == ("GRANTED", later, "RUNNING")
    assert reminded == [later - timedelta(days=91)]  # counted from what the register tells
    assert await ends(world, one.id) == [(END, "MOOT"), (later, "PASSED")]
    assert await taken(world, one.id, "expire") == [later]
    assert await state_of(world, account_id) == "FILED"


async def test_a_licence_without_end_any_more_lets_it_stand(world: World) -> None:
    provider = await world.provider()
    _, account_id, one = await badged(provider)
    await relist(world, one.id, valid_to=sa.null())

    world.clock.now = END + timedelta(days=1)
    await world.sweep()

    row = await permission(world, one.id)
    assert (row.state, row.clock, await state_of(world, account_id)) == ("GRANTED", "NONE", "BADGED")
    assert await ends(world, one.id) == [(END, "MOOT")]


async def test_a_licence_cut_short_ends_the_right_at_once_and_the_permission_when_the_doubt_is_told(
    world: World,
) -> None:
    provider = await world.provider()
    _, account_id, one = await badged(provider)
    row = await permission(world, one.id)
    await import_licence(world, f"{row.licence_number},另一家报社,,1,,,2025-01-01,2026-03-02\n")
    await tell_doubts(world.office.database, world.office.clock, world.office.calendar)

    world.clock.advance(days=1)
    await world.sweep()
    right = (await rights(world, provider.integration, account_id))[NEWS], (await permission(world, one.id)).state
    world.clock.advance(days=8)
    await world.sweep()

    assert right == (["LICENCE_LAPSED"], "GRANTED")
    assert (await permission(world, one.id)).state == "EXPIRED"
    (expired,) = await world.rows(Step, case_id=one.id, trigger="expire")
    assert orjson.loads(expired.details)["due_at"] == written(end_of(date(2026, 3, 2)))


async def test_a_suspended_permission_expires_too_and_is_resumed_no_more(world: World) -> None:
    provider = await world.provider()
    _, _, one = await badged(provider)
    suspend: dict[str, Any] = {"id": one.id, "version": one.version, "reasons": PERMISSION_REASON}
    await provider.regulator.must("permissionSuspend", **suspend)

    world.clock.now = END + SECOND
    await world.sweep()
    row = await permission(world, one.id)
    late = await provider.regulator.refused("permissionResume", id=one.id, version=row.seq)

    assert (row.state, late.codes[:1]) == ("EXPIRED", ["ILLEGAL_TRANSITION"])


async def test_what_was_given_up_or_replaced_neither_reminds_nor_expires(world: World) -> None:
    provider = await world.provider()
    holder, account_id, one = await badged(provider)
    number = (await permission(world, one.id)).licence_number
    other = await granted(provider, await holder.request(account_id, number, "REPRINT_ONLY"))
    await holder.person.must("permissionGiveUp", id=other.id, version=other.version)

    world.clock.now = END + SECOND
    await world.sweep()

    assert [(await permission(world, id_)).state for id_ in (one.id, other.id)] == ["REPLACED", "REVOKED"]
    for id_ in (one.id, other.id):
        assert await taken(world, id_, "remind") == await taken(world, id_, "expire") == []
        assert await ends(world, id_) == [(END, "MOOT")]


async def test_what_expired_makes_room_for_another(world: World) -> None:
    provider = await world.provider()
    holder, account_id, one = await badged(provider)
    world.clock.now = END + SECOND
    await world.sweep()
    await relist(world, one.id, valid_to=date(2028, 1, 1))

    again = await holder.request(account_id, (await permission(world, one.id)).licence_number)
    await granted(provider, again)

    assert await state_of(world, account_id) == "BADGED"


async def test_after_three_days_of_downtime_it_expired_when_its_last_day_was_over(world: World) -> None:
    provider = await world.provider()
    made = [await badged(provider) for _ in range(3)]

    world.clock.now = END + timedelta(days=3)
    await world.sweep(workers=4)
    world.clock.now = END - timedelta(days=1)  # set back
    again = await world.sweep()

    for _, account_id, one in made:
        (expired,) = await world.rows(Step, case_id=one.id, trigger="expire")
        (badge,) = await world.rows(Badge, account_id=account_id)
        details = orjson.loads(expired.details)
        assert (expired.at, badge.revoked_at) == (END, END)
        assert (details["due_at"], details["recorded_at"]) == (written(END), written(END + timedelta(days=3)))
    assert again == 0


async def test_what_is_shown_as_due_is_its_end(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await badged(provider)
    shown = "query($id: ID!) { account(id: $id) { permissions { nodes { dueAt clock } } } }"

    (found,) = (await holder.person.ask(shown, id=account_id))["account"]["permissions"]["nodes"]

    assert (datetime.fromisoformat(found["dueAt"]), found["clock"]) == (END, "RUNNING")
