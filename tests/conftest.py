"""What every test may ask for: an event loop and a database.

Tests share a database and clean nothing: each makes its own provider and authority, and isolation between them is
isolation by scope, a property under test. Who looks at all rows of a database asks for `own_database_url`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.databases import KINDS, Databases, Kind, make_folder, remove_folder
from tests.world import World, opened_world

FOLDER = pytest.StashKey[Path]()

# No deadline: how long an example takes on a busy machine says nothing. The blob lets anyone repeat a failure.
settings.register_profile("signet", deadline=None, print_blob=True)
settings.load_profile("signet")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the run, or, in a worker, take the one of the process that leads it."""
    given = getattr(config, "workerinput", {}).get("signet_folder")
    config.stash[FOLDER] = Path(given) if given else make_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the folder of the run is."""
    node.workerinput["signet_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder, in the process that made it."""
    if not hasattr(config, "workerinput") and FOLDER in config.stash:
        remove_folder(config.stash[FOLDER])


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop of the product: asyncio on uvloop."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config, worker_id: str) -> Iterator[Databases]:
    """Makes databases for this worker."""
    made = Databases(pytestconfig.stash[FOLDER], worker_id)
    yield made
    made.close()


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """Each of the databases in turn: whoever asks for one runs on both."""
    kind: Kind = request.param
    return kind


@pytest.fixture(scope="session")
def database_url(databases: Databases, database_kind: Kind) -> str:
    """A migrated database, shared by all tests of this worker."""
    return databases.migrated(database_kind)


@pytest.fixture
def own_database_url(databases: Databases, database_kind: Kind, pytestconfig: pytest.Config) -> Iterator[str]:
    """A migrated database that no other test touches."""
    url = databases.migrated(database_kind)
    yield url
    if pytestconfig.option.night:  # thousands of them would fill the disk before the run removes its folder
        databases.remove(url)


@pytest.fixture
def empty_database_url(databases: Databases, database_kind: Kind) -> str:
    """A database without tables, for tests of the migrations."""
    return databases.empty(database_kind)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A deployment on the worker's shared database."""
    async with opened_world(database_url) as made:
        yield made
