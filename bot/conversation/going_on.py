"""Messages of which one question goes on from the answer to another: "who did I see in May, and what was it for"."""

import re
from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from bot.language.asked import asked_in
from bot.language.clauses import Clause, ClauseRole, goes_on
from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.kernel import FALLBACK
from bot.language.reading import Reading
from bot.language.text import Utterance

LEAD = re.compile(r"^(?:and|also|plus|then|y|e|también|tambien|además|ademas)\s+", re.IGNORECASE)
"""What joins a question to the one before it."""
_SURE = 0.5
_TWO = 2
# With such a word a clause speaks of what another clause names.
_REFERS = frozenset({
    "it", "its", "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "that", "those", "one",
    "ones", "there", "ella", "ellas", "ellos", "ese", "esa", "eso", "esos", "esas", "alli", "ahi",
})  # fmt: skip
OF_CARE = frozenset({"provider_name", "drug", "service", "claim_type", "specialty", "claim_id"})
"""Slots that say what care a question is about."""
_OWN_CLAIMS = OF_CARE | {"date_range", "amount_over", "amount_under", "state_of_claim", "person"}


def going_on(
    engine: Engine,
    reading: Reading,
    cut: Sequence[Clause],
    said: Utterance,
    *,
    today: date,
    context: Context | None,
    people: Sequence[tuple[str, str]],
) -> tuple[Reading, str, str] | None:
    """Return the first question, its words and those that go on from its answer, as further turns would; else None.

    It is about claims, and every other question of the message leans on it:
    "when was my second visit, what was it for, and did it cost the same as the first". None where the whole message is
    read as what a later clause asks, as that answer takes what the first one names.
    """
    asks, listed = [one for one in cut if one.role is ClauseRole.ASKS], engine.lexicon.grammar.area("clauses")
    if len(asks) < _TWO or said.words[asks[0].first] not in listed.any("question", "imperative"):
        return None
    part = asked_in(engine.lexicon.grammar, reading.text, {}).then  # "how many of those" counts a part of the first
    if part or not all(_leans(engine, said, one, today) for one in asks[1:]):
        return None
    first, start = said.said(0, asks[1].first), asks[1].first
    alone = engine.understand(first, today=today, context=context, people=people)
    rules = engine.intents.get(alone.intent or "")
    if rules is None or not rules.shows_claims or alone.unclear or alone.score < _SURE:
        return None
    if reading.intent != alone.intent and not reading.unclear:
        return None
    whole = replace(alone, language=reading.language, shows_language=reading.shows_language)
    return whole, first, LEAD.sub("", said.said(start, len(said.words)))


def _leans(engine: Engine, said: Utterance, clause: Clause, today: date) -> bool:
    """Return whether a clause asks, and has no subject of its own: "and what was it for", "and have I been back"."""
    if not goes_on(said, clause, engine.lexicon.grammar.area("clauses")):
        return False
    alone = engine.understand(LEAD.sub("", said.said(clause.first, clause.after)), today=today)
    rules = engine.intents.get(alone.intent or "")
    open_ = refers(said, clause) or alone.unclear or alone.intent == FALLBACK or (rules and rules.shows_claims)
    return bool(open_) and _OWN_CLAIMS.isdisjoint(alone.slots)


def refers(said: Utterance, clause: Clause) -> bool:
    """Return whether a clause has a word for what another clause names."""
    return not _REFERS.isdisjoint(said.words[clause.first : clause.after])
