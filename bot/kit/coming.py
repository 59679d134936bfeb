"""What a question asks about future care and yearly amounts, and the claims that counted toward such an amount."""

from datetime import date, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.accumulated import COUNTED, claims_toward, counted_since, counting
from bot.kit.around import names_elsewhere, state_named
from bot.kit.ask import Ask, Reroute, text_of, values_of
from bot.kit.claim_filter import ClaimFilter, any_time
from bot.kit.coverages import Coverages, asks_whether, named_visit, named_visits, scope_of, share_asked, visit_kind
from bot.kit.period import period_claims
from bot.kit.said import filter_of
from bot.kit.spans import span_of, speaks_ahead, time_of
from bot.kit.spelling import words_of
from bot.records.claim import Claim
from bot.records.explanation import added
from bot.records.money import Amount

_ANY = frozenset({"any", "anything", "a"})
"""What the words for nothing to pay begin with, where they ask for a payment: "a cent", "any charge"."""
Wants = Literal["price", "free", "covered", "copay", "after", "counts", "unsaid"]
_UNSAID = ("approval", "referral", "waiting", "limited", "beyond", "together", "billed_per")
"""What a question may ask about care but no record says, in the order of an answer."""
_ACUTE = frozenset({"emergency", "urgentcare"})
_AGAINST, _OR = frozenset({"against", "alike", "apart", "cheaper", "dearer", "than"}), frozenset({"or", "o"})
"""What sets two sides against each other: words that are said, and the word between them."""


def counted_toward(ask: Ask) -> str | None:
    """Return the yearly amount that the message names, "deductible" or "out_of_pocket_max"; None if neither."""
    told = (*values_of(ask, "amount_kind"), share_asked(ask))
    return next((one for one in (*told, *ask.asked.says) if one in COUNTED), None)


def sides_asked(ask: Ask) -> str | None:
    """Return the key of the rule on how plans work that a comparison of two sides asks for; None without one.

    For example, "copay_or_percent" for a question whether a copay or a coinsurance applies.
    """
    says = ask.asked.says.keys()
    if "admitted" in says and visit_kind(ask) == "emergency":
        return "admitted"
    if says.isdisjoint(_AGAINST) and _OR.isdisjoint(words_of(ask.said)):
        return None
    if {"COPAY", "COINSURANCE"} <= ask.concepts and not names_care(ask):
        return "copay_or_percent"
    return "where_done" if {"at_hospital", "standalone"} <= says and _ACUTE.isdisjoint(named_visits(ask)) else None


def counting_asked(ask: Ask) -> str | None:
    """Return the key of the rule on what counts toward a yearly amount, if the question asks for such a rule.

    None for any other question. Most questions about care that is named are answered from the plan's data and not by a
    rule, so the result is None for them, too.
    """
    if not _asks_counting(ask):
        return None
    if care_scope(ask) and not ask.asked.care:
        return "apart_counts"
    if scope_of(ask) == "drugs" or "drug" in ask.slots:
        return "drugs_count"
    past = "was" in ask.asked.says and names_care(ask)
    if not past and ("amount" not in ask.slots or ask.asked.care):
        return None
    return "before_met" if "counts" not in ask.asked.says else "what_counts"


def _asks_counting(ask: Ask) -> bool:
    aspect, says = counted_toward(ask), ask.asked.says
    return aspect is not None and ("counts" in says or (aspect == "deductible" and "met_first" in says))


def wants_to_come(ask: Ask) -> Wants | None:
    """Return what the question asks about future care; None if it asks only about yearly amounts, or names no care."""
    aspect, reason = share_asked(ask), text_of(ask, "reason")
    reason = None if reason in _UNSAID else reason
    named, says = names_care(ask), ask.asked.says.keys()
    if (speaks_ahead(ask) or (named and "was" not in says)) and says >= {"copay", "deductible"}:
        return "copay"  # "will it go against my deductible or is it just a copay"
    covered = named and asks_cover(ask)  # "is it covered, and is there a deductible on it"
    counts = named and _asks_counting(ask) and counting_asked(ask) is None
    if counts and says.isdisjoint({"paid_for", "plan_pays", "was"}):
        return "counts"
    ahead = named and (speaks_ahead(ask) or ("was" not in says and not says.isdisjoint({"own_share", "percent"})))
    unsaid = named and bool(unsaid_of(ask)) and "was" not in says
    covered = covered and not (unsaid and {"limited", "how_many"} <= says)  # "how many visits do I get a year"
    known = (named and "worst" in says) or covered or ahead or unsaid
    if (aspect in COUNTED or reason not in {None, "covered", "free", "price"}) and not known:
        return None
    if not (named or (reason in {"covered", "free"} and aspect is None)):
        return None
    priced = ask.asked.form == "amount" or "COST" in ask.concepts or not says.isdisjoint({"copay", "percent"})
    if unsaid and "paid_for" not in says and not priced:
        return "unsaid"
    if (covered or unsaid) and aspect in COUNTED:
        aspect = reason = None
    return _wants(ask, aspect, reason)


def unsaid_of(ask: Ask) -> tuple[str, ...]:
    """Return the keys of what the question asks about care but no record contains, such as "limited" or "referral"."""
    return tuple(one for one in _UNSAID if one in ask.asked.says or one == text_of(ask, "reason"))


def _wants(ask: Ask, aspect: str | None, reason: str | None) -> Wants:
    if aspect == "copay" or "copay" in ask.asked.says:
        return "copay"
    covered = (reason == "covered" and not pays_self(ask)) or (reason is None and asks_cover(ask))
    priced = ask.asked.form == "amount" or ("percent" in ask.asked.says and "paid_for" not in ask.asked.says)
    if aspect is None and (reason == "free" or ("costless" in ask.asked.says and not covered)):
        return "free"
    told = ask.arguments.get("reason") == "covered"  # by the intent that passed the question on
    return "covered" if covered and aspect is None and (told or not priced) else "price"


def pays_self(ask: Ask) -> bool:
    """Return whether the question is if the member pays, as in "do I pay for a flu shot": no "yes" may answer it."""
    return {"i_paid", "costing"} <= ask.asked.says.keys() and "paid_for" not in ask.asked.says


def yes_pays(ask: Ask, wants: Wants) -> bool | None:
    """Return whether "yes" means that the member pays: True for "would it cost me a cent", False for "is it free".

    None if neither "yes" nor "no" answers the question.
    """
    said, says = ask.asked.says.get("costless", "free"), ask.asked.says.keys()
    if wants == "free" and said.split()[0] not in _ANY:
        return False
    pays = wants == "free" or (wants == "price" and not says.isdisjoint({"i_paid", "costing"}))
    return True if pays and asks_whether(ask) else None


def asks_cover(ask: Ask) -> bool:
    """Return whether the question asks if the plan pays; False for "what I'd pay for it", which asks for the price."""
    says = ask.asked.says
    return "paid_for" in says or ("COVER" in ask.concepts and "own_share" not in says)


def hand_over_away(ask: Ask, rules: str) -> None:
    """Pass a question about the coverage of care outside the state on to the intent `rules`.

    Raises:
        Reroute: The question asks about such care; `rules` answers it.
    """
    covers = asks_cover(ask) or not {"plan_what", "plan_whether"}.isdisjoint(ask.asked.says)
    if (ask.member or covers) and "was" not in ask.asked.says and names_elsewhere(ask):
        priced = visit_kind(ask) == "emergency" and state_named(ask) and not covers
        raise Reroute(rules, workings="emergency_away" if priced else "away")


def names_care(ask: Ask) -> bool:
    """Return whether the question names some care, known to the pack or not."""
    told = {"service", "specialty", "facility_type", "provider_name"} & {*ask.slots, *ask.several}
    return bool(told or named_visit(ask) or ask.asked.care)


def care_scope(ask: Ask) -> str | None:
    """Return "dental" or "vision" if all care in question is of this kind, by its kind of care or else by the words.

    None for any other care.
    """
    above = [ask.care_kinds.above(kind) for kind in values_of(ask, "service")]
    by_kind = next((name for name in ("dental", "vision") if above and all(name in one for one in above)), None)
    return by_kind or (scope_of(ask) if not above and scope_of(ask) in {"dental", "vision"} else None)


_LONG = timedelta(days=730)
"""How far back claims for the care in question are read if this year has none."""


class Toward(msgspec.Struct, frozen=True):
    """The claims from `start` to `end` that counted toward the yearly amount `aspect`, with their parts, newest first.

    `looked` are all claims for the care or provider in question; if the period has none, those of the newest day
    before.
    """

    aspect: str
    wanted: ClaimFilter
    start: date
    end: date
    rows: tuple[tuple[Claim, Amount], ...]
    looked: tuple[Claim, ...] = ()

    @property
    def total(self) -> Amount | None:
        """The sum of the parts in `rows`; None if there are no claims."""
        return added(amount for _, amount in self.rows)

    @property
    def narrowed(self) -> bool:
        """Whether the question names a condition, such as a kind of care, a provider or an amount."""
        return any_time(self.wanted).narrows


async def went_toward(ask: Ask, coverages: Coverages, aspect: str) -> Toward:
    """Return the claims that counted toward the yearly amount `aspect` in the requested period or this plan year."""
    wanted = replace(filter_of(ask), aspect=None)
    timed = span_of(ask) != (None, None)
    start, end = time_of(ask) if timed else (counted_since(coverages), ask.today)
    claim_set = await period_claims(ask, start if timed else ask.today - _LONG, end, people=False)
    looked = wanted(counting(claim_set, coverages, (start, end)))
    found = Toward(aspect, wanted, start, end, tuple(claims_toward(looked, aspect)), looked)
    if found.narrowed and not looked and "date_range" not in ask.slots:
        earlier = wanted(counting(claim_set, coverages))
        newest = tuple(claim for claim in earlier if claim.service.day == earlier[0].service.day)
        found = replace(found, rows=tuple(claims_toward(newest, aspect)), looked=newest)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in found.looked])
    return found
