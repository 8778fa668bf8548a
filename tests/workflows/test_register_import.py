"""A published register is imported whole, as often as wanted, and after any interruption (Art. 7)."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.problems import ProblemCode, Refused
from domain.register import QuarantineReason, RegisterImport, RegisterKind, SourceUnit
from domain.table import table_of
from tests import registers
from tests.registers import Killed, opened, put_aside, quiet, source
from workflows.database import Database
from workflows.register_csv import RECORD_CHARACTERS_MAX, Encoding, Source, Splitter
from workflows.register_import import BATCH_ROWS, ImportReport
from workflows.register_run import Counts

SHARED = Path(os.environ.get("SIGNET_SHARED") or Path(__file__).parents[3] / "shared")
REAL = SHARED / "data" / "real" / "cac_source_list_2025_06.csv"
HEADER = "name,section,form,level,division\n"
UNIT = table_of(SourceUnit)
REASON = QuarantineReason


def generated(rows: int) -> Source:
    """So many rows, made while they are read."""

    async def opened() -> AsyncIterator[bytes]:
        yield HEADER.encode()
        for start in range(0, rows, 100):
            lines = (
                f"示例新闻{number}网,LOCAL_NEWS,NEWS_WEBSITE,provincial,440000\n"
                for number in range(start, start + 100)
            )
            yield "".join(lines).encode()

    return opened


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        yield database


async def imported(
    database: Database, content: bytes | str | Source, progress: Callable[[int, int], None] = quiet
) -> ImportReport:
    return await registers.imported(database, RegisterKind.SOURCES, content, progress)


async def units(database: Database) -> list[tuple[str, ...]]:
    """All units: name, section, form, level, division; by name."""
    wanted = sa.select(UNIT.c.name, UNIT.c.section, UNIT.c.form, UNIT.c.level, UNIT.c.division).order_by(UNIT.c.name)
    return [tuple(row) for row in await database.read(lambda connection: connection.fetch(wanted, {}))]


async def names(database: Database) -> list[str]:
    return [unit[0] for unit in await units(database)]


async def contents(database: Database) -> list[tuple[object, ...]]:
    """The whole table of units, ids and writing imports too."""
    wanted = sa.select(UNIT).order_by(UNIT.c.id)
    return [tuple(row) for row in await database.read(lambda connection: connection.fetch(wanted, {}))]


@pytest.mark.skipif(not REAL.exists(), reason="the published register is not here")
async def test_the_published_register_comes_in_but_for_three_fragments_and_twice_changes_nothing(
    database: Database,
) -> None:
    content = REAL.read_bytes()

    first = await imported(database, content)
    before = await contents(database)
    second = await imported(database, content)

    assert first.counts == Counts(read=1_625, created=1_622, quarantined=3)
    assert second.counts == Counts(read=1_625, unchanged=1_622, quarantined=3)
    assert await contents(database) == before
    assert {"CGTN", "SHINE", "iChongqing", "21经济网"} <= set(await names(database))
    assert {reason for _, reason in await put_aside(database, first)} == {REASON.BROKEN_FRAGMENT}


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", Encoding.UTF_8), ("utf-8-sig", Encoding.UTF_8_BOM), ("gb18030", Encoding.GB18030)],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_each_encoding_and_line_ending_gives_the_same_units(
    database: Database, codec: str, encoding: Encoding, ending: str
) -> None:
    text = ending.join(
        ["名称,类别,形式,级别,地区", "示例日报,报纸,新闻单位,省级,广东", "𠮷林示例网,网站,新闻网站,省级,220000", ""]
    )

    report = await imported(database, source(text.encode(codec), piece_bytes=7))

    assert report.encoding == encoding
    assert report.counts == Counts(read=2, created=2)
    assert await units(database) == [
        ("示例日报", "报纸", "新闻单位", "省级", "440000"),
        ("𠮷林示例网", "网站", "新闻网站", "省级", "220000"),
    ]


async def test_headers_are_known_by_their_aliases_in_any_order_and_others_are_passed_over(database: Database) -> None:
    text = "Remark,所在省份,Unit_Name,SECTION\nwhatever,CN-SH,示例网,NEWS\n"

    await imported(database, text)

    assert await units(database) == [("示例网", "NEWS", "", "", "310000")]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "It has no header row."),
        (b"section,form\nNEWS,WEB\n", "It has no column for name"),
        ("name,名称\na,b\n".encode(), "Two of its columns are both name."),
        (b"PK\x03\x04\xff\xff\xff\xff", "It is neither UTF-8 (byte 4) nor GB18030 (byte 4)."),
        (
            "名称\n".encode() + "示例晚报".encode() * 5 + b"\xd6\xd0\xb9\n",
            "It is UTF-8 with a broken character at byte 67.",
        ),
    ],
)
async def test_what_is_no_register_is_refused_and_nothing_is_written(
    database: Database, content: bytes, detail: str
) -> None:
    with pytest.raises(Refused) as refused:
        await imported(database, content)

    assert [problem.code for problem in refused.value.problems] == [ProblemCode.FILE_UNREADABLE]
    assert refused.value.problems[0].detail.startswith(detail)
    counted = sa.select(sa.func.count()).select_from(table_of(RegisterImport))
    assert (await database.read(lambda connection: connection.fetch(counted, {})))[0][0] == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",NEWS,WEB,,", REASON.EMPTY_NAME),
        ("　,NEWS,WEB,,", REASON.EMPTY_NAME),
        ("》,NEWS,WEB,,", REASON.BROKEN_FRAGMENT),
        ("报,NEWS,WEB,,", REASON.BROKEN_FRAGMENT),
        ("示例(日报,NEWS,WEB,,", REASON.BROKEN_FRAGMENT),
        ("示" * 201 + ",NEWS,WEB,,", REASON.TOO_LONG),
        ("示例,," + "x" * 101 + ",,", REASON.TOO_LONG),
        ("示例," + "x" * RECORD_CHARACTERS_MAX + ",,,", REASON.TOO_LONG),
        ("示\x00例,NEWS,WEB,,", REASON.CONTROL_CHARACTERS),
        ('"示例\n日报",NEWS,WEB,,', REASON.CONTROL_CHARACTERS),
        ("示例,NE\u202eWS,WEB,,", REASON.CONTROL_CHARACTERS),
        ("示例,NEWS,WEB,,999999", REASON.UNKNOWN_DIVISION),
        ("示例,NEWS,WEB", REASON.COLUMN_COUNT),
        ("示例,NEWS,WEB,,,,", REASON.COLUMN_COUNT),
        ('示例"日报,NEWS,WEB,,', REASON.BROKEN_QUOTING),
        ('"示例"日报,NEWS,WEB,,', REASON.BROKEN_QUOTING),
        ('"示例,NEWS,WEB,,', REASON.BROKEN_QUOTING),
    ],
)
async def test_a_row_that_cannot_be_let_in_is_put_aside_with_its_reason_and_the_others_come_in(
    database: Database, row: str, reason: QuarantineReason
) -> None:
    text = f"{HEADER}示例一网,NEWS,WEB,,\n{row}\n示例二网,NEWS,WEB,,\n"

    report = await imported(database, text)

    assert await names(database) == ["示例一网", "示例二网"]
    assert await put_aside(database, report) == [(3, reason)]
    assert report.counts == Counts(read=3, created=2, quarantined=1)


async def test_a_flagged_fragment_is_put_aside(database: Database) -> None:
    text = "name,suspect_fragment\n示例办公室,1\n示例日报,0\n"

    report = await imported(database, text)

    assert await put_aside(database, report) == [(2, REASON.BROKEN_FRAGMENT)]
    assert await names(database) == ["示例日报"]


async def test_quoted_fields_hold_commas_quotation_marks_and_new_lines(database: Database) -> None:
    text = 'name,remark\r\n"示例,""晨""报","one\r\ntwo, three\r\n\r\nfour"\r\n示例晚报,\r\n报,\r\n'

    report = await imported(database, text)

    assert await names(database) == ['示例,"晨"报', "示例晚报"]
    assert await put_aside(database, report) == [(7, REASON.BROKEN_FRAGMENT)]


async def test_the_first_of_two_rows_that_contradict_each_other_holds_in_every_run(database: Database) -> None:
    filler = "".join(f"示例{number}网,NEWS,WEB,,\n" for number in range(BATCH_ROWS))
    text = (
        f"{HEADER}示例报,NEWS,WEB,省级,\n示例报,NEWS,WEB,中央,\n{filler}示例报,NEWS,WEB,地方,\n示例报,NEWS,WEB,省级,\n"
    )

    first = await imported(database, text)
    second = await imported(database, text)

    assert first.counts == Counts(read=504, created=501, unchanged=1, quarantined=2)
    assert second.counts == Counts(read=504, unchanged=502, quarantined=2)
    assert await put_aside(database, second) == [(3, REASON.CONTRADICTION), (504, REASON.CONTRADICTION)]
    assert ("示例报", "NEWS", "WEB", "省级", "") in await units(database)


async def test_a_newer_register_changes_what_it_says_otherwise_and_takes_nothing_off(database: Database) -> None:
    await imported(database, f"{HEADER}示例报,NEWS,WEB,省级,广东\n示例网,NEWS,WEB,省级,\n示例台,NEWS,WEB,,\n")

    report = await imported(database, f"{HEADER}示例报,NEWS,WEB,省级,北京\n示例网,NEWS,WEB,省级,\n示例社,NEWS,WEB,,\n")

    assert report.counts == Counts(read=3, created=1, changed=1, unchanged=1)
    assert ("示例报", "NEWS", "WEB", "省级", "110000") in await units(database)
    assert len(await units(database)) == 4


async def test_one_name_in_two_forms_is_two_units(database: Database) -> None:
    report = await imported(database, f"{HEADER}示例报,NEWS,WEB,,\n示例报,NEWS,APP,,\n")

    assert report.counts == Counts(read=2, created=2)


@pytest.mark.parametrize("killed_after", [BATCH_ROWS, 2 * BATCH_ROWS, 1_250])
async def test_an_import_that_died_goes_on_where_its_last_batch_ended(database: Database, killed_after: int) -> None:
    told: list[int] = []

    def dies(rows: int, read_bytes: int) -> None:
        told.append(rows)
        if rows >= killed_after:
            raise Killed

    content = HEADER + "".join(f"示例{number}网,NEWS,WEB,,\n" for number in range(1_249)) + "报,NEWS,WEB,,\n"
    with pytest.raises(Killed):
        await imported(database, content, dies)

    report = await imported(database, content)
    again = await imported(database, content)

    assert report.resumed_at == killed_after
    assert report.counts == Counts(read=1_250, created=1_249, quarantined=1)
    assert await put_aside(database, report) == [(1_251, REASON.BROKEN_FRAGMENT)]
    assert again.import_id != report.import_id
    assert again.counts == Counts(read=1_250, unchanged=1_249, quarantined=1)


async def test_a_batch_that_fails_leaves_nothing_of_itself(database: Database) -> None:
    taken = 0

    async def breaks() -> AsyncIterator[bytes]:
        nonlocal taken
        taken += 1
        yield (HEADER + "".join(f"示例{number}网,NEWS,WEB,,\n" for number in range(750))).encode()
        if taken == 2:
            raise Killed

    with pytest.raises(Killed):
        await imported(database, breaks)

    assert len(await units(database)) == BATCH_ROWS


async def test_two_processes_at_the_same_file_count_no_row_twice(own_database_url: str) -> None:
    async with opened(own_database_url) as one, opened(own_database_url) as other:
        content = HEADER + "".join(f"示例{number}网,NEWS,WEB,,\n" for number in range(1_200))
        stolen: list[ImportReport] = []

        async def stealing() -> AsyncIterator[bytes]:
            yield content[:1].encode()
            yield content[1:20_000].encode()
            if stealing_begins():
                stolen.append(await imported(other, content))
            yield content[20_000:].encode()

        passes = iter((False, True))

        def stealing_begins() -> bool:
            return next(passes)

        with pytest.raises(Refused) as refused:
            await imported(one, stealing)

        assert [problem.code for problem in refused.value.problems] == [ProblemCode.TRY_AGAIN]
        assert stolen[0].counts == Counts(read=1_200, created=1_200)
        assert len(await units(one)) == 1_200


async def test_a_file_that_changes_while_it_is_read_is_not_finished(database: Database) -> None:
    passes: Iterator[str] = iter(("示例一网", "示例二网"))

    async def changing() -> AsyncIterator[bytes]:
        yield f"name\n{next(passes)}\n".encode()

    with pytest.raises(Refused) as refused:
        await imported(database, changing)

    assert refused.value.problems[0].detail == "It changed while it was read."


async def test_progress_tells_rows_and_the_bytes_of_both_passes(database: Database) -> None:
    content = (HEADER + "".join(f"示例{number}网,NEWS,WEB,,\n" for number in range(1_100))).encode()
    told: list[tuple[int, int]] = []

    await imported(database, content, lambda rows, read_bytes: told.append((rows, read_bytes)))

    assert [rows for rows, _ in told if rows] == [500, 1_000, 1_100]
    assert told == sorted(told)
    assert told[-1] == (1_100, 2 * len(content))


async def test_memory_does_not_grow_with_the_file(database: Database) -> None:
    await imported(database, generated(1_000))  # what is made once is made

    few = await peak_bytes(database, 2_000)
    many = await peak_bytes(database, 20_000)

    assert many < few * 1.3
    assert many < 8_000_000


async def peak_bytes(database: Database, rows: int) -> int:
    tracemalloc.start()
    try:
        report = await imported(database, generated(rows))
        assert report.counts.read == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece", [7, 100_000])
def test_an_open_quotation_mark_costs_its_own_line_only(piece: int) -> None:
    text = '"open\n' + 'a","c\n' * 15_000 + "last,line\n"

    broken, whole = split(text, piece)

    assert whole == [(15_002, ("last", "line"))]
    assert len(broken) == 15_001


def test_a_line_without_end_is_kept_only_so_far() -> None:
    splitter = Splitter()
    for _ in range(1_000):
        assert not list(splitter.take("x" * 10_000))

    record = next(iter(splitter.take("\nnext,line\n")))

    assert record.broken == REASON.TOO_LONG
    assert len(record.raw) == 1_000


def split(text: str, piece: int) -> tuple[list[int], list[tuple[int, tuple[str, ...]]]]:
    """The lines that were broken, and the whole records."""
    splitter = Splitter()
    pieces: Iterable[str] = (text[at : at + piece] for at in range(0, len(text), piece))
    records = [record for part in pieces for record in splitter.take(part)] + list(splitter.end())
    broken = [record.line for record in records if record.broken]
    return broken, [(record.line, record.fields) for record in records if not record.broken]
