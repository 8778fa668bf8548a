"""The slow reference of sanction levels: what happened to measures, told again from the beginning for every moment.

A `Story` keeps the rows as steps write them, and beside them what happened, in words. The reference looks at the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

FOREVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
INSTANT: Final = timedelta(microseconds=1)
LEVELS: Final = ("WARNING", "RESTRICTED", "SUSPENDED", "CLOSED")
OVER: Final = ("runs out", "is ended")
VERBS: Final = (
    "rung", "rung", "later", "interim", "prolong", "reduce", "lift", "rescind", "rescind_former", "expire", "stay",
    "unstay",
)  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """Something that happened to a measure, or will by itself."""

    at: datetime
    measure: str
    what: str  # begins, runs out, is ended, is stayed, goes on


@dataclass(frozen=True)
class Move:
    """What somebody does next: so many hours on, in one of the cases."""

    hours_on: int
    case: int
    verb: str
    rung: int
    hours: int


@dataclass
class Story:
    """The measures of one account, case by case."""

    now: datetime
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[Happening] = field(default_factory=list)
    cases: dict[int, list[str]] = field(default_factory=dict)

    def tell(self, moves: Iterable[Move]) -> Story:
        for move in moves:
            self.now += move.hours_on * HOUR
            getattr(self, f"_{move.verb}")(move)
        return self

    def moments(self) -> list[datetime]:
        """Every moment at which anything may turn, the instant before it and the one after."""
        turns = {one.at for one in self.told if one.at != FOREVER}
        return sorted(at + edge for at in turns for edge in (-INSTANT, timedelta(), INSTANT))

    # --- what is done --------------------------------------------------------------------------------------------
    def _rung(self, move: Move) -> None:
        self._end_current(move)
        self._begin(move, LEVELS[move.rung], self.now)

    def _later(self, move: Move) -> None:
        """A decision that takes effect some hours on."""
        self._end_current(move)
        self._begin(move, LEVELS[move.rung], self.now + (1 + move.hours % 5) * HOUR)

    def _interim(self, move: Move) -> None:
        self.add("INTERIM", self.now, self.now + (1 + move.hours) * HOUR)

    def _prolong(self, move: Move) -> None:
        row = self._current(move)
        if row is not None and row["level"] in ("RESTRICTED", "SUSPENDED"):
            self.end(row["id"])
            self._note(move, self.add(row["level"], self.now, row["until"] + (1 + move.hours) * HOUR))

    def _reduce(self, move: Move) -> None:
        row = self._current(move)
        if row is not None and row["level"] != "WARNING":
            self.end(row["id"])
            milder = LEVELS[min(move.rung, LEVELS.index(row["level"]) - 1)]
            self._begin(move, milder, self.now)

    def _lift(self, move: Move) -> None:
        self._end_current(move)

    _rescind = _lift

    def _rescind_former(self, move: Move) -> None:
        """Of a measure that was replaced or is over only that is said: it ends no other, and not again."""
        for id_ in self.cases.get(move.case, [])[:1]:
            row = self.rows[id_]
            if min(row["until"], row["ended_at"]) <= self.now:
                row["ended_by"] = "OVERTURNED"

    def _expire(self, move: Move) -> None:
        """What time has done already is written down, long after perhaps."""
        for id_ in self.cases.get(move.case, []):
            if self.rows[id_]["until"] <= self.now and self.rows[id_]["ended_at"] == FOREVER:
                self.rows[id_] |= {"ended_at": self.rows[id_]["until"], "ended_by": "EXPIRED"}

    def _stay(self, move: Move) -> None:
        row = self._current(move)
        if row is not None and row["stayed_from"] == FOREVER:
            row["stayed_from"] = self.now
            self.told.append(Happening(self.now, row["id"], "is stayed"))

    def _unstay(self, move: Move) -> None:
        row = self._current(move)
        if row is not None and row["stayed_from"] != FOREVER and row["stayed_until"] == FOREVER:
            row["stayed_until"] = self.now
            self.told.append(Happening(self.now, row["id"], "goes on"))

    # --- what that writes ----------------------------------------------------------------------------------------
    def _current(self, move: Move) -> dict[str, Any] | None:
        """The last rung of the case, unless it is over."""
        ids = self.cases.get(move.case, [])
        row = self.rows[ids[-1]] if ids else None
        return row if row is not None and min(row["until"], row["ended_at"]) > self.now else None

    def _end_current(self, move: Move) -> None:
        if (row := self._current(move)) is not None:
            self.end(row["id"])

    def end(self, id_: str) -> None:
        """It ends now, unless it is over."""
        row = self.rows[id_]
        if min(row["until"], row["ended_at"]) > self.now:
            row["ended_at"] = self.now
            self.told.append(Happening(self.now, id_, "is ended"))

    def _begin(self, move: Move, level: str, at: datetime) -> None:
        self._note(move, self.add(level, at, FOREVER if level == "CLOSED" else at + (1 + move.hours) * HOUR))

    def _note(self, move: Move, id_: str) -> None:
        self.cases.setdefault(move.case, []).append(id_)

    def add(self, level: str, at: datetime, until: datetime, **more: Any) -> str:
        """A measure from one moment to another."""
        id_ = f"measure_{len(self.rows)}"
        never = dict.fromkeys(("ended_at", "stayed_from", "stayed_until"), FOREVER)
        self.rows[id_] = {"id": id_, "level": level, "from_at": at, "until": until, "ended_by": None, **never, **more}
        self.told += [Happening(at, id_, "begins"), Happening(until, id_, "runs out")]
        return id_


def in_force(story: Story, now: datetime) -> list[str]:
    """The measures that stand at a moment, by all that happened up to it."""
    begun, over, stayed = set[str](), set[str](), set[str]()
    joins = {"begins": begun, "runs out": over, "is ended": over, "is stayed": stayed}
    for one in story.told:
        if one.at <= now and one.what == "goes on":
            stayed.discard(one.measure)
        elif one.at <= now:
            joins[one.what].add(one.measure)
    return sorted(begun - over - stayed)


def level(story: Story, now: datetime) -> str:
    """The highest rung among them; an interim measure is none."""
    standing = {story.rows[id_]["level"] for id_ in in_force(story, now)}
    return next((each for each in reversed(LEVELS) if each in standing), "NONE")


def until(story: Story, now: datetime) -> datetime | None:
    """When the last of those that reach that rung is over."""
    highest = level(story, now)
    reach = {id_ for id_ in in_force(story, now) if story.rows[id_]["level"] == highest}
    ends = (min(one.at for one in story.told if one.measure == id_ and one.what in OVER) for id_ in reach)
    return max(ends, default=None)
