"""`python -m bench.adopt`: the processor time of an account adopted in bulk, beside that of one applied for by itself.

Both go through the whole server, in this process: document, plan, steps, journal, payload. Other work on the machine
does not count; the database's own does where it is SQLite, which runs inside.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson
from rich.console import Console
from stdnum.cn import ric

from api import dev_issuer  # the tokens a trial makes for itself
from api.app import Deployment, create_app, opened
from api.settings import SecretKeys, Settings
from bench.database import Database
from domain.agreement import Baseline
from domain.authorities import authority_id
from domain.policy.roles import Role
from domain.viewer import Viewer
from workflows.migrations import migrate
from workflows.registry import WORKFLOWS
from workflows.staff import StaffEnrol
from workflows.unit_of_work import carry_out

GOAL: Final = 0.25
HOLDERS: Final = 100  # as many as a transaction has items: each item of one has a holder of its own
ROUNDS: Final = 5
SINGLE: Final = 60
FILL: Final = 500
_KEYS: Final = SecretKeys(**{n: b64encode(n.encode().ljust(32)[:32]).decode() for n in ("mask", "clear", "index")})
_PAYLOAD: Final = "step { id } problems { code path }"
_BATCH: Final = f"batch {{ id version digest waiting }} proposal {{ id hash }} results {{ index id step }} {_PAYLOAD}"
_numbers = count(1)


@dataclass
class Server:
    """The application, asked without a network."""

    app: Any
    deployment: Deployment

    async def ask(self, token: str, mutation: str, payload: str, type_: str = "", **input_: Any) -> dict[str, Any]:
        """What a mutation answered; a refusal ends the measurement."""
        named = type_ or mutation[0].upper() + mutation[1:]
        query = f"mutation($input: {named}Input!) {{ {mutation}(input: $input) {{ {payload} }} }}"
        body = orjson.dumps({"query": query, "variables": {"input": input_}})
        sent: list[bytes] = []
        headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
                 "query_string": b"", "headers": headers, "scheme": "http", "server": ("bench", 80),
                 "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0"}}  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message.get("body", b""))

        await self.app(scope, receive, send)
        answer = orjson.loads(b"".join(sent))
        if "data" not in answer:
            raise SystemExit(str(answer))
        found: dict[str, Any] = answer["data"][mutation]
        if found["problems"]:
            raise SystemExit(f"{mutation}: {found['problems'][:3]}")
        return found

    def token(self, subject: str, role: Role, provider_id: str | None = None) -> str:
        keys, now = self.deployment.office.keys, self.deployment.office.clock()
        of = provider_id if role is Role.HOLDER else None
        return dev_issuer.token(
            keys, subject=subject, audience="signet", now=now, minutes=15, role=role, provider_id=of
        )

    async def enrol(self, role: Role, **body: str) -> str:
        """The token of a new member of staff."""
        subject = f"{role}-{next(_numbers)}"
        command = StaffEnrol(issuer=dev_issuer.ISSUER, subject=subject, role=role, staff_number=subject,
                             resident_id=_resident_id(), idempotency_key=_key(), **body)  # fmt: skip
        operator = Viewer("operator", Role.OPERATOR)
        done = await carry_out(self.deployment.office, operator, WORKFLOWS["staff"], "enrol", command)
        if done.problems:
            raise SystemExit(str(done.problems))
        return self.token(subject, role)


def _key() -> str:
    return f"bench-key-{next(_numbers)}"


def _resident_id() -> str:
    bare = f"00000019{60 + next(_numbers) % 30}0101{next(_numbers) % 1000:03d}"
    return bare + str(ric.calc_check_digit(bare + "0"))


async def _provider(server: Server) -> tuple[str, str, str, list[str]]:
    """A provider that may adopt: tokens of its officer and its systems, its id, the ids of its holders."""
    regulator = await server.enrol(Role.PROVINCIAL_REGULATOR, authority_id=authority_id("330000"))
    named = {"name": "示例即时通信", "uscc": "91350100M000100Y43", "division": "330100", "idempotencyKey": _key()}
    made = await server.ask(regulator, "providerRegister", f"provider {{ id }} {_PAYLOAD}", **named)
    id_ = made["provider"]["id"]
    settings = {"id": id_, "version": 1, "adoptionUntil": "2099-01-01T00:00:00Z", "idempotencyKey": _key()}
    await server.ask(regulator, "providerConfigure", _PAYLOAD, **settings)
    officer = await server.enrol(Role.COMPLIANCE_OFFICER, provider_id=id_)
    machine = await server.enrol(Role.INTEGRATION, provider_id=id_)
    await server.ask(officer, "providerConfigure", _PAYLOAD, id=id_, version=2, quotaIndividual=1_000)
    text = "示例协议"
    clauses = [{"baseline": baseline.value, "words": baseline.zh} for baseline in Baseline]
    published: dict[str, Any] = {"body": text, "bodyHash": sha256(text.encode()).hexdigest(), "clauses": clauses}
    agreed = await server.ask(officer, "agreementPublish", f"agreement {{ id }} {_PAYLOAD}", **published,
                              idempotencyKey=_key())  # fmt: skip
    holders = [await _holder(server, machine, agreed["agreement"]["id"]) for _ in range(HOLDERS)]
    return officer, machine, id_, holders


async def _holder(server: Server, machine: str, agreement_id: str) -> str:
    """A holder who is verified and consented."""
    at = server.deployment.office.clock().isoformat()
    enrolled = {"subjectType": "INDIVIDUAL", "displayName": "示例使用者", "division": "330100"}
    select = f"holder {{ id identity {{ id }} }} {_PAYLOAD}"
    made = (await server.ask(machine, "holderEnrol", select, **enrolled, idempotencyKey=_key()))["holder"]
    person = {"legalName": "欧阳示例", "residentId": _resident_id(), "mobile": f"139{next(_numbers):08d}"}
    identity = {"id": made["identity"]["id"]}
    await server.ask(machine, "identitySubmit", _PAYLOAD, **identity, version=0, **person, idempotencyKey=_key())
    await server.ask(machine, "identityVerify", _PAYLOAD, **identity, version=1, method="DOCUMENT_CHECK",
                     idempotencyKey=_key())  # fmt: skip
    consent: dict[str, Any] = {"clauses": [one.value for one in Baseline], "channel": "WEB", "consentedAt": at}
    await server.ask(machine, "agreementConsent", _PAYLOAD, id=made["id"], version=1, agreementId=agreement_id,
                     idempotencyKey=_key(), **consent)  # fmt: skip
    return str(made["id"])


def _particulars() -> dict[str, str]:
    number = next(_numbers)
    named = {"handle": f"bench{number}", "displayName": f"旧号{number}", "description": "早已开设的账号"}
    return {**named, "category": "LIFESTYLE", "division": "330100"}


def _item(holder_id: str) -> dict[str, Any]:
    seen = {"examinedOn": "2020-06-01", "examiner": "示例审核员", "reference": "示例审核单"}
    return {"holderId": holder_id, "particulars": _particulars(), "examination": seen}


async def _applied(server: Server, machine: str, holders: list[str], number: int) -> None:
    """Accounts applied for one by one."""
    materials = [{"kind": "OPERATOR_ID", "reference": "示例", "sha256": "0" * 64}]
    for i in range(number):
        wanted = {**_particulars(), "materials": materials}
        await server.ask(machine, "accountApply", f"account {{ id version }} {_PAYLOAD}",
                         holderId=holders[i % len(holders)], particulars=wanted, idempotencyKey=_key())  # fmt: skip


async def _adopted(server: Server, officer: str, machine: str, holders: list[str], number: int) -> None:
    """Accounts adopted in one batch, from its first item to its last verdict."""
    items = [_item(holders[i % len(holders)]) for i in range(number)]
    batch: dict[str, Any] = {}
    for start in range(0, number, FILL):
        into = {"batchId": batch["id"]} if batch else {}
        chosen = {"items": items[start : start + FILL], "idempotencyKey": _key(), **into}
        batch = (await server.ask(machine, "batchFill", _BATCH, **chosen))["batch"]
    asked = {name: batch[name] for name in ("id", "version", "digest")}
    proposal = (await server.ask(machine, "accountAdopt", _BATCH, **asked, idempotencyKey=_key()))["proposal"]
    await server.ask(officer, "proposalEndorse", "problems { code path }", **proposal)
    while batch["waiting"]:
        named = {**asked, "proposal": proposal["id"], "idempotencyKey": _key()}
        batch = (await server.ask(machine, "accountAdopt", _BATCH, **named))["batch"]


async def _spent(work: Callable[[], Awaitable[None]], each: int) -> float:
    """Milliseconds of processor time for each."""
    before = time.process_time()
    await work()
    return (time.process_time() - before) * 1_000 / each


async def _measured(url: str, items: int, console: Console) -> None:
    many = {"unknown_documents_per_minute": 1_000_000}
    settings = Settings(database_url=url, keys=_KEYS, **many)  # type: ignore[arg-type]
    async with opened(settings) as deployment:
        app = create_app(settings)
        app.state.deployment = deployment
        server = Server(app, deployment)
        officer, machine, _, holders = await _provider(server)
        await _applied(server, machine, holders, 20)  # plans and statements are made once
        await _adopted(server, officer, machine, holders, 200)
        alone, ones, bulk = list[float](), list[float](), list[float]()
        each = items // ROUNDS
        for _ in range(ROUNDS):  # in turns, so that what else the machine does falls on all alike
            alone.append(await _spent(lambda: _applied(server, machine, holders, SINGLE), SINGLE))
            ones.append(await _spent(lambda: _one_by_one(server, officer, machine, holders), SINGLE // 10))
            bulk.append(await _spent(lambda: _adopted(server, officer, machine, holders, each), each))
    single, one, many_ = median(alone), median(ones), median(bulk)
    share = median(b / a for a, b in zip(alone, bulk, strict=True))
    said = "[green]reached[/]" if share <= GOAL else "[red]missed[/]"
    console.print(
        f"{url.partition(':')[0]}: applied for alone {single:.2f} ms, adopted as a batch of one {one:.2f} ms, "
        f"adopted among {items // ROUNDS:,} {many_:.2f} ms each: {share:.2f} of the first (goal {GOAL}: {said})"
    )


async def _one_by_one(server: Server, officer: str, machine: str, holders: list[str]) -> None:
    for _ in range(SINGLE // 10):
        await _adopted(server, officer, machine, holders, 1)


def main() -> None:
    """Measure on both databases, or on one."""
    parser = argparse.ArgumentParser(prog="python -m bench.adopt", description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=5_000, help="how many accounts to adopt, in five batches")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="this database alone")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="signet-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        urls = [f"sqlite:///{folder / 'adopt.sqlite3'}"]
        if chosen.only != "sqlite":
            database = Database(folder)
            stack.callback(database.stop)
            asyncio.run(database.start())
            urls.append(database.url)
        for url in urls[1 if chosen.only == "postgresql" else 0 :]:
            migrate(url)
            asyncio.run(_measured(url, chosen.items, Console(soft_wrap=True)))


if __name__ == "__main__":
    main()
