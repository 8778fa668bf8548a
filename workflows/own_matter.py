"""Nobody decides their own matter, nor one that they recused from: one guard for every such case (Art. 8)."""

from __future__ import annotations

from domain.problems import ProblemCode
from workflows.engine import On, Rests, guard


def has_recused(on: On) -> bool:
    """Whether who acts does not handle the matters of a party of the case, or of the row that it is opened on."""
    row = on.case if on.case is not None else on.cause
    parties = (getattr(row, name, None) for name in ("id", "holder_id", "provider_id"))
    return not on.viewer.recused.isdisjoint(parties)


def is_of_another(on: On) -> bool:
    """Whether the person behind the case, as its facts have them, is neither who acts nor one they recused from."""
    return not has_recused(on) and (on.viewer.person is None or on.facts.person != on.viewer.person)


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def is_not_ones_own_matter(on: On) -> bool:
    return is_of_another(on)


@guard(ProblemCode.OWN_MATTER, rests=Rests.LOCKED, path=("id",))
def is_no_matter_one_recused_from(on: On) -> bool:
    """For an authority's decision on what a provider handed in: it knows no person behind that but by a recusal."""
    return not has_recused(on)
