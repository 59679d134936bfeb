"""Validators for the values of settings. They raise ValueError with a message that never contains a secret."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, SecretStr

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:(?P<port>[0-9]{1,5})")
_HOST_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
_LAST_PORT = 65_535
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_EXAMPLE = re.compile(r".*(…|\.\.\.)|<.*>|(xox[a-z]-|xapp-)?your[-_ ].*|change[-_ ]?me", re.IGNORECASE)
_TOKENS = {
    "xoxb-": "is a bot token (SLACK_BOT_TOKEN)",
    "xapp-": "is an app-level token (SLACK_APP_TOKEN)",
    "xoxp-": "is a person's token",
    "xoxe": "is a token that expires: turn token rotation off for the app",
}
"""The prefixes of Slack's tokens (docs.slack.dev/authentication/tokens), and what each is."""


def _like(pattern: str, must: str, *, lower: bool = False) -> Callable[[str], str]:
    """Return a validator that accepts texts that match the whole pattern. `must` is the error message for others.

    With `lower`, case is ignored, and the text is returned in lower case.
    """

    def checked(value: str) -> str:
        value = value.lower() if lower else value
        if not re.fullmatch(pattern, value):
            raise ValueError(must)
        return value

    return checked


def _each(check: Callable[[str], str]) -> AfterValidator:
    """Return a validator of a comma-separated list. `check` validates each item and returns its normal form."""
    return AfterValidator(lambda value: ",".join(check(one.strip()) for one in value.split(",")))


def _web_address(value: str) -> str:
    """Validate an http(s) URL without user name, query or fragment. Return it without a trailing slash.

    Plain http is accepted for this machine only.
    """
    if any(sign.isspace() or not sign.isprintable() for sign in value):
        raise ValueError("must hold no spaces")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:  # Python's words name neither what is wrong nor what would be right
        raise ValueError(
            "must be an address such as https://bot.example, with a port from 1 to 65535 if any"
        ) from error
    if port == 0:
        raise ValueError("must not name port 0")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a whole address that begins with https://")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://, unless it is on this machine (127.0.0.1)")
    return value.rstrip("/")


def _host_and_port(value: str) -> str:
    """Validate and return a host and port to listen on, such as 127.0.0.1:9090."""
    found = _HOST_AND_PORT.fullmatch(value)
    if found is None or int(found["port"]) > _LAST_PORT:
        raise ValueError("must be a host and a port, such as 127.0.0.1:9090")
    return value


def _store_url(value: str) -> str:
    """Validate and return the URL of a SQLite file or a PostgreSQL database."""
    if value.startswith("sqlite:///"):
        if Path(value.removeprefix("sqlite:///")).name in {"", ".."}:
            raise ValueError("must name a file behind sqlite:///")
    elif not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _one_line(value: str) -> str:
    """Validate one line of text and return it without surrounding spaces."""
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line of text")
    return value.strip()


_entra_id = _like(_UUID, "must be an id such as 00000000-0000-0000-0000-000000000000", lower=True)
_host_name = _like(
    _HOST_NAME, "must be names of hosts with commas between them, such as smba.trafficmanager.net", lower=True
)


# With the longest command that is 32 characters, Slack's limit.
_command_name = _like(
    r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?", "must be at most 20 lower-case letters, digits and dashes, such as bcbst"
)
_scope = _like(r"[!#-\[\]-~]+( [!#-\[\]-~]+)*", "must be scopes with single spaces between them")  # RFC 6749 3.3
_desk_channel = _like(
    r"[CG][A-Z0-9]{8,}|19:[\w-]+@thread\.(tacv2|skype)",
    "must be a channel's id: C0123ABCDE in Slack, 19:…@thread.tacv2 in Teams",
)
_mail_address = _like(rf"(?ai:[\w.+-]+@{_HOST_NAME})", "must be one e-mail address, such as help@example.com")


def _address_range(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError("must be addresses or ranges with commas between them, such as 10.0.0.0/8") from error


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not a time zone, such as America/Chicago") from error
    return value


def day(value: object) -> object:
    """Validate an ISO 8601 date and return it unchanged. pydantic alone would also accept a number of seconds."""
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("must be a date, such as 2026-05-20")
    return value


def _secret(refused: Callable[[str], str] = lambda _: "") -> AfterValidator:
    """Return a validator of secrets; placeholders such as `xoxb-…`, `<secret>` or `your-secret` are rejected.

    `refused` returns why another text is rejected, "" if it is accepted.
    """

    def checked(value: SecretStr) -> SecretStr:
        if why := refused(_own(value.get_secret_value())):
            raise ValueError(why)
        return value

    return AfterValidator(checked)


def _token(prefix: str, name: str) -> AfterValidator:
    """Return a validator for Slack tokens with this prefix.

    Another kind of token is a common mistake (Slack's `not_allowed_token_type`); the message names the kind.
    """
    must = f"must be {name}, which begins with {prefix}"
    return _secret(lambda text: "" if text.startswith(prefix) else f"{must}; this {_kind_of(text)}")


def _no_token(text: str) -> str:
    """Return why a text is no secret from Slack's page "Basic Information": it is a token."""
    is_token = text.startswith(tuple(_TOKENS))
    return f'must be the one under "Basic Information"; this {_kind_of(text)}' if is_token else ""


def _no_id(text: str) -> str:
    """Return why a text is no Entra client secret: it is the secret's id, a UUID."""
    is_id = re.fullmatch(_UUID, text.lower())
    return "must be the secret's value, which Azure shows once; this is its id" if is_id else ""


def _own(value: str) -> str:
    if _EXAMPLE.fullmatch(value.strip()):
        raise ValueError("is still a placeholder; put your own value here")
    return value


def secret_of(value: SecretStr | None) -> str:
    """Return a secret's value; "" if it is not set."""
    return "" if value is None else value.get_secret_value()


def _kind_of(text: str) -> str:
    """Return a description of a secret by its prefix, for error messages; never the secret itself."""
    known = (told for prefix, told in _TOKENS.items() if text.startswith(prefix))
    return next(known, "is no token of Slack" if text.strip() else "is empty")


WebAddress = Annotated[str, AfterValidator(_web_address)]
Issuer = Annotated[str, AfterValidator(lambda value: _web_address(value) and value)]  # OIDC Core 3.1.3.7
CommandName = Annotated[str, AfterValidator(_command_name)]
Scope = Annotated[str, AfterValidator(_scope)]
SlackAddress = Annotated[str, AfterValidator(lambda value: f"{_web_address(value)}/")]  # as slack_sdk requires
Bind = Annotated[str, AfterValidator(_host_and_port)]
StoreAddress = Annotated[str, AfterValidator(_store_url)]
OneLine = Annotated[str, AfterValidator(_one_line)]
EntraId = Annotated[str, AfterValidator(_entra_id)]
EntraIds = Annotated[str, _each(_entra_id)]
DeskChannel = Annotated[str, AfterValidator(_desk_channel)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
HostNames = Annotated[str, _each(_host_name)]
ClientMethod = Literal["client_secret_post", "client_secret_basic", "private_key_jwt", "none"]
AddressRanges = Annotated[str, _each(_address_range)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
BotToken = Annotated[SecretStr, _token("xoxb-", "a bot token")]
AppToken = Annotated[SecretStr, _token("xapp-", "an app-level token")]
ClientId = Annotated[str, AfterValidator(_own)]
Secret = Annotated[SecretStr, _secret()]
NoToken = Annotated[SecretStr, _secret(_no_token)]
AppSecret = Annotated[SecretStr, _secret(_no_id)]
