"""`make chaos`: processes killed over messages, news and a batch, half of them on SQLite and half on PostgreSQL."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.chaos.beside import batch_under_kills
from tests.chaos.forks import forking
from tests.chaos.ground import besieged
from tests.chaos.news import told_under_kills
from tests.doubles.postgres import Postgres, postgres


async def _messages(told: str, url: str | None, replicas: int, kills: int, rate: float) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        async with forking() as forks:
            toll = await besieged(Path(folder), kills=kills, store_url=url, replicas=replicas, rate=rate, forks=forks)
    print(f"{told}: {toll}", flush=True)  # noqa: T201 -- what it prints is its result
    if toll.faults:
        print(f"not as it must be: {'; '.join(toll.faults)}", flush=True)  # noqa: T201 -- as above
    return not toll.faults


async def _news(told: str, url: str | None, kills: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        async with forking("tests.chaos.quick") as forks:
            news = await told_under_kills(Path(folder), kills=kills, store_url=url, forks=forks)
    print(f"{told}, news: {news}", flush=True)  # noqa: T201 -- as above
    return not news.faults


async def _batch(kills: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        batch = await batch_under_kills(Path(folder), kills=kills)
    print(f"lookup: {batch}", flush=True)  # noqa: T201 -- as above
    return not batch.faults


async def _all(kills: int, news: int, batch: int, rate: float) -> bool:
    """Whether nothing was lost or doubled; a part with no kills is left out."""
    whole = []
    with tempfile.TemporaryDirectory(prefix="pg") as name, postgres(Path(name) / "data") as server:
        stores: dict[str, tuple[Postgres | None, int]] = {
            "SQLite, one process": (None, 1),
            "PostgreSQL, two processes": (server, 2),
        }
        for told, (database, replicas) in stores.items():
            if kills:
                url = database.emptied() if database else None
                whole.append(await _messages(told, url, replicas, kills // 2, rate))
            if news:
                whole.append(await _news(told, database.emptied() if database else None, news // 2))
    if batch:
        whole.append(await _batch(batch))
    return all(whole)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kills", type=int, default=200, help="over messages")
    arguments.add_argument("--news", type=int, default=200, help="while news are told")
    arguments.add_argument("--batch", type=int, default=10, help="over a list that is looked up")
    arguments.add_argument("--rate", type=float, default=20.0, help="messages a second; a busy machine answers fewer")
    asked = arguments.parse_args()
    raise SystemExit(0 if asyncio.run(_all(asked.kills, asked.news, asked.batch, asked.rate)) else 1)
