"""The kind of a claim, its date of service, provider, place and services (fhir-notes 4.2, 4.5, 4.6, 12).

The adjudication date is used only for a pharmacy claim without another date, and is marked as such. Names come from
contained and included resources or the display of a reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from bot.records.bundle import Entry
from bot.records.decode import Unreadable, decode
from bot.records.explanation import ClaimItem, Contained, Explanation, added, paid_in
from bot.records.money import Amount, Quantity, quantity_of
from bot.records.shapes import Concept, Key, Reference, display_of, key_of, period_of
from bot.records.written import Period, parse_date

ClaimKind = Literal["inpatient", "outpatient", "institutional", "professional", "pharmacy", "oral", "vision"]

_CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
NDC = "http://hl7.org/fhir/sid/ndc"
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
_MOST_SERVICES = 4
_NOT_TOLD = frozenset({"not-applicable", "unknown"})
_UNTOLD = _NOT_TOLD | {"compound"}
_SEEN = ("rendering", "performing", "attending")


def kind_of(eob: Explanation) -> ClaimKind | None:
    """Return the kind of the claim by its type, profile or lines; None if these do not show it."""
    standard, every = (eob.type.codes(_CLAIM_TYPE), eob.type.codes()) if eob.type else ((), ())
    ways = ((_STANDARD, standard), (_ELSEWHERE, every))  # CMS writes its own coding next to the standard one
    typed = [kind for known, codes in ways for code in codes if (kind := known.get(code.lower()))]
    kind = typed[0] if typed else _kind_by_profile(eob)
    coded = (coding for item in eob.item if item.product_or_service for coding in item.product_or_service.coding)
    if kind is None and any(coding.system == NDC for coding in coded):
        return "pharmacy"
    if kind != "institutional":
        return kind
    sub = {code.lower() for code in eob.sub_type.codes()} if eob.sub_type else set()
    said = next((stay for stay in _STAYS if any(code.startswith(stay) for code in sub)), _kind_by_profile(eob))
    return next((one for one in (said, *typed) if one in _STAYS), None) or _kind_by_bill(eob) or kind


def _kind_by_bill(eob: Explanation) -> ClaimKind | None:
    """Return the kind by type of bill, or None. The second digit is 1 or 2 for inpatients, 3 or 4 for outpatients."""
    bills = [code.lstrip("0") for info in eob.info("typeofbill") for code in _codes(info.code)]
    return next((_BY_BILL.get(one[1]) for one in bills if len(one) >= _BILL_DIGITS and one.isalnum()), None)


def _kind_by_profile(eob: Explanation) -> ClaimKind | None:
    """Return the kind by the names of the profiles, in any position and version; None if no name shows it."""
    names = (one.split("|")[0].rsplit("/", 1)[-1].lower() for one in (eob.meta.profile if eob.meta else ()))
    return next((kind for name in names for kind in _PROFILES if kind in name), None)


def service_of(eob: Explanation, kind: ClaimKind | None) -> tuple[Period, ServiceIs]:
    """Return the period of service, and "processed" if only the adjudication date is known, else "service"."""
    statement = period_of(eob.billable_period)
    lines = _days_of_lines(eob.item)
    stays = kind in {"inpatient", "institutional"}
    first = (period_of(info.timing_period) for info in eob.info("admissionperiod")) if stays else (lines,)
    second = lines if kind in {"institutional", None} else statement
    for candidate in (*first, second, statement, lines):
        if candidate.known:
            return candidate, "service"
    if kind == "pharmacy":
        return Period(parse_date(eob.created)), "processed"
    return Period(), "service"


def _days_of_lines(items: tuple[ClaimItem, ...]) -> Period:
    """Return the period from the first to the last day of the lines."""
    single = ((parse_date(item.serviced_date), item) for item in items)
    spans = [Period(day) if day else period_of(item.serviced_period) for day, item in single]
    starts = [span.start for span in spans if span.start]
    ends = [span.end or span.start for span in spans if span.end or span.start]
    if not starts:
        return Period()
    start = min(starts, key=lambda day: (day.first, day.last))
    end = max((end for end in ends if end), key=lambda day: (day.last, day.first))
    return Period(start, None if end is start or end == start else end)


class Names:
    """The names of resources that came with claims. Each resource is decoded when its name is first requested."""

    def __init__(self, rows: Mapping[Key, bytes], known: Mapping[str, str | None] | None = None) -> None:
        """`rows` are the resources; `known` are names that are already known, by reference."""
        self._rows = rows
        self._known: dict[str, tuple[str | None, str | None]] = {
            text: (name, None) for text, name in (known or {}).items()
        }

    def of(self, reference: Reference | None) -> str | None:
        """Return the name of the referenced resource, else the display of the reference, or None.

        Nothing is fetched.
        """
        if reference is None:
            return None
        return self._name_and_town(reference)[0] or display_of(reference)

    def _name_and_town(self, reference: Reference) -> tuple[str | None, str | None]:
        """Return the name and the town of the referenced resource; most claims of a page have the same few."""
        text = reference.reference or ""
        if text not in self._known:
            self._known[text] = None, None
            with suppress(Unreadable):
                if (key := key_of(text)) and (raw := self._rows.get(key)):
                    one, _ = decode(raw, Contained)
                    self._known[text] = one.words, one.town
        return self._known[text]

    def town_in(self, eob: Explanation) -> str | None:
        """Return the town of the service facility, else of `facility`, else of the biller; None if none is given."""
        places = (*(info.value_reference for info in eob.info("servicefacility")), eob.facility, eob.provider)
        return next((town for place in places if place and (town := self._name_and_town(place)[1])), None)

    def of_claim(self, eob: Explanation) -> Names:
        """Return these names together with those of the resources that the claim contains."""
        inside = {f"#{one.id}": one.words for one in eob.contained}
        return Names(self._rows, inside) if inside else self


def names_in(entries: Iterable[Entry]) -> Names:
    """Return the names of the practitioners, organizations and locations among the entries."""
    rows: dict[Key, bytes] = {}
    for entry in entries:
        if entry.type in {"Practitioner", "Organization", "Location"}:
            rows[Key(entry.type, entry.id)] = entry.raw
            if entry.full_url.startswith("urn:"):
                rows[Key("", entry.full_url)] = entry.raw
    return Names(rows)


def provider_name(eob: Explanation, names: Names) -> str | None:
    """Return the name of the provider: rendering or performing, else attending, else billing; None without a name.

    The care team role "primary" is not used, because it is another person.
    """
    return _member(eob, names, *_SEEN) or names.of(eob.provider)


def specialties(eob: Explanation) -> frozenset[str]:
    """Return the NUCC codes of the provider who gave the care.

    Empty for a pharmacy fill, and if no specialty is given.
    """
    team = (one for one in eob.care_team if one.role and not set(_SEEN).isdisjoint(one.role.codes()))
    return frozenset(code for one in team if one.qualification for code in one.qualification.codes(NUCC))


def prescriber(eob: Explanation, names: Names) -> str | None:
    """Return the name of the prescriber of a pharmacy claim; None if not given."""
    return _member(eob, names, "prescribing")


def place_name(eob: Explanation, names: Names) -> str | None:
    """Return the name of the service facility, else of `facility`, else of a billing organization, or None."""
    for place in (*(info.value_reference for info in eob.info("servicefacility")), eob.facility):
        if name := names.of(place):
            return name
    key = key_of(eob.provider)
    return None if key and key.type == "Practitioner" else names.of(eob.provider)


def _member(eob: Explanation, names: Names, *roles: str) -> str | None:
    """Return the name of the first care team member with one of these roles, in the order of `roles`, or None."""
    team = [(one.role.codes(), one.provider) for one in eob.care_team if one.role]
    found = (names.of(provider) for role in roles for codes, provider in team if role in codes)
    return next(filter(None, found), None)


class PerformedLine(msgspec.Struct, frozen=True, gc=False):
    """A claim line in detail: its codes by kind, its texts, and its amounts.

    `text` is the payer's text for the service, not the display of a code. `share` is what the member owes for the line,
    `paid` what the plan paid.
    """

    codes: tuple[str, ...] = ()
    revenue: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    text: str = ""
    share: Amount | None = None
    billed: Amount | None = None
    paid: Amount | None = None


class Performed(msgspec.Struct, frozen=True, gc=False):
    """The services of a claim in detail: its lines, and the codes of the whole claim.

    `bill` is the type of bill without leading zeros; `words` are the texts of the header and of the procedures.
    """

    lines: tuple[PerformedLine, ...] = ()
    bill: str = ""
    drg: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def names_service(self) -> bool:
        """Whether a code or text shows which service was given."""
        return any(line.codes or line.words or line.revenue for line in self.lines) or bool(self.procedures or self.drg)


def diagnosed_in(eob: Explanation) -> tuple[str, ...]:
    """Return the texts of the diagnoses, which are the reasons of the care."""
    return tuple(_words([one.code for one in eob.diagnosis]))


def titles_in(eob: Explanation) -> tuple[str, ...]:
    """Return the payer's texts for the services of the lines. Lines with a modifierExtension are omitted."""
    whats = (item.product_or_service for item in eob.item if not item.modifier_extension)
    return tuple(what.text for what in whats if what and what.text)


def performed_in(eob: Explanation, of_lines: Mapping[int, Mapping[str, Amount]]) -> Performed:
    """Return the services of the claim in detail. `of_lines` are the amounts by line."""
    bill = next((c.lstrip("0") for info in eob.info("typeofbill") for c in _codes(info.code)), "")
    header = [eob.type, eob.sub_type, *(info.code for info in eob.supporting_info if info.code)]
    procedures = [one.code for one in eob.procedure]
    return Performed(
        lines=tuple(_line(item, of_lines.get(at)) for at, item in enumerate(eob.item)),
        bill=bill,
        drg=tuple(code.lstrip("0") for info in eob.info("drg") for code in _codes(info.code)),
        diagnoses=tuple(code.replace(".", "") for one in eob.diagnosis for code in _codes(one.code)),
        procedures=tuple(code for one in procedures for code in _codes(one)),
        words=tuple(_words([*header, *procedures])),
    )


def _line(item: ClaimItem, amounts: Mapping[str, Amount] | None) -> PerformedLine:
    """Return the line in detail. A line with a modifierExtension becomes empty, because its meaning may differ."""
    if amounts is None:
        return PerformedLine()
    revenue, codes = list[str](), list[str]()
    whats = [item.product_or_service, *(part.product_or_service for part in item.detail)]
    for what in whats:
        for coding in what.coding if what else ():
            system, code = (coding.system or "").casefold(), (coding.code or "").strip().upper()
            if code and code.casefold() not in _UNTOLD and "ndc" not in system:
                (revenue if "revenue" in system else codes).append(code)
    shares = added(amounts.get(name) for name in ("deductible", "copay", "coinsurance"))
    return PerformedLine(
        codes=tuple(codes),
        revenue=tuple(code.strip().zfill(4) for code in (*revenue, *_codes(item.revenue))),
        place=tuple(code.strip().zfill(2) for code in _codes(item.location_codeable_concept)),
        modifiers=tuple(code.upper() for one in item.modifier for code in _codes(one)),
        words=tuple(_words([*whats, item.revenue, item.location_codeable_concept])),
        text=(item.product_or_service.text if item.product_or_service else None) or "",
        share=amounts.get("liability") or shares,
        billed=amounts.get("billed"),
        paid=paid_in(amounts),
    )


def _codes(concept: Concept | None) -> tuple[str, ...]:
    return tuple(code for code in concept.codes() if code.casefold() not in _UNTOLD) if concept else ()


def _words(concepts: Iterable[Concept | None]) -> Iterable[str]:
    for concept in concepts:
        if concept:
            yield from (c.display for c in concept.coding if c.display)
            if concept.text:
                yield concept.text


class Dispensed(msgspec.Struct, frozen=True):
    """A drug of a pharmacy fill. Absent values are None.

    `drug` is the payer's text for the drug, or for the ingredients of a compound. `code` is the NDC as written, and
    `days` the days of supply.
    """

    drug: str | None = None
    code: str | None = None
    quantity: Quantity | None = None
    days: Decimal | None = None


def dispensed_in(eob: Explanation, kind: ClaimKind | None) -> tuple[Dispensed, ...]:
    """Return the drugs of a pharmacy claim, in order (fhir-notes 4.4, 4.6); () for other claims.

    Lines with a modifierExtension are omitted.
    """
    supplies = [quantity_of(info.value_quantity) for info in eob.info("dayssupply")]
    told = [one.value for one in supplies if one and one.value > 0]
    days = told[0] if len(told) == 1 and len(eob.item) == 1 else None  # of several lines it may belong to any
    found = list[Dispensed]()
    for item in eob.item if kind == "pharmacy" else ():
        what = item.product_or_service
        codes = (what.codes(NDC) or what.codes()) if what else ()
        code = next((code for code in codes if code not in _UNTOLD), None)
        if not item.modifier_extension:
            found.append(Dispensed(drug_of(item), code, quantity_of(item.quantity), days))
    return tuple(found)


def drug_of(item: ClaimItem) -> str | None:
    """Return the payer's text for the drug of a line, or for the ingredients of a compound; None without a text."""
    parts = [part.product_or_service.words() for part in item.detail if part.product_or_service]
    return ", ".join(filter(None, parts)) or (item.product_or_service.words() if item.product_or_service else None)


def services_in(eob: Explanation, kind: ClaimKind | None) -> tuple[str, ...]:
    """Return the texts of the services, line by line, without duplicates, at most four.

    Lines without a text are omitted.

    Return () for a pharmacy claim. No code list is used: CPT, NUBC and CDT texts are licensed (fhir-notes 4.3).
    """
    lines = eob.item if kind != "pharmacy" else ()
    return tuple(dict.fromkeys(filter(None, map(described, lines))))[:_MOST_SERVICES]


def described(item: ClaimItem) -> str | None:
    """Return the payer's text for the service of a line, else for its revenue code; None without a text."""
    return stated(item.product_or_service).words() or stated(item.revenue).words()


def stated(concept: Concept | None) -> Concept:
    """Return the concept without the codes for "no information"; an empty concept for None."""
    if concept is None:
        return Concept()
    return Concept(coding=tuple(c for c in concept.coding if c.code not in _NOT_TOLD), text=concept.text)
