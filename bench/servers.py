"""The processes that are measured: started on a core of their own, watched from outside, ended by their ids (Linux)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import urlopen

START_SECONDS_MAX: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_CORES: Final = sorted(os.sched_getaffinity(0))


class ServerFailed(Exception):
    """A server did not start: what it wrote stands above."""


@dataclass
class Server:
    """One process behind a port."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    started_seconds: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu_seconds(self) -> float:
        """The processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self, *, peak: bool = False) -> float:
        """The memory that it holds, or the most that it ever did."""
        word = "VmHWM:" if peak else "VmRSS:"
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(word)) / 1024

    def pause(self) -> None:
        """Let it do nothing while the other is measured."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def product(database_url: str, secrets: Mapping[str, str]) -> Server:
    """`signet serve`, as anybody would start it, but for the limit on unknown documents."""
    environment = {
        "SIGNET_DATABASE_URL": database_url,
        "SIGNET_UNKNOWN_DOCUMENTS_PER_MINUTE": "1000000",
        **{f"SIGNET_KEYS__{name.upper()}": secret for name, secret in secrets.items()},
    }
    command = ["-c", "from api.cli import app; app()", "serve", "--port"]
    return _started("signet", command, "/health", environment)


def bare(database_url: str, secrets: Mapping[str, str]) -> Server:
    """The hand-written endpoint beside it."""
    environment = {"BARE_DATABASE_URL": database_url, **{f"BARE_{name.upper()}": s for name, s in secrets.items()}}
    return _started("bare", ["-m", "bench.bare"], "/health", environment)


def _started(name: str, command: Sequence[str], path: str, environment: Mapping[str, str]) -> Server:
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGNET_")}
    began = time.perf_counter()
    with on_core(1):
        process = subprocess.Popen(  # noqa: S603 - both are programs of ours
            [sys.executable, *command, str(port)],
            env={**kept, **environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent,
        )
    while time.perf_counter() - began < START_SECONDS_MAX and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=1):
                return Server(name, process, port, time.perf_counter() - began)
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise ServerFailed(name)


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started in here runs on that core; nothing is bound where there is but one."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {_CORES[number % len(_CORES)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])
