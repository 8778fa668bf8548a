"""Whatever a client sends is answered with 2xx or 4xx, a clear code and the cure: never with 5xx, never at length.

Work that grows with the request is counted, not timed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import limits
from api.limits import BODY_BYTES_MAX, measured
from domain.policy.roles import GRANTS
from tests.api import sdl
from tests.world import Person, Provider, World, opened_world, unique

JSON = {"content-type": "application/json"}
DEEP = 10_000
BOMB = 20  # each fragment spreads the next one twice: 2^20 ways to the last


def spread_bomb(levels: int) -> str:
    """A document of a few lines with 2^levels ways to its last field."""
    fragments = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels)]
    return "\n".join(["{ ...F0 }", *fragments, f"fragment F{levels} on Query {{ viewer {{ id }} }}"])


def cycle(length: int) -> str:
    """Fragments that spread one another in a ring."""
    ring = [f"fragment F{i} on Query {{ ...F{(i + 1) % length} }}" for i in range(length)]
    return "\n".join(["{ ...F0 }", *ring])


def body(**members: Any) -> bytes:
    return json.dumps(members).encode()


BODIES = {
    "nothing": b"",
    "blank": b"   ",
    "null": b"null",
    "a number": b"1",
    "a large number": b"9" * 5_000,
    "a huge exponent": b'{"query": "{ __typename }", "variables": {"n": 1e999999}}',
    "not a number": b'{"query": "{ __typename }", "variables": {"n": NaN}}',
    "a text": b'"{ __typename }"',
    "true": b"true",
    "an array": b"[]",
    "a batch": b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
    "an empty object": b"{}",
    "cut off": b'{"query": "{ __typename }"',
    "two objects": b'{"query": "{ __typename }"}{"query": "{ __typename }"}',
    "no query": body(variables={}),
    "query is a list": body(query=["{ __typename }"]),
    "query is an object": body(query={"a": 1}),
    "query is a number": body(query=7),
    "query is null": body(query=None),
    "query is empty": body(query=""),
    "query is blank": body(query="  # nothing"),
    "variables are a list": body(query="{ __typename }", variables=[1]),
    "variables are a text": body(query="{ __typename }", variables="{}"),
    "operationName is a list": body(query="{ __typename }", operationName=["A"]),
    "extensions are a text": body(query="{ __typename }", extensions="x"),
    "query twice": b'{"query": "{ __typename }", "query": "{ viewer { id } }"}',
    "variables twice": b'{"query": "{ __typename }", "variables": {}, "variables": {"a": 1}}',
    "bad UTF-8": b'{"query": "{ __typename }\xff\xfe"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "a lone surrogate": b'{"query": "{ codes(list: \\"\\ud800\\") { code } }"}',
    "arrays 10,000 deep": b'{"query": "{ __typename }", "variables": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "objects 10,000 deep": b'{"query": "{ __typename }", "variables": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "braces alone": b"{" * DEEP,
    "oversize": b'{"query": "{ __typename }", "x": "' + b"a" * BODY_BYTES_MAX + b'"}',
}  # fmt: skip
PAGE = "query($n: Int) { accounts(first: $n) { nodes { id } } }"
DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown operation": ("{ __typename }", {"operationName": "Other"}),
    "two operations, none named": ("query A { __typename } query B { __typename }", {}),
    "two operations of one name": ("query A { __typename } query A { __typename }", {"operationName": "A"}),
    "a subscription": ("subscription { accounts { id } }", {}),
    "only a fragment": ("fragment F on Query { __typename }", {}),
    "no such field": ("{ secrets }", {}),
    "no such argument": ("{ viewer(all: true) { id } }", {}),
    "no such directive": ("{ viewer @all { id } }", {}),
    "no such fragment": ("{ ...Nowhere }", {}),
    "a fragment bomb of 2^20 paths": (spread_bomb(BOMB), {}),
    "a fragment bomb of 2^300 paths": (spread_bomb(300), {}),
    "a fragment that spreads itself": ("{ ...F } fragment F on Query { ...F }", {}),
    "a ring of fragments": (cycle(50), {}),
    "10,000 aliases": ("{" + " ".join(f"a{i}: __typename" for i in range(DEEP)) + "}", {}),
    "31 aliases": ("{" + " ".join(f"a{i}: __typename" for i in range(31)) + "}", {}),
    "a bomb of directives": ("{ __typename " + "@include(if: true) " * 500 + "}", {}),
    "too deep a selection": ("{ viewer " * 200 + "{ id }" + "}" * 200, {}),
    "selections 10,000 deep": ("{ a " * DEEP, {}),
    "a list 900 deep": ("{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }", {}),
    "a huge number": ("{ accounts(first: " + "9" * 400 + ") { nodes { id } } }", {}),
    "a number beyond 32 bits": ("{ accounts(first: 4294967297) { nodes { id } } }", {}),
    "a negative page": ("{ accounts(first: -1) { nodes { id } } }", {}),
    "too large a page": ("{ accounts(first: 101) { nodes { id } } }", {}),
    "both ways at once": ("{ accounts(first: 1, last: 1) { nodes { id } } }", {}),
    "a bad cursor": ('{ accounts(after: "AAAA") { nodes { id } } }', {}),
    "a cursor of nonsense": ('{ accounts(after: "🦜\\u0001") { nodes { id } } }', {}),
    "a long cursor": ('{ accounts(after: "' + "A" * 20_000 + '") { nodes { id } } }', {}),
    "NUL in a text": ('{ codes(list: "\\u0000") { code } }', {}),
    "an unterminated text": ('{ codes(list: "', {}),
    "a control character": ("{ viewer { id } \x07 }", {}),
    "an unknown enum": ("{ accounts(orderBy: SHUFFLED) { nodes { id } } }", {}),
    "a date that is none": ('{ codes(list: "materials", at: "2026-02-30") { code } }', {}),
    "a date out of range": ('{ codes(list: "materials", at: "99999-01-01") { code } }', {}),
    "too many ids": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"variables": {"ids": ["x"] * 101}}),
    "a variable of another type": (PAGE, {"variables": {"n": "1"}}),
    "a variable beyond 32 bits": (PAGE, {"variables": {"n": 2**31}}),
    "a variable beyond 64 bits": (PAGE, {"variables": {"n": 2**70}}),
    "an undeclared variable": ("{ account(id: $id) { id } }", {"variables": {"id": "x"}}),
    "a variable that is missing": ("query($id: ID!) { account(id: $id) { id } }", {}),
    "a moment that is none": (
        "query($w: AccountFilter) { accounts(where: $w) { nodes { id } } }",
        {"variables": {"w": {"appliedSince": "0000-00-00T99:99:99Z"}}},
    ),
    "a key that is unknown": (
        "query($w: AccountFilter) { accounts(where: $w) { nodes { id } } }", {"variables": {"w": {"__proto__": 1}}}
    ),
    "too costly": (
        "{ accounts(first: 100) { nodes { submissions(first: 100) { nodes { id handle category division } } } } }", {}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


@pytest.fixture(scope="module")
async def provider(world: World) -> Provider:
    return await world.provider()


async def sent(person: Person, content: bytes, **headers: str) -> Any:
    given_ = {**JSON, "authorization": f"Bearer {person.token}", **headers}
    return await person.world.client.post("/graphql", content=content, headers=given_)


def check_refused(response: Any) -> dict[str, Any]:
    """4xx with a code and a cure, short, and no data."""
    assert 400 <= response.status_code < 500, response.text[:500]
    assert len(response.content) < 4_000
    answered: dict[str, Any] = response.json()
    assert "data" not in answered
    assert 1 <= len(answered["errors"]) <= 5
    for error in answered["errors"]:
        assert error["extensions"]["code"].isupper()
        assert error["extensions"]["fix"].endswith(".")
        assert len(error["message"]) <= 300
    return answered


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_is_no_request_is_refused(provider: Provider, what: str) -> None:
    check_refused(await sent(provider.reviewer, BODIES[what]))


@pytest.mark.parametrize("what", DOCUMENTS)
async def test_a_document_that_cannot_be_carried_out_is_refused(provider: Provider, what: str) -> None:
    query, more = DOCUMENTS[what]

    check_refused(await sent(provider.reviewer, body(query=query, **more)))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "br"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/json; charset=gb18030"}, 415),
        ({"accept": "text/html"}, 406),
        ({"authorization": "Bearer nonsense"}, 401),
        ({"authorization": "Basic Zm9vOmJhcg=="}, 401),
        ({"authorization": "Bearer " + "x" * 60_000}, 401),
    ],
)
async def test_a_head_that_does_not_fit_is_refused(provider: Provider, headers: dict[str, str], status: int) -> None:
    response = await sent(provider.reviewer, gzip.compress(body(query="{ __typename }")), **headers)

    check_refused(response)
    assert response.status_code == status


async def test_a_body_in_many_pieces_is_read_and_one_without_end_is_not(provider: Provider) -> None:
    person, whole = provider.reviewer, body(query="{ __typename }")
    headers = {**JSON, "authorization": f"Bearer {person.token}"}
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        for byte in whole:
            yield bytes([byte])

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 65_536
            yield b" " * 65_536

    read = await person.world.client.post("/graphql", content=pieces(), headers=headers)
    refused = await person.world.client.post("/graphql", content=endless(), headers=headers)

    assert read.json()["data"] == {"__typename": "Query"}
    assert check_refused(refused)["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"
    assert taken < BODY_BYTES_MAX + 3 * 65_536


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_only_post_asks(provider: Provider, method: str) -> None:
    response = await provider.world.client.request(method, "/graphql?query=%7B__typename%7D")

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


async def test_a_cursor_is_good_for_its_own_list_and_viewer_alone(provider: Provider) -> None:
    await provider.applied()
    await provider.applied()
    page = "query($c: String, $n: Int = 1) { %s(first: $n, after: $c) { edges { cursor } } }"
    own = (await provider.reviewer.ask(page % "accounts"))["accounts"]["edges"][0]["cursor"]
    flipped = ("A" if own[5] != "A" else "B").join((own[:5], own[6:]))
    elsewhere = await provider.world.provider()

    assert (await sent(provider.reviewer, body(query=page % "accounts", variables={"c": own}))).status_code == 200
    for person, root, cursor in [
        (provider.reviewer, "accounts", flipped),
        (provider.reviewer, "accounts", own[:-1]),
        (provider.reviewer, "accounts", own + own),
        (provider.reviewer, "holders", own),
        (provider.reviewer, "steps", own),
        (provider.officer, "accounts", own),
        (elsewhere.reviewer, "accounts", own),
        (provider.regulator, "accounts", own),
    ]:
        refused = await sent(person, body(query=page % root, variables={"c": cursor}))
        assert check_refused(refused)["errors"][0]["extensions"]["code"] == "CURSOR_INVALID"


HOSTILE_TEXTS = [
    "\0", "a\0b", "\ud800", "\x07", "\u202e", "\ufeff", "\u200b", "\uffff", "", " ", "x" * 5_000, "%", "\\", "🦜" * 100,
    "'; DROP TABLE step;--", "NaN", "-1", "0x10", "${jndi:ldap://x}", "<script>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=lambda text: ascii(text)[:20])
async def test_every_text_of_every_input_may_be_hostile(provider: Provider, text: str) -> None:
    people = [*provider.staff.values(), provider.regulator, (await provider.newcomer()).person]
    for mutation, type_ in sdl.mutations().items():
        person = next((one for one in people if _may(one, mutation)), provider.officer)
        query = f"mutation($input: {type_.name}!) {{ {mutation}(input: $input) {{ problems {{ code fix path }} }} }}"
        for name, value in sdl.sample(type_, required_only=False).items():
            if isinstance(value, str):
                input_ = {**sdl.sample(type_), "idempotencyKey": unique("key-"), name: text}
                response = await sent(person, body(query=query, variables={"input": input_}))
                assert response.status_code < 500, (mutation, name, response.text)
                answered = response.json()
                if "errors" in answered:
                    check_refused(response)
                else:
                    assert all(problem["fix"] for problem in answered["data"][mutation]["problems"])


def _may(person: Person, mutation: str) -> bool:
    field = sdl.SCHEMA.mutation_type.fields[mutation]  # type: ignore[union-attr]
    grant = next(one.grant for one in field.extensions["strawberry-definition"].directives if hasattr(one, "grant"))
    return person.role is not None and grant in GRANTS[person.role]


@pytest.mark.parametrize("number", [-1, 2**31 - 1, 2**31, 2**63, 10**400, 1.5, "1", True, None, [], {}])
async def test_a_version_may_be_any_number(provider: Provider, number: Any) -> None:
    query = "mutation($input: AccountWithdrawInput!) { accountWithdraw(input: $input) { problems { code } } }"
    input_ = {"id": "account_01h455vb4pex5vsknk084sn02q", "version": number}

    response = await sent((await provider.newcomer()).person, body(query=query, variables={"input": input_}))

    assert response.status_code in (200, 400)
    assert "FAULT" not in response.text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(sdl.SCHEMA.query_type.fields)  # type: ignore[union-attr]
UNHURRIED = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@UNHURRIED
@given(content=st.binary(max_size=200))
async def test_any_bytes_are_answered(provider: Provider, content: bytes) -> None:
    assert (await sent(provider.reviewer, content)).status_code < 500


@UNHURRIED
@given(members=st.dictionaries(st.sampled_from(["query", "variables", "operationName", "extensions", "x"]), VALUES))
async def test_any_object_is_answered(provider: Provider, members: dict[str, Any]) -> None:
    assert (await sent(provider.reviewer, body(**members))).status_code < 500


@UNHURRIED
@given(variables=st.dictionaries(st.sampled_from(["id", "ids", "n", "w", "c"]), VALUES))
async def test_any_variables_are_answered(provider: Provider, variables: dict[str, Any]) -> None:
    query = (
        "query($id: ID!, $ids: [ID!]!, $n: Int, $w: AccountFilter, $c: String) { account(id: $id) { id } "
        "nodes(ids: $ids) { id } accounts(first: $n, after: $c, where: $w) { nodes { id } } }"
    )

    assert (await sent(provider.reviewer, body(query=query, variables=variables))).status_code < 500


@UNHURRIED
@given(tokens=st.lists(st.sampled_from([*"{}()[]!$:@=|&", "...", "on", "query", "mutation", "fragment", "F", "id", "1",
                                        '"x"', '"""', "true", "null", "# x\n", *FIELDS]), max_size=25))  # fmt: skip
async def test_any_document_is_answered(provider: Provider, tokens: list[str]) -> None:
    assert (await sent(provider.reviewer, body(query=" ".join(tokens)))).status_code < 500


@UNHURRIED
@given(
    mutation=st.sampled_from(sorted(sdl.mutations())), changed=st.dictionaries(st.integers(0, 8), VALUES, min_size=1)
)
async def test_any_input_is_answered(provider: Provider, mutation: str, changed: dict[int, Any]) -> None:
    type_ = sdl.mutations()[mutation]
    input_ = sdl.sample(type_)
    names = sorted(type_.fields)
    for number, value in changed.items():
        input_[names[number % len(names)]] = value
    query = f"mutation($input: {type_.name}!) {{ {mutation}(input: $input) {{ problems {{ code }} }} }}"

    response = await sent(provider.regulator, body(query=query, variables={"input": input_}))

    assert response.status_code < 500, response.text


@pytest.mark.parametrize("make", [spread_bomb, cycle])
def test_the_work_of_measuring_grows_with_the_document_and_not_with_its_paths(
    monkeypatch: pytest.MonkeyPatch, make: Any
) -> None:
    counted, of_node = [0], limits._of_node

    def counting(*arguments: Any) -> Any:
        counted[0] += 1
        return of_node(*arguments)

    monkeypatch.setattr(limits, "_of_node", counting)
    visited = {}
    for levels in (10, 20, 40):
        counted[0] = 0
        measured(parse(make(levels)))
        visited[levels] = counted[0]

    assert visited[20] <= 2 * visited[10] + 2
    assert visited[40] <= 2 * visited[20] + 2
