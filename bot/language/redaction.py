"""Reduces a message to words that cannot identify its writer or subject: everyday words and the pack's own.

A word is kept only if it is known, and is no name, number, date or place. There is no search for names to remove.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.language.lexicon import Lexicon
from bot.language.text import Tag, Utterance, places_of

MOST_WORDS = 30
_NAME, _NUMBER, _DATE, _PLACE, _WORD, _ADDRESS = "name", "number", "date", "place", "word", "address"
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("provider_name", "person", "named_person", "organization", "other_name"), _NAME),
    **dict.fromkeys(("date_range", "date_ahead", "date_shift", "date_out", "date_whole", "open_at"), _DATE),
    **dict.fromkeys(("location", "away"), _PLACE),
    **dict.fromkeys(("amount", "amount_over", "amount_own", "amount_under", "radius"), _NUMBER),
    **dict.fromkeys(("npi", "tin", "claim_id", "procedure_code", "ndc", "nucc"), _NUMBER),
}
_ADDRESSES = re.compile(r"\S*(?:@|://|www\.)\S*", re.IGNORECASE)


def redacted(said: Utterance, tags: tuple[Tag, ...], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the words in order, with placeholders for those that must not be stored.

    The placeholders are `[name]`, `[number]`, `[date]`, `[place]`, `[address]` and `[word]`. Of equal placeholders in a
    row one is kept. Words after the thirtieth are dropped.
    """
    marks = dict.fromkeys(places_of(said.people), _NAME)
    for tag in tags:
        marks |= dict.fromkeys(tag.places, _KINDS[tag.kind]) if tag.kind in _KINDS else {}
    inside = [found.span() for found in _ADDRESSES.finditer(said.text)]
    kept: list[str] = []
    for at, word in enumerate(said.words[:MOST_WORDS]):
        first, after = said.spans[at]
        is_address = any(begin <= first and after <= end for begin, end in inside)
        mark = _ADDRESS if is_address else marks.get(at) or _mark_of(said, at, lexicon)
        shown = f"[{mark}]" if mark else word
        if not mark or not kept or kept[-1] != shown:
            kept.append(shown)
    return tuple(kept)


def _mark_of(said: Utterance, at: int, lexicon: Lexicon) -> str:
    """Return the placeholder for one word; "" if the word is kept: an everyday or pack word that is no name."""
    word, key = said.words[at], said.keys[at]
    known = {key} & (lexicon.familiar | lexicon.idle)
    # Written as a name: capitalized inside a sentence, and not all in capitals.
    shown, before = said.said(at, at + 1), said.text[: said.spans[at][0]].rstrip()
    kinds = (
        (_NUMBER, key in lexicon.number_keys - lexicon.idle or any(sign.isdigit() for sign in word)),
        (_DATE, key in lexicon.date_keys),
        (_NAME, shown[:1].isupper() and not shown.isupper() and before[-1:] not in {"", *".?!¿¡\n"}),
        ("", key in lexicon.plain),
        (_NAME, key in lexicon.people),
        (_PLACE, key in lexicon.place_words | lexicon.towns),
        ("", bool(known)),
    )
    return next((mark for mark, fits in kinds if fits), _WORD)
