"""`signet import-register`: import a published register from a file, with a progress bar and a report (Art. 7)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from api.app import calendar_of, expect_clock, system_clock
from api.settings import Settings
from domain.problems import Refused
from domain.register import RegisterKind
from workflows.clock_offset import OffsetRefused, ahead
from workflows.database import Database
from workflows.licence_doubts import tell_doubts
from workflows.migrations import SQLITE_PREFIX, UnknownDatabase, migrate, open_database
from workflows.register_import import ImportReport, import_register, quarantined_rows

PIECE_BYTES: Final = 256 * 1024
BY_COMMAND_LINE: Final = "COMMAND_LINE"
EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130
_WRITABLE: Final = 0o222


def import_register_command(
    file: Annotated[Path, typer.Argument(help="The register: CSV in UTF-8 or GB18030.", exists=True, dir_okay=False)],
    kind: Annotated[RegisterKind, typer.Option(help="Which register it is.", case_sensitive=False)],
    report: Annotated[
        Path | None, typer.Option(help="Where to write the report; else beside FILE, or here if that is read-only.")
    ] = None,
) -> None:
    """Import a published register. The same file again changes nothing; after an interruption it goes on."""
    told = Console(stderr=True)
    target = report or default_report(file)
    if not target.parent.is_dir():
        told.print(f"[red]There is no folder {escape(str(target.parent))} for the report: name another with --report.")
        raise typer.Exit(EXIT_USAGE)
    try:
        settings = Settings()
        url = settings.database_url
        if url.startswith(SQLITE_PREFIX):
            migrate(url)
        done, due = asyncio.run(_run(file, kind, target, settings, told))
    except Refused as refused:
        for problem in refused.problems:
            told.print(f"[red]{problem.code}[/]: {escape(problem.message)}\n{escape(problem.fix)}")
        raise typer.Exit(EXIT_REFUSED) from refused
    except ValidationError as invalid:
        told.print(f"[red]{escape(str(invalid))}")
        raise typer.Exit(EXIT_USAGE) from invalid
    except KeyboardInterrupt as interrupt:
        told.print("Interrupted. What was read is kept: the same command goes on from there.")
        raise typer.Exit(EXIT_INTERRUPTED) from interrupt
    except (UnknownDatabase, OffsetRefused) as unusable:
        told.print(f"[red]{escape(str(unusable))}")
        raise typer.Exit(EXIT_USAGE) from unusable
    except asyncpg.UndefinedTableError as missing:
        told.print("[red]The database has no tables yet:[/] run `signet migrate` first.")
        raise typer.Exit(EXIT_REFUSED) from missing
    Console().print(_summary(done, target, due), highlight=False)


def default_report(file: Path) -> Path:
    """Beside the file; in the current folder where nobody may write beside it."""
    folder = file.resolve().parent
    is_writable = folder.stat().st_mode & _WRITABLE and os.access(folder, os.W_OK)
    return (folder if is_writable else Path.cwd()) / f"{file.name}.report.json"


async def pieces_of(file: Path) -> AsyncIterator[bytes]:
    """The file from its beginning, in pieces."""
    opened = await asyncio.to_thread(file.open, "rb")
    with opened:
        while piece := await asyncio.to_thread(opened.read, PIECE_BYTES):
            yield piece


async def _run(
    file: Path, kind: RegisterKind, target: Path, settings: Settings, told: Console
) -> tuple[ImportReport, int]:
    """Import, report, and tell of the licences in doubt: an interruption of that is made good by whoever is next."""
    size_bytes = (await asyncio.to_thread(file.stat)).st_size
    database = await open_database(settings.database_url, settings.patient_reach)
    clock = ahead(system_clock, settings.clock_offset)
    try:
        await expect_clock(settings, database)
        with _bar(told) as bar:
            task = bar.add_task(escape(file.name), total=2 * size_bytes, rows=0)
            done = await import_register(
                database, clock, kind, lambda: pieces_of(file), BY_COMMAND_LINE, _mover(bar, task)
            )
        await write_report(database, done, file.name, target)
        due = await tell_doubts(database, clock, calendar_of(settings))
    finally:
        await database.close()
    return done, due


def _bar(told: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    return Progress(*columns, TimeRemainingColumn(), console=told)


def _mover(bar: Progress, task: TaskID) -> Callable[[int, int], None]:
    def move(rows: int, read_bytes: int) -> None:
        bar.update(task, completed=read_bytes, rows=rows)

    return move


async def write_report(database: Database, done: ImportReport, file_name: str, target: Path) -> None:
    """Write how the import went as JSON: a line each for the rows that were not let in."""
    head = {"file": file_name} | asdict(done)
    unfinished = target.with_name(f"{target.name}.part")
    with unfinished.open("wb") as out:
        out.write(orjson.dumps(head)[:-1] + b',"quarantined":[')
        separator = b"\n"
        async for row in quarantined_rows(database, done.import_id):
            shown = {"line": row.line, "reason": row.reason, "means": row.reason.en, "raw": row.raw}
            out.write(separator + orjson.dumps(shown))
            separator = b",\n"
        out.write(b"\n]}\n")
    unfinished.replace(target)


def _summary(done: ImportReport, target: Path, due: int) -> str:
    counts = done.counts
    resumed = f" (resumed after {done.resumed_at:,})" if done.resumed_at else ""
    missing = f"; {counts.missing:,} known before are not in it" if counts.missing else ""
    in_doubt = f" {due:,} permissions rest on a licence in doubt: their providers are told." if due else ""
    return (
        f"{counts.read:,} rows{resumed}: {counts.created:,} created, {counts.changed:,} changed, "
        f"{counts.unchanged:,} unchanged, {counts.quarantined:,} quarantined{missing}. "
        f"Encoding {done.encoding.en}.{in_doubt} Report: {escape(str(target))}"
    )
