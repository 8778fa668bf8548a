"""The one question asked everywhere before something is published: may this account do this, now?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import strawberry
from strawberry import ID, UNSET

from api.errors import ErrorCode, refused
from api.types.publishing import PublishingDecision
from domain.publishing import Act, Content
from domain.viewer import Viewer
from workflows.database import Connection
from workflows.publishing import Known, by_handles, by_ids, key_of

QUESTIONS_MAX: Final = 100
_ACCOUNT: Final = "The account's id; or else its handle."
_HANDLE: Final = "The handle of a live account, in capitals or not; one that is closed is asked for by its id."
_PROVIDER: Final = "Whose handles are meant; the viewer's own provider if it is not given."
_CONTENT: Final = "What it is about."
# What one question takes, and a list of them.
ONE: Final[Mapping[str, Any]] = {
    "account": (ID | None, UNSET, _ACCOUNT),
    "handle": (str | None, UNSET, _HANDLE),
    "provider": (ID | None, UNSET, _PROVIDER),
    "act": (Act, UNSET, "What is to be done."),
    "content": (Content, Content.GENERAL, _CONTENT),
}


@strawberry.input(description="A question whether an account may do something.")
class PublishingQuestion:
    """A question whether an account may do something."""

    account: ID | None = strawberry.field(default=None, description=_ACCOUNT)
    handle: str | None = strawberry.field(default=None, description=_HANDLE)
    act: Act = strawberry.field(description="What is to be done.")
    content: Content = strawberry.field(default=Content.GENERAL, description=_CONTENT)


MANY: Final[Mapping[str, Any]] = {
    "items": (list[PublishingQuestion], UNSET, f"At most {QUESTIONS_MAX} questions."),
    "provider": (ID | None, UNSET, _PROVIDER),
}


async def decision(connection: Connection, viewer: Viewer, now: datetime, **asked: Any) -> PublishingDecision | None:
    """Whether an account may do something now. Null where there is no such account in sight: then it may not."""
    return (await decisions(connection, viewer, now, items=[asked], provider=asked["provider"]))[0]


async def decisions(
    connection: Connection, viewer: Viewer, now: datetime, *, items: Sequence[Mapping[str, Any]], provider: str | None
) -> list[PublishingDecision | None]:
    """The same for many, in their order; null where there is no such account in sight."""
    if len(items) > QUESTIONS_MAX:
        raise refused(ErrorCode.ARGUMENT_INVALID, f"At most {QUESTIONS_MAX} questions at once.")
    ids, handles = set[str](), set[str]()
    for item in items:
        _sort_out(item, ids, handles)
    provider = provider or viewer.provider_id
    if handles and provider is None:
        raise refused(ErrorCode.ARGUMENT_INVALID, "Name the provider whose handles you mean.")
    known: dict[str, Known] = {}
    if ids:
        known |= await by_ids(connection, sorted(ids), viewer, now)
    borne: Mapping[str, Known] = {}
    if handles and provider is not None and "\0" not in provider:
        borne = await by_handles(connection, sorted(handles), provider, viewer, now)
    return [_answered(item, known, borne, now) for item in items]


def _sort_out(item: Mapping[str, Any], ids: set[str], handles: set[str]) -> None:
    """What to look for. No id and no handle has a NUL, and PostgreSQL has no such text."""
    account, handle = item.get("account"), item.get("handle")
    if (account is None) == (handle is None):
        raise refused(ErrorCode.ARGUMENT_INVALID, "Name either the account or its handle.")
    named, kind = (account, ids) if account is not None else (handle, handles)
    if named is not None and "\0" not in named:
        kind.add(named)


def _answered(
    item: Mapping[str, Any], known: Mapping[str, Known], borne: Mapping[str, Known], now: datetime
) -> PublishingDecision | None:
    account, handle = item.get("account"), item.get("handle")
    found = known.get(account) if account is not None else borne.get(key_of(handle or ""))
    if found is None:
        return None
    return cast("PublishingDecision", found.answer(Act(item["act"]), Content(item["content"]), now))
