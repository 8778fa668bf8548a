"""`signet explain` and `signet export-schema`: what they print is what the tables say."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from workflows.registry import WORKFLOWS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def test_without_a_name_the_workflows_are_listed() -> None:
    told = run("explain").output

    assert all(noun in told for noun in WORKFLOWS)


@pytest.mark.parametrize("noun", WORKFLOWS)
def test_the_table_in_the_terminal_names_every_state_and_trigger(noun: str) -> None:
    told = run("explain", noun).output

    workflow = WORKFLOWS[noun]
    assert all(str(state) in told for state in workflow.states)
    assert all(row.trigger in told for row in workflow.transitions)


def test_the_json_tells_who_may_what_stands_in_the_way_and_what_follows() -> None:
    account = json.loads(run("explain", "account", "--json").output)

    rows = {row["trigger"]: row for row in account["transitions"]}
    assert (rows["approve"]["from"], rows["approve"]["to"]) == (["APPLIED"], "REVIEWED")
    assert rows["approve"]["who"] == ["REVIEWER"]
    assert rows["approve"]["fourEyes"] == "conditional"
    assert rows["approve"]["fires"] == ["filing.prepare"]
    assert (rows["reject"]["adverse"], rows["approve"]["adverse"]) == (True, False)
    assert (rows["file"]["who"], rows["file"]["firedBy"]) == ([], ["filing enters ACCEPTED"])
    assert {"sentence": "lease is free", "code": "LEASE_TAKEN", "rests": "LOCKED", "needsInput": False} in rows[
        "claim"
    ]["guards"]
    assert account["states"][0] == {
        "code": "APPLIED",
        "zh": "待审核",
        "en": "Applied: waits for review",
        "partyZh": "审核中",
        "partyEn": "Under review",
    }


def test_the_diagram_marks_what_takes_two_and_what_only_follows() -> None:
    lines = run("explain", "filing", "--mermaid").output.splitlines()

    assert lines[0] == "stateDiagram-v2"
    assert "    [*] --> PREPARED: ← prepare, ← amend" in lines
    assert "    ACCEPTED --> REVOKED: revoke ②" in lines


def test_a_workflow_that_is_not_there_is_answered_with_those_that_are() -> None:
    result = run("explain", "sanctions")

    assert result.exit_code == 2
    assert "There is no workflow sanctions. There are: provider, " in result.output


def test_the_schema_is_printed_as_sdl() -> None:
    told = run("export-schema").output

    assert "type Mutation {" in told
    assert "@masked(kind: RESIDENT_ID)" in told
