"""Every (state, trigger, role) cell of every workflow on the pure engine; and the tables against the design's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any, Final

import pytest

from domain.account import AccountFlag
from domain.calendar import WorkingDays
from domain.holder import SubjectType
from domain.policy.roles import Role
from domain.problems import ProblemCode, Refused
from domain.sanction import SanctionLevel
from domain.viewer import Viewer
from tests.workflows.expected_tables import ADVERSE, FOLLOW_UPS, STATES, STAYS, TABLES, TIMED, Expected
from workflows import explained, follow_ups, timed
from workflows.commands import CaseCommand, LeaseCommand
from workflows.engine import NEW, On, Transition, Workflow, refusals
from workflows.firing import fire
from workflows.hands import Hand, Writing
from workflows.registry import WORKFLOWS
from workflows.unit_of_work import FollowUpOnly, carry_out

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ROWS: Final = [(WORKFLOWS[noun], row) for noun, table in TABLES.items() for row in table]
CELLS: Final = [(workflow, row, state) for workflow, row in ROWS for state in (NEW, *STATES[workflow.noun])]
PAIRS: Final = [cell for cell in CELLS if cell[2] not in (cell[1].sources or (NEW,))]
LEGAL: Final = [cell for cell in CELLS if cell[2] in (cell[1].sources or (NEW,))]
ROLE_CELLS: Final = list(product(ROWS, Role))


class Untouchable:
    """Stands where a database would: a cell refused for its role reads nothing."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a role without the grant reached {name}")


def named(cell: Any) -> str:
    parts = [cell[0].noun, cell[1].trigger, *map(str, cell[2:])]
    return "-".join(parts)


def on(state: str) -> On:
    """A case that stands in a state, seen by nobody in particular."""
    case = None if state == NEW else SimpleNamespace(id="case_1", state=state)
    return On(case, None, Viewer("", Role.SYSTEM), NOON)


def bare(transition: Transition) -> Transition:
    """The transition's place in the table without its guards."""
    return Transition(transition.trigger, transition.sources, transition.target, transition.article)


@pytest.mark.parametrize("cell", PAIRS, ids=named)
def test_a_trigger_outside_the_table_is_refused(cell: tuple[Workflow, Expected, str]) -> None:
    workflow, row, state = cell
    transition = workflow.by_trigger[row.trigger]

    problems = refusals(workflow, transition, state, on(state), with_input=True)

    already = row.target is not None and state == row.target
    expected = ProblemCode.ALREADY_IN_STATE if already else ProblemCode.ILLEGAL_TRANSITION
    assert [(problem.code, problem.path) for problem in problems] == [(expected, ("id",))]
    assert workflow.after(row.trigger, state) is None


@pytest.mark.parametrize("cell", PAIRS, ids=named)
def test_what_is_refused_moves_nothing(cell: tuple[Workflow, Expected, str]) -> None:
    workflow, row, state = cell
    writing = Writing(Viewer("", Role.SYSTEM), NOON)
    hand = None if state == NEW else Hand(workflow, "case_1", SimpleNamespace(), state, 4, b"", NOON, seen=4)

    with pytest.raises(Refused):
        fire(writing, workflow, workflow.by_trigger[row.trigger], hand, on(state), WorkingDays())

    assert hand is None or (hand.state, hand.seq, hand.changes) == (state, 4, {})
    assert (writing.hands, writing.steps, writing.inserts, writing.updates) == ([], [], [], [])


@pytest.mark.parametrize("cell", LEGAL, ids=named)
def test_a_trigger_of_the_table_leads_where_the_design_says(cell: tuple[Workflow, Expected, str]) -> None:
    workflow, row, state = cell

    assert refusals(workflow, bare(workflow.by_trigger[row.trigger]), state, on(state), with_input=True) == []
    assert workflow.after(row.trigger, state) == (row.target or state)


@pytest.mark.parametrize("cell", ROLE_CELLS, ids=lambda cell: f"{cell[0][0].noun}-{cell[0][1].trigger}-{cell[1]}")
def test_a_role_has_a_grant_exactly_where_the_design_says(cell: tuple[tuple[Workflow, Expected], Role]) -> None:
    (workflow, row), role = cell
    grant = workflow.grant(row.trigger)

    may = grant is not None and Viewer("", role).may(grant)

    assert may is (role in row.who)


@pytest.mark.parametrize("cell", ROLE_CELLS, ids=lambda cell: f"{cell[0][0].noun}-{cell[0][1].trigger}-{cell[1]}")
def test_a_role_without_the_grant_is_refused_before_anything_is_read(
    cell: tuple[tuple[Workflow, Expected], Role],
) -> None:
    (workflow, row), role = cell
    if role in row.who:
        return
    transition = workflow.by_trigger[row.trigger]
    command: Any = (transition.command or CaseCommand).model_construct(idempotency_key=None)
    asked = carry_out(Untouchable(), Viewer("", role), workflow, row.trigger, command)  # type: ignore[arg-type]

    if not row.who:
        with pytest.raises(FollowUpOnly):
            asyncio.run(asked)
    else:
        assert [problem.code for problem in asyncio.run(asked).problems] == [ProblemCode.NOT_ALLOWED]


@pytest.mark.parametrize("noun", TABLES)
def test_the_tables_are_those_of_the_design(noun: str) -> None:
    workflow = WORKFLOWS[noun]

    rows = {(t.trigger, frozenset(map(str, t.sources)), _told(t.targets)) for t in workflow.transitions}

    assert rows == {(row.trigger, frozenset(row.sources), _told(row.targets)) for row in TABLES[noun]}
    assert tuple(map(str, workflow.states)) == STATES[noun]


LEADING: Final = [
    ("sanction", "reduce", {"level": "WARNING"}, {}, "WARNING"),
    ("sanction", "reduce", {"level": "RESTRICTED"}, {}, "RESTRICTED"),
    ("sanction", "reduce", {"level": "SUSPENDED"}, {}, "SUSPENDED"),
    ("sanction", "rescind", {"measure_id": "measure_2"}, {"measure_id": "measure_2", "state": "WARNING"}, "OVERTURNED"),
    ("sanction", "rescind", {"measure_id": "measure_1"}, {"measure_id": "measure_2", "state": "WARNING"}, STAYS),
    ("sanction", "rescind", {"measure_id": "measure_2"}, {"measure_id": "measure_2", "state": "OPENED"}, STAYS),
    ("sanction", "rescind", {"measure_id": "measure_3"}, {"measure_id": "measure_3", "state": "RESTRICTED"}, STAYS),
    ("sanction", "rescind", {"measure_id": "measure_4"}, {"measure_id": "measure_4", "state": "RESTRICTED"}, "EXPIRED"),
    ("sanction", "rescind", {"measure_id": "measure_2"}, {"measure_id": "measure_3", "state": "EXPIRED"}, "OVERTURNED"),
    ("sanction", "notify", {}, {"state": "OPENED"}, "NOTIFIED"),
    ("sanction", "notify", {}, {"state": "RESTRICTED"}, STAYS),
    ("filing", "restore", {}, {"was_in_force": True}, "ACCEPTED"),
    ("filing", "restore", {}, {"was_in_force": False}, "PREPARED"),
]


@pytest.mark.parametrize(("noun", "trigger", "asked", "case", "expected"), LEADING)
def test_a_trigger_that_may_lead_to_several_states_leads_to_what_it_names(
    noun: str, trigger: str, asked: dict[str, Any], case: dict[str, Any], expected: str | None
) -> None:
    transition = WORKFLOWS[noun].by_trigger[trigger]
    # The third prolongs the second, which runs on; the fourth the first, which is over.
    spans = {"1": (None, -1), "2": (None, 1), "3": ("measure_2", 2), "4": ("measure_1", 2)}
    measures = [
        SimpleNamespace(id=f"measure_{n}", prolongs=of, until=NOON + timedelta(days=days), ended_by=None)
        for n, (of, days) in spans.items()
    ]
    facts = SimpleNamespace(by_id={one.id: one for one in measures}, of_case=lambda _: measures)
    on = On(SimpleNamespace(id="case_1", **case), facts, Viewer("", Role.SYSTEM), NOON, SimpleNamespace(**asked))

    assert transition.leads is not None
    assert transition.leads(on) == expected
    assert expected in transition.targets


def test_only_what_says_where_may_lead_to_several_states() -> None:
    several = [
        (w.noun, t.trigger) for w in WORKFLOWS.values() for t in w.transitions if t.leads is not None or t.or_targets
    ]

    assert sorted(several) == sorted({(noun, trigger) for noun, trigger, *_ in LEADING})


def _told(targets: Iterable[str | None]) -> frozenset[str]:
    return frozenset("stays" if target is None else str(target) for target in targets)


@pytest.mark.parametrize(("workflow", "row"), ROWS, ids=lambda part: getattr(part, "noun", None) or part.trigger)
def test_four_eyes_are_asked_for_exactly_where_the_design_says(workflow: Workflow, row: Expected) -> None:
    plain = _case(SubjectType.INDIVIDUAL, kind="REPRINT_ONLY")
    flagged = _case(SubjectType.INDIVIDUAL, AccountFlag.NAME_MEDIA, kind="REPRINT_ONLY")
    organ = _case(SubjectType.GOVERNMENT, AccountFlag.ORGAN, kind="SPECIAL_APPROVAL")
    units = [_case(SubjectType(f"NEWS_{name}"), kind="SPECIAL_APPROVAL") for name in ("UNIT", "WEBSITE")]
    asks = workflow.by_trigger[row.trigger].four_eyes

    cases = (plain, flagged, organ, *units)
    levels = (SanctionLevel.NONE, SanctionLevel.WARNING)  # in force in the case: a restriction skips the warning or not
    seen = {"under_measure": False}
    known = [SimpleNamespace(level_of=lambda *_, at=levels[n % 2]: at, **seen) for n, _ in enumerate(cases)]

    asked = [asks(On(case, facts, Viewer("", Role.SYSTEM), NOON)) for case, facts in zip(cases, known, strict=True)]

    assert (
        asked
        == {
            "one": [False, False, False, False, False],
            "two": [True, True, True, True, True],
            "two when flagged": [False, True, True, False, False],
            "two unless a special approval": [True, True, False, False, False],
            "two for organs and news units": [False, False, True, True, True],
            "two when a skip": [True, False, True, False, True],
            "two with proof": [False, False, False, False, False],  # see tests/cases/test_w1_subject.py
        }[row.eyes]
    )


def _case(subject_type: SubjectType, *flags: AccountFlag, kind: str) -> SimpleNamespace:
    """An account or a permission, as far as the question of the second person looks at it."""
    told = list(flags)
    seen = {"is_flagged": bool(flags), "flags": told, "change_flags": told}
    return SimpleNamespace(subject_type=subject_type, kind=kind, **seen)


def test_no_workflow_stands_outside_the_design() -> None:
    assert sorted(WORKFLOWS) == sorted(TABLES)


def test_adverse_steps_are_those_of_the_design_and_give_reasons() -> None:
    adverse = [(w.noun, t) for w in WORKFLOWS.values() for t in w.transitions if t.adverse]

    assert sorted(f"{noun}.{t.trigger}" for noun, t in adverse) == sorted(ADVERSE)
    assert all(t.command is not None and "reasons" in t.command.model_fields for _, t in adverse)


def test_the_follow_ups_are_those_of_the_design() -> None:
    rows = tuple(
        (
            explained.cause_of(row),
            ".".join(row.fires),
            tuple(map(str, row.when)),
        )
        for row in follow_ups.FOLLOW_UPS
    )

    assert rows == FOLLOW_UPS


def test_what_time_fires_is_what_the_design_says() -> None:
    rows = {str(kind): row.fires and ".".join(row.fires) for kind, row in timed.TIMED.items()}

    assert rows == TIMED


def test_only_leases_and_due_dates_are_moved_without_a_journal() -> None:
    silent = {(w.noun, t.trigger) for w in WORKFLOWS.values() for t in w.transitions if not t.journalled}

    leases = {("account", trigger) for trigger in ("claim", "renew_lease", "release", "claim_change")}
    assert silent - leases == {("account", "time_change"), ("account", "resume_rename")}
    assert leases <= silent
    assert all(issubclass(WORKFLOWS["account"].by_trigger[name].command or object, LeaseCommand) for _, name in leases)


def test_every_cell_is_tried() -> None:
    cells = sum(len(table) * (1 + len(STATES[noun])) for noun, table in TABLES.items())

    assert len(PAIRS) + len(LEGAL) == cells == 1090
    assert len(ROLE_CELLS) == sum(map(len, TABLES.values())) * len(Role) == 1485
