"""The meaning of a message after the previous answer: a follow-up, a list entry, a yes, or a request to share.

The functions are pure. To share an answer, the question is asked again without the asker's account, address or
networks, so that the new answer is a `Shareable`.
"""

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bot.conversation import focus
from bot.conversation.focus import OF_ONE_NAME
from bot.conversation.shown import NAMES, apart_from_last, entries_meant, of_both, outside, words_beside
from bot.conversation.state import ENTRY, THERE, Asked, Memory
from bot.conversation.told import refers
from bot.kit.ask import whole
from bot.kit.facts import facts_in
from bot.language import context as by
from bot.language.context import CHANGES, KINDS_OF_CARE, TIMES, changed, lists_providers
from bot.language.kernel import OF_THEM, SHARE
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules, shows_one
from bot.language.text import read
from bot.message import SOURCES, Language

WHICH = "which"
"""The argument of a question about one of a list's providers that does not say which."""
_NEEDS_A_PRESS = frozenset({"account.unlink", "account.forget", "account.decline", SOURCES})
_ORDINAL, _SOURCES, _AGAIN = "followup.ordinal", "followup.sources", "followup.again"
_EXPORT, _MORE, _PERSON, _PROVIDER = "followup.export", "followup.more", "handoff.human", "provider_name"
_WISH, _BARE = "wish", frozenset({"BARE", "FILLER", "GENERIC", "HER", "PAST", "FUTURE"})
_NEAR, _ENDS = Slot("", "me"), (1, -1)
_FIRST_ONES = re.compile(r"\b[2-9]\b")
_SHOWN = frozenset({by.AMONG, by.BESIDE, by.FACTS, by.LIKE, by.LIKE_WORDS, by.NAMED, by.SAID_OF, by.THOSE})
SHARED = "share"
"""The argument of a question whose answer is to be shared."""
_CONTACT, _FILE, _PAGE, _LIST = "contact", "file", "page", "list"
"""The names of arguments: a contact card, a file, a page of a list. `_LIST` is only a value of the slot "share"."""


def of_what_was_shown(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question with the list entry or record of the last answer that it refers to; else unchanged."""
    rules = intents.get(asked.intent)
    if asked.intent == _PERSON:
        same = memory.asked is not None and memory.asked.whose == asked.whose
        return (
            replace(asked, arguments={**asked.arguments, by.RECORD: memory.record}) if same and memory.record else asked
        )
    if (both := of_both(memory, asked, reading, intents)) is not asked:
        return both
    if rules is not None and rules.of_entry and "distance" in facts_in(reading.text) and "location" not in asked.slots:
        asked = apart_from_last(memory, asked)
    one, last = shows_one(intents), intents.get(memory.asked.intent) if memory.asked else None
    finds = intents[one].instead if one else None
    if finds and last and last.of_entry and "NEAR_FAR" in reading.concepts and not reading.slots:
        asked, rules = replace(asked, intent=finds.intent, slots={}), intents[finds.intent]  # "anybody closer"
    if one and rules is not None and lists_providers(rules) and not rules.of_entry:
        fact = memory.choices and not reading.slots and facts_in(reading.text)
        if wish := _not_of_search(memory, asked, reading):
            return _among(memory, replace(asked, intent=one, slots={_WISH: wish}, unmet={}), reading)
        if not fact:
            return _like_shown(memory, asked, reading, intents)
        asked, rules = replace(asked, intent=one, slots={}), intents[one]  # "specialty" beside a list
    if one and last and last.intent == asked.intent != one and last.of_entry and _asks_listing(reading):
        asked, rules = replace(asked, intent=one), intents[one]  # "any other loc?" after "is he in network L"
    if rules is not None and (search := _searched_again(memory, asked, reading, intents)):
        return search
    asked = of_entry(memory, focus.by_name(memory, asked, intents), reading, intents)
    asked = focus.of_those(memory, focus.of_record(memory, asked, reading, intents), reading, intents)
    return focus.of_doctor(memory, asked, reading, intents)


def _not_of_search(memory: Memory, asked: Asked, reading: Reading) -> Slot | None:
    """Return the words of a question about the listed providers that would only repeat their search; else None.

    It refers to them and names nothing that a search or a listing has: "are they any good", "have they had complaints".
    """
    last, said = memory.asked, {one.text for one in reading.slots.values() if one.text and one.text in reading.text}
    asks = any(one.form for one in reading.asked.values())
    of_them = refers(read(reading.text)) or _BARE.issuperset(reading.concepts)
    if last is None or len(memory.choices) <= 1 or said or asks or not of_them:
        return None
    same = asked.intent == last.intent and asked.values == last.values
    words = asked.unmet[_WISH].text if _WISH in asked.unmet else reading.text.strip(" ?.!")
    return Slot(words, "words") if same and asked.arguments.keys() <= {by.FACTS} else None


def _asks_listing(reading: Reading) -> bool:
    """Return whether a message without values asks for facts of a listing other than networks: "fax?"."""
    facts = facts_in(reading.text)
    return not reading.slots and bool(facts) and facts.isdisjoint({"networks", "accepting_new", "active", "distance"})


def _searched_again(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the last provider search, with the conditions that a question about its results adds; else None.

    The question names no provider. It is about several results ("do they take my plan"), or the search found nobody;
    the repeated search then says so again: "the 2nd one's fax".
    """
    rules, before = intents[asked.intent], intents.get(memory.asked.intent) if memory.asked else None
    if memory.asked is None or before is None or not lists_providers(before) or not NAMES.isdisjoint(reading.slots):
        return None
    own = {name: slot for name, slot in asked.slots.items() if name in reading.slots}
    said = {name: slot for name, slot in {**asked.unmet, **own}.items() if name in before.slots}
    of_two = said and rules.needs == "directory" and ("other_name" in rules.slots or rules.of_list == asked.intent)
    several = (len(memory.choices) > 1 or reading.those) and "ordinal" not in reading.slots
    of_several = of_two or (rules.of_entry and (rules.of_list or ((reading.those or reading.which) and said)))
    if not ((several and of_several) or (not memory.choices and (of_two or rules.of_entry))):
        return None
    listed = memory.asked.alone
    unmet = {name: slot for name, slot in asked.unmet.items() if name not in said}
    return replace(listed, slots={**listed.slots, **said}, arguments={}, language=asked.language, unmet=unmet)


def _like_shown(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return a search for providers like the one just shown, which becomes an argument: "who else in that office".

    A search that names another kind, but no place and no provider, is for providers near the one shown: "any pharmacy
    near there". That of a member, who has a home, is so only if it says so.
    """
    before, context = intents.get(memory.asked.intent) if memory.asked else None, memory.context()
    slot = context.slots.get(_PROVIDER) if context and before and before.is_of_provider else None
    if len(memory.choices) == 1:
        slot = memory.choices[0].slots.get(_PROVIDER, slot)
    same = "MORE" in reading.concepts and ("GENERIC" in reading.concepts or refers(reading.said))  # "the next doctor"
    kinds = KINDS_OF_CARE - ({"specialty"} if same else set())
    like = kinds.isdisjoint(asked.slots)
    leans = slot is not None and slot.is_plain and NAMES.isdisjoint(asked.slots)
    there = memory.link is None or refers(reading.said) or THERE.search(reading.text)
    if not (context and slot and leans and (like or there)):
        return asked
    shown = {by.LIKE: str(slot.value), by.LIKE_WORDS: reading.text} if like else {by.BESIDE: str(slot.value)}
    town = {name: one for name, one in context.slots.items() if name == "location"}
    carried = KINDS_OF_CARE - {*reading.slots} if like else frozenset[str]()
    slots = {name: one for name, one in asked.slots.items() if name not in carried}
    slots |= town if asked.slots.get("location", _NEAR).value == "me" else {}
    return replace(asked, slots=slots, arguments={**asked.arguments, **shown})


def of_entry(memory: Memory, asked: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question about the list entry to which it refers: "the second one's phone number"; else unchanged.

    The entry's button identifies its record or provider. Without a number, a question about a provider is about the
    entries that are meant ("the limestone one"), else about `memory.lead`, the entry that was singled out, or all of
    them. "My last claim" is the newest claim. For a number that no entry has, return a question that says so.
    """
    rules, told = intents.get(asked.intent), asked.slots.get("ordinal")
    if told and told.values:  # "the second and third"
        several = [int(one["index"]) for one in told.every if isinstance(one, Mapping) and "index" in one]
        return _among(memory, replace(asked.without("ordinal"), intent=shows_one(intents)), reading, several)
    index = told.value.get("index") if told and isinstance(told.value, Mapping) else None
    index = None if _PROVIDER in reading.slots else index  # "McAlister, first name"
    if index in _ENDS and 1 < reading.those < len(memory.choices):  # "do the first two speak Spanish"
        few = memory.numbers[: reading.those] if index > 0 else memory.numbers[-reading.those :]
        return _among(memory, replace(asked.without("ordinal"), intent=shows_one(intents)), reading, few)
    own = "MY" in reading.concepts and OF_THEM not in reading.concepts  # "my doctor", but "does she take my plan"
    if rules is not None and rules.of_entry and index is None and not own:
        meant = entries_meant(memory, reading) if NAMES.isdisjoint(reading.slots) else ()
        index = meant[0] if len(meant) == 1 else 0 if NAMES.isdisjoint(reading.slots) else None
        if meant:  # they are told by what is shown of them, and are not the one before
            asked = asked.without("wish", _PROVIDER)
        if not index and (
            index is None or meant or reading.those or not memory.lead or _FIRST_ONES.search(reading.text)
        ):
            asked = _among(memory, asked, reading, meant)
            index = None if by.AMONG in asked.arguments else index
            if told and by.AMONG in asked.arguments:  # "that one", of several
                asked = replace(asked, arguments={**asked.arguments, WHICH: "yes"})
    slots = {name: slot for name, slot in asked.slots.items() if name != "ordinal"}
    if index == -1 and {"CLAIM", "VISIT", "FILL"}.intersection(reading.concepts):
        return replace(asked, slots=slots)
    entry = focus.chosen(memory, int(index)) if index is not None and memory.choices else None
    if entry is None:
        none = index and not own and no_such_entry(memory, replace(reading, intent=_ORDINAL), asked.language)
        return none or asked
    slots |= {name: slot for name, slot in entry.slots.items() if name == _PROVIDER}
    arguments = {name: value for name, value in entry.arguments.items() if name == by.RECORD}
    if arguments and rules and "ordinal" not in rules.heard:  # the answer counts claims, here this one
        arguments[by.THOSE] = arguments[by.RECORD]
    whose = entry.whose or asked.whose
    return replace(asked, slots=slots, arguments={**asked.arguments, **arguments}, whose=whose)


def _among(memory: Memory, asked: Asked, reading: Reading, meant: Sequence[int] = ()) -> Asked:
    """Return the question with the providers of the list just shown, if there are several: "npi?"; else unchanged.

    A number in the question limits the providers to the first ones, and `meant` to these entries. Providers with one
    common name are searched by the name and its conditions, so that those that were not shown are found too.
    """
    entries = [focus.chosen(memory, number) for number in meant] or memory.choices
    slots = (entry.slots.get(_PROVIDER) for entry in entries if entry)
    shown = list(dict.fromkeys(str(slot.value) for slot in slots if slot))
    several = 1 < len(shown) == len(entries)
    first = _FIRST_ONES.search(reading.text)
    name = memory.asked.slots.get(_PROVIDER) if memory.asked and not (first or meant) else None
    if several and name and name.is_plain and memory.asked:
        chose = {one: slot for one, slot in memory.asked.slots.items() if one in OF_ONE_NAME}
        return replace(asked, slots={**chose, **asked.slots})
    shown = shown[: int(first[0])] if first else shown
    return replace(asked, arguments={**asked.arguments, by.AMONG: " ".join(shown)}) if several else asked


def consent(memory: Memory, reading: Reading) -> Asked | None:
    """Return the question of the last reply's first button if the message is a bare yes; else None.

    Return None also if that button deletes something, so that it must be pressed, or if the bot asked for a slot.
    """
    told = reading.slots.get("answer")
    first = next(iter(memory.labels.values()), None)
    if told is None or told.value != "yes" or first is None or memory.wants is not None:
        return None
    return None if first.intent in _NEEDS_A_PRESS else first


def resolve(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question that a follow-up means after the last answer; None if nothing fits."""
    last = memory.earlier[reading.back - 1] if reading.back else memory.asked
    if last is None or reading.intent is None:
        return None
    if by.AMONG in last.arguments and memory.earlier and reading.intent in CHANGES and NAMES.isdisjoint(reading.slots):
        before = intents.get(memory.earlier[0].intent)
        if before and lists_providers(before):
            last, reading = memory.earlier[0], replace(reading, back=1)  # the list, of which all were asked about
    page = str(whole(last.arguments.get("page")) + 1)
    repeated: dict[str, dict[str, str]] = {_AGAIN: {}, _EXPORT: {"file": "yes"}, _MORE: {"page": page}}
    if reading.intent in repeated:
        return replace(last, arguments={**last.arguments, **repeated[reading.intent]})
    if reading.intent == _ORDINAL:
        return _ordinal(memory, last, reading, intents)
    if reading.intent == _SOURCES:
        return next((asked for asked in memory.labels.values() if asked.intent == SOURCES), None)
    context = memory.context()
    if context is None:
        return None
    other = not (TIMES | last.chose.keys()).isdisjoint(reading.slots)  # records that other conditions choose
    if other and not reading.back:
        context = replace(context, slots={**last.chose, **context.slots})
    intent, slots = changed(context, outside(reading), intents)
    waits = memory.wants is not None and intent == last.intent  # what was asked for is a part of the same question
    shared = {name: value for name, value in carried(last).items() if value and waits}
    held = _SHOWN - {by.THOSE} if other else _SHOWN
    shared |= {name: value for name, value in last.arguments.items() if name in held and intent == last.intent}
    shared |= {by.SAID_OF: words} if (words := words_beside(reading)) else {}
    return replace(last, intent=intent, slots=slots, arguments=shared, unmet=reading.unmet)


def refined(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question that results from a follow-up or a request to share; None if nothing fits.

    A refinement that names no other record is about the record that was shown.
    """
    if reading.intent == SHARE:
        return to_share(memory, reading, intents)
    followed = resolve(memory, reading, intents)
    rules = intents.get(followed.intent) if followed else None
    if followed is None or rules is None:
        return followed
    of_table = rules.tells == "several" and "layout" in followed.slots
    if reading.intent == _ORDINAL and "pick" in followed.arguments and not (rules.walks or of_table):
        return None
    if reading.intent != "followup.refine":
        return followed
    return focus.of_those(memory, focus.of_record(memory, followed, reading, intents), reading, intents)


def no_such_entry(memory: Memory, reading: Reading, language: Language) -> Asked | None:
    """Return the reply to a number that is not in the list, or to "repeat that" before any answer; else None.

    The reply is a question whose template is rendered without a search.
    """
    if reading.intent == _AGAIN:
        return Asked(_AGAIN, language=language)
    if reading.intent != _ORDINAL or not memory.choices:
        return None
    asked, only = memory.choices[0], None
    if len(memory.choices) == 1 and asked.intent != ENTRY:  # its question, as the template's values for a button
        words = {name: value for name, value in asked.values.items() if isinstance(value, str)}
        only = {"intent": asked.intent, "arguments": tuple({**words, **asked.arguments}.items())}
    slots = {"entries": Slot("", len(memory.choices)), "only": Slot("", only)}
    return Asked(_ORDINAL, slots=slots, language=language)


def _ordinal(memory: Memory, last: Asked, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question about the list entry that an ordinal means; None if there is no such entry.

    A step, as in "the one before that", starts from the last answer. Without a list, the ordinal counts the records
    that the last question finds.
    """
    wanted = reading.slots["ordinal"].value if "ordinal" in reading.slots else {"step": 1}
    if not isinstance(wanted, Mapping):
        return None
    if "step" in wanted:
        return _stepped(memory, last, int(wanted["step"]) or reading.steps, intents)
    index = int(wanted["index"])
    if memory.choices:
        first = memory.lists_records and "order" not in last.slots and _PAGE not in last.arguments  # the last visit
        return focus.chosen(memory, 1 if index < 0 and first else index)
    return replace(last, arguments={**last.arguments, "pick": str(max(index - 1, 0) if index >= 0 else index)})


def _stepped(memory: Memory, last: Asked, step: int, intents: Mapping[str, IntentRules]) -> Asked | None:
    """Return the question about the record `step` entries after the one that was shown; None if there is no such entry.

    In a list, this is the next entry. Otherwise the last search is repeated under its conditions: the argument `pick`
    counts from the record that was shown, or from the newest one if there were several. A date range is dropped once it
    has found its record.
    """
    if memory.choices and (not step or (focus.index_in_list(memory, last) is not None and len(memory.choices) > 1)):
        return focus.at_place(memory, memory.lead - 1 + step)
    asked = (one for one in (last, *memory.earlier) if one.intent in intents)
    of_records = (one for one in asked if by.RECORD not in one.arguments or not intents[one.intent].reads_claims)
    start = next((one for one in of_records if focus.walks(one, intents)), None)
    if len(memory.choices) > 1 and (start is not last or intents[last.intent].needs == "directory"):
        return focus.at_place(memory, step)
    if start is None:
        return None
    shown, pick = {**start.arguments}, whole(start.arguments.get("pick")) + step
    shown.pop(by.RECORD, None)  # of a test, whose name tells it
    if start is last and memory.record and intents[start.intent].reads_claims:
        shown, pick = {**shown, by.FOCUS: memory.record}, step
    slots = {name: slot for name, slot in start.slots.items() if by.FOCUS not in shown or name not in TIMES}
    return replace(start, slots=slots, arguments={**shown, "pick": str(pick if by.FOCUS in shown else max(pick, 0))})


def to_share(memory: Memory, reading: Reading, intents: Mapping[str, IntentRules]) -> Asked:
    """Return the question whose answer is to be shared; the sharing intent alone if there is none.

    The question is about the provider in the message, or an entry of the last list; else it is the last directory
    question, preferably one with a list if a list is to be shared.
    """
    how = str(reading.slots["share"].value) if "share" in reading.slots else ""
    one = shows_one(intents)
    name, told = reading.slots.get("provider_name"), reading.slots.get("ordinal")
    index = told.value.get("index") if told is not None and isinstance(told.value, Mapping) else None
    entry = focus.chosen(memory, int(index)) if index is not None else None
    open_ = [asked for asked in (memory.asked, *memory.earlier) if asked is not None and _is_open(asked, intents)]
    lists = [asked for asked in open_ if asked.intent != one] if how in {_LIST, _FILE} else []
    found = next(iter(lists or open_), None)
    if name is not None and one:
        found = Asked(one, slots={"provider_name": name})
    elif entry is not None and _is_open(entry, intents):
        found = entry
    if found is None:
        return Asked(SHARE)
    if how == _CONTACT and found.intent != one:
        only = focus.chosen(memory, 0)
        if only is None or not _is_open(only, intents):
            return Asked(SHARE, slots={"entries": Slot("", len(memory.choices))})
        return replace(only, arguments={**only.arguments, _CONTACT: "yes"})
    shared = {} if how in {_CONTACT, _FILE} else {SHARED: "yes"}
    kept = {name: value for name, value in found.arguments.items() if name not in {_PAGE, SHARED}}
    return replace(found.alone, arguments={**kept, _FILE: "yes", _CONTACT: "yes", **shared})


def carried(asked: Asked) -> dict[str, str | None]:
    """Return the arguments "share", "file" and "contact" of a question that waits for a place; None where not set."""
    return {name: asked.arguments.get(name) for name in (SHARED, _FILE, _CONTACT)}


def _is_open(asked: Asked, intents: Mapping[str, IntentRules]) -> bool:
    rules = intents.get(asked.intent)
    return rules is not None and rules.needs == "directory"
