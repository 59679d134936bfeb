"""A person's message to an intent with slots: safety first, then tags, concepts, scored rules and the context."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter

from bot.language.context import Context, merge
from bot.language.date_phrases import after_plan_year
from bot.language.date_words import DATE_WORDS
from bot.language.entities import Tagger, date_tags
from bot.language.lexicon import Lexicon, load_lexicon
from bot.language.names import CREDENTIALS, GENERIC, TITLES
from bot.language.people import names_somebody
from bot.language.phrases import Found
from bot.language.places import load_gazetteer
from bot.language.reading import Candidate, Reading, Slot
from bot.language.rules import IntentRules, Rule, load_rules
from bot.language.safety import Danger, SafetyGate
from bot.language.scanning import Scanner
from bot.language.score import RuleBook, Scored, best_of_each, sureness, why_not
from bot.language.slots import kinds_of, moved, slot_of, without_names
from bot.language.tags import Tag
from bot.language.text import READ_CHARS, SCORED_TOKENS, Utterance, key_of, read
from bot.language.typos import Speller
from bot.language.versus import SIDES, sides

CLOSE = 0.3
MOST_CANDIDATES = 3
FALLBACK = "out_of_scope"
FOLLOW = "followup."
DATE_SHIFT = "followup.date_shift"
REFINE = "followup.refine"
_SOCIAL = frozenset({FALLBACK, "greeting", "thanks", "help"})
_UNEXPLAINED = frozenset({"unknown", "chatter", "other_person"})
_SPANISH_LETTERS = re.compile("[ñáéíóú¿¡]", re.IGNORECASE)
_DATE_KEYS = frozenset(key_of(word) for word in DATE_WORDS)
SIDES_KINDS = frozenset(SIDES.values())


@dataclass(frozen=True, slots=True)
class Heard:
    """What was found in a message before any rule was tried. `names` are its concepts and the types of its slots."""

    said: Utterance
    keys: tuple[str, ...]
    tags: tuple[Tag, ...]
    names: frozenset[str]
    language: str
    told: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """For rule authors: the reading, what was heard, and why other rules lost ("intent/rule: what it misses")."""

    reading: Reading
    heard: Heard
    lost: tuple[str, ...]


def _read_whole(text: str) -> tuple[Utterance, Utterance]:
    whole = read(text, limit=READ_CHARS)
    if len(whole.words) <= SCORED_TOKENS:
        return whole, whole
    cut = SCORED_TOKENS
    part = Utterance(whole.text, whole.folded[:READ_CHARS], whole.words[:cut], whole.keys[:cut], whole.spans[:cut])
    return whole, part


class Engine:
    """The language part, loaded once and free of state: every call stands alone."""

    def __init__(self, intents: Iterable[IntentRules], lexicon: Lexicon) -> None:
        self.intents: Mapping[str, IntentRules] = {entry.intent: entry for entry in intents}
        self.lexicon = lexicon
        self._book = RuleBook(self.intents.values())
        self._tagger = Tagger(lexicon)
        known = lexicon.tree.vocabulary | lexicon.familiar | lexicon.given | lexicon.family | _DATE_KEYS
        known |= lexicon.glossary.tree.vocabulary
        self._scanner = Scanner(lexicon, Speller(lexicon.tree.vocabulary - lexicon.strange, known))
        dangers = lexicon.dangers
        self._given = lexicon.given - lexicon.familiar - _DATE_KEYS
        self._gate = SafetyGate(dangers, Speller(dangers.repaired, known | dangers.words.vocabulary))
        english, spanish = lexicon.common["en"], lexicon.common["es"]
        self._only = {"en": english - spanish, "es": spanish - english}

    @classmethod
    def load(cls, folder: Path) -> "Engine":
        """The engine for a pack's `intents/` folder.

        Raises:
            PackError: "file: key: what" at the first thing that is wrong.
        """
        return cls(load_rules(folder), load_lexicon(folder, load_gazetteer(folder)))

    def understand(self, text: str, *, today: date, context: Context | None = None) -> Reading:
        """The best reading of a message. Never raises, whatever the text; reads at most 4,000 characters of it."""
        begun = perf_counter()
        whole, part = _read_whole(text)
        signs = self._gate.hear(whole)
        if danger := signs.firm():
            return _danger(text, danger, begun)
        reading = self._decide(text, self.hear(part, today, context), context, today, begun)
        if _unexplained(reading) and (danger := signs.unasked()):
            return _danger(text, danger, begun)
        danger = signs.beside()
        if danger and "answer" in reading.slots:
            return _danger(text, danger, begun)
        return replace(reading, alarm=danger.intent, lines=danger.lines, ms=_since(begun)) if danger else reading

    def after(self, context: Context | None, reading: Reading) -> tuple[str | None, dict[str, Slot], Context | None]:
        """The intent and slots of a message after what was said before, and what the next message may refer to.

        Thanks, help and what was not understood leave the topic as it was; "start over" ends it.
        """
        intent, slots = merge(context, reading)
        if "start_over" in slots:
            return intent, slots, None
        rules = self.intents.get(intent or "")
        if intent is None or rules is None or rules.needs == "nothing":
            return intent, slots, context
        asked = next((slot for slot in rules.asks if slot not in slots), None)
        return intent, slots, Context(intent, slots, asked, reading.language)

    def slots_in(self, text: str, *, today: date, context: Context | None = None) -> dict[str, Slot]:
        """Every slot value in a message by type, for answers to the bot's own questions (a bare ZIP)."""
        heard = self.hear(_read_whole(text)[1], today, context)
        return {
            kind: slot
            for kind in sorted({tag.kind for tag in heard.tags})
            if (slot := slot_of(heard.said, heard.tags, kind))
        }

    @staticmethod
    def says_plan_year(text: str) -> bool:
        """Whether a phrase of time is counted in plan years, which only the member's coverage knows."""
        words = read(text).words
        return any(after_plan_year(words, place) for place in range(len(words)))

    @staticmethod
    def dates_in(text: str, today: date, plan_year: tuple[date, date]) -> Slot | None:
        """The time that a phrase means when that is the plan year; None when it names none."""
        tags = date_tags(read(text), today, plan_year)
        return Slot(text, tags[0].value) if tags else None

    def explain(self, text: str, *, today: date, context: Context | None = None) -> Explanation:
        """The reading of a message with all that led to it, and for each other intent why its best rule lost."""
        heard = self.hear(_read_whole(text)[1], today, context)
        reading = self.understand(text, today=today, context=context)
        before = context.intent if context else None
        lost = [
            f"{rule.intent}/{rule.name}: {why}"
            for entry in self.intents.values()
            for rule in entry.rules
            if (why := why_not(rule, heard.names, before)) and len(frozenset().union(*rule.all, rule.any) & heard.names)
        ]
        return Explanation(reading, heard, tuple(lost))

    def hear(self, said: Utterance, today: date, context: Context | None) -> Heard:
        """Words to tags, concepts and language."""
        keys, found, spotted = self._scanner.scan(said)
        plan_year = context.plan_year if context else None
        tags = self._tagger.tags(said, keys, found, today, plan_year, asked=self._asked(context), spotted=spotted)
        general, sentence = self.lexicon.glossary.tags(said, keys)
        tags = [*general, *(tag for tag in tags if tag.first not in sentence)]
        names = {tag.kind for tag in tags}
        settled = _settled(said, tags)
        for match in found:
            if any(first <= match.first and match.after <= after for first, after in settled):
                continue
            names.update(str(meaning.value) for meaning in match.meanings if meaning.kind == "concept")
        if _bare(len(keys), tags, found):
            names.add("BARE")
        if len(keys) == 1:
            names.add("LONE")
        if names_somebody(said, self._given, self.lexicon.family):
            names.add("NAMED_PERSON")
        sure = {name.first for name in spotted if name.sure}
        if any(tag.kind == "provider_name" and tag.first not in sure and self._is_guessed(said, tag) for tag in tags):
            names.add("GUESSED_NAME")
        if context and context.asked and context.asked in names:
            names.add("ASKED")
        told = self._language(said, keys, found, tags)
        language = told or (context.language if context else "en")
        return Heard(said, keys, tuple(tags), frozenset(names), language, told is not None)

    def _is_guessed(self, said: Utterance, tag: Tag) -> bool:
        """Whether nothing but its place says that these words are a name: "find articles on"."""
        around = {*said.words[max(0, tag.first - 1) : tag.after + 1]}
        people = self.lexicon.given | self.lexicon.family
        return around.isdisjoint(TITLES | CREDENTIALS) and not self._told(said.keys[tag.first : tag.after], people)

    def _told(self, keys: Sequence[str], people: frozenset[str]) -> bool:
        organized = self.lexicon.tree.scan(keys)
        return (
            not people.isdisjoint(keys)
            or not GENERIC.isdisjoint(keys)
            or any(meaning.kind == "organization" for entry in organized for meaning in entry.meanings)
        )

    def _asked(self, context: Context | None) -> str | None:
        """The slot that the bot asked for; after a bill without an amount it is the amount."""
        before = self.intents.get(context.intent) if context else None
        if context is None or before is None:
            return None
        return "amount" if "amount" in before.slots and "amount" not in context.slots else context.asked

    def _language(
        self, said: Utterance, keys: Sequence[str], found: Sequence[Found], tags: Sequence[Tag]
    ) -> str | None:
        """The language of the words; those of names are of none, whatever their accents."""
        text, keys = without_names(said, keys, tags)
        spanish = english = 0
        for match in found:
            languages = {meaning.language for meaning in match.meanings}
            spanish += "es" in languages and "en" not in languages
            english += "en" in languages and "es" not in languages
        spanish += sum(key in self._only["es"] for key in keys) + bool(_SPANISH_LETTERS.search(text))
        english += sum(key in self._only["en"] for key in keys)
        if spanish == english:
            return None
        return "es" if spanish > english else "en"

    def _legal(self, scored: Scored, names: frozenset[str], context: Context | None) -> bool:
        intent = scored.rule.intent
        if not intent.startswith(FOLLOW):
            return True
        before = self.intents.get(context.intent) if context else None
        if before is None or intent.removeprefix(FOLLOW) not in before.follows:
            return False
        return intent != REFINE or self._changes(scored.rule, before, names)

    def _changes(self, rule: Rule, before: IntentRules, names: frozenset[str]) -> bool:
        """Whether a refinement changes a slot of the answer before: medicines say nothing about a deductible."""
        kinds = {kind for slot in before.slots.values() for kind in kinds_of(slot)}
        return not rule.any or bool(rule.any & kinds & names)

    def _decide(self, text: str, heard: Heard, context: Context | None, today: date, begun: float) -> Reading:
        present = self._book.mask_of(heard.names)
        matching = self._book.matching(present, context.intent if context else None)
        best = list(best_of_each(entry for entry in matching if self._legal(entry, heard.names, context)).values())
        if not best:
            return _unknown(text, heard, begun)
        top = best[0]
        close = len(best) > 1 and top.points - best[1].points < CLOSE
        unclear = close and not any(_no_choice(entry.rule.intent) for entry in best[:2])
        candidates = tuple(
            _candidate(entry, heard, self._slots(entry.rule, heard, context, today)) for entry in best[:MOST_CANDIDATES]
        )
        return Reading(
            text=text,
            intent=top.rule.intent,
            slots=candidates[0].slots,
            rule=top.rule.name,
            score=candidates[0].score,
            language=heard.language,
            ms=_since(begun),
            concepts=candidates[0].concepts,
            candidates=candidates,
            unclear=unclear,
            told=heard.told,
        )

    def _slots(self, rule: Rule, heard: Heard, context: Context | None, today: date) -> dict[str, Slot]:
        wanted = dict(self.intents[rule.intent].slots)
        if rule.intent.startswith(FOLLOW) and context and context.intent in self.intents:
            wanted = {**self.intents[context.intent].slots, **wanted}
        slots = {name: slot for name, kind in wanted.items() if (slot := slot_of(heard.said, heard.tags, kind))}
        if not SIDES_KINDS.isdisjoint(wanted.values()):
            found = sides(lambda text: self.slots_in(text, today=today), heard.said.text)
            slots.update({name: found[kind] for name, kind in wanted.items() if kind in found})
        if rule.intent == DATE_SHIFT and "date_shift" in heard.names:
            slots["date_range"] = moved(heard.said, heard.tags, context.slots if context else {}, today)
        slots.update({name: Slot("", value) for name, value in rule.set.items()})
        return slots


def _no_choice(intent: str) -> bool:
    """Small talk and follow-ups are nothing to choose between."""
    return intent in _SOCIAL or intent.startswith(FOLLOW)


def _since(begun: float) -> float:
    return round((perf_counter() - begun) * 1000, 4)


def _settled(said: Utterance, tags: Sequence[Tag]) -> list[tuple[int, int]]:
    """Where words mean no concept: in places, and behind a title, since Dr. Price is no price."""
    places = [(tag.first, tag.after) for tag in tags if tag.kind == "location" and isinstance(tag.value, dict)]
    names = [(tag.first + 1, tag.after) for tag in tags if tag.kind == "provider_name"]
    return places + [(first, after) for first, after in names if said.words[first - 1] in TITLES]


def _bare(count: int, tags: Sequence[Tag], found: Sequence[Found]) -> bool:
    """Whether a message holds slot values and filler words, and nothing else."""
    if not tags:
        return False
    covered = [False] * count
    for tag in tags:
        covered[tag.first : tag.after] = [True] * (tag.after - tag.first)
    for match in found:
        if any(meaning.value == "FILLER" for meaning in match.meanings):
            covered[match.first : match.after] = [True] * (match.after - match.first)
    return all(covered)


def _candidate(entry: Scored, heard: Heard, slots: Mapping[str, Slot]) -> Candidate:
    rule = entry.rule
    used = frozenset().union(*rule.all, rule.any, rule.boost) & heard.names
    return Candidate(rule.intent, rule.name, sureness(entry.points), tuple(sorted(used)), slots)


def _unexplained(reading: Reading) -> bool:
    """Whether a message is neither a question for this bot nor one that it knows to refuse.

    What only answers or changes an earlier question explains no sign of danger: "I can't go on" is no "no".
    """
    if reading.intent != FALLBACK:
        return reading.intent in _SOCIAL or str(reading.intent).startswith(FOLLOW)
    return reading.slots["reason"].value in _UNEXPLAINED


def _danger(text: str, danger: Danger, begun: float) -> Reading:
    only = Candidate(danger.intent, danger.rule, 1.0, ())
    return Reading(
        text,
        danger.intent,
        {},
        danger.rule,
        1.0,
        danger.language,
        _since(begun),
        (),
        (only,),
        unclear=False,
        lines=danger.lines,
    )


def _unknown(text: str, heard: Heard, begun: float) -> Reading:
    reason = "unknown" if heard.keys else "empty"
    slots = {"reason": Slot("", reason)}
    return Reading(
        text, FALLBACK, slots, None, 0.0, heard.language, _since(begun), (), (), unclear=False, told=heard.told
    )
