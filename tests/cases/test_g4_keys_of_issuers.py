"""What an issuer's set holds beside the keys that it signs with here is passed over (RFC 7517, 5), whatever it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey, KeySet
from structlog.testing import capture_logs

from api.app import opened
from domain.policy.roles import Role
from tests.api.conftest import folder  # noqa: F401 - a fixture
from tests.api.test_auth import EC, ED, ISSUER, RSA, Front, opened_front, refused
from tests.api.test_cli import run
from tests.world import settings_for
from workflows.migrations import open_database

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
_ED: Final = ED.as_dict(private=False)
PASSED_OVER: Final[dict[str, Any]] = {
    "a kind that is not known": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "pq"},
    "no kind": {"kid": "none"},
    "a kind that is no text": {"kty": 7},
    "a curve that is not known": {"kty": "OKP", "crv": "Ed25520", "x": "AAAA"},
    "a curve for other ends": {"kty": "OKP", "crv": "X25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"},
    "a curve that signs otherwise": ECKey.generate_key("P-384").as_dict(private=False),
    "a use that is not known": {**_ED, "kid": "use", "use": "timestamping"},
    "a use for other ends": {**RSA.as_dict(private=False), "kid": "enc", "use": "enc"},
    "operations for other ends": {**_ED, "kid": "ops", "key_ops": ["deriveBits"]},
    "operations that are none": {**_ED, "kid": "ops2", "key_ops": 5},
    "an algorithm that is not known": {**RSA.as_dict(private=False), "kid": "alg", "alg": "RS1"},
    "an algorithm for other ends": {**RSA.as_dict(private=False), "kid": "alg2", "alg": "RSA-OAEP-256"},
    "half of it missing": {"kty": "RSA", "kid": "half", "n": "AQAB"},
    "no base64": {"kty": "OKP", "crv": "Ed25519", "kid": "b64", "x": "*!*"},
    "a point off the curve": {"kty": "EC", "crv": "P-256", "kid": "off", "x": "AAAA", "y": "AAAA"},
    "too short": {**RSA.as_dict(private=False), "kid": "short", "n": str(RSA.as_dict(private=False)["n"])[:171]},
    "a secret": {"kty": "oct", "kid": "oct", "k": "AAAA"},
    "a private key": {**EC.as_dict(private=True), "kid": "private"},
    "no object": "key",
    "null": None,
    "a list": [],
}


@pytest.fixture
async def front(database_url: str) -> AsyncIterator[Front]:
    database = await open_database(database_url)
    try:
        yield await opened_front(database)
    finally:
        await database.close()


@pytest.mark.parametrize("what", PASSED_OVER)
async def test_g4_a_key_that_is_no_use_stands_in_no_other_keys_way(front: Front, what: str) -> None:
    await front.staff()
    for keys in ([PASSED_OVER[what], _ED], [_ED, PASSED_OVER[what]]):
        authenticator = front.opened(front.issuer(jwks={"keys": keys}))

        assert (await authenticator.viewer(front.token())).role is Role.REVIEWER
        assert authenticator.mute == ()


async def test_g4_all_of_them_at_once_stand_in_no_other_keys_way(front: Front) -> None:
    await front.staff()
    authenticator = front.opened(front.issuer(jwks={"keys": [*PASSED_OVER.values(), _ED]}))

    assert (await authenticator.viewer(front.token())).role is Role.REVIEWER


@pytest.mark.parametrize("what", PASSED_OVER)
async def test_g4_nobody_is_believed_by_a_key_that_is_passed_over(front: Front, what: str) -> None:
    await front.staff()
    authenticator = front.opened(front.issuer(jwks={"keys": [PASSED_OVER[what]]}))

    assert authenticator.mute == (ISSUER,)
    assert await refused(authenticator, front.token())
    assert await refused(authenticator, front.token(EC, "ES256"))


async def test_g4_a_set_without_a_usable_key_is_told_of_and_stops_no_server(database_url: str) -> None:
    issuer = {"issuer": ISSUER, "algorithms": ["ES256"], "roles": ["REVIEWER"], "provider_id": "provider_1"}
    jwks = {"keys": [PASSED_OVER["a kind that is not known"], _ED]}
    chosen = settings_for(database_url, issuers=[{**issuer, "jwks": jwks}])

    with capture_logs() as logs:
        async with opened(chosen) as deployment:
            assert deployment.authenticator.mute == (ISSUER,)

    [told] = [line for line in logs if line["event"] == "issuer.mute"]
    assert (told["issuer"], told["log_level"]) == (ISSUER, "warning")
    assert "SIGNET_ISSUERS" in told["cure"]


def test_g4_the_doctor_names_the_issuer_that_nobody_is_believed_of(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = KeySet([RSA]).as_dict(private=False)
    monkeypatch.setenv(
        "SIGNET_ISSUERS",
        f'[{{"issuer": "{ISSUER}", "algorithms": ["ES256"], "roles": ["REVIEWER"], "provider_id": "p", "jwks": '
        + str(keys).replace("'", '"')
        + "}]",
    )
    run("migrate")

    result = run("doctor")

    assert result.exit_code == 1
    assert f"✗ Nobody is believed on the word of {ISSUER}" in result.output
