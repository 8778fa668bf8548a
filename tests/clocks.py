"""What is due of a case where somebody owes the next step: as the design states it, and as it is stored."""

from __future__ import annotations

from typing import Any, Final

from domain.account import Account
from domain.deadline import Deadline
from tests.world import World
from workflows.registry import WORKFLOWS

# Where somebody owes a step: one of these is due.
OWED: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "account": {"APPLIED": ("REVIEW_DECISION",), "SUPPLEMENT_REQUESTED": ("SUPPLEMENT",)},
    "filing": {
        "PREPARED": ("FILING_SUBMISSION", "FILING_ANSWER"),
        "SUBMITTED": ("FILING_DECISION",),
        "RETURNED": ("FILING_ANSWER",),
        "DECLINED": ("FILING_AGAIN",),
        "REVOKED": ("FILING_SUBMISSION",),  # of an account in use
    },
    "permission": {"REQUESTED": ("PERMISSION_DECISION",)},
    "sanction": {
        **dict.fromkeys(("OPENED", "NOTIFIED"), ("SANCTION_DECISION",)),
        **dict.fromkeys(("WARNING", "RESTRICTED", "SUSPENDED"), ("MEASURE_END",)),
    },
    "authority_report": {"DUE": ("AUTHORITY_REPORT",)},
}
# Where nobody does: it stands until somebody wants otherwise, or it has ended. Validity ends by deadlines of its own.
RESTS: Final[dict[str, tuple[str, ...]]] = {
    "account": ("REVIEWED", "FILED", "BADGED", "REJECTED", "WITHDRAWN", "CLOSED"),
    "filing": ("ACCEPTED", "CANCELLED", "SUPERSEDED"),
    "permission": ("GRANTED", "SUSPENDED", "REFUSED", "EXPIRED", "REVOKED", "WITHDRAWN", "REPLACED"),
    "sanction": ("CLOSED", "DISMISSED", "LIFTED", "EXPIRED", "OVERTURNED"),
    "authority_report": (),
    "identity": ("UNVERIFIED", "VERIFIED", "STALE"),
    "qualification": ("SUBMITTED", "VERIFIED", "REFUSED", "SUSPENDED", "LAPSED", "REVOKED"),
    "agreement": ("PUBLISHED",),
    "provider": ("REGISTERED",),
    "holder": ("ENROLLED",),
    "staff": ("ENROLLED", "DISABLED"),
    "batch": ("FILLING", "CARRIED_OUT", "DISCARDED"),
}
OF_CHANGE: Final = {"ASKED": ("CHANGE_DECISION",), "SUPPLEMENT_REQUESTED": ("CHANGE_SUPPLEMENT",)}


async def without_a_clock(world: World) -> list[str]:
    """The cases where a step is owed and nothing is due: neither running, nor standing, nor told as overdue."""
    due: dict[str, set[str]] = {}
    for row in await world.rows(Deadline):
        if row.settled_at is None and (row.paused_at is not None or row.next_at is not None or row.outcome is not None):
            due.setdefault(row.case_id, set()).add(str(row.kind))
    closed = {row.id for row in await world.rows(Account, state="CLOSED")}
    found = []
    for noun, states in OWED.items():
        cases: list[Any] = await world.rows(WORKFLOWS[noun].model)
        for case in cases:
            owed = states.get(str(case.state), ())
            if case.state == "REVOKED" and case.account_id in closed:
                owed = ()  # nobody files a closed account anew
            change = OF_CHANGE.get(str(getattr(case, "change_state", None)), ())
            found += [
                f"{noun} {case.id} {case.state}: none of {', '.join(kinds)} is due"
                for kinds in (owed, change)
                if kinds and due.get(case.id, set()).isdisjoint(kinds)
            ]
    return found
