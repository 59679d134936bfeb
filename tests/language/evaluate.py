"""Print how well the pack is understood: `python -m tests.language.evaluate`.

`tuned` was looked at while the words and rules were made; `held`, `blind` and `gate` were not until their first run and
taught something then, as the blind rounds `r1` to `r5` did; `unseen` is not fitted on (`tests.language.cases`).
`eval/dialogues.txt` holds conversations. The writers of `REPORT` are those that nothing is fitted on.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.kernel import FALLBACK
from bot.language.reading import Reading, Slot
from bot.language.safety import SYMPTOM
from tests.language.cases import Case, dialogues, sentences
from tests.language.fit import REPORT, right
from tests.language.sentences import FOLDER, of_writer

INTENTS = Path(__file__).parents[2] / "intents"
TODAY = date(2024, 11, 24)
SAFETY = "safety."
MOST_CONFUSIONS = 20
BLIND = ("r1", "r2", "r3", "r4", "r5")
LEARNED = ("tuned", "held", "blind", "gate", *BLIND)
UNSEEN = "unseen"
_NO_DATA = "out_of_scope"
_NO_ALARM = "-"
_NOT_SAID = frozenset({"reason", "answer", "person"})


@dataclass(slots=True)
class SlotCount:
    """How often a slot was right, found where it was not meant, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """2·right over all that was wanted or found."""
        whole = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / whole if whole else 0.0


@dataclass(slots=True)
class Tally:
    """Counts over sentences."""

    by_intent: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    spanish: list[bool] = field(default_factory=list)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    slots: dict[str, SlotCount] = field(default_factory=lambda: defaultdict(SlotCount))
    lost: list[str] = field(default_factory=list)
    false_data: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    calm: int = 0
    safety: list[bool] = field(default_factory=list)
    alarms: int = 0
    lines: int = 0
    remarked: list[bool] = field(default_factory=list)

    def add(self, case: Case, reading: Reading, *, data: bool) -> None:
        """Count one sentence; `data` says that the reading would ask for somebody's or the directory's data."""
        asks_a_nurse = SYMPTOM in reading.lines and reading.alarm is None
        got = FALLBACK if asks_a_nurse else reading.intent or ""
        if not case.intent.startswith(SAFETY):
            self.calm += 1
            self.alarms += got.startswith(SAFETY)
            self.lines += reading.alarm is not None
        if case.intent == _NO_ALARM:
            if got.startswith(SAFETY):
                self.lost.append(f"no alarm -> {got}: {case.said}")
            return
        hit = not {case.intent, *case.also}.isdisjoint({got, reading.alarm})
        if data and hit:
            self.remarked.append(bool(reading.unmet))
        self.by_intent[case.intent].append(hit)
        if reading.language == "es":
            self.spanish.append(hit)
        if not hit:
            self.confused[case.intent, got] += 1
            self.lost.append(f"{case.intent} -> {got}: {case.said}")
        if case.intent == _NO_DATA:
            self.false_data[case.kind].append(data)
        if case.intent.startswith(SAFETY):
            self.safety.append(hit)
        if case.slots is not None and case.intent != _NO_DATA and not case.intent.startswith(SAFETY):
            self._add_slots(case, case.slots, reading.slots)

    def _add_slots(self, case: Case, wanted: Mapping[str, object], found: Mapping[str, Slot]) -> None:
        for name in (wanted.keys() | found.keys()) - _NOT_SAID:
            count = self.slots[name]
            right = name in wanted and name in found and same(wanted[name], found[name].value)
            count.right += right
            count.wrong += name in found and not right
            count.missed += name in wanted and not right
            if not right:
                value = found[name].value if name in found else None
                self.lost.append(f"{name} {wanted.get(name)} -> {value}: {case.said}")


def same(wanted: object, found: object) -> bool:
    """Whether a value is the one meant: an amount as a number, one of a specialty's codes, a name whatever its case."""
    if isinstance(found, Decimal):
        return found == Decimal(str(wanted))
    if isinstance(wanted, list) and isinstance(found, list):
        return set(wanted) <= set(found)
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted.casefold() == found.casefold()
    return wanted == found


def share(hits: Sequence[bool]) -> float:
    """The part that is true, 0 for nothing."""
    return sum(hits) / len(hits) if hits else 0.0


def tallied(engine: Engine, name: str) -> Tally:
    """A set's sentences, understood as of the day on which they were written, and counted."""
    tally, today = Tally(), TODAY.replace(year=2026) if name in BLIND else TODAY
    for case in sentences(name):
        reading = engine.understand(case.said, today=today)
        rules = engine.intents.get(reading.intent or "")
        tally.add(case, reading, data=rules is not None and rules.needs != "nothing" and not reading.unclear)
    return tally


def report(name: str, tally: Tally) -> Iterator[str]:
    """What the counts of one set say, line by line."""
    every = [hit for hits in tally.by_intent.values() for hit in hits]
    recall = sum(map(share, tally.by_intent.values())) / len(tally.by_intent)
    asked = [data for kind in tally.false_data.values() for data in kind]
    yield f"{name}: {len(every)} sentences"
    yield f"  accuracy            {share(every):.3f}  (Spanish {share(tally.spanish):.3f} of {len(tally.spanish)})"
    yield f"  macro recall        {recall:.3f}"
    yield f"  false data queries  {sum(asked)} of {len(asked)} ({share(asked):.3f})"
    for kind, data in tally.false_data.items():
        if kind:
            yield f"    {kind:<17} {sum(data)} of {len(data)} ({share(data):.3f})"
    yield f"  safety recall       {share(tally.safety):.3f} of {len(tally.safety)}"
    yield f"  false alarms        {tally.alarms} of {tally.calm}"
    yield f"  needless lines      {tally.lines} of {tally.calm} ({tally.lines / max(tally.calm, 1):.3f})"
    if tally.slots:
        yield from _slot_lines(tally.slots)
    for (wanted, got), count in tally.confused.most_common(MOST_CONFUSIONS):
        yield f"    {wanted} -> {got}: {count}"


def _slot_lines(slots: Mapping[str, SlotCount]) -> Iterator[str]:
    counts = slots.values()
    whole = SlotCount(sum(c.right for c in counts), sum(c.wrong for c in counts), sum(c.missed for c in counts))
    yield f"  slot F1             {whole.f1:.3f}"
    for name, count in sorted(slots.items()):
        yield f"    {name:<17} {count.f1:.3f} ({count.right} right, {count.wrong} wrong, {count.missed} missed)"


def played(engine: Engine, turns: Sequence[Case]) -> Iterator[tuple[Case, str, dict[str, Slot]]]:
    """Each turn with the intent and slots that it came to; answers of data intents are remembered."""
    context: Context | None = None
    for turn in turns:
        reading = engine.understand(turn.said, today=TODAY, context=context)
        intent, slots = engine.merged(context, reading)
        yield turn, intent or "", slots
        rules = engine.intents.get(intent or "")
        if intent and rules and rules.needs != "nothing":
            asked = next((slot for slot in rules.asks if slot not in slots), None)
            context = Context(intent, slots, asked, reading.language)


def talk(engine: Engine) -> Iterator[str]:
    """How many turns of the conversations came out right, and which did not."""
    hits: list[bool] = []
    lost: list[str] = []
    conversations = list(dialogues())
    for turns in conversations:
        for turn, intent, slots in played(engine, turns):
            wanted = turn.slots or {}
            values = {name: slots[name].value if name in slots else None for name in wanted}
            hits.append(intent == turn.intent and values == wanted)
            if not hits[-1]:
                lost.append(f"    {turn.said!r} -> {intent} {values}")
    yield f"dialogues: {len(conversations)}, {sum(hits)} of {len(hits)} turns resolved ({share(hits):.3f})"
    yield from lost


def writers(engine: Engine) -> Iterator[str]:
    """What is answered at once to each writer that nothing is fitted on, and what the bot asks back."""
    for writer in sorted(REPORT):
        read = [
            (one, engine.understand(one.text, today=TODAY)) for one in of_writer(INTENTS / FOLDER / f"{writer}.tsv")
        ]
        hits = [right(one, str(reading.intent)) or right(one, str(reading.alarm)) for one, reading in read]
        asks = [reading.unclear for _, reading in read]
        at_once = [(hit, not hit) for hit, asked in zip(hits, asks, strict=True) if not asked]
        told = (sum(column) / len(read) for column in zip(*at_once, strict=True))
        yield "{}: {} sentences, at once right {:.3f}, wrong {:.3f}; asked back {:.3f}".format(
            writer, len(read), *told, share(asks)
        )


def main() -> None:
    """Print the report; with `--lost`, also each sentence that came out wrong."""
    engine = Engine.load(INTENTS)
    for name in (*LEARNED, UNSEEN):
        tally = tallied(engine, name)
        title = f"{name} (not fitted on)" if name == UNSEEN else name
        sys.stdout.writelines(line + "\n" for line in report(title, tally))
        if "--lost" in sys.argv:
            sys.stdout.writelines(f"      {line}\n" for line in tally.lost)
    sys.stdout.writelines(line + "\n" for line in writers(engine))
    sys.stdout.writelines(line + "\n" for line in talk(engine))


if __name__ == "__main__":
    main()
