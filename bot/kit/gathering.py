"""Reads a member's whole record into encrypted storage, and makes its files; reading can be resumed.

Only one page of the payer is in memory at a time. The resources stay compressed and encrypted until the files are made.
Parts that cannot be read are reported.
"""

import asyncio
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from bot.errors import PayerError, PayerForbids, PayerLacks, PayerRejects
from bot.kit.ask import MEMBER_TYPES, Ask
from bot.kit.offers import Document
from bot.payer.budget import MIB, Gap
from bot.payer.search import Search
from bot.records.bundle import Entry, Page, read_head
from bot.records.care import CarePlan, Condition, Observation, Procedure
from bot.records.claim import Claim, read_claim
from bot.records.claim_set import claim_set_of
from bot.records.coverage import Coverage
from bot.records.decode import Unreadable
from bot.records.patient import Patient
from bot.records.service import names_in
from bot.records.shapes import Value, grouped, labels_of
from bot.records.written import PartialDate, Period

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
    """Continue reading the member's record for as long as the question's time allows, and return the progress.

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
    ask.report.gaps = [replace(gap, mentioned=True) for gap in (*ask.report.gaps, *gone)]
    return state


async def store_progress(ask: Ask, state: Gathered) -> None:
    """Store the progress of reading the record, so that reading can be resumed."""
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
    lines = (one.raw.replace(b"\r", b" ").replace(b"\n", b" ") for one in rows)
    return zlib.compress(b"".join(line + b"\n" for line in lines))


FOLDER = "fhir"
_ERRORS = "errors.ndjson"
_ISSUE = {"failed": "incomplete", "refused": "forbidden", "limit": "too-long"}
_SAYS = {
    "failed": "A page of these records did not come.",
    "refused": "The server does not give these records.",
    "limit": "There is more than one file holds.",
}

R = TypeVar("R")
PackedParts = Sequence[tuple[Kept, bytes]]
"""The stored parts of the record with their zlib-compressed resources, in the order in which the parts were read."""


class RecordPapers(Value):
    """The contents of the page and the spreadsheet, newest records first.

    A long record takes seconds, so create this object in a thread.

    Attributes:
        counts: The number of records of each type in the file.
        marked: The number of records in the file with a sensitivity label.
        hidden: The number of records that are left out because of a sensitivity label.
        strange: The number of records that could not be read, which are only in the FHIR files.
        states: By the id of a claim that does not count, the reason: "replaced", "taken back", or "reversal" for a
            claim that cancels another one.
    """

    def __init__(self, state: Gathered, parts: PackedParts, made: date, *, marked: bool) -> None:
        shown = [(kept, packed) for kept, packed in parts if marked or kept.share == "open"]
        names = names_in(
            [
                Entry(head.resource_type, head.id, "include", line)
                for line in lines_of(shown, "Practitioner", "Organization", "Location")
                for head in (read_head(line),)
            ]
        )
        lost: list[str] = []

        def read(kind: str, reader: Callable[[bytes], R]) -> Iterator[R]:
            for line in lines_of(shown, kind):
                try:
                    yield reader(line)
                except Unreadable:
                    lost.append(kind)

        def claim(line: bytes) -> Claim:
            return read_claim(line, names).read_whole()

        kept_marked = sum(kept.records for kept, _ in parts if kept.share == "marked")
        self.made = made
        self.patient = next(read("Patient", Patient), None)
        self.coverages = tuple(read("Coverage", Coverage))
        self.claims = _newest(read("ExplanationOfBenefit", claim), lambda one: one.service.day)
        sums = claim_set_of(self.claims, made)
        gone = {"replaced": sums.replaced, "taken back": sums.taken_back, "reversal": sums.reversals}
        self.states = {claim.id: name for name, rows in gone.items() for claim in rows}
        self.conditions = _newest(read("Condition", Condition), lambda one: one.day)
        self.procedures = _newest(read("Procedure", Procedure), lambda one: one.day)
        self.results = _newest(read("Observation", Observation), lambda one: one.day)
        self.plans = _newest(read("CarePlan", CarePlan), lambda one: one.day)
        self.counts = counts_of(state, marked=marked)
        self.marked, self.hidden = (kept_marked, 0) if marked else (0, kept_marked)
        self.strangers, self.unreadable, self.strange = state.strangers, state.unreadable, len(lost)
        self.missing = state.missing

    @property
    def beside(self) -> int:
        """The number of resources in the file that are not about the patient, such as practitioners and locations."""
        return sum(number for kind, number in self.counts.items() if kind not in KINDS)

    @property
    def records(self) -> int:
        """The number of all resources in the file."""
        return sum(self.counts.values())


async def record_document(ask: Ask, state: Gathered, *, marked: bool) -> tuple[RecordPapers, Document] | None:
    """Return the contents and the document of a downloaded record; None if a part of the stored data has expired.

    `marked`: records with a sensitivity label are included.
    """
    parts: list[tuple[Kept, bytes]] = []
    for kept in state.parts:
        packed = await ask.own_drawer.get(kept.name)
        if packed is None:
            await ask.own_drawer.clear()
            return None
        parts.append((kept, packed))
    papers = await asyncio.to_thread(RecordPapers, state, parts, ask.today, marked=marked)

    def files() -> Iterator[tuple[str, Iterable[bytes]]]:
        base = ask.member.base if ask.member else ""
        return fhir_files(state, parts, marked=marked, moment=ask.moment(), base=base)

    async def done() -> None:
        if papers.hidden or state.failed:  # a button may ask for the rest
            state.made = True
            await store_progress(ask, state)
        else:
            await ask.own_drawer.clear()

    return papers, Document("record", {"papers": papers}, ("zip",), files=files, done=done)


def counts_of(state: Gathered, *, marked: bool) -> dict[str, int]:
    """Return the number of records of each type in a file with (`marked`) or without labeled records."""
    found: dict[str, int] = {}
    for part in state.parts:
        if marked or part.share == "open":
            found[part.type] = found.get(part.type, 0) + part.records
    return found


def fhir_files(
    state: Gathered, parts: PackedParts, *, marked: bool, moment: datetime, base: str
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield the names and contents of the FHIR files: one NDJSON file for each type, the errors, and the manifest.

    The errors are OperationOutcomes for the missing parts of the record. The manifest is that of FHIR Bulk Data Access,
    with relative URLs. The resources are unchanged.

    Args:
        state: The state of the download.
        parts: The stored parts.
        marked: Whether resources with a sensitivity label are included.
        moment: The transaction time in the manifest.
        base: The base URL of the payer's server.
    """
    shown = [(kept, packed) for kept, packed in parts if marked or kept.share == "open"]
    counts = counts_of(state, marked=marked)
    for kind in counts:
        yield f"{FOLDER}/{kind}.ndjson", (zlib.decompress(packed) for kept, packed in shown if kept.type == kind)
    told = [(one.why, f"{one.type}: {_SAYS[one.why]}".removeprefix(": ")) for one in state.missing]
    faults = [{"severity": "error", "code": _ISSUE[why], "diagnostics": said} for why, said in told]
    issues = [msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [one]}) + b"\n" for one in faults]
    if issues:
        yield f"{FOLDER}/{_ERRORS}", issues
    errors = [{"type": "OperationOutcome", "url": _ERRORS, "count": len(issues)}] if issues else []
    manifest = {
        "transactionTime": moment.isoformat(timespec="seconds"),
        "request": base,
        "requiresAccessToken": False,
        "output": [{"type": kind, "url": f"{kind}.ndjson", "count": count} for kind, count in counts.items()],
        "error": errors,
    }
    yield f"{FOLDER}/manifest.json", [json.dumps(manifest, indent=2).encode() + b"\n"]


def lines_of(parts: PackedParts, *kinds: str) -> Iterator[bytes]:
    """Yield the JSON of each resource of these types."""
    for kept, packed in parts:
        if kept.type in kinds:
            yield from zlib.decompress(packed).splitlines()


def _newest(rows: Iterable[R], day: Callable[[R], PartialDate | None]) -> tuple[R, ...]:
    return tuple(sorted(rows, key=lambda row: Period(day(row)).sort_key, reverse=True))
