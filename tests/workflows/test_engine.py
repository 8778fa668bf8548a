"""The engine by itself: guards, tables that must be complete, and what a unit of work does where two collide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, Final

import pytest

from domain.account import Account, AccountState
from domain.calendar import WorkingDays
from domain.codes.lists import codes
from domain.deadline import Deadline, DeadlineKind
from domain.journal import GENESIS
from domain.policy.roles import Role
from domain.problems import Problem, ProblemCode, Refused
from domain.table import table_of
from domain.viewer import Viewer
from tests.world import World, unique
from workflows import account_guards as g
from workflows import deadlines, registry
from workflows.account import ACCOUNT
from workflows.account_commands import AccountApply, AccountWithdraw
from workflows.changes import Pause, Resume, Set, Settle, Start
from workflows.commands import problems_of
from workflows.database import valued
from workflows.deadlines import LengthMissing, due, move
from workflows.engine import NEW, On, Rests, Transition, guard, refusals
from workflows.filing import FILING
from workflows.firing import StateSet, fire
from workflows.hands import Hand, Writing
from workflows.registry import WORKFLOWS, TableIncomplete
from workflows.triggers import TRIGGERS
from workflows.unit_of_work import FollowUpOnly, carry_out

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NOBODY: Final = Viewer("", Role.SYSTEM)


def in_hand(state: str = "APPLIED") -> Hand:
    """An account in memory."""
    values: dict[str, Any] = dict.fromkeys((column.key for column in table_of(Account).c), None)
    row = valued(Account, {**values, "id": "account_1", "state": state, "seq": 4})
    return Hand(ACCOUNT, "account_1", row, state, 4, GENESIS, NOON, seen=4)


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def never_holds(_: On) -> bool:
    return False


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def says_two_things(_: On) -> tuple[Problem, ...]:
    return Problem(ProblemCode.CODE_UNKNOWN, ("a",)), Problem(ProblemCode.INPUT_INVALID, ("b",))


def test_a_guard_is_called_by_its_sentence() -> None:
    assert (never_holds.sentence, never_holds.rests, never_holds.on_input) == ("never_holds", Rests.LOCKED, False)


def test_every_failing_guard_is_told_at_once_and_input_guards_only_with_an_input() -> None:
    row = replace(ACCOUNT.by_trigger["withdraw"], guards=(never_holds, says_two_things))
    on = On(None, None, NOBODY, NOON)

    with_input = refusals(ACCOUNT, row, "APPLIED", on, with_input=True)
    without = refusals(ACCOUNT, row, "APPLIED", on, with_input=False)

    assert [problem.code for problem in with_input] == ["OWN_MATTER", "CODE_UNKNOWN", "INPUT_INVALID"]
    assert [problem.code for problem in without] == ["OWN_MATTER"]


def test_an_illegal_step_asks_no_guard() -> None:
    row = replace(ACCOUNT.by_trigger["withdraw"], guards=(never_holds,))

    problems = refusals(ACCOUNT, row, "FILED", On(None, None, NOBODY, NOON), with_input=True)

    assert [problem.code for problem in problems] == ["ILLEGAL_TRANSITION"]


def test_no_effect_sets_a_state() -> None:
    row = replace(ACCOUNT.by_trigger["withdraw"], effects=(lambda _: [Set({"state": AccountState.FILED})],))
    hand = in_hand()
    on = On(hand.row, None, NOBODY, NOON, AccountWithdraw(id="account_1", version=4), hand.id)

    with pytest.raises(StateSet):
        fire(Writing(NOBODY, NOON, hands=[hand]), ACCOUNT, row, hand, on, WorkingDays())


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Transition("apply", (), AccountState.APPLIED, 6), "lacks its opening"),
        (Transition("claim", (AccountState.APPLIED,), None, 6), "no command and no row"),
    ],
)
def test_a_table_with_a_gap_stops_the_start_and_names_the_file(row: Transition, words: str) -> None:
    with pytest.raises(TableIncomplete, match=rf"workflows/account.py.*{words}"):
        registry._check_transition(ACCOUNT, row)


def test_a_trigger_without_words_or_grant_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    words = dict(TRIGGERS)
    del words["withdraw"]
    monkeypatch.setattr(registry, "TRIGGERS", words)

    with pytest.raises(TableIncomplete, match=r"workflows/triggers\.py lacks the words of withdraw"):
        registry._check_transition(ACCOUNT, ACCOUNT.by_trigger["withdraw"])


def test_a_deadline_without_a_length_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "rows_of", lambda _: ())
    deadlines.lengths.cache_clear()
    try:
        with pytest.raises(LengthMissing, match="REVIEW_DECISION, SUPPLEMENT"):
            deadlines.lengths()
    finally:
        monkeypatch.undo()
        deadlines.lengths.cache_clear()


def test_a_length_may_be_in_calendar_days(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"code": kind.value, "length": "3", "unit": "CALENDAR_DAYS"} for kind in DeadlineKind]
    monkeypatch.setattr(deadlines, "rows_of", lambda _: rows)
    deadlines.lengths.cache_clear()
    try:
        ends = due(DeadlineKind.PROPOSAL, datetime(2026, 3, 6, 4, 0, tzinfo=UTC), WorkingDays())
    finally:
        monkeypatch.undo()
        deadlines.lengths.cache_clear()

    assert ends == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)


def test_a_deadline_begun_paused_resumed_and_ended_in_one_work_is_written_once() -> None:
    hand, writing, calendar = in_hand(), Writing(NOBODY, NOON), WorkingDays()

    for change in (Start(DeadlineKind.SUPPLEMENT), Pause(DeadlineKind.SUPPLEMENT), Resume(DeadlineKind.SUPPLEMENT)):
        move(change, hand, writing, calendar)
    running = dict(hand.changes)
    move(Settle(DeadlineKind.SUPPLEMENT), hand, writing, calendar)

    ((model, values),) = writing.inserts
    assert (model, writing.updates) == (Deadline, [])
    assert (values["outcome"], values["settled_at"]) == ("MET", NOON)
    assert running["clock"] == "RUNNING"
    assert hand.changes["clock"] == "NONE"


def test_a_deadline_that_stands_is_shown_as_paused() -> None:
    hand, writing = in_hand(), Writing(NOBODY, NOON)

    move(Start(DeadlineKind.REVIEW_DECISION), hand, writing, WorkingDays())
    move(Pause(DeadlineKind.REVIEW_DECISION), hand, writing, WorkingDays())

    assert (hand.changes["clock"], hand.changes["due_at"].year) == ("PAUSED", 9999)


def test_where_no_authority_answers_a_category_is_told_so() -> None:
    wanted = SimpleNamespace(category="LIFESTYLE", division="330100")
    facts = SimpleNamespace(provider_division="710000")

    problems = g.codes_are_known.problems(On(None, facts, NOBODY, NOON, SimpleNamespace(particulars=wanted)))

    assert [(problem.code, problem.path) for problem in problems] == [
        ("AUTHORITY_UNKNOWN", ("particulars", "category"))
    ]


def test_a_material_is_one_document_or_one_reference_with_its_hash() -> None:
    material = {"kind": "OPERATOR_ID"}
    particulars = {"handle": "abcd", "displayName": "x", "description": "x", "category": "X", "division": "1"}

    def faults(**given: Any) -> list[tuple[str, ...]]:
        asked = {"particulars": {**particulars, "materials": [{**material, **given}]}}
        try:
            AccountApply.model_validate(asked)
        except ValueError as error:
            return [problem.path for problem in problems_of(error)]  # type: ignore[arg-type]
        return []

    place = ("particulars", "materials", "0")
    assert faults() == [place]
    assert faults(documentId="d", reference="r", sha256="0" * 64) == [place]
    assert faults(reference="r") == [place]
    assert faults(documentId="d", sha256="0" * 64) == [place]
    assert faults(documentId="d") == faults(reference="r", sha256="0" * 64) == []


async def test_what_follow_ups_alone_fire_cannot_be_carried_out(world: World) -> None:
    with pytest.raises(FollowUpOnly, match=r"account\.file"):
        await carry_out(world.office, NOBODY, ACCOUNT, "file", AccountWithdraw(id="account_1", version=1))


async def test_work_that_collides_twice_is_to_be_tried_again(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    (row,) = await world.rows(Account, id=account.id)
    table = table_of(Account)
    attempts = 0

    async def insert_it_again(transaction: Any) -> None:
        nonlocal attempts
        attempts += 1
        await transaction.fetch_each(table.insert(), [dict(vars(row))])

    async with world.untouched(account.id):
        with pytest.raises(Refused) as refused:
            await world.office.database.write(insert_it_again)

    assert [problem.code for problem in refused.value.problems] == ["TRY_AGAIN"]
    assert attempts == 2


async def test_work_that_fails_for_itself_leaves_nothing_and_is_not_repeated(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    attempts = 0

    async def write_and_fail(transaction: Any) -> None:
        nonlocal attempts
        attempts += 1
        clause = table_of(Account).update().where(table_of(Account).c.id == account.id).values(round=9)
        await transaction.fetch(clause, {})
        raise LookupError(unique("gone "))

    async with world.untouched(account.id):
        with pytest.raises(LookupError):
            await world.office.database.write(write_and_fail)

    assert attempts == 1


def test_a_machine_knows_a_new_case_and_every_state() -> None:
    assert set(ACCOUNT.machine.states) == {NEW, *map(str, AccountState)}
    assert FILING.after("prepare", NEW) == "PREPARED"
    assert WORKFLOWS["account"] is ACCOUNT


def test_the_ruleset_of_a_day_is_found() -> None:
    assert codes("filing_categories")["LIFESTYLE"].is_valid_on(date(2026, 3, 2))
    assert not codes("filing_categories")["LIFESTYLE"].is_valid_on(date(2014, 8, 6))
