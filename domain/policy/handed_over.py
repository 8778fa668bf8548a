"""What an authority sees when cases change hands: the person and the journal behind those it answers for now.

Steps are append-only and keep the jurisdiction they were taken in. So of the steps of a case that went elsewhere an
authority keeps those that its own officers took, and of a case that came to it, it reads all, the earlier ones too.
Holder and provider never move: who reads them is asked of the accounts, whichever authority their own rows name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from domain.account import Account
from domain.columns import TEXT
from domain.filing import Transfer
from domain.journal import Step
from domain.policy.roles import REGULATORS
from domain.state import Audience
from domain.table import table_of

_TRANSFER: Final = table_of(Transfer).alias("handed")
_ACCOUNT: Final = table_of(Account).alias("handed_account")
_STEP: Final = table_of(Step).alias("told_step")


Predicate = Callable[[sa.FromClause], sa.ColumnElement[bool]]


class OneOf(sa.ColumnElement[bool]):
    """`column` is among what a selection gives that depends on no row: an index finds it, even beside an OR."""

    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any], chosen: sa.Select[Any] | sa.CompoundSelect[Any]) -> None:
        self.column, self.chosen = column, chosen

    def self_group(self, against: Any = None) -> OneOf:
        return self


@compiles(OneOf)
def _one_of(element: OneOf, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.column.in_(element.chosen), **kw))


@compiles(OneOf, "postgresql")
def _one_of_postgresql(element: OneOf, compiler: Any, **kw: Any) -> str:
    chosen = sa.func.array(element.chosen.scalar_subquery())
    return f"{compiler.process(element.column, **kw)} = ANY ({compiler.process(chosen, **kw)})"


def _viewer() -> sa.BindParameter[Any]:
    return sa.bindparam("viewer_authority_id", type_=TEXT, required=False)


def _came(column: str) -> sa.Select[Any]:
    """Of the accounts that were handed over to the viewer's authority and are there still."""
    return (
        sa.select(_ACCOUNT.c[column])
        .select_from(_TRANSFER)
        .join(_ACCOUNT, _ACCOUNT.c.id == _TRANSFER.c.account_id)
        .where(_TRANSFER.c.to_authority == _viewer(), _ACCOUNT.c.jurisdiction == _viewer())
    )


def _went(t: sa.FromClause) -> sa.ColumnElement[bool]:
    """The step's account was handed on by the viewer's authority, at some time."""
    return sa.exists().where(_TRANSFER.c.account_id == t.c.root_id, _TRANSFER.c.from_authority == _viewer())


def _has_no_case_elsewhere_only(holder_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """An account of this holder lies with the viewer's authority, or they have none anywhere yet."""
    theirs = sa.exists().where(_ACCOUNT.c.holder_id == holder_id)
    return sa.or_(theirs.where(_ACCOUNT.c.jurisdiction == _viewer()), ~theirs)


def holder_behind(column: str) -> Predicate:
    """A row of a holder with a case that the viewer's authority answers for; of one without any, of its own area."""

    def predicate(t: sa.FromClause) -> sa.ColumnElement[bool]:
        own = sa.and_(t.c.jurisdiction == _viewer(), _has_no_case_elsewhere_only(t.c[column]))
        return sa.or_(own, OneOf(t.c[column], _came("holder_id")))

    return predicate


def provider_behind(column: str) -> Predicate:
    """A row of a provider of the viewer's own area, or of one with a case that was handed over to it."""
    return lambda t: sa.or_(t.c.jurisdiction == _viewer(), OneOf(t.c[column], _came("provider_id")))


def journal(t: sa.FromClause) -> sa.ColumnElement[bool]:
    """A step that the viewer's authority answers for, or that it decided; those of a holder go with the holder."""
    decided = t.c.actor_role.in_([sa.literal_column(f"'{role}'") for role in REGULATORS])
    answered = sa.and_(~_went(t), _has_no_case_elsewhere_only(t.c.root_id))
    own = sa.and_(t.c.jurisdiction == _viewer(), sa.or_(decided, answered))
    return sa.or_(own, OneOf(t.c.root_id, sa.union_all(_came("id"), _came("holder_id"))))


def journal_told(t: sa.FromClause) -> sa.ColumnElement[bool]:
    """What was said to the party in such a step."""
    said_in = sa.exists().where(_STEP.c.id == t.c.step_id, journal(_STEP))
    return sa.and_(t.c.audience == sa.literal_column(f"'{Audience.PARTY}'"), said_in)
