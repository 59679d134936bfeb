"""A member's whole record, read page by page into their drawer: it goes on where it stopped, and says what is missing.

Of the payer's pages one at a time is in memory; what was read waits packed and sealed until the files are made of it.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import msgspec

from bot.errors import PayerError, PayerForbids, PayerLacks, PayerRejects
from bot.kit.ask import MEMBER_TYPES, Ask
from bot.payer.budget import MIB, Gap
from bot.payer.search import Search
from bot.records.bundle import Entry, Page
from bot.records.sensitivity import labels_of

KINDS = ("Patient", "Coverage", "ExplanationOfBenefit", "Condition", "Procedure", "Observation", "CarePlan")
MOST_RECORDS, MOST_PACKED = 6_000, 12 * MIB
"""The most that one file holds: records in all, and bytes of them as they are kept, some ten times as many unpacked."""
_PAGES, _READ = 400, 512 * MIB
# Some servers find results and care plans by category only; where nothing comes without one, each is asked for.
_CATEGORIES = {
    "CarePlan": ("assess-plan",),
    "Observation": (
        *("laboratory", "vital-signs", "social-history", "survey", "imaging", "procedure", "exam", "therapy"),
        "activity",
    ),
}
_WITH = {
    "ExplanationOfBenefit": tuple(("_include", f"ExplanationOfBenefit:{one}") for one in ("provider", "care-team")),
}
_BREATH = 3.0  # seconds that are left for what is not reading
_A_SECOND = 800, 1 * MIB
"""How many records, and how many packed bytes, become files in a second on a slow machine."""
_STATE = "state"

MissingWhy = Literal["failed", "refused", "limit"]
Share = Literal["open", "marked"]


class RecordStep(msgspec.Struct):
    """One search of the record; `onward` is the address of the page at which it goes on."""

    type: str
    category: str = ""
    onward: str = ""

    @property
    def search(self) -> Search:
        """The search from its first page."""
        by = (("category", self.category),) if self.category else ()
        return Search(self.type, (*by, *_WITH.get(self.type, ())))


class Kept(msgspec.Struct, frozen=True):
    """One part in the drawer: which type its records have, and how many."""

    name: str
    type: str
    share: Share
    records: int


class Missing(msgspec.Struct, frozen=True):
    """What is not in the file: a type that the payer `refused`, a page of one that `failed`, or more than fits."""

    type: str
    why: MissingWhy


class Gathered(msgspec.Struct):
    """How far the record is read. `strangers` were somebody else's and `unreadable` no records: both are left out.

    `steps` are still to be done, `failed` did not work this time. `seen` holds the ids of the records that are in.
    """

    steps: list[RecordStep]
    parts: list[Kept] = []
    failed: list[RecordStep] = []
    refused: list[str] = []
    seen: list[str] = []
    strangers: int = 0
    unreadable: int = 0
    packed: int = 0
    full: bool = False
    made: bool = False

    @property
    def records(self) -> int:
        """How many records were read."""
        return sum(part.records for part in self.parts)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What is not in it, each type once for each reason."""
        rows = [
            *(Missing(step.type, "failed") for step in self.failed),
            *(Missing(kind, "refused") for kind in self.refused),
            *([Missing("", "limit")] if self.full else []),
        ]
        return tuple(dict.fromkeys(rows))

    @property
    def seconds(self) -> float:
        """How long it takes at most to make the files of what was read."""
        return _BREATH + self.records / _A_SECOND[0] + self.packed / _A_SECOND[1]


async def gathered(ask: Ask, *, anew: bool) -> Gathered:
    """What is read of the record when this question's time is over: all of it where no step is left.

    One that was not finished goes on, failed pages included; `anew`, one that was made into a file begins again.

    The answer's template says what is missing, so no footer does.

    Raises:
        SignInExpired: the sign-in ended. What was read stays until it is over.
    """
    drawer = ask.own_drawer
    kept = await drawer.get(_STATE)
    state = msgspec.json.decode(kept, type=Gathered) if kept else None
    if state is None or (anew and state.made and not state.failed):
        await drawer.clear()
        state = Gathered([RecordStep(kind) for kind in KINDS])
    state.steps, state.failed = [*state.steps, *state.failed], []
    ask.budget.widen(pages=_PAGES, resources=2 * MOST_RECORDS, total=_READ)
    try:
        while state.steps and not state.full and ask.budget.seconds > state.seconds:
            await _taken(ask, state, state.steps[0])
    finally:
        state.strangers += sum(gap.count for gap in ask.report.gaps if gap.kind == "left_out")
        await keep(ask, state)
    gone = [Gap("page_failed", step.type) for step in state.failed]
    ask.report.gaps = [replace(gap, told=True) for gap in (*ask.report.gaps, *gone)]
    return state


async def keep(ask: Ask, state: Gathered) -> None:
    """Keep how far it is."""
    await ask.own_drawer.put(_STATE, msgspec.json.encode(state))


async def _taken(ask: Ask, state: Gathered, step: RecordStep) -> None:
    """One step as far as time allows; what comes of it is noted in the state."""
    before = state.records
    try:
        if not await _paged(ask, state, step):
            return
    except (PayerForbids, PayerLacks):
        state.refused.append(step.type)
    except PayerRejects:
        if step.category or step.type not in _CATEGORIES:
            state.failed.append(step)
    except PayerError:
        state.failed.append(step)
    state.steps.remove(step)
    if not step.category and state.records == before and step not in state.failed and step.type not in state.refused:
        state.steps[:0] = [RecordStep(step.type, one) for one in _CATEGORIES.get(step.type, ())]


async def _paged(ask: Ask, state: Gathered, step: RecordStep) -> bool:
    """Whether a step is over, and its pages kept; False when time or room is.

    Raises:
        PayerError: a page did not come; the step's `onward` is that one's.
    """
    async for page in ask.onward(step.search, step.onward) if step.onward else ask.search(step.search):
        await _keep_page(ask, state, step, page)
        step.onward = page.next_url or ""
        await keep(ask, state)
        state.full = state.records >= MOST_RECORDS or state.packed >= MOST_PACKED
        if not step.onward:
            return True
        if state.full or ask.budget.seconds <= state.seconds:
            return False
    raise PayerError("a page did not come")


async def _keep_page(ask: Ask, state: Gathered, step: RecordStep, page: Page) -> None:
    known = set(state.seen)
    fitting = (one for one in page.entries if one.type == step.type or _is_beside(one))
    rows = list({_key(one) or at: one for at, one in enumerate(fitting) if _key(one) not in known}.values())
    state.seen += filter(None, map(_key, rows))
    state.unreadable += page.unreadable
    for kind, share, some in _shares(rows):
        packed = await asyncio.to_thread(pack_lines, some)
        name = f"{len(state.parts)}"
        await ask.own_drawer.put(name, packed)
        state.parts.append(Kept(name, kind, share, len(some)))
        state.packed += len(packed)
    ask.report.progress.records, ask.report.progress.read = True, state.records


def _is_beside(entry: Entry) -> bool:
    """Whether it came with a record: who gave the care, and no record of anybody."""
    return entry.mode == "include" and entry.type not in MEMBER_TYPES


def _key(entry: Entry) -> str:
    return f"{entry.type}/{entry.id}" if entry.id else ""


def _shares(rows: Iterable[Entry]) -> Iterable[tuple[str, Share, list[Entry]]]:
    """The rows by type, those with a privacy mark apart."""
    groups: dict[tuple[str, Share], list[Entry]] = {}
    for one in rows:
        share: Share = "marked" if one.labels or labels_of(one.raw) else "open"
        groups.setdefault((one.type, share), []).append(one)
    return [(kind, share, some) for (kind, share), some in groups.items()]


def pack_lines(rows: Iterable[Entry]) -> bytes:
    """The resources as the payer sent them, one a line: an end of a line inside is white space between two tokens."""
    lines = (bytes(one.raw).replace(b"\r", b" ").replace(b"\n", b" ") for one in rows)
    return zlib.compress(b"".join(line + b"\n" for line in lines))
