"""The conditions of a change of an account's particulars, each a sentence (Art. 6, 7)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.account import ChangeState
from domain.codes.lists import codes
from domain.filing import FilingState
from domain.problems import Problem, ProblemCode
from workflows import account_guards as g
from workflows.account_change_facts import asked
from workflows.engine import On, Rests, guard

_PARTICULARS = ("display_name", "description", "category")


@guard(ProblemCode.CHANGE_OPEN, rests=Rests.LOCKED, path=("id",))
def no_change_is_open(on: On) -> bool:
    return on.case.change_state is None


@guard(ProblemCode.AMENDMENT_OPEN, rests=Rests.LOCKED, path=("id",))
def no_amendment_is_open(on: On) -> bool:
    return not on.facts.amendment_is_open


@guard(ProblemCode.UPDATE_TAKEN, rests=Rests.LOCKED, path=("id",))
def no_measure_keeps_the_profile_as_it_is(on: On) -> bool:
    return not on.facts.update_taken


@guard(ProblemCode.CHANGE_NOT_OPEN, rests=Rests.LOCKED, path=("id",))
def a_change_waits_for_review(on: On) -> bool:
    return bool(on.case.change_state == ChangeState.ASKED)


@guard(ProblemCode.CHANGE_NOT_OPEN, rests=Rests.LOCKED, path=("id",))
def a_change_waits_for_its_supplement(on: On) -> bool:
    return bool(on.case.change_state == ChangeState.SUPPLEMENT_REQUESTED)


@guard(ProblemCode.CHANGE_NOT_OPEN, rests=Rests.LOCKED, path=("id",))
def a_change_is_open(on: On) -> bool:
    return on.case.change_state is not None


@guard(ProblemCode.FILING_WITH_AUTHORITY, rests=Rests.LOCKED, path=("id",))
def filing_is_not_with_its_authority(on: On) -> bool:
    return bool(on.facts.filing_state != FilingState.SUBMITTED)


@guard(ProblemCode.ROUNDS_EXHAUSTED, rests=Rests.LOCKED, path=("id",))
def rounds_of_change_are_left(on: On) -> bool:
    return bool(on.case.change_supplements < g.ROUNDS_MAX)


@guard(ProblemCode.NOTHING_CHANGES, rests=Rests.LOCKED, on_input=True, path=("particulars",))
def something_changes(on: On) -> bool:
    wanted = asked(on)
    return any(bool(getattr(wanted, name) != getattr(on.case, name)) for name in _PARTICULARS)


@guard(ProblemCode.CATEGORY_MOVES_AUTHORITY, rests=Rests.LOCKED, on_input=True)
def new_category_stays_with_its_authority(on: On) -> Sequence[Problem]:
    if on.input.particulars.category is None:
        return []
    return g.category_stays_with_its_authority.problems(on)


@guard(ProblemCode.CODE_UNKNOWN, rests=Rests.DERIVED, on_input=True)
def materials_are_of_the_list(on: On) -> Sequence[Problem]:
    given, path = on.input.particulars.materials, ("particulars", "materials")
    unknown = [i for i, material in enumerate(given) if material.kind not in codes("materials")]
    return [Problem(ProblemCode.CODE_UNKNOWN, (*path, str(i), "kind"), "(materials)") for i in unknown]
