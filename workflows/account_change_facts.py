"""What changes of an account's particulars look at: the open change, its filings, the name asked for (Art. 6, 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.account import Account, Submission
from domain.codes.lists import codes
from domain.filing import Filing, FilingState
from domain.names import marks_of, name_key
from domain.table import table_of
from domain.viewer import Viewer
from workflows.account_facts import TAKEN_BY_OTHERS, AskedChange
from workflows.database import Among, Row, Transaction
from workflows.engine import Fact, Gathered, On

_ACCOUNT, _SUBMISSION, _FILING = table_of(Account), table_of(Submission), table_of(Filing)
AMENDMENT_ON_ITS_WAY: Final = (
    FilingState.PREPARED,
    FilingState.SUBMITTED,
    FilingState.RETURNED,
)  # one that was declined is cancelled when another change is approved


def _filings(rows: Sequence[Row], _: sa.Dialect) -> Mapping[str, Any]:
    return {
        "filing_state": next((row[1] for row in rows if row[2] is not None), None),
        "filing_in_force": next((row[3] for row in rows if row[1] == FilingState.ACCEPTED), None),
        "amendment_is_open": any(row[2] is None for row in rows),
    }


# The account's filing, and the amendment of it that is still on its way.
FILINGS: Final = Fact(
    "filings",
    sa.select(_FILING.c.account_id, _FILING.c.state, _FILING.c.current_of, _FILING.c.id).where(
        Among(_FILING.c.account_id, "ids"),
        sa.or_(
            _FILING.c.current_of.is_not(None),
            sa.and_(_FILING.c.amends.is_not(None), _FILING.c.state.in_([str(state) for state in AMENDMENT_ON_ITS_WAY])),
        ),
    ),
    _filings,
    in_steps=True,
)
ASKED_CHANGE: Final = Fact(
    "asked_change",
    sa.select(
        _ACCOUNT.c.id,
        _SUBMISSION.c.round,
        _SUBMISSION.c.display_name,
        _SUBMISSION.c.description,
        _SUBMISSION.c.category,
    )
    .join(_SUBMISSION, sa.and_(_SUBMISSION.c.account_id == _ACCOUNT.c.id, _SUBMISSION.c.round == _ACCOUNT.c.round))
    .where(Among(_ACCOUNT.c.id, "ids"), _ACCOUNT.c.change_state.is_not(None)),
    lambda rows, _: {"change": AskedChange(*rows[0][1:]) if rows else None},
)


def _new_name(input_: Any, _: Viewer, now: datetime) -> Mapping[str, Any]:
    """The name that is asked for; the handle never changes. Nothing bears the empty name."""
    wanted = input_.particulars.display_name
    return {"b_name_key": "" if wanted is None else name_key(wanted), "b_handle_key": "", "now": now}


NEW_NAME_TAKEN: Final = replace(TAKEN_BY_OTHERS, binds=_new_name)


def asked(on: On) -> AskedChange:
    """The particulars as they would be: what is named now, else what the open change asks for, else what stands."""
    before, wanted = on.facts.change or on.case, on.input.particulars
    names = ("display_name", "description", "category")
    chosen = {name: getattr(before, name) if (new := getattr(wanted, name)) is None else new for name in names}
    return AskedChange(round=on.case.round + 1, **chosen)


async def _resemblances(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """Listed units that the name resembles, and the marks it bears, whether it is new or stays."""
    name = asked(on).display_name
    matches = await office.listed_names.matches(transaction, name)
    places = frozenset(code.zh for code in codes("divisions").values())
    return {"candidates": tuple((match.id, match.is_exact) for match in matches), "marks": marks_of(name, places)}


RESEMBLANCES: Final = Gathered("resemblances", _resemblances)
