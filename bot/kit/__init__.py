"""All that an intent may import: what it may ask, what it may search, and the records that come back.

An answer is `async answer(ask) -> Summary` and a pure `summarize(...) -> Summary`. It may search and choose. It
cannot format, know the channel, see a token, log or touch a store.
"""

from bot.kit.ask import Answer, Ask, NeedsPlace, Places, Summary
from bot.kit.claims import named, newest_claims
from bot.kit.directory import (
    STALE_DAYS,
    Around,
    Card,
    Filter,
    around,
    cards,
    is_called,
    listings,
    openings_of,
    sift,
    telling,
    within,
)
from bot.payer.budget import Gap, Report
from bot.payer.search import Search, any_of, escape, token
from bot.records.bundle import Entry, Page
from bot.records.claim import Claim, read_claim, read_claims
from bot.records.dates import PartialDate, Period
from bot.records.line import ClaimLine, read_lines
from bot.records.listing import Listing
from bot.records.live import Live, Visits, fills, live, visits
from bot.records.money import Amount
from bot.records.owed import Owed
from bot.records.patient import Patient, read_patient
from bot.records.typed import Typed, read_typed

__all__ = [
    "STALE_DAYS",
    "Amount",
    "Answer",
    "Around",
    "Ask",
    "Card",
    "Claim",
    "ClaimLine",
    "Entry",
    "Filter",
    "Gap",
    "Listing",
    "Live",
    "NeedsPlace",
    "Owed",
    "Page",
    "PartialDate",
    "Patient",
    "Period",
    "Places",
    "Report",
    "Search",
    "Summary",
    "Typed",
    "Visits",
    "any_of",
    "around",
    "cards",
    "escape",
    "fills",
    "is_called",
    "listings",
    "live",
    "named",
    "newest_claims",
    "openings_of",
    "read_claim",
    "read_claims",
    "read_lines",
    "read_patient",
    "read_typed",
    "sift",
    "telling",
    "token",
    "visits",
    "within",
]
