"""What a sanction moves beside itself: account, filing, register, badge, permission; and back again (Art. 7, 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any, Final

import orjson
import pytest

from domain.account import Account
from domain.deadline import Deadline, DeadlineKind
from domain.filing import Filing
from domain.journal import Step
from domain.permission import Badge, Permission, RegisterEntry
from domain.sanction import Ban
from tests.sanctions import CIRCUMSTANCES, Case, opened
from tests.workflows.test_account_change import approved_change, filings
from tests.workflows.test_filing import submitted
from tests.world import PERMISSION_REASON, REVOCATION, Holder, Provider, World, by_two, opened_world
from workflows.deadlines import due

SKIPPED: Final[dict[str, Any]] = {"circumstances": CIRCUMSTANCES}
NEWS: Final = "UNLICENSED_NEWS"


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


async def heard(provider: Provider, account_id: str, holder: Holder, **more: Any) -> Case:
    case = await opened(provider, account_id, holder, **{"gravity": "GRAVE", **more})
    await case.notify()
    await case.waive()
    return case


async def closed(provider: Provider, account_id: str, holder: Holder, **more: Any) -> Case:
    case = await heard(provider, account_id, holder)
    await case.close(**SKIPPED, **more)
    return case


async def one(world: World, model: Any, **where: Any) -> Any:
    """The row there is."""
    (found,) = await world.rows(model, **where)
    return found


async def account(world: World, id_: str) -> Any:
    return await one(world, Account, id=id_)


async def permission(world: World, account_id: str) -> Any:
    return await one(world, Permission, account_id=account_id)


async def states(world: World, account_id: str) -> tuple[str, str, str]:
    """Where account, filing and permission stand."""
    filing = await one(world, Filing, account_id=account_id)
    return (await account(world, account_id)).state, filing.state, (await permission(world, account_id)).state


async def caused(world: World, id_: str, trigger: str) -> list[tuple[str, Any]]:
    """By whom steps of a case were taken, and because of what."""
    found: list[tuple[str, Any]] = []
    for step in await world.rows(Step, order_by="seq", case_id=id_, trigger=trigger):
        cause = await one(world, Step, id=step.cause) if step.cause else None
        found.append((step.actor_role, f"{cause.case_kind}.{cause.trigger}" if cause else None))
    return found


# --- a closure, and back -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", ["rescind", "reduce"])
async def test_a_closed_account_comes_back_filed_under_its_number_and_badged(world: World, way: str) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    entry, filing = await one(world, RegisterEntry, account_id=id_), await one(world, Filing, account_id=id_)
    first = await one(world, Badge, account_id=id_)
    await holder.person.must("accountAskClose", id=id_, version=(await account(world, id_)).seq)
    world.clock.advance(days=1)

    case = await closed(provider, id_, holder, banDays=30)

    found, ended = await account(world, id_), await one(world, RegisterEntry, account_id=id_)
    assert (found.state, found.closed_cause, found.closing_at) == ("CLOSED", "SANCTION", None)
    assert await states(world, id_) == ("CLOSED", "CANCELLED", "GRANTED")
    assert (ended.ended_on, ended.licence_number) == (date(2026, 3, 3), None)
    assert (await one(world, Badge, id=first.id)).revoked_at == world.clock()
    assert await caused(world, id_, "close") == [("SYSTEM", "sanction.close")]
    assert await caused(world, filing.id, "cancel") == [("SYSTEM", "account.close")]
    assert len(await world.rows(Ban, sanction_id=case.id, lifted_at=None)) == 3
    told = await case.person.ask("query($id: ID!) { account(id: $id) { sanctionLevel stateCode } }", id=id_)
    assert told["account"] == {"sanctionLevel": "CLOSED", "stateCode": "CLOSED"}

    world.clock.advance(days=2)
    if way == "rescind":
        assert (await case.rescind()).state == "OVERTURNED"
    else:
        assert (await case.reduce("SUSPENDED", days=7)).state == "SUSPENDED"

    found, back = await account(world, id_), await one(world, RegisterEntry, account_id=id_)
    again = await one(world, Filing, account_id=id_)
    badges = await world.rows(Badge, account_id=id_, revoked_at=None)
    assert (found.closed_cause, await states(world, id_)) == (None, ("BADGED", "ACCEPTED", "GRANTED"))
    assert (again.number, again.id) == (filing.number, filing.id)
    assert {**vars(back), "changed_at": None} == {**vars(entry), "changed_at": None}
    assert [badge.id != first.id for badge in badges] == [True]
    assert await world.rows(Ban, sanction_id=case.id, lifted_at=None) == []
    assert await caused(world, id_, "reinstate") == [("SYSTEM", f"sanction.{way}")]
    assert await caused(world, filing.id, "restore") == [("SYSTEM", "account.reinstate")]
    assert (await caused(world, id_, "file"))[-1] == ("SYSTEM", "filing.restore")
    assert (await caused(world, id_, "badge"))[-1] == ("SYSTEM", "account.file")
    # What its holder asked for before is not carried out now.
    world.clock.advance(days=9)
    await world.sweep()
    assert (await account(world, id_)).state == "BADGED"
    # Its name is its own again.
    taken = await (await provider.holder()).try_to_apply(displayName=found.display_name, handle=found.handle)
    assert set(taken.codes) == {"NAME_UNAVAILABLE", "HANDLE_UNAVAILABLE"}


async def test_it_comes_back_badged_only_as_far_as_its_permission_and_licence_stand(world: World) -> None:
    provider = await world.provider()
    lost, given_up = await provider.badged(), await provider.badged()
    cases = [await closed(provider, id_, holder) for holder, id_, _ in (lost, given_up)]
    await world.relist((await permission(world, lost[1])).licence_number, valid_to=date(2026, 3, 1))
    gone = await permission(world, given_up[1])
    await given_up[0].person.must("permissionGiveUp", id=gone.id, version=gone.seq)

    for case in cases:
        await case.rescind()

    assert await states(world, given_up[1]) == ("FILED", "ACCEPTED", "REVOKED")
    assert await world.rows(Badge, account_id=given_up[1], revoked_at=None) == []
    # Badged by the letter, as the permission was not taken; its badge does not stand, as the licence does not.
    shown = "query($id: ID!) { account(id: $id) { publishingRights { act content allowed } } }"
    rights = (await provider.officer.ask(shown, id=lost[1]))["account"]["publishingRights"]
    assert {one["allowed"] for one in rights if one["act"] == "PUBLISH" and one["content"] != "GENERAL"} == {False}
    assert {one["allowed"] for one in rights if one["act"] == "PUBLISH" and one["content"] == "GENERAL"} == {True}


async def test_an_account_comes_back_when_the_last_of_its_closures_ends(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    first = await heard(provider, id_, holder)
    second = await heard(provider, id_, holder, ground="RUMOUR")
    await first.close(**SKIPPED, banDays=30)
    await second.close(**SKIPPED, banDays=30)
    assert await caused(world, id_, "close") == [("SYSTEM", "sanction.close")]

    await first.rescind()
    between = (await account(world, id_)).state
    bans = {ban.sanction_id for ban in await world.rows(Ban, account_id=id_, lifted_at=None)}
    step = await one(world, Step, case_id=first.id, trigger="rescind")
    await second.reduce("WARNING")

    assert (between, bans) == ("CLOSED", {second.id})
    assert "account.reinstate" in step.skipped
    assert (await account(world, id_)).state == "FILED"
    assert await caused(world, id_, "reinstate") == [("SYSTEM", "sanction.reduce")]


async def test_an_account_that_its_holder_closed_is_not_brought_back(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await holder.person.must("accountAskClose", id=id_, version=3)
    world.clock.advance(days=8)
    await world.sweep()

    case = await closed(provider, id_, holder)
    sealed = await account(world, id_)
    step = await one(world, Step, case_id=case.id, trigger="close")
    await case.rescind()

    assert (sealed.state, sealed.closed_cause) == ("CLOSED", "HOLDER")
    assert "account.close" in step.skipped
    found = await account(world, id_)
    assert (found.state, found.closed_cause, found.seq) == ("CLOSED", "HOLDER", sealed.seq)
    assert (await case.row()).state == "OVERTURNED"


async def test_a_filing_that_was_not_in_force_comes_back_prepared_with_a_fresh_due_date(world: World) -> None:
    provider = await world.provider()
    holder, id_, filing_id = await submitted(provider)
    case = await closed(provider, id_, holder)
    assert await world.rows(Deadline, case_id=filing_id, settled_at=None) == []
    world.clock.advance(days=20)

    await case.rescind()

    filing, found = await one(world, Filing, id=filing_id), await account(world, id_)
    (waiting,) = await world.rows(Deadline, case_id=filing_id, settled_at=None)
    expected = due(DeadlineKind.FILING_SUBMISSION, world.clock(), world.office.calendar)
    assert (found.state, filing.state, filing.number) == ("REVIEWED", "PREPARED", None)
    assert (waiting.kind, waiting.due_at, filing.due_at) == ("FILING_SUBMISSION", expected, expected)
    await provider.officer.must("filingSubmit", id=filing_id, version=filing.seq)


async def test_the_time_of_a_revoked_filing_runs_again_when_its_account_is_back(world: World) -> None:
    provider = await world.provider()
    holder, id_, filing = await provider.filed()
    await by_two(
        provider.regulator, await world.regulator(), "filingRevoke", id=filing.id, version=filing.version, **REVOCATION
    )
    waiting = await world.rows(Deadline, case_id=filing.id, settled_at=None)
    case = await closed(provider, id_, holder)
    resting = await world.rows(Deadline, case_id=filing.id, settled_at=None)
    world.clock.advance(days=20)
    await world.sweep()
    still = await one(world, Filing, id=filing.id)

    await case.rescind()

    running = await one(world, Deadline, case_id=filing.id, settled_at=None)
    expected = due(DeadlineKind.FILING_SUBMISSION, world.clock(), world.office.calendar)
    assert ([row.kind for row in waiting], resting, still.state) == (["FILING_SUBMISSION"], [], "REVOKED")
    assert await world.rows(Step, case_id=filing.id, trigger="overdue") == []
    assert (running.kind, running.due_at) == ("FILING_SUBMISSION", expected)
    assert ((await account(world, id_)).state, (await one(world, Filing, id=filing.id)).state) == (
        "REVIEWED", "REVOKED",
    )  # fmt: skip


async def test_what_was_to_be_amended_is_not_brought_back_and_may_be_asked_for_again(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    await approved_change(provider, id_, holder, displayName="晨间来信")
    (amended,) = await world.rows(Filing, account_id=id_, state="PREPARED")
    await provider.officer.must("filingSubmit", id=amended.id, version=amended.seq)
    await provider.regulator.must("filingAccept", id=amended.id, version=amended.seq + 1)
    await approved_change(provider, id_, holder, displayName="夜间来信")
    (waiting,) = await world.rows(Filing, account_id=id_, state="PREPARED")
    await provider.officer.must("filingSubmit", id=waiting.id, version=waiting.seq)
    before, entry = await filings(world, id_), await one(world, RegisterEntry, account_id=id_)

    case = await closed(provider, id_, holder)
    cancelled = [state for state, *_ in await filings(world, id_)]
    await case.rescind()

    number = before[1][1]
    assert [state for state, *_ in before] == ["SUPERSEDED", "ACCEPTED", "SUBMITTED"]
    assert cancelled == ["SUPERSEDED", "CANCELLED", "CANCELLED"]
    assert [found[:3] for found in await filings(world, id_)] == [
        ("SUPERSEDED", number, 1), ("ACCEPTED", number, 2), ("CANCELLED", before[2][1], before[2][2])
    ]  # fmt: skip
    back = await one(world, RegisterEntry, account_id=id_)
    assert (back.number_version, back.display_name, back.ended_on) == (2, "晨间来信", None) == (
        entry.number_version, entry.display_name, entry.ended_on,
    )  # fmt: skip
    assert ((await account(world, id_)).state, (await account(world, id_)).change_state) == ("FILED", None)
    await approved_change(provider, id_, holder, displayName="夜间来信")
    (again,) = await world.rows(Filing, account_id=id_, state="PREPARED")
    await provider.officer.must("filingSubmit", id=again.id, version=again.seq)
    await provider.regulator.must("filingAccept", id=again.id, version=again.seq + 1)
    assert (await one(world, RegisterEntry, account_id=id_)).display_name == "夜间来信"


async def test_an_account_whose_name_others_bear_by_now_is_not_brought_back(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    case = await closed(provider, id_, holder)
    holder_of_two, second, _ = await provider.filed()
    one_of_two = await heard(provider, second, holder_of_two, ground="RUMOUR")
    beside = await heard(provider, second, holder_of_two)
    await one_of_two.close(**SKIPPED)
    was, version = await account(world, id_), await case.version()
    gone = await account(world, second)
    world.clock.advance(days=181)
    for row in (was, gone):
        await (await provider.holder()).apply(displayName=row.display_name, handle=row.handle)
    (measure,) = await case.measures()
    await world.sweep()
    given = {"id": case.id, "version": version, "reason": "It was wrong."}

    rescinding = await provider.officer.refused("sanctionRescind", **given, measureId=measure.id)
    reducing = await provider.officer.refused("sanctionReduce", **given, level="WARNING")

    taken = [("NAME_UNAVAILABLE", "id"), ("HANDLE_UNAVAILABLE", "id")]
    assert rescinding.problems == reducing.problems == taken
    # While another closure keeps it closed, it does not come back, and needs no name.
    await beside.close(**SKIPPED)
    assert (await one_of_two.rescind()).state == "OVERTURNED"
    assert (await account(world, second)).state == "CLOSED"


# --- news --------------------------------------------------------------------------------------------------------
async def news_case(provider: Provider, id_: str, holder: Holder, **more: Any) -> Case:
    return await heard(provider, id_, holder, **{"ground": NEWS, "gravity": "SERIOUS", **more})


async def test_a_measure_on_a_news_ground_suspends_the_permission_until_the_last_of_them_ends(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    first = await news_case(provider, id_, holder)
    second = await news_case(provider, id_, holder, ground="NEWS_DISTORTED")
    plain = await heard(provider, id_, holder, ground="RUMOUR")

    await plain.suspend(**SKIPPED)
    await first.warn()
    assert await states(world, id_) == ("BADGED", "ACCEPTED", "GRANTED")
    await first.restrict()
    held = await permission(world, id_)
    assert await states(world, id_) == ("FILED", "ACCEPTED", "SUSPENDED")
    assert held.suspended_by_follow_up
    assert await caused(world, held.id, "suspend") == [("SYSTEM", "sanction.restrict")]
    assert await caused(world, id_, "unbadge") == [("SYSTEM", "permission.suspend")]
    assert await world.rows(Badge, account_id=id_, revoked_at=None) == []
    await second.suspend(days=15, **SKIPPED)
    # By hand it is not resumed while one of them is in force, nor is another granted.
    by_hand = await provider.officer.refused("permissionResume", id=held.id, version=held.seq)
    by_authority = await provider.regulator.refused("permissionResume", id=held.id, version=held.seq)
    assert by_hand.codes == by_authority.codes == ["NEWS_SANCTIONED"]

    await first.lift()
    assert (await permission(world, id_)).state == "SUSPENDED"
    assert "permission.resume" in (await one(world, Step, case_id=first.id, trigger="lift")).skipped
    await plain.lift()
    assert (await permission(world, id_)).state == "SUSPENDED"
    world.clock.advance(days=15, seconds=1)
    await world.sweep()

    assert (await second.row()).state == "EXPIRED"
    assert await states(world, id_) == ("BADGED", "ACCEPTED", "GRANTED")
    assert (await permission(world, id_)).suspended_by_follow_up is False
    assert await caused(world, held.id, "resume") == [("SYSTEM", "sanction.expire")]
    assert len(await world.rows(Badge, account_id=id_, revoked_at=None)) == 1


@pytest.mark.parametrize("way", ["reduce", "lift", "rescind", "rescind the closure"])
async def test_the_end_of_it_by_people_resumes_the_permission(world: World, way: str) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    case = await news_case(provider, id_, holder, gravity="GRAVE")
    if way == "rescind the closure":
        await case.close(**SKIPPED)
        assert await states(world, id_) == ("CLOSED", "CANCELLED", "SUSPENDED")
        await case.reduce("SUSPENDED", days=7)
        assert await states(world, id_) == ("FILED", "ACCEPTED", "SUSPENDED")
        await case.rescind()
    else:
        await case.suspend(**SKIPPED)
        assert await states(world, id_) == ("FILED", "ACCEPTED", "SUSPENDED")
        if way == "reduce":
            world.clock.advance(days=1)
            await case.reduce("RESTRICTED", days=3, scope=["NEWS"])
            assert (await permission(world, id_)).state == "SUSPENDED"
            await case.reduce("WARNING")
        else:
            await (case.lift() if way == "lift" else case.rescind())

    assert await states(world, id_) == ("BADGED", "ACCEPTED", "GRANTED")
    assert [cause for _, cause in await caused(world, (await permission(world, id_)).id, "resume")] == [
        f"sanction.{way.split()[0]}"
    ]


async def test_what_an_authority_suspended_no_end_of_a_measure_resumes(world: World) -> None:
    provider = await world.provider()
    holder, id_, granted = await provider.badged()
    await provider.regulator.must(
        "permissionSuspend", id=granted.id, version=granted.version, reasons=PERMISSION_REASON
    )
    case = await news_case(provider, id_, holder)

    await case.suspend(**SKIPPED)
    await case.lift()

    held = await permission(world, id_)
    assert (held.state, held.suspended_by_follow_up) == ("SUSPENDED", False)
    assert "permission.suspend" in (await one(world, Step, case_id=case.id, trigger="suspend")).skipped


async def test_an_authority_suspends_over_a_measure_and_its_suspension_stays(world: World) -> None:
    """What a sanction suspended is not out of the authority's reach, and comes back with the authority alone."""
    provider = await world.provider()
    holder, id_, granted = await provider.badged()
    case = await news_case(provider, id_, holder)
    await case.suspend(**SKIPPED)
    asked: dict[str, Any] = {"id": granted.id, "reasons": PERMISSION_REASON}

    taken = await provider.regulator.must("permissionSuspend", version=granted.version + 1, **asked)
    again = await provider.regulator.refused("permissionSuspend", version=taken.version, **asked)
    await case.lift()

    assert (taken.state, again.codes) == ("SUSPENDED", ["ALREADY_IN_STATE"])
    held = await permission(world, id_)
    assert (held.state, held.suspended_by_follow_up) == ("SUSPENDED", False)


async def test_it_resumes_only_on_a_licence_that_stands_and_then_when_it_is_renewed(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.badged()
    case = await news_case(provider, id_, holder)
    await case.suspend(**SKIPPED)
    held = await permission(world, id_)
    await world.relist(held.licence_number, valid_to=date(2026, 3, 1))
    await case.lift()
    ended = await permission(world, id_)
    assert (ended.state, ended.suspended_by_follow_up) == ("SUSPENDED", True)
    await world.relist(held.licence_number, valid_to=date(2029, 1, 1))
    renewing: dict[str, Any] = {"id": held.id, "validUntil": "2028-12-31"}
    # While another measure is in force, it is renewed and stays suspended.
    other = await news_case(provider, id_, holder, ground="NEWS_DISTORTED")
    await other.suspend(**SKIPPED)
    await provider.officer.must("permissionRenewed", version=ended.seq, **renewing)
    between = await permission(world, id_)
    await world.relist(held.licence_number, valid_to=date(2026, 3, 1))
    await other.lift()
    await world.relist(held.licence_number, valid_to=date(2029, 1, 1))

    still = await permission(world, id_)
    await provider.officer.must("permissionRenewed", version=still.seq, **renewing)

    assert (between.state, still.state) == ("SUSPENDED", "SUSPENDED")
    assert await states(world, id_) == ("BADGED", "ACCEPTED", "GRANTED")
    assert await caused(world, held.id, "resume") == [("SYSTEM", "permission.renewed")]


async def test_no_permission_is_granted_while_a_measure_on_a_news_ground_is_in_force(world: World) -> None:
    provider = await world.provider()
    holder, id_, asked = await provider.requested()
    case = await news_case(provider, id_, holder)
    await case.suspend(days=7, **SKIPPED)

    refused = await provider.officer.refused("permissionGrant", id=asked.id, version=asked.version)
    world.clock.advance(days=7)  # its end has come, the worker has not
    proposed = await provider.officer.do("permissionGrant", id=asked.id, version=asked.version)

    assert refused.codes == ["NEWS_SANCTIONED"]
    assert (proposed.codes, bool(proposed.proposal)) == ([], True)


async def test_ending_one_case_ends_no_other(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed()
    shown = "query($id: ID!) { account(id: $id) { sanctionLevel } }"
    levels = []

    async def level() -> None:
        levels.append((await provider.officer.ask(shown, id=id_))["account"]["sanctionLevel"])

    warned = await opened(provider, id_, holder, ground="RUMOUR")
    await warned.warn()
    await level()
    restricted = await opened(provider, id_, holder, ground="DEFAMATION")
    await restricted.restrict(days=20, **SKIPPED)
    await level()
    suspended = await heard(provider, id_, holder)
    await suspended.suspend(days=7, **SKIPPED)
    await level()
    world.clock.advance(days=7)  # nobody sweeps
    await level()
    await restricted.lift()
    await level()
    await warned.rescind()
    await level()

    assert levels == ["WARNING", "RESTRICTED", "SUSPENDED", "RESTRICTED", "WARNING", "NONE"]
    assert (await suspended.row()).state == "SUSPENDED"  # until the worker says what time has done
    assert orjson.loads((await one(world, Step, case_id=suspended.id, trigger="suspend")).details)["level"] == (
        "SUSPENDED"
    )
    assert timedelta(days=7) == (await suspended.measures())[0].until - (await suspended.measures())[0].from_at
