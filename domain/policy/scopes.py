"""Which rows each role may see: one literal table. A row outside the scope is absent, as if it never was."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import sqlalchemy as sa

from domain import tables  # noqa: F401 - declares every table before the scopes name them
from domain.account import Account, Candidate, Material, ReservedName, Submission
from domain.agreement import AgreementVersion, Consent
from domain.authority import Authority
from domain.authority_report import AuthorityReport
from domain.batch import Batch, BatchItem, BatchKind
from domain.columns import TEXT
from domain.deadline import Deadline
from domain.deployment import Deployment
from domain.document import Document, DocumentChunk
from domain.filing import Counter, Filing, Transfer
from domain.holder import Holder
from domain.identity import Identity
from domain.journal import AccessLog, Position, Step, StepText
from domain.licence import Licence, LicenceDoubt
from domain.notice import Notice, Party
from domain.outbox import Event, IdempotencyKey
from domain.permission import Badge, Permission, RegisterEntry
from domain.policy.handed_over import Predicate, holder_behind, journal, journal_told, provider_behind
from domain.policy.roles import Role
from domain.proposal import Involvement, Proposal
from domain.provider import Provider
from domain.qualification import Qualification
from domain.register import QuarantinedRow, RegisterImport, SourceUnit
from domain.sanction import Ban, Evidence, Measure, Sanction
from domain.staff import Recusal, Staff
from domain.state import Audience, Word
from domain.table import METADATA, Table, table_of

Scope = Predicate | Literal["ALL", "NONE"]
ALL: Final = "ALL"
NONE: Final = "NONE"


def _is(column: str, parameter: str) -> Predicate:
    """The row's own column equals what the viewer is bound to."""
    return lambda t: t.c[column] == sa.bindparam(f"viewer_{parameter}", type_=TEXT, required=False)


def _both(first: Predicate, second: Predicate) -> Predicate:
    return lambda t: sa.and_(first(t), second(t))


def _either(first: Predicate, second: Predicate) -> Predicate:
    return lambda t: sa.or_(first(t), second(t))


def _word(column: str, word: str) -> Predicate:
    return lambda t: t.c[column] == sa.literal_column(f"'{word}'")  # a member of a closed list, never a client's text


_TOLD: Final = table_of(Sanction).alias("told")
OWN: Final = _is("provider_id", "provider_id")
HELD: Final = _is("holder_id", "holder_id")
AREA: Final = _is("jurisdiction", "authority_id")
HOLDER_BEHIND: Final = holder_behind("id")  # of what one answers for: see domain/policy/handed_over.py
PERSON_BEHIND: Final = holder_behind("holder_id")
PROVIDER_BEHIND: Final = provider_behind("id")
TEXTS_BEHIND: Final = provider_behind("provider_id")
BODY_HOLDER: Final = _either(OWN, HOLDER_BEHIND)
BODY_PERSON: Final = _either(OWN, PERSON_BEHIND)
BODY: Final = _either(OWN, AREA)  # an auditor of a provider is bound to no authority, and the other way round
OWN_TOLD: Final = _both(OWN, _word("audience", Audience.PARTY))
ALL_TOLD: Final = _word("audience", Audience.PARTY)
ITSELF: Final = _is("id", "provider_id")
ONESELF: Final = _is("id", "id")
BODY_JOURNAL: Final = _either(OWN, journal)
BODY_ITSELF: Final = _either(ITSELF, AREA)
HELD_NOTICE: Final = _both(HELD, _word("party", Party.HOLDER))
AREA_ASKED: Final = _either(AREA, _is("transfer_to", "authority_id"))  # asked to take it over: it must see what
OWN_PROPOSAL: Final = _both(OWN, _is("proposer_id", "id"))  # a machine reads what it proposed itself
HANDED_OVER: Final = _either(_is("from_authority", "authority_id"), _is("to_authority", "authority_id"))
JOURNAL: Final[Predicate] = journal  # steps never change hands: see domain/policy/handed_over.py
JOURNAL_TOLD: Final[Predicate] = journal_told
HELD_DISCLOSED: Final = _both(HELD, lambda t: t.c.disclosed_at.is_not(None))  # a holder sees what was shown to them
HELD_KNOWN: Final = _both(HELD, lambda t: t.c.told_at.is_not(None))  # nobody learns that they are looked into


def _told_of(t: sa.FromClause) -> sa.ColumnElement[bool]:
    """Of no sanction, or of one that its holder was told of; what the authority is owed to know is not told to them."""
    told = sa.exists().where(_TOLD.c.id == t.c.case_id, _TOLD.c.told_at.is_not(None))
    others = (t.c.case_id.not_like(sa.literal_column(f"'{kind}_%'")) for kind in ("sanction", "authority_report"))
    return sa.or_(sa.and_(*others), told)


HELD_STEP: Final = _both(HELD, _told_of)
HELD_TOLD: Final = _both(HELD_STEP, _word("audience", Audience.PARTY))
OWN_ADOPTION: Final = _both(OWN, _word("kind", BatchKind.ADOPT))  # what is thought of deciding is the officers' alone
AREA_ADOPTION: Final = _both(AREA, _word("kind", BatchKind.ADOPT))
ALL_ADOPTION: Final = _word("kind", BatchKind.ADOPT)
AREA_NOTICE: Final = _both(AREA, _word("party", Party.AUTHORITY))  # the addressee alone, not who reads all
PROVIDER_NOTICE: Final = _both(OWN, _word("party", Party.PROVIDER))

_COLUMNS: Final = (
    Role.HOLDER,
    Role.REVIEWER,
    Role.COMPLIANCE_OFFICER,
    Role.INTEGRATION,
    Role.PROVINCIAL_REGULATOR,
    Role.NATIONAL_REGULATOR,
    Role.AUDITOR,
)
_NOBODY: Final[tuple[Scope, ...]] = tuple[Scope, ...](NONE for _ in _COLUMNS)
# PUBLIC reads nothing but authorities and published registers; APPEAL_REVIEWER only cases under appeal; OPERATOR and
# SYSTEM never query.
#                   HOLDER        REVIEWER  COMPLIANCE       INTEGRATION PROVINCE   NATION    AUDITOR
_ROWS: Final[Mapping[type[Table], tuple[Scope, ...]]] = {
    Authority:        (ALL,         ALL,      ALL,             ALL,      ALL,       ALL,      ALL),
    Provider:         (ITSELF,      ITSELF,   ITSELF,          ITSELF,   PROVIDER_BEHIND, ALL, BODY_ITSELF),
    Qualification:    (NONE,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Staff:            (NONE,        OWN,      OWN,             ONESELF,  AREA,      ALL,      ONESELF),
    Recusal:          (NONE,        OWN,      OWN,             NONE,     AREA,      ALL,      NONE),
    Holder:           (_is("id", "holder_id"), OWN, OWN,       OWN,      HOLDER_BEHIND, ALL,  BODY_HOLDER),
    Identity:         (HELD,        OWN,      OWN,             OWN,      PERSON_BEHIND, ALL,  BODY_PERSON),
    AgreementVersion: (OWN,         OWN,      OWN,             OWN,      TEXTS_BEHIND, ALL,   NONE),
    Consent:          (HELD,        OWN,      OWN,             OWN,      PERSON_BEHIND, ALL,  NONE),
    Account:          (HELD,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Submission:       (HELD,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Material:         (HELD,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Candidate:        (NONE,        OWN,      OWN,             NONE,     AREA,      ALL,      NONE),
    ReservedName:     _NOBODY,
    Filing:           (HELD,        OWN,      OWN,             OWN,      AREA_ASKED, ALL,     NONE),
    Counter:          _NOBODY,
    Transfer:         (NONE,        NONE,     OWN,             NONE,     HANDED_OVER, ALL,    NONE),
    Permission:       (HELD,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Badge:            (ALL,         ALL,      ALL,             ALL,      ALL,       ALL,      ALL),
    RegisterEntry:    (ALL,         ALL,      ALL,             ALL,      ALL,       ALL,      ALL),
    Batch:            (NONE,        NONE,     OWN,             OWN,      AREA,      ALL,      NONE),
    BatchItem:        (NONE,        NONE,     OWN,             OWN_ADOPTION, AREA_ADOPTION, ALL_ADOPTION, NONE),
    Sanction:         (HELD_KNOWN,  OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Measure:          (HELD,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Evidence:         (HELD_DISCLOSED, OWN,   OWN,             NONE,     AREA,      ALL,      NONE),
    Ban:              _NOBODY,
    AuthorityReport:  (NONE,        NONE,     OWN,             OWN,      AREA,      ALL,      NONE),
    Step:             (HELD_STEP,     OWN,      OWN,             OWN,      JOURNAL,   ALL,      BODY_JOURNAL),
    StepText:         (HELD_TOLD,   OWN,      OWN,             OWN_TOLD, JOURNAL_TOLD, ALL_TOLD, NONE),
    Deadline:         (HELD_STEP,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    Notice:           (HELD_NOTICE, NONE,     PROVIDER_NOTICE, NONE,     AREA_NOTICE, AREA_NOTICE, NONE),
    Proposal:         (NONE,        OWN,      OWN,             OWN_PROPOSAL, AREA,      AREA,     NONE),
    Involvement:      _NOBODY,
    Position:         _NOBODY,
    AccessLog:        (NONE,        NONE,     NONE,            NONE,     NONE,      NONE,     BODY),
    Event:            _NOBODY,
    IdempotencyKey:   _NOBODY,
    Document:         (HELD,        OWN,      OWN,             OWN,      AREA,      ALL,      NONE),
    DocumentChunk:    _NOBODY,
    SourceUnit:       (ALL,         ALL,      ALL,             ALL,      ALL,       ALL,      ALL),
    RegisterImport:   (NONE,        NONE,     NONE,            NONE,     ALL,       ALL,      NONE),
    QuarantinedRow:   (NONE,        NONE,     NONE,            NONE,     ALL,       ALL,      NONE),
    Licence:          (ALL,         ALL,      ALL,             ALL,      ALL,       ALL,      ALL),
    LicenceDoubt:     (NONE,        NONE,     ALL,             NONE,     ALL,       ALL,      NONE),
    Deployment:       _NOBODY,
}  # fmt: skip
_PUBLIC: Final[Mapping[type[Table], Scope]] = {
    Authority: ALL, SourceUnit: ALL, Licence: ALL, Badge: ALL, RegisterEntry: ALL,
}  # fmt: skip
# What hangs on no case under appeal: an appeal reviewer reads it without one.
_APPEAL: Final[Mapping[type[Table], Scope]] = {
    Authority: ALL, SourceUnit: ALL, Licence: ALL, Badge: ALL, RegisterEntry: ALL, Provider: ITSELF,
    AgreementVersion: OWN, Staff: ONESELF,
}  # fmt: skip
# The command line enrols the first member of staff of a body.
_OPERATOR: Final[Mapping[type[Table], Scope]] = {Authority: ALL, Provider: ALL}


class Reach(Word):
    """Which rows a role reaches, in a word."""

    REGISTER = "REGISTER", "公开信息", "What is public"
    OWN_HOLDER = "OWN_HOLDER", "本人", "What concerns oneself as a holder"
    OWN_PROVIDER = "OWN_PROVIDER", "本服务提供者", "What concerns one's own provider"
    UNDER_APPEAL = "UNDER_APPEAL", "申诉中的事项", "Cases under appeal at one's own provider"
    OWN_JURISDICTION = "OWN_JURISDICTION", "本辖区", "What lies in one's own jurisdiction"
    ALL = "ALL", "全部", "Everything; written where one's own authority answers"
    OWN_RECORDS = "OWN_RECORDS", "本机构记录", "The records of one's own provider or authority"
    NOTHING = "NOTHING", "无", "No application data"


REACH: Final[Mapping[Role, Reach]] = MappingProxyType(
    {
        Role.PUBLIC: Reach.REGISTER,
        Role.HOLDER: Reach.OWN_HOLDER,
        Role.REVIEWER: Reach.OWN_PROVIDER,
        Role.COMPLIANCE_OFFICER: Reach.OWN_PROVIDER,
        Role.APPEAL_REVIEWER: Reach.UNDER_APPEAL,
        Role.INTEGRATION: Reach.OWN_PROVIDER,
        Role.PROVINCIAL_REGULATOR: Reach.OWN_JURISDICTION,
        Role.NATIONAL_REGULATOR: Reach.ALL,
        Role.AUDITOR: Reach.OWN_RECORDS,
        Role.OPERATOR: Reach.NOTHING,
        Role.SYSTEM: Reach.NOTHING,
    }
)


class ScopeMissing(Exception):
    """A table has no scope for some role: add its row in domain/policy/scopes.py."""


def _table() -> Mapping[tuple[sa.Table, Role], Scope]:
    cells: dict[tuple[sa.Table, Role], Scope] = {}
    for model, row in _ROWS.items():
        table = table_of(model)
        cells.update({(table, role): scope for role, scope in zip(_COLUMNS, row, strict=True)})
        cells[table, Role.PUBLIC] = _PUBLIC.get(model, NONE)
        cells[table, Role.APPEAL_REVIEWER] = _APPEAL.get(model, NONE)
        cells[table, Role.OPERATOR] = _OPERATOR.get(model, NONE)
        cells[table, Role.SYSTEM] = NONE
    declared = METADATA.sorted_tables
    if missing := [table.name for table in declared if (table, Role.PUBLIC) not in cells]:
        raise ScopeMissing(f"domain/policy/scopes.py has no row for {', '.join(missing)}")
    if missing := [f"{table.name} × {role}" for table in declared for role in Role if (table, role) not in cells]:
        raise ScopeMissing(f"domain/policy/scopes.py has no cell for {', '.join(missing)}")
    return MappingProxyType(cells)


SCOPES: Final = _table()


def scope(table: sa.Table, role: Role) -> Scope:
    """The rows of a table that a role may see."""
    return SCOPES[table, role]
