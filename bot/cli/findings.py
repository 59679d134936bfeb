"""The results of `bcbst-bot check`, one per line, and why a server does not respond."""

import asyncio
import socket
import ssl
from typing import Literal
from urllib.parse import urlsplit

import msgspec


class CheckResult(msgspec.Struct, frozen=True):
    """The result of one check. `bad` prevents serving; a `note` is information."""

    state: Literal["ok", "note", "bad"]
    area: str
    text: str

    def __str__(self) -> str:
        """Return one line of the report."""
        return f"{self.state:<5}{self.area:<9}{self.text}"


def ok(area: str, text: str) -> CheckResult:
    """Return a result without a problem."""
    return CheckResult("ok", area, text)


def note(area: str, text: str) -> CheckResult:
    """Return a result with information that does not prevent serving."""
    return CheckResult("note", area, text)


def bad(area: str, text: str) -> CheckResult:
    """Return a result that must be fixed before the bot can serve."""
    return CheckResult("bad", area, text)


_PATIENCE = 5.0


async def why_silent(url: str) -> str:
    """Return why there is no usable response from a URL, by connecting to its host once more."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    context = ssl.create_default_context() if parts.scheme == "https" else None
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError) as error:
        return _words(error, host, port)
    writer.close()
    return f"{host} takes the connection and gives no answer"


def _words(error: Exception, host: str, port: int) -> str:
    match error:
        case TimeoutError():
            return f"{host} does not answer within {_PATIENCE:.0f} seconds; a firewall may be in between"
        case socket.gaierror():
            return f"no host is called {host}, or this machine cannot look names up"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not trusted here ({error.verify_message})"
        case ssl.SSLError():
            return f"{host} does not speak TLS at port {port}"
        case ConnectionRefusedError():
            return f"nothing listens at {host}, port {port}"
    return f"{host} cannot be reached"
