"""How a type file says what its fields are. A declaration queries nothing and decides nothing.

@shape(Account, prefix="account")
class AccountType(Node):
    id: ID = identifier(Account.id)
    handle: str = column(Account.handle, "The name in links.")
    holder: Holder | None = related(Account.holder_id, Holder.id)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast, overload

from strawberry import ID

from api.reading import kinds
from api.reading.kinds import Order
from api.reading.planned import argument, column_of, column_or_name, planned
from api.types.language import Language
from api.types.masked import masked_directive
from api.types.scalars import Hash
from domain.identity import FIELDS
from domain.policy.masking import Kind
from domain.viewer import Viewer

T = TypeVar("T")
_LANGUAGE = "The language; that of the request if it is not given."
_FIRST = "How many from the start (1–100; 20 if neither first nor last is given)."
_FIRST_OF = "How many from the start (1–100; if neither first nor last is given 10, or 2 in a list within a list)."


# --- of the row itself ------------------------------------------------------------------------------------
def column(of: T, description: str | None = None, **more: Any) -> T:
    """A column as it is. Personal columns are refused: see masked()."""
    return cast("T", planned(kinds.Column(column_of(of)), description, **more))


@overload
def identifier(of: str, description: str | None = None) -> ID: ...
@overload
def identifier(of: str | None, description: str | None = None) -> ID | None: ...
def identifier(of: str | None, description: str | None = None) -> ID | None:
    """A column that holds an id."""
    return cast("ID", planned(kinds.Column(column_of(of)), description))


def digest(of: bytes, description: str | None = None) -> Hash:
    """A column that holds a hash, shown in hexadecimal."""
    return cast("Hash", planned(kinds.Column(column_of(of)), description))


def shared(name: str, description: str | None = None) -> Any:
    """For interfaces: the column of that name in whichever table the implementing type has."""
    return planned(kinds.Column(name), description)


def masked(kind: Kind, name: str, description: str | None = None) -> Any:
    """A personal value of an identity, by its name in `domain.identity.FIELDS`."""
    if FIELDS[name].kind is not kind:
        raise TypeError(f"{name} is a {FIELDS[name].kind}, not a {kind}: see FIELDS in domain/identity.py")
    return planned(kinds.Masked(kind, name), description or FIELDS[name].en, directives=[masked_directive(kind)])


def masked_text(kind: Kind, of: Any, description: str | None = None) -> Any:
    """A sealed text. Its table has `id` and `identity_id`, the data subject whose mask key it lies under."""
    return planned(kinds.MaskedWords(kind, column_of(of)), description, directives=[masked_directive(kind)])


def computed(
    function: Callable[..., T],
    needs: tuple[Any, ...] = (),
    *,
    by_role: bool = False,
    by_now: bool = False,
    by_language: bool = False,
    arguments: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> T:
    """A pure function: called with (role, now, language as asked for, *needs, **arguments).

    `by_language` adds the argument `language`; without one the language of the request is passed. In a @plain type
    `needs` are names of its attributes.
    """
    takes = dict(arguments or {})
    if by_language:
        takes["language"] = Language | None
    what = kinds.Computed(function, tuple(map(column_or_name, needs)), by_role, by_now, by_language, takes)
    made = planned(what, description or function.__doc__, [_taken(name, type_) for name, type_ in takes.items()])
    return cast("T", made)


def _taken(name: str, type_: Any) -> Any:
    return argument(name, type_, description=_LANGUAGE if name == "language" else None)


def batched(loader: kinds.AnyLoader, *, key: Any = "id", description: str | None = None) -> Any:
    """A value for each row, worked out by the loader for a page of ids at once."""
    return planned(kinds.Batched(loader, column_or_name(key)), description)


# --- other rows -------------------------------------------------------------------------------------------
def related(local: Any, remote: Any, description: str | None = None) -> Any:
    """The one row of another table that this row names, or that names this row. Null where it is out of sight."""
    return planned(kinds.ToOne(column_or_name(local), column_of(remote)), description)


def any_of(local: Any, description: str | None = None) -> Any:
    """The row of one of several tables that an id in this row names."""
    return planned(kinds.AnyOf(column_or_name(local)), description)


def newest(*columns: Any) -> Order:
    """Descending by these columns; the last is the id."""
    return Order(tuple(map(column_of, columns)), descending=True)


def by(*columns: Any) -> Order:
    """Ascending by these columns; the last is the id."""
    return Order(tuple(map(column_of, columns)), descending=False)


def latest(foreign: Any, order: Order, limit: int = 20, description: str | None = None) -> Any:
    """The first few rows that point back at this row, as a plain list."""
    return planned(
        kinds.ToMany(column_of(foreign), order, limit), description, [argument("first", int, limit, "How many, 1–100.")]
    )


def paged(
    foreign: Any = None,
    *,
    order: Order | Mapping[Any, Order],
    filters: type | None = None,
    local: Any = "id",
    description: str | None = None,
) -> Any:
    """A connection over the rows whose `foreign` is this row; without one, over all in sight. First order: default.

    `local`: the column of this row that `foreign` equals, where that is not its id.
    """
    arguments = [
        argument("first", int | None, description=_FIRST if foreign is None else _FIRST_OF),
        argument("after", str | None, description="The cursor to go on from; with first."),
        argument("last", int | None, description="How many from the end."),
        argument("before", str | None, description="The cursor to go back from; with last."),
    ]
    orders = {None: order} if isinstance(order, Order) else dict(order)
    if None not in orders:
        default = next(iter(orders))
        arguments.append(argument("order_by", type(default), default, "How the rows are sorted."))
    if filters is not None:
        arguments.append(argument("where", filters | None, description="Which rows; all that are given must hold."))
    what = kinds.Paged(None if foreign is None else column_of(foreign), orders, filters, column_or_name(local))
    return planned(what, description, arguments)


# --- root fields ------------------------------------------------------------------------------------------
def one(description: str | None = None, *, of: Any = None) -> Any:
    """One row of the field's type by its id, or by the value of a unique column."""
    if of is None:
        return planned(kinds.ById(), description, [argument("id", ID, description="Its id.")])
    column_ = column_of(of)
    return planned(kinds.ById(column_), description, [argument(column_.key, str, description=f"Its {column_.key}.")])


def any_by_id(description: str | None = None) -> Any:
    """One row of any type of the field's interface or union by its id."""
    return planned(kinds.AnyOf(None), description, [argument("id", ID, description="Its id.")])


def any_by_ids(description: str | None = None) -> Any:
    """The same for a list of at most 100 ids, in their order."""
    return planned(kinds.AnyOf(None), description, [argument("ids", list[ID], description="At most 100 ids.")])


def from_viewer(function: Callable[[Viewer], T], description: str | None = None) -> T:
    """Something about who asks."""
    return cast("T", planned(kinds.FromViewer(function), description))


def own(function: Callable[[Viewer], str | None], description: str | None = None) -> Any:
    """The row that who asks is themselves, by its id; null where they are none."""
    return planned(kinds.OfViewer(function), description)


def group(description: str | None = None) -> Any:
    """Root fields under one name: the field's type is a shape without a table."""
    return planned(kinds.Group(), description)


def value(
    function: Callable[..., Awaitable[T]],
    arguments: Mapping[str, Any] | None = None,
    description: str | None = None,
    *,
    takes_keys: bool = False,
) -> T:
    """What `function(connection, viewer, now, **arguments)` reads. It may await nothing but the connection.

    An argument is a type, or a pair of a type and its default. With `takes_keys` it is handed `keys` as well.
    """
    takes = {name: given if isinstance(given, tuple) else (given,) for name, given in (arguments or {}).items()}
    what = kinds.Value(function, dict.fromkeys(takes), takes_keys)
    return cast(
        "T", planned(what, description or function.__doc__, [argument(n, *given) for n, given in takes.items()])
    )


def reread(attribute: str, description: str | None = None) -> Any:
    """In a payload: an attribute of the outcome. Where the type has a table it is an id, read anew after the step."""
    return planned(kinds.Reread(attribute), description)


__all__ = [
    "any_by_id", "any_by_ids", "any_of", "batched", "by", "column", "computed", "digest", "from_viewer", "group",
    "identifier", "latest", "masked", "masked_text", "newest", "one", "own", "paged", "related", "reread", "shared",
    "value",
]  # fmt: skip
