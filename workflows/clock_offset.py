"""A clock that is set ahead, to show in minutes what takes weeks: for trials alone, never where anything counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from domain.provider import Mode, Provider
from domain.table import table_of
from workflows.database import Database
from workflows.deployment import DeploymentUnusable
from workflows.office import Clock

_PROVIDER: Final = table_of(Provider)
_LIVE: Final = (
    sa.select(sa.func.count()).select_from(_PROVIDER).where(_PROVIDER.c.mode != sa.literal_column(f"'{Mode.SANDBOX}'"))
)


class OffsetRefused(DeploymentUnusable):
    """The clock may be set ahead only where every provider is a sandbox: what is decided here counts. Leave out
    --clock-offset and SIGNET_CLOCK_OFFSET, or name a database of trials."""


def ahead(clock: Clock, offset: timedelta) -> Clock:
    """The clock, so much ahead."""
    return (lambda: clock() + offset) if offset else clock


async def expect_sandboxes_only(database: Database) -> None:
    """OffsetRefused where there is a provider that is not a sandbox."""
    ((live,),) = await database.read(lambda connection: connection.fetch(_LIVE, {}))
    if live:
        raise OffsetRefused(f"Providers in production: {live}.")
