"""The files of a member's whole record: FHIR files for other applications, and the data of a page and a spreadsheet."""

import asyncio
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

import msgspec

from bot.kit.ask import Ask
from bot.kit.gathering import KINDS, Gathered, Kept, store_progress
from bot.kit.offers import Document
from bot.records.bundle import Entry, read_head
from bot.records.care import CarePlan, Condition, Observation, Procedure
from bot.records.claim import Claim, read_claim
from bot.records.claim_set import claim_set_of
from bot.records.coverage import Coverage
from bot.records.decode import Unreadable
from bot.records.patient import Patient
from bot.records.service import names_in
from bot.records.shapes import Value
from bot.records.written import PartialDate, Period

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
