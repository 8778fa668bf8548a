"""One told and tangled database of each kind, and what asks it, for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.databases import Databases, Kind
from tests.reference.asking import Asking
from tests.reference.comparison import Comparison, comparison_on
from tests.reference.documents import Documents


@pytest.fixture(scope="session")
def told_url(databases: Databases, database_kind: Kind) -> str:
    """A database that only these tests fill: the oracle holds all of its rows."""
    return databases.migrated(database_kind)


@pytest.fixture(scope="session")
async def comparison(told_url: str) -> AsyncIterator[Comparison]:
    async with comparison_on(told_url) as made:
        yield made


@pytest.fixture(scope="session")
def asking(comparison: Comparison) -> Asking:
    return Asking(comparison, Documents(comparison.oracle.schema))
