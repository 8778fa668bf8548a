"""`signet generate` and `signet export-schema`: what is written from the tables and kept beside the code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from api.commands.pages import permissions_page, workflows_page
from api.commands.regulation import regulation_page
from api.commands.startup import EXIT_USAGE
from api.schema import schema

SCHEMA_FILE: Final = "api/schema.graphql"
_ROOT: Final = Path(__file__).parents[2]


def export_schema() -> None:
    """Print the schema as SDL."""
    typer.echo(sdl(), nl=False)


def generate(
    folder: Annotated[Path, typer.Option(help="The repository.", file_okay=False)] = _ROOT,
) -> None:
    """Write api/schema.graphql and the generated pages of docs/ from the tables. For the repository only."""
    console = Console(highlight=False)
    if not (folder / "docs").is_dir():
        typer.echo(f"{folder} is not the repository: it has no docs/. Name it with --folder.", err=True)
        raise typer.Exit(EXIT_USAGE)
    for name, text in generated(folder).items():
        file = folder / name
        if file.exists() and file.read_text("utf-8") == text:
            console.print(f"{name} is fresh")
            continue
        file.write_text(text, "utf-8")
        console.print(f"{name} [bold]written[/]")


def generated(root: Path = _ROOT) -> Mapping[str, str]:
    """Each generated file of the repository at `root` with what it should hold."""
    return {
        SCHEMA_FILE: sdl(),
        "docs/workflows.md": workflows_page(),
        "docs/permissions.md": permissions_page(),
        "docs/regulation.md": regulation_page(root),
    }


def sdl() -> str:
    """The schema as SDL."""
    return schema.as_str().rstrip("\n") + "\n"
