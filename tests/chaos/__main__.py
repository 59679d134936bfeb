"""`make chaos`: 200 kills over answers and as many over news, half of them on SQLite and half on PostgreSQL."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.chaos.beside import batch_under_kills
from tests.chaos.ground import besieged
from tests.chaos.news import told_under_kills
from tests.doubles.postgres import postgres


async def _both(kills: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="pg") as name, postgres(Path(name) / "data") as server:
        stores = {"SQLite, one process": (None, 1), "PostgreSQL, two processes": (server.emptied(), 2)}
        whole = True
        for told, (url, replicas) in stores.items():
            with tempfile.TemporaryDirectory() as folder:
                toll = await besieged(Path(folder), kills=kills // 2, store_url=url, replicas=replicas)
            print(f"{told}: {toll}", flush=True)  # noqa: T201 -- what it prints is its result
            if toll.faults:
                print(f"not as it must be: {'; '.join(toll.faults)}", flush=True)  # noqa: T201 -- as above
            with tempfile.TemporaryDirectory() as folder:
                news = await told_under_kills(Path(folder), kills=kills // 2, store_url=url and server.emptied())
            print(f"{told}, news: {news}", flush=True)  # noqa: T201 -- as above
            whole = whole and not toll.faults and not news.faults
    with tempfile.TemporaryDirectory() as folder:
        batch = await batch_under_kills(Path(folder), kills=max(1, kills // 20))
    print(f"lookup: {batch}", flush=True)  # noqa: T201 -- as above
    return whole and not batch.faults


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kills", type=int, default=200)
    raise SystemExit(0 if asyncio.run(_both(arguments.parse_args().kills)) else 1)
