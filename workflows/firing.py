"""Firing, pure and in memory: legality, all guards, the step, its effects, its follow-ups to their end."""

from __future__ import annotations

from typing import Any, Final

from domain.calendar import WorkingDays
from domain.ids import new_id
from domain.journal import GENESIS, TextName
from domain.problems import Refused
from domain.table import table_of
from workflows.changes import Change, Detail, Insert, Opening, Say, Serve, Set, Update
from workflows.commands import AdverseCommand
from workflows.database import valued
from workflows.deadlines import move
from workflows.engine import NEW, On, Transition, Workflow, refusals
from workflows.follow_ups import FollowUp, caused_by
from workflows.hands import Hand, StepInHand, Writing
from workflows.registry import workflow_of

FILLED: Final = ("provider_id", "jurisdiction", "holder_id")


def fire(
    writing: Writing, workflow: Workflow, transition: Transition, hand: Hand | None, on: On, calendar: WorkingDays
) -> Hand:
    """Fire what a viewer asked for: every refusal at once, or the step and all it sets off."""
    state = hand.state if hand is not None else NEW
    if problems := refusals(workflow, transition, state, on, with_input=True):
        raise Refused(*problems)
    return _take(writing, workflow, transition, hand, on, calendar, cause=None)


def _take(
    writing: Writing,
    workflow: Workflow,
    transition: Transition,
    hand: Hand | None,
    on: On,
    calendar: WorkingDays,
    *,
    cause: StepInHand | None,
) -> Hand:
    before = hand.state if hand is not None else None
    opened: tuple[Change, ...] = ()
    if hand is None:
        assert transition.opening is not None and transition.target is not None
        opening = transition.opening(on)
        hand, opened = _open(workflow, transition, opening, on, writing), opening.effects
        writing.hands.append(hand)
    after = workflow.after(transition.trigger, before or NEW)
    assert after is not None
    step = _step(writing, transition, hand, before, after, on, cause) if transition.journalled else None
    hand.state = after
    for change in opened:
        _apply(change, hand, step, writing, calendar)
    for effect in transition.effects:
        for change in effect(On(hand.now_row(), on.facts, on.viewer, on.now, on.input, hand.id, on.cause)):
            _apply(change, hand, step, writing, calendar)
    if step is not None:
        for row in caused_by(workflow.noun, transition.trigger, before or NEW, after):
            _follow(row, step, on, writing, calendar)
    return hand


def _open(workflow: Workflow, transition: Transition, opening: Opening, on: On, writing: Writing) -> Hand:
    id_ = on.id or new_id(workflow.noun)
    values: dict[str, Any] = {
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
    row = valued(workflow.model, {name: value for name, value in values.items() if name in table_of(workflow.model).c})
    return Hand(workflow, id_, row, str(transition.target), 0, GENESIS, on.now, is_new=True)


def _step(
    writing: Writing,
    transition: Transition,
    hand: Hand,
    before: str | None,
    after: str,
    on: On,
    cause: StepInHand | None,
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
    writing.steps.append(step)
    return step


def _follow(row: FollowUp, cause: StepInHand, on: On, writing: Writing, calendar: WorkingDays) -> None:
    """One follow-up: fires where its target stands right, else is skipped and the journal says so."""
    noun, trigger = row.fires
    workflow = workflow_of(noun)
    transition = workflow.by_trigger[trigger]
    target = None if row.creates else writing.hand_of(noun)
    if not row.creates and (target is None or target.state not in row.when):
        cause.skipped.append(f"{noun}.{trigger}")
        return
    at = On(
        target and target.now_row(),
        on.facts,
        on.viewer,
        on.now,
        None,
        target.id if target else "",
        cause.hand.now_row(),
    )
    _take(writing, workflow, transition, target, at, calendar, cause=cause)


def _apply(change: Change, hand: Hand, step: StepInHand | None, writing: Writing, calendar: WorkingDays) -> None:
    match change:
        case Set(values):
            assert "state" not in values, "only a transition moves a state"
            hand.changes.update(values)
        case Insert(model, values):
            writing.inserts.append((model, _filled(model, values, hand, writing)))
        case Update(model, id_, values):
            writing.updates.append((model, id_, dict(values)))
        case Serve(party):
            assert step is not None
            step.parties.append(party)
        case Detail(values):
            assert step is not None
            step.details.update(values)
        case Say(name, text):
            assert step is not None
            step.texts.append((name, text))
        case _:
            move(change, hand, writing, calendar)


def _filled(model: Any, values: Any, hand: Hand, writing: Writing) -> dict[str, Any]:
    """A row with what follows from its case: whose it is, when it was made, its id."""
    columns = table_of(model).c
    filled: dict[str, Any] = {"id": new_id(table_of(model).name), "created_at": writing.now}
    filled |= {name: hand.value(name) for name in FILLED}
    return {name: value for name, value in {**filled, **values}.items() if name in columns}
