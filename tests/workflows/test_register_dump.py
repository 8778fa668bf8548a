"""The dump of the register: every entry once, in files that a spreadsheet and a program may trust (Art. 5, 7)."""

from __future__ import annotations

import csv
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from domain.permission import RegisterEntry
from domain.vault.signing import signer
from tests.world import World
from workflows import register_dump
from workflows.register_dump import COLUMNS, CSV, JSONL, MANIFEST_FILE, MANIFEST_JWS, dump_register


async def dumped(world: World, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, str]], list[int]]:
    """The rows of both files, and the progress that was told."""
    told: list[int] = []
    await dump_register(world.office, folder, lambda done, _: told.append(done))
    lines = [json.loads(line) for line in (folder / JSONL).read_text("utf-8").splitlines()]
    with (folder / CSV).open(encoding="utf-8-sig", newline="") as file:
        return lines, list(csv.DictReader(file)), told


async def test_every_entry_is_in_the_dump_once_with_its_badge(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_dump, "PAGE_ROWS", 2)
    provider = await world.provider()
    _, plain, _ = await provider.filed(displayName="示例号")
    _, badged, _ = await provider.badged()

    lines, cells, told = await dumped(world, tmp_path)

    rows = {row.account_id: row for row in await world.rows(RegisterEntry)}
    by_number = {line["number"]: line for line in lines}
    assert sorted(by_number) == sorted(row.number for row in rows.values()) == sorted(row["number"] for row in cells)
    assert len(lines) == len(rows) == told[-1]
    assert by_number[rows[plain].number]["badge_standing"] is None
    assert by_number[rows[badged].number]["badge_standing"] == "STANDS"
    assert by_number[rows[badged].number]["organisation_name"].startswith("示例报社")
    assert all(tuple(line) == COLUMNS for line in lines)
    assert "account_" not in (tmp_path / JSONL).read_text("utf-8")


async def test_the_manifest_vouches_for_both_files(world: World, tmp_path: Path) -> None:
    provider = await world.provider()
    await provider.filed()
    await dumped(world, tmp_path)

    manifest = json.loads((tmp_path / MANIFEST_FILE).read_bytes())
    keys = KeySet.import_key_set(json.loads(json.dumps(signer(world.keys).key_set)))
    signed = jws.deserialize_compact((tmp_path / MANIFEST_JWS).read_text().strip(), keys, algorithms=["EdDSA"])
    assert json.loads(signed.payload or b"") == manifest
    for name in (JSONL, CSV):
        raw = (tmp_path / name).read_bytes()
        assert manifest["files"][name] == {"sha256": sha256(raw).hexdigest(), "bytes": len(raw)}
    assert manifest["rows"] == len((tmp_path / JSONL).read_text("utf-8").splitlines())
    assert list(tmp_path.glob("*.part")) == []  # noqa: ASYNC240 - a folder of the test


@pytest.mark.parametrize("name", ["=1+1示例", "+86示例", "-示例号", "@示例号"])
async def test_no_cell_is_a_formula(world: World, tmp_path: Path, name: str) -> None:
    provider = await world.provider()
    _, account_id, _ = await provider.filed(displayName=name)

    lines, cells, _ = await dumped(world, tmp_path)

    [row] = await world.rows(RegisterEntry, account_id=account_id)
    assert [line["display_name"] for line in lines if line["number"] == row.number] == [name]
    assert [cell["display_name"] for cell in cells if cell["number"] == row.number] == [f"'{name}"]


async def test_files_of_the_dump_are_read_where_they_are_configured(world: World, tmp_path: Path) -> None:
    await dumped(world, tmp_path)
    (tmp_path / "secret").write_text("x")
    register = world.deployment.register
    register._dumps = tmp_path

    listed = (await world.client.get("/register/dump")).json()
    file = await world.client.get(f"/register/dump/{JSONL}")
    other = await world.client.get("/register/dump/secret")
    register._dumps = None

    assert sorted(listed["files"]) == sorted([JSONL, CSV, MANIFEST_FILE, MANIFEST_JWS])
    assert (file.status_code, file.content) == (200, (tmp_path / JSONL).read_bytes())
    assert other.status_code == 404
