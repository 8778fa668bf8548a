"""The night: which seeds run when, what is gone on with, and what its page tells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

DRAWN = """
import pytest
@pytest.mark.seeds(fast=2, long=3, night=200)
def test_a_life(seed, record_property):
    record_property("lives", 1)
    assert seed != 100 or not {fails}
@pytest.mark.night
def test_by_hand(): pass
@pytest.mark.night
@pytest.mark.skip
def test_left_out(): pass
"""
INI = """
[pytest]
addopts = -p tests.night -p no:cacheprovider -m "not long and not night"
markers =
    seeds: seeds
    night: night
    long: long
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small suite beside this one, with a test that fails by one of its seeds."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[1]))
    monkeypatch.delenv("SIGNET_SEEDS", raising=False)
    pytester.makeini(INI)
    pytester.makepyfile(DRAWN.format(fails=True))
    pytester.mkdir("tests")
    return pytester


def page(suite: pytest.Pytester) -> str:
    return (suite.path / "tests" / "NIGHT.md").read_text("utf-8")


@pytest.mark.parametrize(("marked", "seeds"), [((), ["1", "2"]), (("-m", "long"), ["3", "4", "5"])])
def test_each_run_has_its_seeds(suite: pytest.Pytester, marked: tuple[str, ...], seeds: list[str]) -> None:
    ran = suite.runpytest_subprocess("-v", *marked)

    assert re.findall(r"seed(\d+)\] PASSED", ran.stdout.str()) == seeds


def test_seeds_that_are_named_run_instead(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_SEEDS", "77,99")

    ran = suite.runpytest_subprocess("-v")

    assert re.findall(r"test_a_life\[(\d+)\] PASSED", ran.stdout.str()) == ["77", "99"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_night_runs_what_the_others_do_not_and_goes_on_where_it_stopped(
    suite: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    suite.runpytest_subprocess("--night", *workers).assert_outcomes(passed=200, failed=1, skipped=1)
    first = page(suite)
    suite.makepyfile(DRAWN.format(fails=False))
    suite.runpytest_subprocess("--night", *workers).assert_outcomes(passed=1, skipped=1)

    assert "200 of 202 runs passed" in first
    assert "::test_a_life | 6–205 | 199 of 200 | 0.0 | lives 200 |" in first
    assert "Failed: `" in first
    assert "test_a_life[seed100]`" in first
    assert "201 of 202 runs passed" in page(suite)
    assert "Failed: `" not in page(suite)


def test_a_night_that_is_over_begins_nothing_and_keeps_what_it_has(suite: pytest.Pytester) -> None:
    suite.runpytest_subprocess("--night", "-k", "by_hand").assert_outcomes(passed=1)
    suite.runpytest_subprocess("--night", "--night-minutes=0").assert_outcomes(skipped=201)

    assert "1 of 202 runs passed" in page(suite)


def test_a_sample_is_a_hundredth_that_its_seed_repeats_and_leaves_no_record(suite: pytest.Pytester) -> None:
    first, again, other = (
        re.findall(
            r"::(\S+) (?:PASSED|FAILED|SKIPPED)",
            suite.runpytest_subprocess("-v", f"--night-sample={seed}").stdout.str(),
        )
        for seed in (5, 5, 6)
    )

    assert len(first) == 3
    assert first == again
    assert first != other
    assert not (suite.path / "tests" / "NIGHT.md").exists()


@pytest.mark.parametrize("counts", ["night=5", "fast=0, night=1", "fast=1, weekly=3"])
def test_what_is_tried_by_night_alone_is_refused(suite: pytest.Pytester, counts: str) -> None:
    suite.makepyfile(f"import pytest\n@pytest.mark.seeds({counts})\ndef test_a_life(seed): pass\n")

    ran = suite.runpytest_subprocess()

    assert "never the night alone" in ran.stdout.str() + ran.stderr.str()
