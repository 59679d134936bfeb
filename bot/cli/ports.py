"""Listening ports, and explanations with an alternative if one is not available."""

import errno
import socket

from bot.errors import ConfigError
from bot.serving import listen

_NEIGHBOURS = 20
_LAST_PORT = 65_535


def listen_for(option: str, host: str, port: int) -> socket.socket:
    """Return a listening socket for `--host` and `--port`; ConfigError names option, reason and an alternative."""
    try:
        return listen(host, port)
    except OSError as error:
        if is_foreign(error):
            raise ConfigError(f"--host: {host} is no address of this machine; try 127.0.0.1") from error
        raise ConfigError(f"{option}: {why_not(error, port)}; try {option} {free_near(host, port)}") from error


def is_foreign(error: OSError) -> bool:
    """Return whether the address belongs to another machine or does not exist."""
    return isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL


def why_not(error: OSError, port: int) -> str:
    """Return why a port of this machine is not available."""
    if error.errno == errno.EADDRINUSE:
        return f"another program uses port {port}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"this user may not use port {port}"
    return f"port {port} cannot be had ({error.strerror})"


def free_near(host: str, port: int) -> int:
    """Return the next port that is currently free; ports below 1024 are not tried."""
    for near in range(max(port, 8764) + 1, min(max(port, 8764) + _NEIGHBOURS, _LAST_PORT)):
        try:
            listen(host, near).close()
        except OSError:
            continue
        return near
    return 0
