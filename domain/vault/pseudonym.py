"""Pseudonyms: a subject looks the same within one body and different to every other, so no two can join lists."""

from __future__ import annotations

import hmac
from base64 import b32encode
from typing import Final

from domain.vault.keys import Keys

_BYTES: Final = 5  # eight characters of base32


def pseudonym(keys: Keys, viewer_body: str, subject_id: str) -> str:
    """Eight characters A–Z, 2–7 for the data subject as the viewer's provider, authority or holder sees it."""
    message = f"{viewer_body}\0{subject_id}".encode()
    return b32encode(hmac.digest(keys.derived("pseudonym"), message, "sha256")[:_BYTES]).decode()
