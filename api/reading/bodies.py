"""Bodies of generated functions. One expression each: a call per field would cost three times as much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.reading.variables import Arguments


class Body:
    """What a generated function refers to, which arguments it waits for, and how many fields it shows."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.late: list[Arguments] = []  # arguments of computed fields, read once an execution
        self.weight = 0
        self._fresh = 0

    def name(self, value: Any) -> str:
        """The name under which the function knows a value."""
        for name, known in self.values.items():
            if known is value:
                return name
        name = f"v{len(self.values)}"
        self.values[name] = value
        return name

    def fresh(self, letter: str) -> str:
        """A name for something that the function itself makes."""
        self._fresh += 1
        return f"{letter}_{self._fresh}"

    def argument(self, arguments: Arguments) -> str:
        """The name of a field's arguments."""
        self.late.append(arguments)
        return f"a{len(self.late) - 1}"

    def function(self, first: str, expression: str, below: int = 0) -> Callable[..., Any]:
        """The function of these parameters, late arguments and levels below.

        Only names, indexes and reprs ever enter the expression: never a client's text as such.
        """
        late = [f"a{i}" for i in range(len(self.late))]
        parameters = ", ".join([*first.split(), *late, *[f"c{i}" for i in range(below)]])
        scope: dict[str, Any] = dict(self.values)
        exec(compile(f"def make({parameters}): return {expression}", "<plan>", "exec"), scope)  # noqa: S102 - see above
        made: Callable[..., Any] = scope["make"]
        return made
