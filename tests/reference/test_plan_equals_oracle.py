"""The one read path against the slow oracle: the same bytes, for viewers of every role, on both databases.

How many answers a run compared is written at its end, for each database.
"""

from __future__ import annotations

import sys

import pytest

from tests.reference.asking import ROLES, Asking
from tests.reference.comparison import Comparison
from tests.reference.expected import gaps, needed, unmet
from tests.reference.randomly import random_documents
from tests.reference.windows import walks, windows

COMPARED_MIN = 2_000


async def test_every_leaf_by_every_way_is_the_same(asking: Asking) -> None:
    await asking.leaves()


async def test_what_is_no_row_is_the_same(asking: Asking) -> None:
    await asking.roots()


async def test_every_relation_is_the_same(asking: Asking) -> None:
    await asking.relations(ways=1)


async def test_every_relation_of_a_relation_is_the_same(asking: Asking) -> None:
    await asking.pairs(roles=2)


async def test_every_filter_and_order_is_the_same(asking: Asking) -> None:
    await windows(asking)


async def test_cursors_lead_through_every_list_both_ways(asking: Asking) -> None:
    await walks(asking)


async def test_random_documents_are_the_same(asking: Asking) -> None:
    await random_documents(asking, 300)


@pytest.mark.long
async def test_all_relations_by_many_ways_are_the_same(asking: Asking) -> None:
    await asking.relations(ways=8)
    await asking.pairs(roles=len(ROLES))


@pytest.mark.seeds(long=8, night=100)
async def test_many_random_documents_are_the_same(asking: Asking, seed: int) -> None:
    await random_documents(asking, 500, seed=1_000 + seed)


def test_every_field_was_reached_by_every_role_that_sees_its_type(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = comparison.oracle.schema

    assert gaps(needed(schema), comparison.reached) == []
    assert unmet(comparison) == []
    assert comparison.compared >= COMPARED_MIN
    with capsys.disabled():
        pairs = len(comparison.reached)
        sys.stdout.write(f"\n{comparison.compared} answers compared, {pairs} pairs of field and role reached\n")
