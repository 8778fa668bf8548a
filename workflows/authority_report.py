"""What a provider owes its authority to know of measures and their corrections 报告 (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.account import Account
from domain.authority_report import AuthorityReport, AuthorityReportKind, AuthorityReportState
from domain.calendar import add_hours
from domain.case import NO_DUE_DATE, ClockState
from domain.deadline import DeadlineKind
from domain.notice import Party
from workflows.changes import Change, Detail, Opening, Serve, Start
from workflows.due_dates import defer
from workflows.engine import On, Transition, Workflow

S = AuthorityReportState
_CORRECTING: Final = frozenset({"sanction.reduce", "sanction.rescind"})
_WITHIN_A_DAY: Final = frozenset({"sanction.close", "sanction.interim", "sanction.extend_interim"})
HOURS_URGENT: Final = 24


def _due(on: On) -> Opening:
    """One report for one decision, about the measure that it took or corrected."""
    case = on.cause
    kind = AuthorityReportKind.CORRECTION if on.caused_by in _CORRECTING else AuthorityReportKind.MEASURE
    values = {
        "kind": kind,
        "account_id": case.account_id,
        "sanction_id": case.id,
        "measure_id": case.about_id,
        "due_at": NO_DUE_DATE,
        "clock": ClockState.NONE,
    }
    until = add_hours(on.now, HOURS_URGENT) if on.caused_by in _WITHIN_A_DAY else None
    effects = (Start(DeadlineKind.AUTHORITY_REPORT, until), Detail({"kind": kind.value, "measure": case.about_id}))
    return Opening(case.provider_id, case.jurisdiction, values, effects=effects)


def _tell_overdue(_: On) -> Iterable[Change]:
    yield Serve(Party.PROVIDER)


AUTHORITY_REPORT = Workflow(
    noun="authority_report",
    zh="报告",
    model=AuthorityReport,
    states=S,
    root=Account,
    root_column="account_id",
    transitions=(
        Transition("create", (), S.DUE, 8, opening=_due),
        Transition("recount", (S.DUE,), None, 8, effects=(defer,)),
        Transition("overdue", (S.DUE,), None, 8, effects=(_tell_overdue,)),
    ),
)
