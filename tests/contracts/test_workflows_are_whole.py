"""The tables of the workflows have no gap: states, triggers, guards, follow-ups, and an index for every list."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from textwrap import dedent
from typing import Any, Final

import pytest
import sqlalchemy as sa

from api.reading import kinds
from api.reading.shapes import shape_of, what
from api.schema import schema
from domain.deadline import DeadlineKind
from domain.problems import ProblemCode
from domain.tables import METADATA
from tests.contracts.test_schema_decides_nothing import fields_of
from workflows import follow_ups, registry
from workflows.engine import Guard, Rests, Workflow, guard
from workflows.filing import FILING
from workflows.follow_ups import FOLLOW_UPS
from workflows.registry import WORKFLOWS, TableIncomplete
from workflows.timed import TIMED, TimedStep
from workflows.triggers import TRIGGERS

STATEMENTS_MAX: Final = 6  # for the steps of a page of cases
CASES_AND_PROPOSALS: Final = 2
LEADS: Final = ("provider_id", "jurisdiction")
# A provider or an authority has hundreds of these at most: they are read whole.
OF_A_BODY: Final = ("authority", "provider", "qualification", "staff")
RESTS_CURE: Final = "say rests=Rests.LOCKED, UNIQUE or DERIVED: what keeps it true until the commit"
PURE_CURE: Final = "a guard sees values alone: declare what it needs as a Fact"


def guards_of(workflow: Workflow) -> set[Guard]:
    """Every guard of a workflow."""
    return {one for row in workflow.transitions for one in row.guards}


def unrested(guards: Iterable[Guard]) -> list[str]:
    """Each guard that does not say what it rests on, reads as no sentence, or could look elsewhere."""
    found = []
    for one in guards:
        if one.rests not in tuple(Rests):
            found.append(f"{one.sentence}: {RESTS_CURE}")
        if not one.sentence.isidentifier() or len(one.sentence.split("_")) < 2:
            found.append(f"{one.sentence}: name it by a sentence, such as agreement_is_current")
        if inspect.iscoroutinefunction(one.check) or len(inspect.signature(one.check).parameters) != 1:
            found.append(f"{one.sentence}: {PURE_CURE}")
    return found


def unreached(workflow: Workflow) -> list[str]:
    """Each state that no way leads to from the beginning."""
    begun = {target for row in workflow.transitions if row.creates for target in row.targets} | {workflow.initial}
    reached = {state for state in begun if state is not None}
    while (
        more := {
            target
            for row in workflow.transitions
            if reached & set(row.sources)
            for target in row.targets
            if target is not None
        }
        - reached
    ):
        reached |= more
    return [
        f"{workflow.noun}: nothing leads to {state}: add its transition in workflows/{workflow.noun}.py"
        for state in workflow.states
        if state not in reached
    ]


def unindexed(table: sa.Table, foreign: sa.Column[Any] | None, order: kinds.Order) -> bool:
    """Whether a list would read more than its page: no index leads with whose it is and goes on in its order."""
    indexes = [[column.key for column in index.columns] for index in table.indexes]
    indexes += [[column.key for column in one.columns] for one in table.constraints if hasattr(one, "columns")]
    wanted = [column.key for column in order.columns]
    if foreign is not None:  # what hangs on one row is few, or is read in its order
        return not any(index[0] == foreign.key for index in indexes if index)
    leads = [name for name in LEADS if name in table.c]
    if not leads or table.name in OF_A_BODY:
        return table.name not in OF_A_BODY and not any(_serves(index, [], wanted) for index in indexes)
    return not any(_serves(index, [lead], wanted) for index in indexes for lead in leads)


def _serves(index: list[str], leads: list[str], wanted: list[str]) -> bool:
    """Whose, perhaps one filter such as the state, and the order, of which the last may be left to chance."""
    rest = index[len(leads) :]
    in_order = (wanted, wanted[:-1] or wanted)
    return index[: len(leads)] == leads and (rest in in_order or (bool(leads) and rest[1:] in in_order))


def lists() -> Mapping[str, tuple[sa.Table, sa.Column[Any] | None, kinds.Order]]:
    """Every list and every way to sort it."""
    found: dict[str, tuple[sa.Table, sa.Column[Any] | None, kinds.Order]] = {}
    for type_, name, field in fields_of(schema._schema):
        match what(field):
            case kinds.ToMany(foreign, order, _):
                found[f"{type_.name}.{name}"] = (foreign.table, foreign, order)
            case kinds.Paged(foreign, orders, _):
                for by, order in orders.items():
                    found[f"{type_.name}.{name} {by or ''}".strip()] = (order.columns[-1].table, foreign, order)
    return found


LISTS: Final = lists()


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda w: w.noun)
def test_every_guard_says_what_it_rests_on(workflow: Workflow) -> None:
    assert unrested(guards_of(workflow)) == []


def test_a_guard_that_rests_on_nothing_is_told_the_cure() -> None:
    loose: Any = guard(ProblemCode.NOT_FOUND, rests=None)(lambda on: True)  # type: ignore[arg-type]

    async def asks_elsewhere(on: Any) -> bool:
        return True

    busy: Any = guard(ProblemCode.NOT_FOUND, rests=Rests.LOCKED)(asks_elsewhere)  # type: ignore[arg-type]

    assert unrested([loose]) == [
        f"<lambda>: {RESTS_CURE}", "<lambda>: name it by a sentence, such as agreement_is_current",
    ]  # fmt: skip
    assert unrested([busy]) == [f"asks_elsewhere: {PURE_CURE}"]


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda w: w.noun)
def test_every_state_is_reached(workflow: Workflow) -> None:
    assert unreached(workflow) == []


def test_a_state_that_nothing_leads_to_is_told_the_cure() -> None:
    rows = tuple(row for row in FILING.transitions if row.trigger != "revoke")

    assert unreached(replace(FILING, transitions=rows)) == [
        "filing: nothing leads to REVOKED: add its transition in workflows/filing.py"
    ]


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda w: w.noun)
def test_a_trigger_stands_once_and_has_an_article_and_words(workflow: Workflow) -> None:
    triggers = [row.trigger for row in workflow.transitions]

    assert len(set(triggers)) == len(triggers)
    assert set(triggers) <= set(TRIGGERS)
    assert all(1 <= row.article <= 10 for row in workflow.transitions)


def test_no_words_are_kept_for_what_is_no_trigger() -> None:
    assert set(TRIGGERS) == {trigger for workflow in WORKFLOWS.values() for trigger in workflow.by_trigger}


def test_every_follow_up_fires_what_there_is_from_where_it_is_legal() -> None:
    for row in FOLLOW_UPS:
        noun, trigger = row.fires
        fired = WORKFLOWS[noun].by_trigger[trigger]
        assert row.noun in WORKFLOWS
        assert row.trigger is None or row.trigger in WORKFLOWS[row.noun].by_trigger
        assert set(row.when) <= set(fired.sources)
        assert row.creates == fired.creates


def test_a_creating_trigger_without_an_opening_stops_the_start() -> None:
    rows = tuple(replace(row, opening=None) if row.creates else row for row in FILING.transitions)

    with pytest.raises(TableIncomplete, match=r"workflows/filing\.py: prepare creates a case and lacks its opening"):
        registry._checked(*{**WORKFLOWS, "filing": replace(FILING, transitions=rows)}.values())


def test_a_trigger_that_nothing_fires_stops_the_start() -> None:
    rows = tuple(replace(row, command=None) if row.trigger == "accept" else row for row in FILING.transitions)

    with pytest.raises(TableIncomplete, match=r"accept has no command and no row in workflows/follow_ups\.py fires it"):
        registry._checked(*{**WORKFLOWS, "filing": replace(FILING, transitions=rows)}.values())


def test_a_kind_of_deadline_that_time_says_nothing_of_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {kind: row for kind, row in TIMED.items() if kind is not DeadlineKind.PROPOSAL}
    monkeypatch.setattr(registry, "TIMED", known)

    with pytest.raises(TableIncomplete, match=r"workflows/timed\.py says nothing of PROPOSAL"):
        registry._checked(*WORKFLOWS.values())


@pytest.mark.parametrize("fires", [("account", "expire"), ("account", "apply")])
def test_a_timed_step_that_no_standing_case_can_take_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, fires: tuple[str, str]
) -> None:
    known = {**TIMED, DeadlineKind.SUPPLEMENT: TimedStep(DeadlineKind.SUPPLEMENT, fires)}
    monkeypatch.setattr(registry, "TIMED", known)

    with pytest.raises(TableIncomplete, match=rf"workflows/account\.py has no trigger {fires[1]}"):
        registry._checked(*WORKFLOWS.values())


def test_a_trigger_without_words_stops_the_start() -> None:
    rows = (*FILING.transitions, replace(FILING.by_trigger["accept"], trigger="amend"))

    with pytest.raises((TableIncomplete, ValueError), match=r"amend"):
        registry._checked(*{**WORKFLOWS, "filing": replace(FILING, transitions=rows)}.values())


def test_a_cycle_of_follow_ups_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    back = follow_ups.FollowUp("account", trigger="unfile", fires=("filing", "revoke"), when=tuple(FILING.states))
    monkeypatch.setattr(registry, "FOLLOW_UPS", (*FOLLOW_UPS, back))

    with pytest.raises(TableIncomplete, match="closes a cycle"):
        registry._checked(*WORKFLOWS.values())


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda w: w.noun)
def test_the_steps_of_a_page_of_cases_take_few_statements(workflow: Workflow) -> None:
    assert all(fact.binds is None for fact in workflow.facts), "a fact of the workflow is read without an input"
    assert len(workflow.facts) + CASES_AND_PROPOSALS <= STATEMENTS_MAX


def test_no_effect_or_guard_looks_at_a_clock_or_a_session() -> None:
    names = {"transaction", "connection", "session", "clock", "office"}
    looking = []
    for workflow in WORKFLOWS.values():
        for row in workflow.transitions:
            for function in (*(one.check for one in row.guards), *row.effects):
                body = ast.parse(dedent(_source(function)))
                used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)} & names
                looking += [f"{workflow.noun}.{row.trigger} {function.__name__}: {PURE_CURE}"] if used else []

    assert looking == []


def _source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except OSError:
        return ""


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_an_index_in_its_order(name: str) -> None:
    table, foreign, order = LISTS[name]

    assert not unindexed(table, foreign, order), (
        f"{name} sorts {table.name} by {[c.key for c in order.columns]}: add an Index that leads with "
        f"{foreign.key if foreign is not None else 'provider_id or jurisdiction'} to domain/"
    )


def test_a_list_without_an_index_is_noticed() -> None:
    planted = sa.Table("planted", sa.MetaData(), sa.Column("id", sa.Text), sa.Column("provider_id", sa.Text),
                       sa.Column("at", sa.Text))  # fmt: skip
    order = kinds.Order((planted.c.at, planted.c.id), descending=True)

    assert unindexed(planted, None, order)
    sa.Index("ix_planted", planted.c.provider_id, planted.c.at, planted.c.id)
    assert not unindexed(planted, None, order)


def test_every_case_of_a_workflow_is_a_row_with_its_chain() -> None:
    for workflow in WORKFLOWS.values():
        table = METADATA.tables[workflow.model.__tablename__]
        assert {"state", "seq", "head", "stepped_at"} <= set(table.c.keys())
        assert workflow.root_column in table.c


def test_every_type_of_a_case_has_the_table_of_its_workflow() -> None:
    shown = {found.table.name for type_, _, _ in fields_of(schema._schema)
             if (found := shape_of(type_)) is not None and found.table is not None}  # fmt: skip

    assert {workflow.model.__tablename__ for workflow in WORKFLOWS.values()} <= shown
