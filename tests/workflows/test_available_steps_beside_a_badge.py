"""What everybody is told of permissions, badges and amendments is what the mutation then does (Art. 7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest
import sqlalchemy as sa

from domain.account import Account
from domain.filing import Filing
from domain.ids import new_id
from domain.licence import Licence, LicenceDoubt
from domain.permission import Permission
from domain.register import RegisterImport
from domain.table import table_of
from tests.workflows.test_account_change import approved_change
from tests.workflows.test_available_steps import Made, assert_told_to_all
from tests.workflows.test_filing import DEFECT, wrong_item
from tests.world import PERMISSION_REASON, REVOCATION, Provider, World, by_two, unique
from workflows.database import Transaction


async def permission_requested(p: Provider) -> Made:
    holder, _, asked = await p.requested()
    return holder, asked.id, Permission


async def permission_under_a_lesser_licence(p: Provider) -> Made:
    holder, id_, model = await permission_requested(p)
    await relisted(p.world, id_, services="REPRINT_ONLY")
    return holder, id_, model


async def special_approval_requested(p: Provider) -> Made:
    holder, account_id, _ = await p.filed()
    asked = {"accountId": account_id, "kind": "SPECIAL_APPROVAL", "grounds": "公共服务需要"}
    answer = await holder.person.must("permissionRequest", **asked, idempotencyKey=unique("key-"))
    return holder, answer.id, Permission


async def permission_granted(p: Provider) -> Made:
    holder, _, granted = await p.badged()
    return holder, granted.id, Permission


async def permission_to_reprint(p: Provider) -> Made:
    holder, _, granted = await p.badged("REPRINT_ONLY")
    return holder, granted.id, Permission


async def permission_in_doubt(p: Provider) -> Made:
    holder, id_, model = await permission_granted(p)
    await doubted(p.world, id_)
    return holder, id_, model


async def permission_beyond_its_licence(p: Provider) -> Made:
    holder, id_, model = await permission_granted(p)
    await relisted(p.world, id_, services="REPRINT_ONLY")
    return holder, id_, model


async def permission_suspended_by_the_authority(p: Provider) -> Made:
    holder, id_, model = await permission_granted(p)
    await p.regulator.must("permissionSuspend", id=id_, version=2, reasons=PERMISSION_REASON)
    return holder, id_, model


async def permission_suspended_by_the_provider(p: Provider) -> Made:
    holder, id_, model = await permission_in_doubt(p)
    await p.officer.must("permissionSuspend", id=id_, version=2, reasons=PERMISSION_REASON)
    return holder, id_, model


async def permission_refused(p: Provider) -> Made:
    holder, id_, model = await permission_requested(p)
    await p.officer.must("permissionRefuse", id=id_, version=1, reasons=PERMISSION_REASON)
    return holder, id_, model


async def permission_given_up(p: Provider) -> Made:
    holder, id_, model = await permission_granted(p)
    await holder.person.must("permissionGiveUp", id=id_, version=2)
    return holder, id_, model


async def permission_replaced(p: Provider) -> Made:
    holder, id_, model = await permission_to_reprint(p)
    [row] = await p.world.rows(Permission, id=id_)
    asked = await holder.request(row.account_id, row.licence_number)
    await by_two(p.officer, await p.second_officer(), "permissionGrant", id=asked.id, version=1)
    return holder, id_, model


async def badged(p: Provider) -> Made:
    holder, id_, _ = await p.badged()
    return holder, id_, Account


async def unbadged_and_unfiled(p: Provider) -> Made:
    holder, id_, _ = await p.badged()
    await revoke_filing(p, id_)
    return holder, id_, Account


async def amendment_prepared(p: Provider) -> Made:
    holder, account_id, _ = await p.filed()
    await approved_change(p, account_id, holder, description="另作他用")
    [amendment] = await p.world.rows(Filing, account_id=account_id, state="PREPARED")
    return holder, amendment.id, Filing


async def amendment_submitted(p: Provider) -> Made:
    holder, id_, model = await amendment_prepared(p)
    await p.officer.must("filingSubmit", id=id_, version=1)
    return holder, id_, model


async def amendment_returned(p: Provider) -> Made:
    holder, id_, model = await amendment_submitted(p)
    await p.regulator.must("filingReturn", id=id_, version=2, reasons=wrong_item(), defects=[DEFECT])
    return holder, id_, model


async def amendment_declined(p: Provider) -> Made:
    holder, id_, model = await amendment_submitted(p)
    await p.regulator.must("filingDecline", id=id_, version=2, reasons=wrong_item())
    return holder, id_, model


async def amendment_accepted(p: Provider) -> Made:
    holder, id_, model = await amendment_submitted(p)
    await p.regulator.must("filingAccept", id=id_, version=2)
    return holder, id_, model


async def filing_superseded(p: Provider) -> Made:
    holder, id_, model = await amendment_accepted(p)
    [amendment] = await p.world.rows(Filing, id=id_)
    return holder, str(amendment.amends), model


async def filing_outdated(p: Provider) -> Made:
    """What was revoked, of an account that changed since."""
    holder, account_id, filing = await p.filed()
    await revoke_filing(p, account_id)
    await approved_change(p, account_id, holder, description="另作他用")
    return holder, filing.id, Filing


async def account_whose_amendment_was_declined(p: Provider) -> Made:
    holder, id_, _ = await amendment_declined(p)
    [amendment] = await p.world.rows(Filing, id=id_)
    return holder, amendment.account_id, Account


async def revoke_filing(p: Provider, account_id: str) -> None:
    [filing] = await p.world.rows(Filing, account_id=account_id, state="ACCEPTED")
    asked = {"id": filing.id, "version": filing.seq, **REVOCATION}
    await by_two(p.regulator, await p.world.regulator(), "filingRevoke", **asked)


async def relisted(world: World, permission_id: str, **values: str) -> None:
    [permission] = await world.rows(Permission, id=permission_id)
    await world.relist(str(permission.licence_number), **values)


async def doubted(world: World, permission_id: str) -> None:
    """An import found the licence changed."""
    [permission] = await world.rows(Permission, id=permission_id)
    [licence] = await world.rows(Licence, number=permission.licence_number)
    world.clock.advance(seconds=1)
    counts = dict.fromkeys(
        (f"rows_{of}" for of in ("read", "created", "changed", "unchanged", "quarantined", "missing")), 0
    )
    made = {"id": new_id("register_import"), "created_at": world.clock(), "finished_at": world.clock(), **counts}
    made |= {"kind": "LICENCES", "sha256": unique("hash-"), "state": "FINISHED", "by": "operator"}
    doubt = {"id": new_id("licence_doubt"), "created_at": world.clock(), "licence_id": licence.id, "cause": "CHANGED"}
    doubt |= {"import_id": made["id"], "before": {}, "told_at": None}

    async def keep(transaction: Transaction) -> None:
        await transaction.fetch_each(sa.insert(table_of(RegisterImport)), [made])
        await transaction.fetch_each(sa.insert(table_of(LicenceDoubt)), [doubt])

    await world.office.database.write(keep)


_ASKED: Final = {"INTEGRATION": {"withdraw"}, "holder": {"withdraw"}}
_HOLDERS: Final = {"INTEGRATION": {"renew"}, "holder": {"renew", "give_up"}}
# A scene, and who is allowed what in it.
SCENES: Final[dict[Callable[[Provider], Awaitable[Made]], dict[str, set[str]]]] = {
    permission_requested: {"COMPLIANCE_OFFICER": {"grant", "refuse"}, **_ASKED},
    permission_under_a_lesser_licence: {"COMPLIANCE_OFFICER": {"refuse"}, **_ASKED},
    special_approval_requested: {"regulator": {"grant", "refuse"}, **_ASKED},
    permission_granted: {"COMPLIANCE_OFFICER": {"renewed"}, "regulator": {"suspend", "revoke"}, **_HOLDERS},
    permission_to_reprint: {"COMPLIANCE_OFFICER": {"renewed"}, "regulator": {"suspend", "revoke"}, **_HOLDERS},
    permission_in_doubt: {
        "COMPLIANCE_OFFICER": {"renewed", "settle_doubt", "suspend"},
        "regulator": {"suspend", "revoke"},
        **_HOLDERS,
    },
    permission_beyond_its_licence: {
        "COMPLIANCE_OFFICER": {"narrow", "suspend", "revoke"},
        "regulator": {"narrow", "suspend", "revoke"},
        **_HOLDERS,
    },
    permission_suspended_by_the_authority: {
        "COMPLIANCE_OFFICER": {"renewed"},
        "regulator": {"resume", "revoke"},
        **_HOLDERS,
        "holder": {"renew"},
    },
    permission_suspended_by_the_provider: {
        "COMPLIANCE_OFFICER": {"renewed", "resume", "settle_doubt"},
        "regulator": {"resume", "revoke"},
        **_HOLDERS,
    },
    permission_refused: {},
    permission_given_up: {},
    permission_replaced: {},
    badged: {"COMPLIANCE_OFFICER": {"close"}, "INTEGRATION": {"change"}, "holder": {"change", "ask_close"}},
    unbadged_and_unfiled: {
        "COMPLIANCE_OFFICER": {"close"},
        "INTEGRATION": {"change"},
        "holder": {"change", "ask_close"},
    },
    account_whose_amendment_was_declined: {
        "COMPLIANCE_OFFICER": {"close"},
        "INTEGRATION": {"change"},
        "holder": {"change", "ask_close"},
    },
    amendment_prepared: {"COMPLIANCE_OFFICER": {"submit"}, "INTEGRATION": {"submit"}},
    amendment_submitted: {"COMPLIANCE_OFFICER": {"pull_back"}, "regulator": {"accept", "return", "decline"}},
    amendment_returned: {"COMPLIANCE_OFFICER": {"submit"}, "INTEGRATION": {"submit"}},
    amendment_declined: {"COMPLIANCE_OFFICER": {"prepare_again"}, "INTEGRATION": {"prepare_again"}},
    amendment_accepted: {"regulator": {"revoke", "ask_transfer"}, "nation": {"designate"}},
    filing_superseded: {},
    filing_outdated: {"COMPLIANCE_OFFICER": {"prepare_again"}, "INTEGRATION": {"prepare_again"}},
}


@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
async def test_what_everybody_is_told_beside_a_badge_is_what_the_mutation_does(
    world: World, make: Callable[[Provider], Awaitable[Made]]
) -> None:
    provider = await world.provider()

    assert await assert_told_to_all(provider, *(await make(provider))) == SCENES[make]
