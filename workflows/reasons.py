"""What an adverse step must say: codes of its list, bases in force, a public reason; no personal data (Art. 1, 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from domain.calendar import local_day
from domain.codes.lists import is_listed
from domain.personal import personal_data_in
from domain.problems import Problem, ProblemCode
from workflows.commands import Input, Reasons, told_texts

# Numbers of the case itself: that of a licence may be a valid mobile number too, and the public may read it.
_NUMBERS: Final = ("number", "receipt_number", "licence_number")


def unsound_reasons(reasons: Reasons, list_: str, case: Any, now: datetime) -> list[Problem]:
    """Every fault of a statement of reasons in a case."""
    day = local_day(now)
    problems = []
    for i, code in enumerate(reasons.reason_codes):
        if not is_listed(list_, code, day):
            problems.append(Problem(ProblemCode.CODE_UNKNOWN, ("reasons", "reasonCodes", str(i)), f"({list_})"))
    for i, code in enumerate(reasons.legal_bases):
        if not is_listed("legal_bases", code, day):
            problems.append(Problem(ProblemCode.LEGAL_BASIS_INVALID, ("reasons", "legalBases", str(i))))
    return problems


def personal_data_told(input_: Input, case: Any) -> list[Problem]:
    """The personal values in the texts that others are told, each with its place; numbers of the case are none."""
    exempt = frozenset(number for name in _NUMBERS if (number := getattr(case, name, None)))
    return [
        Problem(ProblemCode.PERSONAL_DATA_IN_TEXT, path, f"{place}.")
        for path, text in told_texts(input_)
        for place in personal_data_in(text, exempt)
    ]
