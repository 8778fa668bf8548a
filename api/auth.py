"""Bearer tokens: who issued one, whether it holds, and whom it proves (Art. 5). Whatever is wrong, the answer is one.

A token is believed for what its issuer is configured to say and no more: signed by a key of that issuer's own set,
by an algorithm on its list, for this audience, now. Who the subject is, the rows of Staff and Holder say. A claim
`role`, `provider` or `authority` may narrow that, never widen it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from joserfc.util import urlsafe_b64decode

from api import dev_issuer
from api.errors import NotAuthenticated
from api.settings import Issuer, Settings
from api.viewers import Viewers
from domain.policy.roles import Role
from domain.vault.keys import Keys
from domain.viewer import ANONYMOUS, Viewer
from workflows.viewers import Proven

TOKEN_BYTES_MAX: Final = 8_192
TOKENS_KEPT_MAX: Final = 10_000
RSA_BITS_MIN: Final = 2_048
_SCHEME: Final = "bearer "
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# RFC 9864 names the curve; issuers still send the older name for the same thing.
_ALSO_NAMED: Final[Mapping[str, tuple[str, ...]]] = {"EdDSA": ("EdDSA", "Ed25519")}
# Whatever a stranger may have written, however strange: none of it deserves another answer.
_DEFECTS: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


MUTE: Final = (
    "None of its keys fits its algorithms, so its tokens prove nobody: give a JWK set with such a public key."
    " (SIGNET_ISSUERS)"
)


class IssuerUnusable(Exception):
    """An issuer's keys cannot be read: give a JWK set (SIGNET_ISSUERS)."""


def _is_token_type(value: object) -> None:
    if not isinstance(value, str) or value.lower() not in _TYPES:
        raise ValueError("must say that this is a token")


class _Registry(JWSRegistry):
    """The headers and algorithms that are understood. Any other header names a key of its sender's choice or more."""

    default_header_registry = {  # noqa: RUF012 - as the library declares it
        "alg": JWSRegistry.default_header_registry["alg"],
        "kid": JWSRegistry.default_header_registry["kid"],
        "typ": HeaderParameter("Type", _is_token_type, required=True),
        "x5t": JWSRegistry.default_header_registry["x5t"],
        "x5t#S256": JWSRegistry.default_header_registry["x5t#S256"],
    }

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is believed of one issuer."""

    keys: KeySet
    registry: JWSRegistry
    claims: jwt.JWTClaimsRegistry
    believed: Proven


@dataclass(frozen=True, slots=True)
class _Believed:
    proven: Proven
    expires_at: float
    seconds: float


class Authenticator:
    """Turns the header `Authorization` into a viewer."""

    def __init__(self, settings: Settings, keys: Keys, viewers: Viewers, clock: Callable[[], datetime]) -> None:
        self._viewers = viewers
        self._clock = clock
        self._leeway = settings.leeway_seconds
        self._staff_seconds_max = settings.staff_token_minutes_max * 60
        self._verifiers = {each.issuer: self._verifier(each, settings.audience) for each in settings.issuers}
        if not settings.is_production:
            self._verifiers[dev_issuer.ISSUER] = self._dev_verifier(keys, settings.audience)
        self._kept: OrderedDict[bytes, _Believed] = OrderedDict()

    @property
    def mute(self) -> tuple[str, ...]:
        """The issuers whose sets have no key that fits their algorithms: nobody is believed on their word."""
        return tuple(name for name, verifier in self._verifiers.items() if not verifier.keys.keys)

    async def viewer(self, authorization: str | None) -> Viewer:
        """Who asks; ANONYMOUS without the header. NotAuthenticated for a header that proves nobody."""
        if authorization is None:
            return ANONYMOUS
        believed = self._believed(authorization)
        viewer = await self._viewers.viewer(believed.proven)
        if viewer is None or (viewer.role is not Role.HOLDER and believed.seconds > self._staff_seconds_max):
            raise NotAuthenticated
        return viewer

    def _believed(self, authorization: str) -> _Believed:
        if authorization[: len(_SCHEME)].lower() != _SCHEME or len(authorization) > TOKEN_BYTES_MAX:
            raise NotAuthenticated
        token = authorization[len(_SCHEME) :].strip()
        digest = sha256(token.encode(errors="surrogatepass")).digest()
        believed = self._kept.get(digest)
        if believed is None:
            believed = self._verified(token)
            self._kept[digest] = believed
            if len(self._kept) > TOKENS_KEPT_MAX:
                self._kept.popitem(last=False)
        elif believed.expires_at <= self._clock().timestamp() - self._leeway:
            del self._kept[digest]
            raise NotAuthenticated
        return believed

    def _verified(self, token: str) -> _Believed:
        try:
            verifier = self._verifiers[_claimed_issuer(token)]
            claims = jwt.decode(token, verifier.keys, registry=verifier.registry).claims
            verifier.claims.validate(claims)
            proven = _narrowed(verifier.believed, claims)
            return _Believed(proven, float(claims["exp"]), float(claims["exp"] - claims["iat"]))
        except _DEFECTS:
            raise NotAuthenticated from None

    def _verifier(self, issuer: Issuer, audience: str) -> Verifier:
        algorithms = [name for each in issuer.algorithms for name in _ALSO_NAMED.get(each, (each,))]
        believed = Proven(issuer.issuer, "", issuer.roles, issuer.provider_id, issuer.authority_id)
        claims = self._claims(issuer.issuer, issuer.audience or audience)
        return Verifier(_key_set(issuer, algorithms), _Registry(algorithms=algorithms), claims, believed)

    def _dev_verifier(self, keys: Keys, audience: str) -> Verifier:
        registry, claims = _Registry(algorithms=[dev_issuer.ALGORITHM]), self._claims(dev_issuer.ISSUER, audience)
        return Verifier(dev_issuer.public_keys(keys), registry, claims, Proven(dev_issuer.ISSUER, "", dev_issuer.ROLES))

    def _claims(self, issuer: str, audience: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock().timestamp()),
            leeway=self._leeway,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )


def _claimed_issuer(token: str) -> str:
    """Whom the token says it is from: where its keys are looked for, and nothing else, before they have verified it."""
    _, payload, _ = token.split(".")
    return str(json.loads(urlsafe_b64decode(payload.encode()))["iss"])


def _narrowed(believed: Proven, claims: Mapping[str, Any]) -> Proven:
    """What the issuer may say, and of that no more than the token does."""
    roles, provider_id, authority_id = believed.roles, believed.provider_id, believed.authority_id
    is_open = provider_id is None and authority_id is None
    if "role" in claims:
        roles &= {Role(claims["role"])}
    for name, known in (("provider", provider_id), ("authority", authority_id)):
        if name in claims and not (is_open or claims[name] == known):
            raise ValueError("a claim that would widen what the issuer may say")
    if is_open:
        provider_id, authority_id = _plain(claims.get("provider")), _plain(claims.get("authority"))
    if not roles or (provider_id is not None and authority_id is not None):
        raise ValueError("a claim that leaves nobody to be")
    return Proven(believed.issuer, _plain(claims["sub"]) or "", roles, provider_id, authority_id)


def _plain(text: object) -> str | None:
    """A text that any database takes: no NUL, no half of a surrogate pair."""
    if text is not None and not (isinstance(text, str) and text and text.isprintable()):
        raise ValueError("a claim that is no plain text")
    return text


def _key_set(issuer: Issuer, algorithms: Sequence[str]) -> KeySet:
    try:
        jwks = issuer.jwks if issuer.jwks is not None else orjson.loads(issuer.jwks_file.read_bytes())  # type: ignore[union-attr]
        listed = list(jwks["keys"])
    except (*_DEFECTS, OSError) as defect:
        raise IssuerUnusable(f"{issuer.issuer}: its keys cannot be read. {IssuerUnusable.__doc__}") from defect
    return KeySet([key for jwk in listed if (key := _key(jwk, algorithms)) is not None])


def _key(jwk: Any, algorithms: Sequence[str]) -> Key | None:
    """The key, if it is one that the issuer signs with. Whatever else a set holds is passed over (RFC 7517, 5)."""
    try:
        if "d" in jwk or jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ("verify",)):
            return None  # a private key that is published proves nothing any more
        if jwk.get("alg") not in (None, *algorithms):
            return None
        key = KeySet.registry_cls.import_key(dict(jwk))
        return key if any(_fits(key, algorithm) for algorithm in algorithms) else None
    except Exception:  # noqa: BLE001 - of a kind that is not known here, or malformed in whatever way
        return None


def _fits(key: Key, algorithm: str) -> bool:
    if isinstance(key, RSAKey):
        return algorithm in {"RS256", "PS256"} and key.raw_value.key_size >= RSA_BITS_MIN
    if isinstance(key, ECKey):
        return algorithm == "ES256" and key.curve_name == "P-256"
    return isinstance(key, OKPKey) and algorithm == "Ed25519" and key.curve_name == "Ed25519"
