"""Turning steps in hand into rows: chained, committed to their texts, with notices, events and involvement (Art. 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from domain.ids import new_id
from domain.journal import Step, StepText, link
from domain.notice import Notice
from domain.outbox import Event
from domain.vault.cipher import Place, seal
from domain.vault.keys import Keys, open_mask_key
from domain.vault.receipts import receipt
from domain.vault.texts import commitment, pack_text
from workflows.hands import Hand, StepInHand, Writing
from workflows.triggers import event_type


def write_steps(writing: Writing, keys: Keys, subject: tuple[str, bytes] | None) -> None:
    """Append the rows of every step taken. `subject`: the identity, with its wrapped mask key, the texts are about."""
    for step in writing.steps:
        texts, commitments = _texts(step, writing, keys, subject)
        row = _row(step, writing, commitments)
        row["prev_hash"] = step.hand.head
        row["hash"] = step.hand.head = link(row["prev_hash"], row)
        writing.inserts.append((Step, row))
        writing.inserts.extend((StepText, text) for text in texts)
        writing.inserts.extend(_notices(step, writing, keys))
        writing.inserts.append((Event, _event(step, row)))


def whose(hand: Hand) -> dict[str, str | None]:
    """Whose a case is: the columns that scopes look at."""
    return {
        "provider_id": hand.id if hand.workflow.noun == "provider" else hand.value("provider_id"),
        "jurisdiction": hand.value("jurisdiction"),
        "holder_id": hand.id if hand.workflow.noun == "holder" else hand.value("holder_id"),
    }


def _row(step: StepInHand, writing: Writing, commitments: str) -> dict[str, Any]:
    viewer, hand, follows = writing.viewer, step.hand, step.cause is not None
    return {
        "id": step.id,
        "case_kind": hand.workflow.noun,
        "case_id": hand.id,
        "root_id": hand.root_id,
        **whose(hand),
        "seq": step.seq,
        "trigger": step.trigger,
        "from_state": step.before,
        "to_state": step.after,
        "actor_id": None if follows else viewer.id or None,
        "actor_role": "SYSTEM" if follows else viewer.role.value,
        "actor_number": None if follows else viewer.staff_number,
        "cause": step.cause.id if step.cause else None,
        "cause_kind": step.cause.hand.workflow.noun if step.cause else None,
        "reason_codes": " ".join(step.reason_codes),
        "legal_bases": " ".join(step.legal_bases),
        "ruleset": hand.value("ruleset") or 1,
        "details": orjson.dumps(step.details, option=orjson.OPT_SORT_KEYS).decode(),
        "texts": commitments,
        "skipped": " ".join(step.skipped),
        "at": step.at,
    }


def _texts(
    step: StepInHand, writing: Writing, keys: Keys, subject: tuple[str, bytes] | None
) -> tuple[list[dict[str, Any]], str]:
    """The sealed texts of a step, and the commitments that its hash covers."""
    if not step.texts:
        return [], ""
    key = keys.derived("deployment-text") if subject is None else open_mask_key(keys, subject[1], subject[0])
    rows, words, theirs = [], [], whose(step.hand)
    for name, text in step.texts:
        made = commitment(text)
        id_ = new_id("step_text")
        sealed = seal(key, pack_text(made.salt, text), Place("step_text", "sealed", id_))
        words.append(f"{name}:{made.digest.hex()}")
        rows.append(
            {
                "id": id_,
                "created_at": writing.now,
                **theirs,
                "step_id": step.id,
                "case_id": step.hand.id,
                "identity_id": subject[0] if subject else None,
                "name": name,
                "audience": name.audience,
                "sealed": sealed,
            }
        )
    return rows, " ".join(words)


def _notices(step: StepInHand, writing: Writing, keys: Keys) -> Iterable[tuple[type[Notice], dict[str, Any]]]:
    served_at = writing.recorded_at or writing.now
    for serve in step.served:
        id_ = new_id("notice")
        yield (
            Notice,
            {
                "id": id_,
                "created_at": served_at,
                **whose(step.hand),
                **({} if serve.authority_id is None else {"jurisdiction": serve.authority_id}),
                "party": serve.party,
                "case_kind": step.hand.workflow.noun,
                "case_id": step.hand.id,
                "step_id": step.id,
                "receipt_number": f"N-{id_.rpartition('_')[2][-16:].upper()}",
                "secret_hash": receipt(keys, id_, step.id).hash,
                "served_at": served_at,
                "seen_at": None,
            },
        )


def _event(step: StepInHand, row: dict[str, Any]) -> dict[str, Any]:
    told = ("case_id", "seq", "at", "provider_id", "jurisdiction", "holder_id")
    return {
        "id": new_id("event"),
        "step_id": step.id,
        "type": event_type(row["case_kind"], step.trigger),
        "state": step.after,
        **{name: row[name] for name in told},
    }
