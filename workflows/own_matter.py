"""Nobody decides their own matter: one guard for every case that a person stands behind (Art. 8)."""

from __future__ import annotations

from domain.problems import ProblemCode
from workflows.engine import On, Rests, guard


def is_of_another(on: On) -> bool:
    """Whether the person behind the case, as its facts have them, is not the one who acts."""
    return on.viewer.person is None or on.facts.person != on.viewer.person


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def is_not_ones_own_matter(on: On) -> bool:
    return is_of_another(on)
