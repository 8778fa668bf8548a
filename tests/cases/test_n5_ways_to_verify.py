"""How an identity was verified is a code of a list, with labels in both languages; anything else verifies nobody."""

from __future__ import annotations

import pytest

from domain.codes.lists import codes
from domain.identity import Identity
from tests.world import World, unique


@pytest.mark.parametrize("method", ["x", "document_check", "NEWS", "DOCUMENT_CHECK_", "LIFESTYLE", "1"])
async def test_n5_a_method_off_the_list_verifies_nobody(world: World, method: str) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    given = {"id": holder.identity_id, "version": 1, "method": method}

    answers = [
        await provider.reviewer.refused("identityVerify", **given),
        await provider.integration.refused("identityVerify", **given, idempotencyKey=unique("key-")),
    ]

    assert [answer.problems for answer in answers] == [[("CODE_UNKNOWN", "method")]] * 2
    [row] = await world.rows(Identity, id=holder.identity_id)
    assert (row.state, row.method) == ("UNVERIFIED", None)


async def test_n5_every_method_of_the_list_verifies(world: World) -> None:
    provider = await world.provider()
    methods = list(codes("verification_methods"))
    for method in methods:
        holder = await provider.newcomer()
        await holder.submit_identity()
        await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, method=method)
        [row] = await world.rows(Identity, id=holder.identity_id)
        assert (row.state, row.method) == ("VERIFIED", method)

    assert len(methods) >= 5


async def test_n5_a_method_off_the_list_is_told_beside_other_faults(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    given = {"id": holder.identity_id, "version": 1, "method": "x", "until": "0001-01-01T00:00:00Z"}

    answer = await provider.reviewer.refused("identityVerify", **given)

    assert set(answer.problems) == {("CODE_UNKNOWN", "method"), ("INPUT_INVALID", "until")}


async def test_n5_whoever_may_verify_is_told_which_list_to_read(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    steps = "availableSteps { trigger codeLists }"

    told = await provider.reviewer.ask(f"query($id: ID!) {{ identity(id: $id) {{ {steps} }} }}", id=holder.identity_id)
    listed = await provider.reviewer.ask(
        '{ codes(list: "verification_methods") { code zh: label(language: ZH) en: label(language: EN) } }'
    )

    [verify] = [one for one in told["identity"]["availableSteps"] if one["trigger"] == "verify"]
    assert verify["codeLists"] == ["verification_methods"]
    assert all(one["zh"] and one["en"] and one["zh"] != one["en"] for one in listed["codes"])
