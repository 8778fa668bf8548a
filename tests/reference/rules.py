"""Who sees which row, and which form of a personal value: design/access.md read once more, role by role.

Nothing of domain/policy/scopes.py or masking.py is looked at here: two readings of one page must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Looker:
    """Who asks: what the rows of Staff or Holder say of them."""

    id: str = ""
    role: str = "PUBLIC"
    provider: str | None = None
    authority: str | None = None
    holder: str | None = None
    number: str | None = None

    @property
    def body(self) -> str:
        """In whose name they look."""
        return self.authority or self.holder or self.provider or ""


Rule = Callable[[Looker, Values], bool]


def _same(bound: str | None, value: str | None) -> bool:
    """Nobody is bound to nothing."""
    return bound is not None and bound == value


def everybody(_: Looker, __: Values) -> bool:
    return True


def own(who: Looker, row: Values) -> bool:
    return _same(who.provider, row["provider_id"])


def held(who: Looker, row: Values) -> bool:
    return _same(who.holder, row["holder_id"])


def area(who: Looker, row: Values) -> bool:
    return _same(who.authority, row["jurisdiction"])


def body(who: Looker, row: Values) -> bool:
    return own(who, row) or area(who, row)


def themselves(who: Looker, row: Values) -> bool:
    return _same(who.id, row["id"])


def itself(who: Looker, row: Values) -> bool:
    return _same(who.provider, row["id"])


def oneself(who: Looker, row: Values) -> bool:
    return _same(who.holder, row["id"])


def audited(who: Looker, row: Values) -> bool:
    return itself(who, row) or area(who, row)


def asked(who: Looker, row: Values) -> bool:
    """Its own, or one that it is asked to take over."""
    return area(who, row) or _same(who.authority, row["transfer_to"])


def handed_over(who: Looker, row: Values) -> bool:
    """One of the two that a case went between."""
    return who.authority is not None and who.authority in (row["from_authority"], row["to_authority"])


def proposed(who: Looker, row: Values) -> bool:
    """What one proposed oneself, for one's provider."""
    return own(who, row) and row["proposer_id"] == who.id


def behind(who: Looker, row: Values) -> bool:
    """A person or provider behind a case that the authority answers for now."""
    return who.authority is not None and who.authority in row["answering"]


def body_behind(who: Looker, row: Values) -> bool:
    return own(who, row) or behind(who, row)


def journal(who: Looker, row: Values) -> bool:
    """All steps of what the authority answers for now; of what it handed on, those that it decided then."""
    decided = row["actor_role"] in ("PROVINCIAL_REGULATOR", "NATIONAL_REGULATOR")
    kept = area(who, row) and (decided or who.authority not in row["handed_on_by"])
    return kept or (who.authority is not None and who.authority in row["handed_to"])


def journal_of_step(who: Looker, row: Values) -> bool:
    return journal(who, row["of_step"])


def own_or_journal(who: Looker, row: Values) -> bool:
    return own(who, row) or journal(who, row)


def known(who: Looker, row: Values) -> bool:
    """One's own sanction, once one was told: nobody learns that they are looked into."""
    return held(who, row) and row["told_at"] is not None


def disclosed(who: Looker, row: Values) -> bool:
    """What one was shown."""
    return held(who, row) and row["disclosed_at"] is not None


def held_step(who: Looker, row: Values) -> bool:
    """One's own journal, without sanctions that one was not told of and what the authority is told."""
    return held(who, row) and not row["is_kept_from_holder"]


def held_step_of(who: Looker, row: Values) -> bool:
    return held(who, row) and not row["of_step"]["is_kept_from_holder"]


def told(rule: Rule) -> Rule:
    """Only what was said to the party."""
    return lambda who, row: rule(who, row) and row["audience"] == "PARTY"


def served_on(party: str, rule: Rule) -> Rule:
    return lambda who, row: rule(who, row) and row["party"] == party


def adopting(rule: Rule) -> Rule:
    """Only accounts to adopt: what is thought of deciding is the officers' alone."""
    return lambda who, row: rule(who, row) and row["kind"] == "ADOPT"


def _each(rule: Rule, tables: str) -> dict[str, Rule]:
    return dict.fromkeys(tables.split(), rule)


_OPEN: Final = _each(everybody, "authority source_unit licence register_entry badge")
_CASEWORK: Final = (
    "holder identity agreement_version consent account submission material filing permission step qualification"
)
_SANCTIONS: Final = "sanction measure"
_PROVIDER: Final = {**_OPEN, "provider": itself, **_each(own, f"{_CASEWORK} {_SANCTIONS}")}
_REVIEWER: Final = {**_PROVIDER, **_each(own, "staff candidate proposal step_text evidence")}
_ALL_SANCTIONS: Final = f"{_SANCTIONS} evidence authority_report"
_DOUBTS: Final = _each(everybody, "licence_doubt")
_IMPORTS: Final = {**_DOUBTS, **_each(everybody, "register_import quarantined_row")}
# A proposal holds the notes of those who handle a case: it is its own body's alone, whoever reads all cases.
_NATION: Final = {
    **_each(everybody, f"provider staff candidate batch {_CASEWORK} {_ALL_SANCTIONS}"),
    "batch_item": adopting(everybody),
    "proposal": area,
}

SIGHT: Final[Mapping[str, Mapping[str, Rule]]] = {
    "PUBLIC": _OPEN,
    "APPEAL_REVIEWER": {**_OPEN, "provider": itself, "agreement_version": own, "staff": themselves},
    "HOLDER": {
        **_OPEN,
        "provider": itself,
        "agreement_version": own,
        "holder": oneself,
        **_each(held, "identity consent account submission material filing permission measure"),
        "sanction": known,
        "evidence": disclosed,
        "step": held_step,
        "step_text": told(held_step_of),
        "notice": served_on("HOLDER", held),
    },
    "REVIEWER": _REVIEWER,
    "COMPLIANCE_OFFICER": {
        **_REVIEWER,
        **_DOUBTS,
        **_each(own, "transfer batch batch_item authority_report"),
        "notice": served_on("PROVIDER", own),
    },
    "INTEGRATION": {
        **_PROVIDER,
        **_each(own, "batch authority_report"),
        "staff": themselves,
        "batch_item": adopting(own),
        "proposal": proposed,
        "step_text": told(own),
    },
    "PROVINCIAL_REGULATOR": {
        **_OPEN,
        **_IMPORTS,
        **_each(area, f"provider staff candidate proposal batch {_CASEWORK} {_ALL_SANCTIONS}"),
        "batch_item": adopting(area),
        **_each(behind, "provider agreement_version holder identity consent"),
        "filing": asked,
        "transfer": handed_over,
        "notice": served_on("AUTHORITY", area),
        "step": journal,
        "step_text": told(journal_of_step),
    },
    "NATIONAL_REGULATOR": {
        **_OPEN,
        **_IMPORTS,
        **_NATION,
        "transfer": everybody,
        "step_text": told(everybody),
        "notice": served_on("AUTHORITY", area),
    },
    "AUDITOR": {
        **_OPEN,
        "provider": audited,
        "staff": themselves,
        "access_log": body,
        **_each(body_behind, "holder identity"),
        "step": own_or_journal,
    },
}

# --- forms ----------------------------------------------------------------------------------------------------
_PERSON: Final = ["LEGAL_NAME", "RESIDENT_ID", "MOBILE", "EMAIL", "ADDRESS", "DOCUMENT", "ORGANISATION", "FREE_TEXT"]


def _forms(*forms: str) -> dict[str, str]:
    return dict(zip(_PERSON, forms, strict=True))


_REGULATOR: Final = _forms("PARTIAL", "PSEUDONYM", "PARTIAL", "PARTIAL", "PARTIAL", "HIDDEN", "CLEAR", "CLEAR")
FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "PUBLIC": dict.fromkeys(_PERSON, "HIDDEN"),
    "HOLDER": _forms("PARTIAL", "LAST_FOUR", "PARTIAL", "PARTIAL", "PARTIAL", "PRESENCE", "CLEAR", "CLEAR"),
    "REVIEWER": _forms("PARTIAL", "LAST_FOUR", "PRESENCE", "PRESENCE", "PARTIAL", "PRESENCE", "CLEAR", "CLEAR"),
    "COMPLIANCE_OFFICER": _forms("PARTIAL", "LAST_FOUR", "PARTIAL", "PARTIAL", "PARTIAL", "PRESENCE", "CLEAR", "CLEAR"),
    "APPEAL_REVIEWER": _forms("PARTIAL", "HIDDEN", "HIDDEN", "HIDDEN", "HIDDEN", "PRESENCE", "CLEAR", "CLEAR"),
    "INTEGRATION": _forms("PRESENCE", "PRESENCE", "PRESENCE", "PRESENCE", "PRESENCE", "PRESENCE", "CLEAR", "CLEAR"),
    "PROVINCIAL_REGULATOR": _REGULATOR,
    "NATIONAL_REGULATOR": _REGULATOR,
    "AUDITOR": _forms("PSEUDONYM", "PSEUDONYM", "PSEUDONYM", "PSEUDONYM", "HIDDEN", "HIDDEN", "CLEAR", "HIDDEN"),
}
# The fields of an identity and the kind that each is of.
KINDS: Final = {
    "legalName": "LEGAL_NAME",
    "residentId": "RESIDENT_ID",
    "mobile": "MOBILE",
    "email": "EMAIL",
    "address": "ADDRESS",
    "organisationName": "ORGANISATION",
    "uscc": "ORGANISATION",
    "mandate": "DOCUMENT",
}
BLIND_FLAGS: Final = frozenset(
    {"TWIN", "QUOTA_BY_INDEX", "CLOSURE_BY_INDEX", "UNDER_MEASURE", "BANNED"}
)  # told to reviewers, never to the applicant's side
APPLICANTS: Final = frozenset({"HOLDER", "INTEGRATION", "PUBLIC"})


def sees(who: Looker, table: str, row: Values) -> bool:
    """Whether a row is in sight."""
    rule = SIGHT[who.role].get(table)
    return rule is not None and rule(who, row)
