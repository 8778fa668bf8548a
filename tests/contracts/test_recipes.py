"""The four recipes of CONTRIBUTING.md, each followed on a copy of the tree: with a step left out, then whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.schema import schema
from workflows.available_steps import mutation_name
from workflows.registry import WORKFLOWS

_ROOT = Path(__file__).parents[2]
_PARTS = ("domain", "workflows", "api", "alembic", "tests", "pyproject.toml")


@dataclass(frozen=True)
class Copy:
    """A copy of the tree that a recipe is followed on."""

    folder: Path

    def edit(self, name: str, old: str, new: str) -> None:
        """Put something in the place of something that stands there once."""
        text = (self.folder / name).read_text("utf-8")
        assert text.count(old) == 1, f"{name} no longer reads as the recipe expects: {old!r}"
        (self.folder / name).write_text(text.replace(old, new), "utf-8")

    def edit_each(self, name: str, pattern: str, new: str) -> None:
        """The same in every line that matches."""
        text = (self.folder / name).read_text("utf-8")
        edited, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count, f"{name} no longer reads as the recipe expects: {pattern!r}"
        (self.folder / name).write_text(edited, "utf-8")

    def run(self, code: str = "import api.cli") -> subprocess.CompletedProcess[str]:
        """Run some code in the copy."""
        return subprocess.run(
            [sys.executable, "-c", code], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def tree(tmp_path: Path) -> Copy:
    """A copy of the tree."""
    for part in _PARTS:
        source, target = _ROOT / part, tmp_path / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / "docs").mkdir()
    return Copy(tmp_path)


def test_adding_a_state_and_the_mutations_to_it_and_back(tree: Copy) -> None:
    tree.edit(
        "domain/account.py",
        '    REJECTED = "REJECTED", "未通过", "Rejected"\n',
        '    REJECTED = "REJECTED", "未通过", "Rejected"\n    ON_HOLD = "ON_HOLD", "暂缓", "On hold"\n',
    )
    last = '        Transition("unfile", '
    rows = (
        '        Transition("hold", (S.APPLIED,), S.ON_HOLD, 7, c.AccountWithdraw, guards=_DECIDING),\n'
        '        Transition("resume", (S.ON_HOLD,), S.APPLIED, 7, c.AccountWithdraw),\n'
    )
    tree.edit("workflows/account.py", last, rows + last)

    without_grants = tree.run()
    reviewer = "        account:claim account:renew_lease account:release"
    tree.edit(
        "domain/policy/roles.py",
        '    ACCOUNT_REAPPLY = "account:reapply"\n',
        '    ACCOUNT_REAPPLY = "account:reapply"\n'
        '    ACCOUNT_HOLD = "account:hold"\n    ACCOUNT_RESUME = "account:resume"\n',
    )
    tree.edit("domain/policy/roles.py", reviewer, f"        account:hold account:resume\n{reviewer}")
    without_words = tree.run()
    tree.edit(
        "workflows/triggers.py",
        "TRIGGERS: Final = {\n",
        'TRIGGERS: Final = {\n    "hold": _words("held", "暂缓", "Hold"),\n',
    )
    declared = "    account_withdraw = mutation("
    lines = (
        '    account_hold = mutation(ACCOUNT, "hold", AccountPayload, "Hold.")\n'
        '    account_resume = mutation(ACCOUNT, "resume", AccountPayload, "Resume.")\n'
    )
    tree.edit("api/mutations/account.py", declared, lines + declared)
    whole = tree.run(
        "from api.commands.generate import generated; g = generated();"
        "print('ON_HOLD' in g['api/schema.graphql'], 'accountHold(' in g['api/schema.graphql'],"
        " 'APPLIED --> ON_HOLD: hold' in g['docs/workflows.md'])"
    )

    assert "workflows/account.py: hold needs a grant that domain/policy/roles.py lacks" in without_grants.stderr
    assert "workflows/triggers.py lacks the words of hold" in without_words.stderr
    assert whole.stdout == "True True True\n", whole.stderr


def test_every_trigger_that_a_person_fires_has_its_mutation() -> None:
    mutation = schema.schema_converter.type_map["Mutation"].definition
    declared = {field.python_name for field in mutation.fields}  # type: ignore[union-attr]

    missing = [
        f"api/mutations/{workflow.noun}.py lacks {mutation_name(workflow, row)}"
        for workflow in WORKFLOWS.values()
        for row in workflow.transitions
        if row.command is not None and _snake(mutation_name(workflow, row)) not in declared
    ]

    assert missing == []


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


_SUBMITTED = """
import asyncio
from tests.world import opened_world
from workflows.migrations import migrate

async def told():
    async with opened_world("sqlite:///x.sqlite3") as world:
        provider = await world.provider()
        holder = await provider.newcomer()
        await holder.submit_identity(workplace="杭州市示例路1号")
        seen = "query($id: ID!) { identity(id: $id) { workplace { display form } } }"
        for person in (provider.reviewer, provider.integration):
            print(list((await person.ask(seen, id=holder.identity_id))["identity"]["workplace"].values()))

migrate("sqlite:///x.sqlite3")
asyncio.run(told())
"""


def test_adding_a_masked_field(tree: Copy) -> None:
    tree.edit(
        "domain/identity.py",
        '        "uscc": ',
        '        "workplace": PersonalField(Kind.ADDRESS, "单位地址", "Place of work"),\n        "uscc": ',
    )
    shown = '    uscc: MaskedText = masked(Kind.ORGANISATION, "uscc")\n'
    tree.edit("api/types/holder.py", shown, f'{shown}    workplace: MaskedText = masked(Kind.MOBILE, "workplace")\n')
    of_another_kind = tree.run()
    tree.edit("api/types/holder.py", 'masked(Kind.MOBILE, "workplace")', 'masked(Kind.ADDRESS, "workplace")')
    asked = "    organisation_name: Line | None = None\n"
    tree.edit("workflows/identity.py", asked, f'    workplace: Line | None = None\n    """Place of work."""\n{asked}')
    tree.edit("workflows/vaulting.py", 'for name in ("address", ', 'for name in ("address", "workplace", ')

    whole = tree.run(_SUBMITTED)

    assert "workplace is a ADDRESS, not a MOBILE: see FIELDS in domain/identity.py" in of_another_kind.stderr
    assert whole.stdout.splitlines() == ["['杭州市', 'PARTIAL']", "['provided', 'PRESENCE']"], whole.stderr


def test_adding_a_role(tree: Copy) -> None:
    tree.edit(
        "domain/policy/roles.py",
        '    OPERATOR = "OPERATOR", ',
        '    OBSERVER = "OBSERVER", "观察员", "Looks on"\n    OPERATOR = "OPERATOR", ',
    )
    without_grants = tree.run()
    tree.edit("domain/policy/roles.py", '    Role.AUDITOR: "",\n', '    Role.AUDITOR: "",\n    Role.OBSERVER: "",\n')
    without_masks = tree.run()
    tree.edit("domain/policy/masking.py", "    Role.SYSTEM,\n", "    Role.SYSTEM,\n    Role.OBSERVER,\n")
    tree.edit_each("domain/policy/masking.py", r'^(    Kind\.\w+: +"[^"]*)"', r'\1 HIDE"')
    without_scopes = tree.run()
    tree.edit("domain/policy/scopes.py", "    Role.AUDITOR,\n", "    Role.AUDITOR,\n    Role.OBSERVER,\n")
    tree.edit_each("domain/policy/scopes.py", r"^(    \w+: +\(.*)\),$", r"\1, NONE),")
    without_limits = tree.run()
    tree.edit("api/limits.py", "    Role.AUDITOR: _KNOWN,\n", "    Role.AUDITOR: _KNOWN,\n    Role.OBSERVER: _KNOWN,\n")

    whole = tree.run(
        "from api.commands.pages import permissions_page; print('| OBSERVER | 观察员 |' in permissions_page())"
    )

    assert "domain/policy/roles.py has no row for OBSERVER" in without_grants.stderr
    assert "api/limits.py has no row for OBSERVER" in without_limits.stderr
    assert "domain/policy/masking.py lacks a form for LEGAL_NAME × OBSERVER" in without_masks.stderr
    assert "domain/policy/scopes.py has no cell for" in without_scopes.stderr
    assert "account × OBSERVER" in without_scopes.stderr
    assert whole.stdout == "True\n", whole.stderr


def test_adding_a_state_alone_is_told_by_the_generated_files(tree: Copy) -> None:
    before = tree.run("from api.commands.generate import sdl; print(sdl())").stdout
    tree.edit(
        "domain/filing.py",
        "    DECLINED = ",
        '    LOST = "LOST", "遗失", "Lost"\n    DECLINED = ',
    )

    after = tree.run("from api.commands.generate import sdl; print(sdl())").stdout

    assert "LOST" not in before
    assert "  LOST\n" in after
