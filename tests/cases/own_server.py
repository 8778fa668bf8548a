"""A PostgreSQL of a test's own, to stop, kill or freeze; and every door at which an outage can show."""

from __future__ import annotations

import asyncio
import signal
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

import httpx2
import psutil

from tests.databases import SETTINGS, PostgresServer, migrate
from tests.world import Person, Provider, World, unique

# A write that is acknowledged has left the server's processes, which are all that dies here: not the machine.
DURABLE: Final = "synchronous_commit = on\nfsync = off\nfull_page_writes = off\n"
IN_TIME: Final = 30.0  # a bound on the test, above all bounds of the settings it uses
# Bounds so short that a test need not wait.
HASTY: Final[Mapping[str, Any]] = {
    "database_connections_max": 3,
    "database_connect_seconds": 0.5,
    "database_acquire_seconds": 0.5,
    "database_lock_seconds": 0.3,
    "database_statement_seconds": 0.6,
    "worker": False,
}
VIEWER: Final = "{ viewer { role } accounts(first: 1) { nodes { id } } }"
RECEIPT: Final = '{ noticeByReceipt(number: "N-0000000000", secret: "x") { receiptNumber } }'
PAGES: Final = ("/register?name=x", "/register/SG-330000-2026-0000001", "/badges/badge_0", "/badges/status.json")


class OwnServer(PostgresServer):
    """A server that no other test uses."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._settings = SETTINGS + DURABLE

    def start(self) -> None:
        """Start it, unless it runs."""
        super().start()
        self._leader = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))

    def migrated(self) -> str:
        """The URL of a new database with all tables."""
        url = self.create(unique("signet_"))
        migrate(url)
        return url

    def freeze(self) -> None:
        """Stop all its processes where they are, as a machine does that stands still."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End all its processes at once, as a crash does."""
        psutil.wait_procs(self._signal(signal.SIGKILL), timeout=IN_TIME)
        (self._data / "postmaster.pid").unlink()  # where nobody buries the dead its process seems to be there

    def _signal(self, number: signal.Signals) -> list[psutil.Process]:
        """To the first of its processes first: it would replace the others."""
        everyone = [self._leader, *self._leader.children(recursive=True)]
        for process in everyone:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return everyone


@contextmanager
def own_server(within: Path | None = None) -> Iterator[OwnServer]:
    """A server that runs until the block ends, in a short folder: the path of its socket may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=within))
    folder.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    server = OwnServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        rmtree(folder, ignore_errors=True)


async def knocked(world: World, provider: Provider) -> dict[str, httpx2.Response]:
    """What is answered at every door: queries, steps, documents, pages. None may be left waiting."""
    person, client = provider.integration, world.client
    bearer = {"authorization": f"Bearer {provider.officer.token}"}
    asked = {
        "query": person.post(VIEWER),
        "receipt": world.public.post(RECEIPT),
        "step": enrolling(person),
        "document": client.post("/documents", content=b"%PDF-1.7\n", headers=bearer),
        **{path: client.get(path) for path in PAGES},
    }
    async with asyncio.timeout(IN_TIME):
        answers = await asyncio.gather(*asked.values())
    return dict(zip(asked, answers, strict=True))


def expect_away(answers: Mapping[str, httpx2.Response], *doors: str) -> None:
    """503 with its code, its cure and when to ask again."""
    for door in doors or answers:
        answer = answers[door]
        assert answer.status_code == 503, (door, answer.text)
        assert int(answer.headers["retry-after"]) > 0, door
        assert "TRY_AGAIN" in answer.text, door
        assert "FAULT" not in answer.text, door


def enrolling(person: Person, key: str = "", subject: str = "") -> Any:
    """A step that writes: a holder enrols."""
    given = {
        "issuer": "signet-dev", "subject": subject or unique("subject-"), "subjectType": "INDIVIDUAL",
        "displayName": "示例使用者", "division": "330100", "idempotencyKey": key or unique("key-"),
    }  # fmt: skip
    query = (
        "mutation($input: HolderEnrolInput!) { holderEnrol(input: $input)"
        " { holder { id } step { id } problems { code } } }"
    )
    return person.post(query, {"input": given})
