"""Permissions (Art. 7): who may carry news by what licence, badged the moment it is so and not a moment longer."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.identity import Identity
from domain.permission import Badge, Permission, RegisterEntry
from domain.staff import Staff
from domain.table import table_of
from tests.world import PERMISSION_REASON, REVOCATION, Provider, World, by_two, unique
from workflows.database import compile_once


async def state_of(world: World, account_id: str) -> str:
    (row,) = await world.rows(Account, id=account_id)
    return str(row.state)


async def badges_of(world: World, account_id: str) -> list[bool]:
    """Of each badge the account ever had, whether it was taken back."""
    rows = await world.rows(Badge, order_by="issued_at", account_id=account_id)
    return [row.revoked_at is not None for row in rows]


async def granted(provider: Provider, asked: Any, **more: Any) -> Any:
    officers = (provider.officer, await provider.second_officer())
    return await by_two(*officers, "permissionGrant", id=asked.id, version=asked.version, **more)


async def test_a_grant_badges_the_account_in_the_same_step(world: World) -> None:
    provider = await world.provider()
    _, account_id, asked = await provider.requested()

    permission = await granted(provider, asked)

    (badge,) = await world.rows(Badge, account_id=account_id)
    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    assert permission.state == "GRANTED"
    assert await state_of(world, account_id) == "BADGED"
    assert (badge.permission_id, badge.revoked_at, badge.filing_number) == (asked.id, None, entry.number)
    assert badge.licence_number == entry.licence_number
    journal = await provider.officer.ask(
        "query($id: ID!) { account(id: $id) { journal { nodes { trigger actorRole } } } }", id=account_id
    )
    assert journal["account"]["journal"]["nodes"][-1] == {"trigger": "badge", "actorRole": "SYSTEM"}


async def test_the_provider_grants_with_two_people(world: World) -> None:
    provider = await world.provider()
    _, account_id, asked = await provider.requested()

    proposed = await provider.officer.must("permissionGrant", id=asked.id, version=1)

    assert proposed.state == "REQUESTED"
    assert proposed.proposal is not None
    assert await state_of(world, account_id) == "FILED"


async def test_what_ends_a_permission_takes_the_badge_and_what_restores_it_brings_a_new_one(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()

    suspended = await provider.regulator.must(
        "permissionSuspend", id=permission.id, version=permission.version, reasons=PERMISSION_REASON
    )
    after_suspension = (await state_of(world, account_id), await badges_of(world, account_id))
    await provider.regulator.must("permissionResume", id=permission.id, version=suspended.version)

    assert after_suspension == ("FILED", [True])
    assert await state_of(world, account_id) == "BADGED"
    assert await badges_of(world, account_id) == [True, False]


async def test_a_holder_gives_a_permission_up(world: World) -> None:
    provider = await world.provider()
    holder, account_id, permission = await provider.badged()

    given_up = await holder.person.must("permissionGiveUp", id=permission.id, version=permission.version)

    assert given_up.state == "REVOKED"
    assert await state_of(world, account_id) == "FILED"
    assert await badges_of(world, account_id) == [True]


async def test_an_authority_revokes_with_two_people(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()
    colleague = await world.regulator()

    revoke: dict[str, Any] = {"id": permission.id, "version": permission.version, "reasons": PERMISSION_REASON}
    revoked = await by_two(provider.regulator, colleague, "permissionRevoke", **revoke)

    assert revoked.state == "REVOKED"
    assert await state_of(world, account_id) == "FILED"


async def test_a_filing_revoked_takes_the_badge_and_one_reinstated_brings_it_back(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.badged()
    colleague = await world.regulator()
    shown = await provider.officer.ask("query($i: ID!) { account(id: $i) { filing { id version } } }", i=account_id)
    filing = shown["account"]["filing"]

    revoked = await by_two(provider.regulator, colleague, "filingRevoke", **filing, **REVOCATION)
    off = (await state_of(world, account_id), await badges_of(world, account_id))
    (ended,) = await world.rows(RegisterEntry, account_id=account_id)
    again = {"id": filing["id"], "version": revoked.version, "grounds": "撤销决定被撤回"}
    await by_two(provider.regulator, colleague, "filingReinstate", **again)

    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    assert off == ("REVIEWED", [True])
    assert (ended.ended_on is not None, ended.licence_number) == (True, None)
    assert await state_of(world, account_id) == "BADGED"
    assert await badges_of(world, account_id) == [True, False]
    assert entry.ended_on is None


async def test_another_permission_replaces_the_first(world: World) -> None:
    provider = await world.provider()
    holder, account_id, number = await provider.news_unit()
    first = await granted(provider, await holder.request(account_id, number, "REPRINT_ONLY"))
    second = await holder.request(account_id, number, "PUBLISH_AND_REPRINT")

    await granted(provider, second)

    states = {row.id: str(row.state) for row in await world.rows(Permission, account_id=account_id)}
    assert states == {first.id: "REPLACED", second.id: "GRANTED"}
    assert await state_of(world, account_id) == "BADGED"
    kinds = [str(row.kind) for row in await world.rows(Badge, order_by="issued_at", account_id=account_id)]
    assert kinds == ["REPRINT_ONLY", "PUBLISH_AND_REPRINT"]
    assert await badges_of(world, account_id) == [True, False]


async def test_a_narrowed_permission_issues_its_badge_anew(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    await world.relist(str(row.licence_number), services="REPRINT_ONLY")

    narrow: dict[str, Any] = {"id": permission.id, "version": permission.version, "reasons": PERMISSION_REASON}
    narrowed = await provider.officer.must("permissionNarrow", select="kind", **narrow)

    assert narrowed.case["kind"] == "REPRINT_ONLY"
    assert await state_of(world, account_id) == "BADGED"
    assert await badges_of(world, account_id) == [True, False]
    again = await provider.officer.refused("permissionNarrow", **{**narrow, "version": narrowed.version})
    assert again.problems == [("NOTHING_TO_NARROW", "id")]


async def test_every_reason_against_a_request_is_told_at_once(world: World) -> None:
    provider = await world.provider()
    holder, account_id, number = await provider.news_unit()
    other = await world.licence("示例别家", services="REPRINT_ONLY", licence_class=2)
    await holder.request(account_id, number)

    answer = await holder.person.do(
        "permissionRequest",
        accountId=account_id,
        kind="PUBLISH_AND_REPRINT",
        licenceNumber=other,
        idempotencyKey=unique("key-"),
    )

    assert sorted(answer.problems) == [
        ("KIND_BEYOND_LICENCE", "kind"),
        ("LICENCE_OF_ANOTHER", "licenceNumber"),
        ("PERMISSION_EXISTS", "kind"),
    ]
    assert len(await world.rows(Permission, account_id=account_id)) == 1


async def test_an_account_off_file_asks_in_vain(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    answer = await holder.person.do(
        "permissionRequest", accountId=account.id, kind="SPECIAL_APPROVAL", idempotencyKey=unique("key-")
    )

    assert sorted(answer.problems) == [("ACCOUNT_NOT_ON_FILE", "accountId"), ("LICENCE_NOT_NAMED", "grounds")]


NO_LONGER: Final = pytest.mark.parametrize(
    "listed",
    [
        {"valid_to": date(2026, 3, 1)},
        {"valid_from": date(2026, 3, 3)},
        {"services": "REPRINT_ONLY"},
    ],
    ids=["past", "not begun", "allows less"],
)


@NO_LONGER
async def test_a_licence_is_valid_at_the_grant_for_what_is_granted(world: World, listed: dict[str, Any]) -> None:
    provider = await world.provider()
    holder, account_id, number = await provider.news_unit()
    asked = await holder.request(account_id, number)
    await world.relist(number, **listed)

    refused = await provider.officer.refused("permissionGrant", id=asked.id, version=1)

    assert refused.problems == [("LICENCE_NOT_STANDING", "id")]


@NO_LONGER
async def test_a_provider_revokes_what_the_register_no_longer_bears_out(world: World, listed: dict[str, Any]) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()
    colleague = await provider.second_officer()
    revoke: dict[str, Any] = {"id": permission.id, "version": permission.version, "reasons": PERMISSION_REASON}
    early = await provider.officer.refused("permissionRevoke", **revoke)
    (row,) = await world.rows(Permission, id=permission.id)
    await world.relist(str(row.licence_number), **listed)

    await by_two(provider.officer, colleague, "permissionRevoke", **revoke)

    assert early.problems == [("LICENCE_STANDS", "id")]
    assert await state_of(world, account_id) == "FILED"


async def test_a_licence_past_its_end_is_not_resumed(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    suspend: dict[str, Any] = {"id": permission.id, "version": permission.version, "reasons": PERMISSION_REASON}
    suspended = await provider.regulator.must("permissionSuspend", **suspend)
    await world.relist(str(row.licence_number), valid_to=date(2026, 3, 1))

    refused = await provider.regulator.refused("permissionResume", id=permission.id, version=suspended.version)

    assert refused.problems == [("LICENCE_NOT_STANDING", "id")]
    assert await state_of(world, account_id) == "FILED"


async def test_a_provider_suspends_only_what_is_in_doubt_and_does_not_resume_what_the_authority_suspended(
    world: World,
) -> None:
    provider = await world.provider()
    _, _, permission = await provider.badged()
    suspend: dict[str, Any] = {"id": permission.id, "version": permission.version, "reasons": PERMISSION_REASON}

    early = await provider.officer.refused("permissionSuspend", **suspend)
    suspended = await provider.regulator.must("permissionSuspend", **suspend)
    again = await provider.officer.refused("permissionResume", id=permission.id, version=suspended.version)

    assert early.problems == [("LICENCE_NOT_IN_DOUBT", "id")]
    assert again.problems == [("SUSPENDED_BY_AUTHORITY", "id")]


async def test_a_special_approval_is_the_authoritys_to_grant_with_its_number_and_end(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    asked: dict[str, Any] = {"accountId": account_id, "kind": "SPECIAL_APPROVAL", "grounds": "公共服务需要"}
    request = await holder.person.must("permissionRequest", **asked, idempotencyKey=unique("key-"))
    named = {"approvalNumber": "批字〔2026〕1号", "validUntil": "2026-12-31"}

    by_provider = await provider.officer.refused("permissionGrant", id=request.id, version=1, **named)
    unnamed = await provider.regulator.refused("permissionGrant", id=request.id, version=1)
    granted_ = await provider.regulator.must("permissionGrant", id=request.id, version=1, **named)

    (badge,) = await world.rows(Badge, account_id=account_id)
    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    assert by_provider.problems == [("DECIDED_BY_ANOTHER_BODY", "id")]
    assert sorted(unnamed.problems) == [
        ("APPROVAL_NOT_NUMBERED", "approvalNumber"),
        ("APPROVAL_NOT_NUMBERED", "validUntil"),
    ]
    assert granted_.state == "GRANTED"
    assert await state_of(world, account_id) == "BADGED"
    assert (badge.subject_name, badge.approval_number) == (entry.display_name, "批字〔2026〕1号")
    assert (entry.organisation_name, entry.uscc) == (None, None)


async def test_a_renewal_is_asked_thirty_days_ahead_with_a_receipt(world: World) -> None:
    provider = await world.provider()
    holder, _, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    await world.relist(str(row.licence_number), valid_to=date(2026, 3, 31))
    ask: dict[str, Any] = {"id": permission.id, "version": permission.version, "receipt": "受理2026-1"}

    late = await holder.person.refused("permissionRenew", **ask)
    await world.relist(str(row.licence_number), valid_to=date(2026, 4, 1))
    asked = await holder.person.must("permissionRenew", select="renewalAskedAt", **ask)
    renewed: dict[str, Any] = {"id": permission.id, "version": asked.version, "validUntil": "2027-12-31"}
    beyond = await provider.officer.refused("permissionRenewed", **renewed)
    await world.relist(str(row.licence_number), valid_to=date(2028, 1, 1))
    done = await provider.officer.must("permissionRenewed", select="validUntil renewalAskedAt", **renewed)

    assert late.problems == [("RENEWAL_LATE", "id")]
    assert asked.case["renewalAskedAt"] is not None
    assert beyond.problems == [("VALIDITY_INVALID", "validUntil")]
    assert done.case["validUntil"] == "2027-12-31"
    assert done.case["renewalAskedAt"] is None


async def test_the_licence_of_a_parent_needs_its_letter_and_a_letter_serves_once(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.news_unit()
    parent = await world.licence(unique("示例集团"))
    response = await world.client.post(
        "/documents",
        files={"file": ("letter.txt", b"To whom it may concern", "text/plain")},
        headers={"authorization": f"Bearer {holder.person.token}"},
    )
    letter = response.json()["id"]
    asked: dict[str, Any] = {"accountId": account_id, "licenceNumber": parent, "letterId": letter}

    first = await holder.person.must(
        "permissionRequest", kind="PUBLISH_AND_REPRINT", **asked, idempotencyKey=unique("key-")
    )
    second = await holder.person.do("permissionRequest", kind="REPRINT_ONLY", **asked, idempotencyKey=unique("key-"))

    assert first.state == "REQUESTED"
    assert second.problems == [("DOCUMENT_UNUSABLE", "letterId")]


async def test_an_account_elsewhere_is_one_that_never_was(world: World) -> None:
    provider, neighbour = await world.provider(), await world.provider()
    _, account_id, number = await provider.news_unit()
    stranger = await neighbour.holder("NEWS_UNIT")
    asked: dict[str, Any] = {"kind": "REPRINT_ONLY", "licenceNumber": number}

    there = await stranger.person.do(
        "permissionRequest", accountId=account_id, **asked, idempotencyKey=unique("k-12345")
    )
    never = await stranger.person.do(
        "permissionRequest", accountId="account_01jz0000000000000000000000", **asked, idempotencyKey=unique("k-12345")
    )

    assert there.payload == never.payload
    assert there.problems == [("NOT_FOUND", "accountId")]


async def test_a_closed_matter_is_told_apart_from_an_illegal_one(world: World) -> None:
    provider = await world.provider()
    holder, _, permission = await provider.badged()
    given_up = await holder.person.must("permissionGiveUp", id=permission.id, version=permission.version)

    again = await holder.person.refused("permissionGiveUp", id=permission.id, version=given_up.version)
    late = await provider.regulator.refused("permissionResume", id=permission.id, version=given_up.version)

    assert again.codes == ["ALREADY_IN_STATE"]
    assert late.codes == ["ILLEGAL_TRANSITION"]


async def test_an_approval_has_a_number_that_is_nobodys_and_a_licence_has_none(world: World) -> None:
    provider = await world.provider()
    _, _, asked = await provider.requested()
    holder, account_id, _ = await provider.filed()
    named: dict[str, Any] = {"accountId": account_id, "kind": "SPECIAL_APPROVAL", "grounds": "公共服务需要"}
    special = await holder.person.must("permissionRequest", **named, idempotencyKey=unique("key-"))
    given: dict[str, Any] = {"id": special.id, "version": 1, "validUntil": "2026-12-31"}

    by_licence = await granted(provider, asked, approvalNumber="批字13800138000")
    somebodys = await provider.regulator.refused("permissionGrant", **given, approvalNumber="批字13800138000")

    (badge,) = await world.rows(Badge, permission_id=by_licence.id)
    assert badge.approval_number is None
    assert somebodys.problems == [("PERSONAL_DATA_IN_TEXT", "approvalNumber")]


async def test_only_the_authority_renews_its_special_approval(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()
    named: dict[str, Any] = {"accountId": account_id, "kind": "SPECIAL_APPROVAL", "grounds": "公共服务需要"}
    asked = await holder.person.must("permissionRequest", **named, idempotencyKey=unique("key-"))
    given: dict[str, Any] = {"approvalNumber": "批字1号", "validUntil": "2026-12-31"}
    special = await provider.regulator.must("permissionGrant", id=asked.id, version=1, **given)
    _, _, licensed = await provider.badged()
    renew: dict[str, Any] = {"id": special.id, "version": special.version, "validUntil": "2027-12-31"}

    by_provider = await provider.officer.refused("permissionRenewed", **renew)
    of_provider = await provider.regulator.refused(
        "permissionRenewed", id=licensed.id, version=licensed.version, validUntil="2027-12-31"
    )
    renewed = await provider.regulator.must("permissionRenewed", select="validUntil", **renew)

    assert by_provider.problems == [("DECIDED_BY_ANOTHER_BODY", "id")]
    assert of_provider.problems == [("DECIDED_BY_ANOTHER_BODY", "id")]
    assert renewed.case["validUntil"] == "2027-12-31"


async def test_nobody_renews_resumes_or_clears_their_own_permission(world: World) -> None:
    provider = await world.provider()
    _, _, permission = await provider.badged()
    (row,) = await world.rows(Permission, id=permission.id)
    (identity,) = await world.rows(Identity, holder_id=row.holder_id)
    own = await provider.second_officer()
    (staff,) = await world.rows(Staff, id=own.id)
    table = table_of(Identity)
    theirs = sa.update(table).where(table.c.id == identity.id).values(resident_id_index=staff.person)
    statement = compile_once(theirs, world.office.database.dialect)
    await world.office.database.write(lambda transaction: transaction.fetch(statement, {}))
    named: dict[str, Any] = {"id": permission.id, "version": permission.version}

    renewed = await own.refused("permissionRenewed", **named, validUntil="2027-12-31")
    cleared = await own.refused("permissionSettleDoubt", **named, finding="示例核查")
    suspended = await provider.regulator.must("permissionSuspend", **named, reasons=PERMISSION_REASON)
    resumed = await own.refused("permissionResume", id=permission.id, version=suspended.version)

    assert renewed.problems == [("OWN_MATTER", "id")]
    assert ("OWN_MATTER", "id") in cleared.problems
    assert ("OWN_MATTER", "id") in resumed.problems


async def test_a_licence_may_be_named_to_the_public_though_its_number_is_one_of_a_mobile(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.news_unit()
    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    number = await world.licence(str(entry.organisation_name), number="13120170002", province="130000")
    asked = await holder.request(account_id, number)
    words = "许可证{}存疑。可在收到通知后补正并重新提出。"
    refuse: dict[str, Any] = {"id": asked.id, "version": 1}
    other, own = ({**PERMISSION_REASON, "publicReason": words.format(one)} for one in ("13120170003", number))

    somebodys = await provider.officer.refused("permissionRefuse", **refuse, reasons=other)
    refused = await provider.officer.must("permissionRefuse", **refuse, reasons=own)

    assert somebodys.problems == [("PERSONAL_DATA_IN_TEXT", "reasons.publicReason")]
    assert refused.state == "REFUSED"


async def test_another_permission_is_no_way_around_the_authoritys_suspension(world: World) -> None:
    provider = await world.provider()
    holder, account_id, number = await provider.news_unit()
    first = await granted(provider, await holder.request(account_id, number, "PUBLISH_AND_REPRINT"))
    suspend: dict[str, Any] = {"id": first.id, "version": first.version, "reasons": PERMISSION_REASON}
    suspended = await provider.regulator.must("permissionSuspend", **suspend)
    second = await holder.request(account_id, number, "REPRINT_ONLY")

    beside = await provider.officer.refused("permissionGrant", id=second.id, version=second.version)
    given_up = await holder.person.refused("permissionGiveUp", id=first.id, version=suspended.version)
    await provider.regulator.must("permissionResume", id=first.id, version=suspended.version)

    assert beside.problems == [("SUSPENDED_BY_AUTHORITY", "id")]
    assert given_up.problems == [("SUSPENDED_BY_AUTHORITY", "id")]
    assert await state_of(world, account_id) == "BADGED"
    await granted(provider, second)


async def test_nothing_is_granted_to_a_closed_account(world: World) -> None:
    provider = await world.provider()
    holder, account_id, number = await provider.news_unit()
    asked = await holder.request(account_id, number)
    officers = (provider.officer, await provider.second_officer())
    (account,) = await world.rows(Account, id=account_id)
    close: dict[str, Any] = {"id": account_id, "version": account.seq, "endedOn": "2026-03-01", "facts": "主体终止"}
    await by_two(*officers, "accountClose", **close, proofReference="存档1", proofSha256="0" * 64)

    refused = await provider.officer.refused("permissionGrant", id=asked.id, version=asked.version)

    assert refused.problems == [("ACCOUNT_CLOSED", "id")]
