"""A value that is refused for what stands beside it is told in words of its own: what is missing, and why."""

from __future__ import annotations

from typing import Any, Final, get_type_hints

import pytest

from domain.problems import ProblemCode
from tests.sanctions import sanctioned
from tests.workflows.test_account_close import PROOF
from tests.world import REVOCATION, Answer, Holder, Provider, World, unique
from workflows.registry import WORKFLOWS

_BARE: Final = (ProblemCode.INPUT_INVALID.zh, ProblemCode.INPUT_INVALID.en)


def _said(answer: Answer, path: str) -> str:
    """The code of the one problem there; it has words and a cure of its own."""
    [problem] = [one for one in answer.payload["problems"] if one["path"] == [path]]
    assert problem["message"] not in _BARE
    code = ProblemCode(problem["code"])
    assert code.zh
    assert code.en
    assert problem["fix"] == code.fix
    return str(problem["code"])


async def _consent(provider: Provider, holder: Holder, person: Any, **more: Any) -> Answer:
    given = {"id": holder.id, "version": 1, "agreementId": provider.agreement_id, "channel": "WEB", **more}
    key = {"idempotencyKey": unique("key-")}
    refused: Answer = await person.refused("agreementConsent", clauses=["TRUTHFULNESS"], **given, **key)
    return refused


async def test_n8_who_passes_a_consent_on_is_told_that_its_moment_is_missing(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()

    code = _said(await _consent(provider, holder, provider.integration), "consentedAt")

    assert code == "CONSENT_UNDATED"
    assert "missing" in ProblemCode(code).en
    assert "consentedAt" in ProblemCode(code).fix


async def test_n8_a_moment_of_consent_that_does_not_fit_is_told_as_that(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    for person, at in ((provider.integration, "2026-03-02T04:00:01Z"), (holder.person, "2026-03-02T03:00:00Z")):
        answer = await _consent(provider, holder, person, consentedAt=at)
        assert _said(answer, "consentedAt") == "CONSENT_MISDATED"


async def test_n8_an_end_or_a_notice_still_to_come_is_told_as_that(world: World) -> None:
    provider = await world.provider()
    _, account_id, filing = await provider.filed()
    closing: dict[str, Any] = {**PROOF, "id": account_id, "version": 4, "endedOn": "2026-03-03"}
    version = (await provider.officer.ask("query($id: ID!) { account(id: $id) { version } }", id=account_id))["account"]
    closed = await provider.officer.refused("accountClose", **{**closing, "version": version["version"]})
    revoking = {**REVOCATION, "notifiedOn": "2026-03-03"}
    revoked = await provider.regulator.refused("filingRevoke", id=filing.id, version=filing.version, **revoking)

    assert _said(closed, "endedOn") == "DAY_AHEAD"
    assert _said(revoked, "notifiedOn") == "DAY_AHEAD"


async def test_n8_one_argument_too_many_is_told_as_that(world: World) -> None:
    case = await sanctioned(await world.provider())
    await case.notify()
    for _ in range(10):
        await case.answer(*["It was satire."] * 20)

    answer = await case.person.refused("sanctionAnswer", id=case.id, version=await case.version(), points=["One more."])

    assert _said(answer, "points") == "ARGUMENTS_FULL"


@pytest.mark.parametrize(("number", "words"), [("12", "length"), ("91350100M000100Y4*", "character")])
async def test_n8_an_identifier_is_told_what_is_wrong_with_it(world: World, number: str, words: str) -> None:
    provider = await world.provider()
    given = {"name": unique("示例"), "uscc": number, "division": "330100", "idempotencyKey": unique("key-")}

    answer = await provider.regulator.refused("providerRegister", **given)

    assert _said(answer, "uscc") == "INPUT_INVALID"
    assert words in answer.payload["problems"][0]["message"]


async def test_n8_a_person_is_told_what_is_wrong_with_their_number(world: World) -> None:
    provider = await world.provider()
    who = {"issuer": "i", "subject": "s", "role": "REVIEWER", "staffNumber": "n"}

    answer = await provider.officer.refused("staffEnrol", residentId="12", idempotencyKey=unique("key-"), **who)

    assert _said(answer, "residentId") == "INPUT_INVALID"


def test_n8_no_guard_refuses_a_value_with_the_bare_words() -> None:
    """A guard of INPUT_INVALID says in each of its problems what is wrong, or has a code of its own."""
    guards = {guard for flow in WORKFLOWS.values() for row in flow.transitions for guard in row.guards}
    bare = [
        guard.sentence
        for guard in guards
        if guard.code is ProblemCode.INPUT_INVALID and get_type_hints(guard.check)["return"] is bool
    ]

    assert len(guards) > 100
    assert bare == []
