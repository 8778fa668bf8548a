"""Whether a permission gives its right on a day: of its state, its licence, its last day, and a renewal in time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.permission import permission_stands

TODAY = date(2026, 6, 30)
ASKED_IN_TIME = datetime(2026, 5, 1, 16, 30, tzinfo=UTC)  # already the second of May in Shanghai
STANDING: dict[str, Any] = {
    "kind": "PUBLISH_AND_REPRINT",
    "state": "GRANTED",
    "valid_until": None,
    "renewal_asked_at": None,
    "licence_services": "PUBLISH_AND_REPRINT",
    "licence_valid_from": date(2025, 1, 1),
    "licence_valid_to": date(2028, 1, 1),
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "STANDS"),
        ({"state": "SUSPENDED"}, "ENDED"),
        ({"state": "REQUESTED"}, "ENDED"),
        ({"licence_valid_from": None, "licence_valid_to": None}, "STANDS"),
        ({"licence_valid_from": date(2026, 7, 1)}, "ENDED"),
        ({"licence_valid_from": TODAY}, "STANDS"),
        ({"licence_valid_to": TODAY}, "STANDS"),
        ({"licence_valid_to": date(2026, 6, 29)}, "ENDED"),
        ({"valid_until": TODAY}, "STANDS"),
        ({"valid_until": date(2026, 6, 29)}, "ENDED"),
        ({"licence_services": "REPRINT_ONLY"}, "ENDED"),
        ({"licence_services": "REPRINT_ONLY", "kind": "REPRINT_ONLY"}, "STANDS"),
        ({"kind": "REPRINT_ONLY"}, "STANDS"),
        ({"licence_services": "PLATFORM", "kind": "REPRINT_ONLY"}, "ENDED"),
        ({"licence_services": None}, "ENDED"),
        ({"licence_is_listed": False}, "ENDED"),
        ({"kind": "SPECIAL_APPROVAL", "licence_is_listed": False, "licence_services": None}, "STANDS"),
        ({"kind": "SPECIAL_APPROVAL", "licence_valid_to": date(2020, 1, 1), "valid_until": TODAY}, "STANDS"),
        ({"kind": "SPECIAL_APPROVAL", "valid_until": date(2026, 6, 29)}, "ENDED"),
    ],
)
def test_a_permission_stands_as_its_state_and_its_licence_say(changed: dict[str, Any], expected: str) -> None:
    assert permission_stands(**(STANDING | changed)) == expected


@pytest.mark.parametrize(
    ("last", "asked_at", "today", "expected"),
    [
        (date(2026, 6, 1), ASKED_IN_TIME, date(2026, 6, 1), "STANDS"),
        (date(2026, 6, 1), ASKED_IN_TIME, date(2026, 6, 2), "EXTENDED"),
        (date(2026, 6, 1), ASKED_IN_TIME, date(2026, 8, 30), "EXTENDED"),
        (date(2026, 6, 1), ASKED_IN_TIME, date(2026, 8, 31), "ENDED"),
        (date(2026, 5, 31), ASKED_IN_TIME, date(2026, 6, 2), "ENDED"),  # 29 days before
        (date(2026, 6, 1), None, date(2026, 6, 2), "ENDED"),
    ],
)
@pytest.mark.parametrize("of", ["valid_until", "licence_valid_to"])
def test_silence_on_a_renewal_asked_in_time_extends_for_ninety_days(
    last: date, asked_at: datetime | None, today: date, expected: str, of: str
) -> None:
    given = STANDING | {of: last, "renewal_asked_at": asked_at, "today": today}

    assert permission_stands(**given) == expected


def test_the_earlier_of_two_last_days_counts() -> None:
    given = STANDING | {"valid_until": date(2027, 1, 1), "licence_valid_to": date(2026, 6, 1)}

    assert permission_stands(**given) == "ENDED"
    assert permission_stands(**(given | {"renewal_asked_at": ASKED_IN_TIME})) == "EXTENDED"
