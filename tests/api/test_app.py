"""The deployment as a whole: it opens in order, says how it is, numbers its steps, and refuses to start unsound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from api.app import create_app, opened
from api.commands.token import trial_token
from api.settings import Settings
from domain.deadline import Deadline, Outcome
from domain.journal import Position
from domain.policy.roles import Role
from domain.table import table_of
from tests import stored
from tests.workflows.test_jobs import Desk
from tests.workflows.test_sequencer import add, step
from workflows.deployment import NotMigrated, OtherKeys


@pytest.fixture
def settings(own_database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=own_database_url, key_file=tmp_path / "keys" / "keys.json")


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(settings)
    async with app.router.lifespan_context(app), served(app) as made:
        yield made


def served(app: Starlette) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://signet")


async def test_it_says_how_it_is_and_what_there_is(client: httpx2.AsyncClient) -> None:
    health = await client.get("/health")
    hint = await client.get("/")

    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert hint.json()["graphql"] == "POST /graphql"


async def test_anyone_may_ask_and_a_stranger_with_a_token_may_not(
    client: httpx2.AsyncClient, settings: Settings
) -> None:
    question = {"query": "{ viewer { role } }"}
    token = trial_token(settings, settings.key_ring(), Role.REVIEWER, subject="nobody")

    anonymous = await client.post("/graphql", json=question)
    stranger = await client.post("/graphql", json=question, headers={"authorization": f"Bearer {token}"})

    assert anonymous.json()["data"] == {"viewer": {"role": "PUBLIC"}}
    assert stranger.status_code == 401
    assert stranger.headers["www-authenticate"] == 'Bearer realm="signet", error="invalid_token"'


async def test_documents_want_a_token(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/documents", content=b"%PDF-")).status_code == 401


async def test_a_committed_step_gets_its_position_within_a_second(settings: Settings) -> None:
    position = table_of(Position)
    count = sa.select(sa.func.count()).select_from(position)
    async with opened(settings) as deployment:
        database = deployment.office.database
        await add(database, step("account_a", 1))

        async with asyncio.timeout(1):
            while not (await database.read(lambda connection: connection.fetch(count, {})))[0][0]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_what_falls_due_is_done_without_anybody_asking(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app), asyncio.timeout(5):
        database = app.state.deployment.office.database
        (row,) = await Desk(database).put(-1)

        while (await stored.row(database, Deadline, row)).outcome != Outcome.MOOT:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_where_a_worker_of_its_own_is_wanted_the_server_leaves_what_is_due(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"worker": False}))
    async with app.router.lifespan_context(app):
        database = app.state.deployment.office.database
        (row,) = await Desk(database).put(-1)
        await asyncio.sleep(1.3)

        assert (await stored.row(database, Deadline, row)).attempts == 0


async def test_health_is_not_claimed_once_the_database_is_gone(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app), served(app) as client:
        await app.state.deployment.office.database.close()

        answer = await client.get("/health")

    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "reason": "DATABASE_AWAY"})


async def test_other_keys_stop_the_start(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings):
        pass

    with pytest.raises(OtherKeys):
        async with opened(settings.model_copy(update={"key_file": tmp_path / "keys" / "others.json"})):
            pass


async def test_a_database_without_tables_stops_the_start(empty_database_url: str, settings: Settings) -> None:
    with pytest.raises(NotMigrated):
        async with opened(settings.model_copy(update={"database_url": empty_database_url})):
            pass
