"""What a closure keeps from coming back: its name, its handle, its subject; and who is told of that (Art. 8, 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.account import Account, ClosedCause
from domain.identity import Identity
from domain.journal import AccessLog
from domain.sanction import Ban, BanKind
from domain.table import table_of
from tests import placed
from tests.sanctions import CIRCUMSTANCES, opened
from tests.workflows import test_adopt as adoption
from tests.workflows.test_account import ANSWERS, ITEMS
from tests.workflows.test_adopt import filled, item, told
from tests.world import Holder, Provider, World, by_two, resident_id, unique

SEEN: Final = """query($id: ID!) {
    account(id: $id) { flags isFlagged availableSteps { trigger allowed needsEndorsement problems { code } }
        journal { nodes { details skipped } } }
    banned: accounts(where: { flag: BANNED }) { totalCount { value } }
    closed: accounts(where: { flag: CLOSURE_BY_INDEX }) { totalCount { value } }
}"""


async def closed(provider: Provider, *kinds: BanKind, number: str | None = None, **more: Any) -> tuple[Holder, Account]:
    """An account that was closed as a measure, with these bans; its holder."""
    world, given = provider.world, {"residentId": number} if number else {}
    holder = await provider.holder(**given)
    account = await holder.apply()
    await placed.closed(world, account.id)
    if kinds:
        await placed.ban(world, account.id, *kinds, **more)
    (row,) = await world.rows(Account, id=account.id)
    return holder, row


async def again(provider: Provider, number: str) -> tuple[Holder, str]:
    """The application of another holder who is the same person."""
    holder = await provider.holder(residentId=number)
    return holder, (await holder.apply()).id


def step(seen: Any, trigger: str) -> Any:
    """What is told of a step."""
    return next(step for step in seen["account"]["availableSteps"] if step["trigger"] == trigger)


# --- names and handles -------------------------------------------------------------------------------------------
async def test_a_banned_name_and_a_banned_handle_are_not_to_be_had(world: World) -> None:
    provider = await world.provider()
    _, was = await closed(provider, BanKind.NAME, BanKind.HANDLE)
    other = await provider.holder()

    async with world.untouched():
        name = await other.try_to_apply(displayName=was.display_name)
        handle = await other.try_to_apply(handle=was.handle.upper())

    assert name.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]
    assert handle.problems == [("HANDLE_UNAVAILABLE", "particulars.handle")]


async def test_a_ban_of_one_kind_leaves_the_other_free(world: World) -> None:
    provider = await world.provider()
    _, was = await closed(provider, BanKind.NAME)
    other = await provider.holder()

    answer = await other.try_to_apply(handle=was.handle)

    assert answer.codes == []


async def test_a_ban_of_another_provider_keeps_nobody_out_here(world: World) -> None:
    there, here, number = await world.provider(), await world.provider(), resident_id()
    _, was = await closed(there, *BanKind, number=number)

    holder = await here.holder(residentId=number)
    answer = await holder.apply(displayName=was.display_name, handle=was.handle)

    (row,) = await world.rows(Account, id=answer.id)
    assert row.flags == []


async def test_a_ban_ends_at_its_moment_and_not_before(world: World) -> None:
    provider, until = await world.provider(), world.clock() + timedelta(hours=1)
    _, was = await closed(provider, BanKind.NAME, until=until)
    other = await provider.holder()

    world.clock.advance(seconds=3_599)
    before = await other.try_to_apply(displayName=was.display_name)
    world.clock.advance(seconds=1)
    then = await other.try_to_apply(displayName=was.display_name)

    assert (before.codes, then.codes) == (["NAME_UNAVAILABLE"], [])


async def test_a_ban_that_was_lifted_keeps_nothing_out(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    _, was = await closed(provider, *BanKind, number=number, lifted_at=world.clock())
    holder = await provider.holder(residentId=number)

    answer = await holder.apply(displayName=was.display_name, handle=was.handle)

    (row,) = await world.rows(Account, id=answer.id)
    assert "BANNED" not in row.flags


async def test_a_supplement_a_second_application_and_a_change_do_not_get_a_banned_name(world: World) -> None:
    provider = await world.provider()
    _, was = await closed(provider, BanKind.NAME, BanKind.HANDLE)
    wanted = {"displayName": was.display_name, "handle": was.handle}
    holder, asked = await provider.applied()
    await provider.reviewer.must("accountClaim", id=asked.id)
    await provider.reviewer.must("accountRequestSupplement", id=asked.id, version=1, items=ITEMS)
    rejected, refused = await provider.rejected()
    user, approved = await provider.approved()

    supplemented = await holder.person.refused(
        "accountSupplement", id=asked.id, version=2, answers=ANSWERS, particulars=holder.particulars(**wanted)
    )
    reapplied = await rejected.person.refused(
        "accountReapply", id=refused.id, version=2, particulars=rejected.particulars(**wanted)
    )
    changed = await user.person.refused(
        "accountChange", id=approved.id, version=2, particulars={"displayName": was.display_name, "materials": []}
    )

    assert supplemented.codes == ["NAME_UNAVAILABLE", "HANDLE_UNAVAILABLE"]
    assert reapplied.codes == ["NAME_UNAVAILABLE", "HANDLE_UNAVAILABLE"]
    assert changed.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]


# --- subjects ----------------------------------------------------------------------------------------------------
async def test_who_is_banned_may_apply_and_is_not_approved_while_the_ban_stands(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    await closed(provider, BanKind.SUBJECT, number=number, until=world.clock() + timedelta(hours=2))
    _, id_ = await again(provider, number)
    await provider.reviewer.must("accountClaim", id=id_)
    asked: dict[str, Any] = {"id": id_, "version": 1, "category": "LIFESTYLE"}

    told_before = await provider.reviewer.ask(SEEN, id=id_)
    refused = await provider.reviewer.refused("accountApprove", **asked)
    world.clock.advance(hours=2)
    await provider.reviewer.must("accountClaim", id=id_)
    told_after = await provider.reviewer.ask(SEEN, id=id_)
    approved = await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", **asked)

    assert refused.problems == [("SUBJECT_BANNED", "id")]
    assert step(told_before, "approve")["problems"] == [{"code": "SUBJECT_BANNED"}]
    assert step(told_before, "reject")["allowed"] is True
    assert step(told_after, "approve")["problems"] == []
    assert approved.state == "REVIEWED"


async def test_a_ban_that_comes_after_the_application_keeps_it_from_being_approved(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    _, was = await closed(provider, number=number)
    _, id_ = await again(provider, number)
    await provider.reviewer.must("accountClaim", id=id_)
    await placed.ban(world, was.id, BanKind.SUBJECT)

    refused = await provider.reviewer.refused("accountApprove", id=id_, version=1, category="LIFESTYLE")

    assert refused.codes == ["SUBJECT_BANNED"]


async def test_a_ban_that_comes_after_the_endorsement_is_heeded(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    _, was = await closed(provider, number=number)
    _, id_ = await again(provider, number)
    await provider.reviewer.must("accountClaim", id=id_)
    asked: dict[str, Any] = {"id": id_, "version": 1, "category": "LIFESTYLE"}
    proposal = (await provider.reviewer.must("accountApprove", **asked)).proposal
    await provider.second_reviewer.must("proposalEndorse", id=proposal["id"], hash=proposal["hash"])
    await placed.ban(world, was.id, BanKind.SUBJECT)

    refused = await provider.reviewer.refused("accountApprove", **asked, proposal=proposal["id"])

    assert refused.codes == ["SUBJECT_BANNED"]


async def test_a_ban_is_known_after_the_closed_accounts_data_are_gone(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    holder, _ = await closed(provider, BanKind.SUBJECT, number=number)
    table = table_of(Identity)
    await placed.overwrite(
        world, sa.update(table).where(table.c.id == holder.identity_id).values(resident_id_index=sa.null())
    )

    _, id_ = await again(provider, number)

    (row,) = await world.rows(Account, id=id_)
    assert row.flags == ["BANNED"]


async def test_an_organisation_is_banned_by_its_credit_code_and_its_operator_is_not(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    first = await provider.holder("ENTERPRISE", residentId=number)
    await placed.ban(world, (await first.apply()).id, BanKind.SUBJECT)

    other = await (await provider.holder("ENTERPRISE")).apply()
    operator = await (await provider.holder(residentId=number)).apply()

    flags = {id_: (await world.rows(Account, id=id_))[0].flags for id_ in (other.id, operator.id)}
    assert "BANNED" in flags[other.id]
    assert "BANNED" not in flags[operator.id]


async def test_reviewers_alone_learn_of_a_ban_and_of_what_was_closed_under_another_holder(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    await closed(provider, BanKind.SUBJECT, number=number)
    holder, id_ = await again(provider, number)

    staff = await provider.reviewer.ask(SEEN, id=id_)
    for person in (holder.person, provider.integration):
        seen = await person.ask(SEEN, id=id_)

        assert (seen["account"]["flags"], seen["account"]["isFlagged"]) == ([], False)
        assert (seen["banned"], seen["closed"]) == ({"totalCount": {"value": 0}}, {"totalCount": {"value": 0}})
        assert not any(word in str(seen["account"]) for word in ("BAN", "banned", "CLOSURE_BY", "INDEX", "TWIN"))

    assert staff["account"]["flags"] == ["TWIN", "CLOSURE_BY_INDEX", "BANNED"]
    assert (staff["banned"], staff["closed"]) == ({"totalCount": {"value": 1}}, {"totalCount": {"value": 1}})


async def test_the_answer_to_an_application_is_the_same_for_who_is_banned(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    await closed(provider, BanKind.SUBJECT, number=number)
    banned, other = await provider.holder(residentId=number), await provider.holder()

    answers = [await holder.apply() for holder in (banned, other)]

    ours = [{**answer.payload, "case": {**answer.case, "id": ""}, "step": {**answer.payload["step"], "id": ""}}
            for answer in answers]  # fmt: skip
    assert ours[0] == ours[1]


async def test_each_look_for_a_ban_is_logged(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    await closed(provider, BanKind.SUBJECT, number=number, until=world.clock() + timedelta(hours=1))
    holder, id_ = await again(provider, number)
    world.clock.advance(hours=2)
    await provider.reviewer.must("accountClaim", id=id_)
    await by_two(provider.reviewer, provider.second_reviewer, "accountApprove", id=id_, version=1, category="LIFESTYLE")

    logged = await world.rows(AccessLog, case_id=id_, purpose="BAN_CHECK", order_by="id")

    assert [(row.what, row.viewer_id, row.hits) for row in logged] == [
        ("BLIND_INDEX_LOOKUP", holder.id, 2),
        ("BLIND_INDEX_LOOKUP", provider.reviewer.id, 0),
    ]


async def test_nothing_that_is_stored_of_a_ban_is_an_index_of_an_identity(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    await closed(provider, BanKind.SUBJECT, number=number)

    (ban,) = await world.rows(Ban, provider_id=provider.id)
    identities = await world.rows(Identity, provider_id=provider.id)

    assert ban.key is None
    assert bytes(ban.subject_index or b"") not in {bytes(one.resident_id_index or b"") for one in identities}


# --- earlier closures --------------------------------------------------------------------------------------------
async def test_who_was_closed_before_is_read_by_two(world: World) -> None:
    provider = await world.provider()
    holder, _ = await closed(provider)
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)

    seen = await provider.reviewer.ask(SEEN, id=account.id)
    own = await holder.person.ask(SEEN, id=account.id)
    answer = await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")

    assert seen["account"]["flags"] == own["account"]["flags"] == ["EARLIER_CLOSURE"]
    assert step(seen, "approve")["needsEndorsement"] is True
    assert answer.proposal["id"] is not None


async def test_who_was_closed_under_another_holder_is_read_by_two_and_not_told_so(world: World) -> None:
    provider, number = await world.provider(), resident_id()
    await closed(provider, number=number)
    holder, id_ = await again(provider, number)
    await provider.reviewer.must("accountClaim", id=id_)

    seen = await provider.reviewer.ask(SEEN, id=id_)
    own = await holder.person.ask(SEEN, id=id_)
    answer = await provider.reviewer.must("accountApprove", id=id_, version=1, category="LIFESTYLE")

    assert (seen["account"]["flags"], own["account"]["flags"]) == (["TWIN", "CLOSURE_BY_INDEX"], [])
    assert seen["account"]["isFlagged"] is own["account"]["isFlagged"] is False
    assert step(seen, "approve")["needsEndorsement"] is True
    assert answer.proposal["id"] is not None


async def test_an_account_that_its_holder_closed_is_no_earlier_closure(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    await placed.closed(world, account.id, ClosedCause.HOLDER)

    next_ = await holder.apply()

    (row,) = await world.rows(Account, id=next_.id)
    assert row.flags == []


# --- a closure as it is decided -----------------------------------------------------------------------------------
@pytest.mark.parametrize("subject_type", ["INDIVIDUAL", "SOLE_TRADER"])
async def test_a_closure_keeps_out_and_its_rescission_lets_in_again(world: World, subject_type: str) -> None:
    provider, number = await world.provider(), resident_id()
    holder = await provider.holder(subject_type, residentId=number)
    case = await opened(provider, await filed(provider, holder), holder, gravity="GRAVE")
    await case.notify("CLOSED")
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES, banDays=365)
    (was,) = await world.rows(Account, id=case.account_id)
    other, (_, id_) = await provider.holder(), await again(provider, number)

    async def tried() -> tuple[list[str], Any]:
        name = await other.person.do(
            "accountApply",
            particulars=other.particulars(displayName=was.display_name, handle=was.handle),
            idempotencyKey=unique("key-"),
        )
        return name.codes, step(await provider.reviewer.ask(SEEN, id=id_), "approve")["problems"]

    await provider.reviewer.must("accountClaim", id=id_)
    during = await tried()
    await case.rescind()
    after = await tried()

    assert during == (["NAME_UNAVAILABLE", "HANDLE_UNAVAILABLE"], [{"code": "SUBJECT_BANNED"}])
    assert after == (["NAME_UNAVAILABLE", "HANDLE_UNAVAILABLE"], [])  # its own account is back and bears them


async def filed(provider: Provider, holder: Holder) -> str:
    """An account of a holder, on file; its id."""
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    approved = await provider.reviewer.must(
        "accountApprove",
        select="filing { id version }",
        id=account.id,
        version=account.version,
        category="LIFESTYLE",
    )
    filing = approved.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    await provider.regulator.must("filingAccept", id=filing["id"], version=2)
    return account.id


# --- adoption ----------------------------------------------------------------------------------------------------
async def test_a_banned_name_and_a_banned_handle_are_not_adopted(world: World) -> None:
    provider = await adoption.opened(world)
    _, was = await closed(provider, BanKind.NAME, BanKind.HANDLE)
    holder = await provider.holder()
    items = [item(holder, displayName=was.display_name), item(holder, handle=was.handle), item(holder)]

    batch = await (await filled(provider, items)).endorsed()
    answer = await batch.adopt()

    assert told(answer) == [(0, ["NAME_UNAVAILABLE"]), (1, ["HANDLE_UNAVAILABLE"]), (2, [])]


@pytest.mark.parametrize("kinds", [(BanKind.SUBJECT,), ()])
async def test_who_is_banned_or_was_closed_is_not_adopted_and_told_the_same(
    world: World, kinds: tuple[BanKind, ...]
) -> None:
    provider, number = await adoption.opened(world), resident_id()
    await closed(provider, *kinds, number=number)
    again_, other = await provider.holder(residentId=number), await provider.holder()

    batch = await (await filled(provider, [item(again_), item(other)])).endorsed()
    answer = await batch.adopt()

    assert told(answer) == [(0, ["REVIEW_NEEDED"]), (1, [])]
    assert "ban" not in str(answer.payload).casefold()


async def test_a_ban_that_comes_after_the_items_were_filled_in_is_heeded(world: World) -> None:
    provider, number = await adoption.opened(world), resident_id()
    first = await provider.holder(residentId=number)
    account = await first.apply()
    again_ = await provider.holder(residentId=number)
    batch = await (await filled(provider, [item(again_)])).endorsed()
    await placed.ban(world, account.id, BanKind.SUBJECT)

    answer = await batch.adopt()

    assert told(answer) == [(0, ["REVIEW_NEEDED"])]
