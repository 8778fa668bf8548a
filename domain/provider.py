"""Providers of instant-messaging tools and their settings (Art. 4, 5)."""

from __future__ import annotations

from typing import Any

from domain.case import Journalled
from domain.columns import json, text, word
from domain.state import State, Word


class ProviderState(State):
    """Where a provider stands."""

    REGISTERED = "REGISTERED", "已登记", "Registered"


class Mode(Word):
    """What a provider's rows are for."""

    SANDBOX = "SANDBOX", "试用", "For trying out; counts as qualified"
    PRODUCTION = "PRODUCTION", "正式", "For real"


class Provider(Journalled, table=True):
    """A company that runs an instant-messaging tool."""

    state: ProviderState = word(ProviderState)
    name: str = text()
    uscc: str = text()
    division: str = text()
    jurisdiction: str = text(foreign_key="authority.id")
    mode: Mode = word(Mode)
    sandbox_of: str | None = text(nullable=True, foreign_key="provider.id", unique=True)
    settings: dict[str, Any] = json()
