"""What is read before the worker came is what is read after it: rights, and what may be done next (Art. 6, 7, 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any, Final

import pytest

from domain.account import IN_USE, Account
from domain.filing import Filing
from domain.identity import Identity
from domain.permission import Permission
from domain.policy.roles import Role
from domain.publishing import Act, Content
from domain.sanction import Sanction
from tests.sanctions import CIRCUMSTANCES, REASONS, opened
from tests.workflows.test_account import supplement_asked
from tests.workflows.test_account_change import ask_change
from tests.world import REVOCATION, Person, Provider, World, by_two, opened_world

_RIGHTS: Final = """query($items: [PublishingQuestion!]!) { publishingDecisions(items: $items) {
    account handle act content allowed validFor blockedBy { code until measure } } }"""
_STEPS: Final = """c%d: node(id: "%s") { ... on Case { availableSteps {
    trigger mutation allowed needsEndorsement adverse problems { code path } proposal { id } } } }"""
_OF_ACCOUNT: Final = (Filing, Permission, Sanction)
Begin = Callable[[Provider], Awaitable[str]]


@pytest.fixture
async def world(own_database_url: str) -> AsyncIterator[World]:
    """A world of its own: a sweep fires whatever is due in the whole database."""
    async with opened_world(own_database_url) as made:
        yield made


# --- accounts under which something passes -------------------------------------------------------------------------
async def cooled_off(p: Provider) -> str:
    holder, id_, _ = await p.filed()
    await holder.person.must("accountAskClose", id=id_, version=3)
    p.world.clock.advance(days=8)
    return id_


async def badged_and_cooled_off(p: Provider) -> str:
    holder, id_, _ = await p.badged()
    (account,) = await p.world.rows(Account, id=id_)
    await holder.person.must("accountAskClose", id=id_, version=account.seq)
    p.world.clock.advance(days=8)
    return id_


async def cooled_off_with_a_revoked_filing(p: Provider) -> str:
    """It can neither be prepared again nor reinstated once its account is closed."""
    holder, id_, filing = await p.filed()
    await by_two(p.regulator, await p.world.regulator(), "filingRevoke", id=filing.id, version=3, **REVOCATION)
    (account,) = await p.world.rows(Account, id=id_)
    await holder.person.must("accountAskClose", id=id_, version=account.seq)
    p.world.clock.advance(days=8)
    return id_


async def permission_expired(p: Provider) -> str:
    _, id_, _ = await p.badged()
    p.world.clock.advance(days=800)
    return id_


async def relisted(p: Provider, until: date) -> str:
    _, id_, granted = await p.badged()
    (row,) = await p.world.rows(Permission, id=granted.id)
    p.world.clock.advance(days=30)
    await p.world.relist(str(row.licence_number), valid_to=until)
    p.world.clock.advance(days=770)
    return id_


async def permission_of_a_licence_cut_short(p: Provider) -> str:
    return await relisted(p, date(2026, 4, 1))


async def permission_of_a_licence_prolonged(p: Provider) -> str:
    return await relisted(p, date(2030, 1, 1))


async def restrictions_ended(p: Provider) -> str:
    """The news permission comes back with the last of two."""
    holder, id_, _ = await p.badged()
    for day, days in (("2026-02-27", 7), ("2026-02-28", 9)):
        case = await opened(p, id_, holder, ground="UNLICENSED_NEWS", conductOn=day)
        await case.restrict(days=days, scope=("PUBLISH", "NEWS"), circumstances=CIRCUMSTANCES)
    p.world.clock.advance(days=10)
    return id_


async def one_restriction_ended(p: Provider) -> str:
    id_ = await restrictions_ended(p)
    p.world.clock.advance(days=-2)
    return id_


async def same_conduct_ended_elsewhere(p: Provider) -> str:
    """A case that was dismissed may be taken up again once the other of its conduct is over."""
    holder, id_, _ = await p.filed()
    first = await opened(p, id_, holder)
    await first.dismiss()
    second = await opened(p, id_, holder)
    await second.restrict(days=7, circumstances=CIRCUMSTANCES)
    p.world.clock.advance(days=8)
    return id_


async def interim_ended(p: Provider) -> str:
    holder, id_, _ = await p.filed()
    case = await opened(p, id_, holder, ground="FRAUD")
    given: dict[str, Any] = {"reasons": REASONS, "scope": ["PUBLISH"], "hours": 10}
    await p.officer.must("sanctionInterim", id=case.id, version=1, **given)
    p.world.clock.advance(hours=11)
    return id_


async def identity_ran_out(p: Provider) -> str:
    _, id_, _ = await p.filed()
    p.world.clock.advance(days=400)
    return id_


async def qualification_lapsed(p: Provider) -> str:
    live = await p.live(validTo="2026-06-30")
    _, id_, _ = await live.filed()
    p.world.clock.advance(days=200)
    return id_


async def review_overdue(p: Provider) -> str:
    _, account = await p.applied()
    p.world.clock.advance(days=30)
    return account.id


async def reminded_then_lapsed(p: Provider) -> str:
    _, id_ = await supplement_asked(p)
    p.world.clock.advance(days=17)
    await p.world.sweep()
    p.world.clock.advance(days=20)
    return id_


async def change_overdue(p: Provider) -> str:
    holder, id_, _ = await p.filed()
    assert (await ask_change(holder, id_)).problems == []
    p.world.clock.advance(days=30)
    return id_


async def filing_overdue(p: Provider) -> str:
    _, account = await p.approved()
    p.world.clock.advance(days=40)
    return account.id


BEGUN: Final[tuple[Begin, ...]] = (
    cooled_off, badged_and_cooled_off, cooled_off_with_a_revoked_filing, permission_expired,
    permission_of_a_licence_cut_short, permission_of_a_licence_prolonged, restrictions_ended, one_restriction_ended,
    same_conduct_ended_elsewhere, interim_ended, identity_ran_out, qualification_lapsed, review_overdue,
    reminded_then_lapsed, change_overdue, filing_overdue,
)  # fmt: skip


async def read(world: World, account_id: str, people: list[Person]) -> dict[str, Any]:
    """All that these may do next, and what the account may publish."""
    (account,) = await world.rows(Account, id=account_id)
    (identity,) = await world.rows(Identity, holder_id=account.holder_id)
    hung = [row.id for model in _OF_ACCOUNT for row in await world.rows(model, account_id=account_id)]
    asked = " ".join(_STEPS % pair for pair in enumerate([account_id, identity.id, *hung]))
    # An application that lapses frees its handle with the step alone: lateness only ever gives its holder more.
    by_handle = [{"handle": account.handle}] if account.state in (*IN_USE, "CLOSED") else []
    named: list[dict[str, str]] = [{"account": account_id}, *by_handle]
    items = [{**one, "act": act, "content": content} for one in named for act in Act for content in Content]
    found: dict[str, Any] = {person.subject: await person.ask(f"{{ {asked} }}") for person in people}
    return {**found, "rights": await people[0].ask(_RIGHTS, items=items)}


@pytest.mark.parametrize("begin", BEGUN, ids=lambda begin: begin.__name__)
async def test_t1_before_and_after_the_worker_the_same_is_read(world: World, begin: Begin) -> None:
    provider = await world.provider()
    account_id = await begin(provider)
    (account,) = await world.rows(Account, id=account_id)
    roles = (Role.COMPLIANCE_OFFICER, Role.REVIEWER, Role.AUDITOR, Role.INTEGRATION)
    people = [await world.enrol(role, provider_id=account.provider_id) for role in roles]
    people.append(provider.regulator)

    async with world.untouched(account_id):
        before = await read(world, account_id, people)
    swept = await world.sweep()
    after = await read(world, account_id, people)

    assert swept > 0
    assert before == after


async def test_t1_who_meets_what_has_passed_wakes_the_worker_and_nobody_else_does(world: World) -> None:
    provider = await world.provider()
    woken: list[int] = []
    world.office.wakers.append(lambda: woken.append(1))
    account_id = (await provider.filed())[1]
    steps = "query($id: ID!) { account(id: $id) { availableSteps { trigger } } }"
    await provider.officer.ask(steps, id=account_id)
    assert woken == []
    late = await cooled_off(provider)

    await provider.officer.ask(steps, id=late)

    assert woken == [1]
