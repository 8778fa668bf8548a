"""Who stands behind an account: one subject, as long as an account of theirs is there or may come back (Art. 5, 6).

The subject of an organisation is its credit code, of a person their document, of a sole trader both. Its number may be
another only where it is the same subject's: a card renewed, a typing corrected; two reviewers say so, with proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from domain.account import LIVE, Account, AccountState, ClosedCause
from domain.deadline import Deadline, DeadlineKind
from domain.holder import SubjectType
from domain.identity import FIELDS, Identity, IdentityState
from domain.journal import TextName
from domain.policy.roles import Role
from domain.problems import ProblemCode
from domain.sanction import Ban
from domain.table import table_of
from domain.vault.blind_index import ban_index
from workflows.changes import Change, Detail, Insert, Later, Say, Update
from workflows.commands import Input, Line, Paragraph, Sha256
from workflows.database import Among, Transaction, loader
from workflows.engine import Fact, On, Rests, guard
from workflows.hands import Hand, Writing

INDEXES: Final = tuple(f"{name}_index" for name, personal in FIELDS.items() if personal.indexed)
_PERSON, _CODE = ("resident_id_index",), ("uscc_index",)
_KNOWN_BY: Final = {SubjectType.INDIVIDUAL: _PERSON, SubjectType.SOLE_TRADER: _PERSON + _CODE}
_IDENTITY, _ACCOUNT, _BAN = table_of(Identity), table_of(Account), table_of(Ban)


def _word(word: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{word}'", sa.Text)


# Closed as a measure, it comes back when the closure is taken back.
_MAY_COME_BACK: Final = sa.and_(
    _ACCOUNT.c.state == _word(AccountState.CLOSED), _ACCOUNT.c.closed_cause == _word(ClosedCause.SANCTION)
)
ACCOUNTS: Final = Fact(
    "accounts",
    sa.select(_IDENTITY.c.id, _ACCOUNT.c.id, _ACCOUNT.c.jurisdiction, _ACCOUNT.c.state)
    .join(_ACCOUNT, _ACCOUNT.c.holder_id == _IDENTITY.c.holder_id)
    .where(
        Among(_IDENTITY.c.id, "ids"), sa.or_(_ACCOUNT.c.state.in_([_word(state) for state in LIVE]), _MAY_COME_BACK)
    ),
    lambda rows, _: {"has_accounts": bool(rows), "live": tuple(row[1:3] for row in rows if row[3] in LIVE)},
    in_steps=True,
)


class SameSubject(Input):
    """That a new number is still the same person's or organisation's. It needs two reviewers."""

    facts: Paragraph
    """What became of the former number: the card renewed, the typing corrected. The holder can read it."""
    proof_reference: Line
    """The provider's own reference to the proof it keeps."""
    proof_sha256: Sha256
    """The SHA-256 of that proof."""


def _differ(case: Any, names: Iterable[str]) -> bool:
    """Whether what waits has other numbers than what is verified."""
    if case.state == IdentityState.UNVERIFIED or case.pending_bundle is None:
        return False
    return any(getattr(case, name) != getattr(case, f"pending_{name}") for name in names)


def has_another_number(on: On) -> bool:
    """Another number of the subject, while an account of it is there or may come back."""
    return bool(on.facts.has_accounts) and _differ(on.case, _KNOWN_BY.get(on.facts.subject_type, _CODE))


def is_said_to_be_the_same(on: On) -> bool:
    """A verification which says, with proof, that a new number is still the same subject's."""
    return getattr(on.input, "same_subject", None) is not None


@guard(ProblemCode.SUBJECT_WOULD_CHANGE, rests=Rests.LOCKED, path=("id",))
def subject_stays_while_an_account_is_there(on: On) -> bool:
    is_proven = is_said_to_be_the_same(on) and on.viewer.role is Role.REVIEWER
    return is_proven or not has_another_number(on)


@guard(ProblemCode.REVIEWER_NEEDED, rests=Rests.LOCKED, path=("id",))
def a_machine_verifies_anew_only_what_is_equal(on: On) -> bool:
    if on.viewer.role is not Role.INTEGRATION or has_another_number(on):  # then it is refused for that
        return True
    return not on.facts.renamed and not _differ(on.case, INDEXES)


def take_names_along(on: On) -> Iterable[Change]:
    """Of an organisation: each account has its own row, for what it has filed is asked under its own root."""
    is_recoded = _differ(on.case, _CODE)
    if on.facts.subject_type in _KNOWN_BY or not (is_recoded or "organisation_name" in on.facts.renamed):
        return
    for account_id, jurisdiction in on.facts.live:
        whose = {"root_id": account_id, "case_kind": "account", "case_id": account_id, "jurisdiction": jurisdiction}
        times = {"runs_from": on.now, "due_at": on.now, "next_at": on.now, "attempts": 0, "failures": 0}
        never = ("paused_at", "left_seconds", "settled_at", "outcome", "problem", "counted_from", "counted_seconds")
        row = {**whose, **times, **dict.fromkeys(never), "is_assumed": False}
        yield Insert(Deadline, {"kind": DeadlineKind.NAME_AMENDMENT, **row})


def keep_proof(on: On) -> Iterable[Change]:
    """What is known of the subject goes on under its new number; so does what keeps it out."""
    proof = on.input.same_subject
    if proof is None:
        return
    yield Detail({"proof_sha256": proof.proof_sha256})
    yield Say(TextName.FACTS, proof.facts)
    yield Say(TextName.NOTE, proof.proof_reference)
    before = [index for name in (*_PERSON, *_CODE) if (index := getattr(on.case, name)) is not None]
    after = [getattr(on.case, f"pending_{name}") for name in _KNOWN_BY.get(on.facts.subject_type, _CODE)]
    yield Later(_bans_under(before, [index for index in after if index is not None and index not in before]))


_STANDING: Final = sa.select(*loader(Ban).columns).where(
    _BAN.c.provider_id == sa.bindparam("provider_id", type_=sa.Text, required=False),
    _BAN.c.subject_index == sa.bindparam("subject", type_=sa.LargeBinary, required=False),
    _BAN.c.lifted_at.is_(None),
)


def _bans_under(before: list[bytes], after: list[bytes]) -> Any:
    async def known_again(office: Any, transaction: Transaction, _: Writing, hand: Hand) -> Iterable[Insert | Update]:
        whose = hand.value("provider_id")
        made: list[Insert | Update] = []
        for index in before:
            digest = ban_index(office.keys, whose, index)
            for row in await transaction.fetch(_STANDING, {"provider_id": whose, "subject": digest}):
                ban = vars(loader(Ban).row(row, transaction.dialect))
                kept = {name: value for name, value in ban.items() if name != "id"}
                again = [ban_index(office.keys, whose, new) for new in after]
                made += [Insert(Ban, {**kept, "subject_index": digest}) for digest in again]
        return made

    return known_again
