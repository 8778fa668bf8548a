"""What a document is, told by its content as it arrives: what it is called or said to be counts for nothing."""

from __future__ import annotations

import re
from codecs import IncrementalDecoder, getincrementaldecoder
from typing import Final

from domain.document import ContentType

# At the very beginning, or not at all: readers that search further are how a file comes to be two things at once.
_SIGNATURES: Final[tuple[tuple[bytes, ContentType], ...]] = (
    (b"\xff\xd8\xff", ContentType.JPEG),
    (b"\x89PNG\r\n\x1a\n", ContentType.PNG),
    (b"%PDF-", ContentType.PDF),
)
_HEAD_BYTES: Final = max(len(signature) for signature, _ in _SIGNATURES)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_ENCODINGS: Final = {ContentType.TXT: ("utf-8",), ContentType.CSV: ("utf-8", "gb18030")}


class NotRecognised(Exception):
    """The content is none of JPEG, PNG, PDF and plain text in UTF-8."""


class Recogniser:
    """Fed a document piece by piece. `text` is what it is called if it is text: TXT, or CSV for a register."""

    def __init__(self, text: ContentType = ContentType.TXT) -> None:
        self._text = text
        self._head = b""
        self._found: ContentType | None = None
        self._decoders: list[IncrementalDecoder] = []

    def feed(self, piece: bytes) -> None:
        """NotRecognised as soon as it can be nothing that is taken."""
        if self._found is None:
            self._head += piece
            if len(self._head) >= _HEAD_BYTES:
                self._found = self._begun(final=False)
        else:
            self._read(piece, final=False)

    def close(self) -> ContentType:
        """What it is. NotRecognised if it is empty, or cut off within a character."""
        found = self._found
        if found is not None:
            self._read(b"", final=True)
            return found
        if not self._head:
            raise NotRecognised
        return self._begun(final=True)

    def _begun(self, *, final: bool) -> ContentType:
        found = next((type_ for signature, type_ in _SIGNATURES if self._head.startswith(signature)), None)
        if found is None:
            self._decoders = [getincrementaldecoder(name)() for name in _ENCODINGS[self._text]]
            self._read(self._head, final=final)
        elif self._text is ContentType.CSV:  # where a table is wanted, a picture is not taken
            raise NotRecognised
        self._head = b""
        return found or self._text

    def _read(self, piece: bytes, *, final: bool) -> None:
        if self._decoders:
            self._decoders = [decoder for decoder in self._decoders if _is_text(decoder, piece, final=final)]
            if not self._decoders:
                raise NotRecognised


def _is_text(decoder: IncrementalDecoder, piece: bytes, *, final: bool) -> bool:
    try:
        return _CONTROL.search(decoder.decode(piece, final)) is None
    except UnicodeDecodeError:
        return False
