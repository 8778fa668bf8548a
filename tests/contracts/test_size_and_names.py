"""A newcomer finds their way: small files and functions, names that say something, empty `__init__.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

import pytest

from tests.contracts.sources import Source, functions, planted, sources

MODULE_LINES_MAX: Final = 300
FUNCTION_LINES_MAX: Final = 40
EMPTY_NAMES: Final = ("util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "base", "shared")


def oversized(files: Iterable[Source]) -> list[str]:
    """Each file and function that is too long, with the cure."""
    found = []
    for file in files:
        if (lines := len(file.text.splitlines())) > MODULE_LINES_MAX:
            found.append(
                f"{file.place} has {lines} lines of {MODULE_LINES_MAX}: a noun hides in it; name it and move it"
            )
        for function in functions(file.tree):
            first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
            assert function.end_lineno is not None
            if (lines := function.end_lineno - first + 1) > FUNCTION_LINES_MAX:
                found.append(
                    f"{file.place}:{first} {function.name} has {lines} lines of {FUNCTION_LINES_MAX}: "
                    "give its parts names of their own"
                )
    return found


def misnamed(files: Iterable[Source]) -> list[str]:
    """Each file or folder whose name says nothing, and each `__init__.py` that says something."""
    found = []
    for file in files:
        parts = file.place.removesuffix(".py").split("/")
        if empty := [part for part in parts if part in EMPTY_NAMES or part.endswith(("_utils", "_helpers"))]:
            found.append(f"{file.place}: `{empty[0]}` says nothing: name the file after the noun or verb it holds")
        if parts[-1] == "__init__" and file.text:
            found.append(f"{file.place} is not empty: let importers name the file that declares a thing")
    return found


def untold(files: Iterable[Source]) -> list[str]:
    """Each file that does not open with what it is."""
    return [
        f"{file.place} has no docstring: open it with one line on what it is, and the article it serves"
        for file in files
        if file.text and ast.get_docstring(file.tree) is None
    ]


def test_files_and_functions_are_small() -> None:
    assert oversized(sources()) == []


def test_names_say_something_and_packages_are_empty() -> None:
    assert misnamed(sources()) == []


def test_every_file_opens_with_what_it_is() -> None:
    assert untold(sources()) == []


def test_a_long_file_is_told_the_cure() -> None:
    found = oversized(planted("domain/planted.py", "x = 1\n" * 301))

    assert found == ["domain/planted.py has 301 lines of 300: a noun hides in it; name it and move it"]


def test_a_long_function_is_told_the_cure() -> None:
    body = "@decorated\ndef long() -> None:\n" + "    x = 1\n" * 39

    assert oversized(planted("domain/planted.py", body)) == [
        "domain/planted.py:1 long has 41 lines of 40: give its parts names of their own"
    ]


@pytest.mark.parametrize(
    "place", ["domain/utils.py", "api/helpers/__init__.py", "api/base.py", "workflows/db_utils.py"]
)
def test_a_name_that_says_nothing_is_told_the_cure(place: str) -> None:
    assert len(misnamed(planted(place, ""))) == 1


def test_a_package_that_says_something_is_told_the_cure() -> None:
    found = misnamed(planted("domain/__init__.py", "from domain.state import Word\n"))

    assert found == ["domain/__init__.py is not empty: let importers name the file that declares a thing"]


def test_a_file_without_a_docstring_is_told_the_cure() -> None:
    assert len(untold(planted("domain/planted.py", "x = 1\n"))) == 1
