"""Waking a worker: told of what was committed, it looks at once and not at its next round.

Nobody notifies from inside a step. The sequencer does, once for all the steps that it numbers together, which is after
their commits. On SQLite it is in the worker's own process and calls it; on PostgreSQL it notifies, and every worker
listens on a connection of its own. What is missed while that connection is away, the next round finds: the worker looks
once a second whatever it hears.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from workflows.postgres import Postgres
from workflows.sequencer import CHANNEL

PAUSE_SECONDS: Final = 1.0


async def keep_listening(
    database: Postgres,
    heard: Callable[[], None],
    *,
    failed: Callable[[Exception], None],
    pause_seconds: float = PAUSE_SECONDS,
) -> None:
    """Call `heard` whenever steps were committed, until cancelled. A connection that breaks is opened again."""
    while True:
        try:
            await database.listen(CHANNEL, heard)
        except Exception as error:  # noqa: BLE001 - a database that is away comes back, and then it is heard again
            failed(error)
        await asyncio.sleep(pause_seconds)
