"""R3, R4: every assigned ideograph may stand in a name, and a radical that looks like one is that one (Art. 5, 7)."""

from __future__ import annotations

import pytest

from domain.identifiers import Malformed
from domain.names import Candidates, clean_name, name_key
from domain.register import RegisterKind
from tests.registers import imported, put_aside
from tests.world import World

# Extensions C, G, H, I and J: some are newer than the Unicode of the interpreters that Signet runs on.
IDEOGRAPHS = ["\U0002ebf0", "\U0002ee5d", "\U00031350", "\U000323af", "\U000323b0", "\U0002b739", "\U00030000"]
PAIRS = [
    ("示⺠网", "示民网"),
    ("示⽹报", "示网报"),
    ("⽰例⽇报", "示例日报"),
    ("⻓江示例", "长江示例"),
    ("示例㇐台", "示例一台"),
    ("⻢示报", "马示报"),
]


@pytest.mark.parametrize("ideograph", IDEOGRAPHS)
def test_r3_an_assigned_ideograph_is_let_into_names(ideograph: str) -> None:
    assert clean_name(f"示{ideograph}") == f"示{ideograph}"
    assert ideograph in name_key(f"示{ideograph}")


@pytest.mark.parametrize("character", ["\ue000", "\U000f0000", "\u0378", "\U0003fffd", "\x07", "\u200b", "\ud800"])
def test_r3_what_is_not_assigned_private_or_unseen_stays_refused(character: str) -> None:
    with pytest.raises(Malformed):
        clean_name(f"示{character}例")


@pytest.mark.parametrize("ideograph", IDEOGRAPHS)
async def test_r3_such_a_person_can_be_verified_and_apply(world: World, ideograph: str) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    await holder.submit_identity(legalName=f"示{ideograph}")
    applied = await (await provider.holder()).apply(displayName=f"{ideograph}示例{ideograph}")

    assert applied.state == "APPLIED"


async def test_r3_such_a_unit_comes_in_by_a_register(world: World) -> None:
    report = await imported(world.office.database, RegisterKind.SOURCES, f"name\n{IDEOGRAPHS[0]}{IDEOGRAPHS[4]}\n")

    assert await put_aside(world.office.database, report) == []


@pytest.mark.parametrize(("written", "plain"), PAIRS)
def test_r4_a_radical_and_its_ideograph_have_one_name_key(written: str, plain: str) -> None:
    assert name_key(written) == name_key(plain)
    assert [match.is_exact for match in Candidates([(name_key(plain), "x")]).search(written)] == [True]


@pytest.mark.parametrize(("written", "plain"), PAIRS)
async def test_r4_look_alikes_do_not_live_side_by_side(world: World, written: str, plain: str) -> None:
    provider = await world.provider()
    await (await provider.holder()).apply(displayName=plain)

    answer = await (await provider.holder()).try_to_apply(displayName=written)

    assert ("NAME_UNAVAILABLE", "particulars.displayName") in answer.problems
