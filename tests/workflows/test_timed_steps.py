"""What time does by itself: once, after its moment and never before, with the true due date in the journal (Art. 7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from domain.account import Account, ReservedName
from domain.authority_report import AuthorityReport
from domain.deadline import Deadline, DeadlineKind
from domain.filing import Filing
from domain.identity import Identity
from domain.journal import Step, written
from domain.notice import Notice
from domain.permission import Badge, Permission, RegisterEntry
from domain.qualification import Qualification
from domain.reminder import REMINDED_BY
from domain.sanction import Sanction
from tests import stored
from tests.api.test_regulator_desk import import_licence
from tests.cases.test_w1b_changed_names import filed
from tests.sanctions import REASONS, opened, sanctioned
from tests.workflows.test_account import ANSWERS, ITEMS, supplement_asked
from tests.workflows.test_account_change import ask_change, changing
from tests.workflows.test_account_close import PROOF
from tests.workflows.test_filing import DEFECT, prepared, submitted, wrong_item
from tests.world import NEWS_REASON, Holder, Provider, World, opened_world
from workflows.database import Database, Transaction, Work
from workflows.jobs import Claim
from workflows.licence_doubts import tell_doubts
from workflows.timed_steps import carry_out_due

Case = tuple[type[Any], str]


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


# --- a case of every kind whose time runs --------------------------------------------------------------------------
async def in_review(provider: Provider) -> Case:
    return Account, (await provider.applied())[1].id


async def supplementing(provider: Provider) -> Case:
    return Account, (await supplement_asked(provider))[1]


async def changed(provider: Provider) -> Case:
    holder, account = await provider.approved()
    assert (await ask_change(holder, account.id)).problems == []
    return await freed_of_its_filing(provider, account.id)


async def supplementing_a_change(provider: Provider) -> Case:
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder, displayName="夜航船")
    asked: dict[str, Any] = {"id": account.id, "version": version, "items": ITEMS}
    await provider.reviewer.must("accountRequestChangeSupplement", **asked)
    return await freed_of_its_filing(provider, account.id)


async def to_be_filed(provider: Provider) -> Case:
    return Filing, (await prepared(provider))[2]


async def returned(provider: Provider) -> Case:
    id_ = (await submitted(provider))[2]
    await provider.regulator.must("filingReturn", id=id_, version=2, reasons=wrong_item(), defects=[DEFECT])
    return Filing, id_


async def with_its_authority(provider: Provider) -> Case:
    return Filing, (await submitted(provider))[2]


async def declined(provider: Provider) -> Case:
    id_ = (await submitted(provider))[2]
    await provider.regulator.must("filingDecline", id=id_, version=2, reasons=NEWS_REASON)
    return Filing, id_


async def requested(provider: Provider) -> Case:
    return Permission, (await provider.requested())[2].id


async def cooling_off(provider: Provider) -> Case:
    return Account, (await leaving(provider))[1]


async def leaving(provider: Provider) -> tuple[Holder, str]:
    holder, id_, _ = await provider.filed()
    await holder.person.must("accountAskClose", id=id_, version=3)
    return holder, id_


async def in_doubt(provider: Provider) -> Case:
    world = provider.world
    _, _, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    await import_licence(world, f"{row.licence_number},另一家报社,,1,,,,\n")
    await tell_doubts(world.office.database, world.office.clock, world.office.calendar)
    return Permission, permission.id


async def freed_of_its_filing(provider: Provider, account_id: str) -> Case:
    """Its filing is with the authority, whose time is longer than that of a change."""
    (filing,) = await provider.world.rows(Filing, account_id=account_id)
    await provider.officer.must("filingSubmit", id=filing.id, version=filing.seq)
    return Account, account_id


@dataclass(frozen=True)
class Expected:
    """What is to come of a deadline that passes."""

    begin: Callable[[Provider], Awaitable[Case]]
    trigger: str
    state: str
    told: frozenset[str]
    is_open: bool
    clock: str


async def verified_identity(provider: Provider) -> Case:
    return Identity, (await provider.holder()).identity_id


async def verified_qualification(provider: Provider) -> Case:
    return Qualification, (await provider.qualify())[0].id


async def granted(provider: Provider) -> Case:
    return Permission, (await provider.badged())[2].id


async def suspended_for_news(provider: Provider) -> Case:
    """Its end brings back permission and badge."""
    holder, account_id, _ = await provider.badged()
    case = await opened(provider, account_id, holder, ground="UNLICENSED_NEWS")
    await case.warn()
    await case.restrict()
    return Sanction, case.id


async def under_an_interim_measure(provider: Provider) -> Case:
    case = await sanctioned(provider, ground="FRAUD")
    given: dict[str, Any] = {"reasons": REASONS, "scope": ["PUBLISH"], "hours": 72}
    await provider.officer.must("sanctionInterim", id=case.id, version=1, **given)
    return Sanction, case.id


async def waiting_for_its_decision(provider: Provider) -> Case:
    return Sanction, (await sanctioned(provider)).id


async def to_be_reported(provider: Provider) -> Case:
    _, sanction_id = await under_an_interim_measure(provider)
    return AuthorityReport, (await provider.world.rows(AuthorityReport, sanction_id=sanction_id))[0].id


async def renamed(provider: Provider) -> Case:
    firm = await filed(provider.world, provider=provider)
    await firm.verified("示例乙公司")
    return Account, firm.account_id


PROVIDER: Final = frozenset({"PROVIDER"})
HOLDER: Final = frozenset({"HOLDER"})
AUTHORITY: Final = frozenset({"AUTHORITY"})
EXPECTED: Final = {
    "REVIEW_DECISION": Expected(in_review, "review_overdue", "APPLIED", PROVIDER, True, "RUNNING"),
    "SUPPLEMENT": Expected(supplementing, "lapse", "WITHDRAWN", HOLDER, False, "NONE"),
    "CHANGE_DECISION": Expected(changed, "review_overdue", "REVIEWED", PROVIDER, True, "RUNNING"),
    "CHANGE_SUPPLEMENT": Expected(supplementing_a_change, "lapse_change", "REVIEWED", HOLDER, False, "NONE"),
    "FILING_SUBMISSION": Expected(to_be_filed, "overdue", "PREPARED", PROVIDER | AUTHORITY, True, "RUNNING"),
    "FILING_ANSWER": Expected(returned, "overdue", "RETURNED", PROVIDER | AUTHORITY, True, "RUNNING"),
    "FILING_DECISION": Expected(with_its_authority, "overdue", "SUBMITTED", PROVIDER | AUTHORITY, True, "RUNNING"),
    "FILING_AGAIN": Expected(declined, "overdue", "DECLINED", PROVIDER | HOLDER | AUTHORITY, True, "RUNNING"),
    "PERMISSION_DECISION": Expected(requested, "overdue", "REQUESTED", PROVIDER | HOLDER, True, "RUNNING"),
    "COOLING_OFF": Expected(cooling_off, "close", "CLOSED", HOLDER | PROVIDER, False, "NONE"),
    "LICENCE_DOUBT": Expected(in_doubt, "doubt_overdue", "GRANTED", PROVIDER, True, "RUNNING"),
    "SUPPLEMENT_REMINDER": Expected(supplementing, "remind", "SUPPLEMENT_REQUESTED", HOLDER, False, "RUNNING"),
    "CHANGE_SUPPLEMENT_REMINDER": Expected(supplementing_a_change, "remind", "REVIEWED", HOLDER, False, "RUNNING"),
    "IDENTITY_REMINDER": Expected(verified_identity, "remind", "VERIFIED", HOLDER, False, "RUNNING"),
    "IDENTITY_VALIDITY": Expected(verified_identity, "go_stale", "STALE", HOLDER, False, "NONE"),
    "QUALIFICATION_REMINDER": Expected(verified_qualification, "remind", "VERIFIED", PROVIDER, False, "RUNNING"),
    "QUALIFICATION_VALIDITY": Expected(verified_qualification, "lapse", "LAPSED", PROVIDER, False, "NONE"),
    "PERMISSION_REMINDER": Expected(granted, "remind", "GRANTED", HOLDER, False, "RUNNING"),
    "PERMISSION_VALIDITY": Expected(granted, "expire", "EXPIRED", HOLDER | PROVIDER, False, "NONE"),
    "MEASURE_END": Expected(suspended_for_news, "expire", "EXPIRED", HOLDER, False, "NONE"),
    "SANCTION_DECISION": Expected(waiting_for_its_decision, "overdue", "OPENED", PROVIDER | AUTHORITY, True, "RUNNING"),
    "INTERIM_END": Expected(under_an_interim_measure, "lapse_interim", "OPENED", HOLDER, False, "RUNNING"),
    "NAME_AMENDMENT": Expected(renamed, "rename", "FILED", PROVIDER, False, "NONE"),
    "AUTHORITY_REPORT": Expected(to_be_reported, "overdue", "DUE", PROVIDER, True, "RUNNING"),
}
# These are over by themselves, without a step.
STEPLESS: Final = frozenset({"PROPOSAL", "SANCTION_ANSWER"})


async def deadline(world: World, case_id: str, kind: str) -> Deadline:
    """The first of its kind: when one reminder is served, the next begins to wait."""
    return (await world.rows(Deadline, order_by="due_at", case_id=case_id, kind=kind))[0]


async def reminded(world: World, id_: str, kind: str = "SUPPLEMENT") -> None:
    """Whatever reminds of its end did so in time, or as good as."""
    reminder = dict(REMINDED_BY).get(DeadlineKind(kind))
    for row in await world.rows(Deadline, case_id=id_, kind=reminder, settled_at=None) if reminder else ():
        world.clock.now = max(world.clock.now, row.due_at + timedelta(microseconds=1))
    await world.sweep()


async def steps(world: World, case_id: str, trigger: str) -> list[Step]:
    return await world.rows(Step, case_id=case_id, trigger=trigger)


def details(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(step.details)
    return found


def test_every_kind_of_deadline_is_tried() -> None:
    assert {*EXPECTED, *STEPLESS} == {str(kind) for kind in DeadlineKind}


@pytest.mark.parametrize("kind", EXPECTED)
async def test_a_deadline_fires_once_after_its_moment_and_never_before(world: World, kind: str) -> None:
    expected = EXPECTED[kind]
    provider = await world.provider()
    model, id_ = await expected.begin(provider)
    await reminded(world, id_, kind)
    due_at = (await deadline(world, id_, kind)).due_at
    world.clock.now = due_at - timedelta(seconds=2)
    await world.sweep()  # other cases of its root come first
    (before,) = await world.rows(model, id=id_)

    fired = []
    for seconds in (-1, 0, 1, 2):
        world.clock.now = due_at + timedelta(seconds=seconds)
        await world.sweep()
        fired.append(len(await steps(world, id_, expected.trigger)))

    (step,) = await steps(world, id_, expected.trigger)
    (after,) = await world.rows(model, id=id_)
    row = await deadline(world, id_, kind)
    at = due_at + timedelta(seconds=1)
    assert fired == [0, 0, 1, 1]
    assert (step.actor_role, step.actor_id, step.actor_number, step.at) == ("SYSTEM", None, None, due_at)
    told = {"deadline": kind, "due_at": written(due_at), "recorded_at": written(at)}
    assert details(step).items() >= told.items()
    assert (after.state, after.seq, after.clock) == (expected.state, before.seq + 1, expected.clock)
    notices = await world.rows(Notice, step_id=step.id)
    assert {(notice.party, notice.served_at) for notice in notices} == {(party, at) for party in expected.told}
    if expected.is_open:
        assert (row.outcome, row.settled_at, row.next_at, after.due_at) == ("OVERDUE", None, None, due_at)
    else:
        assert (row.outcome, row.settled_at, row.next_at) == ("PASSED", at, None)
    assert (row.due_at, row.problem, row.failures) == (due_at, None, 0)


async def test_a_proposal_that_waited_too_long_is_over_without_a_step(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    proposed = await provider.officer.must("accountClose", id=account.id, version=account.version, **PROOF)
    row = await deadline(world, proposed.proposal["id"], "PROPOSAL")

    world.clock.now = row.due_at + timedelta(seconds=1)
    swept = await world.sweep()

    after = await deadline(world, proposed.proposal["id"], "PROPOSAL")
    assert (swept, after.outcome, after.settled_at, after.next_at) == (1, "MOOT", world.clock(), None)
    assert len(await world.rows(Step, case_id=account.id)) == account.version


# --- what follows --------------------------------------------------------------------------------------------------
async def test_a_name_is_free_again_once_its_application_has_lapsed(world: World) -> None:
    provider = await world.provider()
    _, id_ = await supplement_asked(provider)
    (account,) = await world.rows(Account, id=id_)
    await reminded(world, id_)

    world.clock.now = (await deadline(world, id_, "SUPPLEMENT")).due_at
    taken = await (await provider.holder()).try_to_apply(displayName=account.display_name)
    world.clock.advance(seconds=1)
    await world.sweep()
    free = await (await provider.holder()).try_to_apply(displayName=account.display_name)

    review = await deadline(world, id_, "REVIEW_DECISION")
    assert (taken.codes, free.codes) == (["NAME_UNAVAILABLE"], [])
    assert (review.outcome, review.paused_at is None) == ("MOOT", False)


async def test_a_change_that_lapses_frees_its_name_and_leaves_the_account_as_it_was(world: World) -> None:
    provider = await world.provider()
    _, id_ = await supplementing_a_change(provider)
    (before,) = await world.rows(Account, id=id_)
    await reminded(world, id_, "CHANGE_SUPPLEMENT")

    world.clock.now = (await deadline(world, id_, "CHANGE_SUPPLEMENT")).due_at + timedelta(seconds=1)
    await world.sweep()

    (after,) = await world.rows(Account, id=id_)
    (name,) = await world.rows(ReservedName, account_id=id_)
    assert (before.change_state, after.change_state) == ("SUPPLEMENT_REQUESTED", None)
    assert after.display_name == before.display_name
    assert name.until == (await deadline(world, id_, "CHANGE_SUPPLEMENT")).due_at


async def test_an_account_that_has_cooled_off_is_closed_with_all_that_hangs_on_it(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    (account,) = await world.rows(Account, id=id_)
    await holder.person.must("accountAskClose", id=id_, version=account.seq)
    due_at = (await deadline(world, id_, "COOLING_OFF")).due_at

    world.clock.now = due_at + timedelta(days=3)
    await world.sweep()

    (account,) = await world.rows(Account, id=id_)
    (filing,) = await world.rows(Filing, account_id=id_)
    (badge,) = await world.rows(Badge, account_id=id_)
    (entry,) = await world.rows(RegisterEntry, account_id=id_)
    (cancelled,) = await steps(world, filing.id, "cancel")
    (closed,) = await steps(world, id_, "close")
    assert (account.state, account.closed_cause, account.closing_at) == ("CLOSED", "HOLDER", None)
    assert (filing.state, cancelled.cause, cancelled.at) == ("CANCELLED", closed.id, due_at)
    assert (badge.revoked_at, entry.ended_on is not None) == (due_at, True)


@pytest.mark.parametrize(
    ("kind", "whose"),
    [
        ("FILING_SUBMISSION", "FILING_OVERDUE"),
        ("FILING_ANSWER", "FILING_OVERDUE"),
        ("FILING_DECISION", "AUTHORITY_OVERDUE"),
    ],
)
async def test_an_overdue_filing_says_whose_it_is_and_is_met_late(world: World, kind: str, whose: str) -> None:
    provider = await world.provider()
    _, id_ = await EXPECTED[kind].begin(provider)
    world.clock.now = (await deadline(world, id_, kind)).due_at + timedelta(seconds=1)
    await world.sweep()
    (step,) = await steps(world, id_, "overdue")

    shown = await provider.officer.ask("query($id: ID!) { filing(id: $id) { clock } }", id=id_)
    mutation, person = (
        ("filingAccept", provider.regulator) if kind == "FILING_DECISION" else ("filingSubmit", provider.officer)
    )
    done = await person.must(mutation, id=id_, version=step.seq)
    if mutation == "filingSubmit":  # an overdue clock stands until the authority's word
        await provider.regulator.must("filingAccept", id=id_, version=done.version)

    row = await deadline(world, id_, kind)
    assert (details(step)["overdue"], shown["filing"]["clock"]) == (whose, "OVERDUE")
    assert (row.outcome, row.settled_at) == ("MET", world.clock())


# --- however late --------------------------------------------------------------------------------------------------
async def test_after_three_days_of_downtime_all_is_fired_with_its_true_due_date(world: World) -> None:
    provider = await world.provider()
    begun: list[tuple[str, str, datetime]] = []
    for kind in ("COOLING_OFF", "REVIEW_DECISION", "FILING_SUBMISSION"):
        _, id_ = await EXPECTED[kind].begin(provider)
        begun.append((kind, id_, (await deadline(world, id_, kind)).due_at))
        world.clock.advance(hours=1)

    world.clock.now = max(due for _, _, due in begun) + timedelta(days=3)
    await world.sweep(workers=4)

    for kind, id_, due_at in begun:
        (step,) = await steps(world, id_, EXPECTED[kind].trigger)
        assert (step.at, details(step)["due_at"]) == (due_at, written(due_at))
        assert details(step)["recorded_at"] == written(world.clock())


async def test_two_deadlines_of_a_case_fire_in_the_order_in_which_they_passed(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    assert (await ask_change(holder, id_)).problems == []
    world.clock.advance(days=6)
    await holder.person.must("accountAskClose", id=id_, version=4)

    world.clock.advance(days=20)
    await world.sweep(workers=4)

    journal = sorted(await world.rows(Step, case_id=id_), key=lambda step: step.seq)
    due = [(await deadline(world, id_, kind)).due_at for kind in ("CHANGE_DECISION", "COOLING_OFF")]
    assert [(step.trigger, step.at) for step in journal[-2:]] == [("review_overdue", due[0]), ("close", due[1])]
    assert (await deadline(world, id_, "CHANGE_DECISION")).outcome == "MOOT"  # the closed account's change is dropped


async def test_who_comes_after_the_due_date_finds_the_step_of_time_taken(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await leaving(provider)
    due_at = (await deadline(world, id_, "COOLING_OFF")).due_at
    world.clock.now = due_at + timedelta(hours=1)

    asked = [(await ask_change(holder, id_)).codes for _ in range(2)]
    await world.sweep()

    (step,) = await steps(world, id_, "close")
    assert asked == [["STALE_VERSION"], ["ILLEGAL_TRANSITION"]]
    assert (step.at, details(step)["due_at"]) == (due_at, written(due_at))


async def test_a_clock_that_went_back_fires_nothing_early(world: World) -> None:
    provider = await world.provider()
    _, id_ = await in_review(provider)
    due_at = (await deadline(world, id_, "REVIEW_DECISION")).due_at
    row = await deadline(world, id_, "REVIEW_DECISION")

    world.clock.now = due_at - timedelta(seconds=1)
    await carry_out_due(world.office, Claim(row.id, attempt=0, failures=0))

    after = await deadline(world, id_, "REVIEW_DECISION")
    assert (after.outcome, after.settled_at, after.next_at, after.due_at) == (None, None, due_at, due_at)
    assert await steps(world, id_, "review_overdue") == []


# --- exactly once --------------------------------------------------------------------------------------------------
async def test_firing_twice_is_harmless(world: World) -> None:
    provider = await world.provider()
    _, id_ = await supplement_asked(provider)
    await reminded(world, id_)
    row = await deadline(world, id_, "SUPPLEMENT")
    world.clock.now = row.due_at + timedelta(seconds=1)
    claim = Claim(row.id, attempt=0, failures=0)

    await carry_out_due(world.office, claim)
    async with world.untouched(id_):
        await carry_out_due(world.office, claim)

    assert len(await steps(world, id_, "lapse")) == 1


async def test_four_workers_fire_each_step_once(world: World) -> None:
    provider = await world.provider()
    ids = [(await provider.applied())[1].id for _ in range(6)]

    world.clock.advance(days=30)
    await world.sweep(workers=4)

    assert [len(await steps(world, id_, "review_overdue")) for id_ in ids] == [1] * 6


class Gone(Exception):
    """The process is gone."""


class Dying:
    """A database whose process dies after so many statements."""

    def __init__(self, database: Database, statements: int) -> None:
        self._database, self.dialect, self.left = database, database.dialect, statements

    async def write(self, work: Work[Any]) -> Any:
        return await self._database.write(lambda transaction: work(_Dying(transaction, self)))

    def die(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Gone


class _Dying:
    def __init__(self, transaction: Transaction, of: Dying) -> None:
        self._transaction, self._of, self.dialect = transaction, of, transaction.dialect

    async def fetch(self, clause: Any, values: Any) -> Any:
        self._of.die()
        return await self._transaction.fetch(clause, values)

    async def fetch_each(self, clause: Any, each: Any) -> None:
        self._of.die()
        await self._transaction.fetch_each(clause, each)

    def savepoint(self) -> Any:
        return self._transaction.savepoint()


async def test_a_worker_killed_at_any_statement_leaves_nothing_and_the_next_does_all(world: World) -> None:
    provider = await world.provider()
    _, id_ = await leaving(provider)
    row = await deadline(world, id_, "COOLING_OFF")
    world.clock.now = row.due_at + timedelta(seconds=1)
    claim, survived = Claim(row.id, attempt=0, failures=0), 0

    before = await stored.written(world.office.database, [id_])
    while True:
        dying: Any = replace(world.office, database=Dying(world.office.database, survived))
        try:
            await carry_out_due(dying, claim)
            break
        except Gone:
            survived += 1
            assert await stored.written(world.office.database, [id_]) == before

    (account,) = await world.rows(Account, id=id_)
    (filing,) = await world.rows(Filing, account_id=id_)
    assert survived > 10
    assert (account.state, filing.state) == ("CLOSED", "CANCELLED")
    assert len(await steps(world, id_, "close")) == len(await steps(world, filing.id, "cancel")) == 1


@pytest.mark.parametrize("kind", EXPECTED)
async def test_a_worker_killed_at_any_statement_of_any_kind_leaves_a_step_to_be_taken_once(
    world: World, kind: str
) -> None:
    expected = EXPECTED[kind]
    _, id_ = await expected.begin(await world.provider())
    await reminded(world, id_, kind)
    row = await deadline(world, id_, kind)
    world.clock.now = row.due_at
    await world.sweep()  # what comes before it
    world.clock.now = row.due_at + timedelta(seconds=1)
    claim, survived, done = Claim(row.id, attempt=0, failures=0), 0, False

    before = await stored.written(world.office.database, [id_])
    while not done:
        dying: Any = replace(world.office, database=Dying(world.office.database, survived))
        try:
            await carry_out_due(dying, claim)
            done = True
        except Gone:
            survived += 1
            assert await stored.written(world.office.database, [id_]) == before
    await world.sweep(workers=4)

    (step,) = await steps(world, id_, expected.trigger)
    assert (survived > 5, step.at, details(step)["due_at"]) == (True, row.due_at, written(row.due_at))


async def test_where_the_holder_and_the_clock_meet_time_has_decided(world: World) -> None:
    provider = await world.provider()
    begun = [await supplement_asked(provider) for _ in range(4)]
    for _, id_ in begun:
        await reminded(world, id_)
    world.clock.now = (await deadline(world, begun[0][1], "SUPPLEMENT")).due_at + timedelta(seconds=1)

    asked = (
        holder.person.do("accountSupplement", id=id_, version=3, answers=ANSWERS, particulars=holder.particulars())
        for holder, id_ in begun
    )
    answers, _ = await asyncio.gather(asyncio.gather(*asked), world.sweep(workers=2))

    for (_, id_), answer in zip(begun, answers, strict=True):
        (account,) = await world.rows(Account, id=id_)
        assert (account.state, (await deadline(world, id_, "SUPPLEMENT")).outcome) == ("WITHDRAWN", "PASSED")
        assert len(await steps(world, id_, "lapse")) == 1
        assert answer.codes == ["STALE_VERSION"]


async def test_what_was_given_in_time_leaves_nothing_to_fire(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    await reminded(world, id_)
    row = await deadline(world, id_, "SUPPLEMENT")
    world.clock.now = row.due_at

    await holder.person.must("accountSupplement", id=id_, version=3, answers=ANSWERS, particulars=holder.particulars())
    world.clock.advance(seconds=1)
    await carry_out_due(world.office, Claim(row.id, attempt=0, failures=0))

    (account,) = await world.rows(Account, id=id_)
    assert (account.state, (await deadline(world, id_, "SUPPLEMENT")).outcome) == ("APPLIED", "MET")
    assert await steps(world, id_, "lapse") == []


async def test_a_closure_taken_back_is_not_carried_out(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await leaving(provider)
    await holder.person.must("accountCancelClose", id=id_, version=4)

    world.clock.advance(days=8)
    await world.sweep()

    (account,) = await world.rows(Account, id=id_)
    assert (account.state, account.closing_at) == ("FILED", None)


async def test_a_review_that_was_told_of_is_not_told_of_again_when_its_clock_runs_on(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    world.clock.advance(days=10)
    await world.sweep()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountRequestSupplement", id=account.id, version=2, items=ITEMS)
    world.clock.advance(days=1)
    answer: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
    await holder.person.must("accountSupplement", id=account.id, version=3, **answer)

    world.clock.advance(days=10)
    await world.sweep()

    (step,) = await steps(world, account.id, "review_overdue")
    assert step.seq == 2
