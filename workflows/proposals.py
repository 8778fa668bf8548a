"""Four eyes 双人复核: one person proposes, another endorses the hash of that input, the proposer fires just that."""

from __future__ import annotations

import hmac
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa

from domain.deadline import Deadline, DeadlineKind, Outcome
from domain.ids import new_id, prefix_of
from domain.policy.roles import GRANTS, Grant, Role
from domain.problems import Problem, ProblemCode, Refused
from domain.proposal import Involvement, Proposal
from domain.staff import Staff
from domain.table import Table, table_of
from domain.vault.cipher import Place, seal
from domain.vault.keys import open_mask_key
from domain.vault.texts import commitment, pack_text
from domain.viewer import Viewer
from workflows.commands import Command, Id, ProposableCommand, Sha256, input_hash, plain_input
from workflows.database import Transaction, loader
from workflows.deadlines import begun, due
from workflows.engine import Transition, Workflow
from workflows.hands import Hand, StepInHand, Writing
from workflows.lateness import begin_anew_if_late, is_late
from workflows.loading import in_scope
from workflows.office import Office
from workflows.recusal import is_own_matter
from workflows.registry import workflow_of

_TABLE = table_of(Proposal)
_STAFF = table_of(Staff)
_ID = sa.bindparam("id", type_=sa.Text, required=False)
_USE = (
    sa.update(_TABLE)
    .where(_TABLE.c.id == _ID, _TABLE.c.used_by.is_(None))
    .values(used_by=sa.bindparam("b_step", type_=sa.Text, required=False))
    .returning(_TABLE.c.id)
)
_DEADLINE = table_of(Deadline)
_SETTLE = (
    sa.update(_DEADLINE)
    .where(_DEADLINE.c.case_id == _ID, _DEADLINE.c.settled_at.is_(None))
    .values(
        settled_at=sa.bindparam("b_at", type_=_DEADLINE.c.settled_at.type, required=False),
        outcome=sa.bindparam("b_outcome", type_=_DEADLINE.c.outcome.type, required=False),
        next_at=sa.null(),
    )
)
_ENDORSER = sa.select(_STAFF.c.role).where(_STAFF.c.id == _ID, _STAFF.c.disabled_at.is_(None))


class ProposalEndorse(Command):
    """Endorse a proposal as a second person."""

    id: Id
    """The proposal."""
    hash: Sha256
    """The hash of the proposed input, as the proposal shows it."""


class ProposalWithdraw(Command):
    """Take a proposal back."""

    id: Id
    """The proposal."""


def hash_of(office: Office, trigger: str, command: Command) -> str:
    """The hash that is endorsed: over the complete input, with case and version."""
    return input_hash(office.keys.derived("proposal"), trigger, command)


def propose(
    office: Office,
    writing: Writing,
    transition: Transition,
    hand: Hand,
    command: Command,
    subject: tuple[str, bytes] | None,
) -> str:
    """Write a proposal instead of taking the step."""
    viewer, id_ = writing.viewer, new_id("proposal")
    body = orjson.dumps(plain_input(command), option=orjson.OPT_SORT_KEYS).decode()
    key = office.keys.derived("deployment-text")
    if subject is not None:
        key = open_mask_key(office.keys, subject[1], subject[0])
    expires_at = due(DeadlineKind.PROPOSAL, writing.now, office.calendar)
    values = {
        "id": id_,
        "created_at": writing.now,
        "case_kind": hand.workflow.noun,
        "case_id": hand.id,
        "provider_id": None if viewer.authority_id else viewer.provider_id,
        "jurisdiction": viewer.authority_id,
        "trigger": transition.trigger,
        "version": hand.seq,
        "identity_id": subject[0] if subject else None,
        "sealed": seal(key, pack_text(commitment(body).salt, body), Place("proposal", "sealed", id_)),
        "hash": hash_of(office, f"{hand.workflow.noun}.{transition.trigger}", command),
        "proposer_id": viewer.id,
        "proposer_person": viewer.person,
        "endorser_id": None,
        "endorser_person": None,
        "endorsed_at": None,
        "withdrawn_at": None,
        "expires_at": expires_at,
        "used_by": None,
    }
    writing.inserts += [(Proposal, values), *_waits(id_, expires_at, hand, writing)]
    return id_


def _waits(id_: str, ends: datetime, hand: Hand, writing: Writing) -> list[tuple[type[Table], dict[str, Any]]]:
    """Its deadline; one about staff is of one body alone, and ends unmarked."""
    waits = begun(DeadlineKind.PROPOSAL, ends, hand, writing)
    waits |= {"case_kind": "proposal", "case_id": id_, "holder_id": None}
    return [] if None in (waits["provider_id"], waits["jurisdiction"]) else [(Deadline, waits)]


async def endorsed(
    office: Office,
    writing: Writing,
    workflow: Workflow,
    hand: Hand,
    trigger: str,
    command: ProposableCommand,
    transaction: Transaction,
) -> Proposal:
    """The proposal a command names, if it is this very input, endorsed by another person who still may."""
    proposal = await _in_scope(str(command.proposal), writing.viewer, transaction, path="proposal")
    problems: list[Problem] = []
    if proposal.proposer_id != writing.viewer.id:
        problems.append(_problem(ProblemCode.NOT_THE_PROPOSER))
    given = hash_of(office, f"{workflow.noun}.{trigger}", command)
    if (proposal.case_id, proposal.trigger) != (hand.id, trigger) or not hmac.compare_digest(proposal.hash, given):
        problems.append(_problem(ProblemCode.NOT_THE_PROPOSAL))
    if not _is_alive(proposal, writing) or proposal.version != hand.seq:
        problems.append(_problem(ProblemCode.PROPOSAL_DEAD))
    if proposal.endorser_id is None:
        problems.append(_problem(ProblemCode.NOT_ENDORSED))
    elif proposal.endorser_person == writing.viewer.person:
        problems.append(_problem(ProblemCode.SAME_PERSON))
    elif not await _still_endorses(proposal.endorser_id, workflow, trigger, transaction):
        problems.append(_problem(ProblemCode.PROPOSAL_DEAD))
    elif await is_own_matter(workflow.noun, hand.id, proposal.endorser_person, transaction):
        problems.append(_problem(ProblemCode.OWN_MATTER))  # the identity behind a case may have changed since
    if problems:
        raise Refused(*problems)
    return proposal


async def use(proposal: Proposal, step: StepInHand, writing: Writing, transaction: Transaction) -> None:
    """Spend the proposal on the step; whoever had a part in it is kept for the appeal's sake."""
    if not await transaction.fetch(_USE, {"id": proposal.id, "b_step": step.id}):
        raise Refused(_problem(ProblemCode.PROPOSAL_DEAD))
    await _settle(proposal, Outcome.MET, writing, transaction)
    writing.inserts += decided_by_two(step, writing, (proposal.endorser_id, proposal.endorser_person))


def decided_by_two(
    step: StepInHand, writing: Writing, endorser: tuple[Any, Any]
) -> list[tuple[type[Involvement], dict[str, Any]]]:
    """The two persons behind a decision: its endorser, by id and person, and who proposed and takes it."""
    proposer = _involved(step, writing, writing.viewer.id, writing.viewer.person, "PROPOSER DECIDER")
    return [_involved(step, writing, *endorser, "ENDORSER"), proposer]


def decided_alone(step: StepInHand, writing: Writing) -> tuple[type[Involvement], dict[str, Any]]:
    """The one person behind a decision that needed no second."""
    return _involved(step, writing, writing.viewer.id, writing.viewer.person, "DECIDER")


def _involved(
    step: StepInHand, writing: Writing, staff_id: Any, person: Any, parts: str
) -> tuple[type[Involvement], dict[str, Any]]:
    made = {"id": new_id("involvement"), "created_at": writing.now}
    return Involvement, {**made, "decision": step.id, "person": person, "staff_id": staff_id, "parts": parts}


async def endorse(office: Office, writing: Writing, command: ProposalEndorse, transaction: Transaction) -> str:
    """Endorse: another person, the same grant, the same input, the case where it was."""
    viewer = writing.viewer
    proposal = await _in_scope(command.id, viewer, transaction, path="id")
    workflow = workflow_of(proposal.case_kind)
    grant = workflow.grant(proposal.trigger)
    if grant is None or not workflow.is_endorsed_by(proposal.trigger, viewer.role):
        raise Refused(Problem(ProblemCode.NOT_ALLOWED))
    problems: list[Problem] = []
    if proposal.proposer_person == viewer.person or proposal.proposer_id == viewer.id:
        problems.append(Problem(ProblemCode.SAME_PERSON, ("id",)))
    if not hmac.compare_digest(proposal.hash, command.hash):
        problems.append(Problem(ProblemCode.NOT_THE_PROPOSAL, ("hash",)))
    version = await _version(workflow, proposal.case_id, writing, transaction)
    stands = _is_alive(proposal, writing) and version == proposal.version
    if (
        not stands
        or proposal.endorser_id not in (None, viewer.id)
        or not await _still_may(proposal.proposer_id, grant, transaction)
    ):
        problems.append(Problem(ProblemCode.PROPOSAL_DEAD, ("id",)))
    if not problems and await is_own_matter(proposal.case_kind, proposal.case_id, viewer.person, transaction):
        problems.append(Problem(ProblemCode.OWN_MATTER, ("id",)))
    if problems:
        raise Refused(*problems)
    values = {"endorser_id": viewer.id, "endorser_person": viewer.person, "endorsed_at": writing.now}
    writing.updates.append((Proposal, proposal.id, values))
    return proposal.id


async def withdraw(office: Office, writing: Writing, command: ProposalWithdraw, transaction: Transaction) -> str:
    """Take one's own proposal back."""
    proposal = await _in_scope(command.id, writing.viewer, transaction, path="id")
    if proposal.proposer_id != writing.viewer.id:
        raise Refused(Problem(ProblemCode.NOT_THE_PROPOSER, ("id",)))
    if not _is_alive(proposal, writing):
        raise Refused(Problem(ProblemCode.PROPOSAL_DEAD, ("id",)))
    writing.updates.append((Proposal, proposal.id, {"withdrawn_at": writing.now}))
    await _settle(proposal, Outcome.MOOT, writing, transaction)
    return proposal.id


async def _settle(proposal: Proposal, outcome: Outcome, writing: Writing, transaction: Transaction) -> None:
    """End the deadline of a proposal that waits no more."""
    await transaction.fetch(_SETTLE, {"id": proposal.id, "b_at": writing.now, "b_outcome": outcome})


async def _in_scope(id_: str, viewer: Viewer, transaction: Transaction, *, path: str) -> Proposal:
    rows = await transaction.fetch(_locked(viewer.role), {**viewer.bound, "id": id_})
    if not rows or prefix_of(id_) != "proposal":
        raise Refused(Problem(ProblemCode.NOT_FOUND, (path,)))
    found: Proposal = loader(Proposal).row(rows[0], transaction.dialect)
    return found


@cache
def _locked(role: Role) -> sa.Select[Any]:
    chosen = sa.select(*loader(Proposal).columns).where(_TABLE.c.id == _ID, in_scope(_TABLE, role))
    return chosen.with_for_update(key_share=True)


async def _version(workflow: Workflow, case_id: str, writing: Writing, transaction: Transaction) -> int | None:
    values = {**writing.viewer.bound, "id": case_id, "now": writing.now}
    rows = await transaction.fetch(_version_of(workflow, writing.viewer.role), values)
    begin_anew_if_late([(row[1], row[2]) for row in rows], writing)
    return rows[0][0] if rows else None


@cache
def _version_of(workflow: Workflow, role: Role) -> sa.Select[Any]:
    table = table_of(workflow.model)
    root = table.c[workflow.root_column]
    return sa.select(table.c.seq, root, is_late(root)).where(table.c.id == _ID, in_scope(table, role))


async def _still_may(staff_id: str, grant: Grant | None, transaction: Transaction) -> bool:
    rows = await transaction.fetch(_ENDORSER, {"id": staff_id})
    return bool(rows) and grant is not None and grant in GRANTS[Role(rows[0][0])]


async def _still_endorses(staff_id: str, workflow: Workflow, trigger: str, transaction: Transaction) -> bool:
    rows = await transaction.fetch(_ENDORSER, {"id": staff_id})
    return bool(rows) and workflow.is_endorsed_by(trigger, Role(rows[0][0]))


def _is_alive(proposal: Proposal, writing: Writing) -> bool:
    return proposal.used_by is None and proposal.withdrawn_at is None and writing.now < proposal.expires_at


def _problem(code: ProblemCode) -> Problem:
    return Problem(code, ("proposal",))
