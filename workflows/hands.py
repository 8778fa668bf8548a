"""Cases in hand during one unit of work, and everything it is going to write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.deadline import Deadline
from domain.journal import TextName
from domain.table import Table
from domain.viewer import Viewer
from workflows.changes import Completion, Detail, Say, Serve
from workflows.database import valued
from workflows.engine import On, Workflow


@dataclass(eq=False)
class Hand:
    """One case: its row as it was read, and where it stands after the steps taken so far."""

    workflow: Workflow
    id: str
    row: Any
    state: str
    seq: int
    head: bytes
    stepped_at: datetime
    is_new: bool = False
    seen: int = 0
    changes: dict[str, Any] = field(default_factory=dict)
    deadlines: list[Deadline] = field(default_factory=list)

    @classmethod
    def of(cls, workflow: Workflow, row: Any) -> Hand:
        """An existing case."""
        return cls(workflow, row.id, row, row.state, row.seq, row.head, row.stepped_at, seen=row.seq)

    def now_row(self) -> Any:
        """The row with the changes made so far: what a later effect in the same work sees."""
        return valued(self.workflow.model, {**vars(self.row), **self.changes, "state": self.state, "seq": self.seq})

    @property
    def root_id(self) -> str:
        """What the case hangs on: itself, where it is a root."""
        return str(vars(self.row)[self.workflow.root_column] or self.id)

    def value(self, name: str) -> Any:
        return self.changes[name] if name in self.changes else vars(self.row).get(name)


@dataclass(eq=False)
class StepInHand:
    """A step taken, before its hash is known: what its follow-ups skipped is part of it."""

    hand: Hand
    id: str
    trigger: str
    seq: int
    before: str | None
    after: str
    at: datetime
    cause: StepInHand | None
    reason_codes: tuple[str, ...] = ()
    legal_bases: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    texts: list[tuple[TextName, str]] = field(default_factory=list)
    served: list[Serve] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def say(self, what: Serve | Detail | Say) -> None:
        """Keep what an effect says of the step."""
        match what:
            case Serve():
                self.served.append(what)
            case Detail(values):
                self.details.update(values)
            case Say(name, text):
                self.texts.append((name, text))


@dataclass(eq=False)
class Writing:
    """All that one unit of work writes, in memory until the decision is complete."""

    viewer: Viewer
    now: datetime  # when its steps take effect
    hands: list[Hand] = field(default_factory=list)
    steps: list[StepInHand] = field(default_factory=list)
    inserts: list[tuple[type[Table], dict[str, Any]]] = field(default_factory=list)
    updates: list[tuple[type[Table], str, dict[str, Any]]] = field(default_factory=list)
    later: list[tuple[Hand, Completion]] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)  # an account, and the authority that it goes to
    caught_up: Collection[str] = ()  # roots under which all that had passed was tried before this work began
    asked: On | None = None  # the step that somebody asks for, with all that is looked at to decide it
    recorded_at: datetime | None = None  # of a timed step: when it is written, which may be long after it takes effect

    def hands_of(self, noun: str, states: Collection[str] | None = None) -> list[Hand]:
        """The cases of a noun that are in hand; only those in these states, where some are named."""
        of_noun = [hand for hand in self.hands if hand.workflow.noun == noun]
        return of_noun if states is None else [hand for hand in of_noun if hand.state in states]
