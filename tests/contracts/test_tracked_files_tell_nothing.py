"""What the repository holds is good on every machine and tells no secret: no paths of one machine, hosts, keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.contracts.sources import ROOT, tracked_files

# Each pattern is written so that this file does not hold what it looks for.
FORBIDDEN: Final = {
    "a path of one machine: name it from the repository or take it from a setting": re.compile(
        r"(?<![\w.~$}/-])/(?:home|Users|root|work|mnt|workspace)/[\w.-]+|(?<![\w./-])/tmp/[a-z]+/|\b[A-Z]:\\\\?Users\\"
    ),
    "a package registry: requirements name versions, the machine says from where": re.compile(
        r"--(?:extra-)?index-url|--find-links|--trusted-host|\b(?:artifactory|nexus|devpi)\b|registry\.npm\w*\.",
        re.IGNORECASE,
    ),
    "a private key: make one when it is needed": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "a secret: take it from a setting": re.compile(
        r"\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    ),
    "two sides of a merge: choose what is right of each": re.compile("^(?:<{7}|>{7}) "),
    "a password in a URL: take it from a setting": re.compile(r"\bpostgres(?:ql)?://\w+:(?!\{)\w+@(?!db\.example)"),
}
TOO_LARGE_BYTES: Final = 2_000_000


def told(files: Iterable[Path], root: Path) -> list[str]:
    """Each place that tells what it should not, with the cure."""
    found = []
    for path in files:
        raw = path.read_bytes()
        place = path.relative_to(root).as_posix()
        if len(raw) > TOO_LARGE_BYTES:
            found.append(f"{place} has {len(raw):,} bytes: keep large data out of the repository")
        if b"\0" in raw:
            continue
        for number, line in enumerate(raw.decode("utf-8").splitlines(), start=1):
            found += [f"{place}:{number} holds {what}" for what, pattern in FORBIDDEN.items() if pattern.search(line)]
    return found


def test_no_file_holds_a_path_a_host_or_a_secret() -> None:
    here = Path(__file__)

    assert told((path for path in tracked_files() if path != here), ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "DATA = '/home/somebody/data'",
        "open('/work/project/x')",
        "pip install --index-url https://example.org/simple",
        "<" * 7 + " HEAD",
        ">" * 7 + " 0123456 (A change)",
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN EC " + "PRIVATE KEY-----",
        "key = 'AKIA" + "A" * 16 + "'",
        "postgresql://signet:hunter2@db/signet",
        "token = 'eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 12 + "'",
    ],
)
def test_what_should_not_be_there_is_told_with_its_cure(tmp_path: Path, line: str) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"x = 1\n{line}\n", encoding="utf-8")

    found = told([planted], tmp_path)

    assert len(found) == 1
    assert found[0].startswith("planted.py:2 holds ")


@pytest.mark.parametrize(
    "line", ["GET /register/{number}", "sqlite:///./signet.sqlite3", "import tests.world", "a/b/c"]
)
def test_what_is_good_on_every_machine_is_left_alone(tmp_path: Path, line: str) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(line, encoding="utf-8")

    assert told([planted], tmp_path) == []


def test_a_large_file_is_told_the_cure(tmp_path: Path) -> None:
    planted = tmp_path / "large.csv"
    planted.write_bytes(b"x" * (TOO_LARGE_BYTES + 1))

    assert told([planted], tmp_path) == ["large.csv has 2,000,001 bytes: keep large data out of the repository"]
