"""The kind of a claim, its date of service, the provider and the place (fhir-notes 4.2, 4.5, 4.6, 12).

The adjudication date is used only for a pharmacy claim without another date, and is marked as such. Names come from
contained and included resources or the display.
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, get_args

import msgspec

from bot.records.bundle import Entry
from bot.records.dates import Period, parse_date
from bot.records.decode import Unreadable, decode
from bot.records.explanation import ClaimItem, Contained, Explanation
from bot.records.shapes import Concept, HumanName, Key, Names, best_name, key_of, name_of, period_of
from bot.records.text import clean

ClaimKind = Literal["inpatient", "outpatient", "institutional", "professional", "pharmacy", "oral", "vision"]

_CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
_NDC = "http://hl7.org/fhir/sid/ndc"
_STANDARD: dict[str, ClaimKind] = {one: one for one in get_args(ClaimKind) if not one.endswith("patient")}
_ELSEWHERE: dict[str, ClaimKind] = _STANDARD | {
    "inpatient": "inpatient",
    "outpatient": "outpatient",
    "carrier": "professional",
    "dme": "professional",
    "pde": "pharmacy",
    "snf": "inpatient",
    "hha": "outpatient",
    "hospice": "institutional",
}
_BILL_DIGITS = 3
_BY_BILL: dict[str, ClaimKind] = {"1": "inpatient", "2": "inpatient", "3": "outpatient", "4": "outpatient"}
_STAYS: tuple[ClaimKind, ...] = ("inpatient", "outpatient")
_PROFILES: tuple[ClaimKind, ...] = (*_STAYS, "professional", "pharmacy", "oral")

NUCC = "http://nucc.org/provider-taxonomy"
ServiceIs = Literal["service", "processed"]

_SEEN = ("rendering", "performing", "attending")
_OF_PEOPLE = msgspec.json.Decoder(tuple[HumanName, ...])


def kind_of(eob: Explanation) -> ClaimKind | None:
    """Return the kind by type, profile or lines; None if none of them decides."""
    kind = _typed(eob.type) or _profiled(eob) or _lined(eob)
    if kind != "institutional":
        return kind
    sub = {code.lower() for code in eob.sub_type.codes()} if eob.sub_type else set()
    said = next((stay for stay in _STAYS if any(code.startswith(stay) for code in sub)), _profiled(eob))
    return (said if said in _STAYS else None) or _stay_of(eob.type) or _billed_as(eob) or kind


def _billed_as(eob: Explanation) -> ClaimKind | None:
    """Return the kind by type of bill: its second digit is 1 or 2 for inpatients and 3 or 4 for outpatients."""
    for info in eob.info("typeofbill"):
        for code in info.code.codes() if info.code else ():
            digits = code.lstrip("0")
            if len(digits) >= _BILL_DIGITS and digits.isalnum():
                return _BY_BILL.get(digits[1])
    return None


def _typed(concept: Concept | None) -> ClaimKind | None:
    if concept is None:
        return None
    for known, codes in ((_STANDARD, concept.codes(_CLAIM_TYPE)), (_ELSEWHERE, concept.codes())):
        for code in codes:
            if kind := known.get(code.lower()):
                return kind
    return None


def _stay_of(concept: Concept | None) -> ClaimKind | None:
    """Return inpatient or outpatient from CMS's own coding next to the standard one; else None."""
    found = (_ELSEWHERE.get(code.lower()) for code in concept.codes()) if concept else ()
    return next((kind for kind in found if kind in _STAYS), None)


def _profiled(eob: Explanation) -> ClaimKind | None:
    """Return the kind by profile, whatever its position in the list and its version."""
    for profile in eob.meta.profile if eob.meta else ():
        name = profile.split("|")[0].rsplit("/", 1)[-1].lower()
        for kind in _PROFILES:
            if kind in name:
                return kind
    return None


def _lined(eob: Explanation) -> ClaimKind | None:
    coded = (coding for item in eob.item if item.product_or_service for coding in item.product_or_service.coding)
    return "pharmacy" if any(coding.system == _NDC for coding in coded) else None


def service_of(eob: Explanation, kind: ClaimKind | None) -> tuple[Period, ServiceIs]:
    """Return the period of service; `processed` if only the adjudication date of a pharmacy claim is known."""
    statement = period_of(eob.billable_period)
    lines = _days_of_lines(eob.item)
    first = _admission(eob) if kind in {"inpatient", "institutional"} else lines
    second = lines if kind in {"institutional", None} else statement
    for candidate in (first, second, statement, lines):
        if candidate.known:
            return candidate, "service"
    if kind == "pharmacy":
        return Period(parse_date(eob.created)), "processed"
    return Period(), "service"


def _admission(eob: Explanation) -> Period:
    found = (period_of(info.timing_period) for info in eob.info("admissionperiod"))
    return next((p for p in found if p.known), Period())


def _days_of_lines(items: tuple[ClaimItem, ...]) -> Period:
    """Return the period from the first to the last day of the lines."""
    spans = [_span(item) for item in items]
    starts = [span.start for span in spans if span.start]
    ends = [span.end or span.start for span in spans if span.end or span.start]
    if not starts:
        return Period()
    start = min(starts, key=lambda day: (day.first, day.last))
    end = max((end for end in ends if end), key=lambda day: (day.last, day.first))
    return Period(start, None if end is start or end == start else end)


def _span(item: ClaimItem) -> Period:
    single = parse_date(item.serviced_date)
    return Period(single) if single else period_of(item.serviced_period)


class _NamesIn(Mapping[Key, str]):
    """The names of resources, each decoded on first use."""

    def __init__(self, rows: Mapping[Key, bytes | msgspec.Raw]) -> None:
        self._rows, self._read = rows, dict[Key, str | None]()

    def __getitem__(self, key: Key) -> str:
        if key not in self._read:
            self._read[key] = _name_in(self._rows[key])
        name = self._read[key]
        if name is None:
            raise KeyError(key)
        return name

    def __iter__(self) -> Iterator[Key]:
        return (key for key in self._rows if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def names_in(entries: Iterable[Entry]) -> Names:
    """Return the names of the practitioners, organizations and locations among the entries, by reference key."""
    rows: dict[Key, bytes | msgspec.Raw] = {}
    for entry in entries:
        if entry.type in {"Practitioner", "Organization", "Location"}:
            rows[Key(entry.type, entry.id)] = entry.raw
            if entry.full_url.startswith("urn:"):
                rows[Key("", entry.full_url)] = entry.raw
    return _NamesIn(rows)


def with_contained(eob: Explanation, names: Names) -> Names:
    """Return the names together with those of the contained resources."""
    inside = {Key("", c.id): name for c in eob.contained if (name := _name_of(c))}
    return ChainMap(inside, names) if inside else names  # type: ignore[arg-type] # nothing is written


def seen(eob: Explanation, names: Names) -> str | None:
    """Return the provider: rendering or performing, else attending, else billing; `primary` is another person."""
    return _member(eob, names, *_SEEN) or name_of(eob.provider, names)


def specialties(eob: Explanation) -> frozenset[str]:
    """Return the NUCC codes of whoever gave the care; none where the claim tells no specialty, or of a fill."""
    team = (one for one in eob.care_team if one.role and not set(_SEEN).isdisjoint(one.role.codes()))
    return frozenset(code for one in team if one.qualification for code in one.qualification.codes(NUCC))


def prescriber(eob: Explanation, names: Names) -> str | None:
    """Return the prescriber of a pharmacy claim."""
    return _member(eob, names, "prescribing")


def place(eob: Explanation, names: Names) -> str | None:
    """Return the service facility, else `facility`, else an organization that billed."""
    found = [name_of(info.value_reference, names) for info in eob.info("servicefacility")]
    found.append(name_of(eob.facility, names))
    key = key_of(eob.provider)
    if key is None or key.type != "Practitioner":
        found.append(name_of(eob.provider, names))
    return next((n for n in found if n), None)


def _member(eob: Explanation, names: Names, *roles: str) -> str | None:
    """Return the name of a member of the care team in the first of these roles that has one."""
    team = [(one.role.codes(), one.provider) for one in eob.care_team if one.role]
    found = (name_of(provider, names) for role in roles for codes, provider in team if role in codes)
    return next(filter(None, found), None)


def _name_in(raw: bytes | msgspec.Raw) -> str | None:
    try:
        shape, _ = decode(raw, Contained)
    except Unreadable:
        return None
    return _name_of(shape)


def _name_of(shape: Contained) -> str | None:
    if not bytes(shape.name):
        return None
    try:
        if bytes(shape.name).lstrip().startswith(b'"'):
            return clean(msgspec.json.decode(shape.name, type=str))
        return best_name(_OF_PEOPLE.decode(shape.name))
    except (msgspec.DecodeError, RecursionError):
        return None
