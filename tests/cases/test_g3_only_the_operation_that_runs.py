"""Of a document with several operations only the one that runs counts: its variables, directives, fragments, limits."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.world import World

_DEEP: Final = "a" * 0 + 'node(id: "x") { ' + "... on Account { filing { account { " * 7 + "id" + " } } }" * 7 + " }"
_FLAG: Final = "query A($v: Boolean!) { viewer { role @skip(if: $v) } } "
_TOTAL: Final = "totalCount { value }"
_BOMB: Final = "".join(f"fragment f{i} on Query {{ ...f{i + 1} a{i}: __typename ...f{i + 1} }} " for i in range(60))
_ENTRY: Final = (
    "id number handle displayName category division uscc numberVersion subjectType providerName filedOn mode"
)
# A document, of which B is run, and its variables.
_OTHERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a list under the name of a flag": (
        _FLAG + "query B($v: [ID!]!) { nodes(ids: $v) { __typename } }", {"v": ["x"]},
    ),
    "a text under the name of a flag in a fragment": (
        ("query A($v: Boolean!) { viewer { ...f } } fragment f on VIEWER { role @include(if: $v) }"
        "query B($v: ID!) { node(id: $v) { __typename } }"), {"v": "x"},
    ),
    "a null under the name of a flag": (
        _FLAG + f"query B($v: String) {{ registerEntries(first: 1, after: $v) {{ {_TOTAL} }} }}", {"v": None},
    ),
    "an object under the name of a flag": (
        _FLAG + f"query B($v: RegisterFilter) {{ registerEntries(first: 1, where: $v) {{ {_TOTAL} }} }}",
        {"v": {"number": "x"}},
    ),
    "a variable that only the other needs": (
        "query A($a: ID!) { node(id: $a) { __typename } } query B { __typename }", {},
    ),
    "another too deep": (f"query A {{ {_DEEP} }} query B {{ viewer {{ role }} }}", {}),
    "another with too many aliases": (
        "query A { " + " ".join(f"a{i}: __typename" for i in range(31)) + " } query B { viewer { role } }", {},
    ),
    "another with too many directives": (
        "query A { viewer { " + "role @skip(if: false) " * 21 + " } } query B { __typename }", {},
    ),
    "a bomb beside it": (
        "query A { ...f0 } query B { __typename } fragment f60 on Query { __typename } " + _BOMB, {},
    ),
    "a text with NUL in another": ('query A { node(id: "a\\u0000b") { __typename } } query B { __typename }', {}),
    "another that costs too much": (
        f"query A {{ registerEntries(first: 100) {{ nodes {{ {_ENTRY} }} }} }} query B {{ __typename }}", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("other", _OTHERS)
async def test_g3_an_operation_runs_whatever_stands_beside_it(world: World, other: str) -> None:
    document, variables = _OTHERS[other]
    body = {"query": document.replace("VIEWER", "Viewer"), "variables": variables, "operationName": "B"}

    response = await world.client.post("/graphql", json=body)

    assert response.status_code == 200, response.text
    assert "errors" not in response.json()


async def test_g3_what_is_wrong_with_an_operation_is_told_when_it_runs(world: World) -> None:
    document, _ = _OTHERS["another with too many aliases"]

    refused = await world.client.post("/graphql", json={"query": document, "operationName": "A"})
    beside = await world.client.post("/graphql", json={"query": document, "operationName": "B"})

    assert refused.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert beside.status_code == 200
