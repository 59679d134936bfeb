"""`bcbst-bot admin`, `feedback` and `migrate`: counts, given sentences and ratings, and the store's tables.

Nothing of it identifies anybody.
"""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

from bot.cli.audit import opened_table
from bot.config import Settings
from bot.documents.desk import OPERATOR, Documents, pack
from bot.documents.printer import Printer
from bot.message import Language, Person
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
