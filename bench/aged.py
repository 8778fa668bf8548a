"""STEP on a database that grows old: fresh, after many steps that nothing vacuums, after as many with autovacuum.

Every figure stands beside the product's own fresh one: the statements of a step must not slow down as what is over
piles up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.database import Database
from bench.rounds import Contender, Result, measured, worn


@dataclass(frozen=True)
class Aged:
    """What STEP was after so many steps."""

    steps: int
    autovacuum: bool
    result: Result


async def aged(
    contender: Callable[[], Awaitable[Contender]],
    database: Database,
    after_each: Callable[[], Awaitable[None]],
    *,
    steps: int,
    rounds: int,
    seconds: float,
) -> list[Aged]:
    """Measure, age, measure again. The contender is made anew each time: its tokens grow old, too."""
    found, done = [], 0
    for autovacuum, more in ((False, 0), (False, steps), (True, steps)):
        await database.autovacuum(on=autovacuum)
        done += await worn(await contender(), more, seconds=seconds, after_each=after_each)
        (result,) = await measured([await contender()], rounds=rounds, seconds=seconds, after_each=after_each)
        found.append(Aged(done, autovacuum, result))
    await database.autovacuum(on=False)
    return found
