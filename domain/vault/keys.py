"""The keys of the vault: two key-encryption keys, so that who may show a mask cannot show a value (Art. 5, 6).

A data subject has a mask key (masked forms, free text) and a clear key (the values). Each is stored wrapped under a
key-encryption key of its own, of the epoch its header names; a process that only reads holds the mask's alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.vault.cipher import KEY_BYTES, Place, cipher_of, epoch_of, seal, unseal_with

PURPOSES: Final = (
    "blind-index", "ban-index", "pseudonym", "cursor", "receipt", "deployment-text", "proposal", "badge-signing",
)  # fmt: skip
_WRAPPED_TABLE: Final = "subject"


class KeyNotHeld(Exception):
    """This process does not hold that key-encryption key: a process that only reads never holds the clear one."""

    def __str__(self) -> str:
        return "This process does not hold that key: one that only reads holds no clear key; else look at its epoch."


class SubjectKeys(NamedTuple):
    """The two data keys of a data subject, wrapped: what is stored beside the values."""

    mask_key: bytes
    clear_key: bytes


class Keys(Protocol):
    """The keys of a deployment, wherever they are kept."""

    @property
    def epoch(self) -> int:
        """The epoch under which new data keys are wrapped."""
        ...

    @property
    def id(self) -> str:
        """16 hex digits that tell these keys from others and nothing about them."""
        ...

    def mask_kek(self, epoch: int) -> bytes:
        """The key-encryption key of mask keys. KeyNotHeld for an epoch that is not held."""
        ...

    def clear_kek(self, epoch: int) -> bytes:
        """The key-encryption key of clear keys. KeyNotHeld where the process only reads."""
        ...

    def derived(self, purpose: str) -> bytes:
        """The deployment's own key for one of PURPOSES."""
        ...


def derive(secret: bytes, info: bytes, *, salt: bytes | None = None) -> bytes:
    """32 bytes by HKDF-SHA256; another `info`, another key."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(secret)


def fingerprint(name: str, secret: bytes) -> str:
    """64 hex digits that recognise a secret; it may be written where the secret may not."""
    return sha256(f"signet/{name}\0".encode() + secret).hexdigest()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys made from three secrets of 32 bytes. Without the clear secret its fingerprint is wanted, for the id."""

    mask: bytes = field(repr=False)
    clear: bytes | None = field(repr=False)
    index: bytes = field(repr=False)
    clear_fingerprint: str = ""
    epoch: int = 0
    id: str = field(init=False, default="")
    _mask_keks: tuple[bytes, ...] = field(init=False, repr=False, compare=False, default=())
    _clear_keks: tuple[bytes, ...] = field(init=False, repr=False, compare=False, default=())
    _derived: Mapping[str, bytes] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        # Derived once: HKDF costs more than opening a bundle.
        epochs = range(self.epoch + 1)
        if self.clear is not None:
            self._set("clear_fingerprint", fingerprint("clear", self.clear))
            self._set("_clear_keks", tuple(derive(self.clear, f"signet/clear-kek/{e}".encode()) for e in epochs))
        self._set("_mask_keks", tuple(derive(self.mask, f"signet/mask-kek/{e}".encode()) for e in epochs))
        self._set("_derived", MappingProxyType({p: derive(self.index, f"signet/{p}".encode()) for p in PURPOSES}))
        prints = fingerprint("mask", self.mask) + self.clear_fingerprint + fingerprint("index", self.index)
        self._set("id", sha256(prints.encode()).hexdigest()[:16])

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def mask_kek(self, epoch: int) -> bytes:
        return _of_epoch(self._mask_keks, epoch)

    def clear_kek(self, epoch: int) -> bytes:
        return _of_epoch(self._clear_keks, epoch)

    def derived(self, purpose: str) -> bytes:
        return self._derived[purpose]

    def only_reading(self) -> KeyRing:
        """The same keys without the clear one, under the same id."""
        return KeyRing(self.mask, None, self.index, clear_fingerprint=self.clear_fingerprint, epoch=self.epoch)


def new_subject_keys(keys: Keys, subject_id: str) -> SubjectKeys:
    """Two new data keys for a data subject, wrapped under the keys of the current epoch."""
    epoch = keys.epoch
    return SubjectKeys(
        mask_key=seal(keys.mask_kek(epoch), os.urandom(KEY_BYTES), _place("mask_key", subject_id), epoch=epoch),
        clear_key=seal(keys.clear_kek(epoch), os.urandom(KEY_BYTES), _place("clear_key", subject_id), epoch=epoch),
    )


def open_mask_key(keys: Keys, wrapped: bytes, subject_id: str) -> bytes:
    """The mask key of a data subject. NotOpened, KeyNotHeld."""
    return unseal_with(_kek(keys.mask_kek(epoch_of(wrapped))), wrapped, _place("mask_key", subject_id))


def open_clear_key(keys: Keys, wrapped: bytes, subject_id: str) -> bytes:
    """The clear key of a data subject. NotOpened; KeyNotHeld where the process only reads."""
    return unseal_with(_kek(keys.clear_kek(epoch_of(wrapped))), wrapped, _place("clear_key", subject_id))


def _place(column: str, subject_id: str) -> Place:
    return Place(_WRAPPED_TABLE, column, subject_id)


def _of_epoch(keks: tuple[bytes, ...], epoch: int) -> bytes:
    if not 0 <= epoch < len(keks):
        raise KeyNotHeld
    return keks[epoch]


@lru_cache(maxsize=8)
def _kek(key: bytes) -> AESGCM:
    # Key-encryption keys only: a data key kept here would outlive the erasure of its subject.
    return cipher_of(key)
