"""Settings, read once from the environment; a wrong one stops the start with a sentence."""

import base64
import binascii
import os
import ssl
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "PORTAL_"
DOTENV = ".env"


class Mode(StrEnum):
    """What the portal may reach: in demo mode, only this machine."""

    PRODUCTION = "production"
    DEMO = "demo"


class SmtpSecurity(StrEnum):
    """How the SMTP connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class ImapSecurity(StrEnum):
    """How the IMAP connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class MailSending(StrEnum):
    """The switch that stops all mail: held mails wait, and go once it is on again."""

    ON = "on"
    HELD = "held"


class OAuthKind(StrEnum):
    """How the portal signs in to a mail server that takes OAuth; empty means a password, or nothing."""

    NONE = ""
    MICROSOFT_APP = "microsoft-app"  # as an application, with client credentials
    MICROSOFT = "microsoft"  # as a mailbox, with a refresh token
    GOOGLE = "google"  # as a mailbox, with a refresh token


class SettingsError(Exception):
    """The environment is not fit to start with; the message says what to set."""


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a web address such as https://portal.example.com")
    return value.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Direction = Literal["smtp", "imap"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("smtp", "imap")
_OAUTH_DETAILS: Final = ("tenant", "client_id", "client_secret", "token_url", "scope")
_OAUTH_NEEDS: Final = {
    OAuthKind.MICROSOFT_APP: ("oauth_tenant", "oauth_client_id", "oauth_client_secret"),
    OAuthKind.MICROSOFT: ("oauth_tenant", "oauth_client_id"),  # a public client has no secret
    OAuthKind.GOOGLE: ("oauth_client_id", "oauth_client_secret"),
}


class Settings(BaseSettings):
    """Every setting, its type and its default; ``.env.example`` explains each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=DOTENV, extra="ignore")

    mode: Mode = Mode.PRODUCTION
    base_url: WebAddress
    secret_key: SecretStr
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode]
    audit_key: SecretStr
    audit_old_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    data_dir: Path = Path("instance")
    database_url: str = ""
    jobs_url: str = ""
    limits_url: str = "memory://"
    trusted_proxies: int = 0
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    hsts_subdomains: bool = False
    session_idle_minutes: int = 60 * 8
    session_hours: int = 24 * 7

    smtp_host: str
    smtp_port: int = 587
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_oauth: OAuthKind = OAuthKind.NONE
    smtp_oauth_tenant: str = ""
    smtp_oauth_client_id: str = ""
    smtp_oauth_client_secret: SecretStr = SecretStr("")
    smtp_oauth_token_url: str = ""
    smtp_oauth_scope: str = ""
    mail_ca_file: Path | None = None
    mail_from: str
    mail_sending: MailSending = MailSending.ON
    mail_events_secret: SecretStr = SecretStr("")

    inbound_domain: str = ""
    inbound_authserv_id: str = ""
    inbound_hops: int = 1
    inbound_webhook_secret: SecretStr = SecretStr("")
    imap_host: str = ""
    imap_port: int = 993
    imap_security: ImapSecurity = ImapSecurity.TLS
    imap_username: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_oauth: OAuthKind = OAuthKind.NONE
    imap_oauth_tenant: str = ""
    imap_oauth_client_id: str = ""
    imap_oauth_client_secret: SecretStr = SecretStr("")
    imap_oauth_token_url: str = ""
    imap_oauth_scope: str = ""
    imap_folder: str = "INBOX"
    imap_done_folder: str = ""

    hubspot_url: WebAddress = "https://api.hubapi.com"

    @field_validator("encryption_keys", "audit_old_keys", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",")) if value else ()

    @field_validator("audit_old_keys")
    @classmethod
    def _all_long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return tuple(cls._long_enough(key) for key in keys)

    @field_validator("encryption_keys")
    @classmethod
    def _keys_are_256_bits(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            try:
                size = len(base64.b64decode(key.get_secret_value(), validate=True))
            except binascii.Error:
                size = 0
            if size != 32:  # noqa: PLR2004 - AES-256
                raise ValueError("every key must be 32 bytes in base64; `flask make-key` prints one")
        return keys

    @field_validator("allowed_hosts")
    @classmethod
    def _are_host_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not host or _host(f"//{host}") != host.lower():
                raise ValueError("must be names such as portal.example.com, without port, commas between")
        return hosts

    @field_validator("secret_key", "audit_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:  # noqa: PLR2004 - 256 bits of text at the least
            raise ValueError("must have at least 32 characters; `flask make-key` prints one")
        return value

    @field_validator("inbound_webhook_secret", "mail_events_secret")
    @classmethod
    def _long_enough_or_none(cls, value: SecretStr) -> SecretStr:
        return cls._long_enough(value) if value.get_secret_value() else value

    @field_validator("mail_ca_file")
    @classmethod
    def _holds_certificates(cls, file: Path | None) -> Path | None:
        try:
            if file:
                ssl.create_default_context(cafile=file)
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"must name a file of certificates in PEM form ({error})") from None
        return file.absolute() if file else None

    @model_validator(mode="after")
    def _fill_addresses(self) -> Self:
        folder = self.data_dir.absolute()
        self.data_dir = folder
        self.database_url = self.database_url or f"sqlite:///{folder / 'portal.db'}"
        self.database_url = self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.jobs_url = self.jobs_url or f"sqlite:///{folder / 'jobs.db'}"
        return self

    @model_validator(mode="after")
    def _demo_stays_here(self) -> Self:
        if self.mode is Mode.DEMO:
            hosts = {"smtp_host": self.smtp_host, "hubspot_url": _host(self.hubspot_url)}
            if self.imap_host:
                hosts["imap_host"] = self.imap_host
            for direction in DIRECTIONS:
                if kind := self.oauth_kind(direction):
                    url = self.oauth_details(direction)["token_url"]
                    hosts[f"{direction}_oauth_token_url"] = _host(url) or f"that of {kind}"
            for name, host in hosts.items():
                if not is_loopback(host):
                    raise ValueError(
                        f"in demo mode nothing may leave this machine, but {PREFIX}{name.upper()} is {host}"
                    )
        return self

    @model_validator(mode="after")
    def _oauth_is_whole(self) -> Self:
        faults = [fault for direction in DIRECTIONS for fault in self._oauth_faults(direction)]
        if faults:
            raise ValueError("\n- ".join(faults))
        return self

    def _oauth_faults(self, direction: Direction) -> Iterator[str]:
        """Yield what is wrong with the OAuth settings of one direction, as sentences."""
        prefix, kind = f"{PREFIX}{direction.upper()}", self.oauth_kind(direction)
        given = [name for name in _OAUTH_DETAILS if self.text(f"{direction}_oauth_{name}")]
        if kind is OAuthKind.NONE:
            if given:
                yield f"{prefix}_OAUTH_{given[0].upper()} is set, but {prefix}_OAUTH is not"
            return
        if self.text(f"{direction}_password"):
            yield f"{prefix}_PASSWORD and {prefix}_OAUTH are both set; remove one of them"
        detail = {f"oauth_{name}": text for name, text in self.oauth_details(direction).items()}
        detail |= {name: self.text(f"{direction}_{name}") for name in ("host", "username")}
        for name in ("host", "username", *_OAUTH_NEEDS[kind]):
            if not detail[name]:
                yield f"{prefix}_{name.upper()} is missing; {prefix}_OAUTH={kind} needs it"
        host, token_url = detail["host"], detail["oauth_token_url"]
        if self.text(f"{direction}_security") == "none" and host and not is_loopback(host):
            yield f"{prefix}_SECURITY=none would send the OAuth token unencrypted; use starttls or tls"
        if token_url and not (token_url.startswith("https://") or is_loopback(_host(token_url))):
            yield f"{prefix}_OAUTH_TOKEN_URL must begin with https://"

    def oauth_kind(self, direction: Direction) -> OAuthKind:
        """Return how the portal signs in with OAuth for one direction."""
        kind: OAuthKind = getattr(self, f"{direction}_oauth")
        return kind

    def oauth_details(self, direction: Direction) -> dict[str, str]:
        """Return the OAuth settings of one direction; IMAP uses SMTP's where it has none of its own."""
        own = {name: self.text(f"{direction}_oauth_{name}") for name in _OAUTH_DETAILS}
        is_same_vendor = self.smtp_oauth and self.smtp_oauth.split("-")[0] == self.imap_oauth.split("-")[0]
        if direction == "imap" and is_same_vendor and not any(own.values()):
            return self.oauth_details("smtp")
        return own

    def text(self, field: str) -> str:
        """Return a setting by its name as text, a secret in the clear."""
        value = getattr(self, field)
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which the portal answers, in lower case."""
        return frozenset({_host(self.base_url), *(host.lower() for host in self.allowed_hosts)})

    @property
    def uses_tls(self) -> bool:
        """Whether browsers reach the portal by https."""
        return self.base_url.startswith("https://")

    @property
    def mail_domain(self) -> str:
        """The domain of the portal's own mail address."""
        return self.mail_from.rpartition("@")[2]


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def load_settings() -> Settings:
    """Read the settings, or raise ``SettingsError`` with every fault in one message."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {*os.environ, *dotenv_values(DOTENV)}
    unknown = sorted(name for name in given if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"Unknown settings: {', '.join(unknown)}. Remove them, or correct the spelling.")
    try:
        return Settings()  # type: ignore[call-arg]  # the environment supplies the arguments
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from None


def _in_words(error: ValidationError) -> str:
    lines = ["The portal cannot start with these settings:"]
    for fault in error.errors(include_input=False, include_url=False):
        name = PREFIX + str(fault["loc"][0]).upper() if fault["loc"] else ""
        what = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
        lines.append(f"- {name} {what}".replace("-  ", "- "))
    lines.append("Set them in the environment or in .env; .env.example explains each.")
    return "\n".join(lines)
