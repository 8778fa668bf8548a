"""The product's files as the contracts read them: parsed once, named by their place in the repository."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FLOORS: Final = ("domain", "workflows", "api")


@dataclass(frozen=True)
class Source:
    """A file of the product."""

    place: str  # from the root of the repository, with slashes
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the three floors."""
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
    )


def planted(place: str, text: str) -> tuple[Source, ...]:
    """A file that is not there, to show that a contract notices what it should."""
    return (Source(place, text),)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, also those within others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_called(node: ast.AST, *names: str) -> bool:
    """Whether it is a call of a function or a method of one of these names."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return (isinstance(called, ast.Name) and called.id in names) or (
        isinstance(called, ast.Attribute) and called.attr in names
    )


def tracked_files() -> tuple[Path, ...]:
    """What the repository holds. Without git (a source archive): every file of the folders it is made of."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
        return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())
    folders = (*FLOORS, "alembic", "tests", "docs", "tools", "bench")
    return tuple(path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
