"""What is answered where there is no data: faults and requests that are not as they should be. Rendered only here.

    RequestRefused      the request was not carried out: each error has a code, a message and a fix
    NotAuthenticated    the token, where one was sent, proves nobody

A refusal of a step is no error: it is a problem in the payload (domain/problems.py). There are no errors of single
fields: either a request is answered whole, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from graphql import GraphQLError

from domain.state import Word

ERRORS_MAX: Final = 5
RETRY_AFTER_SECONDS: Final = 5  # where the database is not to be had
_MESSAGE_MAX: Final = 300
# graphql-core repeats the value it was given; an answer must not, for it may be a personal one.
_ECHO: Final = re.compile(
    r"(, but encountered error|[,.]? found:? |(?<=cannot represent)(?P<kind>[^:]*): ).*", re.IGNORECASE | re.DOTALL
)
_NO_MEMBER: Final = re.compile(r"Value .* does not exist in", re.DOTALL)


class ErrorCode(Word):
    """Why a request was not carried out: its English caption is the message, `fix` the cure, `status` that of HTTP."""

    fix: str
    status: int

    def __new__(cls, value: str, zh: str = "", en: str = "", fix: str = "", status: int = 400) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en, member.fix, member.status = zh, en, fix, status
        return member

    BAD_REQUEST = (
        "BAD_REQUEST",
        "请求格式错误",
        "The body is not a GraphQL request.",
        'Send one JSON object: {"query": "…", "variables": {…}, "operationName": "…"}.',
        400,
    )
    UNAUTHENTICATED = (
        "UNAUTHENTICATED",
        "未通过身份认证",
        "The token does not prove who you are.",
        "Send `Authorization: Bearer <token>` with a valid token, or no such header.",
        401,
    )
    METHOD_NOT_ALLOWED = ("METHOD_NOT_ALLOWED", "请求方法不允许", "GraphQL is asked by POST.", "Use POST.", 405)
    NOT_ACCEPTABLE = (
        "NOT_ACCEPTABLE",
        "无法提供所需格式",
        "The answer cannot be given in a media type you accept.",
        "Accept application/graphql-response+json.",
        406,
    )
    BODY_TOO_LARGE = (
        "BODY_TOO_LARGE",
        "请求体过大",
        "The body is larger than allowed.",
        "Send at most 1 MB; documents go to POST /documents.",
        413,
    )
    MEDIA_TYPE_UNSUPPORTED = (
        "MEDIA_TYPE_UNSUPPORTED",
        "不支持的媒体类型",
        "The body is neither plain JSON nor UTF-8.",
        "Send Content-Type: application/json, in UTF-8 and uncompressed.",
        415,
    )
    RATE_LIMITED = (
        "RATE_LIMITED",
        "请求过于频繁",
        "Too many new documents were sent.",
        "Wait as long as Retry-After says; send values as variables, so that the document stays the same.",
        429,
    )
    DOCUMENT_INVALID = (
        "DOCUMENT_INVALID",
        "查询文档无效",
        "The document is not valid.",
        "Mend it; the schema tells what there is.",
        400,
    )
    OPERATION_UNKNOWN = (
        "OPERATION_UNKNOWN",
        "操作不存在",
        "The document has no such operation.",
        "Give the operationName of one of its operations; it may be left out where there is only one.",
        400,
    )
    VARIABLES_INVALID = (
        "VARIABLES_INVALID",
        "变量无效",
        "A variable is not of its type.",
        "Send variables as an object, each of the type the document declares.",
        400,
    )
    LIMIT_EXCEEDED = (
        "LIMIT_EXCEEDED",
        "超出限制",
        "The document is larger than allowed.",
        "Split it into several requests.",
        400,
    )
    COST_EXCEEDED = (
        "COST_EXCEEDED",
        "查询开销过大",
        "The operation costs more than allowed.",
        "Ask for fewer rows or fields; extensions.cost says how many.",
        400,
    )
    ARGUMENT_INVALID = (
        "ARGUMENT_INVALID",
        "参数无效",
        "An argument is not valid.",
        "See the description of the argument in the schema.",
        400,
    )
    PAGE_INVALID = (
        "PAGE_INVALID",
        "分页参数无效",
        "A page has 1 to 100 rows and one direction.",
        "Give first with after, or last with before; between 1 and 100.",
        400,
    )
    CURSOR_INVALID = (
        "CURSOR_INVALID",
        "游标无效",
        "This cursor is not one of this list.",
        "Use a cursor only with the list, order, filters and viewer it was given to.",
        400,
    )
    TRY_AGAIN = (
        "TRY_AGAIN",
        "系统暂时无法处理，请稍后重试",
        "The database is away, full or too slow at present.",
        "Wait as long as Retry-After says, then send the same again, a step with its idempotencyKey: it may be taken.",
        503,
    )
    FAULT = (
        "FAULT",
        "系统故障",
        "Something went wrong on our side; nothing of what you sent is to blame.",
        "Try again later; if it stays, tell the operator the id.",
        500,
    )


@dataclass(frozen=True, slots=True)
class RequestError:
    """One error of a request."""

    code: ErrorCode
    detail: str = ""
    locations: tuple[tuple[int, int], ...] = ()  # line and column
    id: str = ""

    @property
    def message(self) -> str:
        return f"{self.code.en} {self.detail}".rstrip()[:_MESSAGE_MAX]

    def rendered(self) -> dict[str, Any]:
        """The error as GraphQL over HTTP wants it."""
        extensions = {"code": str(self.code), "fix": self.code.fix}
        if self.id:
            extensions["id"] = self.id
        made: dict[str, Any] = {"message": self.message, "extensions": extensions}
        if self.locations:
            made["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        return made


class RequestRefused(Exception):
    """The request was not carried out. See `errors`."""

    def __init__(self, *errors: RequestError) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors[:ERRORS_MAX]

    @property
    def status(self) -> int:
        return self.errors[0].code.status

    def rendered(self) -> list[dict[str, Any]]:
        """All errors, as they are answered."""
        return [error.rendered() for error in self.errors]


class NotAuthenticated(Exception):
    """The token does not prove who sent it: send a valid one, or none."""


def refused(code: ErrorCode, detail: str = "") -> RequestRefused:
    """A refusal for one reason."""
    return RequestRefused(RequestError(code, detail))


def reworded(code: ErrorCode, errors: Iterable[GraphQLError]) -> RequestRefused:
    """graphql-core's errors as ours, without the values it repeats."""
    return RequestRefused(
        *[
            RequestError(
                code, without_values(error.message), tuple((at.line, at.column) for at in error.locations or ())
            )
            for error in errors
        ]
    )


def without_values(message: str) -> str:
    """A message of graphql-core without the value that it is about."""
    said = _NO_MEMBER.sub("The value does not exist in", message)
    return _ECHO.sub(lambda found: f"{found['kind'] or ''}.", said)
