"""Every workflow by its noun. A table with a gap stops the start and names the file to mend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from domain.deadline import DeadlineKind
from domain.state import State
from workflows.account import ACCOUNT
from workflows.agreement import AGREEMENT
from workflows.authority_report import AUTHORITY_REPORT
from workflows.batch import BATCH
from workflows.due_dates import RECOUNT
from workflows.engine import Transition, Workflow
from workflows.filing import FILING
from workflows.follow_ups import FOLLOW_UPS, LONGEST_CHAIN, FollowUp
from workflows.holder import HOLDER
from workflows.identity import IDENTITY
from workflows.permission import PERMISSION
from workflows.provider import PROVIDER
from workflows.qualification import QUALIFICATION
from workflows.sanction import SANCTION
from workflows.staff import STAFF
from workflows.timed import TIMED, kinds_that_fire
from workflows.triggers import TRIGGERS


class TableIncomplete(Exception):
    """A workflow's table has a gap; the message names the file to mend."""


def workflow_of(noun: str) -> Workflow:
    """The workflow of a noun."""
    return WORKFLOWS[noun]


def _checked(*known: Workflow) -> Mapping[str, Workflow]:
    found = {workflow.noun: workflow for workflow in known}
    for workflow in known:
        for row in workflow.transitions:
            _check_transition(workflow, row)
    for follow_up in FOLLOW_UPS:
        _walk(found, follow_up, ())
    _check_time(found)
    return MappingProxyType(found)


def _check_transition(workflow: Workflow, row: Transition) -> None:
    place = f"workflows/{workflow.noun}.py: {row.trigger}"
    try:
        workflow.grant(row.trigger)
    except ValueError as unknown:
        raise TableIncomplete(f"{place} needs a grant that domain/policy/roles.py lacks: {unknown}") from None
    if row.creates and row.opening is None:
        raise TableIncomplete(f"{place} creates a case and lacks its opening")
    if row.trigger not in TRIGGERS:
        raise TableIncomplete(f"workflows/triggers.py lacks the words of {row.trigger}")
    fired = (workflow.noun, row.trigger)
    by_time = row.trigger == RECOUNT or kinds_that_fire(*fired)
    if row.command is None and not by_time and not any(f.fires == fired for f in FOLLOW_UPS):
        raise TableIncomplete(
            f"{place} has no command and no row in workflows/follow_ups.py fires it, nor one in workflows/timed.py"
        )


def _check_time(known: Mapping[str, Workflow]) -> None:
    """Whatever can fall due has a row, and each row fires a step of a case that is there."""
    if missing := [kind for kind in DeadlineKind if kind not in TIMED]:
        raise TableIncomplete(f"workflows/timed.py says nothing of {', '.join(missing)}")
    for row in TIMED.values():
        if row.fires is None:
            continue
        noun, trigger = row.fires
        fired = known[noun].by_trigger.get(trigger)
        if fired is None or fired.creates:
            raise TableIncomplete(
                f"workflows/timed.py: workflows/{noun}.py has no trigger {trigger} of a standing case"
            )


def _walk(known: Mapping[str, Workflow], row: FollowUp, path: tuple[FollowUp, ...]) -> None:
    if row in path or len(path) >= LONGEST_CHAIN:
        raise TableIncomplete(f"workflows/follow_ups.py: {row.fires} closes a cycle or a chain over {LONGEST_CHAIN}")
    noun, trigger = row.fires
    fired = known[noun].by_trigger.get(trigger)
    if fired is None:
        raise TableIncomplete(f"workflows/follow_ups.py: workflows/{noun}.py has no trigger {trigger}")
    for after in FOLLOW_UPS:
        if after.may_be_caused_by(noun, trigger, row.when, fired.targets):
            _walk(known, after, (*path, row))


@cache
def reached_from(noun: str, trigger: str) -> frozenset[str]:
    """The nouns whose existing cases a trigger may move, or looks at to decide so."""
    found: set[str] = set()
    waiting: list[tuple[str, str, tuple[State, ...]]] = [(noun, trigger, WORKFLOWS[noun].by_trigger[trigger].sources)]
    while waiting:
        here, step, sources = waiting.pop()
        for row in FOLLOW_UPS:
            if row.may_be_caused_by(here, step, sources, WORKFLOWS[here].by_trigger[step].targets):
                found |= row.looks_at
                waiting.append((*row.fires, row.when))
    return frozenset(found)


WORKFLOWS: Final = _checked(
    PROVIDER,
    QUALIFICATION,
    STAFF,
    AGREEMENT,
    HOLDER,
    IDENTITY,
    ACCOUNT,
    FILING,
    PERMISSION,
    BATCH,
    SANCTION,
    AUTHORITY_REPORT,
)
