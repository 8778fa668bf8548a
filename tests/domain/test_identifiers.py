"""Identifiers: published vectors, and the traps around them (Art. 6, 7)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from domain.identifiers import (
    USCC_PREFIXES,
    Fault,
    Flag,
    Malformed,
    PersonDocument,
    email,
    is_adult,
    licence_number,
    mobile,
    resident_id,
    unified_social_credit_code,
    uscc_prefix_fits,
)

TODAY = date(2026, 3, 2)
# Shipped beside the repository, where it is worked on; the literal vectors below are enough without them.
SHIPPED = Path(__file__).parents[3] / "shared" / "data" / "ship"


def _shipped(name: str) -> list[dict[str, str]]:
    if not (SHIPPED / name).exists():
        return []
    with (SHIPPED / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _fault(check: object, *args: object, **named: object) -> Fault | None:
    assert callable(check)
    try:
        check(*args, **named)
    except Malformed as malformed:
        return malformed.fault
    return None


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("11010519491231002X", None),
        ("440524188001010014", None),
        ("11010519491231002x", None),
        (" 110105 19491231 002X ", None),
        ("１１０１０５１９４９１２３１００２Ｘ", None),
        ("000000199001010018", None),
        ("990101198506150020", None),
        ("110105194912310021", Fault.CHECK_DIGIT),
        ("440524188001010024", Fault.CHECK_DIGIT),
        ("110105202302300016", Fault.DATE),
        ("11010549123100", Fault.LENGTH),
        ("1101051949123100AX", Fault.CHARACTERS),
        ("", Fault.LENGTH),
    ],
)
def test_a_resident_id_is_checked_by_digit_and_date(number: str, fault: Fault | None) -> None:
    assert _fault(resident_id, number, today=TODAY) == fault


def test_the_shipped_resident_ids_are_judged_as_they_say() -> None:
    for row in _shipped("resident_id_vectors.csv"):
        assert (_fault(resident_id, row["value"], today=TODAY) is None) == (row["valid"] == "1"), row
        if row["valid"] == "1":
            assert str(resident_id(row["value"], today=TODAY).born_on) == row["birth_date"]


def test_nobody_is_born_tomorrow() -> None:
    born_on = date(1990, 1, 1)

    assert _fault(resident_id, "000000199001010018", today=date(1989, 12, 31)) == Fault.FUTURE
    assert resident_id("000000199001010018", today=born_on).born_on == born_on


def test_a_person_is_of_age_on_the_eighteenth_birthday() -> None:
    person = resident_id("000000199001010018", today=TODAY)

    assert is_adult(person, today=date(2007, 12, 31)) is False
    assert is_adult(person, today=date(2008, 1, 1)) is True
    assert is_adult(resident_id("H12345678", today=TODAY), today=TODAY) is None


@pytest.mark.parametrize(
    ("number", "document"),
    [
        ("11010519491231002X", PersonDocument.RESIDENT_ID),
        ("810000199001010019", PersonDocument.RESIDENCE_PERMIT),
        ("820000199001010010", PersonDocument.RESIDENCE_PERMIT),
        ("830000199001010012", PersonDocument.RESIDENCE_PERMIT),
        ("h12345678", PersonDocument.TRAVEL_PERMIT_HK_MACAO),
        ("M12345678", PersonDocument.TRAVEL_PERMIT_HK_MACAO),
        ("12345678", PersonDocument.TRAVEL_PERMIT_TAIWAN),
    ],
)
def test_permits_of_hong_kong_macao_and_taiwan_residents_are_accepted(number: str, document: PersonDocument) -> None:
    assert resident_id(number, today=TODAY).document == document


@pytest.mark.parametrize("number", ["X12345678", "H1234567", "1234567", "H123456789"])
def test_no_other_letter_or_length_is_a_travel_permit(number: str) -> None:
    assert _fault(resident_id, number, today=TODAY) == Fault.LENGTH


def test_a_refusal_never_repeats_the_number() -> None:
    with pytest.raises(Malformed) as refusal:
        resident_id("110105194912310021", today=TODAY)

    assert str(refusal.value) == "Its check digit is wrong"
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("9144030071526726XG", set()),
        ("91 440300 71526726xg", set()),
        ("91350100M000100Y43", set()),
        ("121200004013590816", set()),
        ("91350100M000100Y4A", {Flag.CHECK_DIGIT}),
        ("91350211M00013FA1N", {Flag.CHECK_DIGIT}),
    ],
)
def test_a_wrong_check_character_is_a_flag(code: str, flags: set[Flag]) -> None:
    assert unified_social_credit_code(code).flags == flags


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("B1110000600037341L", Fault.CHARACTERS),
        ("9111000060003IOZSV", Fault.CHARACTERS),
        ("91A10000600037341L", Fault.CHARACTERS),
        ("12345", Fault.LENGTH),
    ],
)
def test_a_code_malformed_otherwise_is_refused(code: str, fault: Fault) -> None:
    assert _fault(unified_social_credit_code, code) == fault


def test_the_shipped_codes_are_judged_as_they_say() -> None:
    for row in _shipped("uscc_vectors.csv"):
        fault = _fault(unified_social_credit_code, row["value"])
        good = fault is None and not unified_social_credit_code(row["value"]).flags

        assert good == (row["valid_after_strip_upper"] == "1"), row


def test_a_prefix_fits_the_subject_types_it_is_given_to() -> None:
    assert uscc_prefix_fits("11", "GOVERNMENT")
    assert uscc_prefix_fits("11", "NEWS_UNIT")
    assert not uscc_prefix_fits("11", "NEWS_WEBSITE")
    assert uscc_prefix_fits("Y1", "OTHER")
    assert not uscc_prefix_fits("91", "GOVERNMENT")
    assert not uscc_prefix_fits("77", "OTHER")


def test_every_shipped_prefix_fits_its_subject_type() -> None:
    rows = _shipped("uscc_prefix_subject.csv")

    assert not [row for row in rows if not uscc_prefix_fits(row["prefix"], row["subject_type"])]
    assert not rows or {row["prefix"] for row in rows} <= set(USCC_PREFIXES)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13800138000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086-138-0013-8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+852 5123 4567", "+85251234567"),
    ],
)
def test_a_mobile_number_is_stored_as_e164(written: str, stored: str) -> None:
    assert mobile(written) == stored


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("021-12345678", Fault.NOT_MOBILE),
        ("010-65000000", Fault.NOT_MOBILE),
        ("1380013800", Fault.NUMBERING),
        ("1380013800a", Fault.CHARACTERS),
        ("", Fault.FORM),
    ],
)
def test_what_cannot_receive_a_message_is_refused(written: str, fault: Fault) -> None:
    assert _fault(mobile, written) == fault


def test_an_email_keeps_its_local_part_and_folds_its_domain() -> None:
    assert email(" Alice.B+c@QQ.com ") == "Alice.B+c@qq.com"
    assert email("用户@例子.中国") == "用户@例子.中国"


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("alice", Fault.FORM),
        ("a@b@qq.com", Fault.FORM),
        ("alice@localhost", Fault.FORM),
        ("alice@-qq.com", Fault.FORM),
        ("alice@qq..com", Fault.FORM),
        (".alice@qq.com", Fault.FORM),
        ("al ice@qq.com", Fault.CHARACTERS),
        ("al\u200bice@qq.com", Fault.CHARACTERS),
        ("alice\r\nbcc:b@qq.com", Fault.CHARACTERS),
        ("@qq.com", Fault.LENGTH),
        ("a" * 65 + "@qq.com", Fault.LENGTH),
    ],
)
def test_an_email_malformed_is_refused(written: str, fault: Fault) -> None:
    assert _fault(email, written) == fault


def test_a_licence_number_tells_province_class_year_and_serial() -> None:
    number = licence_number("31120170006")

    assert (number.province, number.licence_class, number.year, number.serial) == ("31", 1, 2017, "0006")
    assert number.flags == frozenset()
    assert licence_number("1012006049").serial == "049"


def test_the_shipped_licences_are_read_as_they_say() -> None:
    for row in _shipped("demo_licensed_media.csv"):
        number = licence_number(row["licence_no"])

        assert (number.province, str(number.licence_class)) == (row["province_gb2260"][:2], row["class"])


def test_an_older_licence_number_is_accepted_and_flagged() -> None:
    number = licence_number("沪新备A2006-012")

    assert number.value == "沪新备A2006012"
    assert number.flags == {Flag.LEGACY_FORM}
    assert number.province is None


@pytest.mark.parametrize("written", ["", "99120170006", "31420170006", "3112017006789", "新闻许可", "ABCDEFG"])
def test_what_is_no_licence_number_is_refused(written: str) -> None:
    assert _fault(licence_number, written) == Fault.FORM
