"""The member's ID card to show at a front desk: a page with both sides of the card and a QR code with its data."""

import asyncio

import msgspec

from bot import kit


class DeskCard(msgspec.Struct, frozen=True):
    """One ID card: a coverage, the payer if its record was included, and the name on the card."""

    coverage: kit.Coverage
    payer: kit.PayerContact | None
    name: str | None


class AtTheDesk(kit.WithDocument, frozen=True, kw_only=True):
    """The page for a front desk; there is no document without a current or future coverage."""

    cards: tuple[DeskCard, ...]
    ended: bool


async def answer(ask: kit.Ask) -> AtTheDesk:
    """Return the cards of the current coverages, or else of the future ones."""
    found = await kit.member_coverages(ask, shown=True)
    profiles = await kit.records(ask, kit.Search("Patient"), kit.Patient, optional=True)
    name = profiles[0].name if profiles else None
    held = found.current or found.in_state("future")
    cards = tuple(DeskCard(one, found.payer(one), one.beneficiary or name) for one in held)
    ended = not cards and bool(found.in_state("ended"))
    return AtTheDesk(cards=cards, ended=ended, document=await _document(cards, ask))


async def _document(cards: tuple[DeskCard, ...], ask: kit.Ask) -> kit.Document | None:
    """Return the page; its QR code offers a FHIR Bundle with the same data. None without cards."""
    if not cards:
        return None
    rows = [(card.coverage, card.payer, card.name) for card in cards]
    shared = await asyncio.to_thread(kit.card_bundle, rows)
    labelled = any(card.coverage.labels for card in cards)
    return kit.Document("card", {"cards": cards, "labelled": labelled, "made": ask.today}, shared=shared)
