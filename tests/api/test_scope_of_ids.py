"""IDOR: whoever names a row out of their sight gets the bytes of an id that never was, for reads and for writes.

Generated from the schema: every root by id, node and nodes, and every ID of every mutation's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from domain.ids import new_id, prefix_of
from domain.policy.roles import Role
from tests.api import sdl
from tests.api.neighbours import Neighbour, furnished, uploaded
from tests.world import SHANGHAI, ZHEJIANG, Person, World, unique

STAFF = (
    Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.INTEGRATION, Role.AUDITOR, Role.APPEAL_REVIEWER,
)  # fmt: skip
EVERY_PREFIX = {
    "access", "account", "agreement", "authority_report", "consent", "deadline", "document", "event", "evidence",
    "filing", "holder", "identity", "material", "measure", "notice", "proposal", "provider", "qualification",
    "sanction", "staff", "step", "step_text", "submission",
}  # fmt: skip
# Authorities are public: to name another's is no secret, only not allowed.
PUBLIC_IDS = {("authorityId",)}
NOUNS = (
    "account", "agreement", "batch", "filing", "holder", "identity", "notice", "permission", "proposal", "provider",
    "qualification", "sanction", "staff",
)  # fmt: skip
# Which of one's own cases a trigger can be asked for, so that its other ids are looked at.
OWN = {
    "accountApprove": "flagged", "accountReject": "flagged", "identityFail": "pending", "filingReturn": "submitted",
    "filingDecline": "submitted", "filingRevoke": "accepted", "filingReinstate": "accepted",
    "qualificationRefuse": "qualification", "qualificationSuspend": "qualification",
    "qualificationRevoke": "qualification", "accountSupplement": "flagged", "accountReapply": "rejected",
    "agreementConsent": "newcomer", "sanctionNotify": "untold", "sanctionWarn": "untold", "sanctionRestrict": "told",
    "sanctionSuspend": "told", "sanctionClose": "told", "sanctionProlong": "told", "sanctionRescind": "told",
}  # fmt: skip


@dataclass
class Asker:
    """Somebody, what is theirs, and the ids that they must not know of."""

    name: str
    person: Person
    own: Neighbour
    unseen: Mapping[str, list[str]]

    def pairs(self, prefix: str | None = None, most: int = 3) -> Iterator[tuple[str, str]]:
        """An id out of sight beside one that never was."""
        for kind, ids in self.unseen.items():
            if prefix in (None, kind):
                for id_ in (*ids[: most - 1], ids[-1]):
                    yield id_, new_id(kind)


@dataclass
class Beside:
    """Two provinces, a provider in each, and everybody who asks."""

    here: Neighbour
    there: Neighbour
    askers: list[Asker]


async def beside(world: World) -> Beside:
    here, there = await furnished(world, ZHEJIANG), await furnished(world, SHANGHAI)
    unseen = await there.ids()
    askers = [Asker(role.value, here.provider.staff[role], here, unseen) for role in STAFF]
    askers.append(Asker("PROVINCIAL_REGULATOR", here.provider.regulator, here, unseen))
    inspector = await world.enrol(Role.AUDITOR, division=ZHEJIANG)
    askers.append(Asker("AUDITOR of an authority", inspector, here, unseen))
    askers.append(Asker("HOLDER of another provider", here.filed_by.person, here, unseen))
    sibling = await here.provider.holder()
    await sibling.apply()
    await uploaded(sibling)
    within = await here.ids(of_holder=sibling.id)
    askers.append(Asker("HOLDER of the same provider", here.filed_by.person, here, within))
    askers.append(Asker("PUBLIC", world.public, here, unseen))
    return Beside(here, there, askers)


async def answer(asker: Asker, query: str, **variables: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything that comes back."""
    response = await asker.person.post(query, variables)
    return response.status_code, response.content, sorted(response.headers.items())


def prefix_in(root: str) -> str:
    """The prefix of what a root gives."""
    named = {"agreement": "agreement_version", "staffMember": "staff", "registerImport": "register_import"}
    return {**named, "authorityReport": "authority_report"}.get(root, root)


async def test_a_row_out_of_sight_reads_like_one_that_never_was(world: World) -> None:
    around = await beside(world)
    asked, different = 0, []
    for asker in around.askers:
        for root in sdl.roots_by_id():
            type_ = sdl.SCHEMA.query_type.fields[root].type  # type: ignore[union-attr]
            query = f"query($id: ID!) {{ it: {root}(id: $id) {{ {sdl.leaves(str(type_))} }} }}"
            chosen = [*asker.pairs(prefix_in(root)), next(asker.pairs("account"))]
            for unseen, never in chosen:
                asked += 1
                if await answer(asker, query, id=unseen) != await answer(asker, query, id=never):
                    different.append((asker.name, root, unseen))

    assert different == []
    assert asked > 200


async def test_node_and_nodes_find_nothing_out_of_sight(world: World) -> None:
    around = await beside(world)
    different, prefixes = [], set()
    one = "query($id: ID!) { node(id: $id) { __typename id ... on Case { version stateCode caption } } }"
    many = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Case { version } } }"
    for asker in around.askers:
        pairs = list(asker.pairs())
        prefixes |= {prefix_of(unseen) for unseen, _ in pairs}
        for unseen, never in pairs:
            if await answer(asker, one, id=unseen) != await answer(asker, one, id=never):
                different.append((asker.name, unseen))
        seen = await answer(asker, many, ids=[unseen for unseen, _ in pairs][:100])
        if seen != await answer(asker, many, ids=[never for _, never in pairs][:100]):
            different.append((asker.name, "nodes"))

    assert different == []
    assert prefixes >= EVERY_PREFIX


async def test_every_id_of_every_mutation_is_looked_for_in_sight_alone(world: World) -> None:
    around = await beside(world)
    asked, different, fired = 0, [], []
    for asker in around.askers:
        for mutation, type_ in sdl.mutations().items():
            for path in set(sdl.ids_of(type_)) - PUBLIC_IDS:
                unseen, never = next(asker.pairs(_prefix(mutation, path)), ("", ""))
                if not unseen:
                    continue
                query = (
                    f"mutation($input: {type_.name}!) {{ {mutation}(input: $input) {{ {sdl.payload_of(mutation)} }} }}"
                )
                common = _input(asker, mutation, path)
                answers = []
                for id_ in (unseen, never):
                    given = {**sdl.placed(common, path, id_), "idempotencyKey": unique("key-")}
                    answers.append(await answer(asker, query, input=given))
                asked += 1
                if answers[0] != answers[1]:
                    different.append((asker.name, mutation, path, *(found[1].decode() for found in answers)))
                if b'"problems":[]' in answers[0][1] or answers[0][0] != 200:
                    fired.append((asker.name, mutation, path, answers[0][1].decode()))

    assert different == []
    assert fired == []
    assert asked > 350


def _prefix(mutation: str, path: sdl.Path) -> str:
    """What the id at that place is of."""
    match path[-1]:
        case "id":
            noun = next(noun for noun in NOUNS if mutation.startswith(noun))
            return "holder" if noun == "agreement" else noun
        case "proposal":
            return "proposal"
        case "*":
            return path[-2].removesuffix("Ids")
        case name:
            return name.removesuffix("Id")


def _input(asker: Asker, mutation: str, path: sdl.Path) -> dict[str, Any]:
    """A valid input whose other ids are the asker's own."""
    given = sdl.sample(sdl.mutations()[mutation], required_only=mutation != "sanctionBatchFill")
    if path != ("id",) and mutation in OWN:
        given["id"], given["version"] = asker.own.cases[OWN[mutation]]
    if mutation == "agreementConsent":
        given |= {"version": 0} if path == ("id",) else {}
        given["agreementId"] = asker.own.provider.agreement_id
    if mutation == "accountApply" and path != ("holderId",) and asker.person.role is Role.INTEGRATION:
        given["holderId"] = asker.own.filed_by.id
    particulars = given.get("particulars")
    if isinstance(particulars, dict):
        particulars["materials"] = [{"kind": "OPERATOR_ID"}] if "documentId" in path else particulars["materials"]
    if mutation == "identitySubmit":
        given["version"] = 1
    return given


async def test_no_list_tells_of_a_row_out_of_sight(world: World) -> None:
    around = await beside(world)
    told = []
    for asker in around.askers:
        for root in sdl.connections():
            response = await asker.person.post(f"{{ {root}(first: 100) {{ nodes {{ id }} totalCount {{ value }} }} }}")
            body = response.text
            told += [(asker.name, root, id_) for ids in asker.unseen.values() for id_ in ids if id_ in body]

    assert told == []


@pytest.mark.parametrize("absurd", ["", "x", "account_", "account_" + "0" * 26, "ACCOUNT_01h", "account", "null"])
async def test_what_is_no_id_reads_like_one_that_never_was(world: World, absurd: str) -> None:
    provider = await world.provider()
    query = "query($id: ID!) { account(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"

    response = await provider.reviewer.post(query, {"id": absurd})

    assert response.json()["data"] == {"account": None, "node": None, "nodes": [None]}
