"""The regulator's desk: what waits, lists by state and due date, what was handed over, and numbers (Art. 3, 7)."""

from __future__ import annotations

from typing import Any

from domain.account import Account
from domain.authorities import NATION, authority_id
from domain.filing import Filing
from domain.permission import Permission
from domain.policy.roles import Role
from domain.provider import Provider as ProviderRow
from domain.register import RegisterKind
from tests.registers import quiet, source
from tests.world import SHANGHAI, ZHEJIANG, Person, Provider, World, unique
from workflows.licence_doubts import tell_doubts
from workflows.register_import import import_register

QUEUES = "{ viewer { queues { name count } } }"
QUIET = "540000"  # a province where no other test has anything
NUMBERS = """
query($by: StatisticsBy!) {
  statistics(by: $by) {
    mode division category accountsOnFile filings { state count } permissions { state count }
  }
}
"""


async def queues(person: Person) -> dict[str, int]:
    """What waits for somebody, by queue."""
    found = await person.ask(QUEUES)
    return {queue["name"]: queue["count"] for queue in found["viewer"]["queues"]}


async def numbers(person: Person, by: str = "BOTH") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.ask(NUMBERS, by=by))["statistics"]
    return found


async def submitted(provider: Provider, **particulars: Any) -> str:
    """The id of a submitted filing."""
    _, account = await provider.approved(**particulars)
    filing = account.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    return str(filing["id"])


async def test_filings_and_qualifications_wait_for_the_authority_that_answers(world: World) -> None:
    provider = await world.provider("460000")
    elsewhere, nation = await world.regulator("450000"), await world.regulator(NATION)
    before = await queues(nation)
    await submitted(provider)
    await provider.submit_qualification()

    here, there, national = await queues(provider.regulator), await queues(elsewhere), await queues(nation)

    assert (here["FILING_DECISION"], here["QUALIFICATION_VERIFICATION"]) == (1, 1)
    assert (there["FILING_DECISION"], there["QUALIFICATION_VERIFICATION"]) == (0, 0)
    assert national == before  # it reads all, and decides where it answers itself


async def test_a_question_of_transfer_waits_for_who_is_asked_alone(world: World) -> None:
    provider = await world.provider("620000")
    asked, nation = await world.regulator("630000"), await world.regulator(NATION)
    filing = await submitted(provider)

    await provider.regulator.must(
        "filingAskTransfer", id=filing, version=2, authorityId=authority_id("630000"), grounds="示例"
    )

    waiting = [await queues(person) for person in (asked, provider.regulator)]
    assert [(found["TRANSFER_ASKED"], found["FILING_DECISION"]) for found in waiting] == [(1, 0), (0, 1)]
    assert (await queues(nation))["TRANSFER_ASKED"] == 0
    for person, listed in ((asked, [filing]), (provider.regulator, [filing])):
        found = await person.ask("{ filings(where: {transferAsked: true}) { nodes { id transferTo { division } } } }")
        assert [node["id"] for node in found["filings"]["nodes"]] == listed


async def test_a_renewal_of_a_qualification_waits_until_it_is_recorded(world: World) -> None:
    provider = await world.provider("640000")
    (first, *_) = await provider.qualify()
    before = (await queues(provider.regulator))["QUALIFICATION_RENEWAL"]

    await provider.officer.must("qualificationRenew", id=first.id, version=first.version)

    assert before == 0
    assert (await queues(provider.regulator))["QUALIFICATION_RENEWAL"] == 1


async def test_permissions_wait_for_the_officer_and_special_approvals_for_the_authority(world: World) -> None:
    provider = await world.provider("650000")
    await provider.requested()
    holder, account_id, _ = await provider.filed()
    await holder.person.must(
        "permissionRequest",
        accountId=account_id,
        kind="SPECIAL_APPROVAL",
        grounds="示例理由",
        idempotencyKey=unique("key-"),
    )

    assert (await queues(provider.officer))["PERMISSION_DECISION"] == 1
    assert (await queues(provider.regulator))["PERMISSION_DECISION"] == 1
    listed = await provider.regulator.ask("{ permissions(where: {state: [REQUESTED]}) { nodes { kind } } }")
    assert sorted(node["kind"] for node in listed["permissions"]["nodes"]) == [
        "PUBLISH_AND_REPRINT",
        "SPECIAL_APPROVAL",
    ]


async def test_a_licence_in_doubt_waits_for_the_officer_until_it_is_settled(world: World) -> None:
    provider = await world.provider()
    _, _, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    before = (await queues(provider.officer))["LICENCE_DOUBTFUL"]
    await import_licence(world, f"{row.licence_number},另一家报社,,1,,,,\n")

    await tell_doubts(world.office.database, world.office.clock, world.office.calendar)

    listed = await provider.officer.ask(
        "{ permissions(where: {clock: RUNNING}) { nodes { id dueAt clock licence { doubts { nodes { cause } } } } } }"
    )
    (node,) = listed["permissions"]["nodes"]
    assert (before, (await queues(provider.officer))["LICENCE_DOUBTFUL"]) == (0, 1)
    assert (node["id"], node["clock"]) == (permission.id, "RUNNING")
    assert node["licence"]["doubts"]["nodes"][0] == {"cause": "CHANGED"}
    assert (await queues(provider.regulator)).keys().isdisjoint({"LICENCE_DOUBTFUL"})


async def import_licence(world: World, row: str) -> None:
    content = f"licence_no,holder,province,class,permission,issuer,valid_from,valid_to\n{row}"
    office = world.office
    await import_register(office.database, office.clock, RegisterKind.LICENCES, source(content.encode()), "TEST", quiet)


async def test_the_desk_lists_filings_by_state_and_by_what_falls_due_first(world: World) -> None:
    provider = await world.provider("530000")
    first = await submitted(provider)
    world.clock.advance(days=3)
    second = await submitted(provider)
    (row,) = await world.rows(Filing, id=second)
    query = """
    query($before: DateTime!) {
      filings(where: {state: [SUBMITTED]}, orderBy: DESK) { nodes { id } }
      soon: filings(where: {state: [SUBMITTED], dueBefore: $before}) { nodes { id } }
    }
    """

    found = await provider.regulator.ask(query, before=row.due_at.isoformat())

    assert [node["id"] for node in found["filings"]["nodes"]] == [first, second]
    assert [node["id"] for node in found["soon"]["nodes"]] == [first]


async def test_numbers_are_of_ones_own_area(world: World) -> None:
    provider, elsewhere = await world.provider(QUIET), await world.regulator("150000")
    await provider.filed()
    await submitted(provider)
    auditor = await world.enrol(Role.AUDITOR, division=QUIET)
    group = {
        "mode": "SANDBOX",
        "division": "330100",
        "category": "LIFESTYLE",
        "accountsOnFile": 1,
        "filings": [{"state": "ACCEPTED", "count": 1}, {"state": "SUBMITTED", "count": 1}],
        "permissions": [],
    }

    assert await numbers(provider.regulator) == [group]
    assert await numbers(provider.regulator, "DIVISION") == [{**group, "category": None}]
    assert await numbers(provider.regulator, "CATEGORY") == [{**group, "division": None}]
    assert await numbers(auditor) == [group]
    assert await numbers(provider.auditor) == [group]
    assert await numbers(provider.officer) == [group]
    assert await numbers(elsewhere) == []
    assert await numbers(world.public) == []


async def test_numbers_follow_a_transfer_and_not_a_question(world: World) -> None:
    provider, asked = await world.provider("220000"), await world.regulator("210000")
    _, _, filing = await provider.filed()
    question = await provider.regulator.must(
        "filingAskTransfer", id=filing.id, version=filing.version, authorityId=authority_id("210000"), grounds="示例"
    )

    before = (await numbers(provider.regulator), await numbers(asked))
    await asked.must("filingTransfer", id=filing.id, version=question.version)

    assert before[1] == []
    assert await numbers(asked) == before[0]
    assert await numbers(provider.regulator) == []


async def test_permissions_are_counted_with_the_accounts_they_are_of(world: World) -> None:
    provider = await world.provider("230000")
    await provider.badged()

    [group] = await numbers(provider.regulator)

    assert (group["accountsOnFile"], group["permissions"]) == (1, [{"state": "GRANTED", "count": 1}])


async def test_transfers_are_seen_by_both_authorities_the_provider_and_the_nation(world: World) -> None:
    provider = await world.provider()
    taking, elsewhere, nation = [await world.regulator(d) for d in (SHANGHAI, "110000", NATION)]
    holder, account_id, filing = await provider.filed()
    question = await provider.regulator.must(
        "filingAskTransfer", id=filing.id, version=filing.version, authorityId=authority_id(SHANGHAI), grounds="示例"
    )
    await taking.must("filingTransfer", id=filing.id, version=question.version)
    query = """
    query($to: ID!) {
      transfers(first: 100, where: {toAuthority: $to, isDesignated: false}) {
        nodes {
          id provider { id } account { id } fromAuthority { division } receivedAt
          steps(first: 20) { nodes { trigger } }
        }
      }
    }
    """

    found = {}
    for person in (provider.regulator, taking, nation, provider.officer, elsewhere, holder.person, provider.reviewer):
        nodes = (await person.ask(query, to=authority_id(SHANGHAI)))["transfers"]["nodes"]
        found[person] = [
            node for node in nodes if {"id": provider.id} == node["provider"] or {"id": account_id} == node["account"]
        ]

    (former,), (new,), (national,), (own,) = (
        found[person] for person in (provider.regulator, taking, nation, provider.officer)
    )
    assert [step["trigger"] for step in former["steps"]["nodes"]] == ["accept", "ask_transfer"]
    assert former["account"] is None
    assert new["account"] == own["account"] == national["account"] == {"id": account_id}
    assert new["provider"] == {"id": provider.id}  # who answers for a case reads the provider behind it
    assert own["fromAuthority"] == {"division": ZHEJIANG}
    assert len(own["steps"]["nodes"]) == len(national["steps"]["nodes"]) > len(former["steps"]["nodes"])
    assert [found[person] for person in (elsewhere, holder.person, provider.reviewer)] == [[], [], []]


async def test_the_numbers_of_a_trial_are_told_apart(world: World) -> None:
    provider = await world.provider("340000")
    live = await provider.live()
    assert {row.mode for row in await world.rows(ProviderRow, jurisdiction=authority_id("340000"))} == {
        "SANDBOX",
        "PRODUCTION",
    }
    await live.filed()
    await provider.filed()

    found = await numbers(provider.regulator)

    assert [(group["mode"], group["accountsOnFile"]) for group in found] == [("PRODUCTION", 1), ("SANDBOX", 1)]
    assert len(await world.rows(Account, jurisdiction=authority_id("340000"), state="FILED")) == 2
