"""What comes into a batch: each item sealed, under the running digest, with its verdict as of now (Art. 7, 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.batch import BatchItem, ItemState
from domain.ids import new_id
from domain.problems import Problem
from domain.vault.keys import Keys
from workflows import batch_items
from workflows.changes import Change, Detail, Insert, Opening, Set
from workflows.engine import On

Verdict = tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class About:
    """Whom an item is about, under whose key it is sealed, and the case where there is one already."""

    holder_id: str
    identity_id: str
    mask_key: bytes
    case_id: str | None = None
    jurisdiction: str | None = None  # of that case; of the batch where it is left out


@dataclass(frozen=True, slots=True)
class Filled:
    """An item as it will be kept."""

    id: str
    number: int
    about: About
    sealed: bytes
    problems: Verdict


@dataclass(frozen=True)
class BatchFacts:
    """What guards and effects look at."""

    filled: tuple[Filled, ...] = ()
    unseen: tuple[tuple[str, ...], ...] = ()  # places of what is named and out of sight
    digest: str = ""


def filled(keys: Keys, on: On, about: Sequence[About], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The items sealed, the digest over them, and the verdict on each, so that the client can mend it."""
    number, digest = (on.case.items, on.case.digest) if on.case is not None else (0, batch_items.BEGINNING)
    made = []
    for number_, (item, whose, verdict) in enumerate(zip(on.input.items, about, verdicts, strict=True), start=number):
        id_, body = new_id("batch_item"), batch_items.body_of(item)
        digest = batch_items.digest_after(keys, digest, number_, body)
        sealed = batch_items.sealed_body(keys, id_, (whose.identity_id, whose.mask_key), body)
        made.append(Filled(id_, number_, whose, sealed, verdict))
    return {"filled": tuple(made), "digest": digest}


def begun(on: On) -> Opening:
    """A batch of the kind that was asked for."""
    provider = on.cause
    counts = {"items": len(on.facts.filled), "done": 0, "refused": 0}
    values = {"kind": on.input.kind, "digest": on.facts.digest, "filled_by": on.viewer.id, **counts}
    return Opening(provider.id, provider.jurisdiction, values)


def append(on: On) -> Iterable[Change]:
    """Keep the items that came."""
    kept: Sequence[Filled] = on.facts.filled
    for item in kept:
        yield Insert(BatchItem, _row(on, item))
    last = kept[-1].number
    yield Set({"items": last + 1, "digest": on.facts.digest})
    yield Detail({"first": kept[0].number, "last": last, "digest": on.facts.digest})


def _row(on: On, item: Filled) -> dict[str, Any]:
    about = item.about
    values = {
        "id": item.id,
        "batch_id": on.id,
        "kind": on.input.kind,
        "number": item.number,
        "holder_id": about.holder_id,
        "identity_id": about.identity_id,
        "sealed": item.sealed,
        "state": ItemState.WAITING,
        "case_id": about.case_id,
        "step_id": None,
        "carried_out_at": None,
        "problems": batch_items.told(item.problems),
    }
    return values if about.jurisdiction is None else {**values, "jurisdiction": about.jurisdiction}
