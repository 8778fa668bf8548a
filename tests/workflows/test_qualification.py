"""What a provider must hold: the days of its validity, its renewal, and what a public reason may name (Art. 4)."""

from __future__ import annotations

from domain.qualification import Qualification
from tests.world import NEWS_REASON, World


async def test_a_qualification_counts_from_its_first_day(world: World) -> None:
    provider = await world.provider()
    await provider.qualify(validFrom="2026-06-01")

    answer = await provider.regulator.refused("providerGoLive", id=provider.id, version=1)

    assert answer.problems == [("PROVIDER_NOT_QUALIFIED", "id")]


async def test_a_renewal_asked_in_time_stays_in_time_when_asked_again(world: World) -> None:
    provider = await world.provider()
    telecom, _ = await provider.qualify(validTo="2026-05-31")
    asked = await provider.officer.must("qualificationRenew", id=telecom.id, version=2)
    first = world.clock.now
    world.clock.advance(days=100)

    await provider.officer.must("qualificationRenew", id=telecom.id, version=asked.version)

    (row,) = await world.rows(Qualification, id=telecom.id)
    assert row.renewal_asked_at == first


async def test_a_public_reason_may_name_the_licence_it_is_about(world: World) -> None:
    provider = await world.provider()
    qualification = await provider.submit_qualification("NEWS_INFORMATION", number="13120170002")

    reasons = {**NEWS_REASON, "publicReason": "许可证13120170002已注销。可在重新取得后提出。"}
    refused = await provider.regulator.must("qualificationRefuse", id=qualification.id, version=1, reasons=reasons)

    assert refused.state == "REFUSED"
