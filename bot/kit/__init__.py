"""All that an intent may import: what it may ask, what it may search, and the records that come back.

An answer is `async answer(ask) -> Summary` and a pure `summarize(...) -> Summary`. It may search and choose. It
cannot format, know the channel, see a token, log or touch a store.
"""

from bot.errors import PayerError
from bot.kit.areas import sold_at, sold_in
from bot.kit.around import FARTHER, Around, around, farther
from bot.kit.ask import Answer, Ask, NeedsPlace, Places, Summary
from bot.kit.cards import STALE_DAYS, Card, Spot, by_provider, cards, spots
from bot.kit.care import UNSHIELDED, Series, Shielded, care_plans, dated, results, series, shield
from bot.kit.choice import Choice
from bot.kit.claims import (
    claim_by_id,
    claim_numbered,
    fitting,
    is_numbered,
    named,
    newest_claims,
    of_other_person,
    service_dates,
    span_of,
    text_of,
)
from bot.kit.coverages import Coverages, coverages_of, member_coverages
from bot.kit.directory import bring, listings, read_rows, within
from bot.kit.documents import Document, Offer, WithDocument
from bot.kit.electronic import Electronic, electronic_addresses
from bot.kit.facilities import KINDS, is_kind, places_of_care
from bot.kit.fills import Medication, medications
from bot.kit.formulary import DrugLists, drug_lists, drugs_by_id, drugs_named, nearest_names
from bot.kit.found import Found, find_places
from bot.kit.history import History, history
from bot.kit.nearest import nearest
from bot.kit.networks import is_called, names_of, openings_of, telling
from bot.kit.on_record import OnRecord, TestsOnRecord, on_record, tests_on_record
from bot.kit.own_network import own_networks
from bot.kit.period import period_claims
from bot.kit.plans import Plan, network_names, networks, plans
from bot.kit.reading import read_entries, records, records_of
from bot.kit.spelling import is_named, starts_like, words_of
from bot.kit.who import Who, affiliations_of, who
from bot.kit.wishes import Filter, Loosened, loosened, sift
from bot.payer.budget import Gap, Progress, Report
from bot.payer.health import Health
from bot.payer.optional import given
from bot.payer.search import Search, any_of, escape, token
from bot.records.amounts import added
from bot.records.arithmetic import Step, Term, owed_steps, sum_of
from bot.records.bundle import Entry, Page
from bot.records.care import CarePlan, Condition, Procedure, read_care_plan, read_condition, read_procedure
from bot.records.claim import Claim, Number, read_claim, read_claims
from bot.records.contact import PayerContact, Phone, read_payer
from bot.records.contract import Contract, read_contract
from bot.records.cost_share import CostShare
from bot.records.coverage import Coverage, read_coverage
from bot.records.dates import PartialDate, Period
from bot.records.decode import Unreadable
from bot.records.dispensed import Dispensed
from bot.records.formulary import Drug, DrugList, PharmacyCost, TierCosts, read_drug, read_drug_list
from bot.records.hours import Hours, on_day
from bot.records.line import ClaimLine, read_lines
from bot.records.listing import Listing, Network
from bot.records.live import Live, Visits, fills, live, visits
from bot.records.money import Amount, by_currency
from bot.records.observation import Observation, Part, Value, read_observation
from bot.records.owed import Owed
from bot.records.patient import Patient, read_patient
from bot.records.profile import Profile, read_profile
from bot.records.provider import Location
from bot.records.story import Story, story_of
from bot.records.tier import Tier
from bot.records.typed import Typed, read_typed

__all__ = [
    "FARTHER",
    "KINDS",
    "STALE_DAYS",
    "UNSHIELDED",
    "Amount",
    "Answer",
    "Around",
    "Ask",
    "Card",
    "CarePlan",
    "Choice",
    "Claim",
    "ClaimLine",
    "Condition",
    "Contract",
    "CostShare",
    "Coverage",
    "Coverages",
    "Dispensed",
    "Document",
    "Drug",
    "DrugList",
    "DrugLists",
    "Electronic",
    "Entry",
    "Filter",
    "Found",
    "Gap",
    "Health",
    "History",
    "Hours",
    "Listing",
    "Live",
    "Location",
    "Loosened",
    "Medication",
    "NeedsPlace",
    "Network",
    "Number",
    "Observation",
    "Offer",
    "OnRecord",
    "Owed",
    "Page",
    "Part",
    "PartialDate",
    "Patient",
    "PayerContact",
    "PayerError",
    "Period",
    "PharmacyCost",
    "Phone",
    "Places",
    "Plan",
    "Procedure",
    "Profile",
    "Progress",
    "Report",
    "Search",
    "Series",
    "Shielded",
    "Spot",
    "Step",
    "Story",
    "Summary",
    "Term",
    "TestsOnRecord",
    "Tier",
    "TierCosts",
    "Typed",
    "Unreadable",
    "Value",
    "Visits",
    "Who",
    "WithDocument",
    "added",
    "affiliations_of",
    "any_of",
    "around",
    "bring",
    "by_currency",
    "by_provider",
    "cards",
    "care_plans",
    "claim_by_id",
    "claim_numbered",
    "coverages_of",
    "dated",
    "drug_lists",
    "drugs_by_id",
    "drugs_named",
    "electronic_addresses",
    "escape",
    "farther",
    "fills",
    "find_places",
    "fitting",
    "given",
    "history",
    "is_called",
    "is_kind",
    "is_named",
    "is_numbered",
    "listings",
    "live",
    "loosened",
    "medications",
    "member_coverages",
    "named",
    "names_of",
    "nearest",
    "nearest_names",
    "network_names",
    "networks",
    "newest_claims",
    "of_other_person",
    "on_day",
    "on_record",
    "openings_of",
    "owed_steps",
    "own_networks",
    "period_claims",
    "places_of_care",
    "plans",
    "read_care_plan",
    "read_claim",
    "read_claims",
    "read_condition",
    "read_contract",
    "read_coverage",
    "read_drug",
    "read_drug_list",
    "read_entries",
    "read_lines",
    "read_observation",
    "read_patient",
    "read_payer",
    "read_procedure",
    "read_profile",
    "read_rows",
    "read_typed",
    "records",
    "records_of",
    "results",
    "series",
    "service_dates",
    "shield",
    "sift",
    "sold_at",
    "sold_in",
    "span_of",
    "spots",
    "starts_like",
    "story_of",
    "sum_of",
    "telling",
    "tests_on_record",
    "text_of",
    "token",
    "visits",
    "who",
    "within",
    "words_of",
]
