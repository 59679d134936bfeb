"""Slash commands and forms: the intents that one may ask, and its options besides plain words.

The pack's rule files say which intents a command leads to (`command:`); several may share one command.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from bot.conversation.state import Asked
from bot.language.engine import SIDES_KINDS, Engine
from bot.language.left import not_honoured
from bot.language.options import HOW, Options, read_options
from bot.language.reading import Reading, Slot
from bot.language.rules import IntentRules
from bot.language.slots import NAMED_NETWORK, UNNAMED_NETWORKS, kinds_of
from bot.message import COMMAND, Message

_LONGEST = 1_500  # signs of a command's words that are looked through for what they name; all are read for danger (T49)
_GOING_ON = frozenset({"followup.more", "followup.ordinal"})


class Request(msgspec.Struct, frozen=True):
    """A command or form, split into words and options, with its possible intents. `helps`: it asks for the usage."""

    intents: tuple[IntentRules, ...]
    options: Options
    helps: bool = False

    @property
    def of_directory(self) -> bool:
        """Whether none of the intents reads a member's data, so that no data of a member may be used (T24)."""
        return all(rules.needs != "member" for rules in self.intents)

    def goes_on(self, last: Asked | None, reading: Reading) -> bool:
        """Return whether the command continues its own last answer: "more" or "the second one", without options."""
        led = {rules.intent for rules in self.intents}
        return last is not None and last.intent in led and not self.options.slots and reading.intent in _GOING_ON

    def faults(self, asked: Asked) -> dict[str, object]:
        """Return the values for the text about faulty options; {} if every option can be used."""
        own = next(rules for rules in self.intents if rules.intent == asked.intent)
        taken = {HOW, *own.options}
        unknown, unread = self.options.unknown, tuple(one for one in self.options.unread if one.kind in taken)
        if not unknown and not unread:
            return {}
        return {"unknown": unknown, "unread": unread, "known": self.options.known.get(asked.language, ())}


class CommandOffered(msgspec.Struct, frozen=True):
    """A command: its name, its title, and one option key for each kind of value in `kinds`."""

    name: str
    title: str
    options: tuple[str, ...]
    of_directory: bool
    kinds: tuple[str, ...] = ()


class Commands:
    """The commands of a pack, by the names that people type. With `called` "bcbst", `find` is typed `/bcbst-find`."""

    def __init__(self, engine: Engine, called: str = COMMAND) -> None:
        self._engine = engine
        self._intents: dict[str, tuple[IntentRules, ...]] = {}
        for rules in engine.intents.values():
            if rules.command:
                name = f"/{called}-{rules.command}"
                self._intents[name] = (*self._intents.get(name, ()), rules)

    def offered(self, language: str) -> tuple[CommandOffered, ...]:
        """Return all commands with their titles, and one key for each option, preferably one used in forms.

        `of_directory`: all intents of the command read the directory only.
        """
        return tuple(self._offered(name, intents, language) for name, intents in self._intents.items())

    def _offered(self, name: str, intents: tuple[IntentRules, ...], language: str) -> CommandOffered:
        kinds = frozenset[str]().union(*(rules.options for rules in intents))
        directory = (one for one in self._engine.intents.values() if one.needs == "directory")
        in_forms = {key for one in directory if one.form for key in one.form.fields}
        keys: dict[str, str] = {}
        options = self._engine.lexicon.options
        for key, kind in sorted(options.get(language, options["en"]), key=lambda one: one[0] not in in_forms):
            if kind in kinds:
                keys.setdefault(kind, key)
        title = "; ".join(rules.title.get(language, rules.title["en"]) for rules in intents)
        of_directory = all(rules.needs == "directory" for rules in intents)
        return CommandOffered(name, title, tuple(keys.values()), of_directory, tuple(keys))

    def request(self, message: Message, today: date) -> Request | None:
        """Return the request of a command or form of this pack; None for plain words and button presses.

        A command at the start of a plain message counts too, on every platform.
        """
        typed, _, rest = message.text.strip().partition(" ")
        text = rest if typed in self._intents else message.text
        intents = self._intents.get(message.command or typed, ())
        if message.form and message.form in self._engine.intents:
            intents = (self._engine.intents[message.form],)
        if message.press or not intents:
            return None
        kinds = frozenset[str]().union(*(rules.options for rules in intents))
        options = read_options(self._engine, text, kinds, today)
        return Request(intents, options, message.form is None and text.strip().casefold() in {"", "help", "ayuda", "?"})

    def asked(self, request: Request, reading: Reading, today: date) -> Asked:
        """Return the question of a request, for the intent that matches its words best.

        Its slots come from the options, or else from the words. Conditions that the intent's answer ignores are in
        `unmet`.
        """
        heard = self._engine.slots_in(request.options.words[:_LONGEST], today=today)
        given = {**heard, **request.options.slots}
        words = request.options.words[:_LONGEST]
        alone = self._engine.understand(words, today=today) if words else reading  # a command goes on from no answer
        rules = _fitting(request.intents, alone, given)
        if not SIDES_KINDS.isdisjoint(rules.slots.values()):
            named = self._engine.sides_in(request.options.words, today=today)
            given = {**given, **named, **request.options.slots}
        slots = {name: slot for name, kind in rules.slots.items() if (slot := _slot(given, kind))}
        # The options of the command's other intents are ignored, and some "not" and "or".
        others = {kind: slot for kind, slot in request.options.slots.items() if kind not in rules.options}
        unmet = {**others, **not_honoured(slots, rules)}
        return Asked(rules.intent, slots, rule="command", language=reading.language, unmet=unmet)


def _fitting(intents: tuple[IntentRules, ...], reading: Reading, given: Mapping[str, Slot]) -> IntentRules:
    """Return the intent that the words select; if none, the one that accepts most of the `given` options.

    Intents that would need no follow-up question are preferred.
    """
    by_name = {rules.intent: rules for rules in intents}
    for candidate in reading.candidates:
        if candidate.intent in by_name:
            return by_name[candidate.intent]

    def fits(rules: IntentRules) -> tuple[bool, int, int]:
        named = not (rules.options - {"network", "location"}).isdisjoint(given)
        return named or NAMED_NETWORK not in rules.slots.values(), len(given.keys() & rules.options), len(rules.slots)

    return max(intents, key=fits)


def _slot(given: Mapping[str, Slot], kind: str) -> Slot | None:
    found = next((given[name] for name in kinds_of(kind) if name in given), None)
    if found is None or (kind == NAMED_NETWORK and found.value in UNNAMED_NETWORKS):
        return None
    return Slot(found.text, True) if kind == "accepting_new" else found
