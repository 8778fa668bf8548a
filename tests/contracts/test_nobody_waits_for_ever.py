"""Wherever somebody owes a step something is due, and what is due says what time does there (Art. 6, 7, 8)."""

from __future__ import annotations

from tests.clocks import OWED, RESTS
from workflows.registry import WORKFLOWS
from workflows.timed import TIMED

CURE = "say in tests/clocks.py whether somebody owes a step there (then a Start of its deadline) or it rests"


def test_each_state_says_whether_somebody_owes_a_step() -> None:
    for noun, workflow in WORKFLOWS.items():
        said = (*OWED.get(noun, {}), *RESTS.get(noun, ()))
        assert sorted(said) == sorted(map(str, workflow.states)), f"{noun}: {CURE}"


def test_what_is_due_where_a_step_is_owed_fires_or_tells_there() -> None:
    for noun, states in OWED.items():
        for state, kinds in states.items():
            for kind in kinds:
                (row,) = [timed for timed in TIMED.values() if timed.kind == kind]
                assert row.fires is not None, f"{kind} passes and nobody is told"
                assert row.fires[0] == noun
                assert WORKFLOWS[noun].after(row.fires[1], state) is not None, f"{kind} cannot fire in {state}"


def test_from_where_a_step_is_owed_somebody_can_take_one() -> None:
    for noun, states in OWED.items():
        for state in states if noun != "authority_report" else ():  # handing in is not there yet
            ways = [
                row for row in WORKFLOWS[noun].transitions if row.command and WORKFLOWS[noun].after(row.trigger, state)
            ]
            assert ways, f"{noun} {state} is a dead end"
