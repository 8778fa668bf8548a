"""Blind indexes: equal within one provider and one kind, unrelated everywhere else (Art. 5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identifiers import Malformed
from domain.vault.blind_index import Indexed, ban_index, blind_index
from domain.vault.keys import KeyRing

RING = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)


@pytest.mark.parametrize(
    ("indexed", "one", "other"),
    [
        (Indexed.RESIDENT_ID, "11010519491231002X", " 110105 19491231 002x"),
        (Indexed.USCC, "9144030071526726XG", "91 440300 71526726xg"),
        (Indexed.MOBILE, "13800138000", "+86 138-0013-8000"),
        (Indexed.EMAIL, "Alice@QQ.com", "alice@qq.COM"),
        (Indexed.NAME, "新华 · Daily", "新华daily"),
    ],
)
def test_one_value_has_one_index_however_it_is_written(indexed: Indexed, one: str, other: str) -> None:
    index = blind_index(RING, "provider_a", indexed, one)

    assert index == blind_index(RING, "provider_a", indexed, other)
    assert len(index) == 32


@given(st.text(min_size=1), st.text(min_size=1), st.text(max_size=30))
def test_the_indexes_of_two_providers_are_never_equal(one: str, two: str, value: str) -> None:
    one, two = (f"provider_{name.encode(errors='replace').hex()}" for name in (one, two))
    value = value.encode(errors="ignore").decode()

    same = blind_index(RING, one, Indexed.NAME, value) == blind_index(RING, two, Indexed.NAME, value)

    assert same == (one == two)


def test_the_indexes_of_two_kinds_and_of_two_deployments_are_never_equal() -> None:
    other = KeyRing(b"m" * 32, b"c" * 32, b"j" * 32)

    indexes = {
        blind_index(RING, "provider_a", Indexed.RESIDENT_ID, "110105"),
        blind_index(RING, "provider_a", Indexed.USCC, "110105"),
        blind_index(RING, "provider_a", Indexed.NAME, "110105"),
        blind_index(other, "provider_a", Indexed.NAME, "110105"),
    }

    assert len(indexes) == 4


def test_a_value_that_cannot_be_normalised_is_refused() -> None:
    with pytest.raises(Malformed):
        blind_index(RING, "provider_a", Indexed.MOBILE, "no number")


def test_a_ban_knows_a_subject_again_at_its_provider_and_by_nothing_that_another_table_holds() -> None:
    index = blind_index(RING, "provider_a", Indexed.RESIDENT_ID, "11010519491231002X")
    other = blind_index(RING, "provider_a", Indexed.RESIDENT_ID, "110105194912310038")

    ban = ban_index(RING, "provider_a", index)

    assert len(ban) == 32
    assert ban == ban_index(RING, "provider_a", index)
    assert len({ban, index, ban_index(RING, "provider_a", other), ban_index(RING, "provider_b", index)}) == 4
