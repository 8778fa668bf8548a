"""The pages of the public register: one frame, readable without JavaScript, in 中文 and English."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from api.types.language import Language
from domain.codes.lists import codes
from domain.holder import SubjectType
from domain.permission import PermissionKind, Standing
from domain.provider import Mode

_STYLE: Final = """
:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8888;padding:.4rem;text-align:left;
vertical-align:top}dt{font-weight:600}dd{margin:0 0 .6rem}label{display:block;margin:.4rem 0}pre{white-space:pre-wrap;
word-break:break-all}.standing{font-weight:700}.trial{border:2px solid;padding:.5rem}footer{margin-top:2rem}
"""
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "register": ("公众账号公开登记", "Public register of public accounts"),
    "search": ("查询", "Search"),
    "found": ("查询结果", "Found"),
    "more_than": ("多于", "more than "),
    "none": ("没有符合条件的记录。", "There is no such record."),
    "next": ("下一页", "Next page"),
    "language": ("English", "中文"),
    "as_of": ("截至", "As of"),
    "badge": ("标识", "Badge"),
    "number": ("备案号", "Filing number"),
    "licence": ("许可证编号", "Licence number"),
    "handle": ("账号", "Handle"),
    "name": ("账号名称(开头)", "Name begins with"),
    "organisation": ("单位名称(开头)", "Organisation begins with"),
    "displayName": ("账号名称", "Public name"),
    "numberVersion": ("版本", "Version"),
    "organisationName": ("主体单位", "Organisation"),
    "subjectName": ("主体", "Subject"),
    "uscc": ("统一社会信用代码", "Unified social credit code"),
    "subjectType": ("主体类型", "Kind of subject"),
    "category": ("类别", "Category"),
    "division": ("所在地", "Place"),
    "providerName": ("服务提供者", "Provider"),
    "filedOn": ("备案日期", "On file since"),
    "endedOn": ("终止日期", "Ended on"),
    "filingNumber": ("备案号", "Filing number"),
    "kind": ("许可范围", "Allows"),
    "licenceNumber": ("许可证编号", "Licence number"),
    "approvalNumber": ("专项批准文号", "Number of the special approval"),
    "validUntil": ("有效期至", "Valid until"),
    "issuedAt": ("签发时间", "Issued at"),
    "revokedAt": ("收回时间", "Taken back at"),
    "standing": ("当前状态", "Standing"),
    "on_file": ("已备案", "On file"),
    "off_file": ("已终止", "No longer on file"),
    "signed": ("签名记录", "Signed record"),
    "signed_note": (
        "签名证明该标识曾被签发;当前是否有效以本页和状态列表为准。",
        "The signature proves that the badge was issued; this page and the status list say whether it stands.",
    ),
    "of_trial": ("试用", "trial"),
    "trial": ("试用数据,不具效力。", "A trial: of no effect."),
    "dump": ("每日数据文件", "Daily files"),
    "no_dump": ("尚无数据文件。", "There are no files yet."),
    "keys": ("签名公钥", "Public keys"),
    "status_list": ("状态列表", "Status list"),
}
_ENTRY_ROWS: Final = (
    "number", "numberVersion", "displayName", "handle", "organisationName", "uscc", "subjectType", "category",
    "division", "providerName", "filedOn", "endedOn",
)  # fmt: skip
_BADGE_ROWS: Final = (
    "subjectName", "displayName", "handle", "providerName", "kind", "category", "filingNumber", "licenceNumber",
    "approvalNumber", "validUntil", "issuedAt", "revokedAt",
)  # fmt: skip
_CLOSED: Final[Mapping[str, Any]] = {"subjectType": SubjectType, "kind": PermissionKind, "standing": Standing}
_LISTS: Final = {"category": "filing_categories", "division": "divisions"}


@dataclass(frozen=True)
class Page:
    """A page: all of it but the moment of the answer, which stands between the two parts."""

    before: str
    after: str
    headers: Mapping[str, str] = field(default_factory=lambda: _HEADERS)

    def text(self, moment: str) -> str:
        """The page as it is sent."""
        return f'{self.before}<time datetime="{moment}">{moment}</time>{self.after}'


def search_page(found: Mapping[str, Any], where: Mapping[str, str], language: Language) -> Page:
    """The form, and what was found."""
    fields = "".join(_input(name, where, language) for name in ("name", "number", "handle", "organisation", "licence"))
    send = f'<button type="submit">{_word("search", language)}</button>'
    form = f'<form action="/register" method="get" role="search">{_hidden(language)}{fields}{send}</form>'
    total, info = found["totalCount"], found["pageInfo"]
    count = f"{_word('more_than', language) if total['isCapped'] else ''}{total['value']}"
    shown = _table(found["nodes"], language) if found["nodes"] else f"<p>{_word('none', language)}</p>"
    more = ""
    if info["hasNextPage"]:
        query = {**where, "after": info["endCursor"], "lang": language.value.lower()}
        more = f'<p><a rel="next" href="/register?{escape(urlencode(query))}">{_word("next", language)}</a></p>'
    heading = f"<h2>{_word('found', language)}: {count}</h2>"
    return _framed(_word("register", language), f"{form}{heading}{shown}{more}", language, where)


def entry_page(entry: Mapping[str, Any], language: Language) -> Page:
    """An account that is or was on file."""
    state = _word("off_file" if entry["endedOn"] else "on_file", language)
    made = [_trial(entry, language), f'<p class="standing">{state}</p>', _listed(entry, _ENTRY_ROWS, language)]
    badge = entry["badge"]
    if badge is not None:
        link = _link(f"/badges/{badge['id']}", _value("kind", badge, language), language)
        standing = f'<p class="standing">{_value("standing", badge, language)}</p>'
        made.append(f"<h2>{_word('badge', language)}</h2><p>{link}</p>{standing}")
    return _framed(entry["displayName"], "".join(made), language)


def badge_page(badge: Mapping[str, Any], language: Language) -> Page:
    """A badge, whether it stands, and how to check its signature."""
    number = badge["filingNumber"]
    entry = _link(f"/register/{number}", f"{_word('number', language)} {escape(number)}", language)
    made = [
        _trial(badge, language),
        f'<p class="standing">{_value("standing", badge, language)}</p>',
        _listed(badge, _BADGE_ROWS, language),
        f"<p>{entry}</p>",
        f"<h2>{_word('signed', language)}</h2><p>{_word('signed_note', language)}</p><pre>{escape(badge['jws'])}</pre>",
    ]
    return _framed(f"{_word('badge', language)}: {badge['displayName']}", "".join(made), language)


def dump_page(names: Sequence[str], language: Language) -> Page:
    """The files of the last daily dump."""
    links = "".join(f'<li><a href="/register/dump/{escape(name)}">{escape(name)}</a></li>' for name in names)
    shown = f"<ul>{links}</ul>" if links else f"<p>{_word('no_dump', language)}</p>"
    return _framed(_word("dump", language), shown, language)


def refusal_page(message: str, language: Language) -> Page:
    """Why nothing is shown."""
    return _framed(message, "", language)


# --- parts -------------------------------------------------------------------------------------------------------
def _framed(title: str, body: str, language: Language, query: Mapping[str, str] | None = None) -> Page:
    other = Language.EN if language == Language.ZH else Language.ZH
    switch = urlencode({**(query or {}), "lang": other.value.lower()})
    links = (("/register", "register"), ("/register/dump", "dump"))
    nav = " · ".join(_link(path, _word(word, language), language) for path, word in links)
    change = f'<a hreflang="{other.value.lower()}" href="?{escape(switch)}">{_word("language", language)}</a>'
    proofs = (("/.well-known/signet-keys.json", "keys"), ("/badges/status.json", "status_list"))
    foot = " · ".join(f'<a href="{path}">{_word(word, language)}</a>' for path, word in proofs)
    before = (
        f'<!doctype html><html lang="{"zh-CN" if language == Language.ZH else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><header><nav>{nav} · {change}</nav></header>"
        f"<main><h1>{escape(title)}</h1>{body}</main><footer><p>{_word('as_of', language)} "
    )
    return Page(before, f"</p><p>{foot}</p></footer></body></html>\n")


def _table(entries: Iterable[Mapping[str, Any]], language: Language) -> str:
    columns = ("number", "displayName", "handle", "subjectType", "category", "division")
    heads = "".join(f'<th scope="col">{_word(name, language)}</th>' for name in (*columns, "standing", "badge"))
    rows = "".join(_row(entry, columns, language) for entry in entries)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(entry: Mapping[str, Any], columns: Sequence[str], language: Language) -> str:
    number, *others = (_value(name, entry, language) for name in columns)
    cells = "".join(f"<td>{cell}</td>" for cell in others)
    state = _word("off_file" if entry["endedOn"] else "on_file", language)
    if entry["mode"] == Mode.SANDBOX:
        state += f" ({_word('of_trial', language)})"
    badge = "" if entry["badge"] is None else _value("standing", entry["badge"], language)
    link = _link(f"/register/{entry['number']}", number, language)
    return f'<tr><th scope="row">{link}</th>{cells}<td>{state}</td><td>{badge}</td></tr>'


def _listed(row: Mapping[str, Any], names: Sequence[str], language: Language) -> str:
    given = (name for name in names if row[name] is not None)
    rows = "".join(f"<dt>{_word(name, language)}</dt><dd>{_value(name, row, language)}</dd>" for name in given)
    return f"<dl>{rows}</dl>"


def _value(name: str, row: Mapping[str, Any], language: Language) -> str:
    """A value as it is read, escaped."""
    value = row[name]
    if name in _CLOSED:
        return escape(str(_CLOSED[name](value).caption(language.value)))
    if name in _LISTS and (code := codes(_LISTS[name]).get(value)) is not None:
        return escape(code.zh if language == Language.ZH else code.en)
    return escape(f"{value:%Y-%m-%d %H:%M:%SZ}" if hasattr(value, "hour") else str(value))


def _trial(row: Mapping[str, Any], language: Language) -> str:
    return f'<p class="trial">{_word("trial", language)}</p>' if row["mode"] == Mode.SANDBOX else ""


def _link(path: str, shown: str, language: Language) -> str:
    """A link to another page, in the same language. What is shown is escaped already."""
    return f'<a href="{escape(path)}?lang={language.value.lower()}">{shown}</a>'


def _input(name: str, where: Mapping[str, str], language: Language) -> str:
    value = escape(where.get(name, ""))
    return f'<label>{_word(name, language)} <input name="{name}" value="{value}" maxlength="200"></label>'


def _hidden(language: Language) -> str:
    return f'<input type="hidden" name="lang" value="{language.value.lower()}">'


def _word(name: str, language: Language) -> str:
    zh, en = _WORDS[name]
    return escape(zh if language == Language.ZH else en)
