"""Four eyes: a proposal is fired by its proposer, with its own input, once, endorsed by another (Art. 7, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from domain.account import Account
from domain.deadline import Deadline
from domain.identity import Identity
from domain.policy.roles import Role
from domain.proposal import Involvement, Proposal
from tests.world import NEWS_REASON, REVOCATION, Holder, Person, Provider, World, resident_id


@dataclass
class Waiting:
    """An approval under news that waits for its second person."""

    provider: Provider
    holder: Holder
    id: str
    proposal: Mapping[str, str]

    @property
    def proposer(self) -> Person:
        return self.provider.reviewer

    @property
    def input(self) -> dict[str, Any]:
        return {"id": self.id, "version": 1, "category": "NEWS", "note": "核对无误"}

    async def endorsed(self) -> Waiting:
        await self.provider.second_reviewer.must("proposalEndorse", **self.proposal)
        return self

    def fired(self, **changed: Any) -> dict[str, Any]:
        return {**self.input, "proposal": self.proposal["id"], **changed}


async def proposed(world: World, *, proposer_person: str | None = None) -> Waiting:
    """An approval proposed, not yet endorsed."""
    provider = await world.provider()
    if proposer_person is not None:
        reviewer = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=proposer_person)
        provider.staff = {**provider.staff, Role.REVIEWER: reviewer}
    holder, account = await provider.applied()
    await provider.reviewer.must("accountClaim", id=account.id)
    made = Waiting(provider, holder, account.id, {})
    answer = await provider.reviewer.must("accountApprove", **made.input)
    made.proposal = answer.proposal
    return made


async def deadline_of(world: World, proposal_id: str) -> Deadline:
    (row,) = await world.rows(Deadline, case_id=proposal_id)
    return row


async def test_a_proposal_is_written_instead_of_the_step(world: World) -> None:
    waiting = await proposed(world)

    (row,) = await world.rows(Proposal, id=waiting.proposal["id"])
    due = await deadline_of(world, row.id)
    assert (row.case_id, row.trigger, row.version, row.proposer_id) == (waiting.id, "approve", 1, waiting.proposer.id)
    assert (row.endorser_id, row.used_by, row.withdrawn_at) == (None, None, None)
    assert row.expires_at - world.clock() == timedelta(days=7)  # five working days
    assert (due.kind, due.due_at, due.settled_at) == ("PROPOSAL", row.expires_at, None)
    assert "核对无误".encode() not in row.sealed


async def test_an_endorsed_proposal_is_fired_by_its_proposer(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()

    answer = await waiting.proposer.must("accountApprove", **waiting.fired())

    (row,) = await world.rows(Proposal, id=waiting.proposal["id"])
    involved = await world.rows(Involvement, decision=answer.payload["step"]["id"])
    assert (answer.state, row.used_by) == ("REVIEWED", answer.payload["step"]["id"])
    assert {one.staff_id: one.parts for one in involved} == {
        waiting.provider.second_reviewer.id: "ENDORSER",
        waiting.proposer.id: "PROPOSER DECIDER",
    }


async def test_a_used_proposal_has_met_its_deadline(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    await waiting.proposer.must("accountApprove", **waiting.fired())

    due = await deadline_of(world, waiting.proposal["id"])

    assert (due.settled_at, due.outcome, due.next_at) == (world.clock(), "MET", None)


async def test_a_withdrawn_proposal_is_due_no_more(world: World) -> None:
    waiting = await proposed(world)
    await waiting.proposer.must("proposalWithdraw", id=waiting.proposal["id"])

    due = await deadline_of(world, waiting.proposal["id"])

    assert (due.settled_at, due.outcome, due.next_at) == (world.clock(), "MOOT", None)


async def test_a_step_decided_alone_keeps_who_decided(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.rejected()

    (row,) = await world.rows(Involvement, decision=account.payload["step"]["id"])

    assert (row.staff_id, row.parts) == (provider.reviewer.id, "DECIDER")


@pytest.mark.parametrize("changed", [{"category": "CULTURE"}, {"category": "LIFESTYLE"}, {"note": "另一理由"}])
async def test_only_the_proposed_input_is_fired(world: World, changed: dict[str, Any]) -> None:
    waiting = await (await proposed(world)).endorsed()

    answer = await waiting.proposer.refused("accountApprove", **waiting.fired(**changed))

    assert answer.problems == [("NOT_THE_PROPOSAL", "proposal")]


async def test_a_proposal_for_one_trigger_fires_no_other(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder("GOVERNMENT")
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    approval = await provider.reviewer.must("accountApprove", id=account.id, version=1, category="LIFESTYLE")
    await provider.second_reviewer.must("proposalEndorse", **approval.proposal)

    answer = await provider.reviewer.refused(
        "accountReject", id=account.id, version=1, reasons=NEWS_REASON, proposal=approval.proposal["id"]
    )

    assert answer.problems == [("NOT_THE_PROPOSAL", "proposal")]


async def test_a_proposal_for_one_case_fires_no_other(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    _, other = await waiting.provider.applied(category="NEWS")
    await waiting.proposer.must("accountClaim", id=other.id)

    answer = await waiting.proposer.refused("accountApprove", **waiting.fired(id=other.id))

    assert answer.problems == [("NOT_THE_PROPOSAL", "proposal")]


async def test_nothing_is_fired_before_it_is_endorsed(world: World) -> None:
    waiting = await proposed(world)

    answer = await waiting.proposer.refused("accountApprove", **waiting.fired())

    assert answer.problems == [("NOT_ENDORSED", "proposal")]


async def test_the_proposer_does_not_endorse(world: World) -> None:
    waiting = await proposed(world)

    answer = await waiting.proposer.refused("proposalEndorse", **waiting.proposal)

    assert answer.problems == [("SAME_PERSON", "id")]


async def test_one_person_under_two_logins_is_one_person(world: World) -> None:
    number = resident_id()
    waiting = await proposed(world, proposer_person=number)
    second_login = await world.enrol(Role.REVIEWER, provider_id=waiting.provider.id, person=number)

    answer = await second_login.refused("proposalEndorse", **waiting.proposal)

    assert answer.problems == [("SAME_PERSON", "id")]


async def test_what_is_endorsed_is_the_hash_that_was_shown(world: World) -> None:
    waiting = await proposed(world)

    answer = await waiting.provider.second_reviewer.refused("proposalEndorse", id=waiting.proposal["id"], hash="0" * 64)

    assert answer.problems == [("NOT_THE_PROPOSAL", "hash")]


async def test_a_second_endorser_does_not_replace_the_first(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    third = await world.enrol(Role.REVIEWER, provider_id=waiting.provider.id)

    answer = await third.refused("proposalEndorse", **waiting.proposal)

    assert answer.problems == [("PROPOSAL_DEAD", "id")]


async def test_a_colleague_without_the_grant_does_not_endorse(world: World) -> None:
    waiting = await proposed(world)

    answer = await waiting.provider.officer.refused("proposalEndorse", **waiting.proposal)

    assert answer.problems == [("NOT_ALLOWED", "")]


async def test_another_providers_reviewer_finds_no_such_proposal(world: World) -> None:
    waiting = await proposed(world)
    other = await world.provider()

    endorsed = await other.reviewer.refused("proposalEndorse", **waiting.proposal)
    withdrawn = await other.reviewer.refused("proposalWithdraw", id=waiting.proposal["id"])

    assert endorsed.problems == [("NOT_FOUND", "id")]
    assert withdrawn.problems == [("NOT_FOUND", "id")]


async def test_a_proposal_is_fired_once(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    await waiting.proposer.must("accountApprove", **waiting.fired())

    same = await waiting.proposer.refused("accountApprove", **waiting.fired())
    newer = await waiting.proposer.refused("accountApprove", **waiting.fired(version=2))

    assert same.codes == ["STALE_VERSION"]
    assert newer.codes == ["NOT_THE_PROPOSAL", "PROPOSAL_DEAD"]


async def test_a_used_revocation_cannot_be_fired_again(world: World) -> None:
    provider = await world.provider()
    second = await world.regulator()
    _, _, filing = await provider.filed()
    revoke: dict[str, Any] = {"id": filing.id, "version": 3, **REVOCATION}
    proposal = (await provider.regulator.must("filingRevoke", **revoke)).proposal
    await second.must("proposalEndorse", **proposal)
    await provider.regulator.must("filingRevoke", **revoke, proposal=proposal["id"])

    endorsed = await second.refused("proposalEndorse", **proposal)
    withdrawn = await provider.regulator.refused("proposalWithdraw", id=proposal["id"])

    assert endorsed.codes == ["PROPOSAL_DEAD"]
    assert withdrawn.codes == ["PROPOSAL_DEAD"]


async def test_a_proposal_dies_with_a_new_version(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    items = [{"code": "DESCRIPTION", "text": "请说明"}]
    await waiting.proposer.must("accountRequestSupplement", id=waiting.id, version=1, items=items)
    answers = [{"code": "DESCRIPTION", "answer": "已说明"}]
    supplement: dict[str, Any] = {"answers": answers, "particulars": waiting.holder.particulars()}
    await waiting.holder.person.must("accountSupplement", id=waiting.id, version=2, **supplement)
    await waiting.proposer.must("accountClaim", id=waiting.id)

    stale = await waiting.proposer.refused("accountApprove", **waiting.fired())
    moved = await waiting.proposer.refused("accountApprove", **waiting.fired(version=3))
    endorsed = await waiting.provider.second_reviewer.refused("proposalEndorse", **waiting.proposal)

    assert stale.codes == ["STALE_VERSION"]
    assert moved.codes == ["NOT_THE_PROPOSAL", "PROPOSAL_DEAD"]
    assert endorsed.codes == ["PROPOSAL_DEAD"]


async def test_a_proposal_dies_with_its_endorsers_right_to_act(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    await waiting.provider.officer.must("staffDisable", id=waiting.provider.second_reviewer.id, version=1)

    answer = await waiting.proposer.refused("accountApprove", **waiting.fired())

    assert answer.problems == [("PROPOSAL_DEAD", "proposal")]


async def test_a_proposer_who_was_disabled_fires_nothing(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    await waiting.provider.officer.must("staffDisable", id=waiting.proposer.id, version=1)

    async with world.untouched(waiting.id):
        response = await waiting.proposer.post(
            "mutation($input: AccountApproveInput!) { accountApprove(input: $input) { problems { code } } }",
            {"input": waiting.fired()},
        )

    assert "NOT_ALLOWED" in response.text or response.status_code == 401


async def test_a_proposal_whose_proposer_was_disabled_is_dead(world: World) -> None:
    waiting = await proposed(world)
    await waiting.provider.officer.must("staffDisable", id=waiting.proposer.id, version=1)

    answer = await waiting.provider.second_reviewer.refused("proposalEndorse", **waiting.proposal)

    assert answer.problems == [("PROPOSAL_DEAD", "id")]


async def test_a_proposal_lives_five_working_days(world: World) -> None:
    waiting = await proposed(world)

    world.clock.advance(days=7, seconds=-1)
    await waiting.endorsed()
    await waiting.proposer.must("accountClaim", id=waiting.id)
    world.clock.advance(seconds=1)
    fired = await waiting.proposer.refused("accountApprove", **waiting.fired())
    endorsed = await waiting.provider.second_reviewer.refused("proposalEndorse", **waiting.proposal)

    assert fired.problems == [("PROPOSAL_DEAD", "proposal")]
    assert endorsed.problems == [("PROPOSAL_DEAD", "id")]


async def test_a_withdrawn_proposal_is_dead(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    await waiting.proposer.must("proposalWithdraw", id=waiting.proposal["id"])

    fired = await waiting.proposer.refused("accountApprove", **waiting.fired())
    again = await waiting.proposer.refused("proposalWithdraw", id=waiting.proposal["id"])

    assert fired.problems == [("PROPOSAL_DEAD", "proposal")]
    assert again.problems == [("PROPOSAL_DEAD", "id")]


async def test_only_its_proposer_fires_or_withdraws_a_proposal(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    third = await world.enrol(Role.REVIEWER, provider_id=waiting.provider.id)
    await waiting.proposer.must("accountRelease", id=waiting.id)
    await third.must("accountClaim", id=waiting.id)

    fired = await third.refused("accountApprove", **waiting.fired())
    withdrawn = await third.refused("proposalWithdraw", id=waiting.proposal["id"])

    assert fired.problems == [("NOT_THE_PROPOSER", "proposal")]
    assert withdrawn.problems == [("NOT_THE_PROPOSER", "id")]


async def test_the_endorser_fires_nothing(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    await waiting.proposer.must("accountRelease", id=waiting.id)
    await waiting.provider.second_reviewer.must("accountClaim", id=waiting.id)

    answer = await waiting.provider.second_reviewer.refused("accountApprove", **waiting.fired())

    assert answer.codes == ["NOT_THE_PROPOSER", "SAME_PERSON"]


async def test_a_proposal_fires_only_what_needs_two(world: World) -> None:
    waiting = await (await proposed(world)).endorsed()
    _, other = await waiting.provider.applied()
    await waiting.proposer.must("accountClaim", id=other.id)

    answer = await waiting.proposer.refused(
        "accountApprove", id=other.id, version=1, category="LIFESTYLE", proposal=waiting.proposal["id"]
    )

    assert answer.problems == [("NOT_THE_PROPOSAL", "proposal")]


async def test_what_cannot_be_fired_is_not_proposed(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied(category="NEWS")

    answer = await provider.reviewer.refused("accountApprove", id=account.id, version=1, category="NEWS")

    assert answer.problems == [("LEASE_REQUIRED", "id")]


async def test_an_authoritys_proposal_is_endorsed_in_that_authority_alone(world: World) -> None:
    provider = await world.provider()
    _, _, filing = await provider.filed()
    nation, elsewhere = await world.regulator("000000"), await world.regulator("310000")
    proposed_ = await provider.regulator.must("filingRevoke", id=filing.id, version=3, **REVOCATION)

    national = await nation.refused("proposalEndorse", **proposed_.proposal)
    foreign = await elsewhere.refused("proposalEndorse", **proposed_.proposal)

    assert national.problems == [("NOT_FOUND", "id")]
    assert foreign.problems == [("NOT_FOUND", "id")]


async def test_an_unknown_proposal_is_not_found(world: World) -> None:
    waiting = await proposed(world)

    for id_ in ("proposal_00000000000000000000000000", waiting.id, "x"):
        answer = await waiting.proposer.refused("accountApprove", **waiting.fired(proposal=id_))
        assert answer.problems == [("NOT_FOUND", "proposal")]


WANTED = "{ viewer { endorsementsWanted { proposal } } }"


async def wanted_of(person: Person) -> list[str]:
    found = (await person.ask(WANTED))["viewer"]["endorsementsWanted"]
    return [one["proposal"] for one in found]


async def test_what_waits_for_an_endorsement_is_what_one_could_endorse(world: World) -> None:
    waiting = await proposed(world)

    assert await wanted_of(waiting.provider.second_reviewer) == [waiting.proposal["id"]]
    assert await wanted_of(waiting.proposer) == []
    assert await wanted_of(waiting.provider.officer) == []


async def test_no_endorsement_is_wanted_where_the_case_has_moved_on(world: World) -> None:
    waiting = await proposed(world)

    await waiting.holder.person.must("accountWithdraw", id=waiting.id, version=1)

    assert await wanted_of(waiting.provider.second_reviewer) == []


async def test_no_endorsement_is_wanted_where_the_proposer_was_disabled(world: World) -> None:
    waiting = await proposed(world)

    await waiting.provider.officer.must("staffDisable", id=waiting.proposer.id, version=1)

    assert await wanted_of(waiting.provider.second_reviewer) == []


async def test_a_proposal_with_its_notes_stays_in_its_body(world: World) -> None:
    waiting = await proposed(world)
    nation = await world.regulator("000000")

    found = await nation.ask(
        "query($id: ID!, $account: ID!) { proposal(id: $id) { input { display } }"
        " account(id: $account) { availableSteps { trigger } stateCode }"
        " viewer { proposals { nodes { id } } endorsementsWanted { proposal } } }",
        id=waiting.proposal["id"],
        account=waiting.id,
    )

    assert found["proposal"] is None
    assert found["account"]["stateCode"] == "APPLIED"
    assert found["viewer"] == {"proposals": {"nodes": []}, "endorsementsWanted": []}


async def test_an_endorser_who_has_become_the_party_endorses_no_more(world: World) -> None:
    number, provider = resident_id(), await world.provider()
    second = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)
    account = await (await provider.holder("ENTERPRISE")).apply(category="NEWS")
    holder = (await world.rows(Account, id=account.id))[0].holder_id
    await provider.reviewer.must("accountClaim", id=account.id)
    asked: dict[str, Any] = {"id": account.id, "version": 1, "category": "NEWS"}
    proposal = (await provider.reviewer.must("accountApprove", **asked)).proposal
    await second.must("proposalEndorse", **proposal)
    (identity,) = await world.rows(Identity, holder_id=holder)
    changed = {"legalName": "示例", "residentId": number, "mobile": "13900000000", "idempotencyKey": "key-changed"}
    changed |= {
        "organisationName": "示例单位",
        "uscc": "91350100M000100Y43",
        "mandate": "mandate-2",
    }  # another operator
    await provider.integration.must("identitySubmit", id=identity.id, version=identity.seq, **changed)
    await provider.reviewer.must("identityVerify", id=identity.id, version=identity.seq + 1, method="DOCUMENT_CHECK")

    fired = await provider.reviewer.refused("accountApprove", **asked, proposal=proposal["id"])

    assert fired.problems == [("OWN_MATTER", "proposal")]
