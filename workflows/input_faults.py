"""Every fault of an input at once, whichever floor would find it: form, rules across fields, codes, identifiers, texts.

Where the form is sound, the guards of the step find the others; where it is not, no step is asked, and they are found
here, by what the fields of the command are marked with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from domain.codes.lists import codes, is_listed
from domain.identifiers import Malformed
from domain.personal import personal_data_in
from domain.problems import Problem, ProblemCode
from workflows.commands import FAULTS_MAX, TOLD, Formed, Input, Listed, parts_of, problems_of

Path = tuple[str, ...]


class Floor(NamedTuple):
    """What the faults below the form rest on: the day of the step, and the list of its reasons."""

    day: date
    reasons_from: str = ""


def every_fault(
    error: ValidationError, command: type[Input], given: Mapping[str, Any], floor: Floor
) -> tuple[Problem, ...]:
    """The faults of the form, and those that stand beside them."""
    found = list(problems_of(error))
    known = {problem.path for problem in found}
    return (*found, *(one for one in _beside(command, given, (), floor) if one.path not in known))[:FAULTS_MAX]


def _beside(model: type[Input], given: Mapping[str, Any], path: Path, floor: Floor) -> Iterator[Problem]:
    values = {name: given.get(to_camel(name), given.get(name)) for name in model.model_fields}
    yield from _across(model, values, path)
    for name, field in model.model_fields.items():
        parts = list(parts_of(field.annotation))
        marks = [*field.metadata, *(mark for part in parts for mark in getattr(part, "__metadata__", ()))]
        inner = [part for part in parts if isinstance(part, type) and issubclass(part, Input)]
        for at, leaf in _leaves(values[name], (*path, to_camel(name))):
            if isinstance(leaf, str):
                yield from _of_text(leaf, marks, at, floor)
            elif isinstance(leaf, Mapping) and inner:
                yield from _beside(inner[0], leaf, at, floor)


def _across(model: type[Input], values: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """What the model says of several fields, which is not asked where one of them is malformed."""
    for validator in model.__pydantic_decorators__.model_validators.values():
        try:
            validator.func(model.model_construct(**values))
        except ValueError as fault:
            yield Problem(ProblemCode.INPUT_INVALID, path, str(fault))
        except (AttributeError, TypeError):  # it rests on what is malformed itself
            continue


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):
        for i, each in enumerate(value):
            yield from _leaves(each, (*path, str(i)))
    elif value is not None:
        yield path, value


def _of_text(text: str, marks: Sequence[Any], path: Path, floor: Floor) -> Iterator[Problem]:
    for mark in marks:
        if isinstance(mark, Listed) and (name := mark.name or floor.reasons_from):
            if not (is_listed(name, text, floor.day) if mark.is_dated else text in codes(name)):
                yield Problem(mark.code, path, f"({name})")
        elif isinstance(mark, Formed):
            try:
                mark.read(text, floor.day)
            except Malformed as malformed:
                yield Problem(ProblemCode.INPUT_INVALID, path, malformed.fault.en)
    if TOLD in marks:
        yield from (Problem(ProblemCode.PERSONAL_DATA_IN_TEXT, path, f"{at}.") for at in personal_data_in(text))
