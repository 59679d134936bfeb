"""Why an amount is what it is, and how the claim was paid (fhir-notes 4.3). Texts are the payer's own, never ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.records.explanation import Adjudication, Explanation
from bot.records.shapes import Concept
from bot.records.text import clean

_REASONS = frozenset({"denialreason", "adjustmentreason", "rejectreason"})
_NETWORK = frozenset({"innetwork", "outofnetwork", "other"})


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with the payer's words for it, when it sent some. The code lists themselves are licensed."""

    code: str
    system: str | None
    text: str | None


def reasons_of(eob: Explanation) -> tuple[Reason, ...]:
    """The reasons at header and lines, each once, in the payer's order. Paid claims carry some too."""
    return tuple(dict.fromkeys(reasons_in(_everywhere(eob))))


def reasons_in(adjudications: Iterable[Adjudication]) -> Iterable[Reason]:
    """The reasons among some adjudications."""
    for adjudication in adjudications:
        if adjudication.reason and _is(adjudication.category, _REASONS):
            yield from coded(adjudication.reason)


def coded(concept: Concept) -> Iterable[Reason]:
    """One reason for each coding, or one of words only.

    The text belongs to the whole concept: beside one code it is its words, beside several it is told without a code.
    """
    text, codings = concept.words_of_its_own(), [coding for coding in concept.coding if coding.code]
    for coding in codings:
        own = clean(coding.display)
        yield Reason(coding.code or "", coding.system, own or (text if len(codings) == 1 else None))
    if text and len(codings) != 1 and text not in {clean(coding.display) for coding in codings}:
        yield Reason("", None, text)
    elif not codings and (words := concept.words()):
        yield Reason("", None, words)


def network_status(eob: Explanation) -> str | None:
    """`innetwork`, `outofnetwork`, `other`, or `mixed` when lines differ; None when the payer does not say."""
    header = _statuses([*eob.adjudication, *eob.total])
    found = header or _statuses([a for item in eob.item for a in item.adjudication])
    return (found.pop() if len(found) == 1 else "mixed") if found else None


def _statuses(adjudications: Iterable[Adjudication]) -> set[str]:
    """C4BB 1.1 writes the status as the category itself, 2.0 as the reason under `benefitpaymentstatus`."""
    found: set[str] = set()
    for adjudication in adjudications:
        codes = adjudication.category.codes() if adjudication.category else ()
        if adjudication.reason and "benefitpaymentstatus" in codes:
            codes = adjudication.reason.codes()
        found.update(_NETWORK.intersection(codes))
    return found


def _everywhere(eob: Explanation) -> Iterable[Adjudication]:
    yield from eob.adjudication
    for item in eob.item:
        yield from item.adjudication


def _is(category: Concept | None, codes: frozenset[str]) -> bool:
    return category is not None and not codes.isdisjoint(category.codes())
