"""Filters of lists: closed sets of fields, each a column and how it is compared. Masked kinds are never among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
import strawberry
from graphql import GraphQLInputField
from strawberry.types.field import StrawberryField

from api.reading.planned import column_of
from api.reading.shapes import BACKREF
from domain.case import ClockState
from domain.columns import TEXT, UtcTime
from domain.policy.roles import Role
from workflows.database import Among

Seen = Callable[[Role, str], bool]
Judged = Callable[[Any, Any], sa.ColumnElement[bool]]  # of a table's columns and a bound moment; never null
_LAST: Final = "\U0010ffff"


class FilterField(StrawberryField):
    """A field of a filter: a column and how it is compared. Named by `python_name` among the bound parameters."""

    of: sa.Column[Any]
    how: str
    due: sa.Column[Any] | None = None
    seen_by: Seen | None = None
    normal: Callable[[str], str] | None = None  # how the column writes what is asked for
    judged: Judged | None = None


class Comparison(NamedTuple):
    """How a filter that is present compares: part of a statement's shape."""

    field: FilterField
    how: str


# --- how a type file says it --------------------------------------------------------------------------------
def _filter(of: Any, how: str, description: str | None) -> Any:
    made = FilterField(default=strawberry.UNSET, description=description)
    made.of, made.how = column_of(of), how
    return made


def equals(of: Any, description: str | None = None, *, normal: Callable[[str], str] | None = None) -> Any:
    """The column equals the value, once that is written as the column is."""
    made = _filter(of, "equals", description)
    made.normal = normal
    return made


def begins(of: Any, description: str | None = None, *, normal: Callable[[str], str] | None = None) -> Any:
    """The column begins with the value, once that is written as the column is."""
    made = _filter(of, "begins", description)
    made.normal = normal
    return made


def one_of(of: Any, description: str | None = None) -> Any:
    """The column is among the values."""
    return _filter(of, "one_of", description)


def since(of: Any, description: str | None = None) -> Any:
    """The column is the value or later."""
    return _filter(of, "since", description)


def until(of: Any, description: str | None = None) -> Any:
    """The column is before the value."""
    return _filter(of, "until", description)


def no_later(of: Any, description: str | None = None) -> Any:
    """The column is the value or earlier."""
    return _filter(of, "no_later", description)


def holds(of: Any, judged: Judged, description: str | None = None) -> Any:
    """True: what the columns beside this one say holds now; false: it does not."""
    made = _filter(of, "holds", description)
    made.judged = judged
    return made


def given(of: Any, description: str | None = None) -> Any:
    """True: the column has a value; false: it has none."""
    return _filter(of, "given", description)


def is_viewer(of: Any, description: str | None = None) -> Any:
    """True: the column names the viewer; false: somebody else or nobody."""
    return _filter(of, "is_viewer", description)


def contains_flag(of: Any, description: str | None = None, *, seen_by: Seen | None = None) -> Any:
    """The column, a list of codes, holds the code. A code that `seen_by` keeps from the role matches nothing."""
    made = _filter(of, "contains", description)
    made.seen_by = seen_by
    return made


def overdue_clock(clock: Any, due: Any, description: str | None = None) -> Any:
    """The case's clock; OVERDUE is one that runs past its due date, and RUNNING one that does not."""
    made = _filter(clock, "clock", description)
    made.due = column_of(due)
    return made


def filter_of(field: GraphQLInputField) -> FilterField:
    """The filter that an input field declares."""
    found: FilterField = field.extensions[BACKREF]
    return found


# --- what a present value asks for --------------------------------------------------------------------------
def asked(field: FilterField, value: Any, role: Role) -> tuple[Comparison, Any]:
    """How it compares, and the value to bind. One value of a list is bound as itself: `=` keeps an index's order."""
    how = field.how
    if field.normal is not None:
        value = field.normal(value)
    match how:
        case "one_of" if len(value) == 1:
            how, value = "equals", value[0]
        case "given" | "is_viewer" | "holds":
            how, value = (how if value else f"not_{how}"), None
        case "contains" if field.seen_by is not None and not field.seen_by(role, str(value)):
            how, value = "never", None
        case "contains":
            value = f'"{value}"'
        case "clock" if value in (ClockState.OVERDUE, ClockState.RUNNING):
            how, value = str(value), None
        case "clock":
            how = "equals"
    return Comparison(field, how), value


def _bound(field: FilterField, type_: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(parameter(field), type_=type_, required=False)


def parameter(field: FilterField) -> str:
    """The name under which a filter's value is bound."""
    return f"where_{field.python_name}"


def _viewer() -> sa.BindParameter[str]:
    return sa.bindparam("viewer_id", type_=TEXT, required=False)


def _now() -> sa.BindParameter[Any]:
    return sa.bindparam("now", type_=UtcTime(), required=False)


def _contains(column: sa.ColumnElement[Any], field: FilterField) -> sa.ColumnElement[bool]:
    # Not LIKE: its `_` would match any letter of a code.
    words = sa.type_coerce(column, sa.Text)
    return sa.func.replace(words, _bound(field, sa.Text()), sa.literal_column("''")) != words


def _overdue(column: sa.ColumnElement[Any], due: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(_runs(column), due < _now())


def _on_time(column: sa.ColumnElement[Any], due: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(_runs(column), due >= _now())


def _runs(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return column == sa.literal_column(f"'{ClockState.RUNNING}'")


def _begins(column: sa.ColumnElement[Any], field: FilterField) -> sa.ColumnElement[bool]:
    # A range and not LIKE, so that an index of the column serves it; U+10FFFF sorts last.
    prefix = _bound(field, sa.Text())
    return sa.and_(column >= prefix, column < prefix.concat(sa.literal_column(f"'{_LAST}'", sa.Text)))


_CONDITIONS: Final[dict[str, Callable[[sa.ColumnElement[Any], FilterField], sa.ColumnElement[bool]]]] = {
    "equals": lambda c, f: c == _bound(f, c.type),
    "one_of": lambda c, f: Among(c, parameter(f)),
    "since": lambda c, f: c >= _bound(f, c.type),
    "until": lambda c, f: c < _bound(f, c.type),
    "no_later": lambda c, f: c <= _bound(f, c.type),
    "given": lambda c, _: c.is_not(None),
    "not_given": lambda c, _: c.is_(None),
    "is_viewer": lambda c, _: c == _viewer(),
    "not_is_viewer": lambda c, _: sa.or_(c.is_(None), c != _viewer()),
    "contains": _contains,
    "begins": _begins,
    "never": lambda _c, _f: sa.false(),
}


def condition(comparison: Comparison, alias: sa.FromClause) -> sa.ColumnElement[bool]:
    """The SQL of a comparison on one alias of its table."""
    field, how = comparison
    column = alias.c[field.of.key]
    if field.due is not None and how != "equals":
        due = alias.c[field.due.key]
        return _overdue(column, due) if how == ClockState.OVERDUE else _on_time(column, due)
    if field.judged is not None:
        found = field.judged(alias.c, _now())
        return found if how == "holds" else sa.not_(found)
    return _CONDITIONS[how](column, field)
