"""Rounds: the servers in turn, one at a time while the others stand still; medians of what each round saw."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench import load
from bench.servers import Server

WARM_SECONDS = 0.7


@dataclass(frozen=True)
class Contender:
    """One server under one workload."""

    name: str
    server: Server
    requests: Callable[[], Awaitable[list[list[bytes]]]]
    must_hold: bytes


@dataclass(frozen=True)
class Result:
    """The medians of a contender's rounds."""

    name: str
    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    lowest: float
    highest: float


class AnswersWrong(Exception):
    """Answers came that do not hold what was asked for: nothing was measured."""


async def measured(
    contenders: Sequence[Contender], *, rounds: int, seconds: float, after_each: Callable[[], Awaitable[None]]
) -> list[Result]:
    """Let the contenders take turns. `after_each` tidies up, unmeasured, after every round."""
    for contender in contenders:
        await _round(contender, WARM_SECONDS)
        await after_each()
    seen: list[list[tuple[load.Seen, float]]] = [[] for _ in contenders]
    for _ in range(rounds):
        for found, contender in zip(seen, contenders, strict=True):
            found.append(await _round(contender, seconds))
            await after_each()
    return [_result(contender.name, found) for contender, found in zip(contenders, seen, strict=True)]


async def worn(
    contender: Contender, requests: int, *, seconds: float, after_each: Callable[[], Awaitable[None]]
) -> int:
    """Let one serve at least so many requests, unmeasured; how many these were."""
    done = 0
    while done < requests:
        done += (await _round(contender, seconds))[0].requests
        await after_each()
    return done


async def _round(contender: Contender, seconds: float) -> tuple[load.Seen, float]:
    """What the load saw, and the server's processor time for each request in µs."""
    requests = await contender.requests()
    server = contender.server
    server.resume()
    before = server.cpu_seconds()
    seen = load.run(server.port, requests, seconds, contender.must_hold)
    cpu_us = (server.cpu_seconds() - before) * 1e6 / seen.requests
    server.pause()
    if seen.failures:
        raise AnswersWrong(f"{contender.name}: {seen.failures} of {seen.requests}")
    return seen, cpu_us


def _result(name: str, found: Sequence[tuple[load.Seen, float]]) -> Result:
    rates = [seen.per_second for seen, _ in found]
    return Result(
        name,
        median(rates),
        median(cpu_us for _, cpu_us in found),
        median(seen.p50_ms for seen, _ in found),
        median(seen.p99_ms for seen, _ in found),
        min(rates),
        max(rates),
    )
