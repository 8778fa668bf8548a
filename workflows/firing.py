"""Firing, pure and in memory: legality, all guards, the step, its effects, its follow-ups to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast

from domain.calendar import WorkingDays
from domain.ids import new_id
from domain.journal import GENESIS, TextName
from domain.problems import Refused
from domain.table import Table, table_of
from workflows.changes import (
    Change,
    Defer,
    Detail,
    Insert,
    Later,
    Move,
    Opening,
    Pause,
    Postpone,
    Resume,
    Say,
    Serve,
    Set,
    Settle,
    Start,
    Update,
)
from workflows.commands import AdverseCommand
from workflows.database import valued
from workflows.deadlines import move
from workflows.engine import NEW, On, Transition, Workflow, refusals
from workflows.follow_ups import FollowUp, caused_by
from workflows.hands import Hand, StepInHand, Writing
from workflows.registry import workflow_of

FILLED: Final = ("provider_id", "jurisdiction", "holder_id")


class StateSet(Exception):
    """An effect set `state` or `seq`: only a transition moves a case; mend the effect."""


def fire(
    writing: Writing, workflow: Workflow, transition: Transition, hand: Hand | None, on: On, calendar: WorkingDays
) -> Hand:
    """Fire what a viewer asked for: every refusal at once, or the step and all it sets off."""
    state = hand.state if hand is not None else NEW
    if problems := refusals(workflow, transition, state, on, with_input=True):
        raise Refused(*problems)
    return _Firing(writing, calendar).take(workflow, transition, hand, on, cause=None)


def fire_due(
    writing: Writing, workflow: Workflow, transition: Transition, hand: Hand, on: On, calendar: WorkingDays
) -> Hand:
    """Fire what time orders. Whether it is still due was asked before; the guards are for those who ask."""
    return _Firing(writing, calendar).take(workflow, transition, hand, on, cause=None)


@dataclass(frozen=True)
class _Firing:
    """One step and what it sets off, depth first."""

    writing: Writing
    calendar: WorkingDays

    def take(
        self, workflow: Workflow, transition: Transition, hand: Hand | None, on: On, *, cause: StepInHand | None
    ) -> Hand:
        before = hand.state if hand is not None else None
        opened: tuple[Change, ...] = ()
        if hand is None:
            opening = cast("Callable[[On], Opening]", transition.opening)(on)  # the registry sees to it
            hand, opened = _opened(workflow, transition, opening, on), opening.effects
            self.writing.hands.append(hand)
        after = cast("str", workflow.after(transition.trigger, before or NEW))  # its legality was asked before
        if transition.leads is not None:
            after = str(transition.leads(on) or before)
        journalled = transition.journalled and not transition.beside(on)
        step = self.step(transition, hand, before, after, on, cause) if journalled else None
        hand.state = after
        for change in opened:
            self.apply(change, hand, step)
        for effect in transition.effects:
            for change in effect(replace(on, case=hand.now_row(), id=hand.id, before=before or NEW)):
                self.apply(change, hand, step)
        if step is not None:
            for row in caused_by(workflow.noun, transition.trigger, before or NEW, after):
                self.follow(row, step, on)
        return hand

    def step(
        self, transition: Transition, hand: Hand, before: str | None, after: str, on: On, cause: StepInHand | None
    ) -> StepInHand:
        hand.seq += 1
        hand.stepped_at = max(on.now, hand.stepped_at)
        step = StepInHand(hand, new_id("step"), transition.trigger, hand.seq, before, after, hand.stepped_at, cause)
        if cause is None and isinstance(on.input, AdverseCommand):
            reasons = on.input.reasons
            step.reason_codes, step.legal_bases = tuple(reasons.reason_codes), tuple(reasons.legal_bases)
            step.texts += [(TextName.PUBLIC_REASON, reasons.public_reason), (TextName.FACTS, reasons.facts)]
            if reasons.note is not None:
                step.texts.append((TextName.NOTE, reasons.note))
        self.writing.steps.append(step)
        return step

    def follow(self, row: FollowUp, cause: StepInHand, on: On) -> None:
        """One follow-up: fires on what stands right and is given; where it does not fire the journal says so."""
        workflow = workflow_of(row.fires[0])
        transition = workflow.by_trigger[row.fires[1]]
        because = f"{cause.hand.workflow.noun}.{cause.trigger}"
        targets = self._targets(row, cause.hand.now_row(), on.now)
        if targets == []:
            cause.skipped.append(".".join(row.fires))
        for target in targets or ():
            id_, case = ("", None) if target is None else (target.id, target.now_row())
            at = replace(on, case=case, id=id_, cause=cause.hand.now_row(), caused_by=because)
            if row.given(at):
                self.take(workflow, transition, target, replace(at, input=None), cause=cause)
            else:
                cause.skipped.append(".".join(row.fires))

    def _targets(self, row: FollowUp, cause: Any, now: datetime) -> Sequence[Hand | None] | None:
        """The cases it fires on, a new one as None; none that stands right; or None where it is no matter of theirs."""
        if row.provided is not None:
            looked_at = self.writing.hands_of(row.provided[0])
            if row.provided[1] not in [hand.state for hand in looked_at]:
                return [] if looked_at else None
        if row.unless is not None:
            noun, stands_in_the_way = row.unless
            if any(stands_in_the_way(cause, hand.now_row(), now) for hand in self.writing.hands_of(noun)):
                return []
        if row.creates:
            return [None]
        concerned = [hand for hand in self.writing.hands_of(row.fires[0]) if row.which(cause, hand.now_row())]
        return [hand for hand in concerned if hand.state in row.when] if concerned else None

    def apply(self, change: Change, hand: Hand, step: StepInHand | None) -> None:
        match change:
            case Set(values):
                if not {"state", "seq", "head"}.isdisjoint(values):
                    raise StateSet(f"{hand.workflow.noun}: {', '.join(values)}")
                hand.changes.update(values)
            case Insert(model, values):
                made = {"step_id": step.id, **values} if step is not None else values
                self.writing.inserts.append((model, filled(model, made, hand, self.writing)))
            case Update(model, id_, values):
                self.writing.updates.append((model, id_, dict(values)))
            case Start() | Pause() | Resume() | Postpone() | Defer() | Settle():
                move(change, hand, self.writing, self.calendar)
            case Later(work):
                self.writing.later.append((hand, work))
            case Move(authority_id):
                hand.changes["jurisdiction"] = authority_id
                self.writing.moves.append((hand.value(hand.workflow.root_column), authority_id))
            case Serve() | Detail() | Say() if step is not None:
                step.say(change)


def filled(model: type[Table], values: Mapping[str, Any], hand: Hand, writing: Writing) -> dict[str, Any]:
    """A row with what follows from its case: whose it is, when it was made, its id."""
    made: dict[str, Any] = {"created_at": writing.now, **{name: hand.value(name) for name in FILLED}, **values}
    if "id" not in made:
        made["id"] = new_id(table_of(model).name)
    known = _names(model)
    return {name: value for name, value in made.items() if name in known}


@cache
def _names(model: type[Table]) -> frozenset[str]:
    return frozenset(column.name for column in table_of(model).c)


@cache
def _unset(model: type[Table]) -> Mapping[str, None]:
    return MappingProxyType({column.name: None for column in table_of(model).c if column.nullable})


def _opened(workflow: Workflow, transition: Transition, opening: Opening, on: On) -> Hand:
    """A new case, before its first step."""
    id_ = on.id or new_id(workflow.noun)
    values: dict[str, Any] = {
        **_unset(workflow.model),
        "id": id_,
        "created_at": on.now,
        "provider_id": opening.provider_id,
        "jurisdiction": opening.jurisdiction,
        "holder_id": opening.holder_id,
        "seq": 0,
        "head": GENESIS,
        "stepped_at": on.now,
        "state": transition.target,
        **opening.values,
    }
    known = _names(workflow.model)
    row = valued(workflow.model, {name: value for name, value in values.items() if name in known})
    return Hand(workflow, id_, row, str(transition.target), 0, GENESIS, on.now, is_new=True)


async def complete(office: Any, writing: Writing, transaction: Any) -> None:
    """Make the rows that had to wait for the decision."""
    for hand, work in writing.later:
        for change in await work(office, transaction, writing, hand):
            if isinstance(change, Insert):
                writing.inserts.append((change.model, filled(change.model, change.values, hand, writing)))
            else:
                writing.updates.append((change.model, change.id, dict(change.values)))
