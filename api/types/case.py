"""What every case shows alike: where it stands, its clock, what may be done next, its journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import strawberry
from strawberry import ID

from api.reading.fields import batched, by, column, computed, identifier, paged, related
from api.reading.shapes import plain, shape
from api.types.authority import Authority
from api.types.connection import Connection
from api.types.node import Node
from api.types.problem import Problem
from domain import authority as authority_rows
from domain import journal as journal_rows
from domain.case import NO_DUE_DATE, ClockState, Priority
from domain.state import Audience, Language, State
from domain.table import Table, table_of
from workflows.available_steps import AvailableSteps
from workflows.engine import Workflow

T = TypeVar("T")
_JOURNAL: Final = by(journal_rows.Step.seq, journal_rows.Step.id)


@plain
class OpenProposal:
    """A proposal that waits for a second person."""

    id: ID = strawberry.field(description="The proposal.")
    by: ID = strawberry.field(description="The member of staff who proposed.")
    at: datetime = strawberry.field(description="When.")
    hash: str = strawberry.field(description="What an endorsement names.")


@plain
class AvailableStep:
    """A step that the viewer's role carries, and whether it can be taken now."""

    trigger: str = strawberry.field(description="The trigger, as the workflow's table names it.")
    mutation: str = strawberry.field(description="The mutation that fires it.")
    caption: str = computed(
        lambda language, step: step(language), needs=("caption",), by_language=True, description="What to call it."
    )
    allowed: bool = strawberry.field(description="Whether nothing but its input could still stand in the way.")
    problems: list[Problem] = strawberry.field(description="What stands in the way.")
    adverse: bool = strawberry.field(
        description="Whether it decides against somebody: it needs a statement of reasons."
    )
    needs_endorsement: bool = strawberry.field(description="Whether a second person must endorse it.")
    proposal: OpenProposal | None = strawberry.field(description="The proposal of it that waits, if there is one.")
    code_lists: list[str] = strawberry.field(description="The code lists its input draws on.")


def caption_of(states: type[State]) -> Callable[..., str]:
    """The caption of a state of one workflow."""

    def caption(language: Language, state: str, *, audience: Audience | None) -> str:
        return states(state).told(audience or Audience.HANDLER, language)

    return caption


_AUDIENCE: Final[dict[str, Any]] = {"audience": Audience | None}


@shape(interface=True)
class Case(Node):
    """A case of a workflow. Its version is the number of its last journalled step."""

    version: int = strawberry.field(description="The version: name it when you decide.")
    state_code: str = strawberry.field(description="The state as a code.")
    caption: str = computed(
        caption_of(State), ("state",), by_language=True, arguments=_AUDIENCE, description="The state in words."
    )
    due_at: datetime | None = strawberry.field(description="When something falls due; null where nothing does.")
    clock: ClockState = strawberry.field(description="Whether its time runs.")
    priority: Priority = strawberry.field(description="How soon it is to be taken.")
    jurisdiction: Authority | None = strawberry.field(description="The authority that answers for it.")
    available_steps: list[AvailableStep] = strawberry.field(description="What the viewer may do next.")
    journal: Connection[Step] = paged(  # type: ignore[name-defined] # noqa: F821 - found by name among the types
        journal_rows.Step.case_id, order=_JOURNAL, description="Every step taken, in order."
    )


def clock_of(now: datetime, clock: ClockState, due_at: datetime) -> ClockState:
    """The case's clock; OVERDUE once a running one is past its due date."""
    return ClockState.OVERDUE if clock == ClockState.RUNNING and due_at < now else clock


def due_of(due_at: datetime) -> datetime | None:
    """When something is due; null where nothing is."""
    return None if due_at == NO_DUE_DATE else due_at


def case(
    workflow: Workflow, model: type[Table] | None = None, *, prefix: str | None = None
) -> Callable[[type[T]], type[T]]:
    """Declare the type of a workflow's cases: what all cases show is added to what the class says of its own."""
    rows: Any = model or workflow.model

    def declare(cls: type[T]) -> type[T]:
        for name, (annotation, made) in _shown(workflow, rows).items():
            if name not in cls.__annotations__:
                cls.__annotations__[name] = annotation
                setattr(cls, name, made)
        return shape(rows, prefix=prefix or workflow.noun)(cls)

    return declare


def _shown(workflow: Workflow, rows: Any) -> dict[str, tuple[Any, Any]]:
    captioned = caption_of(workflow.states)
    return {
        "id": (ID, identifier(rows.id, "Its id.")),
        "created_at": (datetime, column(rows.created_at, "When it came to be.")),
        "version": (int, column(rows.seq, "The version: name it when you decide.")),
        "state_code": (str, column(rows.state, "The state as a code, for whoever handles all kinds of cases alike.")),
        "caption": (
            str,
            computed(
                captioned, (rows.state,), by_language=True, arguments=_AUDIENCE, description="The state in words."
            ),
        ),
        **_clocked(rows),
        "jurisdiction": (
            "Authority | None",
            related(rows.jurisdiction, authority_rows.Authority.id, "The authority that answers for it."),
        ),
        "available_steps": (
            list[AvailableStep],
            batched(AvailableSteps(workflow), description="What the viewer may do next."),
        ),
        "journal": (
            "Connection[Step]",
            paged(journal_rows.Step.case_id, order=_JOURNAL, description="Every step taken, in order."),
        ),
    }


def _clocked(rows: Any) -> dict[str, tuple[Any, Any]]:
    """When it is due and how soon it is to be taken; of a kind without a clock, that it has none."""
    timed, ranked = "due_at" in table_of(rows).c, "priority" in table_of(rows).c
    return {
        "due_at": (
            datetime | None,
            computed(due_of, (rows.due_at,))
            if timed
            else computed(lambda: None, (), description="Nothing of this kind falls due."),
        ),
        "clock": (
            ClockState,
            computed(clock_of, (rows.clock, rows.due_at), by_now=True)
            if timed
            else computed(lambda: ClockState.NONE, (), description="No clock runs for this kind."),
        ),
        "priority": (
            Priority,
            column(rows.priority, "How soon it is to be taken.")
            if ranked
            else computed(lambda: Priority.NORMAL, (), description="This kind is taken in its turn."),
        ),
    }
