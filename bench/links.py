"""What a sign-in costs beside ten links and beside ten thousand: CPU from the typed code to the reply."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bot.accounts.codes import new_secret
from bot.accounts.rows import LinkRow
from bot.app import Bot
from bot.cli.browser import Browser
from bot.message import Person
from bot.ops.log import set_up
from bot.sandbox.server import serve_sandbox
from tests.stage import TODAY, Talk, serving_bot
from tests.worlds import world_of

LINKS = (10, 10_000)
_SIGN_INS = 7


async def sign_in(folder: Path, links: int) -> float:
    """Milliseconds of CPU of the middle one of some sign-ins, with so many links there."""
    async with serve_sandbox(world_of(TODAY)) as payer, serving_bot(payer, folder / f"{links}.db") as bot:
        for number in range(links):
            await _stranger(bot, number)
        await bot.accounts.keep_whole()  # once a day, as a process that serves does
        spent = list[float]()
        for number in range(_SIGN_INS):
            talk = Talk(bot, payer, Person("slack", "", "T1", f"P{number}", name="Sam P.", home="a bench"))
            await talk.say("link")
            async with Browser() as browser:
                code = await browser.sign_in(talk.link or "", "dana")
            began = time.process_time()
            await talk.say(code)
            spent.append(time.process_time() - began)
            await talk.leave()
    return statistics.median(spent) * 1000


async def _stranger(bot: Bot, number: int) -> None:
    person = Person("slack", "", "T1", f"X{number}")
    row = LinkRow(new_secret(), f"patient-{number}", "Some B.", time.time())
    await bot.accounts.rows.put(person.key, row, expires=time.time() + 1_000_000, owner=person)


async def _main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for links in LINKS:
            spent = await sign_in(Path(name), links)
            print(f"{links:,} links: {spent:.1f} ms of CPU")  # noqa: T201 -- what it prints is its result


if __name__ == "__main__":
    set_up("ERROR")
    asyncio.run(_main())
