"""R8: a number that identifies somebody is found in every text that others are told, however written (Art. 5)."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from domain.personal import personal_data_in
from tests.sanctions import CIRCUMSTANCES, PIECE, REASONS, Case, asked
from tests.workflows.test_account import claimed
from tests.world import NEWS_REASON, World

NUMBERS = [
    "000000 19900101 1061",
    "139.0000.0106",
    "000000-19900101-1061",
    "００００００199001011061",
    "1 3 9 0 0 0 0 0 1 0 6",
    "+86 139·0000·0106",
    "0086-139-0000-0106",
    "8613900000106",
    "(139) 0000/0106",
    "①③⑨00000106",
    "tel13900000106",
    "00000019900101107x",
    "H12345678",
    "m12345678 01",
    "XXX000000010101",
    "+852 5123 4567",
    "通行证：12345678",
    "139，0000，0106",
    "000000；19900101；1061",
    "139|0000|0106",
]
PLAIN = [
    "2026年11月30日12时30分",
    "2026-11-30 12:30:45",
    "浙ICP备12345678号",
    "第13条、2024年第11期第305页",
    "20240305",
    "共1390000元",
    "https://example.com/item/12345678?page=2",
    "阅读量 2,139,000,010",
    "330106199013",
    "1.39.0.0",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_r8_a_number_is_found_where_it_stands(number: str) -> None:
    text = f"当事人{number}。"

    (found,) = personal_data_in(text)

    assert (
        number.strip("+()（通行证：") in text[found.start : found.start + found.length]
        or number[-4:] in text[found.start :]
    )


@pytest.mark.parametrize("text", PLAIN)
def test_r8_what_identifies_nobody_passes(text: str) -> None:
    assert list(personal_data_in(text)) == []


def test_r8_numbers_of_the_case_itself_pass_however_they_are_written() -> None:
    exempt = frozenset({"13120170002"})

    assert list(personal_data_in("许可证 13120170002 和 131-2017-0002", exempt)) == []
    assert len(list(personal_data_in("电话 13120170003", exempt))) == 1


@pytest.mark.parametrize("number", NUMBERS[:4])
@pytest.mark.parametrize("field", ["publicReason", "facts"])
async def test_r8_reasons_hold_no_such_number(world: World, field: str, number: str) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    reasons = {**NEWS_REASON, field: f"材料有误：{number}"}
    answer = await provider.reviewer.refused("accountReject", id=id_, version=1, reasons=reasons)

    assert answer.problems == [("PERSONAL_DATA_IN_TEXT", f"reasons.{field}")]


async def test_r8_an_address_of_evidence_holds_no_such_number(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    piece = {**PIECE, "address": "https://example.com/u/139-0000-0106"}

    answer = await provider.reviewer.refused("sanctionOpen", **asked(account_id, evidence=[PIECE, piece]))

    assert answer.problems == [("PERSONAL_DATA_IN_TEXT", "evidence.1.address")]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"addressed": [{"point": 1, "text": "致 139.0000.0106"}]}, "addressed.0.text"),
        ({"days": 20, "lengthReason": "因 000000 19900101 1061"}, "lengthReason"),
        ({"reasons": {**REASONS, "facts": "见 139 0000 0106"}}, "reasons.facts"),
    ],
)
async def test_r8_decisions_hold_no_such_number(world: World, more: dict[str, Any], path: str) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    opened = await provider.reviewer.must("sanctionOpen", **asked(account_id))
    case = Case(provider, account_id, opened.id, holder)
    await case.notify()
    await case.answer("不是我们发的。")

    given = {
        **await case.input(),
        "reasons": REASONS,
        "days": 7,
        "circumstances": CIRCUMSTANCES,
        "addressed": [{"point": 1, "text": "已核实。"}],
        **more,
    }
    answer = await provider.officer.refused("sanctionSuspend", **given)

    assert answer.problems == [("PERSONAL_DATA_IN_TEXT", path)]


async def test_r8_facts_told_to_the_holder_hold_no_such_number(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    opened = await provider.reviewer.must("sanctionOpen", **asked(account_id))
    case = Case(provider, account_id, opened.id)

    given = {"proposedLevel": "WARNING", "facts": "见 ０００００0199001011061", "evidenceIds": await case.evidence()}
    answer = await provider.reviewer.refused("sanctionNotify", id=case.id, version=await case.version(), **given)

    assert answer.problems == [("PERSONAL_DATA_IN_TEXT", "facts")]


def calls_for(text: str) -> int:
    """How many functions are called to look through a text."""
    called = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        assert list(personal_data_in(text)) == []
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize("text", ["1 ", "0 ", "1-2.3,4 ", "1...", "139 0000 "])
def test_r8_a_text_made_of_digits_takes_no_more_than_its_length(text: str) -> None:
    """Whoever writes one would hold up everybody else meanwhile."""
    shorter, longer = (calls_for(text * (characters // len(text))) for characters in (500, 2_000))

    assert longer < 2_000 * 250
    assert longer < shorter * 5
