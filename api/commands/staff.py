"""`signet staff enrol`: the first person of an authority or provider, who then enrols the others over the API."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from uuid import uuid4

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from api import dev_issuer
from api.app import expect_clock, office_of, system_clock
from api.commands.startup import EXIT_REFUSED, EXIT_USAGE, cures_told, settings_from
from api.settings import Settings
from domain.authorities import authority_id
from domain.policy.roles import Role
from domain.viewer import Viewer
from workflows.commands import problems_of
from workflows.deployment import settle
from workflows.migrations import open_database
from workflows.staff import STAFF, StaffEnrol
from workflows.unit_of_work import Outcome, carry_out

OPERATOR: Final = Viewer("", Role.OPERATOR)
staff_app: Final = typer.Typer(help="People who act for a provider or an authority.", no_args_is_help=True)


@staff_app.callback()
def staff() -> None:
    """People who act for a provider or an authority."""


@staff_app.command("enrol")
def enrol(
    role: Annotated[Role, typer.Option(help="What the person may do.", case_sensitive=False)],
    subject: Annotated[str, typer.Option(help="The subject that the person's tokens name.")],
    staff_number: Annotated[str, typer.Option(help="How the person is shown to holders.")],
    resident_id: Annotated[
        str,
        typer.Option(
            help="The person's resident id; better typed when asked than given here. Kept as a blind index only.",
            prompt="Resident id",
            hide_input=True,
        ),
    ],
    division: Annotated[str | None, typer.Option(help="The authority's division, 000000 for the nation.")] = None,
    provider: Annotated[str | None, typer.Option(help="Or the provider's id.")] = None,
    issuer: Annotated[str, typer.Option(help="Who issues the person's tokens.")] = dev_issuer.ISSUER,
) -> None:
    """Let the first person act for an authority (or provider); the others are enrolled by that one, over the API."""
    settings = settings_from()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        command = StaffEnrol(
            provider_id=provider,
            authority_id=authority_id(division) if division else None,
            issuer=issuer,
            subject=subject,
            role=role,
            staff_number=staff_number,
            resident_id=resident_id,
            idempotency_key=uuid4().hex,
        )
    except ValidationError as invalid:
        _refused(console, Outcome(problems_of(invalid)))
        raise typer.Exit(EXIT_USAGE) from None
    with cures_told():
        outcome = asyncio.run(_carried_out(settings, command))
    if outcome.problems:
        _refused(console, outcome)
        raise typer.Exit(EXIT_REFUSED)
    typer.echo(outcome.case_id)


async def _carried_out(settings: Settings, command: StaffEnrol) -> Outcome:
    keys = settings.key_ring()
    database = await open_database(settings.database_url, settings.patient_reach)
    try:
        await settle(database, keys, settings.deployment_code)
        await expect_clock(settings, database)
        return await carry_out(office_of(settings, database, keys, system_clock), OPERATOR, STAFF, "enrol", command)
    finally:
        await database.close()


def _refused(console: Console, outcome: Outcome) -> None:
    for problem in outcome.problems:
        place = f" ({'.'.join(problem.path)})" if problem.path else ""
        console.print(f"[red]{problem.code}[/]{escape(place)}: {escape(problem.message)}\n{escape(problem.fix)}")
