"""Durations as people write them: `35d`, `12h`, `1d12h30m`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_PARTS: Final = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)?")


def duration(given: object) -> object:
    """The duration that a text tells; anything but a text as it is. ValueError names the form."""
    if not isinstance(given, str):
        return given
    found = _PARTS.fullmatch(given.strip())
    if found is None or not any(found.groups()):
        raise ValueError("write it as days, hours, minutes and seconds: 35d, 12h or 1d12h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
