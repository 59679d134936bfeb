"""What the last answer showed, for messages that refer to it: "the one before", "that one", "its phone number".

A record is remembered as its id, the question with the conditions that found it, and the list that contains it. The
functions are pure.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from bot.conversation.shown import NAMES, intent_of_picked
from bot.conversation.state import Asked, Memory
from bot.kit.givers import care_done
from bot.language import context as by
from bot.language.context import CONDITIONS_OF_CLAIMS, EVERY, OBJECTS, OF_CLAIMS, TIMES, lists_providers, taken_over
from bot.language.kernel import FALLBACK, FOLLOW, OF_THEM, REFINE
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules, shows_one
from bot.message import Answered

OF_ONE_NAME = frozenset({"provider_name", "location", "specialty", "organization"})
"""Slots that choose among several providers with one name."""
_CLAIM, _PROVIDER, _NAME, _BOOKS = "claim", "provider", "provider_name", "action:schedule"
_PART, _STEP = "amount_kind", f"{FOLLOW}ordinal"
_OTHERS = OBJECTS | CONDITIONS_OF_CLAIMS | {"amount", "order"}
_OTHER_CLAIMS = TIMES | NAMES | {"drug", "claim_id", "person"}
_IS = ("was ", "is ", "were ", "so was ", "era ", "fue ", "es ", "eso fue ", "eso era ", "esa fue ", "ese fue ")
# Claims that were shown one by one; words that ask about what was shown ("what for"), or have no subject of their own.
_MOST_SINGLE, _BARE, _SHORT = 5, 3, 6
_NEXT = re.compile(r"(?:and |y )?(?:what|which|who|qu[eé]|cu[aá]l|qui[eé]n)\b", re.IGNORECASE)
_COUNTS = re.compile(
    r"\W*(?:(?:and|so|ok|y) )*(?:how many|cu[aá]nt[oa]s)\b"
    r"(?! (?:years|miles|minutes|days|times|visits|a[ñn]os|millas|d[ií]as))",
    re.IGNORECASE,
)
_COMPARES, _LEAST = 0.25, 0.05  # of the probability of a comparison, and of the question before


def intent_of(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> str | None:
    """Return the intent of a message that is unclear by itself and refers to what was just shown; else None.

    The intent is that of the last question, or one that can be asked of the shown provider or claim. A fact of a
    directory entry alone ("and the address?") is the provider's, not the member's own.
    """
    before, of_them = intents.get(memory.asked.intent) if memory.asked else None, OF_THEM in reading.concepts
    top, words = intents.get(reading.intent or ""), len(reading.text.split())
    if of_two(memory, reading, intents):
        return telling("two", intents)
    if memory.record and before and (found := _of_record(reading, top, before, intents, words)):
        return found
    meant = _meant(memory, reading, before)
    told_alone = top and top.shows_claims and top.tells == "one" and not reading.picks
    if before and len(meant) > 1 and (reading.unclear or told_alone):
        return teller(reading, before, intents)
    if before and before.needs == "directory" and (found := _of_listed(memory, reading, before, intents)):
        return found
    picked = intent_of_picked(memory, reading, intents)
    follows = reading.is_miss or (top is not None and top.intent.startswith(FOLLOW) and not reading.unclear)
    if picked or before is None or top is None or follows:
        return picked
    picks = reading.picks or (reading.those and "location" not in reading.slots)
    unclear = reading.unclear or (picks and lists_providers(top))
    several = unclear and len(memory.choices) > 1 and before.of_entry
    of_name = [REFINE] if several and OF_ONE_NAME >= {*reading.slots} != set() else []  # "which is a heart doctor"
    pointed = (reading.unclear or reading.intent == FALLBACK) and (reading.points or reading.picks or of_them)
    likely = [one.intent for one in reading.candidates if one.intent in intents]
    bare = reading.unclear and not reading.slots and memory.about is not None and words <= _BARE
    first = [top.intent] if bare and top.shows_claims and (_asks_of_claim(top) or reading.points) else []
    walks = pointed and before.walks and before.needs == "member" and (memory.record or not before.reads_claims)
    same = [before.intent] if walks and reading.chances.get(before.intent, 0.0) >= _LEAST else []
    short = pointed and (memory.record or reading.picks) and before.reads_claims and words <= _SHORT
    claims = [name for name in likely if short and _asks_of_claim(intents[name])]
    booked = any(one.name == _PROVIDER for one in before.subjects) or (before.reads_claims and of_them)
    reason = reading.slots.get("reason")
    calls = [shows_one(intents)] if booked and reason and reason.value == _BOOKS else []  # for an appointment
    return next(iter((*calls, *of_name, *first, *same, *claims)), None)


def _of_listed(memory: Memory, reading: Reading, before: IntentRules, intents: Mapping[str, IntentRules]) -> str | None:
    """Return the intent of a question whether a listed provider gives some care, or how many are listed; else None."""
    same = lists_providers(before) and memory.choices[1:] and OF_ONE_NAME.isdisjoint(reading.slots)
    if same and _COUNTS.match(reading.text):
        return REFINE  # the heading of the list has their number
    points = OF_THEM in reading.concepts or reading.picks or "ordinal" in reading.slots
    listed = before.is_of_provider or memory.choices
    asks = points and listed and NAMES.isdisjoint(reading.slots) and care_done(reading.text)
    return shows_one(intents) if asks else None


def _of_record(
    reading: Reading, top: IntentRules | None, before: IntentRules, intents: Mapping[str, IntentRules], words: int
) -> str | None:
    """Return the intent of a message about the shown record: a step from it, an amount, a comparison; else None."""
    if before.walks and reading.steps == 1 and words <= _SHORT and not reading.slots.keys() - {"ordinal", "answer"}:
        return _STEP  # "no, the other one"
    sums = top and top.tells == "sums" and reading.points and not reading.slots  # "how much in all" is its cost
    few = words <= (2 * _SHORT if reading.points else _SHORT)
    part = reading.unclear and few and any(_PART in one.slots for one in reading.candidates)  # "cuánto pagó el plan"
    if not (sums or before.reads_claims):
        return None
    after = reading.unclear and reading.steps > 1 and words <= _SHORT  # "what came right after that"
    way = "days" if after else "two" if reading.steps < 0 else "one" if sums or part else None
    return telling(way, intents) if way else None


def telling(way: str, intents: Mapping[str, IntentRules]) -> str:
    """Return the name of the intent that presents claims in this way; "" if there is none."""
    return next((name for name, entry in intents.items() if entry.tells == way), "")


def of_two(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> dict[str, Slot]:
    """Return the conditions of the last question if a message compares its answer with another value of one of them.

    The other value is the message's, "compare that with 2025", or the one before: "which year was cheaper". That slot
    then has both values. {} for any other message.
    """
    last, before = memory.asked, intents.get(memory.asked.intent) if memory.asked else None
    compares = reading.chances.get(telling("two", intents), 0.0) >= _COMPARES
    if not (compares and last and before and before.reads_claims):
        return {}
    said = reading.points and reading.slots.keys() == {"date_range"} and reading.slots
    sums = before.tells in {"sums", "fills"} or not memory.shown[1:]  # two claims are compared themselves
    told = said or (last.chose if sums and not reading.slots else {})
    if len(pair := [name for name in told if name in last.slots]) != 1:
        return {}
    held = {name: one for name, one in {**last.chose, **last.slots}.items() if name in OF_CLAIMS}
    held |= {"claim_type": Slot("", "pharmacy")} if before.tells == "fills" else {}
    own, other = held[pair[0]], told[pair[0]]
    own = replace(own, value=_as_long(own.value, other.value))
    return {**held, pair[0]: Slot(f"{own.text}, {other.text}", own.value, values=(own.value, other.value), how="and")}


def _as_long(value: object, other: object) -> object:
    """Return a period, or its whole year if the `other` one is a year: "compare that with 2025", after one of April."""
    if isinstance(value, Mapping) and isinstance(other, Mapping) and str(other.get("end")).endswith("-12-31"):
        year = str(value.get("start"))[:4]
        return {"start": f"{year}-01-01", "end": f"{year}-12-31"}
    return value


def records_shown(
    reply: Answered | None, asked: Asked | None, intents: Mapping[str, IntentRules], offers: Memory, memory: Memory
) -> dict[str, Any]:
    """Return the fields of `Memory` for the records that the next message may refer to.

    `reply` is the reply that shows them; None if it was posted elsewhere. A single claim is followed by the claims of
    the same person that were shown one by one before it. For a list with further pages, `shown` is (), because not all
    its claims are known.
    """
    claims = [one.id for one in reply.sources if one.type == "ExplanationOfBenefit"] if reply else []
    lead = offers.choices[offers.lead - 1 : offers.lead] if reply and by.NAMED not in reply.named else ()
    known = (one.arguments.get(by.RECORD) for one in (asked, *lead) if one)
    record = offers.record or next(filter(None, known), None)
    single = tuple(reply.named.get(by.THOSE, "").split()) if reply else ()
    if asked and by.THOSE in asked.arguments and not single:
        single = memory.single
    rules = intents.get(asked.intent) if asked else None
    several = len(claims) > 1 and (len(single) > 1 or (rules is not None and rules.tells not in {None, "one"}))
    shown, entries = tuple(claims[:EVERY]), {str(one.arguments.get(by.RECORD)) for one in offers.choices}
    if any("page" in one.arguments for one in offers.labels.values()):
        shown = ()
    elif len(entries) > 1 and entries <= {*claims} and rules and not rules.reads_claims:
        shown = tuple(one for one in shown if one in entries)
    elif record in claims and not several:
        same = memory.record and asked and memory.asked and memory.asked.whose == asked.whose
        shown = tuple(dict.fromkeys((str(record), *(memory.shown if same else ()))))[:_MOST_SINGLE]
    listed = tuple(entries & {*claims}) if not shown and len(entries) > 1 else shown if several else memory.listed
    return {"record": single[0] if len(single) == 1 else record, "shown": shown, "single": single, "listed": listed}


def _meant(memory: Memory, reading: Reading, before: IntentRules | None) -> tuple[str, ...]:
    """Return the ids of the shown claims if a message asks about them: "what do those come to"; else ().

    With "it" or "them", these are the claims of the doctor or month that the answer singled out.
    """
    if (
        before is None
        or not (before.reads_claims or memory.lists_records)
        or not _OTHER_CLAIMS.isdisjoint(reading.slots)
    ):
        return ()
    if reading.points and memory.single and not (reading.those and memory.single[1:] == ()):
        return memory.single
    ranked = reading.picks and "order" in reading.slots  # "the pricier one" is one of all
    if len(memory.shown) <= 1 or not (reading.those or ranked):
        return ()
    shown = memory.shown[: reading.those or EVERY]
    return shown if len(shown) == len(memory.shown) or memory.record else ()  # "both" of a longer list is of none


def of_named(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Memory:
    """Return the memory after a message without an answer: a provider that the message names becomes the topic.

    So "his number?" is about that provider. The records and the list that were shown before are kept.
    """
    found = (reading.slots, *(one.slots for one in reading.candidates))
    if (name := next((slots[_NAME] for slots in found if _NAME in slots), None)) is None:
        return memory
    topic = Asked(shows_one(intents), {_NAME: name}, whose=memory.current)
    memory = replace(memory, asked=topic, earlier=memory.topics(topic), wants=None)
    return memory if memory.lists_records else replace(memory, choices=(), numbers=(), texts=(), lead=0)


def of_all(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Reading:
    """Return the reading; a short unclear message, or one that asks for a sum, refers to all claims shown (`those`).

    After claims that were shown one by one, only the last is meant, unless two are compared.
    """
    top = intents.get(reading.intent or "")
    listed = len(memory.choices) > 1 and "LATEST" not in reading.concepts
    sums = top is not None and (top.tells == "sums" or (top.tells == "one" and listed))
    two = top is not None and top.tells == "two"  # "which cost me more"
    short = reading.unclear or (two and not memory.shown[2:]) or (sums and listed)
    few = _SHORT if short else _BARE if sums else 0  # "how much total"
    bare = not (reading.slots or reading.unmet) and len(reading.text.split()) <= few
    return replace(reading, those=EVERY) if bare and (two or memory.record is None) and not reading.those else reading


def of_shown(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules], *, points: bool) -> Reading:
    """Return the reading of a further question; a question about claims that names none refers to the claims shown."""
    rules = intents.get(reading.intent or "")
    asks = reading.unclear or (points and rules is not None and rules.shows_claims)
    if not memory.shown or not asks or not OF_CLAIMS.isdisjoint(reading.slots):
        return reading
    return replace(reading, points=True, those=reading.those or (0 if memory.record else EVERY))


def teller(reading: Reading, before: IntentRules, intents: Mapping[str, IntentRules]) -> str | None:
    """Return the likeliest intent about several claims, with the probability of intents about one claim added.

    The probability of an intent about a claim's cost or reason is added to that of the sum of claims; that of any other
    intent about one claim is added to that of the list.
    """
    told = defaultdict[str, float](float)
    for name, chance in reading.chances.items():
        rules = intents[name]
        if not rules.shows_claims:
            continue
        several = {before.tells, "days", "several", "sums", "two"} - {None, "one"}
        itself = rules.tells in several or (rules.tells is None and "more" in rules.follows)
        told[name if itself else telling("sums" if rules.tells or rules.to_come else "several", intents)] += chance
    likeliest = max(told, key=lambda name: told[name], default=None)
    return likeliest if told[likeliest or ""] >= reading.score else None


def of_those(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question with the ids of the claims shown, without earlier filters, if these are meant.

    Otherwise return the question unchanged.
    """
    if pair := of_two(memory, reading, intents):
        return replace(asked, slots=pair, unmet={})
    before = intents.get(memory.asked.intent) if memory.asked else None
    rules, meant = intents.get(asked.intent), _meant(memory, reading, before)
    same = memory.asked is not None and memory.asked.whose == asked.whose
    if rules is None or not (rules.shows_claims and same) or len(meant) <= 1:
        return asked
    slots = {name: slot for name, slot in asked.slots.items() if name in reading.slots}
    return replace(asked, slots=slots, arguments={by.THOSE: " ".join(meant)})


def _asks_of_claim(rules: IntentRules) -> bool:
    return rules.acts is None and any(one.name == _CLAIM for one in rules.subjects)


def by_name(memory: Memory, asked: Asked, intents: Mapping[str, IntentRules]) -> Asked:
    """Return a claims question with the shown provider's name in place of its reference, which no claim contains.

    Without a known name, the provider is dropped. Other questions are unchanged.
    """
    rules, slot = intents.get(asked.intent), asked.slots.get("provider_name")
    if rules is None or not rules.reads_claims or slot is None or "/" not in str(slot.value):
        return asked
    name = memory.asked.arguments.get(by.CALLED) if memory.asked else None
    others = {name: one for name, one in asked.slots.items() if name != "provider_name"}
    return replace(asked, slots={**others, "provider_name": Slot(name, name)} if name else others)


def of_doctor(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return a claims question about "him" or "her" after a list of providers, with the provider asked about before.

    Other questions are unchanged.
    """
    rules, before = intents.get(asked.intent), intents.get(memory.asked.intent) if memory.asked else None
    of_them = OF_THEM in reading.concepts and NAMES.isdisjoint(asked.slots) and not asked.arguments
    if rules is None or before is None or not (of_them and rules.reads_claims and lists_providers(before)):
        return asked
    spoken = (one.slots.get("provider_name") for one in memory.earlier if intents[one.intent].is_of_provider)
    name = next((slot for slot in spoken if slot and slot.is_plain and "/" not in str(slot.value)), None)
    return replace(asked, slots={**asked.slots, "provider_name": name}) if name else asked


def of_record(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question with the record that the last answer was about, if it refers to that record; else unchanged.

    It refers to it if both questions are about claims. The record is identified by its id, so filters of the earlier
    question are dropped.
    """
    context = memory.context()
    if (
        context is None
        or memory.asked is None
        or memory.asked.whose != asked.whose
        or {by.RECORD, by.THOSE} & asked.arguments.keys()
    ):
        return asked
    told = memory.asked.arguments.get(by.NAMED) if memory.asked.intent == asked.intent else None
    names = taken_over(context, replace(reading, intent=asked.intent), intents) if memory.about or told else ()
    before = intents.get(context.intent)
    described = reading.text.casefold().startswith(_IS) and not (reading.steps or _OTHERS.isdisjoint(reading.slots))
    of_claim = before is not None and before.reads_claims
    if memory.record and of_claim and reading.points and described and walks(asked, intents):  # "was that dental"
        return replace(asked, slots=reading.slots, arguments={by.RECORD: memory.record, by.DESCRIBED: "yes"})
    if by.RECORD not in names:
        return _in_focus(memory, asked, reading, intents)
    reason = {"amount"} if any(one.form == "reason" for one in reading.asked.values()) else set()  # "why isn't it $30"
    own = reading.slots.keys() - reason
    slots = {name: slot for name, slot in asked.slots.items() if name in own or name not in {*names, *reason}}
    shown = {name: one for name, one in ((by.RECORD, memory.about), (by.NAMED, told)) if one}
    return replace(asked, slots=slots, arguments={**asked.arguments, **shown})


def _in_focus(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question with the shown claim's id, from which "the next one" counts; unchanged if it is not meant.

    The question asks about one claim, or refers back to it or to its doctor, and describes no other claim: "how much
    did you all pay".
    """
    rules, record = intents[asked.intent], _claim_spoken_of(memory, reading, intents)
    if record is None or not (rules.reads_claims and (rules.walks or (rules.tells == "two" and reading.steps))):
        return asked
    if reading.steps > 1 and memory.asked and rules.tells in {"days", "fills"}:  # the same care again
        any_care, after = _NEXT.match(reading.text), Slot(reading.text, {"relation": "after", "one": True})
        care = {name: one for name, one in memory.asked.slots.items() if name in rules.heard} | {**asked.slots}
        care = {**reading.slots} if any_care else care
        arguments = {by.FOCUS: record, **({"pick": "-1"} if any_care else {})}  # the first one after it
        return replace(asked, slots={**care, "date_range": after}, arguments=arguments, unmet={})
    of_it = _asks_of_claim(rules) or reading.points or OF_THEM in reading.concepts
    named = not reading.points and not {"VISIT", "CLAIM", "FILL"}.isdisjoint(reading.concepts)
    anew = named or "LATEST" in reading.concepts or not _OTHERS.isdisjoint(reading.slots)  # "the $50 one in november"
    if not reading.steps and (anew or not of_it):
        return asked
    if not reading.steps:
        return replace(asked, arguments={**asked.arguments, by.FOCUS: record})
    # The step already says "before that one": it is no period of its own.
    slots = {name: slot for name, slot in asked.slots.items() if not (name in TIMES and _is_of_shown(slot))}
    return replace(asked, slots=slots, arguments={**asked.arguments, by.FOCUS: record, "pick": str(reading.steps)})


def _is_of_shown(slot: Slot) -> bool:
    """Return whether the period in the question is dated only by the shown record: "since that one"."""
    return isinstance(slot.value, Mapping) and bool(slot.value.get("one")) and slot.value.get("start") is None


def _claim_spoken_of(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> str | None:
    """Return the id of the claim that was shown last; None if no claim is meant.

    If a list or an answer about no claims came after it, only words that point back, such as "that one", mean the
    claim.
    """
    for at, topic in enumerate(one for one in (memory.asked, *memory.earlier) if one is not None):
        if topic.intent in intents and intents[topic.intent].reads_claims:
            told = (
                topic.arguments.get(by.FOCUS, topic.arguments.get(by.RECORD)) if at else next(iter(memory.shown), None)
            )
            return memory.record if memory.record and not at else told if reading.points else None
    return None


def walks(asked: Asked, intents: Mapping[str, IntentRules]) -> bool:
    """Return whether an answer's record can be followed by "the one before"."""
    return asked.intent in intents and intents[asked.intent].walks


def index_in_list(memory: Memory, asked: Asked) -> int | None:
    """Return the index in the last list of the question's provider or claim; None if it is not in the list."""
    subject = _subject(asked)
    places = (at for at, entry in enumerate(memory.choices) if subject and _subject(entry) == subject)
    return next(places, None)


def _subject(asked: Asked) -> object:
    return asked.arguments.get(by.RECORD) or asked.arguments.get(by.FOCUS) or asked.values.get("provider_name")


def at_place(memory: Memory, position: int) -> Asked | None:
    """Return the question of the list entry at this position, from 0; None if there is none."""
    return memory.choices[position] if 0 <= position < len(memory.choices) else None


def chosen(memory: Memory, index: int) -> Asked | None:
    """Return the list entry with this number, or at this position (-1 is the last), or None; 0 is `memory.lead`."""
    if index == 0:
        return memory.choices[memory.lead - 1] if memory.lead else None
    if index in memory.numbers:
        return memory.choices[memory.numbers.index(index)]
    return at_place(memory, index - 1 if index > 0 else len(memory.choices) + index)
