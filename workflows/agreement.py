"""Publishing the agreement: a new version, exactly seven clauses (Art. 6). Consent is a step of the holder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from domain.agreement import AgreementState, AgreementVersion, Baseline
from domain.problems import ProblemCode
from domain.provider import Provider
from domain.table import table_of
from workflows.changes import Detail, Opening
from workflows.commands import Command, Id, Input, Moment, Paragraph, Sha256
from workflows.database import Among, Row
from workflows.engine import Fact, On, Rests, Transition, Workflow, guard

_TABLE = table_of(AgreementVersion)


class Clause(Input):
    """The words of one baseline's clause."""

    baseline: Baseline
    """Which of the seven."""
    words: Paragraph
    """What the holder consents to."""


class AgreementPublish(Command):
    """Publish a new version of the agreement."""

    provider_id: Id | None = None
    """The provider; your own where it is left out."""
    body: Annotated[str, Field(min_length=1, max_length=100_000)]
    """The whole text."""
    body_hash: Sha256
    """SHA-256 of the text in UTF-8, hexadecimal."""
    clauses: Annotated[list[Clause], Field(max_length=20)]
    """One clause for each of the seven baselines."""
    valid_from: Moment | None = None
    """When it comes into force: not in the past; now where it is left out."""


@dataclass(frozen=True)
class AgreementFacts:
    """What the guards look at."""

    latest_number: int = 0


def _number(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    return {"latest_number": rows[0][1] if rows else 0}


_NUMBERS = Fact(
    "numbers",
    sa.select(_TABLE.c.provider_id, sa.func.max(_TABLE.c.number))
    .where(Among(_TABLE.c.provider_id, "ids"))
    .group_by(_TABLE.c.provider_id),
    _number,
)


@guard(ProblemCode.CLAUSES_INCOMPLETE, rests=Rests.DERIVED, on_input=True, path=("clauses",))
def has_exactly_the_seven_baselines(on: On) -> bool:
    return sorted(clause.baseline for clause in on.input.clauses) == sorted(Baseline)


@guard(ProblemCode.TEXT_HASH_MISMATCH, rests=Rests.DERIVED, on_input=True, path=("bodyHash",))
def hash_is_that_of_the_text(on: On) -> bool:
    return bool(sha256(on.input.body.encode()).hexdigest() == on.input.body_hash)


@guard(ProblemCode.IN_FORCE_BEFORE_ITS_TIME, rests=Rests.LOCKED, on_input=True, path=("validFrom",))
def comes_into_force_no_earlier_than_it_is_published(on: On) -> bool:
    return on.input.valid_from is None or bool(on.input.valid_from >= on.now)


def _publication(on: On) -> Opening:
    provider, number = on.cause, on.facts.latest_number + 1
    valid_from: datetime = on.input.valid_from or on.now
    values = {
        "number": number,
        "body": on.input.body,
        "body_hash": on.input.body_hash,
        "clauses": {clause.baseline.value: clause.words for clause in on.input.clauses},
        "valid_from": valid_from,
    }
    effects = (Detail({"number": number, "body_hash": on.input.body_hash}),)
    return Opening(provider.id, provider.jurisdiction, values, effects=effects)


AGREEMENT = Workflow(
    noun="agreement",
    zh="协议",
    model=AgreementVersion,
    states=AgreementState,
    root=Provider,
    root_column="provider_id",
    under=Provider,
    facts_type=AgreementFacts,
    transitions=(
        Transition(
            "publish",
            (),
            AgreementState.PUBLISHED,
            6,
            AgreementPublish,
            guards=(
                has_exactly_the_seven_baselines,
                hash_is_that_of_the_text,
                comes_into_force_no_earlier_than_it_is_published,
            ),
            facts=(_NUMBERS,),
            opening=_publication,
        ),
    ),
)
