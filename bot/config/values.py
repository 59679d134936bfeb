"""Validation of the settings' values, with error messages. A secret's value is never included in one."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, SecretStr

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:(?P<port>[0-9]{1,5})")
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_LAST_PORT = 65_535
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DESK = re.compile(r"[CG][A-Z0-9]{8,}|19:[\w-]+@thread\.(tacv2|skype)")
_MAIL = re.compile(rf"[\w.+-]+@{_HOST_NAME.pattern}", re.ASCII | re.IGNORECASE)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EXAMPLE = re.compile(r".*(…|\.\.\.)|<.*>|(xox[a-z]-|xapp-)?your[-_ ].*|change[-_ ]?me", re.IGNORECASE)
_TOKENS = {
    "xoxb-": "is a bot token (SLACK_BOT_TOKEN)",
    "xapp-": "is an app-level token (SLACK_APP_TOKEN)",
    "xoxp-": "is a person's token",
    "xoxe": "is a token that expires: turn token rotation off for the app",
}
"""The prefixes of Slack's tokens (docs.slack.dev/authentication/tokens), and what each is."""


def _web_address(value: str) -> str:
    """Return an absolute http(s) URL without query, fragment or trailing slash; plain http only on loopback."""
    if any(sign.isspace() or not sign.isprintable() for sign in value):
        raise ValueError("must hold no spaces")
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a whole address that begins with https://")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://, unless it is on this machine (127.0.0.1)")
    return value.rstrip("/")


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:  # Python's words name neither what is wrong nor what would be right
        raise ValueError(
            "must be an address such as https://bot.example, with a port from 1 to 65535 if any"
        ) from error
    if port == 0:
        raise ValueError("must not name port 0")
    return parts


def _issuer(value: str) -> str:
    """Return an issuer URL unchanged, because issuers are compared exactly (OIDC Core 3.1.3.7)."""
    _web_address(value)
    return value


def _scope(value: str) -> str:
    """Return OAuth scopes separated by spaces (RFC 6749 3.3)."""
    if not re.fullmatch(r"[!#-\[\]-~]+( [!#-\[\]-~]+)*", value):
        raise ValueError("must be scopes with single spaces between them")
    return value


def _command(value: str) -> str:
    """Return a name for slash commands, short enough for the longest command (32 characters in all)."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?", value):
        raise ValueError("must be at most 20 lower-case letters, digits and dashes, such as bcbst")
    return value


def _slash_ended(value: str) -> str:
    """Return a URL with a slash at the end, as slack_sdk requires."""
    return _web_address(value) + "/"


def _bind(value: str) -> str:
    """Return a host and port to listen on."""
    found = _HOST_AND_PORT.fullmatch(value)
    if found is None or int(found["port"]) > _LAST_PORT:
        raise ValueError("must be a host and a port, such as 127.0.0.1:9090")
    return value


def _store(value: str) -> str:
    """Return the URL of a SQLite file or a PostgreSQL database."""
    if value.startswith("sqlite:///"):
        if Path(value.removeprefix("sqlite:///")).name in {"", ".."}:
            raise ValueError("must name a file behind sqlite:///")
    elif not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _line(value: str) -> str:
    """Return a text of one line."""
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line of text")
    return value.strip()


def _entra_id(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("must be an id such as 00000000-0000-0000-0000-000000000000")
    return value.lower()


def _entra_ids(value: str) -> str:
    """Return ids separated by commas."""
    return ",".join(_entra_id(one.strip()) for one in value.split(","))


def _host_names(value: str) -> str:
    """Return host names separated by commas, in lower case."""
    names = [one.strip().lower() for one in value.split(",")]
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("must be names of hosts with commas between them, such as smba.trafficmanager.net")
    return ",".join(names)


def _desk(value: str) -> str:
    """Return the id of a channel in Slack or Teams, not a name or the id of a 1:1 chat."""
    if not _DESK.fullmatch(value):
        raise ValueError("must be a channel's id: C0123ABCDE in Slack, 19:…@thread.tacv2 in Teams")
    return value


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        raise ValueError("must be one e-mail address, such as help@example.com")
    return value


def _address_ranges(value: str) -> str:
    """Return addresses and ranges separated by commas."""
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


def day(value: object) -> object:
    """Return an ISO 8601 date unchanged; pydantic would also accept a number of seconds."""
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("must be a date, such as 2026-05-20")
    return value


def _token(prefix: str, name: str) -> Callable[[SecretStr], SecretStr]:
    """Return a validator for one kind of token; another is a common mistake (Slack's `not_allowed_token_type`)."""

    def checked(value: SecretStr) -> SecretStr:
        _no_example(value)
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must be {name}, which begins with {prefix}; this {_kind_of(value)}")
        return value

    return checked


def _no_token(value: SecretStr) -> SecretStr:
    """Return a secret from the app's page "Basic Information", after checking that it is not a token."""
    _no_example(value)
    if value.get_secret_value().startswith(tuple(_TOKENS)):
        raise ValueError(f'must be the one under "Basic Information"; this {_kind_of(value)}')
    return value


def _no_example(value: SecretStr) -> SecretStr:
    """Return a secret, after checking that it is no placeholder such as `xoxb-…`, `<secret>` or `your-secret`."""
    _own(value.get_secret_value())
    return value


def _own(value: str) -> str:
    if _EXAMPLE.fullmatch(value.strip()):
        raise ValueError("is still the example of the page; put your app's own here")
    return value


def _kind_of(value: SecretStr) -> str:
    """Return a description of the given value, never the value itself."""
    text = value.get_secret_value()
    known = (told for prefix, told in _TOKENS.items() if text.startswith(prefix))
    return next(known, "is no token of Slack" if text.strip() else "is empty")


def _app_secret(value: SecretStr) -> SecretStr:
    """Return the value of an Entra client secret, after checking that it is not the secret's id, which is a UUID."""
    _no_example(value)
    if _UUID.fullmatch(value.get_secret_value()):
        raise ValueError("must be the secret's value, which Azure shows once; this is its id")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Issuer = Annotated[str, AfterValidator(_issuer)]
CommandName = Annotated[str, AfterValidator(_command)]
Scope = Annotated[str, AfterValidator(_scope)]
SlackAddress = Annotated[str, AfterValidator(_slash_ended)]
Bind = Annotated[str, AfterValidator(_bind)]
StoreAddress = Annotated[str, AfterValidator(_store)]
OneLine = Annotated[str, AfterValidator(_line)]
EntraId = Annotated[str, AfterValidator(_entra_id)]
EntraIds = Annotated[str, AfterValidator(_entra_ids)]
DeskChannel = Annotated[str, AfterValidator(_desk)]
MailAddress = Annotated[str, AfterValidator(_mail)]
HostNames = Annotated[str, AfterValidator(_host_names)]
ClientMethod = Literal["client_secret_post", "client_secret_basic", "private_key_jwt", "none"]
AddressRanges = Annotated[str, AfterValidator(_address_ranges)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
BotToken = Annotated[SecretStr, AfterValidator(_token("xoxb-", "a bot token"))]
AppToken = Annotated[SecretStr, AfterValidator(_token("xapp-", "an app-level token"))]
ClientId = Annotated[str, AfterValidator(_own)]
Secret = Annotated[SecretStr, AfterValidator(_no_example)]
NoToken = Annotated[SecretStr, AfterValidator(_no_token)]
AppSecret = Annotated[SecretStr, AfterValidator(_app_secret)]
