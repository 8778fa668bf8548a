"""R5: the whole published table of registrars of GB 32100-2015 is known (Art. 5, 6)."""

from __future__ import annotations

import pytest

from domain.holder import SubjectType
from domain.identifiers import USCC_PREFIXES, Malformed, unified_social_credit_code, uscc_prefix_fits
from tests.world import World

PREFIXES = (
    "11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 54 55 59 61 62 69 71 72 79 81 89 91 92 93 A1 A9 N1 N2 N3 N9 Y1"
)


@pytest.mark.parametrize("prefix", PREFIXES.split())
def test_r5_a_listed_registrar_fits_a_subject_type(prefix: str) -> None:
    code = f"{prefix}0000000000000000"

    assert unified_social_credit_code(code).value == code
    assert [subject_type for subject_type in SubjectType if uscc_prefix_fits(code, subject_type)]


def test_r5_every_subject_type_of_the_table_is_one() -> None:
    assert set().union(*USCC_PREFIXES.values()) <= set(SubjectType)


@pytest.mark.parametrize("prefix", ["B1", "I1", "Z1", "O1", "1A"])
def test_r5_what_begins_no_code_is_refused(prefix: str) -> None:
    with pytest.raises(Malformed):
        unified_social_credit_code(f"{prefix}0000000000000000")


@pytest.mark.parametrize("prefix", ["82", "95", "Y9", "A2"])
def test_r5_what_the_table_does_not_list_is_flagged_for_everybody(prefix: str) -> None:
    assert not [each for each in SubjectType if uscc_prefix_fits(f"{prefix}0000000000000000", each)]


@pytest.mark.parametrize(
    ("code", "subject_type"),
    [("310000000000000005", "OTHER"), ("A10000000000000006", "PUBLIC_INSTITUTION"), ("N1000000000000000X", "OTHER")],
)
async def test_r5_such_a_body_can_submit_its_identity(world: World, code: str, subject_type: str) -> None:
    provider = await world.provider()
    holder = await provider.newcomer(subject_type)

    answer = await holder.submit_identity(uscc=code, organisationName="示例团体", mandate="示例授权书")

    assert answer.problems == []
