"""Canaries: the public register tells nothing of a person, by GraphQL, as JSON, as a page, in the dump (Art. 5).

Whoever is behind an account has marked values, and so has the business of a sole trader, whose name is their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from domain.permission import Badge, RegisterEntry
from tests.api.test_masks_at_rest import MARK, VALUES, told_by
from tests.world import Answer, Holder, Provider, World, opened_world, unique
from workflows.register_dump import CSV, JSONL, MANIFEST_FILE, MANIFEST_JWS, dump_register

TRADE: Final = {"organisationName": f"{MARK}小吃店", "uscc": "92000000MA0CANARYE", "mandate": "mandate-1"}
# What an id of the inside begins with.
INSIDE: Final = ("account_0", "holder_0", "identity_0", "provider_0", "permission_0", "staff_0", "filing_0")
HTML: Final = {"accept": "text/html"}
EVERYTHING: Final = (
    "{ id number numberVersion handle displayName organisationName uscc subjectType category division providerName"
    " filedOn endedOn mode changedAt badge { id kind licenceNumber approvalNumber validUntil standing } asOf }"
)
RECORD: Final = (
    "{ id kind subjectName handle displayName providerName category filingNumber licenceNumber approvalNumber"
    " validUntil mode issuedAt revokedAt statusPlace jws standing asOf }"
)


async def on_file(provider: Provider, subject_type: str, **identity: str) -> Holder:
    """A holder with marked values whose account is on file."""
    values = {**VALUES, **identity}
    if subject_type == "INDIVIDUAL":
        del values["mandate"]
    holder = await provider.holder(subject_type, **values)
    account = await holder.try_to_apply(exception_reason=f"{MARK}之例外", displayName=unique("示例号"))
    await provider.reviewer.must("accountClaim", id=account.id)
    approve = {"id": account.id, "version": account.version, "category": "LIFESTYLE", "note": f"{MARK}之备注"}
    select = "filing { id version }"
    approved = await provider.reviewer.must("accountApprove", select=select, **approve)
    if approved.proposal is not None:
        approved = await _endorsed(provider, approved, approve, select)
    filing = approved.case["filing"]
    await provider.officer.must("filingSubmit", id=filing["id"], version=filing["version"])
    await provider.regulator.must("filingAccept", id=filing["id"], version=2)
    return holder


async def _endorsed(provider: Provider, proposed: Answer, approve: dict[str, object], select: str) -> Answer:
    named = proposed.proposal
    await provider.second_reviewer.must("proposalEndorse", id=named["id"], hash=named["hash"])
    return await provider.reviewer.must("accountApprove", select=select, proposal=named["id"], **approve)


async def answers_of(world: World, folder: Path) -> dict[str, bytes]:
    """Everything the public is told, by where."""
    entries, badges = await world.rows(RegisterEntry), await world.rows(Badge)
    listed = await world.public.post(
        f"{{ registerEntries(first: 20) {{ nodes {EVERYTHING} }} registerStatistics {{ count }} }}"
    )
    told = {"list": listed.content}
    for badge in badges:
        query = f"query($id: ID!) {{ badgeRecord(id: $id) {RECORD} node(id: $id) {{ ... on BadgeRecord {RECORD} }} }}"
        told[f"graphql {badge.id}"] = (await world.public.post(query, {"id": badge.id})).content
    paths = ["/register", "/register/dump", "/badges/status.json", "/.well-known/signet-keys.json"]
    paths += [f"/register/{entry.number}" for entry in entries] + [f"/badges/{badge.id}" for badge in badges]
    for path in paths:
        told[path] = (await world.client.get(path)).content
        told[f"{path} as a page"] = (await world.client.get(path, headers=HTML)).content
    await dump_register(world.office, folder, lambda *_: None)
    return told | {name: (folder / name).read_bytes() for name in (JSONL, CSV, MANIFEST_FILE, MANIFEST_JWS)}


async def test_no_answer_of_the_register_tells_of_a_person(own_database_url: str, tmp_path: Path) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await on_file(provider, "INDIVIDUAL")
        await on_file(provider, "SOLE_TRADER", **TRADE)
        await provider.badged()

        told = await answers_of(world, tmp_path)

    assert {where: found for where, raw in told.items() if (found := told_by(raw))} == {}
    assert {where for where, raw in told.items() for id_ in INSIDE if id_.encode() in raw} == set()
    assert b"92000000MA0CANARY" not in b"".join(told.values())


async def test_a_person_is_called_by_their_accounts_name(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await on_file(provider, "SOLE_TRADER", **TRADE)

        [entry] = await world.rows(RegisterEntry)

        assert (entry.organisation_name, entry.organisation_key, entry.uscc) == (None, None, None)
        assert entry.display_name.startswith("示例号")
        assert MARK not in json.dumps(vars(entry), default=str, ensure_ascii=False)
