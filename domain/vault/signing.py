"""What a deployment signs: badges, the list of their status, the manifest of a dump (Art. 7).

Compact JWS by Ed25519 (RFC 7515, 8037). Who holds the public key set can check them without asking anyone.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.vault.keys import Keys

PURPOSE: Final = "badge-signing"
BADGE: Final = "signet-badge+jwt"
STATUS_LIST: Final = "statuslist+jwt"
MANIFEST: Final = "signet-manifest+jwt"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for the deployment."""

    kid: str
    """The thumbprint of the public key (RFC 7638)."""
    public: Mapping[str, str]
    """The public key as a JWK."""
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, payload: Mapping[str, Any], type_: str) -> str:
        """The payload as a compact JWS of that type. The same payload gives the same text."""
        header = {"alg": "EdDSA", "kid": self.kid, "typ": type_}
        signed = f"{_base64url(_canonical(header))}.{_base64url(_canonical(payload))}"
        return f"{signed}.{_base64url(self._private.sign(signed.encode()))}"

    @property
    def key_set(self) -> Mapping[str, Any]:
        """The public keys as a JWK set."""
        return {"keys": [dict(self.public)]}


def signer(keys: Keys) -> Signer:
    """The signer of a deployment: as long as its keys stay, so does this one."""
    return _signer(keys.derived(PURPOSE))


@lru_cache(maxsize=4)
def _signer(secret: bytes) -> Signer:
    private = Ed25519PrivateKey.from_private_bytes(secret)
    key = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(private.public_key().public_bytes_raw())}
    kid = _base64url(sha256(_canonical(key)).digest())
    return Signer(kid, {**key, "kid": kid, "alg": "EdDSA", "use": "sig"}, private)


def _canonical(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
