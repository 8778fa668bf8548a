"""`python -m bench`: seed, start, compare what is answered, measure in turns, report (Linux; PostgreSQL of the wheel).

It ends whatever it started, by its id, and leaves nothing behind unless `--folder` names where the data may stay.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from base64 import b64encode
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import servers, workloads
from bench.database import Database
from bench.profile import Profile
from bench.report import Processes, Report, told, written
from bench.run import Run
from bench.seed import seeded
from domain.vault.keys import KeyRing

RESULTS: Final = Path(__file__).parent / "RESULTS.md"
# Keys of these measurements and of nothing else.
_SECRETS: Final = {name: bytes([number]) * 32 for number, name in enumerate(("mask", "clear", "index"), 1)}


def main() -> None:
    """Read the arguments, measure, clean up."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Signet beside a bare endpoint.")
    parser.add_argument("--accounts", type=int, default=200_000, help="how many accounts to seed")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each server under each workload")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    parser.add_argument("--steps", type=int, default=100_000, help="after how many steps STEP is measured again; or 0")
    parser.add_argument("--only", choices=workloads.NAMES, action="append", help="these workloads alone")
    parser.add_argument("--profile", type=Path, help="a load profile (JSON) that says how the data are shaped")
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it if it is there")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write the page")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended then, too
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="signet-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_measured(chosen, folder))
    finally:
        if chosen.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


async def _measured(chosen: argparse.Namespace, folder: Path) -> None:
    console = Console()
    with ExitStack() as stack:
        database = Database(folder)
        stack.callback(database.stop)
        await database.start()
        keys = KeyRing(_SECRETS["mask"], _SECRETS["clear"], _SECRETS["index"])
        await seeded(database.url, keys, Profile.read(chosen.profile), chosen.accounts)
        database.stop()
        stack.enter_context(servers.on_core(0))  # from here on the database, the load and what stands here
        await database.start()
        started = []
        for start in (servers.product, servers.bare):
            server = start(database.url, {name: b64encode(secret).decode() for name, secret in _SECRETS.items()})
            stack.callback(server.stop)
            started.append(server)
        weights = _pair([server.memory_mb() for server in started])
        run = await Run.opened(database, keys, started[0], started[1], console, chosen.rounds, chosen.seconds)
        names = chosen.only or workloads.NAMES
        found = await run.measured(names)
        aged = await run.aged(chosen.steps) if chosen.steps and "STEP" in names else []
        after = _pair([server.memory_mb() for server in started])
        times = _pair([server.started_seconds for server in started])
        spent, waited = await run.hostile(), run.slow()
        await run.close()
        at = datetime.now(UTC)
        processes = Processes(weights, after, times)
        report = Report(at, chosen.accounts, chosen.rounds, chosen.seconds, found, aged, processes, spent, waited)
    told(report, console)
    written(report, chosen.results)


def _pair(values: list[float]) -> tuple[float, float]:
    return values[0], values[1]


if __name__ == "__main__":
    main()
