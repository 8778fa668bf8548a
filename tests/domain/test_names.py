"""Names: what hides behind a look-alike, and what comes close to whom (Art. 5, 7)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identifiers import Malformed
from domain.names import Candidates, Match, NameMark, clean_name, marks_of, name_key, resembles


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("新华社", "新华社"),
        (" 新 华 · 社！", "新华社"),
        ("新\u200b华\ufe0f社", "新华社"),
        ("ＣＧＴＮ", "cgtn"),
        ("Straße", "strasse"),
        ("佛山＋", "佛山"),
        ("★★", "★★"),
        ("！？", "！？".replace("！", "!").replace("？", "?")),
    ],
)
def test_a_key_forgets_case_width_space_and_signs(text: str, key: str) -> None:
    assert name_key(text) == key


@given(st.text())
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)


def test_a_name_is_kept_as_written_but_for_its_spaces() -> None:
    assert clean_name("  小明\u3000 的  日常 ") == "小明 的 日常"
    assert clean_name("iChongqing") == "iChongqing"


@pytest.mark.parametrize(
    "hidden",
    ["\u200b", "\u200d", "\u202e", "\u2066", "\x00", "\n", "\u2028", "\ue000", "\u0378", "\u3164", "\ufe0f", "\u00ad"],
)
def test_a_name_with_something_unseen_in_it_is_refused(hidden: str) -> None:
    with pytest.raises(Malformed):
        clean_name(f"新{hidden}华社")


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(Malformed):
        clean_name(" \u3000")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("人民日报", "人民日报"),
        ("人民曰报", "人民日报"),
        ("新華網", "新华网"),
        ("CGTN0", "CGTNO"),
        ("人民日报官方", "人民日报"),
        ("人民日报社", "人民日报海外版"),
        ("某某传媒集团有限公司", "某某传媒"),
        ("求是", "求是杂志"),
        ("三峡日报", "三明日报"),
        ("广州日报", "广州日日报"),
    ],
)
def test_names_come_close(one: str, other: str) -> None:
    assert resembles(name_key(one), name_key(other))
    assert resembles(name_key(other), name_key(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("小明的日常", "人民日报"),
        ("红网", "橙网"),
        ("青红网络", "红网"),
        ("abc", "xabcy"),
        ("新华社", "光明网"),
        ("广州日报", "广州晨刊"),
    ],
)
def test_names_stay_apart(one: str, other: str) -> None:
    assert not resembles(name_key(one), name_key(other))
    assert not resembles(name_key(other), name_key(one))


def test_the_equal_name_comes_first_and_is_said_to_be_equal() -> None:
    listed = Candidates([("人民日报海外版", "b"), ("人民日报", "a"), ("光明网", "c")])

    assert listed.search("人民 日报") == [Match("a", is_exact=True), Match("b", is_exact=False)]
    assert listed.search("小明的日常") == []
    assert len(listed) == 3


def test_a_look_alike_is_close_and_not_equal() -> None:
    assert Candidates([("人民日报", "a")]).search("人民曰报") == [Match("a", is_exact=False)]


def test_a_common_word_finds_no_more_than_asked_for_and_the_nearest() -> None:
    listed = Candidates((f"{'很' * n}日报", str(n)) for n in range(30, 0, -1))

    assert [match.id for match in listed.search("日报", limit=3)] == ["1", "2", "3"]


_WORDS = st.text(alphabet="新华日报网官方社0oab", max_size=7)


@given(st.lists(_WORDS, max_size=12), _WORDS)
def test_the_index_finds_what_a_look_at_every_name_finds(names: list[str], asked: str) -> None:
    listed = Candidates((name, str(at)) for at, name in enumerate(names))

    found = {match.id for match in listed.search(asked, limit=100)}

    assert found == {str(at) for at, name in enumerate(names) if resembles(name, asked)}


def test_twenty_thousand_names_are_searched_in_a_moment() -> None:
    places = [chr(0x4E00 + 37 * n) + chr(0x5200 + 11 * n) for n in range(400)]
    listed = Candidates((place + kind, place) for place in places for kind in [f"{n}日报" for n in range(50)])

    started = time.perf_counter()
    for place in places[:100]:
        listed.search(f"{place}7日报官方")
    elapsed_seconds = time.perf_counter() - started

    # 10 ms each, where a look at every name takes far more; by itself it is a fraction of one.
    assert elapsed_seconds < 1


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("杭州市公安局", {NameMark.AUTHORITY, NameMark.PLACE}),
        ("杭州發佈", {NameMark.PLACE}),
        ("某县人民检察院", {NameMark.AUTHORITY}),
        ("共青团某校委员会", {NameMark.PARTY_ORGAN}),
        ("某某日報", {NameMark.MEDIA}),
        ("CCTV 体育", {NameMark.MEDIA}),
        ("伊犁生活", {NameMark.PLACE}),
        ("小明的日常", set()),
    ],
)
def test_a_name_is_marked_by_what_it_speaks_of(name: str, marks: set[NameMark]) -> None:
    places = {"浙江省", "杭州市", "伊犁自治州"}

    assert marks_of(name, places) == marks
