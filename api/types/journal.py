"""The journal of a case: its steps, and the texts said with them (Art. 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from strawberry import ID

from api.reading.fields import any_of, by, column, computed, digest, identifier, latest, masked_text, related
from api.reading.shapes import shape
from api.types.case import Case
from api.types.masked import MaskedText
from api.types.node import Node
from api.types.scalars import Hash
from api.types.staff import Staff
from domain import journal as rows
from domain import staff as staff_rows
from domain.journal import TextName
from domain.policy.masking import Kind
from domain.policy.roles import Role
from workflows.triggers import words_of_trigger


def words_of(codes: str) -> list[str]:
    """A list that the journal keeps as one text."""
    return codes.split()


def trigger_caption(language: Any, trigger: str, case_kind: str) -> str:
    """The trigger in words."""
    words = words_of_trigger(case_kind, trigger)
    return words.zh if language == "ZH" else words.en


@shape(rows.StepText, prefix="step_text")
class StepText:
    """A text of a step: the reason, the facts, what was asked for or answered."""

    id: ID = identifier(rows.StepText.id, "Its id.")
    name: TextName = column(rows.StepText.name, "What it is.")
    text: MaskedText = masked_text(Kind.FREE_TEXT, rows.StepText.sealed, "The words.")


@shape(rows.Step, prefix="step")
class Step(Node):
    """One step of one case: a link of its chain."""

    id: ID = identifier(rows.Step.id, "Its id.")
    seq: int = column(rows.Step.seq, "Its number in the case.")
    case_kind: str = column(rows.Step.case_kind, "The kind of the case.")
    case_id: ID = identifier(
        rows.Step.case_id,
        "The id of the case, also where nothing else of it may be seen: a chain is put together by it.",
    )
    trigger: str = column(rows.Step.trigger, "What was asked for.")
    caption: str = computed(trigger_caption, (rows.Step.trigger, rows.Step.case_kind), by_language=True)
    from_state: str | None = column(rows.Step.from_state, "Where the case stood; null where the step made it.")
    to_state: str = column(rows.Step.to_state, "Where the case stands after it.")
    actor_role: Role = column(rows.Step.actor_role, "As what somebody acted; SYSTEM where a step ordered it.")
    actor_number: str | None = column(rows.Step.actor_number, "Staff number of who acted.")
    actor: Staff | None = related(
        rows.Step.actor_id, staff_rows.Staff.id, "The member of staff, for those who may see."
    )
    cause_kind: str | None = column(rows.Step.cause_kind, "The kind of the case whose step ordered this one.")
    cause: Step | None = related(rows.Step.cause, rows.Step.id, "That step, for those who may see its case.")
    reason_codes: list[str] = computed(words_of, (rows.Step.reason_codes,), description="Codes of the reasons.")
    legal_bases: list[str] = computed(words_of, (rows.Step.legal_bases,), description="Codes of the legal bases.")
    skipped: list[str] = computed(
        words_of, (rows.Step.skipped,), description="Follow-ups whose target stood elsewhere."
    )
    details: str = column(rows.Step.details, "Plain facts of the decision as JSON: codes, numbers, ids.")
    ruleset: int = column(rows.Step.ruleset, "The ruleset the case is held by.")
    at: datetime = column(rows.Step.at, "When.")
    hash: Hash = digest(rows.Step.hash, "SHA-256 over the step before and this one.")
    texts: list[StepText] = latest(rows.StepText.step_id, by(rows.StepText.id), limit=5, description="Its texts.")
    case: Case | None = any_of(rows.Step.case_id, "The case.")
