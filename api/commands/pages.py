"""The generated pages of docs/: the workflows and the permissions, as the tables say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from domain.policy.masking import MASKS, Door, Form, Kind
from domain.policy.roles import GRANTS, Grant, Role
from domain.policy.scopes import (
    BODY_HOLDER,
    BODY_JOURNAL,
    BODY_PERSON,
    HELD_STEP,
    HELD_TOLD,
    HOLDER_BEHIND,
    JOURNAL,
    JOURNAL_TOLD,
    PERSON_BEHIND,
    PROVIDER_BEHIND,
    SCOPES,
    TEXTS_BEHIND,
    Scope,
)
from domain.table import METADATA
from workflows.explained import ExplainedTransition, ExplainedWorkflow, cause_of, explained, label, mermaid, moves
from workflows.follow_ups import FOLLOW_UPS
from workflows.registry import WORKFLOWS

GENERATED: Final = "<!-- Written by `make generate` from the tables of the program; do not edit. -->"
_DOORS: Final = {Door.SHUT: "", Door.ALONE: " →", Door.SECOND: " ⇒"}
# What a scope's condition means. A condition that is not here stops the generation.
_CONDITIONS: Final = {
    "provider_id = :viewer_provider_id": "own provider",
    "holder_id = :viewer_holder_id": "own",
    "jurisdiction = :viewer_authority_id": "own jurisdiction",
    "id = :viewer_provider_id": "itself",
    "id = :viewer_holder_id": "itself",
    "id = :viewer_id": "oneself",
    "audience = 'PARTY'": "told to the party",
    "party = 'HOLDER'": "served on the holder",
    "party = 'PROVIDER'": "served on the provider",
    "party = 'AUTHORITY'": "served on the authority",
    "kind = 'ADOPT'": "of adoptions",
    "told_at IS NOT NULL": "of which the holder was told",
    "disclosed_at IS NOT NULL": "disclosed",
    "transfer_to = :viewer_authority_id": "asked to take over",
    "from_authority = :viewer_authority_id": "handed over",
    "to_authority = :viewer_authority_id": "taken over",
    "proposer_id = :viewer_id": "proposed oneself",
}
_JOURNAL: Final = "own jurisdiction as it is now, or decided by one's own authority"
_HELD_STEP: Final = "own, and of a sanction only where told of it"
_HOLDER_BEHIND: Final = "of a holder with a case in one's own jurisdiction, or of its area while they have none"
_PROVIDER_BEHIND: Final = "of a provider of one's own area, or of one with a case handed over to it"
_IN_WORDS: Final[Mapping[Any, str]] = {
    JOURNAL: _JOURNAL,
    JOURNAL_TOLD: f"told to the party in a step: {_JOURNAL}",
    HELD_STEP: _HELD_STEP,
    HELD_TOLD: f"{_HELD_STEP}, told to the party",
    BODY_JOURNAL: f"own provider or {_JOURNAL}",
    HOLDER_BEHIND: _HOLDER_BEHIND,
    PERSON_BEHIND: _HOLDER_BEHIND,
    BODY_HOLDER: f"own provider or {_HOLDER_BEHIND}",
    BODY_PERSON: f"own provider or {_HOLDER_BEHIND}",
    PROVIDER_BEHIND: _PROVIDER_BEHIND,
    TEXTS_BEHIND: _PROVIDER_BEHIND,
}

_WHAT_STANDS_HERE: Final = (
    "Each workflow with its states, its diagram and every transition, and then what one workflow sets off in another. "
    "The same in a terminal: `signet explain account` (`--mermaid`, `--json`)."
)
_HOW_TO_READ: Final = (
    "② two persons always; (②) under the condition named below the table; ← fired by follow-ups or time only. A guard "
    "is told with the problem that it raises and what keeps it true until the commit: LOCKED (under the locked root), "
    "UNIQUE (an index), DERIVED (asked again at every read)."
)


class ScopeWithoutWords(Exception):
    """A scope has a condition that has no words yet: add them in api/commands/pages.py."""


def workflows_page() -> str:
    """docs/workflows.md."""
    parts = [
        "# Workflows", GENERATED,
        _WHAT_STANDS_HERE, _HOW_TO_READ,
    ]  # fmt: skip
    for workflow in WORKFLOWS.values():
        parts += _workflow(explained(workflow))
    parts += [
        "## Follow-ups",
        "In any other state of its target a follow-up is skipped. One that creates a case must succeed.",
    ]
    rows = [(cause_of(row), ".".join(row.fires), ", ".join(row.when) or "(new)") for row in FOLLOW_UPS]
    parts.append(in_table(("cause", "fires", "when the target is"), rows))
    return "\n\n".join(parts) + "\n"


def _workflow(workflow: ExplainedWorkflow) -> Iterator[str]:
    yield f"## {workflow.noun} {workflow.zh}"
    states = (
        (s.code, s.zh, s.en, "" if s.party_en == s.en else f"{s.party_zh} · {s.party_en}") for s in workflow.states
    )
    yield in_table(("state", "中文", "English", "told to its party"), states)
    yield f"```mermaid\n{mermaid(workflow)}\n```"
    yield in_table(("trigger", "from → to", "who", "guards", "then", "Art."), map(_transition, workflow.transitions))
    for row in workflow.transitions:
        if row.four_eyes_when:
            yield f"(②) {row.trigger}: {row.four_eyes_when}"


def _transition(row: ExplainedTransition) -> Sequence[str]:
    guards = "<br>".join(f"{guard.sentence} (`{guard.code}`, {guard.rests})" for guard in row.guards)
    then = [*(f"→ {fired}" for fired in row.fires), *(f"← {cause}" for cause in row.fired_by)]
    then += ["adverse"] if row.adverse else []
    then += [] if row.journalled else ["not journalled"]
    return f"{label(row)}<br>{row.zh}", moves(row), "<br>".join(row.who), guards, "<br>".join(then), str(row.article)


def permissions_page() -> str:
    """docs/permissions.md."""
    parts = [
        "# Permissions", GENERATED,
        "What each role may do, which rows it sees, and how identity is shown to it.",
        "## Roles", in_table(("role", "中文", "what it is"), ((role, role.zh, role.en) for role in Role)),
        "## Grants", f"{_idle()} hold none.", _grants(),
        "## Masks",
        "→ a reveal may be asked for with a purpose, ⇒ also with a second person; reveal itself is not there yet.",
        in_table(("form", "中文", "what it shows"), ((form, form.zh, form.en) for form in Form)),
        _masks(),
        "## Scopes",
        "A row outside the scope is absent, as if it never was. An empty cell: no row at all.", _scopes(),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _idle() -> str:
    return ", ".join(role for role in Role if not GRANTS[role])


def _grants() -> str:
    roles = [role for role in Role if GRANTS[role]]
    rows = ((f"`{grant}`", *("●" if grant in GRANTS[role] else "" for role in roles)) for grant in Grant)
    return in_table(("grant", *roles), rows)


def _masks() -> str:
    def cell(kind: Kind, role: Role) -> str:
        return f"{MASKS[kind, role].form}{_DOORS[MASKS[kind, role].door]}"

    rows = ((f"{kind}<br>{kind.zh}", *(cell(kind, role) for role in Role)) for kind in Kind)
    return in_table(("kind", *Role), rows)


def _scopes() -> str:
    roles = [role for role in Role if any(SCOPES[table, role] != "NONE" for table in METADATA.sorted_tables)]
    tables = sorted(METADATA.tables.values(), key=lambda table: table.name)
    rows = ((f"`{table.name}`", *(in_words(SCOPES[table, role], table) for role in roles)) for table in tables)
    return in_table(("rows of", *roles), rows)


def in_words(scope: Scope, table: sa.Table) -> str:
    """A scope in words."""
    if isinstance(scope, str):
        return {"ALL": "all", "NONE": ""}[scope]
    if scope in _IN_WORDS:
        return _IN_WORDS[scope]
    condition = str(scope(table)).replace(f"{table.name}.", "")
    return re.sub(r"[a-z_]+ = [:'\w]+", _words_of, condition).replace(" AND ", ", ").replace(" OR ", " or ")


def _words_of(condition: re.Match[str]) -> str:
    if condition[0] not in _CONDITIONS:
        raise ScopeWithoutWords(condition[0])
    return _CONDITIONS[condition[0]]


def in_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as a table of a page."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines)
