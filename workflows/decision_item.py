"""One decision of a batch: the sanction, the version that was seen, and the one rung that is decided on (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, model_validator

from domain.problems import Problem
from workflows.commands import AdverseCommand, Id, Input
from workflows.sanction_commands import (
    CloseDecision,
    RestrictDecision,
    SanctionClose,
    SanctionRestrict,
    SanctionSuspend,
    SanctionWarn,
    SuspendDecision,
    WarnDecision,
)

# What may be decided in a batch: each a trigger of the sanction, with its own command.
COMMANDS: Final[Mapping[str, type[AdverseCommand]]] = {
    "warn": SanctionWarn,
    "restrict": SanctionRestrict,
    "suspend": SanctionSuspend,
    "close": SanctionClose,
}


class DecisionItem(Input):
    """One sanction to decide, by exactly one of its rungs."""

    is_judged_apart: ClassVar[bool] = True

    id: Id
    """The sanction."""
    version: Annotated[int, Field(ge=0, le=2_000_000_000)]
    """The version of it that was seen when this was decided; an item whose case moved on is refused alone."""
    warn: WarnDecision | None = None
    """Warn."""
    restrict: RestrictDecision | None = None
    """Restrict functions of the account."""
    suspend: SuspendDecision | None = None
    """Suspend updates of the account."""
    close: CloseDecision | None = None
    """Close the account."""

    @model_validator(mode="after")
    def _decides_once(self) -> DecisionItem:
        if sum(getattr(self, trigger) is not None for trigger in COMMANDS) != 1:
            raise ValueError("takes exactly one of warn, restrict, suspend and close")
        return self

    @property
    def trigger(self) -> str:
        """What is decided, as the sanction's own table names it."""
        return next(trigger for trigger in COMMANDS if getattr(self, trigger) is not None)

    def command(self) -> AdverseCommand:
        """The sanction's own command that says the same."""
        decision: dict[str, Any] = getattr(self, self.trigger).model_dump()
        return COMMANDS[self.trigger].model_validate({**decision, "id": self.id, "version": self.version})

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """What is wrong with the command, with its places as the item has them."""
        return tuple(self._placed(problem) for problem in dict.fromkeys(problems))

    def _placed(self, problem: Problem) -> Problem:
        if not problem.path or problem.path[0] in ("id", "version"):
            return problem
        return Problem(problem.code, (self.trigger, *problem.path), problem.detail)
