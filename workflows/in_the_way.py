"""Who holds a name or a place that somebody asks for: what time has ended frees it first (Art. 6).

A name and a place are held until a step gives them up. So before an asking is refused for one, whatever has passed
under the roots that hold it is carried out, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, ReservedName
from domain.columns import TEXT
from domain.names import name_key
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from workflows.database import Among, Transaction
from workflows.hands import Writing
from workflows.lateness import begin_anew_if_late, is_late

HELD: Final = frozenset({ProblemCode.NAME_UNAVAILABLE, ProblemCode.HANDLE_UNAVAILABLE, ProblemCode.QUOTA_EXCEEDED})
_ACCOUNT, _RESERVED = table_of(Account), table_of(ReservedName)
_LIVE: Final = _ACCOUNT.c.state.in_([sa.literal_column(f"'{state}'", TEXT) for state in LIVE])
_PROVIDER: Final = sa.bindparam("provider", type_=TEXT, required=False)
_OF_PROVIDER: Final = sa.and_(_ACCOUNT.c.provider_id == _PROVIDER, _LIVE)
_HOLDERS: Final = sa.union(
    sa.select(_ACCOUNT.c.id).where(_OF_PROVIDER, Among(_ACCOUNT.c.name_key, "names")),
    sa.select(_ACCOUNT.c.id).where(_OF_PROVIDER, Among(_ACCOUNT.c.handle_key, "handles")),
    sa.select(_ACCOUNT.c.id).where(Among(_ACCOUNT.c.holder_id, "holders"), _LIVE),
    sa.select(_RESERVED.c.account_id).where(
        _RESERVED.c.provider_id == _PROVIDER, Among(_RESERVED.c.name_key, "names"), _RESERVED.c.until.is_(None)
    ),
).subquery("held_by")
_LATE: Final = sa.select(_HOLDERS.c.id, is_late(_HOLDERS.c.id)).where(_HOLDERS.c.id.is_not(None))


@dataclass
class Wanted:
    """What is asked for at a provider: names and handles by their keys, and a place of a holder's quota."""

    provider: str
    names: list[str] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    holders: list[str] = field(default_factory=list)

    def particulars(self, asked: Any) -> None:
        """The name and handle that are asked for; a change may leave the name out, and has no handle."""
        if asked.display_name is not None:
            self.names.append(name_key(asked.display_name))
        if (handle := getattr(asked, "handle", None)) is not None:
            self.handles.append(handle.lower())


async def begin_anew_if_held(problems: Iterable[Problem], writing: Writing, transaction: Transaction) -> None:
    """Give a refused step up where time has ended what holds the name or the place that it asks for."""
    on = writing.asked
    if on is None or HELD.isdisjoint(problem.code for problem in problems):
        return
    whose = on.case if on.case is not None else on.cause
    wanted = Wanted(whose.provider_id, holders=[getattr(whose, "holder_id", whose.id)])
    if (asked := getattr(on.input, "particulars", None)) is not None:
        wanted.particulars(asked)
    else:  # a closure that is taken back needs what its account bore
        wanted.names, wanted.handles = [on.facts.name_key], [on.facts.handle_key]
    await begin_anew_for(wanted, writing, transaction)


async def begin_anew_for(wanted: Wanted, writing: Writing, transaction: Transaction) -> None:
    """The same of what several ask for together."""
    values: dict[str, str | Sequence[str]] = {"names": wanted.names, "handles": wanted.handles}
    bound = {**values, "provider": wanted.provider, "holders": wanted.holders, "now": writing.now}
    begin_anew_if_late(await transaction.fetch(_LATE, bound), writing)
