"""What a step leaves on the public register: its entry, and the signed record of a badge (Art. 5, 7).

Made after the decision and before the commit, for it needs the keys: an organisation's name lies sealed in its filing
until that is accepted. A natural person's never leaves the vault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from domain.calendar import local_day
from domain.filing import Filing, FilingState
from domain.ids import new_id
from domain.licence import Licence
from domain.names import name_key
from domain.permission import Badge, Permission, PermissionState, RegisterEntry, last_day
from domain.provider import Provider
from domain.table import Table, table_of
from domain.vault.signing import BADGE, signer
from workflows.changes import Insert, Update
from workflows.database import Transaction, decoder, loader
from workflows.filed_names import borne_by
from workflows.hands import Hand, Writing
from workflows.office import Office
from workflows.serials import next_serial

# After these the end never was.
ANNULMENTS: Final = frozenset({"reinstate", "restore"})
BADGE_PAGES: Final = "badges"
STATUS_LIST_PATH: Final = "badges/status.json"
_STATUS_SERIAL: Final = "badge-status"
_BADGE, _ENTRY = table_of(Badge), table_of(RegisterEntry)
_ID: Final = sa.bindparam("id", type_=sa.Text, required=False)


def _rows(model: type[Table], column: str, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*loader(model).columns).where(table_of(model).c[column] == _ID, *conditions)


_OF_ACCOUNT: Final = _rows(RegisterEntry, "account_id")
_FILED: Final = _rows(Filing, "account_id", table_of(Filing).c.state == FilingState.ACCEPTED.value)
_GRANTED: Final = _rows(Permission, "account_id", table_of(Permission).c.state == PermissionState.GRANTED.value)
_PROVIDER: Final = _rows(Provider, "id")
_LICENCE: Final = table_of(Licence).c
_VALID_TO: Final = sa.select(_LICENCE.valid_to).where(_LICENCE.number == _ID)
_STANDING: Final = sa.select(_BADGE.c.id).where(_BADGE.c.account_id == _ID, _BADGE.c.revoked_at.is_(None))


async def enter_register(
    office: Office, transaction: Transaction, writing: Writing, hand: Hand
) -> Iterable[Insert | Update]:
    """The account stands on the register, as its filing in force says."""
    account = hand.now_row()
    filing = await _one(Filing, _FILED, account.id, transaction, _in_hand(writing, "filing", FilingState.ACCEPTED))
    values = await said(office, transaction, account, filing)
    before = await _entry(transaction, writing, account.id)
    values |= {"ended_on": None, "changed_at": writing.now}
    if before is None:
        first = {"account_id": account.id, "licence_number": None, "filed_on": local_day(writing.now)}
        return [Insert(RegisterEntry, {**values, **first})]
    if before["ended_on"] is not None and not ANNULMENTS.intersection(step.trigger for step in writing.steps):
        values["filed_on"] = local_day(writing.now)
    return [Update(RegisterEntry, before["id"], values)]


async def end_register(_: Office, transaction: Transaction, writing: Writing, hand: Hand) -> Iterable[Insert | Update]:
    """The register shows from when on the account is no longer on file, and never why."""
    before = await _entry(transaction, writing, hand.id)
    if before is None or before["ended_on"] is not None:
        return []
    ended = {"ended_on": local_day(writing.now), "licence_number": None, "changed_at": writing.now}
    return [Update(RegisterEntry, before["id"], ended)]


async def issue_badge(
    office: Office, transaction: Transaction, writing: Writing, hand: Hand
) -> Iterable[Insert | Update]:
    """A new record of the account's badge, signed."""
    account, made = hand.now_row(), list[Insert | Update]()
    granted = _in_hand(writing, "permission", PermissionState.GRANTED)
    permission = await _one(Permission, _GRANTED, account.id, transaction, granted)
    entry = await _entry(transaction, writing, account.id)
    if entry is None:  # on file since before there was a register
        made = list(await enter_register(office, transaction, writing, hand))
        entry = {"id": new_id("register_entry"), **made[0].values}
        made = [Insert(RegisterEntry, entry)]
    whose = {"created_at": writing.now, "provider_id": account.provider_id, "jurisdiction": account.jurisdiction}
    values = _record(entry, permission, writing.now)
    values["valid_until"] = await _last_day(permission, transaction)
    values |= {"account_id": account.id, "status_place": await next_serial(transaction, _STATUS_SERIAL, whose)}
    jws = signer(office.keys).sign(badge_payload(values, office.public_url), BADGE)
    shown = {"licence_number": permission.licence_number, "changed_at": writing.now}
    return [*made, Insert(Badge, {**values, "jws": jws}), Update(RegisterEntry, entry["id"], shown)]


async def revoke_badges(_: Office, transaction: Transaction, writing: Writing, hand: Hand) -> Iterable[Insert | Update]:
    """No badge of the account stands any more."""
    standing = await transaction.fetch(_STANDING, {"id": hand.id})
    made: list[Insert | Update] = [Update(Badge, row[0], {"revoked_at": writing.now}) for row in standing]
    if (entry := await _entry(transaction, writing, hand.id)) is not None:
        made.append(Update(RegisterEntry, entry["id"], {"licence_number": None, "changed_at": writing.now}))
    return made


def badge_payload(badge: Mapping[str, Any], public_url: str) -> dict[str, Any]:
    """What the signature of a badge covers: that it was issued, and where to ask whether it stands."""
    said = ("handle", "display_name", "category", "filing_number", "licence_number", "approval_number")
    until = badge["valid_until"]
    return {
        "iss": public_url,
        "jti": badge["id"],
        "iat": int(badge["issued_at"].timestamp()),
        "kind": str(badge["kind"]),
        "subject": badge["subject_name"],
        "provider": badge["provider_name"],
        **{name: badge[name] for name in said},
        "valid_until": until.isoformat() if until is not None else None,
        "mode": str(badge["mode"]),
        "verify": f"{public_url}/{BADGE_PAGES}/{badge['id']}",
        "status": {"status_list": {"uri": f"{public_url}/{STATUS_LIST_PATH}", "idx": badge["status_place"]}},
    }


def _record(entry: Mapping[str, Any], permission: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id("badge"),
        "permission_id": permission.id,
        "kind": permission.kind,
        "subject_name": entry["organisation_name"] or entry["display_name"],
        **{name: entry[name] for name in ("handle", "display_name", "provider_name", "category", "mode")},
        "filing_number": entry["number"],
        **{name: getattr(permission, name) for name in ("licence_number", "approval_number")},
        "issued_at": now,
        "revoked_at": None,
    }


async def _last_day(permission: Any, transaction: Transaction) -> date | None:
    """The last day as known when the badge is issued; the register of licences may tell another later."""
    number = permission.licence_number
    rows = await transaction.fetch(_VALID_TO, {"id": number}) if number is not None else ()
    found = rows[0][0] if rows else None
    read = decoder(_LICENCE.valid_to.type, transaction.dialect)
    return last_day(permission.kind, permission.valid_until, read(found) if read and found is not None else found)


async def said(office: Office, transaction: Transaction, account: Any, filing: Any) -> dict[str, Any]:
    """What the register says of an account on file."""
    provider = await _one(Provider, _PROVIDER, account.provider_id, transaction)
    name, code = await borne_by(office, transaction, filing)
    return {
        **{column: getattr(filing, column) for column in ("number", "number_version", "handle", "display_name")},
        **{column: getattr(filing, column) for column in ("subject_type", "category", "division")},
        "handle_key": filing.handle.lower(),
        "name_key": name_key(filing.display_name),
        "organisation_name": name,
        "organisation_key": name_key(name) if name is not None else None,
        "uscc": code,
        "provider_name": provider.name,
        "mode": provider.mode,
    }


async def _entry(transaction: Transaction, writing: Writing, account_id: str) -> dict[str, Any] | None:
    """The account's entry with what this work already changes in it."""
    for model, values in writing.inserts:
        if model is RegisterEntry and values["account_id"] == account_id:
            return _updated(values, writing)
    rows = await transaction.fetch(_OF_ACCOUNT, {"id": account_id})
    if not rows:
        return None
    return _updated(vars(loader(RegisterEntry).row(rows[0], transaction.dialect)), writing)


def _updated(values: Mapping[str, Any], writing: Writing) -> dict[str, Any]:
    found = dict(values)
    for model, id_, changed in writing.updates:
        if model is RegisterEntry and id_ == found["id"]:
            found |= changed
    return found


def _in_hand(writing: Writing, noun: str, state: str) -> Any:
    """A case as it stands after the decision, where it is in hand."""
    return next((hand.now_row() for hand in writing.hands_of(noun, (state,))), None)


async def _one(
    model: type[Table], clause: sa.Select[Any], id_: str, transaction: Transaction, in_hand: Any = None
) -> Any:
    if in_hand is not None:
        return in_hand
    return loader(model).row((await transaction.fetch(clause, {"id": id_}))[0], transaction.dialect)
