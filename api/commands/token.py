"""`signet token`: a token of the issuer of trials."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from api import dev_issuer
from api.app import system_clock
from api.commands.startup import EXIT_REFUSED, cures_told, settings_from
from api.settings import Settings
from domain.policy.roles import Role
from domain.vault.keys import Keys
from workflows.demo_people import SUBJECTS

MINUTES: Final = 15


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
    typer.echo(trial_token(settings, keys, role, subject=subject, provider_id=provider, minutes=minutes))


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
