"""The rows of the measurements' data: one function a table, each row as the program would have written it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stdnum.cn import ric

from domain.account import Account
from domain.agreement import Baseline
from domain.case import NO_DUE_DATE
from domain.deadline import Deadline
from domain.filing import Filing
from domain.identity import FIELDS
from domain.ids import new_id
from domain.journal import GENESIS, link
from domain.policy.masking import Kind
from domain.table import table_of

ISSUER: Final = "signet-dev"
FROM: Final = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CASE: Final[dict[str, Any]] = {"seq": 1, "created_at": FROM, "stepped_at": FROM}
NO_CLOCK: Final[dict[str, Any]] = {"due_at": NO_DUE_DATE, "clock": "NONE"}
# The steps that led an account to where it stands, each with the state after it.
_WAY: Final = (("apply", "APPLIED"), ("approve", "REVIEWED"), ("file", "FILED"))


def member(subject: str, role: str, number: str, jurisdiction: str, provider_id: str | None = None) -> dict[str, Any]:
    return {
        **CASE, "id": new_id("staff"), "state": "ENROLLED", "head": GENESIS, "issuer": ISSUER, "subject": subject,
        "provider_id": provider_id, "jurisdiction": jurisdiction, "role": role, "staff_number": number,
        "person": bytes(32), "certificates": "[]", "disabled_at": None,
    }  # fmt: skip


def consent(holder_id: str, agreement_id: str, clause: Baseline, tenant: dict[str, Any]) -> dict[str, Any]:
    return {
        **tenant, "id": new_id("consent"), "holder_id": holder_id, "agreement_id": agreement_id,
        "clause": str(clause), "channel": "WEB", "consented_at": tenant["created_at"],
    }  # fmt: skip


def resident_id(number: int) -> str:
    """Synthetic: its region is not assigned."""
    days, serial = divmod(number, 999)
    born = datetime(1960, 1, 1, tzinfo=UTC) + timedelta(days=days)
    bare = f"000000{born:%Y%m%d}{serial + 1:03d}"
    return str(bare + ric.calc_check_digit(bare + "0"))


def kind(name: str) -> Kind:
    return FIELDS[name].kind


def account(number: int, holder_id: str, state: str, tenant: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        **dict.fromkeys(table_of(Account).c.keys()), **CASE, **tenant, "id": new_id("account"), "state": state,
        "holder_id": holder_id, "handle": f"handle{number}", "handle_key": f"handle{number}",
        "display_name": f"絮语{number}", "name_key": f"絮语{number}", "description": "日常分享",
        "category": "LIFESTYLE", "subject_type": "INDIVIDUAL", "division": "330100", "round": 1, "supplements": 0,
        "priority": "NORMAL", "rank": 2, "flags": "[]", "is_flagged": False, "receipt_number": f"R-{number}",
        "items_asked": "[]", "applied_at": at, "ruleset": 1, "due_at": NO_DUE_DATE, "clock": "NONE",
        "change_flags": "[]", "change_supplements": 0, "is_adopted": False,
    }  # fmt: skip


def submission(account: dict[str, Any], round_: int, tenant: dict[str, Any]) -> dict[str, Any]:
    same = ("holder_id", "handle", "display_name", "description", "category", "subject_type", "division")
    at = account["created_at"] + timedelta(hours=round_)
    return {
        **tenant, **{name: account[name] for name in same}, "id": new_id("submission"), "created_at": at,
        "account_id": account["id"], "round": round_, "kind": "NEW", "agreement_id": None,
    }  # fmt: skip


def filing(account: dict[str, Any], agreement_id: str, at: datetime) -> dict[str, Any]:
    same = (
        "handle", "display_name", "description", "category", "subject_type", "division", "holder_id", "provider_id",
    )  # fmt: skip
    is_prepared = account["state"] == "REVIEWED"
    id_ = new_id("filing")
    return {
        **dict.fromkeys(table_of(Filing).c.keys()),
        **CASE, **{name: account[name] for name in same}, "jurisdiction": account["jurisdiction"], "id": id_,
        "state": "PREPARED" if is_prepared else "ACCEPTED", "account_id": account["id"], "reviewed_at": at,
        "current_of": account["id"], "was_refused": False, "was_in_force": False,
        "agreement_id": agreement_id, "number": None if is_prepared else f"SG-{id_}", "number_version": 1,
        "round": 0 if is_prepared else 1, "submitted_at": None, "decided_at": None, "defects": "[]",
        "due_at": at + timedelta(days=10) if is_prepared else NO_DUE_DATE,
        "clock": "RUNNING" if is_prepared else "NONE",
    }  # fmt: skip


def deadline(filing: dict[str, Any], at: datetime) -> dict[str, Any]:
    whose = {name: filing[name] for name in ("provider_id", "jurisdiction", "holder_id")}
    due_at = filing["due_at"]
    return {
        **dict.fromkeys(table_of(Deadline).c.keys()), **whose, "id": new_id("deadline"), "created_at": at,
        "root_id": filing["account_id"], "case_kind": "filing", "case_id": filing["id"], "kind": "FILING_SUBMISSION",
        "runs_from": at,
        "due_at": due_at, "next_at": due_at, "attempts": 0, "failures": 0, "is_assumed": False,
    }  # fmt: skip


def way_of(account: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of an account up to where it stands."""
    before = None
    for seq, (trigger, after) in enumerate(_WAY, 1):
        account["seq"] = seq
        yield step("account", trigger, account, account["id"], before=before, after=after)
        if after == account["state"]:
            return
        before = after


def step(
    noun: str, trigger: str, case: dict[str, Any], root_id: str, *, before: str | None = None, after: str | None = None
) -> dict[str, Any]:
    """The latest step of a case; its hash becomes the head of the case."""
    row = {
        "id": new_id("step"), "case_kind": noun, "case_id": case["id"], "root_id": root_id,
        "provider_id": case["provider_id"], "jurisdiction": case["jurisdiction"], "holder_id": case["holder_id"],
        "seq": case["seq"], "trigger": trigger, "from_state": before, "to_state": after or case["state"],
        "actor_id": None, "actor_role": "SYSTEM", "actor_number": None, "cause": None, "cause_kind": None,
        "reason_codes": "", "legal_bases": "", "ruleset": 1, "details": "{}", "texts": "", "skipped": "",
        "at": case["created_at"], "prev_hash": case["head"] if before else GENESIS,
    }  # fmt: skip
    row["hash"] = case["head"] = link(row["prev_hash"], row)
    return row
