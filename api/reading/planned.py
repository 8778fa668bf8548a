"""A field that is planned and never resolved, and the register of the types that have such fields."""

from __future__ import annotations

import sys
from typing import Any, Final

import strawberry
from sqlalchemy import Column
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from api.reading.kinds import What

COMMON: Final[dict[str, Any]] = {}  # types that any type file may name, wherever it lies
_declared: Final[dict[str, dict[str, Any]]] = {}  # by top-level package, so that two schemas do not mix


def declare(made: type) -> None:
    """Let the type files of the same package name this type without importing it."""
    _declared.setdefault(made.__module__.partition(".")[0], {})[made.__name__] = made


def _known_to(origin: type) -> dict[str, Any]:
    """What an annotation in that type's file may name."""
    module = origin.__module__
    return {**COMMON, **_declared.get(module.partition(".")[0], {}), **vars(sys.modules[module])}


class NotResolved(Exception):
    """A planned field was asked to resolve itself: read through api/execute.py, which plans."""


class PlannedField(StrawberryField):
    """Says what a field is. Its SDL, description, arguments and directives are Strawberry's."""

    what: What

    def __copy__(self) -> PlannedField:
        twin = super().__copy__()  # makes a new one from known attributes, so `what` would be lost
        twin.what = self.what
        return twin

    @property
    def is_basic_field(self) -> bool:
        return False

    def resolve_type(self, *, type_definition: Any = None) -> Any:
        """Annotations may name any declared type: type files need not import one another."""
        if self.type_annotation is not None and isinstance(self.origin, type):
            self.type_annotation.namespace = _known_to(self.origin)
        return super().resolve_type(type_definition=type_definition)

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        raise NotResolved(f"{self.python_name} is planned: read it through api/execute.py")


def planned(what: What, description: str | None, arguments: list[StrawberryArgument] | None = None, **more: Any) -> Any:
    """A field that is `what`."""
    made = PlannedField(description=description, **more)
    made.what = what
    made.arguments = arguments or []
    return made


def argument(name: str, type_: Any, default: Any = strawberry.UNSET, description: str | None = None) -> Any:
    """An argument of a planned field; optional types are null unless they have a default."""
    annotation = StrawberryAnnotation(type_)
    return StrawberryArgument(name, None, annotation, default=default, description=description)


def column_of(attribute: Any) -> Column[Any]:
    """The column behind a model's attribute."""
    found: Column[Any] = attribute.property.columns[0]
    return found


def column_or_name(attribute: Any) -> Column[Any] | str:
    """The column behind a model's attribute; a name stays a name."""
    return attribute if isinstance(attribute, str) else column_of(attribute)
