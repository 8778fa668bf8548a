"""Reads a published register of any size as CSV: which encoding it has, and its records one by one (Art. 7).

A file is read twice: once for its hash and encoding, once for its records. Neither pass keeps more than a piece and
the record at hand. A record that breaks the rules of quoting costs its first line only: reading goes on at the next.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import IncrementalNewlineDecoder
from typing import Final, NamedTuple

from domain.characters import gb18030_2022
from domain.problems import Problem, ProblemCode, Refused
from domain.register import QuarantineReason
from domain.state import Word

Source = Callable[[], AsyncIterator[bytes]]  # opens the file at its beginning; called once a pass

RECORD_CHARACTERS_MAX: Final = 64 * 1024
RAW_CHARACTERS_MAX: Final = 1_000
# So many bytes beyond one a character were good UTF-8 before the first bad one: no accident of another encoding.
_SURELY_UTF_8_BYTES: Final = 32
_BOM: Final = "\ufeff"
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What some programs end a line with and no reader of CSV takes for one; NUL is what UTF-16 looks like from outside.
_NO_LINE_ENDS: Final = ("\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1e", "\0")
_QUOTED: Final = re.compile(r'([^"]*(?:""[^"]*)*)("?)')


class Encoding(Word):
    """How the text of a register is encoded."""

    UTF_8 = "UTF_8", "UTF-8", "UTF-8"
    UTF_8_BOM = "UTF_8_BOM", "UTF-8（带 BOM）", "UTF-8 with byte order mark"
    GB18030 = "GB18030", "GB18030", "GB18030"

    @property
    def codec(self) -> str:
        return "gb18030" if self is Encoding.GB18030 else "utf-8"


class Survey(NamedTuple):
    """What the first pass found."""

    sha256: str
    encoding: Encoding
    size_bytes: int


def refuse_line_ends(header: str) -> None:
    """Refuse a header row that goes on past a line end which is none in CSV: the whole file would be one row."""
    for character in _NO_LINE_ENDS:
        if character in header:
            raise unreadable(f"Its lines end with U+{ord(character):04X}. Save it with line ends LF or CRLF, as UTF-8.")


def unreadable(detail: str) -> Refused:
    """The file is no register; `detail` says why."""
    return Refused(Problem(ProblemCode.FILE_UNREADABLE, detail=detail))


async def survey(source: Source, told: Callable[[int], None]) -> Survey:
    """Hash the whole file and find its encoding. `told` hears how many bytes were read."""
    digest, utf_8, gb18030 = sha256(), _Attempt("utf-8"), _Attempt("gb18030")
    size_bytes, beginning = 0, b""
    async for piece in source():
        digest.update(piece)
        beginning = beginning or piece
        size_bytes += len(piece)
        utf_8.take(piece)
        gb18030.take(piece)
        told(size_bytes)
    utf_8.take(b"", final=True)
    gb18030.take(b"", final=True)
    if not size_bytes:
        raise unreadable("The file is empty.")
    return Survey(digest.hexdigest(), _encoding(utf_8, gb18030, beginning), size_bytes)


def _encoding(utf_8: _Attempt, gb18030: _Attempt, beginning: bytes) -> Encoding:
    has_bom = beginning.startswith(codecs.BOM_UTF8)
    if beginning.startswith(_UTF_16):
        raise unreadable("It is UTF-16. Save it as UTF-8.")
    if utf_8.fault_at is None:
        return Encoding.UTF_8_BOM if has_bom else Encoding.UTF_8
    # Most broken UTF-8 is also GB18030 of a kind: read so, every name would be wrong.
    if has_bom or utf_8.spare_bytes >= _SURELY_UTF_8_BYTES:
        raise unreadable(f"It is UTF-8 with a broken character at byte {utf_8.fault_at}.")
    if gb18030.fault_at is not None:
        raise unreadable(f"It is neither UTF-8 (byte {utf_8.fault_at}) nor GB18030 (byte {gb18030.fault_at}).")
    return Encoding.GB18030


class _Attempt:
    """Tries one encoding on a stream until its first fault."""

    def __init__(self, codec: str) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)()
        self._taken_bytes = 0
        self.fault_at: int | None = None
        self.spare_bytes = 0  # beyond one a character

    def take(self, piece: bytes, *, final: bool = False) -> None:
        if self.fault_at is not None:
            return
        try:
            self.spare_bytes += len(piece) - len(self._decoder.decode(piece, final))
        except UnicodeDecodeError as fault:
            self.fault_at = self._taken_bytes + len(piece) - len(fault.object) + fault.start
            good = fault.object[: fault.start]
            self.spare_bytes += len(good) - len(good.decode(fault.encoding))
        self._taken_bytes += len(piece)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its fields, or why it has none. `line` counts from 1, where the record begins."""

    line: int
    raw: str
    fields: tuple[str, ...]
    broken: QuarantineReason | None = None


class Reading:
    """The second pass: the records in order, and how far it is."""

    def __init__(self, source: Source, surveyed: Survey) -> None:
        self._source = source
        self._surveyed = surveyed
        self.read_bytes = 0

    async def records(self) -> AsyncGenerator[Record, None]:
        """The records, the header first. Refuses at the end where the file is not the one that was surveyed."""
        digest, splitter = sha256(), Splitter()
        decoder = _Decoder(self._surveyed.encoding)
        async for piece in self._source():
            digest.update(piece)
            self.read_bytes += len(piece)
            for record in splitter.take(decoder.text(piece)):
                yield record
        for record in splitter.end(decoder.text(b"", final=True)):
            yield record
        if digest.hexdigest() != self._surveyed.sha256:
            raise unreadable("It changed while it was read.")


class _Decoder:
    """Bytes as text: without a byte order mark, GB18030 as of 2022, and each line end, CR alone too, as LF."""

    def __init__(self, encoding: Encoding) -> None:
        decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
        self._decoder = IncrementalNewlineDecoder(decoder, translate=True)
        self._changes = gb18030_2022() if encoding is Encoding.GB18030 else {}
        self._is_first = True

    def text(self, piece: bytes, *, final: bool = False) -> str:
        """The text that the bytes so far give more."""
        text = self._decoder.decode(piece, final).translate(self._changes)
        if self._is_first and text:
            text, self._is_first = text.removeprefix(_BOM), False
        return text


class _Line(NamedTuple):
    number: int
    text: str


class _Broken(Exception):
    """The line at hand cannot belong to a record."""


class Splitter:
    """Cuts text that comes in pieces into records."""

    def __init__(self) -> None:
        self._rest = ""
        self._lines = 0
        self._held: list[_Line] = []  # the lines of a record that a quotation mark keeps open
        self._fields = _Fields()

    def take(self, text: str) -> Iterator[Record]:
        """The records that end in this piece."""
        *whole, rest = (self._rest + text).split("\n")
        self._rest = rest[: RECORD_CHARACTERS_MAX + 2]  # a line so long is broken whatever follows
        for line in whole:
            self._lines += 1
            yield from self._records(_Line(self._lines, line))

    def end(self, text: str = "") -> Iterator[Record]:
        """The records that are left."""
        yield from self.take(f"{text}\n")
        while self._held:
            yield from self._give_up()

    def _records(self, line: _Line) -> Iterator[Record]:
        if not (self._held or line.text):
            return
        self._held.append(line)
        try:
            is_whole = self._fields.take(line.text)
        except _Broken:
            yield from self._give_up()
        else:
            if is_whole:
                yield Record(self._held[0].number, self._raw(), tuple(self._fields.values))
                self._forget()

    def _give_up(self) -> Iterator[Record]:
        """Put the first line aside and begin anew at the second.

        Each line is read at most twice: what follows an open quotation mark holds an even number of them a line, so
        that no such line can begin another open record.
        """
        first, *others = self._held
        reason = QuarantineReason.TOO_LONG if _is_too_long(first.text) else QuarantineReason.BROKEN_QUOTING
        yield Record(first.number, first.text[:RAW_CHARACTERS_MAX], (), reason)
        self._forget()
        again = deque(others)
        while again:
            yield from self._records(again.popleft())

    def _raw(self) -> str:
        return "\n".join(line.text for line in self._held)[:RAW_CHARACTERS_MAX]

    def _forget(self) -> None:
        self._held, self._fields = [], _Fields()


def _is_too_long(text: str) -> bool:
    return len(text) > RECORD_CHARACTERS_MAX


class _Fields:
    """The fields of one record, from its lines."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._open: list[str] | None = None  # pieces of a quoted field that is not closed yet
        self._characters = 0

    def take(self, text: str) -> bool:
        """Read a line; whether the record ends with it."""
        self._characters += len(text) + 1
        if self._characters > RECORD_CHARACTERS_MAX + 1:
            raise _Broken
        if self._open is None and '"' not in text:
            self.values = text.split(",")
            return True
        at = 0
        while at <= len(text):
            if self._open is None and text.startswith('"', at):
                self._open, at = [], at + 1
            after = self._plain(text, at) if self._open is None else self._quoted(text, at, self._open)
            if after is None:
                return False
            at = after
        return True

    def _plain(self, text: str, at: int) -> int:
        end = text.find(",", at)
        value = text[at:] if end < 0 else text[at:end]
        if value.count('"') % 2:
            raise _Broken
        self.values.append(value)
        return at + len(value) + 1

    def _quoted(self, text: str, at: int, pieces: list[str]) -> int | None:
        """Where the next field begins; None while the quotation mark is not closed."""
        found = _QUOTED.match(text, at)
        assert found is not None  # noqa: S101 - the pattern matches the empty text
        pieces.append(found[1].replace('""', '"'))
        if not found[2]:
            pieces.append("\n")
            return None
        if not (found.end() == len(text) or text[found.end()] == ","):
            raise _Broken
        self.values.append("".join(pieces))
        self._open = None
        return found.end() + 1
