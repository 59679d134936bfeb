"""Whose record a question is about, among those that the asker's sign-in gives access to.

The people are those that the payer returned for the person's own token (`bot/accounts/identity.py`). A message or a
button only chooses among them; no other record is read.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.accounts.rows import LinkRow, PatientCandidate, place
from bot.conversation.exchange import Exchange, Parts
from bot.conversation.kin import OLDER, SELF, meant
from bot.conversation.provenance import closed
from bot.conversation.state import Asked, Memory
from bot.conversation.told import refers
from bot.errors import NotLinked
from bot.language.kernel import FALLBACK
from bot.language.reading import Cell, Reading, Slot
from bot.language.rules import PERSON, HouseholdRule, IntentRules
from bot.language.text import keys_in, read
from bot.language.weights import WORKINGS
from bot.message import SOURCES, Actions, Answered, AReply, Private, Shareable, Shared, in_rows

HOUSEHOLD, CHILDREN = {"kin": "household"}, {"kin": "children"}
"""Slot values for all people of the asker's sign-in, and for the children among them."""
SOME = "patients"
"""The key, in a household slot's value, of the Patient ids of the people asked about, if not everybody is."""


def household_of(asked: Asked, rules: IntentRules | None, people: Sequence[PatientCandidate]) -> HouseholdRule | None:
    """Return the intent's rule for an answer about several people together, if the question asks for one; else None.

    Return None also if the intent has no such rule, or if the question asks how plans work, which is the same for all.
    """
    slot = asked.slots.get(PERSON)
    value = slot.value if slot and isinstance(slot.value, Mapping) else {}
    together = value == HOUSEHOLD or SOME in value
    answer = rules.household if rules and together and len(people) > 1 and WORKINGS not in asked.slots else None
    return answer if answer and answer.fits(asked.values) and (answer.of_some or SOME not in value) else None


def of_household(asked: Asked, people: Sequence[PatientCandidate]) -> list[tuple[int, PatientCandidate]]:
    """Return the people of a household that are asked about, each with their number in `people`, from 1."""
    value = asked.slots[PERSON].value
    some = value.get(SOME) if isinstance(value, Mapping) else None
    return [(number, one) for number, one in enumerate(people, 1) if some is None or one.patient in some]


def means_several(slot: Slot) -> bool:
    """Return whether words mean all people that match ("the kids", "Sofía and Mateo"), not only one ("my kid")."""
    last = re.split("['\u2019]", slot.text)[0].split()[-1:]
    return slot.value == CHILDREN or bool(slot.values) or any(word.endswith("s") or word == "children" for word in last)


def by_button(asked: Asked) -> Asked:
    """Return a button's question about several people with its argument as the slot `person`; others unchanged."""
    kin = {"kin": asked.arguments[PERSON]}
    if kin not in (HOUSEHOLD, CHILDREN):
        return asked
    arguments = {name: value for name, value in asked.arguments.items() if name != PERSON}
    return replace(asked, arguments=arguments, slots={**asked.slots, PERSON: Slot("", kin)})


OTHER_RECORD = "account/other_record"
SWITCH, WHOSE = "account.switch", "account.whose"
_OWN = frozenset({"my", "mine", "our", "ours", "mi", "mis", "mio", "mia", "nuestro", "nuestra"})
# As they are written: "el" is an article, "él" a person. Each with the gender that it leaves out.
_PRONOUNS = {
    **dict.fromkeys(("he", "his", "him", "él"), "female"),
    **dict.fromkeys(("she", "her", "hers", "ella"), "male"),
}
_WORD = re.compile(r"[^\W_]+")
_ANOTHER = frozenset({
    "OTHER_PERSON", "NAMED_PERSON", "named_person", "OTHER_PARENT", "EMPLOYER", "provider_name", "any_doctor", "DOCTOR",
})  # fmt: skip
_OF_PLAN = frozenset({"", "Coverage", "MedicationKnowledge"})  # what a plan is, and no record of anybody
_OURS = frozenset({"our", "ours", "we", "weve", "us", "nuestro", "nuestra", "nuestros", "nuestras", "nosotros"})
_UNSAID = "unsaid"  # somebody is meant, and no word before says who
_SHOWN = 3

_GIVER = re.compile(r"\belse$|\botra persona$", re.IGNORECASE)
OfferLink = Callable[..., Awaitable[Private]]
"""The type of `Connecting.offer`."""


def about_whom(asked: Asked, exchange: Exchange, reading: Reading) -> Asked:
    """Return the question with the person it is about in the slot `person`, if its words name one.

    In a shared place, a question that names a person is refused. "His" or "her" means the last matching person that a
    question of this chat was about; if there is none, the bot asks whose record is meant. The pronoun is not resolved
    if the question names another person before it, or is about the writer.
    """
    person, memory = asked.values.get(PERSON), exchange.memory
    if not exchange.message.alone and isinstance(person, Mapping) and "name" in person:
        return replace(asked, intent=FALLBACK, slots={"reason": Slot("", "other_person")}, unmet={})
    if PERSON in asked.slots and reading.is_of_place(asked.slots[PERSON].text):
        asked = _of(asked, asked.whose)
    refused = _refused_before(exchange, reading) if PERSON not in asked.slots else None
    asked = replace(asked, slots={**asked.slots, PERSON: refused}) if refused else asked
    mine = [cell.text for cell in _asking(reading) if cell.name == "MY"]
    ours = next((words for words in mine if not _OURS.isdisjoint(keys_in(words))), "")
    if PERSON not in asked.slots and len(memory.people) > 1 and ours:
        return replace(asked, slots={**asked.slots, PERSON: Slot(ours, HOUSEHOLD)})
    said = [word for cell in _asking(reading) for word in _WORD.findall(_lower(cell.text)) if word in _PRONOUNS]
    word = said[0] if len({_PRONOUNS[word] for word in said}) == 1 else ""
    if not word or not memory.people or PERSON in asked.slots or _names_another(reading, word):
        return asked
    spoken = [one for one in _spoken_of(memory) if one.gender != _PRONOUNS[word]]
    if spoken and (not mine or spoken[0].patient == memory.current):
        return replace(asked, slots={**asked.slots, PERSON: Slot(word, {"patient": spoken[0].patient})})
    if memory.asked is None and (not mine or word in {"his", "her", "hers"}):
        return replace(asked, slots={**asked.slots, PERSON: Slot("", _UNSAID)})
    return asked


def _refused_before(exchange: Exchange, reading: Reading) -> Slot | None:
    """Return the person of the last question if no sign-in here reads that record, and the message goes on about it.

    It says nothing of its writer ("why so much"), or refers to what was asked ("how much of that is mine").
    """
    last = exchange.memory.asked
    slot = last.slots.get(PERSON) if last and last.whose == exchange.memory.chosen else None
    named = slot is not None and isinstance(slot.value, Mapping) and HOUSEHOLD != slot.value != CHILDREN
    goes_on = refers(read(reading.text)) or not _says(reading, _OWN | {"i", "im", "ive", "we", "tengo", "estoy"})
    return slot if named and goes_on else None


def without_giver(reading: Reading) -> Reading:
    """Return the reading; "someone else" is removed if they gave the care and the question is about the writer."""
    slot = reading.slots.get(PERSON)
    if slot is None or not _GIVER.search(slot.text) or "MY" not in reading.concepts:
        return reading
    return replace(reading, slots={name: one for name, one in reading.slots.items() if name != PERSON})


def of_nobody(asked: Asked) -> Asked:
    """Return the question without an ignored household if it needs no record, as in "family plans"."""
    slot = asked.unmet.get(PERSON)
    if slot is None or slot.value != HOUSEHOLD:
        return asked
    return replace(asked, unmet={name: slot for name, slot in asked.unmet.items() if name != PERSON})


def spoken_of(memory: Memory, reading: Reading) -> str:
    """Return the Patient id of the person that a new question is about if it names nobody.

    The person is that of the last question. If the message says "my" or "I", and no "her", it is the person that the
    asker switched to or connected.
    """
    return memory.chosen if _says(reading, _OWN | {"i", "im", "ive", "we", "tengo", "estoy"}) else memory.current


def _names_another(reading: Reading, word: str) -> bool:
    """Return whether the message names somebody else before the pronoun `word`, so that the pronoun may mean them."""
    before = re.split(rf"\b{word}\b", _lower(reading.text), maxsplit=1)[0]
    return any(cell.name in _ANOTHER and _lower(cell.text).partition(word)[0] in before for cell in reading.cells)


def _spoken_of(memory: Memory) -> list[PatientCandidate]:
    """Return the people that earlier questions were about, most recent first, without the person who signed in."""
    known = {one.patient: one for one in memory.people if not one.own}
    return [known[patient] for patient in (*memory.spoken, memory.whose) if patient in known]


def _asking(reading: Reading) -> list[Cell]:
    """Return the cells of the clauses that ask a question."""
    return [cell for cell in reading.cells if cell.role == "asks"]


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def followed(asked: Asked | None, memory: Memory, reading: Reading) -> Asked | None:
    """Return a changed question with its person: still the same one, or after "my" or a removed name the asker.

    A change that names a person, and None, are returned unchanged.
    """
    slot = reading.slots.get(PERSON)
    if asked is None or (slot is not None and slot.value is not None):
        return asked
    if slot is not None:
        return replace(asked, whose=next((one.patient for one in memory.people if one.own), memory.chosen))
    return replace(asked, whose=memory.chosen) if _says(reading, _OWN) else asked


def _says(reading: Reading, words: Collection[str]) -> bool:
    """Return whether the question contains a possessive or pronoun of `words`, and no possessive of another person."""
    said = {word for cell in _asking(reading) if cell.name == "MY" for word in keys_in(cell.text)}
    return not said.isdisjoint(words) and all(cell.name != "HER" for cell in _asking(reading))


def called(memory: Memory, asked: Asked) -> str:
    """Return the given name of the person a question is about; "" for the person who signed in."""
    return next((one.given for one in memory.people if one.patient == asked.whose and not one.own), "")


class Settled(msgspec.Struct, frozen=True):
    """A question whose person is known (`found` is None), or with the people that it may mean.

    `found` is () if the sign-in gives access to no such person.
    """

    asked: Asked
    found: tuple[PatientCandidate, ...] | None = None


def settle(asked: Asked, rules: IntentRules | None, memory: Memory, today: date) -> Settled:
    """Return the question with the Patient id of its person, or with the candidates if none or several match.

    For an intent with a slot `person`, the person is a value within the asker's record ("is my son covered"). If one
    person matches and the intent lists another one as `covered`, the question becomes one of that intent about the
    person's own record.
    """
    asked = replace(asked, whose=asked.whose or memory.chosen, pronoun="")
    if PERSON in asked.arguments:
        asked = by_button(asked)
    if rules and PERSON in rules.slots and rules.household and PERSON not in asked.slots:
        asked = replace(asked, slots={**asked.slots, PERSON: Slot("", HOUSEHOLD)})  # "who is on my plan" names nobody
    slot = asked.slots.get(PERSON)
    if rules is None or rules.needs != "member" or slot is None or slot.excluded:
        return Settled(asked)
    if isinstance(slot.value, Mapping) and HOUSEHOLD.items() <= slot.value.items():
        return _of_all(asked, rules, memory)
    if slot.value == _UNSAID:
        return Settled(_of(asked, asked.whose), None if PERSON in rules.slots else memory.people)
    found = meant(slot, memory.people, asked.whose, today)
    if PERSON in rules.slots:
        covered = rules.covered if len(found) == 1 else None
        return Settled(replace(_of(asked, found[0].patient), intent=covered) if covered else asked)
    if slot.value in SELF and not memory.people:
        return Settled(_of(asked, ""))
    return Settled(_of(asked, found[0].patient)) if len(found) == 1 else _of_some(asked, rules, memory, found)


def _of_all(asked: Asked, rules: IntentRules, memory: Memory) -> Settled:
    """Return the question about a whole household: as it is if an answer can be about all, else with the candidates.

    "Our plan" is the asker's own plan if no answer is about all. If the sign-in has one person, the question is about
    that person, and the household becomes an ignored condition.
    """
    slot, reads = asked.slots[PERSON], rules.reads.type if rules.reads else ""
    if PERSON in rules.slots or WORKINGS in asked.slots or household_of(asked, rules, memory.people):
        return Settled(replace(asked, whose=memory.chosen))
    of_plan = slot.text.casefold() in _OURS and reads in _OF_PLAN
    if len(memory.people) > 1 and not of_plan:
        return Settled(_of(asked, asked.whose), memory.people)
    alone = _of(asked, asked.whose)
    return Settled(alone if memory.people else replace(alone, unmet={**alone.unmet, PERSON: slot}))


def _of_some(asked: Asked, rules: IntentRules, memory: Memory, found: tuple[PatientCandidate, ...]) -> Settled:
    """Return the question about several people together if the words mean all of them and an answer can be about them.

    Otherwise return the question with the candidates. A question about a rule of the plan is about the asker's plan.
    """
    slot = asked.slots[PERSON]
    these = {**HOUSEHOLD, SOME: [one.patient for one in found]}
    some = replace(asked, slots={**asked.slots, PERSON: replace(slot, value=these, values=(), how=None)})
    older = any(isinstance(value, Mapping) and value.get("kin") in OLDER for value in slot.every)
    if (WORKINGS in asked.slots or not (found or older)) and _is_of_plan(asked, rules):  # a parent has another plan
        alone = _of(asked, asked.whose)
        return Settled(replace(alone, unmet={**alone.unmet, PERSON: slot}))
    if not (found and means_several(slot) and household_of(some, rules, memory.people)):
        return Settled(asked, found)
    unmet = {name: one for name, one in asked.unmet.items() if name != PERSON}
    return Settled(replace(some, whose=memory.chosen, unmet=unmet))


def _is_of_plan(asked: Asked, rules: IntentRules) -> bool:
    """Return whether the question asks for a rule of the plan, which is the same for everybody on the plan."""
    every = {} if WORKINGS in asked.slots else rules.for_others
    told = {slot: str(asked.values.get(slot) or "") for slot in every or ()}
    return every is not None and all(
        told[slot] in known or (told[slot] and "*" in known) for slot, known in every.items()
    )


def _of(asked: Asked, patient: str) -> Asked:
    """Return the question about this Patient's record, without its slot `person`. A pronoun is kept for the answer."""
    slot = asked.slots.get(PERSON)
    by = slot.text if slot is not None and isinstance(slot.value, Mapping) and "patient" in slot.value else ""
    return replace(asked.without(PERSON), whose=patient, pronoun=by)


class Owners:
    """Replies about whose record is used. `offer` returns a reply with a one-time sign-in link."""

    def __init__(self, parts: Parts, offer: OfferLink) -> None:
        self._accounts, self._pack, self._dialogue, self._now = parts.accounts, parts.pack, parts.dialogue, parts.now
        self._offer = offer

    async def recall(self, exchange: Exchange) -> None:
        """Read the dialogue state, with the asker's account link; without the link for directory-only people."""
        message, key = exchange.message, exchange.message.person.key
        memory, kept = await self._dialogue.recall(message, *(() if message.directory_only else (place(LinkRow, key),)))
        link = self._accounts.rows.unbound(LinkRow, key, kept[0]) if kept else None
        exchange.memory = replace(memory, link=link)

    def other(self, exchange: Exchange, asked: Asked, found: Collection[PatientCandidate]) -> Answered:
        """Return the reply in place of an answer: a choice among the people `found`, or that there is no access.

        In shared places the reply is always private, because it must not reveal whose records the asker may read.
        """
        people = exchange.memory.people
        values = {"asked": asked, "people": found or people, "whose": asked.whose}
        kind: type[Answered] = Private if people or isinstance(exchange.message.place, Shared) else Shareable
        template = "account/which" if found else OTHER_RECORD
        return self._pack.reply(kind, asked.intent, template, values, asked.language)

    async def answer(self, exchange: Exchange, asked: Asked) -> Private:
        """Return the reply to "whose record is this" or "switch to Mai". A switch changes the exchange's memory."""
        message, memory = exchange.message, exchange.memory
        link = await self._accounts.link(message.person)
        if link is None:
            return await self._offer(message.person, asked.language, NotLinked.template, intent=asked.intent)
        slot = asked.slots.get(PERSON)
        template, whose = "account/whose", memory.current
        if asked.intent == SWITCH and memory.people:
            known = tuple(one for one in memory.people if one.patient == asked.whose and message.press)
            found = meant(slot, memory.people, whose, self._now().date()) if slot else known
            if len(found) != 1:
                reply = self.other(exchange, replace(asked, whose=whose), found)
                return Private(intent=reply.intent, language=reply.language, blocks=reply.blocks)
            template, whose = "account/switched", found[0].patient
            last = replace(memory.asked, whose=whose) if memory.asked else None  # "and the deductible?" is about them
            earlier = tuple(replace(one, whose=whose) for one in memory.earlier)
            exchange.memory = replace(memory, whose=whose, asked=last, earlier=earlier)
        values = {"people": memory.people, "whose": whose, "link": link}
        return self._pack.reply(Private, asked.intent, template, values, asked.language)

    def headed(self, reply: AReply, asked: Asked, memory: Memory) -> AReply:
        """Return a private answer with a heading that says whose record it shows, and buttons for the other people.

        The answer is unchanged if the sign-in has one person, if the answer is about a household, and if it is from the
        directory, which is about no record although a person's network may be used.
        """
        if not memory.people:
            return reply
        about = memory.asked if asked.intent == SOURCES and memory.asked else asked
        rules = self._pack.intents.get(about.intent)
        if rules is not None and rules.needs == "directory":
            return reply
        shown = next((one for one in memory.people if one.patient == asked.whose), None)
        every = household_of(about, rules, memory.people)
        if shown is None or every is not None or not isinstance(reply, Private):
            return reply
        numbered = [{"person": one, "number": number} for number, one in enumerate(memory.people, 1)]
        own = next(one for one in numbered if one["person"] is shown)
        others = [one for one in numbered if one["person"] is not shown]
        values = {**own, "asked": asked, "others": others[:_SHOWN], "more": len(others) > _SHOWN}
        said = self._pack.render("_whose", values, asked.language)
        lines = tuple(block for block in said if not isinstance(block, Actions))
        return replace(reply, blocks=closed((*lines, *reply.blocks), [Actions(in_rows(said))]))
