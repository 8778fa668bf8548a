"""`signet register-fill`: put on the register what was on file before there was one (Art. 5)."""

from __future__ import annotations

import asyncio

import typer

from api.app import opened
from api.commands.startup import cures_told, settings_from
from api.settings import Settings
from workflows.register_fill import fill_register


def register_fill_command() -> None:
    """Enter into the public register every account filed before it began; again, it changes nothing."""
    settings = settings_from()
    with cures_told():
        made = asyncio.run(_filled(settings))
    typer.echo(f"{made:,} entries made.")


async def _filled(settings: Settings) -> int:
    async with opened(settings) as deployment:
        return await fill_register(deployment.office)
