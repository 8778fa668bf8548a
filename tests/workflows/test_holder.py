"""Holders: enrolled once at a provider, consenting to its latest agreement (Art. 6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.agreement import Baseline, Consent
from domain.holder import Holder as HolderRow
from domain.identity import Identity
from domain.journal import Step
from domain.policy.roles import Role
from tests.world import Person, World, unique

GIVEN = {"subjectType": "INDIVIDUAL", "displayName": "示例", "division": "330100"}


async def test_a_holder_enrols_with_an_identity_that_is_empty(world: World) -> None:
    provider = await world.provider()

    holder = await provider.newcomer()

    (identity,) = await world.rows(Identity, holder_id=holder.id)
    (step,) = await world.rows(Step, case_id=holder.id)
    assert (identity.state, identity.bundle, identity.sealed, identity.seq) == ("UNVERIFIED", None, None, 0)
    assert (step.trigger, step.actor_id, step.actor_role, step.holder_id) == ("enrol", None, "HOLDER", holder.id)


async def test_a_providers_system_makes_a_holder_known_who_then_signs_in(world: World) -> None:
    provider = await world.provider()
    subject = unique("holder-")
    issuer = (await world.rows(HolderRow, id=(await provider.newcomer()).id))[0].issuer

    made = await provider.integration.must(
        "holderEnrol", **GIVEN, issuer=issuer, subject=subject, idempotencyKey=unique("key-")
    )

    me = await Person(world, subject, Role.HOLDER, provider.id).ask("{ viewer { holderId } }")
    assert me["viewer"]["holderId"] == made.id


async def test_a_login_enrols_once_at_a_provider(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    async with world.untouched(holder.id):
        answer = await holder.person.do("holderEnrol", **GIVEN, idempotencyKey=unique("key-"))

    assert answer.problems == [("ALREADY_ENROLLED", "")]


async def test_one_login_may_hold_accounts_at_two_providers(world: World) -> None:
    here, there = await world.provider(), await world.provider()
    first = await here.newcomer()
    elsewhere = Person(world, first.person.subject, Role.HOLDER, there.id)

    answer = await elsewhere.must("holderEnrol", **GIVEN, idempotencyKey=unique("key-"))

    assert answer.id != first.id


async def test_a_holder_lives_in_a_listed_division(world: World) -> None:
    provider = await world.provider()
    person = Person(world, unique("holder-"), Role.HOLDER, provider.id)

    async with world.untouched():
        answer = await person.do("holderEnrol", **{**GIVEN, "division": "999999"}, idempotencyKey=unique("key-"))

    assert answer.problems == [("CODE_UNKNOWN", "division")]


async def test_nobody_enrols_at_a_provider_their_token_does_not_name(world: World) -> None:
    here, there = await world.provider(), await world.provider()
    person = Person(world, unique("holder-"), Role.HOLDER, here.id)

    async with world.untouched():
        answer = await person.do("holderEnrol", **GIVEN, providerId=there.id, idempotencyKey=unique("key-"))

    assert answer.problems == [("NOT_FOUND", "providerId")]


async def test_consent_is_kept_clause_by_clause_and_once(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    await holder.consent(["LAWS_AND_REGULATIONS", "TRUTHFULNESS"])
    await holder.consent()

    consents = await world.rows(Consent, holder_id=holder.id)
    assert sorted(consent.clause for consent in consents) == sorted(Baseline)
    assert {(consent.agreement_id, consent.channel) for consent in consents} == {(provider.agreement_id, "WEB")}


async def test_six_of_seven_baselines_are_not_enough(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    await holder.submit_identity()
    await provider.reviewer.must("identityVerify", id=holder.identity_id, version=1, method="DOCUMENT_CHECK")
    await holder.consent([baseline.value for baseline in Baseline][:6])

    async with world.untouched():
        answer = await holder.try_to_apply()

    assert answer.codes == ["AGREEMENT_NOT_CONSENTED"]


async def test_consent_to_the_former_agreement_is_none_to_the_latest(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder()
    former, provider.agreement_id = provider.agreement_id, await provider.publish_agreement()
    (row,) = await world.rows(HolderRow, id=holder.id)

    late = await holder.person.refused(
        "agreementConsent", id=holder.id, version=row.seq, agreementId=former, clauses=["TRUTHFULNESS"], channel="WEB"
    )
    async with world.untouched():
        applied = await holder.try_to_apply()

    assert late.problems == [("NOT_LATEST_AGREEMENT", "agreementId")]
    assert applied.codes == ["AGREEMENT_NOT_CONSENTED"]


@pytest.mark.parametrize("agreement", ["", "agreement_00000000000000000000000000"])
async def test_an_unknown_agreement_is_not_the_latest(world: World, agreement: str) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    answer = await holder.person.refused(
        "agreementConsent", id=holder.id, version=1, agreementId=agreement, clauses=["TRUTHFULNESS"], channel="WEB"
    )

    assert answer.problems == [("NOT_LATEST_AGREEMENT", "agreementId")]


async def test_a_providers_system_passes_on_the_consent_of_a_holder(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    answer = await provider.integration.must(
        "agreementConsent",
        id=holder.id,
        version=1,
        agreementId=provider.agreement_id,
        clauses=["TRUTHFULNESS"],
        channel="APP",
        consentedAt="2026-03-01T09:30:00Z",
        idempotencyKey=unique("key-"),
    )

    (consent,) = await world.rows(Consent, holder_id=holder.id)
    assert answer.version == 2
    assert consent.consented_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "code"), [({}, "CONSENT_UNDATED"), ({"consentedAt": "2026-03-02T04:00:01Z"}, "CONSENT_MISDATED")]
)
async def test_a_consent_that_is_passed_on_says_when_it_was_given(
    world: World, told: dict[str, str], code: str
) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    consent = {"agreementId": provider.agreement_id, "clauses": ["TRUTHFULNESS"], "channel": "APP"}

    answer = await provider.integration.refused(
        "agreementConsent", id=holder.id, version=1, **consent, **told, idempotencyKey=unique("key-")
    )

    assert answer.problems == [(code, "consentedAt")]


async def test_a_holder_consents_now(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    consent = {"agreementId": provider.agreement_id, "clauses": ["TRUTHFULNESS"], "channel": "APP"}

    answer = await holder.person.refused(
        "agreementConsent", id=holder.id, version=1, **consent, consentedAt="2026-03-01T09:30:00Z"
    )

    assert answer.problems == [("CONSENT_MISDATED", "consentedAt")]
