"""W1b: a changed name of an organisation reaches the register by its filing, and by nothing else (Art. 5, 6, 7)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.deadline import Deadline
from domain.filing import Filing
from domain.identity import Identity
from domain.permission import Badge, RegisterEntry
from domain.table import table_of
from tests.cases.test_w1_subject import CODES, METHOD, PROOF, organisation, submit, verify, version
from tests.sanctions import CIRCUMSTANCES, opened
from tests.workflows.test_account_change import ask_change, changing, version_of
from tests.workflows.test_filing import DEFECT, wrong_item
from tests.world import NEWS_REASON, REVOCATION, Holder, Provider, World, by_two, unique

KIND: Final = "NAME_AMENDMENT"
_FILING: Final = table_of(Filing)
# As of a filing that was submitted before its name was kept.
FORGOTTEN: Final = (
    sa.update(_FILING).where(_FILING.c.id == sa.bindparam("filing", type_=sa.Text)).values(sealed=sa.null())
)


@dataclass
class Firm:
    """An organisation with an account, and what was submitted of it."""

    provider: Provider
    holder: Holder
    account_id: str
    given: dict[str, Any]

    @property
    def world(self) -> World:
        return self.provider.world

    async def filings(self) -> list[Filing]:
        return await self.world.rows(Filing, account_id=self.account_id, order_by="id")

    async def states(self) -> list[str]:
        return [str(row.state) for row in await self.filings()]

    async def last(self) -> Filing:
        return (await self.filings())[-1]

    async def rename(self, name: str, **more: Any) -> None:
        """The reviewer verifies another name; then time does what is due."""
        await self.verified(name, **more)
        await self.pass_by()

    async def verified(self, name: str, **more: Any) -> None:
        self.given |= {"organisationName": name, **more}
        await submit(self.world, self.holder, **self.given)
        assert (await verify(self.world, self.holder, self.provider.reviewer)).codes == []

    async def pass_by(self) -> None:
        self.world.clock.advance(seconds=1)
        await self.world.sweep()

    async def submit(self) -> None:
        last = await self.last()
        await self.provider.officer.must("filingSubmit", id=last.id, version=last.seq)

    async def accept(self) -> None:
        last = await self.last()
        await self.provider.regulator.must("filingAccept", id=last.id, version=last.seq)
        await self.pass_by()

    async def shown(self) -> str | None:
        """The organisation's name on the register."""
        (entry,) = await self.world.rows(RegisterEntry, account_id=self.account_id)
        return entry.organisation_name

    async def due(self) -> list[tuple[bool, str | None]]:
        """The rows of changed names: whether each stands, and its outcome."""
        rows = await self.world.rows(Deadline, case_id=self.account_id, kind=KIND, order_by="id")
        return [(row.paused_at is not None, row.outcome) for row in rows if row.settled_at is None]


async def reviewed(world: World, name: str = "示例甲公司", provider: Provider | None = None) -> Firm:
    """A firm whose account is approved: its filing is prepared."""
    provider, given = provider or await world.provider(), organisation(organisationName=name)
    holder = await provider.newcomer("ENTERPRISE")
    await holder.person.must("identitySubmit", id=holder.identity_id, version=0, **given)
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, **METHOD)
    await holder.consent()
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    return Firm(provider, holder, account.id, given)


async def filed(world: World, name: str = "示例甲公司", provider: Provider | None = None) -> Firm:
    firm = await reviewed(world, name, provider)
    await firm.submit()
    await firm.accept()
    return firm


async def test_w1b_a_changed_name_amends_the_filing_and_is_shown_once_accepted(world: World) -> None:
    firm = await filed(world)

    await firm.rename("示例乙公司")
    prepared = await firm.last()
    before = await firm.shown()
    await firm.submit()
    submitted = await firm.shown()
    await firm.accept()

    former, amended = await firm.filings()
    (entry,) = await world.rows(RegisterEntry, account_id=firm.account_id)
    assert (prepared.state, prepared.amends, prepared.current_of) == ("PREPARED", former.id, None)
    assert (before, submitted, entry.organisation_name) == ("示例甲公司", "示例甲公司", "示例乙公司")
    assert (former.state, amended.state) == ("SUPERSEDED", "ACCEPTED")
    assert (amended.number, amended.number_version) == (former.number, 2)
    assert await firm.due() == []


async def test_w1b_the_badge_is_issued_anew_when_the_amendment_is_accepted(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.badged()
    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    firm = Firm(provider, holder, account_id, organisation())
    new = unique("示例新报社")

    await firm.rename(new)
    waiting = await world.rows(Badge, account_id=account_id)
    await firm.submit()
    await firm.accept()

    first, second = await world.rows(Badge, account_id=account_id, order_by="issued_at")
    (account,) = await world.rows(Account, id=account_id)
    said = orjson.loads(base64.urlsafe_b64decode(second.jws.split(".")[1] + "=="))
    assert [(badge.subject_name, badge.revoked_at) for badge in waiting] == [(entry.organisation_name, None)]
    assert first.revoked_at is not None
    assert (second.subject_name, second.revoked_at, said["subject"], account.state) == (new, None, new, "BADGED")


async def test_w1b_what_is_filed_is_sealed(world: World) -> None:
    firm = await filed(world)

    (row,) = await firm.filings()

    assert row.sealed is not None
    assert "示例甲公司".encode() not in row.sealed
    assert CODES[0].encode() not in row.sealed


async def test_w1b_the_filing_says_what_it_was_submitted_with_whatever_is_verified_since(world: World) -> None:
    firm = await reviewed(world)
    await firm.submit()
    await firm.rename("示例乙公司")
    standing = await firm.due()

    await firm.accept()
    shown = await firm.shown()

    assert standing == [(True, None)]
    assert shown == "示例甲公司"
    assert await firm.states() == ["ACCEPTED", "PREPARED"]  # and the amendment takes the name
    await firm.submit()
    await firm.accept()
    assert await firm.shown() == "示例乙公司"


@pytest.mark.parametrize("state", ["PREPARED", "RETURNED", "DECLINED", "REVOKED"])
async def test_w1b_what_is_to_be_submitted_takes_the_name_along(world: World, state: str) -> None:
    firm = await reviewed(world)
    provider = firm.provider
    if state != "PREPARED":
        await firm.submit()
    one = await firm.last()
    if state == "RETURNED":
        more: dict[str, Any] = {"reasons": wrong_item(), "defects": [DEFECT]}
        await provider.regulator.must("filingReturn", id=one.id, version=one.seq, **more)
    elif state == "DECLINED":
        await provider.regulator.must("filingDecline", id=one.id, version=one.seq, reasons=NEWS_REASON)
    elif state == "REVOKED":
        await firm.accept()
        one, second = await firm.last(), await world.regulator()
        await by_two(provider.regulator, second, "filingRevoke", id=one.id, version=one.seq, **REVOCATION)

    await firm.rename("示例乙公司")
    rows = await firm.filings()
    if state in ("DECLINED", "REVOKED"):
        one = await firm.last()
        await provider.officer.must("filingPrepareAgain", id=one.id, version=one.seq)
    await firm.submit()
    await firm.accept()

    assert [row.state for row in rows] == [state]
    assert await firm.states() == ["ACCEPTED"]
    assert (await firm.shown(), await firm.due()) == ("示例乙公司", [])


@pytest.mark.parametrize("end", ["approved", "rejected", "withdrawn"])
async def test_w1b_an_open_change_goes_first(world: World, end: str) -> None:
    firm = await filed(world)
    provider, person = firm.provider, firm.holder.person
    name = unique("改名")
    at = await changing(provider, firm.account_id, firm.holder, displayName=name)
    await firm.rename("示例乙公司")
    meanwhile, waits = await firm.states(), await firm.due()
    at = await version_of(provider.reviewer, firm.account_id)

    if end == "approved":
        await provider.reviewer.must("accountApproveChange", id=firm.account_id, version=at)
    elif end == "rejected":
        await provider.reviewer.must("accountRejectChange", id=firm.account_id, version=at, reasons=NEWS_REASON)
    else:
        await person.must("accountWithdrawChange", id=firm.account_id, version=at)
    await firm.pass_by()
    after = await firm.states()
    await firm.submit()
    await firm.accept()

    (entry,) = await world.rows(RegisterEntry, account_id=firm.account_id)
    assert (meanwhile, waits) == (["ACCEPTED"], [(True, None)])
    assert after == ["ACCEPTED", "PREPARED"]
    assert await firm.states() == ["SUPERSEDED", "ACCEPTED"]
    assert (entry.organisation_name, entry.display_name == name) == ("示例乙公司", end == "approved")
    assert await firm.due() == []


@pytest.mark.parametrize("end", ["accept", "return", "decline", "pull_back"])
async def test_w1b_a_submitted_amendment_goes_first(world: World, end: str) -> None:
    firm = await filed(world)
    provider = firm.provider
    at = await changing(provider, firm.account_id, firm.holder, displayName=unique("改名"))
    await provider.reviewer.must("accountApproveChange", id=firm.account_id, version=at)
    await firm.submit()
    await firm.rename("示例乙公司")
    waits, one = await firm.due(), await firm.last()

    if end == "accept":
        await firm.accept()
        between = await firm.shown()
        assert between == "示例甲公司"
    elif end == "return":
        more: dict[str, Any] = {"reasons": wrong_item(), "defects": [DEFECT]}
        await provider.regulator.must("filingReturn", id=one.id, version=one.seq, **more)
    elif end == "decline":
        await provider.regulator.must("filingDecline", id=one.id, version=one.seq, reasons=NEWS_REASON)
        one = await firm.last()
        await provider.officer.must("filingPrepareAgain", id=one.id, version=one.seq)
    else:
        await provider.officer.must("filingPullBack", id=one.id, version=one.seq)
    await firm.pass_by()
    await firm.submit()
    await firm.accept()

    assert waits == [(True, None)]
    assert (await firm.states()).count("ACCEPTED") == 1
    assert (await firm.shown(), await firm.due()) == ("示例乙公司", [])


async def test_w1b_several_names_are_one_amendment(world: World) -> None:
    firm = await filed(world)

    await firm.verified("示例乙公司")
    await firm.verified("示例丙公司")
    await firm.pass_by()
    await firm.rename("示例丁公司")
    states, due = await firm.states(), await firm.due()
    await firm.submit()
    await firm.accept()

    assert (states, due) == (["ACCEPTED", "PREPARED"], [(True, None)])
    assert await firm.states() == ["SUPERSEDED", "ACCEPTED"]
    assert (await firm.shown(), await firm.due()) == ("示例丁公司", [])


async def test_w1b_a_name_that_is_what_it_was_again_amends_nothing(world: World) -> None:
    firm = await filed(world)

    await firm.verified("示例乙公司")
    await firm.verified("示例甲公司")
    await firm.pass_by()

    assert (await firm.states(), await firm.due()) == (["ACCEPTED"], [])


async def test_w1b_each_account_in_use_has_its_own(world: World) -> None:
    firm = await filed(world)
    second = await firm.holder.apply()
    await firm.provider.reviewer.must("accountClaim", id=second.id)
    await firm.provider.reviewer.must("accountApprove", id=second.id, version=1, category="LIFESTYLE")
    other = Firm(firm.provider, firm.holder, second.id, firm.given)
    await other.submit()
    await other.accept()

    await firm.rename("示例乙公司")

    assert [await one.states() for one in (firm, other)] == [["ACCEPTED", "PREPARED"]] * 2


@pytest.mark.parametrize("subject_type", ["INDIVIDUAL", "SOLE_TRADER"])
async def test_w1b_a_persons_name_amends_nothing(world: World, subject_type: str) -> None:
    provider = await world.provider()
    given = (
        organisation()
        if subject_type == "SOLE_TRADER"
        else {name: value for name, value in organisation().items() if name in ("legalName", "residentId", "mobile")}
    )
    holder = await provider.newcomer(subject_type)
    await holder.person.must("identitySubmit", id=holder.identity_id, version=0, **given)
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, **METHOD)
    await holder.consent()
    kinds = ["OPERATOR_ID", "BUSINESS_LICENCE"]
    materials = [{"kind": kind, "reference": unique("r-"), "sha256": "0" * 64} for kind in kinds]
    account = await holder.apply(materials=materials)
    await provider.reviewer.must("accountClaim", id=account.id)
    approve: dict[str, Any] = {"id": account.id, "version": 1, "category": "LIFESTYLE"}
    if subject_type == "SOLE_TRADER":  # its code is not one of traders'
        await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", **approve)
    else:
        await provider.reviewer.must("accountApprove", **approve)
    firm = Firm(provider, holder, account.id, given)
    await firm.submit()
    await firm.accept()
    name = {"organisationName": "示例乙商行"} if subject_type == "SOLE_TRADER" else {}

    await submit(world, holder, **{**given, "legalName": "司马示例", **name})
    await verify(world, holder, provider.reviewer)
    await firm.pass_by()

    assert await firm.states() == ["ACCEPTED"]
    assert await world.rows(Deadline, case_id=account.id, kind=KIND) == []
    assert (await firm.shown(), (await firm.last()).sealed) == (None, None)


async def test_w1b_another_operator_amends_nothing(world: World) -> None:
    firm = await filed(world)

    await firm.rename("示例甲公司", legalName="司马示例", mandate="mandate-2")

    assert (await firm.states(), await firm.due()) == (["ACCEPTED"], [])


async def test_w1b_a_corrected_code_is_amended_like_a_name(world: World) -> None:
    firm = await filed(world)
    await submit(world, firm.holder, **{**firm.given, "uscc": CODES[1]})
    asked: dict[str, Any] = {"id": firm.holder.identity_id, "version": await version(world, firm.holder), **METHOD}
    people = (firm.provider.reviewer, firm.provider.second_reviewer)
    await by_two(*people, "identityVerify", **asked, sameSubject=PROOF)
    await firm.pass_by()

    (before,) = await world.rows(RegisterEntry, account_id=firm.account_id)
    await firm.submit()
    await firm.accept()

    (after,) = await world.rows(RegisterEntry, account_id=firm.account_id)
    assert (before.uscc, after.uscc) == (CODES[0], CODES[1])


async def test_w1b_a_revocation_annulled_brings_the_former_name_back_and_amends_it(world: World) -> None:
    firm = await filed(world)
    second = await world.regulator()
    one = await firm.last()
    await by_two(firm.provider.regulator, second, "filingRevoke", id=one.id, version=one.seq, **REVOCATION)
    await firm.rename("示例乙公司")
    one = await firm.last()
    given: dict[str, Any] = {"id": one.id, "version": one.seq, "grounds": "示例"}
    await by_two(firm.provider.regulator, second, "filingReinstate", **given)
    back = await firm.shown()
    await firm.pass_by()

    assert back == "示例甲公司"
    assert await firm.states() == ["ACCEPTED", "PREPARED"]


async def test_w1b_an_account_that_comes_back_from_a_closure_takes_the_name(world: World) -> None:
    firm = await filed(world)
    case = await opened(firm.provider, firm.account_id, firm.holder, gravity="GRAVE")
    await case.notify("CLOSED")
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES, banDays=30)
    await firm.rename("示例乙公司")
    closed, due = await firm.states(), await firm.due()

    await case.rescind()
    back = await firm.shown()
    await firm.pass_by()
    await firm.submit()
    await firm.accept()

    assert (closed, due, back) == (["CANCELLED"], [], "示例甲公司")
    assert (await firm.shown(), await firm.due()) == ("示例乙公司", [])


async def test_w1b_a_closure_ends_what_waited(world: World) -> None:
    firm = await filed(world)
    await ask_change(firm.holder, firm.account_id)
    await firm.rename("示例乙公司")
    waiting = await firm.due()
    case = await opened(firm.provider, firm.account_id, firm.holder, gravity="GRAVE")
    await case.notify("CLOSED")
    await case.waive()

    await case.close(circumstances=CIRCUMSTANCES, banDays=30)

    assert (waiting, await firm.due()) == ([(True, None)], [])


async def test_w1b_a_filing_of_before_says_what_the_register_shows(world: World) -> None:
    firm = await filed(world)
    one = await firm.last()
    await world.office.database.write(lambda transaction: transaction.fetch(FORGOTTEN, {"filing": one.id}))

    await firm.rename("示例甲公司", legalName="司马示例")  # nothing of the register changes
    untouched = await firm.states()
    await firm.rename("示例乙公司")
    await firm.submit()
    await firm.accept()

    assert untouched == ["ACCEPTED"]
    assert await firm.states() == ["SUPERSEDED", "ACCEPTED"]
    assert await firm.shown() == "示例乙公司"


async def test_w1b_a_machine_never_renames(world: World) -> None:
    firm = await filed(world)
    await submit(world, firm.holder, **{**firm.given, "organisationName": "示例乙公司"})

    answer = await verify(world, firm.holder, firm.provider.integration)
    await firm.pass_by()

    (row,) = await world.rows(Identity, id=firm.holder.identity_id)
    assert answer.codes == ["REVIEWER_NEEDED"]
    assert row.pending_at is not None
    assert await firm.states() == ["ACCEPTED"]
