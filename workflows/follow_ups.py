"""The only way one workflow moves another: a row a follow-up, in the order in which they fire (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.account import AccountState
from domain.filing import FilingState
from domain.state import State

LONGEST_CHAIN: Final = 6


@dataclass(frozen=True, slots=True)
class FollowUp:
    """When `noun` takes `trigger`, or enters `state`, `fires` fires where its target stands in one of `when`."""

    noun: str
    fires: tuple[str, str]
    trigger: str | None = None
    enters: State | None = None
    when: tuple[State, ...] = ()  # none: the follow-up creates its case, and must succeed

    @property
    def creates(self) -> bool:
        return not self.when

    def is_caused_by(self, noun: str, trigger: str, before: str, after: str) -> bool:
        """Whether a step of another case sets this off."""
        if noun != self.noun:
            return False
        if self.trigger is not None:
            return trigger == self.trigger
        return after == self.enters and before != after


FOLLOW_UPS: Final = (
    FollowUp("account", trigger="approve", fires=("filing", "prepare")),
    FollowUp("filing", enters=FilingState.ACCEPTED, fires=("account", "file"), when=(AccountState.REVIEWED,)),
    FollowUp("filing", trigger="revoke", fires=("account", "unfile"), when=(AccountState.FILED,)),
    FollowUp("provider", trigger="go_live", fires=("provider", "register")),
)


def caused_by(noun: str, trigger: str, before: str, after: str) -> Iterator[FollowUp]:
    """What a step sets off, in table order."""
    return (row for row in FOLLOW_UPS if row.is_caused_by(noun, trigger, before, after))


def reached_from(noun: str) -> frozenset[str]:
    """The nouns whose existing cases a step of this noun may move."""
    found: set[str] = set()
    waiting = [noun]
    while waiting:
        here = waiting.pop()
        for row in FOLLOW_UPS:
            target = row.fires[0]
            if row.noun == here and not row.creates and target not in found:
                found.add(target)
                waiting.append(target)
    return frozenset(found)
