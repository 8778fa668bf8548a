"""Batches 批次: many like requests, filled 500 at a time, endorsed once, carried out item by item (Art. 7, 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from domain.batch import Batch, BatchKind, BatchState
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.provider import Provider
from workflows import batch_items
from workflows.adoption_bench import adoptions_filled
from workflows.batch_commands import (
    CALL_MAX,
    ROOM,
    AccountAdopt,
    BatchDiscard,
    BatchFill,
    SanctionBatchFill,
    SanctionDecide,
)
from workflows.batch_filling import BatchFacts, append, begun
from workflows.changes import Change, Detail, Later
from workflows.database import Transaction
from workflows.decision_bench import decisions_filled
from workflows.engine import Gathered, On, Rests, Transition, Workflow, always_two, guard

S = BatchState


async def _digest_now(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    return {"digest": await batch_items.digest_now(transaction, office.keys, on.id)}


@guard(ProblemCode.BATCH_OTHER_KIND, rests=Rests.LOCKED, path=("id",))
def batch_is_of_adoptions(on: On) -> bool:
    return bool(on.case.kind == BatchKind.ADOPT)


@guard(ProblemCode.BATCH_OTHER_KIND, rests=Rests.LOCKED, path=("id",))
def batch_is_of_decisions(on: On) -> bool:
    return bool(on.case.kind == BatchKind.DECIDE)


@guard(ProblemCode.NOT_ALLOWED, rests=Rests.LOCKED, path=("id",))
def machines_give_up_adoptions_only(on: On) -> bool:
    return on.viewer.role is not Role.INTEGRATION or bool(on.case.kind == BatchKind.ADOPT)


@guard(ProblemCode.BATCH_FULL, rests=Rests.LOCKED, on_input=True, path=("items",))
def batch_has_room(on: On) -> bool:
    return (on.case.items if on.case is not None else 0) + len(on.input.items) <= ROOM[on.input.kind]


@guard(ProblemCode.NOT_FOUND, rests=Rests.LOCKED, on_input=True)
def items_name_what_is_in_sight(on: On) -> Sequence[Problem]:
    return [Problem(ProblemCode.NOT_FOUND, place) for place in on.facts.unseen]


@guard(ProblemCode.BATCH_CHANGED, rests=Rests.LOCKED, on_input=True, path=("digest",))
def digest_is_that_of_the_items(on: On) -> bool:
    """The one named, the one kept, and the one of what is stored are the same: what was seen is what is done."""
    return bool(on.input.digest == on.case.digest == on.facts.digest)


@guard(ProblemCode.BATCH_TOO_LARGE, rests=Rests.LOCKED, on_input=True, path=("atomic",))
def all_or_nothing_is_for_few(on: On) -> bool:
    return not on.input.atomic or bool(on.case.items <= CALL_MAX)


def _carry_out(on: On) -> Iterable[Change]:
    yield Detail({"items": on.case.items, "digest": on.case.digest, "atomic": str(on.input.atomic)})


async def _forgotten(_office: Any, transaction: Transaction, _writing: Any, hand: Any) -> Iterable[Any]:
    await batch_items.forget(transaction, hand.id)
    return ()


def _discard(_: On) -> Iterable[Change]:
    """What its items asked for is kept no longer."""
    yield Later(_forgotten)


_FILLING: Final[Any] = {"effects": (append,), "facts": (Gathered("filled", adoptions_filled),)}
_DECISIONS: Final[Any] = {
    "effects": (append,),
    "facts": (Gathered("filled", decisions_filled),),
    "listed_under": "sanction",
    "asked_as": "batch_fill",
}
_CARRYING_OUT: Final[Any] = {
    "effects": (_carry_out,),
    "four_eyes": always_two,
    "facts": (Gathered("digest", _digest_now),),
    "endorsers": frozenset({Role.COMPLIANCE_OFFICER}),  # an integration token proposes; a person endorses
}
_ITEMS: Final = (batch_has_room, items_name_what_is_in_sight)
_WHOLE: Final = (digest_is_that_of_the_items, all_or_nothing_is_for_few)

BATCH = Workflow(
    noun="batch",
    zh="批次",
    model=Batch,
    states=BatchState,
    root=Batch,
    root_column="id",
    under=Provider,
    facts_type=BatchFacts,
    transitions=(
        Transition("fill", (), S.FILLING, 7, BatchFill, guards=_ITEMS, opening=begun, **_FILLING),
        Transition(
            "add",
            (S.FILLING,),
            None,
            7,
            BatchFill,
            guards=(batch_is_of_adoptions, *_ITEMS),
            asked_as="fill",
            **_FILLING,
        ),
        Transition(
            "adopt",
            (S.FILLING,),
            S.CARRIED_OUT,
            7,
            AccountAdopt,
            guards=(batch_is_of_adoptions, *_WHOLE),
            listed_under="account",
            **_CARRYING_OUT,
        ),
        Transition("fill_decisions", (), S.FILLING, 8, SanctionBatchFill, guards=_ITEMS, opening=begun, **_DECISIONS),
        Transition(
            "add_decisions",
            (S.FILLING,),
            None,
            8,
            SanctionBatchFill,
            guards=(batch_is_of_decisions, *_ITEMS),
            **_DECISIONS,
        ),
        Transition(
            "decide",
            (S.FILLING,),
            S.CARRIED_OUT,
            8,
            SanctionDecide,
            guards=(batch_is_of_decisions, *_WHOLE),
            listed_under="sanction",
            **_CARRYING_OUT,
        ),
        Transition(
            "discard",
            (S.FILLING,),
            S.DISCARDED,
            7,
            BatchDiscard,
            guards=(machines_give_up_adoptions_only,),
            effects=(_discard,),
        ),
    ),
)
