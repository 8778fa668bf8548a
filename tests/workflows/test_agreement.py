"""The agreement: published with exactly the seven baselines, its hash that of its text (Art. 6)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from domain.agreement import AgreementVersion, Baseline
from tests.world import World, unique

CLAUSES = [{"baseline": baseline.value, "words": baseline.zh} for baseline in Baseline]
TEXT = "示例协议全文"


def publication(**changed: Any) -> dict[str, Any]:
    given = {"body": TEXT, "bodyHash": sha256(TEXT.encode()).hexdigest(), "clauses": CLAUSES}
    return {**given, "idempotencyKey": unique("key-"), **changed}


async def test_each_publication_is_the_next_version(world: World) -> None:
    provider = await world.provider()

    answer = await provider.officer.must("agreementPublish", **publication())

    (row,) = await world.rows(AgreementVersion, id=answer.id)
    assert (row.number, row.body, row.valid_from, row.state) == (2, TEXT, world.clock(), "PUBLISHED")
    assert set(row.clauses) == set(map(str, Baseline))


@pytest.mark.parametrize(
    "clauses",
    [CLAUSES[:6], [*CLAUSES, CLAUSES[0]], [*CLAUSES[:6], CLAUSES[0]], []],
    ids=["six", "eight", "one twice", "none"],
)
async def test_an_agreement_has_exactly_the_seven_baselines(world: World, clauses: list[dict[str, str]]) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused("agreementPublish", **publication(clauses=clauses))

    assert answer.problems == [("CLAUSES_INCOMPLETE", "clauses")]


async def test_the_hash_is_that_of_the_text(world: World) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused("agreementPublish", **publication(bodyHash="0" * 64, clauses=[]))

    assert answer.problems == [("CLAUSES_INCOMPLETE", "clauses"), ("TEXT_HASH_MISMATCH", "bodyHash")]


async def test_an_agreement_of_tomorrow_is_not_yet_the_latest(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()

    await provider.officer.must("agreementPublish", **publication(validFrom="2026-03-03T04:00:00Z"))
    today = await holder.apply()
    await holder.person.must("accountWithdraw", id=today.id, version=1)
    world.clock.advance(days=1)
    async with world.untouched():
        tomorrow = await holder.try_to_apply()

    assert today.state == "APPLIED"
    assert tomorrow.codes == ["AGREEMENT_NOT_CONSENTED"]


async def test_nobody_publishes_for_another_provider(world: World) -> None:
    here, there = await world.provider(), await world.provider()

    answer = await here.officer.refused("agreementPublish", **publication(providerId=there.id))

    assert answer.problems == [("NOT_FOUND", "providerId")]


async def test_an_officer_alone_publishes(world: World) -> None:
    provider = await world.provider()

    for person in (provider.reviewer, provider.integration, provider.regulator, provider.auditor):
        assert (await person.refused("agreementPublish", **publication())).codes == ["NOT_ALLOWED"]
