"""The settings of contract.md and their descriptions. Secrets are never printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, TypedDict
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config.values import (
    LOOPBACK,
    AddressRanges,
    AppSecret,
    AppToken,
    Bind,
    BotToken,
    ClientId,
    ClientMethod,
    CommandName,
    DeskChannel,
    EntraId,
    EntraIds,
    HostNames,
    Issuer,
    MailAddress,
    NoToken,
    OneLine,
    Scope,
    Secret,
    SlackAddress,
    StoreAddress,
    TimeZone,
    WebAddress,
    day,
)
from bot.message import COMMAND


class StoreOptions(TypedDict):
    """How PostgreSQL is used."""

    connections: int
    prepares: bool
    listens: bool


class Day(BaseSettings):
    """The settings of date and time zone, for commands that need no others."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, case_sensitive=False)

    bot_today: Annotated[date, BeforeValidator(day)] | None = None
    """The day, such as `2026-05-20`, that the sandbox payer and the bot beside it take for today; the real day when
    not set. Refused with a real payer.
    """
    bot_timezone: TimeZone = "America/Chicago"
    """The time zone of days and hours in answers."""


class Settings(Day):
    """All settings of the operator; names and defaults as in the contract."""

    bot_public_url: WebAddress = "http://127.0.0.1:8765"
    """Where members' browsers reach the bot, https unless on this machine. The payer's callback URL is this and
    `/oauth/callback`.
    """
    bot_store_url: StoreAddress = "sqlite:///bot.db"
    """`sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/DATABASE` for several replicas (the extra `postgres`)."""
    bot_store_connections: Annotated[int, Field(ge=2, le=100)] = 16
    """At most how many connections one process makes to PostgreSQL: times the processes, it has to stay below the
    database's `max_connections`.
    """
    bot_store_prepares: bool = True
    """Whether statements are prepared at PostgreSQL. `false` behind PgBouncer before 1.21 in transaction mode."""
    bot_store_listens: bool = True
    """Whether a process listens, on one more connection, for work that another one leaves in PostgreSQL. `false` behind
    a pooler in transaction mode, which passes no notices on; then it looks once a second only.
    """
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
    bot_look_minutes: Annotated[int, Field(ge=5)] = 30
    """At most how many minutes lie between two looks for a new claim, for who asked to be told of one."""
    bot_looks_per_day: Annotated[int, Field(ge=10)] = 1_500
    """About how many looks for new claims a day the payer gets from all people together. Where `BOT_LOOK_MINUTES` would
    make more, the looks lie further apart, and who asks to be told reads how far.
    """
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
    bot_benefits: Path | None = None
    """A CSV file with what the plan's members pay for which service, by plan and network, in place of the pack's
    `benefits.csv`; its columns are in [another-plan.md](another-plan.md). Without one, no price ahead is told.
    """
    bot_command: CommandName = COMMAND
    """What slash commands are called in Slack, and where they are typed: `/bcbst`, `/bcbst-find` and so on. At most 20
    lower-case letters, digits and dashes; `bcbst-bot manifest` prints the Slack app with them.
    """
    bot_mcp_url: WebAddress | None = None
    """Where `bcbst-bot mcp --http` is reached, https. When set, the Slack manifest and the Teams package name it, so
    that the assistants of both can search the directory.
    """
    bot_handoff_channel: DeskChannel | None = None
    """The id of a help desk's channel in Slack (`C0123ABCDE`) or Teams (`19:…@thread.tacv2`), with the bot in it. Who
    asks for a person may send their question there, in the words that they were shown; not offered when not set.
    """
    bot_handoff_email: MailAddress | None = None
    """A help desk's e-mail address. Without a channel, who asks for a person may write there from their own mail
    program, which a link opens with their question; with one, it is told where the channel fails. The bot itself
    sends no mail.
    """
    bot_contact_name: OneLine | None = None
    """Your name in the registration e-mail (`bcbst-bot register`)."""
    bot_company: OneLine | None = None
    """Your company, in the registration e-mail, the Teams app package and under every page."""
    bot_app_title: OneLine = "BCBST Bot"
    """The app's name, in the registration e-mail and the Teams app package."""
    bot_privacy_url: WebAddress | None = None
    """Your privacy page: `/privacy` leads there, and the Teams app package names it; the bot's own when not set."""
    bot_terms_url: WebAddress | None = None
    """Your terms of use: `/terms` leads there, and the Teams app package names them; the bot's own when not set."""

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
    payer_client_id: ClientId | None = None
    """The OAuth client that the payer gives at registration."""
    payer_client_secret: Secret | None = None
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
    payer_hours: OneLine | None = None
    """When somebody answers there, as people say it (`weekdays 8 to 6 Eastern`); not told when not set."""
    payer_nurse_line: OneLine | None = None
    """The plan's telephone line with nurses, told to who asks for one; the member's card when not set."""
    payer_appeals_address: OneLine | None = None
    """Where the plan takes appeals by mail, with commas between the lines; that of the denial letter when not set."""
    payer_appeals_fax: OneLine | None = None
    """The fax number for appeals; not told when not set."""
    payer_appeals_portal: WebAddress | None = None
    """The page where members send appeals; not told when not set."""

    slack_bot_token: BotToken | None = None
    """The app's bot token (`xoxb-…`), for one workspace."""
    slack_signing_secret: NoToken | None = None
    """The app's signing secret; not needed with `SLACK_APP_TOKEN`."""
    slack_client_id: ClientId | None = None
    """The app's client id, in place of a token: each workspace installs at `/slack/install`."""
    slack_client_secret: NoToken | None = None
    """The secret of `SLACK_CLIENT_ID`."""
    slack_app_token: AppToken | None = None
    """An app-level token (`xapp-…`): Socket Mode, which needs no public address for Slack."""
    slack_api_url: SlackAddress = "https://slack.com/api/"
    """The base of Slack's Web API."""

    teams_app_id: EntraId | None = None
    """The application id of the Azure Bot (the extra `teams`)."""
    teams_app_password: AppSecret | None = None
    """A client secret of that application."""
    teams_tenant_id: EntraIds | None = None
    """The Entra tenants whose people may ask, with commas between them, the app's own first."""
    teams_cloud: Literal["public", "gcc", "gcch", "dod"] = "public"
    """Microsoft's cloud that the tenant is in."""
    teams_service_hosts: HostNames | None = None
    """The connector's hosts, with commas between them, in place of the cloud's own."""

    def unpaired(self) -> Iterator[str]:
        """Yield a line for each setting that another one requires and that is missing, starting with its name."""
        keyless = self.bot_encryption_keys is None and self.bot_keys_file is None
        if keyless and not self.bot_store_url.startswith("sqlite:"):
            yield "BOT_ENCRYPTION_KEYS: required when BOT_STORE_URL is PostgreSQL; `bcbst-bot keys make` prints one"
        if self.bot_mcp_url is not None and not self.bot_mcp_url.startswith("https:"):
            yield "BOT_MCP_URL: must be an https address; Slack and Teams call it"
        yield from self._unpaired_slack()
        if (desk := self.bot_handoff_channel or "").startswith("19:") and self.teams_app_id is None:
            yield "TEAMS_APP_ID: required with a channel of Teams in BOT_HANDOFF_CHANNEL"
        elif desk and not desk.startswith("19:") and self.slack_bot_token is None:
            yield "SLACK_BOT_TOKEN: required with a channel of Slack in BOT_HANDOFF_CHANNEL"
        if self.teams_app_id is None and (self.teams_app_password is not None or self.teams_tenant_id is not None):
            yield "TEAMS_APP_ID: required with the other settings of Teams"

    @property
    def payer_facts(self) -> dict[str, str]:
        """The payer's details for templates; without a phone number, `help_line` refers to the member's card."""
        return {
            "name": self.payer_name,
            "short_name": self.payer_short_name,
            "number": self.payer_phone or "",
            "hours": self.payer_hours or "",
            "nurse_line": self.payer_nurse_line or "",
            "appeals_address": self.payer_appeals_address or "",
            "appeals_fax": self.payer_appeals_fax or "",
            "appeals_portal": self.payer_appeals_portal or "",
        }

    @property
    def store_options(self) -> StoreOptions:
        """How the store is opened."""
        return {
            "connections": self.bot_store_connections,
            "prepares": self.bot_store_prepares,
            "listens": self.bot_store_listens,
        }

    def _unpaired_slack(self) -> Iterator[str]:
        one, many = self.slack_bot_token is not None, self.slack_client_id is not None
        if one and self.slack_signing_secret is None and self.slack_app_token is None:
            yield "SLACK_SIGNING_SECRET: required with SLACK_BOT_TOKEN (or SLACK_APP_TOKEN, for Socket Mode)"
        if many and not one and self.slack_client_secret is None:
            yield "SLACK_CLIENT_SECRET: required with SLACK_CLIENT_ID"
        if not one and not many and self.slack_app_token is not None:
            yield "SLACK_BOT_TOKEN: required with SLACK_APP_TOKEN; Slack shows it once the app is installed"
        elif not one and not many and self.slack_signing_secret is not None:
            yield "SLACK_BOT_TOKEN: required with SLACK_SIGNING_SECRET (or SLACK_CLIENT_ID, for many workspaces)"

    def unready(self) -> Iterator[str]:
        """Yield a line for each setting that keeps the bot from serving members, starting with its name."""
        if self.made_up_day:
            yield self.made_up_day
        for name in self.missing:
            yield f"{name}: required; the payer gives it at registration (`bcbst-bot register`)"
        for name in self.teams_missing if self.teams_app_id is not None else ():
            yield f"{name}: required with TEAMS_APP_ID"

    @property
    def made_up_day(self) -> str | None:
        """The error message if BOT_TODAY is set with a remote payer, else None.

        Only the embedded payer may use a fixed date; real records need the real date.
        """
        addresses = (self.payer_fhir_url, self.directory_url)
        if self.bot_today is None or all(urlsplit(address).hostname in LOOPBACK for address in addresses):
            return None
        return "BOT_TODAY: only with the sandbox payer (--sandbox); unset it, as PAYER_FHIR_URL names a real one"

    @property
    def has_channel(self) -> bool:
        """Whether Slack or Teams is set up."""
        return any(one is not None for one in (self.slack_bot_token, self.slack_client_id, self.teams_app_id))

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """The host and port of BOT_METRICS_BIND; None if the health pages and metrics are on the public port."""
        host, _, port = (self.bot_metrics_bind or "").rpartition(":")
        return (host, int(port)) if port else None

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies whose forwarded addresses are trusted: by default this machine's if the public URL is https."""
        own = "127.0.0.0/8,::1/128" if self.bot_public_url.startswith("https:") else ""
        named = own if self.bot_trusted_proxies is None else self.bot_trusted_proxies
        return tuple(ip_network(one) for one in named.split(",") if one)

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The hosts that requests may be for, besides this machine's own names."""
        named = self.bot_trusted_hosts.split(",") if self.bot_trusted_hosts else []
        return (urlsplit(self.bot_public_url).hostname or "", *named)

    @property
    def teams_tenants(self) -> tuple[str, ...]:
        """The Entra tenants whose people may use the bot in Teams, the app's own first."""
        return tuple((self.teams_tenant_id or "").split(",")) if self.teams_tenant_id else ()

    @property
    def teams_missing(self) -> tuple[str, ...]:
        """The names of required Teams settings that are missing; without tenants, anybody in the world could ask."""
        password = self.teams_app_password
        given = {"TEAMS_APP_PASSWORD": password and password.get_secret_value(), "TEAMS_TENANT_ID": self.teams_tenants}
        return tuple(name for name, value in given.items() if not value)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of settings required for sign-in at a payer that are missing."""
        return (*(() if self.payer_client_id else ("PAYER_CLIENT_ID",)), *self._missing_proof())

    def _missing_proof(self) -> tuple[str, ...]:
        """Return the names of missing settings for client authentication."""
        secret, method = self.payer_client_secret, self.payer_client_auth
        if method == "none" or (self.payer_client_key_file is not None and method in {None, "private_key_jwt"}):
            return ()
        if method == "private_key_jwt":
            return ("PAYER_CLIENT_KEY_FILE",)
        return () if secret and secret.get_secret_value() else ("PAYER_CLIENT_SECRET",)

    @property
    def directory_url(self) -> str:
        """The base URL of the open directory; the member base if no other is set."""
        return self.payer_directory_url or self.payer_fhir_url

    @property
    def callback_url(self) -> str:
        """The one redirect_uri, as registered with the payer."""
        return f"{self.bot_public_url}/oauth/callback"
