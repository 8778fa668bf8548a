"""What time does to a filing: whoever is late is told, and so is the next level above (Art. 7)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.authorities import next_level
from domain.deadline import DeadlineKind
from domain.notice import Party
from workflows.changes import Change, Detail, Serve
from workflows.engine import On


def tell_overdue(on: On) -> Iterable[Change]:
    """Whose fault it is: of a provider's its authority hears, of an authority's the one above.

    The provider hears of either, for an overdue filing may bear on what it may publish.
    """
    is_providers = on.input.kind is not DeadlineKind.FILING_DECISION
    yield Detail({"overdue": "FILING_OVERDUE" if is_providers else "AUTHORITY_OVERDUE"})
    yield Serve(Party.PROVIDER)
    if on.input.kind is DeadlineKind.FILING_AGAIN:
        yield Serve(Party.HOLDER)  # who waits for it
    above = on.case.jurisdiction if is_providers else next_level(on.case.jurisdiction)
    if above is not None:
        yield Serve(Party.AUTHORITY, above)
