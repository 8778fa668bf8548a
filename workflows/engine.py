"""Workflows as literal tables: transitions, guards, facts and effects. `transitions` judges what is legal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa
from transitions import Machine, MachineError

from domain.policy.roles import REGULATORS, Grant, Role, roles_with
from domain.problems import Problem, ProblemCode
from domain.state import State, Word
from domain.table import Table
from domain.viewer import Viewer
from workflows.changes import Change, Opening
from workflows.commands import AdverseCommand, Command, Input
from workflows.database import Row
from workflows.reasons import personal_data_told, unsound_reasons

NEW: Final = "NEW"  # where a case stands before it is


class Rests(Word):
    """What keeps a guard true from the moment it was asked until the commit."""

    LOCKED = "LOCKED", "锁定", "What it looks at hangs under the locked root"
    UNIQUE = "UNIQUE", "唯一约束", "A unique index refuses the second"
    DERIVED = "DERIVED", "随时推导", "It is asked again at every read, so a change takes effect at once"


@dataclass(frozen=True, slots=True)
class On:
    """All that a guard or an effect may see: values, never a row to write, a session or a clock."""

    case: Any
    facts: Any
    viewer: Viewer
    now: datetime
    input: Any = None
    id: str = ""
    cause: Any = None  # in a follow-up: the case whose step caused it, as it was
    before: str = ""  # for effects: the state that the case has just left
    caused_by: str = ""  # in a follow-up: that step, as `noun.trigger`


Check = Callable[[On], "bool | Sequence[Problem]"]
Effect = Callable[[On], Iterable[Change]]


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition that reads as a sentence. A state guard sees facts, viewer and now; an input guard the input too."""

    sentence: str
    code: ProblemCode
    rests: Rests
    on_input: bool
    path: tuple[str, ...]
    check: Check

    def problems(self, on: On) -> Sequence[Problem]:
        """Nothing where it holds."""
        answer = self.check(on)
        if isinstance(answer, bool):
            return () if answer else (Problem(self.code, self.path),)
        return answer


def guard(
    code: ProblemCode, *, rests: Rests, on_input: bool = False, path: tuple[str, ...] = ()
) -> Callable[[Check], Guard]:
    """Declare a guard by the sentence that is its function's name."""

    def declare(check: Check) -> Guard:
        return Guard(check.__name__, code, rests, on_input, path, check)

    return declare


@dataclass(frozen=True)
class Fact:
    """Some fields of a workflow's facts, as one statement over a list of case ids (bound as `ids`).

    The statement's first column is the case id; `read` makes the fields of one case out of its rows.
    `binds` takes further parameters out of the input: then the fact is for firing only, not for availableSteps.
    """

    name: str
    statement: sa.Select[Any] | sa.CompoundSelect[Any]
    read: Callable[[Sequence[Row], sa.Dialect], Mapping[str, Any]]
    binds: Callable[[Any, Viewer, datetime], Mapping[str, Any]] | None = None
    in_steps: bool = False  # of a transition's own facts: a state guard looks at it, so availableSteps needs it too


@dataclass(frozen=True)
class Gathered:
    """Fields that no plain statement gives: sealed values, serial numbers, listed names. For firing only."""

    name: str
    gather: Callable[[Any, Any, On], Awaitable[Mapping[str, Any]]]  # (office, transaction, on)


@dataclass(frozen=True)
class Sought:
    """Fields that only the deployment's keys find, of many cases at once: for firing and for availableSteps alike.

    `seek` is called with (keys, connection, what the facts before it say of each case, now).
    """

    name: str
    seek: Callable[[Any, Any, Mapping[str, Mapping[str, Any]], datetime], Awaitable[Mapping[str, Mapping[str, Any]]]]
    in_steps: bool = False  # as a Fact's


def never(_: On) -> bool:
    return False


def no_second_person(_: On) -> bool:
    return False


def always_two(_: On) -> bool:
    return True


def answers_for_it(on: On) -> bool:
    """An authority acts where it answers itself. Who acts for a provider or for oneself is bound by scope alone."""
    return on.viewer.role not in REGULATORS or on.case.jurisdiction in (None, on.viewer.authority_id)


@dataclass(frozen=True, eq=False)
class Transition:
    """One row of a workflow's table."""

    trigger: str
    sources: tuple[State, ...]  # none: the trigger creates the case
    target: State | None  # None: the case stays where it is
    article: int  # of the regulation
    command: type[Command] | None = None  # None: fired by follow-ups only
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    four_eyes: Callable[[On], bool] = no_second_person
    adverse: bool = False
    reasons_from: str = "rejection_reasons"  # the code list of an adverse step's reasons
    code_lists: tuple[str, ...] = ()
    facts: tuple[Fact | Sought | Gathered, ...] = ()  # beyond the workflow's own
    opening: Callable[[On], Opening] | None = None
    under: str | None = None  # a creating trigger: the input field that names the row it is created under
    journalled: bool = True  # leases are not
    beside: Callable[[On], bool] = never  # what is kept beside the case only: no step, and the version stays
    listed_under: str | None = None  # another noun that it is named after
    asked_as: str | None = None  # another trigger, whose grant and mutation it shares
    endorsers: frozenset[Role] = frozenset()  # who may be the second person, where not everybody with the grant
    locks_holder: bool = False
    competent: Callable[[On], bool] = answers_for_it  # of an existing case; asked before anything else about it
    or_targets: tuple[State | None, ...] = ()  # where else it may lead, as `leads` says
    leads: Callable[[On], State | None] | None = None  # None of it: the case stays where it is

    @property
    def creates(self) -> bool:
        return not self.sources

    @property
    def targets(self) -> tuple[State | None, ...]:
        """Everywhere it may lead; None: the case may stay where it is."""
        return (self.target, *self.or_targets)


@dataclass(frozen=True, eq=False)
class Workflow:
    """A state machine: one noun, its table, its transitions."""

    noun: str
    zh: str
    model: type[Table]
    states: type[State]
    root: type[Table]
    root_column: str  # of the case's row: the id of its root
    transitions: tuple[Transition, ...]
    facts: tuple[Fact, ...] = ()
    facts_type: type[Any] = dict
    under: type[Table] | None = None  # creating triggers: the table of the row they are created under, its root
    bodies: tuple[type[Table], ...] = ()  # the authority's table, where a new case may hang on one instead
    initial: State | None = None  # where a case stands that another's step brought into being
    by_trigger: Mapping[str, Transition] = field(init=False)
    _verdicts: dict[tuple[str, str], str | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_trigger", {t.trigger: t for t in self.transitions})
        object.__setattr__(self, "_verdicts", {})

    @cached_property
    def machine(self) -> Machine:
        """The judge of legality: one for all cases, driven with a cursor."""
        return Machine(
            model=None,
            states=[NEW, *(state.value for state in self.states)],
            initial=NEW,
            auto_transitions=False,
            transitions=[
                {
                    "trigger": t.trigger,
                    "source": [s.value for s in t.sources] or NEW,
                    "dest": t.target and t.target.value,
                }
                for t in self.transitions
            ],
        )

    def after(self, trigger: str, state: str) -> str | None:
        """The state that a trigger leads to; None where it is not legal. The machine is asked once for each pair."""
        if (trigger, state) not in self._verdicts:
            self._verdicts[trigger, state] = self._judged(trigger, state)
        return self._verdicts[trigger, state]

    def _judged(self, trigger: str, state: str) -> str | None:
        cursor = Cursor(state)
        try:
            self.machine.events[trigger].trigger(cursor)
        except MachineError:
            return None
        return cursor.state

    def grant(self, trigger: str) -> Grant | None:
        """What a role needs to fire a trigger; None for what only follow-ups fire."""
        row = self.by_trigger[trigger]
        return Grant(f"{row.listed_under or self.noun}:{row.asked_as or trigger}") if row.command else None

    def is_endorsed_by(self, trigger: str, role: Role) -> bool:
        """Whether the second person of a trigger may be of this role: the same grant, and named where some are."""
        endorsers = self.by_trigger[trigger].endorsers
        return role in self.who(trigger) and (not endorsers or role in endorsers)

    def who(self, trigger: str) -> tuple[Role, ...]:
        """The roles that may fire a trigger."""
        grant = self.grant(trigger)
        return () if grant is None else roles_with(grant)


class Cursor:
    """What `transitions` moves: a state and nothing else, never the row."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def refusals(workflow: Workflow, transition: Transition, state: str, on: On, *, with_input: bool) -> list[Problem]:
    """Why a trigger cannot be fired now: legality first, then every failing guard at once."""
    if workflow.after(transition.trigger, state) is None:
        there = transition.target is not None and state == transition.target
        return [Problem(ProblemCode.ALREADY_IN_STATE if there else ProblemCode.ILLEGAL_TRANSITION, ("id",))]
    found: list[Problem] = []
    for condition in transition.guards:
        if with_input or not condition.on_input:
            found.extend(condition.problems(on))
    if with_input and isinstance(on.input, AdverseCommand):
        found.extend(unsound_reasons(on.input.reasons, transition.reasons_from, on.case, on.now))
    if with_input and isinstance(on.input, Input):
        found.extend(personal_data_told(on.input, on.case))
    return list(dict.fromkeys(found))  # two guards may stumble over the same code
