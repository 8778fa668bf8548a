"""A refusal: which problem, where in the input, and what exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.problems import ProblemCode


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal. `path` says where in the input; `detail` what exactly, never a personal value."""

    code: ProblemCode
    path: tuple[str, ...] = ()
    detail: str = ""

    @property
    def message(self) -> str:
        return f"{self.code.message} {self.detail}".rstrip()

    @property
    def fix(self) -> str:
        return self.code.fix


class Refused(Exception):
    """The step was refused; nothing was written. See `problems`."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems
