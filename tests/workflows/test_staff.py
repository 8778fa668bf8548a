"""Staff: enrolled for one's own body in a role that fits it, and disabled with effect at once (Art. 5)."""

from __future__ import annotations

from typing import Any

import pytest

from api import dev_issuer
from domain.authorities import authority_id
from domain.policy.roles import Role
from domain.problems import ProblemCode
from domain.staff import Staff
from domain.viewer import Viewer
from tests.world import SHANGHAI, ZHEJIANG, Person, World, resident_id, unique
from workflows.registry import WORKFLOWS
from workflows.staff import StaffEnrol
from workflows.unit_of_work import carry_out


def enrolment(role: str = "REVIEWER", **changed: Any) -> dict[str, Any]:
    given = {"issuer": dev_issuer.ISSUER, "subject": unique("s-"), "role": role, "staffNumber": unique("N")}
    return {**given, "residentId": resident_id(), "idempotencyKey": unique("key-"), **changed}


@pytest.mark.parametrize("role", ["REVIEWER", "COMPLIANCE_OFFICER", "APPEAL_REVIEWER", "INTEGRATION", "AUDITOR"])
async def test_an_officer_enrols_the_people_of_the_provider(world: World, role: str) -> None:
    provider = await world.provider()
    given = enrolment(role)

    answer = await provider.officer.must("staffEnrol", **given)

    me = await Person(world, given["subject"], Role(role)).ask("{ viewer { staff { id } role providerId } }")
    assert me["viewer"] == {"staff": {"id": answer.id}, "role": role, "providerId": provider.id}


async def test_the_resident_id_is_kept_as_a_blind_index_alone(world: World) -> None:
    provider = await world.provider()
    given = enrolment()

    answer = await provider.officer.must("staffEnrol", **given)

    (row,) = await world.rows(Staff, id=answer.id)
    assert len(row.person) == 32
    assert given["residentId"] not in str(vars(row))


@pytest.mark.parametrize("role", ["HOLDER", "PUBLIC", "PROVINCIAL_REGULATOR", "NATIONAL_REGULATOR", "SYSTEM"])
async def test_a_provider_gives_no_role_of_others(world: World, role: str) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused("staffEnrol", **enrolment(role))

    assert answer.problems == [("STAFF_ROLE_INVALID", "role")]


@pytest.mark.parametrize(
    ("division", "fits", "does_not"),
    [
        (ZHEJIANG, "PROVINCIAL_REGULATOR", "NATIONAL_REGULATOR"),
        ("000000", "NATIONAL_REGULATOR", "PROVINCIAL_REGULATOR"),
        (ZHEJIANG, "AUDITOR", "REVIEWER"),
    ],
)
async def test_an_authority_gives_its_own_roles(world: World, division: str, fits: str, does_not: str) -> None:
    regulator = await world.regulator(division)

    made = await regulator.must("staffEnrol", **enrolment(fits))
    refused = await regulator.refused("staffEnrol", **enrolment(does_not))

    (row,) = await world.rows(Staff, id=made.id)
    assert (row.jurisdiction, row.provider_id) == (authority_id(division), None)
    assert refused.problems == [("STAFF_ROLE_INVALID", "role")]


async def test_a_login_is_enrolled_once(world: World) -> None:
    provider = await world.provider()
    given = enrolment()
    await provider.officer.must("staffEnrol", **given)

    answer = await provider.officer.refused("staffEnrol", **{**given, "idempotencyKey": unique("key-")})

    assert answer.problems == [("ALREADY_ENROLLED", "subject")]


async def test_a_person_is_named_by_a_resident_id(world: World) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused("staffEnrol", **enrolment("HOLDER", residentId="12345"))

    assert answer.problems == [("INPUT_INVALID", "residentId"), ("STAFF_ROLE_INVALID", "role")]


async def test_nobody_enrols_for_another_body(world: World) -> None:
    here, there = await world.provider(), await world.provider()

    provider = await here.officer.refused("staffEnrol", **enrolment(providerId=there.id))
    authority = await here.officer.refused("staffEnrol", **enrolment(authorityId=authority_id(ZHEJIANG)))
    province = await here.regulator.refused(
        "staffEnrol", **enrolment("PROVINCIAL_REGULATOR", authorityId=authority_id(SHANGHAI))
    )

    assert provider.problems == [("NOT_FOUND", "providerId")]
    assert ("NOT_FOUND", "authorityId") in authority.problems
    assert province.problems == [("NOT_FOUND", "authorityId")]


async def test_who_is_disabled_acts_no_more(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.applied()
    await provider.reviewer.must("accountClaim", id=account.id)

    answer = await provider.officer.must("staffDisable", id=provider.reviewer.id, version=1)

    async with world.untouched(account.id):
        response = await provider.reviewer.post(
            "mutation($input: AccountApproveInput!) { accountApprove(input: $input) { problems { code } } }",
            {"input": {"id": account.id, "version": 1, "category": "LIFESTYLE"}},
        )
    (row,) = await world.rows(Staff, id=provider.reviewer.id)
    assert (answer.state, row.disabled_at) == ("DISABLED", world.clock())
    assert "NOT_ALLOWED" in response.text or response.status_code == 401


async def test_who_is_disabled_stays_so(world: World) -> None:
    provider = await world.provider()
    await provider.officer.must("staffDisable", id=provider.reviewer.id, version=1)

    answer = await provider.officer.refused("staffDisable", id=provider.reviewer.id, version=2)

    assert answer.problems == [("ALREADY_IN_STATE", "id")]


async def test_nobody_disables_themselves(world: World) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused("staffDisable", id=provider.officer.id, version=1)

    assert answer.problems == [("OWN_MATTER", "id")]


async def test_only_ones_own_body_disables(world: World) -> None:
    here, there = await world.provider(), await world.provider()
    nation = await world.regulator("000000")

    foreign = await there.officer.refused("staffDisable", id=here.reviewer.id, version=1)
    province = await here.regulator.refused("staffDisable", id=here.reviewer.id, version=1)
    national = await nation.refused("staffDisable", id=here.reviewer.id, version=1)
    other_authority = await nation.refused("staffDisable", id=here.regulator.id, version=1)

    assert foreign.problems == province.problems == [("NOT_FOUND", "id")]
    assert national.problems == other_authority.problems == [("NOT_COMPETENT", "id")]


async def test_an_authority_disables_its_own(world: World) -> None:
    first, second = await world.regulator(), await world.regulator()

    answer = await first.must("staffDisable", id=second.id, version=1)

    assert answer.state == "DISABLED"


async def test_the_operator_enrols_the_first_and_does_nothing_else(world: World) -> None:
    provider = await world.provider()
    operator = Viewer("operator", Role.OPERATOR)
    command = StaffEnrol.model_validate({**enrolment(), "providerId": provider.id})

    enrolled = await carry_out(world.office, operator, WORKFLOWS["staff"], "enrol", command)
    published = await carry_out(world.office, operator, WORKFLOWS["agreement"], "publish", command)

    assert enrolled.problems == ()
    assert [problem.code for problem in published.problems] == [ProblemCode.NOT_ALLOWED]
