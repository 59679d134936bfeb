"""Finds what a definite description means: "the heart doctor's number", "the knee ones", "an alternative to that one".

A description is matched with the claims that were shown, then with those of the record, by the conditions that a
question in its words would have. The claim, or its provider or drug, becomes the value of the question's slot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.accounts.rows import Access
from bot.conversation.exchange import Exchange, Parts, Several
from bot.conversation.focus import teller, telling
from bot.conversation.own_records import OwnRecords
from bot.conversation.shown import NAMES
from bot.conversation.state import Asked, Memory
from bot.kit import Ask, Claim, by_name, filter_of, fitting, words_of
from bot.kit.facts import asks_fact
from bot.language import context as by
from bot.language.context import OF_CLAIMS, TIMES, lists_providers
from bot.language.kernel import FALLBACK, FOLLOW, OF_THEM
from bot.language.reading import Reading, Slot
from bot.language.rules import PERSON, shows_one
from bot.language.text import Utterance, read
from bot.message import Message

_PROVIDER, _DRUG, _CLAIM, _BOOKS = "provider_name", "drug", "claim", "action:schedule"
_POINTING = frozenset(words_of("that those this these same ese esa eso esos esas este esta estos estas mismo misma"))
_DEFINITE = _POINTING | frozenset(words_of("the my her his el la los las mi mis su sus"))
_PICKED = frozenset(words_of("one ones 1 1s"))
_PLACES = frozenset(words_of("place places office clinic facility center lugar consultorio"))
_KINDS = frozenset(words_of("hospital lab pharmacy drugstore laboratorio farmacia"))
"""Words of a place, and those that say which kind of place it is."""
_DOCTORS = frozenset(
    words_of("doctor doctors dr drs doc docs specialist provider surgeon physician doctora medico medica dentist")
)
_DRUGS = frozenset(words_of("drug medicine med meds medication pill pills shot rx prescription medicina"))
_DIAGNOSES = frozenset(words_of("diagnosis condition illness problem diagnostico enfermedad"))
_FACTS = frozenset(words_of("phone number address hours fax name info contact direccion telefono"))
_OTHER = re.compile(r"\b(?:others?|else|otr[oa]s?)\b", re.IGNORECASE)
_OWN = re.compile(r"(?:my|her|his|mis?|sus?)\b", re.IGNORECASE)
_THEIRS = re.compile(r"\b(?:they|their|there|them|him|he|she|her|ah[ií]|all[ií])\b", re.IGNORECASE)
_ORDERED = frozenset(words_of("last latest newest recent most first oldest ultimo ultima"))
_CLAIMS = frozenset(
    words_of("visit visits claim claims bill bills appointment fill charge visita reclamo reclamacion cuenta factura")
)
_GENERIC = (
    _PICKED
    | _PLACES
    | _DOCTORS
    | _ORDERED
    | _DRUGS
    | _FACTS
    | _CLAIMS
    | frozenset(words_of("s i of in on at for from with and"))
)
"""Words that do not say which claim is meant."""
_ENDS = frozenset(
    words_of(
        "by about under through thru not there here today too also cost costs need needs covered open paid due get "
        "is was are were be do does did has have had can could will would should may must and or but "
        "so as than if that who whom what when where why how which i we you they he she it still "
        "again please now them then es era fue son fueron esta tiene y o pero que quien cuando donde "
        "como me se"
    )
)
"""Words before which a description ends."""
_INSIDE = frozenset(words_of("of in on at for from with de en con para"))
_LONGEST, _BARE, _THAT = 7, 3, {"step": 0}  # words; the ordinal that counts nothing
OWN = "own"
"""The argument of a question with a value that was found in the record."""
_LEAST = 0.1  # of the probability of the questions about claims, where words point at a claim
_SEEN = re.compile(
    r"\b(?:i|she|he|we)(?:'ve| have| had)? (?:\w+ )?(?:saw|seen|see|went|visited|used)\b"
    r"|\b(?:on|in) (?:my|her|his|those|these|the) (?:claims?|bills?|visits?)\b|\b(?:among|of) (?:those|these|them)\b"
    r"|\b(?:that|who|which) (?:did|took|gave|read|filled|saw|treated|prescribed)\b|\b(?:vi|fui|visit[eé])\b",
    re.IGNORECASE,
)
"""Words that tell of care in the record."""
_CONTACT = re.compile(
    r"\bphone|\baddr|\bfax\b|(?:s|\b(?:his|her|their|its|the)) numbers?\b|#|\btel[eé]f|\bdirecci", re.IGNORECASE
)


class Described(msgspec.Struct, frozen=True):
    """A definite description: its text, its words without the determiner, and whether it points ("that")."""

    text: str
    words: tuple[str, ...]
    points: bool

    @property
    def telling(self) -> tuple[str, ...]:
        """The words of the description that distinguish what is meant."""
        return tuple(word for word in self.words if word not in _GENERIC | _DEFINITE)

    @property
    def is_claim(self) -> bool:
        """Whether a claim is meant: "that visit"."""
        return not (_PICKED | _CLAIMS).isdisjoint(self.words)


def phrases(said: Utterance, values: Iterable[str] = ()) -> Iterator[Described]:
    """Yield the definite descriptions of a message, in order; one that ends inside a value has all of it."""
    found = ((said.text.find(one), len(one)) for one in values)
    runs = [said.tokens(first, first + size) for first, size in found if first >= 0]
    words, at = said.words, 0
    while at < len(words):
        after = at + 1
        if words[at] in _DEFINITE:
            while after < len(words) and after - at < _LONGEST and _is_in_description(said, after):
                after += 1
            while after > at + 1 and words[after - 1] in _INSIDE:
                after -= 1
            after = max(after, *(end for first, end in runs if at < first < after), 0)
            own = words_of(" ".join(words[at + 1 : after]))
            if own and own[0] not in _FACTS:
                yield Described(said.said(at, after), own, words[at] in _POINTING)
        at += 1


def _is_in_description(said: Utterance, at: int) -> bool:
    """Return whether the word at this index belongs to the description; a determiner only after a preposition."""
    word, before = said.words[at], said.words[at - 1]
    if word in _FACTS and before not in _DEFINITE:  # "the doctor's address"
        return False
    return (
        word not in _ENDS and not said.between(at).strip(" '\u2019-") and (word not in _DEFINITE or before in _INSIDE)
    )


def shown_ids(memory: Memory) -> Iterator[tuple[str, ...]]:
    """Yield the ids of the records that the last answer showed, of the list before it, and of the topics before."""
    yield (memory.record,) if memory.record else ()
    yield memory.shown or tuple(one.arguments[by.RECORD] for one in memory.choices if by.RECORD in one.arguments)
    yield memory.listed
    for one in (memory.asked, *memory.earlier):
        yield tuple(
            " ".join(one.arguments.get(name, "") for name in (by.RECORD, by.FOCUS, by.THOSE)).split() if one else ()
        )


class References:
    """Finds the entities that descriptions mean, in the record of a member who asks in their own chat."""

    def __init__(self, parts: Parts, prepare: Callable[[Message, Asked, Access | None], Ask], own: OwnRecords) -> None:
        """`prepare` makes the `Ask` whose conditions a description states; `own` reads the claims of the record."""
        self._engine, self._intents, self._now = parts.pack.engine, parts.pack.intents, parts.now
        self._prepare, self._own = prepare, own
        self._list, self._cost = telling("several", self._intents), telling("one", self._intents)

    async def read(self, exchange: Exchange) -> None:
        """Set a slot of the message's reading to the provider or drug that a description in the message means.

        If several may be meant, they are kept in `exchange.several`, from which the person chooses.
        """
        reading, memory = exchange.reading, exchange.memory
        if self._is_shut(exchange) or PERSON in reading.slots:
            return
        found = tuple(phrases(reading.said, _texts(reading)))
        for name, slot in self._open_slots(reading, memory, points=any(one.points for one in found)):
            lists = lists_providers(self._intents[name])
            of_shown = lists and not _SEEN.search(reading.text)  # "that urgent care", and not "the nearest one"
            told = tuple(one for one in found if one.points or not of_shown)
            names, phrase = await self._values(exchange, slot, told, of_shown=of_shown)
            if phrase is None and lists:
                continue  # "any pharmacy near there"
            intent = shows_one(self._intents) if lists else name
            if len(names) == 1:
                exchange.reading = self._with_value(exchange, intent, slot, names[0], phrase)
            elif names:
                exchange.several = Several(intent, slot, names)
            if names:
                return
        await self._of_visit(exchange, found)

    async def _of_visit(self, exchange: Exchange, found: Sequence[Described]) -> None:
        """Replace a question that refers to a visit by one about its claim: "for that visit, whom do we pay"."""
        reading, rules = exchange.reading, self._intents.get(exchange.reading.intent or "")
        bare = any(one.points and not (one.telling or _CLAIMS.isdisjoint(one.words)) for one in found)
        if not bare or rules is None or rules.needs != "member" or rules.reads_claims or reading.unclear:
            return
        told = {name: self._intents[name] for name in reading.chances if self._intents[name].shows_claims}
        if sum(reading.chances[name] for name in told) < _LEAST or not any((await self._shown(exchange, ""))[1]):
            return
        likeliest = max(told, key=lambda name: reading.chances[name])
        one = told[likeliest].tells in {"sums", "several", "days", "two"}
        intent = self._cost if one else likeliest
        slots = self._engine.slots_as(intent, reading.text, today=self._today)
        exchange.reading = replace(reading, intent=intent, slots=slots, unmet={})

    def _is_shut(self, exchange: Exchange) -> bool:
        message = exchange.message
        unlinked = exchange.memory.link is None or not message.alone or message.directory_only
        return bool(unlinked or message.press or message.command or message.form)

    def _open_slots(self, reading: Reading, memory: Memory, *, points: bool) -> Iterator[tuple[str, str]]:
        """Yield the likely intents that lack a slot which a description can fill, each with this slot."""
        one, reason = shows_one(self._intents), reading.slots.get("reason")
        likely = reading.candidates if reading.unclear or reading.is_miss or reading.intent == FALLBACK else ()
        counts = any(slot.value != _THAT for name, slot in reading.slots.items() if name == "ordinal")
        last = self._intents.get(memory.asked.intent) if memory.asked else None
        held = memory.asked is not None and by.RECORD in memory.asked.arguments
        of_directory = last is not None and last.needs == "directory" and not held
        for name in dict.fromkeys((reading.intent or "", *(each.intent for each in likely))):
            rules = self._intents.get(name)
            if rules is None:
                continue
            subjects = {subject.name for subject in rules.subjects}
            if _DRUG in subjects and not (_CLAIM in subjects or rules.tells or _DRUG in reading.slots):
                yield name, _DRUG
            if of_directory or counts or not NAMES.isdisjoint(reading.slots):
                continue
            seen = points or _SEEN.search(reading.text)
            if seen if lists_providers(rules) else rules.is_of_provider:
                yield name, _PROVIDER
            elif (reason and reason.value == _BOOKS) or (rules.shows_claims and self._asks_contact(reading)):
                yield one, _PROVIDER

    def _asks_contact(self, reading: Reading) -> bool:
        """Return whether a question asks for the phone number or the address of a provider, and not for a claim's."""
        if "CLAIM" in reading.concepts:
            return False
        return bool(_CONTACT.search(reading.text)) or asks_fact(reading.text, "accepting_new")

    def _with_value(self, exchange: Exchange, intent: str, slot: str, value: str, phrase: Described | None) -> Reading:
        """Return the reading with the slot set to `value`; the words of `phrase` are no longer ignored conditions."""
        reading, text = exchange.reading, phrase.text if phrase else ""
        if text:
            words = exchange.words or reading.text
            exchange.words = words.replace(text, value)
        anew = intent != reading.intent
        slots = self._engine.slots_as(intent, reading.text, today=self._today) if anew else reading.slots
        own, unmet = (
            {name: one for name, one in held.items() if not (one.text and one.text in text)}
            for held in (slots, reading.unmet)
        )
        slots, exchange.meant = {**own, slot: Slot(text or value, value)}, True
        return replace(reading, intent=intent, slots=slots, unmet=unmet, unclear=False, those=0, picks=False)

    @property
    def _today(self) -> date:
        return self._now().date()

    async def _shown(self, exchange: Exchange, whose: str) -> tuple[tuple[Claim, ...], list[tuple[Claim, ...]]]:
        """Return all claims of the record, and the claims that each earlier answer showed, last answer first.

        For a list with several pages, these are all claims that match its question.
        """
        memory = exchange.memory
        every = await self._own.claims(exchange.message, whose)
        sets = [tuple(one for one in every if one.id in ids) for ids in dict.fromkeys(shown_ids(memory)) if ids]
        if memory.asked and memory.lists_records and not memory.shown:
            message = replace(exchange.message, text="", press=None)
            sets[:1] = [fitting(every, self._prepare(message, memory.asked, None))]
        return every, [one for one in sets if one]

    async def _values(
        self, exchange: Exchange, slot: str, found: Sequence[Described], *, of_shown: bool
    ) -> tuple[tuple[str, ...], Described | None]:
        """Return the providers or drugs that the message may refer to, newest first, and the description of them."""
        memory, reading = exchange.memory, exchange.reading
        every, sets = await self._shown(exchange, memory.current)
        of_drug, of_place = slot == _DRUG, any(not (_PLACES | _KINDS).isdisjoint(one.words) for one in found)
        for phrase in (one for one in found if one.telling):
            for claims in (*sets, *(() if of_shown else (every,))):
                rows = self._described(exchange, phrase, [one for one in claims if one.dispensed or not of_drug])
                if rows and (names := self._names(rows, slot, of_place=of_place)):
                    return names, phrase
        kinds = _PICKED | (_DRUGS if of_drug else _PLACES | _DOCTORS)
        bare = next((one for one in found if not one.telling and not kinds.isdisjoint(one.words)), None)
        short = memory.about and len(reading.text.split()) <= _BARE  # "fax number?"
        of_them = OF_THEM in reading.concepts or short or _THEIRS.search(reading.text)
        pointed = reading.points or (of_them and not of_drug)
        if not sets or not (bare or pointed):
            return (), None
        about = [one for one in sets[0] if one.id == memory.about] or sets[0]
        if bare and not of_drug and not _DOCTORS.isdisjoint(bare.words):
            about = [one for one in about if not one.is_pharmacy]
        if bare and not _ORDERED.isdisjoint(bare.words):
            about = next((one for one in sets if len(one) > 1), sets[0])
            about = [one for one in about if of_drug or not one.is_pharmacy][:1]
        return self._names(about, slot, of_place=of_place), bare

    def _names(self, rows: Sequence[Claim], slot: str, *, of_place: bool) -> tuple[str, ...]:
        """Return the different providers, places or drugs of these claims."""
        if slot == _DRUG:
            drugs = (
                self._engine.slots_in(one.drug, today=self._today) for row in rows for one in row.dispensed if one.drug
            )
            return tuple(dict.fromkeys(str(one[_DRUG].value) for one in drugs if _DRUG in one))
        names = ((row.place or row.billing if of_place else None) or row.seen for row in rows)
        return tuple(dict.fromkeys(name.partition(",")[0] for name in names if name))

    def _described(self, exchange: Exchange, phrase: Described, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        """Return those of the claims that the description means, by its conditions and by words of the claims."""
        slots = self._engine.slots_as(self._list, phrase.text, today=self._today)
        if slots and slots.keys() <= TIMES and not phrase.is_claim:  # "this week"
            return ()
        message = replace(exchange.message, text=phrase.text, press=None)
        ask = by_name(self._prepare(message, Asked(self._list, slots), None), claims)
        wanted = filter_of(ask)
        explained = {word for one in slots.values() for word in words_of(one.text)}
        left = {word for word in phrase.telling if word not in explained}
        ordered = wanted.order in {"biggest", "smallest"} or wanted.nth is not None
        rows = fitting(claims, ask) if wanted.narrows or ordered else ()
        if ordered and wanted.nth is None:
            rows = rows[:1]
        if rows and not (left - _claim_words(rows[0])):
            return rows
        return tuple(one for one in claims if left and {*phrase.telling} <= _claim_words(one))

    async def bound(self, exchange: Exchange, asked: Asked) -> Asked:
        """Return a question about claims with those of the shown ones that its description means; else unchanged."""
        rules, memory, text = self._intents.get(asked.intent), exchange.memory, asked.text or exchange.reading.text
        if exchange.meant:
            asked = replace(asked, arguments={**asked.arguments, OWN: "yes"})
        same = memory.asked is not None and memory.asked.whose == asked.whose
        if rules is None or not (rules.shows_claims and same) or rules.tells == "two" or exchange.reading.barred:
            return asked
        other = PERSON in asked.slots  # somebody whose record nobody here has opened
        if other or self._is_shut(exchange) or (exchange.reading.intent or "").startswith(FOLLOW):
            return asked
        words = read(asked.text) if asked.text else exchange.reading.said
        found = phrases(words, _texts(asked))  # "the ER visit" is a condition of its own
        said = tuple(one for one in found if one.points or not _PICKED.isdisjoint(one.words))
        every, sets = await self._shown(exchange, asked.whose) if said else ((), [])
        for phrase in said:
            named = phrase.points and rules.tells != "one" and not _DIAGNOSES.isdisjoint(phrase.words)
            if named and (rows := _diagnosed(memory, every, text)):
                return self._about_claims(exchange, replace(asked, arguments={}), phrase, rows)
            ranked = "order" in asked.slots and rules.tells != "one"  # all of them are put in order
            own = _OWN.match(phrase.text)  # "my claims of May", "my knee"
            # It has all conditions that the question names, and no other claims are meant.
            named_too = (slot for name, slot in asked.slots.items() if name in OF_CLAIMS and slot.text in text)
            tells = phrase.telling and not (ranked or own) and all(_is_in(slot, phrase) for slot in named_too)
            for claims in (*sets, *((every,) if _SEEN.search(text) else ())) if tells else ():
                rows = self._described(exchange, phrase, claims)
                several = len(rows) > 1 and "one" in phrase.words
                if rows and not several and (len(rows) < len(claims) or len(claims) == 1):
                    return self._about_claims(exchange, asked, phrase, rows)
        bare = next((one for one in said if one.points and not one.telling and one.is_claim), None)
        before = self._intents.get(memory.asked.intent) if memory.asked else None
        if bare and before and not before.reads_claims and sets and len(sets[0]) == 1:  # the claim before
            return self._about_claims(exchange, asked, bare, sets[0])
        return asked

    def _about_claims(self, exchange: Exchange, asked: Asked, phrase: Described, rows: Sequence[Claim]) -> Asked:
        """Return the question about these claims, without the words that describe them.

        A question about one claim is asked of the sum of several, or lists them.
        """
        text, rules = asked.text or exchange.reading.text, self._intents[asked.intent]
        if len(rows) > 1 and rules.tells == "one":
            asked = replace(asked, intent=teller(exchange.reading, rules, self._intents) or asked.intent)
        ids = " ".join(one.id for one in rows)
        arguments = {by.THOSE: ids}
        if len(rows) == 1:
            arguments = {by.RECORD: ids, **({} if "ordinal" in rules.heard else arguments)}
        slots, unmet = (
            {name: one for name, one in held.items() if not _is_in(one, phrase) and name != "ordinal"}
            for held in (asked.slots, asked.unmet)
        )
        kept = {name: one for name, one in slots.items() if name not in OF_CLAIMS or one.text in text}
        said = text.replace(phrase.text, "it" if len(rows) == 1 else "those")
        return replace(asked, slots=kept, unmet=unmet, arguments=arguments, text=said)


def _diagnosed(memory: Memory, claims: Sequence[Claim], text: str) -> tuple[Claim, ...]:
    """Return the claims with a diagnosis of the shown claim; without the shown one if the text says "other"."""
    about = memory.about or next((ids[0] for ids in shown_ids(memory) if len(ids) == 1), None)
    own = {diagnosis for one in claims if one.id == about for diagnosis in one.diagnosed}
    return tuple(
        one for one in claims if own.intersection(one.diagnosed) and not (one.id == about and _OTHER.search(text))
    )


def _is_in(slot: Slot, phrase: Described) -> bool:
    return bool(slot.text) and slot.text in phrase.text


def _texts(asked: Asked | Reading) -> tuple[str, ...]:
    """Return the words of the values of a question."""
    return tuple(one.text for one in (*asked.slots.values(), *asked.unmet.values()) if one.text)


def _claim_words(claim: Claim) -> frozenset[str]:
    """Return the words of a claim's names, services, diagnoses and drugs."""
    drugs = (one.drug or "" for one in claim.dispensed)
    texts = (claim.seen, claim.billing, claim.place, *claim.titles, *claim.services, *claim.diagnosed, *drugs)
    return frozenset(word for text in texts for word in words_of(str(text or "")))
