"""Names of accounts and bodies: compared without their disguises, and told when they come close to another (Art. 5, 7).

Two names resemble each other, once look-alike characters are made equal, when
- they are the same; or
- the core of one (the name without endings such as 有限公司 or 官方) stands in the other: from two 中文 characters or
  four Latin letters on, and a core of two characters only at the other's beginning or end; or
- both have four characters or more and differ by one that is changed, added or left out.
A name that resembles another needs a second reader; it proves nothing.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice, pairwise
from types import MappingProxyType
from typing import Final, NamedTuple

from domain.characters import category, nfc, nfkc, radicals
from domain.identifiers import Fault, Malformed
from domain.state import Word

_CORE_CHARACTERS_MIN: Final = 2
_CORE_LATIN_LETTERS_MIN: Final = 4
_ONE_EDIT_CHARACTERS_MIN: Final = 4
_MATCHES_MAX: Final = 20
# Letters and marks that show nothing: Hangul fillers, braille blank, variation selectors, combining joiner.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}
# Look-alikes, and the traditional characters usual in names of media and authorities.
_LOOK_ALIKES: Final = str.maketrans(
    "曰0oо1lіi5ѕаесрху〇ニハロカエタトー國華報網廣電視臺台東黨發聞時晚眾報導體雜誌學會員開門長經濟財環訊傳區縣務機關辦廳書圖衛與軍團聯處隊總農業產勞動員實驗觀察點線雲南龍鳳",
    "日ooo1111ssaecpxyo二八口力工夕卜一国华报网广电视台台东党发闻时晚众报导体杂志学会员开门长经济财环讯传区县务机关办厅书图卫与军团联处队总农业产劳动员实验观察点线云南龙凤",
)
_SPACES: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_ENDINGS: Final = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团|公司|官方账号|官方号|官方|官网|官微|公众号|服务号|订阅号|客户端|平台|号|社)$"
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


class NameMark(Word):
    """What a name speaks of."""

    AUTHORITY = "AUTHORITY", "国家机关", "An authority"
    PARTY_ORGAN = "PARTY_ORGAN", "党的机关", "An organ of the party or of a mass organisation"
    MEDIA = "MEDIA", "新闻媒体", "A news unit"
    PLACE = "PLACE", "地名", "A place"


_MARKS: Final[Mapping[NameMark, tuple[str, ...]]] = MappingProxyType(
    {
        NameMark.AUTHORITY: _words("""
            人民政府 政府 政务 国务院 网信办 网信 互联网信息办公室 公安 警察 警方 交警 特警 刑警 民警 派出所 法院 检察
            司法局 司法厅 监察委 人大 政协 税务 海关 市场监督 市监局 工商局 财政局 财政厅 教育局 教育厅 教育部 民政局
            民政厅 民政部 外交部 卫健委 卫生健康委 发改委 管理局 监督局 管委会 人社局 住建局 城管 应急管理 消防 气象局
            统计局 证监会 银保监 金融监管 人民银行 解放军 武警 战区 使馆 街道办 police government court
        """),
        NameMark.PARTY_ORGAN: _words("""
            党委 中共 共产党 党中央 省委 市委 县委 区委 州委 纪委 宣传部 组织部 统战部 政法委 党支部 党校 党建 共青团
            团中央 团委 团省委 团市委 妇联 总工会 文明办 中联部
        """),
        NameMark.MEDIA: _words("""
            日报 晚报 晨报 早报 商报 时报 都市报 快报 周报 青年报 报社 新闻 通讯社 新华社 新华网 人民网 央视 电视台
            卫视 广播 电台 总台 融媒 传媒 杂志社 周刊 记者 头条 时政 新闻网 news media daily cctv cgtn
        """),
        NameMark.PLACE: ("中国", "中华", "全国", "中央"),
    }
)
_PLACE_ENDINGS: Final = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|自治州|地区|省|市|盟)$")


def clean_name(text: str) -> str:
    """The name as it is kept and shown. Refused where it holds what cannot be seen or does not exist."""
    name = re.sub(_SPACES, " ", nfc(text)).strip()
    if not name:
        raise Malformed(Fault.LENGTH)
    if any(_is_unseen(character) or category(character) in {"Zl", "Zp"} for character in name):
        raise Malformed(Fault.CHARACTERS)
    return name


@lru_cache(maxsize=1_000)
def name_key(text: str) -> str:
    """The name for comparison: NFKC, radicals as ideographs, case folded, without spaces, signs and what is unseen."""
    folded = nfkc(nfkc(text).translate(radicals()).casefold())
    seen = "".join(character for character in folded if not _is_unseen(character) and category(character)[0] != "Z")
    # A name made of signs alone is compared by its signs.
    bare = "".join(character for character in seen if category(character)[0] not in "PS")
    return nfkc(bare or seen)


def _is_unseen(character: str) -> bool:
    return category(character)[0] == "C" or character in _UNSEEN or "\U000e0100" <= character <= "\U000e01ef"


def resembles(key: str, other: str) -> bool:
    """Whether two names, as `name_key` gives them, come close to each other."""
    mine, others = _folded(key), _folded(other)
    return mine == others or _holds(mine, _core(others)) or _holds(others, _core(mine)) or _one_edit(mine, others)


def _folded(key: str) -> str:
    return key.translate(_LOOK_ALIKES)


def _core(folded: str) -> str:
    """The folded name without its endings; three characters stay in any case."""
    while (shorter := _ENDINGS.sub("", folded)) != folded and len(shorter) > _CORE_CHARACTERS_MIN:
        folded = shorter
    return folded


def _is_core(text: str) -> bool:
    return len(text) >= (_CORE_LATIN_LETTERS_MIN if text.isascii() else _CORE_CHARACTERS_MIN)


def _holds(folded: str, core: str) -> bool:
    if not _is_core(core):
        return False
    if len(core) == _CORE_CHARACTERS_MIN:
        return folded.startswith(core) or folded.endswith(core)
    return core in folded


def _one_edit(one: str, two: str) -> bool:
    """Whether two different names of four characters or more differ by one character."""
    short, long = sorted((one, two), key=len)
    if len(short) < _ONE_EDIT_CHARACTERS_MIN or len(long) - len(short) > 1:
        return False
    same = next((at for at, character in enumerate(short) if character != long[at]), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


class Match(NamedTuple):
    """A listed name that a name equals (`is_exact`) or resembles."""

    id: str
    is_exact: bool


class _Listed(NamedTuple):
    key: str
    folded: str
    id: str


class Candidates:
    """Listed names that can be searched by a name in a fraction of a millisecond; built once, never changed."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """`names` are pairs of a `name_key` and an id."""
        self._names: list[_Listed] = []
        self._by_folded: defaultdict[str, list[int]] = defaultdict(list)
        self._by_core: defaultdict[str, list[int]] = defaultdict(list)
        self._by_pair: defaultdict[str, list[int]] = defaultdict(list)
        self._by_parts: defaultdict[tuple[int, int, str], list[int]] = defaultdict(list)
        self._core_characters_max = 0
        listed = (_Listed(key, _folded(key), row_id) for key, row_id in names)
        # Shortest first: of the thousands that hold a common word the nearest come at once.
        for name in sorted(listed, key=lambda name: len(name.folded)):
            self._add(name)

    def __len__(self) -> int:
        return len(self._names)

    def search(self, text: str, *, limit: int = _MATCHES_MAX) -> list[Match]:
        """The names that the text equals or resembles: equal ones first, then by how little the lengths differ."""
        key = name_key(text)
        folded = _folded(key)
        found = (
            self._containing(folded, limit) | set(self._one_edit_from(folded)) | set(self._by_folded.get(folded, ()))
        )

        def distance(at: int) -> tuple[bool, int, int]:
            return self._names[at].key != key, abs(len(self._names[at].folded) - len(folded)), at

        nearest = heapq.nsmallest(limit, found, key=distance)
        return [Match(self._names[at].id, self._names[at].key == key) for at in nearest]

    def _add(self, listed: _Listed) -> None:
        at, folded = len(self._names), listed.folded
        self._names.append(listed)
        self._by_folded[folded].append(at)
        if _is_core(core := _core(folded)):
            self._by_core[core].append(at)
            self._core_characters_max = max(self._core_characters_max, len(core))
        for pair in set(map("".join, pairwise(folded))):
            self._by_pair[pair].append(at)
        if len(folded) >= _ONE_EDIT_CHARACTERS_MIN:
            for parts in _parts(folded, len(folded)):
                self._by_parts[parts].append(at)

    def _containing(self, folded: str, limit: int) -> set[int]:
        """Names whose core stands in this one, and the shortest of those in which this one's core stands."""
        found: set[int] = set()
        length = len(folded)
        for start in range(length - 1):
            for end in range(start + _CORE_CHARACTERS_MIN, min(length, start + self._core_characters_max) + 1):
                inside = folded[start:end]
                if inside in self._by_core and _holds(folded, inside):
                    found.update(self._by_core[inside])
        if _is_core(core := _core(folded)):
            pairs = (self._by_pair.get(core[at : at + 2], []) for at in range(len(core) - 1))
            holding = (at for at in min(pairs, key=len) if _holds(self._names[at].folded, core))
            found.update(islice(holding, limit))
        return found

    def _one_edit_from(self, folded: str) -> Iterator[int]:
        """Of a name cut in three, one edit leaves two parts as they were: names that share two are compared."""
        for length in (len(folded) - 1, len(folded), len(folded) + 1):
            if length >= _ONE_EDIT_CHARACTERS_MIN:
                for parts in _parts(folded, length):
                    near = self._by_parts.get(parts, ())
                    yield from (at for at in near if _one_edit(self._names[at].folded, folded))


def _parts(folded: str, length: int) -> Iterator[tuple[int, int, str]]:
    """What a name of that length shares with `folded` if the third, the first or the second third of it is edited."""
    first, second = length // 3, length * 2 // 3
    tail, last = len(folded) - (length - first), len(folded) - (length - second)
    yield length, 3, folded[:second]
    yield length, 1, folded[max(tail, 0) :]
    yield length, 2, folded[:first] + "\0" + folded[max(last, 0) :]


def marks_of(name: str, places: Collection[str] = frozenset()) -> frozenset[NameMark]:
    """What the name speaks of. `places` are names of provinces and prefectures, found with and without their ending."""
    folded = _folded(name_key(name))
    marks = {mark for mark, words in _folded_marks().items() if any(word in folded for word in words)}
    if any(place in folded for place in _short_places(frozenset(places))):
        marks.add(NameMark.PLACE)
    return frozenset(marks)


@lru_cache(maxsize=1)
def _folded_marks() -> Mapping[NameMark, tuple[str, ...]]:
    return {mark: tuple(map(_folded, words)) for mark, words in _MARKS.items()}


@lru_cache(maxsize=4)
def _short_places(places: frozenset[str]) -> tuple[str, ...]:
    return tuple(_folded(_short_place(name_key(place))) for place in sorted(places))


def _short_place(place: str) -> str:
    short = _PLACE_ENDINGS.sub("", place)
    return short if len(short) >= _CORE_CHARACTERS_MIN else place
