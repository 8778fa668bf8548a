"""A form as it arrives: which field each piece of a body belongs to. Nothing of it is kept, least of all on disk."""

from __future__ import annotations

from email.message import Message
from typing import Final, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

_PARTS_MAX: Final = 8


class FormRefused(Exception):
    """The body is not the form it says it is."""


class Piece(NamedTuple):
    """A piece of a field. `is_last` ends the field."""

    field: str
    data: bytes
    content_type: str
    is_last: bool


class Form:
    """Cuts a body into pieces of fields."""

    def __init__(self, boundary: str) -> None:
        self._pieces: list[Piece] = []
        self._headers: dict[str, str] = {}
        self._name, self._value = bytearray(), bytearray()
        self._field = self._content_type = ""
        self._parts = 0
        self._is_whole = False
        callbacks = {
            "on_part_begin": self._part_begins,
            "on_part_data": lambda data, start, end: self._add(data[start:end], is_last=False),
            "on_part_end": lambda: self._add(b"", is_last=True),
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_end": self._ends,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]
        except (FormParserError, UnicodeEncodeError):
            raise FormRefused from None

    def feed(self, body: bytes) -> list[Piece]:
        """The pieces that this part of the body holds. FormRefused."""
        self._pieces = []
        try:
            self._parser.write(body)
        except (FormParserError, UnicodeDecodeError):
            raise FormRefused from None
        return self._pieces

    def close(self) -> None:
        """The body is over. FormRefused if the form is not."""
        if not self._is_whole:
            raise FormRefused

    def _part_begins(self) -> None:
        self._headers, self._parts = {}, self._parts + 1
        if self._parts > _PARTS_MAX:
            raise FormParserError("too many parts")

    def _header_ends(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        disposition = _parsed("content-disposition", self._headers.get("content-disposition", ""))
        field = disposition.get_param("name", header="content-disposition")
        if disposition.get_content_disposition() != "form-data" or not isinstance(field, str):
            raise FormParserError("a part without a name")
        if "content-transfer-encoding" in self._headers:
            raise FormParserError("a part that is encoded")
        self._field = field
        self._content_type = self._headers.get("content-type", "")

    def _add(self, data: bytes, *, is_last: bool) -> None:
        self._pieces.append(Piece(self._field, data, self._content_type, is_last))

    def _ends(self) -> None:
        self._is_whole = True


def boundary_of(content_type: str) -> str | None:
    """The boundary of a form's body; None where it is no form. FormRefused for a form without one."""
    message = _parsed("content-type", content_type)
    if message.get_content_type() != "multipart/form-data":
        return None
    boundary = message.get_boundary()
    if not boundary:
        raise FormRefused
    return boundary


def _parsed(name: str, value: str) -> Message:
    message = Message()
    message[name] = value.replace("\r", "").replace("\n", "")
    return message
