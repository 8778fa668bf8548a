"""The public register by plain GET: what GraphQL shows of it, as JSON or as a page (Art. 5, 7).

/register                         search: number, licence, handle, name, organisation, after
/register/{number}                an account that is or was on file
/register/dump                    the files of the last daily dump
/badges/{id}                      a badge, and whether it stands
/badges/status.json               the signed status list, at most a minute old
/.well-known/signet-keys.json     the keys that signatures are checked with

JSON unless HTML is preferred. An ETag is taken from what is shown, so that it is neither older nor newer than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from api.context import Context
from api.documents import Document, read
from api.errors import RETRY_AFTER_SECONDS, ErrorCode
from api.execute import Engine
from api.logs import noted, noted_away
from api.register_pages import Page, badge_page, dump_page, entry_page, refusal_page, search_page
from api.register_status import StatusList
from api.requests import Head, head_of
from api.types.language import Language, preferred
from domain.state import Word
from domain.vault.signing import signer
from domain.viewer import ANONYMOUS
from workflows.database import Unavailable

CACHING: Final = "max-age=30, must-revalidate"
METHODS: Final = "GET, HEAD, OPTIONS"
JSON, HTML, STATUS_LIST = "application/json", "text/html; charset=utf-8", "application/statuslist+jwt"
DUMP_FILES: Final = ("register.jsonl", "register.csv", "manifest.json", "manifest.jws")
SEARCHED: Final = ("number", "licence", "handle", "name", "organisation")
_PARAMETERS_MAX: Final = 20
_BADGE: Final = "id kind licenceNumber approvalNumber validUntil standing"
_ENTRY: Final = (
    "id number numberVersion handle displayName organisationName uscc subjectType category division providerName"
    f" filedOn endedOn mode changedAt badge {{ {_BADGE} }}"
)
_RECORD: Final = (
    "id kind subjectName handle displayName providerName category filingNumber licenceNumber approvalNumber validUntil"
    " mode issuedAt revokedAt statusPlace jws standing"
)
_DOCUMENTS: Final = {
    "entry": f"query ($number: String!) {{ registerEntry(number: $number) {{ {_ENTRY} }} }}",
    "badge": f"query ($id: ID!) {{ badgeRecord(id: $id) {{ {_RECORD} }} }}",
    "search": (
        "query ($where: RegisterFilter, $after: String) { registerEntries(first: 20, after: $after, where: $where) {"
        f" nodes {{ {_ENTRY} }} pageInfo {{ hasNextPage endCursor }} totalCount {{ value isCapped }} }} }}"
    ),
}
_ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
    "vary": "Accept, Accept-Language",
}


class Refusal(Word):
    """Why nothing is shown."""

    NOT_FOUND = "NOT_FOUND", "没有该记录,请核对编号", "There is no such record: check the number"
    BAD_REQUEST = "BAD_REQUEST", "请求无效,请核对查询条件", "The request is not valid: check what is searched for"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", "此地址只供读取", "This address can only be read: use GET"
    TRY_AGAIN = (
        "TRY_AGAIN",
        "系统暂时无法处理,请稍后再试",
        "The database is away or too slow at present: try again later",
    )
    FAULT = "FAULT", "服务暂时出错,请稍后再试", "Something went wrong here: try again later"


_STATUS: Final = {
    Refusal.NOT_FOUND: 404,
    Refusal.BAD_REQUEST: 400,
    Refusal.METHOD_NOT_ALLOWED: 405,
    Refusal.TRY_AGAIN: 503,
    Refusal.FAULT: 500,
}


class Refused(Exception):
    """Nothing is shown: `args[0]` is the Refusal."""


@dataclass(frozen=True)
class Asked:
    """A request as it is answered."""

    parts: tuple[str, ...]
    query: Mapping[str, str]
    head: Head
    language: Language
    is_html: bool
    matches: str  # If-None-Match


@dataclass(frozen=True)
class Answer:
    """What is shown: its data, and the page of it where there is one."""

    data: Mapping[str, Any]
    page: Page | None = None
    status: int = 200


def asked_in(scope: Scope) -> Asked:
    """What is asked for."""
    raw = scope.get("query_string", b"")[:4_000].decode("latin-1")
    try:
        given = parse_qs(raw, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        raise Refused(Refusal.BAD_REQUEST) from None
    query = {name: values[0].strip() for name, values in given.items() if values[0].strip()}
    head = head_of(scope["headers"])
    chosen = Language.__members__.get(query.get("lang", "").upper())
    matches = b", ".join(value for name, value in scope["headers"] if name == b"if-none-match").decode("latin-1")
    parts = tuple(part for part in scope["path"].split("/") if part)
    return Asked(parts, query, head, chosen or preferred(head.accept_language), _wants_html(head.accept), matches)


def _wants_html(accept: str | None) -> bool:
    """Whether HTML is preferred to JSON: by weight, then by place."""
    weights = {"text/html": 0.0, "application/json": 0.0}
    for place, item in enumerate((accept or "").lower().split(",")[:32]):
        kind, _, rest = item.partition(";")
        try:
            weight = float(rest.rpartition("q=")[2]) if "q=" in rest else 1.0
        except ValueError:
            continue
        for known in weights.keys() & {kind.strip()}:
            weights[known] = max(weights[known], weight - place / 1_000)
    return weights["text/html"] > weights["application/json"]


class PublicRegister:
    """The ASGI application behind these addresses."""

    def __init__(self, engine: Engine, dump_folder: Path | None = None) -> None:
        self._engine, self._office, self._dumps = engine, engine.office, dump_folder
        self._documents: dict[str, Document] = {name: read(engine.schema, text) for name, text in _DOCUMENTS.items()}
        self._status = StatusList(engine.office)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(scope)
        if scope["method"] == "HEAD" and not isinstance(response, FileResponse):
            response.body = b""  # its length is told all the same
        await response(scope, receive, send)

    async def _response(self, scope: Scope) -> Response:
        plain = Asked((), {}, Head(), preferred(None), is_html=False, matches="")
        try:
            asked = plain = asked_in(scope)
            if scope["method"] == "OPTIONS":
                allowed = {"allow": METHODS, "access-control-allow-methods": METHODS}
                return Response(status_code=204, headers=_ALWAYS | allowed)
            if scope["method"] not in ("GET", "HEAD"):
                raise Refused(Refusal.METHOD_NOT_ALLOWED)
            return await self._answered(asked)
        except Refused as refused:
            return self._refused(plain, refused.args[0])
        except Unavailable as away:
            noted_away(away)
            return self._refused(plain, Refusal.TRY_AGAIN)
        except Exception as fault:  # noqa: BLE001 - whatever it is: it is told by its id, and logged
            return self._refused(plain, Refusal.FAULT, noted(fault))

    def _refused(self, asked: Asked, refusal: Refusal, id_: str = "") -> Response:
        message = (refusal.en if asked.language == Language.EN else refusal.zh) + (f" ({id_})" if id_ else "")
        page = refusal_page(message, asked.language)
        answer = Answer({"error": {"code": refusal, "message": message}}, page, _STATUS[refusal])
        response = self._written(asked, answer)
        response.headers["cache-control"] = "no-store"
        if refusal is Refusal.TRY_AGAIN:
            response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
        if refusal is Refusal.METHOD_NOT_ALLOWED:
            response.headers["allow"] = METHODS
        return response

    async def _answered(self, asked: Asked) -> Response:
        match asked.parts:
            case ("register", "dump", name) if name in DUMP_FILES:
                return self._file(name)
            case ("badges", "status.json"):
                return await self._status_list(asked)
            case _:
                return self._written(asked, await self._shown(asked))

    async def _shown(self, asked: Asked) -> Answer:
        match asked.parts:
            case ("register",):
                return await self._searched(asked)
            case ("register", "dump"):
                return self._dumped(asked)
            case ("register", number):
                return await self._entry(asked, number)
            case ("badges", id_):
                return await self._badge(asked, id_)
            case (".well-known", "signet-keys.json"):
                return Answer(signer(self._office.keys).key_set)
        raise Refused(Refusal.NOT_FOUND)

    # --- what is shown -----------------------------------------------------------------------------------------
    async def _read(self, name: str, asked: Asked, **variables: Any) -> Any:
        context = Context(ANONYMOUS, self._office, asked.language)
        answer = await self._engine.answer(self._documents[name], None, variables, context)
        if answer.refusal is not None:
            invalid = answer.refusal.errors[0].code in (ErrorCode.CURSOR_INVALID, ErrorCode.VARIABLES_INVALID)
            raise Refused(Refusal.BAD_REQUEST) if invalid else answer.refusal
        [found] = (answer.data or {}).values()
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        return found

    async def _searched(self, asked: Asked) -> Answer:
        where = {name: asked.query[name] for name in SEARCHED if name in asked.query}
        found = await self._read("search", asked, where=where, after=asked.query.get("after"))
        return Answer({"registerEntries": found}, search_page(found, where, asked.language))

    async def _entry(self, asked: Asked, number: str) -> Answer:
        entry = await self._read("entry", asked, number=number.upper())
        links = {"self": f"{self._office.public_url}/register/{entry['number']}"}
        if entry["badge"] is not None:
            links["badge"] = f"{self._office.public_url}/badges/{entry['badge']['id']}"
        return Answer({"registerEntry": entry, "links": links}, entry_page(entry, asked.language))

    async def _badge(self, asked: Asked, id_: str) -> Answer:
        badge, base = await self._read("badge", asked, id=id_), self._office.public_url
        links = {"self": f"{base}/badges/{badge['id']}", "entry": f"{base}/register/{badge['filingNumber']}"}
        links |= {"keys": f"{base}/.well-known/signet-keys.json", "statusList": f"{base}/badges/status.json"}
        return Answer({"badgeRecord": badge, "links": links}, badge_page(badge, asked.language))

    async def _status_list(self, asked: Asked) -> Response:
        jws = await self._status.signed()
        if STATUS_LIST in (asked.head.accept or ""):
            headers = _ALWAYS | {"cache-control": CACHING, "content-length": str(len(jws))}
            return Response(jws, headers=headers, media_type=STATUS_LIST)
        return self._written(asked, Answer({"jws": jws}))

    def _dumped(self, asked: Asked) -> Answer:
        there = [name for name in DUMP_FILES if self._dumps is not None and (self._dumps / name).is_file()]
        links = {name: f"{self._office.public_url}/register/dump/{name}" for name in there}
        return Answer({"files": links}, dump_page(there, asked.language))

    def _file(self, name: str) -> Response:
        if self._dumps is None or not (self._dumps / name).is_file():
            raise Refused(Refusal.NOT_FOUND)
        return FileResponse(self._dumps / name, filename=name, headers=_ALWAYS | {"cache-control": CACHING})

    # --- how it is written -------------------------------------------------------------------------------------
    def _written(self, asked: Asked, answer: Answer) -> Response:
        """The data or the page. The tag is that of what is shown, without the moment it was asked."""
        now = self._office.clock().isoformat(timespec="seconds").replace("+00:00", "Z")
        page = answer.page if asked.is_html else None
        if page is not None:
            shown, body, type_ = f"{page.before}{page.after}".encode(), page.text(now).encode(), HTML
        else:
            dated = {"asOf": now, **answer.data} if "keys" not in answer.data else answer.data
            shown, body = (orjson.dumps(data, option=orjson.OPT_UTC_Z) for data in (answer.data, dated))
            type_ = JSON
        tag = f'W/"{sha256(shown).hexdigest()[:32]}"'
        headers = _ALWAYS | {"cache-control": CACHING, "etag": tag, "content-language": asked.language.value.lower()}
        headers |= page.headers if page is not None else {}
        if answer.status == 200 and _is_known(tag, asked.matches):
            return Response(status_code=304, headers=headers)
        return Response(body, answer.status, headers | {"content-length": str(len(body)), "content-type": type_})


def _is_known(tag: str, matches: str) -> bool:
    return matches.strip() == "*" or tag.removeprefix("W/") in (
        one.strip().removeprefix("W/") for one in matches.split(",")
    )
