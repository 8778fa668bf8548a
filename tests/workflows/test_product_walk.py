"""The product of account × filing × permission, walked breadth-first in memory: every combination that can be reached.

From each one every trigger that anybody may fire is fired, with sound input and with facts that follow from where the
cases stand, and every deadline that runs passes. Ended permissions and amendments change nothing any more: no more than
two permissions are kept in sight, and filings that were superseded or cancelled beside an account in use are let go
once they have been looked at. A closure or a transfer that was asked for is walked in full where there is no
permission; elsewhere to its end only.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, partial
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from sqlalchemy.dialects import sqlite

from domain.account import AccountState
from domain.agreement import Baseline
from domain.authorities import NATION, authority_id
from domain.calendar import WorkingDays
from domain.deadline import Deadline, DeadlineKind
from domain.filing import FilingState
from domain.holder import SubjectType
from domain.ids import new_id
from domain.permission import PermissionKind, PermissionState
from domain.policy.roles import Role
from domain.problems import ProblemCode, Refused
from domain.provider import Mode
from domain.reminder import REMINDERS
from domain.table import table_of
from domain.viewer import SYSTEM, Viewer
from tests.world import NEWS_REASON, PERMISSION_REASON, REVOCATION
from workflows import follow_ups
from workflows.account_adopt import AdoptionFacts
from workflows.account_facts import Adoption, AskedChange
from workflows.changes import Pause, Settle, Start
from workflows.database import valued
from workflows.deadlines import due, move
from workflows.engine import NEW, On, Transition, Workflow
from workflows.filed_names import NameStanding
from workflows.filed_names import standing as standing_of_name
from workflows.filing import FilingFacts
from workflows.firing import fire, fire_due
from workflows.follow_ups import FollowUp
from workflows.hands import Hand, StepInHand, Writing
from workflows.permission_facts import Listed, PermissionFacts
from workflows.registry import WORKFLOWS, reached_from
from workflows.timed import TIMED, Due

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CALENDAR: Final = WorkingDays()
DIALECT: Final = sqlite.dialect()
ACCOUNT, FILING, PERMISSION = WORKFLOWS["account"], WORKFLOWS["filing"], WORKFLOWS["permission"]
KEPT: Final = 40
WAITS: Final = "time.NAME_AMENDMENT"
RESUMES: Final = ("account", "resume_rename")
WALKED: Final = (ACCOUNT, FILING, PERMISSION)
A, F, P, D, K = AccountState, FilingState, PermissionState, DeadlineKind, PermissionKind
ON_FILE: Final = ("FILED", "BADGED")
IN_USE: Final = ("REVIEWED", *ON_FILE)
OPEN_PERMISSIONS: Final = ("REQUESTED", "GRANTED", "SUSPENDED")
HERE, THERE = authority_id("330000"), authority_id("310000")
HOLDER: Final = SimpleNamespace(
    id="holder_1", provider_id="provider_1", jurisdiction=None, subject_type=SubjectType.NEWS_UNIT
)
NUMBER: Final = "SG-330100-LIFESTYLE-202603-000001-X"
LICENCE: Final = "3312026001"
STANDS: Final = Listed("示例报社", "PUBLISH_AND_REPRINT", date(2025, 1, 1), date(2028, 1, 1))
HAS_ENDED: Final = replace(STANDS, valid_to=date(2026, 3, 1))
ALLOWS_LESS: Final = replace(STANDS, services="REPRINT_ONLY")
# What a row says of when something is due is said of its deadline too.
DATED: Final[Mapping[str, dict[str, Any]]] = {
    "COOLING_OFF": {"closing_at": NOON},
    "PERMISSION_VALIDITY": {"valid_until": date(2026, 3, 1), "renewal_asked_at": None},
}
# One role of each kind of body: what the other may do, it may do alike.
ROLES: Final = (Role.HOLDER, Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.PROVINCIAL_REGULATOR)
ALIKE: Final = {Role.INTEGRATION: Role.HOLDER, Role.NATIONAL_REGULATOR: Role.PROVINCIAL_REGULATOR}
ENDS_A_QUESTION: Final = frozenset(
    (
        "account.cancel_close", "account.close", "filing.accept", "filing.revoke", "filing.withdraw_transfer",
        "filing.transfer", "filing.refuse_transfer", "filing.designate",
    )
)  # fmt: skip
ENDS_BESIDE_A_PERMISSION: Final = frozenset(
    ("account.close", "permission.expire", "permission.doubt_overdue", "permission.overdue")
)
# What a badge says changes with these.
SAYS_OTHERWISE: Final = ("filing.accept", "permission.grant", "permission.narrow", "permission.renewed")
AGAINST: Final = {**NEWS_REASON, "reasonCodes": ["OTHER"]}
FALSE_MATERIAL: Final = REVOCATION["reasons"]

# --- what the design says of a combination -----------------------------------------------------------------------
# What is due of a filing and of a change, by where it stands.
DUE_OF_FILING: Final[Mapping[str, set[str]]] = {
    "PREPARED": {"FILING_SUBMISSION"},  # or what is left of the answer to a return
    "SUBMITTED": {"FILING_DECISION"},
    "RETURNED": {"FILING_ANSWER"},
    "DECLINED": {"FILING_AGAIN"},
    "ACCEPTED": set(),
    "REVOKED": {"FILING_SUBMISSION"},  # "refiling due"
    "CANCELLED": set(),
    "SUPERSEDED": set(),
}
DUE_OF_CHANGE: Final[Mapping[str | None, set[str]]] = {
    None: set(),
    "ASKED": {"CHANGE_DECISION"},
    "SUPPLEMENT_REQUESTED": {"CHANGE_DECISION", "CHANGE_SUPPLEMENT"},
}
DUE_OF_APPLICATION: Final[Mapping[str, set[str]]] = {
    "APPLIED": {"REVIEW_DECISION"},
    "SUPPLEMENT_REQUESTED": {"REVIEW_DECISION", "SUPPLEMENT"},
}
# Everything a sound step may be refused for, for where the cases stand.
REFUSALS: Final = frozenset(
    {
        ProblemCode.ACCOUNT_CLOSED,
        ProblemCode.ACCOUNT_NOT_ON_FILE,
        ProblemCode.ALREADY_IN_STATE,
        ProblemCode.AMENDMENT_OPEN,
        ProblemCode.CHANGE_NOT_OPEN,
        ProblemCode.CHANGE_OPEN,
        ProblemCode.CLOSURE_ASKED,
        ProblemCode.CLOSURE_NOT_ASKED,
        ProblemCode.DECIDED_BY_ANOTHER_BODY,
        ProblemCode.FILING_OUTDATED,
        ProblemCode.FILING_WITH_AUTHORITY,
        ProblemCode.LEASE_REQUIRED,
        ProblemCode.LICENCE_NOT_STANDING,
        ProblemCode.LICENCE_STANDS,
        ProblemCode.NOTHING_TO_NARROW,
        ProblemCode.SERVICES_NOT_REDUCED,
        ProblemCode.PERMISSION_EXISTS,
        ProblemCode.SUSPENDED_BY_AUTHORITY,
        ProblemCode.TRANSFER_ASKED,
        ProblemCode.TRANSFER_NOT_ASKED,
        ProblemCode.TRANSFER_OF_AMENDMENT,
        ProblemCode.VALIDITY_INVALID,
    }
)


# --- a combination -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """One case: its row, what is due of it, and by which role it was last suspended."""

    noun: str
    row: Any
    due: tuple[Any, ...] = ()
    suspended_by: str | None = None

    @cached_property
    def state(self) -> str:
        return str(self.row.state)

    @cached_property
    def open_due(self) -> frozenset[str]:
        """What is due of it; to be reminded of it is not."""
        return frozenset(str(one.kind) for one in self.due if one.settled_at is None and one.kind not in REMINDERS)

    @property
    def is_current(self) -> bool:
        return self.row.current_of is not None

    def in_hand(self) -> Hand:
        hand = Hand.of(WORKFLOWS[self.noun], self.row)
        hand.deadlines = [one for one in self.due if one.settled_at is None]
        return hand


def standing(permission: Case) -> tuple[str, ...]:
    """What tells a permission from another: nothing, once it has ended."""
    if permission.state not in OPEN_PERMISSIONS:
        return ("ENDED",)
    by = permission.suspended_by if permission.state == "SUSPENDED" else None
    return (permission.state, str(permission.row.kind), by or "")


def names_due(case: Case) -> list[Any]:
    """The rows by which its filing is to take a changed name along."""
    return [one for one in case.due if one.kind == D.NAME_AMENDMENT and one.settled_at is None]


def is_outdated(case: Case, account: Any) -> bool:
    """The account's filing says what the account no longer bears."""
    return case.is_current and case.row.description != account.description


@dataclass(frozen=True, repr=False)
class Place:
    """An account with all that hangs on it."""

    account: Case
    filings: tuple[Case, ...] = ()
    permissions: tuple[Case, ...] = ()

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """What tells one combination from another: two with the same key may do the same."""
        row = self.account.row
        filings = sorted(
            (one.state, one.is_current, one.row.transfer_to is not None, is_outdated(one, row), sorted(one.open_due))
            for one in self.filings
        )
        permissions = sorted(map(standing, self.permissions))
        change = row.change_state and str(row.change_state)
        waits = any(one.paused_at is not None for one in names_due(self.account))
        account = (self.account.state, change, row.closing_at is not None, sorted(self.account.open_due), waits)
        return repr(account), repr(filings), repr(permissions)

    @property
    def cases(self) -> tuple[Case, ...]:
        return (self.account, *self.filings, *self.permissions)

    @property
    def current(self) -> Case | None:
        return next((one for one in self.filings if one.is_current), None)

    def of(self, noun: str) -> tuple[Case, ...]:
        return tuple(one for one in self.cases if one.noun == noun)

    @property
    def is_asked_elsewhere(self) -> bool:
        """A closure or a transfer was asked for beside a permission."""
        asked = self.account.row.closing_at is not None or any(one.row.transfer_to is not None for one in self.filings)
        return bool(self.permissions) and asked


# --- facts that follow from it -----------------------------------------------------------------------------------
def account_facts(place: Place | None) -> AdoptionFacts:
    """What the guards of an account would read, with everything in order that lies outside of the walk."""
    sound: dict[str, Any] = {
        "subject_type": SubjectType.NEWS_UNIT,
        "identity_state": "VERIFIED",
        "provider_mode": Mode.SANDBOX,
        "provider_division": "330100",
        "dialect": DIALECT,
        "settings": {"quota_individual": 1, "quota_others": 5},
        "latest_agreement_id": "agreement_version_1",
        "consented": frozenset(map(str, Baseline)),
        "first_day": date(2026, 1, 1),
        "adoption": Adoption(NOON + timedelta(days=30), NOON, None) if place is None else None,
        "reminded": True,
    }
    if place is None or place.current is None:
        return AdoptionFacts(**sound)
    row = place.account.row
    others = [one.state for one in place.filings if not one.is_current]
    asked = AskedChange(row.round, "新名", other_words(row.description), row.category)
    return AdoptionFacts(
        **sound,
        filing_state=place.current.state,
        filing_in_force=next((one.row.id for one in place.filings if one.state == "ACCEPTED"), None),
        amendment_is_open=bool({"PREPARED", "SUBMITTED", "RETURNED"}.intersection(others)),
        change=asked if row.change_state is not None else None,
    )


def filing_facts(place: Place, case: Case) -> FilingFacts:
    """The number it would get: its own, or that of what it amends in its next version."""
    amended = next((one.row for one in place.filings if one.row.id == case.row.amends), None)
    version = case.row.number_version
    if case.row.number is None and amended is not None:
        version = amended.number_version + 1
    row = place.account.row
    return FilingFacts(
        number=case.row.number or NUMBER,
        number_version=version,
        account_state=row.state,
        particulars=(row.display_name, row.description, row.category),
    )


def permission_facts(place: Place, case: Case | None, licence: Listed) -> PermissionFacts:
    """The licence as the register lists it, always in doubt."""
    return PermissionFacts(
        licence=licence,
        doubts=1,
        account_state=place.account.state,
        suspended_by=case.suspended_by if case is not None and case.state == "SUSPENDED" else None,
        kin_suspended_by=frozenset(
            one.suspended_by or ""
            for one in place.permissions
            if one.state == "SUSPENDED" and (case is None or one.row.id != case.row.id)
        ),
        open_kinds=frozenset(str(one.row.kind) for one in place.permissions if one.state in OPEN_PERMISSIONS),
        provider_mode=Mode.SANDBOX,
        dialect=DIALECT,
        subject_key=licence.holder_key,
    )


# --- sound input -------------------------------------------------------------------------------------------------
def other_words(description: str) -> str:
    return "乙" if description == "甲" else "甲"


@cache
def sound_input(workflow: Workflow, trigger: str, words: str, kind: str) -> Any:
    """A command against which no guard of the input has anything to say."""
    transition = workflow.by_trigger[trigger]
    assert transition.command is not None
    material = {"kind": "MEDIA_LICENCE", "reference": "r-1", "sha256": "0" * 64}
    certificate = {**material, "kind": "CREDIT_CODE_CERTIFICATE"}
    asked = {"handle": "example", "displayName": "示例", "description": words, "category": "NEWS", "division": "330100"}
    items, answers = [{"code": "DESCRIPTION", "text": "示例"}], [{"code": "DESCRIPTION", "answer": "示例"}]
    handed_in = {**asked, "materials": [material, certificate]}
    changed = {"description": words, "materials": []}
    examined = {"examinedOn": "2025-06-01", "examiner": "示例", "reference": "r-2"}
    special = {"grounds": "示例"} if kind == K.SPECIAL_APPROVAL else {"licenceNumber": LICENCE}
    more: dict[str, dict[str, Any]] = {
        "account.apply": {"particulars": handed_in},
        "account.adopt": {"holderId": HOLDER.id, "particulars": asked, "examination": examined},
        "account.request_supplement": {"items": items},
        "account.supplement": {"answers": answers, "particulars": handed_in},
        "account.approve": {"category": "NEWS"},
        "account.reapply": {"particulars": handed_in},
        "account.change": {"particulars": changed},
        "account.request_change_supplement": {"items": items},
        "account.supplement_change": {"answers": answers, "particulars": changed},
        "account.close": {"endedOn": "2026-02-01", "facts": "示例", "proofReference": "r-3", "proofSha256": "0" * 64},
        "filing.return": {"defects": [{"code": "ITEM_WRONG", "item": "displayName", "text": "示例"}]},
        "filing.revoke": {"notifiedOn": "2026-02-20", "answer": "示例"},
        "filing.reinstate": {"grounds": "示例"},
        "filing.ask_transfer": {"authorityId": THERE, "grounds": "示例"},
        "filing.designate": {"authorityId": THERE, "grounds": "示例"},
        "permission.request": {"accountId": "account_1", "kind": kind, **special},
        "permission.grant": {"validUntil": "2026-12-31", "approvalNumber": "示例1号"},
        "permission.renew": {"receipt": "示例1号"},
        "permission.renewed": {"validUntil": "2027-12-31"},
        "permission.settle_doubt": {"finding": "示例"},
    }
    given: dict[str, Any] = {} if transition.creates else {"id": "case_1"}
    if not transition.creates and transition.journalled:
        given["version"] = 1
    if transition.adverse:
        reasons = {"permission": PERMISSION_REASON, "filing": FALSE_MATERIAL}.get(workflow.noun, AGAINST)
        given["reasons"] = reasons
    return transition.command.model_validate({**given, **more.get(f"{workflow.noun}.{trigger}", {})})


@cache
def viewer(role: Role) -> Viewer:
    """Somebody of a role, where they are competent."""
    authority = {Role.NATIONAL_REGULATOR: authority_id(NATION), Role.PROVINCIAL_REGULATOR: HERE}.get(role)
    return Viewer(f"staff_{role}", role, provider_id=None if authority else "provider_1", authority_id=authority)


# --- firing ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, repr=False)
class Edge:
    """A step taken, all that it set off, and where it led."""

    before: Place | None
    trigger: str
    writing: Writing
    after: Place
    again: Callable[[], Edge] | None = field(default=None, compare=False)  # the same step taken anew

    def __str__(self) -> str:
        return f"{self.trigger} from {self.before.key if self.before else NEW} to {self.after.key}"

    @property
    def records(self) -> list[str]:
        """What it orders for the public to read."""
        return [getattr(work, "__name__", "") for _, work in self.writing.later]


@dataclass(repr=False)
class Walk:
    """All that was found."""

    places: dict[tuple[Any, ...], Place] = field(default_factory=dict)
    edges: dict[tuple[Any, ...], set[tuple[str, tuple[Any, ...]]]] = field(default_factory=dict)
    refused: Counter[ProblemCode] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    caused: dict[FollowUp, list[Edge]] = field(default_factory=dict)  # a few steps that set each follow-up off

    def keep(self, edge: Edge) -> None:
        """Remember which follow-ups it set off."""
        if edge.again is None:
            return
        for causes in (*map(causes_of, edge.writing.steps), unwritten(edge)):
            for row in causes:
                if len(kept := self.caused.setdefault(row, [])) < KEPT:
                    kept.append(edge)

    def ways_to(self, is_goal: Callable[[Place], bool]) -> set[tuple[Any, ...]]:
        """The combinations from which somebody can lead to a goal."""
        back: dict[tuple[Any, ...], set[tuple[Any, ...]]] = {}
        for here, ways in self.edges.items():
            for _, there in ways:
                back.setdefault(there, set()).add(here)
        found = {key for key, place in self.places.items() if is_goal(place)}
        waiting = deque(found)
        while waiting:
            for key in back.get(waiting.popleft(), set()) - found:
                found.add(key)
                waiting.append(key)
        return found


def causes_of(step: StepInHand) -> Iterator[FollowUp]:
    """The rows that may have fired a step."""
    if step.cause is not None:
        cause, fires = step.cause, (step.hand.workflow.noun, step.trigger)
        for row in follow_ups.caused_by(cause.hand.workflow.noun, cause.trigger, cause.before or NEW, cause.after):
            if row.fires == fires:
                yield row


def unwritten(edge: Edge) -> Iterator[FollowUp]:
    """The row that let a changed name wait no longer: it leaves no step."""
    waited, waits = (names_due(place.account) if place else [] for place in (edge.before, edge.after))
    if any(one.paused_at for one in waited) and waits and not any(one.paused_at for one in waits):
        yield from (
            row for row in follow_ups.FOLLOW_UPS if row.noun == edge.trigger.partition(".")[0] and row.fires == RESUMES
        )


def unnoticed(walk: Walk, judge: Callable[[Edge], Iterable[str]], patched: pytest.MonkeyPatch) -> list[FollowUp]:
    """The rows without which every step that they followed would have been as good."""
    rows, idle = follow_ups.FOLLOW_UPS, []
    for row, edges in walk.caused.items():
        patched.setattr(follow_ups, "FOLLOW_UPS", tuple(one for one in rows if one is not row))
        if not any(is_noticed(edge, judge) for edge in edges):
            idle.append(row)
    patched.setattr(follow_ups, "FOLLOW_UPS", rows)
    return idle


def is_noticed(edge: Edge, judge: Callable[[Edge], Iterable[str]]) -> bool:
    assert edge.again is not None
    return any(True for _ in judge(edge.again()))


def ready(place: Place, role: Role) -> Place:
    """The reviewer has the lease where there is something to review; every licence in use is in doubt."""
    row = place.account.row
    if role is Role.REVIEWER and (row.state == "APPLIED" or row.change_state == "ASKED"):
        leased = {"claimed_by": viewer(role).id, "claimed_until": NOON + timedelta(minutes=30)}
        place = replace(place, account=replace(place.account, row=valued(ACCOUNT.model, {**vars(row), **leased})))
    doubted = (
        replace(one, due=(*one.due, doubt(one.row.id)))
        if one.state in ("GRANTED", "SUSPENDED") and "LICENCE_DOUBT" not in one.open_due
        else one
        for one in place.permissions
    )
    return replace(place, permissions=tuple(doubted))


def doubt(case_id: str) -> Any:
    """What an import leaves behind where a licence is in doubt."""
    return begun(case_id, D.LICENCE_DOUBT, due(D.LICENCE_DOUBT, NOON, CALENDAR))


def begun(case_id: str, kind: DeadlineKind, ends: datetime) -> Any:
    empty: dict[str, Any] = dict.fromkeys(column.key for column in table_of(Deadline).c)
    made = {"id": new_id("deadline"), "case_id": case_id, "kind": kind, "runs_from": NOON, "due_at": ends}
    return valued(Deadline, {**empty, **made, "attempts": 0, "failures": 0})


def begin(trigger: str) -> Edge:
    """The account's first step."""
    transition, role = ACCOUNT.by_trigger[trigger], Role.INTEGRATION
    writing = Writing(viewer(role), NOON)
    command = sound_input(ACCOUNT, trigger, "甲", "")
    on = On(None, account_facts(None), writing.viewer, NOON, command, "account_1", HOLDER)
    fire(writing, ACCOUNT, transition, None, on, CALENDAR)
    made = [taken(hand) for hand in writing.hands]
    account = next(one for one in made if one.noun == "account")
    filings = tuple(one for one in made if one.noun == "filing")
    return Edge(None, f"account.{trigger}", writing, Place(account, filings), partial(begin, trigger))


def taken(hand: Hand, suspended_by: str | None = None) -> Case:
    return Case(hand.workflow.noun, hand.now_row(), tuple(hand.deadlines), suspended_by)


def step_out(place: Place, walk: Walk) -> Iterator[Edge]:
    """Every step that anybody can take from a combination."""
    for role in ROLES:
        here = ready(place, role)
        for case in here.cases:
            transitions = open_to(role, case.noun, case.state, to_its_end=place.is_asked_elsewhere)
            for facts in facts_of(here, case, role) if transitions else ():
                for transition in transitions:
                    yield from fired(here, WORKFLOWS[case.noun], transition, case, facts, role, walk)
    yield from timed_out(place)
    yield from renamed(place)
    if not place.is_asked_elsewhere and (slots := with_a_slot(place)) is not None:
        for kind in (K.PUBLISH_AND_REPRINT, K.SPECIAL_APPROVAL):  # to reprint only is what narrowing leads to
            for edge in requested(slots, kind, Role.HOLDER, walk):
                yield replace(edge, before=place)


@cache
def open_to(role: Role, noun: str, state: str, *, to_its_end: bool) -> tuple[Transition, ...]:
    """What a role, or one like it, may fire on a case where it stands."""
    workflow = WORKFLOWS[noun]
    return tuple(
        transition
        for transition in workflow.transitions
        if not transition.creates
        and role in {ALIKE.get(one, one) for one in workflow.who(transition.trigger)}
        and workflow.after(transition.trigger, state) is not None
        and (not to_its_end or f"{noun}.{transition.trigger}" in ENDS_A_QUESTION)
    )


def facts_of(place: Place, case: Case, role: Role) -> list[Any]:
    """The provider does more where the licence has ended or allows less; everybody else acts while it stands."""
    if case.noun == "account":
        return [account_facts(place)]
    if case.noun == "filing":
        return [filing_facts(place, case)]
    licences = (STANDS, HAS_ENDED, ALLOWS_LESS) if role is Role.COMPLIANCE_OFFICER else (STANDS,)
    return [permission_facts(place, case, licence) for licence in licences]


def with_a_slot(place: Place) -> Place | None:
    """The combination without its oldest ended permission, where two are in sight already."""
    if len(place.permissions) < 2:
        return place
    ended = next((one for one in place.permissions if one.state not in OPEN_PERMISSIONS), None)
    if ended is None:
        return None
    return replace(place, permissions=tuple(one for one in place.permissions if one is not ended))


def moved(place: Place, writing: Writing, role: Role) -> Place:
    """Where everything stands after a step. What it was not said to reach stands where it stood."""
    hands = {hand.id: hand for hand in writing.hands}

    def now(case: Case) -> Case:
        hand = hands.get(case.row.id)
        if hand is None:
            return case
        suspended = any(step.hand is hand and step.trigger == "suspend" for step in writing.steps)
        return taken(hand, str(role) if suspended else case.suspended_by)

    new = tuple(taken(hand) for hand in writing.hands if hand.is_new and hand.workflow is FILING)
    return Place(now(place.account), (*map(now, place.filings), *new), tuple(now(one) for one in place.permissions))


Then = Callable[[Place, Writing, Role], Place]


def fired(
    place: Place, workflow: Workflow, transition: Transition, case: Case, facts: Any, role: Role, walk: Walk
) -> Iterator[Edge]:
    """Fire a trigger with sound input, where nothing refuses it."""
    command = sound_input(workflow, transition.trigger, other_words(place.account.row.description), "")
    attempt = partial(attempted, place, workflow, transition, case, facts, role, command)
    try:
        yield replace(attempt(), again=attempt)
    except Refused as refused:
        walk.refused.update(problem.code for problem in refused.problems)


def attempted(
    place: Place,
    workflow: Workflow,
    transition: Transition,
    case: Case,
    facts: Any,
    role: Role,
    command: Any,
    after: Then = moved,
) -> Edge:
    """A trigger fired with exactly those cases in hand that it is said to reach."""
    reached = reached_from(workflow.noun, transition.trigger)
    hand = case.in_hand()
    others = [one.in_hand() for one in place.cases if one.noun in reached and one is not case]
    writing = Writing(viewer(role), NOON, hands=[hand, *others])
    on = On(case.row, facts, writing.viewer, NOON, command, hand.id)
    try:
        fire(writing, workflow, transition, hand, on, CALENDAR)
    except Refused:
        assert not writing.steps, transition.trigger
        raise
    return Edge(place, f"{workflow.noun}.{transition.trigger}", writing, after(place, writing, role))


def timed_out(place: Place) -> Iterator[Edge]:
    """Each deadline passes, whichever began first: how long they run is nothing that the walk looks at."""
    for case in place.cases:
        for deadline in running(case):
            timed = TIMED[deadline.kind]
            is_alone = not place.permissions and (not timed.stays_open or len(place.filings) < 2)
            if is_alone or ".".join(timed.fires or ()) in ENDS_BESIDE_A_PERMISSION:
                attempt = partial(passed, place, case, deadline, facts_of(place, case, Role.SYSTEM)[0])
                yield replace(attempt(), again=attempt)


def running(case: Case) -> list[Any]:
    """The deadlines that may pass, reminders apart."""
    return [one for one in case.due if one.settled_at is None and one.paused_at is None and one.kind not in REMINDERS]


def passed(place: Place, case: Case, deadline: Any, facts: Any, after: Then = moved) -> Edge:
    """What time orders, decided as its worker does, with exactly those cases in hand that it is said to reach."""
    timed = TIMED[deadline.kind]
    assert timed.fires is not None
    workflow, (noun, trigger) = WORKFLOWS[case.noun], timed.fires
    row = valued(workflow.model, {**vars(case.row), **DATED.get(str(deadline.kind), {})})
    hand = replace(case, row=row).in_hand()
    if not timed.stays_open:
        hand.deadlines = [one for one in hand.deadlines if one.id != deadline.id]
    reached = reached_from(noun, trigger)
    others = [one.in_hand() for one in place.cases if one.noun in reached and one is not case]
    writing = Writing(SYSTEM, NOON, hands=[hand, *others], recorded_at=NOON)
    on = On(row, facts, SYSTEM, NOON, Due(deadline.kind, NOON), hand.id)
    assert workflow.after(trigger, hand.state) is not None, trigger
    assert timed.when(row, on.input), trigger
    assert timed.still(on), trigger
    fire_due(writing, workflow, workflow.by_trigger[trigger], hand, on, CALENDAR)
    return Edge(place, f"{noun}.{trigger}", writing, after(place, writing, Role.SYSTEM))


def name_standing(place: Place) -> NameStanding:
    """How its filings stand to a name that none of them bears."""
    assert place.current is not None
    amendments = [one.state for one in place.filings if not one.is_current]
    return standing_of_name(place.current.state, amendments, is_changing=place.account.row.change_state is not None)


def renamed(place: Place) -> Iterator[Edge]:
    """The organisation has a name that the filing does not bear: an amendment is made, or waits."""
    if place.permissions or place.account.state not in IN_USE:
        return
    row, others = begun(place.account.row.id, D.NAME_AMENDMENT, NOON), [*place.account.due]
    account = replace(place.account, due=(*(one for one in others if one.kind != D.NAME_AMENDMENT), row))
    here, facts = replace(place, account=account), replace(account_facts(place), name_standing=name_standing(place))
    if facts.name_standing == NameStanding.BEHIND:
        attempt = partial(passed, here, account, row, facts)
        yield replace(attempt(), before=place, again=attempt)
    elif facts.name_standing == NameStanding.WAITS:
        hand, writing = account.in_hand(), Writing(SYSTEM, NOON)
        on = On(account.row, facts, SYSTEM, NOON, Due(D.NAME_AMENDMENT, NOON), hand.id)
        for change in TIMED[D.NAME_AMENDMENT].otherwise(on):
            move(cast("Start | Settle | Pause", change), hand, writing, CALENDAR)
        yield Edge(place, WAITS, writing, replace(place, account=taken(hand)))


def requested(place: Place, kind: PermissionKind, role: Role, walk: Walk) -> Iterator[Edge]:
    """A permission of a kind, requested."""
    writing = Writing(viewer(role), NOON)
    command = sound_input(PERMISSION, "request", "", str(kind))
    on = On(None, permission_facts(place, None, STANDS), writing.viewer, NOON, command, "", place.account.row)
    on = replace(on, id=new_id("permission"))
    try:
        hand = fire(writing, PERMISSION, PERMISSION.by_trigger["request"], None, on, CALENDAR)
    except Refused as refused:
        walk.refused.update(problem.code for problem in refused.problems)
        return
    made = replace(place, permissions=(*place.permissions, taken(hand)))
    yield Edge(place, "permission.request", writing, made)


def in_sight(place: Place) -> Place:
    """The combination without the filings that nothing can move any more."""
    is_in_use = place.account.state != "CLOSED"
    gone = [
        one
        for one in place.filings
        if one.state == "SUPERSEDED" or (one.state == "CANCELLED" and (is_in_use or not one.is_current))
    ]
    filings = tuple(one for one in place.filings if not any(one is other for other in gone))
    return replace(place, filings=filings)


def walked() -> Walk:
    """Breadth-first from an application and from an adoption."""
    walk = Walk()
    waiting: deque[Place] = deque()
    for edge in (begin("apply"), begin("adopt")):
        waiting.extend(found(edge, walk))
    while waiting:
        place = waiting.popleft()
        for edge in step_out(place, walk):
            waiting.extend(found(edge, walk))
    return walk


def found(edge: Edge, walk: Walk) -> Iterable[Place]:
    """Look at what an edge led to; the combination, where it is new."""
    walk.faults += [f"{fault}: {edge}" for fault in faults(edge)]
    walk.fired[edge.trigger] += 1
    walk.keep(edge)
    after = in_sight(edge.after)
    if edge.before is not None:
        walk.edges.setdefault(edge.before.key, set()).add((edge.trigger, after.key))
    if after.key in walk.places:
        return ()
    walk.places[after.key] = after
    return (after,)


# --- what holds after every step ---------------------------------------------------------------------------------
def faults(edge: Edge) -> Iterator[str]:
    """What the design says and this step broke."""
    for claim in (badge, filing, closing, deadlines, names, change, particulars, badge_record, register, chain):
        if not claim(edge):
            yield claim.__name__


def badge(edge: Edge) -> bool:
    """BADGED exactly when on file with a permission GRANTED, of which there is one at most."""
    granted = [one for one in edge.after.permissions if one.state == "GRANTED"]
    is_badged = edge.after.account.state == "BADGED"
    return is_badged == (edge.after.account.state in ON_FILE and bool(granted)) and len(granted) < 2


def filing(edge: Edge) -> bool:
    """On file exactly when its filing is ACCEPTED; one filing is the account's from the review on, never two."""
    after, states = edge.after, [one.state for one in edge.after.filings]
    current = [one for one in after.filings if one.is_current]
    is_reviewed = after.account.state in (*IN_USE, "CLOSED")
    in_force = bool(current) and current[0].state == "ACCEPTED"
    return (
        (after.account.state in ON_FILE) == in_force
        and len(current) == is_reviewed
        and states.count("ACCEPTED") == in_force
        and sum(map(is_on_its_way, after.filings)) < 2
        and all(current[0].state == "ACCEPTED" for one in after.filings if is_on_its_way(one))
        and all(one.row.amends == current[0].row.id for one in after.filings if is_on_its_way(one))
    )


def is_on_its_way(case: Case) -> bool:
    return not case.is_current and case.state not in ("SUPERSEDED", "CANCELLED")


def closing(edge: Edge) -> bool:
    """Closed by `close` only, for good and with a cause; nothing of it waits any more."""
    before = edge.before.account.state if edge.before else NEW
    row = edge.after.account.row
    if (row.state == "CLOSED") != (row.closed_cause is not None):
        return False
    if row.state != "CLOSED":
        return before != "CLOSED"
    became = before == "CLOSED" or edge.trigger == "account.close"
    is_empty = (row.change_state, row.closing_at, row.claimed_by) == (None, None, None)
    return (
        became and is_empty and all(one.state in ("CANCELLED", "REVOKED", "SUPERSEDED") for one in edge.after.filings)
    )


def deadlines(edge: Edge) -> bool:
    """What is due is what the state says, each once, and nothing of what has ended."""
    row = edge.after.account.row
    of_account = (
        DUE_OF_APPLICATION.get(str(row.state), set()) | DUE_OF_CHANGE[row.change_state and str(row.change_state)]
    )
    of_account |= {"COOLING_OFF"} if row.closing_at is not None else set()
    open_due = [one for one in edge.after.account.due if one.settled_at is None and one.kind not in REMINDERS]
    paused = {str(one.kind) for one in open_due if one.paused_at is not None}
    stand = {
        *({"REVIEW_DECISION"} if row.state == "SUPPLEMENT_REQUESTED" else ()),
        *({"CHANGE_DECISION"} if row.change_state == "SUPPLEMENT_REQUESTED" else ()),
        *({"COOLING_OFF"} if row.closing_held_at is not None else ()),
    }
    ended = (one for one in edge.after.permissions if one.state not in OPEN_PERMISSIONS)
    return (
        edge.after.account.open_due == of_account
        and paused == stand
        and all(is_due_of_filing(one, str(row.state)) for one in edge.after.filings)
        and not any(one.open_due for one in ended)
        and all("PERMISSION_DECISION" in one.open_due for one in edge.after.permissions if one.state == "REQUESTED")
        and all(map(is_due_once, edge.after.cases))
    )


def names(edge: Edge) -> bool:
    """A changed name is amended, or waits for something that is under way; nothing waits of a closed account."""
    after = edge.after
    if edge.trigger == "account.rename":
        return [one.state for one in after.filings if is_on_its_way(one)] == ["PREPARED"]
    rows = names_due(after.account)
    if after.account.state == "CLOSED":
        return not rows
    has_stopped = bool(rows) and all(one.paused_at is not None for one in rows)
    return not has_stopped or name_standing(after) != NameStanding.BEHIND


def is_due_once(case: Case) -> bool:
    kinds = [str(one.kind) for one in case.due if one.settled_at is None]
    return len(kinds) == len(set(kinds))


def is_due_of_filing(filing: Case, account_state: str) -> bool:
    """To file anew is due of an account in use only; the provider's clock stands while the authority has the filing."""
    runs = {str(one.kind) for one in filing.due if one.settled_at is None and one.paused_at is None}
    stands = filing.open_due - runs
    wanted = DUE_OF_FILING[filing.state] if account_state != "CLOSED" else set()
    if filing.state == "SUBMITTED":
        return runs == wanted and stands in ({"FILING_SUBMISSION"}, {"FILING_ANSWER"})
    return not stands and (runs == wanted or (filing.state == "PREPARED" and runs == {"FILING_ANSWER"}))


def change(edge: Edge) -> bool:
    """A change is open, and a lease held, only where there is something to review."""
    row = edge.after.account.row
    is_astray = row.change_state is not None and row.state not in IN_USE
    return not is_astray and (row.claimed_by is None or is_under_review(row))


def particulars(edge: Edge) -> bool:
    """They stand until an amendment is accepted, which then takes the same number in the next version."""
    before, after = edge.before, edge.after
    if before is None or before.current is None or after.current is None:
        return True
    was, said = before.account.row.description, after.account.row.description
    if edge.trigger == "account.approve_change" and after.account.state in ON_FILE:
        prepared = [one.row.description for one in after.filings if one.state == "PREPARED"]
        return (said, prepared) == (was, [other_words(was)])
    stand = said == was or edge.trigger in ("account.approve_change", "filing.accept")
    # What was revoked keeps saying what it was accepted with.
    said_alike = said == after.current.row.description or after.current.state == "REVOKED"
    return stand and said_alike and is_numbered_on(edge.trigger, before.current.row, after)


def is_numbered_on(trigger: str, was: Any, after: Place) -> bool:
    """Only an amendment accepted makes a new version, and supersedes the old."""
    assert after.current is not None
    now = after.current.row
    if now.id == was.id:
        return bool(now.number_version == was.number_version)
    superseded = [one.state for one in after.filings if one.row.id == was.id]
    numbered = (now.number, now.number_version) == (was.number, was.number_version + 1)
    return trigger == "filing.accept" and superseded == ["SUPERSEDED"] and numbered


def is_under_review(row: Any) -> bool:
    return bool(row.state == "APPLIED" or row.change_state == "ASKED")


def badge_record(edge: Edge) -> bool:
    """A badge is issued on entering BADGED and where it is to say otherwise; taken back on leaving, or before that."""
    before = edge.before.account.state if edge.before else NEW
    after, orders = edge.after.account.state, edge.records
    anew = before == after == "BADGED" and edge.trigger in SAYS_OTHERWISE
    issued, revoked = orders.count("issue_badge"), orders.count("revoke_badges")
    if issued != ((after == "BADGED" and before != "BADGED") or anew):
        return False
    if anew:
        return orders.index("revoke_badges") < orders.index("issue_badge")
    return revoked == 1 if before == "BADGED" and after != "BADGED" else not revoked or after in ("CLOSED", "REVIEWED")


def register(edge: Edge) -> bool:
    """The account enters the register when it comes on file, and its entry ends when it no longer is."""
    before = edge.before.account.state if edge.before else NEW
    after, orders = edge.after.account.state, edge.records
    if (before not in ON_FILE and after in ON_FILE) and "enter_register" not in orders:
        return False
    ended = "end_register" in orders
    return ended == (before in ON_FILE and after not in ON_FILE) or (ended and after == "CLOSED")


def chain(edge: Edge) -> bool:
    """What it set off names its cause, and a case's steps are numbered on."""

    def follows(step: StepInHand) -> bool:
        return step.cause is None or step.cause in edge.writing.steps

    first = [step for step in edge.writing.steps if step.cause is None]
    numbered = all(hand.seq == hand.seen + steps_of(edge.writing, hand) for hand in edge.writing.hands)
    return len(first) <= 1 and numbered and all(map(follows, edge.writing.steps))


def steps_of(writing: Writing, hand: Hand) -> int:
    return sum(step.hand is hand for step in writing.steps)


# --- the claims --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def walk() -> Walk:
    return walked()


def places(walk: Walk, is_meant: Callable[[Place], bool]) -> set[tuple[Any, ...]]:
    return {key for key, place in walk.places.items() if is_meant(place)}


def test_what_must_hold_holds_after_every_step_of_the_walk(walk: Walk) -> None:
    assert walk.faults[:5] == []


def test_a_sound_step_is_refused_only_for_where_the_cases_stand(walk: Walk) -> None:
    assert set(walk.refused) == REFUSALS


def test_every_trigger_that_anybody_or_time_may_fire_was_fired(walk: Walk) -> None:
    known = {
        f"{workflow.noun}.{transition.trigger}"
        for workflow in WALKED
        for transition in workflow.transitions
        if transition.command is not None
    }
    told = REMINDERS - {D.NAME_AMENDMENT}
    of_time = {row.fires for row in TIMED.values() if row.fires is not None and row.kind not in told}

    assert set(walk.fired) - {WAITS} == known | {".".join(fires) for fires in of_time if WORKFLOWS[fires[0]] in WALKED}


def test_no_follow_up_among_them_is_idle(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    nouns = {workflow.noun for workflow in WALKED}
    among_them = [row for row in follow_ups.FOLLOW_UPS if {row.noun, row.fires[0]} <= nouns]
    only_with_sanctions = [row for row in among_them if row.trigger == "reinstate" or row.fires[1] == "resume"]

    assert set(among_them) - set(walk.caused) == set(only_with_sanctions)
    assert unnoticed(walk, faults, monkeypatch) == []


def test_the_walk_is_as_wide_as_the_product(walk: Walk) -> None:
    """When this was written: 3,358 combinations, 31,412 ways between them, over 36,000 steps taken."""
    assert len(walk.places) >= 3_300
    assert sum(map(len, walk.edges.values())) >= 31_000
    assert sum(walk.fired.values()) >= 36_000


def test_no_reviewed_account_is_stuck_before_its_filing(walk: Walk) -> None:
    ways = walk.ways_to(lambda place: place.account.state in ON_FILE)

    assert places(walk, lambda place: place.account.state == "REVIEWED") - ways == set()


def test_every_account_on_file_can_be_badged_and_lose_its_badge(walk: Walk) -> None:
    to_badge = walk.ways_to(lambda place: place.account.state == "BADGED")
    from_badge = walk.ways_to(lambda place: place.account.state == "FILED")

    assert places(walk, lambda place: place.account.state == "FILED") - to_badge == set()
    assert places(walk, lambda place: place.account.state == "BADGED") - from_badge == set()


def test_every_open_change_can_come_to_its_end_and_be_taken_on(walk: Walk) -> None:
    def is_settled(place: Place) -> bool:
        return place.account.state in IN_USE and place.account.row.change_state is None

    asked = places(walk, lambda place: place.account.row.change_state is not None)
    amending = places(walk, lambda place: any(map(is_on_its_way, place.filings)))
    approving = {key for key, ways in walk.edges.items() if any(name == "account.approve_change" for name, _ in ways)}

    assert asked
    assert asked - walk.ways_to(is_settled) == set()
    assert asked - walk.ways_to(lambda place: place.key in approving) == set()
    assert (
        amending - walk.ways_to(lambda place: is_settled(place) and not any(map(is_on_its_way, place.filings))) == set()
    )


def test_a_closed_account_stays_closed_and_nothing_of_it_stands(walk: Walk) -> None:
    closed = places(walk, lambda place: place.account.state == "CLOSED")

    assert closed
    assert all(there in closed for key in closed for _, there in walk.edges.get(key, ()))
    assert {name.partition(".")[0] for key in closed for name, _ in walk.edges.get(key, ())} == {"permission"}
