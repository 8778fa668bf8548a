"""A token is believed for what its issuer may say; whatever is wrong with one, the answer is the same."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from api import dev_issuer
from api.auth import Authenticator, IssuerUnusable
from api.errors import NotAuthenticated
from api.settings import Issuer, Settings
from api.viewers import SECONDS_KEPT_MAX, Viewers
from domain.authority import Authority
from domain.holder import Holder, HolderState, SubjectType
from domain.ids import new_id
from domain.policy.roles import Role
from domain.provider import Mode, Provider, ProviderState
from domain.staff import Staff, StaffState
from domain.table import table_of
from domain.vault.keys import KeyRing
from domain.viewer import ANONYMOUS, Viewer
from workflows.database import Database, Transaction
from workflows.migrations import open_database
from workflows.viewers import viewer_in

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEYS = KeyRing(b"m" * 32, b"c" * 32, b"i" * 32)
# The library warns of the name EdDSA, which issuers still use.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ISSUER = "https://login.example.org"
AUTHORITIES = table_of(Authority)


@dataclass
class Front:
    """One provider and authority with their people, the issuers that know them, and clocks that stand still."""

    database: Database
    provider_id: str = field(default_factory=lambda: new_id("provider"))
    authority_id: str = ""
    now: datetime = NOW
    elapsed: float = 0.0

    def opened(self, *issuers: Issuer, **settings: Any) -> Authenticator:
        chosen = Settings(issuers=issuers or (self.issuer(),), **settings)
        return Authenticator(chosen, KEYS, Viewers(self.database, lambda: self.elapsed), lambda: self.now)

    def issuer(self, **given: Any) -> Issuer:
        public = KeySet([ED, RSA, EC]).as_dict(private=False)
        values: dict[str, Any] = {
            "issuer": ISSUER,
            "jwks": public,
            "algorithms": ("EdDSA", "RS256", "ES256"),
            "roles": {Role.REVIEWER, Role.HOLDER},
            "provider_id": self.provider_id,
        }
        return Issuer(**{**values, **given})

    async def add(self, model: Any, **values: Any) -> str:
        id_ = new_id(table_of(model).name)
        base = {"id": id_, "created_at": NOW, "stepped_at": NOW, "seq": 1, "head": bytes(32), **values}

        async def work(transaction: Transaction) -> None:
            await transaction.fetch_each(sa.insert(table_of(model)), [base])

        await self.database.write(work)
        return id_

    async def staff(self, role: Role = Role.REVIEWER, subject: str = "reviewer-1", **given: Any) -> str:
        values: dict[str, Any] = {
            "state": StaffState.ENROLLED, "issuer": ISSUER, "subject": f"{subject}@{self.provider_id}", "role": role,
            "provider_id": self.provider_id, "jurisdiction": None, "staff_number": "R-7", "person": b"p" * 32,
            "certificates": [], "disabled_at": None,
        }  # fmt: skip
        return await self.add(Staff, **{**values, **given})

    def claims(self, subject: str = "reviewer-1", **given: Any) -> dict[str, Any]:
        at = int(self.now.timestamp())
        claims = {"iss": ISSUER, "aud": "signet", "sub": f"{subject}@{self.provider_id}", "iat": at, "exp": at + 600}
        return {name: value for name, value in {**claims, **given}.items() if value is not None}

    def token(
        self, key: Any = ED, algorithm: str = "EdDSA", header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        head = {"alg": algorithm, "kid": key.kid, **(header or {})}
        return "Bearer " + jwt.encode(head, self.claims(**claims), key, registry=None, algorithms=[algorithm])


@pytest.fixture
async def front(database_url: str) -> AsyncIterator[Front]:
    database = await open_database(database_url)
    try:
        yield await opened_front(database)
    finally:
        await database.close()


async def opened_front(database: Database) -> Front:
    made = Front(database)
    ((made.authority_id,),) = await database.read(
        lambda connection: connection.fetch(sa.select(AUTHORITIES.c.id).order_by(AUTHORITIES.c.id).limit(1), {})
    )
    provider = {
        "id": made.provider_id, "created_at": NOW, "stepped_at": NOW, "seq": 1, "head": bytes(32),
        "state": ProviderState.REGISTERED,
        "name": "试用", "uscc": "", "division": "310000", "jurisdiction": made.authority_id, "mode": Mode.SANDBOX,
        "sandbox_of": None, "settings": {},
    }  # fmt: skip

    async def work(transaction: Transaction) -> None:
        await transaction.fetch_each(sa.insert(table_of(Provider)), [provider])

    await database.write(work)
    return made


def raw(header: dict[str, Any], claims: object, sign: Callable[[bytes], bytes]) -> str:
    """A token made by hand, as an attacker would."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signed = b".".join(parts)
    return "Bearer " + (signed + b"." + urlsafe_b64encode(sign(signed)).rstrip(b"=")).decode()


async def refused(authenticator: Authenticator, authorization: str) -> bool:
    with pytest.raises(NotAuthenticated):
        await authenticator.viewer(authorization)
    return True


async def test_without_a_header_anyone_is_the_public(front: Front) -> None:
    assert await front.opened().viewer(None) is ANONYMOUS


@pytest.mark.parametrize(("key", "algorithm"), [(ED, "EdDSA"), (ED, "Ed25519"), (RSA, "RS256"), (EC, "ES256")])
async def test_a_token_proves_what_the_row_says(front: Front, key: Any, algorithm: str) -> None:
    id_ = await front.staff()

    viewer = await front.opened().viewer(front.token(key, algorithm))

    assert viewer == Viewer(
        id_, Role.REVIEWER, issuer=ISSUER, subject=f"reviewer-1@{front.provider_id}", provider_id=front.provider_id,
        staff_number="R-7", person=b"p" * 32,
    )  # fmt: skip


async def test_a_regulator_looks_in_the_name_of_the_authority(front: Front) -> None:
    await front.staff(Role.PROVINCIAL_REGULATOR, provider_id=None, jurisdiction=front.authority_id)
    issuer = front.issuer(roles={Role.PROVINCIAL_REGULATOR}, provider_id=None, authority_id=front.authority_id)

    viewer = await front.opened(issuer).viewer(front.token())

    assert (viewer.role, viewer.authority_id, viewer.provider_id) == (
        Role.PROVINCIAL_REGULATOR,
        front.authority_id,
        None,
    )


async def test_a_holder_without_a_row_may_come_to_enrol(front: Front) -> None:
    viewer = await front.opened().viewer(front.token(subject="newcomer"))

    assert (viewer.id, viewer.role, viewer.holder_id, viewer.provider_id) == ("", Role.HOLDER, None, front.provider_id)


async def test_a_holder_is_known_by_the_row_as_soon_as_it_is_there(front: Front) -> None:
    authenticator, token = front.opened(), front.token(subject="newcomer", exp=int(NOW.timestamp()) + 86_400)
    await authenticator.viewer(token)

    id_ = await front.add(
        Holder, state=HolderState.ENROLLED, issuer=ISSUER, subject=f"newcomer@{front.provider_id}",
        subject_type=SubjectType.INDIVIDUAL, display_name="小河", division="310000", provider_id=front.provider_id,
        jurisdiction=front.authority_id,
    )  # fmt: skip

    viewer = await authenticator.viewer(token)
    assert (viewer.id, viewer.holder_id, viewer.role) == (id_, id_, Role.HOLDER)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer ..",
        "Bearer \udcff.\udcff.\udcff",
        "Bearer " + "x" * 9_000,
        "Bearer " + "x." * 2_000,
    ],
)
async def test_what_is_no_token_proves_nobody(front: Front, header: str) -> None:
    assert await refused(front.opened(), header)


async def test_an_unsigned_token_proves_nobody(front: Front) -> None:
    await front.staff()

    for algorithm in ("none", "None", "NONE", ""):
        assert await refused(front.opened(), raw({"alg": algorithm, "typ": "JWT"}, front.claims(), lambda _: b""))


async def test_a_public_key_is_no_shared_secret(front: Front) -> None:
    await front.staff()
    secrets = [RSA.as_pem(private=False), ED.as_pem(private=False), ED.public_key.public_bytes_raw()]

    for secret in secrets:
        for kid in ("rsa", "ed"):
            header = {"alg": "HS256", "typ": "JWT", "kid": kid}
            forged = raw(header, front.claims(), lambda signed, key=secret: hmac.digest(key, signed, "sha256"))  # type: ignore[misc]
            assert await refused(front.opened(), forged)


async def test_a_key_named_by_the_sender_is_not_used(front: Front) -> None:
    await front.staff()
    own = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    public = own.as_dict(private=False)
    injected: list[dict[str, Any]] = [
        {},
        {"jwk": public},
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/cert"},
        {"x5c": ["AAAA"]},
        {"kid": "../../dev/null"},
        {"kid": "ed' OR 1=1"},
        {"crit": ["exp"]},
        {"b64": True},
        {"zip": "DEF"},
    ]

    for extra in injected:
        header = {"alg": "EdDSA", "typ": "JWT", "kid": "ed", **extra}
        assert await refused(front.opened(), raw(header, front.claims(), own.private_key.sign))  # type: ignore[union-attr]


async def test_a_good_signature_does_not_excuse_a_header_that_is_not_understood(front: Front) -> None:
    await front.staff()
    sign = ED.private_key.sign  # type: ignore[union-attr]
    extras: list[dict[str, Any]] = [{"jwk": ED.as_dict(private=False)}, {"jku": "https://a"}, {"crit": ["exp"]}]

    for extra in [*extras, {"typ": "JWS"}, {"typ": None}, {"typ": "logout+jwt"}, {"kid": 7}, {"kid": "other"}]:
        header = {"alg": "EdDSA", "typ": "JWT", "kid": "ed", **extra}
        assert await refused(front.opened(), raw(header, front.claims(), sign))
    assert await refused(front.opened(), raw({"alg": "EdDSA", "kid": "ed"}, front.claims(), sign))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"}, {"aud": None}, {"aud": ["a", "b"]}, {"aud": 7}, {"iss": "https://other.example"},
        {"iss": None}, {"iss": ["x"]}, {"sub": None}, {"sub": ""}, {"sub": 5}, {"sub": "a\0b"}, {"sub": "a\ud800"},
        {"exp": None}, {"exp": "soon"}, {"exp": True}, {"exp": float("nan")}, {"exp": float("inf")}, {"exp": 10**400},
        {"exp": int(NOW.timestamp()) - 31}, {"nbf": int(NOW.timestamp()) + 31}, {"iat": int(NOW.timestamp()) + 31},
        {"iat": None}, {"iat": "x"},
        {"role": "COMPLIANCE_OFFICER"}, {"role": "HOLDER"}, {"role": "SYSTEM"}, {"role": 1}, {"role": []},
        {"provider": "provider_other"}, {"authority": "authority_other"},
    ],
)  # fmt: skip
async def test_a_claim_that_is_not_as_it_must_be_proves_nobody(front: Front, claims: dict[str, Any]) -> None:
    await front.staff()
    sign = ED.private_key.sign  # type: ignore[union-attr]
    made = {name: value for name, value in {**front.claims(), **claims}.items() if value is not None}

    assert await refused(front.opened(), raw({"alg": "EdDSA", "typ": "JWT", "kid": "ed"}, made, sign))


async def test_payloads_that_are_no_claims_prove_nobody(front: Front) -> None:
    sign = ED.private_key.sign  # type: ignore[union-attr]

    payloads: list[object] = [[], "x", 1, None, {}, {"iss": {}}]
    for payload in payloads:
        assert await refused(front.opened(), raw({"alg": "EdDSA", "typ": "JWT", "kid": "ed"}, payload, sign))


async def test_clocks_may_disagree_by_the_leeway(front: Front) -> None:
    await front.staff()
    at = int(NOW.timestamp())

    viewer = await front.opened().viewer(front.token(exp=at - 29, iat=at - 600, nbf=at + 29))

    assert viewer.role is Role.REVIEWER


async def test_a_changed_token_proves_nobody_even_after_the_real_one_was_seen(front: Front) -> None:
    await front.staff()
    authenticator, token = front.opened(), front.token()
    await authenticator.viewer(token)
    head, _, signature = token.split(".")
    widened = urlsafe_b64encode(json.dumps(front.claims(subject="other")).encode()).rstrip(b"=").decode()

    assert await refused(authenticator, f"{head}.{widened}.{signature}")
    assert await refused(authenticator, token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB"))


async def test_a_token_that_was_seen_ends_with_its_time(front: Front) -> None:
    await front.staff()
    authenticator, token = front.opened(), front.token()
    await authenticator.viewer(token)

    front.now += timedelta(seconds=631)

    assert await refused(authenticator, token)


async def test_an_issuer_speaks_only_for_its_roles_and_its_body(front: Front) -> None:
    await front.staff(Role.COMPLIANCE_OFFICER)
    elsewhere = front.issuer(provider_id=new_id("provider"), roles={Role.COMPLIANCE_OFFICER})

    assert await refused(front.opened(), front.token())
    assert await refused(front.opened(elsewhere), front.token())
    viewer = await front.opened(front.issuer(roles={Role.COMPLIANCE_OFFICER})).viewer(front.token())
    assert viewer.role is Role.COMPLIANCE_OFFICER


async def test_one_issuers_key_does_not_sign_for_another(front: Front) -> None:
    await front.staff()
    other_key = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    other = front.issuer(issuer="https://other.example", jwks=KeySet([other_key]).as_dict(private=False))

    assert await refused(front.opened(front.issuer(), other), front.token(other_key))


async def test_an_algorithm_off_the_list_is_refused_though_the_key_is_there(front: Front) -> None:
    await front.staff()

    assert await refused(front.opened(front.issuer(algorithms=("EdDSA",))), front.token(RSA, "RS256"))
    assert await refused(front.opened(), front.token(RSA, "PS256"))


async def test_a_token_of_staff_that_lives_too_long_proves_nobody(front: Front) -> None:
    await front.staff()
    at = int(NOW.timestamp())

    assert (await front.opened().viewer(front.token(exp=at + 900))).role is Role.REVIEWER
    assert await refused(front.opened(), front.token(exp=at + 901))


async def test_a_role_claim_that_agrees_changes_nothing(front: Front) -> None:
    await front.staff()

    assert (await front.opened().viewer(front.token(role="REVIEWER"))).role is Role.REVIEWER


async def test_who_is_disabled_reads_ten_seconds_more_and_decides_nothing(front: Front) -> None:
    id_ = await front.staff()
    authenticator, token = front.opened(), front.token()
    viewer = await authenticator.viewer(token)
    staff = table_of(Staff)

    async def disable(transaction: Transaction) -> None:
        await transaction.fetch_each(
            sa.update(staff).where(staff.c.id == sa.bindparam("which")).values(state=sa.bindparam("to")),
            [{"which": id_, "to": StaffState.DISABLED}],
        )

    await front.database.write(disable)
    front.elapsed += SECONDS_KEPT_MAX - 0.1

    assert await authenticator.viewer(token) == viewer
    assert await front.database.write(lambda transaction: viewer_in(transaction, viewer)) is None
    front.elapsed += 0.2
    assert await refused(authenticator, token)


async def test_the_issuer_of_trials_speaks_for_everyone_in_a_sandbox_only(front: Front) -> None:
    await front.staff(issuer=dev_issuer.ISSUER)
    given = dev_issuer.token(
        KEYS, subject=f"reviewer-1@{front.provider_id}", audience="signet", now=NOW, minutes=15, role=Role.REVIEWER
    )

    assert (await front.opened().viewer(f"Bearer {given}")).role is Role.REVIEWER
    assert await refused(front.opened(mode="production"), f"Bearer {given}")
    other = KeyRing(b"m" * 32, b"c" * 32, b"j" * 32)
    foreign = dev_issuer.token(other, subject=f"reviewer-1@{front.provider_id}", audience="signet", now=NOW, minutes=15)
    assert await refused(front.opened(), f"Bearer {foreign}")


async def test_in_a_trial_a_holder_says_where_to_enrol(front: Front) -> None:
    given = dev_issuer.token(
        KEYS, subject="newcomer", audience="signet", now=NOW, minutes=15, provider_id=front.provider_id
    )

    viewer = await front.opened().viewer(f"Bearer {given}")

    assert (viewer.role, viewer.provider_id, viewer.holder_id) == (Role.HOLDER, front.provider_id, None)


@pytest.mark.parametrize(
    "jwks",
    [
        {"keys": [{"kty": "oct", "k": "AAAA"}]},
        {"keys": [ED.as_dict(private=True)]},
        {"keys": [{**RSA.as_dict(private=False), "use": "enc"}]},
        {"keys": [ECKey.generate_key("P-384").as_dict(private=False)]},
        {"keys": [{**ED.as_dict(private=False), "use": "enc"}]},
        {"keys": []},
    ],
)
def test_keys_that_prove_nothing_leave_their_issuer_mute(jwks: dict[str, Any]) -> None:
    issuer = Issuer(
        issuer=ISSUER, jwks=jwks, algorithms=("EdDSA", "RS256", "ES256"), roles={Role.HOLDER}, provider_id="provider_1"
    )

    authenticator = Authenticator(Settings(issuers=(issuer,)), KEYS, None, lambda: NOW)  # type: ignore[arg-type]

    assert authenticator.mute == (ISSUER,)


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"key": [ED.as_dict(private=False)]}])
def test_what_is_no_set_of_keys_stops_the_start(jwks: dict[str, Any]) -> None:
    issuer = Issuer(issuer=ISSUER, jwks=jwks, algorithms=("EdDSA",), roles={Role.HOLDER}, provider_id="provider_1")

    with pytest.raises(IssuerUnusable, match="SIGNET_ISSUERS"):
        Authenticator(Settings(issuers=(issuer,)), KEYS, None, lambda: NOW)  # type: ignore[arg-type]
