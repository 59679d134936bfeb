"""All that an intent may import: what it may ask, what it may search, and the records that come back.

An answer is `async answer(ask) -> Summary` and a pure `summarize(...) -> Summary`. It may search and choose. It
cannot format, know the channel, see a token, log or touch a store.
"""

from bot.errors import PayerError
from bot.kit.areas import sold_at, sold_in
from bot.kit.around import Around, around, farther
from bot.kit.ask import Answer, Ask, NeedsPlace, Places, Summary
from bot.kit.asked import days_around, of_other_person, service_dates, span_of, text_of
from bot.kit.asked_networks import AskedNetworks, NetworkSide, asked_networks, side_asked, without_own
from bot.kit.asked_networks import among as networks_among
from bot.kit.cards import Card, cards
from bot.kit.care import UNSHIELDED, Series, Shielded, care_plans, dated, results, series, shield
from bot.kit.choice import Choice
from bot.kit.claims import claim_by_id, claim_numbered, newest_claims, with_resource
from bot.kit.conditions import Conditions, conditions
from bot.kit.conditions import is_called as is_called_so
from bot.kit.coverages import Coverages, member_coverages, plan_year_of
from bot.kit.curves import Curve, curve_of
from bot.kit.denials import AppealClock, appeal_clock, denied_claims, in_any_state
from bot.kit.directory import listings, within
from bot.kit.documents import Document, Offer, WithDocument
from bot.kit.electronic import Electronic, electronic_addresses
from bot.kit.fills import Medication, medications
from bot.kit.floors import (
    COUNTED,
    Floor,
    counted_since,
    counting,
    counts_apart,
    floor_of,
    floors_of,
    network_side,
    scopes_of,
    standings,
    this_year,
    year_now,
    year_so_far,
)
from bot.kit.formulary import DrugLists, drug_lists, drugs_by_id, drugs_named, nearest_names
from bot.kit.found import Found, FoundPlaces, find_places, own_of, page_of
from bot.kit.history import History, history
from bot.kit.houses import houses, staff
from bot.kit.later_claims import WhyGone, claims_around, why_gone
from bot.kit.near_claims import Nearest, cite_claims, near_claims
from bot.kit.nearest import nearest
from bot.kit.network_names import Wanted, wanted
from bot.kit.network_proof import Proven, ProvenPlace, proven_of, proven_place
from bot.kit.networks import names_of, telling
from bot.kit.newest_visits import newest_visits
from bot.kit.news import claim_news
from bot.kit.of_time import claims_within
from bot.kit.on_record import OnRecord, TestsOnRecord, on_record, tests_on_record
from bot.kit.opening import OpenAt, is_open, open_at
from bot.kit.own_network import own_networks
from bot.kit.people import by_provider
from bot.kit.period import period_claims
from bot.kit.plans import Plan, network_names, networks, plans
from bot.kit.reading import records
from bot.kit.reminders import ReminderKept, ReminderWish, WithReminder
from bot.kit.scopes import Shares, of_scope, scope_of
from bot.kit.several import asks_several
from bot.kit.sites import Site, sites
from bot.kit.spelling import is_named, words_of
from bot.kit.states import name_of_state
from bot.kit.toward import MetSoFar, carrying
from bot.kit.visit_kinds import named_visit, visit_kind
from bot.kit.wanted import (
    Chosen,
    ClaimWish,
    amount_in,
    any_time,
    by_side,
    choose,
    fitting,
    holds_more,
    is_numbered,
    left_of,
    part_of,
    tells_state,
    wanted_of,
    with_fills,
)
from bot.kit.who import Who, affiliations_of, is_titled, who
from bot.kit.wishes import Filter, loosened, sift
from bot.payer.health import PayerHealth
from bot.payer.optional import given
from bot.payer.search import Search
from bot.records.amounts import added
from bot.records.arithmetic import Step, Term, owed_steps, sum_of
from bot.records.authorization import Authorization, read_authorization
from bot.records.card import card_bundle
from bot.records.care import CarePlan, Condition, Procedure, read_condition, read_procedure
from bot.records.care_kind import NO_KINDS, CareKind, CareKinds, Shown, care_kinds, kind_shown
from bot.records.claim import Claim, read_claims
from bot.records.contact import PayerContact, PayerPhone
from bot.records.contract import Contract, read_contract
from bot.records.cost_share import CostShare
from bot.records.coverage import Coverage, read_coverage
from bot.records.dates import PartialDate
from bot.records.decode import Unreadable
from bot.records.doubts import Doubt, doubts_of
from bot.records.formulary import Drug, DrugList, PharmacyCost, TierCosts
from bot.records.hours import Hours, on_day
from bot.records.line import ClaimLine, read_lines
from bot.records.listing import Listing, Network
from bot.records.live import Live, Visits, fills, visits
from bot.records.money import Amount, by_currency
from bot.records.npi import is_npi
from bot.records.observation import Observation
from bot.records.patient import Patient, read_patient
from bot.records.plan_year import same_plan
from bot.records.profile import Profile, read_profile
from bot.records.reasons import Reason
from bot.records.story import Story, story_of
from bot.records.sum_doubts import NO_DOUBTS, SumDoubts, sum_doubts
from bot.records.why import Why, why_of
from bot.records.within import Within, began_in

__all__ = [
    "COUNTED",
    "NO_DOUBTS",
    "NO_KINDS",
    "UNSHIELDED",
    "Amount",
    "Answer",
    "AppealClock",
    "Around",
    "Ask",
    "AskedNetworks",
    "Authorization",
    "Card",
    "CareKind",
    "CareKinds",
    "CarePlan",
    "Choice",
    "Chosen",
    "Claim",
    "ClaimLine",
    "ClaimWish",
    "Condition",
    "Conditions",
    "Contract",
    "CostShare",
    "Coverage",
    "Coverages",
    "Curve",
    "Document",
    "Doubt",
    "Drug",
    "DrugList",
    "DrugLists",
    "Electronic",
    "Filter",
    "Floor",
    "Found",
    "FoundPlaces",
    "History",
    "Hours",
    "Listing",
    "Live",
    "Medication",
    "MetSoFar",
    "Nearest",
    "NeedsPlace",
    "Network",
    "NetworkSide",
    "Observation",
    "Offer",
    "OnRecord",
    "OpenAt",
    "PartialDate",
    "Patient",
    "PayerContact",
    "PayerError",
    "PayerHealth",
    "PayerPhone",
    "PharmacyCost",
    "Places",
    "Plan",
    "Procedure",
    "Profile",
    "Proven",
    "ProvenPlace",
    "Reason",
    "ReminderKept",
    "ReminderWish",
    "Search",
    "Series",
    "Shares",
    "Shielded",
    "Shown",
    "Site",
    "Step",
    "Story",
    "SumDoubts",
    "Summary",
    "Term",
    "TestsOnRecord",
    "TierCosts",
    "Unreadable",
    "Visits",
    "Wanted",
    "Who",
    "Why",
    "WhyGone",
    "WithDocument",
    "WithReminder",
    "Within",
    "added",
    "affiliations_of",
    "amount_in",
    "any_time",
    "appeal_clock",
    "around",
    "asked_networks",
    "asks_several",
    "began_in",
    "by_currency",
    "by_provider",
    "by_side",
    "card_bundle",
    "cards",
    "care_kinds",
    "care_plans",
    "carrying",
    "choose",
    "cite_claims",
    "claim_by_id",
    "claim_news",
    "claim_numbered",
    "claims_around",
    "claims_within",
    "conditions",
    "counted_since",
    "counting",
    "counts_apart",
    "curve_of",
    "dated",
    "days_around",
    "denied_claims",
    "doubts_of",
    "drug_lists",
    "drugs_by_id",
    "drugs_named",
    "electronic_addresses",
    "farther",
    "fills",
    "find_places",
    "fitting",
    "floor_of",
    "floors_of",
    "given",
    "history",
    "holds_more",
    "houses",
    "in_any_state",
    "is_called_so",
    "is_named",
    "is_npi",
    "is_numbered",
    "is_open",
    "is_titled",
    "kind_shown",
    "left_of",
    "listings",
    "loosened",
    "medications",
    "member_coverages",
    "name_of_state",
    "named_visit",
    "names_of",
    "near_claims",
    "nearest",
    "nearest_names",
    "network_names",
    "network_side",
    "networks",
    "networks_among",
    "newest_claims",
    "newest_visits",
    "of_other_person",
    "of_scope",
    "on_day",
    "on_record",
    "open_at",
    "owed_steps",
    "own_networks",
    "own_of",
    "page_of",
    "part_of",
    "period_claims",
    "plan_year_of",
    "plans",
    "proven_of",
    "proven_place",
    "read_authorization",
    "read_claims",
    "read_condition",
    "read_contract",
    "read_coverage",
    "read_lines",
    "read_patient",
    "read_procedure",
    "read_profile",
    "records",
    "results",
    "same_plan",
    "scope_of",
    "scopes_of",
    "series",
    "service_dates",
    "shield",
    "side_asked",
    "sift",
    "sites",
    "sold_at",
    "sold_in",
    "span_of",
    "staff",
    "standings",
    "story_of",
    "sum_doubts",
    "sum_of",
    "telling",
    "tells_state",
    "tests_on_record",
    "text_of",
    "this_year",
    "visit_kind",
    "visits",
    "wanted",
    "wanted_of",
    "who",
    "why_gone",
    "why_of",
    "with_fills",
    "with_resource",
    "within",
    "without_own",
    "words_of",
    "year_now",
    "year_so_far",
]
