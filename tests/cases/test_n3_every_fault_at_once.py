"""Every fault of an input is told at once, whichever floor finds it: form, codes, identifiers, texts."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.sanctions import PIECE, REASONS, asked, sanctioned
from tests.workflows.test_adopt import EXAMINED, item, opened
from tests.world import NEWS_REASON, Answer, Person, World, unique

_LONG: Final = "长" * 4_001
_MOBILE: Final = "请致电13900000000"
_BAD_REASONS: Final[dict[str, Any]] = {
    "reasonCodes": ["OTHER", "NO_SUCH"],
    "facts": _LONG,
    "legalBases": ["NO_SUCH_LAW"],
    "publicReason": _MOBILE,
}
_OF_REASONS: Final = {
    ("CODE_UNKNOWN", "reasons.reasonCodes.1"),
    ("INPUT_INVALID", "reasons.facts"),
    ("LEGAL_BASIS_INVALID", "reasons.legalBases.0"),
    ("PERSONAL_DATA_IN_TEXT", "reasons.publicReason"),
}


def _told(answer: Answer) -> set[tuple[str, str]]:
    assert len(answer.problems) == len(set(answer.problems)), answer.problems
    return set(answer.problems)


async def test_n3_an_application_is_told_all_that_is_wrong_with_it(world: World) -> None:
    holder = await (await world.provider()).holder()
    materials = [
        {"kind": "OPERATOR_ID", "reference": "r-1", "sha256": "no hash"},
        {"kind": "NO_SUCH_KIND", "reference": "r-2", "sha256": "0" * 64},
        {"kind": "ALSO_NONE", "sha256": "0" * 63},
    ]
    particulars = holder.particulars(category="NO_SUCH", division="999999", materials=materials)

    answer = await holder.person.refused("accountApply", particulars=particulars, idempotencyKey=unique("key-"))

    assert _told(answer) == {
        ("INPUT_INVALID", "particulars.materials.0.sha256"),
        ("INPUT_INVALID", "particulars.materials.2.sha256"),
        ("INPUT_INVALID", "particulars.materials.2"),
        ("CODE_UNKNOWN", "particulars.materials.1.kind"),
        ("CODE_UNKNOWN", "particulars.materials.2.kind"),
        ("CODE_UNKNOWN", "particulars.category"),
        ("CODE_UNKNOWN", "particulars.division"),
    }


async def test_n3_one_fault_of_the_form_hides_no_code(world: World) -> None:
    holder = await (await world.provider()).holder()
    particulars = holder.particulars(category="NO_SUCH", description=_LONG)

    answer = await holder.person.refused("accountApply", particulars=particulars, idempotencyKey=unique("key-"))

    assert _told(answer) == {("INPUT_INVALID", "particulars.description"), ("CODE_UNKNOWN", "particulars.category")}


async def test_n3_a_code_that_is_malformed_is_named_once(world: World) -> None:
    holder = await (await world.provider()).holder()
    particulars = holder.particulars(category="新闻!", division="33-01")

    answer = await holder.person.refused("accountApply", particulars=particulars, idempotencyKey=unique("key-"))

    assert _told(answer) == {("INPUT_INVALID", "particulars.category"), ("INPUT_INVALID", "particulars.division")}


async def test_n3_reasons_are_told_all_that_is_wrong_with_them(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    await provider.reviewer.must("accountClaim", id=account.id)

    answer = await provider.reviewer.refused("accountReject", id=account.id, version=1, reasons=_BAD_REASONS)

    assert _told(answer) == _OF_REASONS


async def test_n3_a_filing_is_returned_with_sound_defects_and_reasons_or_told_all(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    filing = account.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    defects = [{"code": "NO_SUCH", "item": "displayName", "text": "x"}, {"code": "OTHER", "item": "!", "text": _MOBILE}]

    answer = await provider.regulator.refused(
        "filingReturn", id=filing["id"], version=2, reasons=_BAD_REASONS, defects=defects
    )

    assert _told(answer) == {
        *_OF_REASONS,
        ("CODE_UNKNOWN", "defects.0.code"),
        ("INPUT_INVALID", "defects.1.item"),
        ("PERSONAL_DATA_IN_TEXT", "defects.1.text"),
    }


async def test_n3_an_identity_is_told_all_that_is_wrong_with_it(world: World) -> None:
    holder = await (await world.provider()).newcomer("ENTERPRISE")
    given = {
        "legalName": "欧\u202e阳", "residentId": "00000019600101001X", "mobile": "12", "email": "nobody",
        "organisationName": "x" * 201, "uscc": "91350100M000100Y4", "mandate": "m",
    }  # fmt: skip

    answer = await holder.person.refused("identitySubmit", id=holder.identity_id, version=0, **given)

    assert {path for _, path in _told(answer)} == set(given) - {"mandate"}
    assert all(one["message"] != "输入无效" for one in answer.payload["problems"])


async def test_n3_a_case_is_opened_on_sound_codes_and_pieces_or_told_all(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    pieces = [{**PIECE, "sha256": "x"}, {**PIECE, "address": _MOBILE}]
    given = asked(account_id, ground="NO_SUCH", evidence=pieces, conductOn="0001-01-01")

    answer = await provider.reviewer.refused("sanctionOpen", **given)

    assert _told(answer) == {
        ("CODE_UNKNOWN", "ground"),
        ("INPUT_INVALID", "conductOn"),
        ("INPUT_INVALID", "evidence.0.sha256"),
        ("PERSONAL_DATA_IN_TEXT", "evidence.1.address"),
    }


async def test_n3_a_restriction_is_told_all_that_is_wrong_with_it(world: World) -> None:
    case = await sanctioned(await world.provider())
    reasons = {**REASONS, "reasonCodes": ["NO_SUCH"], "note": _LONG}
    given = await case.input(scope=["PUBLISH", "NO_SUCH"], days=0)

    answer = await case.provider.officer.refused("sanctionRestrict", **{**given, "reasons": reasons})

    assert _told(answer) >= {
        ("CODE_UNKNOWN", "scope.1"),
        ("INPUT_INVALID", "days"),
        ("INPUT_INVALID", "reasons.note"),
        ("CODE_UNKNOWN", "reasons.reasonCodes.0"),
    }


async def test_n3_every_item_of_a_batch_is_told_all_that_is_wrong_with_it(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    items = [
        item(holder, category="NO_SUCH", examination={**EXAMINED, "examinedOn": "0001-01-01"}),
        item(holder, division="999999"),
    ]

    answer = await provider.integration.refused("batchFill", items=items, idempotencyKey=unique("key-"))

    assert _told(answer) == {
        ("INPUT_INVALID", "items.0.examination.examinedOn"),
        ("CODE_UNKNOWN", "items.0.particulars.category"),
        ("CODE_UNKNOWN", "items.1.particulars.division"),
    }


@pytest.mark.parametrize("mutation", ["providerRegister", "staffEnrol", "holderEnrol"])
async def test_n3_who_is_new_is_told_all_that_is_wrong_with_them(world: World, mutation: str) -> None:
    provider = await world.provider()
    by: dict[str, tuple[Person, dict[str, Any], set[str]]] = {
        "providerRegister": (
            provider.regulator,
            {"name": "a\nb", "uscc": "91350100M000100Y44X", "division": "999999"},
            {"name", "uscc", "division"},
        ),
        "staffEnrol": (
            provider.officer,
            {"issuer": "", "subject": "s", "role": "REVIEWER", "staffNumber": "n" * 201, "residentId": "12"},
            {"issuer", "staffNumber", "residentId"},
        ),
        "holderEnrol": (
            provider.integration,
            {"subjectType": "INDIVIDUAL", "displayName": " ", "division": "999999"},
            {"displayName", "division"},
        ),
    }
    person, given, paths = by[mutation]

    answer = await person.refused(mutation, idempotencyKey=unique("key-"), **given)

    assert {path for _, path in _told(answer)} == paths


async def test_n3_a_sound_input_is_told_nothing(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    await provider.reviewer.must("accountClaim", id=account.id)

    await provider.reviewer.must("accountReject", id=account.id, version=1, reasons=NEWS_REASON)
