"""Questions about a member's claims, made from all that one may ask of them, each with what is true of the record.

A question is a measure of a subject under a condition, or without what it names, in a time; its words are those of
`matrix.yaml`. What is true is computed from the record's JSON by the few lines below, and from nothing that the bot
has. `python -m tests.kit.matrix` asks all of them, or those of the measures that are named, and prints how many of each
measure, condition and time are right, said to be left out, or wrong; a number is the share of them in percent.
"""

import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.replies.plain import plain
from bot.sandbox.world import World
from tests.stage import TODAY, Talk, staged

Verdict = Literal["right", "said", "wrong"]
Facts = Sequence[str] | None
WORDS: dict[str, dict[str, list[str]]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
LEFT_OUT = ("couldn't take", "didn't take", "can't tell", "can only tell")
WITHOUT, MONTHS_FREE = "not ", "months, without"


@dataclass(frozen=True)
class Row:
    """One claim, as its JSON tells it."""

    day: date
    who: str
    store: str
    kind: str
    share: Decimal
    drug: str


@dataclass(frozen=True)
class Cell:
    """One thing to ask, with its words and with what a right answer holds; "a|b" is one of the two."""

    measure: str
    condition: str
    span: str
    said: str
    facts: tuple[str, ...]


def record(world: World, username: str) -> tuple[Row, ...]:
    """Return a member's claims, oldest first."""
    patient = world.accounts[username].patients[0]
    world.complete(patient)
    mine = (one for one in world.of_type("ExplanationOfBenefit") if one["patient"]["reference"].endswith(patient))
    return tuple(sorted(map(_row, mine), key=lambda row: row.day))


def _row(claim: dict[str, Any]) -> Row:
    totals = {one["category"]["coding"][0]["code"]: one["amount"]["value"] for one in claim["total"]}
    return Row(
        day=date.fromisoformat(claim["billablePeriod"]["start"]),
        who=claim["careTeam"][0]["provider"]["display"],
        store=claim["provider"]["display"],
        kind=claim["type"]["coding"][0]["code"],
        share=Decimal(str(totals["memberliability"])).quantize(Decimal("0.01")),
        drug=claim["item"][0]["productOrService"].get("text", ""),
    )


def any_claim(_row: Row) -> bool:
    """Return that every claim is meant."""
    return True


def fill(row: Row) -> bool:
    """Return whether it is a prescription's."""
    return row.kind == "pharmacy"


def visit(row: Row) -> bool:
    """Return whether it is care that was had, and no fill."""
    return not fill(row)


def doctor(row: Row) -> bool:
    """Return whether a doctor gave the care, which a dentist is not called."""
    return row.kind in {"professional", "institutional"}


CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "any": any_claim,
    "doctor": lambda row: "Fitzgerald" in row.who and visit(row),
    "store": lambda row: "Blue Heron" in row.store,
    "hospital": lambda row: row.kind == "institutional",
    "dental": lambda row: row.kind == "oral",
    "over": lambda row: row.share > 50,
}
"""What a claim has to be, by the name of a condition."""
SPANS = {
    "year": (date(2025, 1, 1), date(2025, 12, 31)),
    "quarter": (date(2025, 10, 1), date(2025, 12, 31)),
    "between": (date(2025, 6, 10), date(2025, 11, 10)),
    "since": (date(2025, 10, 1), TODAY),
    "half": (date(2025, 1, 1), date(2025, 6, 30)),
}
"""The first and the last day of each time."""


def money(value: Decimal) -> str:
    """Return an amount as answers write it."""
    return f"${value.quantize(Decimal('0.01')):,}"


def on(day: date) -> str:
    """Return a day as answers write it, whole or short."""
    return f"{day:%B} {day.day}, {day.year}|{day:%b} {day.day}, {day.year}"


def days_of(rows: Sequence[Row]) -> list[date]:
    """Return the days of care, oldest first."""
    return list(dict.fromkeys(row.day for row in rows))


def total(rows: Sequence[Row]) -> Decimal:
    """Return the sum of the shares."""
    return sum((row.share for row in rows), Decimal(0))


def times(rows: Sequence[Row]) -> Decimal:
    """Return how many days of care there are."""
    return Decimal(len(days_of(rows)))


def number(n: int) -> Facts:
    """Return how many there are, in figures or in a word."""
    return [f"{n} |: one"] if n == 1 else [f"{n} "] if n else ["|None|no |No "]


def some(fact: Callable[[Sequence[Row]], str], rows: Sequence[Row]) -> Facts:
    """Return a fact of claims, where there are any."""
    return [fact(rows)] if rows else None


def ranked(key: Callable[[Row], str], size: Callable[[Sequence[Row]], Decimal], nth: int, rows: Sequence[Row]) -> Facts:
    """Return the name that is the nth by size, where no other has its size."""
    names = {name: list(own) for name, own in groupby(sorted(rows, key=key), key)}
    sizes = sorted(((size(own), name) for name, own in names.items()), reverse=True)
    alone = len(sizes) >= nth and sum(one[0] == sizes[nth - 1][0] for one in sizes) == 1
    return [sizes[nth - 1][1]] if alone and sizes[nth - 1][0] else None


def dearest(rows: Sequence[Row]) -> Facts:
    """Return the biggest share, where no other claim has it."""
    shares = sorted((row.share for row in rows), reverse=True)
    return [money(shares[0])] if shares and shares[0] and shares[:2].count(shares[0]) == 1 else None


def nth_day(nth: int, rows: Sequence[Row]) -> Facts:
    """Return the nth day of care, from the newest where it is negative."""
    days = days_of(rows)
    return [on(days[nth if nth < 0 else nth - 1])] if len(days) >= abs(nth) else None


def third_doctor(rows: Sequence[Row]) -> Facts:
    """Return the third doctor who was seen, where no two were seen first on that day."""
    firsts = {row.who: row.day for row in reversed(rows)}
    order = sorted(firsts, key=lambda who: firsts[who])
    return [order[2]] if len(order) > 2 and list(firsts.values()).count(firsts[order[2]]) == 1 else None


def gap(which: Callable[[Sequence[int]], int], rows: Sequence[Row]) -> Facts:
    """Return one of the times between two days of care that follow each other, in days."""
    gaps = [(after - before).days for before, after in pairwise(days_of(rows))]
    return [f"{which(gaps)} day"] if gaps else None


def months_free(span: tuple[date, date], rows: Sequence[Row]) -> Facts:
    """Return the months of a time without any share."""
    every = dict.fromkeys((span[0] + timedelta(days=at)).replace(day=1) for at in range((span[1] - span[0]).days + 1))
    paid = {row.day.replace(day=1) for row in rows if row.share}
    return [f"{month:%B %Y}" for month in every if month not in paid]


MEASURES: dict[str, tuple[Callable[[Row], bool], Callable[[Sequence[Row]], Facts]]] = {
    "visits, count": (visit, lambda rows: number(len(days_of(rows)))),
    "claims, count": (any_claim, lambda rows: number(len(rows))),
    "claims, sum": (any_claim, partial(some, lambda rows: money(total(rows)))),
    "visits, average": (visit, partial(some, lambda rows: money(total(rows) / times(rows)))),
    "claims, most": (any_claim, dearest),
    "visits, first": (visit, partial(nth_day, 1)),
    "visits, second": (visit, partial(nth_day, 2)),
    "visits, last": (visit, partial(nth_day, -1)),
    "visits, gap": (visit, partial(gap, lambda gaps: gaps[-1])),
    "visits, longest gap": (visit, partial(gap, max)),
    "doctors, number": (doctor, partial(some, lambda rows: f"{len({row.who for row in rows})} ")),
    "doctors, most paid": (doctor, partial(ranked, lambda row: row.who, total, 1)),
    "doctors, second paid": (doctor, partial(ranked, lambda row: row.who, total, 2)),
    "doctors, most seen": (doctor, partial(ranked, lambda row: row.who, times, 1)),
    "doctors, third": (doctor, third_doctor),
    "fills, count": (fill, partial(some, lambda rows: f"{len(rows)} ")),
    "fills, sum": (fill, partial(some, lambda rows: money(total(rows)))),
    "drugs, second": (fill, partial(ranked, lambda row: row.drug, total, 2)),
    "fills, last": (fill, partial(some, lambda rows: rows[-1].drug)),
    "months, most": (any_claim, partial(ranked, lambda row: f"{row.day:%B %Y}", total, 1)),
}
"""What is asked of which claims: the facts that a right answer holds, None where the record has no single answer."""


def cells(rows: Sequence[Row]) -> Iterator[Cell]:
    """Yield every question that has one answer."""
    for span, (first, last) in SPANS.items():
        within = [row for row in rows if first <= row.day <= last]
        for measure, (of, facts) in MEASURES.items():
            for name in WORDS["conditions"]:
                holds, out = CONDITIONS[name.removeprefix(WITHOUT)], name.startswith(WITHOUT)
                kept = [row for row in within if of(row) and holds(row) != out]
                yield from _asked(measure, name, span, facts(kept) if kept or name != "any" else None)
        yield from _asked(MONTHS_FREE, "any", span, months_free((first, last), within))


def _asked(measure: str, condition: str, span: str, facts: Facts) -> Iterator[Cell]:
    words = zip(WORDS["measures"][measure], WORDS["conditions"][condition], WORDS["times"][span], strict=True)
    for asked, what, when in words if facts is not None else ():
        said = " ".join(asked.format(c=what, t=when).split())
        yield Cell(measure, condition, span, said, tuple(facts or ()))


async def verdict(talk: Talk, cell: Cell) -> tuple[Verdict, str]:
    """Return whether the first lines of an answer hold what is true, or it says what it left out; and the answer."""
    await talk.say("start over")
    text = "\n".join(plain(reply.blocks, addresses=False) for reply in await talk.say(cell.said))
    lines = [line for line in text.replace("**", "").splitlines() if line.strip()]
    first = " " + "\n".join(lines[: 2 + len(cell.facts)])
    if all(any(one in first for one in fact.split("|") if one) for fact in cell.facts):
        return "right", text
    return ("said" if any(one in text for one in LEFT_OUT) else "wrong"), text


async def main(names: Sequence[str], share: float) -> None:
    """Ask a share of the questions of the measures with these names, or of all; print those that are not right."""
    counts: dict[str, Counter[str]] = {}
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(staged(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        talk = stage.somebody()
        await talk.connect("dana")
        every = [one for one in cells(record(stage.world, "dana")) if not names or one.measure in names]
        for cell in random.Random(7).sample(every, round(len(every) * share)):  # noqa: S311 -- the same each time
            how, text = await verdict(talk, cell)
            for name in ("all", cell.measure, f"[{cell.condition}]", f"({cell.span})"):
                counts.setdefault(name, Counter())[how] += 1
            if how != "right":
                shown = "\n    ".join(text.splitlines()[:5])
                sys.stdout.write(f"\n{how}: {cell.said}  {cell.facts}\n    {shown}")
    for name, found in sorted(counts.items()):
        sys.stdout.write(f"\n{name:24} right {found['right']:4} said {found['said']:4} wrong {found['wrong']:4}")


if __name__ == "__main__":
    percent = next((int(one) for one in sys.argv[1:] if one.isdecimal()), 100)
    asyncio.run(main([one for one in sys.argv[1:] if not one.isdecimal()], percent / 100))
