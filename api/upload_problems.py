"""Why an upload was refused: a code, the status of HTTP, the message and the cure."""

from __future__ import annotations

from typing import Self

from domain.state import Word


class UploadProblem(Word):
    """A reason. Its English caption is the message."""

    fix: str
    status: int

    def __new__(cls, value: str, zh: str = "", en: str = "", fix: str = "", status: int = 400) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en, member.fix, member.status = zh, en, fix, status
        return member

    UNAUTHENTICATED = (
        "UNAUTHENTICATED", "未通过身份认证", "The token does not prove who you are.",
        "Send `Authorization: Bearer <token>` with a valid token.", 401,
    )  # fmt: skip
    NOT_ALLOWED = (
        "NOT_ALLOWED", "无权进行此操作", "Your role may not do this.",
        "Ask someone whose role may hand in documents.", 403,
    )  # fmt: skip
    NOT_FOUND = (
        "NOT_FOUND", "未找到", "There is no such holder that you may see.",
        "INTEGRATION names a holder of its provider by `holderId`; a holder enrols first; no other role names one.",
        422,
    )  # fmt: skip
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", "请求方法不允许", "Documents are sent by POST.", "Use POST.", 405
    TIMED_OUT = "TIMED_OUT", "上传超时", "The document took too long to arrive.", "Send it again.", 408
    TOO_LARGE = (
        "TOO_LARGE", "文件过大", "The document is larger than allowed.",
        "Send at most 5 MB; a register as text/csv at most 64 MB.", 413,
    )  # fmt: skip
    TYPE_UNSUPPORTED = (
        "TYPE_UNSUPPORTED", "不支持的文件类型", "The document is none of what is taken, whatever it is called.",
        "Send a JPEG, PNG, PDF or plain text in UTF-8, uncompressed.", 415,
    )  # fmt: skip
    FORM_INVALID = (
        "FORM_INVALID", "表单无效", "The form is not as it should be.",
        "Send multipart/form-data with one `file` and, before it, `holderId` where one is needed; or the bare file.",
        422,
    )  # fmt: skip
    EMPTY = "EMPTY", "文件为空", "The document is empty.", "Send what is in it.", 422
    RATE_LIMITED = "RATE_LIMITED", "请求过于频繁", "Too many documents were sent.", "Wait as Retry-After says.", 429
    QUOTA_EXCEEDED = (
        "QUOTA_EXCEEDED", "今日上传数量或总量已达上限", "More was handed in than a day allows.",
        "Use what was handed in, or wait as Retry-After says; what is not used goes within a day.", 429,
    )  # fmt: skip
    TRY_AGAIN = (
        "TRY_AGAIN", "系统暂时无法处理，请稍后重试", "The database is away, full or too slow at present.",
        "Wait as Retry-After says, then send it again.", 503,
    )  # fmt: skip
    FAULT = (
        "FAULT", "系统故障", "Something went wrong on our side; nothing of what you sent is to blame.",
        "Try again later; if it stays, tell the operator the id.", 500,
    )  # fmt: skip


class UploadRefused(Exception):
    """The document was not taken. See `problem`."""

    def __init__(
        self, problem: UploadProblem, *, path: tuple[str, ...] = (), detail: str = "", wait_seconds: float = 0.0
    ) -> None:
        super().__init__(problem)
        self.problem, self.path, self.detail, self.wait_seconds = problem, path, detail, wait_seconds

    def rendered(self) -> dict[str, object]:
        """The problem as it is answered."""
        message = f"{self.problem.en} {self.detail}".rstrip()
        return {"code": str(self.problem), "message": message, "fix": self.problem.fix, "path": list(self.path)}
