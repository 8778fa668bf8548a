"""Random legal lives of an account with identity, filing and provider: what must hold, holds always (Art. 6, 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import seed as drawn_from
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
from domain.authorities import authority_id
from domain.case import NO_DUE_DATE
from domain.deadline import Deadline
from domain.filing import Filing, Transfer
from domain.identity import Identity
from domain.journal import CANONICAL, GENESIS, Step, link
from domain.outbox import Event
from domain.permission import Badge, Permission, RegisterEntry
from domain.reminder import REMINDED_BY, REMINDERS
from domain.table import Table
from tests.databases import Databases, Kind
from tests.world import (
    NEWS_REASON,
    REVOCATION,
    SHANGHAI,
    ZHEJIANG,
    Answer,
    Holder,
    Person,
    World,
    opened_world,
    resident_id,
    unique,
)
from workflows.registry import WORKFLOWS

T = TypeVar("T")
R = TypeVar("R", bound=Table)
LICENCE_ENDS = date(2028, 1, 1)
ITEMS = [{"code": "DESCRIPTION", "text": "请说明用途"}]
ANSWERS = [{"code": "DESCRIPTION", "answer": "已说明"}]
DEFECTS = [{"code": "ITEM_WRONG", "item": "displayName", "text": "名称与材料不符"}]
REASONS = {**NEWS_REASON, "reasonCodes": ["OTHER"]}
ON_FILE = ("FILED", "BADGED")
IN_USE = ("REVIEWED", *ON_FILE)
OPEN_PERMISSIONS = ("REQUESTED", "GRANTED", "SUSPENDED")
PROOF = {"endedOn": "2026-02-01", "facts": "示例事实", "proofReference": "档案1", "proofSha256": "0" * 64}
DECISION = """query($account: ID) { publishingDecision(account: $account, act: PUBLISH, content: NEWS_REPRINT) {
    allowed blockedBy { code } } }"""


class Life(RuleBasedStateMachine):
    """One account from its application on, whoever may act on it acting at random."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.read: dict[Any, list[Any]] = {}

    def run(self, work: Awaitable[T]) -> T:
        self.read.clear()
        return self.loop.run_until_complete(_coroutine(work))

    def rows(self, model: type[R], **where: Any) -> list[R]:
        """Rows as they are stored, read once between two acts."""
        asked = (model, tuple(sorted(where.items())))
        if asked not in self.read:
            self.read[asked] = self.loop.run_until_complete(_coroutine(self.world.rows(model, **where)))
        return list(self.read[asked])

    @initialize(category=st.sampled_from(["LIFESTYLE", "NEWS"]))
    def begin(self, category: str) -> None:
        self.world: World = self.run(self.stack.enter_async_context(opened_world(self.url)))
        self.provider = self.run(self.world.provider())
        self.colleague: Person = self.run(self.world.regulator())
        self.category = category
        self.holder: Holder
        self.number = resident_id()
        self.holder = self.run(self.provider.holder(residentId=self.number))
        self.account_id = self.run(self.holder.apply(category=category)).id

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()

    # --- what is stored ------------------------------------------------------------------------------------------
    @property
    def account(self) -> Account:
        return self.rows(Account, id=self.account_id)[0]

    @property
    def filings(self) -> list[Filing]:
        return self.rows(Filing, account_id=self.account_id, order_by="created_at")

    @property
    def filing(self) -> Filing | None:
        """The account's own, not an amendment on its way."""
        return next((row for row in self.filings if row.current_of is not None), None)

    @property
    def identity(self) -> Identity:
        return self.rows(Identity, id=self.holder.identity_id)[0]

    @property
    def cases(self) -> list[Any]:
        return [self.account, *self.filings, *self.permissions, self.identity]

    @property
    def permissions(self) -> list[Permission]:
        return self.rows(Permission, account_id=self.account_id)

    @property
    def authority(self) -> tuple[Person, Person]:
        """The two who act for the authority that answers for the account."""
        return self.provider.regulator, self.colleague

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
        self.on_filing(self.authority[0], "filingAccept")

    @precondition(lambda self: self.filing_is("SUBMITTED"))
    @rule()
    def give_back(self) -> None:
        self.on_filing(self.authority[0], "filingReturn", reasons=REASONS, defects=DEFECTS)

    @precondition(lambda self: self.filing_is("SUBMITTED"))
    @rule()
    def decline(self) -> None:
        self.on_filing(self.authority[0], "filingDecline", reasons=REASONS)

    @precondition(lambda self: self.filing_is("DECLINED", "REVOKED"))
    @rule()
    def prepare_again(self) -> None:
        self.on_filing(self.provider.officer, "filingPrepareAgain")

    @precondition(lambda self: self.filing_is("ACCEPTED"))
    @rule()
    def revoke(self) -> None:
        assert self.filing is not None
        asked: dict[str, Any] = {"id": self.filing.id, "version": self.filing.seq, **REVOCATION}
        self.by_two(*self.authority, "filingRevoke", **asked)

    @precondition(lambda self: self.filing_is("REVOKED"))
    @rule()
    def reinstate(self) -> None:
        assert self.filing is not None
        asked: dict[str, Any] = {"id": self.filing.id, "version": self.filing.seq, "grounds": "撤销依据不成立"}
        self.by_two(*self.authority, "filingReinstate", **asked)

    @rule()
    def submit_identity(self) -> None:
        """The person stays who they are; another is not verified while the account is there."""
        self.run(self.holder.submit_identity(self.identity.seq, residentId=self.number))

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
        return self.rows(Step, case_id=case_id, order_by="seq")

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
            events = self.rows(Event, case_id=case.id, order_by="seq")
            assert [(event.step_id, event.state) for event in events] == [(step.id, step.to_state) for step in chain]

    @invariant()
    def filed_exactly_when_the_filing_is_accepted(self) -> None:
        account, filings = self.account, self.filings
        in_force = [row.current_of for row in filings if row.state == "ACCEPTED"]
        assert in_force == ([self.account_id] if account.state in ON_FILE else [])
        of_account = [row for row in filings if row.current_of is not None]
        assert len(of_account) == (account.state in ("REVIEWED", "CLOSED", *ON_FILE))

    @invariant()
    def due_date_shown_is_the_earliest_that_runs(self) -> None:
        for case in self.cases:
            waiting = [row for row in self.rows(Deadline, case_id=case.id) if row.settled_at is None]
            open_ = [row for row in waiting if row.kind not in REMINDERS]
            running = [row.due_at for row in open_ if row.paused_at is None]
            assert case.due_at == min(running, default=NO_DUE_DATE)
            assert case.clock == ("RUNNING" if running else "PAUSED" if open_ else "NONE")
            assert len({row.kind for row in waiting}) == len(waiting)
            ends = {REMINDED_BY.get(row.kind) for row in open_}
            assert {row.kind for row in waiting} - {row.kind for row in open_} <= ends  # no reminder without an end

    @invariant()
    def nobody_holds_a_lease_outside_review(self) -> None:
        account = self.account
        is_reviewed = account.state == "APPLIED" or account.change_state == "ASKED"
        assert is_reviewed or (account.claimed_by, account.claimed_until) == (None, None)


class LifeOnFile(Life):
    """A news unit's account from the day it is on file: permissions, badges, changes, transfers, and its end."""

    @initialize()
    def begin(self) -> None:
        self.world = self.run(self.stack.enter_async_context(opened_world(self.url)))
        self.provider = self.run(self.world.provider())
        self.second_officer: Person = self.run(self.provider.second_officer())
        people = (self.world.regulator(place) for place in (ZHEJIANG, SHANGHAI, SHANGHAI, "000000"))
        self.colleague, self.there, self.their_colleague, self.nation = (self.run(person) for person in people)
        self.category = "NEWS"
        self.holder, self.account_id, self.licence = self.run(self.provider.news_unit())
        self.names = 0

    @property
    def authority(self) -> tuple[Person, Person]:
        if self.account.jurisdiction == authority_id(SHANGHAI):
            return self.there, self.their_colleague
        return self.provider.regulator, self.colleague

    @property
    def elsewhere(self) -> Person:
        """Who would act for the other authority."""
        return self.provider.regulator if self.authority[0] is self.there else self.there

    @property
    def amendment(self) -> Filing | None:
        on_its_way = ("PREPARED", "SUBMITTED", "RETURNED", "DECLINED")
        return next((row for row in self.filings if row.current_of is None and row.state in on_its_way), None)

    def amendment_is(self, *states: str) -> bool:
        return self.amendment is not None and self.amendment.state in states

    def permission(self, *states: str) -> Permission | None:
        return next((row for row in self.permissions if row.state in states), None)

    def change_is(self, *states: str) -> bool:
        return self.account.state in IN_USE and self.account.change_state in states

    # --- permissions ---------------------------------------------------------------------------------------------
    def on_permission(self, person: Person, mutation: str, row: Permission | None, **more: Any) -> None:
        assert row is not None
        self.run(person.must(mutation, id=row.id, version=row.seq, **more))

    @precondition(lambda self: self.account_is(*ON_FILE))
    @rule(kind=st.sampled_from(["PUBLISH_AND_REPRINT", "REPRINT_ONLY", "SPECIAL_APPROVAL"]))
    def request(self, kind: str) -> None:
        named = {"grounds": "示例"} if kind == "SPECIAL_APPROVAL" else {"licenceNumber": self.licence}
        asked = {"accountId": self.account_id, "kind": kind, "idempotencyKey": unique("key-"), **named}
        is_open = any(row.kind == kind for row in self.permissions if row.state in OPEN_PERMISSIONS)
        answer = self.run(self.holder.person.do("permissionRequest", **asked))
        assert answer.codes == (["PERMISSION_EXISTS"] if is_open else [])

    @precondition(lambda self: self.permission("REQUESTED"))
    @rule()
    def grant(self) -> None:
        row = self.permission("REQUESTED")
        assert row is not None
        if row.kind == "SPECIAL_APPROVAL":
            named = {"approvalNumber": "示例1号", "validUntil": "2027-06-30"}
            self.on_permission(self.authority[0], "permissionGrant", row, **named)
        elif self.permission("SUSPENDED"):  # by the authority: another permission is no way around it
            answer = self.run(self.provider.officer.do("permissionGrant", id=row.id, version=row.seq))
            assert answer.codes == ["SUSPENDED_BY_AUTHORITY"]
        else:
            asked = {"id": row.id, "version": row.seq}
            self.by_two(self.provider.officer, self.second_officer, "permissionGrant", **asked)

    @precondition(lambda self: self.permission("REQUESTED"))
    @rule()
    def refuse(self) -> None:
        row = self.permission("REQUESTED")
        assert row is not None
        person = self.authority[0] if row.kind == "SPECIAL_APPROVAL" else self.provider.officer
        self.on_permission(person, "permissionRefuse", row, reasons=REASONS)

    @precondition(lambda self: self.permission("GRANTED"))
    @rule()
    def suspend(self) -> None:
        self.on_permission(self.authority[0], "permissionSuspend", self.permission("GRANTED"), reasons=REASONS)

    @precondition(lambda self: self.permission("SUSPENDED"))
    @rule()
    def resume(self) -> None:
        self.on_permission(self.authority[0], "permissionResume", self.permission("SUSPENDED"))

    @precondition(lambda self: (row := self.permission("GRANTED")) and row.kind == "PUBLISH_AND_REPRINT")
    @rule()
    def narrow(self) -> None:
        """The register lists less for a moment."""
        self.run(self.world.relist(self.licence, services="REPRINT_ONLY"))
        self.on_permission(self.provider.officer, "permissionNarrow", self.permission("GRANTED"), reasons=REASONS)
        self.run(self.world.relist(self.licence, services="PUBLISH_AND_REPRINT"))

    @precondition(lambda self: self.permission("GRANTED", "SUSPENDED"))
    @rule()
    def renewed(self) -> None:
        row = self.permission("GRANTED", "SUSPENDED")
        assert row is not None
        person = self.authority[0] if row.kind == "SPECIAL_APPROVAL" else self.provider.officer
        self.on_permission(person, "permissionRenewed", row, validUntil="2027-12-31")

    @precondition(lambda self: self.permission("GRANTED", "SUSPENDED"))
    @rule()
    def give_up(self) -> None:
        row = self.permission("GRANTED", "SUSPENDED")
        assert row is not None
        answer = self.run(self.holder.person.do("permissionGiveUp", id=row.id, version=row.seq))
        assert answer.codes == ([] if row.state == "GRANTED" else ["SUSPENDED_BY_AUTHORITY"])

    @precondition(lambda self: self.permission("GRANTED", "SUSPENDED"))
    @rule()
    def revoke_permission(self) -> None:
        row = self.permission("GRANTED", "SUSPENDED")
        assert row is not None
        self.by_two(*self.authority, "permissionRevoke", id=row.id, version=row.seq, reasons=REASONS)

    @precondition(lambda self: self.account_is("BADGED"))
    @rule()
    def lose_the_licence_for_a_moment(self) -> None:
        """No step is taken: the right alone is gone, and back."""
        row = self.permission("GRANTED")
        assert row is not None
        before = self.may_reprint()
        self.run(self.world.relist(self.licence, valid_to=self.world.clock().date() - timedelta(days=2)))
        without = self.may_reprint()
        self.run(self.world.relist(self.licence, valid_to=LICENCE_ENDS))
        assert (before, without) == (True, row.kind == "SPECIAL_APPROVAL")

    def may_reprint(self) -> bool:
        asked = self.provider.integration.ask(DECISION, account=self.account_id)
        return bool(self.run(asked)["publishingDecision"]["allowed"])

    # --- changes -------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.change_is(None) and not self.amendment_is("PREPARED", "SUBMITTED", "RETURNED"))
    @rule(renames=st.booleans())
    def change(self, *, renames: bool) -> None:
        self.act(self.holder.person, "accountChange", particulars=self.other(renames=renames))

    def other(self, *, renames: bool) -> dict[str, Any]:
        self.names += 1
        named = {"displayName": unique("新名")} if renames else {"description": f"另作他用{self.names}"}
        return {**named, "materials": []}

    @precondition(lambda self: self.change_is("ASKED", "SUPPLEMENT_REQUESTED"))
    @rule()
    def withdraw_change(self) -> None:
        self.act(self.holder.person, "accountWithdrawChange")

    @precondition(lambda self: self.change_is("ASKED") and self.account.change_supplements < 3)
    @rule()
    def request_change_supplement(self) -> None:
        self.claim_change()
        self.act(self.provider.reviewer, "accountRequestChangeSupplement", items=ITEMS)

    @precondition(lambda self: self.change_is("SUPPLEMENT_REQUESTED"))
    @rule(renames=st.booleans())
    def supplement_change(self, *, renames: bool) -> None:
        particulars = self.other(renames=renames)
        self.act(self.holder.person, "accountSupplementChange", answers=ANSWERS, particulars=particulars)

    @precondition(lambda self: self.change_is("ASKED"))
    @rule()
    def claim_change(self) -> None:
        self.run(self.provider.reviewer.must("accountClaimChange", id=self.account_id))

    @precondition(lambda self: self.change_is("ASKED"))
    @rule()
    def approve_change(self) -> None:
        if self.filing_is("SUBMITTED") or self.amendment_is("PREPARED", "SUBMITTED", "RETURNED"):
            return
        self.claim_change()
        asked = {"id": self.account_id, "version": self.account.seq}
        self.by_two(self.provider.reviewer, self.provider.second_reviewer, "accountApproveChange", **asked)

    @precondition(lambda self: self.change_is("ASKED"))
    @rule()
    def reject_change(self) -> None:
        self.claim_change()
        asked = {"id": self.account_id, "version": self.account.seq, "reasons": REASONS}
        self.by_two(self.provider.reviewer, self.provider.second_reviewer, "accountRejectChange", **asked)

    # --- amendments ----------------------------------------------------------------------------------------------
    def on_amendment(self, person: Person, mutation: str, **more: Any) -> None:
        assert self.amendment is not None
        self.run(person.must(mutation, id=self.amendment.id, version=self.amendment.seq, **more))

    @precondition(lambda self: self.amendment_is("PREPARED", "RETURNED"))
    @rule()
    def submit_amendment(self) -> None:
        self.on_amendment(self.provider.officer, "filingSubmit")

    @precondition(lambda self: self.amendment_is("SUBMITTED"))
    @rule()
    def accept_amendment(self) -> None:
        self.on_amendment(self.authority[0], "filingAccept")

    @precondition(lambda self: self.amendment_is("SUBMITTED"))
    @rule(declines=st.booleans())
    def decide_against_amendment(self, *, declines: bool) -> None:
        if declines:
            self.on_amendment(self.authority[0], "filingDecline", reasons=REASONS)
        else:
            self.on_amendment(self.authority[0], "filingReturn", reasons=REASONS, defects=DEFECTS)

    @precondition(lambda self: self.amendment_is("DECLINED"))
    @rule()
    def prepare_amendment_again(self) -> None:
        self.on_amendment(self.provider.officer, "filingPrepareAgain")

    @precondition(lambda self: self.filing_is("REVOKED"))
    @rule()
    def reinstate(self) -> None:
        """What the account no longer bears is filed anew instead."""
        filing, account = self.filing, self.account
        assert filing is not None
        asked: dict[str, Any] = {"id": filing.id, "version": filing.seq, "grounds": "撤销依据不成立"}
        if account.state == "CLOSED":
            expected = ["ACCOUNT_CLOSED"]
        elif any(getattr(filing, name) != getattr(account, name) for name in ("display_name", "description")):
            expected = ["FILING_OUTDATED"]
        else:
            self.by_two(*self.authority, "filingReinstate", **asked)
            return
        assert set(self.run(self.authority[0].do("filingReinstate", **asked)).codes) >= set(expected)

    @precondition(lambda self: self.filing_is("DECLINED", "REVOKED") and not self.account_is("CLOSED"))
    @rule()
    def prepare_again(self) -> None:
        self.on_filing(self.provider.officer, "filingPrepareAgain")

    # --- transfers, and the end ----------------------------------------------------------------------------------
    @precondition(lambda self: self.filing_is("SUBMITTED", "ACCEPTED") and self.filing.transfer_to is None)
    @rule()
    def ask_transfer(self) -> None:
        here = self.account.jurisdiction == authority_id(ZHEJIANG)
        to = authority_id(SHANGHAI if here else ZHEJIANG)
        self.on_filing(self.authority[0], "filingAskTransfer", authorityId=to, grounds="示例")

    @precondition(lambda self: self.filing is not None and self.filing.transfer_to is not None)
    @rule(
        answer=st.sampled_from(["filingTransfer", "filingTransfer", "filingRefuseTransfer", "filingWithdrawTransfer"])
    )
    def answer_transfer(self, answer: str) -> None:
        person = self.authority[0] if answer == "filingWithdrawTransfer" else self.elsewhere
        self.on_filing(person, answer)

    @precondition(lambda self: self.filing is not None and self.filing.transfer_to is not None)
    @rule()
    def designate(self) -> None:
        assert self.filing is not None
        self.on_filing(self.nation, "filingDesignate", authorityId=self.filing.transfer_to, grounds="示例")

    @precondition(lambda self: self.account_is(*IN_USE))
    @rule()
    def ask_or_cancel_close(self) -> None:
        asked = self.account.closing_at is not None
        self.act(self.holder.person, "accountCancelClose" if asked else "accountAskClose")

    @precondition(lambda self: self.account_is(*IN_USE) and self.account.seq > 14)
    @rule()
    def close(self) -> None:
        asked: dict[str, Any] = {"id": self.account_id, "version": self.account.seq, **PROOF}
        self.by_two(self.provider.officer, self.second_officer, "accountClose", **asked)

    @rule()
    def submit_identity(self) -> None:
        """The organisation stays what it is."""
        [entry] = self.rows(RegisterEntry, account_id=self.account_id)
        named = {"organisationName": entry.organisation_name}
        self.run(self.holder.submit_identity(self.identity.seq, **named))

    # --- what holds ----------------------------------------------------------------------------------------------
    @invariant()
    def badged_exactly_when_on_file_with_a_permission_granted(self) -> None:
        account, granted = self.account, [row for row in self.permissions if row.state == "GRANTED"]
        assert (account.state == "BADGED") is (account.state in ON_FILE and granted != [])
        assert len(granted) < 2

    @invariant()
    def a_badge_record_stands_exactly_while_badged_and_says_what_holds(self) -> None:
        account, badges = self.account, self.rows(Badge, account_id=self.account_id)
        standing = [badge for badge in badges if badge.revoked_at is None]
        assert len(standing) == (account.state == "BADGED")
        for badge in standing:
            granted = self.permission("GRANTED")
            assert granted is not None
            assert (badge.permission_id, badge.kind) == (granted.id, granted.kind)
            last_days = [granted.valid_until, LICENCE_ENDS if granted.licence_number is not None else None]
            last_day = min(day for day in last_days if day is not None)
            assert (badge.display_name, badge.valid_until) == (account.display_name, last_day)

    @invariant()
    def one_register_entry_is_ended_exactly_while_not_on_file(self) -> None:
        account = self.account
        [entry] = self.rows(RegisterEntry, account_id=self.account_id)
        assert (entry.ended_on is None) is (account.state in ON_FILE)
        if account.state in ON_FILE:
            filing = self.filing
            assert filing is not None
            assert (entry.number, entry.number_version) == (filing.number, filing.number_version)
            assert (entry.display_name, entry.display_name) == (account.display_name, filing.display_name)
            assert account.description == filing.description
        permission = self.permission("GRANTED") if account.state == "BADGED" else None
        assert entry.licence_number == (permission.licence_number if permission is not None else None)

    @invariant()
    def versions_of_the_one_number_are_dense(self) -> None:
        numbered = [(row.number, row.number_version) for row in self.filings if row.number is not None]
        assert len({number for number, _ in numbered}) == 1
        assert sorted(version for _, version in numbered) == list(range(1, len(numbered) + 1))

    @invariant()
    def every_open_amendment_amends_the_filing_in_force(self) -> None:
        if self.amendment is not None:
            assert self.filing_is("ACCEPTED")
            assert self.amendment.amends == (self.filing and self.filing.id)

    @invariant()
    def all_that_hangs_on_it_lies_with_one_authority(self) -> None:
        assert {case.jurisdiction for case in (*self.filings, *self.permissions)} == {self.account.jurisdiction}
        moved = len(self.rows(Transfer, account_id=self.account_id))
        assert self.account.jurisdiction == authority_id(SHANGHAI if moved % 2 else ZHEJIANG)

    @invariant()
    def nothing_of_a_closed_account_is_due_but_its_permissions(self) -> None:
        if self.account.state == "CLOSED":
            ids = {self.account_id, *(row.id for row in self.filings)}
            rows = [row for id_ in ids for row in self.rows(Deadline, case_id=id_)]
            assert all(row.settled_at is not None for row in rows)
            assert (self.account.change_state, self.account.closing_at) == (None, None)


async def _coroutine(work: Awaitable[T]) -> T:
    return await work


@pytest.fixture(scope="module")
def life(databases: Databases) -> type[Life]:
    return type("LifeOnSqlite", (Life,), {"url": databases.migrated("sqlite")})


@pytest.fixture(scope="module")
def life_on_file(databases: Databases, database_kind: Kind) -> type[LifeOnFile]:
    return type("LifeOnFileHere", (LifeOnFile,), {"url": databases.migrated(database_kind)})


def lived(life: type[Life], chance: int, *, examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(drawn_from(chance)(life), settings=chosen)


@pytest.mark.seeds(fast=1, night=60)
def test_what_must_hold_holds_after_every_step_of_a_random_life(life: type[Life], seed: int) -> None:
    lived(life, seed, examples=12, steps=25)


@pytest.mark.seeds(fast=1, night=60)
def test_what_must_hold_of_badge_and_register_holds_after_every_step(life_on_file: type[LifeOnFile], seed: int) -> None:
    lived(life_on_file, seed, examples=5, steps=40)
