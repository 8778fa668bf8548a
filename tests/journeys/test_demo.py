"""`signet demo`: the whole story over HTTP, from a stranger to a filing, a badge, sanctions (Art. 6, 7, 8)."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands import callers
from api.commands import demo as command
from tests.databases import Databases, Kind
from workflows.demo_people import SUBJECTS

_ROOT = Path(__file__).parents[2]
_REFUSED = (
    "IDENTITY_NOT_VERIFIED",
    "AGREEMENT_NOT_CONSENTED",
    "MATERIALS_MISSING",
    "NOT_ALLOWED",
    "NOT_FOUND",
    "KIND_BEYOND_LICENCE",
    "LICENCE_OF_ANOTHER",
    "LICENCE_STANDS",
    "NO_BADGE",
    "LICENCE_LAPSED",
    "SAME_PERSON",
    "STALE_VERSION",
    "ILLEGAL_TRANSITION",
    "POINTS_UNADDRESSED",
    "PERSONAL_DATA_IN_TEXT",
    "CIRCUMSTANCES_MISSING",
)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder of one's own, and keys beside it."""
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "data")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "data"


def test_the_demo_walks_from_an_application_to_a_badge_and_its_loss_and_ends_by_itself(folder: Path) -> None:
    """Whatever deployment the environment names, nothing of it is touched."""
    elsewhere = {"SIGNET_DATABASE_MIGRATION_URL": f"sqlite:///{folder}/owner.sqlite3", "SIGNET_DEPLOYMENT_CODE": "SG"}
    ended = subprocess.run(
        [sys.executable, "-c", "from api.cli import app; app()", "demo"],
        env={**os.environ, **elsewhere, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    told = ended.stdout
    assert ended.returncode == 0, told + ended.stderr
    assert re.search(r"Filed as SG-330100-LIFESTYLE-\d{6}-000001-[0-9A-Z]; badge_\w{26} issued and taken back", told)
    assert re.search(r"sanction_\w{26} has run out", told)
    assert "EXPIRED 期满, level NONE" in told
    assert "two rescind → FILED again under SG-330100-NEWS-" in told
    standings = re.findall(r"GET /badges/badge_\w{26} → (.*)", told)
    assert standings == ["PUBLISH_AND_REPRINT, STANDS", "ENDED"]
    assert [code for code in _REFUSED if f"✗ {code}" not in told] == []
    assert "resembles the listed unit" in told
    assert "欧阳**" in told
    assert "欧阳示例" not in told
    assert ended.stderr == ""
    assert list(folder.iterdir()) == []


def test_the_demo_goes_again_on_a_database_where_it_has_been(
    folder: Path, databases: Databases, database_kind: Kind
) -> None:
    url = databases.empty(database_kind)

    first = CliRunner().invoke(app, ["demo", "--database-url", url])
    again = CliRunner().invoke(app, ["demo", "--database-url", url])

    assert first.exit_code == 0, first.output
    assert again.exit_code == 0, again.output
    assert re.search(r"Filed as \S+-LIFESTYLE-\d{6}-000002-", again.output)
    assert again.output.count("issued and taken back") == 1


def test_without_the_published_register_an_invented_list_takes_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_REGISTER", folder / "none.csv")

    result = CliRunner().invoke(app, ["demo"])

    assert result.exit_code == 0, result.output
    assert "an invented list" in result.output
    assert "示例晨光网" in result.output


def test_an_answer_that_is_not_expected_ends_the_demo_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**callers._MUTATIONS, "holderEnrol": ("HolderEnrolInput", "holder { unknown }")}
    monkeypatch.setattr(callers, "_MUTATIONS", wrong)

    result = CliRunner().invoke(app, ["demo"])

    assert result.exit_code == 1
    assert "Not as expected." in result.output
    assert "unknown" in result.output


def _until_the_request(process: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """What `serve --demo` prints until its line that starts with curl, and that line, as a shell would split it."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        if line.startswith("curl "):
            return told, shlex.split(line)
        told += line
    raise AssertionError(told)


def test_serving_the_demo_prints_a_token_for_each_role_and_a_request_that_works(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import app; app()", "serve", "--demo", "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        told, curl = _until_the_request(process)

        headers = dict(curl[at + 1].split(": ", 1) for at, word in enumerate(curl) if word == "-H")
        body = curl[curl.index("-d") + 1].encode()
        answer = json.loads(urlopen(Request(curl[2], body, headers), timeout=10).read())  # noqa: S310 - our own server
    finally:
        process.kill()
        process.communicate()

    assert [role for role in SUBJECTS if f"{role} " not in told] == []
    assert told.count("\neyJ") == len(SUBJECTS)
    waiting = answer["data"]["accounts"]["nodes"]
    assert sorted(account["displayName"] for account in waiting) == ["示例园林处公告", "示例读书笔记"]
    assert waiting[0]["holder"]["identity"]["mobile"] == {"display": "provided"}
