"""The product of account × filing × permission × sanctions, walked breadth-first in memory (Art. 6, 7, 8).

Two cases of an account are alike: which of them came first tells no combination from another. No length of time is
looked at: each deadline may pass next, as if what it belongs to had begun long enough ago. A `Width` says how much of
a case is told apart; two cases in every detail at once would be too many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property, partial
from itertools import count
from typing import Any, Final

from domain.account import ClosedCause
from domain.deadline import Deadline, DeadlineKind, Outcome
from domain.ids import new_id
from domain.permission import PermissionKind
from domain.policy.roles import Role
from domain.problems import Refused
from domain.sanction import OPEN, RUNGS, UNDECIDED, EndCause, Measure, MeasureLevel, in_force
from tests.sanctions import CIRCUMSTANCES, DISMISSAL, PIECE, REASONS
from tests.workflows.test_product_walk import (
    CALENDAR,
    HAS_ENDED,
    NOON,
    OPEN_PERMISSIONS,
    PERMISSION,
    STANDS,
    Case,
    Edge,
    Place,
    Walk,
    account_facts,
    attempted,
    begin,
    filing_facts,
    in_sight,
    moved,
    passed,
    permission_facts,
    running,
    sound_input,
    standing,
    taken,
    viewer,
)
from workflows.database import valued
from workflows.deadlines import due
from workflows.engine import On, Transition
from workflows.firing import fire
from workflows.hands import Writing
from workflows.permission_facts import Listed
from workflows.registry import WORKFLOWS
from workflows.sanction_facts import Dormant, Piece, SanctionFacts, Sealed

SANCTION: Final = WORKFLOWS["sanction"]
NEWS, PLAIN, URGENT = "NEWS_DISTORTED", "VULGARITY", "UNLAWFUL_CONTENT"
HEAVY: Final = ("RESTRICTED", "SUSPENDED", "CLOSED")
PIECES: Final = (Piece("evidence_1", 1, True, True, None),)  # shown in the hearing
C, G, H = Role.COMPLIANCE_OFFICER, Role.PROVINCIAL_REGULATOR, Role.HOLDER
# Who fires what of the rest of the product: what others may do, they do alike.
ACTORS: Final[dict[str, tuple[Role, ...]]] = {
    "account.ask_close": (H,), "account.cancel_close": (H,), "account.close": (C,),
    "filing.submit": (C,), "filing.accept": (G,), "filing.decline": (G,), "filing.prepare_again": (C,),
    "filing.revoke": (G,), "filing.reinstate": (G,), "permission.grant": (C,), "permission.refuse": (C,),
    "permission.suspend": (C, G), "permission.resume": (C, G), "permission.renewed": (C,), "permission.revoke": (G,),
    "permission.give_up": (H,), "sanction.answer": (H,), "sanction.waive": (H,), "sanction.acknowledge": (H,),
}  # fmt: skip
ASKED_FIRST: Final = frozenset({"sanction.answer", "sanction.waive", "sanction.acknowledge"})
LEADS_TO_THE_SAME: Final = frozenset(
    {
        "account.cancel_close", "filing.decline", "filing.prepare_again", "permission.refuse", "permission.give_up",
        "permission.revoke",
    }
)  # fmt: skip
_conducts = count()


@dataclass(frozen=True)
class Width:
    """How much is walked, and what tells two cases apart."""

    cases: int = 2
    grounds: tuple[str, ...] = (NEWS, PLAIN)
    is_heard: bool = False  # step by step; else a case is brought on as it stands when its hearing is over
    is_late: bool = False  # the worker may be: the time of a measure is over before its case is
    keeps_ended: bool = False  # in sight: to be reopened, or rescinded
    keeps_earlier: bool = False  # measures, to be rescinded
    is_brief: bool = True  # of the rest: what is asked for is given at once, and what leads to the same is left out

    def leaves_out(self, name: str) -> bool:
        """Whether a trigger is not walked."""
        return name in (ASKED_FIRST if not self.is_heard else ()) or (self.is_brief and name in LEADS_TO_THE_SAME)


@dataclass(frozen=True, repr=False)
class Sanctioned(Place):
    """An account with all that hangs on it, its sanctions and their measures too."""

    sanctions: tuple[Case, ...] = ()
    measures: tuple[Any, ...] = ()
    width: Width = Width()

    @property
    def cases(self) -> tuple[Case, ...]:
        return (*super().cases, *self.sanctions)

    def of_case(self, id_: str) -> list[Any]:
        """The measures of one case."""
        return [measure for measure in self.measures if measure.sanction_id == id_]

    def rung(self, case: Case) -> Any:
        """The measure that a case stands by, in force or not."""
        return next((one for one in self.measures if one.id == case.row.measure_id), None)

    @cached_property
    def key(self) -> tuple[Any, ...]:
        row = self.account.row
        filings = sorted((one.state, bool(one.row.was_in_force), *sorted(one.open_due)) for one in self.filings)
        asked = (row.closing_at is not None, row.closing_held_at is not None)
        account = (self.account.state, row.closed_cause == ClosedCause.SANCTION, asked)
        permissions = sorted(map(standing, self.permissions))
        return account, tuple(filings), tuple(permissions), tuple(sorted(map(self.told_apart, self.sanctions)))

    def told_apart(self, case: Case) -> tuple[Any, ...]:
        """What tells a case from another."""
        row, state = case.row, case.state
        if state not in OPEN:
            return (state, row.is_news, self.has_earlier(case), row.measure_id is not None)
        rung = self.rung(case)
        stands = state in RUNGS and bool(in_force(rung, NOON))
        interims = [one for one in self.of_case(row.id) if one.level == MeasureLevel.INTERIM]
        interim = (len(interims), row.interim_id is not None, any(in_force(one, NOON) for one in interims))
        is_asked = state in UNDECIDED and self.width.is_heard
        waits = (row.told_at is not None, decision_of(case) == NOON) if state in UNDECIDED else ()
        heard = (hearing(row), row.answer_points > 0) if state != "CLOSED" else ()
        seen = (waits, heard, interim if is_asked else ())
        return (state, row.is_news, row.is_urgent, stands, *seen, self.has_earlier(case))

    def has_earlier(self, case: Case) -> bool:
        """Whether another measure of it could be rescinded."""
        others = (one for one in self.of_case(case.row.id) if one.id != case.row.measure_id)
        return self.width.keeps_earlier and any(one.ended_by != EndCause.OVERTURNED for one in others)


def decision_of(case: Case) -> Any:
    """When its decision is due; now, where it is overdue."""
    kind = DeadlineKind.SANCTION_DECISION
    return next((one.due_at for one in case.due if one.kind == kind and one.settled_at is None), None)


def hearing(row: Any) -> str:
    if row.notified_at is None:
        return ""
    is_over = row.answered_at or row.waived_at or row.answer_until <= NOON
    return "OVER" if is_over else "OPEN"


# --- facts -------------------------------------------------------------------------------------------------------
def sanction_facts(place: Sanctioned, case: Case | None, licence: Listed = STANDS) -> SanctionFacts:
    """What the guards of a sanction would read."""
    row = place.account.row
    others = [one.row for one in place.sanctions if one is not case and one.state in OPEN]
    said = (licence.services, licence.valid_from, licence.valid_to, True)
    return SanctionFacts(
        account_state=row.state,
        closed_cause=row.closed_cause,
        answer_until=due(DeadlineKind.SANCTION_ANSWER, NOON, CALENDAR),
        decide_by=due(DeadlineKind.SANCTION_DECISION, NOON, CALENDAR),
        decisions={one.row.id: decision_of(one) for one in place.sanctions if is_told_and_undecided(one)},
        measures=place.measures,
        evidence=PIECES,
        open_conducts=frozenset((str(one.ground), one.conduct_on) for one in others),
        sealed=(Sealed(new_id("evidence"), "identity_1", b""),),
        dormant={
            one.row.id: Dormant(str(one.row.kind), one.row.valid_until, None, *said)
            for one in place.permissions
            if one.state == "SUSPENDED"
        },
    )


def is_told_and_undecided(case: Case) -> bool:
    return case.state in UNDECIDED and case.row.told_at is not None


def held_until(place: Sanctioned) -> Any:
    """When the last of what holds the account's closing ends, or ended."""
    ends = [min(one.until, one.ended_at) for one in place.measures if one.level in ("INTERIM", *HEAVY)]
    return max((*ends, *(decision_of(one) for one in place.sanctions if is_told_and_undecided(one))), default=None)


def of_account(place: Sanctioned) -> Any:
    return replace(account_facts(place), held_until=held_until(place))


def facts_of(place: Sanctioned, case: Case, trigger: str, role: Role) -> list[tuple[Any, Listed]]:
    """With what the register may say of the licence, where somebody asks it."""
    if case.noun == "account":
        return [(of_account(place), STANDS)]
    if case.noun == "filing":
        return [(filing_facts(place, case), STANDS)]
    is_waiting = trigger in ENDINGS and any(one.suspended_by == "SYSTEM" for one in place.permissions)
    licences = (STANDS, HAS_ENDED) if is_waiting or (case.noun == "permission" and role is C) else (STANDS,)
    if case.noun == "sanction":
        return [(sanction_facts(place, case, licence), licence) for licence in licences]
    is_sanctioned = any(one.is_news and one.level in HEAVY and in_force(one, NOON) for one in place.measures)
    return [
        (replace(permission_facts(place, case, licence), news_sanctioned=is_sanctioned), licence)
        for licence in licences
    ]


# --- sound input -------------------------------------------------------------------------------------------------
@cache
def command(trigger: str, variant: str = "", points: int = 0, measure_id: str = "") -> Any:
    """A command of a sanction against which no guard of the input has anything to say."""
    decision = {
        "evidenceIds": ["evidence_1"],
        "circumstances": CIRCUMSTANCES,
        "addressed": [{"point": number, "text": "It was not."} for number in range(1, points + 1)],
    }
    milder: dict[str, dict[str, Any]] = {
        "WARNING": {"level": "WARNING"},
        "RESTRICTED": {"level": "RESTRICTED", "days": 1, "scope": ["PUBLISH"]},
        "SUSPENDED": {"level": "SUSPENDED", "days": 1},
    }
    more: dict[str, dict[str, Any]] = {
        "interim": {"scope": ["PUBLISH"], "hours": 24},
        "notify": {"proposedLevel": "CLOSED", "facts": "What was found.", "evidenceIds": ["evidence_1"]},
        "answer": {"points": ["It was satire."]},
        "warn": decision,
        "restrict": {**decision, "days": 10, "scope": ["PUBLISH"]},
        "suspend": {**decision, "days": 7},
        "close": decision,
        "prolong": {"days": 1, "evidenceIds": ["evidence_1"]},
        "reduce": {"reason": "It was too much.", **milder.get(variant, {})},
        "lift": {"reason": "It was put right."},
        "rescind": {"reason": "It was wrong.", "measureId": measure_id},
        "reopen": {"findings": "More was found.", "evidence": [PIECE]},
    }
    transition = SANCTION.by_trigger[trigger]
    assert transition.command is not None
    reasons = {"reasons": DISMISSAL if trigger == "dismiss" else REASONS} if transition.adverse else {}
    return transition.command.model_validate({"id": "case_1", "version": 1, **reasons, **more.get(trigger, {})})


def commands(place: Sanctioned, case: Case, trigger: str) -> Iterator[Any]:
    """Every command worth trying."""
    if trigger == "reduce":
        for level in ("WARNING", "RESTRICTED", "SUSPENDED"):
            yield command(trigger, level)
    elif trigger == "rescind":
        mine = [one for one in place.of_case(case.row.id) if one.ended_by != EndCause.OVERTURNED]
        last = [one for one in mine if one.id == case.row.measure_id]
        earlier = [one for one in mine if one.id != case.row.measure_id] if place.width.keeps_earlier else []
        for measure in (*last, *earlier[:1]):
            yield command("rescind", measure_id="").model_copy(update={"measure_id": measure.id})
    else:
        yield command(trigger, points=case.row.answer_points if trigger in DECISIONS else 0)


ENDINGS: Final = ("reduce", "lift", "expire", "rescind")
DECISIONS: Final = ("warn", "restrict", "suspend", "close")


# --- steps -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, repr=False)
class Turn(Edge):
    """A step, and what the register then said of the licence."""

    licence: Listed = STANDS


def then(place: Place, writing: Writing, role: Role) -> Sanctioned:
    """Where everything stands after a step, sanctions and measures too."""
    assert isinstance(place, Sanctioned)
    plain, hands = moved(place, writing, role), {hand.id: hand for hand in writing.hands}
    because = {step.hand.id for step in writing.steps if step.trigger == "suspend" and step.cause is not None}
    permissions = (replace(one, suspended_by="SYSTEM") if one.row.id in because else one for one in plain.permissions)
    known = (taken(hands[one.row.id]) if one.row.id in hands else one for one in place.sanctions)
    new = (taken(hand) for hand in writing.hands if hand.is_new and hand.workflow is SANCTION)
    updates: dict[str, dict[str, Any]] = {}
    for model, id_, values in writing.updates:
        if model is Measure:
            updates.setdefault(id_, {}).update(values)
    made = (valued(Measure, values) for model, values in writing.inserts if model is Measure)
    measures = (
        valued(Measure, {**vars(one), **updates[one.id]}) if one.id in updates else one
        for one in (*place.measures, *made)
    )
    return replace(
        place,
        account=plain.account,
        filings=plain.filings,
        permissions=tuple(permissions),
        sanctions=(*known, *new),
        measures=tuple(measures),
    )


def step_out(place: Sanctioned, walk: Walk) -> Iterator[Turn]:
    """Every step that anybody, or time, can take from a combination."""
    for case in place.cases:
        for transition in open_to_somebody(case.noun, case.state, place.width):
            for role in roles_of(case.noun, transition, place.width):
                for facts, licence in facts_of(place, case, transition.trigger, role):
                    yield from tried(place, case, transition, role, facts, licence, walk)
        yield from timed_out(place, case)
    if not place.permissions:
        yield from tried_to_request(place, walk)
    if len(place.sanctions) < place.width.cases:
        for ground in place.width.grounds:
            yield from tried_to_open(place, ground, walk)


@cache
def open_to_somebody(noun: str, state: str, width: Width) -> tuple[Transition, ...]:
    """What somebody may fire on a case where it stands."""
    workflow = WORKFLOWS[noun]
    return tuple(
        row
        for row in workflow.transitions
        if row.command is not None
        and workflow.after(row.trigger, state) is not None
        and (noun == "sanction" or f"{noun}.{row.trigger}" in ACTORS)
        and not width.leaves_out(f"{noun}.{row.trigger}")
    )


def roles_of(noun: str, transition: Transition, width: Width) -> tuple[Role, ...]:
    if width.is_brief and transition.trigger == "suspend" and noun == "permission":
        return (G,)
    return ACTORS.get(f"{noun}.{transition.trigger}", (C,))


def tried(
    place: Sanctioned, case: Case, transition: Transition, role: Role, facts: Any, licence: Listed, walk: Walk
) -> Iterator[Turn]:
    """A trigger, with every command worth trying."""
    workflow, trigger = WORKFLOWS[case.noun], transition.trigger
    of_others = () if case.noun == "sanction" else (sound_input(workflow, trigger, "乙", ""),)
    for given in of_others or commands(place, case, trigger):
        attempt = partial(turned, attempted, place, workflow, transition, case, facts, role, given, licence=licence)
        if place.width.is_brief and trigger == "ask_close":
            attempt = partial(cooled_off, attempt)
        yield from tried_out(attempt, walk)


def cooled_off(ask: Callable[[], Turn]) -> Turn:
    """A closure asked for, whose time has passed; nothing of it passes while it is held."""
    asked = ask()
    assert isinstance(asked.after, Sanctioned)
    account = asked.after.account
    if not (clocks := running(account)):
        return asked
    turn = turned(passed, asked.after, account, clocks[0], of_account(asked.after), licence=STANDS)
    return replace(turn, before=asked.before)


def tried_out(attempt: Callable[[], Turn], walk: Walk) -> Iterator[Turn]:
    try:
        yield replace(attempt(), again=attempt)
    except Refused as refused:
        walk.refused.update(problem.code for problem in refused.problems)


def turned(make: Callable[..., Edge], place: Sanctioned, *rest: Any, licence: Listed) -> Turn:
    edge = make(place, *rest, after=then)
    return Turn(place, edge.trigger, edge.writing, edge.after, None, licence)


def tried_to_request(place: Sanctioned, walk: Walk) -> Iterator[Turn]:
    yield from tried_out(partial(requested, place), walk)


def requested(place: Sanctioned) -> Turn:
    """A permission, requested; granted at once where requests are not walked."""
    given = sound_input(PERMISSION, "request", "", str(PermissionKind.PUBLISH_AND_REPRINT))
    turn = created(place, "permission", "request", given, permission_facts(place, None, STANDS))
    return followed(turn, "permission", ("grant", C)) if place.width.is_brief else turn


def followed(first: Turn, noun: str, *steps: tuple[str, Role]) -> Turn:
    """Steps of the case that was just brought into being, taken as one with its first."""
    workflow, turn = WORKFLOWS[noun], first
    for trigger, role in steps:
        after = turn.after
        assert isinstance(after, Sanctioned)
        case = after.of(noun)[-1]
        [(facts, licence), *_] = facts_of(after, case, trigger, role)
        given = command(trigger) if noun == "sanction" else sound_input(workflow, trigger, "乙", "")
        transition = workflow.by_trigger[trigger]
        turn = turned(attempted, after, workflow, transition, case, facts, role, given, licence=licence)
    return replace(turn, before=first.before, trigger=first.trigger)


def tried_to_open(place: Sanctioned, ground: str, walk: Walk) -> Iterator[Turn]:
    yield from tried_out(partial(opened, place, ground), walk)


def opened(place: Sanctioned, ground: str) -> Turn:
    """A case, opened; heard at once where hearings are not walked."""
    template = _opening(ground)
    given = template.model_copy(update={"conduct_on": date(2026, 3, 1) - timedelta(days=next(_conducts) % 700)})
    turn = created(place, "sanction", "open", given, sanction_facts(place, None))
    return turn if place.width.is_heard else followed(turn, "sanction", ("notify", C), ("waive", H))


@cache
def _opening(ground: str) -> Any:
    said: dict[str, Any] = {
        "accountId": "account_1", "ground": ground, "gravity": "SERIOUS", "conductOn": "2026-03-01",
        "harmsLifeOrProperty": False, "detection": "MANUAL", "findings": "Found while reading.", "evidence": [PIECE],
    }  # fmt: skip
    transition = SANCTION.by_trigger["open"]
    assert transition.command is not None
    return transition.command.model_validate(said)


def created(place: Sanctioned, noun: str, trigger: str, given: Any, facts: Any) -> Turn:
    """A case that hangs on the account, brought into being."""
    workflow, role = WORKFLOWS[noun], H if noun == "permission" else C
    writing = Writing(viewer(role), NOON)
    on = On(None, facts, writing.viewer, NOON, given, new_id(noun), place.account.row)
    hand = fire(writing, workflow, workflow.by_trigger[trigger], None, on, CALENDAR)
    after = then(place, writing, role)
    if noun == "permission":
        after = replace(after, permissions=(*after.permissions, taken(hand)))
    return Turn(place, f"{noun}.{trigger}", writing, after)


# --- time --------------------------------------------------------------------------------------------------------
def timed_out(place: Sanctioned, case: Case) -> Iterator[Turn]:
    """Each deadline of a case passes."""
    for deadline in running(case):
        kind = str(deadline.kind)
        if kind not in PASSING or deadline.outcome is not None:
            continue
        late, now = over(place, case, kind)
        if kind == "SANCTION_ANSWER":
            after = replace(late, sanctions=swapped(late.sanctions, replace(now, due=without(now, deadline))))
            yield Turn(place, "time.SANCTION_ANSWER", Writing(viewer(C), NOON), after)
            continue
        if place.width.is_late and kind in ("MEASURE_END", "INTERIM_END") and late.key != place.key:
            yield Turn(place, f"time.{kind}", Writing(viewer(C), NOON), late)
        for facts, licence in facts_of(late, now, {"MEASURE_END": "expire"}.get(kind, ""), Role.SYSTEM):
            attempt = partial(turned, passed, late, now, deadline, facts, licence=licence)
            yield replace(attempt(), before=place, again=attempt)


def without(case: Case, deadline: Any) -> tuple[Any, ...]:
    return tuple(one for one in case.due if one.id != deadline.id)


PASSING: Final = (
    "COOLING_OFF", "PERMISSION_VALIDITY", "SANCTION_ANSWER", "SANCTION_DECISION", "MEASURE_END", "INTERIM_END",
)  # fmt: skip


def over(place: Sanctioned, case: Case, kind: str) -> tuple[Sanctioned, Case]:
    """The same a moment after that deadline passed."""
    if case.noun != "sanction":
        return place, case
    ended = {"MEASURE_END": case.row.measure_id, "INTERIM_END": case.row.interim_id}.get(kind)
    dated = {"MEASURE_END": {"measure_until": NOON}, "SANCTION_ANSWER": {"answer_until": NOON}}.get(kind, {})
    told = {"due_at": NOON, "outcome": Outcome.OVERDUE}
    waits = tuple(
        valued(Deadline, {**vars(one), **told}) if kind == str(one.kind) == "SANCTION_DECISION" else one
        for one in case.due
    )
    now = replace(case, row=valued(SANCTION.model, {**vars(case.row), **dated}), due=waits)
    measures = tuple(
        valued(Measure, {**vars(one), "until": NOON}) if one.id == ended else one for one in place.measures
    )
    return replace(place, sanctions=swapped(place.sanctions, now), measures=measures), now


def swapped(cases: tuple[Case, ...], now: Case) -> tuple[Case, ...]:
    return tuple(now if one.row.id == now.row.id else one for one in cases)


# --- the walk ----------------------------------------------------------------------------------------------------
def looked_at(place: Sanctioned) -> Sanctioned:
    """The combination without what nothing can move any more, or is not told apart."""
    kept = tuple(one for one in place.sanctions if one.state in OPEN or (place.width.keeps_ended and may_return(one)))
    ids = {one.row.id for one in kept}
    return replace(
        place,
        filings=in_sight(place).filings,
        permissions=tuple(one for one in place.permissions if one.state in OPEN_PERMISSIONS),
        sanctions=kept,
        measures=tuple(one for one in place.measures if one.sanction_id in ids),
    )


def may_return(case: Case) -> bool:
    return case.state in ("DISMISSED", "LIFTED", "EXPIRED")


def walked(width: Width, faults: Callable[[Edge], Iterable[str]]) -> Walk:
    """Breadth-first from an account that was just adopted."""
    walk, first = Walk(), begin("adopt").after
    start = Sanctioned(first.account, first.filings, width=width)
    walk.places[start.key] = start
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        for turn in step_out(place, walk):
            walk.faults += [f"{fault}: {turn}" for fault in faults(turn)]
            walk.fired[turn.trigger] += 1
            walk.keep(turn)
            assert isinstance(turn.after, Sanctioned)
            after = looked_at(turn.after)
            walk.edges.setdefault(place.key, set()).add((turn.trigger, after.key))
            if after.key not in walk.places:
                walk.places[after.key] = after
                waiting.append(after)
    return walk
