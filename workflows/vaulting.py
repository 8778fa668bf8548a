"""Sealing what was submitted: identifiers checked, forms made, all of it encrypted, twins looked for (Art. 5)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from domain.calendar import local_day
from domain.identifiers import (
    Fault,
    Flag,
    Malformed,
    email,
    is_adult,
    mobile,
    resident_id,
    unified_social_credit_code,
    uscc_prefix_fits,
)
from domain.identity import FIELDS, Identity, IdentityState
from domain.ids import prefix_of
from domain.problems import Problem, ProblemCode
from domain.table import table_of
from domain.vault.blind_index import Indexed, blind_index
from domain.vault.bundle import seal_bundle
from domain.vault.cipher import Place, reseal, seal, unseal
from domain.vault.forms import forms_of, pack
from domain.vault.keys import Keys, open_clear_key, open_mask_key
from workflows.database import Transaction
from workflows.documents import UNUSED_OF_HOLDER
from workflows.engine import On

_TABLE = table_of(Identity)
_CAMEL: Final = {"resident_id": "residentId"}
_TWINS = sa.select(sa.func.count()).where(
    _TABLE.c.provider_id == sa.bindparam("b_provider_id", type_=sa.Text, required=False),
    _TABLE.c.id != sa.bindparam("b_id", type_=sa.Text, required=False),
    sa.or_(
        _TABLE.c.resident_id_index == sa.bindparam("b_resident_id", type_=sa.LargeBinary, required=False),
        _TABLE.c.uscc_index == sa.bindparam("b_uscc", type_=sa.LargeBinary, required=False),
    ),
)


@dataclass
class _Checked:
    """The values in their normal form, the faults found on the way, and the credit code's flag."""

    today: date
    values: dict[str, str] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)
    uscc_flagged: bool = False

    def take(self, name: str, normal: Callable[[], str]) -> None:
        try:
            self.values[name] = normal()
        except Malformed as malformed:
            self.faults.append(Problem(ProblemCode.INPUT_INVALID, (_CAMEL.get(name, name),), malformed.fault.en))


def checked(input_: Any, subject_type: str, today: date) -> _Checked:
    """Every identifier of a submission, normalised; all faults at once."""
    found = _Checked(today)
    found.values["legal_name"] = input_.legal_name
    found.take("resident_id", lambda: grown_up(input_.resident_id, today))
    found.take("mobile", lambda: mobile(input_.mobile))
    if input_.email is not None:
        found.take("email", lambda: email(input_.email))
    for name in ("address", "organisation_name", "mandate"):
        if (value := getattr(input_, name)) is not None:
            found.values[name] = value
    if input_.uscc is not None:
        found.take("uscc", lambda: _flagged(found, input_.uscc, subject_type))
    return found


def grown_up(text: str, today: date) -> str:
    person = resident_id(text, today=today)
    if is_adult(person, today=today) is False:
        raise Malformed(Fault.UNDER_AGE)
    return person.value


def _flagged(found: _Checked, text: str, subject_type: str) -> str:
    code = unified_social_credit_code(text)
    found.uscc_flagged = Flag.CHECK_DIGIT in code.flags or not uscc_prefix_fits(code.value, subject_type)
    return code.value


async def identity_sealed(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    """A submission as it will be written: nothing of it is in clear any more."""
    found = checked(on.input, on.facts.subject_type, local_day(on.now))
    mandate = found.values.get("mandate", "")
    document_id = mandate if prefix_of(mandate) == "document" else None
    if document_id is not None and not await transaction.fetch(UNUSED_OF_HOLDER, _document(on, document_id)):
        found.faults.append(Problem(ProblemCode.DOCUMENT_UNUSABLE, ("mandate",)))
    if found.faults:
        return {"faults": tuple(found.faults)}
    prefix = "" if on.case.state == IdentityState.UNVERIFIED else "pending_"
    indexes = _indexes(office.keys, on.case.provider_id, found.values)
    bound = {"b_provider_id": on.case.provider_id, "b_id": on.id}
    bound |= {"b_resident_id": indexes["resident_id_index"], "b_uscc": indexes["uscc_index"]}
    twins = (await transaction.fetch(_TWINS, bound))[0][0]
    return {
        "sealed": _sealed(office.keys, on.case, found.values, prefix),
        "bundle": _bundle(office.keys, on.case, found.values, prefix),
        "indexes": indexes,
        "uscc_flagged": found.uscc_flagged,
        "twins": twins,
        "mandate_document": document_id,
    }


def _document(on: On, id_: str) -> Mapping[str, Any]:
    return {"document_ids": [id_], "b_holder_id": on.case.holder_id}


async def identity_taken_over(office: Any, _: Transaction, on: On) -> Mapping[str, Any]:
    """What waited, sealed anew for its place as the verified identity; which of its names are others."""
    row = on.case
    if row.pending_bundle is None:
        return {}
    mask_key, clear_key = (
        open_mask_key(office.keys, row.mask_key, row.id),
        open_clear_key(office.keys, row.clear_key, row.id),
    )
    sealed = {
        name: _text(
            reseal(clear_key, b64decode(value), before=_place(f"pending_{name}", row.id), after=_place(name, row.id))
        )
        for name, value in row.pending_sealed.items()
    }
    before, after = _place("pending_bundle", row.id), _place("bundle", row.id)
    bundle = reseal(mask_key, row.pending_bundle, before=before, after=after)
    named = ("legal_name", "organisation_name")
    renamed = {name for name in named if _value(clear_key, row, name) != _value(clear_key, row, name, "pending_")}
    return {"sealed": sealed, "bundle": bundle, "renamed": frozenset(renamed)}


def _value(clear_key: bytes, row: Any, name: str, prefix: str = "") -> bytes | None:
    """A value that is verified, or waits."""
    kept = (getattr(row, f"{prefix}sealed") or {}).get(name)
    return None if kept is None else unseal(clear_key, b64decode(kept), _place(f"{prefix}{name}", row.id))


def _indexes(keys: Keys, provider_id: str, values: Mapping[str, str]) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    for name, personal in FIELDS.items():
        if personal.indexed:
            value = values.get(name)
            found[f"{name}_index"] = (value and blind_index(keys, provider_id, Indexed(name.upper()), value)) or None
    return found


def _sealed(keys: Keys, row: Any, values: Mapping[str, str], prefix: str) -> dict[str, str]:
    key = open_clear_key(keys, row.clear_key, row.id)
    return {name: _text(seal(key, value.encode(), _place(f"{prefix}{name}", row.id))) for name, value in values.items()}


def _bundle(keys: Keys, row: Any, values: Mapping[str, str], prefix: str) -> bytes:
    key = open_mask_key(keys, row.mask_key, row.id)
    forms = {name: forms_of(FIELDS[name].kind, value) for name, value in values.items()}
    return seal_bundle(key, pack(forms), row.id, column=f"{prefix}bundle")


def _place(column: str, id_: str) -> Place:
    return Place("identity", column, id_)


def _text(sealed: bytes) -> str:
    return b64encode(sealed).decode()
