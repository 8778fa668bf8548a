"""One run: what is compared before it is measured, what is measured, what is tidied up between two rounds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import asyncpg
import orjson
from rich.console import Console

from api import dev_issuer  # the tokens a trial makes for itself
from bench import hostile, slow, workloads
from bench.aged import Aged, aged
from bench.database import Database
from bench.report import Measured
from bench.rounds import AnswersWrong, Contender, measured
from bench.servers import Server
from domain.policy.roles import Role
from domain.vault.keys import Keys
from workflows.database import Database as Port
from workflows.database import Reach
from workflows.migrations import open_database
from workflows.sequencer import sequence_once

TOKEN_MINUTES: Final = 15
GOALS: Final = {"ONE": 0.80, "LIST": 0.80, "PROVINCE": 0.85, "STEP": 0.70, "DECISION": 0.85}
_HOLDS: Final = {
    "ONE": b'"residentId":{"display"',
    "LIST": b'"latestSubmissions":[{',
    "PROVINCE": b'"journal":{"nodes":[{"seq":',
    "STEP": b'"problems":[]',
    "DECISION": b'"allowed":true',
}
_STEPPED: Final = re.compile(rb'"filing":\{[^}]*"state":"(PREPARED|SUBMITTED)","version":\d+\}')


@dataclass
class Run:
    """The servers under measurement, and what is needed to ask them."""

    database: Database
    keys: Keys
    signet: Server
    bare: Server
    console: Console
    rounds: int
    seconds: float
    connection: asyncpg.Connection
    port: Port

    @classmethod
    async def opened(
        cls, database: Database, keys: Keys, signet: Server, bare: Server, console: Console, rounds: int, seconds: float
    ) -> Run:
        connection = await asyncpg.connect(database.url)
        port = await open_database(database.url, Reach(connections_max=1))
        return cls(database, keys, signet, bare, console, rounds, seconds, connection, port)

    async def close(self) -> None:
        await self.connection.close()
        await self.port.close()

    async def measured(self, names: Sequence[str]) -> list[Measured]:
        """Measure these workloads, one after the other."""
        found = []
        for name in names:
            self.console.print(f"measuring {name}")
            found.append(await self._one_workload(name))
        return found

    async def aged(self, steps: int) -> list[Aged]:
        """What becomes of STEP as the database grows old."""
        self.console.print(f"measuring STEP after {steps:,} steps, with autovacuum off and on")
        self.bare.pause()

        async def contender() -> Contender:
            return self._contenders("STEP", await workloads.Sample.read(self.connection, self._token))[0]

        return await aged(contender, self.database, self._tidied, steps=steps, rounds=self.rounds, seconds=self.seconds)

    async def hostile(self) -> list[hostile.Spent]:
        """What hostile requests cost the product."""
        self.console.print("sending hostile requests")
        self.bare.pause()
        subject = await self.connection.fetchval("SELECT subject FROM staff WHERE role = 'COMPLIANCE_OFFICER' LIMIT 1")
        return hostile.spent(self.signet, self._token(subject, Role.COMPLIANCE_OFFICER))

    def slow(self) -> list[slow.Waited]:
        """How long others wait beside clients that keep the product waiting."""
        self.console.print("keeping the server waiting")
        return slow.waited(self.signet)

    async def _one_workload(self, name: str) -> Measured:
        sample = await workloads.Sample.read(self.connection, self._token)
        contenders = self._contenders(name, sample)
        statements = await self._statements(name, contenders)
        results = await measured(contenders, rounds=self.rounds, seconds=self.seconds, after_each=self._tidied)
        return Measured(name, GOALS[name], results, statements)

    def _contenders(self, name: str, sample: workloads.Sample) -> list[Contender]:
        async def requests(*, bare: bool, path: str = "/one") -> workloads.Connections:
            if name == "ONE":
                return workloads.one(sample, bare=bare, path=path)
            if name == "STEP":
                return await workloads.step(sample, self.connection, bare=bare)
            made = {"LIST": workloads.list_, "PROVINCE": workloads.province, "DECISION": workloads.decision}[name]
            return made(sample, bare=bare)

        holds = _HOLDS[name]
        found = [
            Contender("signet", self.signet, partial(requests, bare=False), holds),
            Contender("bare", self.bare, partial(requests, bare=True), holds),
        ]
        if name == "ONE":
            found.append(Contender("bare, shut", self.bare, partial(requests, bare=True, path="/one-shut"), holds))
        return found

    def _token(self, subject: str, role: Role) -> str:
        return dev_issuer.token(
            self.keys,
            subject=subject,
            audience="signet",
            now=datetime.now(UTC),
            minutes=TOKEN_MINUTES,
            role=role,
        )

    async def _tidied(self) -> None:
        """Give the steps of the bare endpoint their positions, which it leaves to the product's sequencer."""
        await sequence_once(self.port)

    async def _statements(self, name: str, contenders: Sequence[Contender]) -> list[int]:
        """How many statements one request is; and whether both answer the same."""
        for contender in contenders:
            contender.server.resume()
        await self.database.listen(on=True)
        counts, answers = [], []
        for contender in contenders:
            requests = (await contender.requests())[0]
            await self._sent(contender.server, requests[0])  # the viewer and the plan are known from here on
            seen, answer = [], b""
            for number in (1, 2, 3):  # the fewest of three: the sequencer may have begun one of its own meanwhile
                size = self.database.log_size()
                answer = await self._sent(contender.server, requests[number if name == "STEP" else 0])
                await asyncio.sleep(0.2)
                seen.append(len(self.database.statements(size)))
            answers.append(answer)
            counts.append(min(seen))
        await self.database.listen(on=False)
        if _data(answers[0]) != _data(answers[1]) and name != "STEP":
            raise AnswersWrong(f"{name}: the two servers answer differently")
        if name == "STEP" and not all(map(_STEPPED.search, answers)):
            raise AnswersWrong(f"{name}: {answers}")
        return counts

    async def _sent(self, server: Server, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        writer.close()
        return body


def _data(answer: bytes) -> Any:
    return orjson.loads(answer)["data"]
