"""Settings have safe defaults, and production refuses what only a trial may use."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api.settings import Issuer, Mode, Settings, shown
from domain.policy.roles import Role
from workflows.keys import KeyFileInDataFolder, KeysGenerated, KeysMissing

ISSUER: dict[str, Any] = {
    "issuer": "https://login.example.org",
    "jwks": {"keys": []},
    "algorithms": ["EdDSA"],
    "roles": ["REVIEWER"],
    "provider_id": "provider_1",
}
SECRETS = {name: b64encode(name[0].encode() * 32).decode() for name in ("mask", "clear", "index")}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of the machine, and a home and a working folder of one's own."""
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.chdir(data)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def test_without_a_variable_everything_is_safe(alone: Path) -> None:
    settings = Settings()

    assert (settings.host, settings.port, settings.mode) == ("127.0.0.1", 8000, Mode.SANDBOX)
    assert settings.database_url == "sqlite:///./signet.sqlite3"
    assert settings.key_file == alone / "state" / "signet" / "keys.json"
    assert settings.issuers == ()
    assert (settings.leeway_seconds, settings.staff_token_minutes_max) == (30, 15)


def test_every_setting_is_described() -> None:
    for name, (_, purpose) in shown(Settings()).items():
        assert purpose.endswith((".", ").")), f"{name} lacks a description in api/settings.py"


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_PORT", "9000")
    monkeypatch.setenv("SIGNET_ISSUERS", json.dumps([ISSUER]))
    monkeypatch.setenv("SIGNET_HOLIDAYS", '["2031-01-01"]')
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"SIGNET_KEYS__{name.upper()}", secret)

    settings = Settings()

    assert settings.port == 9000
    assert settings.issuers[0].roles == {Role.REVIEWER}
    assert str(settings.holidays[0]) == "2031-01-01"
    assert settings.key_ring().mask == b"m" * 32


def test_secrets_are_shown_to_nobody() -> None:
    settings = Settings(
        keys=SECRETS,
        database_url="postgresql://signet:swordfish@db.example/signet",
        database_migration_url="postgresql://owner:trout@db.example/signet",
    )

    told = str(shown(settings)) + repr(settings.keys)

    assert not any(secret in told for secret in (*SECRETS.values(), "swordfish", "trout"))
    assert "postgresql://signet:***@db.example/signet" in told


def test_production_names_who_signs_people_in() -> None:
    with pytest.raises(ValidationError, match="SIGNET_ISSUERS"):
        Settings(mode=Mode.PRODUCTION)


def test_production_takes_no_keys_that_were_made_for_a_trial(alone: Path) -> None:
    production = Settings(mode=Mode.PRODUCTION, issuers=(Issuer(**ISSUER),))

    with pytest.raises(KeysMissing):
        production.key_ring()
    Settings().key_ring()
    with pytest.raises(KeysGenerated):
        production.key_ring()


def test_keys_beside_the_data_are_refused(alone: Path) -> None:
    with pytest.raises(KeyFileInDataFolder):
        Settings(key_file=Path("keys.json")).key_ring()


def test_keys_of_postgresql_may_lie_anywhere(alone: Path) -> None:
    settings = Settings(database_url="postgresql:///signet", key_file=alone / "data" / "keys.json")

    assert len(settings.key_ring().id) == 16


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithms": ["none"]},
        {"algorithms": ["HS256"]},
        {"algorithms": []},
        {"roles": []},
        {"roles": ["SYSTEM"]},
        {"roles": ["PUBLIC"]},
        {"roles": ["PROVINCIAL_REGULATOR"]},
        {"provider_id": None},
        {"authority_id": "authority_1"},
        {"provider_id": None, "authority_id": "authority_1", "roles": ["REVIEWER"]},
        {"jwks": None},
        {"jwks_file": "keys.json"},
        {"issuer": ""},
        {"secret": "x"},
    ],
)
def test_an_issuer_that_says_too_much_or_too_little_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Issuer(**{**ISSUER, **changed})


@pytest.mark.parametrize("names", [("a", "a"), ("signet-dev",)])
def test_issuers_have_names_of_their_own(names: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Settings(issuers=tuple(Issuer(**{**ISSUER, "issuer": name}) for name in names))


@pytest.mark.parametrize(
    "changed",
    [
        {"staff_token_minutes_max": 16},
        {"leeway_seconds": 121},
        {"deployment_code": "SGN"},
        {"port": 70_000},
        {"ports": 1},
    ],
)
def test_a_value_out_of_bounds_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**changed)


@pytest.mark.parametrize(
    "url", ["register.example", "ftp://register.example", "https://register.example/", "https://a/b"]
)
def test_a_public_url_is_one_that_paths_can_be_put_behind(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(public_url=url)


def test_without_a_public_url_it_is_host_and_port() -> None:
    assert Settings(port=9000).base_url == "http://127.0.0.1:9000"
    assert Settings(host="::1").base_url == "http://[::1]:8000"
    assert Settings(public_url="https://register.example").base_url == "https://register.example"
