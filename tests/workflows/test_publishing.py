"""What real accounts may publish, as every role asks it over HTTP: what the slow reference says (Art. 6, 7, 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from domain.account import Account
from domain.agreement import AgreementVersion, Consent
from domain.calendar import local_day
from domain.deadline import Deadline
from domain.filing import Filing
from domain.identity import Identity
from domain.journal import Step
from domain.licence import Licence
from domain.permission import Permission
from domain.policy.roles import Role
from domain.provider import Provider as ProviderRow
from domain.publishing import Act, Content
from domain.qualification import Qualification
from domain.sanction import Measure, Sanction
from domain.viewer import Viewer
from tests.reference.publishing import blockers, measures_in_the_way
from tests.sanctions import opened as open_case
from tests.workflows.test_adopt import filled, item, opened
from tests.world import NEWS_REASON, PERMISSION_REASON, REVOCATION, Person, Provider, World, by_two
from workflows.database import Connection, Row
from workflows.publishing import by_handles, by_ids

ANSWER: Final = (
    "account handle act content allowed blockedBy { code until measure caption(language: EN) } decidedAt validFor"
)
RIGHTS: Final = f"query($id: ID!) {{ account(id: $id) {{ publishingRights {{ {ANSWER} }} }} }}"
_ASKED: Final = "$account: ID, $handle: String, $provider: ID, $act: PublishingAct!, $content: PublishingContent!"
ONE: Final = f"""query({_ASKED}) {{
    publishingDecision(account: $account, handle: $handle, provider: $provider, act: $act, content: $content) {{
        {ANSWER} }} }}"""
MANY: Final = f"""query($items: [PublishingQuestion!]!, $provider: ID) {{
    publishingDecisions(items: $items, provider: $provider) {{ {ANSWER} }} }}"""
BREACH: Final = {**NEWS_REASON, "reasonCodes": ["QUALIFICATION_BREACH"]}
INSTANT: Final = timedelta(microseconds=1)
TAKEN: Final = ("PUBLISH", "UPDATE", "COMMENT")


async def _facts(world: World, account_id: str) -> dict[str, Any]:
    """Everything stored that the reference looks at."""
    [account] = await world.rows(Account, id=account_id)
    [provider] = await world.rows(ProviderRow, id=account.provider_id)
    [identity] = await world.rows(Identity, holder_id=account.holder_id)
    filings = await world.rows(Filing, current_of=account_id)
    clocks = await world.rows(Deadline, case_id=account_id, kind="COOLING_OFF", settled_at=None)
    held = [*await world.rows(Qualification, provider_id=provider.id)]
    if provider.sandbox_of is not None:
        held += await world.rows(Qualification, provider_id=provider.sandbox_of)
    return {
        "account": vars(account), "identity": vars(identity), "filing": vars(filings[0]) if filings else None,
        "provider": {"mode": provider.mode, "publish_before_filing": provider.settings["publish_before_filing"]},
        "agreements": [vars(one) for one in await world.rows(AgreementVersion, provider_id=provider.id)],
        "consents": [vars(one) for one in await world.rows(Consent, holder_id=account.holder_id)],
        "qualifications": [{**vars(one), "left": await _left(world, one.id)} for one in held],
        "permissions": [await _permission(world, one) for one in await world.rows(Permission, account_id=account_id)],
        "measures": [vars(one) for one in await world.rows(Measure, account_id=account_id)],
        "cooling_off": vars(clocks[0]) if clocks else None,
        "decisions": [at for one in await world.rows(Sanction, account_id=account_id) for at in await _due(world, one)],
    }  # fmt: skip


async def _due(world: World, case: Sanction) -> list[datetime]:
    """When the decision of a case that waits for it is due, where the holder was told of the case."""
    if case.state not in ("OPENED", "NOTIFIED") or case.told_at is None:
        return []
    rows = await world.rows(Deadline, case_id=case.id, kind="SANCTION_DECISION", settled_at=None)
    return [row.due_at for row in rows]


async def _left(world: World, id_: str) -> list[datetime]:
    steps = await world.rows(Step, case_id=id_)
    return [step.at for step in steps if step.from_state == "VERIFIED" and step.to_state != "VERIFIED"]


async def _permission(world: World, one: Permission) -> dict[str, Any]:
    listed = await world.rows(Licence, number=one.licence_number) if one.licence_number else []
    last = min((day for day in (one.valid_until, listed[0].valid_to if listed else None) if day), default=None)
    ends = await world.rows(Deadline, case_id=one.id, kind="PERMISSION_VALIDITY", settled_at=None)
    passed = [end for end in ends if end.paused_at is None and end.due_at < world.clock()]
    # What time has ended is over, though no worker came; unless the register has prolonged it meanwhile.
    is_over = any(last is not None and last < local_day(end.due_at) for end in passed)
    return {**vars(one), **({"state": "EXPIRED"} if is_over else {}), "licence": vars(listed[0]) if listed else None}


async def rights(world: World, person: Person, account_id: str) -> dict[tuple[str, str], list[str]]:
    """What stands in the way of each act on each content: equal in all three questions, and to the reference."""
    listed = (await person.ask(RIGHTS, id=account_id))["account"]["publishingRights"]
    asked = [{"account": account_id, "act": act, "content": content} for act in Act for content in Content]
    assert (await person.ask(MANY, items=asked))["publishingDecisions"] == listed
    single = await person.ask(ONE, **asked[0])
    assert single["publishingDecision"] == listed[0]
    facts, found = await _facts(world, account_id), {}
    for answer in listed:
        codes = sorted(block["code"] for block in answer["blockedBy"])
        assert codes == blockers(facts, answer["act"], answer["content"], world.clock()), answer
        assert answer["allowed"] == (not codes)
        if "CLOSED" not in codes:
            assert _named(answer) == measures_in_the_way(facts, answer["act"], answer["content"], world.clock())
        assert answer["decidedAt"] == world.clock().isoformat().replace("+00:00", "Z")
        assert 0 <= answer["validFor"] <= 60
        found[answer["act"], answer["content"]] = codes
    return found


def _named(answer: Mapping[str, Any]) -> list[tuple[str, str, datetime | None]]:
    """The measures in the way, as the reference names them."""
    found = [block for block in answer["blockedBy"] if block["measure"] is not None]
    return sorted((block["measure"], block["code"], _moment(block["until"])) for block in found)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def general(world: World, person: Person, account_id: str) -> dict[str, list[str]]:
    """The same on general content, by act."""
    found = await rights(world, person, account_id)
    return {str(act): found[act, Content.GENERAL] for act in Act}


def taken(code: str, acts: Sequence[str] = TAKEN) -> dict[str, list[str]]:
    return {str(act): [code] if act in acts else [] for act in Act}


NOTHING: Final = taken("", ())


# --- each thing in the way ---------------------------------------------------------------------------------------
async def test_an_account_under_review_may_do_nothing_at_all(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()

    found = await rights(world, holder.person, account.id)

    assert set(map(tuple, found.values())) == {("NOT_REVIEWED",)}


async def test_a_reviewed_account_waits_to_be_filed_or_until_its_filing_is_overdue(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    [filing] = await world.rows(Filing, current_of=account.id)

    waiting = await general(world, provider.integration, account.id)
    world.clock.now = filing.due_at
    at_the_last = (await provider.integration.ask(ONE, account=account.id, act="PUBLISH", content="GENERAL"))[
        "publishingDecision"
    ]
    world.clock.now += INSTANT

    assert waiting == taken("NOT_FILED", ("PUBLISH", "COMMENT"))
    until = filing.due_at.isoformat().replace("+00:00", "Z")
    caption = "The account is not on file yet"
    assert at_the_last["blockedBy"] == [{"code": "NOT_FILED", "until": until, "measure": None, "caption": caption}]
    assert at_the_last["validFor"] == 0
    assert await general(world, provider.integration, account.id) == NOTHING


async def test_an_overdue_authority_keeps_nobody_from_publishing(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    filing = account.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])

    submitted = await general(world, provider.officer, account.id)
    world.clock.advance(days=60)

    assert submitted == taken("NOT_FILED", ("PUBLISH", "COMMENT"))
    assert await general(world, provider.officer, account.id) == NOTHING


async def test_an_authority_may_let_its_provider_publish_before_filing(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    [row] = await world.rows(ProviderRow, id=provider.id)

    await provider.regulator.must("providerConfigure", id=provider.id, version=row.seq, publishBeforeFiling=True)

    assert await general(world, provider.regulator, account.id) == NOTHING


async def test_an_adopted_account_goes_on_publishing_before_its_filing_is_due_and_after(world: World) -> None:
    provider = await opened(world)
    holder = await provider.holder()
    batch = await (await filled(provider, [item(holder)])).endorsed()
    (adopted,) = (await batch.adopt()).payload["results"]
    [filing] = await world.rows(Filing, current_of=adopted["id"])

    before = await general(world, holder.person, adopted["id"])
    world.clock.now = filing.due_at + INSTANT

    assert before == NOTHING
    assert await general(world, provider.integration, adopted["id"]) == NOTHING


async def test_a_declined_filing_ends_that_for_good(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    [row] = await world.rows(ProviderRow, id=provider.id)
    await provider.regulator.must("providerConfigure", id=provider.id, version=row.seq, publishBeforeFiling=True)
    filing = account.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    declined = await provider.regulator.must("filingDecline", id=filing["id"], version=2, reasons=NEWS_REASON)

    refused = await general(world, provider.officer, account.id)
    await provider.officer.must("filingPrepareAgain", id=filing["id"], version=declined.version)
    world.clock.advance(days=30)

    assert refused == taken("FILING_REFUSED", ("PUBLISH", "COMMENT"))
    assert await general(world, provider.officer, account.id) == refused


async def test_a_revoked_filing_takes_the_right_until_it_is_reinstated(world: World) -> None:
    provider = await world.provider()
    _, account_id, accepted = await provider.filed()
    second = await world.regulator(provider.division)
    pair = (provider.regulator, second)

    filed = await general(world, provider.reviewer, account_id)
    revoked = await by_two(*pair, "filingRevoke", id=accepted.id, version=accepted.version, **REVOCATION)
    off_file = await general(world, provider.reviewer, account_id)
    await by_two(*pair, "filingReinstate", id=accepted.id, version=revoked.version, grounds="示例理由")

    assert (filed, off_file) == (NOTHING, taken("FILING_REFUSED", ("PUBLISH", "COMMENT")))
    assert await general(world, provider.reviewer, account_id) == NOTHING


async def test_a_new_agreement_gives_a_holder_thirty_days_and_another_one_no_more(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    await provider.publish_agreement()
    world.clock.advance(days=29)
    provider.agreement_id = await provider.publish_agreement()

    world.clock.advance(days=1, seconds=-1)
    in_grace = (await holder.person.ask(RIGHTS, id=account_id))["account"]["publishingRights"][0]
    world.clock.advance(seconds=1)
    over = await general(world, holder.person, account_id)
    await holder.consent()

    assert (in_grace["allowed"], in_grace["validFor"]) == (True, 1)
    assert over == taken("AGREEMENT_LAPSED")
    assert await general(world, holder.person, account_id) == NOTHING


async def test_a_verification_that_ran_out_has_its_grace(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    [identity] = await world.rows(Identity, holder_id=holder.id)
    assert identity.verified_until is not None

    world.clock.now = identity.verified_until + timedelta(days=30, seconds=-1)
    in_grace = await general(world, holder.person, account_id)
    world.clock.advance(seconds=1)

    assert in_grace == NOTHING
    assert await general(world, holder.person, account_id) == taken("IDENTITY_LAPSED")


async def test_a_provider_that_is_suspended_has_thirty_days_and_no_new_ones_when_it_is_revoked(world: World) -> None:
    provider = await (await world.provider()).live()
    holder, account_id, _ = await provider.filed()
    [telecom] = [one for one in await world.rows(Qualification, kind="TELECOM") if await _is_of(world, one, provider)]
    suspended = await provider.regulator.must(
        "qualificationSuspend", id=telecom.id, version=telecom.seq, reasons=BREACH
    )
    world.clock.advance(days=20)
    second = await world.regulator(provider.division)
    revoke: dict[str, Any] = {"id": telecom.id, "version": suspended.version, "reasons": BREACH}
    await by_two(provider.regulator, second, "qualificationRevoke", **revoke)

    world.clock.advance(days=10, seconds=-1)
    in_grace = await general(world, holder.person, account_id)
    world.clock.advance(seconds=1)

    assert in_grace == NOTHING
    assert await general(world, holder.person, account_id) == taken("PROVIDER_UNQUALIFIED")


async def _is_of(world: World, one: Qualification, provider: Provider) -> bool:
    [row] = await world.rows(ProviderRow, id=provider.id)
    return one.provider_id in (row.id, row.sandbox_of)


async def test_a_qualification_that_ran_out_is_lost_at_midnight(world: World) -> None:
    provider = await (await world.provider()).live(validTo="2026-03-20")
    _, account_id, _ = await provider.filed()
    over = datetime(2026, 3, 20, 16, tzinfo=UTC) + timedelta(days=30)  # the end of its last day in Shanghai

    world.clock.now = over - timedelta(seconds=1)
    in_grace = await general(world, provider.officer, account_id)
    world.clock.now = over

    assert in_grace == NOTHING
    assert await general(world, provider.officer, account_id) == taken("PROVIDER_UNQUALIFIED")


async def test_news_is_for_those_with_a_badge_of_its_kind(world: World) -> None:
    provider = await world.provider()
    _, account_id, granted = await provider.badged()
    _, plain, _ = await provider.filed()

    badged = await rights(world, provider.integration, account_id)
    without = await rights(world, provider.integration, plain)
    (row,) = await world.rows(Permission, id=granted.id)
    await world.relist(str(row.licence_number), services="REPRINT_ONLY")
    narrow: dict[str, Any] = {"id": granted.id, "version": granted.version, "reasons": PERMISSION_REASON}
    await provider.officer.must("permissionNarrow", **narrow)
    narrowed = await rights(world, provider.integration, account_id)

    assert set(map(tuple, badged.values())) == {()}
    assert {key for key, codes in without.items() if codes} == {
        (act, content) for act in TAKEN for content in ("NEWS_ORIGINAL", "NEWS_REPRINT")
    }
    assert without["PUBLISH", "NEWS_REPRINT"] == ["NO_BADGE"]
    assert {key: codes for key, codes in narrowed.items() if codes} == {
        (act, "NEWS_ORIGINAL"): ["BADGE_ONLY_REPRINTS"] for act in TAKEN
    }


async def test_the_right_is_gone_with_the_licence_and_no_worker_need_run(world: World) -> None:
    provider = await world.provider()
    _, account_id, granted = await provider.badged()
    [permission] = await world.rows(Permission, id=granted.id)
    assert permission.licence_number is not None

    await world.relist(permission.licence_number, valid_to=date(2026, 3, 1))
    found = await rights(world, provider.integration, account_id)

    assert found["PUBLISH", "NEWS_REPRINT"] == found["UPDATE", "NEWS_ORIGINAL"] == ["LICENCE_LAPSED"]
    assert found["PUBLISH", "GENERAL"] == found["REMOVE", "NEWS_ORIGINAL"] == []


async def test_a_licence_lasts_to_the_end_of_its_last_day_in_shanghai(world: World) -> None:
    provider = await world.provider()
    _, account_id, granted = await provider.badged()
    [permission] = await world.rows(Permission, id=granted.id)
    assert permission.licence_number is not None
    await world.relist(permission.licence_number, valid_to=date(2026, 3, 2))

    world.clock.now = datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC)
    asked = {"account": account_id, "act": "PUBLISH", "content": "NEWS_ORIGINAL"}
    last = (await provider.integration.ask(ONE, **asked))["publishingDecision"]
    world.clock.advance(seconds=1)

    assert (last["allowed"], last["validFor"]) == (True, 1)
    assert (await rights(world, provider.integration, account_id))["PUBLISH", "NEWS_ORIGINAL"] == ["LICENCE_LAPSED"]


async def test_a_suspended_permission_gives_no_right(world: World) -> None:
    provider = await world.provider()
    _, account_id, granted = await provider.badged()
    suspend: dict[str, Any] = {"id": granted.id, "version": granted.version, "reasons": PERMISSION_REASON}

    await provider.regulator.must("permissionSuspend", **suspend)

    assert (await rights(world, provider.integration, account_id))["PUBLISH", "NEWS_ORIGINAL"] == ["NO_BADGE"]


async def test_a_closed_account_may_do_nothing_and_bears_its_handle_no_more(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed()
    [account] = await world.rows(Account, id=account_id)
    ended = {"endedOn": "2026-03-01", "facts": "示例事实", "proofReference": "示例", "proofSha256": "0" * 64}

    asked: dict[str, Any] = {"id": account_id, "version": account.seq, **ended}
    await by_two(provider.officer, await provider.second_officer(), "accountClose", **asked)
    found = await rights(world, provider.integration, account_id)
    by_handle = await provider.integration.ask(ONE, handle=account.handle, act="PUBLISH", content="GENERAL")

    assert set(map(tuple, found.values())) == {("CLOSED",)}
    assert by_handle == {"publishingDecision": None}


async def test_a_closing_takes_publishing_at_its_time_and_waits_for_what_its_holder_knows(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    await holder.person.must("accountAskClose", id=account_id, version=3)
    [account] = await world.rows(Account, id=account_id)
    assert account.closing_at is not None

    waiting = await general(world, provider.officer, account_id)
    world.clock.now = account.closing_at
    at_its_time = await general(world, provider.officer, account_id)
    world.clock.now += INSTANT
    over = await general(world, provider.officer, account_id)

    assert (waiting, at_its_time) == (NOTHING, taken("CLOSING"))
    assert over == taken("CLOSED", ("PUBLISH", "UPDATE", "COMMENT", "REMOVE"))


async def test_a_closing_that_a_case_holds_takes_publishing_and_takes_place_after_it(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    case = await open_case(provider, account_id, holder)
    await case.notify()
    [account] = await world.rows(Account, id=account_id)
    await holder.person.must("accountAskClose", id=account_id, version=account.seq)
    [decision] = await world.rows(Deadline, case_id=case.id, kind="SANCTION_DECISION", settled_at=None)
    [clock] = await world.rows(Deadline, case_id=account_id, kind="COOLING_OFF")
    assert clock.left_seconds is not None

    world.clock.now = decision.due_at
    held = await general(world, provider.officer, account_id)
    world.clock.now += timedelta(seconds=clock.left_seconds)
    cooling = await general(world, provider.officer, account_id)
    world.clock.now += INSTANT

    assert held == cooling
    assert "CLOSING" in held["PUBLISH"]
    assert not held["REMOVE"]
    assert (await general(world, provider.officer, account_id))["REMOVE"] == ["CLOSED"]


# --- how it is read ----------------------------------------------------------------------------------------------
class Counting:
    """A connection that counts its statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self.dialect, self.fetched = connection, connection.dialect, 0

    async def fetch(self, clause: Any, values: Mapping[str, Any]) -> Sequence[Row]:
        self.fetched += 1
        return await self._connection.fetch(clause, values)


async def test_one_statement_reads_where_a_page_of_accounts_stands(world: World) -> None:
    provider = await (await world.provider()).live()
    made = [await provider.approved() for _ in range(3)]
    ids = [account.id for _, account in made]
    handles = [(await world.rows(Account, id=id_))[0].handle for id_ in ids]
    viewer = Viewer("", Role.INTEGRATION, provider_id=provider.id)

    async def work(connection: Connection) -> tuple[int, int, set[str]]:
        counting = Counting(connection)
        by_id = await by_ids(counting, ids, viewer, world.clock())
        by_handle = await by_handles(counting, handles, provider.id, viewer, world.clock())
        return counting.fetched, len(by_id), {one.id for one in by_handle.values()}

    assert await world.office.database.read(work) == (2, 3, set(ids))
