"""Brings a database to the present schema: one lineage of revisions for SQLite and PostgreSQL."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from alembic.config import Config

from alembic import command
from workflows.database import PLAIN_REACH, Database, Reach
from workflows.embedded import Sqlite
from workflows.postgres import Postgres

ADVISORY_LOCK: Final = 7_420_141  # several processes may start at once: one migrates, the others wait
SQLITE_PREFIX: Final = "sqlite:///"


def configuration(url: str) -> Config:
    """Alembic's configuration for a database, wherever Signet is installed."""
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the database to a revision."""
    command.upgrade(configuration(url), revision)


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver that SQLAlchemy is to use."""
    if url.startswith(SQLITE_PREFIX):
        return url.replace("sqlite://", "sqlite+aiosqlite://", 1)
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


async def open_database(url: str, reach: Reach = PLAIN_REACH) -> Database:
    """Open the database of a URL: `sqlite:///path` or `postgresql://…`. Unavailable."""
    if url.startswith(SQLITE_PREFIX):
        return await Sqlite.open(Path(url.removeprefix(SQLITE_PREFIX)), reach)
    if url.startswith("postgresql://"):
        return await Postgres.open(url, reach)
    raise UnknownDatabase(f"{url.partition(':')[0]}: SIGNET_DATABASE_URL begins with sqlite:/// or postgresql://")


class UnknownDatabase(Exception):
    """The database's URL is of no kind that Signet knows: see SIGNET_DATABASE_URL."""


def _scripts() -> Path:
    """The revisions: in a checkout beside the packages, in a wheel inside `domain`."""
    packaged = Path(str(resources.files("domain"))) / "_alembic"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "alembic"
