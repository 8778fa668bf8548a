"""W1: an account keeps its subject, whichever way another one is put behind it (Art. 5, 6)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import orjson
import pytest

from domain.account import Account
from domain.identity import Identity
from domain.journal import Step
from domain.policy.roles import Role
from domain.sanction import Ban
from tests.sanctions import CIRCUMSTANCES, opened
from tests.workflows.test_adopt import filled, item
from tests.workflows.test_adopt import opened as opened_for_adoption
from tests.world import NEWS_REASON, Answer, Holder, Person, Provider, World, by_two, resident_id, unique

METHOD: Final = {"method": "DOCUMENT_CHECK"}
CODES: Final = ("91350100M000100Y43", "91110000MA0000000X", "91310000MA1FL0000A")
PROOF: Final = {"facts": "换领新证", "proofReference": "proof-1", "proofSha256": "0" * 64}
RIGHTS: Final = "query($id: ID!) { publishingDecision(account: $id, act: PUBLISH, content: NEWS_ORIGINAL) { allowed } }"


async def version(world: World, holder: Holder) -> int:
    (row,) = await world.rows(Identity, id=holder.identity_id)
    return row.seq


def proof_of(step: Step) -> Any:
    details: dict[str, Any] = orjson.loads(step.details)
    return details["proof_sha256"]


async def submit(world: World, holder: Holder, by: Person | None = None, **values: Any) -> None:
    """Another identity is submitted beside the verified one."""
    person = by or holder.person
    key = {"idempotencyKey": unique("key-")} if person.role is Role.INTEGRATION else {}
    given: dict[str, Any] = {"id": holder.identity_id, "version": await version(world, holder), **values, **key}
    await person.must("identitySubmit", **given)


async def verify(world: World, holder: Holder, by: Person, **more: Any) -> Answer:
    key = {"idempotencyKey": unique("key-")} if by.role is Role.INTEGRATION else {}
    given: dict[str, Any] = {"id": holder.identity_id, "version": await version(world, holder), **METHOD, **key, **more}
    return await by.do("identityVerify", **given)


async def refused(world: World, holder: Holder, by: Person, **more: Any) -> list[str]:
    """The codes of a verification that is refused: nothing is written."""
    before = (await world.rows(Identity, id=holder.identity_id))[0]
    async with world.untouched(holder.identity_id):
        answer = await verify(world, holder, by, **more)
    after = (await world.rows(Identity, id=holder.identity_id))[0]
    assert answer.payload["problems"] != []
    assert (after.resident_id_index, after.uscc_index, after.seq) == (
        before.resident_id_index, before.uscc_index, before.seq,
    )  # fmt: skip
    return answer.codes


def organisation(code: str = CODES[0], **more: str) -> dict[str, Any]:
    return {
        "legalName": "欧阳示例", "residentId": resident_id(), "mobile": "13900000001", "organisationName": "示例单位",
        "uscc": code, "mandate": "mandate-1", **more,
    }  # fmt: skip


def person(number: str | None = None, name: str = "欧阳示例") -> dict[str, Any]:
    return {"legalName": name, "residentId": number or resident_id(), "mobile": "13900000001"}


async def known(provider: Provider, subject_type: str, given: dict[str, Any]) -> Holder:
    holder = await provider.newcomer(subject_type)
    await holder.person.must("identitySubmit", id=holder.identity_id, version=0, **given)
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, **METHOD)
    await holder.consent()
    return holder


# --- another subject -----------------------------------------------------------------------------------------------
async def test_w1_a_badged_account_keeps_its_company(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    await submit(world, holder, **organisation(CODES[1], organisationName="另一家公司"))

    by_reviewer = await refused(world, holder, provider.reviewer)
    by_machine = await refused(world, holder, provider.integration)

    (account,) = await world.rows(Account, id=id_)
    assert by_reviewer == by_machine == ["SUBJECT_WOULD_CHANGE"]
    assert (account.state, account.holder_id) == ("BADGED", holder.id)


@pytest.mark.parametrize("state", ["APPLIED", "SUPPLEMENT_REQUESTED", "REVIEWED", "FILED"])
async def test_w1_another_person_is_refused_while_an_account_is_there(world: World, state: str) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()
    if state == "SUPPLEMENT_REQUESTED":
        await provider.reviewer.must("accountClaim", id=account.id)
        items = [{"code": "DESCRIPTION", "text": "请说明用途"}]
        await provider.reviewer.must("accountRequestSupplement", id=account.id, version=1, items=items)
    elif state != "APPLIED":
        made = provider.approved if state == "REVIEWED" else provider.filed
        holder = (await made())[0]
    await submit(world, holder, **person())

    assert await refused(world, holder, provider.reviewer) == ["SUBJECT_WOULD_CHANGE"]


@pytest.mark.parametrize("by", ["person", "integration"])
async def test_w1_whoever_submits_and_under_whatever_name(world: World, by: str) -> None:
    provider = await world.provider()
    holder, _ = await provider.applied()
    submitter = holder.person if by == "person" else provider.integration
    await submit(world, holder, submitter, **person(name="司马示例"))

    assert await refused(world, holder, provider.second_reviewer) == ["SUBJECT_WOULD_CHANGE"]


async def test_w1_what_was_submitted_before_the_application_is_refused_after_it(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    await submit(world, holder, **person())
    await holder.apply()

    assert await refused(world, holder, provider.reviewer) == ["SUBJECT_WOULD_CHANGE"]


async def test_w1_a_stale_identity_is_no_way_around(world: World) -> None:
    provider = await world.provider()
    holder, _, _ = await provider.filed()
    await submit(world, holder, **person())
    world.clock.advance(days=400)
    await world.sweep()
    (row,) = await world.rows(Identity, id=holder.identity_id)

    assert row.state == "STALE"
    assert await refused(world, holder, provider.reviewer) == ["SUBJECT_WOULD_CHANGE"]


@pytest.mark.parametrize("part", ["residentId", "uscc"])
async def test_w1_a_sole_trader_is_both_the_trader_and_the_code(world: World, part: str) -> None:
    provider = await world.provider()
    given = organisation("92110000MA00000000")
    holder = await known(provider, "SOLE_TRADER", given)
    kinds = ["OPERATOR_ID", "BUSINESS_LICENCE"]
    materials = [{"kind": kind, "reference": unique("r-"), "sha256": "0" * 64} for kind in kinds]
    await holder.apply(materials=materials)
    other = {"residentId": resident_id(), "uscc": CODES[1]}[part]
    await submit(world, holder, **{**given, part: other})

    assert await refused(world, holder, provider.reviewer) == ["SUBJECT_WOULD_CHANGE"]


async def test_w1_an_account_closed_as_a_measure_may_come_back_and_keeps_its_subject(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await opened(provider, id_, holder, gravity="GRAVE")
    await case.notify("CLOSED")
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES, banDays=30)
    await submit(world, holder, **person())

    codes = await refused(world, holder, provider.reviewer)
    await case.rescind()

    (account,) = await world.rows(Account, id=id_)
    assert codes == ["SUBJECT_WOULD_CHANGE"]
    assert account.state == "FILED"


@pytest.mark.parametrize("end", ["withdrawn", "rejected", "closed"])
async def test_w1_once_no_account_is_left_another_subject_is_verified(world: World, end: str) -> None:
    provider = await world.provider()
    if end == "rejected":
        holder, _ = await provider.rejected()
    elif end == "withdrawn":
        holder, account = await provider.applied()
        await holder.person.must("accountWithdraw", id=account.id, version=1)
    else:
        holder, id_, _ = await provider.filed()
        (row,) = await world.rows(Account, id=id_)
        await holder.person.must("accountAskClose", id=id_, version=row.seq)
        world.clock.advance(days=8)
        await world.sweep()
    await submit(world, holder, **person())

    assert (await verify(world, holder, provider.reviewer)).codes == []


async def test_w1_an_adopted_account_keeps_its_subject(world: World) -> None:
    provider = await opened_for_adoption(world)
    holder = await provider.holder()
    await submit(world, holder, **person())
    adopted = await (await (await filled(provider, [item(holder)])).endorsed()).adopt()

    assert adopted.codes == []
    assert await refused(world, holder, provider.reviewer) == ["SUBJECT_WOULD_CHANGE"]


# --- the same subject ----------------------------------------------------------------------------------------------
async def test_w1_an_organisation_changes_its_operator_with_a_mandate(world: World) -> None:
    provider = await world.provider()
    given = organisation()
    holder = await known(provider, "ENTERPRISE", given)
    await holder.apply()
    await submit(
        world, holder, **{**given, "residentId": resident_id(), "legalName": "司马示例", "mandate": "mandate-2"}
    )

    assert (await verify(world, holder, provider.reviewer)).codes == []


async def test_w1_a_person_changes_what_is_not_their_document(world: World) -> None:
    provider = await world.provider()
    given = person()
    holder = await known(provider, "INDIVIDUAL", given)
    await holder.apply()
    await submit(world, holder, **{**given, "mobile": "13900000002", "email": "nobody@example.com"})

    assert (await verify(world, holder, provider.reviewer)).codes == []


@pytest.mark.parametrize("subject_type", ["INDIVIDUAL", "ENTERPRISE"])
async def test_w1_a_new_number_of_the_same_subject_is_verified_by_two_with_proof(
    world: World, subject_type: str
) -> None:
    provider = await world.provider()
    given = person() if subject_type == "INDIVIDUAL" else organisation()
    holder = await known(provider, subject_type, given)
    await holder.apply()
    number = {"residentId": resident_id()} if subject_type == "INDIVIDUAL" else {"uscc": CODES[1]}
    await submit(world, holder, **{**given, **number})
    (before,) = await world.rows(Identity, id=holder.identity_id)

    alone = await refused(world, holder, provider.reviewer)
    by_machine = await refused(world, holder, provider.integration, sameSubject=PROOF)
    asked: dict[str, Any] = {"id": holder.identity_id, "version": before.seq, **METHOD, "sameSubject": PROOF}
    done = await by_two(provider.reviewer, provider.second_reviewer, "identityVerify", **asked)

    (after,) = await world.rows(Identity, id=holder.identity_id)
    (step,) = await world.rows(Step, case_id=holder.identity_id, seq=after.seq)
    assert alone == by_machine == ["SUBJECT_WOULD_CHANGE"]
    taken = (after.resident_id_index, after.uscc_index)
    assert (done.state, *taken) == ("VERIFIED", before.pending_resident_id_index, before.pending_uscc_index)
    assert proof_of(step) == PROOF["proofSha256"]


async def test_w1_the_second_reviewer_is_not_the_person_behind(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.applied()
    number = resident_id()
    await submit(world, holder, **person(number))
    self = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)
    proposed = await verify(world, holder, provider.reviewer, sameSubject=PROOF)
    given = proposed.proposal

    answer = await self.do("proposalEndorse", id=given["id"], hash=given["hash"])
    machine = await provider.integration.do(
        "proposalEndorse", id=given["id"], hash=given["hash"], idempotencyKey=unique("key-")
    )

    assert answer.codes == ["OWN_MATTER"]
    assert machine.codes in (["NOT_ALLOWED"], ["NOT_FOUND"])


async def test_w1_a_ban_goes_on_under_the_new_number(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await opened(provider, id_, holder, gravity="GRAVE")
    await case.notify("CLOSED")
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES, banDays=30)
    number = resident_id()
    await submit(world, holder, **person(number))
    asked: dict[str, Any] = {"id": holder.identity_id, "version": await version(world, holder), **METHOD}
    await by_two(provider.reviewer, provider.second_reviewer, "identityVerify", **asked, sameSubject=PROOF)

    again = await provider.holder(residentId=number)
    applied = await again.apply()
    banned = await world.rows(Ban, sanction_id=case.id, kind="SUBJECT")
    await case.rescind()

    (account,) = await world.rows(Account, id=applied.id)
    assert "BANNED" in account.flags
    assert len(banned) == 2
    assert all(ban.lifted_at is not None for ban in await world.rows(Ban, sanction_id=case.id, kind="SUBJECT"))


# --- a machine -----------------------------------------------------------------------------------------------------
async def test_w1_a_machine_verifies_anew_what_is_equal(world: World) -> None:
    provider = await world.provider()
    given = organisation()
    holder = await known(provider, "ENTERPRISE", given)
    await holder.apply()
    await submit(world, holder, provider.integration, **given, address="示例路1号")

    assert (await verify(world, holder, provider.integration)).codes == []


@pytest.mark.parametrize(
    "changed",
    [
        {"legalName": "司马示例"},
        {"organisationName": "示例单位更名"},
        {"residentId": resident_id(777)},
        {"mobile": "13900000009"},
    ],
    ids=lambda changed: next(iter(changed)),
)
@pytest.mark.parametrize("with_account", [False, True])
async def test_w1_what_differs_is_read_by_a_reviewer(
    world: World, changed: dict[str, Any], *, with_account: bool
) -> None:
    provider = await world.provider()
    given = organisation()
    holder = await known(provider, "ENTERPRISE", given)
    if with_account:
        await holder.apply()
    await submit(world, holder, **{**given, **changed})

    by_machine = await refused(world, holder, provider.integration)

    assert by_machine == ["REVIEWER_NEEDED"]
    assert (await verify(world, holder, provider.reviewer)).codes == []


# --- races ---------------------------------------------------------------------------------------------------------
async def test_w1_applying_and_verifying_another_subject_at_once_never_both_succeed(world: World) -> None:
    provider = await world.provider()
    outcomes = set()
    for _ in range(4):
        holder = await provider.holder()
        await submit(world, holder, **person())
        (before,) = await world.rows(Identity, id=holder.identity_id)

        applied, verified = await asyncio.gather(holder.try_to_apply(), verify(world, holder, provider.reviewer))

        (after,) = await world.rows(Identity, id=holder.identity_id)
        swapped = after.resident_id_index != before.resident_id_index
        assert swapped is (verified.codes == [])
        account = await world.rows(Account, holder_id=holder.id)
        if swapped and account:  # then the application came after, and was made under the new subject
            steps = await world.rows(Step, case_id=account[0].id)
            (step,) = [one for one in await world.rows(Step, case_id=holder.identity_id) if one.seq == after.seq]
            assert steps[0].id > step.id
        outcomes.add((applied.codes == [], verified.codes == []))

    assert outcomes <= {(True, True), (True, False)}


async def test_w1_what_is_shown_as_possible_says_so(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.applied()
    await submit(world, holder, **person())
    query = """query($id: ID!) { holder(id: $id) { identity {
      availableSteps { mutation problems { code fix } } } } }"""

    steps = (await provider.reviewer.ask(query, id=holder.id))["holder"]["identity"]["availableSteps"]

    problems = {step["mutation"]: step["problems"] for step in steps}
    assert [problem["code"] for problem in problems["identityVerify"]] == ["SUBJECT_WOULD_CHANGE"]
    assert "sameSubject" in problems["identityVerify"][0]["fix"]
    assert problems["identityFail"] == []
    await provider.reviewer.must(
        "identityFail", id=holder.identity_id, version=await version(world, holder), reasons=NEWS_REASON
    )


async def test_w1_what_is_said_to_be_the_same_is_only_proposed_by_one(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.applied()
    given = person()
    await submit(world, holder, **given)

    by_machine = await refused(world, holder, provider.integration, sameSubject=PROOF)
    proposed = await verify(world, holder, provider.reviewer, sameSubject=PROOF)

    assert by_machine == ["SUBJECT_WOULD_CHANGE"]
    assert proposed.proposal is not None
    assert proposed.payload["step"] is None
