"""What a mutation is given as `info.context`: who asks, and what the step needs of the process it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.types.language import DEFAULT, Language
from domain.vault.keys import Keys
from domain.viewer import Viewer
from workflows.database import Database
from workflows.office import Office

STEP: Final = "step"  # where the field of a mutation keeps the function that takes its step


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, in which language, and the deployment's collaborators."""

    viewer: Viewer
    office: Office
    language: Language = DEFAULT

    @property
    def database(self) -> Database:
        return self.office.database

    @property
    def keys(self) -> Keys:
        return self.office.keys

    def clock(self) -> datetime:
        """The present moment, as this deployment tells it."""
        return self.office.clock()
