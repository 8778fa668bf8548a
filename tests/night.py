"""The night: what takes hours, seed by seed, gone on with where it stopped, and told in tests/NIGHT.md.

A test that draws from a seed takes the argument `seed` and says how many seeds each run takes:
`@pytest.mark.seeds(fast=2, long=5, night=1_000)`. SIGNET_SEEDS=7,8 takes those instead, to repeat what failed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import ceil
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import pytest

STATE: Final = ".night.jsonl"
RECORD: Final = "tests/NIGHT.md"
RUNS: Final = ("fast", "long", "night")
SAMPLED: Final = 100  # one of so many
_SEED: Final = re.compile(r"-?seed(\d+)")
_PASSED: Final = pytest.StashKey[frozenset[str]]()
_END: Final = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make test-night` and `make test-night-sample` say."""
    group = parser.getgroup("night", "the night")
    group.addoption("--night", action="store_true", help="run what is marked night; go on where this commit stopped")
    group.addoption("--night-sample", type=int, metavar="SEED", help="run a random hundredth of it, drawn by this seed")
    group.addoption("--night-minutes", type=float, default=240.0, help="begin nothing after so many minutes")


def pytest_configure(config: pytest.Config) -> None:
    """Choose what is marked night, and keep the record where this process leads the run."""
    if not config.option.night and config.option.night_sample is None:
        return
    config.option.night, config.option.markexpr = True, "night"
    config.stash[_END] = monotonic() + 60 * config.option.night_minutes
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_PASSED] = frozenset(given["night_passed"])
    elif config.option.night_sample is None:
        record = Record(config.rootpath, commit_of(config.rootpath))
        config.stash[_PASSED] = frozenset(record.passed)
        config.pluginmanager.register(record)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist what has passed before: all must choose the same."""
    node.workerinput["night_passed"] = sorted(node.config.stash.get(_PASSED, frozenset()))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its seeds: those of every run, those of the long one, and at night also those of the night."""
    marker = metafunc.definition.get_closest_marker("seeds")
    if marker is None:
        return
    numbers = [int(marker.kwargs.get(run, 0)) for run in RUNS]
    if set(marker.kwargs) - set(RUNS) or not numbers[0] + numbers[1]:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: seeds(fast=…, long=…, night=…), never the night alone")
    if named := os.environ.get("SIGNET_SEEDS"):
        metafunc.parametrize("seed", [int(seed) for seed in named.split(",")])
        return
    marks: Sequence[Any] = ((), pytest.mark.long, pytest.mark.night)
    shown = RUNS if metafunc.config.option.night else RUNS[:2]
    bounds = pairwise(accumulate(numbers, initial=0))
    rows = zip(shown, bounds, marks, strict=False)
    metafunc.parametrize(
        "seed",
        [
            pytest.param(seed + 1, marks=mark, id=f"seed{seed + 1}")
            for _, (first, last), mark in rows
            for seed in range(first, last)
        ],
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has passed before; of a sample keep its hundredth."""
    if not config.option.night:
        return
    left = [item for item in items if item.nodeid not in config.stash.get(_PASSED, frozenset())]
    if config.option.night_sample is not None:
        left = Random(config.option.night_sample).sample(left, ceil(len(left) / SAMPLED))
    chosen = set(left)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = left


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin nothing after the end of the night: the next one goes on from here."""
    if monotonic() > item.config.stash.get(_END, float("inf")):
        pytest.skip("the night is over: run it again to go on")


class Record:
    """What ran, a line of JSON each, kept for one commit; and the page that tells of it."""

    def __init__(self, root: Path, commit: str) -> None:
        self._file, self._page, self._commit = root / STATE, root / RECORD, commit
        self._rows: dict[str, dict[str, Any]] = {}
        self._number = 0
        lines = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
        if lines and json.loads(lines[0]) == {"commit": commit}:
            self._rows = {row["test"]: row for row in map(json.loads, lines[1:])}
        else:
            self._file.write_text(json.dumps({"commit": commit}) + "\n", "utf-8")

    @property
    def passed(self) -> list[str]:
        """What need not run again."""
        return [test for test, row in self._rows.items() if row["outcome"] == "passed"]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._number = len(self.passed) + len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        self._number = len(self.passed) + len(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down what passed or failed at once: a night may be cut off at any moment."""
        if report.skipped or (report.when != "call" and not report.failed):
            return
        row = {"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 2)}
        row["figures"] = {str(name): value for name, value in report.user_properties}
        self._rows[report.nodeid] = row
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def pytest_sessionfinish(self) -> None:
        rows = list(self._rows.values())
        if rows:
            self._page.write_text("\n".join(page_of(self._commit, rows, self._number)) + "\n", "utf-8")


def page_of(commit: str, rows: Sequence[dict[str, Any]], number: int) -> Iterator[str]:
    """The page: a row a test and database, with its seeds and the sums of the figures that it told."""
    passed = sum(row["outcome"] == "passed" for row in rows)
    hours = sum(row["seconds"] for row in rows) / 3_600
    yield "# The night\n"
    yield "Written by `make test-night`; do not edit. How it works: [README.md](README.md).\n"
    yield f"Commit {commit}: {passed:,} of {number:,} runs passed in {hours:.1f} hours of one core.\n"
    yield "| test | seeds | passed | minutes | figures |\n|---|---|---|---|---|"
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[_SEED.sub("", row["test"]).replace("[]", "")].append(row)
    for test, some in sorted(groups.items()):
        seeds = _ranges(int(found[1]) for row in some if (found := _SEED.search(row["test"])))
        figures: dict[str, float] = defaultdict(int)
        for row in some:
            for name, value in row["figures"].items():
                figures[name] += value
        told = ", ".join(f"{name} {value:,}" for name, value in sorted(figures.items()))
        good = sum(row["outcome"] == "passed" for row in some)
        minutes = sum(row["seconds"] for row in some) / 60
        yield f"| {test} | {seeds} | {good:,} of {len(some):,} | {minutes:.1f} | {told} |"
    if failed := [row["test"] for row in rows if row["outcome"] != "passed"]:
        yield "\nFailed: " + ", ".join(f"`{test}`" for test in sorted(failed))


def _ranges(numbers: Iterable[int]) -> str:
    """1, 2, 3, 7 → 1–3, 7."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in found)


def commit_of(root: Path) -> str:
    """What is tried: the commit, with a plus where files differ from it."""
    head = _git(root, "rev-parse", "--short", "HEAD") or "unknown"
    return head + ("+" if _git(root, "status", "--porcelain", "-uno", "--", ".", f":!{RECORD}") else "")


def _git(root: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return ran.stdout.strip()
