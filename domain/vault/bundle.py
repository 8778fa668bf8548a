"""The bundle of a data subject: all masked forms of its identity in one sealed value (Art. 5, 6).

Opening one is on the way of every row shown, so it keeps nothing between calls: an erased key opens nothing from the
moment it is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.policy.masking import Form
from domain.vault.cipher import Place, seal, unseal
from domain.vault.forms import unpack
from domain.vault.keys import Keys, open_mask_key

_TABLE: Final = "identity"


def seal_bundle(mask_key: bytes, packed: bytes, identity_id: str, *, column: str = "bundle") -> bytes:
    """The packed forms under the subject's mask key (unwrapped), for that column of its row."""
    return seal(mask_key, packed, Place(_TABLE, column, identity_id))


def open_bundle(
    keys: Keys, wrapped_mask_key: bytes, bundle: bytes, identity_id: str, *, column: str = "bundle"
) -> Mapping[str, Mapping[Form, str]]:
    """The masked forms by field. NotOpened if key or bundle is not the one stored for that identity."""
    mask_key = open_mask_key(keys, wrapped_mask_key, identity_id)
    return unpack(unseal(mask_key, bundle, Place(_TABLE, column, identity_id)))
