"""One mutation, one unit of work: viewer, key, lock, load, decide, write, commit. The only way a state is written.

1  the viewer is loaded anew in this transaction; the role's grant is checked before any case is read
2  the idempotency key is inserted, or its earlier ids are the answer
3  the root is locked
4  the case in scope, what its follow-ups reach, the facts and the deadlines are read
5  the step is decided, purely and in memory
6  all of it is written, the case only at the version that was seen
7  commit; a collision repeats 2–7 once with the same clock reading, and so does what has passed under the root, once
   it is carried out
A power failure before 7 leaves nothing; after it, everything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from domain.ids import new_id
from domain.policy.roles import Grant, Role
from domain.problems import Problem, ProblemCode, Refused
from domain.viewer import Viewer
from workflows import idempotency, proposals
from workflows.catching_up import in_time
from workflows.commands import CaseCommand, Command, LeaseCommand, ProposableCommand, input_hash
from workflows.database import Transaction
from workflows.engine import On, Transition, Workflow, refusals
from workflows.facts import gather_facts
from workflows.firing import complete, fire
from workflows.hands import Hand, StepInHand, Writing
from workflows.in_the_way import begin_anew_if_held
from workflows.journal import whose, write_steps
from workflows.loading import load_case, load_deadlines, load_under, subject_of, under
from workflows.office import Office
from workflows.versions import moved_on
from workflows.viewers import viewer_in
from workflows.writing import write


@dataclass(frozen=True)
class Outcome:
    """What became of a request: the ids it wrote, or why it was refused."""

    problems: tuple[Problem, ...] = ()
    ids: Mapping[str, Any] = field(default_factory=dict)
    viewer: Viewer | None = None  # as known at the end of the work
    results: tuple[Any, ...] = ()  # of a batch: what became of each item
    receipt_secret: str | None = field(default=None, repr=False)  # derived for this answer; nothing keeps it

    @property
    def case_id(self) -> str | None:
        return self.ids.get("case")

    @property
    def step_id(self) -> str | None:
        return self.ids.get("step")

    @property
    def created_id(self) -> str | None:
        return self.ids.get("created")

    @property
    def proposal_id(self) -> str | None:
        return self.ids.get("proposal")

    @property
    def notice_id(self) -> str | None:
        return self.ids.get("notice")


class FollowUpOnly(Exception):
    """Nobody may ask for this trigger: a row of workflows/follow_ups.py or workflows/timed.py fires it."""


Act = Callable[[Writing, Transaction], Awaitable[dict[str, Any]]]


async def carry_out(office: Office, viewer: Viewer, workflow: Workflow, trigger: str, command: Command) -> Outcome:
    """Fire a trigger for a viewer."""
    transition = workflow.by_trigger[trigger]
    grant = workflow.grant(trigger)
    if grant is None:
        raise FollowUpOnly(
            f"{workflow.noun}.{trigger} is asked for by nobody: see workflows/follow_ups.py and workflows/timed.py"
        )

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        return await step(office, writing, workflow, transition, command, transaction)

    return await frame(office, viewer, grant, f"{workflow.noun}.{trigger}", command, act, creates=transition.creates)


async def endorse(office: Office, viewer: Viewer, command: proposals.ProposalEndorse) -> Outcome:
    """Endorse a proposal."""

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        id_ = await proposals.endorse(office, writing, command, transaction)
        await write(writing, transaction)
        return {"proposal": id_}

    return await frame(office, viewer, Grant.PROPOSAL_ENDORSE, "proposal.endorse", command, act, creates=False)


async def withdraw(office: Office, viewer: Viewer, command: proposals.ProposalWithdraw) -> Outcome:
    """Withdraw a proposal."""

    async def act(writing: Writing, transaction: Transaction) -> dict[str, Any]:
        id_ = await proposals.withdraw(office, writing, command, transaction)
        await write(writing, transaction)
        return {"proposal": id_}

    return await frame(office, viewer, Grant.PROPOSAL_WITHDRAW, "proposal.withdraw", command, act, creates=False)


async def frame(
    office: Office, viewer: Viewer, grant: Grant, name: str, command: Command, act: Act, *, creates: bool
) -> Outcome:
    """The frame of every unit of work."""
    if not viewer.may(grant):
        return Outcome((Problem(ProblemCode.NOT_ALLOWED),))
    key = command.idempotency_key
    if key is None and (creates or viewer.role is Role.INTEGRATION):
        return Outcome((Problem(ProblemCode.IDEMPOTENCY_KEY_REQUIRED, ("idempotencyKey",)),))
    now, caught_up = office.clock(), set[str]()

    async def work(transaction: Transaction) -> tuple[dict[str, Any], Viewer | None]:
        present = await present_viewer(viewer, grant, transaction)
        # Never the row's id: who enrols has none yet, and repeats the request with one.
        caller = f"{present.issuer} {present.subject} {present.authority_id or present.provider_id or ''}"
        if key is not None:
            asked = f"{name} {getattr(command, 'proposal', None) or ''}"  # to propose is not to carry out
            hashed = input_hash(office.keys.derived("proposal"), asked, command)
            if (before := await idempotency.begin(transaction, caller, key, hashed, now)) is not None:
                return dict(before), await _known(present, transaction)
        writing = Writing(present, now, caught_up=caught_up)
        try:
            ids = await act(writing, transaction)
        except Refused as refused:
            await begin_anew_if_held(refused.problems, writing, transaction)
            raise
        if key is not None:
            await idempotency.finish(transaction, caller, key, ids)
        return ids, await _known(present, transaction)

    try:
        ids, seen = await in_time(office, now, caught_up, work)
        return Outcome(ids=ids, viewer=seen)
    except Refused as refused:
        return Outcome(refused.problems)


async def present_viewer(viewer: Viewer, grant: Grant, transaction: Transaction) -> Viewer:
    """The viewer as the database knows them now: a dismissed person decides nothing more."""
    if viewer.role is Role.OPERATOR:
        return viewer  # at the command line of the machine itself; no token gives this role
    present = await viewer_in(transaction, viewer)
    if present is None or not present.may(grant):
        raise Refused(Problem(ProblemCode.NOT_ALLOWED))
    return present


async def _known(viewer: Viewer, transaction: Transaction) -> Viewer | None:
    """The viewer; who had no row before may have one now, by this request or by the one that it repeats."""
    return viewer if viewer.id else await viewer_in(transaction, viewer)


async def step(
    office: Office,
    writing: Writing,
    workflow: Workflow,
    transition: Transition,
    command: Command,
    transaction: Transaction,
) -> dict[str, Any]:
    """One step of one case, decided and written; what it wrote, by name."""
    viewer, now = writing.viewer, writing.now
    if not transition.creates:
        hand, on = await in_hand(office, writing, workflow, transition, command, transaction)
        return await _decide(office, writing, workflow, transition, hand, on, transaction)
    model, id_, path = under(workflow, transition, command, viewer)
    parent = await load_under(model, id_, path, writing, transaction)
    on = On(None, None, viewer, now, command, parent.id, parent)
    facts = await gather_facts(workflow, transition, on, office, transaction)
    on = replace(on, facts=facts, id=new_id(workflow.noun))
    return await _decide(office, writing, workflow, transition, None, on, transaction)


async def in_hand(
    office: Office,
    writing: Writing,
    workflow: Workflow,
    transition: Transition,
    command: Command,
    transaction: Transaction,
) -> tuple[Hand, On]:
    """A case that is there: locked, in scope, at the version that was seen, with all that is looked at to decide."""
    named = cast("CaseCommand | LeaseCommand", command).id  # a trigger of an existing case names it
    hand = await load_case(workflow, transition, named, writing.viewer, transaction, writing)
    on = On(hand.row, None, writing.viewer, writing.now, command, hand.id)
    _refuse_incompetent(transition, on)
    await _refuse_stale(command, hand, transaction)
    facts = await gather_facts(workflow, transition, on, office, transaction)
    await load_deadlines(writing, transaction)
    return hand, replace(on, facts=facts)


async def _decide(
    office: Office,
    writing: Writing,
    workflow: Workflow,
    transition: Transition,
    hand: Hand | None,
    on: On,
    transaction: Transaction,
) -> dict[str, Any]:
    """Decide and write: a proposal where a second person is needed and has not been heard, else the step."""
    writing.asked = on
    given = on.input.proposal if isinstance(on.input, ProposableCommand) else None
    proposal = None
    if hand is not None and given is not None:
        if not transition.four_eyes(on):
            raise Refused(Problem(ProblemCode.NOT_THE_PROPOSAL, ("proposal",)))
        proposal = await proposals.endorsed(office, writing, workflow, hand, transition.trigger, on.input, transaction)
    elif hand is not None and transition.four_eyes(on):
        return await _propose(office, writing, workflow, transition, hand, on, transaction)
    elif transition.four_eyes(on):
        raise Refused(Problem(ProblemCode.NOT_ENDORSED))  # what is not there yet is proposed with its batch only

    async def answer_for(taken: StepInHand) -> None:
        if proposal is not None:
            await proposals.use(proposal, taken, writing, transaction)
        elif transition.adverse and writing.viewer.person is not None:
            writing.inserts.append(proposals.decided_alone(taken, writing))

    return await take(office, writing, workflow, transition, hand, on, transaction, answer_for)


async def take(
    office: Office,
    writing: Writing,
    workflow: Workflow,
    transition: Transition,
    hand: Hand | None,
    on: On,
    transaction: Transaction,
    answer_for: Callable[[StepInHand], Awaitable[None]],
) -> dict[str, Any]:
    """Fire, and write all of it. `answer_for` says beside the step who answers for it."""
    moved = fire(writing, workflow, transition, hand, on, office.calendar)
    taken = writing.steps[0] if writing.steps else None
    if taken is not None:
        await answer_for(taken)
        told = any(one.texts for one in writing.steps)
        subject = await subject_of(whose(moved)["holder_id"], transaction) if told else None
        write_steps(writing, office.keys, subject)
    await complete(office, writing, transaction)
    await write(writing, transaction)
    created = next((hand.id for hand in writing.hands if hand.is_new and hand is not moved), None)
    return {"case": moved.id, "step": taken.id if taken else None, "created": created}


async def _propose(
    office: Office,
    writing: Writing,
    workflow: Workflow,
    transition: Transition,
    hand: Hand,
    on: On,
    transaction: Transaction,
) -> dict[str, Any]:
    """What cannot be fired cannot be proposed; what can, waits for the second person."""
    if problems := refusals(workflow, transition, hand.state, on, with_input=True):
        raise Refused(*problems)
    subject = await subject_of(whose(hand)["holder_id"], transaction)
    id_ = proposals.propose(office, writing, transition, hand, on.input, subject)
    await write(writing, transaction)
    return {"case": hand.id, "proposal": id_}


def _refuse_incompetent(transition: Transition, on: On) -> None:
    """The national authority reads all, and who is asked to take a filing over reads it: each writes its own."""
    if not transition.competent(on):
        raise Refused(Problem(ProblemCode.NOT_COMPETENT, ("id",)))


async def _refuse_stale(command: Command, hand: Hand, transaction: Transaction) -> None:
    if isinstance(command, CaseCommand):
        stale = await moved_on(hand.id, hand.seq, command.version, transaction)
        if stale is not None:
            raise Refused(stale)
