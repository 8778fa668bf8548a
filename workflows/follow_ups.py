"""The only way one workflow moves another: a row a follow-up, in the order in which they fire (Art. 7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.account import IN_USE, AccountState, ClosedCause
from domain.filing import FilingState
from domain.permission import PermissionState
from domain.sanction import RUNGS, MeasureLevel, SanctionState
from domain.state import State
from workflows.closing import holds_it, may_free_it, nothing_holds_it

LONGEST_CHAIN: Final = 6
_DECIDED: Final = (*RUNGS, SanctionState.DISMISSED)
_HEAVY: Final = frozenset({SanctionState.RESTRICTED, SanctionState.SUSPENDED, SanctionState.CLOSED})
A, F, P, S = AccountState, FilingState, PermissionState, SanctionState


def _any(_cause: Any, _target: Any) -> bool:
    return True


def always(_on: Any) -> bool:
    """Whatever the causing step knew."""
    return True


@dataclass(frozen=True, slots=True)
class FollowUp:
    """When `noun` takes `trigger`, enters or leaves a state, `fires` fires on each case that stands in one of `when`.

    `which` chooses among the cases by the row that caused it and their own. `provided` names another noun and the
    state that one of its cases under the same root must stand in, `unless` a noun none of whose cases under the
    same root may be such as it says at the moment of the step. `given` is asked what the causing step knew: with its
    facts and its input.
    """

    noun: str
    fires: tuple[str, str]
    trigger: str | None = None
    enters: State | None = None
    leaves: State | None = None
    when: tuple[State, ...] = ()  # none: the follow-up creates its case, and must succeed
    which: Callable[[Any, Any], bool] = _any
    provided: tuple[str, State] | None = None
    unless: tuple[str, Callable[[Any, Any, datetime], bool]] | None = None
    given: Callable[[Any], bool] = always

    @property
    def creates(self) -> bool:
        return not self.when

    @property
    def looks_at(self) -> frozenset[str]:
        """The nouns whose existing cases must be in hand when it fires."""
        target = () if self.creates else (self.fires[0],)
        others = (named[0] for named in (self.provided, self.unless) if named is not None)
        return frozenset((*target, *others))

    def is_caused_by(self, noun: str, trigger: str, before: str, after: str) -> bool:
        """Whether a step of another case sets this off."""
        if noun != self.noun:
            return False
        if self.trigger is not None:
            return trigger == self.trigger
        if self.leaves is not None:
            return before == self.leaves and after != before
        return after == self.enters and before != after

    def may_be_caused_by(
        self, noun: str, trigger: str, sources: Collection[str], targets: Collection[str | None]
    ) -> bool:
        """Whether some step of this kind could set it off, whatever state its case stands in."""
        pairs = ((before, target or before) for before in sources or ("",) for target in targets)
        return any(self.is_caused_by(noun, trigger, before, after) for before, after in pairs)


def _is_another(cause: Any, target: Any) -> bool:
    return bool(cause.id != target.id)


def _is_what_it_amends(cause: Any, target: Any) -> bool:
    return bool(cause.amends == target.id)


def _is_of_the_account(_: Any, target: Any) -> bool:
    """The account's filing itself, not an amendment on its way."""
    return target.current_of is not None


def _is_amendment(_: Any, target: Any) -> bool:
    return target.amends is not None and target.current_of is None


def _amends(cause: Any, _: Any) -> bool:
    return cause.amends is not None


def _its_interim(cause: Any, target: Any) -> bool:
    return bool(cause.id == target.id and target.interim_id is not None)


def _touches_news(cause: Any, _: Any) -> bool:
    return bool(cause.is_news)


def _holds_news_back(cause: Any, row: Any, now: datetime) -> bool:
    """Another case of the account whose measure keeps its news permission suspended: a rung that is over does not."""
    is_over = row.measure_until is not None and row.measure_until <= now
    return row.id != cause.id and bool(row.is_news) and row.state in _HEAVY and not is_over


def _waits_for_it(cause: Any, target: Any) -> bool:
    """A permission that was suspended because of such a measure, which this one keeps no longer."""
    return bool(cause.is_news and cause.state not in _HEAVY and target.suspended_by_follow_up)


def _its_own_and_suspended_by_follow_up(cause: Any, target: Any) -> bool:
    return bool(cause.id == target.id and target.suspended_by_follow_up)


def _licence_stands(on: Any) -> bool:
    """That the licence behind it stands."""
    dormant = on.facts.dormant.get(on.id)
    return dormant is not None and bool(dormant.would_stand(on.now))


def _closed_by_sanction(_: Any, target: Any) -> bool:
    return bool(target.closed_cause == ClosedCause.SANCTION)


def _closes_too(cause: Any, row: Any, _: datetime) -> bool:
    """Another case of the account whose closure is in force."""
    return bool(row.id != cause.id and row.state == S.CLOSED)


def _weighs(on: Any) -> bool:
    """That the measure rescinded was more than a warning: its authority was told of it."""
    return bool(on.facts.by_id[on.input.measure_id].level != MeasureLevel.WARNING)


def _interim_ends() -> Iterator[FollowUp]:
    for trigger in ("warn", "restrict", "suspend", "close", "dismiss"):
        yield FollowUp(
            "sanction", trigger=trigger, fires=("sanction", "lapse_interim"), when=_DECIDED, which=_its_interim
        )


def _reports() -> Iterator[FollowUp]:
    for trigger in ("interim", "extend_interim", "restrict", "suspend", "close", "prolong", "reduce"):
        yield FollowUp("sanction", trigger=trigger, fires=("authority_report", "create"))
    yield FollowUp("sanction", trigger="rescind", fires=("authority_report", "create"), given=_weighs)


def _closing_held() -> Iterator[FollowUp]:
    for trigger in ("notify", "interim", "restrict", "suspend", "reopen"):
        yield FollowUp("sanction", trigger=trigger, fires=("account", "hold_closing"), when=IN_USE, which=holds_it)


def _closing_freed() -> Iterator[FollowUp]:
    for trigger in ("lapse_interim", "overdue", "warn", "dismiss", "lift", "expire", "reduce", "rescind"):
        yield FollowUp(
            "sanction",
            trigger=trigger,
            fires=("account", "resume_closing"),
            when=IN_USE,
            which=may_free_it,
            given=nothing_holds_it,
        )


def _news_suspended() -> Iterator[FollowUp]:
    for trigger in ("restrict", "suspend", "close"):
        yield FollowUp(
            "sanction", trigger=trigger, fires=("permission", "suspend"), when=(P.GRANTED,), which=_touches_news
        )


def _news_resumed() -> Iterator[FollowUp]:
    for trigger in ("reduce", "lift", "expire", "rescind"):
        yield FollowUp(
            "sanction",
            trigger=trigger,
            fires=("permission", "resume"),
            when=(P.SUSPENDED,),
            which=_waits_for_it,
            unless=("sanction", _holds_news_back),
            given=_licence_stands,
        )


def _is_in_use(_: Any, target: Any) -> bool:
    return target.state in IN_USE


def _has_an_open_change(_: Any, target: Any) -> bool:
    return target.change_state is not None


def _change_timed() -> Iterator[FollowUp]:
    """Whatever begins or ends a measure: it may keep the profile as it is."""
    begins, ends = ("interim", "restrict", "suspend"), ("lapse_interim", "reduce", "lift", "expire", "rescind")
    for trigger in (*begins, *ends):
        yield FollowUp(
            "sanction",
            trigger=trigger,
            fires=("account", "time_change"),
            when=(A.REVIEWED, A.FILED, A.BADGED),
            which=_has_an_open_change,
        )


FOLLOW_UPS: Final = (
    FollowUp("account", trigger="approve", fires=("filing", "prepare")),
    FollowUp("account", trigger="adopt", fires=("filing", "prepare")),
    FollowUp("account", trigger="approve_change", fires=("filing", "cancel"), when=(F.DECLINED,), which=_is_amendment),
    FollowUp("account", trigger="approve_change", fires=("filing", "amend"), provided=("filing", F.ACCEPTED)),
    FollowUp("account", trigger="rename", fires=("filing", "amend"), provided=("filing", F.ACCEPTED)),
    FollowUp(
        "account",
        trigger="approve_change",
        fires=("filing", "revise"),
        when=(F.PREPARED, F.RETURNED, F.DECLINED),
        which=_is_of_the_account,
    ),
    FollowUp("filing", trigger="accept", fires=("filing", "supersede"), when=(F.ACCEPTED,), which=_is_what_it_amends),
    FollowUp(
        "filing", trigger="accept", fires=("account", "amend"), when=(A.REVIEWED, A.FILED, A.BADGED), which=_amends
    ),
    FollowUp("filing", enters=F.ACCEPTED, fires=("account", "file"), when=(A.REVIEWED,)),
    FollowUp("filing", leaves=F.SUBMITTED, fires=("account", "resume_rename"), when=IN_USE, which=_is_in_use),
    FollowUp(
        "permission", trigger="grant", fires=("permission", "replace"), when=(P.GRANTED, P.SUSPENDED), which=_is_another
    ),
    FollowUp(
        "account", trigger="file", fires=("account", "badge"), when=(A.FILED,), provided=("permission", P.GRANTED)
    ),
    FollowUp("permission", enters=P.GRANTED, fires=("account", "badge"), when=(A.FILED,)),
    FollowUp("permission", leaves=P.GRANTED, fires=("account", "unbadge"), when=(A.BADGED,)),
    FollowUp("permission", trigger="narrow", fires=("account", "rebadge"), when=(A.BADGED,)),
    FollowUp("permission", trigger="renewed", fires=("account", "rebadge"), when=(A.BADGED,)),
    FollowUp(
        "filing",
        trigger="revoke",
        fires=("filing", "cancel"),
        when=(F.PREPARED, F.SUBMITTED, F.RETURNED, F.DECLINED),
        which=_is_amendment,
    ),
    FollowUp("filing", trigger="revoke", fires=("account", "unfile"), when=(A.FILED, A.BADGED)),
    FollowUp(
        "account",
        trigger="close",
        fires=("filing", "cancel"),
        when=(F.PREPARED, F.SUBMITTED, F.RETURNED, F.DECLINED, F.ACCEPTED),
    ),
    FollowUp("account", trigger="close", fires=("filing", "rest"), when=(F.REVOKED,)),
    *_interim_ends(),
    FollowUp("sanction", trigger="close", fires=("account", "close"), when=(A.REVIEWED, A.FILED, A.BADGED)),
    FollowUp(
        "sanction",
        leaves=S.CLOSED,
        fires=("account", "reinstate"),
        when=(A.CLOSED,),
        which=_closed_by_sanction,
        unless=("sanction", _closes_too),
    ),
    FollowUp(
        "account", trigger="reinstate", fires=("filing", "restore"), when=(F.CANCELLED,), which=_is_of_the_account
    ),
    FollowUp("account", trigger="reinstate", fires=("filing", "wake"), when=(F.REVOKED,), which=_is_of_the_account),
    *_news_suspended(),
    *_news_resumed(),
    FollowUp(
        "permission",
        trigger="renewed",
        fires=("permission", "resume"),
        when=(P.SUSPENDED,),
        which=_its_own_and_suspended_by_follow_up,
        unless=("sanction", _holds_news_back),
    ),
    *_change_timed(),
    *_closing_held(),
    *_closing_freed(),
    *_reports(),
    FollowUp("provider", trigger="go_live", fires=("provider", "register")),
)


def caused_by(noun: str, trigger: str, before: str, after: str) -> Iterator[FollowUp]:
    """What a step sets off, in table order."""
    return (row for row in FOLLOW_UPS if row.is_caused_by(noun, trigger, before, after))
