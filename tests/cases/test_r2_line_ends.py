"""R2: a register is read whatever ends its lines, or refused with a word on what ends them (Art. 7)."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator

import pytest

from domain.problems import ProblemCode, Refused
from domain.register import RegisterKind
from tests.registers import imported, opened, source
from workflows.database import Database

ROWS = ["许可证编号,单位名称,发证机关", "33120279001,示例晨社,示例机关", "33120279002,示例晚社,示例机关"]


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        yield database


@pytest.mark.parametrize("piece_bytes", [1, 7, 1_000])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\n\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
async def test_r2_rows_are_read(database: Database, end: str, encoding: str, piece_bytes: int) -> None:
    content = end.join(ROWS).encode(encoding)

    report = await imported(database, RegisterKind.LICENCES, source(content, piece_bytes))

    assert report.counts.created == 2


async def test_r2_mixed_line_ends_are_read(database: Database) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{ROWS[0]}\r{ROWS[1]}\n{ROWS[2]}\r\n")

    assert report.counts.created == 2


@pytest.mark.parametrize(
    ("end", "name"), [("\x85", "U+0085"), ("\u2028", "U+2028"), ("\u2029", "U+2029"), ("\x0c", "U+000C")]
)
async def test_r2_other_line_ends_are_named(database: Database, end: str, name: str) -> None:
    with pytest.raises(Refused) as refusal:
        await imported(database, RegisterKind.LICENCES, end.join(ROWS))

    (problem,) = refusal.value.problems
    assert problem.code == ProblemCode.FILE_UNREADABLE
    assert problem.detail is not None
    assert "lines end" in problem.detail
    assert name in problem.detail


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
async def test_r2_utf_16_is_no_register_without_rows(database: Database, encoding: str) -> None:
    with pytest.raises(Refused) as refusal:
        await imported(database, RegisterKind.LICENCES, "\n".join(ROWS).encode(encoding))

    assert refusal.value.problems[0].code == ProblemCode.FILE_UNREADABLE


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
async def test_r2_the_mark_of_utf_16_is_told(database: Database, mark: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        await imported(database, RegisterKind.LICENCES, mark + "a,b\n".encode("utf-16-le"))

    assert "UTF-16" in str(refusal.value.problems[0].detail)
