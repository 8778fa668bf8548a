"""Sealed values of the vault: AES-256-GCM, each bound to the place where it is stored (Art. 5).

A sealed value is `version (1) ‖ epoch (4, big-endian) ‖ nonce (12) ‖ ciphertext and tag`. Header and place are
authenticated, so that a value moved to another row or column, or given another epoch, does not open.
"""

from __future__ import annotations

import os
import struct
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = 1
KEY_BYTES: Final = 32
_HEADER: Final = struct.Struct(">BI")
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_BODY: Final = _HEADER.size + _NONCE_BYTES
SEALED_OVERHEAD_BYTES: Final = _BODY + _TAG_BYTES


class NotOpened(Exception):
    """The sealed value does not open: it was changed, moved to another place, or the key is another one."""

    def __str__(self) -> str:
        return "The sealed value does not open: it was changed, moved to another place, or the key is another one."


class Place(NamedTuple):
    """Where a sealed value is stored. Table and column are names of ours and hold no NUL."""

    table: str
    column: str
    row_id: str

    @property
    def bound(self) -> bytes:
        """The bytes a value is bound to: no two places give the same."""
        return f"{self.table}\0{self.column}\0{self.row_id}".encode()


def seal(key: bytes, plain: bytes, place: Place, *, epoch: int = 0) -> bytes:
    """The plain bytes, encrypted under a 32-byte key and bound to the place; never twice the same."""
    header = _HEADER.pack(VERSION, epoch)
    nonce = os.urandom(_NONCE_BYTES)
    return header + nonce + cipher_of(key).encrypt(nonce, plain, header + place.bound)


def unseal(key: bytes, sealed: bytes, place: Place) -> bytes:
    """What was sealed. NotOpened if anything about it is not as it was."""
    return unseal_with(cipher_of(key), sealed, place)


def unseal_with(cipher: AESGCM, sealed: bytes, place: Place) -> bytes:
    """`unseal` with a cipher that is at hand: making one costs as much as opening a small value."""
    if len(sealed) < SEALED_OVERHEAD_BYTES or sealed[0] != VERSION:
        raise NotOpened
    try:
        return cipher.decrypt(sealed[_HEADER.size : _BODY], sealed[_BODY:], sealed[: _HEADER.size] + place.bound)
    except InvalidTag:
        raise NotOpened from None


def reseal(key: bytes, sealed: bytes, *, before: Place, after: Place) -> bytes:
    """The same value under the same key and epoch for another place: a pending value that becomes the current one."""
    return seal(key, unseal(key, sealed, before), after, epoch=epoch_of(sealed))


def epoch_of(sealed: bytes) -> int:
    """The epoch its header names; proven only when the value opens."""
    if len(sealed) < SEALED_OVERHEAD_BYTES or sealed[0] != VERSION:
        raise NotOpened
    return int(_HEADER.unpack_from(sealed)[1])


def cipher_of(key: bytes) -> AESGCM:
    """The cipher of a 32-byte key. Shorter keys would be AES-128 or AES-192, so they are refused."""
    if len(key) != KEY_BYTES:
        raise ValueError("a key of the vault has 32 bytes")
    return AESGCM(key)
