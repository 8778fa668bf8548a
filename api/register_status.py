"""The signed status list: which badges stand, as of at most a minute ago (Art. 7).

A list of one bit a badge, compressed (draft-ietf-oauth-status-list): 0 stands, 1 does not.
"""

from __future__ import annotations

import asyncio
import zlib
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final

from domain.vault.signing import STATUS_LIST, signer
from workflows.office import Office
from workflows.public_record import STATUS_LIST_PATH
from workflows.standing import status_bits

SECONDS_VALID: Final = 60  # from the moment it is made
SECONDS_KEPT: Final = 30  # with the 30 that others may keep it, it is never shown past its end


class StatusList:
    """Makes the list when it is asked for, at most every half minute."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._turn = asyncio.Lock()
        self._made: tuple[datetime, str] | None = None

    async def signed(self) -> str:
        """The list as a compact JWS."""
        async with self._turn:
            now = self._office.clock()
            if self._made is None or not timedelta() <= now - self._made[0] < timedelta(seconds=SECONDS_KEPT):
                self._made = now, self._sign(await status_bits(self._office.database, now), now)
            return self._made[1]

    def _sign(self, bits: bytes, now: datetime) -> str:
        issued_at = int(now.timestamp())
        compressed = urlsafe_b64encode(zlib.compress(bits, 9)).rstrip(b"=").decode()
        payload = {
            "iss": self._office.public_url,
            "sub": f"{self._office.public_url}/{STATUS_LIST_PATH}",
            "iat": issued_at,
            "exp": issued_at + SECONDS_VALID,
            "ttl": SECONDS_KEPT,
            "status_list": {"bits": 1, "lst": compressed},
        }
        return signer(self._office.keys).sign(payload, STATUS_LIST)
