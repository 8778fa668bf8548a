"""Qualifications of a provider: submitted, verified, renewed, suspended, revoked by its authority (Art. 4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.notice import Notice
from domain.qualification import Qualification
from tests.world import NEWS_REASON, Answer, Provider, World, unique

REASONS = {**NEWS_REASON, "reasonCodes": ["QUALIFICATION_BREACH"]}


async def verified(provider: Provider, **values: Any) -> Answer:
    made = await provider.submit_qualification(**values)
    return await provider.regulator.must("qualificationVerify", id=made.id, version=1)


async def test_a_submitted_qualification_is_verified(world: World) -> None:
    provider = await world.provider()
    made = await provider.submit_qualification("NEWS_INFORMATION", number="Q-示例")

    answer = await provider.regulator.must("qualificationVerify", id=made.id, version=1)

    (row,) = await world.rows(Qualification, id=made.id)
    assert (made.state, answer.state) == ("SUBMITTED", "VERIFIED")
    assert (row.kind, row.number, row.valid_to) == ("NEWS_INFORMATION", "Q-示例", date(2027, 12, 31))


async def test_a_refused_qualification_makes_room_for_another(world: World) -> None:
    provider = await world.provider()
    made = await provider.submit_qualification()

    refused = await provider.regulator.must("qualificationRefuse", id=made.id, version=1, reasons=REASONS)
    again = await provider.submit_qualification()

    assert (refused.state, again.state) == ("REFUSED", "SUBMITTED")
    assert [notice.party for notice in await world.rows(Notice, case_id=made.id)] == ["PROVIDER"]


async def test_one_qualification_of_a_kind_is_open_at_a_time(world: World) -> None:
    provider = await world.provider()
    await provider.submit_qualification()
    given = {"number": "Q", "issuer": "示例机关", "validFrom": "2026-01-01", "idempotencyKey": unique("key-")}

    answer = await provider.officer.refused("qualificationSubmit", kind="TELECOM", validTo="2026-03-02", **given)

    assert answer.problems == [("QUALIFICATION_EXISTS", "kind"), ("VALIDITY_INVALID", "validTo")]


@pytest.mark.parametrize(("valid_from", "valid_to"), [("2027-01-01", "2026-12-31"), ("2025-01-01", "2026-03-02")])
async def test_a_validity_ends_after_it_begins_and_after_today(world: World, valid_from: str, valid_to: str) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused(
        "qualificationSubmit",
        kind="TELECOM",
        number="Q",
        issuer="示例机关",
        validFrom=valid_from,
        validTo=valid_to,
        idempotencyKey=unique("key-"),
    )

    assert answer.problems == [("VALIDITY_INVALID", "validTo")]


async def test_a_renewal_is_asked_for_and_recorded(world: World) -> None:
    provider = await world.provider()
    one = await verified(provider)

    await provider.officer.must("qualificationRenew", id=one.id, version=2)
    (asked,) = await world.rows(Qualification, id=one.id)
    answer = await provider.regulator.must("qualificationRenewed", id=one.id, version=3, validTo="2030-01-31")

    (row,) = await world.rows(Qualification, id=one.id)
    assert asked.renewal_asked_at == world.clock()
    assert (answer.state, row.valid_to, row.renewal_asked_at) == ("VERIFIED", date(2030, 1, 31), None)


async def test_no_renewal_is_recorded_that_was_not_asked_for(world: World) -> None:
    provider = await world.provider()
    one = await verified(provider)

    answer = await provider.regulator.refused("qualificationRenewed", id=one.id, version=2, validTo="2026-03-02")

    assert answer.problems == [("RENEWAL_NOT_ASKED", "id"), ("VALIDITY_INVALID", "validTo")]


async def test_a_qualification_is_suspended_and_resumed(world: World) -> None:
    provider = await world.provider()
    one = await verified(provider)

    suspended = await provider.regulator.must("qualificationSuspend", id=one.id, version=2, reasons=REASONS)
    resumed = await provider.regulator.must("qualificationResume", id=one.id, version=3)

    assert (suspended.state, resumed.state) == ("SUSPENDED", "VERIFIED")


@pytest.mark.parametrize("suspended", [False, True])
async def test_a_qualification_is_revoked_by_two(world: World, *, suspended: bool) -> None:
    provider = await world.provider()
    one = await verified(provider)
    if suspended:
        await provider.regulator.must("qualificationSuspend", id=one.id, version=2, reasons=REASONS)
    asked: dict[str, Any] = {"id": one.id, "version": 3 if suspended else 2, "reasons": REASONS}

    proposed = await provider.regulator.must("qualificationRevoke", **asked)
    await (await world.regulator()).must("proposalEndorse", **proposed.proposal)
    answer = await provider.regulator.must("qualificationRevoke", **asked, proposal=proposed.proposal["id"])

    assert (proposed.state, answer.state) == ("SUSPENDED" if suspended else "VERIFIED", "REVOKED")


async def test_only_the_authority_decides_and_only_the_provider_asks(world: World) -> None:
    provider = await world.provider()
    made = await provider.submit_qualification()
    elsewhere = await world.regulator("310000")

    by_officer = await provider.officer.refused("qualificationVerify", id=made.id, version=1)
    by_other = await elsewhere.refused("qualificationVerify", id=made.id, version=1)
    by_regulator = await provider.regulator.refused("qualificationRenew", id=made.id, version=1)

    assert (by_officer.codes, by_other.codes, by_regulator.codes) == (["NOT_ALLOWED"], ["NOT_FOUND"], ["NOT_ALLOWED"])


# --- what hangs on it --------------------------------------------------------------------------------------------
async def applying(provider: Provider) -> list[str]:
    """The problems of an application there, now. A refused one writes nothing."""
    holder = await provider.holder()
    async with provider.world.untouched():
        answer = await holder.try_to_apply(materials=[])
    return [code for code in answer.codes if code != "MATERIALS_MISSING"]


async def test_a_live_provider_takes_applications_as_long_as_both_qualifications_hold(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo="2026-05-31")
    one = next(row for row in await world.rows(Qualification, provider_id=sandbox.id) if row.kind == "TELECOM")

    before = await applying(live)
    await sandbox.regulator.must("qualificationSuspend", id=one.id, version=2, reasons=REASONS)
    suspended = await applying(live)
    await sandbox.regulator.must("qualificationResume", id=one.id, version=3)
    world.clock.advance(days=90)  # 31 May, noon in Shanghai
    last_day = await applying(live)
    world.clock.advance(days=1)
    after = await applying(live)

    assert (before, suspended, last_day, after) == ([], ["PROVIDER_NOT_QUALIFIED"], [], ["PROVIDER_NOT_QUALIFIED"])


async def test_a_renewal_asked_in_time_carries_ninety_days(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo="2026-03-31")
    for row in await world.rows(Qualification, provider_id=sandbox.id):
        await sandbox.officer.must("qualificationRenew", id=row.id, version=2)

    world.clock.advance(days=29 + 90)
    extended = await applying(live)
    world.clock.advance(days=1)
    over = await applying(live)

    assert (extended, over) == ([], ["PROVIDER_NOT_QUALIFIED"])


async def test_a_renewal_asked_too_late_carries_nothing(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live(validTo="2026-03-31")
    world.clock.advance(days=30)
    await world.sweep()
    for row in await world.rows(Qualification, provider_id=sandbox.id):
        await sandbox.officer.must("qualificationRenew", id=row.id, version=row.seq)

    assert await applying(live) == ["PROVIDER_NOT_QUALIFIED"]


async def test_an_approval_asks_again_whether_the_provider_is_qualified(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live()
    _, account = await live.applied()
    await live.reviewer.must("accountClaim", id=account.id)
    (one, _) = await world.rows(Qualification, provider_id=sandbox.id)
    await sandbox.regulator.must("qualificationSuspend", id=one.id, version=2, reasons=REASONS)

    answer = await live.reviewer.refused("accountApprove", id=account.id, version=1, category="LIFESTYLE")

    assert answer.codes == ["PROVIDER_NOT_QUALIFIED"]
