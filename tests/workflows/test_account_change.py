"""Changes of an account's particulars: every trigger, every refusal, and how they reach filing and register (Art. 7)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.account import Account, ReservedName, Submission
from domain.deadline import Deadline
from domain.filing import Filing
from domain.journal import written
from domain.notice import Notice
from domain.permission import RegisterEntry
from domain.policy.roles import Role
from tests.world import NEWS_REASON, Answer, Holder, Person, Provider, World, unique

ITEMS = [{"code": "DESCRIPTION", "text": "请说明用途"}]
ANSWERS = [{"code": "DESCRIPTION", "answer": "已说明"}]


async def version_of(person: Person, id_: str) -> int:
    return int((await person.ask("query($id: ID!) { account(id: $id) { version } }", id=id_))["account"]["version"])


async def row_of(world: World, id_: str) -> Account:
    (row,) = await world.rows(Account, id=id_)
    return row


async def ask_change(holder: Holder, id_: str, *, person: Person | None = None, **particulars: Any) -> Answer:
    """Ask for a change; what came of it."""
    asker = person or holder.person
    wanted = {"materials": [], **(particulars or {"displayName": unique("新名")})}
    key = {"idempotencyKey": unique("key-")} if asker.role is Role.INTEGRATION else {}
    version = await version_of(asker, id_)
    return await asker.do("accountChange", id=id_, version=version, particulars=wanted, **key)


async def changing(provider: Provider, id_: str, holder: Holder, **particulars: Any) -> int:
    """A change whose lease the reviewer holds; the account's version."""
    answer = await ask_change(holder, id_, **particulars)
    assert answer.problems == []
    await provider.reviewer.must("accountClaimChange", id=id_)
    return answer.version


async def approved_change(provider: Provider, id_: str, holder: Holder, **particulars: Any) -> Answer:
    version = await changing(provider, id_, holder, **particulars)
    return await provider.reviewer.must("accountApproveChange", id=id_, version=version)


async def filings(world: World, id_: str) -> list[tuple[str, str | None, int, str]]:
    """State, number, version and name of an account's filings, the oldest first."""
    rows = await world.rows(Filing, account_id=id_, order_by="created_at")
    return [(row.state, row.number, row.number_version, row.display_name) for row in rows]


# --- asking --------------------------------------------------------------------------------------------------------
async def test_a_change_is_kept_beside_what_stands(world: World) -> None:
    provider = await world.provider()
    holder, id_, _ = await provider.filed(displayName="晨间来信")

    answer = await ask_change(holder, id_, displayName="夜间来信")

    row = await row_of(world, id_)
    submissions = await world.rows(Submission, account_id=id_, order_by="round")
    (kept,) = await world.rows(ReservedName, account_id=id_)
    (due,) = await world.rows(Deadline, case_id=id_, kind="CHANGE_DECISION")
    assert (answer.problems, answer.state) == ([], "FILED")
    assert (row.display_name, row.change_state, row.change_flags, row.round) == ("晨间来信", "ASKED", [], 2)
    assert [(s.round, s.kind, s.display_name, s.description) for s in submissions] == [
        (1, "NEW", "晨间来信", "日常分享"),
        (2, "CHANGE", "夜间来信", "日常分享"),
    ]
    assert (kept.kind, kept.name_key, kept.until) == ("CHANGE", "夜间来信", None)
    assert (row.due_at, row.clock) == (due.due_at, "RUNNING")


async def test_a_providers_system_asks_for_a_change_too(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    answer = await ask_change(holder, account.id, person=provider.integration, description="另作他用")

    assert (answer.problems, (await row_of(world, account.id)).change_state) == ([], "ASKED")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.APPEAL_REVIEWER, Role.AUDITOR])
async def test_nobody_but_the_holders_side_asks_for_a_change(world: World, role: Role) -> None:
    provider = await world.provider()
    _, account = await provider.approved()

    wanted = {"displayName": unique("新名"), "materials": []}
    answer = await provider.staff[role].refused("accountChange", id=account.id, version=2, particulars=wanted)

    assert answer.codes == ["NOT_ALLOWED"]


async def test_another_holders_account_is_not_there_to_change(world: World) -> None:
    provider = await world.provider()
    _, account = await provider.approved()
    other = await provider.holder()

    wanted = {"displayName": unique("新名"), "materials": []}
    answer = await other.person.refused("accountChange", id=account.id, version=2, particulars=wanted)

    assert answer.problems == [("NOT_FOUND", "id")]


async def test_a_change_names_something_that_differs(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved(displayName="原来的名字")
    asked: dict[str, Any] = {"id": account.id, "version": account.version}

    nothing = await holder.person.refused("accountChange", **asked, particulars={"materials": []})
    same = await holder.person.refused(
        "accountChange", **asked, particulars={"displayName": "原来的名字", "category": "LIFESTYLE", "materials": []}
    )

    assert nothing.problems == [("INPUT_INVALID", "")]
    assert same.problems == [("NOTHING_CHANGES", "particulars")]


async def test_an_application_is_supplemented_not_changed(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.applied()

    answer = await ask_change(holder, account.id)

    assert answer.problems == [("ILLEGAL_TRANSITION", "id")]


async def test_one_change_is_open_at_a_time(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    await ask_change(holder, account.id)

    async with world.untouched(account.id):
        again = await ask_change(holder, account.id)

    assert again.problems == [("CHANGE_OPEN", "id")]


async def test_codes_names_and_documents_of_a_change_are_looked_at_all_at_once(world: World) -> None:
    provider = await world.provider()
    await provider.applied(displayName="别人的名字")
    holder, account = await provider.approved()
    material = {"kind": "NO_SUCH", "documentId": "document_unknown"}

    answer = await ask_change(
        holder, account.id, displayName="别人的名字", category="NO_SUCH", materials=[material]
    )

    assert answer.problems == [
        ("NAME_UNAVAILABLE", "particulars.displayName"),
        ("CODE_UNKNOWN", "particulars.category"),
        ("CODE_UNKNOWN", "particulars.materials.0.kind"),
        ("DOCUMENT_UNUSABLE", "particulars.materials.0.documentId"),
    ]


async def test_a_category_of_another_authority_is_refused(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()

    answer = await ask_change(holder, account.id, category="NEWS")

    expected = [] if answer.problems == [] else [("CATEGORY_MOVES_AUTHORITY", "particulars.category")]
    assert answer.problems == expected


async def test_a_change_waits_for_a_current_identity(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    world.clock.advance(days=365 + 31)

    answer = await ask_change(holder, account.id)

    assert answer.problems == [("IDENTITY_NOT_CURRENT", "")]


async def test_a_name_asked_for_by_a_change_is_kept_from_others(world: World) -> None:
    provider = await world.provider()
    holder, account = await provider.approved()
    await ask_change(holder, account.id, displayName="独此一家")
    other, others = await provider.approved()

    applied = await (await provider.holder()).try_to_apply(displayName="独此一家")
    changed = await ask_change(other, others.id, displayName="独此一家")

    assert applied.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]
    assert changed.problems == [("NAME_UNAVAILABLE", "particulars.displayName")]
