"""The only way one workflow moves another: a row a follow-up, in the order in which they fire (Art. 7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from domain.account import AccountState
from domain.filing import FilingState
from domain.permission import PermissionState
from domain.state import State

LONGEST_CHAIN: Final = 6
A, F, P = AccountState, FilingState, PermissionState


def _any(_cause: Any, _target: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class FollowUp:
    """When `noun` takes `trigger`, enters or leaves a state, `fires` fires on each case that stands in one of `when`.

    `which` chooses among the cases by the row that caused it and their own. `provided` names another noun and the
    state that one of its cases under the same root must stand in.
    """

    noun: str
    fires: tuple[str, str]
    trigger: str | None = None
    enters: State | None = None
    leaves: State | None = None
    when: tuple[State, ...] = ()  # none: the follow-up creates its case, and must succeed
    which: Callable[[Any, Any], bool] = _any
    provided: tuple[str, State] | None = None

    @property
    def creates(self) -> bool:
        return not self.when

    @property
    def looks_at(self) -> frozenset[str]:
        """The nouns whose existing cases must be in hand when it fires."""
        target = () if self.creates else (self.fires[0],)
        return frozenset((*target, *((self.provided[0],) if self.provided else ())))

    def is_caused_by(self, noun: str, trigger: str, before: str, after: str) -> bool:
        """Whether a step of another case sets this off."""
        if noun != self.noun:
            return False
        if self.trigger is not None:
            return trigger == self.trigger
        if self.leaves is not None:
            return before == self.leaves and after != before
        return after == self.enters and before != after

    def may_be_caused_by(self, noun: str, trigger: str, sources: Collection[str], target: str | None) -> bool:
        """Whether some step of this kind could set it off, whatever state its case stands in."""
        return any(self.is_caused_by(noun, trigger, before, target or before) for before in sources or ("",))


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


FOLLOW_UPS: Final = (
    FollowUp("account", trigger="approve", fires=("filing", "prepare")),
    FollowUp("account", trigger="adopt", fires=("filing", "prepare")),
    FollowUp("account", trigger="approve_change", fires=("filing", "cancel"), when=(F.DECLINED,), which=_is_amendment),
    FollowUp("account", trigger="approve_change", fires=("filing", "amend"), provided=("filing", F.ACCEPTED)),
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
    FollowUp("provider", trigger="go_live", fires=("provider", "register")),
)


def caused_by(noun: str, trigger: str, before: str, after: str) -> Iterator[FollowUp]:
    """What a step sets off, in table order."""
    return (row for row in FOLLOW_UPS if row.is_caused_by(noun, trigger, before, after))
