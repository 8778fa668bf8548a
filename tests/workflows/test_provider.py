"""Providers: registered in their province, configured by whom each setting belongs to, taken to production (Art. 4)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.authorities import authority_id
from domain.provider import Provider as ProviderRow
from tests.world import SHANGHAI, ZHEJIANG, World, unique


def registration(**changed: Any) -> dict[str, Any]:
    given = {"name": unique("示例公司"), "uscc": "91350100M000100Y43", "division": "330100"}
    return {**given, "idempotencyKey": unique("key-"), **changed}


async def test_a_provider_is_registered_as_a_sandbox_in_the_jurisdiction_of_its_province(world: World) -> None:
    regulator = await world.regulator()

    answer = await regulator.must("providerRegister", **registration())

    (row,) = await world.rows(ProviderRow, id=answer.id)
    assert (row.mode, row.sandbox_of, row.jurisdiction) == ("SANDBOX", None, authority_id(ZHEJIANG))
    assert row.settings == {
        "publish_before_filing": False,
        "adoption_until": None,
        "quota_individual": 1,
        "quota_others": 2,
    }


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"division": "310000"}, ("NOT_COMPETENT", "division")),
        ({"division": "999999"}, ("NOT_COMPETENT", "division")),
        ({"uscc": "nothing"}, ("INPUT_INVALID", "uscc")),
    ],
)
async def test_a_registration_names_a_division_of_ones_own_and_a_credit_code(
    world: World, changed: dict[str, str], problem: tuple[str, str]
) -> None:
    regulator = await world.regulator()

    answer = await regulator.refused("providerRegister", **registration(**changed))

    assert answer.problems == [problem]


async def test_the_nation_registers_no_provider_of_a_province(world: World) -> None:
    nation = await world.regulator("000000")

    answer = await nation.refused("providerRegister", **registration())

    assert answer.problems == [("NOT_COMPETENT", "division")]


async def test_each_setting_is_changed_by_whom_it_belongs_to(world: World) -> None:
    provider = await world.provider()
    id_ = provider.id

    await provider.officer.must("providerConfigure", id=id_, version=1, quotaIndividual=3, reserveNames=["山水间"])
    await provider.regulator.must("providerConfigure", id=id_, version=2, publishBeforeFiling=True)

    (row,) = await world.rows(ProviderRow, id=id_)
    assert (row.settings["quota_individual"], row.settings["quota_others"]) == (3, 2)
    assert row.settings["publish_before_filing"] is True


async def test_nobody_changes_the_settings_of_others(world: World) -> None:
    provider = await world.provider()
    asked: dict[str, Any] = {"id": provider.id, "version": 1}

    officer = await provider.officer.refused(
        "providerConfigure", **asked, publishBeforeFiling=True, adoptionUntil="2027-01-01T00:00:00Z"
    )
    regulator = await provider.regulator.refused("providerConfigure", **asked, quotaOthers=9, quotaIndividual=9)
    nation = await (await world.regulator("000000")).refused("providerConfigure", **asked, publishBeforeFiling=True)

    assert officer.problems == [("SETTING_UNKNOWN", "adoptionUntil"), ("SETTING_UNKNOWN", "publishBeforeFiling")]
    assert regulator.problems == [("SETTING_UNKNOWN", "quotaIndividual"), ("SETTING_UNKNOWN", "quotaOthers")]
    assert nation.problems == [("NOT_COMPETENT", "id")]


async def test_a_reserved_name_is_not_to_be_had_however_it_is_written(world: World) -> None:
    provider = await world.provider()
    await provider.officer.must("providerConfigure", id=provider.id, version=1, reserveNames=["山水 ABC"])
    holder = await provider.holder()

    async with world.untouched():
        answer = await holder.try_to_apply(displayName="山水ａｂｃ")

    assert answer.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]


async def test_a_reserved_name_is_free_at_another_provider(world: World) -> None:
    here, there = await world.provider(), await world.provider()
    await here.officer.must("providerConfigure", id=here.id, version=1, reserveNames=["月下小酌"])

    _, account = await there.applied(displayName="月下小酌")

    assert account.state == "APPLIED"


async def test_a_qualified_sandbox_goes_live_as_a_second_empty_row(world: World) -> None:
    provider = await world.provider()
    await provider.qualify()

    query = "production { id mode } provider { mode }"
    document = (
        f"mutation($input: ProviderGoLiveInput!) {{ providerGoLive(input: $input) {{ {query} problems {{ code }} }} }}"
    )
    answer = (await provider.regulator.ask(document, input={"id": provider.id, "version": 1}))["providerGoLive"]

    (row,) = await world.rows(ProviderRow, sandbox_of=provider.id)
    assert answer["problems"] == []
    assert answer["production"] == {"id": row.id, "mode": "PRODUCTION"}
    assert (row.jurisdiction, row.settings["quota_individual"], row.seq) == (authority_id(ZHEJIANG), 1, 1)


async def test_a_provider_goes_live_qualified_once_and_from_its_sandbox(world: World) -> None:
    provider = await world.provider()

    unqualified = await provider.regulator.refused("providerGoLive", id=provider.id, version=1)
    live = await provider.live()
    again = await provider.regulator.refused("providerGoLive", id=provider.id, version=2)
    production = await provider.regulator.refused("providerGoLive", id=live.id, version=1)

    assert unqualified.problems == [("PROVIDER_NOT_QUALIFIED", "id")]
    assert again.problems == [("ALREADY_LIVE", "id")]
    assert production.problems == [("NOT_A_SANDBOX", "id")]


async def test_the_sandbox_and_its_production_row_do_not_see_each_other(world: World) -> None:
    sandbox = await world.provider()
    live = await sandbox.live()
    _, account = await live.applied()

    answer = await sandbox.reviewer.refused("accountClaim", id=account.id)

    assert answer.problems == [("NOT_FOUND", "id")]


async def test_another_province_finds_no_such_provider(world: World) -> None:
    provider = await world.provider()

    answer = await (await world.regulator(SHANGHAI)).refused("providerGoLive", id=provider.id, version=1)

    assert answer.problems == [("NOT_FOUND", "id")]
