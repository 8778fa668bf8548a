"""Texts of a case: the journal commits to them, their words are kept sealed and may be erased (Art. 5, 8).

A commitment is `sha256(salt ‖ text)`. Without its salt it says nothing about the text, however short that was.
"""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from typing import Final, NamedTuple

SALT_BYTES: Final = 32


class Commitment(NamedTuple):
    """The salt, which is sealed with the text, and the digest, which the journal holds."""

    salt: bytes
    digest: bytes


class Text(NamedTuple):
    """An opened text and the salt of its commitment."""

    salt: bytes
    text: str


def commitment(text: str) -> Commitment:
    """A commitment under a new random salt."""
    salt = os.urandom(SALT_BYTES)
    return Commitment(salt, _digest(salt, text))


def is_committed(text: str, salt: bytes, digest: bytes) -> bool:
    """Whether the digest was made from this text and salt."""
    return hmac.compare_digest(_digest(salt, text), digest)


def pack_text(salt: bytes, text: str) -> bytes:
    """Salt and text as the bytes to seal."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return salt + text.encode()


def unpack_text(packed: bytes) -> Text:
    """Salt and text of what was unsealed."""
    return Text(packed[:SALT_BYTES], packed[SALT_BYTES:].decode())


def _digest(salt: bytes, text: str) -> bytes:
    return sha256(salt + text.encode()).digest()
