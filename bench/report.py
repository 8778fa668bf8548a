"""The report: ratios first, for absolute figures say more about the machine than about the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.aged import Aged
from bench.hostile import Spent
from bench.rounds import Result
from bench.slow import CLIENTS, Waited

_HEAD: Final = ("workload", "beside", "ratio", "CPU ratio", "requests/s", "CPU µs", "p50 ms", "p99 ms", "statements")
_AGED_HEAD: Final = ("STEP", "autovacuum", "ratio", "CPU ratio", "requests/s", "CPU µs", "p50 ms", "p99 ms")
_HOSTILE_HEAD: Final = ("request", "size", "kB", "answer", "CPU ms", "peak memory +MB")
_SLOW_HEAD: Final = ("beside", "p50 ms", "p99 ms", "memory +MB", "gone after s")


@dataclass(frozen=True)
class Measured:
    """A workload: the product first, then what stands beside it."""

    name: str
    goal: float
    results: Sequence[Result]
    statements: Sequence[int]

    def ratio(self, beside: Result) -> float:
        """Requests per second of the product, beside the other's."""
        return self.results[0].per_second / beside.per_second


@dataclass(frozen=True)
class Processes:
    """What the two servers weigh."""

    memory_mb: tuple[float, float]
    memory_after_mb: tuple[float, float]
    start_seconds: tuple[float, float]


@dataclass(frozen=True)
class Report:
    """Everything that one run found."""

    at: datetime
    accounts: int
    rounds: int
    seconds: float
    measured: Sequence[Measured]
    aged: Sequence[Aged]
    processes: Processes
    hostile: Sequence[Spent]
    slow: Sequence[Waited]

    def rows(self) -> list[tuple[str, ...]]:
        """The table of workloads as text."""
        made: list[tuple[str, ...]] = []
        for each in self.measured:
            ours = each.results[0]
            for result, statements in zip(each.results, each.statements, strict=True):
                is_ours = result is ours
                figures = (f"{result.per_second:,.0f}", f"{result.cpu_us:,.0f}", f"{result.p50_ms:.1f}")
                made.append(
                    (
                        each.name if is_ours else "",
                        result.name,
                        "" if is_ours else f"{each.ratio(result):.2f}",
                        "" if is_ours else f"{result.cpu_us / ours.cpu_us:.2f}",
                        *figures,
                        f"{result.p99_ms:.1f}",
                        str(statements),
                    )
                )
        return made

    def aged_rows(self) -> list[tuple[str, ...]]:
        """STEP beside its own fresh figure."""
        return [
            (
                f"after {each.steps:,} steps" if each.steps else "fresh",
                "on" if each.autovacuum else "off",
                f"{each.result.per_second / self.aged[0].result.per_second:.2f}",
                f"{self.aged[0].result.cpu_us / each.result.cpu_us:.2f}",
                f"{each.result.per_second:,.0f}",
                f"{each.result.cpu_us:,.0f}",
                f"{each.result.p50_ms:.1f}",
                f"{each.result.p99_ms:.1f}",
            )
            for each in self.aged
        ]

    def hostile_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                each.name,
                each.size,
                f"{each.kilobytes:,.1f}",
                f"{each.status} {each.code}",
                f"{each.cpu_ms:.2f}",
                f"{each.peak_growth_mb:.1f}",
            )
            for each in self.hostile
        ]

    def slow_rows(self) -> list[tuple[str, ...]]:
        return [
            (one.name, f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.growth_mb:.1f}", f"{one.gone_seconds:.0f}")
            for one in self.slow
        ]

    def verdicts(self) -> list[str]:
        """Each workload beside its goal, in words."""
        said = []
        for each in self.measured:
            ours, bare = each.results[:2]
            ratio, of_cpu = each.ratio(bare), bare.cpu_us / ours.cpu_us
            word = "reached" if min(ratio, of_cpu) >= each.goal else "not reached"
            said.append(
                f"{each.name}: {ratio:.2f} of the bare endpoint by requests, {of_cpu:.2f} by processor time, which a "
                f"busy machine disturbs less; the goal of {each.goal:.2f} in both is {word}"
            )
        return said

    def process_lines(self) -> list[str]:
        after, before, start = self.processes.memory_after_mb, self.processes.memory_mb, self.processes.start_seconds
        return [
            f"memory of the process after its start: {before[0]:.0f} MB (bare: {before[1]:.0f} MB)",
            f"memory of the process after the load: {after[0]:.0f} MB (bare: {after[1]:.0f} MB)",
            f"from the start of the process to its first answer: {start[0]:.1f} s (bare: {start[1]:.1f} s)",
        ]

    def growth_line(self) -> str:
        """The steepest growth of work with size among the hostile requests."""
        worst = 0.0
        for one, two in pairwise(self.hostile):
            if one.name == two.name and one.cpu_ms > 1:
                worst = max(worst, (two.cpu_ms / one.cpu_ms) / (two.kilobytes / one.kilobytes))
        return f"per byte, a larger request of a kind cost at most {worst:.2f} times what a smaller one did"


def told(report: Report, console: Console) -> None:
    """Print it."""
    for head, rows, title in (
        (_HEAD, report.rows(), "Beside a bare endpoint"),
        (_AGED_HEAD, report.aged_rows(), "STEP as the database grows old"),
        (_HOSTILE_HEAD, report.hostile_rows(), "Hostile requests"),
        (_SLOW_HEAD, report.slow_rows(), "Slow clients"),
    ):
        table = Table(title=title)
        for number, name in enumerate(head):
            table.add_column(name, justify="left" if number < 2 else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for line in (*report.verdicts(), *report.process_lines(), report.growth_line()):
        console.print(line)


def written(report: Report, file: Path) -> None:
    """Write it as a page."""
    file.write_text(_page(report), encoding="utf-8")


def _page(report: Report) -> str:
    return f"""# Measurements

Written by `make bench` on {report.at:%Y-%m-%d}. Ratios say something about the program, the other figures mostly about
the machine of that day.

{_bullets(report.verdicts())}

## Beside a bare endpoint

`signet serve` beside Starlette, asyncpg and orjson (bench/bare.py) with the same SQL on the same database: PostgreSQL
with {report.accounts:,} accounts. One process each, on one core; database and load on the other; 32 kept connections,
8 of PROVINCE.
{report.rounds} rounds of {report.seconds:g} s for each, in turn, the others standing still; medians. *ratio*: requests
per second, Signet's over the other's. *CPU ratio*: processor time for a request, the other's over Signet's. Signet
checks the token, the limits and the roles; the bare endpoint knows none of them.

- **ONE**: one account by id, six fields and four masked fields, opened from their sealed bundle. *bare, shut* leaves
  the bundle shut and shows nothing of it.
- **LIST**: the first 20 accounts of a provider in a state, newest first, each with its holder and its latest three
  submissions.
- **PROVINCE**: the newest 100 accounts in a regulator's jurisdiction, each with its provider, its holder and its
  latest two steps: 1,900 leaves.
- **STEP**: `filingSubmit` and `filingPullBack` in turn: viewer, lock, case, deadlines, guards, the journal's link, an
  event, a deadline settled and one begun, the case at its next version, commit, the filing read anew. Signet's figure
  carries its sequencer, which gives each step its position.
- **DECISION**: `publishingDecision` by handle: whether an account may publish, derived from its filing, agreement,
  identity, licence and its provider's qualifications.

{_table(_HEAD, report.rows())}

{_bullets(report.process_lines())}

## As the database grows old

STEP beside its own fresh figure, on a database that has taken so many steps more: first nothing clears away what they
leave behind, then autovacuum does.

{_table(_AGED_HEAD, report.aged_rows())}

## Hostile requests

Processor time of the server for one request of a kind nobody sends in good faith, and what it added to the most memory
the process ever held; {report.growth_line()}.

{_table(_HOSTILE_HEAD, report.hostile_rows())}

## Slow clients

How long somebody new waits for an answer to `{{ __typename }}` beside {CLIENTS:,} clients that keep the server
waiting, what these take of its memory, and after how many seconds the last of them is gone.

{_table(_SLOW_HEAD, report.slow_rows())}
"""


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    align = ["---" if number < 2 else "--:" for number in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, align, *rows))
