"""`kill -9` at any moment under load: nothing acknowledged is lost, and what is stored holds together (Art. 8).

A real server is killed at random, again and again, while people work on it; the same requests are sent again after the
restart, with the same keys.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx2
import pytest
import sqlalchemy as sa

from domain.agreement import Baseline
from domain.journal import Position, Step
from domain.outbox import Event
from domain.table import table_of
from tests.world import KEYS, Person, Provider, document, mobile, opened_world, resident_id, unique
from workflows.database import Database, compile_once
from workflows.engine import NEW
from workflows.migrations import open_database
from workflows.registry import WORKFLOWS
from workflows.soundness import verify_chains

ROUNDS: Final = 20
WORKERS: Final = 4
REPEATED: Final = 300  # of all requests, after the last restart
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass
class Request:
    """A mutation sent with a key, and what it answered, if it did."""

    person: Person
    mutation: str
    given: dict[str, Any]
    answer: tuple[str, str] | None = None  # ids of the case and of the step


@dataclass
class Load:
    """People at work on one server, and everything they sent."""

    provider: Provider
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def send(self, client: httpx2.AsyncClient, request: Request) -> dict[str, Any] | None:
        """What was answered; None where the server was gone."""
        query = document(request.mutation, "stateCode")
        headers = {"authorization": f"Bearer {request.person.token}"}
        body = {"query": query, "variables": {"input": request.given}}
        response = await client.post("/graphql", json=body, headers=headers)
        if response.status_code != 200:
            self.faults.append(f"{request.mutation} {response.status_code} {response.text[:300]}")
            return None
        payload: dict[str, Any] = response.json()["data"][request.mutation]
        if payload["problems"]:
            if payload["problems"][0]["code"] != "TRY_AGAIN":
                self.faults.append(f"{request.mutation} {payload['problems']}")
            return None
        return payload

    async def take(self, client: httpx2.AsyncClient, person: Person, mutation: str, **given: Any) -> dict[str, Any]:
        """One step, noted as sent before it is and as answered once it was."""
        request = Request(person, mutation, {**given, "idempotencyKey": unique("key-")})
        self.requests.append(request)
        payload = await self.send(client, request)
        if payload is None:
            raise Gone
        request.answer = payload["case"]["id"], (payload["step"] or {}).get("id", "")
        case: dict[str, Any] = payload["case"]
        return case

    async def work(self, client: httpx2.AsyncClient) -> None:
        """Holder after holder, from their enrolment to the approval of an account, until the server is gone."""
        with suppress(Gone, httpx2.HTTPError):
            while True:
                await self.one_life(client)

    async def one_life(self, client: httpx2.AsyncClient) -> None:
        """One holder's application, all the way to its filing."""
        staff, subject = self.provider.integration, unique("subject-")
        named = {"subjectType": "INDIVIDUAL", "displayName": unique("示例使用者"), "division": "330100"}
        holder = await self.take(client, staff, "holderEnrol", issuer="signet-dev", subject=subject, **named)
        found = await client.post(
            "/graphql",
            json={
                "query": "query($id: ID!) { holder(id: $id) { identity { id } } }",
                "variables": {"id": holder["id"]},
            },
            headers={"authorization": f"Bearer {staff.token}"},
        )
        identity = found.json()["data"]["holder"]["identity"]["id"]
        values = {"legalName": "欧阳示例", "residentId": resident_id(), "mobile": mobile()}
        await self.take(client, staff, "identitySubmit", id=identity, version=0, **values)
        await self.take(client, staff, "identityVerify", id=identity, version=1, method="DOCUMENT_CHECK")
        await self.take(
            client, staff, "agreementConsent", id=holder["id"], version=1, agreementId=self.provider.agreement_id,
            clauses=[baseline.value for baseline in Baseline], channel="APP", consentedAt=_now().isoformat(),
        )  # fmt: skip
        particulars = {
            "handle": unique("h"), "displayName": unique("絮语"), "description": "日常分享", "category": "LIFESTYLE",
            "division": "330100",
            "materials": [{"kind": "OPERATOR_ID", "reference": unique("ref-"), "sha256": "0" * 64}],
        }  # fmt: skip
        account = await self.take(client, staff, "accountApply", holderId=holder["id"], particulars=particulars)
        reviewer = self.provider.reviewer
        await self.take(client, reviewer, "accountClaim", id=account["id"])
        await self.take(client, reviewer, "accountApprove", id=account["id"], version=1, category="LIFESTYLE")


class Gone(Exception):
    """The server did not answer."""


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def served(database_url: str, folder: Path) -> AsyncIterator[tuple[subprocess.Popen[str], str]]:
    """`signet serve` on a free port, killed at the end if nobody did before."""
    secrets = {
        f"SIGNET_KEYS__{name.upper()}": getattr(KEYS, name).get_secret_value() for name in ("mask", "clear", "index")
    }
    process = subprocess.Popen(  # noqa: ASYNC220 - it is killed, not awaited
        [sys.executable, "-c", "from api.cli import app; app()", "serve", "--port", "0"],
        cwd=folder,
        env={**os.environ, **secrets, "PYTHONPATH": str(ROOT), "SIGNET_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr.txt").open("w"),
        text=True,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        assert "http://" in line, (folder / "stderr.txt").read_text()[-2_000:]
        yield process, line.split()[-1].removesuffix("/graphql")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


async def fetched(database: Database, clause: Any) -> list[Any]:
    statement = compile_once(clause, database.dialect)
    return list(await database.read(lambda connection: connection.fetch(statement, {})))


async def check_stored(database: Database) -> int:
    """Chains verify, every state is the fold of its journal, events are the steps; how many steps there are."""
    step, event = table_of(Step), table_of(Event)
    assert (await verify_chains(database)).are_whole
    told = Counter(row[0] for row in await fetched(database, sa.select(event.c.step_id)))
    columns = (
        step.c.id,
        step.c.case_kind,
        step.c.case_id,
        step.c.seq,
        step.c.trigger,
        step.c.from_state,
        step.c.to_state,
    )
    steps = await fetched(database, sa.select(*columns).order_by(step.c.case_id, step.c.seq))
    assert told == Counter({row[0]: 1 for row in steps})
    folded: dict[tuple[str, str], tuple[str, int]] = {}
    for _, kind, case, seq, trigger, before, after in steps:
        state, last = folded.get((kind, case), (before or NEW, 0))
        assert (seq, before or NEW, WORKFLOWS[kind].after(trigger, state)) == (last + 1, state, after)
        folded[kind, case] = after, seq
    for kind, workflow in WORKFLOWS.items():
        table = table_of(workflow.model)
        for case, state, seq in await fetched(database, sa.select(table.c.id, table.c.state, table.c.seq)):
            begun = str(workflow.initial) if workflow.initial else NEW
            assert folded.get((kind, case), (begun, 0)) == (state, seq)
    return len(steps)


async def check_positions(database: Database) -> None:
    """Every step has its place, dense and in order, once the sequencer has run again."""
    step, position = table_of(Step), table_of(Position)
    numbered = (
        sa.select(position.c.position, step.c.case_id, step.c.seq)
        .join(step, step.c.id == position.c.step_id).order_by(position.c.position)
    )  # fmt: skip
    count = sa.select(sa.func.count()).select_from(step)
    until = monotonic() + 10
    while len(rows := await fetched(database, numbered)) < (await fetched(database, count))[0][0]:
        assert monotonic() < until, "the sequencer left steps without a position"
        await asyncio.sleep(0.1)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    last: dict[str, int] = {}
    for _, case, seq in rows:
        assert seq == last.get(case, 0) + 1
        last[case] = seq


async def check_repeats(load: Load, client: httpx2.AsyncClient, requests: list[Request]) -> None:
    """What was acknowledged is there under the same ids; what was not is carried out once, however often it is sent."""
    for request in requests:
        answers = []
        for _ in range(1 if request.answer else 2):
            payload = await load.send(client, request)
            if payload is not None:
                answers.append((payload["case"]["id"], (payload["step"] or {}).get("id", "")))
        if request.answer:
            assert answers == [request.answer], request.mutation
        else:
            assert len(set(answers)) <= 1


@pytest.fixture
async def load(own_database_url: str) -> Load:
    async with opened_world(own_database_url) as world:
        world.clock.now = _now()
        provider = await world.provider()
    return Load(provider)


@pytest.mark.seeds(long=1, night=24)
async def test_nothing_acknowledged_is_lost_however_often_the_server_is_killed(
    own_database_url: str, load: Load, tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    chance, acknowledged, unanswered, steps = random.Random(seed), 0, 0, 0
    last: list[Request] = []
    for _ in range(ROUNDS):
        async with served(own_database_url, tmp_path) as (process, url), _client(url) as client:
            load.provider.world.clock.now = _now()
            await check_repeats(load, client, last)
            begun = len(load.requests)
            workers = [asyncio.create_task(load.work(client)) for _ in range(WORKERS)]
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            process.send_signal(signal.SIGKILL)
            await asyncio.gather(*workers)
            last = load.requests[begun:]
        acknowledged += sum(request.answer is not None for request in last)
        unanswered += sum(request.answer is None for request in last)
        database = await open_database(own_database_url)
        try:
            stored = await check_stored(database)
        finally:
            await database.close()
        assert stored >= steps
        steps = stored
    async with served(own_database_url, tmp_path) as (_, url), _client(url) as client:
        load.provider.world.clock.now = _now()
        await check_repeats(load, client, chance.sample(load.requests, min(len(load.requests), REPEATED)))
        database = await open_database(own_database_url)
        try:
            await check_positions(database)
            await check_stored(database)
        finally:
            await database.close()

    record_property("killed", ROUNDS)
    record_property("acknowledged", acknowledged)
    assert load.faults == []
    assert acknowledged > ROUNDS * WORKERS
    assert unanswered > 0


def _client(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=20)
