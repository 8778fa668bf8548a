"""The review of an application: every trigger once, and every refusal twice proven (Art. 1, 6, 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.account import Account, AccountFlag, Submission
from domain.journal import AccessLog, written
from domain.notice import Notice
from domain.policy.roles import Role
from tests.world import GOVERNMENT_MATERIALS, NEWS_REASON, Holder, Provider, World, resident_id, unique

ITEMS = [{"code": "DESCRIPTION", "text": "请说明用途"}, {"code": "OPERATOR_ID", "text": "请重新上传"}]
ANSWERS = [{"code": "DESCRIPTION", "answer": "已说明"}, {"code": "OPERATOR_ID", "answer": "已上传"}]


async def claimed(provider: Provider, **particulars: Any) -> tuple[Holder, str]:
    """An application whose lease the reviewer holds."""
    holder, account = await provider.applied(**particulars)
    await provider.reviewer.must("accountClaim", id=account.id)
    return holder, account.id


async def supplement_asked(provider: Provider) -> tuple[Holder, str]:
    """An application that waits for its holder."""
    holder, id_ = await claimed(provider)
    await provider.reviewer.must("accountRequestSupplement", id=id_, version=1, items=ITEMS)
    return holder, id_


async def test_an_application_keeps_what_was_asked_and_gives_a_receipt(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()

    account = await holder.apply(displayName="山间清茶")

    (row,) = await world.rows(Account, id=account.id)
    (submission,) = await world.rows(Submission, account_id=account.id)
    assert (account.state, account.version) == ("APPLIED", 1)
    assert row.receipt_number.startswith("A-")
    assert (submission.round, submission.display_name, submission.kind) == (1, "山间清茶", "NEW")
    assert submission.agreement_id == provider.agreement_id


async def test_a_providers_system_applies_for_a_holder(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()

    account = await provider.integration.must(
        "accountApply", holderId=holder.id, particulars=holder.particulars(), idempotencyKey=unique("key-")
    )

    assert account.state == "APPLIED"


async def test_an_organ_goes_first_and_has_no_quota(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder("GOVERNMENT")

    made = [await holder.apply() for _ in range(3)]

    (row,) = await world.rows(Account, id=made[2].id)
    assert (row.priority, row.rank, row.flags) == ("HIGH", 1, ["ORGAN", "CREDIT_CODE"])


async def test_the_quota_of_others_is_two(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder("ENTERPRISE")
    await holder.apply()
    await holder.apply()

    async with world.untouched():
        answer = await holder.try_to_apply()

    assert answer.problems == [("QUOTA_EXCEEDED", "exceptionReason")]


async def test_an_exception_to_the_quota_is_let_in_flagged_and_needs_two(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    await holder.apply()

    second = await holder.try_to_apply(exception_reason="另一项业务")
    await provider.reviewer.must("accountClaim", id=second.id)
    approval = await provider.reviewer.must("accountApprove", id=second.id, version=1, category="LIFESTYLE")

    (row,) = await world.rows(Account, id=second.id)
    assert (row.flags, row.is_flagged, row.state) == (["QUOTA_EXCEPTION"], True, "APPLIED")
    assert approval.proposal["id"]


async def test_a_supplement_does_not_wash_off_the_exception_to_the_quota(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    await holder.apply()
    second = await holder.try_to_apply(exception_reason="另一项业务")
    await provider.reviewer.must("accountClaim", id=second.id)
    await provider.reviewer.must("accountRequestSupplement", id=second.id, version=1, items=ITEMS)

    await holder.person.must(
        "accountSupplement", id=second.id, version=2, answers=ANSWERS, particulars=holder.particulars()
    )

    (row,) = await world.rows(Account, id=second.id)
    assert (row.flags, row.is_flagged) == (["QUOTA_EXCEPTION"], True)


async def test_a_lease_is_taken_prolonged_and_given_up_without_a_step(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    reviewer = provider.reviewer

    await reviewer.must("accountClaim", id=account.id)
    (claimed_row,) = await world.rows(Account, id=account.id)
    world.clock.advance(minutes=10)
    await reviewer.must("accountRenewLease", id=account.id)
    (renewed,) = await world.rows(Account, id=account.id)
    await reviewer.must("accountRelease", id=account.id)
    (released,) = await world.rows(Account, id=account.id)

    assert claimed_row.claimed_by == reviewer.id
    assert claimed_row.claimed_until is not None
    assert renewed.claimed_until is not None
    assert (renewed.claimed_until - claimed_row.claimed_until).total_seconds() == 600
    assert (released.claimed_by, released.claimed_until, released.seq) == (None, None, 1)


async def test_a_lease_shuts_others_out_until_it_ends(world: World) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    taken = await provider.second_reviewer.refused("accountClaim", id=id_)
    without = await provider.second_reviewer.refused("accountApprove", id=id_, version=1, category="LIFESTYLE")
    world.clock.advance(minutes=30)
    ended = await provider.reviewer.refused("accountApprove", id=id_, version=1, category="LIFESTYLE")
    await provider.second_reviewer.must("accountClaim", id=id_)

    assert taken.problems == [("LEASE_TAKEN", "id")]
    assert without.problems == [("LEASE_REQUIRED", "id")]
    assert ended.problems == [("LEASE_REQUIRED", "id")]


@pytest.mark.parametrize("mutation", ["accountRenewLease", "accountRelease"])
async def test_a_lease_one_does_not_hold_is_neither_prolonged_nor_given_up(world: World, mutation: str) -> None:
    provider = await world.provider()
    _, account = await provider.applied()

    answer = await provider.reviewer.refused(mutation, id=account.id)

    assert answer.problems == [("LEASE_REQUIRED", "id")]


async def test_a_supplement_is_asked_for_and_given(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)
    (waiting,) = await world.rows(Account, id=id_)

    answer = await holder.person.must(
        "accountSupplement", id=id_, version=2, answers=ANSWERS, particulars=holder.particulars(description="更清楚")
    )

    (row,) = await world.rows(Account, id=id_)
    assert (waiting.state, waiting.items_asked) == ("SUPPLEMENT_REQUESTED", ["DESCRIPTION", "OPERATOR_ID"])
    assert (waiting.claimed_by, waiting.claimed_until) == (None, None)
    assert (answer.state, row.round, row.supplements, row.description) == ("APPLIED", 2, 1, "更清楚")
    assert [submission.round for submission in await world.rows(Submission, account_id=id_, order_by="round")] == [1, 2]


async def test_the_clock_stands_while_a_supplement_is_waited_for_and_runs_on_in_working_days(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()  # Monday noon: due in seven working days
    world.clock.advance(days=8)  # Tuesday of the next week: one working day is left
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountRequestSupplement", id=account.id, version=1, items=ITEMS)
    world.clock.advance(days=3)

    await holder.person.must(
        "accountSupplement", id=account.id, version=2, answers=ANSWERS, particulars=holder.particulars()
    )

    (row,) = await world.rows(Account, id=account.id)
    assert (row.clock, row.due_at) == ("RUNNING", datetime(2026, 3, 16, 4, 0, tzinfo=UTC))


async def test_a_supplement_answers_every_item(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)

    answer = await holder.person.refused(
        "accountSupplement", id=id_, version=2, answers=ANSWERS[:1], particulars=holder.particulars()
    )

    assert answer.problems == [("ITEMS_UNANSWERED", "answers")]
    assert answer.payload["problems"][0]["message"].endswith("Unanswered: OPERATOR_ID.")


async def test_the_list_of_items_is_never_empty(world: World) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    answer = await provider.reviewer.refused("accountRequestSupplement", id=id_, version=1, items=[])

    assert answer.problems == [("INPUT_INVALID", "items")]


async def test_an_unknown_category_is_told_once(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)

    particulars = holder.particulars(category="NO_SUCH")
    answer = await holder.person.refused(
        "accountSupplement", id=id_, version=2, answers=ANSWERS, particulars=particulars
    )

    assert answer.problems == [("CODE_UNKNOWN", "particulars.category")]


async def test_there_are_three_rounds_of_supplement_in_an_application(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await claimed(provider)
    for version in (1, 3, 5):
        await provider.reviewer.must("accountClaim", id=id_)
        await provider.reviewer.must("accountRequestSupplement", id=id_, version=version, items=ITEMS)
        given: dict[str, Any] = {"answers": ANSWERS, "particulars": holder.particulars()}
        await holder.person.must("accountSupplement", id=id_, version=version + 1, **given)
    await provider.reviewer.must("accountClaim", id=id_)

    answer = await provider.reviewer.refused("accountRequestSupplement", id=id_, version=7, items=ITEMS)

    assert answer.problems == [("ROUNDS_EXHAUSTED", "id")]


async def test_a_holder_withdraws_and_the_name_is_free_again(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied(displayName="溪边小屋")

    answer = await holder.person.must("accountWithdraw", id=account.id, version=1)

    other = await provider.holder()
    assert answer.state == "WITHDRAWN"
    assert (await other.apply(displayName="溪边小屋")).state == "APPLIED"


async def test_a_holder_withdraws_while_a_supplement_is_waited_for(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await supplement_asked(provider)

    answer = await holder.person.must("accountWithdraw", id=id_, version=2)

    (row,) = await world.rows(Account, id=id_)
    assert (answer.state, row.items_asked) == ("WITHDRAWN", [])


async def test_an_approval_sets_the_category_and_prepares_the_filing(world: World) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    select = "category filing { state category }"
    answer = await provider.reviewer.must("accountApprove", select=select, id=id_, version=1, category="CULTURE")

    assert (answer.state, answer.case["category"]) == ("REVIEWED", "CULTURE")
    assert answer.case["filing"] == {"state": "PREPARED", "category": "CULTURE"}


async def test_a_note_of_an_approval_is_for_the_staff_alone(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await claimed(provider)

    await provider.reviewer.must("accountApprove", id=id_, version=1, category="LIFESTYLE", note="材料经电话核实")

    query = "query($id: ID!) { account(id: $id) { journal { nodes { trigger texts { name text { display } } } } } }"
    shown = (await provider.second_reviewer.ask(query, id=id_))["account"]["journal"]["nodes"]
    hidden = (await holder.person.ask(query, id=id_))["account"]["journal"]["nodes"]
    assert shown[1]["texts"] == [{"name": "NOTE", "text": {"display": "材料经电话核实"}}]
    assert hidden[1]["texts"] == []


async def test_an_approval_under_news_needs_two_though_nothing_was_flagged(world: World) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    answer = await provider.reviewer.must("accountApprove", id=id_, version=1, category="NEWS")

    assert (answer.state, answer.version) == ("APPLIED", 1)
    assert answer.proposal["id"]


@pytest.mark.parametrize(("category", "code"), [("NO_SUCH", "CODE_UNKNOWN"), ("NATIONAL_MEDIA", None)])
async def test_an_approval_names_a_listed_category_of_the_same_authority(
    world: World, category: str, code: str | None
) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    answer = await provider.reviewer.refused("accountApprove", id=id_, version=1, category=category)

    assert answer.problems == [(code or "CATEGORY_MOVES_AUTHORITY", "category")]


async def test_a_rejection_serves_a_notice_with_its_reasons(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()

    notices = await world.rows(Notice, case_id=account.id)

    query = "query($id: ID!) { account(id: $id) { journal { nodes { reasonCodes legalBases texts { name } } } } }"
    step = (await holder.person.ask(query, id=account.id))["account"]["journal"]["nodes"][1]
    assert account.state == "REJECTED"
    assert [(notice.party, notice.holder_id) for notice in notices] == [("HOLDER", holder.id)]
    assert (step["reasonCodes"], step["legalBases"]) == (["OTHER"], ["IM_2014_ART_7"])
    assert [text["name"] for text in step["texts"]] == ["PUBLIC_REASON", "FACTS"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"reasonCodes": ["ITEM_WRONG"]}, ("CODE_UNKNOWN", "reasons.reasonCodes.0")),
        ({"reasonCodes": []}, ("INPUT_INVALID", "reasons.reasonCodes")),
        ({"legalBases": ["NEWS_2005"]}, ("LEGAL_BASIS_INVALID", "reasons.legalBases.0")),
        ({"legalBases": ["NO_SUCH"]}, ("LEGAL_BASIS_INVALID", "reasons.legalBases.0")),
        ({"publicReason": "请联系 13900000000"}, ("PERSONAL_DATA_IN_TEXT", "reasons.publicReason")),
        ({"publicReason": "请写信至 someone@example.com"}, ("PERSONAL_DATA_IN_TEXT", "reasons.publicReason")),
        ({"publicReason": " "}, ("INPUT_INVALID", "reasons.publicReason")),
    ],
)
async def test_a_rejection_states_sound_reasons(
    world: World, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    provider = await world.provider()
    _, id_ = await claimed(provider)

    reasons = {**NEWS_REASON, **changed}
    answer = await provider.reviewer.refused("accountReject", id=id_, version=1, reasons=reasons)

    assert answer.problems == [problem]


async def test_unsound_reasons_are_told_with_all_else_that_stands_in_the_way(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()

    reasons = {**NEWS_REASON, "reasonCodes": ["NO_SUCH"]}
    answer = await provider.reviewer.refused("accountReject", id=account.id, version=1, reasons=reasons)
    unknown = await provider.reviewer.refused("accountReject", id=f"{account.id}x", version=1, reasons=reasons)

    assert answer.problems == [("LEASE_REQUIRED", "id"), ("CODE_UNKNOWN", "reasons.reasonCodes.0")]
    assert unknown.problems == [("NOT_FOUND", "id")]


@pytest.mark.parametrize("subject_type", ["GOVERNMENT", "NEWS_UNIT"])
async def test_the_rejection_of_an_organ_or_a_news_unit_needs_two(world: World, subject_type: str) -> None:
    provider = await world.provider()
    holder = await provider.holder(subject_type, uscc="12350100M000100Y47")
    kinds = {"GOVERNMENT": GOVERNMENT_MATERIALS, "NEWS_UNIT": ["CREDIT_CODE_CERTIFICATE", "MEDIA_LICENCE"]}
    materials = [{"kind": kind, "reference": unique("r-"), "sha256": "0" * 64} for kind in kinds[subject_type]]
    account = await holder.apply(materials=materials)
    await provider.reviewer.must("accountClaim", id=account.id)

    answer = await provider.reviewer.must("accountReject", id=account.id, version=1, reasons=NEWS_REASON)

    assert answer.state == "APPLIED"
    assert answer.proposal["id"]


async def test_a_rejected_applicant_applies_again_with_changed_content(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()

    particulars = holder.particulars(description="改过的说明")
    answer = await holder.person.must("accountReapply", id=account.id, version=2, particulars=particulars)

    (row,) = await world.rows(Account, id=account.id)
    assert (answer.state, row.round, row.supplements, row.agreement_id) == ("APPLIED", 2, 0, provider.agreement_id)


async def test_better_materials_are_a_changed_content(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    particulars = holder.particulars()
    account = await holder.person.must("accountApply", particulars=particulars, idempotencyKey=unique("key-"))
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountReject", id=account.id, version=1, reasons=NEWS_REASON)
    (scan,) = particulars["materials"]

    better = {**particulars, "materials": [{**scan, "sha256": "1" * 64}]}
    answer = await holder.person.must("accountReapply", id=account.id, version=2, particulars=better)

    assert answer.state == "APPLIED"


async def test_the_same_content_is_taken_again_only_after_thirty_days(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    particulars = holder.particulars()
    account = await holder.person.must("accountApply", particulars=particulars, idempotencyKey=unique("key-"))
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountReject", id=account.id, version=1, reasons=NEWS_REASON)
    same: dict[str, Any] = {"id": account.id, "version": 2, "particulars": particulars}

    world.clock.advance(days=30, seconds=-1)
    early = await holder.person.refused("accountReapply", **same)
    world.clock.advance(seconds=1)
    later = await holder.person.must("accountReapply", **same)

    assert early.problems == [("CONTENT_UNCHANGED", "particulars")]
    assert later.state == "APPLIED"


async def test_three_reapplications_are_made_in_ninety_days(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()
    for version in (2, 4, 6):
        await holder.person.must("accountReapply", id=account.id, version=version, particulars=holder.particulars())
        await provider.reviewer.must("accountClaim", id=account.id)
        await provider.reviewer.must("accountReject", id=account.id, version=version + 1, reasons=NEWS_REASON)
    again: dict[str, Any] = {"id": account.id, "version": 8}

    world.clock.advance(days=90, seconds=-1)
    early = await holder.person.refused("accountReapply", **again, particulars=holder.particulars())
    world.clock.advance(seconds=1)
    later = await holder.person.must("accountReapply", **again, particulars=holder.particulars())

    assert early.problems == [("REAPPLICATIONS_EXHAUSTED", "id")]
    assert later.state == "APPLIED"


async def test_the_name_of_a_rejected_application_is_kept_fifteen_days_for_its_applicant(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected(displayName="云上花开")
    other = await provider.holder()

    world.clock.advance(days=15, seconds=-1)
    async with world.untouched():
        early = await other.try_to_apply(displayName="云上花开")
    particulars = holder.particulars(displayName="云上花开")
    own = await holder.person.must("accountReapply", id=account.id, version=2, particulars=particulars)
    await holder.person.must("accountWithdraw", id=account.id, version=3)
    world.clock.advance(seconds=1)
    later = await other.apply(displayName="云上花开")

    assert early.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]
    assert own.state == "APPLIED"
    assert later.state == "APPLIED"


async def test_a_reapplication_rests_on_the_latest_agreement(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()
    provider.agreement_id = await provider.publish_agreement()
    again: dict[str, Any] = {"id": account.id, "version": 2, "particulars": holder.particulars()}

    refused = await holder.person.refused("accountReapply", **again)
    await holder.consent()
    await holder.person.must("accountReapply", **again)

    (row,) = await world.rows(Account, id=account.id)
    assert refused.codes == ["AGREEMENT_NOT_CONSENTED"]
    assert row.agreement_id == provider.agreement_id


async def test_a_decision_rests_on_the_version_that_was_seen(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await claimed(provider)
    await holder.person.must("accountWithdraw", id=id_, version=1)

    answer = await provider.reviewer.refused("accountApprove", id=id_, version=1, category="LIFESTYLE")

    assert answer.problems == [("STALE_VERSION", "version")]
    since = f"It is at version 2. Since then: withdraw by HOLDER at {written(world.clock.now)}."
    assert answer.payload["problems"][0]["message"].endswith(since)


async def test_what_is_done_already_is_told_from_what_cannot_be_done(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    done = await provider.reviewer.refused("accountApprove", id=account.id, version=2, category="LIFESTYLE")
    cannot = await holder.person.refused("accountWithdraw", id=account.id, version=2)

    assert done.problems == [("ALREADY_IN_STATE", "id")]
    assert cannot.problems == [("ILLEGAL_TRANSITION", "id")]


@pytest.mark.parametrize(
    ("display_name", "flag"),
    [
        ("杭州茶友", AccountFlag.NAME_PLACE),
        ("山城日报读者", AccountFlag.NAME_MEDIA),
        ("某区公安", AccountFlag.NAME_AUTHORITY),
        ("某县县委之声", AccountFlag.NAME_PARTY_ORGAN),
    ],
)
async def test_a_name_that_speaks_of_others_needs_a_second_reader(
    world: World, display_name: str, flag: AccountFlag
) -> None:
    provider = await world.provider()

    _, account = await provider.applied(displayName=display_name)

    (row,) = await world.rows(Account, id=account.id)
    assert flag in row.flags
    assert row.is_flagged


async def test_an_application_under_news_needs_a_second_reader(world: World) -> None:
    provider = await world.provider()

    _, account = await provider.applied(category="NEWS")

    (row,) = await world.rows(Account, id=account.id)
    assert row.flags == ["NEWS_CATEGORY"]


@pytest.mark.parametrize("name", ["\u3164\u3164", "山\u200b水", "a\u202eb"])
async def test_a_name_that_hides_something_is_not_taken(world: World, name: str) -> None:
    provider = await world.provider()
    holder = await provider.holder()

    async with world.untouched():
        answer = await holder.try_to_apply(displayName=name)

    assert answer.problems == [("INPUT_INVALID", "particulars.displayName")]


# --- blind look-ups ----------------------------------------------------------------------------------------------
async def twin(provider: Provider) -> tuple[Holder, str]:
    """The application of a holder whose person already holds an account here under another holder."""
    number = resident_id()
    first = await provider.holder(residentId=number)
    await first.apply()
    second = await provider.holder(residentId=number)
    return second, (await second.apply()).id


async def test_a_hit_by_blind_index_is_told_to_reviewers_alone(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await twin(provider)

    query = """query($id: ID!) {
        account(id: $id) { flags isFlagged availableSteps { problems { code } } journal { nodes { details skipped } } }
        twins: accounts(where: { flag: TWIN }) { totalCount { value } }
        byIndex: accounts(where: { flag: QUOTA_BY_INDEX }) { totalCount { value } }
    }"""
    staff = await provider.reviewer.ask(query, id=id_)
    told = [await person.ask(query, id=id_) for person in (holder.person, provider.integration)]

    assert staff["account"]["flags"] == ["TWIN", "QUOTA_BY_INDEX"]
    assert (staff["twins"], staff["byIndex"]) == ({"totalCount": {"value": 1}}, {"totalCount": {"value": 1}})
    for seen in told:
        assert seen["account"]["flags"] == []
        assert seen["account"]["isFlagged"] is False
        assert (seen["twins"], seen["byIndex"]) == ({"totalCount": {"value": 0}}, {"totalCount": {"value": 0}})
        assert not any(word in str(seen["account"]) for word in ("TWIN", "INDEX", "twin"))


async def test_the_accounts_of_one_organisation_are_counted_under_its_credit_code(world: World) -> None:
    provider = await world.provider()
    first, second = await provider.holder("ENTERPRISE"), await provider.holder("ENTERPRISE")
    await first.apply()

    account = await second.apply()

    (row,) = await world.rows(Account, id=account.id)
    assert row.flags == ["TWIN", "QUOTA_BY_INDEX"]


async def test_the_applicants_problems_do_not_depend_on_hits_by_blind_index(world: World) -> None:
    provider = await world.provider()
    holder, _ = await twin(provider)

    async with world.untouched():
        answer = await holder.try_to_apply(materials=[])

    assert answer.codes == ["QUOTA_EXCEEDED", "MATERIALS_MISSING"]


async def test_every_look_up_by_blind_index_is_logged(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await twin(provider)

    submitted = await world.rows(AccessLog, case_id=holder.identity_id)
    applied = await world.rows(AccessLog, case_id=id_)

    assert [(row.what, row.purpose, row.viewer_id, row.hits) for row in (*submitted, *applied)] == [
        ("BLIND_INDEX_LOOKUP", "TWIN_CHECK", holder.id, 1),
        ("BLIND_INDEX_LOOKUP", "QUOTA_CHECK", holder.id, 1),
        ("BLIND_INDEX_LOOKUP", "BAN_CHECK", holder.id, 0),
    ]


# --- one's own matter --------------------------------------------------------------------------------------------
async def test_nobody_claims_approves_or_rejects_their_own_application(world: World) -> None:
    provider = await world.provider()
    number = resident_id()
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    self = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)

    claim = await self.refused("accountClaim", id=account.id)
    approval = await self.refused("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    rejection = await self.refused("accountReject", id=account.id, version=1, reasons=NEWS_REASON)

    assert claim.codes == ["OWN_MATTER"]
    assert approval.codes == ["LEASE_REQUIRED", "OWN_MATTER"]
    assert rejection.codes == ["LEASE_REQUIRED", "OWN_MATTER"]


async def test_nobody_endorses_the_approval_of_their_own_application(world: World) -> None:
    provider = await world.provider()
    number = resident_id()
    holder = await provider.holder(residentId=number)
    account = await holder.apply(category="NEWS")
    self = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)
    await provider.reviewer.must("accountClaim", id=account.id)
    proposed = await provider.reviewer.must("accountApprove", id=account.id, version=1, category="NEWS")

    answer = await self.refused("proposalEndorse", **proposed.proposal)

    assert answer.problems == [("OWN_MATTER", "id")]


async def test_a_holder_is_told_of_an_approval(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()

    (notice,) = await world.rows(Notice, case_id=account.id)

    assert (notice.party, notice.holder_id) == ("HOLDER", (await world.rows(Account, id=account.id))[0].holder_id)


async def test_a_note_of_a_rejection_is_not_told_and_a_number_that_is_no_resident_id_may_be(world: World) -> None:
    provider = await world.provider()
    holder, id_ = await claimed(provider)
    reasons = {**NEWS_REASON, "publicReason": "档案 000000196501010019 不符。可补正后重新提出。", "note": "内部备注"}

    await provider.reviewer.must("accountReject", id=id_, version=1, reasons=reasons)
    found = await provider.second_reviewer.refused("accountReject", id=id_, version=2, reasons=reasons)

    query = "query($id: ID!) { account(id: $id) { journal { nodes { texts { name } } } } }"
    own = (await holder.person.ask(query, id=id_))["account"]["journal"]["nodes"][1]["texts"]
    staff = (await provider.second_reviewer.ask(query, id=id_))["account"]["journal"]["nodes"][1]["texts"]
    assert found.codes == ["ALREADY_IN_STATE"]
    assert [text["name"] for text in own] == ["PUBLIC_REASON", "FACTS"]
    assert [text["name"] for text in staff] == ["PUBLIC_REASON", "FACTS", "NOTE"]
