"""The settings of contract.md, read once from the environment or a `.env` file. Secrets never print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:(?P<port>[0-9]{1,5})")
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_LAST_PORT = 65_535
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _web_address(value: str) -> str:
    """An absolute http(s) URL without query, fragment or trailing slash; plain http only on loopback."""
    if any(sign.isspace() or not sign.isprintable() for sign in value):
        raise ValueError("must hold no spaces")
    parts = urlsplit(value)
    if parts.port == 0:  # reading it also refuses what is no port
        raise ValueError("must not name port 0")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an absolute http or https URL")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https unless it is on loopback")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    """An address that is compared letter by letter, so it stays as it was written (OIDC Core 3.1.3.7)."""
    _web_address(value)
    return value


def _scope(value: str) -> str:
    """Scopes with spaces between them (RFC 6749 3.3)."""
    if not re.fullmatch(r"[!#-\[\]-~]+( [!#-\[\]-~]+)*", value):
        raise ValueError("must be scopes with single spaces between them")
    return value


def _slash_ended(value: str) -> str:
    """slack_sdk joins method names to a base that must end with a slash."""
    return _web_address(value) + "/"


def _bind(value: str) -> str:
    """A host and a port to listen on."""
    found = _HOST_AND_PORT.fullmatch(value)
    if found is None or int(found["port"]) > _LAST_PORT:
        raise ValueError("must be a host and a port, such as 127.0.0.1:9090")
    return value


def _store(value: str) -> str:
    """A SQLite file or a PostgreSQL database."""
    if value.startswith("sqlite:///"):
        if Path(value.removeprefix("sqlite:///")).name in {"", ".."}:
            raise ValueError("must name a file behind sqlite:///")
    elif not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _line(value: str) -> str:
    """Text that a person reads in one line."""
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line of text")
    return value.strip()


def _entra_id(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("must be an id such as 00000000-0000-0000-0000-000000000000")
    return value.lower()


def _entra_ids(value: str) -> str:
    """Ids with commas between them."""
    return ",".join(_entra_id(one.strip()) for one in value.split(","))


def _host_names(value: str) -> str:
    """Names of hosts with commas between them, in lower case."""
    names = [one.strip().lower() for one in value.split(",")]
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("must be names of hosts with commas between them, such as smba.trafficmanager.net")
    return ",".join(names)


def _address_ranges(value: str) -> str:
    """Addresses and ranges with commas between them."""
    try:
        return ",".join(str(ip_network(one.strip())) for one in value.split(","))
    except ValueError as error:
        raise ValueError("must be addresses or ranges with commas between them, such as 10.0.0.0/8") from error


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not a time zone, such as America/Chicago") from error
    return value


def _day(value: object) -> object:
    """A whole date as ISO 8601 writes it; pydantic would also take a number of seconds."""
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("must be a date, such as 2026-05-20")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Scope = Annotated[str, AfterValidator(_scope)]
SlackAddress = Annotated[str, AfterValidator(_slash_ended)]
Bind = Annotated[str, AfterValidator(_bind)]
StoreAddress = Annotated[str, AfterValidator(_store)]
OneLine = Annotated[str, AfterValidator(_line)]
EntraId = Annotated[str, AfterValidator(_entra_id)]
EntraIds = Annotated[str, AfterValidator(_entra_ids)]
HostNames = Annotated[str, AfterValidator(_host_names)]
AddressRanges = Annotated[str, AfterValidator(_address_ranges)]
ClientMethod = Literal["client_secret_post", "client_secret_basic", "private_key_jwt", "none"]
TimeZone = Annotated[str, AfterValidator(_time_zone)]


class Day(BaseSettings):
    """The settings that say which day it is, for commands that need no others."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, case_sensitive=False)

    bot_today: Annotated[date, BeforeValidator(_day)] | None = None
    """The day, such as `2026-05-20`, that the sandbox payer and the bot beside it take for today; the real day when
    not set. Refused with a real payer.
    """
    bot_timezone: TimeZone = "America/Chicago"
    """The time zone of days and hours in answers."""


_D = TypeVar("_D", bound=Day)


class Settings(Day):
    """Everything that an operator can set; names and defaults as in the contract."""

    bot_public_url: WebAddress = "http://127.0.0.1:8765"
    """Where members' browsers reach the bot, https unless on this machine. The payer's callback URL is this and
    `/oauth/callback`.
    """
    bot_store_url: StoreAddress = "sqlite:///bot.db"
    """`sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/DATABASE` for several replicas (the extra `postgres`)."""
    bot_encryption_keys: SecretStr | None = None
    """Keys that seal what is stored, newest first, with commas between them; `bcbst-bot keys make` prints one. Made
    at the first start in a file beside the SQLite store; required with PostgreSQL.
    """
    bot_keys_file: Path | None = None
    """A file for those keys, in place of `BOT_ENCRYPTION_KEYS`, best in a place apart from the store; made at the first
    start.
    """
    bot_audit_anchor: Path | None = None
    """A file outside the store that names the audit trail's end; beside the key file when not set."""
    bot_member_answers: Literal["dm", "off"] = "dm"
    """Where members' own data is answered: `dm`, the 1:1 chat; `off`, nowhere: directory answers only."""
    bot_link_days: Annotated[int, Field(ge=1)] = 90
    """After how many days a member must connect again."""
    bot_idle_minutes: Annotated[int, Field(ge=1)] | None = None
    """After how many minutes without a question about their own data a member has to sign in again; never by itself
    when not set.
    """
    bot_links_per_member: Annotated[int, Field(ge=1)] | None = None
    """To how many chats one member's record may be connected; any number when not set."""
    bot_delete_after_hours: Annotated[int, Field(ge=1)] | None = None
    """After how many hours the bot deletes its messages with member data from the chat; never by itself when not set.
    """
    bot_questions_per_minute: Annotated[int, Field(ge=1)] = 20
    """How many questions one person may ask in a minute."""
    bot_metrics_bind: Bind | None = None
    """Host and port, such as `127.0.0.1:9090`, where `/metrics` and `/healthz` answer. When not set they answer this
    machine on the public port, but no trusted proxy.
    """
    bot_trusted_proxies: AddressRanges | None = None
    """Addresses or ranges of the proxies whose `X-Forwarded-For` is believed, with commas between them. When not set:
    this machine's where `BOT_PUBLIC_URL` is https, else none.
    """
    bot_trusted_hosts: HostNames | None = None
    """Hosts by which the bot may be asked for, with commas between them, besides that of `BOT_PUBLIC_URL`."""
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """From which level on log lines are written."""
    bot_pack: str | None = None
    """A folder with `intents/` and `templates/` in place of the bot's own."""
    bot_contact_name: OneLine | None = None
    """Your name in the registration e-mail (`bcbst-bot register`)."""
    bot_company: OneLine | None = None
    """Your company, in the registration e-mail and the Teams app package."""
    bot_app_title: OneLine = "BCBST Bot"
    """The app's name, in the registration e-mail and the Teams app package."""
    bot_privacy_url: WebAddress | None = None
    """Your privacy page, named by the Teams app package; `BOT_PUBLIC_URL` when not set."""
    bot_terms_url: WebAddress | None = None
    """Your terms of use, named by the Teams app package; `BOT_PUBLIC_URL` when not set."""

    payer_fhir_url: WebAddress = "https://api.bcbst.com/fhir/r4"
    """The base of the payer's FHIR R4 server for members' data."""
    payer_directory_url: WebAddress | None = None
    """The base of the open provider directory, which gets no token and no member's id; `PAYER_FHIR_URL` when not set.
    """
    payer_authorize_url: WebAddress = "https://sso.bcbst.com/as/authorization.oauth2"
    """The payer's page where members sign in (OAuth 2.0 authorization endpoint)."""
    payer_token_url: WebAddress = "https://sso.bcbst.com/as/token.oauth2"  # noqa: S105 -- an address, not a secret
    """The payer's OAuth 2.0 token endpoint."""
    payer_issuer: Issuer | None = None
    """The issuer of id_tokens, letter by letter; read from the payer's published configuration when not set."""
    payer_jwks_url: WebAddress | None = None
    """The payer's signing keys; read from its published configuration when not set."""
    payer_revoke_url: WebAddress | None = None
    """Where the payer takes tokens back; read from its published configuration when not set."""
    payer_client_id: str | None = None
    """The OAuth client that the payer gives at registration."""
    payer_client_secret: SecretStr | None = None
    """Its secret; none for a client that has a key, or for a public one (`PAYER_CLIENT_AUTH=none`)."""
    payer_client_key_file: Path | None = None
    """A file with the client's private key (PEM or JWK), in place of a secret: it signs an assertion in each token
    request (RFC 7523). `bcbst-bot keys jwks` makes one, and prints the public half for the payer.
    """
    payer_client_auth: ClientMethod | None = None
    """How the client proves itself to the payer: `client_secret_post`, `client_secret_basic`, `private_key_jwt`, or
    `none` for a public client, which PKCE alone protects. When not set: by key where `PAYER_CLIENT_KEY_FILE` is set,
    else by secret, in the header only where the payer lists that and not the body.
    """
    payer_post_search: bool | None = None
    """Whether members' searches go as POST, so that their ids stand in no URL; when not set, where the payer turns out
    to take them.
    """
    payer_prompt_login: bool = True
    """Whether the payer is asked to take the password anew at each sign-in; `false` for a payer that does not support
    it.
    """
    payer_scope: Scope = "patient/*.read openid fhirUser"
    """The OAuth scopes that are asked for, with spaces between them."""
    payer_name: OneLine = "BlueCross BlueShield of Tennessee"
    """The payer's name in answers."""
    payer_short_name: OneLine = "BlueCross"
    """The payer's short name in answers."""
    payer_registration_email: OneLine = "eBusiness_Service@bcbst.com"
    """Where the payer takes registrations of apps: to whom `bcbst-bot register` writes."""
    payer_phone: OneLine | None = None
    """The number that answers tell people to call; the number on the member's card when not set."""
    payer_nurse_line: OneLine | None = None
    """The plan's telephone line with nurses, told to who asks for one; the member's card when not set."""

    slack_bot_token: SecretStr | None = None
    """The app's bot token (`xoxb-…`), for one workspace."""
    slack_signing_secret: SecretStr | None = None
    """The app's signing secret; not needed with `SLACK_APP_TOKEN`."""
    slack_client_id: str | None = None
    """The app's client id, in place of a token: each workspace installs at `/slack/install`."""
    slack_client_secret: SecretStr | None = None
    """The secret of `SLACK_CLIENT_ID`."""
    slack_app_token: SecretStr | None = None
    """An app-level token (`xapp-…`): Socket Mode, which needs no public address for Slack."""
    slack_api_url: SlackAddress = "https://slack.com/api/"
    """The base of Slack's Web API."""

    teams_app_id: EntraId | None = None
    """The application id of the Azure Bot (the extra `teams`)."""
    teams_app_password: SecretStr | None = None
    """A client secret of that application."""
    teams_tenant_id: EntraIds | None = None
    """The Entra tenants whose people may ask, with commas between them, the app's own first."""
    teams_cloud: Literal["public", "gcc", "gcch", "dod"] = "public"
    """Microsoft's cloud that the tenant is in."""
    teams_service_hosts: HostNames | None = None
    """The connector's hosts, with commas between them, in place of the cloud's own."""

    @model_validator(mode="after")
    def _what_belongs_together(self) -> Self:
        given = self.bot_encryption_keys is not None or self.bot_keys_file is not None
        if not self.bot_store_url.startswith("sqlite:") and not given:
            raise ValueError("BOT_ENCRYPTION_KEYS: required when BOT_STORE_URL is PostgreSQL")
        if self.slack_bot_token is not None and self.slack_signing_secret is None and self.slack_app_token is None:
            raise ValueError(
                "SLACK_SIGNING_SECRET: required with SLACK_BOT_TOKEN (or SLACK_APP_TOKEN, for Socket Mode)"
            )
        if self.slack_client_id is not None and self.slack_bot_token is None and self.slack_client_secret is None:
            raise ValueError("SLACK_CLIENT_SECRET: required with SLACK_CLIENT_ID")
        if self.slack_signing_secret is not None and self.slack_bot_token is None and self.slack_client_id is None:
            raise ValueError("SLACK_BOT_TOKEN: required with SLACK_SIGNING_SECRET (or SLACK_CLIENT_ID, for many)")
        if self.slack_app_token is not None and self.slack_bot_token is None and self.slack_client_id is None:
            raise ValueError("SLACK_BOT_TOKEN: required with SLACK_APP_TOKEN")
        if (self.teams_app_password is not None or self.teams_tenant_id is not None) and self.teams_app_id is None:
            raise ValueError("TEAMS_APP_ID: required with the other settings of Teams")
        return self

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """The host and port of BOT_METRICS_BIND; None: the public port has health, and metrics for this machine."""
        host, _, port = (self.bot_metrics_bind or "").rpartition(":")
        return (host, int(port)) if port else None

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Whose word for a client's address counts: unless set, this machine's where the bot is reached by https."""
        own = "127.0.0.0/8,::1/128" if self.bot_public_url.startswith("https:") else ""
        named = own if self.bot_trusted_proxies is None else self.bot_trusted_proxies
        return tuple(ip_network(one) for one in named.split(",") if one)

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The hosts by which the bot may be asked for, besides this machine's own."""
        named = self.bot_trusted_hosts.split(",") if self.bot_trusted_hosts else []
        return (urlsplit(self.bot_public_url).hostname or "", *named)

    @property
    def teams_tenants(self) -> tuple[str, ...]:
        """The Entra tenants whose people may use the bot in Teams, the app's own first."""
        return tuple((self.teams_tenant_id or "").split(",")) if self.teams_tenant_id else ()

    @property
    def teams_missing(self) -> str | None:
        """The name of a setting that Teams cannot do without; without tenants, the whole world could use the bot."""
        if self.teams_app_password is None or not self.teams_app_password.get_secret_value():
            return "TEAMS_APP_PASSWORD"
        return None if self.teams_tenants else "TEAMS_TENANT_ID"

    @property
    def missing(self) -> str | None:
        """The name of a setting that sign-in at a payer cannot do without and that is not set."""
        secret, method = self.payer_client_secret, self.payer_client_auth
        if not self.payer_client_id:
            return "PAYER_CLIENT_ID"
        if method == "none" or (self.payer_client_key_file is not None and method in {None, "private_key_jwt"}):
            return None
        if method == "private_key_jwt":
            return "PAYER_CLIENT_KEY_FILE"
        return None if secret and secret.get_secret_value() else "PAYER_CLIENT_SECRET"

    @property
    def directory_url(self) -> str:
        """The open directory's base, the member base when no other is set."""
        return self.payer_directory_url or self.payer_fhir_url

    @property
    def callback_url(self) -> str:
        """The one redirect_uri, as registered with the payer."""
        return f"{self.bot_public_url}/oauth/callback"


def load_settings(**overrides: object) -> Settings:
    """The settings of this process.

    Raises:
        ConfigError: one line that names the first setting that is missing or malformed.
    """
    return _read(Settings, overrides)


def load_day() -> Day:
    """Which day it is, whatever else is set.

    Raises:
        ConfigError: one line that names the setting that is malformed.
    """
    return _read(Day, {})


def _read(kind: type[_D], given: Mapping[str, object]) -> _D:
    try:
        return kind(**given)  # type: ignore[arg-type] # pydantic checks each value
    except ValidationError as error:
        raise ConfigError(_first_fault(error.errors(include_input=False, include_url=False))) from None


def _first_fault(faults: Sequence[Mapping[str, Any]]) -> str:
    fault = faults[0]
    where = ".".join(str(part) for part in fault["loc"]).upper()
    words = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {words}" if where else words
