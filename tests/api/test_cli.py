"""The commands: each says what it did, or in one line what is wrong and its cure."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from domain.deadline import Deadline
from tests import stored
from tests.databases import Databases
from tests.registers import opened
from tests.workflows.test_jobs import Desk

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_every_command_says_what_it_is_for(folder: Path) -> None:
    told = run("--help").output

    for command in ("serve", "worker", "work", "migrate", "token", "doctor", "import-register", "staff"):
        assert command in told
        assert "Usage" in run(command, "--help").output


def test_no_worker_runs_beside_sqlite(folder: Path) -> None:
    result = run("worker")

    assert result.exit_code == 1
    assert "SQLite has one writer" in result.output
    assert "SIGNET_DATABASE_URL=postgresql://" in result.output
    assert not (folder / "signet.sqlite3").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_does_what_falls_due_until_it_is_asked_to_stop(
    folder: Path, databases: Databases, number: signal.Signals
) -> None:
    url = databases.migrated("postgresql")
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import app; app()", "worker", "--database-url", url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        asyncio.run(done_by_another(url))
        process.send_signal(number)
        process.communicate(timeout=10)
    finally:
        process.kill()

    assert told == "The worker does what falls due.\n"
    assert process.returncode == 0


async def done_by_another(url: str) -> None:
    """A deadline that passed is settled by somebody within seconds."""
    async with opened(url) as database, asyncio.timeout(10):
        (row,) = await Desk(database).put(-1)
        while (await stored.row(database, Deadline, row)).settled_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def test_a_database_is_migrated_once(folder: Path) -> None:
    first, second = run("migrate"), run("migrate")

    assert "is at" in first.output
    assert "nothing to do" in second.output
    assert (folder / "signet.sqlite3").exists()


def test_a_token_is_three_parts_and_nothing_else(folder: Path) -> None:
    run("migrate")
    enrol("--role", "PROVINCIAL_REGULATOR", "--division", "310000")

    result = run("token", "--role", "PROVINCIAL_REGULATOR", "--subject", "first")

    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", result.output)


@pytest.mark.parametrize("role", ["SYSTEM", "OPERATOR", "PUBLIC"])
def test_who_never_signs_in_gets_no_token(folder: Path, role: str) -> None:
    result = run("token", "--role", role)

    assert result.exit_code == 1
    assert f"{role} does not sign in" in result.output


def test_production_prints_no_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_MODE", "production")
    issuer = {"issuer": "i", "jwks": {"keys": []}, "algorithms": ["EdDSA"], "roles": ["HOLDER"], "provider_id": "p"}
    monkeypatch.setenv("SIGNET_ISSUERS", json.dumps([issuer]))

    result = run("token", "--role", "HOLDER")

    assert result.exit_code == 1
    assert "SIGNET_ISSUERS" in result.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SIGNET_PORT", "many"), ("SIGNET_ISSUERS", "no json"), ("SIGNET_MODE", "production"), ("SIGNET_HOLIDAYS", "[1")],
)
def test_a_wrong_setting_is_told_in_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    result = run("migrate")

    assert result.exit_code == 2
    assert "SIGNET" in result.output
    assert "Traceback" not in result.output


def test_a_database_of_no_known_kind_is_told_with_its_cure(folder: Path) -> None:
    result = run("migrate", "--database-url", "mysql://x")

    assert result.exit_code == 1
    assert "SIGNET_DATABASE_URL begins with sqlite:/// or postgresql://" in result.output


def test_a_port_that_is_taken_is_told_with_its_cure(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", str(taken.getsockname()[1]))

    assert result.exit_code == 1
    assert "signet serve --port 8001" in result.output
    assert list(folder.iterdir()) == []


def test_a_healthy_deployment_passes_the_doctor(folder: Path) -> None:
    run("migrate")

    result = run("doctor")

    assert result.exit_code == 0, result.output
    assert "SIGNET_DATABASE_URL = sqlite:///./signet.sqlite3" in result.output
    assert "✓ What falls due is done: 0 due, 0 in hand, 0 failed, 0 put aside." in result.output
    assert "✗" not in result.output


def test_the_doctor_names_what_is_wrong_and_its_cure(folder: Path) -> None:
    unmigrated = run("doctor")
    run("migrate")
    (folder.parent / "state" / "signet" / "keys.json").chmod(0o644)
    open_to_others = run("doctor")

    assert (unmigrated.exit_code, open_to_others.exit_code) == (1, 1)
    assert "Run `signet migrate`." in unmigrated.output
    assert "chmod 600" in open_to_others.output


def test_the_doctor_finds_a_row_that_was_changed_behind_the_programs_back(folder: Path) -> None:
    run("migrate")
    with sqlite3.connect("signet.sqlite3") as database:
        (authority,) = database.execute("SELECT id FROM authority").fetchone()
        database.execute(
            "INSERT INTO provider (id, created_at, stepped_at, state, seq, head, name, uscc, division, jurisdiction,"
            " mode, settings) VALUES ('provider_x', '', '', 'SOLD', 1, x'00', '', '', '', ?, 'SANDBOX', '{}')",
            [authority],
        )

    result = run("doctor")

    assert result.exit_code == 1
    assert "states that do not exist: 1 × provider" in result.output
    assert "1 chains do not verify: provider_x" in result.output


def enrol(*arguments: str, resident_id: str = "11010519491231002X") -> Result:
    told = ("--subject", "first", "--staff-number", "A-1", *arguments)
    return CliRunner().invoke(app, ("staff", "enrol", *told), input=f"{resident_id}\n")


def test_the_first_officer_of_an_authority_is_enrolled_once(folder: Path) -> None:
    run("migrate")

    first = enrol("--role", "PROVINCIAL_REGULATOR", "--division", "310000")
    again = enrol("--role", "PROVINCIAL_REGULATOR", "--division", "310000")

    assert (first.exit_code, again.exit_code) == (0, 1)
    assert "staff_" in first.output
    assert "ALREADY_ENROLLED" in again.output
    assert "11010519491231002X" not in first.output + again.output
    assert "PROVINCIAL_REGULATOR only" in run("doctor").output


@pytest.mark.parametrize(
    ("arguments", "resident_id", "code"),
    [
        (("--role", "REVIEWER", "--division", "310000"), "11010519491231002X", "STAFF_ROLE_INVALID"),
        (("--role", "PROVINCIAL_REGULATOR", "--division", "310000"), "110105194912310021", "INPUT_INVALID"),
        (("--role", "PROVINCIAL_REGULATOR", "--division", "999999"), "11010519491231002X", "NOT_FOUND"),
        (("--role", "REVIEWER", "--provider", "provider_none"), "11010519491231002X", "NOT_FOUND"),
        (
            (
                "--role",
                "REVIEWER",
            ),
            "11010519491231002X",
            "NOT_FOUND",
        ),
    ],
)
def test_an_enrolment_that_is_refused_says_why(
    folder: Path, arguments: tuple[str, ...], resident_id: str, code: str
) -> None:
    run("migrate")

    result = enrol(*arguments, resident_id=resident_id)

    assert result.exit_code == 1, result.output
    assert code in result.output


@pytest.fixture
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`signet serve` on a free port, and its URL."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import app; app()", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+(?=/graphql)", line)
        assert found, line
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_with_no_settings_and_stops_when_asked(
    server: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, url = server
    question = Request(  # noqa: S310 - our own server
        f"{url}/graphql", b'{"query":"{ __typename }"}', {"content-type": "application/json"}
    )

    answer = json.loads(urlopen(question, timeout=10).read())  # noqa: S310
    process.send_signal(number)
    rest, _ = process.communicate(timeout=10)

    assert answer["data"] == {"__typename": "Query"}
    assert process.returncode in (0, -signal.SIGTERM)
    assert rest == ""
