"""Explanations why a server does not respond, for operators."""

import asyncio
import socket
import ssl
from urllib.parse import urlsplit

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
