"""One answer after the time for it: kept beside the case by its digest, where it moves nothing (Art. 8).

Every step makes what two officers wait to decide out of date, so an answer that comes late is none. It lies with the
evidence, numbered 0, shown to both of them and to its holder; the decision's step names its digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa

from domain.ids import new_id
from domain.problems import ProblemCode
from domain.sanction import Evidence
from domain.table import table_of
from domain.vault.cipher import Place, seal
from domain.vault.keys import open_mask_key
from domain.vault.texts import commitment, pack_text
from workflows.changes import Change, Detail, Insert
from workflows.database import Among, Row, Transaction, decoder
from workflows.engine import Fact, Gathered, On, Rests, guard
from workflows.sanction_facts import SUBJECT, Sealed

_EVIDENCE: Final = table_of(Evidence)


def _kept(rows: Sequence[Row], dialect: sa.Dialect) -> Mapping[str, Any]:
    moment = decoder(_EVIDENCE.c.late_answer_to.type, dialect) or (lambda stored: stored)
    return {"late_answers": {moment(row[1]): row[2] for row in rows}}


LATE_ANSWERS: Final = Fact(
    "late_answers",
    sa.select(_EVIDENCE.c.sanction_id, _EVIDENCE.c.late_answer_to, _EVIDENCE.c.sha256).where(
        Among(_EVIDENCE.c.sanction_id, "ids"), _EVIDENCE.c.late_answer_to.is_not(None)
    ),
    _kept,
    in_steps=True,
)


def is_late(on: On) -> bool:
    """Whether the time to answer has passed: at its very end an answer is in time."""
    return on.case.answer_until is not None and bool(on.case.answer_until < on.now)


@guard(ProblemCode.LATE_ANSWER_KEPT, rests=Rests.LOCKED, path=("id",))
def no_late_answer_to_this_notice_is_kept(on: On) -> bool:
    return not is_late(on) or on.case.notified_at not in on.facts.late_answers


def _words(on: On) -> str:
    return "\n".join(f"{number}. {point}" for number, point in enumerate(on.input.points, start=1))


async def _sealed(office: Any, transaction: Transaction, on: On) -> Mapping[str, Any]:
    if not is_late(on):
        return {}
    identity_id, mask_key, *_ = (await transaction.fetch(SUBJECT, {"id": on.case.holder_id}))[0]
    key, id_, words = open_mask_key(office.keys, bytes(mask_key), identity_id), new_id("evidence"), _words(on)
    body = seal(key, pack_text(commitment(words).salt, words), Place("evidence", "sealed", id_))
    return {"sealed": (Sealed(id_, identity_id, body),)}


SEALED_ANSWER: Final = Gathered("sealed_answer", _sealed)


def keep(on: On) -> Iterable[Change]:
    (kept,) = on.facts.sealed
    values = {
        "id": kept.id,
        "sanction_id": on.id,
        "account_id": on.case.account_id,
        "identity_id": kept.identity_id,
        "number": 0,
        "is_disclosable": False,  # nothing rests on it
        "disclosed_at": on.now,
        "sealed": kept.sealed,
        "sha256": sha256(_words(on).encode()).hexdigest(),
        "late_answer_to": on.case.notified_at,
    }
    yield Insert(Evidence, {**dict.fromkeys(("address", "captured_at")), **values})


def tell_of_it(on: On) -> Iterable[Change]:
    """The decision says which late answer there was."""
    digest = on.facts.late_answers.get(on.case.notified_at)
    if digest is not None:
        yield Detail({"late_answer": digest})
