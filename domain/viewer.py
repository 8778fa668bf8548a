"""Who looks: what the rows of Staff or Holder say of the subject that a token proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from domain.policy.roles import GRANTS, Grant, Role


@dataclass(frozen=True, slots=True)
class Sight:
    """All of a viewer that a reading plan may depend on: never who exactly, so no plan carries rows to another."""

    role: Role


@dataclass(frozen=True)
class Viewer:
    """Who asks. `body` is the provider, authority or holder in whose name they look: pseudonyms are equal within it."""

    id: str
    role: Role
    issuer: str = ""
    subject: str = ""
    provider_id: str | None = None
    holder_id: str | None = None
    authority_id: str | None = None
    staff_number: str | None = None
    person: bytes | None = None
    recused: frozenset[str] = frozenset()  # whose matters this person does not handle: ids of holders and providers

    @property
    def body(self) -> str:
        return self.authority_id or self.holder_id or self.provider_id or ""

    @cached_property
    def sight(self) -> Sight:
        return Sight(self.role)

    @cached_property
    def bound(self) -> Mapping[str, str | None]:
        """The run-time parameters that scopes and masks use."""
        return {
            "viewer_id": self.id,
            "viewer_provider_id": self.provider_id,
            "viewer_holder_id": self.holder_id,
            "viewer_authority_id": self.authority_id,
            "viewer_body": self.body,
        }

    def may(self, grant: Grant) -> bool:
        """Whether the role carries the grant."""
        return grant in GRANTS[self.role]


ANONYMOUS: Final = Viewer("", Role.PUBLIC)
SYSTEM: Final = Viewer("", Role.SYSTEM)
