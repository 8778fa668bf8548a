"""What is generated and committed is what the tables say now."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.commands.generate import generated

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name", ["api/schema.graphql", "docs/workflows.md", "docs/permissions.md", "docs/regulation.md"]
)
def test_generated_files_are_fresh(name: str) -> None:
    file = _ROOT / name

    kept = file.read_text("utf-8") if file.exists() else ""

    assert kept == generated()[name], f"{name} is not what the tables say: run `make generate` and commit what it wrote"


def test_generating_twice_gives_the_same() -> None:
    assert generated() == generated()
