"""What an account may publish now: derived from where it stands whenever it is asked, stored nowhere (Art. 6, 7, 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from domain.account import IN_USE, ON_FILE, AccountState
from domain.calendar import end_of, local_day
from domain.case import NO_DUE_DATE
from domain.filing import FilingState
from domain.permission import PermissionKind, PermissionState, permission_stands
from domain.permission import Standing as PermissionStanding
from domain.qualification import QualificationKind, QualificationState, last_day_of
from domain.restriction import Running, takes
from domain.sanction import MeasureLevel, in_force
from domain.state import Word

VALID_SECONDS_MAX: Final = 60
AGREEMENT_GRACE_DAYS: Final = 30  # calendar days, as all of these
IDENTITY_GRACE_DAYS: Final = 30
QUALIFICATION_GRACE_DAYS: Final = 30
_ON_ITS_WAY: Final = (FilingState.PREPARED, FilingState.SUBMITTED, FilingState.RETURNED)
_REFUSED: Final = (FilingState.DECLINED, FilingState.REVOKED)
_INSTANT: Final = timedelta(microseconds=1)  # the finest a stored moment knows
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_FIRST: Final = date(1900, 1, 1)  # somebody's "always" is not to overrun the calendar


class Act(Word):
    """What somebody wants to do with the account."""

    PUBLISH = "PUBLISH", "发布", "Publish a new item"
    UPDATE = "UPDATE", "更新", "Change what is public, the profile included"
    COMMENT = "COMMENT", "评论", "Reply in public"
    REMOVE = "REMOVE", "删除", "Take down or correct"


class Content(Word):
    """What it is about."""

    GENERAL = "GENERAL", "一般内容", "Anything but current-affairs news"
    NEWS_ORIGINAL = "NEWS_ORIGINAL", "原创时政新闻", "Current-affairs news of one's own"
    NEWS_REPRINT = "NEWS_REPRINT", "转载时政新闻", "Current-affairs news of others"


class Blocker(Word):
    """What stands in the way."""

    CLOSED = "CLOSED", "账号已关闭", "The account is closed"
    CLOSING = "CLOSING", "注销申请已满冷静期", "Its holder asked for it to be closed, and the time to cool off is over"
    SUSPENDED = "SUSPENDED", "已被暂停更新", "A measure suspends its updates"
    RESTRICTED = "RESTRICTED", "功能已被限制", "A measure restricts this"
    INTERIM_MEASURE = "INTERIM_MEASURE", "临时措施生效中", "An interim measure holds until its case is decided"
    NOT_REVIEWED = "NOT_REVIEWED", "未通过审核", "The account has not passed its review"
    NOT_FILED = "NOT_FILED", "未备案", "The account is not on file yet"
    FILING_REFUSED = "FILING_REFUSED", "备案未获准予或已撤销", "Its filing was declined or revoked"
    AGREEMENT_LAPSED = (
        "AGREEMENT_LAPSED",
        "未同意现行协议",
        "The agreement in force is not fully consented to",
    )
    IDENTITY_LAPSED = "IDENTITY_LAPSED", "身份核验已过期", "The verification of the holder's identity has run out"
    PROVIDER_UNQUALIFIED = "PROVIDER_UNQUALIFIED", "服务提供者资质不全", "The provider lacks a qualification"
    NO_BADGE = "NO_BADGE", "无新闻信息标识", "It has no badge for current-affairs news"
    LICENCE_LAPSED = "LICENCE_LAPSED", "许可已失效", "The licence behind its badge no longer stands"
    BADGE_ONLY_REPRINTS = "BADGE_ONLY_REPRINTS", "标识仅限转载", "Its badge is for reprints only"


BLOCKED_BY: Final[Mapping[str, Blocker]] = MappingProxyType(
    {
        MeasureLevel.INTERIM: Blocker.INTERIM_MEASURE,
        MeasureLevel.RESTRICTED: Blocker.RESTRICTED,
        MeasureLevel.SUSPENDED: Blocker.SUSPENDED,
        MeasureLevel.CLOSED: Blocker.CLOSED,
    }
)
Graces = tuple[tuple[Blocker, datetime | None], ...]


# --- the facts ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class OnFile:
    """The account's filing."""

    state: str
    was_refused: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A qualification that is or was verified; `left_at`: when it was suspended or revoked."""

    kind: str
    state: str
    valid_from: date
    valid_to: date
    renewal_asked_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Granted:
    """The account's permission, and what the register says of its licence; None is what it does not tell.

    It is granted, or suspended by nothing but a measure on a news ground: that stands in the way itself while it is in
    force, and not a moment longer.
    """

    kind: str
    valid_until: date | None
    renewal_asked_at: datetime | None
    licence_is_listed: bool
    licence_services: str | None
    licence_valid_from: date | None
    licence_valid_to: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a decision rests on. The holder's consent is None while it is current, as it is where none is due."""

    state: str
    is_adopted: bool
    closing_at: datetime | None
    closes_at: datetime | None  # when that takes place; later than `closing_at` where something holds it
    publishes_before_filing: bool  # the provider's setting
    filing: OnFile | None
    consent_lost_at: datetime | None  # since when an agreement is in force that the holder has not consented to
    verified_until: datetime | None
    held: tuple[Held, ...] | None  # None: counts as qualified
    permission: Granted | None
    measures: tuple[Running, ...] = ()  # all but warnings, in the order in which they began


# --- the answer --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Block:
    """One thing in the way; `until`: when it ends without anybody doing anything; `measure`: which one it is."""

    code: Blocker
    until: datetime | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it is allowed, at that moment and so many seconds on from it."""

    allowed: bool
    blocked_by: tuple[Block, ...]
    decided_at: datetime
    valid_for: int


def decide(standing: Standing, act: Act, content: Content, now: datetime) -> Decision:
    """Whether the account may do this now, and everything that stands in the way."""
    graces = tuple(_graces(standing, now))
    blocks = tuple(_blocks(standing, act, content, now, graces))
    return Decision(not blocks, blocks, now, _valid_seconds(standing, now, graces))


def _blocks(standing: Standing, act: Act, content: Content, now: datetime, graces: Graces) -> Iterator[Block]:
    measures = [one for one in standing.measures if in_force(one, now)]
    closures = [one for one in measures if one.level == MeasureLevel.CLOSED]
    if closures:
        yield from map(_block, closures)
    elif standing.state == AccountState.CLOSED or has_closed(standing, now):
        yield Block(Blocker.CLOSED)
    elif standing.state not in IN_USE:
        yield Block(Blocker.NOT_REVIEWED)
    elif act != Act.REMOVE:  # taking down is never in anybody's way
        yield from (_block(one) for one in measures if takes(one, act, content))
        if standing.closing_at is not None and standing.closing_at <= now:
            yield Block(Blocker.CLOSING)
        if act != Act.UPDATE:
            yield from _without_base_right(standing, now)
        # Nothing is written into an account when one of these lapses: each is a hold once its grace is over.
        yield from (Block(code) for code, ends in graces if ends is not None and ends <= now)
        if content != Content.GENERAL:
            yield from _without_news_right(standing, content, local_day(now))


def has_closed(standing: Standing, now: datetime) -> bool:
    """Whether its holder's closing has taken place, though no worker has said so yet."""
    return standing.closes_at is not None and standing.closes_at < now


def _block(measure: Running) -> Block:
    return Block(BLOCKED_BY[measure.level], measure.ends_at, measure.id)


def _without_base_right(standing: Standing, now: datetime) -> Iterator[Block]:
    filing = standing.filing
    if standing.state in ON_FILE:
        return
    if filing is not None and (filing.was_refused or filing.state in _REFUSED):
        yield Block(Blocker.FILING_REFUSED)
    elif filing is None or filing.state not in _ON_ITS_WAY:
        yield Block(Blocker.NOT_FILED)
    # An adopted account may publish till its filing is due and, the delay being none of its own, after that.
    elif not (standing.publishes_before_filing or standing.is_adopted or filing.due_at < now):
        yield Block(Blocker.NOT_FILED, None if filing.due_at == NO_DUE_DATE else filing.due_at)


# --- what may lapse: a further hold is a line here ----------------------------------------------------------------
def _graces(standing: Standing, now: datetime) -> Iterator[tuple[Blocker, datetime | None]]:
    """When the grace ends of each thing that has lapsed or will; None of what has no end in view."""
    yield Blocker.AGREEMENT_LAPSED, _after(standing.consent_lost_at, AGREEMENT_GRACE_DAYS)
    yield Blocker.IDENTITY_LAPSED, _after(standing.verified_until or _NEVER, IDENTITY_GRACE_DAYS)
    yield Blocker.PROVIDER_UNQUALIFIED, _after(qualification_lost_at(standing.held, now), QUALIFICATION_GRACE_DAYS)


def _after(lost_at: datetime | None, days: int) -> datetime | None:
    return lost_at if lost_at is None or lost_at == _NEVER else lost_at + timedelta(days=days)


def qualification_lost_at(held: tuple[Held, ...] | None, now: datetime) -> datetime | None:
    """When the provider lost the first of the kinds that it lacks now; None while it has both."""
    if held is None:
        return None
    lost = [_lost_at([one for one in held if one.kind == kind], now) for kind in QualificationKind]
    return min((at for at in lost if at is not None), default=None)


def _lost_at(held: list[Held], now: datetime) -> datetime | None:
    """When the last of these ended; None if one stands. What never stood has no grace."""
    spans = [_span(one) for one in held]
    if any(begins <= now < ends for begins, ends in spans):
        return None
    return max((ends for begins, ends in spans if begins < ends <= now), default=_NEVER)


def _span(one: Held) -> tuple[datetime, datetime]:
    ends = end_of(last_day_of(one.valid_to, one.renewal_asked_at))
    if one.state != QualificationState.VERIFIED:
        ends = min(ends, one.left_at or _NEVER)
    return end_of(max(one.valid_from, _FIRST) - _DAY), ends


# --- news --------------------------------------------------------------------------------------------------------
def _without_news_right(standing: Standing, content: Content, today: date) -> Iterator[Block]:
    """The badge is the account's own, on file; what it allows is derived from the licence behind it."""
    granted = standing.permission
    if granted is None or standing.state not in ON_FILE:
        yield Block(Blocker.NO_BADGE)
    elif not news_right_stands(granted, today):
        yield Block(Blocker.LICENCE_LAPSED)
    elif content == Content.NEWS_ORIGINAL and granted.kind != PermissionKind.PUBLISH_AND_REPRINT:
        yield Block(Blocker.BADGE_ONLY_REPRINTS)


def news_right_stands(granted: Granted, today: date) -> bool:
    """Whether the permission gives its right on this day, silence on a renewal asked in time included."""
    found = permission_stands(
        granted.kind,
        PermissionState.GRANTED,
        granted.valid_until,
        granted.renewal_asked_at,
        granted.licence_services,
        granted.licence_valid_from,
        granted.licence_valid_to,
        today,
        licence_is_listed=granted.licence_is_listed,
    )
    return found != PermissionStanding.ENDED


# --- how long it holds -------------------------------------------------------------------------------------------
def _valid_seconds(standing: Standing, now: datetime, graces: Graces) -> int:
    """Whole seconds within which time alone changes nothing; what people do meanwhile is why they are few."""
    left = min(
        (at - now for at in _turns(standing, now, graces) if at > now), default=timedelta(seconds=VALID_SECONDS_MAX)
    )
    return min(VALID_SECONDS_MAX, int(left.total_seconds()))


def _turns(standing: Standing, now: datetime, graces: Graces) -> Iterator[datetime]:
    """The moments at which an answer may change by itself: ends of days in Shanghai, of graces, of clocks."""
    yield end_of(local_day(now))
    filing = None if has_closed(standing, now) else standing.filing  # it was cancelled
    if filing is not None and filing.due_at != NO_DUE_DATE:
        yield filing.due_at + _INSTANT  # it is overdue from the instant after
    if standing.closing_at is not None:
        yield standing.closing_at
    if standing.closes_at is not None:
        yield standing.closes_at + _INSTANT
    yield from (ends for _, ends in graces if ends is not None)
    for one in standing.measures:
        yield from one.turns()
