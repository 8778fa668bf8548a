"""What every command does first: read the settings, and say in one line what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import asyncpg
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.markup import escape

from api.auth import IssuerUnusable
from api.settings import Settings
from workflows.clock_offset import OffsetRefused
from workflows.database import Unavailable
from workflows.deployment import DeploymentUnusable
from workflows.keys import KeysUnusable
from workflows.migrations import UnknownDatabase

EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
ClockOffset = Annotated[
    str | None,
    typer.Option(
        "--clock-offset",
        help="For demos: set the clock so far ahead (35d, 12h, 1d12h30m). Refused unless every provider is a sandbox.",
        metavar="DURATION",
    ),
]
_CURED: Final = (KeysUnusable, DeploymentUnusable, IssuerUnusable, UnknownDatabase)
_AWAY: Final = (Unavailable, ConnectionError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


def settings_from(**given: Any) -> Settings:
    """The settings of the environment, with what the command line says instead. Ends the program where one is wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            name = "__".join(str(part) for part in error["loc"]).upper()
            _told(f"SIGNET_{name}" if name else "SIGNET", error["msg"])
        raise typer.Exit(EXIT_USAGE) from None
    except SettingsError as invalid:
        _told("SIGNET", f"{invalid}: write it as JSON")
        raise typer.Exit(EXIT_USAGE) from None


@contextmanager
def cures_told() -> Iterator[None]:
    """End with the cure, not with a traceback, where the deployment cannot be opened."""
    try:
        yield
    except OffsetRefused as refused:
        _told("SIGNET_CLOCK_OFFSET", str(refused))
        raise typer.Exit(EXIT_USAGE) from None
    except _CURED as unusable:
        _told(type(unusable).__name__, str(unusable))
        raise typer.Exit(EXIT_REFUSED) from None
    except _AWAY as away:
        _told("The database does not answer", f"{away or type(away).__name__}. See SIGNET_DATABASE_URL.")
        raise typer.Exit(EXIT_REFUSED) from None


def _told(what: str, message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(what)}[/]: {escape(message)}")
