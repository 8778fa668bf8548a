"""Durations are read as people write them, and anything else is told how."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from api.durations import duration
from api.settings import Issuer, Mode, Settings


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("35d", timedelta(days=35)),
        ("12h", timedelta(hours=12)),
        ("1d12h30m", timedelta(days=1, hours=12, minutes=30)),
        (" 90s ", timedelta(seconds=90)),
        ("0d", timedelta()),
    ],
)
def test_a_duration_is_days_hours_minutes_and_seconds(written: str, meant: timedelta) -> None:
    assert duration(written) == meant
    assert Settings(clock_offset=written).clock_offset == meant


@pytest.mark.parametrize("written", ["", "35", "35 days", "-1d", "1h1d", "1.5d", "P35D", "99999d", "9999d"])
def test_what_is_no_duration_is_told_how_to_write_one(written: str) -> None:
    with pytest.raises(ValidationError, match=r"35d, 12h or 1d12h30m|days=3650"):
        Settings(clock_offset=written)


def test_a_duration_is_left_as_it_is() -> None:
    assert duration(timedelta(days=1)) == timedelta(days=1)


def test_production_keeps_to_the_time() -> None:
    issuer = Issuer(issuer="i", jwks={}, algorithms=("EdDSA",), roles=frozenset({"AUDITOR"}), provider_id="p")

    with pytest.raises(ValidationError, match="production keeps to the time"):
        Settings(mode=Mode.PRODUCTION, issuers=(issuer,), clock_offset="1d")
