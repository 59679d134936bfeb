"""Names of the directory that are spelled like one that nobody has: offered as buttons, and never taken for it."""

from __future__ import annotations

import asyncio

from bot.kit.ask import Ask
from bot.kit.choice import Choice
from bot.kit.named import named_ones
from bot.kit.spelling import likeness, words_of
from bot.payer.optional import given
from bot.payer.search import Search, any_of
from bot.records.joined import Directory
from bot.records.references import Key

_PAGES, _WORDS, _MOST = 2, 4, 6
_STEMS = (3, 2)  # letters that the written name begins with, likely ones first


async def nearest(ask: Ask, name: str, *, people: bool) -> tuple[Choice, ...]:
    """Up to six active people, and unless `people` organizations, whose names are spelled most like it.

    Servers find a name by its beginning only, so beginnings are asked for, also with a letter missing or two swapped;
    how alike the names are is judged here.
    """
    kinds = ("Practitioner",) if people else ("Practitioner", "Organization")
    for letters in _STEMS:
        stems = _stems(name, letters)
        found = await asyncio.gather(*(_spelled(ask, kind, stems, name) for kind in kinds)) if stems else []
        ranked = sorted((-score, written, key) for some in found for key, (written, score) in some.items())
        if ranked:
            return tuple(Choice(f"{key.type}/{key.id}", written, None, None) for _, written, key in ranked[:_MOST])
    return ()


async def _spelled(ask: Ask, kind: str, stems: tuple[str, ...], name: str) -> dict[Key, tuple[str, float]]:
    """The active ones among the first pages whose names are alike, with how much."""
    directory, pages = Directory(), 0
    async for page in given(ask.search(Search(kind, (("name", any_of(stems)),)))):
        directory.add(page.entries)
        pages += 1
        if pages == _PAGES:
            break
    written: dict[Key, str | None] = {key: one.name for key, one in directory.practitioners.items() if one.active}
    written |= {key: one.name for key, one in named_ones(directory).items()}
    alike = {key: (own, likeness(own, name)) for key, own in written.items() if own and key.type}
    return {key: (own, score) for key, (own, score) in alike.items() if score}


def _stems(name: str, letters: int) -> tuple[str, ...]:
    """How the words may begin in the directory."""
    words = [word for word in words_of(name) if len(word) >= letters][-_WORDS:]
    return tuple(dict.fromkeys(stem for word in words for stem in (word[:letters], _swapped(word[:letters]))))


def _swapped(stem: str) -> str:
    """The last two letters the other way round: Nugyen for Nguyen."""
    return stem[:-2] + stem[:-3:-1]
