"""Canaries: no personal value, masked form or free text lies anywhere at rest but encrypted (Art. 5).

Identities and texts with marked values go through everything that may be done with them: written, repeated, refused,
changed, failed, decided on, proposed, faulted. Then every row, every file of the database and every log is searched.
"""

from __future__ import annotations

import json
import logging
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import sqlalchemy as sa
import structlog
from stdnum.cn import ric

from domain.tables import METADATA
from tests.api.neighbours import uploaded
from tests.world import NEWS_REASON, Holder, Provider, World, opened_world, unique
from workflows.database import compile_once

MARK: Final = "金丝雀"  # in every text
PUBLISHED: Final = "青鸾鸟"  # in the name of the organisation whose account was on file: public from then on (Art. 5)
NUMBER: Final = "00000019771231"
RESIDENT_IDS: Final = tuple(bare + ric.calc_check_digit(bare + "0") for bare in (NUMBER + "731", NUMBER + "733"))
VALUES: Final = {
    "legalName": f"拓跋{MARK}",
    "residentId": RESIDENT_IDS[0],
    "mobile": "13988776543",
    "email": "canary-bird@qq.com",
    "address": f"黑龙江省鹤岗市{MARK}路7号",
    "mandate": "canary-mandate-771",
}
CHANGED: Final = {**VALUES, "residentId": RESIDENT_IDS[1], "mobile": "13988776544", "email": "other-canary@163.com"}
MASKED_FORMS: Final = (
    "拓跋**", "*******6543", "*******6544", "c***@qq.com", "o***@163.com", "鹤岗市",
    *("*" * 14 + number[-4:] for number in RESIDENT_IDS),
)  # fmt: skip
NEEDLES: Final = (MARK, *MASKED_FORMS, *VALUES.values(), *CHANGED.values(), "canary", "拓跋")
CODE: Final = "91000000MA0CANARYH"
# Name and credit code of an organisation are public once its account is on file, and stand nowhere else in clear.
PUBLIC_COLUMNS: Final = {
    "register_entry.organisation_name", "register_entry.organisation_key", "register_entry.uscc",
}  # fmt: skip
REASONS: Final = {**NEWS_REASON, "facts": f"{MARK}之事实", "publicReason": f"{MARK}之理由", "note": f"{MARK}之备注"}


def spellings(needle: str) -> Iterator[bytes]:
    """A text as it may lie in a file: in several encodings, escaped, in hexadecimal, in base64 at any offset."""
    raw = needle.encode()
    yield raw
    yield needle.encode("gb18030")
    yield needle.encode("utf-16-le")
    yield json.dumps(needle)[1:-1].encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for offset in range(3):
        whole = b64encode(bytes(offset) + raw)
        yield whole[-(-offset * 4 // 3) + (1 if offset else 0) : len(whole) // 4 * 4 - 4]


PATTERNS: Final = sorted({(needle, found) for needle in NEEDLES for found in spellings(needle) if len(found) >= 6})


_PUBLIC_PATTERNS: Final = sorted({found for needle in (PUBLISHED, CODE) for found in spellings(needle)})


def told_by(raw: bytes) -> list[str]:
    """The canaries that some bytes tell of."""
    return sorted({needle for needle, pattern in PATTERNS if pattern in raw})


def is_of_who_was_filed(raw: bytes) -> bool:
    """Whether some bytes tell the organisation that was on file."""
    return any(pattern in raw for pattern in _PUBLIC_PATTERNS)


async def rows_of(world: World) -> AsyncIterator[tuple[str, bytes]]:
    """Every value of every column of every table, as bytes."""
    database = world.office.database
    for table in METADATA.sorted_tables:
        statement = compile_once(sa.select(*table.c), database.dialect)
        rows = await database.read(lambda connection, statement=statement: connection.fetch(statement, {}))
        for row in rows:
            for column, value in zip(table.c, row, strict=True):
                raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                yield f"{table.name}.{column.key}", raw
                if isinstance(value, str) and len(value) > 8:
                    yield f"{table.name}.{column.key} as base64", _decoded(value)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, altchars=b"-_")
    except ValueError:
        return b""


async def files_of(world: World) -> AsyncIterator[Path]:
    """The files of the database, after what is in memory was written."""
    url = world.deployment.settings.database_url
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        for file in path.parent.glob(f"{path.name}*"):
            yield file
        return
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")
    folder, oid = await connection.fetchval("SHOW data_directory"), await connection.fetchval(
        "SELECT oid FROM pg_database WHERE datname = current_database()"
    )  # fmt: skip
    await connection.close()
    for file in (Path(folder) / "base" / str(oid)).iterdir():
        yield file


async def through_everything(world: World) -> Provider:
    """Both kinds of subject, and all that may be done with what is personal about them."""
    provider = await world.provider()
    person = await provider.newcomer()
    await _identified(provider, person, VALUES)
    unit = await provider.newcomer("ENTERPRISE")
    await _identified(provider, unit, {**VALUES, "organisationName": f"{PUBLISHED}示例单位", "uscc": CODE})
    unfiled = await provider.newcomer("ENTERPRISE")
    named = {"organisationName": f"{MARK}示例单位", "uscc": "91350100M000100Y43"}
    await _identified(provider, unfiled, {**VALUES, **named})
    for holder in (person, unit, unfiled):
        await holder.consent()
    await _refused(person)
    await _decided(provider, person)
    await _filed(provider, unit)
    await provider.officer.must(
        "staffEnrol", providerId=provider.id, issuer="signet-dev", subject=unique("s"), role="REVIEWER",
        staffNumber=unique("N"), residentId=RESIDENT_IDS[0], certificates=[], idempotencyKey=unique("key-"),
    )  # fmt: skip
    await uploaded(person)
    headers = {"authorization": f"Bearer {person.person.token}", "content-type": "text/plain"}
    await world.client.post("/documents", content=f"{MARK}的证件 {VALUES['residentId']}".encode() * 50, headers=headers)
    return provider


async def _identified(provider: Provider, holder: Holder, values: dict[str, str]) -> None:
    key, id_ = unique("key-"), holder.identity_id
    for _ in range(2):  # the second time is a repeat
        await holder.person.must("identitySubmit", id=id_, version=0, idempotencyKey=key, **values)
    await provider.reviewer.must("identityVerify", id=id_, version=1, method="DOCUMENT_CHECK")
    changed = {**values, **CHANGED}
    await holder.person.must("identitySubmit", id=id_, version=2, **changed)
    await provider.reviewer.must("identityFail", id=id_, version=3, reasons=REASONS)
    again = {**changed, "idempotencyKey": unique("key-")}
    await provider.integration.must("identitySubmit", id=id_, version=4, **again)
    await provider.reviewer.must("identityVerify", id=id_, version=5, method="DOCUMENT_CHECK")


async def _refused(holder: Holder) -> None:
    """Refused for the version, the check digit, the key, the shape."""
    id_, wrong = holder.identity_id, VALUES["residentId"][:-1] + ("0" if VALUES["residentId"][-1] != "0" else "1")
    assert (await holder.person.do("identitySubmit", id=id_, version=77, **VALUES)).codes == ["STALE_VERSION"]
    given = {**VALUES, "residentId": wrong}
    assert (await holder.person.do("identitySubmit", id=id_, version=6, **given)).codes
    query = "mutation($input: IdentitySubmitInput!) { identitySubmit(input: $input) { problems { code } } }"
    response = await holder.person.post(query, {"input": {**VALUES, "id": id_, "version": 6, "passport": MARK}})
    assert response.status_code == 400
    assert told_by(response.content) == []


async def _decided(provider: Provider, holder: Holder) -> None:
    reviewer, text = provider.reviewer, f"{MARK}要说的话"
    account = await holder.apply(displayName=unique("示例日报"))
    await reviewer.must("accountClaim", id=account.id)
    await reviewer.must("accountRequestSupplement", id=account.id, version=1, items=[{"code": "OTHER", "text": text}])
    particulars = holder.particulars(displayName=unique("示例日报"))
    answers = [{"code": "OTHER", "answer": text}]
    await holder.person.must("accountSupplement", id=account.id, version=2, answers=answers, particulars=particulars)
    await reviewer.must("accountClaim", id=account.id)
    given: dict[str, Any] = {"id": account.id, "version": 3, "category": "LIFESTYLE", "note": text}
    first = await reviewer.must("accountApprove", **given)
    await reviewer.must("proposalWithdraw", id=first.proposal["id"])
    second = await reviewer.must("accountApprove", **given)
    await provider.second_reviewer.must("proposalEndorse", id=second.proposal["id"], hash=second.proposal["hash"])
    await reviewer.must("accountReject", id=account.id, version=3, reasons=REASONS)
    again = holder.particulars(description="改过的说明")
    await holder.person.must("accountReapply", id=account.id, version=4, particulars=again)


async def _filed(provider: Provider, holder: Holder) -> None:
    account = await holder.try_to_apply(exception_reason=f"{MARK}之例外")
    await provider.reviewer.must("accountClaim", id=account.id)
    reviewer, select = provider.reviewer, "filing { id version }"
    given: dict[str, Any] = {"id": account.id, "version": 1, "category": "LIFESTYLE", "note": f"{MARK}之注"}
    approved = await reviewer.must("accountApprove", select=select, **given)
    if approved.proposal is not None:
        proposal = approved.proposal
        await provider.second_reviewer.must("proposalEndorse", id=proposal["id"], hash=proposal["hash"])
        approved = await reviewer.must("accountApprove", select=select, proposal=proposal["id"], **given)
    filing = approved.case["filing"]["id"]
    await provider.officer.must("filingSubmit", id=filing, version=1)
    defects = [{"code": "ITEM_WRONG", "item": "displayName", "text": f"{MARK}之缺项"}]
    coded = {**REASONS, "reasonCodes": ["ITEM_WRONG"]}
    await provider.regulator.must("filingReturn", id=filing, version=2, reasons=coded, defects=defects)
    await provider.officer.must("filingSubmit", id=filing, version=3)
    await provider.regulator.must("filingAccept", id=filing, version=4)
    answered = {"notifiedOn": "2026-02-20", "answer": f"{MARK}之答复"}
    await provider.regulator.must(
        "filingRevoke", id=filing, version=5, reasons={**REASONS, "reasonCodes": ["FALSE_MATERIAL"]}, **answered
    )


async def break_the_outbox(world: World) -> None:
    """Take away the table that every step writes last, so that a step faults with its values in hand."""
    url = world.deployment.settings.database_url
    engine = sa.create_engine(url) if url.startswith("sqlite") else None
    if engine is not None:
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE event RENAME TO event_away"))
        engine.dispose()
        return
    postgres = await asyncpg.connect(url)
    await postgres.execute("ALTER TABLE event RENAME TO event_away")
    await postgres.close()


async def mend_the_outbox(world: World) -> None:
    """Put it back."""
    url = world.deployment.settings.database_url
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE event_away RENAME TO event"))
        engine.dispose()
        return
    postgres = await asyncpg.connect(url)
    await postgres.execute("ALTER TABLE event_away RENAME TO event")
    await postgres.close()


async def test_a_canary_is_found_in_no_row_file_or_log(own_database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with opened_world(own_database_url) as world:
        with structlog.testing.capture_logs() as logged:
            provider = await through_everything(world)
            holder = await provider.newcomer()
            await break_the_outbox(world)
            query = "mutation($input: IdentitySubmitInput!) { identitySubmit(input: $input) { problems { code } } }"
            given = {**VALUES, "id": holder.identity_id, "version": 0, "idempotencyKey": "canary-key-1"}
            response = await holder.person.post(query, {"input": {**given, "idempotencyKey": unique("key-")}})
            await mend_the_outbox(world)

        assert response.status_code == 500
        assert told_by(response.content) == []
        assert any(entry["event"] == "fault" for entry in logged)
        assert told_by(json.dumps(logged, ensure_ascii=False, default=str).encode()) == []
        assert told_by(caplog.text.encode()) == []
        values = [(where, told) async for where, raw in rows_of(world) if (told := told_by(raw))]
        assert values == []
        public = {where async for where, raw in rows_of(world) if is_of_who_was_filed(raw)}
        assert public == PUBLIC_COLUMNS
        files = [(file.name, told) async for file in files_of(world) if (told := told_by(file.read_bytes()))]
        assert files == []


def test_the_search_finds_a_canary_however_it_is_written() -> None:
    value = VALUES["residentId"].encode()

    assert told_by(b"x" + value) == [VALUES["residentId"]]
    assert all(VALUES["residentId"] in told_by(b64encode(b"x" * before + value + b"yz")) for before in range(4))
    assert MARK in told_by(f"前{MARK}后".encode().hex().encode())
    assert MARK in told_by(json.dumps(f"前{MARK}后").encode())
    assert "拓跋**" in told_by('{"PARTIAL":"拓跋**"}'.encode())
    assert told_by(b"nothing personal, 13900000000") == []


async def test_the_search_looks_at_every_column(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        await through_everything(world)
        seen = {where.removesuffix(" as base64") async for where, _ in rows_of(world)}
    filled = {name.partition(".")[0] for name in seen}

    assert {"identity", "step", "step_text", "proposal", "event", "idempotency_key", "notice", "document",
            "document_chunk", "deadline", "access_log", "submission", "staff", "involvement"} <= filled  # fmt: skip
