"""Only `fire()` moves a case (Art. 8): no other file writes a state, commits, or speaks SQL that would."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from tests.contracts.sources import Source, is_called, planted, sources
from workflows.registry import WORKFLOWS

# The step is decided in the one and written by the other.
WRITERS: Final = ("workflows/firing.py", "workflows/writing.py")
# They only tell what `fire()` decided: the row of an event, the case as it is in hand, the judge's own cursor.
TELLERS: Final = {
    ("workflows/journal.py", "_event"),
    ("workflows/hands.py", "now_row"),
    ("workflows/engine.py", "__init__"),
}
PORTS: Final = ("workflows/embedded.py", "workflows/postgres.py")
CURE: Final = "writes a state. Only fire() may: make it a Transition in workflows/<noun>.py and let carry_out() take it"
COMMIT_CURE: Final = "commits. Do the work inside database.write(work), which commits once at its end"
_SQL: Final = re.compile(r"\bupdate\s+\S+\s+set\b[^;]*\bstate\b\s*=", re.IGNORECASE | re.DOTALL)
# Where a case stands that another's step brings into being, and the states of what is no case.
INITIAL: Final = {f"{type(w.initial).__name__}.{w.initial}" for w in WORKFLOWS.values() if w.initial is not None}
OF_CASES: Final = {workflow.states.__name__ for workflow in WORKFLOWS.values()}


def writes_of_state(files: Iterable[Source]) -> list[str]:
    """Each place that writes a state and may not, with the cure."""
    found = []
    for file in files:
        if file.place not in WRITERS:
            found += [f"{file.place}:{line} {CURE}" for line in sorted(set(_in(file)))]
    return found


def _in(file: Source) -> Iterator[int]:
    tellers = [name for place, name in TELLERS if place == file.place]
    tree, told = file.tree, set[int]()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name in tellers:
            told |= {id(inner) for inner in ast.walk(function)}
    for node in ast.walk(tree):
        if id(node) not in told and _writes(node):
            yield node.lineno  # type: ignore[attr-defined]


def _writes(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(map(_is_state, targets))
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target, value=ast.expr()):
            return _is_state(target)
        case ast.Dict(keys=keys, values=values):
            return any(_is_text(key, "state") and not _is_harmless(v) for key, v in zip(keys, values, strict=True))
        case ast.Call():
            return _call_writes(node)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SQL.search(node.value))


def _call_writes(node: ast.Call) -> bool:
    if is_called(node, "setattr", "__setattr__"):
        return len(node.args) > 1 and _is_text(node.args[1], "state")
    if is_called(node, "values", "Set", "Update", "Insert", "update", "dict"):
        return any(keyword.arg == "state" and not _is_harmless(keyword.value) for keyword in node.keywords)
    return False


def _is_state(target: ast.expr) -> bool:
    match target:
        case ast.Attribute(attr="state"):
            return True
        case ast.Subscript(slice=ast.Constant(value="state")):
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(map(_is_state, parts))
    return False


def _is_text(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _is_harmless(value: ast.expr) -> bool:
    """The first state of a row that another's step makes, or a state of what no workflow moves."""
    written = ast.unparse(value)
    return written in INITIAL or (
        isinstance(value, ast.Attribute) and "State" in written and written.partition(".")[0] not in OF_CASES
    )


def commits(files: Iterable[Source]) -> list[str]:
    """Each commit outside the two ports, with the cure."""
    return [
        f"{file.place}:{node.lineno} {COMMIT_CURE}"
        for file in files
        if file.place not in PORTS
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
        and (is_called(node, "commit", "begin_nested") or (node.args and _is_text(node.args[0], "COMMIT")))
    ]


def test_only_fire_writes_a_state() -> None:
    assert writes_of_state(sources()) == []


@pytest.mark.parametrize(
    "line",
    [
        "account.state = 'FILED'",
        "row['state'] = 'FILED'",
        "a, account.state = 1, 'FILED'",
        "yield Set({'state': AccountState.FILED})",
        "yield Update(Account, id_, {'state': state, 'seq': 2})",
        "sa.update(table).values(state='FILED')",
        "sa.update(table).values({**changes, 'state': AccountState.FILED})",
        "setattr(account, 'state', 'FILED')",
        "object.__setattr__(account, 'state', 'FILED')",
        "sql = 'UPDATE account SET seq = 2, state = :state WHERE id = :id'",
        "dict(changes, state=AccountState.FILED)",
    ],
)
def test_another_who_writes_a_state_is_told_the_cure(line: str) -> None:
    found = writes_of_state(planted("workflows/planted.py", f"def effect(on):\n    {line}\n"))

    assert found == [f"workflows/planted.py:2 {CURE}"]


@pytest.mark.parametrize("line", ["state = case.state", "if case.state == 'FILED': pass", "_IMPORT.c.state == 'x'"])
def test_who_reads_a_state_is_left_alone(line: str) -> None:
    assert writes_of_state(planted("workflows/planted.py", line)) == []


def test_only_the_two_ports_commit() -> None:
    assert commits(sources()) == []


def test_the_two_ports_commit_once_each() -> None:
    counted = {
        file.place: sum(
            isinstance(node, ast.Call) and bool(node.args) and _is_text(node.args[0], "COMMIT")
            for node in ast.walk(file.tree)
        )
        for file in sources()
        if file.place in PORTS
    }

    assert counted == dict.fromkeys(PORTS, 1)


@pytest.mark.parametrize("line", ["await transaction.commit()", "session.commit()", "connection.execute('COMMIT')"])
def test_another_who_commits_is_told_the_cure(line: str) -> None:
    found = commits(planted("workflows/planted.py", f"async def work(transaction):\n    {line}\n"))

    assert found == [f"workflows/planted.py:2 {COMMIT_CURE}"]
