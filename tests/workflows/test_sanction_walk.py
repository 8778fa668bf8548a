"""What holds wherever an account, its filing, its permission and two sanctions of it may stand (Art. 6, 7, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from domain.account import ClosedCause
from domain.problems import ProblemCode
from domain.sanction import NEVER, OPEN, RUNGS, UNDECIDED, MeasureLevel, in_force
from tests.workflows.sanction_walk import HEAVY, NEWS, URGENT, Sanctioned, Turn, Width, hearing, held_until, walked
from tests.workflows.test_product_walk import (
    IN_USE,
    NOON,
    ON_FILE,
    STANDS,
    Edge,
    Place,
    Walk,
    badge,
    badge_record,
    chain,
    change,
    deadlines,
    filing,
    places,
    register,
    unnoticed,
)
from workflows import follow_ups
from workflows.follow_ups import LONGEST_CHAIN
from workflows.hands import StepInHand
from workflows.registry import WORKFLOWS
from workflows.timed import TIMED

TWO_CASES: Final = Width()
ONE_IN_DETAIL: Final = Width(cases=1, grounds=(NEWS, URGENT), is_heard=True, keeps_ended=True)
LONG: Final = {
    "hearings and interims": Width(grounds=(NEWS, URGENT), is_heard=True),
    "a late worker": Width(is_late=True),
    "ended cases": Width(keeps_ended=True),
    "earlier measures": Width(keeps_earlier=True),
    "all of account, filing and permission": Width(grounds=(NEWS,), is_brief=False),
    "one case in all": Width(
        cases=1, grounds=(NEWS, URGENT), is_heard=True, is_late=True, keeps_ended=True, keeps_earlier=True
    ),
}
# What the authority is told of, and as what.
REPORTED: Final = {
    **dict.fromkeys(("interim", "extend_interim", "restrict", "suspend", "close", "prolong"), "MEASURE"),
    **dict.fromkeys(("reduce", "rescind"), "CORRECTION"),
}
LEVEL_OF: Final = {str(state): str(state) for state in RUNGS}
# Everything a sound step may be refused for, for where the cases stand.
REFUSALS: Final = frozenset(
    {
        ProblemCode.ACCOUNT_CLOSED,
        ProblemCode.ACCOUNT_NOT_IN_USE,
        ProblemCode.ACCOUNT_NOT_ON_FILE,
        ProblemCode.ALREADY_IN_STATE,
        ProblemCode.CLOSURE_ASKED,
        ProblemCode.GROUND_NOT_URGENT,
        ProblemCode.HEARING_OPEN,
        ProblemCode.ILLEGAL_TRANSITION,
        ProblemCode.INTERIM_TAKEN,
        ProblemCode.LICENCE_NOT_STANDING,
        ProblemCode.NEWS_SANCTIONED,
        ProblemCode.NOT_A_REDUCTION,
        ProblemCode.NO_INTERIM_RUNS,
        ProblemCode.SUSPENDED_BY_AUTHORITY,
        ProblemCode.TERM_TOO_LONG,
        ProblemCode.VALIDITY_INVALID,
    }
)


# --- what holds after every step ---------------------------------------------------------------------------------
def faults(edge: Edge) -> Iterator[str]:
    """What the design says and this step broke."""
    assert isinstance(edge, Turn)
    assert isinstance(edge.after, Sanctioned)
    for claim in (badge, filing, deadlines, change, badge_record, register, chain):
        if not claim(edge):
            yield claim.__name__
    for of_sanctions in (closing, held, closures, rungs, interims, due_of_sanctions, news, comes_back, reports, length):
        if not of_sanctions(edge, edge.after):
            yield of_sanctions.__name__


def closing(edge: Turn, after: Sanctioned) -> bool:
    """Closed by its closures only, with a cause, and nothing of it waits; opened again by what ends a sanction's."""
    before, row = edge.before, after.account.row
    was_closed = before is not None and before.account.state == "CLOSED"
    if (row.state == "CLOSED") != (row.closed_cause is not None):
        return False
    if row.state != "CLOSED":
        assert before is not None
        by_sanction = before.account.row.closed_cause == ClosedCause.SANCTION
        return not was_closed or (by_sanction and edge.trigger in ("sanction.reduce", "sanction.rescind"))
    is_empty = (row.change_state, row.closing_at, row.closing_held_at, row.claimed_by) == (None,) * 4
    became = was_closed or edge.trigger in ("account.close", "account.ask_close", "sanction.close")
    return is_empty and became and all(one.state in ("CANCELLED", "REVOKED", "SUPERSEDED") for one in after.filings)


def is_cooling_off(one: Any) -> bool:
    return one.kind == "COOLING_OFF" and one.settled_at is None


def held(_: Turn, after: Sanctioned) -> bool:
    """A closing waits while its holder knows of an undecided case in time, or of a measure, and not for long after."""
    row, until = after.account.row, held_until(after)
    is_held, holds = row.closing_held_at is not None, until is not None and until > NOON
    clock = [one.paused_at is not None for one in after.account.due if is_cooling_off(one)]
    if clock != ([] if row.closing_at is None else [is_held]):
        return False
    return row.closing_at is None or is_held is holds or (after.width.is_late and is_held)


def closures(_: Turn, after: Sanctioned) -> bool:
    """A closure in force keeps the account closed; what a sanction closed stays closed by one in force only."""
    closed = [case for case in after.sanctions if case.state == "CLOSED"]
    in_effect = {m.sanction_id for m in after.measures if m.level == MeasureLevel.CLOSED and in_force(m, NOON)}
    row = after.account.row
    return (
        in_effect == {case.row.id for case in closed}
        and (row.state == "CLOSED" or not closed)
        and (row.closed_cause != ClosedCause.SANCTION or bool(closed))
    )


def rungs(_: Turn, after: Sanctioned) -> bool:
    """A case on a rung stands by the measure of that level and by no other; beside the rungs no measure is in force."""
    for case in after.sanctions:
        mine = [one for one in after.of_case(case.row.id) if one.level != MeasureLevel.INTERIM]
        in_effect = [one for one in mine if in_force(one, NOON)]
        rung = after.rung(case)
        if case.state not in RUNGS:
            if in_effect:
                return False
            continue
        is_sound = in_effect in ([], [rung]) and rung.until == case.row.measure_until
        if rung.level != LEVEL_OF[case.state] or not is_sound or (rung.until == NEVER) is not (case.state == "CLOSED"):
            return False
    return True


def interims(_: Turn, after: Sanctioned) -> bool:
    """An interim measure runs while nothing is decided, and never beyond."""
    for case in after.sanctions:
        in_effect = [
            one.id for one in after.of_case(case.row.id) if one.level == MeasureLevel.INTERIM and in_force(one, NOON)
        ]
        if in_effect not in ([], [case.row.interim_id]) or (case.row.interim_id and case.state not in UNDECIDED):
            return False
    return True


def due_of_sanctions(_: Turn, after: Sanctioned) -> bool:
    """What is due of a case is what its state says."""
    for case in after.sanctions:
        wanted = {"MEASURE_END"} if case.state in RUNGS and case.state != "CLOSED" else set()
        wanted |= {"INTERIM_END"} if case.row.interim_id is not None else set()
        wanted |= {"SANCTION_DECISION"} if case.state in UNDECIDED else set()
        wanted |= {"SANCTION_ANSWER"} if case.state == "NOTIFIED" and hearing(case.row) == "OPEN" else set()
        of_rung = {"SANCTION_ANSWER"} if case.state in ("WARNING", "RESTRICTED") else set()  # heard after all
        if case.open_due - of_rung != wanted:
            return False
    return True


def news(edge: Turn, after: Sanctioned) -> bool:
    """No permission stands beside a measure on a news ground; none waits for one that is over, but for its licence."""
    held_back = any(one.is_news and one.level in HEAVY and in_force(one, NOON) for one in after.measures)
    is_open = any(case.row.is_news and case.state in HEAVY for case in after.sanctions)
    waiting = {one.row.id for one in after.permissions if one.state == "SUSPENDED" and one.suspended_by == "SYSTEM"}
    suspended = [one for one in after.permissions if one.state == "SUSPENDED"]
    if any(bool(one.row.suspended_by_follow_up) is not (one.row.id in waiting) for one in suspended):
        return False
    if held_back and any(one.state == "GRANTED" for one in after.permissions):
        return False
    if edge.trigger == "permission.renewed" and waiting and not is_open:
        return False
    return not waiting or is_open or edge.licence is not STANDS or waiting <= waiting_before(edge)


def waiting_before(edge: Edge) -> set[str]:
    """The permissions that waited for a licence already, when no measure held them back any more."""
    before = edge.before
    assert isinstance(before, Sanctioned)
    if any(case.row.is_news and case.state in HEAVY for case in before.sanctions):
        return set()
    return {one.row.id for one in before.permissions if one.suspended_by == "SYSTEM"}


def comes_back(edge: Turn, after: Sanctioned) -> bool:
    """With the filing that it had: in force again under its number, or to be submitted anew."""
    before = edge.before
    if before is None or before.account.state != "CLOSED" or after.account.state == "CLOSED":
        return True
    [was], [now] = ([one for one in each.filings if one.is_current] for each in (before, after))
    if was.state == "REVOKED":
        return (now.state, after.account.state) == ("REVOKED", "REVIEWED")
    if not was.row.was_in_force:
        return (now.state, after.account.state) == ("PREPARED", "REVIEWED")
    numbered = (now.row.number, now.row.number_version) == (was.row.number, was.row.number_version)
    return now.state == "ACCEPTED" and numbered and after.account.state in ON_FILE


def reports(edge: Turn, after: Sanctioned) -> bool:
    """The authority is told of each measure from a restriction up, once, and of each correction of one."""
    noun, _, trigger = edge.trigger.partition(".")
    made = [str(hand.row.kind) for hand in edge.writing.hands if hand.workflow.noun == "authority_report"]
    kind = REPORTED.get(trigger) if noun == "sanction" else None
    if trigger == "rescind":
        about = next(hand.changes["about_id"] for hand in edge.writing.hands if "about_id" in hand.changes)
        [level] = [one.level for one in after.measures if one.id == about]
        kind = None if level == MeasureLevel.WARNING else kind
    return made == ([] if kind is None else [kind])


def length(edge: Turn, _: Sanctioned) -> bool:
    """No chain is longer than the table allows."""

    def depth(step: StepInHand) -> int:
        return 0 if step.cause is None else 1 + depth(step.cause)

    return all(depth(step) <= LONGEST_CHAIN for step in edge.writing.steps)


# --- the claims --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def two() -> Walk:
    return walked(TWO_CASES, faults)


@pytest.fixture(scope="module")
def one() -> Walk:
    return walked(ONE_IN_DETAIL, faults)


def sanctioned(is_meant: Callable[[Sanctioned], bool]) -> Callable[[Place], bool]:
    def judge(place: Place) -> bool:
        assert isinstance(place, Sanctioned)
        return is_meant(place)

    return judge


def is_closed(place: Sanctioned) -> bool:
    return any(case.state == "CLOSED" for case in place.sanctions)


def is_at_rest(place: Sanctioned) -> bool:
    """No sanction is open, and no sanction keeps the account closed."""
    return all(case.state not in OPEN for case in place.sanctions) and (
        place.account.row.closed_cause != ClosedCause.SANCTION
    )


def assert_no_way_ends(walk: Walk) -> None:
    """From wherever it stands an account comes back, on file, and badged where it has a permission."""
    at_rest = walk.ways_to(sanctioned(is_at_rest))
    on_file = walk.ways_to(lambda place: place.account.state in ON_FILE)
    in_use = walk.ways_to(lambda place: place.account.state in IN_USE)
    granted = walk.ways_to(lambda place: any(one.state == "GRANTED" for one in place.permissions))
    badged = walk.ways_to(lambda place: place.account.state == "BADGED")
    of_sanction = places(walk, lambda place: place.account.row.closed_cause == ClosedCause.SANCTION)
    waiting = places(walk, lambda place: any(one.suspended_by == "SYSTEM" for one in place.permissions))

    assert set(walk.places) - at_rest == set()
    assert places(walk, sanctioned(lambda p: p.account.state == "REVIEWED" and not is_closed(p))) - on_file == set()
    assert of_sanction
    assert of_sanction - in_use == set()
    assert waiting
    assert waiting - granted == set()
    assert places(walk, lambda place: place.account.state == "FILED") - badged == set()


def test_what_must_hold_holds_with_two_sanctions(two: Walk) -> None:
    assert two.faults[:5] == []


def test_what_must_hold_holds_of_one_sanction_in_every_detail(one: Walk) -> None:
    assert one.faults[:5] == []


def test_no_way_ends_with_two_sanctions(two: Walk) -> None:
    assert_no_way_ends(two)


def test_no_way_ends_with_one_in_every_detail(one: Walk) -> None:
    assert_no_way_ends(one)


def test_every_trigger_of_a_sanction_was_fired(one: Walk) -> None:
    known = {f"sanction.{row.trigger}" for row in WORKFLOWS["sanction"].transitions if row.command is not None}
    of_time = {".".join(row.fires) for row in TIMED.values() if row.fires is not None and row.fires[0] == "sanction"}

    assert known | of_time <= set(one.fired)


def test_a_sound_step_is_refused_only_for_where_the_cases_stand(two: Walk, one: Walk) -> None:
    assert set(two.refused) | set(one.refused) == REFUSALS


def test_no_follow_up_of_sanctions_is_idle(two: Walk, one: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    of_sanctions = [
        row
        for row in follow_ups.FOLLOW_UPS
        if "sanction" in (row.noun, row.fires[0]) or row.trigger == "reinstate" or row.fires[1] == "resume"
    ]
    filings_own = [row for row in of_sanctions if row.noun == "filing" or row.fires[1] == "time_change"]
    found = Walk(caused={**one.caused, **two.caused})

    assert set(of_sanctions) - set(found.caused) == set(filings_own)
    assert unnoticed(found, faults, monkeypatch) == []


def test_the_walks_are_as_wide_as_the_product(two: Walk, one: Walk) -> None:
    """When this was written: 1,744 and 1,536 combinations, over 28,000 and 15,000 steps taken."""
    assert len(two.places) >= 1_700
    assert sum(two.fired.values()) >= 28_000
    assert len(one.places) >= 1_500
    assert sum(one.fired.values()) >= 15_000


@pytest.mark.long
@pytest.mark.parametrize("width", LONG.values(), ids=LONG)
def test_what_must_hold_holds_with_more_told_apart(width: Width) -> None:
    walk = walked(width, faults)

    assert walk.faults[:5] == []
    assert_no_way_ends(walk)
