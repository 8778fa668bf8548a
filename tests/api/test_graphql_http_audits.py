"""The audits of the npm package `graphql-http`, against a real server: no error and no warning, GET being off.

Runs where Node is present and the package can be had; elsewhere it is skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.long
ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("graphql-http", "graphql")
# Only what may be done by GET is told as a notice: it is off, so that nothing asked stands in an address.
BY_GET: Final = re.compile(r"\bGETs?\b")


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package and the script that runs it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node is not here")
    folder = tmp_path_factory.mktemp("audits")
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
    if subprocess.run(install, capture_output=True, timeout=180, check=False).returncode != 0:
        pytest.skip("the package could not be had")
    return Path(shutil.copy(ROOT / "tools" / "graphql_http_audits.mjs", folder))


@pytest.fixture
def url(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a free port with limits that no audit reaches."""
    many = {"SIGNET_UNKNOWN_DOCUMENTS_PER_MINUTE": "100000", "SIGNET_ANONYMOUS_UNKNOWN_DOCUMENTS_PER_MINUTE": "100000"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import app; app()", "serve", "--port", "0"],
        cwd=tmp_path,
        env={**os.environ, **many, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


def test_the_audits_find_no_error_and_no_warning(audits: Path, url: str) -> None:
    ran = subprocess.run(["node", str(audits), url], capture_output=True, text=True, timeout=120, check=True)
    results = [json.loads(line) for line in ran.stdout.splitlines()]

    assert [one for one in results if one["status"] not in ("ok", "notice")] == []
    assert all(BY_GET.search(one["name"]) for one in results if one["status"] == "notice")
    assert sum(one["status"] == "ok" for one in results) > 40
