"""Each workflow in words, read off its tables: for the terminal, the generated pages and whoever compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import Final

from domain.state import State
from workflows.available_steps import mutation_name
from workflows.due_dates import RECOUNT
from workflows.engine import Guard, Transition, Workflow, always_two, no_second_person
from workflows.follow_ups import FOLLOW_UPS, FollowUp, always
from workflows.timed import kinds_that_fire
from workflows.triggers import words_of_trigger

NEVER: Final = "never"
ALWAYS: Final = "always"
CONDITIONAL: Final = "conditional"


@dataclass(frozen=True, slots=True)
class ExplainedState:
    """A state with its captions: for those who handle the case, and for its party."""

    code: str
    zh: str
    en: str
    party_zh: str
    party_en: str


@dataclass(frozen=True, slots=True)
class ExplainedGuard:
    """A guard as a sentence, the problem it raises, and what keeps it true until the commit."""

    sentence: str
    code: str
    rests: str
    needs_input: bool


@dataclass(frozen=True, slots=True)
class ExplainedTransition:
    """One row of a workflow's table. `target` is None where the case stays in its state."""

    trigger: str
    zh: str
    en: str
    mutation: str | None
    sources: tuple[str, ...]
    target: str | None
    targets: tuple[str | None, ...]  # everywhere it may lead, as what is asked or what was before says
    who: tuple[str, ...]
    guards: tuple[ExplainedGuard, ...]
    four_eyes: str
    four_eyes_when: str | None
    adverse: bool
    article: int
    journalled: bool
    fires: tuple[str, ...]
    fired_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedWorkflow:
    """A workflow: its noun, its states, its transitions."""

    noun: str
    zh: str
    initial: str | None
    states: tuple[ExplainedState, ...]
    transitions: tuple[ExplainedTransition, ...]


def explained(workflow: Workflow) -> ExplainedWorkflow:
    """The workflow in words."""
    initial = str(workflow.initial) if workflow.initial else None
    states = tuple(map(_state, workflow.states))
    transitions = tuple(_transition(workflow, row) for row in workflow.transitions)
    return ExplainedWorkflow(workflow.noun, workflow.zh, initial, states, transitions)


def mermaid(workflow: ExplainedWorkflow) -> str:
    """The state diagram; ② marks steps of two persons, ← what only follow-ups fire."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.zh} {state.code}" as {state.code}' for state in workflow.states]
    if workflow.initial is not None:
        lines.append(f"    [*] --> {workflow.initial}")
    for source, target, labels in arrows(workflow):
        lines.append(f"    {source or '[*]'} --> {target}: {', '.join(labels)}")
    return "\n".join(lines)


def arrows(workflow: ExplainedWorkflow) -> Iterator[tuple[str | None, str, list[str]]]:
    """Every arrow once, with the triggers that take it; from None where the case begins."""
    taken: dict[tuple[str | None, str], list[str]] = {}
    for row in workflow.transitions:
        for source in row.sources or (None,):
            for target in dict.fromkeys(found or source for found in row.targets):
                if target is not None:
                    taken.setdefault((source, target), []).append(label(row))
    for (source, target), labels in taken.items():
        yield source, target, labels


def moves(row: ExplainedTransition) -> str:
    """From where to where, in a line."""
    return f"{', '.join(row.sources) or '·'} → {' or '.join(target or '(stays)' for target in row.targets)}"


def label(row: ExplainedTransition) -> str:
    """A trigger with its marks."""
    two = {NEVER: "", ALWAYS: " ②", CONDITIONAL: " (②)"}[row.four_eyes]
    return f"{'← ' if row.mutation is None else ''}{row.trigger}{two}"


def cause_of(row: FollowUp) -> str:
    """What sets a follow-up off."""
    if row.trigger:
        said = f"{row.noun}.{row.trigger}"
    else:
        said = f"{row.noun} leaves {row.leaves}" if row.leaves else f"{row.noun} enters {row.enters}"
    if row.provided is not None:
        said += f", {row.provided[0]} {row.provided[1]}"
    if row.unless is not None:
        said += f", unless a {row.unless[0]} is {_said(row.unless[1])}"
    return said if row.given is always else f"{said}, given {_said(row.given)}"


def _said(condition: Callable[..., bool]) -> str:
    """A condition by its docstring, as part of a sentence."""
    words = cleandoc(condition.__doc__ or "")
    return words[:1].lower() + words[1:].rstrip(".")


def _state(state: State) -> ExplainedState:
    return ExplainedState(str(state), state.zh, state.en, state.party_zh, state.party_en)


def _transition(workflow: Workflow, row: Transition) -> ExplainedTransition:
    words = words_of_trigger(workflow.noun, row.trigger)
    four_eyes, when = _four_eyes(row)
    return ExplainedTransition(
        trigger=row.trigger,
        zh=words.zh,
        en=words.en,
        mutation=mutation_name(workflow, row) if row.command else None,
        sources=tuple(map(str, row.sources)),
        target=str(row.target) if row.target else None,
        targets=tuple(None if target is None else str(target) for target in row.targets),
        who=tuple(map(str, workflow.who(row.trigger))),
        guards=tuple(map(_guard, row.guards)),
        four_eyes=four_eyes,
        four_eyes_when=when,
        adverse=row.adverse,
        article=row.article,
        journalled=row.journalled,
        fires=tuple(_told(follow_up) for follow_up in FOLLOW_UPS if _is_cause(workflow, row, follow_up)),
        fired_by=tuple(_causes(workflow.noun, row.trigger)),
    )


def _causes(noun: str, trigger: str) -> Iterator[str]:
    yield from (cause_of(row) for row in FOLLOW_UPS if row.fires == (noun, trigger))
    if trigger == RECOUNT:
        yield "the calendar of its year has come"
    yield from (f"{kind} has passed" for kind in kinds_that_fire(noun, trigger))


def _guard(guard: Guard) -> ExplainedGuard:
    return ExplainedGuard(guard.sentence.replace("_", " "), str(guard.code), str(guard.rests), guard.on_input)


def _four_eyes(row: Transition) -> tuple[str, str | None]:
    if row.four_eyes is no_second_person:
        return NEVER, None
    if row.four_eyes is always_two:
        return ALWAYS, None
    return CONDITIONAL, cleandoc(row.four_eyes.__doc__ or row.four_eyes.__name__.replace("_", " "))


def _is_cause(workflow: Workflow, row: Transition, follow_up: FollowUp) -> bool:
    return follow_up.may_be_caused_by(workflow.noun, row.trigger, row.sources, row.targets)


def _told(row: FollowUp) -> str:
    return f"{row.fires[0]}.{row.fires[1]}"
