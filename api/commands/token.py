"""`signet token`: a token of the issuer of trials."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Final

import typer

from api import dev_issuer
from api.app import system_clock
from api.commands.startup import EXIT_REFUSED, cures_told, settings_from
from api.settings import Settings
from domain.policy.roles import Role
from domain.vault.keys import Keys
from workflows.database import Connection
from workflows.demo_people import SUBJECTS
from workflows.deployment import NotMigrated, check, is_migrated, known_deployment
from workflows.migrations import open_database
from workflows.viewers import Proven, is_provider, subjects_of, viewer_of

MINUTES: Final = 15
SHOWN_MAX: Final = 20
_CURE: Final = "Who has yet to enrol names the provider with --provider; `signet serve --demo` loads people to try."
_CURE_OF_STAFF: Final = "Enrol them with `signet staff enrol`; `signet serve --demo` loads people to try."


def token_command(
    role: Annotated[Role, typer.Option(help="Who to be.", case_sensitive=False)],
    subject: Annotated[
        str | None, typer.Option(help="Whose; if left out, that of the demo data's person of the role.")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="For a holder who has yet to enrol: the provider's id.")] = None,
    minutes: Annotated[int, typer.Option(help="How long it holds.", min=1, max=MINUTES)] = MINUTES,
) -> None:
    """Print a token for trying Signet out. Production has no such issuer."""
    settings = settings_from()
    if settings.is_production:
        typer.echo("In production tokens come from the issuers of SIGNET_ISSUERS.", err=True)
        raise typer.Exit(EXIT_REFUSED)
    if role not in dev_issuer.ROLES:
        typer.echo(f"{role} does not sign in. Who does: {', '.join(sorted(dev_issuer.ROLES))}.", err=True)
        raise typer.Exit(EXIT_REFUSED)
    with cures_told():
        keys = settings.key_ring()
        proven = Proven(dev_issuer.ISSUER, subject or SUBJECTS[role], frozenset({role}), provider)
        doubts = asyncio.run(_doubts(settings, keys, proven))
    if doubts:
        typer.echo("\n".join(doubts), err=True)
        raise typer.Exit(EXIT_REFUSED)
    typer.echo(trial_token(settings, keys, role, subject=subject, provider_id=provider, minutes=minutes))


async def _doubts(settings: Settings, keys: Keys, proven: Proven) -> list[str]:
    """Why such a token would prove nobody, and who it could be for; nothing where it proves somebody."""
    database = await open_database(settings.database_url, settings.patient_reach)
    try:
        if not await is_migrated(database):
            raise NotMigrated
        check(await known_deployment(database), keys.id, settings.deployment_code)
        return await database.read(lambda connection: _doubts_of(connection, proven))
    finally:
        await database.close()


async def _doubts_of(connection: Connection, proven: Proven) -> list[str]:
    (role,), at = proven.roles, f" at {proven.provider_id}" if proven.provider_id else ""
    if role is Role.HOLDER and proven.provider_id is not None and not await is_provider(connection, proven.provider_id):
        return [f"There is no provider {proven.provider_id!r}."]
    if await viewer_of(connection, proven) is not None:
        return []
    told = [f"Nobody called {proven.subject} is enrolled as {role}{at}."]
    other = await viewer_of(connection, replace(proven, roles=dev_issuer.ROLES - {Role.HOLDER}, provider_id=None))
    if other is not None:
        told.append(f"{proven.subject} is enrolled as {other.role}, at {other.body}.")
    found = await subjects_of(connection, proven.issuer, role, SHOWN_MAX + 1)
    more = ", …" if len(found) > SHOWN_MAX else ""
    told.append(f"Enrolled as {role}: {', '.join(found[:SHOWN_MAX]) or 'nobody'}{more}.")
    return [*told, _CURE if role is Role.HOLDER else _CURE_OF_STAFF]


def trial_token(
    settings: Settings,
    keys: Keys,
    role: Role,
    *,
    subject: str | None = None,
    provider_id: str | None = None,
    minutes: int = MINUTES,
) -> str:
    """A token for a role, of the demo data's person unless another subject is named."""
    return dev_issuer.token(
        keys,
        subject=subject or SUBJECTS[role],
        audience=settings.audience,
        now=system_clock(),
        minutes=minutes,
        role=role,
        provider_id=provider_id,
    )
