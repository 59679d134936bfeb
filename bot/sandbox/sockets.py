"""A listening socket, apart from the payer: whoever only listens need not load it."""

from __future__ import annotations

import socket


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    # asyncio turns Nagle's delay off (40 ms an answer here) only for sockets that name TCP; create_server names none.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2_048)
    except OSError:
        sock.close()
        raise
    return sock
