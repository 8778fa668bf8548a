"""What is legal does not depend on how late the worker is: here it never comes (Art. 6, 7, 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.deadline import Deadline
from domain.filing import Filing
from domain.identity import Identity
from domain.journal import Step
from domain.permission import Permission
from domain.qualification import Qualification
from domain.sanction import Sanction
from domain.table import table_of
from tests.placed import overwrite
from tests.sanctions import CIRCUMSTANCES, REASONS, Case, asked, sanctioned
from tests.workflows.test_account import ANSWERS, supplement_asked
from tests.workflows.test_account_change import ask_change
from tests.world import PERMISSION_REASON, Answer, Person, Provider, World, opened_world, unique
from workflows import catching_up

_RENAMED: Final = {"particulars": {"displayName": "新的名字", "materials": []}}
_VERSION: Final = "query($id: ID!) { node(id: $id) { ... on Case { version } } }"


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def version_of(person: Person, id_: str) -> int:
    return int((await person.ask(_VERSION, id=id_))["node"]["version"])


@dataclass
class Late:
    """What somebody is about to do with a case whose time is over."""

    id: str
    model: type[Any]
    person: Person
    mutation: str
    given: dict[str, Any]

    async def answer(self) -> Answer:
        """What it comes to after one repeat with the version told."""
        seen = await version_of(self.person, self.id)
        first = await self.person.do(self.mutation, id=self.id, version=seen, **self.given)
        assert first.codes == ["STALE_VERSION"]
        now = await version_of(self.person, self.id)
        assert now > seen
        return await self.person.refused(self.mutation, id=self.id, version=now, **self.given)


async def restricted(provider: Provider, *, heard: bool = True) -> Case:
    case = await sanctioned(provider)
    if heard:
        await case.notify()
        await case.waive()
    await case.restrict(days=7, circumstances=CIRCUMSTANCES)
    return case


# --- one of each kind of end ---------------------------------------------------------------------------------------
async def close_after_the_restriction(p: Provider) -> Late:
    case = await restricted(p)
    p.world.clock.advance(days=8)
    given = {"reasons": REASONS, "evidenceIds": await case.evidence(), "circumstances": CIRCUMSTANCES}
    return Late(case.id, Sanction, p.officer, "sanctionClose", given)


async def suspend_after_the_restriction(p: Provider) -> Late:
    late = await close_after_the_restriction(p)
    return replace(late, mutation="sanctionSuspend", given={**late.given, "days": 7})


async def restrict_after_the_warning(p: Provider) -> Late:
    case = await sanctioned(p)
    await case.warn()
    p.world.clock.advance(days=91)
    given = {"reasons": REASONS, "evidenceIds": await case.evidence(), "days": 7, "scope": ["PUBLISH"]}
    return Late(case.id, Sanction, p.officer, "sanctionRestrict", given)


async def prolong_after_the_suspension(p: Provider) -> Late:
    case = await sanctioned(p)
    await case.notify()
    await case.waive()
    await case.suspend(days=7, circumstances=CIRCUMSTANCES)
    p.world.clock.advance(days=7, seconds=1)
    given = {"reasons": REASONS, "evidenceIds": await case.evidence(), "days": 7}
    return Late(case.id, Sanction, p.officer, "sanctionProlong", given)


async def change_after_the_cooling_off(p: Provider) -> Late:
    holder, id_, _ = await p.filed()
    await holder.person.must("accountAskClose", id=id_, version=3)
    p.world.clock.advance(days=8)
    return Late(id_, Account, holder.person, "accountChange", _RENAMED)


async def stay_after_the_cooling_off(p: Provider) -> Late:
    late = await change_after_the_cooling_off(p)
    return replace(late, mutation="accountCancelClose", given={})


async def revoke_the_filing_after_the_cooling_off(p: Provider) -> Late:
    late = await change_after_the_cooling_off(p)
    (filing,) = await p.world.rows(Filing, account_id=late.id)
    return Late(
        filing.id, Filing, p.regulator, "filingAskTransfer", {"authorityId": "authority_310000", "grounds": "x"}
    )


async def supplement_after_the_lapse(p: Provider) -> Late:
    holder, id_ = await supplement_asked(p)
    p.world.clock.advance(days=17)
    await p.world.sweep()  # they were reminded; then nobody swept any more
    p.world.clock.advance(days=30)
    given = {"answers": ANSWERS, "particulars": holder.particulars()}
    return Late(id_, Account, holder.person, "accountSupplement", given)


async def narrow_after_the_permission(p: Provider) -> Late:
    _, _, granted = await p.badged()
    p.world.clock.advance(days=800)
    return Late(granted.id, Permission, p.officer, "permissionNarrow", {"reasons": PERMISSION_REASON})


async def suspend_the_qualification_after_its_last_day(p: Provider) -> Late:
    one, _ = await p.qualify(validTo="2026-06-30")
    p.world.clock.advance(days=200)
    return Late(one.id, Qualification, p.regulator, "qualificationSuspend", {"reasons": PERMISSION_REASON})


ENDED: Final[dict[str, tuple[Callable[[Provider], Awaitable[Late]], str, str]]] = {
    "restriction": (close_after_the_restriction, "expire", "EXPIRED"),
    "restriction, milder": (suspend_after_the_restriction, "expire", "EXPIRED"),
    "warning": (restrict_after_the_warning, "expire", "EXPIRED"),
    "suspension": (prolong_after_the_suspension, "expire", "EXPIRED"),
    "cooling off": (change_after_the_cooling_off, "close", "CLOSED"),
    "cooling off, taken back": (stay_after_the_cooling_off, "close", "CLOSED"),
    "cooling off, its filing": (revoke_the_filing_after_the_cooling_off, "cancel", "CANCELLED"),
    "supplement": (supplement_after_the_lapse, "lapse", "WITHDRAWN"),
    "permission": (narrow_after_the_permission, "expire", "EXPIRED"),
    "qualification": (suspend_the_qualification_after_its_last_day, "lapse", "LAPSED"),
}


@pytest.mark.parametrize("what", ENDED)
async def test_t1_what_time_has_ended_is_ended_for_whoever_comes_before_the_worker(world: World, what: str) -> None:
    begin, trigger, state = ENDED[what]
    late = await begin(await world.provider())
    asked_at = world.clock()

    answer = await late.answer()

    (row,) = await world.rows(late.model, id=late.id)
    (step,) = await world.rows(Step, case_id=late.id, trigger=trigger)
    assert answer.codes == ["ILLEGAL_TRANSITION"]
    assert (row.state, step.actor_role, step.at < asked_at) == (state, "SYSTEM", True)
    left = await world.rows(Deadline, root_id=(await world.rows(Deadline, case_id=late.id))[0].root_id)
    assert [one.kind for one in left if one.settled_at is None and one.outcome is None and one.due_at < asked_at] == []
    await world.sweep()
    assert [one.id for one in await world.rows(Step, case_id=late.id, trigger=trigger)] == [step.id]


async def test_t1_what_a_step_may_still_do_is_done_at_the_version_told(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    world.clock.advance(days=400)
    given: dict[str, Any] = {"id": holder.identity_id, "version": 2, "method": "DOCUMENT_CHECK"}

    stale = await provider.reviewer.do("identityVerify", **given)
    given["version"] = await version_of(provider.reviewer, holder.identity_id)
    again = await provider.reviewer.must("identityVerify", **given)

    assert (stale.codes, again.state) == (["STALE_VERSION"], "VERIFIED")
    triggers = [step.trigger for step in await world.rows(Step, case_id=holder.identity_id, order_by="seq")]
    assert triggers == ["submit", "verify", "remind", "remind", "remind", "go_stale", "verify"]


async def test_t1_several_that_passed_are_carried_out_in_their_order(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    assert (await ask_change(holder, id_)).problems == []
    world.clock.advance(days=6)
    await holder.person.must("accountAskClose", id=id_, version=4)
    world.clock.advance(days=20)

    await holder.person.do("accountCancelClose", id=id_, version=5)

    journal = await world.rows(Step, case_id=id_, order_by="seq")
    assert [step.trigger for step in journal[-2:]] == ["review_overdue", "close"]
    assert journal[-2].at < journal[-1].at < world.clock()


async def test_t1_at_its_very_instant_nothing_has_passed(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider, heard=False)
    (row,) = await world.rows(Deadline, case_id=case.id, kind="MEASURE_END")
    world.clock.now = row.due_at

    answer = await provider.officer.do(
        "sanctionLift", id=case.id, version=await case.version(), reason="It was put right."
    )

    assert answer.codes == ["MEASURE_NOT_IN_FORCE"]
    assert (await case.row()).state == "RESTRICTED"


async def test_t1_what_was_put_aside_is_carried_out_too(world: World) -> None:
    provider = await world.provider()
    late = await close_after_the_restriction(provider)
    table = table_of(Deadline)
    put_aside = sa.update(table).where(table.c.case_id == late.id).values(next_at=sa.null(), problem="PutAside")
    await overwrite(world, put_aside)

    answer = await late.answer()

    (row,) = await world.rows(Deadline, case_id=late.id, kind="MEASURE_END")
    assert (answer.codes, row.outcome, row.problem) == (["ILLEGAL_TRANSITION"], "PASSED", None)


async def test_t1_what_fails_fails_nobodys_step_and_is_left_to_the_worker(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await world.provider()
    case = await restricted(provider, heard=False)
    holder, id_ = case.person, case.account_id
    world.clock.advance(days=8)
    tried: list[str] = []

    async def failing(_: Any, id_: str, __: Any) -> None:
        tried.append(id_)
        raise RuntimeError

    monkeypatch.setattr(catching_up, "carry_out", failing)
    await holder.must("accountAskClose", id=id_, version=3)
    monkeypatch.undo()
    await world.sweep()

    (row,) = await world.rows(Deadline, case_id=case.id, kind="MEASURE_END")
    assert tried.count(row.id) == 1
    assert (row.outcome, (await case.row()).state) == ("PASSED", "EXPIRED")


async def test_t1_who_may_not_or_does_not_see_the_case_sets_nothing_off(world: World) -> None:
    provider, other = await world.provider(), await world.provider()
    late = await close_after_the_restriction(provider)

    unseen = replace(late, person=other.officer)
    elsewhere = await unseen.person.refused(late.mutation, id=late.id, version=5, **late.given)
    unheld = await provider.auditor.refused(late.mutation, id=late.id, version=5, **late.given)

    assert (elsewhere.codes, unheld.codes) == (["NOT_FOUND"], ["NOT_ALLOWED"])


async def test_t1_a_proposal_is_dead_once_time_has_moved_its_case(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider)
    given = await case.input(circumstances=CIRCUMSTANCES)
    world.clock.advance(days=6)
    proposed = await provider.officer.must("sanctionClose", **given)
    second = await provider.second_officer()
    world.clock.advance(days=2)

    endorsed = await second.do("proposalEndorse", **{name: proposed.proposal[name] for name in ("id", "hash")})

    assert endorsed.codes == ["PROPOSAL_DEAD"]
    assert (await case.row()).state == "EXPIRED"


async def test_t1_an_item_of_a_batch_is_decided_on_what_time_left(world: World) -> None:
    provider = await world.provider()
    cases = [await restricted(provider) for _ in range(3)]
    second = await provider.second_officer()
    items = []
    for case in cases:
        close = {"reasons": REASONS, "evidenceIds": await case.evidence(), "circumstances": CIRCUMSTANCES}
        items.append({"id": case.id, "version": await case.version(), "close": close})
    world.clock.advance(days=6)
    fill: dict[str, Any] = {"items": items, "idempotencyKey": unique("key-")}
    filled = await provider.officer.must("sanctionBatchFill", select="digest", **fill)
    decide: dict[str, Any] = {"id": filled.id, "version": filled.version, "digest": filled.case["digest"]}
    proposed = await provider.officer.must("sanctionDecide", **decide)
    await second.must("proposalEndorse", **{name: proposed.proposal[name] for name in ("id", "hash")})
    world.clock.advance(days=2)

    done = await provider.officer.do("sanctionDecide", **decide, proposal=proposed.proposal["id"])

    told = [[problem["code"] for problem in result["problems"]] for result in done.payload["results"]]
    assert told == [["STALE_VERSION"]] * 3
    assert [(await case.row()).state for case in cases] == ["EXPIRED"] * 3


async def test_t1_a_trial_of_a_batch_judges_what_time_will_leave_and_writes_nothing(world: World) -> None:
    provider = await world.provider()
    case = await restricted(provider)
    close = {"reasons": REASONS, "evidenceIds": await case.evidence(), "circumstances": CIRCUMSTANCES}
    told, version = [], await case.version()
    items = [{"id": case.id, "version": seen, "close": close} for seen in (version, version + 1)]
    for item in items:
        fill: dict[str, Any] = {"items": [item], "idempotencyKey": unique("key-")}
        filled = await provider.officer.must("sanctionBatchFill", select="digest", **fill)
        told.append({"id": filled.id, "version": filled.version, "digest": filled.case["digest"], "dryRun": True})
    world.clock.advance(days=8)

    async with world.untouched(case.id):
        tried = [await provider.officer.do("sanctionDecide", **one) for one in told]
    late: dict[str, Any] = {"items": items[1:], "idempotencyKey": unique("key-")}
    into = await provider.officer.must("sanctionBatchFill", **late)

    codes = [[problem["code"] for problem in one.payload["results"][0]["problems"]] for one in (*tried, into)]
    assert codes == [["STALE_VERSION"], ["ILLEGAL_TRANSITION"], ["ILLEGAL_TRANSITION"]]
    assert (await case.row()).state == "EXPIRED"  # what comes in is judged on what time has left


async def test_t1_a_new_case_begins_under_what_time_left(world: World) -> None:
    provider = await world.provider()
    holder, id_, number = await provider.news_unit()
    (account,) = await world.rows(Account, id=id_)
    await holder.person.must("accountAskClose", id=id_, version=account.seq)
    world.clock.advance(days=8)

    wanted: dict[str, Any] = {"accountId": id_, "kind": "PUBLISH_AND_REPRINT", "licenceNumber": number}
    answer = await holder.person.do("permissionRequest", **wanted, idempotencyKey=unique("key-"))

    assert answer.codes == ["ACCOUNT_NOT_ON_FILE"]
    assert (await world.rows(Account, id=id_))[0].state == "CLOSED"


async def test_t1_a_lease_is_taken_of_what_time_left(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    world.clock.advance(days=30)

    await provider.reviewer.must("accountClaim", id=account.id)

    (step,) = await world.rows(Step, case_id=account.id, trigger="review_overdue")
    assert step.at < world.clock() - timedelta(days=1)


async def test_t1_one_restriction_that_has_passed_holds_no_permission_back(world: World) -> None:
    """The row that would have ended it fails: what holds is asked of the moment, never of the stored rung."""
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    made = []
    for day, days in (("2026-02-27", 7), ("2026-02-28", 9)):
        done = await provider.reviewer.must("sanctionOpen", **asked(id_, ground="UNLICENSED_NEWS", conductOn=day))
        case = Case(provider, id_, done.id, holder)
        await case.restrict(days=days, circumstances=CIRCUMSTANCES)
        made.append(case)
    table = table_of(Deadline)
    await overwrite(world, sa.delete(table).where(table.c.case_id == made[0].id))
    world.clock.advance(days=10)

    await world.sweep()

    (permission,) = await world.rows(Permission, account_id=id_)
    assert [(await case.row()).state for case in made] == ["RESTRICTED", "EXPIRED"]
    assert permission.state == "GRANTED"


async def test_t1_nobody_waits_for_an_identity_that_is_nobodys(world: World) -> None:
    """What has passed under another root is none of this step's: its deadlines stay the worker's."""
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    world.clock.advance(days=400)

    await holder.person.must("accountAskClose", id=id_, version=3)

    (identity,) = await world.rows(Identity, id=holder.identity_id)
    assert identity.state == "VERIFIED"
