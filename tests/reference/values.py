"""Values worked out of a row: captions, clocks, personal values in their forms, words of a case."""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from domain.account import AccountState
from domain.agreement import AgreementState, Baseline
from domain.authority_report import AuthorityReportState
from domain.batch import BatchState
from domain.codes.lists import codes
from domain.filing import FilingState
from domain.holder import HolderState
from domain.identity import IdentityState
from domain.permission import PermissionState
from domain.policy.roles import GRANTS, Role
from domain.problems import ProblemCode
from domain.provider import ProviderState
from domain.qualification import QualificationState
from domain.sanction import SanctionState
from domain.staff import StaffState
from domain.state import State
from domain.vault.bundle import open_bundle
from domain.vault.cipher import Place, unseal
from domain.vault.keys import Keys, open_mask_key
from tests.reference.lists import clock_of, moment
from tests.reference.publishing import is_in_force
from tests.reference.rows import Row, Rows
from tests.reference.rules import APPLICANTS, BLIND_FLAGS, FORMS, KINDS, Looker
from workflows.triggers import words_of_trigger

SALT_BYTES: Final = 32
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)  # stored where nothing is due
STATES: Final[Mapping[str, type[State]]] = {
    "account": AccountState,
    "authority_report": AuthorityReportState,
    "agreement_version": AgreementState,
    "batch": BatchState,
    "filing": FilingState,
    "permission": PermissionState,
    "holder": HolderState,
    "identity": IdentityState,
    "provider": ProviderState,
    "qualification": QualificationState,
    "sanction": SanctionState,
    "staff": StaffState,
}


@dataclass
class Look:
    """One question: who asks, when, over which rows, and what was reached on the way."""

    rows: Rows
    who: Looker
    now: datetime
    keys: Keys
    language: str = "ZH"
    reached: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)  # relations that named a row in sight
    missed: set[str] = field(default_factory=set)  # relations that named a row out of sight


Value = Callable[[Look, Row, Mapping[str, Any]], Any]


def plain(value: Any) -> Any:
    """A stored value as an answer writes it."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _in_words(look: Look, asked: Mapping[str, Any], zh: str, en: str) -> str:
    return zh if (asked.get("language") or look.language) == "ZH" else en


def caption(look: Look, row: Row, asked: Mapping[str, Any]) -> str:
    state: State = STATES[row.table][row["state"]]
    if asked.get("audience") == "PARTY":
        return _in_words(look, asked, state.party_zh, state.party_en)
    return _in_words(look, asked, state.zh, state.en)


def step_caption(look: Look, row: Row, asked: Mapping[str, Any]) -> str:
    words = words_of_trigger(row["case_kind"], row["trigger"])
    return _in_words(look, asked, words.zh, words.en)


def due_at(_: Look, row: Row, __: Mapping[str, Any]) -> str | None:
    due = row.values.get("due_at", NEVER)
    return None if due == NEVER else moment(due)


def unless_never(column: str) -> Value:
    """A moment, where it ever comes."""
    return lambda _, row, __: None if row[column] == NEVER else moment(row[column])


def clock(look: Look, row: Row, _: Mapping[str, Any]) -> str:
    return clock_of(row, look.now) if "clock" in row.values else "NONE"


def of_a_document(column: str) -> Value:
    """What tells which document it is: nothing to those from whom documents are hidden."""

    def shown(look: Look, row: Row, _: Mapping[str, Any]) -> Any:
        hidden = ("PUBLIC", "PROVINCIAL_REGULATOR", "NATIONAL_REGULATOR", "AUDITOR")
        return None if look.who.role in hidden else row[column]

    return shown


def flags_in(column: str) -> Value:
    """Flags, without those that the applicant's side never learns of."""

    def shown(look: Look, row: Row, _: Mapping[str, Any]) -> list[str]:
        hidden = BLIND_FLAGS if look.who.role in APPLICANTS else frozenset()
        return [flag for flag in row[column] if flag not in hidden]

    return shown


def sanction_level(look: Look, row: Row, _: Mapping[str, Any]) -> str:
    """The highest rung that stands, whoever sees the measures themselves."""
    return _highest(look, row)[0]


def sanction_until(look: Look, row: Row, _: Mapping[str, Any]) -> Any:
    """When the last of those that reach it is over; null where that is never."""
    end = _highest(look, row)[1]
    return None if end is None or end == NEVER else plain(end)


def _highest(look: Look, row: Row) -> tuple[str, datetime | None]:
    mine = [one.values for one in look.rows.tables["measure"] if one["account_id"] == row["id"]]
    standing = [one for one in mine if is_in_force(one, look.now)]
    for rung in ("CLOSED", "SUSPENDED", "RESTRICTED", "WARNING"):
        if ends := [min(one["until"], one["ended_at"]) for one in standing if one["level"] == rung]:
            return rung, max(ends)
    return "NONE", None


def settings(_: Look, row: Row, __: Mapping[str, Any]) -> dict[str, Any]:
    kept = row["settings"]
    return {
        "publishBeforeFiling": kept["publish_before_filing"],
        "adoptionUntil": kept["adoption_until"],
        "quotaIndividual": kept["quota_individual"],
        "quotaOthers": kept["quota_others"],
    }


def clauses(_: Look, row: Row, __: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"baseline": baseline.value, "words": row["clauses"][baseline.value]} for baseline in Baseline]


def defects(_: Look, row: Row, __: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"code": defect["code"], "item": defect["item"]} for defect in row["defects"]]


def verdict(_: Look, row: Row, __: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Why an item was refused, in the words of the closed list."""
    made = []
    for problem in row["problems"]:
        code = ProblemCode(problem["code"])
        words = {"zh": f"{code.zh} {problem['detail']}".rstrip(), "en": f"{code.en} {problem['detail']}".rstrip()}
        made.append({"code": code, "path": problem["path"], "fix": code.fix, **words})
    return made


def changes(_: Look, row: Row, __: Mapping[str, Any]) -> list[dict[str, str | None]]:
    return [{"field": name, "before": said} for name, said in row["before"].items()]


def differences(look: Look, row: Row, _: Mapping[str, Any]) -> list[dict[str, str]]:
    """What differs from the round before of the same account, where that one is in sight."""
    same = look.rows.where(look.who, "submission", "account_id", row["account_id"])
    [before] = [other for other in same if other["round"] == row["round"] - 1] or [row]
    names = ("handle", "display_name", "description", "category", "division")
    return [{"field": n, "before": before[n], "after": row[n]} for n in names if before[n] != row[n]]


def words_of(column: str) -> Value:
    """A list kept as one text."""
    return lambda _, row, __: row[column].split()


def proposal_state(look: Look, row: Row, _: Mapping[str, Any]) -> str:
    if row["used_by"] is not None:
        return "USED"
    if row["withdrawn_at"] is not None:
        return "WITHDRAWN"
    if row["expires_at"] <= look.now:
        return "EXPIRED"
    return "WAITING" if row["endorsed_at"] is None else "ENDORSED"


# --- personal values ------------------------------------------------------------------------------------------
def personal(graphql_name: str, column: str) -> Value:
    """A value of an identity, in the form of the viewer's role."""

    def shown(look: Look, row: Row, _: Mapping[str, Any]) -> dict[str, Any]:
        form = FORMS[look.who.role][KINDS[graphql_name]]
        forms: Mapping[str, Mapping[Any, str]] = {}
        if row["bundle"] is not None:
            forms = open_bundle(look.keys, row["mask_key"], row["bundle"], row["id"])
        display = _display(look, row, form, forms[column]) if column in forms else None
        return {"display": display, "form": form, "revealable": False}

    return shown


def _display(look: Look, row: Row, form: str, forms: Mapping[Any, str]) -> str | None:
    match form:
        case "HIDDEN":
            return None
        case "PRESENCE":
            return "provided"
        case "PSEUDONYM":
            return pseudonym(look.keys, look.who.body, row["id"])
        case _:
            return forms.get(form)


def pseudonym(keys: Keys, body: str, subject: str) -> str:
    """Eight characters of base32 of an HMAC over the viewer's body and the subject."""
    made = hmac.new(keys.derived("pseudonym"), f"{body}\0{subject}".encode(), "sha256")
    return b32encode(made.digest()).decode()[:8]


def words(look: Look, row: Row, _: Mapping[str, Any]) -> dict[str, Any]:
    """Words of a case: clear or hidden; of a subject out of sight, or kept no more, nothing."""
    form = FORMS[look.who.role]["FREE_TEXT"]
    shown = form == "CLEAR" and row["sealed"] is not None
    return {"display": _opened(look, row) if shown else None, "form": form, "revealable": False}


def _opened(look: Look, row: Row) -> str | None:
    place = Place(row.table, "sealed", row["id"])
    if row["identity_id"] is None:
        key = look.keys.derived("deployment-text")
    else:
        subject = look.rows.one(look.who, "identity", "id", row["identity_id"])
        if subject is None:
            return None
        key = open_mask_key(look.keys, subject["mask_key"], subject["id"])
    return unseal(key, row["sealed"], place)[SALT_BYTES:].decode()


# In a word what access.md gives each role as its rows.
REACH: Final = {
    "PUBLIC": "REGISTER",
    "HOLDER": "OWN_HOLDER",
    "REVIEWER": "OWN_PROVIDER",
    "COMPLIANCE_OFFICER": "OWN_PROVIDER",
    "APPEAL_REVIEWER": "UNDER_APPEAL",
    "INTEGRATION": "OWN_PROVIDER",
    "PROVINCIAL_REGULATOR": "OWN_JURISDICTION",
    "NATIONAL_REGULATOR": "ALL",
    "AUDITOR": "OWN_RECORDS",
}


# --- what is no row -------------------------------------------------------------------------------------------
def me(look: Look) -> dict[str, Any]:
    """Who asks."""
    who = look.who
    return {
        "role": who.role,
        "scope": REACH[who.role],
        "providerId": who.provider,
        "authorityId": who.authority,
        "holderId": who.holder,
        "staffNumber": who.number,
        "grants": sorted(GRANTS[Role(who.role)]),
    }


def code_list(look: Look, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The codes valid on a day; today is Shanghai's."""
    today = (look.now + timedelta(hours=8)).date()
    day = today if asked.get("at") is None else date.fromisoformat(asked["at"])
    listed = codes(asked["list"]).values()
    valid = [code for code in listed if code.valid_from <= day and (code.valid_to is None or day < code.valid_to)]
    return [
        {"list": c.list, "code": c.code, "validFrom": plain(c.valid_from), "validTo": plain(c.valid_to)}
        | {"zh": c.zh, "en": c.en}
        for c in valid
    ]


def label(look: Look, code: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    return _in_words(look, asked, code["zh"], code["en"])
