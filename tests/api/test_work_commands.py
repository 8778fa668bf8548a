"""What those who run a deployment see of its work, do about it, and how far they may set its clock ahead."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from api import logs
from api.app import calendar_of
from api.commands.doctor import Mark, years_told
from api.settings import Settings
from domain.authorities import authority_id
from domain.calendar import WorkingDays
from domain.deadline import Deadline
from domain.table import METADATA, table_of
from tests.api.test_cli import ROOT, run
from tests.databases import Databases
from tests.registers import opened
from tests.workflows.test_jobs import Desk
from tests.workflows.test_licence_doubts import row_of

DEADLINE = table_of(Deadline)


def put_work(url: str, *due: float) -> list[str]:
    """Rows of work due so many seconds from a day long past."""

    async def put() -> list[str]:
        async with opened(url) as database:
            return await Desk(database).put(*due)

    return asyncio.run(put())


def put_aside(url: str, row: str) -> None:
    """What becomes of a row that failed nine times."""

    async def write() -> None:
        clause = sa.update(DEADLINE).where(DEADLINE.c.id == row)
        values = clause.values(next_at=sa.null(), failures=9, attempts=9, problem="ValueError")
        async with opened(url) as database:
            await database.write(lambda transaction: transaction.fetch(values, {}))

    asyncio.run(write())


@pytest.fixture
def work(folder: Path, monkeypatch: pytest.MonkeyPatch, own_database_url: str) -> tuple[str, str]:
    """A row that is due and one that was put aside, on each of the databases."""
    monkeypatch.setenv("SIGNET_DATABASE_URL", own_database_url)
    due, aside = put_work(own_database_url, -2, -1)
    put_aside(own_database_url, aside)
    return due, aside


def test_what_is_due_and_what_was_put_aside_are_listed(work: tuple[str, str]) -> None:
    due, aside = work

    told, parked_only = run("work", "list").output, run("work", "list", "--parked").output
    body = json.loads(run("work", "list", "--json").output)

    assert told.startswith("1 due (since 2026-03-02 03:59:58 UTC), 0 in hand, 0 failed, 1 put aside.")
    assert all(word in told for word in (due, aside, "PARKED", "PROPOSAL", "ValueError"))
    assert (due in parked_only, aside in parked_only) == (False, True)
    assert (body["health"]["due"], body["health"]["parked"], body["health"]["last_pass_at"]) == (1, 1, None)
    assert [(row["id"], row["state"], row["failures"]) for row in body["rows"]] == [
        (due, "DUE", 0),
        (aside, "PARKED", 9),
    ]
    assert body["rows"][1]["due_at"] == "2026-03-02T03:59:59+00:00"


def test_a_long_list_says_that_there_may_be_more(work: tuple[str, str]) -> None:
    assert "There may be more than these 1" in run("work", "list", "--most", "1").output


def test_a_row_is_tried_again_and_put_aside(work: tuple[str, str]) -> None:
    due, aside = work

    again, parked = run("work", "retry", aside), run("work", "park", due, "--json")
    body = json.loads(run("work", "list", "--json").output)

    assert (again.exit_code, parked.exit_code) == (0, 0)
    assert again.output.startswith(f"{aside} (PROPOSAL of account_")
    assert "is due again" in again.output
    assert (json.loads(parked.output)["next_at"], json.loads(parked.output)["problem"]) == (None, "PutAside")
    assert {row["id"]: (row["state"], row["failures"]) for row in body["rows"]} == {
        due: ("PARKED", 0),
        aside: ("DUE", 0),
    }


@pytest.mark.parametrize("move", ["retry", "park"])
def test_a_row_that_is_not_there_is_told_in_a_line(work: tuple[str, str], move: str) -> None:
    result = run("work", move, "deadline_none")

    assert result.exit_code == 1
    assert result.output == "deadline_none: There is no such row: `signet work list` shows the ids.\n"


def test_work_wants_the_tables_of_this_version(folder: Path) -> None:
    result = run("work", "list")

    assert result.exit_code == 1
    assert "run `signet migrate`" in result.output


def test_the_doctor_names_what_waits_and_what_was_put_aside(work: tuple[str, str]) -> None:
    due, _ = work

    waiting = run("doctor")
    run("work", "park", due)
    parked = run("doctor")

    assert (waiting.exit_code, parked.exit_code) == (1, 1)
    assert "✗ What is due waits: 1 due (since 2026-03-02 03:59:58 UTC)" in waiting.output
    assert "✗ Rows of work are put aside: 1" in waiting.output
    assert "What is due waits" not in parked.output
    assert "✗ Rows of work are put aside: 2" in parked.output
    assert "`signet work retry ID`" in parked.output


def test_the_doctor_says_that_the_clock_is_ahead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate")
    monkeypatch.setenv("SIGNET_CLOCK_OFFSET", "35d")

    result = run("doctor")

    assert result.exit_code == 0, result.output
    assert "! The clock is set ahead by 35 days, 0:00:00" in result.output


@pytest.mark.parametrize(
    ("today", "marks"),
    [
        (datetime(2026, 3, 2, 4, 0, tzinfo=UTC), [Mark.GOOD, Mark.GOOD]),
        (datetime(2089, 3, 2, 4, 0, tzinfo=UTC), [Mark.WARNING, Mark.GOOD]),
        (datetime(2089, 11, 20, 4, 0, tzinfo=UTC), [Mark.WARNING, Mark.WARNING]),
    ],
)
def test_the_doctor_warns_of_a_year_that_due_dates_reach_and_nobody_published(
    today: datetime, marks: list[Mark]
) -> None:
    found = list(years_told(WorkingDays(), today))

    assert [finding.mark for finding in found] == marks
    assert [str(today.year + i) in finding.what for i, finding in enumerate(found)] == [True, True]
    assert all("SIGNET_HOLIDAYS" in finding.cure for finding in found if finding.mark is Mark.WARNING)


def test_a_year_that_is_not_published_is_logged_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    calendar = calendar_of(Settings())

    for _ in range(3):
        calendar.after(datetime(2190, 12, 29, 4, 0, tzinfo=UTC), 5)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["year"], line["level"]) for line in lines] == [
        ("calendar.year_unknown", 2190, "warning"),
        ("calendar.year_unknown", 2191, "warning"),
    ]


LIVE = row_of("provider", jurisdiction=authority_id("310000"), state="REGISTERED", mode="PRODUCTION", settings={})


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",), ("serve", "--demo", "--port", "0")])
def test_where_somebody_is_live_the_clock_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, databases: Databases, command: tuple[str, ...]
) -> None:
    url = databases.migrated("postgresql")
    monkeypatch.setenv("SIGNET_DATABASE_URL", url)

    async def go_live() -> None:
        async with opened(url) as database:
            insert = sa.insert(METADATA.tables["provider"])
            await database.write(lambda transaction: transaction.fetch_each(insert, [LIVE]))

    asyncio.run(go_live())

    result = run(*command, "--clock-offset", "35d")

    assert result.exit_code == 2, result.output
    assert "only where every provider is a sandbox" in result.output
    assert "Providers in production: 1." in result.output


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_an_offset_that_is_none_is_told_in_a_line(folder: Path, command: str) -> None:
    result = run(command, "--clock-offset", "next week")

    assert result.exit_code == 2
    assert "SIGNET_CLOCK_OFFSET" in result.output
    assert "35d, 12h or 1d12h30m" in result.output
    assert list(folder.iterdir()) == []


def test_a_server_whose_clock_is_ahead_says_so_and_where_it_answers(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import app; app()", "serve", "--port", "0", "--clock-offset", "35d"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=10)
    finally:
        process.kill()

    assert line.endswith("/graphql\n")
    said = [json.loads(one) for one in logged.splitlines()]
    assert [(one["event"], one["seconds"]) for one in said] == [("clock.ahead", 35 * 86_400)]
