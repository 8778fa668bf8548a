"""The issuer of a trial: its key comes from the vault's keys, so there is nothing to set up and nothing more to store.

It may speak for every role of every body, which is why production knows no such issuer.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from domain.policy.roles import Role
from domain.vault.keys import Keys, derive

ISSUER: Final = "signet-dev"
ALGORITHM: Final = "Ed25519"
ROLES: Final = frozenset(Role) - {Role.PUBLIC, Role.OPERATOR, Role.SYSTEM}
_INFO: Final = b"signet/dev-issuer"


def public_keys(keys: Keys) -> KeySet:
    """What its tokens are verified with."""
    return KeySet([OKPKey.import_key(_jwk(keys, private=False))])


def token(
    keys: Keys,
    *,
    subject: str,
    audience: str,
    now: datetime,
    minutes: int,
    role: Role | None = None,
    provider_id: str | None = None,
) -> str:
    """A token for a subject. A holder who has yet to enrol says by `provider_id` where."""
    expires_at = now + timedelta(minutes=minutes)
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": subject,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": str(uuid4()),
    }
    narrowed = {"role": role, "provider": provider_id}
    claims |= {name: str(value) for name, value in narrowed.items() if value is not None}
    key = OKPKey.import_key(_jwk(keys, private=True))
    return jwt.encode({"alg": ALGORITHM, "kid": str(key.kid or key.thumbprint())}, claims, key, algorithms=[ALGORITHM])


def _jwk(keys: Keys, *, private: bool) -> dict[str, str | list[str]]:
    seed = derive(keys.derived("deployment-text"), _INFO)
    x = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    public: dict[str, str | list[str]] = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(x)}
    return public | {"d": _base64url(seed)} if private else public


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
