"""GraphQL inputs made from commands: one declaration says what may be asked, for the schema and for the check."""

from __future__ import annotations

import types
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

import strawberry
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api.types import closed  # noqa: F401 - the enums come before every type
from domain.identity import FIELDS
from domain.state import Word

_SCALARS: Final = (str, int, bool, float, datetime, date)
_IDS: Final = ("id", "proposal")


@cache
def input_of(model: type[BaseModel]) -> type[Any]:
    """The GraphQL input of a command or of a part of one."""
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        type_ = _typed(info.annotation)
        annotations[name] = strawberry.ID if _is_id(name) else type_
        if _is_id(name) and (not info.is_required()):
            annotations[name] = strawberry.ID | None
        if name.endswith("_ids"):
            annotations[name] = list[strawberry.ID] if info.is_required() else list[strawberry.ID] | None
        members[name] = _field(info)
    named = type(f"{model.__name__}Input", (), {"__annotations__": annotations, "__doc__": model.__doc__, **members})
    named.__module__ = __name__
    return strawberry.input(named, description=(model.__doc__ or "").strip())


def _field(info: FieldInfo) -> Any:
    if info.is_required():
        return strawberry.field(description=info.description)
    return strawberry.field(description=info.description, default=strawberry.UNSET)


def _is_id(name: str) -> bool:
    return name in _IDS or (name.endswith("_id") and name not in FIELDS)  # the number of a person's document is no id


def _typed(annotation: Any) -> Any:
    """The GraphQL type of an annotation, constraints left to the command."""
    if get_origin(annotation) is Annotated:
        return _typed(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        inner = next(arg for arg in get_args(annotation) if arg is not type(None))
        return _typed(inner) | None
    if get_origin(annotation) is list:
        return list[_typed(get_args(annotation)[0])]  # type: ignore[misc]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return input_of(annotation)
    if isinstance(annotation, type) and (annotation in _SCALARS or issubclass(annotation, Word | Enum)):
        return annotation
    if getattr(annotation, "__name__", "") == "AwareDatetime":
        return datetime
    raise TypeError(f"{annotation} has no GraphQL type: extend api/mutations/inputs.py")


def plain(value: Any) -> Any:
    """An input as the command reads it: by the names of the schema, without what was left out."""
    if isinstance(value, dict):  # coerced, and not yet made Strawberry's object
        return {name: plain(given) for name, given in value.items() if given is not None}
    if isinstance(value, str | Enum):
        return value
    definition = getattr(value, "__strawberry_definition__", None)
    if definition is not None:
        found = {}
        for field in definition.fields:
            given = getattr(value, field.python_name)
            if given is not strawberry.UNSET and given is not None:
                found[field.python_name] = plain(given)
        return found
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
