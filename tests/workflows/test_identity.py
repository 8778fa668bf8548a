"""The identity behind a holder: submitted, verified or failed, changed beside what is verified (Art. 5, 6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.identity import Identity
from domain.journal import AccessLog
from domain.notice import Notice
from domain.policy.roles import Role
from tests.world import NEWS_REASON, World, mobile, resident_id, unique

METHOD = {"method": "DOCUMENT_CHECK"}


async def test_what_is_submitted_is_sealed(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    number = resident_id()

    answer = await holder.submit_identity(residentId=number)

    (row,) = await world.rows(Identity, id=holder.identity_id)
    assert (answer.state, answer.version) == ("UNVERIFIED", 1)
    assert row.sealed is not None
    assert sorted(row.sealed) == ["legal_name", "mobile", "resident_id"]
    assert number not in str(vars(row))


@pytest.mark.parametrize("role", ["reviewer", "integration"])
async def test_an_identity_is_verified_for_a_year(world: World, role: str) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    key = {"idempotencyKey": unique("key-")} if role == "integration" else {}

    answer = await getattr(provider, role).must("identityVerify", id=holder.identity_id, version=1, **METHOD, **key)

    (row,) = await world.rows(Identity, id=holder.identity_id)
    assert answer.state == "VERIFIED"
    assert (row.method, row.verified_at) == ("DOCUMENT_CHECK", world.clock())
    assert row.verified_until == world.clock() + timedelta(days=365)


async def test_a_verification_may_hold_for_less_than_a_year_never_for_more(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    asked: dict[str, Any] = {"id": holder.identity_id, "version": 1, **METHOD}

    longer = await provider.reviewer.refused("identityVerify", **asked, until="2027-03-03T04:00:00Z")
    past = await provider.reviewer.refused("identityVerify", **asked, until="2026-03-02T04:00:00Z")
    await provider.reviewer.must("identityVerify", **asked, until="2026-06-01T00:00:00Z")

    (row,) = await world.rows(Identity, id=holder.identity_id)
    assert longer.problems == past.problems == [("VALIDITY_INVALID", "until")]
    assert row.verified_until is not None
    assert row.verified_until.isoformat() == "2026-06-01T00:00:00+00:00"


async def test_an_identity_carries_an_application_a_year_and_thirty_days(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()

    world.clock.advance(days=395)
    await holder.try_to_apply()  # reminders of a year ago come first
    async with world.untouched():
        late = await holder.try_to_apply()
    world.clock.advance(seconds=-1)
    in_time = await holder.apply()

    assert late.codes == ["IDENTITY_NOT_CURRENT"]
    assert in_time.state == "APPLIED"


async def test_nothing_is_verified_before_it_is_submitted(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    verify = await provider.reviewer.refused("identityVerify", id=holder.identity_id, version=0, **METHOD)
    fail = await provider.reviewer.refused("identityFail", id=holder.identity_id, version=0, reasons=NEWS_REASON)

    assert verify.problems == fail.problems == [("NOTHING_TO_VERIFY", "id")]


async def test_a_verified_identity_without_a_change_has_nothing_to_verify(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()

    answer = await provider.reviewer.refused("identityVerify", id=holder.identity_id, version=2, **METHOD)

    assert answer.problems == [("NOTHING_TO_VERIFY", "id")]


async def test_a_change_waits_beside_what_is_verified_until_it_is_verified(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    show = "query($id: ID!) { holder(id: $id) { identity { mobile { display } } } }"
    number = mobile()
    before = (await holder.person.ask(show, id=holder.id))["holder"]["identity"]["mobile"]["display"]

    await holder.submit_identity(2, mobile=number)
    waiting = (await holder.person.ask(show, id=holder.id))["holder"]["identity"]["mobile"]["display"]
    (row,) = await world.rows(Identity, id=holder.identity_id)
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=3, **METHOD)
    after = (await holder.person.ask(show, id=holder.id))["holder"]["identity"]["mobile"]["display"]

    (done,) = await world.rows(Identity, id=holder.identity_id)
    assert (row.state, row.pending_at) == ("VERIFIED", world.clock())
    assert waiting == before != after
    assert after.endswith(number[-4:])
    assert (done.pending_bundle, done.pending_sealed, done.pending_at) == (None, None, None)
    assert done.mobile_index == row.pending_mobile_index


async def test_a_failed_change_is_dropped_and_the_holder_told(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    await holder.submit_identity(2)

    answer = await provider.reviewer.must("identityFail", id=holder.identity_id, version=3, reasons=NEWS_REASON)

    (row,) = await world.rows(Identity, id=holder.identity_id)
    assert (answer.state, row.pending_bundle, row.pending_resident_id_index) == ("VERIFIED", None, None)
    assert [notice.party for notice in await world.rows(Notice, case_id=holder.identity_id)] == ["HOLDER"]


async def test_a_failed_identity_is_submitted_again(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()

    failed = await provider.reviewer.must("identityFail", id=holder.identity_id, version=1, reasons=NEWS_REASON)
    again = await holder.submit_identity(2)

    assert (failed.state, again.state, again.version) == ("UNVERIFIED", "UNVERIFIED", 3)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"residentId": "000000196501010019"}, "residentId"),
        ({"residentId": "12"}, "residentId"),
        ({"mobile": "010-12345678"}, "mobile"),
        ({"email": "nobody"}, "email"),
        ({"uscc": "NOT-A-CODE"}, "uscc"),
    ],
)
async def test_an_ill_formed_identifier_is_refused_by_its_place_and_never_repeated(
    world: World, values: dict[str, str], path: str
) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    given: dict[str, str] = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": mobile(), **values}

    answer = await holder.person.refused("identitySubmit", id=holder.identity_id, version=0, **given)

    assert answer.problems == [("INPUT_INVALID", path)]
    assert next(iter(values.values())) not in str(answer.payload)


async def test_every_ill_formed_identifier_is_told_at_once(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    given = {"legalName": "欧阳示例", "residentId": "x", "mobile": "x", "email": "x", "uscc": "x"}

    answer = await holder.person.refused("identitySubmit", id=holder.identity_id, version=0, **given)

    assert [path for _, path in answer.problems] == ["residentId", "mobile", "email", "uscc"]


async def test_an_organisation_names_its_operator_and_the_mandate(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer("ENTERPRISE")
    given = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": mobile()}
    await holder.person.must("identitySubmit", id=holder.identity_id, version=0, **given)

    answer = await provider.reviewer.refused("identityVerify", id=holder.identity_id, version=1, **METHOD)

    assert answer.problems == [("MANDATE_MISSING", "id")]


async def test_a_twin_is_flagged_and_the_look_up_logged(world: World) -> None:
    provider = await world.provider()
    number = resident_id()
    first = await provider.holder(residentId=number)
    second = await provider.newcomer()

    await second.submit_identity(residentId=number)

    (one,), (two,) = await world.rows(Identity, id=first.identity_id), await world.rows(Identity, id=second.identity_id)
    (log,) = await world.rows(AccessLog, case_id=second.identity_id)
    assert (one.twin, two.twin) == (False, True)
    assert (log.what, log.purpose, log.hits, log.viewer_role) == ("BLIND_INDEX_LOOKUP", "TWIN_CHECK", 1, "HOLDER")


async def test_no_index_links_two_providers(world: World) -> None:
    here, there = await world.provider(), await world.provider()
    number = resident_id()
    first, second = await here.holder(residentId=number), await there.holder(residentId=number)

    (one,), (two,) = await world.rows(Identity, id=first.identity_id), await world.rows(Identity, id=second.identity_id)

    assert one.resident_id_index != two.resident_id_index
    assert two.twin is False


@pytest.mark.parametrize("verified", [False, True])
async def test_nobody_verifies_or_fails_their_own_identity(world: World, *, verified: bool) -> None:
    provider = await world.provider()
    number = resident_id()
    holder = await provider.newcomer()
    await holder.submit_identity(residentId=number)
    version = 1
    if verified:
        await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, **METHOD)
        await holder.submit_identity(2)
        version = 3
    self = await world.enrol(Role.REVIEWER, provider_id=provider.id, person=number)

    verify = await self.refused("identityVerify", id=holder.identity_id, version=version, **METHOD)
    fail = await self.refused("identityFail", id=holder.identity_id, version=version, reasons=NEWS_REASON)

    assert verify.problems == fail.problems == [("OWN_MATTER", "id")]


async def test_a_holder_verifies_nothing(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()

    answer = await holder.person.refused("identityVerify", id=holder.identity_id, version=1, **METHOD)

    assert answer.problems == [("NOT_ALLOWED", "")]
