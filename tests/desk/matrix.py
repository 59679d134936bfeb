"""Questions of a desk, generated: kind x wish x style, fact x person x style, and list x further question.

Each answer is held against the sandbox's records (`tests.desk.records`): a card that does not satisfy a wish, a count
that is wrong, a wish that is neither held nor said, and a caveat about words that wish for nothing are faults.
`python -m tests.desk.matrix [how many]` asks all, or so many of them, and prints the share of each row.
"""

import asyncio
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bot.replies.plain import plain
from bot.sandbox.world import World
from tests.desk.records import PLACES, Entry, Row, by_name, miles, people, places
from tests.stage import TODAY, Stage, staged

_TABLE: Any = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
_NEAR, _FAR = 7.5, 15.0  # miles: surely within 10 of a middle, and perhaps
_HEAD, _FIRST = 3, 9  # lines
_CARD = re.compile(
    r"^ *\d+\. (?:The listing of |(?:Yes|No): )?(?P<name>.+?)(?: · .*| (?:doesn't say|is(?:n't)? listed|\[).*)?$",
    re.MULTILINE,
)
_CAVEAT = re.compile(r"(?:says nothing about|no name like|take|take one of|anything out by|where) \"(?P<text>[^\"]+)\"")
_NONE = re.compile(r"^No |lists no |there is none|None of ", re.MULTILINE)
_NUMBER = re.compile(r"\b(\d+)\b(?! (?:miles|mile|months|am|pm|hours))|\b(Both|One|one)\b")
_WORDS = {"both": 2, "one": 1}
_CALLED: Mapping[str, str] = _TABLE["networks"]["called"]
_SEED, _PEOPLE, _PARTS = 11, 60, 3

_HOLDS: Mapping[str, Callable[[Entry, Row, str | None], bool]] = {
    "accepting": lambda _, row, net: net in row.takes if net else bool(row.takes),
    "woman": lambda one, *_: one.gender == "female",
    "man": lambda one, *_: one.gender == "male",
    "Spanish": lambda one, *_: "es" in one.languages,
    "Arabic": lambda one, *_: "ar" in one.languages,
    "Sunday": lambda _, row, __: "sun" in row.days,
    "weekend": lambda _, row, __: not row.days.isdisjoint(("sat", "sun")),
    "evening": lambda _, row, __: row.ends > "17:30",
}
_SEX = {"female": "woman", "male": "man"}
_FACTS: Mapping[str, Callable[[Entry], list[str]]] = {
    "npi": lambda one: [one.npi],
    "fax": lambda _: ["no fax", "fax number"],
    "phone": lambda one: [row.phone for row in one.rows],
    "address": lambda one: [row.street for row in one.rows],
    "hours": lambda _: ["5 pm"],
    "sex": lambda one: [_SEX.get(one.gender, "doesn't")],
    "languages": lambda _: ["English"],
    "network": lambda one: ["Yes" if _is_in(one, "S") else "not in Blue Network S"],
    "networks": lambda one: [name for row in one.rows for name in row.networks],
    "each": lambda _: ["Blue Network L"],
    "new": lambda one: ["Yes" if any(row.takes for row in one.rows) else "No", "new patients"],
    "several": lambda one: [one.npi],
    "hospital": lambda _: ["No hospital"],
    "ages": lambda _: ["children", "which ages"],
    "board": lambda _: ["board"],
}
"""What the reply has to have of the record: any of these."""
_POSITIONS = {"fax of the second": 1, "next": 1, "NPI of the first": 0, "phone of the first": 0}


class Question(msgspec.Struct, frozen=True):
    """What is said in turns, the row of the table that it counts for, and what is wrong with the last reply."""

    row: str
    turns: tuple[str, ...]
    faults: Callable[[str, Sequence[str]], list[str]]


def questions(world: World) -> list[Question]:
    """All questions of the matrix."""
    folk, houses = people(world, TODAY.isoformat()), places(world)
    return [*_searches(folk, houses), *_of_one(folk), *_further(folk, houses)]


def _searches(folk: list[Entry], houses: list[Entry]) -> Iterator[Question]:
    where, nets = cycle(PLACES), cycle((None, *_CALLED, "S"))
    for kind in _TABLE["kinds"].values():
        every = houses if kind.get("house") else folk
        for name, wish in _TABLE["wishes"].items():
            if kind.get("house") and wish.get("of_people"):
                continue
            for at, style in enumerate(_TABLE["styles"]):
                place, net = next(where), next(nets)
                by = _TABLE["networks"]["said"][at].format(net) if net else ""
                said = style.format(kind=kind["said"][at], place=place, net=by, wish=wish["said"][at])
                said = re.sub(r"[, ]+( pls)?$", r"\1", said)
                faults = _Search(every, kind, place, net, name, wish).faults
                yield Question(f"search: {name}", (said,), faults)


class _Search(msgspec.Struct, frozen=True):
    every: list[Entry]
    kind: Mapping[str, Any]
    place: str
    net: str | None
    name: str
    wish: Mapping[str, Any]

    def faults(self, reply: str, _: Sequence[str]) -> list[str]:
        """Every card that does not fit, a count that is wrong, and what is dropped unsaid."""
        head, shown = _CARD.split(reply)[0], _CARD.findall(reply)
        says = self.wish.get("says", "$^")
        wrong = [f"caveat {text!r}" for text in _CAVEAT.findall(head) if not re.search(says, text.casefold())]
        if "says" in self.wish and not re.search(says, _first(reply, _HEAD)):
            wrong.append("dropped unsaid")
        sure = self._fitting(self.kind.get("sure", ()), _NEAR)
        may = self._fitting([*self.kind.get("sure", ()), *self.kind.get("may", ())], _FAR)
        if _NONE.search(head):
            return wrong + ([f"says none, there are {len(sure)}"] if sure else [])
        if not shown:
            return [*wrong, "no list"]
        fitting = {one.name for one in may}
        wrong += [f"does not fit: {name}" for name in shown if name not in fitting][:1]
        numbers = [int(digits) if digits else _WORDS[word.casefold()] for digits, word in _NUMBER.findall(head)]
        if "sure" in self.kind and not any(len(sure) <= number <= len(may) for number in (*numbers, len(shown))):
            wrong.append(f"counts {numbers}, there are {len(sure)} to {len(may)}")
        return wrong + self._beside(reply, shown)

    def _beside(self, reply: str, shown: Sequence[str]) -> list[str]:
        told, called = self.wish.get("beside"), by_name(self.every)
        if told in {None, "fax"}:
            return ["no word of a fax"] if told and "fax" not in reply.casefold() else []
        known = [called[name] for name in shown if name in called]
        missing = [same[0].name for same in known if not any(one.has(told)[0] in reply for one in same)]
        return [f"no {told} of {missing[0]}"] if missing else []

    def _fitting(self, codes: Sequence[str], within: float) -> list[Entry]:
        return [one for one in self.every if any(self._fits(one, row, codes, within) for row in one.rows)]

    def _fits(self, one: Entry, row: Row, codes: Sequence[str], within: float) -> bool:
        net, holds = _CALLED.get(self.net or ""), _HOLDS.get(self.name)
        listed = row.code in codes and (net is None or net in row.networks)
        return listed and miles(row.point, PLACES[self.place]) <= within and (holds is None or holds(one, row, net))


def _is_in(one: Entry, net: str) -> bool:
    return any(_CALLED[net] in row.networks for row in one.rows)


def _first(reply: str, lines: int) -> str:
    return "\n".join(reply.strip().splitlines()[:lines]).casefold()


def _of_one(folk: list[Entry]) -> Iterator[Question]:
    called = Counter(one.bare for one in folk)
    alone = [one for one in folk if called[one.bare] == 1 and len(one.name.split()) == _PARTS]
    whose = cycle(_random(_SEED).sample(alone, _PEOPLE))
    for fact, styles in _TABLE["facts"].items():
        for style in styles * 3:
            one = next(whose)
            given, family = one.bare.split()
            said = style.format(f=family, g=given, n=one.bare)
            yield Question(f"fact: {fact}", (said,), _One(one, fact).faults)


class _One(msgspec.Struct, frozen=True):
    whose: Entry
    fact: str

    def faults(self, reply: str, _: Sequence[str]) -> list[str]:
        """Whether the reply is about the person, and the first lines have what is listed."""
        first, values = _first(reply, _FIRST), _FACTS[self.fact](self.whose)
        wrong = [f"caveat {text!r}" for text in _CAVEAT.findall(reply)]
        if self.whose.bare.split()[-1].casefold() not in first:
            return [*wrong, "not about the person"]
        held = any(value.casefold() in first for value in values)
        held &= self.fact != "several" or all(
            any(one in reply for one in self.whose.has(told)) for told in ("phone", "address")
        )
        return wrong if held else [*wrong, f"lacks {values[:2]}"]


def _further(folk: list[Entry], houses: list[Entry]) -> Iterator[Question]:
    for name, further in _TABLE["further"].items():
        lists = [(one, folk) for one in _TABLE["lists"]["people"]]
        lists += [] if further.get("of_people") else [(one, houses) for one in _TABLE["lists"]["houses"]]
        for at, (first, every) in enumerate(lists):
            said = further["said"][at % len(further["said"])]
            yield Question(f"then: {name}", (first, said), _Then(name, further.get("says", ""), every).faults)


class _Then(msgspec.Struct, frozen=True):
    name: str
    says: str
    every: list[Entry]

    def faults(self, reply: str, before: Sequence[str]) -> list[str]:
        """Whether the list is kept, and what is asked of it is told."""
        called, names, now = by_name(self.every), _CARD.findall(before[0]), _CARD.findall(reply)
        wrong = [f"caveat {text!r}" for text in _CAVEAT.findall(reply) if not re.search(self.says or "$^", text)]
        codes = {row.code for name in names for one in called.get(name, ()) for row in one.rows}
        strangers = [n for n in now if not any(row.code in codes for one in called.get(n, ()) for row in one.rows)]
        if strangers:
            return [*wrong, f"another list: {strangers[0]}"]
        at = _POSITIONS.get(self.name)
        if at is not None and len(names) > at:
            right = [one.npi for one in called[names[at]]] if "NPI" in self.name else [names[at]]
            return [] if any(one in reply for one in right) else [f"lacks {right[0]}"]
        if self.name == "network" and not all(any(_is_in(one, "P") for one in called[name]) for name in now):
            return [] if _NONE.search(reply) else ["network P not held"]
        told = at is not None or re.search(self.says, _first(reply, _FIRST))
        return wrong if told else [*wrong, f"no word of {self.says}"]


async def asked(stage: Stage, question: Question) -> list[str]:
    """What is wrong with the reply to a question of the matrix; an answer that asks back is a fault."""
    talk = stage.somebody()
    every = [await talk.say(turn) for turn in question.turns]
    replies = ["\n".join(plain(one.blocks, addresses=False) for one in said) for said in every]
    return question.faults(replies[-1], replies)


def drawn(every: Sequence[Question], count: int, seed: int) -> list[Question]:
    """So many of the questions, by a seed; all of them for a count of 0."""
    return _random(seed).sample(list(every), min(count, len(every))) if count else list(every)


def _random(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- a sample that is the same each time


async def _main(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            right, total = Counter[str](), Counter[str]()
            for one in drawn(questions(stage.world), count, _SEED):
                wrong = await asked(stage, one)
                total[one.row] += 1
                right[one.row] += not wrong
                if wrong:
                    sys.stdout.write(f"{one.row}\t{' || '.join(one.turns)}\t{'; '.join(wrong)}\n")
    for row in total:
        sys.stdout.write(f"{row:28}{right[row]:5} of {total[row]}\n")
    sys.stdout.write(f"{'in all':28}{right.total():5} of {total.total()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)))
