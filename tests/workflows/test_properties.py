"""Random legal lives of an account with identity, filing and provider: what must hold, holds always (Art. 6, 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.account import Account
from domain.case import NO_DUE_DATE
from domain.deadline import Deadline
from domain.filing import Filing
from domain.identity import Identity
from domain.journal import CANONICAL, GENESIS, Step, link
from domain.outbox import Event
from tests.databases import Databases
from tests.world import NEWS_REASON, REVOCATION, Answer, Holder, Person, World, opened_world
from workflows.registry import WORKFLOWS

T = TypeVar("T")
ITEMS = [{"code": "DESCRIPTION", "text": "请说明用途"}]
ANSWERS = [{"code": "DESCRIPTION", "answer": "已说明"}]
DEFECTS = [{"code": "ITEM_WRONG", "item": "displayName", "text": "名称与材料不符"}]
REASONS = {**NEWS_REASON, "reasonCodes": ["OTHER"]}


class Life(RuleBasedStateMachine):
    """One account from its application on, whoever may act on it acting at random."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(_coroutine(work))

    @initialize(category=st.sampled_from(["LIFESTYLE", "NEWS"]))
    def begin(self, category: str) -> None:
        self.world: World = self.run(self.stack.enter_async_context(opened_world(self.url)))
        self.provider = self.run(self.world.provider())
        self.colleague: Person = self.run(self.world.regulator())
        self.category = category
        self.holder: Holder
        self.holder, applied = self.run(self.provider.applied(category=category))
        self.account_id = applied.id

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()

    # --- what is stored ------------------------------------------------------------------------------------------
    @property
    def account(self) -> Account:
        return self.run(self.world.rows(Account, id=self.account_id))[0]

    @property
    def filing(self) -> Filing | None:
        found = self.run(self.world.rows(Filing, account_id=self.account_id))
        return found[0] if found else None

    @property
    def identity(self) -> Identity:
        return self.run(self.world.rows(Identity, id=self.holder.identity_id))[0]

    @property
    def cases(self) -> list[Any]:
        return [case for case in (self.account, self.filing, self.identity) if case is not None]

    def account_is(self, *states: str) -> bool:
        return self.account.state in states

    def filing_is(self, *states: str) -> bool:
        return self.filing is not None and self.filing.state in states

    # --- steps ---------------------------------------------------------------------------------------------------
    def act(self, person: Person, mutation: str, **more: Any) -> Answer:
        account = self.account
        return self.run(person.must(mutation, id=account.id, version=account.seq, **more))

    def by_two(self, first: Person, second: Person, mutation: str, **asked: Any) -> None:
        proposed = self.run(first.must(mutation, **asked))
        if proposed.payload["proposal"] is not None:
            self.run(second.must("proposalEndorse", **proposed.proposal))
            self.run(first.must(mutation, **asked, proposal=proposed.proposal["id"]))

    def on_filing(self, person: Person, mutation: str, **more: Any) -> None:
        assert self.filing is not None
        self.run(person.must(mutation, id=self.filing.id, version=self.filing.seq, **more))

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.world.clock.advance(hours=hours)

    @precondition(lambda self: self.account_is("APPLIED"))
    @rule()
    def claim(self) -> None:
        self.run(self.provider.reviewer.must("accountClaim", id=self.account_id))

    @precondition(lambda self: self.account_is("APPLIED"))
    @rule()
    def claim_and_release(self) -> None:
        self.claim()
        self.run(self.provider.reviewer.must("accountRelease", id=self.account_id))

    @precondition(lambda self: self.account_is("APPLIED") and self.account.supplements < 3)
    @rule()
    def request_supplement(self) -> None:
        self.claim()
        self.act(self.provider.reviewer, "accountRequestSupplement", items=ITEMS)

    @precondition(lambda self: self.account_is("SUPPLEMENT_REQUESTED"))
    @rule()
    def supplement(self) -> None:
        particulars = self.holder.particulars(category=self.category)
        self.act(self.holder.person, "accountSupplement", answers=ANSWERS, particulars=particulars)

    @precondition(lambda self: self.account_is("APPLIED"))
    @rule()
    def approve(self) -> None:
        self.claim()
        asked = {"id": self.account_id, "version": self.account.seq, "category": self.category}
        self.by_two(self.provider.reviewer, self.provider.second_reviewer, "accountApprove", **asked)

    @precondition(lambda self: self.account_is("APPLIED"))
    @rule()
    def reject(self) -> None:
        self.claim()
        self.act(self.provider.reviewer, "accountReject", reasons=REASONS)

    @precondition(lambda self: self.account_is("REJECTED"))
    @rule()
    def reapply(self) -> None:
        particulars = self.holder.particulars(category=self.category)
        version = self.account.seq
        asked: dict[str, Any] = {"id": self.account_id, "version": version, "particulars": particulars}
        answer = self.run(self.holder.person.do("accountReapply", **asked))
        assert set(answer.codes) <= {"REAPPLICATIONS_EXHAUSTED"}
        assert self.account.seq == version + (not answer.codes)

    @precondition(lambda self: self.account_is("APPLIED", "SUPPLEMENT_REQUESTED") and self.account.round > 2)
    @rule()
    def withdraw(self) -> None:
        self.act(self.holder.person, "accountWithdraw")

    @precondition(lambda self: self.filing_is("PREPARED", "RETURNED"))
    @rule()
    def submit(self) -> None:
        self.on_filing(self.provider.officer, "filingSubmit")

    @precondition(lambda self: self.filing_is("SUBMITTED"))
    @rule()
    def pull_back(self) -> None:
        self.on_filing(self.provider.officer, "filingPullBack")

    @precondition(lambda self: self.filing_is("SUBMITTED"))
    @rule()
    def accept(self) -> None:
        self.on_filing(self.provider.regulator, "filingAccept")

    @precondition(lambda self: self.filing_is("SUBMITTED"))
    @rule()
    def give_back(self) -> None:
        self.on_filing(self.provider.regulator, "filingReturn", reasons=REASONS, defects=DEFECTS)

    @precondition(lambda self: self.filing_is("SUBMITTED"))
    @rule()
    def decline(self) -> None:
        self.on_filing(self.provider.regulator, "filingDecline", reasons=REASONS)

    @precondition(lambda self: self.filing_is("DECLINED", "REVOKED"))
    @rule()
    def prepare_again(self) -> None:
        self.on_filing(self.provider.officer, "filingPrepareAgain")

    @precondition(lambda self: self.filing_is("ACCEPTED"))
    @rule()
    def revoke(self) -> None:
        assert self.filing is not None
        asked = {"id": self.filing.id, "version": self.filing.seq, **REVOCATION}
        self.by_two(self.provider.regulator, self.colleague, "filingRevoke", **asked)

    @precondition(lambda self: self.filing_is("REVOKED"))
    @rule()
    def reinstate(self) -> None:
        assert self.filing is not None
        asked = {"id": self.filing.id, "version": self.filing.seq, "grounds": "撤销依据不成立"}
        self.by_two(self.provider.regulator, self.colleague, "filingReinstate", **asked)

    @rule()
    def submit_identity(self) -> None:
        self.run(self.holder.submit_identity(self.identity.seq))

    @precondition(lambda self: self.identity.pending_bundle is not None)
    @rule(passes=st.booleans())
    def decide_identity(self, *, passes: bool) -> None:
        asked: dict[str, Any] = {"id": self.identity.id, "version": self.identity.seq}
        if passes:
            self.run(self.provider.reviewer.must("identityVerify", **asked, method="DOCUMENT_CHECK"))
        else:
            self.run(self.provider.reviewer.must("identityFail", **asked, reasons=REASONS))

    @rule(quota=st.integers(1, 5))
    def configure(self, quota: int) -> None:
        version = max(step.seq for step in self.steps(self.provider.id))
        self.run(
            self.provider.officer.must("providerConfigure", id=self.provider.id, version=version, quotaIndividual=quota)
        )

    # --- what holds ----------------------------------------------------------------------------------------------
    def steps(self, case_id: str) -> list[Step]:
        return self.run(self.world.rows(Step, case_id=case_id, order_by="seq"))

    @invariant()
    def state_is_the_fold_of_the_journal(self) -> None:
        for case in self.cases:
            workflow, state = WORKFLOWS[case.id.rpartition("_")[0]], None
            for step in self.steps(case.id):
                assert step.from_state == (state or (workflow.initial and str(workflow.initial)))
                at = step.from_state or "NEW"
                state = workflow.after(step.trigger, at)
                assert state == step.to_state
            assert case.state == (state or str(workflow.initial))

    @invariant()
    def version_is_the_number_of_steps(self) -> None:
        for case in self.cases:
            assert case.seq == len(self.steps(case.id))

    @invariant()
    def chains_verify_and_each_step_has_its_event(self) -> None:
        for case in self.cases:
            last, chain = GENESIS, self.steps(case.id)
            for step in chain:
                assert step.prev_hash == last
                last = link(last, {name: getattr(step, name) for name in CANONICAL})
                assert step.hash == last
            assert case.head == last
            events = self.run(self.world.rows(Event, case_id=case.id, order_by="seq"))
            assert [(event.step_id, event.state) for event in events] == [(step.id, step.to_state) for step in chain]

    @invariant()
    def filed_exactly_when_the_filing_is_accepted(self) -> None:
        assert (self.account.state == "FILED") is self.filing_is("ACCEPTED")
        filings = self.run(self.world.rows(Filing, account_id=self.account_id))
        assert len(filings) == (self.account.state in ("REVIEWED", "FILED"))

    @invariant()
    def due_date_shown_is_the_earliest_that_runs(self) -> None:
        for case in self.cases[:-1]:
            rows = self.run(self.world.rows(Deadline, case_id=case.id))
            open_ = [row for row in rows if row.settled_at is None]
            running = [row.due_at for row in open_ if row.paused_at is None]
            assert case.due_at == min(running, default=NO_DUE_DATE)
            assert case.clock == ("RUNNING" if running else "PAUSED" if open_ else "NONE")
            assert len({row.kind for row in open_}) == len(open_)

    @invariant()
    def nobody_holds_a_lease_outside_review(self) -> None:
        account = self.account
        assert account.state == "APPLIED" or (account.claimed_by, account.claimed_until) == (None, None)


async def _coroutine(work: Awaitable[T]) -> T:
    return await work


@pytest.fixture(scope="module")
def life(databases: Databases) -> type[Life]:
    return type("LifeOnSqlite", (Life,), {"url": databases.migrated("sqlite")})


def test_what_must_hold_holds_after_every_step_of_a_random_life(life: type[Life]) -> None:
    chosen = settings(
        max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )

    run_state_machine_as_test(life, settings=chosen)
