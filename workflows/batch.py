"""Batches 批次: many like requests, filled 500 at a time, endorsed once, carried out item by item (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from domain.batch import Batch, BatchItem, BatchKind, BatchState, ItemState
from domain.ids import new_id
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.provider import Provider
from workflows import batch_items
from workflows.account_adopt import AdoptionItem
from workflows.adoption_bench import Bench
from workflows.adoption_facts import KnownHolder, known_of
from workflows.changes import Change, Detail, Insert, Later, Opening, Set
from workflows.commands import CaseCommand, Command, Id, ProposableCommand, Sha256
from workflows.database import Transaction
from workflows.engine import Gathered, On, Rests, Transition, Workflow, always_two, guard

S = BatchState
ITEMS_MAX: Final = 10_000
CALL_MAX: Final = 500


# No is what it means to leave it out: one hash for both.
Choice = Annotated[bool | None, AfterValidator(bool), Field(validate_default=True)]


class BatchFill(Command):
    """Fill a batch with accounts to adopt."""

    batch_id: Id | None = None
    """The batch; a new one is begun where it is left out."""
    items: Annotated[list[AdoptionItem], Field(min_length=1, max_length=CALL_MAX)]
    """At most 500 items. They are numbered from 0 on, in the order in which they come."""

    @property
    def id(self) -> str | None:
        """The case, where there is one already."""
        return self.batch_id


class BatchDiscard(CaseCommand):
    """Give a batch up: nothing of it is carried out."""


class AccountAdopt(ProposableCommand):
    """Adopt the accounts of a batch. The case is the batch."""

    digest: Sha256
    """The digest of the batch as it was seen: it covers every item."""
    atomic: Choice = None
    """Whether one refused item stops all. For at most 500 items."""
    dry_run: Choice = None
    """Only tell what would become of the items, at most 500 of them; nothing is written."""
    start_at: Annotated[int, Field(ge=0, le=ITEMS_MAX)] | None = None
    """For a dry run: the number of the item to begin with."""


@dataclass(frozen=True, slots=True)
class Filled:
    """An item as it will be kept."""

    id: str
    number: int
    holder: KnownHolder
    sealed: bytes
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class BatchFacts:
    """What guards and effects look at."""

    filled: tuple[Filled, ...] = ()
    unseen: tuple[int, ...] = ()  # places of items whose holder is out of sight
    digest: str = ""


async def _filled(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """The items sealed, the digest over them, and the verdict on each as of now, so that the client can mend it."""
    provider_id = on.case.provider_id if on.case is not None else on.cause.id
    number, digest = (on.case.items, on.case.digest) if on.case is not None else (0, batch_items.BEGINNING)
    known = await known_of(transaction, provider_id, on.input.items, on.viewer, on.now, office.keys)
    if unseen := tuple(i for i, item in enumerate(on.input.items) if item.holder_id not in known.holders):
        return {"unseen": unseen}
    bench = Bench(known, on.viewer, on.now, frozenset({on.viewer.person} if on.viewer.person else ()))
    filled = []
    for number_, item in enumerate(on.input.items, start=number):
        id_, body, holder = new_id("batch_item"), batch_items.body_of(item), known.holders[item.holder_id]
        digest = batch_items.digest_after(office.keys, digest, number_, body)
        sealed = batch_items.sealed_body(office.keys, id_, (holder.identity_id, holder.mask_key), body)
        filled.append(Filled(id_, number_, holder, sealed, bench.verdict(item)))
    return {"filled": tuple(filled), "digest": digest}


async def _digest_now(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    return {"digest": await batch_items.digest_now(transaction, office.keys, on.id)}


@guard(ProblemCode.BATCH_FULL, rests=Rests.LOCKED, on_input=True, path=("items",))
def batch_has_room(on: On) -> bool:
    return on.case is None or bool(on.case.items + len(on.input.items) <= ITEMS_MAX)


@guard(ProblemCode.NOT_FOUND, rests=Rests.LOCKED, on_input=True)
def holders_are_in_sight(on: On) -> Sequence[Problem]:
    return [Problem(ProblemCode.NOT_FOUND, ("items", str(i), "holderId")) for i in on.facts.unseen]


@guard(ProblemCode.BATCH_CHANGED, rests=Rests.LOCKED, on_input=True, path=("digest",))
def digest_is_that_of_the_items(on: On) -> bool:
    """The one named, the one kept, and the one of what is stored are the same: what was seen is what is done."""
    return bool(on.input.digest == on.case.digest == on.facts.digest)


@guard(ProblemCode.BATCH_TOO_LARGE, rests=Rests.LOCKED, on_input=True, path=("atomic",))
def all_or_nothing_is_for_few(on: On) -> bool:
    return not on.input.atomic or bool(on.case.items <= CALL_MAX)


def _begun(on: On) -> Opening:
    provider = on.cause
    counts = {"items": len(on.facts.filled), "done": 0, "refused": 0}
    values = {"kind": BatchKind.ADOPT, "digest": on.facts.digest, "filled_by": on.viewer.id, **counts}
    return Opening(provider.id, provider.jurisdiction, values)


def _append(on: On) -> Iterable[Change]:
    filled: Sequence[Filled] = on.facts.filled
    for item in filled:
        whose = {"holder_id": item.holder.row.id, "identity_id": item.holder.identity_id}
        kept = {"id": item.id, "batch_id": on.id, "number": item.number, "sealed": item.sealed, **whose}
        yet = {"state": ItemState.WAITING, "case_id": None, "step_id": None, "carried_out_at": None}
        yield Insert(BatchItem, {**kept, **yet, "problems": batch_items.told(item.problems)})
    last = filled[-1].number
    yield Set({"items": last + 1, "digest": on.facts.digest})
    yield Detail({"first": filled[0].number, "last": last, "digest": on.facts.digest})


def _adopt(on: On) -> Iterable[Change]:
    yield Detail({"items": on.case.items, "digest": on.case.digest, "atomic": str(on.input.atomic)})


async def _forgotten(_office: Any, transaction: Transaction, _writing: Any, hand: Any) -> Iterable[Any]:
    await batch_items.forget(transaction, hand.id)
    return ()


def _discard(_: On) -> Iterable[Change]:
    """What its items asked for is kept no longer."""
    yield Later(_forgotten)


_FILLING: Final[Any] = {
    "guards": (batch_has_room, holders_are_in_sight),
    "effects": (_append,),
    "facts": (Gathered("filled", _filled),),
}

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
        Transition("fill", (), S.FILLING, 7, BatchFill, opening=_begun, **_FILLING),
        Transition("add", (S.FILLING,), None, 7, BatchFill, asked_as="fill", **_FILLING),
        Transition(
            "adopt",
            (S.FILLING,),
            S.CARRIED_OUT,
            7,
            AccountAdopt,
            guards=(digest_is_that_of_the_items, all_or_nothing_is_for_few),
            effects=(_adopt,),
            four_eyes=always_two,
            facts=(Gathered("digest", _digest_now),),
            listed_under="account",
            endorsers=frozenset({Role.COMPLIANCE_OFFICER}),  # an integration token proposes; a person endorses
        ),
        Transition("discard", (S.FILLING,), S.DISCARDED, 7, BatchDiscard, effects=(_discard,)),
    ),
)
