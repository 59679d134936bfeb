"""What of a pack is never reached: rules that no example proves."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.findings import Finding, line_of
from bot.language.kernel import FOLLOW
from bot.language.lexicon import WISH_AFTER, WISH_BEFORE
from bot.language.reading import Reading
from bot.language.rules import IntentRules

# Names that the engine itself uses: words that carry nothing, whom a sentence names beside doctors, what leads a wish.
ENGINES_OWN = frozenset({"FILLER", "named_person", WISH_AFTER, WISH_BEFORE})


def contexts_for(engine: Engine, entry: IntentRules) -> Sequence[Context | None]:
    """Where an example stands: alone; a follow-up after each answer that it fits, those with the most slots first."""
    if not entry.intent.startswith(FOLLOW):
        return (None,)
    kind = entry.intent.removeprefix(FOLLOW)
    fitting = sorted((one for one in engine.intents.values() if kind in one.follows), key=lambda one: -len(one.slots))
    asked = [Context(one.intent, {}, asked=slot) for one in fitting for slot in one.asks]
    return [*(Context(one.intent, {}) for one in fitting), *asked] or (None,)


def after_answers(entry: IntentRules) -> list[Context]:
    """Where a sentence of `afterwards` stands: after each answer that the file's rules name."""
    return [Context(name, {}) for name in sorted({name for rule in entry.rules for name in rule.after})]


class Readings:
    """What an engine reads in the sentences of its own pack; each is read once after each answer."""

    def __init__(self, engine: Engine, today: date) -> None:
        self._engine, self._today = engine, today
        self._kept: dict[tuple[str, str | None, str | None], Reading] = {}

    def of(self, said: str, context: Context | None = None) -> Reading:
        """The reading of a sentence alone, or after an answer that holds no slots."""
        key = (said, context.intent if context else None, context.asked if context else None)
        if key not in self._kept:
            self._kept[key] = self._engine.understand(said, today=self._today, context=context)
        return self._kept[key]


def missed(engine: Engine, entry: IntentRules, readings: Readings) -> set[str]:
    """The names of the rules of an intent that none of its own sentences reaches."""
    alone, later = contexts_for(engine, entry), after_answers(entry)
    sentences = [(said, alone) for said in _all(entry.examples)] + [(said, later) for said in _all(entry.afterwards)]
    left = {rule.name for rule in entry.rules}
    for said, context in ((said, one) for said, contexts in sentences for one in contexts):
        if not left:
            break
        left -= {one.rule for one in readings.of(said, context).candidates if one.intent == entry.intent}
    return left


def unreached(engine: Engine, folder: Path, readings: Readings) -> Iterator[Finding]:
    """Rules that no example reaches, so that no test would show when they stop working."""
    for entry in engine.intents.values():
        left = missed(engine, entry, readings)
        for rule in entry.rules:
            if rule.name in left:
                key = "afterwards" if rule.after and not entry.intent.startswith(FOLLOW) else "examples"
                what = f"rule {rule.name!r}: no sentence of `{key}` reaches it"
                file = entry.file.relative_to(folder).as_posix()
                yield Finding(file, line_of(entry.file, f"name: {rule.name}"), what)


def _all(texts: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [said for listed in texts.values() for said in listed]
