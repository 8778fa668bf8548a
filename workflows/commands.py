"""What may be asked for: the inputs of the triggers, checked before anything is read."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Final, TypeVar, get_args

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.characters import category
from domain.problems import Problem, ProblemCode
from domain.reckoning import BOUNDS, is_reckoned

D = TypeVar("D", bound=date)
FAULTS_MAX: Final = 50  # of one input


@dataclass(frozen=True)
class Listed:
    """Marks a code: the list that it is of; without a name, that of the step's reasons."""

    name: str = ""
    is_dated: bool = True
    code: ProblemCode = ProblemCode.CODE_UNKNOWN


@dataclass(frozen=True)
class Formed:
    """Marks an identifier: what reads it on a day, or raises Malformed."""

    read: Callable[[str, date], object]


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    for character in text:
        if category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and character != "\n":
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
# Texts that others than their author's side read: no personal data in them.
TOLD: Final = "told to others"
ToldLine = Annotated[Line, TOLD]
ToldParagraph = Annotated[Paragraph, TOLD]
CodeName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Category = Annotated[CodeName, Listed("filing_categories")]
Division = Annotated[CodeName, Listed("divisions", is_dated=False)]
LegalBasis = Annotated[CodeName, Listed("legal_bases", code=ProblemCode.LEGAL_BASIS_INVALID)]
Key = Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Input(BaseModel):
    """A part of a command."""

    is_judged_apart: ClassVar[bool] = False  # an item of a batch: what is wrong with it is told of it alone

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

    reason_codes: Annotated[list[Annotated[CodeName, Listed()]], Field(min_length=1, max_length=10)]
    """Codes of the list that belongs to this step."""
    facts: ToldParagraph
    """The facts found. No personal data."""
    legal_bases: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    """Codes of the list `legal_bases`, each in force on the date of the step."""
    public_reason: ToldParagraph
    """What the party is told, with the remedy open to them. No personal data."""
    note: Paragraph | None = None
    """An internal note for the staff of the case."""


class AdverseCommand(ProposableCommand):
    """A command that decides against a party."""

    reasons: Reasons
    """Reason codes, facts, legal bases and the public reason."""


def told_texts(input_: Input) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each text of an input that others are told, with its path."""
    for name, is_told in _told_fields(type(input_)):
        yield from _texts_in(getattr(input_, name), (to_camel(name),), is_told=is_told)


def _texts_in(held: Any, path: tuple[str, ...], *, is_told: bool) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(held, Input):
        yield from (((*path, *inner), text) for inner, text in told_texts(held))
    elif isinstance(held, list):
        for i, each in enumerate(held):
            yield from _texts_in(each, (*path, str(i)), is_told=is_told)
    elif is_told and isinstance(held, str):
        yield path, held


@cache
def _told_fields(model: type[Input]) -> tuple[tuple[str, bool], ...]:
    """The fields of an input that are told texts, or may hold inputs with such."""
    found = []
    for name, field in model.model_fields.items():
        parts = list(parts_of(field.annotation))
        is_told = TOLD in field.metadata or any(TOLD in getattr(part, "__metadata__", ()) for part in parts)
        inner = [part for part in parts if isinstance(part, type) and issubclass(part, Input)]
        if is_told or any(not part.is_judged_apart for part in inner):
            found.append((name, is_told))
    return tuple(found)


def parts_of(hint: Any) -> Iterator[Any]:
    """A type and every type that it is made of."""
    yield hint
    for part in get_args(hint):
        yield from parts_of(part)


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """Every fault of an input at once, each with its place."""
    return tuple(
        Problem(ProblemCode.INPUT_INVALID, tuple(to_camel(str(part)) for part in fault["loc"]), _said(fault["msg"]))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)[:FAULTS_MAX]
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
