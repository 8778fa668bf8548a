"""Limits: what a document may be, what an operation may cost, how fast new documents may come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter

import pytest
from graphql import parse

from api.documents import read
from api.errors import RequestRefused
from api.execute import TooFast
from api.limits import LIMITS, TOKENS_MAX, Buckets, Limits, Rate, measured
from api.reading.recent import Recent, RecentOf
from domain.policy.roles import Role
from domain.viewer import ANONYMOUS
from tests.api.reading_schema import SCHEMA
from tests.api.reading_world import World, world_on

CORE = SCHEMA._schema


@pytest.fixture(scope="module")
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_on(database_url) as made:
        yield made


def refusal(text: str) -> RequestRefused:
    """Why a document is refused."""
    found = read(CORE, text).refusal
    assert found is not None
    return found


def nested(depth: int) -> str:
    """A selection so many levels deep."""
    selected = "id"
    for level in range(depth - 1):
        selected = f"account {{ {selected} }}" if level % 2 == 0 else f"filing {{ {selected} }}"
    return selected


def deep(depth: int) -> str:
    """An operation of that depth."""
    inner = nested(depth - 1)
    field = "account" if inner.startswith(("filing", "id")) else "node"
    of = inner if field == "account" else f"... on Filing {{ {inner} }}"
    return f'{{ {field}(id: "x") {{ {of} }} }}'


def test_an_operation_may_be_twelve_levels_deep() -> None:
    assert read(CORE, deep(12)).refusal is None

    assert refusal(deep(13)).errors[0].message.endswith("Depth: 13, where 12 is the most.")


def test_an_operation_may_have_thirty_aliases() -> None:
    def aliased(count: int) -> str:
        return "{ " + " ".join(f"a{i}: __typename" for i in range(count)) + " }"

    assert read(CORE, aliased(30)).refusal is None
    assert refusal(aliased(31)).errors[0].code == "LIMIT_EXCEEDED"
    assert refusal(aliased(600)).errors[0].code == "LIMIT_EXCEEDED"


def test_an_operation_may_have_twenty_directives() -> None:
    def directed(count: int) -> str:
        return "{ " + " ".join("__typename @skip(if: false)" for _ in range(count)) + " }"

    assert read(CORE, directed(20)).refusal is None
    assert refusal(directed(21)).errors[0].code == "LIMIT_EXCEEDED"


def test_ten_thousand_aliases_are_too_many_tokens() -> None:
    text = "{ " + " ".join(f"a{i}: __typename" for i in range(10_000)) + " }"

    found = refusal(text)

    assert found.errors[0].code == "LIMIT_EXCEEDED"
    assert str(TOKENS_MAX) in found.errors[0].message


def bomb(levels: int) -> str:
    """Fragments that each spread the next one twice: 2^levels paths."""
    parts = ['{ node(id: "x") { ...F0 } }']
    parts += [f"fragment F{i} on Node {{ ...F{i + 1} x{i}: id ...F{i + 1} }}" for i in range(levels)]
    return " ".join([*parts, f"fragment F{levels} on Node {{ id }}"])


def test_a_fragment_bomb_is_measured_in_linear_time() -> None:
    started = perf_counter()

    found = refusal(bomb(20))

    assert found.errors[0].code == "LIMIT_EXCEEDED"
    assert perf_counter() - started < 0.5


def test_fragments_are_measured_once_each_however_often_they_are_spread() -> None:
    document = parse(bomb(60), no_location=True)

    measure = next(iter(measured(document).values()))

    assert measure.fields == 2**60 + sum(2**i for i in range(60)) + 1


@pytest.mark.parametrize("value", [1e300, 2**31, -(2**31) - 1, 1.5, "1", True, [1], {"a": 1}, 10**30])
async def test_no_number_out_of_range_reaches_the_database(world: World, value: object) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)

    code = await world.code("query($n: Int!) { sums(firstNumber: $n) }", viewer, n=value)

    assert code == "VARIABLES_INVALID"


async def test_an_explicit_null_defeats_a_default_and_is_refused(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)
    text = "query($n: Int = 1, $id: ID!) { account(id: $id) { latestSubmissions(first: $n) { round } } }"

    code = await world.code(text, viewer, n=None, id=world.ours.accounts[0])

    assert code == "VARIABLES_INVALID"


async def test_the_cost_of_an_operation_is_told_before_it_is_paid(world: World) -> None:
    text = "query($n: Int!) { accounts(first: $n) { nodes { id state submissions(first: 10) { nodes { round } } } } }"

    answer = await world.ask(text, world.ours.viewer(Role.REVIEWER), n=2)

    assert answer["extensions"]["cost"] == {"requested": 1 + 2 * (3 + 10), "limit": 5000}


async def test_an_operation_that_costs_too_much_reads_nothing(world: World) -> None:
    text = "query($n: Int!) { accounts(first: $n) { nodes { id submissions(first: 100) { nodes { round } } } } }"
    world.database.statements.clear()

    answer = await world.ask(text, world.ours.viewer(Role.REVIEWER), n=100)

    assert answer["errors"][0]["extensions"]["code"] == "COST_EXCEEDED"
    assert answer["extensions"]["cost"]["requested"] == 1 + 100 * (2 + 100)
    assert world.database.statements == []


async def test_nobody_without_a_login_may_ask_for_as_much(world: World) -> None:
    text = """{ accounts(first: 100) { nodes {
        id displayName state category flags isFlagged version dueAt title createdAt
    } } }"""

    known = await world.ask(text, world.ours.viewer(Role.REVIEWER))
    anonymous = await world.ask(text, ANONYMOUS)

    assert "errors" not in known
    assert anonymous["errors"][0]["extensions"]["code"] == "COST_EXCEEDED"
    assert anonymous["extensions"]["cost"] == {"requested": 1001, "limit": 1000}


async def test_a_hundred_ids_at_most(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)

    code = await world.code("query($i: [ID!]!) { nodes(ids: $i) { id } }", viewer, i=["x"] * 101)

    assert code == "ARGUMENT_INVALID"


def test_every_role_has_its_limits() -> None:
    assert set(LIMITS) == set(Role)
    assert LIMITS[Role.REVIEWER] == Limits(depth=12, aliases=30, directives=20, fields=1_000, cost=5_000)
    assert LIMITS[Role.PUBLIC].cost == 1_000


async def test_unknown_documents_are_limited_and_known_ones_are_not(world: World) -> None:
    world.engine._buckets = Buckets(Rate(2, 1), Rate(1, 1), elapsed=lambda: 0.0)

    world.engine.document("{ a: __typename }", "someone", is_anonymous=False)
    world.engine.document("{ b: __typename }", "someone", is_anonymous=False)
    for _ in range(5):
        world.engine.document("{ a: __typename }", "someone", is_anonymous=False)
    with pytest.raises(TooFast) as wait:
        world.engine.document("{ c: __typename }", "someone", is_anonymous=False)

    assert wait.value.seconds == 1.0
    world.engine._buckets = Buckets(Rate(1e9, 1e9), Rate(1e9, 1e9))


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    buckets = Buckets(Rate(1, 0.5), Rate(1, 0.1), elapsed=lambda: now[0])

    first = buckets.wait_seconds("a", is_anonymous=True)
    second = buckets.wait_seconds("a", is_anonymous=True)
    now[0] = 10.0
    third = buckets.wait_seconds("a", is_anonymous=True)

    assert (first, second, third) == (0.0, 10.0, 0.0)


def test_buckets_forget_the_oldest_owner() -> None:
    buckets = Buckets(Rate(1, 0.1), elapsed=lambda: 0.0, owners_max=2)

    waits = [buckets.wait_seconds(owner, is_anonymous=False) for owner in ("a", "b", "c", "a")]

    assert waits == [0.0, 0.0, 0.0, 0.0]


async def test_each_set_of_conditions_is_a_plan_and_counts_as_a_new_document(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)
    text = "query($a: Boolean!, $b: Boolean!) { __typename @include(if: $a) x: __typename @include(if: $b) }"
    world.engine._buckets = Buckets(Rate(3, 1), Rate(1, 1), elapsed=lambda: 0.0)

    await world.data(text, viewer, a=True, b=True)
    await world.data(text, viewer, a=True, b=False)
    await world.data(text, viewer, a=True, b=True)
    with pytest.raises(TooFast):
        await world.data(text, viewer, a=False, b=False)

    world.engine._buckets = Buckets(Rate(1e9, 1e9), Rate(1e9, 1e9))


def test_a_large_value_counts_as_several() -> None:
    kept: RecentOf[int] = RecentOf(size=10, share=5)
    plans: Recent[int] = Recent(10, weigh=lambda value: value)

    kept.keep("a", 1, "owner", weight=3)
    kept.keep("b", 2, "owner", weight=3)
    kept.keep("c", 3, "owner", weight=6)
    for weight in (4, 5, 6):
        plans.get(weight, lambda weight=weight: weight)  # type: ignore[misc]

    assert [kept.find(key) for key in "abc"] == [None, 2, None]
    assert len(plans) == 1


def test_one_owners_values_do_not_push_out_those_of_others() -> None:
    kept: RecentOf[int] = RecentOf(size=5, share=2)
    kept.keep("theirs", 1, "quiet")

    for number in range(10):
        kept.keep(number, number, "busy")

    assert len(kept) == 3
    assert kept.find("theirs") == 1
    assert [kept.find(number) for number in (7, 8, 9)] == [None, 8, 9]


def test_the_least_recently_used_value_goes_first() -> None:
    kept: Recent[str] = Recent(2)
    shared: RecentOf[int] = RecentOf(size=2, share=2)

    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda key=key: key)  # type: ignore[misc]
    for owner in ("x", "y", "z"):
        shared.keep(owner, 1, owner)

    assert len(kept) == 2
    assert kept.get("b", lambda: "new") == "new"
    assert len(shared) == 2
    assert shared.find("x") is None
