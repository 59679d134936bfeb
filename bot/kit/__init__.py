"""The interface for intents: questions, searches and the records that they return.

An answer consists of `async answer(ask) -> Summary` and a pure function `summarize(...) -> Summary`. It may search and
choose. It must not format text, log, write to a store, or use the channel or a token. What is imported here is what
intents may use.
"""

# fmt: off
# isort: off
from bot.errors import NotLinked, PayerError
from bot.kit.ahead import Ahead, priced_ahead, rules_ahead
from bot.kit.appeals import (
    AppealClock, DenialKind, OfAppeal, ToldDay, appeal_clock, appeal_days, approvals_asked, case_found, denial_kind,
    denied_claims, in_any_state, stepped, told_day, without)
from bot.kit.around import SearchArea, NeedsPlace, around, state_named
from bot.kit.ask import (
    Answer, Ask, Reroute, Kin, Summary, named_care, of_other_person, text_of, values_of)
from bot.kit.asked_networks import among as networks_among
from bot.kit.asked_networks import AskedNetworks, NetworkSide, asked_networks, in_own, side_asked, without_own
from bot.kit.benefits import NO_BENEFITS, Benefits
from bot.kit.benefits_csv import read_benefits
from bot.kit.cards import Card, by_provider, cards
from bot.kit.care import (
    UNSHIELDED, Curve, OnRecord, Series, Shielded, TestsOnRecord, as_of, care_plans, curve_of, dated, on_record,
    results, series, shield, tests_on_record)
from bot.kit.cases import AppealCase, AppealOutcome, CallNote
from bot.kit.organizations import Choice, affiliations_of, nearest
from bot.records.share import left_of, tells_state
from bot.kit.claims import (
    Medication, WhyGone, care_words, checked, cite_claims, claim_by_id, claim_news, claim_numbered, claims_around,
    medications, newest_claims, newest_visits, of_these, shown_alone, why_gone, with_one_before)
from bot.kit.coming import (
    Wants, counted_toward, counting_asked, is_timeless, names_care, sides_asked, unsaid_of, wants_to_come)
from bot.kit.conditions import is_called as is_called_so
from bot.kit.conditions import Conditions, conditions, sift
from bot.kit.coverages import (
    Coverages, Shares, VisitCopays, asks_family, asks_standing, asks_whether, asks_yearly, by_figure,
    coverages_of, member_coverages, named_visits, of_family, of_scope, passed, plan_year_of,
    scope_of, share_asked, shares_of, side_named, visit_copays, visit_kind)
from bot.kit.directory import listings
from bot.kit.facts import OF_PLACE, ProviderFact, facts_apart, facts_asked, facts_each, facts_in, facts_of
from bot.kit.floors import (
    COUNTED, Floor, MetSoFar, carrying, counted_since, counting, counts_apart, deductible_met, floor_of, floors_of,
    held_yearly, network_side, scopes_of, standings, this_year, year_now, year_so_far)
from bot.kit.formulary import DrugLists, drug_lists, drugs_by_id, drugs_named, nearest_names
from bot.kit.found import Found, FoundPlaces, ProviderSearch, find_places
from bot.kit.gathering import Gathered, gathered
from bot.kit.household import Household, HouseholdMember, household, of_some
from bot.kit.conditions import asks_kind, kind_codes, kind_said, kinds_of
from bot.kit.months import Month, month_number, months_of
from bot.kit.most import (
    Most, Share, SideSum, ends_of, measures_of, in_order, most_of, number_of, rank_sides, shares_by, times_of)
from bot.kit.ranking import (
    LONG, counts_asked, ends_asked, of_unit, often_asked, ranking_asked, since_first,
    sizes_group, summed_filter, threshold_asked, times_asked, unit_asked)
from bot.kit.near_claims import Nearest, near_claims
from bot.kit.network_names import Wanted, adds_to, names_of, telling, wanted
from bot.kit.news import (
    LOOKED_AT, Doctors, Seen, WithSeen, as_seen, doctors_gone, doctors_seen, doctors_still, mark, marks_of_claims)
from bot.kit.offers import (
    CaseChange, CaseKept, Document, Offer, ReminderKept, ReminderWish, WithCase, WithDocument, WithReminder)
from bot.kit.opening import OpenAt, open_at
from bot.kit.organizations import Electronic, electronic_addresses, houses, places_of, staff, staff_beside
from bot.kit.period import history, period_claims, same_month
from bot.kit.plans import Plan, network_names, networks, own_networks, plans, sold_at, sold_in
from bot.kit.foremost import Ranked, ranked
from bot.kit.reading import records
from bot.kit.record_files import RecordPapers, record_document
from bot.kit.said import (
    asks_claims, asks_one, asks_parts, asks_several, by_name, by_side, compares_shown, confirms, fitting,
    is_ranking, filter_of, plurals, whole_of, with_sides)
from bot.kit.sites import Proof, ProvenPlace, Site, oldest, proof_of, sites
from bot.kit.sized import Threshold, amount_asked
from bot.language.classed import AmountLimits
from bot.language.calendar import later
from bot.kit.sides import compares_named, parted, sides_said
from bot.kit.spans import days_around, service_dates, span_of, time_of, times_set_apart
from bot.kit.spelling import is_named, name_of_state, words_of
from bot.kit.floors import yearly_asked
from bot.kit.toward import Toward, went_toward
from bot.kit.amounts import (
    Portion, amount_in, holds_more, of_whole, part_of, part_of_all, plan_paid_in, portion_of, sum_told)
from bot.kit.tense import asks_from_now_on, hand_over_ahead, lies_after, may_be_ahead, may_come, speaks_ahead
from bot.kit.to_come import ToCome, price_named, to_come
from bot.kit.uses import drugs_of_use, is_for, of_use
from bot.kit.claim_filter import Chosen, ClaimFilter, any_time, choose, is_numbered, with_fills
from bot.kit.which import count_asked, parts_named, place_of, reaches, shown_before, the_one
from bot.kit.who import OfProvider, Who, is_titled, who, who_shown
from bot.payer.discovery import PayerHealth
from bot.payer.search import Search, given
from bot.records.explanation import added
from bot.records.authorization import Authorization
from bot.records.card import PayerContact, PayerPhone, card_bundle
from bot.records.care import CarePlan, Condition, Procedure
from bot.records.care_kind import NO_KINDS, CareKind, CareKinds, Shown, care_kinds, kind_shown
from bot.records.claim import Claim, read_claims
from bot.records.coverage import CostShare
from bot.records.coverage import Coverage, same_plan
from bot.records.written import PartialDate
from bot.records.decode import Unreadable
from bot.records.details import is_npi
from bot.records.formulary import Drug, DrugList, PharmacyCost, TierCosts
from bot.records.share import ClaimLine, read_lines
from bot.records.listing import Listing
from bot.records.claim_set import NO_DOUBTS, ClaimSet, Story, SumDoubts, Visits, Within, fills, story_of, visits
from bot.records.money import Amount, by_currency, difference
from bot.records.care import Observation
from bot.records.patient import Patient
from bot.records.reasons import Contract, Reason, read_contract
from bot.records.share import Doubt, Why, doubts_of, owed_steps, why_of
from bot.records.share import Step, Term, sum_of
# isort: on
# fmt: on
