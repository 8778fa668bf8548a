"""Settings: SIGNET_* in the environment, each with a safe default; production refuses what only a trial may use."""

# No `from __future__ import annotations`: pydantic reads the annotations when the class is made.
import os
import re
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from api import dev_issuer
from api.durations import duration
from domain.policy.roles import Role
from domain.vault.keys import KeyRing
from workflows.database import Reach
from workflows.document_quotas import Quota, Quotas
from workflows.keys import keys_from_file, keys_from_values
from workflows.migrations import SQLITE_PREFIX

Algorithm = Literal["EdDSA", "ES256", "RS256", "PS256"]
PATIENCE_SECONDS: Final = 600.0
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
OF_PROVIDERS: Final = frozenset(
    {Role.HOLDER, Role.REVIEWER, Role.COMPLIANCE_OFFICER, Role.APPEAL_REVIEWER, Role.INTEGRATION, Role.AUDITOR}
)
OF_AUTHORITIES: Final = frozenset({Role.PROVINCIAL_REGULATOR, Role.NATIONAL_REGULATOR, Role.AUDITOR})


class Mode(StrEnum):
    """What the deployment is for."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


class Issuer(BaseModel):
    """Who may say who somebody is: its keys, and the only roles and the one provider or authority it speaks for."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    issuer: str = Field(min_length=1)
    """The `iss` of its tokens, exactly."""
    jwks: dict[str, Any] | None = None
    """Its public keys as a JWK set."""
    jwks_file: Path | None = None
    """A file with its public keys as a JWK set, in place of `jwks`."""
    algorithms: tuple[Algorithm, ...] = Field(min_length=1)
    """The signature algorithms it uses; no other is accepted of it."""
    audience: str | None = None
    """The `aud` its tokens must carry; SIGNET_AUDIENCE unless given."""
    roles: frozenset[Role] = Field(min_length=1)
    """The only roles it may speak for."""
    provider_id: str | None = None
    """The one provider whose people it knows."""
    authority_id: str | None = None
    """The one authority whose people it knows."""

    @model_validator(mode="after")
    def _speaks_for_one_body(self) -> Self:
        if (self.jwks is None) == (self.jwks_file is None):
            raise ValueError("give the keys either as jwks or as jwks_file")
        if (self.provider_id is None) == (self.authority_id is None):
            raise ValueError("an issuer speaks for one provider (provider_id) or for one authority (authority_id)")
        fitting = OF_PROVIDERS if self.provider_id else OF_AUTHORITIES
        if wrong := sorted(self.roles - fitting):
            raise ValueError(f"{', '.join(wrong)}: no role of that body; its roles are {', '.join(sorted(fitting))}")
        return self


class SecretKeys(BaseModel):
    """The three secrets of the vault, each 32 bytes as base64."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    mask: SecretStr
    """Wraps the keys of masked forms and of free text."""
    clear: SecretStr
    """Wraps the keys of the values themselves."""
    index: SecretStr
    """Derives the keys of blind indexes, pseudonyms, cursors and receipts."""


def _default_key_file() -> Path:
    """Outside the data: a copy of the one must not take the other along."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "signet" / "keys.json"


def _distinct(issuers: tuple[Issuer, ...]) -> tuple[Issuer, ...]:
    names = [issuer.issuer for issuer in issuers]
    if len(set(names)) < len(names):
        raise ValueError("two issuers have the same name")
    if dev_issuer.ISSUER in names:
        raise ValueError(f"the name {dev_issuer.ISSUER} is kept for the issuer of trials")
    return tuple(issuers)


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not _ORIGIN.fullmatch(origin) or re.fullmatch("https:.*:443|http:.*:80", origin):
            raise ValueError(
                f"{origin!r} is no origin as browsers send it: https://app.example.cn, in small letters,"
                " without a path, a slash at its end or the usual port; neither * nor null"
            )
    return origins


class Settings(BaseSettings):
    """The settings of a deployment."""

    model_config = SettingsConfigDict(
        env_prefix="SIGNET_", env_nested_delimiter="__", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    database_url: str = "sqlite:///./signet.sqlite3"
    """Where the data lie: `sqlite:///path` or `postgresql://…`."""
    database_migration_url: str | None = None
    """The owner of the tables, where the server itself may only use them; migrations run as this one."""
    database_connections_max: int = Field(10, ge=1, le=200)
    """How many connections to PostgreSQL are kept at most."""
    database_pooled: bool = False
    """Whether SIGNET_DATABASE_URL leads to PgBouncer or the like, which hands connections on after each transaction."""
    database_direct_url: str | None = None
    """The way to PostgreSQL past such a pooler: for LISTEN and for migrations."""
    database_connect_seconds: float = Field(5.0, gt=0, le=300)
    """How long a connection to PostgreSQL may take to open. Past this bound and the next three: 503 and Retry-After."""
    database_acquire_seconds: float = Field(5.0, gt=0, le=300)
    """How long a request waits for a free connection, or on SQLite for its turn to write."""
    database_lock_seconds: float = Field(5.0, gt=0, le=300)
    """How long a statement waits for a lock; on SQLite, for another process that writes."""
    database_statement_seconds: float = Field(10.0, gt=0, le=3_600)
    """How long a statement may run, and how long the answer to a COMMIT, which is never cut off, is waited for."""
    mode: Mode = Mode.SANDBOX
    """`sandbox` makes keys and tokens for itself; `production` refuses both."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(8000, ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    public_url: str = Field("", pattern=r"^(https?://[^/?#\s]+)?$")
    """Where the public reaches this deployment, without a path, as badges name it for good: set it before the first
    badge. Unless given, http:// with host and port."""
    dump_folder: Path | None = None
    """Where `signet register-dump` writes, if its files are to be read at /register/dump."""
    keys: SecretKeys | None = None
    """The vault's secrets (SIGNET_KEYS__MASK, …__CLEAR, …__INDEX) in place of a key file."""
    key_file: Path = Field(default_factory=_default_key_file)
    """The file of the vault's secrets, never in the folder of the data; made at the first start of a sandbox."""
    deployment_code: str = Field("SG", pattern="^[A-Z0-9]{2}$")
    """The two characters that name this deployment in filing numbers; the first start fixes them."""
    issuers: Annotated[tuple[Issuer, ...], AfterValidator(_distinct)] = ()
    """Who may say who somebody is (JSON list)."""
    audience: str = Field("signet", min_length=1)
    """The `aud` that tokens must carry."""
    leeway_seconds: int = Field(30, ge=0, le=120)
    """How far the clocks of issuers may disagree with this one."""
    staff_token_minutes_max: int = Field(15, ge=1, le=15)
    """How long a token of staff may live, from `iat` to `exp`."""
    unknown_documents_per_minute: int = Field(60, ge=1)
    """GraphQL documents of one viewer that were not seen before; each costs parsing and planning."""
    anonymous_unknown_documents_per_minute: int = Field(10, ge=1)
    """The same of one address without a token."""
    uploads_per_minute: int = Field(60, ge=1)
    """Documents of one viewer."""
    holder_uploads_per_day: int = Field(200, ge=1)
    """Documents handed in by or for one holder; those not used count for as long as they lie there."""
    holder_upload_bytes_per_day: int = Field(200_000_000, ge=5_000_000)
    """The bytes of these."""
    provider_uploads_per_day: int = Field(20_000, ge=1)
    """The same of one provider, its holders among them, or of one authority."""
    provider_upload_bytes_per_day: int = Field(10_000_000_000, ge=64_000_000)
    """The bytes of these."""
    idle_seconds: float = Field(15, gt=0)
    """How long a connection may ask nothing."""
    head_seconds: float = Field(10, gt=0)
    """How long the head of a request may take."""
    body_seconds: float = Field(20, gt=0)
    """How long its body may take, anew for each 64 KB of it."""
    answer_seconds: float = Field(30, gt=0)
    """How long a client may take nothing of its answer."""
    connections_max: int = Field(1_000, ge=4)
    """How many clients may be connected at once, fewer where the system gives fewer descriptors (two each). Over it,
    the one whose wait ends first goes; where all wait for their answers, a new one gets 503."""
    bytes_in_flight_max: int = Field(32_000_000, ge=4_000_000)
    """How many bytes of bodies that are not whole, and of answers not taken, are kept for all clients at once."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed (JSON list of addresses or networks)."""
    cors_origins: Annotated[tuple[str, ...], AfterValidator(_origins)] = ()
    """The origins whose pages may call the API from a browser (JSON list, as https://app.example.cn); never with
    cookies."""
    worker: bool = True
    """Whether `signet serve` itself does what falls due; `false` where `signet worker` does, which wants PostgreSQL."""
    holidays: tuple[date, ...] = ()
    """Days off, where the calendar does not know them or is wrong (JSON list of dates)."""
    make_up_days: tuple[date, ...] = ()
    """Days worked at weekends to make up for days off, likewise (JSON list of dates)."""
    clock_offset: Annotated[timedelta, BeforeValidator(duration), Field(ge=timedelta(), le=timedelta(days=3_650))] = (
        timedelta()
    )
    """For demos: how far the clock is set ahead (35d, 12h, 1d12h30m); refused unless every provider is a sandbox."""

    @model_validator(mode="after")
    def _fits_its_mode(self) -> Self:
        if self.mode == Mode.PRODUCTION and not self.issuers:
            raise ValueError("production takes no tokens of its own making: name who signs them in SIGNET_ISSUERS")
        if both := set(self.holidays) & set(self.make_up_days):
            raise ValueError(f"is {min(both)} worked or off? SIGNET_HOLIDAYS and SIGNET_MAKE_UP_DAYS both name it")
        if self.mode == Mode.PRODUCTION and self.clock_offset:
            raise ValueError("production keeps to the time: leave out --clock-offset and SIGNET_CLOCK_OFFSET")
        return self

    @property
    def is_production(self) -> bool:
        return self.mode == Mode.PRODUCTION

    @property
    def base_url(self) -> str:
        """The start of every public address, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def upload_quotas(self) -> Quotas:
        """How much may be handed in."""
        return Quotas(
            Quota(self.holder_uploads_per_day, self.holder_upload_bytes_per_day),
            Quota(self.provider_uploads_per_day, self.provider_upload_bytes_per_day),
        )

    @property
    def data_folder(self) -> Path:
        """The folder of the SQLite file; for PostgreSQL one that nothing lies in."""
        if self.database_url.startswith(SQLITE_PREFIX):
            return Path(self.database_url.removeprefix(SQLITE_PREFIX)).absolute().parent
        return Path(os.devnull)

    @property
    def reach(self) -> Reach:
        """How the database is reached."""
        names = ("connections_max", "connect_seconds", "acquire_seconds", "lock_seconds", "statement_seconds")
        chosen = {name: getattr(self, f"database_{name}") for name in names}
        return Reach(**chosen, is_pooled=self.database_pooled, direct_url=self.database_direct_url)

    @property
    def patient_reach(self) -> Reach:
        """The same for a command, which may ask of whole tables and has nobody waiting for its answer."""
        return replace(self.reach, statement_seconds=max(PATIENCE_SECONDS, self.database_statement_seconds))

    @property
    def migration_url(self) -> str:
        """Where migrations run."""
        return self.database_migration_url or self.database_direct_url or self.database_url

    def key_ring(self) -> KeyRing:
        """The keys of the vault. KeysUnusable says what is wrong with them."""
        if self.keys is None:
            return keys_from_file(self.key_file, data_folder=self.data_folder, production=self.is_production)
        secrets = {name: getattr(self.keys, name).get_secret_value() for name in ("mask", "clear", "index")}
        return keys_from_values(**secrets)


def shown(settings: Settings) -> dict[str, tuple[str, str]]:
    """Each setting's variable, with its value and what it is for; secrets are masked."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    values["database_url"] = _without_password(settings.database_url)
    for name in ("database_migration_url", "database_direct_url"):
        values[name] = _without_password(getattr(settings, name) or "")
    values["keys"] = "***" if settings.keys else ""
    values["issuers"] = ", ".join(issuer.issuer for issuer in settings.issuers)
    for name in ("holidays", "make_up_days"):
        values[name] = ", ".join(map(str, getattr(settings, name)))
    values["trusted_proxies"] = ", ".join(map(str, settings.trusted_proxies))
    values["cors_origins"] = ", ".join(settings.cors_origins)
    return {
        f"SIGNET_{name.upper()}": ("" if value is None else str(value), Settings.model_fields[name].description or "")
        for name, value in values.items()
    }


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return f"{scheme}{separator}{user}{':***' if colon else ''}{at}{place}"
