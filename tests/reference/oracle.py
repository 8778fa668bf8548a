"""The slow oracle of reading: graphql-core's executor, one plain resolver per field, rows in memory.

It is written from the design and the SDL. Of the product it uses the SDL's text, the tables as data, closed lists with
their captions, grants, and the vault's way to open a sealed value. Left out, and tested otherwise: availableSteps,
queues and endorsementsWanted (they ask the guards of the workflows), what may be published (it has a reference of its
own beside this one), what a receipt opens (to whom, no role says), introspection, mutations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
)

from domain.codes.lists import LISTS
from tests.reference import lists, public, sanctions, values
from tests.reference.lists import FIRST, JOURNAL, PAGED, Asking, Listed
from tests.reference.publishing import is_in_force
from tests.reference.rows import Row
from tests.reference.rules import KINDS
from tests.reference.values import Look, Value

LEFT_OUT: Final = frozenset(
    {
        "availableSteps", "queues", "endorsementsWanted", "noticeByReceipt", "publishingDecision",
        "publishingDecisions", "publishingRights", "statistics",
    }
)  # fmt: skip
TABLES: Final[Mapping[str, str]] = {
    "Access": "access_log",
    "Account": "account",
    "AgreementVersion": "agreement_version",
    "Authority": "authority",
    "AuthorityReport": "authority_report",
    "BadgeRecord": "badge",
    "Batch": "batch",
    "BatchItem": "batch_item",
    "Candidate": "candidate",
    "Consent": "consent",
    "Evidence": "evidence",
    "Filing": "filing",
    "Holder": "holder",
    "Identity": "identity",
    "Licence": "licence",
    "LicenceDoubt": "licence_doubt",
    "Material": "material",
    "Measure": "measure",
    "Notice": "notice",
    "Permission": "permission",
    "Proposal": "proposal",
    "Provider": "provider",
    "Qualification": "qualification",
    "QuarantinedRow": "quarantined_row",
    "RegisterEntry": "register_entry",
    "RegisterImport": "register_import",
    "Sanction": "sanction",
    "SourceUnit": "source_unit",
    "Staff": "staff",
    "Step": "step",
    "StepText": "step_text",
    "Submission": "submission",
    "Transfer": "transfer",
}
TYPES: Final = {table: type_ for type_, table in TABLES.items()}
# What an id begins with where that is not the name of its table.
PREFIXES: Final = {"access": "access_log", "agreement": "agreement_version"}
CASES: Final = frozenset(values.STATES)
# Type.field → column of this row, other table, its column.
TO_ONE: Final[Mapping[str, tuple[str, str, str]]] = {
    "Account.claimedBy": ("claimed_by", "staff", "id"),
    "Account.filing": ("id", "filing", "current_of"),
    "AuthorityReport.measure": ("measure_id", "measure", "id"),
    "AuthorityReport.sanction": ("sanction_id", "sanction", "id"),
    "Batch.filledBy": ("filled_by", "staff", "id"),
    "BatchItem.account": ("case_id", "account", "id"),
    "BatchItem.sanction": ("case_id", "sanction", "id"),
    "BatchItem.step": ("step_id", "step", "id"),
    "Candidate.unit": ("source_unit_id", "source_unit", "id"),
    "Filing.amends": ("amends", "filing", "id"),
    "Filing.transferTo": ("transfer_to", "authority", "id"),
    "Filing.identity": ("holder_id", "identity", "holder_id"),
    "Holder.identity": ("id", "identity", "holder_id"),
    "LicenceDoubt.registerImport": ("import_id", "register_import", "id"),
    "Measure.sanction": ("sanction_id", "sanction", "id"),
    "Measure.step": ("step_id", "step", "id"),
    "Notice.step": ("step_id", "step", "id"),
    "Permission.licence": ("licence_number", "licence", "number"),
    "Proposal.endorser": ("endorser_id", "staff", "id"),
    "Proposal.proposer": ("proposer_id", "staff", "id"),
    "Provider.sandbox": ("sandbox_of", "provider", "id"),
    "Sanction.measure": ("measure_id", "measure", "id"),
    "Step.actor": ("actor_id", "staff", "id"),
    "Step.cause": ("cause", "step", "id"),
    "Transfer.filing": ("filing_id", "filing", "id"),
    "Transfer.fromAuthority": ("from_authority", "authority", "id"),
    "Transfer.toAuthority": ("to_authority", "authority", "id"),
}
TO_ONE_OF_ANY: Final[Mapping[str, tuple[str, str, str]]] = {
    "account": ("account_id", "account", "id"),
    "agreement": ("agreement_id", "agreement_version", "id"),
    "holder": ("holder_id", "holder", "id"),
    "jurisdiction": ("jurisdiction", "authority", "id"),
    "provider": ("provider_id", "provider", "id"),
}
COMPUTED: Final[Mapping[str, Value]] = {
    "Account.changeFlags": values.flags_in("change_flags"),
    "Account.flags": values.flags_in("flags"),
    "Account.sanctionLevel": values.sanction_level,
    "Account.sanctionUntil": values.sanction_until,
    "Material.documentId": values.of_a_document("document_id"),
    "Material.reference": values.of_a_document("reference"),
    "Material.sha256": values.of_a_document("sha256"),
    "AgreementVersion.clauses": values.clauses,
    "BadgeRecord.asOf": public.as_of,
    "BadgeRecord.standing": public.badge_standing,
    "Batch.size": lambda _, row, __: row["items"],
    "Batch.waiting": lambda _, row, __: row["items"] - row["done"] - row["refused"],
    "BatchItem.input": values.words,
    "BatchItem.problems": values.verdict,
    "Evidence.text": values.words,
    "Filing.defects": values.defects,
    "Licence.isMissing": lambda _, row, __: row["missing_from"] is not None,
    "LicenceDoubt.changes": values.changes,
    "Measure.endedAt": values.unless_never("ended_at"),
    "Measure.inForce": lambda look, row, __: is_in_force(row.values, look.now),
    "Measure.until": values.unless_never("until"),
    "Permission.letterId": values.of_a_document("letter_id"),
    "Proposal.input": values.words,
    "Proposal.state": values.proposal_state,
    "Provider.settings": values.settings,
    "RegisterEntry.asOf": public.as_of,
    "RegisterEntry.badge": public.entry_badge,
    "Sanction.recommended": sanctions.recommended,
    "Step.caption": values.step_caption,
    "Step.legalBases": values.words_of("legal_bases"),
    "Step.reasonCodes": values.words_of("reason_codes"),
    "Step.skipped": values.words_of("skipped"),
    "Submission.differences": values.differences,
    "StepText.text": values.words,
}
_COMPUTED_OF_CASES: Final[Mapping[str, Value]] = {
    "caption": values.caption,
    "clock": values.clock,
    "dueAt": values.due_at,
    "priority": lambda _, row, __: row.values.get("priority", "NORMAL"),
    "stateCode": lambda _, row, __: row["state"],
    "version": lambda _, row, __: row["seq"],
}
Resolver = Callable[..., Any]
# Root fields that are not called as their table.
_NAMED: Final = {"agreement": "agreement_version", "badgeRecord": "badge", "staffMember": "staff"}


def snake(name: str) -> str:
    """The column of a field's name."""
    return re.sub(r"[A-Z]", lambda found: "_" + found.group().lower(), name)


class Oracle:
    """Answers a document for a look."""

    def __init__(self, sdl: str) -> None:
        self.schema: GraphQLSchema = build_schema(sdl)
        for type_ in self.schema.type_map.values():
            if isinstance(type_, GraphQLInterfaceType):
                type_.resolve_type = lambda row, *_: TYPES[row.table]
            elif isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
                for name, field in type_.fields.items():
                    field.resolve = _counted(f"{type_.name}.{name}", _resolver(type_.name, name))

    def answer(self, text: str, variables: Mapping[str, Any], look: Look) -> Any:
        """The data; an error rises."""
        result = execute_sync(self.schema, _parsed(text), variable_values=dict(variables), context_value=look)
        if result.errors:
            raise result.errors[0]
        return result.data


@lru_cache(maxsize=20_000)
def _parsed(text: str) -> DocumentNode:
    return parse(text)


def _counted(label: str, resolve: Resolver) -> Resolver:
    def counted(source: Any, info: GraphQLResolveInfo[Look], **asked: Any) -> Any:
        info.context.reached.add(label)
        return resolve(source, info, **asked)

    return counted


def _resolver(type_name: str, name: str) -> Resolver:
    label = f"{type_name}.{name}"
    if type_name == "Query":
        return _root(label, name)
    if label in PAGED:
        return _page(label, PAGED[label])
    return _of_row(label, type_name, name) if type_name in TABLES else _of_values(label, name)


def _of_row(label: str, type_name: str, name: str) -> Resolver:
    """A field of a row: what it leads to, what is worked out of it, or a column."""
    relation = TO_ONE.get(label) or TO_ONE_OF_ANY.get(name)
    if name == "journal":
        return _page(label, JOURNAL)
    if label in FIRST:
        return _first(FIRST[label])
    if name == "case":
        return lambda row, info, **_: _by_prefix(info.context, row["case_id"], label, CASES)
    if relation is not None:
        return _to_one(label, *relation)
    made = _made(label, type_name, name)
    return lambda row, info, **asked: made(info.context, row, asked)


def _made(label: str, type_name: str, name: str) -> Value:
    if type_name == "Identity" and name in KINDS:
        return values.personal(name, snake(name))
    made = COMPUTED.get(label) or (_COMPUTED_OF_CASES.get(name) if TABLES[type_name] in CASES else None)
    return made or (lambda _, row, __: values.plain(row[snake(name)]))


# Root fields that find a row otherwise than by its id, or none at all.
_ROOTS: Final[Mapping[str, Resolver]] = {
    "viewer": lambda _, info: values.me(info.context),
    "node": lambda _, info, id: _by_prefix(info.context, id, "Query.node"),
    "nodes": lambda _, info, ids: [_by_prefix(info.context, id_, "Query.nodes") for id_ in ids],
    "codeLists": lambda *_: [{"list": name, "zh": zh, "en": en} for name, (zh, en) in LISTS.items()],
    "codes": lambda _, info, **asked: values.code_list(info.context, asked),
    "registerEntry": lambda _, info, number: _row(
        info.context, "register_entry", "number", number, "Query.registerEntry"
    ),
    "registerStatistics": lambda _, info: public.register_statistics(info.context),
}


def _root(label: str, name: str) -> Resolver:
    if label in PAGED:
        return _page(label, PAGED[label])
    if name in _ROOTS:
        return _ROOTS[name]
    table = _NAMED.get(name, snake(name))
    return lambda _, info, id: _row(info.context, table, "id", id, label)


def _oneself(label: str, table: str) -> Resolver:
    """The viewer's own row: a holder is none of the staff."""

    def find(_: Any, info: GraphQLResolveInfo[Look]) -> Row | None:
        who = info.context.who
        id_ = who.holder if table == "holder" else who.id if who.holder is None else None
        return _row(info.context, table, "id", id_, label) if id_ else None

    return find


def _of_values(label: str, name: str) -> Resolver:
    if label in ("Viewer.staff", "Viewer.holder"):
        return _oneself(label, name)
    if label in ("Code.label", "CodeList.label", "Problem.message"):
        return lambda code, info, **asked: values.label(info.context, code, asked)
    return lambda made, _info, **_: made[name]


def _row(look: Look, table: str, column: str, value: Any, label: str) -> Row | None:
    """A row in sight; whether there was one is noted."""
    row = look.rows.one(look.who, table, column, value)
    if row is not None:
        look.found.add(label)
    elif look.rows.there(table, column, value):
        look.missed.add(label)
    return row


def _to_one(label: str, local: str, table: str, remote: str) -> Resolver:
    return lambda row, info: _row(info.context, table, remote, row[local], label)


def _by_prefix(look: Look, id_: str, label: str, among: frozenset[str] | None = None) -> Row | None:
    prefix = id_.rpartition("_")[0]
    table = PREFIXES.get(prefix, prefix)
    if table not in TYPES or table == "step_text" or (among is not None and table not in among):
        return None
    return _row(look, table, "id", id_, label)


def _below(look: Look, listed: Listed, source: Any, label: str) -> list[Row]:
    """The rows of a list in sight: all, or those that point at this row."""
    if listed.parent is None:
        return look.rows.seen(look.who, listed.table)
    found = look.rows.where(look.who, listed.table, listed.parent, source[listed.local])
    if found:
        look.found.add(label)
    if len(found) < look.rows.there(listed.table, listed.parent, source[listed.local]):
        look.missed.add(label)
    return found


def _page(label: str, listed: Listed) -> Resolver:
    def page(source: Any, info: GraphQLResolveInfo[Look], **asked: Any) -> Any:
        look: Look = info.context
        rows = lists.kept(listed, _below(look, listed, source, label), asked.get("where"), Asking(look.who, look.now))
        parent = None if listed.parent is None else source[listed.local]
        return lists.connection(rows, parent, listed.orders[asked.get("orderBy")], asked, info.path.as_list())

    return page


def _first(listed: Listed) -> Resolver:
    def first(source: Row, info: GraphQLResolveInfo[Look], *, first: int) -> list[Row]:
        label = f"{info.parent_type.name}.{info.field_name}"
        return lists.sorted_by(_below(info.context, listed, source, label), listed.orders[None])[:first]

    return first
