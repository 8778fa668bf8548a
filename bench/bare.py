"""The bare endpoint: Starlette, asyncpg, orjson and nothing else, doing the same SQL and giving the same data.

It knows no GraphQL, no token, no limit and no policy: scope stands in its statements, a mask where its author thought
of it. Beside it every one of those things has its price shown.
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from time import time_ns
from typing import Any, Final

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench import bare_sql as sql
from domain.vault.bundle import open_bundle
from domain.vault.keys import KeyRing

_FIELDS: Final = (("legalName", "legal_name", "PARTIAL"), ("residentId", "resident_id", "LAST_FOUR"),
                  ("mobile", "mobile", "PARTIAL"), ("email", "email", "PARTIAL"))  # fmt: skip
_JSON: Final = "application/json"
_GRACE, _EAST = timedelta(days=30), timedelta(hours=8)
_numbers: Final = count(time_ns())


def _answer(data: Any) -> Response:
    return Response(orjson.dumps(data, option=orjson.OPT_UTC_Z), media_type=_JSON)


async def one(request: Request) -> Response:
    """One account with the masked forms of the identity behind it, opened from their bundle."""
    row = await _account(request)
    forms = open_bundle(request.app.state.keys, row[7], row[8], row[6])
    identity = {name: {"display": forms[field].get(form)} for name, field, form in _FIELDS}  # type: ignore[call-overload]
    return _answer({"data": {"account": {**_shown(row), "holder": {"identity": identity}}}})


async def one_shut(request: Request) -> Response:
    """The same with the bundle left shut."""
    row = await _account(request)
    identity = {name: {"display": None} for name, _, _ in _FIELDS}
    return _answer({"data": {"account": {**_shown(row), "holder": {"identity": identity}}}})


async def _account(request: Request) -> Any:
    asked = orjson.loads(await request.body())
    async with request.app.state.pool.acquire() as connection:
        return await connection.fetchrow(sql.ONE, asked["provider"], asked["id"])


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row[0],
        "handle": row[1],
        "displayName": row[2],
        "state": row[3],
        "category": row[4],
        "createdAt": row[5],
    }


async def list_(request: Request) -> Response:
    """A list of accounts, each with its holder and its latest submissions."""
    asked = orjson.loads(await request.body())
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(sql.LIST, asked["provider"], asked["state"])
        below = await connection.fetch(sql.SUBMISSIONS, [row[0] for row in rows], asked["provider"])
    submissions: dict[str, list[Any]] = {row[0]: [] for row in rows}
    for r in below:
        submissions[r[0]].append({"id": r[1], "round": r[2], "kind": r[3], "createdAt": r[4], "displayName": r[5]})
    nodes = [
        {
            "id": r[0],
            "handle": r[1],
            "displayName": r[2],
            "state": r[3],
            "createdAt": r[4],
            "holder": {"id": r[5], "displayName": r[6], "subjectType": r[7]},
            "latestSubmissions": submissions[r[0]],
        }
        for r in rows
    ]
    return _answer({"data": {"accounts": {"nodes": nodes}}})


async def province(request: Request) -> Response:
    """Accounts of a province, each with its provider, its holder and its latest two steps."""
    asked = orjson.loads(await request.body())
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(sql.PROVINCE, asked["authority"])
        below = await connection.fetch(sql.LATEST_STEPS, [row[0] for row in rows], asked["authority"])
    steps: dict[str, list[Any]] = {row[0]: [] for row in rows}
    for r in reversed(below):
        steps[r[0]].append({"seq": r[1], "trigger": r[2], "toState": r[3]})
    nodes = [
        {
            "id": r[0],
            "handle": r[1],
            "displayName": r[2],
            "state": r[3],
            "category": r[4],
            "division": r[5],
            "createdAt": r[6],
            "provider": {"id": r[7], "name": r[8]},
            "holder": {"id": r[9], "displayName": r[10], "subjectType": r[11], "division": r[12]},
            "journal": {"nodes": steps[r[0]]},
        }
        for r in rows
    ]
    return _answer({"data": {"accounts": {"nodes": nodes}}})


async def decision(request: Request) -> Response:
    """Whether an account may publish something that is no news."""
    asked, now = orjson.loads(await request.body()), datetime.now(UTC)
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(sql.DECISION, now, asked["provider"], [asked["handle"].lower()])
    return _answer({"data": {"publishingDecision": _decided(rows, now)}})


def _decided(rows: Any, now: datetime) -> dict[str, Any]:
    """What its author thought of, for an account on file at a provider that is on trial."""
    row = rows[0]
    measures = {r["measure"]: r for r in rows if r["measure"] is not None and r["from_at"] <= now}
    lost_at = row["lost_at"] and max(row["lost_at"], row["created_at"]) + _GRACE
    ends = {"AGREEMENT_LAPSED": lost_at, "IDENTITY_LAPSED": row["verified_until"] + _GRACE}
    blocks = [{"code": code, "until": None} for code, end in ends.items() if end is not None and end <= now]
    blocks += [{"code": r["level"], "until": r["measure_until"]} for r in measures.values()]
    if row["state"] not in ("FILED", "BADGED") and now <= row["due_at"]:
        blocks.insert(0, {"code": "NOT_FILED", "until": row["due_at"]})
    midnight = (now + _EAST).replace(hour=0, minute=0, second=0, microsecond=0) - _EAST + timedelta(days=1)
    untils = (r["measure_until"] for r in measures.values())
    turning = (midnight, row["due_at"], row["closing_at"], *ends.values(), *untils)
    turns = (at for at in turning if at is not None and at > now)
    valid_for = min(60, int((min(turns) - now).total_seconds()))
    said = {"account": row["id"], "handle": row["handle"], "allowed": not blocks}
    return {**said, "blockedBy": blocks, "validFor": valid_for}


async def submit(request: Request) -> Response:
    """Submit a filing."""
    return await _step(request, "submit", ("PREPARED", "RETURNED"), "SUBMITTED", "FILING_DECISION")


async def pull_back(request: Request) -> Response:
    """Take it back."""
    return await _step(request, "pull_back", ("SUBMITTED",), "PREPARED", "FILING_SUBMISSION")


async def _step(request: Request, trigger: str, sources: tuple[str, ...], target: str, kind: str) -> Response:
    asked, now = orjson.loads(await request.body()), datetime.now(UTC)
    id_, version, provider = asked["id"], asked["version"], asked["provider"]
    async with request.app.state.pool.acquire() as connection:
        async with connection.transaction():
            viewer = (await connection.fetch(sql.VIEWER, "signet-dev", asked["subject"]))[0]
            await connection.fetch(sql.LOCK, id_, provider)
            filing = (await connection.fetch(sql.FILING, id_, provider))[0]
            deadlines = await connection.fetch(sql.DEADLINES, [id_, filing["account_id"]])
            if filing["state"] not in sources or filing["seq"] != version or viewer["state"] != "ENROLLED":
                return _answer({"data": None})
            step = _linked(filing, viewer, trigger, target, now)
            due_at = now + timedelta(days=10)
            await connection.execute(sql.STEP, *step.values())
            await connection.execute(sql.EVENT, *_event(step, filing, trigger, target, now))
            await connection.execute(sql.DEADLINE, *_deadline(filing, kind, now, due_at))
            moved: tuple[Any, ...] = (due_at, "RUNNING", target, version + 1, step["hash"], now)
            if trigger == "submit":
                moved += (filing["round"] + 1, now, "[]")
            statement = sql.SUBMITTED if trigger == "submit" else sql.PULLED_BACK
            await connection.fetch(statement, *moved, id_, version)
            outcome = "MET" if trigger == "submit" else "MOOT"
            for row in deadlines:
                await connection.execute(sql.SETTLED, None, now, outcome, row["id"])
        shown = (await connection.fetch(sql.PAYLOAD, [id_], provider))[0]
    payload = {"filing": {"id": shown[0], "state": shown[1], "version": shown[2]}, "problems": []}
    return _answer({"data": {"filingSubmit" if trigger == "submit" else "filingPullBack": payload}})


def _linked(filing: Any, viewer: Any, trigger: str, target: str, now: datetime) -> dict[str, Any]:
    step = {
        "id": _id("step"), "case_kind": "filing", "case_id": filing["id"], "root_id": filing["account_id"],
        "provider_id": filing["provider_id"], "jurisdiction": filing["jurisdiction"], "holder_id": filing["holder_id"],
        "seq": filing["seq"] + 1, "trigger": trigger, "from_state": filing["state"], "to_state": target,
        "actor_id": viewer["id"], "actor_role": viewer["role"], "actor_number": viewer["staff_number"], "cause": None,
        "cause_kind": None, "reason_codes": "", "legal_bases": "", "ruleset": 1,
        "details": orjson.dumps({"round": filing["round"] + 1}).decode() if trigger == "submit" else "{}",
        "texts": "", "skipped": "", "at": now, "prev_hash": filing["head"],
    }  # fmt: skip
    step["hash"] = sha256(filing["head"] + orjson.dumps(["bare-step-1", *list(step.values())[:-1]])).digest()
    return step


def _event(step: dict[str, Any], filing: Any, trigger: str, target: str, now: datetime) -> tuple[Any, ...]:
    whose = (filing["provider_id"], filing["jurisdiction"], filing["holder_id"])
    return (_id("event"), step["id"], f"filing.{trigger}", filing["id"], step["seq"], target, now, *whose)


def _deadline(filing: Any, kind: str, now: datetime, due_at: datetime) -> tuple[Any, ...]:
    of = (filing["account_id"], "filing", filing["id"])
    whose = (filing["provider_id"], filing["jurisdiction"], *of, filing["holder_id"])
    return (_id("deadline"), now, *whose, kind, now, due_at, None, None, due_at, 0, 0, None, None, None)


def _id(prefix: str) -> str:
    return f"{prefix}_{next(_numbers):026d}"


async def health(_: Request) -> Response:
    """200 as soon as it serves."""
    return _answer({})


@asynccontextmanager
async def _opened(app: Starlette) -> AsyncIterator[None]:
    mask, clear, index = (b64decode(os.environ[f"BARE_{name}"]) for name in ("MASK", "CLEAR", "INDEX"))
    app.state.keys = KeyRing(mask, clear, index)
    # Ten connections and no reset between two uses, as the product has it.
    async with asyncpg.create_pool(
        os.environ["BARE_DATABASE_URL"], min_size=1, max_size=10, reset=_nothing, server_settings=_SETTINGS
    ) as app.state.pool:
        yield


async def _nothing(_: Any) -> None: ...


_SETTINGS: Final = {"jit": "off", "application_name": "bare"}
app: Final = Starlette(
    lifespan=_opened,
    routes=[
        Route("/one", one, methods=["POST"]),
        Route("/one-shut", one_shut, methods=["POST"]),
        Route("/list", list_, methods=["POST"]),
        Route("/province", province, methods=["POST"]),
        Route("/decision", decision, methods=["POST"]),
        Route("/submit", submit, methods=["POST"]),
        Route("/pull-back", pull_back, methods=["POST"]),
        Route("/health", health),
    ],
)

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False,
        log_config=None, server_header=False,
    )  # fmt: skip
