"""Receipts: the secret by which somebody without an account follows a case of his own.

The secret is derived, so the same request gives the same receipt again; only its hash is stored.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import Final, NamedTuple

from domain.vault.keys import Keys

_BYTES: Final = 16


class Receipt(NamedTuple):
    """The secret for the party (26 characters, 128 bits) and the hash to store (32 bytes)."""

    secret: str
    hash: bytes


def receipt(keys: Keys, row_id: str, idempotency_key: str) -> Receipt:
    """The receipt of one case for one request."""
    digest = hmac.digest(keys.derived("receipt"), f"{row_id}\0{idempotency_key}".encode(), "sha256")
    secret = b32encode(digest[:_BYTES]).decode().rstrip("=")
    return Receipt(secret, receipt_hash(secret))


def receipt_hash(secret: str) -> bytes:
    """The hash by which a presented secret is found; case and surrounding space do not matter."""
    return sha256(secret.strip().upper().encode()).digest()
