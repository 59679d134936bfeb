"""A searchset page, read slim: entries stay raw bytes until somebody chooses them. One bad entry spoils no page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from bot.records.decode import Unreadable, decode
from bot.records.references import Key, key_of
from bot.records.sensitivity import labels_of
from bot.records.shapes import NOTHING, Concept, Reference, Shape
from bot.records.text import NOTE_LIMIT, clean

Mode = Literal["match", "include", "target", "outcome"]
_INCOMPLETE = frozenset(
    {
        *("incomplete", "timeout", "too-costly", "throttled", "transient", "exception", "no-store", "lock-error"),
        *("suppressed", "too-long"),
    }
)
_IN_PART = re.compile(
    r"\b(?:incomplete|partial|truncated|not complete|unavailable|could not (?:be )?(?:read|retrieve)\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome. `text` is the server's and may quote the request: never log it."""

    severity: str
    code: str
    text: str

    @property
    def is_error(self) -> bool:
        """True when the server says that something failed, not only that it has a remark."""
        return self.severity in {"fatal", "error"}

    @property
    def is_incomplete(self) -> bool:
        """True when the server says, by HL7's issue type or in words, that its answer does not hold everything."""
        return self.code in _INCOMPLETE or bool(_IN_PART.search(self.text))


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One resource of a page: its type, its id, and its unread bytes.

    `target` is a row of the first step of a chain that was followed here, beside the rows that it led to.

    `labels` come from the Bundle around it; `owner` is whose record it says to be (patient, beneficiary or subject).
    """

    type: str
    id: str
    mode: Mode
    raw: msgspec.Raw | bytes
    full_url: str = ""
    labels: tuple[str, ...] = ()
    owner: Key | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer to a search held. `total` is the server's word and may be wrong (F30).

    `sent` is how many rows of it answer the search, those too that could not be read or may not be shown.
    """

    entries: tuple[Entry, ...] = ()
    next_url: str | None = None
    total: int | None = None
    issues: tuple[Issue, ...] = ()
    unreadable: int = 0
    is_bundle: bool = True
    sent: int = 0

    @property
    def matches(self) -> tuple[Entry, ...]:
        """The rows that answer the search, without the resources that came along with them."""
        return tuple(entry for entry in self.entries if entry.mode == "match")


class _Search(Shape, frozen=True):
    mode: str | None = None


class _EntryShape(Shape, frozen=True):
    full_url: str = ""
    search: _Search | None = None
    resource: msgspec.Raw = NOTHING


class _Link(Shape, frozen=True):
    relation: str | None = None
    url: str | None = None


class _IssueShape(Shape, frozen=True):
    severity: str = ""
    code: str = ""
    details: Concept | None = None
    diagnostics: str | None = None


class _BundleShape(Shape, frozen=True):
    resource_type: str = ""
    entry: tuple[msgspec.Raw, ...] = ()
    link: tuple[_Link, ...] = ()
    total: int | None = None
    meta: msgspec.Raw = NOTHING
    issue: tuple[_IssueShape, ...] = ()


class _WellFormed(_BundleShape, frozen=True):
    entry: tuple[_EntryShape, ...] = ()  # type: ignore[assignment] # the same entries, read with the rest


class Head(Shape, frozen=True):
    """What has to be known of a resource before it is read: its type, its id, and whose it is."""

    resource_type: str = ""
    id: str = ""
    patient: Reference | None = None
    beneficiary: Reference | None = None
    subject: Reference | None = None

    @property
    def owner(self) -> Key | None:
        """Whose record it is; None when it does not say."""
        return key_of(self.patient or self.beneficiary or self.subject)


class _OutcomeShape(Shape, frozen=True):
    issue: tuple[_IssueShape, ...] = ()


_STRICT = msgspec.json.Decoder(_WellFormed)


def read_page(body: bytes, wanted: str = "") -> Page:
    """The page of a Bundle, or only the issues of an OperationOutcome.

    `wanted` is the type that was searched: it decides between match and include where the server does not say.

    Raises:
        Unreadable: damaged JSON, or neither a Bundle nor an OperationOutcome.
    """
    bundle, rows = _bundle(body)
    if bundle.resource_type == "OperationOutcome":
        return Page(issues=_issues(bundle.issue), is_bundle=False)
    if bundle.resource_type != "Bundle":
        raise Unreadable("neither a Bundle nor an OperationOutcome")
    entries, issues, unreadable = _sorted_out(rows, wanted)
    return Page(
        entries=_labelled(entries, bundle.meta),
        next_url=next((link.url for link in bundle.link if link.relation == "next" and link.url), None),
        total=bundle.total if bundle.total is not None and bundle.total >= 0 else None,
        issues=issues,
        unreadable=unreadable,
        sent=sum(1 for entry in entries if entry.mode == "match") + unreadable,
    )


def read_issues(body: bytes) -> tuple[Issue, ...]:
    """The issues of an OperationOutcome body; none when it is something else."""
    try:
        outcome, _ = decode(body, _OutcomeShape)
    except Unreadable:
        return ()
    return _issues(outcome.issue)


def read_head(raw: bytes | msgspec.Raw) -> Head:
    """Type and id of one resource.

    Raises:
        Unreadable: it is not one.
    """
    head, _ = decode(raw, Head)
    if not head.resource_type:
        raise Unreadable("no resourceType")
    return head


def _bundle(body: bytes) -> tuple[_BundleShape, Iterable[_EntryShape | None]]:
    """The Bundle and its entries, read in one go; where that fails, each alone, and None for a bad one."""
    try:
        whole = _STRICT.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        bundle, _ = decode(body, _BundleShape)
        return bundle, map(_tried, bundle.entry)
    return whole, whole.entry


def _tried(row: msgspec.Raw) -> _EntryShape | None:
    try:
        return decode(row, _EntryShape)[0]
    except Unreadable:
        return None


def _sorted_out(rows: Iterable[_EntryShape | None], wanted: str) -> tuple[list[Entry], tuple[Issue, ...], int]:
    entries: list[Entry] = []
    issues: list[Issue] = []
    unreadable = 0
    for row in rows:
        try:
            entry = _entry(row, wanted)
        except Unreadable:
            unreadable += 1
            continue
        if entry.mode == "outcome":
            issues += read_issues(bytes(entry.raw))
        else:
            entries.append(entry)
    return entries, tuple(issues), unreadable


def _entry(row: _EntryShape | None, wanted: str) -> Entry:
    if row is None or not memoryview(row.resource):
        raise Unreadable("an entry without a resource")
    head = read_head(row.resource)
    said = row.search.mode if row.search else None
    mode = _mode(said, head.resource_type, wanted)
    return Entry(head.resource_type, head.id, mode, row.resource, row.full_url, owner=head.owner)


def _mode(said: str | None, kind: str, wanted: str) -> Mode:
    """What the row is for; an OperationOutcome is never a result, whatever it is called (F29)."""
    if kind == "OperationOutcome":
        return "outcome"
    if said == "match" or (said is None and wanted in {"", kind}):
        return "match"
    return "include"


def _labelled(entries: list[Entry], meta: msgspec.Raw) -> tuple[Entry, ...]:
    """The Bundle's label is the highest of its entries': when none shows where it comes from, it holds for all."""
    labels = labels_of(b'{"meta":' + bytes(meta) + b"}") if bytes(meta) else ()
    if not labels or any(labels_of(entry.raw) for entry in entries):
        return tuple(entries)
    return tuple(msgspec.structs.replace(entry, labels=labels) for entry in entries)


def _issues(shapes: tuple[_IssueShape, ...]) -> tuple[Issue, ...]:
    return tuple(
        Issue(s.severity, s.code, clean((s.details.words() if s.details else None) or s.diagnostics, NOTE_LIMIT) or "")
        for s in shapes
    )
