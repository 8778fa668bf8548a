"""Notices and their receipts: who sees which, and what number and secret open without a login (Art. 8)."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
import structlog.testing

from domain.authorities import NATION
from domain.holder import Holder as HolderRow
from domain.identity import Identity
from domain.journal import StepText
from domain.notice import Notice
from domain.policy.roles import Role
from domain.table import table_of
from domain.vault.receipts import receipt_hash
from tests import placed
from tests.api.reading_world import Counted
from tests.api.test_masks_at_rest import rows_of
from tests.sanctions import CIRCUMSTANCES, PIECE, REASONS, Case, opened, sanctioned
from tests.workflows.test_filing import wrong_item
from tests.workflows.test_overdue_filings import overdue
from tests.world import NEWS_REASON, Answer, Holder, Person, Provider, World, opened_world, unique

SEE: Final = """mutation($input: NoticeSeeInput!) { noticeSee(input: $input) {
    notice { id receiptNumber seenAt } receiptSecret problems { code path } } }"""
OPEN: Final = """query($number: String!, $secret: String!) { noticeByReceipt(number: $number, secret: $secret) {
    receiptNumber servedAt party caseKind stateCode stateCaption trigger caption decidedAt decidedBy staffNumber
    reasonCodes legalBases publicReason facts texts { name text }
    measure { level scope fromAt until endedAt endedBy inForce }
    evidence { number text sha256 address capturedAt } remedyUntil openToAppeal
} }"""
NOTICES: Final = """query($where: NoticeFilter) { viewer { notices(first: 100, where: $where) {
    totalCount { value } nodes { id receiptNumber seenAt party step { trigger } } } } }"""


async def served(person: Person, trigger: str | None = None, **where: Any) -> list[dict[str, Any]]:
    """The notices served on somebody, newest first."""
    found = (await person.ask(NOTICES, where=where))["viewer"]["notices"]["nodes"]
    return [one for one in found if trigger in (None, one["step"] and one["step"]["trigger"])]


async def see(person: Person, id_: str, **more: Any) -> Answer:
    """What comes of seeing a notice."""
    return Answer((await person.ask(SEE, input={"id": id_, **more}))["noticeSee"])


async def receipt(person: Person, trigger: str) -> dict[str, str]:
    """Number and secret of the last notice of this decision."""
    notice = (await served(person, trigger))[0]
    answer = await see(person, notice["id"])
    return {"number": notice["receiptNumber"], "secret": answer.payload["receiptSecret"]}


async def by_receipt(world: World, number: str, secret: str) -> Any:
    """What anybody is shown for a number and a secret."""
    return (await world.public.ask(OPEN, number=number, secret=secret))["noticeByReceipt"]


async def suspended(provider: Provider) -> Case:
    """A case that was heard and suspended, with a second piece of evidence that is not disclosed."""
    kept = {"text": "Who told us.", "isDisclosable": False}
    shown = {**PIECE, "sha256": "a" * 64, "address": "https://example.org/1", "capturedAt": "2026-03-01T00:00:00Z"}
    case = await sanctioned(provider, gravity="GRAVE", evidence=[kept, shown])
    await case.notify()
    await case.answer("It was satire.")
    await case.suspend(addressed=[{"point": 1, "text": "It was not."}], circumstances=CIRCUMSTANCES)
    return case


def holder_of(case: Case) -> Holder:
    """Whose account the case is about."""
    assert case.holder is not None
    return case.holder


# --- seeing ------------------------------------------------------------------------------------------------------
async def test_the_first_look_is_kept_and_the_secret_is_shown_as_often_as_asked(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    (notice,) = await served(holder.person, "reject")
    first_at = world.clock()

    first = await see(holder.person, notice["id"])
    world.clock.advance(minutes=5)
    again = await see(holder.person, notice["id"])

    (row,) = await world.rows(Notice, id=notice["id"])
    assert first.payload["problems"] == []
    assert row.seen_at == first_at
    assert again.payload["notice"] == first.payload["notice"]
    assert again.payload["receiptSecret"] == first.payload["receiptSecret"]
    assert receipt_hash(first.payload["receiptSecret"]) == row.secret_hash


async def test_seeing_a_notice_moves_no_case(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()
    (notice,) = await served(holder.person, "reject")

    async with world.untouched(account.id):
        await see(holder.person, notice["id"])


async def test_a_repeated_request_is_told_the_secret_again(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    (notice,), key = await served(holder.person, "reject"), unique("key-")

    first = await see(holder.person, notice["id"], idempotencyKey=key)
    again = await see(holder.person, notice["id"], idempotencyKey=key)

    assert first.payload == again.payload
    assert first.payload["receiptSecret"] is not None


async def test_a_notice_served_on_another_is_as_one_that_never_was(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.rejected()
    (notice,) = await served(holder.person, "reject")
    other, officer = await provider.holder(), provider.officer
    stranger = (await world.provider()).officer

    for person, id_ in (
        (other.person, notice["id"]),
        (officer, notice["id"]),
        (stranger, notice["id"]),
        (holder.person, account.id),
        (holder.person, "notice_01kjpxyx8cet59jv7v7yxs4v6g"),
    ):
        answer = await see(person, id_)

        assert answer.problems == [("NOT_FOUND", "id")]
        assert answer.payload["notice"] is answer.payload["receiptSecret"] is None

    (row,) = await world.rows(Notice, id=notice["id"])
    assert row.seen_at is None


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATION, Role.AUDITOR, Role.APPEAL_REVIEWER])
async def test_who_is_no_party_sees_no_notice(world: World, role: Role) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    (notice,) = await served(holder.person, "reject")

    answers = [await see(person, notice["id"]) for person in (provider.staff[role], world.public)]

    assert [answer.codes for answer in answers] == [["NOT_ALLOWED"], ["NOT_ALLOWED"]]


async def test_the_officer_sees_what_was_served_on_the_provider(world: World) -> None:
    provider = await world.provider()
    _, approved = await provider.approved()
    filing = approved.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    await provider.regulator.must("filingDecline", id=filing["id"], version=2, reasons=wrong_item())
    notice = (await served(provider.officer))[0]

    answer = await see(provider.officer, notice["id"])
    opened_ = await by_receipt(world, notice["receiptNumber"], answer.payload["receiptSecret"])

    assert notice["party"] == opened_["party"] == "PROVIDER"
    assert opened_["caseKind"] == "filing"


async def test_the_authority_that_is_told_sees_its_own_notice_and_no_other_does(world: World) -> None:
    provider = await world.provider()
    _, approved = await provider.approved()
    nation, filing_id = await world.regulator(NATION), approved.case["filing"]["id"]
    await overdue(world, filing_id, "FILING_SUBMISSION")
    (row,) = await world.rows(Notice, case_id=filing_id, party="AUTHORITY")

    others = [await see(person, row.id) for person in (nation, provider.officer)]
    answer = await see(provider.regulator, row.id)

    opened_ = await by_receipt(world, row.receipt_number, answer.payload["receiptSecret"])
    assert [one.codes for one in others] == [["NOT_FOUND"], ["NOT_FOUND"]]
    assert (opened_["party"], opened_["trigger"], opened_["decidedBy"]) == ("AUTHORITY", "overdue", "SYSTEM")


async def test_notices_are_chosen_by_whether_they_were_seen(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    every = await served(holder.person)
    await see(holder.person, every[0]["id"])

    seen = await served(holder.person, seen=True)
    unseen = await served(holder.person, seen=False)

    assert [one["id"] for one in seen] == [every[0]["id"]]
    assert [one["id"] for one in unseen] == [one["id"] for one in every[1:]]


async def test_the_secret_is_found_in_no_row_and_no_log(own_database_url: str, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        holder, _ = await provider.rejected()
        (notice,) = await served(holder.person, "reject")
        with structlog.testing.capture_logs() as logged:
            answer = await see(holder.person, notice["id"], idempotencyKey=unique("key-"))
            secret = answer.payload["receiptSecret"]
            await by_receipt(world, notice["receiptNumber"], secret)
            wrong = await world.public.post(OPEN, {"number": 1, "secret": secret})

        assert secret not in wrong.text
        assert secret not in json.dumps(logged, default=str)
        assert secret not in caplog.text
        assert [where async for where, raw in rows_of(world) if secret.encode() in raw] == []


# --- opening by receipt ------------------------------------------------------------------------------------------
async def test_a_receipt_opens_the_decision_the_measure_and_the_disclosed_evidence(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider)
    at = world.clock()

    seen = await by_receipt(world, **await receipt(holder_of(case).person, "suspend"))

    texts = [(text["name"], text["text"]) for text in seen.pop("texts")]
    assert ("ADDRESSED", "1. It was not.") in texts
    assert not any(name == "NOTE" for name, _ in texts)
    assert seen.pop("evidence") == [
        {"number": 2, "text": PIECE["text"], "sha256": "a" * 64, "address": "https://example.org/1",
         "capturedAt": "2026-03-01T00:00:00Z"}
    ]  # fmt: skip
    measure = seen.pop("measure")
    assert (measure["level"], measure["inForce"], measure["endedAt"]) == ("SUSPENDED", True, None)
    assert measure["fromAt"] == seen["decidedAt"] == seen["servedAt"] == f"{at:%Y-%m-%dT%H:%M:%S}Z"
    assert seen["openToAppeal"] is True
    assert seen["remedyUntil"] > measure["until"]
    assert (seen["publicReason"], seen["facts"]) == (REASONS["publicReason"], REASONS["facts"])
    assert (seen["caseKind"], seen["stateCode"], seen["trigger"]) == ("sanction", "SUSPENDED", "suspend")
    assert (seen["reasonCodes"], seen["legalBases"]) == (REASONS["reasonCodes"], REASONS["legalBases"])
    assert (seen["party"], seen["decidedBy"]) == ("HOLDER", "COMPLIANCE_OFFICER")


async def test_an_unknown_number_and_a_wrong_secret_are_answered_alike_by_the_same_statements(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    known = await receipt(holder.person, "reject")
    engine = world.deployment.graphql._engine
    database = Counted(world.office.database)
    monkeypatch.setattr(engine, "office", replace(world.office, database=database))
    asked = [
        {"number": known["number"], "secret": "A" * 26},
        {"number": "N-0000000000000000", "secret": known["secret"]},
        {"number": "", "secret": ""},
        {"number": known["number"], "secret": "密" * 1_000},
        {"number": "'; --", "secret": known["secret"]},
    ]

    took, answers = [], []
    for one in asked:
        database.statements.clear()
        answers.append((await world.public.post(OPEN, one)).json()["data"])
        took.append(list(database.statements))

    assert answers == [{"noticeByReceipt": None}] * len(asked)
    assert all(statements == took[0] for statements in took)
    assert len(took[0]) == 1


async def test_a_receipt_is_read_however_it_was_copied(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    known = await receipt(holder.person, "reject")

    seen = await by_receipt(world, f" {known['number'].lower()} ", f" {known['secret'].lower()}\n")

    assert seen["receiptNumber"] == known["number"]


async def test_the_receipt_of_one_notice_opens_no_other(world: World) -> None:
    provider = await world.provider()
    mine, theirs = [await receipt((await provider.rejected())[0].person, "reject") for _ in range(2)]

    assert await by_receipt(world, mine["number"], theirs["secret"]) is None


async def test_a_receipt_opens_after_the_account_is_closed_and_the_login_is_gone(world: World) -> None:
    provider = await world.provider()
    case = await sanctioned(provider, gravity="GRAVE")
    await case.notify("CLOSED")
    await case.waive()
    await case.close(circumstances=CIRCUMSTANCES)
    known = await receipt(holder_of(case).person, "close")
    table = table_of(HolderRow)
    gone = sa.update(table).where(table.c.id == holder_of(case).id).values(subject=sa.null())
    await placed.overwrite(world, gone)

    seen = await by_receipt(world, **known)

    assert (seen["stateCode"], seen["measure"]["level"], seen["measure"]["until"]) == ("CLOSED", "CLOSED", None)
    assert seen["publicReason"] == REASONS["publicReason"]
    assert [piece["text"] for piece in seen["evidence"]] == [PIECE["text"]]


async def test_what_became_of_a_measure_is_told_under_its_own_receipt(world: World) -> None:
    provider = await world.provider()
    case = await suspended(provider)
    known = await receipt(holder_of(case).person, "suspend")
    await case.lift()
    world.clock.advance(days=200)

    seen = await by_receipt(world, **known)

    assert (seen["stateCode"], seen["trigger"], seen["measure"]["endedBy"]) == ("LIFTED", "suspend", "LIFTED")
    assert (seen["measure"]["inForce"], seen["openToAppeal"]) == (False, False)


@pytest.mark.parametrize("erased", [b"", bytes(100)])
async def test_of_an_erased_subject_the_decision_stays_and_its_texts_are_absent(world: World, erased: bytes) -> None:
    provider = await world.provider()
    case = await suspended(provider)
    known = await receipt(holder_of(case).person, "suspend")
    table = table_of(Identity)
    gone = sa.update(table).where(table.c.id == holder_of(case).identity_id).values(mask_key=erased)
    await placed.overwrite(world, gone)

    seen = await by_receipt(world, **known)

    assert seen["publicReason"] is seen["facts"] is None
    assert {text["text"] for text in seen["texts"]} == {None}
    assert [piece["text"] for piece in seen["evidence"]] == [None]
    assert (seen["stateCode"], seen["reasonCodes"]) == ("SUSPENDED", REASONS["reasonCodes"])


async def test_captions_are_in_the_language_asked_for_and_in_the_partys_words(world: World) -> None:
    provider = await world.provider()
    holder, asked = await provider.applied()
    await provider.reviewer.must("accountClaim", id=asked.id)
    items = [{"code": "OPERATOR_ID", "text": "请补正"}]
    await provider.reviewer.must("accountRequestSupplement", id=asked.id, version=1, items=items)
    known = await receipt(holder.person, "request_supplement")
    query = """query($number: String!, $secret: String!) { noticeByReceipt(number: $number, secret: $secret) {
        stateCaption en: stateCaption(language: EN) caption decided: caption(language: EN) texts { name text } } }"""

    seen = (await world.public.ask(query, **known))["noticeByReceipt"]

    assert seen == {
        "stateCaption": "请补充材料",
        "en": "Please supplement your application",
        "caption": "要求补充",
        "decided": "Ask for a supplement",
        "texts": [{"name": "ITEMS", "text": "OPERATOR_ID: 请补正"}],
    }


async def test_a_receipt_tells_nothing_of_who_is_behind_the_account(world: World) -> None:
    provider = await world.provider()
    holder = await provider.holder(legalName="拓跋示例", email="canary@qq.com", address="浙江省杭州市示例路1号")
    account = await holder.apply()
    await provider.reviewer.must("accountClaim", id=account.id)
    await provider.reviewer.must("accountReject", id=account.id, version=1, reasons={**NEWS_REASON, "note": "CANARY"})
    known = await receipt(holder.person, "reject")

    text = (await world.public.post(OPEN, known)).text

    rows = await world.rows(StepText, case_id=account.id)
    assert any(row.name == "NOTE" for row in rows)
    assert not any(word in text for word in ("拓跋", "canary", "CANARY", "示例路", holder.id, account.id, "staff_"))


async def test_the_example_of_the_page_is_answered(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    known = await receipt(holder.person, "reject")
    page = (Path(__file__).parents[2] / "docs/notices.md").read_text("utf-8")
    query = json.loads(page.partition("-d '")[2].partition("'\n```")[0])["query"]

    seen = (await world.public.ask(query, **known))["noticeByReceipt"]

    assert seen["publicReason"] == NEWS_REASON["publicReason"]


async def test_staff_and_holders_may_open_a_receipt_too(world: World) -> None:
    provider = await world.provider()
    holder, _ = await provider.rejected()
    known = await receipt(holder.person, "reject")

    seen = [await person.ask(OPEN, **known) for person in (provider.reviewer, provider.auditor, holder.person)]

    assert all(one["noticeByReceipt"]["receiptNumber"] == known["number"] for one in seen)


async def test_a_case_that_its_holder_was_not_told_of_has_no_notice(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    before = await served(holder.person)

    await opened(provider, account_id, holder)

    assert await served(holder.person) == before
