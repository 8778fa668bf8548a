"""The journal: every step of every case, append-only, hash-chained by case (Art. 8)."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Final

import orjson
from sqlalchemy import Index, UniqueConstraint

from domain.case import Row
from domain.columns import big_integer, blob, integer, moment, text, word
from domain.policy.roles import Role
from domain.state import Audience, Word
from domain.table import Table

GENESIS: Final = bytes(32)
# The order is the format: it never changes under this label.
CANONICAL: Final = (
    "case_kind", "case_id", "seq", "trigger", "from_state", "to_state", "actor_id", "actor_role", "cause",
    "reason_codes", "legal_bases", "ruleset", "details", "texts", "skipped", "at",
)  # fmt: skip
_canonical_values: Final = itemgetter(*CANONICAL)


class TextName(Word):
    """What a text of a step is, and for whom."""

    PUBLIC_REASON = "PUBLIC_REASON", "公开理由", "The reason told to the party"
    FACTS = "FACTS", "事实", "The facts found"
    ITEMS = "ITEMS", "补正事项", "What is to be supplied or mended"
    NOTE = "NOTE", "内部备注", "An internal note"
    ANSWER = "ANSWER", "答复", "What the party answered"
    ADDRESSED = "ADDRESSED", "对申辩的回应", "What a decision says to an argument"
    EXAMINER = "EXAMINER", "原审核人", "Who examined an adopted account"
    REFERENCE = "REFERENCE", "原审核记录", "Where the examination of an adopted account is on record"

    @property
    def audience(self) -> Audience:
        inside = (TextName.NOTE, TextName.EXAMINER, TextName.REFERENCE)
        return Audience.HANDLER if self in inside else Audience.PARTY


class Step(Table, table=True):
    """One step of one case. Lists are single texts: the canonical form knows texts, integers and null only."""

    id: str = text(primary_key=True)
    case_kind: str = text()
    case_id: str = text()
    root_id: str = text()
    provider_id: str | None = text(nullable=True)
    jurisdiction: str | None = text(nullable=True)
    holder_id: str | None = text(nullable=True)
    seq: int = integer()
    trigger: str = text()
    from_state: str | None = text(nullable=True)
    to_state: str = text()
    actor_id: str | None = text(nullable=True)
    actor_role: Role = word(Role)
    actor_number: str | None = text(nullable=True)
    cause: str | None = text(nullable=True)
    cause_kind: str | None = text(nullable=True)
    reason_codes: str = text()
    legal_bases: str = text()
    ruleset: int = integer()
    details: str = text()
    texts: str = text()
    skipped: str = text()
    at: datetime = moment()
    prev_hash: bytes = blob()
    hash: bytes = blob()

    __table_args__ = (
        UniqueConstraint("case_id", "seq"),
        Index("ix_step_root", "root_id", "id"),
        Index("ix_step_provider", "provider_id", "id"),
        Index("ix_step_jurisdiction", "jurisdiction", "id"),
        Index("ix_step_holder", "holder_id", "id"),
    )


def canonical(values: dict[str, object]) -> bytes:
    """The bytes that a step's hash is taken over, after the hash of the step before."""
    told = [written(value) if isinstance(value, datetime) else value for value in _canonical_values(values)]
    return orjson.dumps(["signet-step-1", *told])


def link(prev_hash: bytes, values: dict[str, object]) -> bytes:
    """SHA-256 of the previous hash and the canonical step."""
    return sha256(prev_hash + canonical(values)).digest()


def written(moment_: datetime) -> str:
    """A moment as the journal writes it: UTC, microseconds, Z."""
    return f"{moment_.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class StepText(Row, table=True):
    """A text of a step with its salt, sealed under the data subject it is about; the step holds its commitment."""

    step_id: str = text(foreign_key="step.id", index=True)
    case_id: str = text()
    provider_id: str | None = text(nullable=True)
    jurisdiction: str | None = text(nullable=True)
    holder_id: str | None = text(nullable=True)
    identity_id: str | None = text(nullable=True)
    name: TextName = word(TextName)
    audience: Audience = word(Audience)
    sealed: bytes = blob()


class Position(Table, table=True):
    """The place of a committed step in the order for the world; written by the sequencer alone."""

    position: int = big_integer(primary_key=True)
    step_id: str = text(unique=True)


class AccessLog(Table, table=True):
    """A use of the vault: who looked, under which purpose, at which case. Append-only."""

    id: str = text(primary_key=True)
    at: datetime = moment()
    viewer_id: str = text()
    viewer_role: Role = word(Role)
    what: str = text()
    purpose: str = text()
    case_id: str = text()
    provider_id: str | None = text(nullable=True)
    jurisdiction: str | None = text(nullable=True)
    hits: int = integer()

    __table_args__ = (
        Index("ix_access_log_provider", "provider_id", "at", "id"),
        Index("ix_access_log_jurisdiction", "jurisdiction", "at", "id"),
    )
