"""PgBouncer from the distribution, in transaction mode before the PostgreSQL of the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest

POOLED: Final = "SIGNET_DATABASE_POOLED"  # in the environment of a run: its databases are reached through it
START_SECONDS: Final = 10
_SETTINGS: Final = """\
[databases]
* = host={sockets} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
server_idle_timeout = 2
logfile = {folder}/pgbouncer.log
"""


def program() -> str:
    """Where it is; the test is skipped where it is not."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("PgBouncer is not installed here: apt-get install pgbouncer")
    return found


@contextmanager
def pooler(sockets: str, more: str = "") -> Iterator[int]:
    """A PgBouncer before the server whose sockets lie there, until the block ends; its port."""
    found, is_root = program(), os.geteuid() == 0  # as whom it refuses to run
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="pooler-") as folder:
        Path(folder).chmod(0o777 if is_root else 0o700)
        settings = Path(folder) / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(sockets=sockets, port=port, folder=folder) + more)
        process = subprocess.Popen(
            [found, str(settings)], user=Path(sockets).stat().st_uid if is_root else None, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def pooled_url(port: int, database: str) -> str:
    """Where a driver reaches the database of that name through it."""
    return f"postgresql://postgres@127.0.0.1:{port}/{database}"


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "PgBouncer ended at its start"
            assert monotonic() < until, "PgBouncer does not answer"
            sleep(0.05)
        else:
            return
