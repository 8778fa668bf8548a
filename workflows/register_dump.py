"""The daily dump of the public register: every entry with its badge, a page at a time, as JSON lines and CSV (Art. 5).

Memory does not grow with the register. An entry changed while the dump is written is in it as it was or as it is.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson
import sqlalchemy as sa

from domain.permission import RegisterEntry
from domain.table import table_of
from domain.vault.signing import MANIFEST, signer
from domain.viewer import ANONYMOUS
from workflows.database import Connection, loader
from workflows.office import Office
from workflows.standing import BadgeNow, BadgesOfAccounts

JSONL, CSV, MANIFEST_FILE, MANIFEST_JWS = "register.jsonl", "register.csv", "manifest.json", "manifest.jws"
PAGE_ROWS: Final = 1_000
_ENTRY: Final = table_of(RegisterEntry)
_SHOWN: Final = (
    "id", "number", "number_version", "handle", "display_name", "organisation_name", "uscc", "subject_type",
    "category", "division", "provider_name", "filed_on", "ended_on", "mode", "changed_at",
)  # fmt: skip
_OF_BADGE: Final = ("id", "kind", "licence_number", "approval_number", "valid_until", "standing")
COLUMNS: Final = (*_SHOWN, *(f"badge_{name}" for name in _OF_BADGE))
_PAGE: Final = (
    sa.select(*loader(RegisterEntry).columns)
    .where(_ENTRY.c.id > sa.bindparam("after", type_=sa.Text, required=False))
    .order_by(_ENTRY.c.id)
    .limit(sa.bindparam("rows", type_=sa.Integer, required=False))
)
_COUNT: Final = sa.select(sa.func.count()).select_from(_ENTRY)
_BADGES: Final = BadgesOfAccounts()
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Progress = Callable[[int, int], None]  # entries written, entries counted at the start


async def dump_register(office: Office, folder: Path, progress: Progress) -> Mapping[str, Any]:
    """Write the four files into a folder, each replaced as a whole, the manifest last. The manifest."""
    begun_at = office.clock()
    total = (await office.database.read(lambda connection: connection.fetch(_COUNT, {})))[0][0]
    parts = {name: folder / f"{name}.part" for name in (JSONL, CSV, MANIFEST_FILE, MANIFEST_JWS)}
    with parts[JSONL].open("wb") as lines, parts[CSV].open("wb") as cells:
        written = (_Hashed(lines), _Hashed(cells))
        rows = await _write(office, begun_at, *written, lambda done: progress(done, max(total, done)))
    manifest = {
        "iss": office.public_url,
        "iat": int(begun_at.timestamp()),
        "rows": rows,
        "columns": COLUMNS,
        "files": {name: file.said for name, file in zip((JSONL, CSV), written, strict=True)},
    }
    parts[MANIFEST_FILE].write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    parts[MANIFEST_JWS].write_text(signer(office.keys).sign(manifest, MANIFEST) + "\n", "ascii")
    for name, part in parts.items():
        part.replace(folder / name)
    return manifest


async def _write(office: Office, now: datetime, lines: _Hashed, cells: _Hashed, progress: Callable[[int], None]) -> int:
    cells.write("\ufeff".encode() + _csv(COLUMNS))  # told by it, spreadsheets read UTF-8
    rows = 0
    async for row in _entries(office, now):
        lines.write(orjson.dumps(row, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
        cells.write(_csv([_cell(row[name]) for name in COLUMNS]))
        rows += 1
        if rows % PAGE_ROWS == 0:
            progress(rows)
    progress(rows)
    return rows


async def _entries(office: Office, now: datetime) -> AsyncIterator[dict[str, Any]]:
    """Every entry in the order of the ids."""
    after = ""
    while page := await _page(office, after, now):
        for entry, badge in page:
            shown = {name: getattr(entry, name) for name in _SHOWN}
            yield shown | {f"badge_{name}": getattr(badge, name, None) for name in _OF_BADGE}
        after = page[-1][0].id


async def _page(office: Office, after: str, now: datetime) -> Sequence[tuple[Any, BadgeNow | None]]:
    async def work(connection: Connection) -> list[tuple[Any, BadgeNow | None]]:
        rows = await connection.fetch(_PAGE, {"after": after, "rows": PAGE_ROWS})
        entries = [loader(RegisterEntry).row(row, connection.dialect) for row in rows]
        badges = await _BADGES.load(connection, [entry.account_id for entry in entries], ANONYMOUS, now)
        return [(entry, cast("BadgeNow | None", badges.get(entry.account_id))) for entry in entries]

    return await office.database.read(work)


def _cell(value: Any) -> str:
    """A value as a spreadsheet may show it: never a formula."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(cells: Sequence[str]) -> bytes:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash, self._bytes = file, sha256(), 0

    def write(self, raw: bytes) -> None:
        self._file.write(raw)
        self._hash.update(raw)
        self._bytes += len(raw)

    @property
    def said(self) -> Mapping[str, Any]:
        """What the manifest says of it."""
        return {"sha256": self._hash.hexdigest(), "bytes": self._bytes}
