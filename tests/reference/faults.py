"""Faults planted in the read path, each of which the comparison must notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
import sqlalchemy as sa

import api.reading.filters
import api.reading.levels
import api.reading.masks
import api.reading.objects
import api.reading.pages
import api.reading.statements
import api.types.account
import workflows.submissions
from api.reading import statements
from api.reading.filters import _bound
from api.reading.filters import condition as condition_of
from api.reading.kinds import Order
from api.reading.levels import Level, visible
from api.reading.look import Look
from api.reading.pages import Window
from api.reading.selection import Selection
from domain.policy.masking import MASKS, Cell, Form, Kind
from domain.policy.roles import Role
from domain.policy.scopes import AREA, HELD, OWN, Scope, scope
from workflows.loading import in_scope

Patch = pytest.MonkeyPatch


def _cell(kind: Kind, role: Role, form: Form) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(api.reading.masks, "MASKS", {**MASKS, (kind, role): Cell(form)})


def _unscoped(name: str, *, below: bool | None = None) -> Callable[[Patch], None]:
    """A kind of statement forgets the scope of its own table; `below`: only under parents, or only at the root."""
    compose = getattr(statements, name)

    def composed(level: Level, *rest: Any) -> Any:
        if below is None or below is (level.parent is not None):
            level.conditions = list  # type: ignore[method-assign]
        try:
            return compose(level, *rest)
        finally:
            level.__dict__.pop("conditions", None)

    return lambda patch: patch.setattr(statements, name, composed)


def _window(change: Callable[[Window], Window]) -> Callable[[Patch], None]:
    """Pages are composed for another window than was asked for."""
    compose = statements.page
    return lambda patch: patch.setattr(statements, "page", lambda level, w, dialect: compose(level, change(w), dialect))


def _turned(window: Window) -> Window:
    return window._replace(order=Order(window.order.columns, not window.order.descending))


def _cut(window: Window) -> Window:
    return window._replace(limit=max(1, window.limit - 1))


def _half_a_key(patch: Patch) -> None:
    ordered = statements._ordered

    def by_first_column(t: Any, window: Window) -> Any:
        by, resume = ordered(t, window)
        if resume is None:
            return by, None
        column, name = t.c[window.order.columns[0].key], "cursor_0"
        bound = sa.bindparam(name, type_=column.type, required=False)
        return by, (column < bound if window.order.descending is not window.is_backward else column > bound)

    patch.setattr(statements, "_ordered", by_first_column)


def _filter_ignored(name: str) -> Callable[[Patch], None]:
    def condition(comparison: Any, alias: Any) -> Any:
        return sa.true() if comparison.field.python_name == name else condition_of(comparison, alias)

    return lambda patch: patch.setattr(statements, "condition", condition)


def _inner_joins(patch: Patch) -> None:
    def source(level: Level) -> Any:
        found: Any = level.alias
        for joined, on, _ in level.joins:
            found = found.join(joined, on)
        return found

    patch.setattr(Level, "source", source)


def _join_unscoped(table: str) -> Callable[[Patch], None]:
    def seen(t: Any, alias: Any, role: Role) -> Any:
        return [] if t.name == table else visible(t, alias, role)

    return lambda patch: patch.setattr(api.reading.objects, "visible", seen)


def _earlier_round_unscoped(patch: Patch) -> None:
    def forgetful(table: sa.Table, role: Role, alias: Any = None) -> Any:
        return in_scope(table, role) if alias is None else sa.true()

    patch.setattr(workflows.submissions, "in_scope", forgetful)


def _scoped(table: str, who: Role, instead: Scope) -> Callable[[Patch], None]:
    """A role sees other rows of a table than it should."""

    def chosen(of: sa.Table, role: Role) -> Any:
        return instead if of.name == table and role is who else scope(of, role)

    return lambda patch: patch.setattr(api.reading.levels, "scope", chosen)


def _by_jurisdiction_alone(table: str) -> Callable[[Patch], None]:
    """An authority sees what carries its jurisdiction: of a table where transfers say otherwise."""
    return _scoped(table, Role.PROVINCIAL_REGULATOR, AREA)


def _told_to_the_holder(table: str) -> Callable[[Patch], None]:
    """A holder sees what carries their name: of a table where what they were not told of is kept from them."""
    return _scoped(table, Role.HOLDER, HELD)


# What is planted, and which questions must notice it: about everything, or about some types.
FAULTS: Final[dict[str, tuple[Callable[[Patch], None], str]]] = {
    "a_mask_shows_more": (_cell(Kind.RESIDENT_ID, Role.PROVINCIAL_REGULATOR, Form.LAST_FOUR), "leaves Identity"),
    "a_mask_shows_less": (_cell(Kind.MOBILE, Role.REVIEWER, Form.HIDDEN), "leaves Identity"),
    "words_are_hidden": (_cell(Kind.FREE_TEXT, Role.HOLDER, Form.HIDDEN), "relations Step"),
    "a_pseudonym_is_of_the_person_who_asks": (
        lambda patch: patch.setattr(Look, "pseudonym", lambda look, subject: look.viewer.id[-8:]),
        "leaves Identity",
    ),
    "words_open_without_the_scope_of_their_subject": (
        lambda patch: patch.setattr(api.reading.masks, "visible", lambda *_: []),
        "relations Step StepText",
    ),
    "a_join_forgets_the_scope_of_holders": (_join_unscoped("holder"), "relations Account Filing"),
    "a_join_forgets_the_scope_of_staff": (_join_unscoped("staff"), "relations Account Proposal"),
    "a_join_forgets_the_scope_of_steps": (_join_unscoped("step"), "relations Step Notice"),
    "one_row_is_found_out_of_scope": (_unscoped("by_id"), "leaves"),
    "rows_by_their_ids_are_found_out_of_scope": (_unscoped("by_keys"), "leaves"),
    "a_root_list_forgets_the_scope": (_unscoped("page", below=False), "roots"),
    "a_list_below_forgets_the_scope": (_unscoped("page", below=True), "relations Account Holder"),
    "a_count_forgets_the_scope": (_unscoped("count"), "roots"),
    "a_filter_is_ignored": (_filter_ignored("category"), "windows"),
    "a_filter_by_what_holds_now_is_ignored": (_filter_ignored("heard"), "windows"),
    "a_filter_by_now_takes_the_end_for_inside": (
        lambda patch: patch.setitem(api.reading.filters._CONDITIONS, "no_later", lambda c, f: c < _bound(f, c.type)),
        "windows",
    ),
    "a_running_clock_is_never_overdue": (
        lambda patch: patch.setattr(api.reading.filters, "_on_time", lambda clock, _: clock == "RUNNING"),
        "windows",
    ),
    "a_flag_by_blind_index_is_told_to_the_applicant": (
        lambda patch: patch.setattr(api.types.account, "BLIND_FLAGS", frozenset()),
        "leaves Account",
    ),
    "an_order_is_turned_round": (_window(_turned), "windows"),
    "the_first_rows_of_a_parent_are_cut_short": (_window(_cut), "relations Account Holder"),
    "a_page_goes_on_by_half_its_key": (_half_a_key, "walks"),
    "a_relation_out_of_sight_takes_its_row_along": (_inner_joins, "relations Account"),
    "a_fragment_on_an_interface_is_dropped": (
        lambda patch: patch.setattr(Selection, "_applies", lambda _, condition, type_: condition == type_.name),
        "roots",
    ),
    "a_condition_is_ignored": (lambda patch: patch.setattr(Selection, "_included", lambda *_: True), "leaves"),
    "a_person_is_seen_by_the_jurisdiction_they_carry": (_by_jurisdiction_alone("identity"), "leaves Identity"),
    "holders_are_seen_by_the_jurisdiction_they_carry": (_by_jurisdiction_alone("holder"), "leaves Holder"),
    "steps_are_seen_by_the_jurisdiction_they_carry": (_by_jurisdiction_alone("step"), "leaves Step"),
    "texts_are_seen_by_the_jurisdiction_they_carry": (_by_jurisdiction_alone("step_text"), "relations Step"),
    "a_sanction_is_seen_by_its_holder_before_they_are_told": (_told_to_the_holder("sanction"), "windows"),
    "its_steps_are_seen_by_its_holder_before_they_are_told": (_told_to_the_holder("step"), "leaves Step"),
    "evidence_is_seen_by_the_holder_before_it_is_disclosed": (_told_to_the_holder("evidence"), "relations Sanction"),
    "evidence_is_seen_by_machines": (_scoped("evidence", Role.INTEGRATION, OWN), "relations Sanction"),
    "what_the_authority_is_told_is_seen_by_reviewers": (
        _scoped("authority_report", Role.REVIEWER, OWN),
        "relations Sanction",
    ),
    "measures_of_another_province_are_seen": (_scoped("measure", Role.PROVINCIAL_REGULATOR, "ALL"), "leaves Measure"),
    "who_is_asked_to_take_over_sees_no_filing": (_by_jurisdiction_alone("filing"), "leaves Filing"),
    "an_earlier_round_is_compared_out_of_scope": (_earlier_round_unscoped, "leaves Submission"),
}
