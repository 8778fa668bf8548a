"""Who sees which rows in which form: every cell there, and as the design's own table says it (Art. 5, 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.policy import masking, roles, scopes
from domain.policy.masking import MASKS, Cell, Door, Form, Kind, MaskMissing
from domain.policy.roles import GRANTS, Grant, GrantMissing, Role
from domain.policy.scopes import ALL, NONE, SCOPES, ScopeMissing
from domain.tables import METADATA
from domain.viewer import Viewer
from workflows.registry import WORKFLOWS

# Copied by hand from the page on access, cell by cell: → asks for a purpose, ⇒ also for a second person.
PAGE: Final = """
LEGAL_NAME  |HIDDEN     |PARTIAL→   |PARTIAL→   |PARTIAL→   |PARTIAL→   |PRESENCE   |PARTIAL→   |PARTIAL→   |PSEUDONYM
RESIDENT_ID |HIDDEN     |LAST_FOUR→ |LAST_FOUR⇒ |LAST_FOUR⇒ |HIDDEN     |PRESENCE   |PSEUDONYM⇒ |PSEUDONYM⇒ |PSEUDONYM
MOBILE      |HIDDEN     |PARTIAL→   |PRESENCE   |PARTIAL→   |HIDDEN     |PRESENCE   |PARTIAL⇒   |PARTIAL⇒   |PSEUDONYM
EMAIL       |HIDDEN     |PARTIAL→   |PRESENCE   |PARTIAL→   |HIDDEN     |PRESENCE   |PARTIAL⇒   |PARTIAL⇒   |PSEUDONYM
ADDRESS     |HIDDEN     |PARTIAL→   |PARTIAL    |PARTIAL→   |HIDDEN     |PRESENCE   |PARTIAL→   |PARTIAL→   |HIDDEN
DOCUMENT    |HIDDEN     |PRESENCE→  |PRESENCE→  |PRESENCE→  |PRESENCE→  |PRESENCE   |HIDDEN⇒    |HIDDEN⇒    |HIDDEN
ORGANISATION|HIDDEN     |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR
COMPLAINANT |HIDDEN     |HIDDEN     |PSEUDONYM  |PSEUDONYM→ |HIDDEN     |HIDDEN     |HIDDEN⇒    |HIDDEN⇒    |PSEUDONYM
FREE_TEXT   |HIDDEN     |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR      |CLEAR      |HIDDEN
"""
COLUMNS: Final = (
    Role.PUBLIC, Role.HOLDER, Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.APPEAL_REVIEWER, Role.INTEGRATION,
    Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR, Role.AUDITOR,
)  # fmt: skip
DOORS: Final = {"": Door.SHUT, "→": Door.ALONE, "⇒": Door.SECOND}
HIDDEN_FROM_ALL: Final = (Role.OPERATOR, Role.SYSTEM)
# No case may be decided, or seen, by those who only keep the program running.
MACHINE: Final = (Role.OPERATOR, Role.SYSTEM)


def on_the_page() -> Iterator[tuple[tuple[Kind, Role], Cell]]:
    """Every cell of the page."""
    for line in PAGE.strip().splitlines():
        kind, *cells = (part.strip() for part in line.split("|"))
        for role, cell in zip(COLUMNS, cells, strict=True):
            form = cell.rstrip("→⇒")
            yield (Kind(kind), role), Cell(Form(form), DOORS[cell.removeprefix(form)])
    for kind_ in Kind:
        for role in HIDDEN_FROM_ALL:
            yield (kind_, role), Cell(Form.HIDDEN)


def differences(masks: Mapping[tuple[Kind, Role], Cell]) -> list[str]:
    """Each cell that is not as the page has it, with the cure."""
    return [
        f"{kind} × {role} is {masks.get((kind, role))}; the page on access says {cell}: mend domain/policy/masking.py, "
        "or the page first"
        for (kind, role), cell in on_the_page()
        if masks.get((kind, role)) != cell
    ]


def unscoped(cells: Mapping[tuple[sa.Table, Role], Any], tables: list[sa.Table]) -> list[str]:
    """Each table and role without a scope, with the cure."""
    return [
        f"{table.name} × {role} has no scope: add the table's row in domain/policy/scopes.py (NONE where nobody reads)"
        for table in tables
        for role in Role
        if (table, role) not in cells
    ]


def unbound(cells: Mapping[tuple[sa.Table, Role], Any]) -> list[str]:
    """Each scope that names a column its table lacks, or a parameter no viewer has."""
    bound = Viewer("", Role.PUBLIC).bound
    found = []
    for (table, role), scope in cells.items():
        if scope in (ALL, NONE):
            continue
        names = set(scope(table).compile().params)
        if not names <= set(bound) or (not names and role is not Role.NATIONAL_REGULATOR):
            found.append(f"{table.name} × {role} is bound to {names}: a scope compares with Viewer.bound alone")
    return found


def test_every_mask_is_as_the_page_on_access_says() -> None:
    assert differences(MASKS) == []
    assert len(MASKS) == len(Kind) * len(Role) == len(list(on_the_page()))


def test_a_mask_that_differs_is_told_the_cure() -> None:
    wrong = {**MASKS, (Kind.MOBILE, Role.REVIEWER): Cell(Form.PARTIAL)}

    assert [line.partition(" is ")[0] for line in differences(wrong)] == ["MOBILE × REVIEWER"]


def test_a_kind_without_a_row_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {kind: row for kind, row in masking._ROWS.items() if kind is not Kind.MOBILE}
    monkeypatch.setattr(masking, "_ROWS", rows)

    with pytest.raises(MaskMissing, match=r"masking\.py lacks a form for MOBILE × PUBLIC"):
        masking._table()


def test_every_table_has_a_scope_for_every_role() -> None:
    assert unscoped(SCOPES, METADATA.sorted_tables) == []
    assert unbound(SCOPES) == []


def test_a_table_without_a_scope_is_told_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = sa.Table("planted", sa.MetaData(), sa.Column("id", sa.Text))
    rows = {model: row for model, row in scopes._ROWS.items() if model.__name__ != "Step"}
    monkeypatch.setattr(scopes, "_ROWS", rows)

    assert len(unscoped(SCOPES, [planted])) == len(Role)
    with pytest.raises(ScopeMissing, match=r"scopes\.py has no row for step"):
        scopes._table()


def test_a_scope_that_is_bound_to_nobody_is_told_the_cure() -> None:
    planted = sa.Table("planted", sa.MetaData(), sa.Column("id", sa.Text))
    loose: Callable[[Any], Any] = lambda t: t.c.id.is_not(None)  # noqa: E731

    assert len(unbound({(planted, Role.REVIEWER): loose})) == 1


def test_the_public_and_the_machine_read_no_row_that_belongs_to_anybody() -> None:
    owned = ("provider_id", "holder_id")
    seen = [
        (table.name, role)
        for (table, role), scope in SCOPES.items()
        if role in (Role.PUBLIC, *MACHINE) and scope != NONE and any(name in table.c for name in owned)
    ]

    assert seen == []


def test_only_the_national_regulator_reads_all_rows_of_providers() -> None:
    reading_all = {role for (table, role), scope in SCOPES.items() if scope == ALL and "provider_id" in table.c}

    assert reading_all == {Role.NATIONAL_REGULATOR}


def test_every_grant_is_held_and_every_role_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(GRANTS) == set(Role)
    assert frozenset[Grant]().union(*GRANTS.values()) == set(Grant)

    rows = {role: row for role, row in roles._ROWS.items() if role is not Role.AUDITOR}
    monkeypatch.setattr(roles, "_ROWS", rows)
    with pytest.raises(GrantMissing, match=r"roles\.py has no row for AUDITOR"):
        roles._table()


def test_a_grant_that_nobody_holds_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {role: row.replace("agreement:publish", "") for role, row in roles._ROWS.items()}
    monkeypatch.setattr(roles, "_ROWS", rows)

    with pytest.raises(GrantMissing, match="gives nobody agreement:publish"):
        roles._table()


def test_every_grant_of_a_workflow_is_a_trigger_of_it() -> None:
    fired = {workflow.grant(trigger) for workflow in WORKFLOWS.values() for trigger in workflow.by_trigger}
    doors = {Grant.DOCUMENT_UPLOAD, Grant.PROPOSAL_ENDORSE, Grant.PROPOSAL_WITHDRAW, Grant.REGISTER_IMPORT}
    doors.add(Grant.NOTICE_SEE)  # of those that a notice is served on, whatever the case
    doors.add(Grant.HEALTH_INSPECT)

    assert set(Grant) - fired == doors


def test_those_who_only_look_may_do_nothing() -> None:
    idle = (Role.PUBLIC, Role.AUDITOR, Role.APPEAL_REVIEWER, Role.SYSTEM)

    assert {role: GRANTS[role] for role in idle} == dict.fromkeys(idle, frozenset())
