"""The interface for intents: questions, searches and the records that they return.

An answer consists of `async answer(ask) -> Summary` and a pure function `summarize(...) -> Summary`. It may search and
choose. It must not format text, log, write to a store, or use the channel or a token. What is imported here is what
intents may use.
"""

# fmt: off
# isort: off
from bot.errors import NotLinked, PayerError
from bot.kit.accumulated import (
    Accumulated, accumulated, accumulated_by_plan, claims_toward, COUNTED, counted_since, counting,
    deductible_met, MetSoFar, network_side, placed_by_deductible, scopes_of, standings, this_year,
    year_now, year_so_far)
from bot.kit.ahead import listed_rules, OfPrice, recorded_rule
from bot.kit.amounts import (
    amount_in, crossed_asked, Crossing, crossing_of, gap_of, holds_more, Inner, inner_amount,
    month_number, of_whole, part_of, part_of_all, plan_paid_in, Portion, portion_of, ShareGap, whole_named)
from bot.kit.appeals import (
    appeal_clock, appeal_days, AppealClock, approvals_asked, case_found, denial_kind, DenialKind, denied_claims,
    OfAppeal, stepped, stated_day, StatedDay)
from bot.kit.around import around, names_area, NeedsPlace, SearchArea, state_named
from bot.kit.ask import Answer, Ask, Kin, named_care, Paged, Reroute, Summary, text_of, values_of
from bot.kit.benefits import Benefits, NO_BENEFITS, read_benefits
from bot.kit.cards import by_provider, Card, cards, Ranked, ranked
from bot.kit.care import (
    Curve, curve_of, dated, on_record, OnRecord, results, Series, series, shield, Shielded,
    tests_of, TestsOnRecord, UNSHIELDED)
from bot.kit.claim_filter import any_time, choose, Chosen, ClaimFilter, with_fills
from bot.kit.claims import (
    care_words, cite_claims, claim_before, claim_by_id, claim_news, claims_around, claims_numbered, Medication,
    medications, newest_claims, newest_visits, of_fills, shown_alone, two_alike, why_gone, WhyGone, with_one_before)
from bot.kit.coming import (
    counted_toward, counting_asked, hand_over_away, names_care, pays_self, sides_asked, Toward, Wants,
    wants_to_come, went_toward)
from bot.kit.conditions import conditions, is_title, kind_codes, kind_said, shows
from bot.kit.coverages import (
    asks_family, asks_standing, asks_whether, asks_yearly, by_figure, Coverages, coverages_of, member_coverages,
    figures_named, named_visits, of_family, of_scope, passed, plan_year_of, scope_of, share_asked, Shares, shares_of,
    side_named, visit_copays, visit_kind, VisitCopays)
from bot.kit.givers import care_done
from bot.kit.facts import other_facts, facts_asked, facts_each, facts_in, facts_of, OF_PLACE, ProviderFact
from bot.kit.formulary import (
    drug_lists, DrugLists, drugs_by_id, drugs_named, nearest_names, of_use, OfDrug)
from bot.kit.found import Found
from bot.kit.gathering import gathered, record_document, RecordPapers
from bot.kit.household import household, HouseholdMember, of_some
from bot.kit.near_claims import (
    asks_always, compares_named, near_claims, Nearest, OfClaims, or_nearest, parted, sides_said, strict)
from bot.kit.network_names import adds_to, names_of, Wanted
from bot.kit.news import (
    as_seen, doctors_changed, doctors_seen, LOOKED_AT, mark, marks_of_claims, Seen, WithSeen)
from bot.kit.of_one import asked_of_one, hand_over_asked
from bot.kit.offers import (
    AppealCase, AppealOutcome, CallNote, CaseChange, CaseKept, Document, Offer, ReminderKept, ReminderWish,
    WithCase, WithDocument, WithReminder)
from bot.kit.opening import local_time
from bot.kit.organizations import affiliations_of, Electronic, electronic_addresses, places_of
from bot.kit.period import month_words, newest_procedure, own_patient, period_claims, procedures_in
from bot.kit.plans import (
    among as networks_among, asked_networks, AskedNetworks, in_own, network_names, NetworkSide,
    own_networks, Plan, plans, plans_said, side_asked, sold_in, without_own)
from bot.kit.query import as_fills, composed_asked, query_asked, query_filter, query_time, times_named
from bot.kit.ranking import (
    asks_order, counts_asked, LONG, of_unit, often_asked, ranking_asked, since_first, sizes_group,
    summed_filter, threshold_asked, times_asked, unit_asked)
from bot.kit.reading import records
from bot.kit.results_asked import course_asked, follows
from bot.kit.said import (
    asks_one, asks_parts, asks_several, by_name, by_side, compares_shown, confirms, filter_of,
    fitting, plurals, whole_of, with_sides)
from bot.kit.searching import DirectorySearch
from bot.kit.sets import holds_together, sets_asked
from bot.kit.sites import area_of, oldest, Proof, proof_of, ProvenPlace, Site, sites
from bot.kit.spans import (
    asks_both_sides, asks_from_now_on, asks_how_long_approved, asks_of_fills, asks_prescriber, days_around, days_of,
    hand_over_ahead, hand_over_waiting, is_of_earlier, lies_after, lies_in_past, may_be_ahead, may_come, service_dates,
    span_of, speaks_ahead, time_of, compares_times)
from bot.kit.groups import ClaimQuery
from bot.kit.tables import chart_of, Computing, QueryCell, QueryRow, RankedRows, sums_of, unpaid_of
from bot.kit.spelling import is_named, name_of_state, words_of
from bot.kit.traits import with_traits
from bot.kit.prevention import Prevention, prevention_of, preventive_for
from bot.kit.to_come import asks_to_wait, price_named, to_come, ToCome
from bot.kit.which import (
    amount_asked, count_asked, dollars, Exact, is_close, LAGS, place_of, reaches, shown_before,
    sizes_last, sizes_one, the_one, Threshold)
from bot.kit.who import OfProvider, others_there, Who, who, who_shown
from bot.language.calendar import later
from bot.language.classed import AmountLimits
from bot.payer.discovery import PayerHealth
from bot.payer.search import given, Search
from bot.records.authorization import Authorization
from bot.records.card import card_bundle, PayerContact, PayerPhone
from bot.records.care import CarePlan, Condition, Observation, Procedure
from bot.records.care_kind import care_kinds, CareKind, CareKinds, kind_shown, NO_KINDS, Shown
from bot.records.claim import Claim, read_claims
from bot.records.claim_set import ClaimSet, fill_after, NO_DOUBTS, Story, story_of, SumDoubts, Visits, visits, Within
from bot.records.coverage import CostShare, Coverage, same_plan
from bot.records.decode import Unreadable
from bot.records.details import is_npi
from bot.records.explanation import added
from bot.records.formulary import Drug, DrugList, PharmacyCost, TierCosts
from bot.records.listing import Listing
from bot.records.money import Amount, difference
from bot.records.patient import Patient
from bot.records.share import (
    ClaimLine, Doubt, doubts_of, left_of, owed_steps, read_lines, Step, sum_of, shows_state, Term)
from bot.records.written import PartialDate, Period
# isort: on
# fmt: on
