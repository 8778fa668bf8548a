"""docs/regulation.md: each article, what it asks, the code that answers for it and the tests that hold it to that.

Code and tests say themselves which articles they serve: transitions in their tables, modules in their docstrings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlmodel import SQLModel

from api.commands.pages import GENERATED, in_table
from domain import tables
from domain.table import table_of
from workflows.explained import ExplainedTransition, explained
from workflows.registry import WORKFLOWS

_INSTRUMENT: Final = (
    "The *Provisional Regulations for the Development and Management of Instant Messaging Tools and Public Information "
    "Services* (即时通信工具公众信息服务发展管理暂行规定) of 7 August 2014, article by article: what it asks in words "
    "of our own, the code that answers for it, the tests that hold the code to it."
)
_HOW_TO_READ: Final = (
    "A step stands with its guards: what must hold when it is taken; [workflows.md](workflows.md) has its states and "
    "persons. A module stands here because its docstring names the article."
)
_NUMERALS: Final = "一二三四五六七八九十"
# What each article asks.
ASKS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "It says what it is for, public information services that grow in good order and with the rights of "
        "citizens and organisations kept, and on which laws it rests.",
        2: "It covers whoever offers or uses a service that makes information public through public accounts and the "
        "like on an instant-messaging tool; what two people write to each other is not meant.",
        3: "The national office guides and coordinates, provincial departments answer each for their area, and the "
        "trade is to discipline itself and to keep a record of who can be trusted.",
        4: "A provider holds the qualifications that the law demands, and for public information services also the one "
        "for internet news information.",
        5: "A provider carries the duty for safety: it has the rules and the people for it, protects what it knows of "
        "its users, lets the public watch it, and deals in time with what is reported as unlawful.",
        6: "Whoever uses a public account is known by their real name backstage, under a name of their own choice in "
        "front, and has agreed to keep to the seven baselines.",
        7: "A public account is reviewed by the provider and filed by category with the authority; news units may "
        "publish and reprint current-affairs news, other licensed units reprint it, nobody else may without approval, "
        "and accounts that may are marked as such; organs, enterprises and organisations are encouraged to have some.",
        8: "Users keep to the law; where one breaks the agreement the provider warns, restricts, suspends or closes as "
        "the circumstances demand, keeps its records and tells the authority.",
        9: "Breaches of the regulation are the competent departments' to deal with under the laws they apply.",
        10: "It is in force from the day it was published; what was there before is brought under it.",
    }
)
_NAMED: Final = re.compile(r"\b(?:Art\.|Articles?) (\d+(?:(?:, | and | to )\d+)*)")
_CODE: Final = ("domain", "workflows", "api")


@dataclass(frozen=True, slots=True)
class Module:
    """A file with the first sentence of its docstring, and the articles that the docstring names."""

    path: str
    says: str
    articles: frozenset[int]


@dataclass(frozen=True, slots=True)
class Served:
    """What serves an article."""

    steps: Mapping[str, Sequence[ExplainedTransition]]
    tables: Sequence[str]
    code: Sequence[Module]
    tests: Sequence[Module]

    @property
    def has_code(self) -> bool:
        return bool(self.steps or self.code)


def regulation_page(root: Path) -> str:
    """docs/regulation.md of the repository at `root`."""
    parts = ["# The regulation", GENERATED, _INSTRUMENT, _HOW_TO_READ]
    for article, asks in ASKS.items():
        parts += [f"## Article {article} 第{_NUMERALS[article - 1]}条", asks, *_told(served(root, article))]
    return "\n\n".join(parts) + "\n"


def served(root: Path, article: int) -> Served:
    """The code that names an article, and the tests that do."""
    code = [module for folder in _CODE for module in _modules(root / folder, root) if article in module.articles]
    tests = [module for module in _modules(root / "tests", root) if article in module.articles]
    steps = {
        noun: [row for row in explained(flow).transitions if row.article == article] for noun, flow in WORKFLOWS.items()
    }
    steps = {noun: rows for noun, rows in steps.items() if rows}
    names = {name for module in code for name in _tables().get(module.path, ())}
    return Served(steps, sorted(names), code, [module for module in tests if "/test_" in module.path])


def _told(found: Served) -> Iterator[str]:
    if not found.has_code:
        yield "No code names it yet."
    if found.steps:
        rows = [
            (noun, ", ".join(f"`{row.trigger}`" for row in steps), _guards(steps))
            for noun, steps in found.steps.items()
        ]
        yield in_table(("workflow", "steps", "guards"), rows)
    if found.tables:
        yield f"Tables: {', '.join(f'`{name}`' for name in found.tables)}."
    if found.code:
        yield f"Code: {', '.join(map(_link, found.code))}."
    if found.tests:
        yield in_table(("tests", "what they claim"), [(_link(module), module.says) for module in found.tests])


def _guards(steps: Sequence[ExplainedTransition]) -> str:
    return "; ".join(dict.fromkeys(guard.sentence for row in steps for guard in row.guards))


def _link(module: Module) -> str:
    return f"[{module.path}](../{module.path})"


@cache
def _modules(folder: Path, root: Path) -> tuple[Module, ...]:
    return tuple(_read(file, root) for file in sorted(folder.rglob("*.py")) if file.stat().st_size)


def _read(file: Path, root: Path) -> Module:
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    first = re.sub(r" \([^()]*Art\. [^()]*\)", "", said.partition("\n")[0])
    return Module(file.relative_to(root).as_posix(), first, articles_in(said))


def articles_in(text: str) -> frozenset[int]:
    """The articles that a text names: `Art. 6, 7`, `Articles 4 to 7`."""
    return frozenset(chain.from_iterable(_numbers(found) for found in _NAMED.findall(text)))


def _numbers(named: str) -> Iterator[int]:
    for part in re.split(r", | and ", named):
        first, _, last = part.partition(" to ")
        yield from range(int(first), int(last or first) + 1)


@cache
def _tables() -> Mapping[str, Sequence[str]]:
    """The tables of each module of the domain."""
    return {
        f"domain/{noun.__name__.rpartition('.')[2]}.py": [
            table_of(model).name
            for model in vars(noun).values()
            if isinstance(model, type) and issubclass(model, SQLModel) and model.__module__ == noun.__name__
            if hasattr(model, "__table__")
        ]
        for noun in tables.NOUNS
    }
