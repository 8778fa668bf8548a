"""What an adverse step must say: codes of its list, bases in force, a public reason without personal data (Art. 8)."""

from __future__ import annotations

from datetime import datetime

from domain.calendar import local_day
from domain.codes.lists import codes
from domain.personal import personal_data_in
from domain.problems import Problem, ProblemCode
from workflows.commands import Reasons


def unsound_reasons(reasons: Reasons, list_: str, now: datetime) -> list[Problem]:
    """Every fault of a statement of reasons."""
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
    problems += unsound_text(reasons.public_reason, ("reasons", "publicReason"))
    return problems


def unsound_text(text: str, path: tuple[str, ...], exempt: frozenset[str] = frozenset()) -> list[Problem]:
    """The places of personal data in a text that the party or the public is to read."""
    return [Problem(ProblemCode.PERSONAL_DATA_IN_TEXT, path, f"{found}.") for found in personal_data_in(text, exempt)]
