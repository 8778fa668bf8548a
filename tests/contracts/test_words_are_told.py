"""What people read: captions in both languages, problems with a cure and a cause, settings and codes described."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from api import app, schema  # noqa: F401 - declare every list there is
from api.errors import ErrorCode
from api.settings import Issuer, SecretKeys, Settings
from domain.codes.lists import FILES
from domain.deadline import DeadlineKind
from domain.holder import SubjectType
from domain.problems import ProblemCode
from domain.state import State, Word
from tests.contracts.sources import ROOT, Source, planted, sources
from workflows.commands import Input
from workflows.triggers import TRIGGERS

CODES: Final = ROOT / "domain" / "codes"
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_FLOORS: Final = ("domain.", "workflows.", "api.")


def lists() -> Iterator[type[Word]]:
    """Every closed list of the product."""
    waiting: list[type[Word]] = [Word]
    while waiting:
        for made in waiting.pop().__subclasses__():
            waiting.append(made)
            if made.__module__.startswith(_FLOORS) and len(made):
                yield made


def uncaptioned(members: Iterable[Word]) -> list[str]:
    """Each member without a caption in one of the languages, with the cure."""
    found = []
    for member in members:
        if member.zh == member.en == member.name.replace("_", "-"):
            continue  # a name that every language writes so: UTF-8
        zh, en = [member.zh], [member.en]
        if isinstance(member, State):
            zh.append(member.party_zh)
            en.append(member.party_en)
        told = all(map(_CHINESE.search, zh)) and all(text and not _CHINESE.search(text) for text in en)
        if not told or member.value != member.name:
            found.append(f"{type(member).__name__}.{member.name}: write (its name, 中文, English) behind the member")
    return found


def uncured(codes: Iterable[Any]) -> list[str]:
    """Each problem without a message or a cure."""
    return [
        f"{code.name} lacks its message or its fix: say in one sentence each what is wrong and where to mend it"
        for code in codes
        if not (code.en.endswith(".") and code.fix.endswith("."))
    ]


def unused(codes: type[Word], declared_in: str, files: Iterable[Source]) -> list[str]:
    """Each problem that no code gives."""
    named = {
        node.attr
        for file in files
        if file.place != declared_in
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == codes.__name__
    }
    return [f"{codes.__name__}.{code.name} is given nowhere: take it out of {declared_in}" for code in codes
            if code.name not in named]  # fmt: skip


def undescribed(model: type[BaseModel]) -> list[str]:
    """Each field without words on what it is."""
    return [
        f"{model.__name__}.{name} has no description: write a line under it"
        for name, info in model.model_fields.items()
        if not (info.description or "").endswith(".")
    ]


def commands(of: type[Input] = Input) -> Iterator[type[Input]]:
    """Every input there is."""
    for made in of.__subclasses__():
        if made.__module__.startswith(_FLOORS):
            yield made
        yield from commands(made)


def malformed(folder: Path) -> list[str]:
    """Each fault in the files of codes, with its place."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        raw = path.read_bytes()
        if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw or not raw.endswith(b"\n"):
            found.append(f"{path.name}: write UTF-8 without a mark, lines ended by a line feed")
        head, *rows = list(csv.reader(raw.decode("utf-8").splitlines()))
        for number, row in enumerate(rows, start=2):
            if len(row) != len(head):
                found.append(f"{path.name}:{number} has {len(row)} values for {len(head)} columns")
        found += [f"{path.name}:{line}" for line in _faults(head, rows)]
    return found


def _faults(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    at = {name: place for place, name in enumerate(head)}
    if "code" in at:
        codes = [row[at["code"]] for row in rows]
        yield from (f" the code {code} stands twice" for code in {c for c in codes if codes.count(c) > 1})
        yield from (f" {code} is no SCREAMING_SNAKE code" for code in codes if not re.fullmatch(r"[A-Z0-9_]+", code))
    for row in rows:
        if len(row) != len(head):
            continue
        said = dict(zip(head, row, strict=True))
        if "zh" in said and not (_CHINESE.search(said["zh"]) and said["en"]):
            yield f" {said['code']} lacks a label in one language"
        days = [said[name] for name in ("valid_from", "valid_to") if said.get(name)]
        if days != [date.fromisoformat(day).isoformat() for day in days] or any(a >= b for a, b in pairwise(days)):
            yield f" {row[0]} is valid from a day to a later one, written YYYY-MM-DD"


LISTS: Final = sorted(lists(), key=lambda made: made.__name__)


@pytest.mark.parametrize("members", LISTS, ids=lambda made: made.__name__)
def test_every_member_has_captions_in_both_languages(members: type[Word]) -> None:
    assert uncaptioned(members) == []


def test_all_the_lists_were_found() -> None:
    assert len(LISTS) >= 30
    assert {"AccountState", "ProblemCode", "Role", "Kind", "ErrorCode"} <= {made.__name__ for made in LISTS}


def test_a_member_without_captions_is_told_the_cure() -> None:
    class Bare(Word):
        BARE = "BARE"
        ENGLISH = "ENGLISH", "English", "English"
        OTHER = "ANOTHER", "别的", "Other"

    assert [line.partition(":")[0] for line in uncaptioned(Bare)] == ["Bare.BARE", "Bare.ENGLISH", "Bare.OTHER"]


def test_every_trigger_has_captions_and_the_name_of_its_event() -> None:
    bare = [
        trigger
        for trigger, words in TRIGGERS.items()
        if not (_CHINESE.search(words.zh) and words.en and re.fullmatch(r"[a-z_]+", words.past))
    ]

    assert bare == []


@pytest.mark.parametrize("codes", [ProblemCode, ErrorCode])
def test_every_problem_says_what_is_wrong_and_the_cure(codes: type[Word]) -> None:
    assert uncured(codes) == []


@pytest.mark.parametrize(("codes", "place"), [(ProblemCode, "domain/problems.py"), (ErrorCode, "api/errors.py")])
def test_every_problem_is_given_somewhere(codes: type[Word], place: str) -> None:
    assert unused(codes, place, sources()) == []


def test_a_problem_that_nobody_gives_is_told_the_cure() -> None:
    found = unused(ProblemCode, "domain/problems.py", planted("workflows/planted.py", "x = ProblemCode.NOT_FOUND"))

    assert len(found) == len(ProblemCode) - 1


def test_a_problem_without_a_cure_is_told() -> None:
    class Curt(Word):
        CURT = "CURT", "简", "Curt."
        fix = ""

    assert uncured(Curt)[0].startswith("CURT lacks its message or its fix")


@pytest.mark.parametrize("model", [Settings, Issuer, SecretKeys])
def test_every_setting_is_described(model: type[BaseModel]) -> None:
    assert undescribed(model) == []


def test_every_field_of_every_command_is_described() -> None:
    assert [line for command in set(commands()) for line in undescribed(command)] == []


def test_a_setting_without_a_description_is_told_the_cure() -> None:
    class Planted(BaseSettings):
        port: int = 1

    assert undescribed(Planted) == ["Planted.port has no description: write a line under it"]


def test_the_files_of_codes_are_well_formed() -> None:
    assert malformed(CODES) == []


def test_a_code_that_is_not_well_formed_is_told_its_place(tmp_path: Path) -> None:
    lines = ["code,zh,en,valid_from", "a b,甲,A,2014-08-07", "X,X,X,2014-08-07", "Y,乙,Y,2014-8-7", "Y,乙,Y"]
    (tmp_path / "planted.csv").write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(ValueError, match="2014-8-7"):
        malformed(tmp_path)
    (tmp_path / "planted.csv").write_text("\n".join(lines).replace("2014-8-7", "2014-08-07"), encoding="utf-8")
    assert len(malformed(tmp_path)) == 5


def test_the_lists_name_only_what_there_is() -> None:
    named = {path.stem for path in CODES.glob("*.csv")}
    with (CODES / "materials.csv").open(encoding="utf-8") as file:
        subjects = {subject for row in csv.DictReader(file) for subject in row["subject_types"].split()}
    with (CODES / "deadlines.csv").open(encoding="utf-8") as file:
        deadlines = {row["code"] for row in csv.DictReader(file)}

    assert set(FILES) <= named
    assert subjects <= set(SubjectType)
    assert deadlines == set(DeadlineKind)
