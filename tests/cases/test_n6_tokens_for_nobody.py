"""`signet token` makes no token that would prove nobody: it says so, and who is enrolled."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from domain.policy.roles import Role
from tests.world import KEYS, opened_world

TOKEN: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+\n")


@dataclass(frozen=True)
class People:
    """Who is enrolled in the database of a test."""

    provider_id: str
    other_id: str
    reviewers: tuple[str, ...]
    officer: str
    holder: str
    disabled: str
    regulator: str


async def enrolled(url: str) -> People:
    async with opened_world(url) as world:
        provider, other = await world.provider(), await world.provider()
        gone = await world.enrol(Role.REVIEWER, provider_id=provider.id)
        await provider.officer.must("staffDisable", id=gone.id, version=1)
        holder = await provider.holder()
        reviewers = (provider.reviewer, provider.second_reviewer, other.reviewer, other.second_reviewer)
        names = tuple(sorted(person.subject for person in reviewers))
        regulator = provider.regulator.subject
        return People(
            provider.id, other.id, names, provider.officer.subject, holder.person.subject, gone.subject, regulator
        )


@pytest.fixture
def people(own_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNET_DATABASE_URL", own_database_url)
    for name, secret in KEYS:
        monkeypatch.setenv(f"SIGNET_KEYS__{name.upper()}", secret.get_secret_value())
    return asyncio.run(enrolled(own_database_url))


def token(role: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ("token", "--role", role, *arguments))


def assert_refused(result: Result, *told: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.output
    for part in told:
        assert part in result.stderr


def test_n6_nobody_of_that_name_and_who_there_is(people: People) -> None:
    result = token("REVIEWER", "--subject", "nobody")

    assert_refused(result, "Nobody called nobody is enrolled as REVIEWER.", ", ".join(people.reviewers), "staff enrol")
    assert people.disabled not in result.stderr


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PUBLIC, Role.OPERATOR, Role.SYSTEM)])
def test_n6_the_people_of_the_demo_are_not_there_unless_it_was_loaded(people: People, role: Role) -> None:
    assert_refused(token(role), f"is enrolled as {role}", f"Enrolled as {role}: ", "serve --demo")


def test_n6_who_was_disabled_is_nobody(people: People) -> None:
    assert_refused(token("REVIEWER", "--subject", people.disabled), f"Nobody called {people.disabled}")


@pytest.mark.parametrize("role", ["REVIEWER", "AUDITOR", "NATIONAL_REGULATOR", "HOLDER"])
def test_n6_who_is_enrolled_as_something_else_is_told_as_what(people: People, role: str) -> None:
    result = token(role, "--subject", people.officer)

    assert_refused(result, f"{people.officer} is enrolled as COMPLIANCE_OFFICER, at {people.provider_id}.")


def test_n6_who_is_enrolled_elsewhere_is_told_where(people: People) -> None:
    result = token("COMPLIANCE_OFFICER", "--subject", people.officer, "--provider", people.other_id)

    assert_refused(result, f"as COMPLIANCE_OFFICER at {people.other_id}", f"at {people.provider_id}.")


@pytest.mark.parametrize("provider", ["provider_none", "", "authority_330000"])
def test_n6_a_holder_to_be_enrols_at_a_provider_that_there_is(people: People, provider: str) -> None:
    assert_refused(token("HOLDER", "--subject", "new", "--provider", provider))


def test_n6_where_there_are_no_tables_the_cure_is_told(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNET_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert_refused(token("REVIEWER"), "signet migrate")


def test_n6_other_keys_than_those_of_the_deployment_prove_nobody(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, _ in KEYS:
        monkeypatch.delenv(f"SIGNET_KEYS__{name.upper()}")
    monkeypatch.setenv("SIGNET_KEY_FILE", str(tmp_path / "keys" / "others.json"))

    assert_refused(token("REVIEWER", "--subject", people.reviewers[0]), "OtherKeys")


def test_n6_whoever_is_enrolled_gets_a_token_and_nothing_else(people: People) -> None:
    asked = [
        ("REVIEWER", "--subject", people.reviewers[0]),
        ("COMPLIANCE_OFFICER", "--subject", people.officer, "--provider", people.provider_id),
        ("PROVINCIAL_REGULATOR", "--subject", people.regulator),
        ("HOLDER", "--subject", people.holder),
        ("HOLDER", "--subject", "new", "--provider", people.provider_id),
    ]

    for arguments in asked:
        result = token(*arguments)
        assert TOKEN.fullmatch(result.output), result.output
