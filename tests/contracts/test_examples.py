"""What the README and examples/ show is what a server with the demo data answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from api.commands.generate import sdl
from domain.policy.roles import Role
from tests.world import Person, opened_world
from workflows.demo import load_demo

_ROOT = Path(__file__).parents[2]
_EXAMPLES = sorted(_ROOT.glob("examples/*.graphql"))


@pytest.mark.parametrize("file", _EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_a_valid_request_of_the_schema(file: Path) -> None:
    errors = validate(build_schema(sdl()), parse(file.read_text("utf-8")))

    assert errors == [], f"{file.name} is no longer a request of this schema: mend it"


async def test_the_query_of_the_readme_is_answered_as_the_readme_says(own_database_url: str) -> None:
    readme = (_ROOT / "README.md").read_text("utf-8")
    query = re.search(r"-d '(\{.*\})'", readme)
    answer = re.search(r"```json\n(.*?)\n```", readme, re.DOTALL)
    assert query is not None
    assert answer is not None

    async with opened_world(own_database_url) as world:
        await load_demo(world.office)
        response = await Person(world, "demo-reviewer", Role.REVIEWER).post(json.loads(query[1])["query"])

    assert response.json() == json.loads(answer[1]), "README.md shows another answer: mend it"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions/README.md"])
def test_every_link_to_a_file_of_the_repository_leads_somewhere(name: str) -> None:
    file = _ROOT / name

    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text("utf-8"))

    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", sorted(_ROOT.glob("docs/decisions/0*.md")), ids=lambda file: file.stem)
def test_a_decision_has_its_five_headings_and_its_line_in_the_list(file: Path) -> None:
    headings = re.findall(r"^## (.*)$", file.read_text("utf-8"), re.MULTILINE)

    assert headings == ["Context", "Decision", "Alternatives", "Consequences", "Revisit when"]
    assert f"({file.name})" in (file.parent / "README.md").read_text("utf-8")
