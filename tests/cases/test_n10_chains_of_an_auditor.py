"""Whoever sees steps can put their chains together, also where the cases are out of their sight; of these no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import pytest

from domain.journal import Step
from domain.policy.roles import Role
from tests.sanctions import asked
from tests.world import Person, Provider, World

STEPS: Final = """query($after: String) { steps(first: 50, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { id seq caseKind caseId hash case { id } cause { id caseId case { id } } causeKind } } }"""
NODE: Final = "query($id: ID!) { node(id: $id) { id } }"
UNTOLD: Final = ("sanction", "authority_report")


@pytest.fixture
async def provider(world: World) -> Provider:
    return await world.provider()


async def seen(person: Person) -> list[dict[str, Any]]:
    """All steps that somebody sees."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await person.ask(STEPS, after=after))["steps"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def chains(steps: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The steps by their case, in order."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: int(step["seq"])):
        found[step["caseKind"], step["caseId"]].append(step)
    return found


async def test_n10_an_auditor_puts_every_chain_of_their_body_together(provider: Provider) -> None:
    await provider.badged()
    steps = await seen(provider.auditor)
    stored = list(await provider.world.rows(Step, provider_id=provider.id))

    assert {step["id"] for step in steps} == {row.id for row in stored}
    for (kind, case_id), chain in chains(steps).items():
        rows = sorted((row for row in stored if row.case_id == case_id), key=lambda row: row.seq)
        assert {row.case_kind for row in rows} == {kind}
        assert [step["hash"] for step in chain] == [row.hash.hex() for row in rows]
    assert {kind for kind, _ in chains(steps)} >= {"account", "filing", "permission", "identity", "holder", "staff"}


async def test_n10_of_a_case_out_of_sight_nothing_else_is_seen(provider: Provider) -> None:
    await provider.filed()
    steps = await seen(provider.auditor)
    accounts = [step for step in steps if step["caseKind"] in ("account", "filing")]

    assert accounts != []
    assert {step["case"] for step in accounts} == {None}
    for case_id in {step["caseId"] for step in accounts}:
        assert (await provider.auditor.ask(NODE, id=case_id))["node"] is None


async def test_n10_an_auditor_of_an_authority_does_too(world: World) -> None:
    provider = await world.provider("440000")
    auditor = await world.enrol(Role.AUDITOR, division="440000")
    await provider.filed()

    found = chains(step for step in await seen(auditor) if step["caseKind"] == "filing")

    assert found
    assert all([int(step["seq"]) for step in chain] == list(range(1, len(chain) + 1)) for chain in found.values())


async def test_n10_an_auditor_of_another_body_sees_none_of_it(provider: Provider) -> None:
    await provider.filed()
    other = await provider.world.provider()

    own = {step["caseId"] for step in await seen(provider.auditor)}
    elsewhere = {step["caseId"] for step in await seen(other.auditor)}

    assert own & elsewhere == set()


async def test_n10_where_the_case_may_be_seen_its_id_is_the_same(provider: Provider) -> None:
    holder, _, _ = await provider.filed()
    for person in (provider.reviewer, provider.officer, provider.integration, holder.person, provider.regulator):
        steps = [step for step in await seen(person) if step["case"] is not None]

        assert steps != []
        assert all(step["case"]["id"] == step["caseId"] for step in steps)


async def test_n10_a_cause_is_shown_only_to_who_may_see_it(provider: Provider) -> None:
    holder, account_id, _ = await provider.badged()
    await provider.reviewer.must("sanctionOpen", **asked(account_id, ground="VULGARITY", gravity="GRAVE"))
    stored = {row.id: row for row in await provider.world.rows(Step, provider_id=provider.id)}
    people = (holder.person, provider.auditor, provider.reviewer, provider.officer, provider.integration)

    for person in people:
        steps = await seen(person)
        ids = {step["id"] for step in steps}
        ordered = [step for step in steps if stored[step["id"]].cause is not None]
        assert ordered != []
        for step in ordered:
            cause = stored[step["id"]].cause
            assert step["cause"] is None or step["cause"]["id"] == cause
            assert (step["cause"] is not None) is (cause in ids)


@pytest.mark.parametrize("ground", ["VULGARITY", "NEWS_DISTORTED", "FRAUD"])
async def test_n10_no_id_tells_a_holder_of_a_case_that_they_were_not_told_of(provider: Provider, ground: str) -> None:
    holder, account_id, _ = await provider.badged()
    before = {step["caseId"] for step in await seen(holder.person)}
    await provider.reviewer.must("sanctionOpen", **asked(account_id, ground=ground, gravity="GRAVE"))

    after = await seen(holder.person)

    assert {step["caseId"] for step in after} == before
    assert [step for step in after if step["caseId"].startswith(UNTOLD)] == []
    auditor = [step for step in await seen(provider.auditor) if step["caseKind"] == "sanction"]
    assert len({step["caseId"] for step in auditor}) == 1
