"""`bcbst-bot admin`, `feedback`, `migrate` and `links`.

Counts, given sentences and ratings, of which nothing identifies anybody; the store's tables; the connected chat
identities, and the end of connections for their owners.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

from bot.accounts.rows import LinkRow, Rows, moment
from bot.app import assemble
from bot.cli.audit import as_line, opened, opened_table
from bot.config import Settings
from bot.documents.desk import OPERATOR, Documents, pack
from bot.documents.printer import Printer
from bot.errors import ConfigError
from bot.message import Language, Person, person_of
from bot.ops.audit import Audit
from bot.ops.figures import DAYS, OUTCOMES, drop_sentences, figures_of, given_sentences, ratings
from bot.ops.metrics import LEAST, counted
from bot.pack import find_pack, load_pack
from bot.stores.opening import open_store

_OPERATOR = Person(OPERATOR, "", "", "admin")


async def page(settings: Settings, month: datetime | None, language: Language) -> AsyncIterator[str]:
    """Yield the link and code of the page of figures; ConfigError, StoreError or PackError if they cannot be read."""
    async with opened_table(settings) as table:
        shown = month or settings.now()
        figures = figures_of([row async for row in counted(table)], f"{shown:%Y-%m}")
        given = [one async for one in given_sentences(table)]
        folder = find_pack(settings.bot_pack)
        titles = {name: rules.title for name, rules in load_pack(folder).engine.intents.items()}
        printer = Printer(folder / "templates" / "documents", {"payer": settings.payer_facts, "titles": titles})
        values = {"figures": figures, "sentences": given, "least": LEAST, "days": DAYS}
        packed = pack(printer.pieces("counts", "html", values, language))
        documents = Documents(table, Audit(table), settings.bot_public_url)
        offered = await documents.offer("bot-counts", language, printer.style, {"html": packed}, _OPERATOR)
    yield offered.url
    yield f"Code: {offered.code}"
    yield f"The page opens once, within {offered.minutes} minutes, while the bot serves this address."


async def sentences(settings: Settings, *, drop: bool = False) -> AsyncIterator[str]:
    """Yield the sentences with their month and language, oldest first; with `drop` delete them and say how many."""
    async with opened_table(settings) as table:
        if drop:
            yield f"{await drop_sentences(table)} sentences thrown away"
            return
        async for one in given_sentences(table):
            yield f"{one.month}  {one.language}  {one.text}"


async def migrate(settings: Settings) -> str:
    """Open the store, which brings its tables up to date, and say so."""
    store = await open_store(settings.bot_store_url, **settings.store_options)
    await store.close()
    return "the store is up to date"


_BY_BUTTON = "(a button)"
_SAID = {
    "right": "helpful",
    "wrong": "not helpful",
    "amount": "wrong amount",
    "person": "wrong person or place",
    "question": "not what was asked",
    "words": "hard to understand",
}


async def ratings_of(settings: Settings) -> AsyncIterator[str]:
    """Yield the counts of each month, intent and rule, newest month first; StoreError if the store cannot be used."""
    store = await open_store(settings.bot_store_url, **settings.store_options)
    try:
        counted = await ratings(store)
    finally:
        await store.close()
    if not counted:
        yield "Nobody has rated an answer yet."
        return
    answers: dict[tuple[str, str, str], Counter[str]] = {}
    for one in counted:
        answers.setdefault((one.month, one.intent, one.rule), Counter())[one.outcome] += one.times
    for (month, intent, rule), times in answers.items():
        said = ", ".join(f"{_SAID[outcome]} {times[outcome]}" for outcome in OUTCOMES if times[outcome])
        yield f"{month}  {intent}  {rule or _BY_BUTTON}: {said}"


_PARTS = ("platform", "enterprise", "team", "user")
_MOST_ROWS = 100_000


async def listed(settings: Settings, identity: str = "*/*/*/*") -> AsyncIterator[str]:
    """Yield a line per link, oldest first: chat and since when, never whose record; ConfigError for a bad identity."""
    wanted = _parts(identity)
    async with opened_table(settings) as table:
        async for key, row in Rows(table, time.time, settings.bot_link_days).all(LinkRow):
            if _fits(person_of(key), wanted):
                yield f"{_spelled(person_of(key))}  since {moment(row.since):%Y-%m-%d %H:%M} UTC"
        await Audit(table).record("links_listed")


async def revoke(settings: Settings, identity: str) -> str:
    """End an identity's connections as "unlink" does: data deleted, tokens revoked; ConfigError if there are none."""
    wanted = _parts(identity)
    async with assemble(settings) as bot:
        people = [person async for person, _ in bot.accounts.linked() if _fits(person, wanted)]
        if not people:
            raise ConfigError("no account is connected to that identity")
        for person in people:
            await bot.accounts.unlink(person)
            await bot.audit.record("link_revoked", person)
    return "\n".join(f"{_spelled(person)} is disconnected" for person in people)


async def rows_of(settings: Settings, identity: str) -> AsyncIterator[str]:
    """Yield the audit rows of one identity, newest first, and record that; ConfigError for a malformed identity."""
    person = person_of("\x1f".join(_parts(identity)))
    async with opened(settings) as audit:
        for entry in await audit.of(person, newest=_MOST_ROWS):
            yield as_line(entry)
        await audit.record("audit_read", person)


def _parts(pattern: str) -> list[str]:
    parts = pattern.split("/")
    if len(parts) != len(_PARTS):
        raise ConfigError(f"an identity is written {'/'.join(_PARTS)}, as `bcbst-bot links` lists it; * is any")
    return parts


def _fits(person: Person, wanted: list[str]) -> bool:
    """Return whether each part equals the wanted one, or the wanted one is "*"."""
    return all(want in {"*", part} for want, part in zip(wanted, person.key.split("\x1f"), strict=True))


def _spelled(person: Person) -> str:
    return person.key.replace("\x1f", "/")
