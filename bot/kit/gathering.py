"""Reads a member's whole record page by page into encrypted storage; reading can be resumed.

Only one page of the payer is in memory at a time. The resources stay compressed and encrypted until the files are made.
Parts that cannot be read are reported.
"""

import asyncio
import zlib
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.errors import PayerError, PayerForbids, PayerLacks, PayerRejects
from bot.kit.ask import MEMBER_TYPES, Ask
from bot.payer.budget import MIB, Gap
from bot.payer.search import Search
from bot.records.bundle import Entry, Page
from bot.records.shapes import grouped, labels_of

KINDS = ("Patient", "Coverage", "ExplanationOfBenefit", "Condition", "Procedure", "Observation", "CarePlan")
MOST_RECORDS, MOST_PACKED = 6_000, 12 * MIB
"""The maximum of one file: records, and bytes as stored (about a tenth of the unpacked size)."""
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
"""How many records, and how many compressed bytes, a slow machine turns into files per second."""
_STATE = "state"

MissingWhy = Literal["failed", "refused", "limit"]
Marking = Literal["open", "marked"]


class RecordStep(msgspec.Struct):
    """One search of the record; `onward` is the URL of the next page, "" before the first page."""

    type: str
    category: str = ""
    onward: str = ""

    @property
    def search(self) -> Search:
        """The search for the first page."""
        by = (("category", self.category),) if self.category else ()
        return Search(self.type, (*by, *_WITH.get(self.type, ())))


class Kept(msgspec.Struct, frozen=True):
    """One stored part of the record: resources of one type, all with or all without a sensitivity label (`share`)."""

    name: str
    type: str
    share: Marking
    records: int


class Missing(msgspec.Struct, frozen=True):
    """A part missing from the file: a type that the payer `refused`, a page that `failed`, or data over the `limit`."""

    type: str
    why: MissingWhy


class Gathered(msgspec.Struct):
    """How much of the member's record was read so far.

    Attributes:
        steps: The searches that are still to be done.
        parts: The parts that are stored.
        failed: The searches that failed this time.
        refused: The types that the payer does not give.
        seen: The keys (type and id) of the resources that were read.
        strangers: How many records of other people were left out.
        unreadable: How many unreadable records were left out.
        packed: The size of all parts in compressed bytes.
        full: Whether the maximum size is reached.
        made: Whether the files were made.
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
        """The parts that are missing, each type once per reason."""
        rows = [
            *(Missing(step.type, "failed") for step in self.failed),
            *(Missing(kind, "refused") for kind in self.refused),
            *([Missing("", "limit")] if self.full else []),
        ]
        return tuple(dict.fromkeys(rows))

    @property
    def seconds(self) -> float:
        """The longest time, in seconds, that making the files from what was read may take."""
        return _BREATH + self.records / _A_SECOND[0] + self.packed / _A_SECOND[1]


async def gathered(ask: Ask, *, anew: bool) -> Gathered:
    """Read on in the member's record as long as the question's time allows, and return the progress.

    The record is complete if no step is left. Reading resumes where it stopped and repeats failed pages; with `anew`, a
    record whose files were made is read from the start. The answer's template reports what is missing, so that no
    footer does.

    Raises:
        SignInExpired: If the sign-in ended; what was read stays stored until the sign-in's data is deleted.
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
            await _read_step(ask, state, state.steps[0])
    finally:
        state.strangers += sum(gap.count for gap in ask.report.gaps if gap.kind == "left_out")
        await store_progress(ask, state)
    gone = [Gap("page_failed", step.type) for step in state.failed]
    ask.report.gaps = [replace(gap, told=True) for gap in (*ask.report.gaps, *gone)]
    return state


async def store_progress(ask: Ask, state: Gathered) -> None:
    """Store how far the reading of the record has got, so that it can be resumed."""
    await ask.own_drawer.put(_STATE, msgspec.json.encode(state))


async def _read_step(ask: Ask, state: Gathered, step: RecordStep) -> None:
    """Read one step as far as time allows, and record the result in `state`."""
    before = state.records
    try:
        if not await _read_pages(ask, state, step):
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


async def _read_pages(ask: Ask, state: Gathered, step: RecordStep) -> bool:
    """Store the pages of a step; return False if time or space ran out before the last page.

    Raises:
        PayerError: If a page could not be read; the step's `onward` is its URL.
    """
    async for page in ask.onward(step.search, step.onward) if step.onward else ask.search(step.search):
        await _keep_page(ask, state, step, page)
        step.onward = page.next_url or ""
        await store_progress(ask, state)
        state.full = state.records >= MOST_RECORDS or state.packed >= MOST_PACKED
        if not step.onward:
            return True
        if state.full or ask.budget.seconds <= state.seconds:
            return False
    raise PayerError("a page did not come")


async def _keep_page(ask: Ask, state: Gathered, step: RecordStep, page: Page) -> None:
    known = set(state.seen)
    fitting = (
        one for one in page.entries if one.type == step.type or (one.mode == "include" and one.type not in MEMBER_TYPES)
    )
    rows = list({_key(one) or at: one for at, one in enumerate(fitting) if _key(one) not in known}.values())
    state.seen += filter(None, map(_key, rows))
    state.unreadable += page.unreadable
    for (kind, share), some in grouped(rows, _share_of).items():
        packed = await asyncio.to_thread(pack_lines, some)
        name = f"{len(state.parts)}"
        await ask.own_drawer.put(name, packed)
        state.parts.append(Kept(name, kind, share, len(some)))
        state.packed += len(packed)
    ask.report.progress.records, ask.report.progress.read = True, state.records


def _key(entry: Entry) -> str:
    return f"{entry.type}/{entry.id}" if entry.id else ""


def _share_of(one: Entry) -> tuple[str, Marking]:
    return one.type, "marked" if one.labels or labels_of(one.raw) else "open"


def pack_lines(rows: Iterable[Entry]) -> bytes:
    """Return the resources as compressed NDJSON, as received except that line breaks become spaces."""
    lines = (bytes(one.raw).replace(b"\r", b" ").replace(b"\n", b" ") for one in rows)
    return zlib.compress(b"".join(line + b"\n" for line in lines))
