"""The shape of the seeded data: shares of states and of providers, from the load profile where it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

PROVIDERS: Final = 20
# A published figure stands behind each: accounts in review of all accounts, and the largest provider's share of them.
_IN_REVIEW: Final = 135_000 / 10_000_000
_LARGEST: Final = 0.2


@dataclass(frozen=True)
class Profile:
    """Shares of all accounts."""

    in_review: float = _IN_REVIEW
    largest_provider: float = _LARGEST
    prepared: float = 0.005  # approved, their filing still to be submitted

    @classmethod
    def read(cls, file: Path | None) -> Profile:
        """The shares of a load profile; the constants where there is none."""
        if file is None or not file.exists():
            return cls()
        found = orjson.loads(file.read_bytes())
        accounts = found["accounts"]
        low, high = found["one_large_provider"]["share_assumed"]
        in_review = accounts["in_review_at_steady_state"]["v"] / accounts["full_scale"]["v"]
        return cls(in_review=in_review, largest_provider=(low + high) / 2)

    def shares(self) -> list[float]:
        """The providers' shares: one large, the others ever smaller."""
        weights = [1 / (i + 4) for i in range(PROVIDERS - 1)]
        rest = (1 - self.largest_provider) / sum(weights)
        return [self.largest_provider, *(weight * rest for weight in weights)]

    def state(self, number: int) -> str:
        """The state of the account with this number: spread evenly, the same in every run."""
        if number % max(2, round(1 / self.prepared)) == 1:
            return "REVIEWED"
        return "APPLIED" if number % max(2, round(1 / self.in_review)) == 0 else "FILED"
