"""The settings of contract.md and their descriptions. Secrets are never printed."""

from collections.abc import Iterator
from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config import values
from bot.message import COMMAND

_FACTS = "name", "short_name", "hours", "nurse_line", "appeals_address", "appeals_fax", "appeals_portal"


class Day(BaseSettings):
    """The settings for the current date and the time zone, for commands that need no other settings."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, case_sensitive=False)

    bot_today: Annotated[date, BeforeValidator(values.day)] | None = None
    """A date, such as `2026-05-20`, that the sandbox payer and the bot use as today; the real date when not set.
    Rejected with a real payer.
    """
    bot_timezone: values.TimeZone = "America/Chicago"
    """The time zone of dates and times in answers."""

    def now(self) -> datetime:
        """Return the current time in BOT_TIMEZONE, on the date BOT_TODAY if that is set."""
        zone = ZoneInfo(self.bot_timezone)
        moment = datetime.now(zone)
        return moment if self.bot_today is None else datetime.combine(self.bot_today, moment.time(), zone)


class Settings(Day):
    """All settings that an operator can make; their names and defaults are those of contract.md."""

    bot_public_url: values.WebAddress = "http://127.0.0.1:8765"
    """The address of the bot for members' browsers; https unless it is on this machine. The payer's callback URL is
    this address followed by `/oauth/callback`.
    """
    bot_store_url: values.StoreAddress = "sqlite:///bot.db"
    """`sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/DATABASE` for several replicas (the extra `postgres`)."""
    bot_store_connections: Annotated[int, Field(ge=2, le=100)] = 16
    """The maximum number of connections from one process to PostgreSQL. Multiplied by the number of processes, it must
    stay below the database's `max_connections`.
    """
    bot_store_prepares: bool = True
    """Whether to use prepared statements in PostgreSQL. Set `false` behind PgBouncer before 1.21 in transaction mode.
    """
    bot_encryption_keys: SecretStr | None = None
    """The keys that encrypt stored data, newest first, separated by commas; `bcbst-bot keys make` prints one. When not
    set, a key file is created next to the SQLite store at the first start. Required with PostgreSQL.
    """
    bot_keys_file: Path | None = None
    """A file for these keys in place of `BOT_ENCRYPTION_KEYS`, preferably in another location than the store. Created
    at the first start.
    """
    bot_audit_anchor: Path | None = None
    """A file outside the store with the checkpoint of the audit trail; next to the key file when not set."""
    bot_member_answers: Literal["dm", "off"] = "dm"
    """Where members' own data is answered: `dm`, the 1:1 chat. `off`, nowhere, so that only the directory is answered.
    """
    bot_link_days: Annotated[int, Field(ge=1)] = 90
    """The number of days after which a member must connect again."""
    bot_idle_minutes: Annotated[int, Field(ge=1)] | None = None
    """The number of minutes without a question about their own data after which a member must sign in again. No limit
    when not set.
    """
    bot_links_per_member: Annotated[int, Field(ge=1)] | None = None
    """The maximum number of chats that one member's record can be connected to; no limit when not set."""
    bot_delete_after_hours: Annotated[int, Field(ge=1)] | None = None
    """The number of hours after which the bot deletes its messages with member data from the chat. Never when not set.
    """
    bot_questions_per_minute: Annotated[int, Field(ge=1)] = 20
    """The maximum number of questions per person and minute."""
    bot_look_minutes: Annotated[int, Field(ge=5)] = 30
    """The maximum number of minutes between two checks for a new claim, for people who asked to be notified."""
    bot_looks_per_day: Annotated[int, Field(ge=10)] = 1_500
    """The approximate maximum number of checks for new claims per day, for all people together. If `BOT_LOOK_MINUTES`
    would result in more, the checks are less frequent, and people who ask for notifications are told how frequent.
    """
    bot_metrics_bind: values.Bind | None = None
    """The host and port, such as `127.0.0.1:9090`, of `/metrics` and `/healthz`. When not set, they are on the public
    port and answer requests from this machine, but not those through a trusted proxy.
    """
    bot_trusted_proxies: values.AddressRanges | None = None
    """Addresses or ranges of the proxies whose `X-Forwarded-For` is trusted, separated by commas. When not set, this
    machine's own if `BOT_PUBLIC_URL` is https, else none.
    """
    bot_trusted_hosts: values.HostNames | None = None
    """Host names under which the bot accepts requests, separated by commas, in addition to that of `BOT_PUBLIC_URL`."""
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The lowest level of log lines that are written."""
    bot_pack: str | None = None
    """A folder with `intents/` and `templates/` to use in place of the bot's own."""
    bot_benefits: Path | None = None
    """A CSV file with what members pay for each service, by plan and network, in place of the pack's `benefits.csv`.
    Its columns are described in [another-plan.md](another-plan.md). Without one, answers do not contain future prices.
    """
    bot_command: values.CommandName = COMMAND
    """The name of the slash commands in Slack, as in `/bcbst`, `/bcbst-find` and so on. At most 20 lower-case letters,
    digits and dashes; `bcbst-bot manifest` prints the Slack app with this name.
    """
    bot_mcp_url: values.WebAddress | None = None
    """The https address of `bcbst-bot mcp --http`. When set, it is part of the Slack manifest and the Teams package, so
    that the assistants of both can search the directory.
    """
    bot_handoff_channel: values.DeskChannel | None = None
    """The id of a help desk's channel in Slack (`C0123ABCDE`) or Teams (`19:…@thread.tacv2`) that the bot belongs to.
    People who ask for a human can send their question there, after the text was shown to them; not offered when not
    set.
    """
    bot_handoff_email: values.MailAddress | None = None
    """A help desk's e-mail address. Without a channel, people who ask for a human get a link that opens their own mail
    program with the question; with a channel, the address is shown if the channel fails. The bot itself sends no mail.
    """
    bot_contact_name: values.OneLine | None = None
    """Your name in the registration e-mail (`bcbst-bot register`)."""
    bot_company: values.OneLine | None = None
    """Your company, in the registration e-mail, the Teams app package and at the bottom of every page."""
    bot_contact_email: values.MailAddress | None = None
    """Where members send questions about the bot, on its pages `/privacy` and `/terms`."""
    bot_app_title: values.OneLine = "BCBST Bot"
    """The app's name, in the registration e-mail and the Teams app package."""
    bot_privacy_url: values.WebAddress | None = None
    """Your privacy page, the target of `/privacy` and in the Teams app package; the bot's own page when not set."""
    bot_terms_url: values.WebAddress | None = None
    """Your terms of use, the target of `/terms` and in the Teams app package; the bot's own page when not set."""

    payer_fhir_url: values.WebAddress = "https://api.bcbst.com/fhir/r4"
    """The base URL of the payer's FHIR R4 server for member data."""
    payer_directory_url: values.WebAddress | None = None
    """The base URL of the open provider directory, which receives no token and no member's id. `PAYER_FHIR_URL` when
    not set.
    """
    payer_authorize_url: values.WebAddress = "https://sso.bcbst.com/as/authorization.oauth2"
    """The payer's sign-in page for members (OAuth 2.0 authorization endpoint)."""
    payer_token_url: values.WebAddress = "https://sso.bcbst.com/as/token.oauth2"  # noqa: S105 -- an address, not a secret
    """The payer's OAuth 2.0 token endpoint."""
    payer_issuer: values.Issuer | None = None
    """The exact issuer of id_tokens; read from the payer's published configuration when not set."""
    payer_jwks_url: values.WebAddress | None = None
    """The URL of the payer's signing keys; read from its published configuration when not set."""
    payer_revoke_url: values.WebAddress | None = None
    """The payer's token revocation endpoint; read from its published configuration when not set."""
    payer_client_id: values.ClientId | None = None
    """The OAuth client id that the payer issues at registration."""
    payer_client_secret: values.Secret | None = None
    """The client's secret; not needed for a client with a key, or for a public one (`PAYER_CLIENT_AUTH=none`)."""
    payer_client_key_file: Path | None = None
    """A file with the client's private key (PEM or JWK) in place of a secret. It signs an assertion in each token
    request (RFC 7523). `bcbst-bot keys jwks` creates one and prints the public part for the payer.
    """
    payer_client_auth: values.ClientMethod | None = None
    """How the client authenticates to the payer. `client_secret_post`, `client_secret_basic`, `private_key_jwt`, or
    `none` for a public client, which is protected by PKCE only. When not set: by key if `PAYER_CLIENT_KEY_FILE` is set,
    else by secret, sent in the header only if the payer's configuration lists that method and not the body.
    """
    payer_post_search: bool | None = None
    """Whether searches for member data use POST, so that ids are not part of URLs. When not set, if the payer's server
    turns out to support it.
    """
    payer_prompt_login: bool = True
    """Whether the payer is asked to require the password at each sign-in. `false` for a payer without support for it.
    """
    payer_scope: values.Scope = "patient/*.read openid fhirUser"
    """The requested OAuth scopes, separated by spaces."""
    payer_name: values.OneLine = "BlueCross BlueShield of Tennessee"
    """The payer's name in answers."""
    payer_short_name: values.OneLine = "BlueCross"
    """The payer's short name in answers."""
    payer_registration_email: values.OneLine = "eBusiness_Service@bcbst.com"
    """The payer's address for app registrations, to which `bcbst-bot register` is addressed."""
    payer_phone: values.OneLine | None = None
    """The phone number in answers; when not set, answers refer to the number on the member's card."""
    payer_hours: values.OneLine | None = None
    """The opening hours of that number as text (`weekdays 8 to 6 Eastern`); not shown when not set."""
    payer_nurse_line: values.OneLine | None = None
    """The phone number of the plan's nurse line; when not set, answers refer to the member's card."""
    payer_appeals_address: values.OneLine | None = None
    """The plan's address for appeals by mail, with commas between the lines. When not set, that of the denial letter.
    """
    payer_appeals_fax: values.OneLine | None = None
    """The fax number for appeals; not shown when not set."""
    payer_appeals_portal: values.WebAddress | None = None
    """The web page on which members can send appeals; not shown when not set."""

    slack_bot_token: values.BotToken | None = None
    """The app's bot token (`xoxb-…`), for one workspace."""
    slack_signing_secret: values.NoToken | None = None
    """The app's signing secret; not needed with `SLACK_APP_TOKEN`."""
    slack_client_id: values.ClientId | None = None
    """The app's client id, in place of a token: each workspace installs the app at `/slack/install`."""
    slack_client_secret: values.NoToken | None = None
    """The secret of `SLACK_CLIENT_ID`."""
    slack_app_token: values.AppToken | None = None
    """An app-level token (`xapp-…`) for Socket Mode, which needs no public address."""
    slack_api_url: values.SlackAddress = "https://slack.com/api/"
    """The base URL of Slack's Web API."""

    teams_app_id: values.EntraId | None = None
    """The application id of the Azure Bot (the extra `teams`)."""
    teams_app_password: values.AppSecret | None = None
    """A client secret of that application."""
    teams_tenant_id: values.EntraIds | None = None
    """The Entra tenants whose people may use the bot, separated by commas, the app's own tenant first."""
    teams_cloud: Literal["public", "gcc", "gcch", "dod"] = "public"
    """The Microsoft cloud of the tenant."""
    teams_service_hosts: values.HostNames | None = None
    """The host names of the connector, separated by commas, in place of the cloud's own."""

    def unpaired(self) -> Iterator[str]:
        """Yield an error line for each missing setting that another setting requires. The line starts with its name."""
        keyless = self.bot_encryption_keys is None and self.bot_keys_file is None
        if keyless and self.store_file is None:
            yield "BOT_ENCRYPTION_KEYS: required when BOT_STORE_URL is PostgreSQL; `bcbst-bot keys make` prints one"
        if self.bot_mcp_url is not None and not self.bot_mcp_url.startswith("https:"):
            yield "BOT_MCP_URL: must be an https address; Slack and Teams call it"
        one, many = self.slack_bot_token is not None, self.slack_client_id is not None
        if one and self.slack_signing_secret is None and self.slack_app_token is None:
            yield "SLACK_SIGNING_SECRET: required with SLACK_BOT_TOKEN (or SLACK_APP_TOKEN, for Socket Mode)"
        if many and not one and self.slack_client_secret is None:
            yield "SLACK_CLIENT_SECRET: required with SLACK_CLIENT_ID"
        if not one and not many and self.slack_app_token is not None:
            yield "SLACK_BOT_TOKEN: required with SLACK_APP_TOKEN; Slack shows it once the app is installed"
        elif not one and not many and self.slack_signing_secret is not None:
            yield "SLACK_BOT_TOKEN: required with SLACK_SIGNING_SECRET (or SLACK_CLIENT_ID, for many workspaces)"
        if (desk := self.bot_handoff_channel or "").startswith("19:") and self.teams_app_id is None:
            yield "TEAMS_APP_ID: required with a channel of Teams in BOT_HANDOFF_CHANNEL"
        elif desk and not desk.startswith("19:") and self.slack_bot_token is None:
            yield "SLACK_BOT_TOKEN: required with a channel of Slack in BOT_HANDOFF_CHANNEL"
        if self.teams_app_id is None and (self.teams_app_password is not None or self.teams_tenant_id is not None):
            yield "TEAMS_APP_ID: required with the other settings of Teams"

    @property
    def payer_facts(self) -> dict[str, str]:
        """The payer's name, telephone numbers and addresses for templates; "" for each that is not set."""
        named = {name: getattr(self, f"payer_{name}") or "" for name in _FACTS}
        return {"number": self.payer_phone or "", **named}

    @property
    def store_file(self) -> Path | None:
        """The file of a SQLite store; None for PostgreSQL."""
        url = self.bot_store_url
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None

    def unready(self) -> Iterator[str]:
        """Yield an error line for each setting that prevents serving members.

        The line starts with the setting's name.
        """
        if self.made_up_day:
            yield self.made_up_day
        for name in self.missing:
            yield f"{name}: required; the payer gives it at registration (`bcbst-bot register`)"
        for name in self.teams_missing if self.teams_app_id is not None else ():
            yield f"{name}: required with TEAMS_APP_ID"

    @property
    def made_up_day(self) -> str | None:
        """An error message if BOT_TODAY is set with a payer on another machine, otherwise None."""
        addresses = (self.payer_fhir_url, self.directory_url)
        if self.bot_today is None or all(urlsplit(address).hostname in values.LOOPBACK for address in addresses):
            return None
        return "BOT_TODAY: only with the sandbox payer (--sandbox); unset it, as PAYER_FHIR_URL names a real one"

    @property
    def has_channel(self) -> bool:
        """Whether Slack or Teams is configured."""
        return any(one is not None for one in (self.slack_bot_token, self.slack_client_id, self.teams_app_id))

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """The host and port of BOT_METRICS_BIND; None if health pages and metrics are served on the public port."""
        host, _, port = (self.bot_metrics_bind or "").rpartition(":")
        return (host, int(port)) if port else None

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies whose forwarded addresses are trusted. The default is this machine if the public URL is https."""
        own = "127.0.0.0/8,::1/128" if self.bot_public_url.startswith("https:") else ""
        named = own if self.bot_trusted_proxies is None else self.bot_trusted_proxies
        return tuple(ip_network(one) for one in named.split(",") if one)

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The host names that requests may be sent to, in addition to this machine's local names."""
        named = self.bot_trusted_hosts.split(",") if self.bot_trusted_hosts else []
        return (urlsplit(self.bot_public_url).hostname or "", *named)

    @property
    def teams_tenants(self) -> tuple[str, ...]:
        """The ids of the Entra tenants whose people may use the bot in Teams. The first is the app's own tenant."""
        return tuple((self.teams_tenant_id or "").split(",")) if self.teams_tenant_id else ()

    @property
    def teams_missing(self) -> tuple[str, ...]:
        """The names of required Teams settings that are missing. Without tenants, anybody in the world could ask."""
        given = {"TEAMS_APP_PASSWORD": values.secret_of(self.teams_app_password), "TEAMS_TENANT_ID": self.teams_tenants}
        return tuple(name for name, value in given.items() if not value)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of missing settings that sign-in at a payer requires."""
        method, lacking = self.payer_client_auth, () if self.payer_client_id else ("PAYER_CLIENT_ID",)
        if method == "none" or (self.payer_client_key_file is not None and method in {None, "private_key_jwt"}):
            return lacking
        if method == "private_key_jwt":
            return (*lacking, "PAYER_CLIENT_KEY_FILE")
        return lacking if values.secret_of(self.payer_client_secret) else (*lacking, "PAYER_CLIENT_SECRET")

    @property
    def directory_url(self) -> str:
        """The base URL of the provider directory; PAYER_FHIR_URL if no other is set."""
        return self.payer_directory_url or self.payer_fhir_url

    @property
    def callback_url(self) -> str:
        """The OAuth redirect URI, as registered with the payer."""
        return f"{self.bot_public_url}/oauth/callback"
