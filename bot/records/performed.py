"""What was done, as a claim's codes and the payer's own words tell it: what a search for a kind of care looks at."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.records.amounts import added, line_amounts
from bot.records.decode import Unreadable, decode
from bot.records.explanation import ClaimItem, Explanation
from bot.records.money import USUAL_CURRENCY, Amount
from bot.records.shapes import Concept, Shape

_UNTOLD = frozenset({"not-applicable", "unknown", "compound"})


class PerformedLine(msgspec.Struct, frozen=True, gc=False):
    """One line: its codes by what they are, all words folded, and the member's share where the line tells it."""

    codes: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    revenue: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    share: Amount | None = None
    billed: Amount | None = None


class Performed(msgspec.Struct, frozen=True, gc=False):
    """The lines, and what stands on the claim as a whole. `bill` is the type of bill without leading zeros."""

    lines: tuple[PerformedLine, ...] = ()
    bill: str = ""
    drg: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether any line says what was done, by a procedure's code or in words."""
        return any(line.codes or line.words or line.revenue for line in self.lines) or bool(self.procedures or self.drg)


class _Diagnosis(Shape, frozen=True):
    diagnosis_codeable_concept: Concept | None = None


class _Procedure(Shape, frozen=True):
    procedure_codeable_concept: Concept | None = None


class _More(Shape, frozen=True):
    diagnosis: tuple[_Diagnosis, ...] = ()
    procedure: tuple[_Procedure, ...] = ()


def performed_in(eob: Explanation, raw: bytes | msgspec.Raw, currency: str | None) -> Performed:
    """What the claim tells; what cannot be read of diagnoses and procedures is left out."""
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
    """One line at its place; one that may mean something else tells nothing."""
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
        share=amounts.get("liability") or shares,
        billed=amounts.get("billed"),
    )


def _codes(concept: Concept | None) -> tuple[str, ...]:
    return tuple(code for code in concept.codes() if code.casefold() not in _UNTOLD) if concept else ()


def _words(concepts: Iterable[Concept | None]) -> Iterable[str]:
    for concept in concepts:
        if concept:
            yield from (c.display for c in concept.coding if c.display)
            if concept.text:
                yield concept.text
