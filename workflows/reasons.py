"""What an adverse step must say: codes of its list, bases in force, a public reason; no personal data (Art. 1, 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from domain.calendar import local_day
from domain.codes.lists import codes
from domain.personal import personal_data_in
from domain.problems import Problem, ProblemCode
from workflows.commands import Reasons

# Numbers of the case itself: that of a licence may be a valid mobile number too, and the public may read it.
_NUMBERS: Final = ("number", "receipt_number", "licence_number")


def unsound_reasons(reasons: Reasons, list_: str, case: Any, now: datetime) -> list[Problem]:
    """Every fault of a statement of reasons in a case."""
    day = local_day(now)
    problems = []
    for i, code in enumerate(reasons.reason_codes):
        known = codes(list_).get(code)
        if known is None or not known.is_valid_on(day):
            problems.append(Problem(ProblemCode.CODE_UNKNOWN, ("reasons", "reasonCodes", str(i)), f"({list_})"))
    for i, code in enumerate(reasons.legal_bases):
        known = codes("legal_bases").get(code)
        if known is None or not known.is_valid_on(day):
            problems.append(Problem(ProblemCode.LEGAL_BASIS_INVALID, ("reasons", "legalBases", str(i))))
    exempt = frozenset(number for name in _NUMBERS if (number := getattr(case, name, None)))
    path = ("reasons", "publicReason")
    found = personal_data_in(reasons.public_reason, exempt)
    return [*problems, *(Problem(ProblemCode.PERSONAL_DATA_IN_TEXT, path, f"{place}.") for place in found)]
