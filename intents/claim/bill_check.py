"""Compares a bill with its claim: whether the bill is equal to, higher or lower than the amount owed on the claim."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import kit

SHOWN = 5
RECENT_DAYS, _OLDER_DAYS = 365, 1095
_IN_VERDICT = frozenset({"some_lines", "may_add", "sum_of_parts", "written_off"})
_SAME = frozenset({"equal", "paid_before"})
_NUMBER = re.compile(
    r"\b(?:for|of|at|is|was|says?|said|asks?|wants?|charged?|charging|me|bill|por|de|es|son|dice|piden?|cobr\w+|factura)"
    r" (\d{2,4}(?:\.\d\d)?|\d,\d{3}(?:\.\d\d)?)"
    r"(?=[?!;:)]|[.,](?!\d)|$| (?:for|from|in|on|at|and|but|to|de|del|en|por|y|pero)\b)",
    re.IGNORECASE,
)
"""A number that is an amount by the words around it: no account, room or count."""
Verdict = Literal["equal", "paid_before", "higher", "lower", "at_least", "not_told", "other_currency"]
Found = Literal["fits", "same_amount", "own", "other_day", "other_provider", "recent"]


class Comparison(msgspec.Struct, frozen=True):
    """One claim compared with the bill.

    Attributes:
        verdict: The result. "paid_before": the bill is the whole amount owed although a part is reported as paid.
            "at_least": the amount owed is a minimum, so that a higher bill proves nothing.
        left: The amount owed minus what the plan reports as paid.
        difference: The bill minus `left`.
        full_price: True if the bill is the provider's charge before the plan's price.
        doubts: Further caveats of the claim's amounts.
    """

    claim: kit.Claim
    verdict: Verdict
    left: kit.Amount | None = None
    difference: kit.Amount | None = None
    full_price: bool = False
    doubts: tuple[kit.Doubt, ...] = ()


class BillCheck(kit.OfClaims, frozen=True):
    """The result of the comparison of a bill with the claims.

    Attributes:
        amount: The amount of the bill; None if the reply has to ask for it.
        own: The amount that the person expects to owe, if the message states it besides the bill's amount.
        known: The only claim for a bill without an amount.
        match: The only claim that matches.
        choices: Several claims that may match.
        found: How the claims were found.
        more: True if there are further claims.
        together: The sum of several claims of one day.
        shielded: True if the match has a sensitivity label and was not requested by a button.
        sure: True if the message states the claim's number or day, or that the bill is for the last visit.
        looked: True if claims were searched for a bill without an amount.
        besides: True if the question is whether the amount comes on top of another one, replaces it or is not all.
        alike: Claims of one day and provider with the same price or care, if the question is whether a bill came twice.
        older: The newest such claim, if there is none of the last months; `prevention`: for whom the care is free.
        compared: The number of claims among which `alike` were searched; 0 for another question.
        of_day: The only claim among them, and then the others of its day.
        inner: Where the amount is inside a claim, if no claim's share is that amount.
    """

    amount: kit.Amount | None = None
    own: kit.Amount | None = None
    known: kit.Claim | None = None
    match: Comparison | None = None
    choices: tuple[Comparison, ...] = ()
    found: Found = "fits"
    more: bool = False
    together: kit.Amount | None = None
    shielded: bool = False
    sure: bool = True
    looked: bool = False
    besides: bool = False
    alike: tuple[kit.Claim, ...] = ()
    compared: int = 0
    of_day: tuple[kit.Claim, ...] = ()
    inner: kit.Inner | None = None
    older: kit.Claim | None = None
    prevention: kit.Prevention | None = None

    @property
    def same(self) -> int:
        """The number of choices with the bill's amount, which come first."""
        return sum(1 for one in self.choices if one.verdict in _SAME)


async def answer(ask: kit.Ask) -> BillCheck:
    """Compare the bill with the claim of a button, or the claims found by number, provider and day, or amount.

    Raises:
        Reroute: No claim has the amount, and the bill is described only by a kind of visit; the intent for future
            care answers with the plan's copay.
    """
    if _bare_amount(ask) is None:
        kit.hand_over_asked(ask, right="claim.why")
    if kit.asks_always(ask):
        raise kit.Reroute("claim.list")
    ask, amount = _of_hospital(ask), _amount(ask) or _bare_amount(ask)
    claim_id = ask.arguments.get("id")
    if ("doubled" in ask.asked.says or kit.asked_of_one(ask.said) == "twice") and not claim_id:
        return await _doubled(ask)
    if amount is None:
        return await _without_amount(ask, claim_id)
    if claim_id:
        claim = await kit.claim_by_id(ask, claim_id)
        ask.cite("ExplanationOfBenefit", [claim.id])
        pressed = replace(summarize([claim], amount, ask), shielded=False, sure=True)
        ask.report.steps += steps_of(pressed)
        return pressed
    claims, found, around = await _candidates(ask, amount)
    inner = kit.inner_amount(claims if found == "fits" else around.claims if around else (), amount)
    if inner and (inner.aspect != "paid_by_patient" or found != "fits"):  # a part that is paid is left off the bill
        ask.cite("ExplanationOfBenefit", [inner.claim.id])
        return replace(_base(ask), amount=amount, inner=inner)
    bare = not ({"provider_name", "claim_id", "date_range"} & ask.slots.keys())
    if found == "recent" and bare and kit.visit_kind(ask) and not (claims and kit.filter_of(ask).claim_types):
        raise kit.Reroute  # "they want $80 for a specialist": the plan's copay says more than other claims
    summary = summarize(claims, amount, ask, found, around)
    ask.cite("ExplanationOfBenefit", [one.claim.id for one in (summary.match, *summary.choices) if one])
    ask.report.steps += steps_of(summary)
    return summary


async def _doubled(ask: kit.Ask) -> BillCheck:
    """Return the claims that look like one bill sent twice: one day, one provider, and the same price or care."""
    found = await kit.period_claims(ask, *kit.span_of(ask))
    ask = kit.by_name(ask, found.every)
    rows = [claim for claim in found.claims if not claim.sensitive]
    claims = kit.choose(rows, kit.filter_of(ask)).claims
    by_day: dict[tuple[str, str], list[kit.Claim]] = {}
    for claim in claims:
        if claim.service.day and (claim.seen or claim.billing):
            by_day.setdefault((str(claim.service.day), claim.seen or claim.billing or ""), []).append(claim)
    pairs = (pair for some in by_day.values() for pair in combinations(some, 2))
    alike = {claim.id: claim for one, other in pairs if _is_alike(one, other) for claim in (one, other)}
    days = {claim.service.day for claim in claims} if len(claims) == 1 else set()
    beside = [claim for claim in rows if claim.service.day in days and claim not in claims]
    ask.cite("ExplanationOfBenefit", [*alike, *(claim.id for claim in (*claims, *beside) if days)])
    of_day = (*claims, *beside) if days else ()
    return replace(_base(ask), alike=tuple(alike.values()), compared=len(claims), of_day=of_day)


def _of_hospital(ask: kit.Ask) -> kit.Ask:
    """Return the question with "the hospital" as a condition on the claims."""
    hospital = kit.visit_kind(ask) == "inpthosp" and not {"service", "provider_name", "claim_id"} & ask.slots.keys()
    return replace(ask, slots={**ask.slots, "claim_type": "institutional"}) if hospital else ask


def _bare_amount(ask: kit.Ask) -> kit.Amount | None:
    """Return the amount without a sign of money, if there is one and no slot has it: "a bill for 1400 for April"."""
    words = " ".join(ask.words.values())
    free = [number for number in _NUMBER.findall(ask.said) if number not in words]
    return kit.Amount(Decimal(free[0].replace(",", ""))) if len(free) == 1 else None


def _is_alike(one: kit.Claim, other: kit.Claim) -> bool:
    same_price = one.billed is not None and one.billed == other.billed
    return same_price or not set(one.services).isdisjoint(other.services)


async def _without_amount(ask: kit.Ask, claim_id: str | None) -> BillCheck:
    """Return the claims that a bill without an amount may be for; none if the message does not describe the bill."""
    claims: Sequence[kit.Claim] = ()
    if claim_id:
        claims = [await kit.claim_by_id(ask, claim_id)]
    elif {"claim_id", "claim_type", "date_range", "provider_name", "service"} & ask.slots.keys() or _is_last(ask):
        claims, _, _ = await _candidates(ask, None)
        since = None if {"claim_id", "date_range"} & ask.slots.keys() else ask.today - timedelta(days=RECENT_DAYS)
        older = claims
        claims = [claim for claim in claims if claim.service.overlaps(since, None)]
        if not claims and older and not older[0].sensitive:
            ask.cite("ExplanationOfBenefit", [older[0].id])
            return replace(_base(ask), looked=True, older=older[0], prevention=kit.prevention_of(ask))
    else:
        return BillCheck()
    ask.cite("ExplanationOfBenefit", [claim.id for claim in claims])
    if len(claims) == 1 and (claim_id or not claims[0].sensitive):
        return BillCheck(known=claims[0])
    choices = tuple(Comparison(claim, "not_told") for claim in claims[:SHOWN])
    together = _together(claims, [claim.owed.amount for claim in claims])
    return replace(_base(ask), looked=True, choices=choices, more=len(claims) > SHOWN, together=together)


def summarize(
    claims: Sequence[kit.Claim],
    amount: kit.Amount,
    ask: kit.Ask,
    found: Found = "fits",
    around: kit.ClaimSet | None = None,
) -> BillCheck:
    """Return the comparison with the only claim that matches or has the bill's amount, or else several choices."""
    about = [left for claim in claims if "roughly" in ask.asked.says and _is_about(left := _left(claim), amount)]
    amount = about[0] if len(about) == 1 and about[0] else amount
    base, wanted = replace(_base(ask), amount=amount, found=found), kit.filter_of(ask)
    compared = sorted((compare(claim, amount, around) for claim in claims), key=lambda one: one.verdict not in _SAME)
    same = [one for one in compared if one.verdict in _SAME]
    nobody = any(map(ask.everyday, kit.words_of(wanted.provider))) and amount.value % 1  # "a little panicky" is no name
    named = found == "fits" or (found == "same_amount" and (bool(nobody) or not wanted.provider))
    if len(only := same if named and same else compared) == 1 and named:
        sure = found == "fits" and (bool(wanted.number or wanted.start or wanted.end) or _is_last(ask))
        return replace(base, match=only[0], shielded=only[0].claim.sensitive, sure=sure)
    return replace(
        base,
        choices=tuple(compared[:SHOWN]),
        more=len(claims) > SHOWN,
        together=_together(claims, [_left(claim) for claim in claims]) if found == "fits" else None,
    )


def _base(ask: kit.Ask) -> BillCheck:
    """Return a result with only what the message says about the bill, without the bill's amount."""
    return BillCheck(
        own=_amount(ask, "amount_own"),
        wanted=kit.filter_of(ask),
        besides="on_top_of" in ask.asked.says or {"dearer", "than"} <= ask.asked.says.keys(),
    )


def compare(claim: kit.Claim, amount: kit.Amount, around: kit.ClaimSet | None = None) -> Comparison:
    """Compare a bill of `amount` with the amount of the claim that is owed and not yet paid.

    The difference is None if the claim states no amount, or one in another currency.
    """
    owed, paid = claim.owed.amount, claim.paid_by_patient
    doubts = tuple(doubt for doubt in kit.doubts_of(claim, around) if doubt.what not in _IN_VERDICT)
    if owed is None:
        return Comparison(claim, "not_told", full_price=_is(claim.billed, amount), doubts=doubts)
    if owed.currency != amount.currency or (paid and paid.currency != owed.currency):
        return Comparison(claim, "other_currency")
    left = _left(claim) or owed
    difference = kit.Amount(amount.cents - left.cents, amount.currency)
    full = claim.billed is not None and kit.is_close(claim.billed.value, amount.value)
    return Comparison(claim, _verdict(claim, amount, difference), left, difference, full, doubts)


def _left(claim: kit.Claim) -> kit.Amount | None:
    """Return the amount owed minus what the plan reports as paid by the patient; None if no amount owed is stated."""
    return kit.difference(claim.owed.amount, claim.paid_by_patient) or claim.owed.amount


def steps_of(check: BillCheck) -> tuple[kit.Step, ...]:
    """Return the steps that calculate the amount left and its difference from the bill; () if no claim is shown."""
    match = check.match
    if match is None or check.shielded or not (match.left and match.difference and check.amount):
        return ()
    owed, paid = match.claim.owed.amount, match.claim.paid_by_patient
    left = (kit.Term("owed", owed), kit.Term("paid", paid, minus=True)) if owed and paid else ()
    bill = (kit.Term("bill", check.amount), kit.Term("left" if left else "owed", match.left, minus=True))
    first = (kit.Step("left", match.left, left),) if left else ()
    return (*first, kit.Step("difference", match.difference, bill))


def _verdict(claim: kit.Claim, amount: kit.Amount, difference: kit.Amount) -> Verdict:
    if not difference.value:
        return "equal"
    if _is(claim.owed.amount, amount):
        return "paid_before"
    if difference.value < 0:
        return "lower"
    return "at_least" if claim.owed.is_minimum else "higher"


def _is(one: kit.Amount | None, other: kit.Amount) -> bool:
    return one is not None and one.currency == other.currency and one.cents == other.cents


async def _candidates(
    ask: kit.Ask, amount: kit.Amount | None
) -> tuple[Sequence[kit.Claim], Found, kit.ClaimSet | None]:
    """Return the claims that the bill may be for, how they match (`Found`), and all claims that were read.

    A claim number or "my last visit" decides alone. Otherwise the claims match the named provider and day; if none
    does, only one of these, or else the amount, a similar amount, or nothing: then they are the newest.
    """
    if kit.text_of(ask, "claim_id"):
        numbered, around = await kit.claims_numbered(ask)
        return [claim for claim in numbered if claim in around.claims], "fits", around
    start, long_since = kit.span_of(ask)[0], ask.today - timedelta(days=_OLDER_DAYS)
    around = await kit.newest_claims(ask, *kit.days_around(min(start or long_since, long_since), None), page_size=100)
    by_name = kit.by_name(ask, around.every)
    if "provider_name" in by_name.slots or "provider_name" not in ask.slots:  # else no claim has the name of the bill
        ask = by_name
    wanted = replace(kit.filter_of(ask), exact=None, limits=None)  # the bill may have another amount
    bare, claims = kit.any_time(wanted), kit.choose(around.claims, wanted).claims
    named, timed = bool(wanted.providers), bool(wanted.start or wanted.end)
    if _is_last(ask):
        days = kit.visits(replace(around, claims=claims), ask.today)
        return [claim for day in days[:1] for claim in day.claims], "fits", around
    if amount is None or (claims and (named or timed)):
        shares = amount is not None and any(_is_about(claim.owed.amount, amount) for claim in claims)
        return claims if shares else _near(claims, amount) or claims, "fits", around
    if named and timed:
        others = kit.choose(around.claims, replace(wanted, providers=())).claims
        return others or kit.choose(around.claims, bare).claims, "other_provider" if others else "other_day", around
    every = kit.choose(around.claims, replace(bare, providers=()) if named or timed else bare).claims
    rows, found = _by_amount(ask, every, amount)
    if found == "recent" and len(rows) == 1 and (bare.services or bare.claim_types):
        billed = _near(around.claims, amount) if amount.value % 1 else ()  # a letter may call the visit otherwise
        return (billed, "same_amount", around) if billed else (rows, "fits", around)
    return ((), "fits", around) if (named or timed) and found != "same_amount" else (rows, found, around)


def _by_amount(ask: kit.Ask, every: Sequence[kit.Claim], amount: kit.Amount) -> tuple[Sequence[kit.Claim], Found]:
    """Return the claims with the amount, else those with the share that the person expects, else the newest ones.

    Also return which of these they are.
    """
    since, own = ask.today - timedelta(days=RECENT_DAYS), _amount(ask, "amount_own")
    recent = [claim for claim in every if claim.service.overlaps(since, None)]
    same = next(
        filter(None, ([c for c in rows if compare(c, amount).verdict in _SAME] for rows in (recent, every))), []
    )
    near = [claim for claim in recent if own and _is_about(claim.owed.amount, own)]
    if near and not same:
        return near, "own"
    found = same or _near(recent, amount)
    return (found, "same_amount") if found else (recent[:SHOWN], "recent")


def _is_last(ask: kit.Ask) -> bool:
    """Return whether the message says that the bill is for the last visit."""
    return kit.text_of(ask, "question") == "last" and not kit.service_dates(ask)


def _near(claims: Sequence[kit.Claim], amount: kit.Amount | None) -> Sequence[kit.Claim]:
    """Return the claims with another amount than the share that is the bill's; rounded if the bill has no cents."""
    cents = amount is not None and amount.value != amount.value.to_integral_value()
    others = tuple(claim for claim in claims if amount and not _is_about(claim.owed.amount, amount))
    return kit.Exact((amount.value,), cents).fitting(others, None) if amount else ()


def _is_about(share: kit.Amount | None, own: kit.Amount) -> bool:
    """Return whether the share is the amount that the person expects, rounded if that has no cents."""
    return share is not None and kit.is_close(share.value, own.value)


def _amount(ask: kit.Ask, slot: str = "amount") -> kit.Amount | None:
    """Return the positive amount in a slot in US dollars; None if the slot has none."""
    value = kit.dollars(kit.text_of(ask, slot))
    return kit.Amount(value) if value is not None and value > 0 else None


def _together(claims: Sequence[kit.Claim], amounts: Sequence[kit.Amount | None]) -> kit.Amount | None:
    """Return the sum of the amounts of two to five claims of one day; None for other claims or a missing amount."""
    days = {str(claim.service.day) for claim in claims}
    several = 1 < len(claims) <= SHOWN and len(days) == 1 and all(claim.service.day for claim in claims)
    return kit.added(amounts) if several and None not in amounts else None
