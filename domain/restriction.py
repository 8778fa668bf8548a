"""What a measure takes of the right to publish: by its level, its scope and its ground (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Final

from domain.codes.lists import codes
from domain.sanction import HEAVY, NEVER, MeasureLevel

# A suspension takes these, and so does whatever has no scope of its own. Taking down is never taken.
TAKEN_ACTS: Final = ("PUBLISH", "UPDATE", "COMMENT")
NEWS_CONTENTS: Final = ("NEWS_ORIGINAL", "NEWS_REPRINT")
CONTENTS: Final = ("GENERAL", *NEWS_CONTENTS)
_SCOPED: Final = (MeasureLevel.RESTRICTED, MeasureLevel.INTERIM)
Reach = frozenset[tuple[str, str]]  # acts on contents
_WHOLE: Final[Reach] = frozenset(product(TAKEN_ACTS, CONTENTS))
_NEWS: Final[Reach] = frozenset(product(TAKEN_ACTS, NEWS_CONTENTS))


@dataclass(frozen=True, slots=True)
class Running:
    """A measure that is not over: it is in force, is yet to begin, or is stayed."""

    id: str
    level: str
    scope: tuple[str, ...]
    is_news: bool
    from_at: datetime
    until: datetime
    ended_at: datetime
    stayed_from: datetime
    stayed_until: datetime

    @property
    def ends_at(self) -> datetime | None:
        """When it ends though nobody does anything; None where it does not."""
        ends = min(self.until, self.ended_at)
        return None if ends == NEVER else ends

    def turns(self) -> Iterator[datetime]:
        """The moments at which it comes into force or goes out of it."""
        turns = (self.from_at, self.until, self.ended_at, self.stayed_from, self.stayed_until)
        return (at for at in turns if at != NEVER)


def takes(measure: Running, act: str, content: str) -> bool:
    """Whether the measure, while it is in force, stands in the way of an act on a content."""
    return (act, content) in _reach(measure.level, measure.scope, measure.is_news)


def takes_changes(level: str, scope: Iterable[str], is_news: bool) -> bool:
    """Whether a measure keeps the profile as it is: then nothing new is asked for it, nor approved."""
    return ("UPDATE", "GENERAL") in _reach(level, tuple(scope), is_news)


@lru_cache(maxsize=1_000)
def _reach(level: str, scope: tuple[str, ...], is_news: bool) -> Reach:
    """A measure on a news ground takes all news beside its scope: the permission is suspended while it is in force."""
    if level == MeasureLevel.WARNING:
        return frozenset()
    scoped = frozenset[tuple[str, str]]().union(*map(_scope_reach, scope)) if scope and level in _SCOPED else _WHOLE
    return scoped | _NEWS if is_news and level in HEAVY else scoped


def _scope_reach(code: str) -> Reach:
    """A code that is listed no more takes everything: a restriction is not loosened by an edit of a list."""
    found = codes("restriction_scopes").get(code)
    if found is None:
        return _WHOLE
    return frozenset(product(found.more["acts"].split(), found.more["contents"].split())) & _WHOLE
