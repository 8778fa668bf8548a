"""Changes of an account's particulars: every trigger and refusal, and how they reach filing and register (Art. 7)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.account import Account, ReservedName, Submission
from domain.deadline import Deadline
from domain.filing import Filing
from domain.notice import Notice
from domain.permission import Badge, RegisterEntry
from domain.policy.roles import Role
from tests.api.test_documents_in_use import uploaded
from tests.world import NEWS_REASON, REVOCATION, Answer, Holder, Person, Provider, World, by_two, resident_id, unique

ITEMS = [{"code": "DESCRIPTION", "text": "请说明用途"}]
ANSWERS = [{"code": "DESCRIPTION", "answer": "已说明"}]


async def version_of(person: Person, id_: str) -> int:
    return int((await person.ask("query($id: ID!) { account(id: $id) { version } }", id=id_))["account"]["version"])


async def row_of(world: World, id_: str) -> Account:
    (row,) = await world.rows(Account, id=id_)
    return row


async def ask_change(holder: Holder, id_: str, *, person: Person | None = None, **particulars: Any) -> Answer:
    """Ask for a change; what came of it."""
    asker = person or holder.person
    wanted = {"materials": [], **(particulars or {"displayName": unique("新名")})}
    key = {"idempotencyKey": unique("key-")} if asker.role is Role.INTEGRATION else {}
    version = await version_of(asker, id_)
    return await asker.do("accountChange", id=id_, version=version, particulars=wanted, **key)


async def changing(provider: Provider, id_: str, holder: Holder, **particulars: Any) -> int:
    """A change whose lease the reviewer holds; the account's version."""
    answer = await ask_change(holder, id_, **particulars)
    assert answer.problems == []
    await provider.reviewer.must("accountClaimChange", id=id_)
    return answer.version


async def approved_change(provider: Provider, id_: str, holder: Holder, **particulars: Any) -> Answer:
    version = await changing(provider, id_, holder, **particulars)
    return await provider.reviewer.must("accountApproveChange", id=id_, version=version)


async def filings(world: World, id_: str) -> list[tuple[str, str | None, int, str]]:
    """State, number, version and name of an account's filings, the oldest first."""
    rows = await world.rows(Filing, account_id=id_, order_by="id")
    return [(row.state, row.number, row.number_version, row.display_name) for row in rows]


# --- asking --------------------------------------------------------------------------------------------------------
async def test_a_change_is_kept_beside_what_stands(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed(displayName="晨间来信")

    answer = await ask_change(holder, id_, displayName="夜间来信")

    row = await row_of(world, id_)
    submissions = await world.rows(Submission, account_id=id_, order_by="round")
    (kept,) = await world.rows(ReservedName, account_id=id_)
    (due,) = await world.rows(Deadline, case_id=id_, kind="CHANGE_DECISION")
    assert (answer.problems, answer.state) == ([], "FILED")
    assert (row.display_name, row.change_state, row.change_flags, row.round) == ("晨间来信", "ASKED", [], 2)
    assert [(s.round, s.kind, s.display_name, s.description) for s in submissions] == [
        (1, "NEW", "晨间来信", "日常分享"),
        (2, "CHANGE", "夜间来信", "日常分享"),
    ]
    assert (kept.kind, kept.name_key, kept.until) == ("CHANGE", "夜间来信", None)
    assert (row.due_at, row.clock) == (due.due_at, "RUNNING")


async def test_a_providers_system_asks_for_a_change_too(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    answer = await ask_change(holder, account.id, person=provider.integration, description="另作他用")

    assert (answer.problems, (await row_of(world, account.id)).change_state) == ([], "ASKED")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.APPEAL_REVIEWER, Role.AUDITOR])
async def test_nobody_but_the_holders_side_asks_for_a_change(world: World, role: Role) -> None:
    provider = await world.provider()
    _, account = await provider.approved()

    wanted = {"displayName": unique("新名"), "materials": []}
    answer = await provider.staff[role].refused("accountChange", id=account.id, version=2, particulars=wanted)

    assert answer.codes == ["NOT_ALLOWED"]


async def test_another_holders_account_is_not_there_to_change(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    other = await provider.holder()

    wanted = {"displayName": unique("新名"), "materials": []}
    answer = await other.person.refused("accountChange", id=account.id, version=2, particulars=wanted)

    assert answer.problems == [("NOT_FOUND", "id")]


async def test_a_change_names_something_that_differs(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved(displayName="原来的名字")
    asked: dict[str, Any] = {"id": account.id, "version": account.version}

    nothing = await holder.person.refused("accountChange", **asked, particulars={"materials": []})
    same = await holder.person.refused(
        "accountChange", **asked, particulars={"displayName": "原来的名字", "category": "LIFESTYLE", "materials": []}
    )

    assert nothing.problems == [("INPUT_INVALID", "")]
    assert same.problems == [("NOTHING_CHANGES", "particulars")]


async def test_an_application_is_supplemented_not_changed(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()

    answer = await ask_change(holder, account.id)

    assert answer.problems == [("ILLEGAL_TRANSITION", "id")]


async def test_one_change_is_open_at_a_time(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    await ask_change(holder, account.id)

    async with world.untouched(account.id):
        again = await ask_change(holder, account.id)

    assert again.problems == [("CHANGE_OPEN", "id")]


async def test_codes_names_and_documents_of_a_change_are_looked_at_all_at_once(world: World) -> None:
    provider = await world.provider()
    await provider.applied(displayName="别人的名字")
    holder, account = await provider.approved()
    material = {"kind": "NO_SUCH", "documentId": "document_unknown"}

    answer = await ask_change(holder, account.id, displayName="别人的名字", category="NO_SUCH", materials=[material])

    assert answer.problems == [
        ("NAME_UNAVAILABLE", "particulars.displayName"),
        ("CODE_UNKNOWN", "particulars.category"),
        ("CODE_UNKNOWN", "particulars.materials.0.kind"),
        ("DOCUMENT_UNUSABLE", "particulars.materials.0.documentId"),
    ]


async def test_a_category_of_another_authority_is_refused(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    answer = await ask_change(holder, account.id, category="NATIONAL_MEDIA")

    assert answer.problems == [("CATEGORY_MOVES_AUTHORITY", "particulars.category")]


async def test_a_change_waits_for_a_current_identity(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    world.clock.advance(days=365 + 31)

    answer = await ask_change(holder, account.id)

    assert answer.problems == [("IDENTITY_NOT_CURRENT", "")]


async def test_a_name_asked_for_by_a_change_is_kept_from_others(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    await ask_change(holder, account.id, displayName="独此一家")
    other, others = await provider.approved()

    applied = await (await provider.holder()).try_to_apply(displayName="独此一家")
    changed = await ask_change(other, others.id, displayName="独此一家")

    assert applied.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]
    assert changed.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]


# --- examining -----------------------------------------------------------------------------------------------------
async def test_a_change_is_examined_under_a_lease(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder)

    taken = await provider.second_reviewer.refused("accountClaimChange", id=account.id)
    without = await provider.second_reviewer.refused("accountApproveChange", id=account.id, version=version)
    answer = await provider.reviewer.must("accountApproveChange", id=account.id, version=version, note="核对无误")

    row = await row_of(world, account.id)
    assert taken.problems == [("LEASE_TAKEN", "id")]
    assert without.problems == [("LEASE_REQUIRED", "id")]
    assert answer.payload["step"]["trigger"] == "approve_change"
    assert (row.change_state, row.claimed_by, row.claimed_until, row.clock) == (None, None, None, "NONE")


@pytest.mark.parametrize(
    ("mutation", "more"),
    [
        ("accountRequestChangeSupplement", {"items": ITEMS}),
        ("accountApproveChange", {}),
        ("accountRejectChange", {"reasons": NEWS_REASON}),
    ],
)
async def test_without_a_change_there_is_nothing_to_decide(world: World, mutation: str, more: dict[str, Any]) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    claim = await provider.reviewer.refused("accountClaimChange", id=account.id)
    decided = await provider.reviewer.refused(mutation, id=account.id, version=account.version, **more)
    withdrawn = await holder.person.refused("accountWithdrawChange", id=account.id, version=account.version)

    assert claim.problems == [("CHANGE_NOT_OPEN", "id")]
    assert decided.problems == [("CHANGE_NOT_OPEN", "id"), ("LEASE_REQUIRED", "id")]
    assert withdrawn.problems == [("CHANGE_NOT_OPEN", "id")]


@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.INTEGRATION, Role.APPEAL_REVIEWER, Role.AUDITOR])
async def test_only_reviewers_decide_a_change(world: World, role: Role) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder)

    person = provider.staff[role]
    answers = [
        await person.refused("accountClaimChange", id=account.id),
        await person.refused("accountRequestChangeSupplement", id=account.id, version=version, items=ITEMS),
        await person.refused("accountApproveChange", id=account.id, version=version),
        await person.refused("accountRejectChange", id=account.id, version=version, reasons=NEWS_REASON),
    ]

    assert [answer.codes for answer in answers] == [["NOT_ALLOWED"]] * 4


async def test_nobody_decides_a_change_of_their_own_account(world: World) -> None:
    provider = await world.provider()
    number = resident_id()
    oneself = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    await ask_change(holder, account.id)

    answer = await oneself.refused("accountClaimChange", id=account.id)

    assert answer.problems == [("OWN_MATTER", "id")]


async def test_a_supplement_of_a_change_stops_its_clock_and_hands_in_again(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder, displayName="第一个新名")
    (before,) = await world.rows(Deadline, case_id=account.id, kind="CHANGE_DECISION")

    asked = await provider.reviewer.must("accountRequestChangeSupplement", id=account.id, version=version, items=ITEMS)
    waiting = await row_of(world, account.id)
    early = await provider.reviewer.refused("accountClaimChange", id=account.id)
    world.clock.advance(days=7)
    unanswered = await holder.person.refused(
        "accountSupplementChange",
        id=account.id,
        version=asked.version,
        answers=[{"code": "OTHER", "answer": "其他"}],
        particulars={"materials": []},
    )
    await holder.person.must(
        "accountSupplementChange",
        id=account.id,
        version=asked.version,
        answers=ANSWERS,
        particulars={"displayName": "第二个新名", "materials": []},
    )

    row = await row_of(world, account.id)
    (after,) = await world.rows(Deadline, case_id=account.id, kind="CHANGE_DECISION")
    (supplement,) = await world.rows(Deadline, case_id=account.id, kind="CHANGE_SUPPLEMENT")
    names = await world.rows(ReservedName, account_id=account.id, order_by="created_at")
    (last,) = await world.rows(Submission, account_id=account.id, round=3)
    assert (waiting.change_state, waiting.items_asked, waiting.clock) == (
        "SUPPLEMENT_REQUESTED",
        ["DESCRIPTION"],
        "RUNNING",
    )
    assert early.problems == [("CHANGE_NOT_OPEN", "id")]
    assert unanswered.problems == [("ITEMS_UNANSWERED", "answers")]
    assert (row.change_state, row.items_asked, row.change_supplements, row.claimed_by) == ("ASKED", [], 1, None)
    assert (after.paused_at, supplement.outcome) == (None, "MET")
    assert after.due_at > before.due_at
    assert [(name.name_key, name.until) for name in names] == [
        ("第一个新名", world.clock()),
        ("第二个新名", None),
    ]
    assert (last.kind, last.display_name) == ("CHANGE", "第二个新名")


async def test_three_supplements_of_a_change_are_enough(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder)
    for _ in range(3):
        await provider.reviewer.must("accountClaimChange", id=account.id)
        await provider.reviewer.must("accountRequestChangeSupplement", id=account.id, version=version, items=ITEMS)
        answered = await holder.person.must(
            "accountSupplementChange",
            id=account.id,
            version=version + 1,
            answers=ANSWERS,
            particulars={"materials": []},
        )
        version = answered.version
    await provider.reviewer.must("accountClaimChange", id=account.id)

    answer = await provider.reviewer.refused(
        "accountRequestChangeSupplement", id=account.id, version=version, items=ITEMS
    )

    assert answer.problems == [("ROUNDS_EXHAUSTED", "id")]


async def test_what_a_supplement_leaves_out_stays_as_the_change_asked_for_it(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder, displayName="要改的名", category="CULTURE")
    await provider.reviewer.must("accountRequestChangeSupplement", id=account.id, version=version, items=ITEMS)

    await holder.person.must(
        "accountSupplementChange",
        id=account.id,
        version=version + 1,
        answers=ANSWERS,
        particulars={"description": "说明更清楚", "materials": []},
    )

    (last,) = await world.rows(Submission, account_id=account.id, round=3)
    assert (last.display_name, last.category, last.description) == ("要改的名", "CULTURE", "说明更清楚")


async def test_a_withdrawn_change_leaves_nothing_but_its_submission(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved(displayName="从来如此")
    asked = await ask_change(holder, account.id, displayName="不改了")

    await holder.person.must("accountWithdrawChange", id=account.id, version=asked.version)
    taken = await (await provider.holder()).try_to_apply(displayName="不改了")

    row = await row_of(world, account.id)
    (due,) = await world.rows(Deadline, case_id=account.id, kind="CHANGE_DECISION")
    assert (row.display_name, row.change_state, row.clock) == ("从来如此", None, "NONE")
    assert due.outcome == "MOOT"
    assert taken.problems == []


async def test_a_rejected_change_is_told_with_its_reasons_and_frees_the_name(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved(displayName="一如既往")
    version = await changing(provider, account.id, holder, displayName="改名未成")
    missing = {**NEWS_REASON, "publicReason": "请致电 13900000000"}

    unsound = await provider.reviewer.refused("accountRejectChange", id=account.id, version=version, reasons=missing)
    answer = await provider.reviewer.must("accountRejectChange", id=account.id, version=version, reasons=NEWS_REASON)
    taken = await (await provider.holder()).try_to_apply(displayName="改名未成")

    row = await row_of(world, account.id)
    (notice,) = await world.rows(Notice, step_id=answer.payload["step"]["id"])
    assert unsound.codes == ["PERSONAL_DATA_IN_TEXT"]
    assert (row.display_name, row.change_state, row.state) == ("一如既往", None, "REVIEWED")
    assert notice.party == "HOLDER"
    assert taken.problems == []


@pytest.mark.parametrize(
    ("particulars", "flags"),
    [
        ({"category": "NEWS"}, ["NEWS_CATEGORY"]),
        ({"displayName": "示例日报"}, ["NAME_MEDIA"]),
    ],
)
async def test_a_flagged_change_is_approved_by_two(world: World, particulars: dict[str, Any], flags: list[str]) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder, **particulars)
    asked: dict[str, Any] = {"id": account.id, "version": version}

    proposal = (await provider.reviewer.must("accountApproveChange", **asked)).proposal
    waiting = await row_of(world, account.id)
    await provider.second_reviewer.must("proposalEndorse", **proposal)
    await provider.reviewer.must("accountApproveChange", **asked, proposal=proposal["id"])

    row = await row_of(world, account.id)
    assert (waiting.change_state, waiting.change_flags) == ("ASKED", flags)
    assert (row.change_state, row.change_flags, row.flags) == (None, [], [])


async def test_a_change_of_an_organs_account_is_approved_and_rejected_by_two(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder("GOVERNMENT")
    account = await holder.apply(category="GOVERNMENT_AFFAIRS")
    await provider.reviewer.must("accountClaim", id=account.id)
    asked: dict[str, Any] = {"id": account.id, "version": 1, "category": "GOVERNMENT_AFFAIRS"}
    first = (await provider.reviewer.must("accountApprove", **asked)).proposal
    await provider.second_reviewer.must("proposalEndorse", **first)
    await provider.reviewer.must("accountApprove", **asked, proposal=first["id"])
    version = await changing(provider, account.id, holder, description="另有说明")

    approval = await provider.reviewer.must("accountApproveChange", id=account.id, version=version)
    rejection = await provider.reviewer.must("accountRejectChange", id=account.id, version=version, reasons=NEWS_REASON)

    assert approval.proposal["id"]
    assert rejection.proposal["id"]
    assert (await row_of(world, account.id)).change_state == "ASKED"


# --- taking on -----------------------------------------------------------------------------------------------------
async def test_a_change_of_an_account_not_yet_on_file_is_taken_on_at_once(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved(displayName="旧时名字")

    await approved_change(provider, account.id, holder, displayName="新的名字", description="新的用途")

    row = await row_of(world, account.id)
    (filing,) = await world.rows(Filing, account_id=account.id)
    (kept,) = await world.rows(ReservedName, account_id=account.id)
    assert (row.display_name, row.name_key, row.description) == ("新的名字", "新的名字", "新的用途")
    assert (filing.state, filing.display_name, filing.description) == ("PREPARED", "新的名字", "新的用途")
    assert kept.until == world.clock()
    assert (await (await provider.holder()).try_to_apply(displayName="旧时名字")).problems == []


async def test_while_the_filing_lies_with_its_authority_a_change_waits(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    filing = account.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=1)
    version = await changing(provider, account.id, holder, displayName="等一等再改")

    refused = await provider.reviewer.refused("accountApproveChange", id=account.id, version=version)
    await provider.officer.must("filingPullBack", id=filing["id"], version=2)
    await provider.reviewer.must("accountApproveChange", id=account.id, version=version)

    assert refused.problems == [("FILING_WITH_AUTHORITY", "id")]
    assert "filingPullBack" in refused.payload["problems"][0]["fix"]
    assert [(state, name) for state, _, _, name in await filings(world, account.id)] == [("PREPARED", "等一等再改")]


async def test_a_returned_filing_takes_a_change_and_is_answered_with_it(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    filing = account.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=1)
    defects = [{"code": "ITEM_WRONG", "item": "displayName", "text": "名称不妥"}]
    reasons = {**NEWS_REASON, "reasonCodes": ["ITEM_WRONG"]}
    await provider.regulator.must("filingReturn", id=filing["id"], version=2, reasons=reasons, defects=defects)

    await approved_change(provider, account.id, holder, displayName="依照退回改名")
    (revised,) = await world.rows(Filing, account_id=account.id)
    await provider.officer.must("filingSubmit", id=filing["id"], version=revised.seq)

    assert (revised.state, revised.display_name) == ("RETURNED", "依照退回改名")
    assert [(state, name) for state, _, _, name in await filings(world, account.id)] == [("SUBMITTED", "依照退回改名")]


async def test_what_changed_while_the_filing_was_revoked_is_filed_anew_not_reinstated(world: World) -> None:
    provider = await world.provider()
    holder, account_id, filing = await provider.filed()
    colleague = await world.regulator()
    await by_two(provider.regulator, colleague, "filingRevoke", id=filing.id, version=filing.version, **REVOCATION)
    await approved_change(provider, account_id, holder, displayName="撤销之后改名")
    (revoked,) = await world.rows(Filing, account_id=account_id)

    again: dict[str, Any] = {"id": filing.id, "version": revoked.seq, "grounds": "撤销决定被撤回"}
    refused = await provider.regulator.refused("filingReinstate", **again)
    await provider.officer.must("filingPrepareAgain", id=filing.id, version=revoked.seq)

    (prepared,) = await world.rows(Filing, account_id=account_id)
    assert refused.problems == [("FILING_OUTDATED", "id")]
    assert (revoked.state, prepared.state) == ("REVOKED", "PREPARED")
    assert prepared.display_name == "撤销之后改名"


async def test_the_old_particulars_stand_until_the_amendment_is_accepted(world: World) -> None:
    provider = await world.provider()
    holder, id_, accepted = await provider.filed(displayName="在册旧名")
    number = accepted.case["number"]

    await approved_change(provider, id_, holder, displayName="在册新名", category="CULTURE")
    between = await row_of(world, id_)
    listed = await filings(world, id_)
    (amendment,) = await world.rows(Filing, account_id=id_, state="PREPARED")
    async with world.untouched(id_):
        again = await ask_change(holder, id_)
    await provider.officer.must("filingSubmit", id=amendment.id, version=1)
    await provider.regulator.must("filingAccept", id=amendment.id, version=2)

    after = await row_of(world, id_)
    (entry,) = await world.rows(RegisterEntry, account_id=id_)
    names = await world.rows(ReservedName, account_id=id_)
    assert (between.display_name, between.category, between.change_state) == ("在册旧名", "LIFESTYLE", None)
    assert listed == [("ACCEPTED", number, 1, "在册旧名"), ("PREPARED", None, 1, "在册新名")]
    assert again.problems == [("AMENDMENT_OPEN", "id")]
    assert (after.display_name, after.category, after.state) == ("在册新名", "CULTURE", "FILED")
    assert await filings(world, id_) == [("SUPERSEDED", number, 1, "在册旧名"), ("ACCEPTED", number, 2, "在册新名")]
    assert (entry.number, entry.number_version, entry.display_name, entry.category) == (
        number,
        2,
        "在册新名",
        "CULTURE",
    )
    assert [name.until for name in names] == [world.clock()]


async def test_a_declined_amendment_leaves_the_filing_in_force_and_gives_way_to_the_next(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed(displayName="照旧")
    await approved_change(provider, id_, holder, displayName="未获准的名")
    (amendment,) = await world.rows(Filing, account_id=id_, state="PREPARED")
    await provider.officer.must("filingSubmit", id=amendment.id, version=1)
    reasons = {**NEWS_REASON, "reasonCodes": ["ITEM_WRONG"]}
    await provider.regulator.must("filingDecline", id=amendment.id, version=2, reasons=reasons)
    declined = await row_of(world, id_)

    await approved_change(provider, id_, holder, displayName="再改一次")

    assert (declined.state, declined.display_name) == ("FILED", "照旧")
    assert [(state, name) for state, _, _, name in await filings(world, id_)] == [
        ("ACCEPTED", "照旧"),
        ("CANCELLED", "未获准的名"),
        ("PREPARED", "再改一次"),
    ]


async def test_a_badge_says_the_new_name_once_the_amendment_is_accepted(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    version = await changing(provider, id_, holder, displayName="换发新标识")
    await by_two(provider.reviewer, provider.second_reviewer, "accountApproveChange", id=id_, version=version)
    (amendment,) = await world.rows(Filing, account_id=id_, state="PREPARED")
    await provider.officer.must("filingSubmit", id=amendment.id, version=1)
    between = await world.rows(Badge, account_id=id_)
    world.clock.advance(hours=1)

    await provider.regulator.must("filingAccept", id=amendment.id, version=2)

    badges = await world.rows(Badge, account_id=id_, order_by="issued_at")
    assert [badge.revoked_at for badge in between] == [None]
    assert [badge.display_name == "换发新标识" for badge in badges] == [False, True]
    assert [badge.revoked_at is None for badge in badges] == [False, True]
    assert (await row_of(world, id_)).state == "BADGED"


async def test_a_name_kept_for_an_amendment_is_free_once_the_filing_is_revoked(world: World) -> None:
    provider = await world.provider()
    holder, id_, accepted = await provider.filed(displayName="名存实亡")
    await approved_change(provider, id_, holder, displayName="后继无名")

    colleague = await world.regulator(provider.division)
    await by_two(provider.regulator, colleague, "filingRevoke", id=accepted.id, version=accepted.version, **REVOCATION)
    taken = await (await provider.holder()).try_to_apply(displayName="后继无名")

    row = await row_of(world, id_)
    assert (row.state, row.display_name) == ("REVIEWED", "名存实亡")
    assert [state for state, *_ in await filings(world, id_)] == ["REVOKED", "CANCELLED"]
    assert taken.problems == []


# --- what is shown -------------------------------------------------------------------------------------------------
async def test_the_applicants_side_never_learns_what_a_blind_index_told_of_a_change(world: World) -> None:
    provider = await world.provider()
    number = resident_id()
    await provider.holder(residentId=number)
    holder = await provider.holder(residentId=number)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    await ask_change(holder, account.id, category="NEWS")

    query = "query($id: ID!) { account(id: $id) { changeState changeFlags submissions { nodes { round kind } } } }"
    seen = {
        person.role: (await person.ask(query, id=account.id))["account"]
        for person in (holder.person, provider.integration, provider.reviewer, provider.officer, provider.regulator)
    }

    rounds = [{"round": 2, "kind": "CHANGE"}, {"round": 1, "kind": "NEW"}]
    assert all(shown["submissions"]["nodes"] == rounds for shown in seen.values())
    assert {role: shown["changeFlags"] for role, shown in seen.items()} == {
        Role.HOLDER: ["NEWS_CATEGORY"],
        Role.INTEGRATION: ["NEWS_CATEGORY"],
        Role.REVIEWER: ["NEWS_CATEGORY", "TWIN"],
        Role.COMPLIANCE_OFFICER: ["NEWS_CATEGORY", "TWIN"],
        Role.PROVINCIAL_REGULATOR: ["NEWS_CATEGORY", "TWIN"],
    }


async def test_the_queues_hold_the_changes_that_wait(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    version = await changing(provider, account.id, holder)
    queues = "{ viewer { queues { name count } } }"
    listing = "{ accounts(where: { changeState: [ASKED] }) { nodes { id } } }"

    waiting = await provider.reviewer.ask(queues)
    listed = await provider.reviewer.ask(listing)
    await provider.reviewer.must("accountRequestChangeSupplement", id=account.id, version=version, items=ITEMS)
    theirs = await holder.person.ask(queues)

    assert {"name": "CHANGE", "count": 1} in waiting["viewer"]["queues"]
    assert listed["accounts"]["nodes"] == [{"id": account.id}]
    assert {"name": "CHANGE_SUPPLEMENT", "count": 1} in theirs["viewer"]["queues"]
    assert (await provider.reviewer.ask(listing))["accounts"]["nodes"] == []


async def test_steps_of_a_change_are_offered_where_one_waits(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    query = "query($id: ID!) { account(id: $id) { availableSteps { trigger allowed problems { code } } } }"

    async def allowed(person: Person) -> set[str]:
        steps = (await person.ask(query, id=account.id))["account"]["availableSteps"]
        return {step["trigger"] for step in steps if step["allowed"]}

    before = await allowed(holder.person)
    await changing(provider, account.id, holder)

    assert before == {"change", "ask_close"}
    assert await allowed(holder.person) == {"withdraw_change", "ask_close"}
    assert await allowed(provider.reviewer) == {
        "claim_change",
        "request_change_supplement",
        "approve_change",
        "reject_change",
    }


async def test_a_document_handed_in_for_a_change_is_used_once(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    document_id = await uploaded(holder)
    materials = [{"kind": "OFFICIAL_LETTER", "documentId": document_id}]

    twice = await ask_change(holder, account.id, description="说明", materials=[*materials, *materials])
    asked = await ask_change(holder, account.id, description="说明", materials=materials)
    await holder.person.must("accountWithdrawChange", id=account.id, version=asked.version)
    again = await ask_change(holder, account.id, description="说明", materials=materials)

    assert twice.problems == [("DOCUMENT_UNUSABLE", "particulars.materials.1.documentId")]
    assert asked.problems == []
    assert again.problems == [("DOCUMENT_UNUSABLE", "particulars.materials.0.documentId")]
