"""What may be asked for: the inputs of the triggers, checked before anything is read."""

from __future__ import annotations

import hmac
import unicodedata
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.problems import Problem, ProblemCode
from domain.reckoning import BOUNDS, is_reckoned

D = TypeVar("D", bound=date)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and character != "\n":
            raise ValueError(f"holds the character U+{ord(character):04X}, which cannot be shown")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("is one line")
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _reckoned(value: D) -> D:
    if not is_reckoned(value):
        raise ValueError(BOUNDS)
    return value


Day = Annotated[date, AfterValidator(_reckoned)]
Moment = Annotated[AwareDatetime, AfterValidator(_reckoned)]
Id = Annotated[str, Field(max_length=90, description="The id of a case or row."), AfterValidator(_printable)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_printable), AfterValidator(_one_line)]
Paragraph = Annotated[str, Field(max_length=4_000), AfterValidator(_printable), AfterValidator(_written)]
CodeName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Key = Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Input(BaseModel):
    """A part of a command."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class Command(Input):
    """A request to fire a trigger."""

    idempotency_key: Key | None = None
    """A fresh random key, repeated with each retry of the same request. Required to create and for INTEGRATION."""


class CaseCommand(Command):
    """A command on an existing case."""

    id: Id
    """The case."""
    version: Annotated[int, Field(ge=0, le=2_000_000_000)]
    """The version of the case that was seen when this was decided."""


class LeaseCommand(Command):
    """A command on the lease of a case: not journalled, so it rests on no version."""

    id: Id
    """The case."""


class ProposableCommand(CaseCommand):
    """A command that may need a second person."""

    proposal: Id | None = None
    """The endorsed proposal that this carries out; without it a step under four eyes is proposed."""


class Reasons(Input):
    """Why an adverse step is taken."""

    reason_codes: Annotated[list[CodeName], Field(min_length=1, max_length=10)]
    """Codes of the list that belongs to this step."""
    facts: Paragraph
    """The facts found."""
    legal_bases: Annotated[list[CodeName], Field(min_length=1, max_length=10)]
    """Codes of the list `legal_bases`, each in force on the date of the step."""
    public_reason: Paragraph
    """What the party is told, with the remedy open to them. No personal data."""
    note: Paragraph | None = None
    """An internal note for the staff of the case."""


class AdverseCommand(ProposableCommand):
    """A command that decides against a party."""

    reasons: Reasons
    """Reason codes, facts, legal bases and the public reason."""


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """Every fault of an input at once, each with its place."""
    return tuple(
        Problem(ProblemCode.INPUT_INVALID, tuple(to_camel(str(part)) for part in fault["loc"]), _said(fault["msg"]))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)[:50]
    )


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")[:200]


def plain_input(command: Command) -> dict[str, Any]:
    """A command as plain values, without what only carries it."""
    return command.model_dump(mode="json", exclude={"idempotency_key", "proposal"})


def input_hash(key: bytes, trigger: str, command: Command) -> str:
    """A keyed hash of the complete input: a plain one of a short personal value would give it back."""
    body = orjson.dumps([trigger, plain_input(command)], option=orjson.OPT_SORT_KEYS)
    return hmac.new(key, body, sha256).hexdigest()
