"""A list of codes that is none is a problem, and one may ask which lists there are."""

from __future__ import annotations

import pytest

from domain.codes.lists import LISTS, codes
from tests.world import World
from workflows.registry import WORKFLOWS


@pytest.mark.parametrize(
    "name", ["nope", "", "Materials", "materials ", "prefectures", "rulesets", "../materials", "%"]
)
async def test_n7_a_list_that_is_none_is_refused_and_the_cure_named(world: World, name: str) -> None:
    query = "query($list: String!) { codes(list: $list) { code } }"
    for person in (world.public, (await world.provider()).reviewer):
        response = await person.post(query, {"list": name})

        [error] = response.json()["errors"]
        assert (response.status_code, error["extensions"]["code"]) == (400, "ARGUMENT_INVALID")
        assert "codeLists" in error["message"]
        assert "data" not in response.json()


async def test_n7_every_list_is_named_with_its_label_and_has_codes(world: World) -> None:
    told = await world.public.ask("{ codeLists { list zh: label(language: ZH) en: label(language: EN) } }")

    assert [one["list"] for one in told["codeLists"]] == list(LISTS)
    for one in told["codeLists"]:
        assert one["zh"]
        assert one["en"]
        listed = await world.public.ask("query($l: String!) { codes(list: $l) { list code } }", l=one["list"])
        assert {code["list"] for code in listed["codes"]} == {one["list"]}


async def test_n7_a_list_of_a_day_on_which_it_had_no_codes_is_empty(world: World) -> None:
    told = await world.public.ask('{ codes(list: "materials", at: "1950-01-01") { code } }')

    assert told["codes"] == []


def test_n7_every_list_that_a_step_draws_on_is_one_of_them() -> None:
    named = {name for flow in WORKFLOWS.values() for row in flow.transitions for name in row.code_lists}

    assert named <= set(LISTS)
    assert all(codes(name) for name in LISTS)
