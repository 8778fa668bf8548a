"""What a viewer may do next with each case of a page, judged by the tables and guards that judge the step itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal, TypeVar

import sqlalchemy as sa

from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode
from domain.proposal import Proposal
from domain.state import Language
from domain.table import table_of
from domain.viewer import Viewer
from workflows.database import Among, Beside, Connection, decoder, loader
from workflows.engine import Fact, On, Sought, Transition, Workflow, refusals
from workflows.facts import read_facts, seek_facts
from workflows.foresight import foreseen
from workflows.lateness import is_late
from workflows.loading import in_scope
from workflows.office import Office
from workflows.triggers import words_of_trigger

F = TypeVar("F", Fact, Sought)
_PROPOSAL = table_of(Proposal)
_NOW: Final = sa.bindparam("now", type_=_PROPOSAL.c.expires_at.type, required=False)


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposal that waits: its id, who made it, when, and the hash to endorse."""

    id: str
    by: str
    at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class AvailableStep:
    """One trigger the viewer's role carries, and whether it can be fired now."""

    noun: str
    trigger: str
    mutation: str
    allowed: bool
    problems: tuple[Problem, ...]
    adverse: bool
    needs_endorsement: bool
    proposal: OpenProposal | None
    code_lists: tuple[str, ...]

    def caption(self, language: Language) -> str:
        """The trigger's words."""
        words = words_of_trigger(self.noun, self.trigger)
        return words.zh if language == "ZH" else words.en


class AvailableSteps:
    """Works out the steps of a page of cases: the cases, the workflow's facts, the open proposals, and no more."""

    takes_office: Literal[True] = True

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow

    @cached_property
    def offered(self) -> tuple[Transition, ...]:
        """The triggers of existing cases that somebody may fire."""
        return tuple(row for row in self.workflow.transitions if row.command is not None and not row.creates)

    async def load(
        self, connection: Connection, ids: Sequence[str], viewer: Viewer, now: datetime, office: Office
    ) -> Mapping[str, list[AvailableStep]]:
        """The steps by case id."""
        mine = [row for row in self.offered if viewer.role in self.workflow.who(row.trigger)]
        if not mine:
            return {id_: [] for id_ in ids}
        bound = {**viewer.bound, "now": now, "ids": list(ids)}
        rows = await connection.fetch(self._cases(viewer.role), bound)
        if late := {row[-2] for row in rows if row[-1]}:
            connection = await foreseen(connection, late, now, office)
            rows = await connection.fetch(self._cases(viewer.role), bound)
        known = [loader(self.workflow.model).row(row, connection.dialect) for row in rows]
        wanted = dict.fromkeys((*self.workflow.facts, *_shown(mine, Fact)))
        facts = await read_facts(tuple(wanted), [row.id for row in known], bound, connection)
        await seek_facts(tuple(dict.fromkeys(_shown(mine, Sought))), facts, office.keys, now, connection)
        proposals = await self._proposals(connection, viewer, bound)
        found: dict[str, list[AvailableStep]] = {id_: [] for id_ in ids}
        for row in known:
            on = On(row, self.workflow.facts_type(**facts[row.id]), viewer, now, None, row.id)
            found[row.id] = [self._judged(step, on, proposals) for step in mine]
        return found

    def _judged(
        self, step: Transition, on: On, proposals: Mapping[tuple[str, str, int], OpenProposal]
    ) -> AvailableStep:
        problems = refusals(self.workflow, step, on.case.state, on, with_input=False)
        if not step.competent(on):
            problems = [Problem(ProblemCode.NOT_COMPETENT, ("id",))]
        return AvailableStep(
            self.workflow.noun,
            step.trigger,
            mutation_name(self.workflow, step),
            not problems,
            tuple(problems),
            step.adverse,
            step.four_eyes(on),
            proposals.get((on.id, step.trigger, on.case.seq)),
            step.code_lists,
        )

    def _cases(self, role: Role) -> sa.Select[Any]:
        return _cases(self.workflow, role)

    async def _proposals(
        self, connection: Connection, viewer: Viewer, bound: Mapping[str, Any]
    ) -> dict[tuple[str, str, int], OpenProposal]:
        moment = decoder(_PROPOSAL.c.created_at.type, connection.dialect)
        rows = await connection.fetch(_open_proposals(viewer.role), bound)
        return {
            (row[0], row[1], row[2]): OpenProposal(row[3], row[4], moment(row[5]) if moment else row[5], row[6])
            for row in rows
        }


def _shown(steps: Sequence[Transition], kind: type[F]) -> Iterator[F]:
    """What the state guards of these triggers look at beyond the workflow's own facts."""
    for step in steps:
        for fact in step.facts:
            if isinstance(fact, kind) and fact.in_steps:
                yield fact


_CASES: dict[tuple[str, Role], sa.Select[Any]] = {}
_PROPOSALS: dict[Role, sa.Select[Any]] = {}


def _cases(workflow: Workflow, role: Role) -> sa.Select[Any]:
    if (workflow.noun, role) not in _CASES:
        table = table_of(workflow.model)
        root = table.c[workflow.root_column]
        chosen = sa.select(*loader(workflow.model).columns, root.label("root"), is_late(root)).where(
            Among(table.c.id, "ids"), Beside(in_scope(table, role))
        )
        _CASES[workflow.noun, role] = chosen
    return _CASES[workflow.noun, role]


def _open_proposals(role: Role) -> sa.Select[Any]:
    if role not in _PROPOSALS:
        p = _PROPOSAL.c
        _PROPOSALS[role] = (
            sa.select(p.case_id, p.trigger, p.version, p.id, p.proposer_id, p.created_at, p.hash)
            .where(Among(p.case_id, "ids"), in_scope(_PROPOSAL, role))
            .where(p.used_by.is_(None), p.withdrawn_at.is_(None), p.expires_at > _NOW)
            .order_by(p.created_at, p.id)
        )
    return _PROPOSALS[role]


def mutation_name(workflow: Workflow, step: Transition) -> str:
    """The GraphQL mutation that fires a trigger: `<noun><Verb>`."""
    noun = step.listed_under or workflow.noun
    return noun + "".join(part.title() for part in (step.asked_as or step.trigger).split("_"))
