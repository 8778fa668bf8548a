"""The comparison is worth what it notices: each planted fault must be found, and nothing is found without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import pytest

import workflows.submissions
from api.execute import Engine
from api.limits import Buckets, Rate
from api.schema import schema
from tests.reference.asking import Asking
from tests.reference.comparison import Differs
from tests.reference.faults import FAULTS
from tests.reference.oracle import TABLES
from tests.reference.windows import walks, windows


def forget(asking: Asking) -> None:
    """Let the product plan everything anew."""
    deployment = asking.comparison.world.deployment
    unhurried = Rate(1e9, 1e9)
    Engine.__init__(deployment.graphql._engine, schema, deployment.office, Buckets(unhurried, unhurried))
    workflows.submissions._pairs.cache_clear()


@pytest.fixture
def planted(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Where faults are planted: the product forgets what it had planned, before and after."""
    forget(asking)
    yield monkeypatch
    monkeypatch.undo()
    forget(asking)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_noticed(asking: Asking, planted: pytest.MonkeyPatch, fault: str) -> None:
    plant, questions = FAULTS[fault]
    name, *types = questions.split()
    asked: dict[str, Callable[[], Awaitable[None]]] = {
        "leaves": partial(asking.leaves, types or TABLES),
        "relations": partial(asking.relations, 0, types or TABLES),
        "roots": asking.roots,
        "windows": partial(windows, asking),
        "walks": partial(walks, asking),
    }

    plant(planted)

    with pytest.raises(Differs):
        await _each([asked[name], *asked.values()])


async def _each(questions: list[Callable[[], Awaitable[None]]]) -> None:
    """What should notice the fault first, then all there is."""
    for ask in questions:
        await ask()
