"""The entries of the last list that a message means by what the list shows of each: a name, street, town or degree.

The functions are pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from bot.conversation.state import Asked, Memory
from bot.kit.facts import asks_fact
from bot.kit.spelling import words_of
from bot.language.context import BESIDE, CHANGES, KINDS_OF_CARE, Context, lists_providers
from bot.language.kernel import DANGER, FALLBACK, FOLLOW, REFINE
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules, shows_one

OF_CARE = frozenset({"provider_name", "drug", "service", "claim_type", "specialty", "claim_id"})
"""Slots that say what care a question is about."""
NAMES = frozenset({"provider_name", "organization", "npi", "tin"})
_NAME = "provider_name"
_THEM = re.compile(r"\b(?:those|them|esos|ellos|(?:the|these|los|las) (?:two|dos))\b", re.IGNORECASE)
_SPOKEN = "spoken"  # the argument with the name that the question before asked about, where this one names another
_SURE = 0.5  # of the reading of a message whose words are known
_SAYS_WHOM, _MOST = NAMES | KINDS_OF_CARE | {"ordinal"}, 8  # words, of a message that only says which one is meant
_ZIP = re.compile(r"\b\d{5}\b")
_REJECTED = re.compile(r"no,? (?:the|el|la)\b", re.IGNORECASE)  # "no the one on poplar" wants Poplar
_SAYING = re.compile(
    r"\b(?:the|la|el) (?P<name>\w+) (?=ones?\b)"
    r"|\b(?:ones?|1|is|any|anything|la|el|alguna|alguno) (?:on|at|by|called|named|en|por) (?:the |la )?"
    r"(?P<place>[^,;.?!]+)",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\W*(?:(?:no(?=,|\.| (?:no|not|i mean|i meant|sorry|that|the|my)\b| (?:me refer|quise|quer[ií]a|digo|hablo)"
    r"| (?:el|la|los|las|lo) del?\b)|nope|oops|wait|actually|(?:i'?m )?sorry|perd[oó]n|disculpe|espere"
    r"|wrong (?!number)\w+"
    r"|(?:that'?s |it'?s )?not (?:that one|that|it|him|her|what i (?:asked|meant|wanted))(?=\W|$| the\b| i\b)"
    r"|(?:eso )?no (?:es|era) (?:es[eoa]|eso)|es[eoa] no)\b[\s,.:;!-]*)*"
    r"(?:(?:i mean(?:t)?|i (?:said|was (?:asking|talking) about|asked (?:about|for))|i wanted|me refer[ií]a? al?"
    r"|me refiero al?|quise decir|quer[ií]a decir|digo|hablo de|hablaba de|pregunt[eé] por)\b[\s,:]*(?:al? )?)?",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"[,;.]? (?:and |y )?(?:not|no) (?:the|that|my|for|with|el|la|los|las|de|del|con|ese|esa)\b[^,;.?!]*[.!]?$",
    re.IGNORECASE,
)
_OWN_PLACE = re.compile(r"\b(?:me|my|mi|m[ií]o|casa|home|here|aqu[ií])\b", re.IGNORECASE)
_A_SENTENCE = 5  # words
_TOKENS = re.compile(r"[^\s,;:?!()]+")
_LONG, _BRIEF = 3, 2  # letters of a word that is known as written, and lines of an entry without an address


def corrected(
    hears: Callable[[str], Reading], whole: Reading, text: str, context: Context, intents: Mapping[str, IntentRules]
) -> Reading | None:
    """Return the reading of the corrected part of a message: "the test" of "no, I mean the test".

    `whole` is the reading of the message. Return None if the message corrects nothing, or asks for nothing instead. The
    care or the doctor that a correction names replaces every other one of the question.
    """
    told, was = _CORRECTS.match(text), whole.intent or ""
    before, danger = intents.get(context.intent), whole.alarm or was.startswith(DANGER)
    rest = text[told.end() :] if told and told[0].strip() else ""
    if not rest.strip(" ,.") or before is None or before.needs == "nothing" or danger:
        return None
    words = (_NOT.sub("", rest) or rest).strip(" ,.")
    reading = hears(words)
    if reading.unclear:  # the same question for it, not another one
        reading = hears(f"{'por' if whole.language == 'es' else 'for'} {words}")
    rules, changes = intents.get(reading.intent or ""), reading.intent in CHANGES
    asks = rules is not None and (rules.needs != "nothing" or (changes and "answer" not in reading.slots))
    new = reading.slots or was.startswith("feedback.") or was in {context.intent, *CHANGES}
    if not (asks and new) or reading.is_miss or reading.unclear or reading.alarm:
        return None
    named = changes and not OF_CARE.isdisjoint(reading.slots)
    out = OF_CARE & context.slots.keys() - reading.slots.keys() if named else frozenset[str]()
    return replace(reading, slots={**dict.fromkeys(out, Slot("", None)), **reading.slots})


def intent_of_picked(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> str | None:
    """Return the intent of a message that only selects a provider of the last list; else None.

    The intent shows the selected entries, or repeats the search if the words fit no entry.
    """
    before, top = intents.get(memory.asked.intent) if memory.asked else None, intents.get(reading.intent or "")
    listed = before is not None and before.needs == "directory" and len(memory.choices) > 1
    said = {name for name, slot in reading.slots.items() if slot.text and slot.text in reading.text}
    said -= {"location"} if reading.picks else set()
    one, wide = shows_one(intents), top is None or lists_providers(top) or top.intent.startswith((FOLLOW, "feedback."))
    if not listed or not said.isdisjoint(_SAYS_WHOM | {"location"}) or len(reading.text.split()) > _MOST:
        return None
    if not (wide or reading.unclear or reading.intent in {FALLBACK, one}):
        return None
    if not {"apart", "each", "entre"}.isdisjoint(words_of(reading.text)) and asks_fact(reading.text, "distance"):
        return one
    return one if entries_meant(memory, reading) else REFINE if words_beside(reading) else None


def entries_meant(memory: Memory, reading: Reading) -> tuple[int, ...]:
    """Return the numbers of the entries that the message selects, in order; () if it selects none.

    These are the entries with the most words of the message, or all except excluded ones: "not the limestone one". "The
    other one" does not mean the entry `memory.lead`.
    """
    shown = dict(zip(memory.numbers, map(_entry_words, memory.texts), strict=True))
    if len(shown) <= 1 or not all(_NAME in one.slots for one in memory.choices):
        return ()
    apart = frozenset[str]().union(*shown.values()) - frozenset.intersection(*shown.values())
    said = [word for word in _words(reading.text) if word in apart]
    barred = () if _REJECTED.match(reading.text) else reading.barred
    out = {word for word in said for phrase in barred if phrase.split()[:1] == [word]}
    if (place := reading.slots.get("location")) and place.text and apart.isdisjoint(words_of(place.text)):
        return ()  # none of them is there
    wanted = [word for word in said if word not in out]
    most = max((sum(word in own for word in wanted) for own in shown.values()), default=0)
    lead = memory.numbers[memory.lead - 1] if memory.lead and reading.others else None
    kept = [
        number
        for number, own in shown.items()
        if out.isdisjoint(own) and sum(word in own for word in wanted) == most and (most or out or lead)
    ]
    kept = [number for number in kept if number != lead] or kept
    return tuple(kept) if len(kept) < len(shown) else ()


def outside(reading: Reading) -> Reading:
    """Return the reading; a place after a word of exclusion becomes excluded: "ones outside Chattanooga"."""
    place = reading.slots.get("location")
    if place is None or not any(phrase.startswith(place.text.casefold()) for phrase in reading.barred if place.text):
        return reading
    return replace(reading, slots={**reading.slots, "location": replace(place, excluded=True)})


def words_beside(reading: Reading) -> str:
    """Return the words of a message that select a list entry, as in "the one on Poplar"; "" if there are none."""
    found = _SAYING.finditer(reading.text) if reading.picks or reading.which or reading.those else ()
    named = any(slot.text in reading.text for slot in reading.slots.values() if slot.text)
    unknown = reading.score < _SURE and not reading.others
    said = (one["place"] or (one["name"] if unknown else "") for one in found)
    return "" if named else "; ".join(one.strip() for one in said if one)


def beside_last(memory: Memory, asked: Asked) -> Asked:
    """Return the question with the previous question's provider as an argument if it names another, else unchanged.

    A later question about "those two" then means both providers.
    """
    last, own = (one.values.get(_NAME) if one else None for one in (memory.asked, asked))
    two = isinstance(last, str) and isinstance(own, str) and last != own and "/" not in last + own
    return replace(asked, arguments={**asked.arguments, _SPOKEN: last}) if two else asked


def apart_from_last(memory: Memory, asked: Asked) -> Asked:
    """Return a question about a distance with the previous question's provider as an argument, if it is another."""
    last, own = (one.values.get(_NAME) if one else None for one in (memory.asked, asked))
    return replace(asked, arguments={**asked.arguments, BESIDE: str(last)}) if last and own and last != own else asked


def of_both(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return a question about "those two" with the last two providers asked about as its names; others unchanged."""
    last = memory.asked.arguments.get(_SPOKEN) if memory.asked else None
    them = reading.those and _THEM.search(reading.text)
    named = [slot.text for name, slot in asked.slots.items() if name in NAMES and slot.text in reading.text]
    if last is None or memory.asked is None or not them or named:
        return asked
    name = asked.intent if _NAME in intents[asked.intent].several else shows_one(intents)
    names = (last, str(memory.asked.values[_NAME]))
    return replace(
        asked, intent=name, slots={**asked.slots, _NAME: Slot(", ".join(names), last, values=names, how="and")}
    )


def _entry_words(text: str) -> frozenset[str]:
    """Return the words of an entry's name and address, or of all of it if it has two lines."""
    name, *rest = text.split("\n")
    lines = (line for line in rest if len(rest) < _BRIEF or _ZIP.search(line))
    return frozenset(word for line in (name, *lines) for word in words_of(line))


def _words(text: str) -> Iterator[str]:
    """Yield the words of a message; a short one only if it is written in capitals, as a degree is: "the DO"."""
    for token in _TOKENS.findall(text):
        yield from (word for word in words_of(token) if len(word) >= _LONG or token.isupper())


def of_list(reading: Reading, memory: Memory, last: IntentRules | None) -> Reading:
    """Return the reading of a short message after a list of providers: "another one", "next closest", "Spanish?".

    The first two ask for more of the list. The name of a language alone filters it; a word in another language than the
    conversation's, such as "español", requests replies in that language instead. Other messages are unchanged.
    """
    reading = near_list(reading, memory, last)
    wish, words = reading.slots.get("reply_language"), len(reading.text.split())
    if wish is not None and last is not None and last.needs == "directory" and "language" in last.slots:
        filters = words <= 1 and reading.language == memory.language
        spoken = {"language": Slot(reading.text, wish.value)}
        return replace(reading, intent=REFINE, slots=spoken, unclear=False) if filters else reading
    if last is None or not lists_providers(last) or "MORE" not in reading.concepts or words > _A_SENTENCE:
        return reading
    next_near = "NEAR" in reading.concepts and "ordinal" in reading.slots
    goes_on = reading.unclear or next_near or reading.intent == last.intent
    more = goes_on and reading.slots.keys() <= {"reason", "ordinal"}
    return replace(reading, intent=f"{FOLLOW}more", slots={}, unclear=False) if more else reading


def near_list(reading: Reading, memory: Memory, last: IntentRules | None) -> Reading:
    """Return the reading; after a list of providers "the two closest" means no other place than that of the list."""
    place, told = reading.slots.get("location"), memory.asked.slots if memory.asked else {}
    listed = last is not None and lists_providers(last) and "location" in told
    if not (place and place.value == "me" and listed) or _OWN_PLACE.search(place.text):
        return reading
    return replace(reading, slots={**reading.slots, "location": told["location"]})
