"""Documents: what is valid, what is refused and with which words, and that telling them apart takes no time."""

from __future__ import annotations

from time import perf_counter, process_time

import pytest
from graphql import OperationDefinitionNode, get_introspection_query, parse, validate

from api.documents import read
from api.errors import ErrorCode, RequestRefused, reworded
from api.reading.variables import coercer
from tests.api.reading_schema import SCHEMA

CORE = SCHEMA._schema


def refusal(text: str) -> RequestRefused:
    """Why a document is refused."""
    found = read(CORE, text).refusal
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
        "{ ...Nothing }",
        "{ accounts(first: " + "9" * 10_000 + ") { nodes { id } } }",
        '{ account(id: "\\u{0}") { id } }',
        '{ account(id: "\\u0000") { id } }',
        "",
        "fragment F on Query { __typename }",
        "subscription { nothing }",
        "{ __typename } }",
        "{ accounts(orderBy: SIDEWAYS) { nodes { id } } }",
        "query($x: Nothing) { __typename }",
        '{ account(id: "\ud83d") { id } }',
    ],
)
def test_what_is_no_document_is_refused_with_a_code(text: str) -> None:
    found = refusal(text)

    assert found.status == 400
    assert found.errors[0].code in ("DOCUMENT_INVALID", "OPERATION_UNKNOWN")
    assert all(len(error.message) <= 300 for error in found.errors)


@pytest.mark.parametrize("opening", ["{a", "{a(b:[", "{a(b:{c:", "[", "query($a:[", '{a(b:"', "{...on A"])
def test_deep_nesting_is_refused_in_bounded_time(opening: str) -> None:
    started = perf_counter()

    found = refusal(opening * 100_000)

    assert found.status == 400
    assert perf_counter() - started < 1


def test_at_most_five_errors_are_told() -> None:
    found = refusal("{ " + " ".join(f"nothing{i}" for i in range(100)) + " }")

    assert len(found.errors) == 5


@pytest.mark.parametrize(
    "argument",
    [
        'first: "13800000000"',
        "first: 13800000000",
        "after: 13800000000",
        "orderBy: A13800000000",
        'where: { createdSince: "13800000000" }',
        "where: { state: [A13800000000] }",
        'where: "13800000000"',
        'where: { claimed: "13800000000" }',
    ],
)
def test_an_error_does_not_repeat_the_value_it_is_about(argument: str) -> None:
    found = refusal(f"{{ accounts({argument}) {{ nodes {{ id }} }} }}")

    assert "13800000000" not in str(found.rendered())


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Int", "13800000000"),
        ("Int!", "13800000000"),
        ("String", {"a": "13800000000"}),
        ("ID", ["13800000000"]),
        ("Boolean", "13800000000"),
        ("AccountOrder", "13800000000"),
        ("AccountOrder", 13800000000),
        ("DateTime", "13800000000"),
        ("DateTime", "13800000000' does not exist in"),
        ("AccountFilter", "13800000000"),
        ("AccountFilter", {"createdSince": "13800000000"}),
        ("AccountFilter", {"state": ["13800000000"]}),
        ("RenameInput", {"id": "13800000000"}),
        ("RenameInput", {"id": "1", "name": 13800000000}),
        ("RenameInput", {"id": "1", "name": "2", "other": 13800000000}),
        ("[ID!]", [["13800000000"]]),
    ],
)
def test_a_variable_that_is_not_valid_is_not_repeated(type_: str, value: object) -> None:
    operation = parse(f"query($v: {type_}) {{ __typename }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    errors = coercer(CORE, operation)({"v": value})

    assert isinstance(errors, list)
    told = reworded(ErrorCode.VARIABLES_INVALID, errors).rendered()
    assert "'$v'" in told[0]["message"]
    assert "13800000000" not in str(told)


def test_documents_weigh_what_they_hold() -> None:
    small, large = "{ __typename }", "{ " + "__typename " * 900 + "}"

    assert read(CORE, small).weight(small) == 1
    assert read(CORE, large).weight(large) == 13
    assert read(CORE, "#" * 1_000_000).weight("#" * 1_000_000) == 251


@pytest.mark.parametrize(
    "text",
    [
        "{ viewer { id role id } viewer { role } }",
        "{ a: viewer { id } a: viewer { id } ...F } fragment F on Query { a: viewer { role } }",
        '{ node(id: "x") { ... on Account { name: displayName } ... on Holder { name: displayName } } }',
        '{ node(id: "x") { ... on Account { s: state } ... on Provider { n: name } } }',
        '{ node(id: "x") { ... on Account { s: category } ... on Provider { s: name } } }',
    ],
)
def test_fields_that_merge_are_valid(text: str) -> None:
    assert validate(CORE, parse(text)) == []

    assert read(CORE, text).refusal is None


@pytest.mark.parametrize(
    "text",
    [
        "{ viewer { id: role id } }",
        '{ node(id: "x") { id } node(id: "y") { id } }',
        "{ viewer { mine(first: 1) { nodes { id } } mine { nodes { id } } } }",
        '{ node(id: "x") { ... on Account { s: state } ... on Provider { s: name } } }',
        '{ node(id: "x") { ...A ...B } } fragment A on Account { x: category } fragment B on Account { x: title }',
        "{ viewer { mine { nodes { x: id } } } viewer { mine { nodes { x: category } } } }",
    ],
)
def test_fields_that_do_not_merge_are_refused(text: str) -> None:
    assert validate(CORE, parse(text)) != []

    assert refusal(text).errors[0].code == "DOCUMENT_INVALID"


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "__typename " * 990 + "}",
        "{ viewer { " + "mine { nodes { id } } " * 220 + "} }",
        "{ " + 'node(id: "x") { id } ' * 180 + "}",
        "{"
        + " ".join(f"...F{i}" for i in range(200))
        + "}"
        + "".join(f"fragment F{i} on Query {{a:__typename}}" for i in range(15)),
        "{ viewer { " + "".join(f"x: {('id', 'role')[i % 2]} " for i in range(300)) + "} }",
    ],
)
def test_a_document_of_equal_fields_takes_no_time_to_speak_of(text: str) -> None:
    read(CORE, text)
    started = process_time()

    read(CORE, text)

    assert process_time() - started < 0.15


def test_introspection_within_introspection_is_bounded() -> None:
    inner = "name"
    for _ in range(4):
        inner = f"fields {{ type {{ {inner} }} }}"

    assert refusal(f'{{ __type(name: "Account") {{ {inner} }} }}').errors[0].code == "DOCUMENT_INVALID"


def test_what_tools_ask_of_the_schema_is_within_the_limits() -> None:
    assert read(CORE, get_introspection_query()).refusal is None
