"""Questions about the next care of a kind that was stated or shown before, read as if they named that care.

"The ER was $1,059 in April. What would it cost me now?" names the care first; "when is the next one due" refers to the
last answer. A question without an object is read with the object of the previous question.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from msgspec.structs import replace

from bot.conversation.shown import OF_CARE
from bot.conversation.state import TERM, Asked, Memory
from bot.language.asked import asked_in
from bot.language.clauses import clauses, is_question
from bot.language.context import OBJECTS, OF_CLAIMS, lists_providers
from bot.language.engine import Engine
from bot.language.reading import Reading, Slot
from bot.language.rules import PERSON
from bot.language.text import Utterance, read
from bot.language.weights import WORKINGS

_MEANS = re.compile(
    r"[.,;:!?\"”]\W*(?:(?:and|so|y|pero) )?(?P<it>what(?:\W?s| is| does| do| on earth| in the world| exactly)*"
    r" (?:that|this|it)(?: even)?(?: mean)?|(?P<es>qu[eé] (?:es|significa|quiere decir)(?: (?:eso|esto))?))"
    r"(?=\W*(?:[?.!]|$| (?:and|y)\b))",
    re.IGNORECASE,
)
_TWO = re.compile(
    r"(?P<told>.+?)[.,;!]\s+(?:(?:and|but|so|y|pero|entonces)\s+)?(?P<asked>(?:(?:what|how|will|would|could|can|do|does|is"
    r"|if)\b|(?P<es>¿|(?:cu[aá]nto|cu[aá]l|c[oó]mo|qu[eé]|va|ser[aá]|puedo|me|si)\b))[^.?!]*\??)\s*",
    re.IGNORECASE | re.DOTALL,
)
_NEXT = re.compile(
    r"\b(?:(?:the )?next (?:one|time|visit)|another(?: one)?|it|that|this|one(?=\W*$)|la pr[oó]xima(?: vez)?"
    r"|(?:la |el )?otr[oa](?: vez)?|eso"
    r"|el pr[oó]ximo)\b",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\b(?:due|again|next one|how often|allowed|how many (?:\w+ )?(?:can|do|may|are)|limit|free|refill it|the next"
    r"|(?:me|le) toca|cada cu[aá]nto|cu[aá]nt[oa]s (?:\w+ )?(?:puedo|me dan|me tocan|cubre)|l[ií]mite|gratis"
    r"|otra vez)\b",
    re.IGNORECASE,
)
_MANY = re.compile(r"(?:and |so |ok )?how many(?: times| visits| sessions)?(?: a year| per year)?\W*", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:did|was|were|had|have i|i(?:'ve| have)|fue|fui|tuve|pagu[eé]|her|his|my|del"
    r"|(?:of|on|for|de) (?:the|la|el|mi))\b",
    re.IGNORECASE,
)
"""Words of the past, of somebody else, or of another object."""
_SPANISH, _SHORT = (
    re.compile(r"\b(?:me|cada|cu[aá]nt[oa]s?|l[ií]mite|gratis|otra)\b|[¿áéíóú]", re.IGNORECASE),
    9,
)  # words
_ALSO = re.compile(r"\b(?:too|also|tambi[eé]n)\b", re.IGNORECASE)
_AGAIN = re.compile(r"\b(?:next (?:one|time|visit)|another|again|pr[oó]xim[oa]|otr[oa] vez)\b", re.IGNORECASE)
_CARE, _DOCTOR = ("drug", "service", "specialty", "facility_type", "provider_name"), ("specialty", "provider_name")
_THEN = frozenset({"amount", "date_range", "date_out"})
# With such a word a clause speaks of what another clause names.
_REFERS = frozenset({
    "it", "its", "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "that", "those", "one",
    "ones", "ella", "ellas", "ellos", "ese", "esa", "eso", "esos", "esas", "alli", "ahi",
})  # fmt: skip
_PEOPLE = frozenset({"he", "him", "his", "she", "her", "hers", "ella", "ellas"})
_NAMES = ("drug", "service", "provider_name", "specialty", "facility_type", "amount_kind")
# A question with no other concepts asks for a price and does not say of what: "how much do I pay".
_PRICE = frozenset({"COST", "OWE", "PRICE_OF_A"})
NO_OBJECT = _PRICE | {
    *("MY", "FILLER", "FUTURE", "GENERIC", "DUE", "RECORD", "NOW", "HER", "INSTEAD", "YES_ALONE", "AGREE"),
}
_OF_DRUG = frozenset({"FILL", "PHARMACY", "MEDICATION", "claim_type"})
_IF = "PRICE_OF_A"  # "how much would i pay if i went there"
_OWN = frozenset({"MY", "PAST", "LATEST"})  # what asks for the person's own amount or record
_KINDS = frozenset({"specialty", "facility_type"})
_PRICED = ("drug", "service", "specialty", "facility_type")
_FOR = {"en": "for", "es": "por"}
_ANYBODY, _KIND, _WHOM = "doctor", "specialty", frozenset({"specialty", "provider_name", "organization", "npi"})
_OBJECT_OF, _SURE, _AS_CLEAR = 8, 0.7, 0.05  # words of a question that lacks its object; probabilities


def named_care(engine: Engine, text: str, memory: Memory, today: date) -> str:
    """Return a question that refers to a term or care stated before, with its name inserted; "" for others."""
    told = _of_the_term(engine, text) or _of_the_next(engine, text, today)
    return told or _of_care_shown(engine, text, memory, today)


def _of_the_term(engine: Engine, text: str) -> str:
    """Return a question about a term stated before it ("X needs step therapy, what is that"), with the term; or "".

    A term that is an everyday word ("the claim") is not what is asked about.
    """
    asks = _MEANS.search(text)
    if asks is None:
        return ""
    told = read(text[: asks.start("it")])
    for term in engine.lexicon.glossary.named(told.keys)[-1:]:
        if term.after - term.first > 1 or told.keys[term.first] not in engine.lexicon.familiar:
            lead, said = "qué es" if asks["es"] else "what is", told.said(term.first, term.after)
            return " ".join((lead, said, text[asks.end() :].strip())).strip()
    return ""


def _of_the_next(engine: Engine, text: str, today: date) -> str:
    """Return the question about the next such care, with the care's name in place of the reference; "" for others.

    The first part states the care and its time or amount; the question is about the future and names no care.
    """
    parts = _TWO.fullmatch(text)
    if parts is None or "?" in parts["told"]:
        return ""
    told, asked = (engine.slots_in(parts[name], today=today) for name in ("told", "asked"))
    care = next((name for name in _CARE[1:] if name in told), None)  # of a drug the whole message tells
    says = asked_in(engine.lexicon.grammar, parts["asked"], {}).says
    ahead = "to_come" in says or "date_ahead" in asked or _AGAIN.search(parts["asked"])
    if care is None or not ahead or _THEN.isdisjoint(told) or not asked.keys().isdisjoint(_CARE):
        return ""
    free = asked_in(engine.lexicon.grammar, parts["told"], {}).says.get("costless")
    words = _ALSO.sub(free, parts["asked"]) if free else parts["asked"]
    name = told[care].text
    name = name[:1].casefold() + name[1:] if name[1:2].islower() and care != "provider_name" else name
    if care not in _DOCTOR and (said := _NEXT.sub(name, words, count=1)) != words:
        return said
    visit = ("por una visita con" if parts["es"] else "for a visit with") if care in _DOCTOR else ""
    return " ".join((words.rstrip("? "), visit, name)) + "?"


def _of_care_shown(engine: Engine, text: str, memory: Memory, today: date) -> str:
    """Return a short question about the rule for the last answer's care, with that care's name; "" for others.

    It asks when the next one is due, how often or how many are allowed, or if it is free, and names no care itself.
    """
    asked, before = memory.asked, engine.intents.get(memory.asked.intent) if memory.asked else None
    slots = asked.slots if asked else {}
    care = next((one for name in _CARE[:2] if (one := slots.get(name)) and one.is_plain and one.text), None)
    bare = _MANY.fullmatch(text)
    if care is None or before is None or lists_providers(before) or not (_RULE.search(text) or bare):
        return ""
    told = engine.slots_in(text, today=today)
    if len(text.split()) > _SHORT or not told.keys().isdisjoint(OF_CLAIMS) or _OTHER.search(text):
        return ""
    if bare:
        return "" if before.reads_claims else f"how many visits am I allowed for {care.text}"
    if (said := _NEXT.sub(care.text, text, count=1)) != text:
        return said
    joint = "de" if _SPANISH.search(text) else "for"
    return f"{text.rstrip('?. ')} {joint} {care.text}"


def with_object(
    engine: Engine,
    reading: Reading,
    spoken: Mapping[str, Slot],
    today: date,
    *,
    least: float = 0.0,
    before: Mapping[str, Slot] = MappingProxyType({}),
    listed: bool = False,
) -> Reading:
    """Return the reading of a short message, with values in `spoken` from before: "what did I pay her last time".

    The values replace a pronoun or are appended. They are the term just explained ("and have I met mine"), or for a
    search for a place ("where can I get it") and an unclear message (less probable than `least`) the objects of the
    previous question, or for a price without an object ("how much do I pay") the drug or the care, or the care that
    another intent answers about ("when am I due for the next" of no refill), also that of the question `before`, whose
    record was shown. The reading is unchanged if the one with these values is unclear or adds nothing. If providers are
    `listed`, a question about an entry is about them: "how long is the wait".
    """
    rules = engine.intents.get(reading.intent or "")
    unsure = reading.score < least and reading.slots.keys() <= {"unit"}
    general = rules is not None and rules.needs == "member" and not rules.reads_claims
    general = general and reading.slots.keys() <= {"amount_kind"}
    pronoun = rules is not None and (lists_providers(rules) or general) and refers(reading.said)
    open_ = reading.unclear or (spoken and pronoun)
    if not {"FUTURE", _IF}.isdisjoint(reading.concepts):  # what a next one costs, and not the one that was shown
        spoken = {**{name: one for name, one in before.items() if name in _PRICED}, **spoken}
    bare = _asks_bare_price(reading, spoken)
    due = "DUE" in reading.concepts and "FILL" not in reading.concepts and not reading.slots
    other = rules.instead if rules and rules.needs == "member" and due else None
    stood_for = (other.has,) if other and other.lacks not in {*spoken, *before} else ()
    names: tuple[str, ...] = (
        (TERM,) if TERM in spoken else _NAMES if open_ or unsure else _PRICED if bare else stood_for
    )
    if not (bare or _PEOPLE.isdisjoint(reading.said.words)):  # "he" stands for no kind of care
        names = tuple(name for name in names if name in {TERM, "provider_name"})
    spoken = {**before, **spoken} if names == stood_for else spoken
    named = {name: spoken[name] for name in names if name in spoken and spoken[name].is_plain and spoken[name].text}
    said = reading.said.words if named else ()
    long = len(said) > _OBJECT_OF * (2 if bare or (general and pronoun) else 1)
    if long or not named or reading.slots.keys() & {TERM, "facility_type", *OF_CARE}:
        return reading
    at = next((at for at, word in enumerate(said) if word in _REFERS and TERM not in named), len(said))
    joins = [_FOR[reading.language]] if bare and at == len(said) and reading.language in _FOR else []
    words = (*said[:at], *joins, *(slot.text for slot in named.values()), *said[at + 1 :])
    both = engine.understand(" ".join(words), today=today)
    adds_to = both.intent != reading.intent or (
        (open_ or bare or TERM in named) and not both.slots.keys() <= reading.slots.keys()
    )
    stands = other is not None and other.has in named and both.intent == other.intent
    least_sure = 0.0 if stands else _SURE if bare else reading.score - _AS_CLEAR
    if not adds_to or (both.unclear and not stands) or TERM in both.slots or both.score <= least_sure:
        return reading
    kept = {name: slot for name, slot in named.items() if name in both.slots}
    if listed and engine.intents[both.intent or ""].of_entry:  # it asks about the listed ones, which are of this kind
        own = {name: slot for name, slot in both.slots.items() if name not in _KINDS & kept.keys()}
        kept, both = {name: slot for name, slot in kept.items() if name in own}, replace(both, slots=own)
    own = {**both.slots, **kept}
    return replace(both, unclear=False, text=reading.text, slots=own, those=reading.those, picks=reading.picks)


def _asks_bare_price(reading: Reading, spoken: Mapping[str, Slot]) -> bool:
    """Return whether a message asks for a price and does not say of what; a pharmacy says so little of a drug."""
    if reading.slots or _PRICE.isdisjoint(reading.concepts):
        return False
    beside = (_OF_DRUG if "drug" in spoken else set()) | ({"PAST"} if _IF in reading.concepts else set())
    named = {cell.name for cell in reading.cells} & OBJECTS
    return not (named - beside or {*reading.concepts} - NO_OBJECT - beside)


def with_kind(engine: Engine, asked: Asked, today: date) -> Asked:
    """Return a search for a provider of no kind, with the kind that treats the complaint in its words.

    Beside the word "doctor" a complaint names a kind of doctor: "i need to talk to someone about anxiety".
    """
    rules = engine.intents.get(asked.intent)
    if rules is None or not lists_providers(rules) or _KIND not in rules.heard or not _WHOM.isdisjoint(asked.slots):
        return asked
    kind = engine.slots_as(asked.intent, f"find a {_ANYBODY} {asked.text}", today=today).get(_KIND)
    named = kind is not None and kind.is_plain and _ANYBODY not in kind.text
    return replace(asked, slots={**asked.slots, _KIND: kind}) if kind and named else asked


def of_anybody(engine: Engine, asked: Asked, reading: Reading, memory: Memory, today: date) -> Asked | None:
    """Return the general question within one about a record that cannot be read, without a person's name; or None.

    That is a rule of how plans work or an answer that looks nothing up: "my son's MRI was denied, how do we appeal".
    """
    words, whose = engine.lexicon.grammar.area("clauses"), asked.slots[PERSON]
    explains = next(name for name, one in engine.intents.items() if one.anybody and one.workings)
    asking = [one for one in clauses(reading.said, frozenset(), words) if is_question(reading.said, one, words)]
    parts = [reading.said.said(one.first, one.after) for one in asking]
    for part in [one for one in parts if whose.text not in one] or [reading.text]:
        found = engine.understand(part, today=today)
        rules = engine.intents.get(found.intent or "")
        names = {*found.concepts, *([] if found.unclear else [""])}
        told = [Slot("", rule) for name, rule in (rules.anybody if rules else {}).items() if name in names]
        rule = next(iter(told), None) if WORKINGS not in found.slots else found.slots[WORKINGS]
        if rules and (rule or (rules.needs == "nothing" and rules.is_choice and not found.unclear)):
            intent, slots = (explains, {WORKINGS: rule}) if rule else (rules.intent, found.slots)
            return replace(asked, intent=intent, slots=slots, unmet={}, text=part, whose=memory.chosen)
    return None


def general_of(engine: Engine, asked: Asked, reading: Reading) -> Asked | None:
    """Return the general question within one about the record of somebody who is not connected; None if there is none.

    That is a rule of how plans work ("does an MRI need a PA"), or what the kind of amount means of which no own amount
    is asked ("vs copay").
    """
    rules, kind = engine.intents[asked.intent], asked.slots.get("amount_kind")
    own = reading.unclear or not _OWN.isdisjoint(reading.concepts)
    names = {*reading.concepts, *([] if own else [""])}
    if rule := next((rule for name, rule in rules.anybody.items() if name in names), None):
        tells = (name for name, one in engine.intents.items() if one.workings and rule in one.anybody.values())
        slots, arguments = {WORKINGS: Slot("", rule)}, {WORKINGS: rule}
        return replace(asked, intent=next(tells), slots=slots, arguments=arguments, unmet={}, goes_on=())
    of_care = {*asked.slots} & {*_PRICED, "provider_name"} or {"VISIT", "DOCTOR"} & {*reading.concepts}
    kind = None if of_care else kind
    terms = engine.lexicon.glossary.named(read(kind.text).keys) if kind and not own else ()
    means = next(name for name, one in engine.intents.items() if one.answer == "aside" and TERM in one.slots)
    said = {TERM: Slot(kind.text, terms[0].value)} if kind and terms else None
    return replace(asked, intent=means, slots=said, unmet={}, text=kind.text, goes_on=()) if said and kind else None


def refers(said: Utterance, first: int = 0, after: int | None = None) -> bool:
    """Return whether these words of a message contain a pronoun such as "it", "her" or "those"."""
    return not _REFERS.isdisjoint(said.words[first:after])
