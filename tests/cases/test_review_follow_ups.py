"""A follow-up that what the causing step knew speaks against is journalled as skipped, as every other skip is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.authority_report import AuthorityReport
from domain.filing import FilingState
from domain.journal import Step
from domain.permission import Permission
from tests.sanctions import sanctioned
from tests.workflows.test_follow_ups import fired
from tests.workflows.test_sanction_follow_ups import SKIPPED, news_case
from tests.world import World, opened_world
from workflows import firing
from workflows.follow_ups import FollowUp, caused_by


async def skipped(world: World, case_id: str, trigger: str) -> str:
    (step,) = await world.rows(Step, case_id=case_id, trigger=trigger)
    return str(step.skipped)


@pytest.mark.parametrize("way", ["lift", "reduce", "rescind", "expire"])
async def test_review_what_a_licence_that_ended_keeps_from_resuming_is_journalled(
    own_database_url: str, way: str
) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        holder, id_, permission = await provider.badged()
        case = await news_case(provider, id_, holder)
        await case.suspend(**SKIPPED)
        (row,) = await world.rows(Permission, id=permission.id)
        await world.relist(str(row.licence_number), valid_to=date(2026, 1, 1))

        if way == "expire":
            world.clock.advance(days=8)
            await world.sweep()
        else:
            await {"lift": case.lift, "rescind": case.rescind}.get(way, lambda: case.reduce("WARNING"))()

        (after,) = await world.rows(Permission, id=permission.id)
        assert after.state == "SUSPENDED"
        assert "permission.resume" in (await skipped(world, case.id, way)).split()


async def test_review_that_a_warning_rescinded_is_not_reported_is_journalled(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider)
    await case.warn()

    await case.rescind()

    assert "authority_report.create" in (await skipped(world, case.id, "rescind")).split()
    assert await world.rows(AuthorityReport, sanction_id=case.id) == []


async def test_review_what_does_fire_is_not_journalled_as_skipped(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    case = await news_case(provider, id_, holder)
    await case.suspend(**SKIPPED)

    await case.lift()

    assert "permission.resume" not in await skipped(world, case.id, "lift")


@pytest.mark.parametrize("is_given", [True, False])
def test_review_any_follow_up_that_is_not_given_is_skipped(monkeypatch: pytest.MonkeyPatch, is_given: bool) -> None:
    def also(*step: Any) -> list[FollowUp]:
        supersede = ("filing", "supersede")
        more = FollowUp("filing", supersede, "accept", when=(FilingState.ACCEPTED,), given=lambda _: is_given)
        return [*caused_by(*step), *([more] if step[1] == "accept" else [])]

    monkeypatch.setattr(firing, "caused_by", also)

    _, _, steps = fired("SUBMITTED", "REVIEWED", "accept")

    assert ("filing.supersede" in steps[0].skipped) is not is_given
    assert ("supersede" in [step.trigger for step in steps]) is is_given
