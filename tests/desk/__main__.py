"""`make desk`: what the directory desk answers to the hostile directory, and to ordinary ones, as a table.

A row: the question, the cards, the facts that were compared with the records, how many were right, the sentences in
which the reply itself says what it could not honour or read, and what is wrong.
"""

import asyncio
import re
import sys
from collections.abc import Iterator

from bot.sandbox.synthetic import build
from bot.sandbox.world import World
from tests.answers.directory.odd_world import SPECIALTIES, odd_world
from tests.desk.desk import SERVERS, TODAY, Case, Result, ask, cases, fits, listed
from tests.desk.plain_reading import facts_of, wrong_facts

_SAYS = re.compile(
    r"(?:doesn't say|couldn't read|no network called|don't say|isn't listed|doesn't show|only what is listed)"
)
_WIDTHS = (46, 6, 6, 6, 5)


def main() -> int:
    """Print the table; 1 when anything is wrong."""
    _say(_line("question", "cards", "facts", "right", "said"), "wrong")
    wrong = 0
    for server in SERVERS:
        results = asyncio.run(_hostile(server))
        if server == "full":
            for one in results:
                _say(_line(one.case.name, one.cards, one.facts, one.right, _said(one)), "; ".join(one.wrong))
            _say("")
        wrong += _sum(f"hostile directory, {server}", results)
    for name, world, every in (
        ("ordinary directory (sandbox)", build(today=TODAY), list(_ordinary())),
        ("directory full of oddities", odd_world(60, TODAY), list(_odd())),
    ):
        wrong += _sum(name, asyncio.run(_compared(world, every)))
    return 1 if wrong else 0


async def _hostile(server: str) -> list[Result]:
    return [await ask(server, case) for case in cases() if fits(server, case)]


async def _compared(world: World, every: list[Case]) -> list[Result]:
    """The cards of these questions held against a plain reading of the records."""
    results = []
    for case in every:
        cards, text = await listed("full", case, world)
        wrong = tuple(dict.fromkeys(fact for card in cards for fact in wrong_facts(world, card, TODAY)))
        facts = sum(map(facts_of, cards))
        results.append(Result(case, len(cards), facts, facts - len(wrong), text, wrong))
    return results


def _ordinary() -> Iterator[Case]:
    for zip_code in ("37402", "37203", "37919", "38103"):
        for code in ("207RC0000X", "207Q00000X", "207N00000X", "2084P0800X", "1223G0001X"):
            for network in ("Blue Network S", "BlueCare", None):
                slots: dict[str, object] = {"specialty": [code], **({"network": network} if network else {})}
                yield Case(f"{code} near {zip_code} in {network}", near=zip_code, slots=slots)
        for kind in ("hospital", "urgent_care", "lab"):
            yield Case(f"{kind} near {zip_code}", intent="facility.find", near=zip_code, slots={"facility_type": kind})
        yield Case(f"pharmacy near {zip_code}", intent="pharmacy.find", near=zip_code)


def _odd() -> Iterator[Case]:
    for zip_code in ("37402", "37203", "37902", "38103", "37421"):
        for code in SPECIALTIES:
            for network in ("Blue Network S", "Blue Network P", None):
                slots: dict[str, object] = {"specialty": [code], **({"network": network} if network else {})}
                yield Case(f"{code} near {zip_code} in {network}", near=zip_code, slots=slots)
        yield Case(f"pharmacy near {zip_code}", intent="pharmacy.find", near=zip_code)


def _sum(name: str, results: list[Result]) -> int:
    wrong = sum(bool(one.wrong) for one in results)
    total = [
        sum(number) for number in zip(*((one.cards, one.facts, one.right, _said(one)) for one in results), strict=True)
    ]
    _say(_line(f"{name}: {len(results)} questions", *total), wrong)
    for one in results:
        for fact in one.wrong:
            _say(f"    {one.case.name}: {fact}")
    return wrong


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def _said(result: Result) -> int:
    return len(_SAYS.findall(result.said))


def _line(*cells: object) -> str:
    return " ".join(
        str(cell)[:width].ljust(width) if number == 0 else str(cell).rjust(width)
        for number, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )


if __name__ == "__main__":
    sys.exit(main())
