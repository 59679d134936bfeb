"""What was done and dispensed, according to a claim's codes and the payer's own texts."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from bot.records.adjudication import added, line_amounts, paid_in
from bot.records.decode import Unreadable, decode
from bot.records.explanation import ClaimItem, Explanation
from bot.records.money import USUAL_CURRENCY, Amount, Quantity, quantity_of
from bot.records.shapes import Concept, Shape

_UNTOLD = frozenset({"not-applicable", "unknown", "compound"})


class PerformedLine(msgspec.Struct, frozen=True, gc=False):
    """A line: its codes by kind, its texts, and the member's share and the charge if the line has them.

    `paid` is what the plan paid for it. `text` is the payer's text for what was done, not the display of a code.
    """

    codes: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    revenue: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    text: str = ""
    share: Amount | None = None
    billed: Amount | None = None
    paid: Amount | None = None


class Performed(msgspec.Struct, frozen=True, gc=False):
    """The lines, and the codes of the claim as a whole. `bill` is the type of bill without leading zeros."""

    lines: tuple[PerformedLine, ...] = ()
    bill: str = ""
    drg: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether anything says what was done, by a code or in words."""
        return any(line.codes or line.words or line.revenue for line in self.lines) or bool(self.procedures or self.drg)


class _Diagnosis(Shape, frozen=True):
    diagnosis_codeable_concept: Concept | None = None


class _Procedure(Shape, frozen=True):
    procedure_codeable_concept: Concept | None = None


class _More(Shape, frozen=True):
    diagnosis: tuple[_Diagnosis, ...] = ()
    procedure: tuple[_Procedure, ...] = ()


def performed_in(eob: Explanation, raw: bytes | msgspec.Raw, currency: str | None) -> Performed:
    """Return what the claim says was done; unreadable diagnoses and procedures are left out."""
    try:
        more, _ = decode(raw, _More)
    except Unreadable:
        more = _More()
    bill = next((c.lstrip("0") for info in eob.info("typeofbill") for c in _codes(info.code)), "")
    header = [eob.type, eob.sub_type, *(info.code for info in eob.supporting_info if info.code)]
    procedures = [one.procedure_codeable_concept for one in more.procedure]
    return Performed(
        lines=tuple(_line(item, currency or USUAL_CURRENCY) for item in eob.item),
        bill=bill,
        drg=tuple(code.lstrip("0") for info in eob.info("drg") for code in _codes(info.code)),
        diagnoses=tuple(
            code.replace(".", "") for one in more.diagnosis for code in _codes(one.diagnosis_codeable_concept)
        ),
        procedures=tuple(code for one in procedures for code in _codes(one)),
        words=tuple(_words([*header, *procedures])),
    )


def _line(item: ClaimItem, currency: str) -> PerformedLine:
    """Return the line; empty for one with a modifierExtension, which may change its meaning."""
    if item.modifier_extension:
        return PerformedLine()
    drugs, revenue, codes = list[str](), list[str](), list[str]()
    whats = [item.product_or_service, *(part.product_or_service for part in item.detail)]
    for what in whats:
        for coding in what.coding if what else ():
            system, code = (coding.system or "").casefold(), (coding.code or "").strip().upper()
            if not code or code.casefold() in _UNTOLD:
                continue
            (drugs if "ndc" in system else revenue if "revenue" in system else codes).append(code)
    amounts, _ = line_amounts(item, currency)
    shares = added(amounts.get(name) for name in ("deductible", "copay", "coinsurance"))
    return PerformedLine(
        codes=tuple(codes),
        drugs=tuple(drugs),
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
    """A drug of a fill. Absent values are None.

    `drug` is the payer's text, or its ingredients' for a compound; `code` is the NDC as written; `days` is the days of
    supply.
    """

    drug: str | None = None
    code: str | None = None
    quantity: Quantity | None = None
    days: Decimal | None = None


NDC = "http://hl7.org/fhir/sid/ndc"
_NO_CODE = frozenset({"unknown", "not-applicable", "compound"})


def dispensed_in(eob: Explanation) -> tuple[Dispensed, ...]:
    """Return the drugs of a pharmacy claim, in order (fhir-notes 4.4, 4.6), without lines with a modifierExtension."""
    days = _days(eob)
    return tuple(_dispensed(item, days) for item in eob.item if not item.modifier_extension)


def _dispensed(item: ClaimItem, days: Decimal | None) -> Dispensed:
    what = item.product_or_service
    codes = (what.codes(NDC) or what.codes()) if what else ()
    return Dispensed(
        drug=drug_of(item),
        code=next((code for code in codes if code not in _NO_CODE), None),
        quantity=quantity_of(item.quantity),
        days=days,
    )


def drug_of(item: ClaimItem) -> str | None:
    """Return the payer's text for the drug of a line, or its ingredients' for a compound."""
    parts = [part.product_or_service.words() for part in item.detail if part.product_or_service]
    return ", ".join(filter(None, parts)) or (item.product_or_service.words() if item.product_or_service else None)


def _days(eob: Explanation) -> Decimal | None:
    """Return the days of supply; None for a claim with several lines, as it may be of any of them."""
    supplies = [quantity_of(info.value_quantity) for info in eob.info("dayssupply")]
    days = [one.value for one in supplies if one and one.value > 0]
    return days[0] if len(days) == 1 and len(eob.item) == 1 else None


def services_in(eob: Explanation) -> tuple[str, ...]:
    """Return the texts of the lines in order, without duplicates, at most four; codes without a text are left out.

    No code list is used: CPT, NUBC and CDT texts are licensed (fhir-notes 4.3).
    """
    given = ([what.words() for what in (line.product_or_service, line.revenue) if what] for line in eob.item)
    texts = (next(filter(None, words), None) for words in given)
    return tuple(dict.fromkeys(filter(None, texts)))[:_MOST_SERVICES]


_MOST_SERVICES = 4
