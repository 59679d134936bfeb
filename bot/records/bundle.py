"""A page of FHIR search results. Entries stay raw bytes until needed; an invalid entry does not affect the others.

A relative reference belongs to the server that sent the page. An absolute reference belongs to that server only if it
starts with the server's base URL (FHIR R4, references 2.3.0.1): Practitioner/7 of another server is another person.
"""

import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import msgspec

from bot.records.decode import ENCODER, Unreadable, decode
from bot.records.shapes import NOTHING, Concept, Key, Reference, Shape, key_of, labels_of
from bot.records.written import NOTE_LIMIT, clean

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

_AWAY = re.compile(rb'"contained"\s*:|"reference"\s*:\s*"(?:https?:|#)')
_SELF = re.compile(r"(?P<base>https?://.+)/[A-Z][A-Za-z]+(?:/_search)?")
_ABSOLUTE = re.compile(r"https?://(?P<base>.+)/(?P<local>[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})(?:/_history/.*)?$")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_TYPE = re.compile("[A-Za-z]{1,64}")
FOREIGN, CONTAINED = "urn:foreign:", "urn:contained:"


class Issue(msgspec.Struct, frozen=True):
    """An issue of an OperationOutcome. `text` is written by the server and may quote the request: never log it."""

    severity: str
    code: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether the issue has severity "error" or "fatal"."""
        return self.severity in {"fatal", "error"}

    @property
    def is_incomplete(self) -> bool:
        """Whether the issue says that the response is incomplete, by its HL7 issue type or in its text."""
        return self.code in _INCOMPLETE or bool(_IN_PART.search(self.text))


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A resource on a page: its type, its id, and its unparsed bytes.

    Attributes:
        mode: how the resource relates to the search. "target" is a result of the first step of a chained search that is
            done in two steps.
        labels: the security labels of the Bundle, for a Bundle that labels only itself.
        owner: the patient, beneficiary or subject of the resource.
        base: the base URL in `full_url`, without the scheme; None if `full_url` has none.
    """

    type: str
    id: str
    mode: Mode
    raw: bytes
    full_url: str = ""
    labels: tuple[str, ...] = ()
    owner: Key | None = None
    base: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A page of search results. `total` is the number reported by the server, which may be wrong (F30).

    `sent` is the number of matching entries that the server sent, including unreadable ones.
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
        """The entries that match the search, without included resources."""
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
    """The first part of a resource: its type, its id, and the patient whom the record is about."""

    resource_type: str = ""
    id: str = ""
    patient: Reference | None = None
    beneficiary: Reference | None = None
    subject: Reference | None = None

    @property
    def owner(self) -> Key | None:
        """The patient, beneficiary or subject of the resource; None if there is none."""
        return key_of(self.patient or self.beneficiary or self.subject)


class _OutcomeShape(Shape, frozen=True):
    issue: tuple[_IssueShape, ...] = ()


_STRICT = msgspec.json.Decoder(_WellFormed)


def read_page(body: bytes, wanted: str = "") -> Page:
    """Return the page in a Bundle; for an OperationOutcome, a page that has only issues.

    `wanted` is the resource type that was searched for: it decides between match and include if the server does not
    say.

    Raises:
        Unreadable: the body is invalid JSON, or neither a Bundle nor an OperationOutcome.
    """
    bundle, rows = _bundle(body)
    if bundle.resource_type == "OperationOutcome":
        return Page(issues=_issues(bundle.issue), is_bundle=False)
    if bundle.resource_type != "Bundle":
        raise Unreadable("neither a Bundle nor an OperationOutcome")
    own = (link.url.partition("?")[0] for link in bundle.link if link.relation == "self" and link.url)
    found = _SELF.fullmatch(next(own, ""))
    base, entries, issues, unreadable = found["base"] if found else "", list[Entry](), list[Issue](), 0
    for row in rows:
        try:
            entry = _entry(row, wanted, base)
        except Unreadable:
            unreadable += 1
            continue
        if entry.mode == "outcome":
            issues += read_issues(entry.raw)
        else:
            entries.append(entry)
    return Page(
        entries=_labelled(entries, bundle.meta),
        next_url=next((link.url for link in bundle.link if link.relation == "next" and link.url), None),
        total=bundle.total if bundle.total is not None and bundle.total >= 0 else None,
        issues=tuple(issues),
        unreadable=unreadable,
        sent=sum(1 for entry in entries if entry.mode == "match") + unreadable,
    )


def read_issues(body: bytes) -> tuple[Issue, ...]:
    """Return the issues of an OperationOutcome; () if the body is not one."""
    try:
        outcome, _ = decode(body, _OutcomeShape)
    except Unreadable:
        return ()
    return _issues(outcome.issue)


def read_head(raw: bytes | msgspec.Raw) -> Head:
    """Return type, id and owner of a resource.

    Raises:
        Unreadable: the JSON is not a resource, or its type is not a plain word. The type is used in file names and
            searches.
    """
    head, _ = decode(raw, Head)
    if not _TYPE.fullmatch(head.resource_type):
        raise Unreadable("no resourceType")
    return head


def _bundle(body: bytes) -> tuple[_BundleShape, Iterable[_EntryShape | None]]:
    """Return the Bundle and its entries. If the entries cannot be decoded together, each invalid entry is None."""
    try:
        whole = _STRICT.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        bundle, _ = decode(body, _BundleShape)
        return bundle, map(_decoded_or_none, bundle.entry)
    return whole, whole.entry


def _decoded_or_none(row: msgspec.Raw) -> _EntryShape | None:
    try:
        return decode(row, _EntryShape)[0]
    except Unreadable:
        return None


def _entry(row: _EntryShape | None, wanted: str, base: str) -> Entry:
    """Return the entry. A match without a `fullUrl` gets one from `base`, the base URL of the server.

    Raises:
        Unreadable: the entry has no valid resource.
    """
    if row is None or not memoryview(row.resource):
        raise Unreadable("an entry without a resource")
    head = read_head(row.resource)
    kind, said = head.resource_type, row.search.mode if row.search else None
    is_match = said == "match" or (said is None and wanted in {"", kind})
    # An OperationOutcome is never a result, whatever its mode (F29).
    mode: Mode = "outcome" if kind == "OperationOutcome" else "match" if is_match else "include"
    url = row.full_url or (f"{base}/{kind}/{head.id}" if base and mode == "match" else "")
    found = _ABSOLUTE.fullmatch(url)
    own = _plain(found["base"]) if found and found["local"] == f"{kind}/{head.id}" else None
    return Entry(kind, head.id, mode, bytes(row.resource), url, owner=head.owner, base=own)


def _labelled(entries: list[Entry], meta: msgspec.Raw) -> tuple[Entry, ...]:
    """Return the entries with the security labels of the Bundle added, unless some entry has a label itself.

    By FHIR, the label of a Bundle is the highest label of its entries.
    """
    labels = labels_of(b'{"meta":' + bytes(meta) + b"}") if bytes(meta) else ()
    if not labels or any(labels_of(entry.raw) for entry in entries):
        return tuple(entries)
    return tuple(msgspec.structs.replace(entry, labels=labels) for entry in entries)


def _issues(shapes: tuple[_IssueShape, ...]) -> tuple[Issue, ...]:
    return tuple(
        Issue(s.severity, s.code, clean((s.details.words() if s.details else None) or s.diagnostics, NOTE_LIMIT) or "")
        for s in shapes
    )


@lru_cache(maxsize=4096)
def resolved(entry: Entry, bases: frozenset[str]) -> tuple[tuple[str, tuple[Key, ...], bytes], ...]:
    """Return type, keys and JSON of a directory's entry, then of each resource contained in the entry.

    References are rewritten so that each identifies one resource only. `bases` are the base URLs of the server; if none
    is known, every absolute reference counts as one to the server. Cached, because the same pages are read again and
    again.
    """
    base = entry.base
    is_foreign = entry.mode != "match" and base is not None and bool(bases) and base not in bases
    key = Key("", f"{FOREIGN}{base}/{entry.type}/{entry.id}") if is_foreign else Key(entry.type, entry.id)
    keys = (key, Key("", entry.full_url)) if entry.full_url.startswith("urn:") else (key,)
    alone = entry.type, keys, entry.raw
    try:
        value = _DECODER.decode(entry.raw) if _AWAY.search(entry.raw) else None
    except (msgspec.DecodeError, RecursionError):
        value = None
    if value is None:
        return (alone,)
    own = f"{CONTAINED}{entry.type}/{entry.id}"
    _rewrite(value, own, {base} if is_foreign and base else bases)
    contained = value.pop("contained", None) if isinstance(value, dict) else None
    inside = [one for one in contained if isinstance(one, dict)] if isinstance(contained, list) else []
    typed = [one for one in inside if isinstance(one.get("resourceType"), str) and isinstance(one.get("id"), str)]
    parts = [(one["resourceType"], (Key("", f"{own}#{one['id']}"),), ENCODER.encode(one)) for one in typed]
    return (entry.type, keys, ENCODER.encode(value)), *parts


def _rewrite(node: Any, own: str, bases: Collection[str]) -> None:
    """Rewrite every reference below the node in place, so that each reference identifies exactly one resource."""
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(reference := node.get("reference"), str):
        node["reference"] = _local(reference, own, bases)
    for each in below:
        if isinstance(each, (dict, list)):
            _rewrite(each, own, bases)


def _local(reference: str, own: str, bases: Collection[str]) -> str:
    if reference.startswith("#"):
        return f"{own}{reference}"
    found = _ABSOLUTE.fullmatch(reference)
    if found is None:
        return reference
    if not bases or _plain(found["base"]) in bases:
        return found["local"]
    return f"{FOREIGN}{_plain(found['base'])}/{found['local']}"


@lru_cache(maxsize=256)
def _plain(base: str) -> str:
    return base.rstrip("/").casefold()
