"""What tests of the commands share, and those of reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import Databases, Kind


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder of one's own, and keys beside it."""
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.chdir(data)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    return data


@pytest.fixture(scope="session")
def reading_url(databases: Databases, database_kind: Kind) -> str:
    """A migrated database for the rows of tests/api/reading_rows.py: they are sealed under keys of their own."""
    return databases.migrated(database_kind)
