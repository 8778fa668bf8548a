"""Sealed documents: a stream of chunks, opened as it is read, that notices a missing, moved or foreign chunk (Art. 5).

A stream is `version (1) ‖ epoch (4) ‖ salt (32)` and then chunks of 64 KiB, each with its tag. Every stream has a key
of its own, derived from the subject's key, the salt and the place; a chunk is bound to its index and to whether it is
the last, so what was cut short, put in another order or appended to does not open.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.vault.cipher import KEY_BYTES, VERSION, NotOpened, Place, cipher_of
from domain.vault.keys import derive

CHUNK_BYTES: Final = 64 * 1024
_TAG_BYTES: Final = 16
_SALT_BYTES: Final = 32
_HEADER: Final = struct.Struct(">BI")
_START: Final = _HEADER.size + _SALT_BYTES
_NONCE: Final = struct.Struct(">3xQ?")  # index and last-flag: never twice under the key of one stream


class ChunkSealer:
    """Seals what it is fed; for a document that arrives piece by piece."""

    def __init__(self, key: bytes, place: Place, *, epoch: int = 0) -> None:
        self._start = _HEADER.pack(VERSION, epoch) + os.urandom(_SALT_BYTES)
        self._cipher = _cipher(key, self._start, place)
        self._index = 0
        self._held = bytearray()

    def feed(self, plain: bytes) -> bytes:
        """What can be stored now: whole chunks, of which none is the last."""
        self._held += plain
        sealed = [self._begin()]
        while len(self._held) > CHUNK_BYTES:
            sealed.append(self._seal(bytes(self._held[:CHUNK_BYTES]), last=False))
            del self._held[:CHUNK_BYTES]
        return b"".join(sealed)

    def close(self) -> bytes:
        """The last chunk, which may be empty. The sealer is used up."""
        return self._begin() + self._seal(bytes(self._held), last=True)

    def _begin(self) -> bytes:
        start, self._start = self._start, b""
        return start

    def _seal(self, chunk: bytes, *, last: bool) -> bytes:
        nonce = _NONCE.pack(self._index, last)
        self._index += 1
        return self._cipher.encrypt(nonce, chunk, nonce)


def seal_chunks(key: bytes, chunks: Iterable[bytes], place: Place, *, epoch: int = 0) -> Iterator[bytes]:
    """The sealed stream of a document given in pieces of any size."""
    sealer = ChunkSealer(key, place, epoch=epoch)
    for chunk in chunks:
        if sealed := sealer.feed(chunk):
            yield sealed
    yield sealer.close()


def unseal_chunks(key: bytes, sealed: Iterable[bytes], place: Place) -> Iterator[bytes]:
    """The document in chunks, from pieces of any size. NotOpened at the first chunk that is not as it was.

    What was given out before is genuine; that it was all is known only when the iteration ends without NotOpened.
    """
    held = bytearray()
    cipher: AESGCM | None = None
    index = 0
    for piece in sealed:
        held += piece
        if cipher is None and len(held) >= _START:
            cipher = _cipher(key, bytes(held[:_START]), place)
            del held[:_START]
        # One byte more than a chunk proves that another follows.
        while cipher is not None and len(held) > CHUNK_BYTES + _TAG_BYTES:
            yield _open(cipher, bytes(held[: CHUNK_BYTES + _TAG_BYTES]), index, last=False)
            del held[: CHUNK_BYTES + _TAG_BYTES]
            index += 1
    if cipher is None:
        raise NotOpened
    yield _open(cipher, bytes(held), index, last=True)


def _cipher(key: bytes, start: bytes, place: Place) -> AESGCM:
    if start[0] != VERSION:
        raise NotOpened
    if len(key) != KEY_BYTES:
        raise ValueError("a key of the vault has 32 bytes")
    info = b"signet/stream\0" + start[: _HEADER.size] + place.bound
    return cipher_of(derive(key, info, salt=start[_HEADER.size :]))


def _open(cipher: AESGCM, chunk: bytes, index: int, *, last: bool) -> bytes:
    nonce = _NONCE.pack(index, last)
    try:
        return cipher.decrypt(nonce, chunk, nonce)
    except (InvalidTag, ValueError):
        raise NotOpened from None
