"""`signet register-dump` writes the register into a folder, and says what keeps it from doing so."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from api.commands.register_dump import register_dump_command
from tests.world import KEYS, opened_world
from workflows.register_dump import CSV, JSONL, MANIFEST_FILE, MANIFEST_JWS


@pytest.fixture(autouse=True)
def _deployment(monkeypatch: pytest.MonkeyPatch, own_database_url: str) -> None:
    monkeypatch.setenv("SIGNET_DATABASE_URL", own_database_url)
    monkeypatch.setenv("SIGNET_PUBLIC_URL", "https://register.example")
    for name in ("mask", "clear", "index"):
        monkeypatch.setenv(f"SIGNET_KEYS__{name.upper()}", getattr(KEYS, name).get_secret_value())


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(register_dump_command)
    return CliRunner().invoke(app, list(arguments))


def test_an_empty_register_is_dumped(tmp_path: Path) -> None:
    done = run(str(tmp_path / "new" / "folder"))

    folder = tmp_path / "new" / "folder"
    assert (done.exit_code, "0 entries" in done.output) == (0, True)
    assert sorted(file.name for file in folder.iterdir()) == sorted([JSONL, CSV, MANIFEST_FILE, MANIFEST_JWS])
    assert json.loads((folder / MANIFEST_FILE).read_bytes())["iss"] == "https://register.example"


async def test_keys_of_another_deployment_sign_no_dump(
    own_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_world(own_database_url):
        pass
    monkeypatch.setenv("SIGNET_KEYS__INDEX", KEYS.mask.get_secret_value())

    done = await asyncio.to_thread(run, str(tmp_path))

    assert done.exit_code == 1
    assert list(tmp_path.glob("*")) == []  # noqa: ASYNC240 - a folder of the test


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    assert run(str(tmp_path / "file")).exit_code == 2
