"""The public register over GraphQL: anybody may look up accounts on file and badges, and learns nothing personal."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from domain.account import Account
from domain.filing import Filing
from domain.permission import Badge, RegisterEntry
from tests.world import REVOCATION, World, by_two

ENTRY: Final = (
    "{ number numberVersion handle displayName organisationName uscc subjectType category division filedOn endedOn mode"
    " badge { id kind licenceNumber validUntil standing } asOf }"
)
RECORD: Final = "{ id kind subjectName handle filingNumber licenceNumber revokedAt mode jws standing asOf }"


async def entry_of(world: World, account_id: str) -> dict[str, Any]:
    """The entry of an account, as the public reads it."""
    [row] = await world.rows(RegisterEntry, account_id=account_id)
    query = f"query($number: String!) {{ registerEntry(number: $number) {ENTRY} }}"
    found: dict[str, Any] = (await world.public.ask(query, number=row.number))["registerEntry"]
    return found


async def badge_of(world: World, account_id: str) -> dict[str, Any]:
    """The newest badge of an account, as the public reads it."""
    rows = await world.rows(Badge, account_id=account_id, order_by="status_place")
    found = await world.public.ask(f"query($id: ID!) {{ badgeRecord(id: $id) {RECORD} }}", id=rows[-1].id)
    record: dict[str, Any] = found["badgeRecord"]
    return record


async def found(world: World, **where: Any) -> list[str]:
    """The numbers of the entries that a search finds."""
    query = "query($where: RegisterFilter) { registerEntries(where: $where) { nodes { number } } }"
    return [node["number"] for node in (await world.public.ask(query, where=where))["registerEntries"]["nodes"]]


async def test_a_person_on_file_is_on_the_register_by_the_accounts_own_name_only(world: World) -> None:
    provider = await world.provider()

    _, account_id, filing = await provider.filed(displayName="示例生活号")

    entry = await entry_of(world, account_id)
    assert entry["number"] == filing.case["number"]
    assert (entry["displayName"], entry["organisationName"], entry["uscc"]) == ("示例生活号", None, None)
    assert (entry["subjectType"], entry["mode"]) == ("INDIVIDUAL", "SANDBOX")
    assert (entry["filedOn"], entry["endedOn"], entry["badge"]) == ("2026-03-02", None, None)
    assert entry["asOf"] == "2026-03-02T04:00:00Z"


async def test_an_organisation_on_file_is_named_and_its_badge_stands(world: World) -> None:
    provider = await world.provider()

    holder, account_id, _ = await provider.badged()

    entry, badge = await entry_of(world, account_id), await badge_of(world, account_id)
    assert entry["organisationName"].startswith("示例报社")
    assert entry["badge"]["standing"] == badge["standing"] == "STANDS"
    assert (badge["subjectName"], badge["filingNumber"]) == (entry["organisationName"], entry["number"])
    assert badge["licenceNumber"] == entry["badge"]["licenceNumber"]
    assert await found(world, licence=f" {badge['licenceNumber']} ") == [entry["number"]]
    assert holder.identity_id not in str((entry, badge))


async def test_a_licence_lost_ends_the_badge_at_once_though_no_step_was_taken(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.badged()
    number = (await badge_of(world, account_id))["licenceNumber"]

    await world.relist(number, valid_to=date(2026, 3, 1))

    assert (await badge_of(world, account_id))["standing"] == "ENDED"
    assert (await entry_of(world, account_id))["badge"]["standing"] == "ENDED"
    [row] = await world.rows(Badge, account_id=account_id)
    assert row.revoked_at is None


async def test_a_badge_ends_with_the_licences_last_day_in_shanghai(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.badged()
    number = (await badge_of(world, account_id))["licenceNumber"]
    await world.relist(number, valid_to=date(2026, 3, 2))

    last_day = (await badge_of(world, account_id))["standing"]
    world.clock.advance(hours=12)

    assert (last_day, (await badge_of(world, account_id))["standing"]) == ("STANDS", "ENDED")


async def test_a_suspended_permission_takes_the_badge_back(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()

    reasons = {**REVOCATION["reasons"], "reasonCodes": ["OTHER"]}
    await provider.regulator.must("permissionSuspend", id=permission.id, version=permission.version, reasons=reasons)

    badge, entry = await badge_of(world, account_id), await entry_of(world, account_id)
    assert (badge["standing"], badge["revokedAt"]) == ("ENDED", "2026-03-02T04:00:00Z")
    assert (entry["badge"], entry["endedOn"]) == (None, None)
    assert await found(world, licence=badge["licenceNumber"]) == []


async def test_a_revoked_filing_ends_on_the_register_without_a_reason(world: World) -> None:
    provider = await world.provider()
    _, account_id, filing = await provider.filed()
    second = await world.regulator()

    await by_two(provider.regulator, second, "filingRevoke", id=filing.id, version=filing.version, **REVOCATION)

    entry = await entry_of(world, account_id)
    assert (entry["endedOn"], entry["filedOn"]) == ("2026-03-02", "2026-03-02")
    assert await found(world, number=entry["number"].lower(), ended=True) == [entry["number"]]
    assert await found(world, number=entry["number"], ended=False) == []


async def test_the_register_is_searched_by_the_beginning_of_a_name_however_it_is_written(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed(displayName="ＡＢ示例 天气100%_号")
    number = (await entry_of(world, account_id))["number"]

    assert number in await found(world, name="ab示例天气")
    assert number in await found(world, name="ＡＢ示例 天气100")
    assert number not in await found(world, name="示例天气")
    assert number not in await found(world, name="ab示例天x")
    assert number in await found(world, handle=(await entry_of(world, account_id))["handle"].upper())


async def test_what_nobody_filed_is_not_on_the_register(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()

    assert await world.rows(RegisterEntry, account_id=account.id) == []
    nothing = await world.public.ask(
        f'{{ registerEntry(number: "SG-NONE") {ENTRY} badgeRecord(id: "badge_0") {RECORD} }}'
    )
    assert nothing == {"registerEntry": None, "badgeRecord": None}


async def test_groups_of_fewer_than_five_are_not_counted(world: World) -> None:
    provider = await world.provider("650000")
    await provider.filed(division="650100")
    query = "{ registerStatistics { division category mode count } }"

    async def told() -> list[Any]:
        listed = (await world.public.ask(query))["registerStatistics"]
        return [one["count"] for one in listed if one["division"] == "650100"]

    assert await told() == [None]
    for _ in range(4):
        await provider.filed(division="650100")
    assert await told() == [5]


async def test_a_badge_says_the_last_day_of_its_licence(world: World) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.badged()

    [badge] = await world.rows(Badge, account_id=account_id)

    assert badge.valid_until == date(2028, 1, 1)
    assert (await entry_of(world, account_id))["badge"]["validUntil"] == "2028-01-01"


async def test_a_permission_renewed_issues_the_badge_anew_and_the_old_one_no_longer_stands(world: World) -> None:
    provider = await world.provider()
    _, account_id, permission = await provider.badged()
    [first] = await world.rows(Badge, account_id=account_id)

    await provider.officer.must(
        "permissionRenewed", id=permission.id, version=permission.version, validUntil="2027-06-30"
    )

    badges = await world.rows(Badge, account_id=account_id, order_by="status_place")
    assert [badge.valid_until for badge in badges] == [date(2028, 1, 1), date(2027, 6, 30)]
    assert [badge.revoked_at is None for badge in badges] == [False, True]
    told = await world.public.ask(f"query($id: ID!) {{ badgeRecord(id: $id) {RECORD} }}", id=first.id)
    assert told["badgeRecord"]["standing"] == "ENDED"
    assert (await badge_of(world, account_id))["standing"] == "STANDS"


async def test_a_renewal_asked_in_time_is_shown_as_extended_for_ninety_days(world: World) -> None:
    provider = await world.provider()
    holder, account_id, permission = await provider.badged()
    number = (await badge_of(world, account_id))["licenceNumber"]
    await world.relist(number, valid_to=date(2026, 4, 30))
    await holder.person.must("permissionRenew", id=permission.id, version=permission.version, receipt="示例回执")

    world.clock.advance(days=60)
    extended = (await badge_of(world, account_id))["standing"]
    world.clock.advance(days=90)

    assert (extended, (await badge_of(world, account_id))["standing"]) == ("EXTENDED", "ENDED")


async def test_an_accepted_amendment_is_told_by_entry_and_badge(world: World) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.badged()
    before = await entry_of(world, account_id)

    await amended(provider, holder, account_id, "改名后的示例报")

    entry, badge = await entry_of(world, account_id), await badge_of(world, account_id)
    assert (entry["displayName"], entry["numberVersion"], entry["filedOn"]) == ("改名后的示例报", 2, before["filedOn"])
    assert entry["number"] == before["number"]
    assert entry["badge"]["id"] == badge["id"] != before["badge"]["id"]
    assert (badge["standing"], entry["badge"]["standing"]) == ("STANDS", "STANDS")


async def amended(provider: Any, holder: Any, account_id: str, name: str) -> None:
    """Another name, approved and accepted."""
    [account] = await provider.world.rows(Account, id=account_id)
    wanted = {"displayName": name, "materials": []}
    change = {"id": account_id, "version": account.seq, "particulars": wanted}
    changed = await holder.person.must("accountChange", **change)
    await provider.reviewer.must("accountClaimChange", id=account_id)
    given = {"id": account_id, "version": changed.version}
    approved = await provider.reviewer.must("accountApproveChange", **given)
    if approved.proposal is not None:
        named = approved.proposal
        await provider.second_reviewer.must("proposalEndorse", id=named["id"], hash=named["hash"])
        await provider.reviewer.must("accountApproveChange", **given, proposal=named["id"])
    [filing] = [one for one in await provider.world.rows(Filing, account_id=account_id) if one.amends is not None]
    await provider.officer.must("filingSubmit", id=filing.id, version=filing.seq)
    await provider.regulator.must("filingAccept", id=filing.id, version=filing.seq + 1)


async def test_an_account_filed_anew_is_on_file_from_then_on(world: World) -> None:
    provider = await world.provider()
    _, account_id, filing = await provider.filed()
    await by_two(
        provider.regulator, await world.regulator(), "filingRevoke", id=filing.id, version=filing.version, **REVOCATION
    )

    world.clock.advance(days=2)
    again = await provider.officer.must("filingPrepareAgain", id=filing.id, version=filing.version + 1)
    await provider.officer.must("filingSubmit", id=filing.id, version=again.version)
    await provider.regulator.must("filingAccept", id=filing.id, version=again.version + 1)

    entry = await entry_of(world, account_id)
    assert (entry["filedOn"], entry["endedOn"], entry["number"]) == ("2026-03-04", None, filing.case["number"])


async def test_a_revocation_annulled_never_ended_anything(world: World) -> None:
    provider = await world.provider()
    _, account_id, filing = await provider.filed()
    two = provider.regulator, await world.regulator()
    await by_two(*two, "filingRevoke", id=filing.id, version=filing.version, **REVOCATION)

    world.clock.advance(days=2)
    await by_two(*two, "filingReinstate", id=filing.id, version=filing.version + 1, grounds="示例理由")

    entry = await entry_of(world, account_id)
    assert (entry["filedOn"], entry["endedOn"]) == ("2026-03-02", None)
