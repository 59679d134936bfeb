"""`bcbst-bot feedback`: counts of feedback on answers, without texts or people."""

from collections import Counter
from collections.abc import AsyncIterator

from bot.config import Settings
from bot.ops.figures import OUTCOMES, ratings
from bot.stores.opening import open_store

_BY_BUTTON = "(a button)"
_SAID = {
    "right": "helpful",
    "wrong": "not helpful",
    "amount": "wrong amount",
    "person": "wrong person or place",
    "question": "not what was asked",
    "words": "hard to understand",
}


async def lines(settings: Settings) -> AsyncIterator[str]:
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
