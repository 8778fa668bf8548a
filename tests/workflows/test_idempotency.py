"""A repeated request does nothing twice; its key belongs to its caller and to its input."""

from __future__ import annotations

from typing import Any

from domain.account import Account
from domain.holder import Holder as HolderRow
from domain.outbox import IdempotencyKey
from domain.policy.roles import Role
from tests.world import Person, World, unique


async def test_a_repeated_application_is_answered_with_what_the_first_one_made(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    asked: dict[str, Any] = {"particulars": holder.particulars(), "idempotencyKey": unique("key-")}

    first = await holder.person.must("accountApply", **asked)
    async with world.untouched(first.id):
        again = await holder.person.must("accountApply", **asked)

    assert again.payload == first.payload


async def test_a_repeat_shows_the_case_as_it_is_now(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    asked: dict[str, Any] = {"particulars": holder.particulars(), "idempotencyKey": unique("key-")}
    first = await holder.person.must("accountApply", **asked)
    await holder.person.must("accountWithdraw", id=first.id, version=1)

    again = await holder.person.must("accountApply", **asked)

    assert (again.id, again.state, again.version) == (first.id, "WITHDRAWN", 2)


async def test_a_repeated_enrolment_finds_the_holder_it_made(world: World) -> None:
    provider = await world.provider()
    person = Person(world, unique("holder-"), Role.HOLDER, provider.id)
    given = {"subjectType": "INDIVIDUAL", "displayName": "示例", "division": "330100", "idempotencyKey": unique("key-")}

    first = await person.must("holderEnrol", **given)
    again = await person.must("holderEnrol", **given)

    assert again.id == first.id
    assert len(await world.rows(HolderRow, provider_id=provider.id)) == 1


async def test_a_key_with_another_input_is_refused(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    key = unique("key-")
    await holder.person.must("accountApply", particulars=holder.particulars(), idempotencyKey=key)

    async with world.untouched():
        answer = await holder.person.do("accountApply", particulars=holder.particulars(), idempotencyKey=key)

    assert answer.problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]


async def test_a_key_of_one_trigger_is_not_a_key_of_another(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    key = unique("key-")
    await provider.reviewer.must("accountClaim", id=account.id, idempotencyKey=key)

    answer = await provider.reviewer.refused("accountRelease", id=account.id, idempotencyKey=key)

    assert answer.problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]


async def test_two_callers_may_use_one_key(world: World) -> None:
    provider = await world.provider()
    first, second = await provider.holder(), await provider.holder()
    key = unique("key-")

    one = await first.person.must("accountApply", particulars=first.particulars(), idempotencyKey=key)
    two = await second.person.must("accountApply", particulars=second.particulars(), idempotencyKey=key)

    assert one.id != two.id


async def test_a_refused_request_leaves_its_key_free(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    key = unique("key-")

    refused = await holder.person.refused(
        "accountApply", particulars=holder.particulars(materials=[]), idempotencyKey=key
    )
    mended = await holder.person.must("accountApply", particulars=holder.particulars(), idempotencyKey=key)

    assert refused.codes == ["MATERIALS_MISSING"]
    assert mended.state == "APPLIED"


async def test_what_creates_and_what_a_system_sends_needs_a_key(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    _, account = await provider.approved()
    filing = account.case["filing"]

    created = await holder.person.refused("accountApply", particulars=holder.particulars())
    sent = await provider.integration.refused("filingSubmit", id=filing["id"], version=1)

    assert created.problems == sent.problems == [("IDEMPOTENCY_KEY_REQUIRED", "idempotencyKey")]


async def test_a_proposal_is_made_once_under_one_key(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied(category="NEWS")
    await provider.reviewer.must("accountClaim", id=account.id)
    asked: dict[str, Any] = {"id": account.id, "version": 1, "category": "NEWS", "idempotencyKey": unique("key-")}

    first = await provider.reviewer.must("accountApprove", **asked)
    again = await provider.reviewer.must("accountApprove", **asked)

    assert again.proposal == first.proposal


async def test_of_a_request_ids_are_kept_and_never_its_input(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    key = unique("key-")
    account = await holder.person.must(
        "accountApply", particulars=holder.particulars(displayName="墨香书屋"), idempotencyKey=key
    )

    (row,) = await world.rows(IdempotencyKey, key=key)

    assert row.ids == {"case": account.id, "step": account.payload["step"]["id"], "created": None}
    assert "墨香书屋" not in str(vars(row))
    assert len(await world.rows(Account, display_name="墨香书屋", provider_id=provider.id)) == 1
