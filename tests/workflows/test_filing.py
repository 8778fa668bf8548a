"""The filing of an account with its authority: submitted, decided, revoked and put back (Art. 7)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.account import Account
from domain.filing import Filing
from domain.journal import Step
from domain.notice import Notice
from tests.world import NEWS_REASON, REVOCATION, SHANGHAI, Holder, Person, Provider, World, unique

DEFECT = {"code": "ITEM_WRONG", "item": "displayName", "text": "名称与材料不符"}


async def prepared(provider: Provider) -> tuple[Holder, str, str]:
    """Holder, account and filing: approved, not yet submitted."""
    holder, account = await provider.approved()
    return holder, account.id, account.case["filing"]["id"]


async def submitted(provider: Provider) -> tuple[Holder, str, str]:
    """The same, submitted to the authority."""
    holder, account_id, id_ = await prepared(provider)
    await provider.officer.must("filingSubmit", id=id_, version=1)
    return holder, account_id, id_


async def by_two(first: Person, second: Person, mutation: str, **asked: Any) -> None:
    """Proposed by one, endorsed by another, fired by the first."""
    proposal = (await first.must(mutation, **asked)).proposal
    await second.must("proposalEndorse", **proposal)
    await first.must(mutation, **asked, proposal=proposal["id"])


async def revoked(provider: Provider) -> tuple[str, str]:
    """Account and filing after a revocation."""
    _, account_id, filing = await provider.filed()
    colleague = await provider.world.regulator(provider.division)
    await by_two(provider.regulator, colleague, "filingRevoke", id=filing.id, version=3, **REVOCATION)
    return account_id, filing.id


async def states(world: World, account_id: str, filing_id: str) -> tuple[str, str]:
    account, filing = await world.rows(Account, id=account_id), await world.rows(Filing, id=filing_id)
    return account[0].state, filing[0].state


async def test_a_filing_carries_the_account_and_nothing_of_the_person(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await prepared(provider)

    (filing,), (account,) = await world.rows(Filing, id=id_), await world.rows(Account, id=account_id)

    assert (filing.handle, filing.display_name, filing.category) == (account.handle, account.display_name, "LIFESTYLE")
    assert (filing.agreement_id, filing.jurisdiction) == (provider.agreement_id, account.jurisdiction)
    assert (filing.reviewed_at, filing.number, filing.round) == (world.clock(), None, 0)


@pytest.mark.parametrize("role", ["officer", "integration"])
async def test_a_filing_is_submitted_by_the_officer_or_the_providers_system(world: World, role: str) -> None:
    provider = await world.provider()
    _, _, id_ = await prepared(provider)
    key = {"idempotencyKey": unique("key-")} if role == "integration" else {}

    answer = await getattr(provider, role).must("filingSubmit", select="round submittedAt", id=id_, version=1, **key)

    assert (answer.state, answer.case["round"]) == ("SUBMITTED", 1)
    assert answer.case["submittedAt"] is not None


async def test_a_submitted_filing_is_pulled_back(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await submitted(provider)

    answer = await provider.officer.must("filingPullBack", id=id_, version=2)

    assert answer.state == "PREPARED"
    assert await states(world, account_id, id_) == ("REVIEWED", "PREPARED")


async def test_an_accepted_filing_gets_its_number_and_files_the_account(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await submitted(provider)

    answer = await provider.regulator.must("filingAccept", select="number", id=id_, version=2)

    code, division, category, month, serial, check = answer.case["number"].split("-")
    assert (code, division, category, month, len(serial), len(check)) == ("SG", "330100", "LIFESTYLE", "202603", 6, 1)
    assert await states(world, account_id, id_) == ("FILED", "ACCEPTED")


async def test_a_returned_filing_names_all_defects_and_comes_back(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await submitted(provider)
    defects = [DEFECT, {"code": "ITEM_MISSING", "item": "division", "text": "缺少地区"}]

    returned = await provider.regulator.must("filingReturn", id=id_, version=2, reasons=wrong_item(), defects=defects)
    (row,) = await world.rows(Filing, id=id_)
    again = await provider.officer.must("filingSubmit", select="round", id=id_, version=3)

    assert returned.state == "RETURNED"
    assert row.defects == [
        {"code": "ITEM_WRONG", "item": "displayName"},
        {"code": "ITEM_MISSING", "item": "division"},
    ]
    assert [notice.party for notice in await world.rows(Notice, case_id=id_)] == ["PROVIDER"]
    assert (again.state, again.case["round"]) == ("SUBMITTED", 2)
    assert await states(world, account_id, id_) == ("REVIEWED", "SUBMITTED")


def wrong_item() -> dict[str, Any]:
    return {**NEWS_REASON, "reasonCodes": ["ITEM_WRONG"]}


@pytest.mark.parametrize(
    ("defects", "problem"),
    [
        ([{**DEFECT, "code": "IDENTITY_DOUBTFUL"}], ("CODE_UNKNOWN", "defects.0.code")),
        ([DEFECT, {**DEFECT, "code": "NO_SUCH"}], ("CODE_UNKNOWN", "defects.1.code")),
        ([], ("INPUT_INVALID", "defects")),
    ],
)
async def test_a_defect_is_one_of_the_list(
    world: World, defects: list[dict[str, str]], problem: tuple[str, str]
) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)

    answer = await provider.regulator.refused("filingReturn", id=id_, version=2, reasons=wrong_item(), defects=defects)

    assert answer.problems == [problem]


async def test_a_declined_filing_is_told_to_provider_and_holder_and_prepared_again(world: World) -> None:
    provider = await world.provider()
    _, account_id, id_ = await submitted(provider)

    declined = await provider.regulator.must("filingDecline", id=id_, version=2, reasons=NEWS_REASON)
    notices = await world.rows(Notice, case_id=id_)
    again = await provider.officer.must("filingPrepareAgain", id=id_, version=3)

    assert (declined.state, again.state) == ("DECLINED", "PREPARED")
    assert sorted(notice.party for notice in notices) == ["HOLDER", "PROVIDER"]
    assert len({notice.receipt_number for notice in notices}) == 2
    assert await states(world, account_id, id_) == ("REVIEWED", "PREPARED")


async def test_a_revoked_filing_takes_the_account_off_file(world: World) -> None:
    provider = await world.provider()

    account_id, id_ = await revoked(provider)

    unfile = (await world.rows(Step, case_id=account_id, trigger="unfile"))[0]
    revoke = (await world.rows(Step, case_id=id_, trigger="revoke"))[0]
    assert await states(world, account_id, id_) == ("REVIEWED", "REVOKED")
    assert (unfile.cause, unfile.cause_kind, unfile.actor_role, unfile.actor_id) == (
        revoke.id,
        "filing",
        "SYSTEM",
        None,
    )


async def test_a_reinstated_filing_files_the_account_again_under_its_number(world: World) -> None:
    provider = await world.provider()
    account_id, id_ = await revoked(provider)
    (before,) = await world.rows(Filing, id=id_)
    colleague = await world.regulator()

    await by_two(provider.regulator, colleague, "filingReinstate", id=id_, version=4, grounds="撤销依据不成立")

    (after,) = await world.rows(Filing, id=id_)
    assert after.number == before.number
    assert await states(world, account_id, id_) == ("FILED", "ACCEPTED")


@pytest.mark.parametrize("role", ["officer", "integration"])
async def test_a_revoked_filing_is_prepared_again_and_keeps_its_number(world: World, role: str) -> None:
    provider = await world.provider()
    account_id, id_ = await revoked(provider)
    (before,) = await world.rows(Filing, id=id_)
    key = {"idempotencyKey": unique("key-")} if role == "integration" else {}

    await getattr(provider, role).must("filingPrepareAgain", id=id_, version=4, **key)
    await provider.officer.must("filingSubmit", id=id_, version=5)
    accepted = await provider.regulator.must("filingAccept", select="number", id=id_, version=6)

    assert accepted.case["number"] == before.number
    assert await states(world, account_id, id_) == ("FILED", "ACCEPTED")


@pytest.mark.parametrize(
    ("mutation", "more"),
    [
        ("filingAccept", {}),
        ("filingReturn", {"reasons": wrong_item(), "defects": [DEFECT]}),
        ("filingDecline", {"reasons": NEWS_REASON}),
    ],
)
async def test_only_the_authority_of_the_case_decides_it(world: World, mutation: str, more: dict[str, Any]) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)
    elsewhere, nation = await world.regulator(SHANGHAI), await world.regulator("000000")

    foreign = await elsewhere.refused(mutation, id=id_, version=2, **more)
    national = await nation.refused(mutation, id=id_, version=2, **more)
    provider_side = await provider.officer.refused(mutation, id=id_, version=2, **more)

    assert foreign.problems == [("NOT_FOUND", "id")]
    assert national.problems == [("NOT_COMPETENT", "id")]
    assert provider_side.problems == [("NOT_ALLOWED", "")]


async def test_the_national_authority_decides_its_own_category(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    account = await holder.apply(category="NATIONAL_MEDIA")
    await provider.reviewer.must("accountClaim", id=account.id)
    approve: dict[str, Any] = {"id": account.id, "version": 1, "category": "NATIONAL_MEDIA"}
    await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", **approve)
    (filing,) = await world.rows(Filing, account_id=account.id)
    await provider.officer.must("filingSubmit", id=filing.id, version=1)
    nation = await world.regulator("000000")

    provincial = await provider.regulator.refused("filingAccept", id=filing.id, version=2)
    national = await nation.must("filingAccept", id=filing.id, version=2)

    assert provincial.problems == [("NOT_FOUND", "id")]
    assert national.state == "ACCEPTED"


@pytest.mark.parametrize(
    ("mutation", "more"),
    [
        ("filingReturn", {"reasons": {**NEWS_REASON, "reasonCodes": ["IDENTITY_DOUBTFUL"]}, "defects": [DEFECT]}),
        ("filingDecline", {"reasons": {**NEWS_REASON, "reasonCodes": ["IDENTITY_DOUBTFUL"]}}),
    ],
)
async def test_reasons_against_a_filing_are_of_its_own_list(world: World, mutation: str, more: dict[str, Any]) -> None:
    provider = await world.provider()
    _, _, id_ = await submitted(provider)

    answer = await provider.regulator.refused(mutation, id=id_, version=2, **more)

    assert answer.problems == [("CODE_UNKNOWN", "reasons.reasonCodes.0")]


async def test_after_a_revocation_filing_anew_is_due(world: World) -> None:
    _, id_ = await revoked(await world.provider())

    (filing,) = await world.rows(Filing, id=id_)
    (step,) = await world.rows(Step, case_id=id_, trigger="revoke")
    assert (filing.clock, filing.due_at) == ("RUNNING", world.office.calendar.after(world.clock(), 10))
    assert step.details == '{"notified_on":"2026-02-20"}'
    assert "ANSWER" in step.texts


async def test_a_reinstated_filing_is_due_no_more(world: World) -> None:
    provider = await world.provider()
    _, id_ = await revoked(provider)
    colleague = await world.regulator(provider.division)

    await by_two(provider.regulator, colleague, "filingReinstate", id=id_, version=4, grounds="示例")

    (filing,) = await world.rows(Filing, id=id_)
    assert filing.clock == "NONE"


async def test_a_revocation_rests_on_a_notice_that_was_given(world: World) -> None:
    provider = await world.provider()
    _, _, filing = await provider.filed()

    early = {**REVOCATION, "notifiedOn": "2026-03-03"}
    answer = await provider.regulator.refused("filingRevoke", id=filing.id, version=3, **early)

    assert answer.problems == [("DAY_AHEAD", "notifiedOn")]
