"""One look: who asks, when, in which language, and with which keys. The generated functions open masks through it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from api.types.language import Language
from domain.vault.bundle import open_bundle
from domain.vault.cipher import Place, unseal
from domain.vault.forms import Forms
from domain.vault.keys import open_mask_key
from domain.vault.pseudonym import pseudonym
from domain.vault.texts import unpack_text
from domain.viewer import Viewer
from workflows.office import Office

_NO_FORMS: Final[Mapping[str, Forms]] = MappingProxyType({})


class Look:
    """What of a request no plan may depend on, as its generated functions see it."""

    __slots__ = ("bound", "keys", "language", "now", "office", "viewer")

    def __init__(self, viewer: Viewer, now: datetime, language: Language, office: Office) -> None:
        self.viewer, self.now, self.language, self.office, self.keys = viewer, now, language, office, office.keys
        self.bound: Mapping[str, Any] = {**viewer.bound, "now": now}  # the parameters every statement has

    def after(self, now: datetime, viewer: Viewer | None) -> Look:
        """The look at what a step left, by the viewer it made of this one. The plan stays, so the sight must."""
        seen_by = viewer or self.viewer
        if seen_by.sight != self.viewer.sight:
            raise ValueError("a step does not change what its viewer's role is")
        return Look(seen_by, now, self.language, self.office)

    def forms(self, identity_id: str, mask_key: bytes, bundle: bytes | None) -> Mapping[str, Forms]:
        """The masked forms of an identity by field; none before anything was submitted."""
        return _NO_FORMS if bundle is None else open_bundle(self.keys, mask_key, bundle, identity_id)

    def pseudonym(self, subject_id: str) -> str:
        """What the subject is called towards the viewer's body."""
        return pseudonym(self.keys, self.viewer.body, subject_id)

    def words(self, place: Place, sealed: bytes | None, identity_id: str | None, mask_key: bytes | None) -> str | None:
        """A sealed text. Null where it is kept no more, or is about a subject out of the viewer's sight."""
        if sealed is None:
            return None
        if identity_id is None:
            return unpack_text(unseal(self.keys.derived("deployment-text"), sealed, place)).text
        if mask_key is None:
            return None
        return unpack_text(unseal(open_mask_key(self.keys, mask_key, identity_id), sealed, place)).text
