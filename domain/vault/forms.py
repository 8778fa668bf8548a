"""Masked forms, made when a value is written so that no reader ever needs the value (Art. 5, 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

import orjson

from domain.characters import nfkc
from domain.policy.masking import Form, Kind

Forms = Mapping[Form, str]

PROVIDED: Final = "provided"
_STARS: Final = "***"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Compound surnames, simplified and traditional: as one character each, or the mask would cut a surname in two.
_COMPOUND_SURNAMES: Final = _words("""
    欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 萬俟 闻人 聞人 夏侯 诸葛 諸葛 尉迟 尉遲 公羊
    赫连 赫連 澹台 澹臺 皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 公孙 公孫 慕容 仲孙 仲孫 钟离 鍾離 长孙 長孫 宇文 司徒 鲜于
    鮮于 司空 闾丘 閭丘 子车 子車 亓官 司寇 巫马 巫馬 公西 颛孙 顓孫 壤驷 壤駟 公良 漆雕 乐正 樂正 宰父 谷梁 拓跋 夹谷
    夾谷 轩辕 軒轅 令狐 段干 百里 呼延 东郭 東郭 南门 南門 羊舌 微生 公户 公戶 公玉 公仪 公儀 梁丘 公仲 公上 公门 公門
    公山 公坚 公堅 左丘 公伯 西门 西門 公祖 第五 公乘 贯丘 貫丘 公皙 南荣 南榮 东里 東里 东宫 東宮 仲长 仲長 子书 子書
    子桑 即墨 达奚 達奚 褚师 褚師 完颜 完顏 纳兰 納蘭 叶赫 葉赫 爱新 愛新 耶律
""")
# The domain of a private host says for whom its owner works.
_PUBLIC_MAIL_HOSTS: Final = _words("""
    qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com yeah.net 188.com sina.com sina.cn vip.sina.com sohu.com
    aliyun.com 139.com 189.cn wo.cn 21cn.com tom.com 263.net gmail.com outlook.com hotmail.com live.com live.cn
    msn.com yahoo.com icloud.com me.com mac.com proton.me protonmail.com
""")
_PROVINCE: Final = (
    r"(?:[^\W\d_]{2,7}?(?:省|自治区|特别行政区)|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川"
    r"|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆)?"
)
# Letters of a street, a district or a province end the search: `中山路12号市场` names no city.
_CITY: Final = re.compile(
    rf"(?:中国|中华人民共和国)?{_PROVINCE}"
    r"(?P<city>(?:(?:景德镇|镇江|新乡|萍乡)市)|[^\W\d_省市区县路街道村镇乡号弄]{1,9}?(?:市|自治州|地区|盟))"
)


def _legal_name(value: str) -> str:
    surname = 2 if value[:2] in _COMPOUND_SURNAMES and len(value) > 2 else 1
    return value[:surname] + "**" if len(value) > surname else "**"


def _resident_id(value: str) -> str:
    return "*" * (len(value) - 4) + value[-4:] if len(value) >= 8 else _STARS


def _mobile(value: str) -> str:
    return "*" * 7 + value[-4:] if len(value) >= 8 else _STARS


def _email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    first = local[:1] if len(local) > 1 else ""
    return f"{first}{_STARS}@{domain if domain.lower() in _PUBLIC_MAIL_HOSTS else _STARS}"


def _address(value: str) -> str:
    city = _CITY.match(re.sub(r"\s", "", value))
    return city["city"] if city else _STARS


def _as_it_is(value: str) -> str:
    return value


Maker = Callable[[str], str]
# The forms kept of each kind. One with none shows whether it is there, or a pseudonym; words of a case lie elsewhere.
MAKERS: Final[Mapping[Kind, Mapping[Form, Maker]]] = MappingProxyType(
    {
        Kind.LEGAL_NAME: {Form.PARTIAL: _legal_name},
        Kind.RESIDENT_ID: {Form.LAST_FOUR: _resident_id},
        Kind.MOBILE: {Form.PARTIAL: _mobile},
        Kind.EMAIL: {Form.PARTIAL: _email},
        Kind.ADDRESS: {Form.PARTIAL: _address},
        Kind.DOCUMENT: {},
        Kind.ORGANISATION: {Form.CLEAR: _as_it_is},
        Kind.COMPLAINANT: {},
        Kind.FREE_TEXT: {},
    }
)


class MakerMissing(Exception):
    """A kind has no row of forms: add it to MAKERS in domain/vault/forms.py."""


if _missing := [kind for kind in Kind if kind not in MAKERS]:
    raise MakerMissing(f"MAKERS in domain/vault/forms.py lacks {', '.join(_missing)}")


def forms_of(kind: Kind, value: str) -> dict[Form, str]:
    """The forms to store of one value. Only an organisation's are the value itself."""
    text = nfkc(value).strip()
    return {form: _not_telling(form, make(text), value, text) for form, make in MAKERS[kind].items()}


def _not_telling(form: Form, made: str, value: str, text: str) -> str:
    # An address may be no more than its city, a name no more than a star: then the form would be the value.
    tells = form is not Form.CLEAR and (value in made or text in made)
    return _STARS if tells else made


def pack(fields: Mapping[str, Mapping[Form, str]]) -> bytes:
    """The forms of all fields as the bytes to seal. A field that is there with no form stays there."""
    return orjson.dumps({name: {str(form): text for form, text in forms.items()} for name, forms in fields.items()})


def unpack(packed: bytes) -> Mapping[str, Forms]:
    """The forms by field. Their keys are plain strings, which equal the members of Form and hash alike."""
    return cast("Mapping[str, Forms]", orjson.loads(packed))


def shown(form: Form, forms: Forms | None, pseudonym: Callable[[], str]) -> str | None:
    """What a viewer whose cell says `form` is shown of a field; `forms` is None where the field was not provided."""
    if forms is None or form is Form.HIDDEN:
        return None
    if form is Form.PRESENCE:
        return PROVIDED
    if form is Form.PSEUDONYM:
        return pseudonym()
    return forms.get(form)
