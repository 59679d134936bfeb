"""Claims as a hostile payer could send them: every answer that shows or adds one says the doubt, in both languages."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.pack import template_of
from tests.answers.asking import PAYER, Resource, answered, concept, pack
from tests.answers.made import CARIN, claim, coverage, named, usd
from tests.parity import difference

DAY = "2026-04-20"
SHOWN = ("claim.last_visit_cost", "claim.list", "claim.status", "claim.why", "claim.payer", "claim.bill_check")
ADDED = ("claim.spending", "claim.owed", "claim.compare")
PHARMACY = {"type": concept("pharmacy", "http://terminology.hl7.org/CodeSystem/claim-type")}
SLOTS: Mapping[str, Mapping[str, object]] = {
    "claim.bill_check": {"amount": "24", "date_range": {"start": DAY, "end": DAY}}
}


def total(name: str, value: float, currency: str = "USD") -> Resource:
    """One total."""
    return {"category": concept(name, CARIN), "amount": {"value": value, "currency": currency}}


def totals(**amounts: float) -> list[Resource]:
    """Totals by category."""
    return [total(name, value) for name, value in amounts.items()]


def line(*amounts: Resource, number: int = 1) -> Resource:
    """A line of an office visit."""
    service = concept("99213", "http://www.ama-assn.org/go/cpt")
    return {"sequence": number, "servicedDate": DAY, "productOrService": service, "adjudication": list(amounts)}


def visit(key: str = "a", day: str = DAY, /, **elements: Any) -> Resource:
    """A visit of which every figure agrees, but for what is given."""
    parts = {"submitted": 200.0, "eligible": 120.0, "benefit": 96.0, "coinsurance": 24.0, "memberliability": 24.0}
    return claim(key, day, parts, **elements)


def numbered(value: str) -> dict[str, object]:
    """A claim number of the payer's."""
    return {"identifier": [{"type": concept("uc"), "system": "https://payer.example/claims", "value": value}]}


def under(key: str) -> dict[str, object]:
    """The plan that decided."""
    return {"insurance": [{"focal": True, "coverage": {"reference": f"Coverage/{key}"}}]}


TWIN = (visit("a", **numbered("N1")), visit("b", **numbered("N1"), total=totals(submitted=200, memberliability=30)))
PLANS = (coverage("c1"), coverage("c2", **{"class": [named("plan", "2", "Second HMO")]}))
SECOND = totals(submitted=200, eligible=120, priorpayerpaid=96, benefit=14, memberliability=10)
RIVALS = {"total": [*totals(submitted=200, memberliability=24), total("memberliability", 40)]}
NO_APPROVAL = {"category": concept("denialreason"), "reason": concept("197")}
REFUSED = [
    line(total("submitted", 100), total("eligible", 60), total("benefit", 50), total("memberliability", 10)),
    line(total("submitted", 500), total("noncovered", 500), total("memberliability", 500), NO_APPROVAL, number=2),
]

CASES: Mapping[str, tuple[tuple[Resource, ...], tuple[str, ...], str]] = {
    "a draft, shown": ((visit(status="draft"),), SHOWN, "draft"),
    "a draft, added": ((visit(status="draft"),), ADDED, "final yet"),
    "unfinished, shown": ((visit(outcome="partial"),), SHOWN, "finished|not final yet|not decided yet"),
    "unfinished, added": ((visit(outcome="queued"),), ADDED, "final yet"),
    "an error in handling, shown": ((visit(outcome="error"),), SHOWN, "error"),
    "an error in handling, added": ((visit(outcome="error"),), ADDED, "final yet"),
    "two shares, shown": ((visit(**RIVALS),), SHOWN, r"40\.00|stated twice"),
    "two shares, added": ((visit(**RIVALS),), ADDED, "states? your share twice"),
    "a number twice, added": (TWIN, ADDED, "share their number with another one"),
    "a number twice, shown": (TWIN, ("claim.last_visit_cost", "claim.list", "claim.status"), "same number"),
    "two plans, added": (
        (*PLANS, visit("a", **under("c1")), visit("b", **under("c2"), total=SECOND)),
        ("claim.spending", "claim.owed"),
        r"\$10\.00[\s\S]*another of your plans decided on the same visit",
    ),
    "a refused line, shown": ((visit(total=[], item=REFUSED),), SHOWN, "1 of its 2 lines|only in part|in part"),
    "a refused line, added": ((visit(total=[], item=REFUSED),), ADDED, "Your plan refused 1 of these claims"),
    "a reversal of something else": (
        (visit("a"), visit("b", total=totals(submitted=-100, benefit=-48, memberliability=-12))),
        ("claim.spending", "claim.owed"),
        "takes another one back, and I can't tell which",
    ),
    "no day": (
        ({**visit(), "item": []},),
        ("claim.spending", "claim.owed", "claim.visits"),
        "without a date|gives no day",
    ),
    "only another currency": (
        (visit(total=[total("submitted", 200, "EUR"), total("memberliability", 24, "EUR")]),),
        ("claim.last_visit_cost", "claim.list", "claim.spending", "claim.owed"),
        "EUR",
    ),
    "two currencies": (
        (visit("a"), visit("b", "2026-03-01", total=[total("memberliability", 50, "EUR")])),
        ("claim.spending", "claim.owed"),
        "more than one currency",
    ),
    "two currencies and a draft": (
        (visit("a", status="draft"), visit("b", "2026-03-01", total=[total("memberliability", 50, "EUR")])),
        ("claim.spending", "claim.owed"),
        "more than one currency[\\s\\S]*final yet",
    ),
    "a payment and no share": (
        (visit(total=[], payment={"amount": usd(700)}),),
        ("claim.spending", "claim.last_visit_cost", "claim.payer"),
        r"700\.00",
    ),
    "paid more than the share": (
        (visit(total=totals(submitted=200, memberliability=24, paidbypatient=50)),),
        ("claim.owed", "claim.last_visit_cost"),
        r"26\.00",
    ),
    "a fill that is a draft": ((visit(status="draft", **PHARMACY),), ("claim.pharmacy",), "final yet[\\s\\S]*a draft"),
    "a denied claim in detail": (
        (visit(total=totals(submitted=500, noncovered=500), payment={"type": concept("denied")}),),
        ("claim.detail",),
        "Your plan didn't pay for this claim",
    ),
}
_ASKED = [(name, intent) for name, (_, intents, _) in CASES.items() for intent in intents]


@pytest.mark.parametrize(("name", "intent"), _ASKED)
async def test_the_doubt_is_said_wherever_the_claim_is(name: str, intent: str) -> None:
    """One place decides what is said of a claim, and one of a sum; each answer has it."""
    resources, _, words = CASES[name]
    said = await answered(intent, *resources, slots=SLOTS.get(intent))
    assert re.search(words, said.text), said.text
    values = {"answer": said.summary, "payer": PAYER, "private": True}
    assert (
        difference(template_of(intent), lambda language: pack().render(template_of(intent), values, language)) is None
    )


async def test_two_plans_fill_is_added_once() -> None:
    """Truth 14 holds at the pharmacy too."""
    second = totals(submitted=200, eligible=120, priorpayerpaid=96, benefit=14, memberliability=10)
    rows = (visit("a", **PHARMACY, **under("c1")), visit("b", **PHARMACY, **under("c2"), total=second))
    said = await answered("claim.pharmacy", *PLANS, *rows)
    assert "$10.00 is your share of 1 fill" in said.text
    assert "another of your plans decided on the same visit" in said.text


async def test_the_nights_of_a_stay_without_an_end_are_not_zero() -> None:
    """What is not told is not nothing."""
    stay = {"type": concept("institutional", "http://terminology.hl7.org/CodeSystem/claim-type")}
    kind = {"subType": concept("inpatient"), "billablePeriod": {"start": DAY}}
    said = await answered("claim.visits", {**visit(**stay, **kind), "item": []})
    assert "I can't count the nights in the hospital" in said.text
    ended = {**visit(**stay, **kind), "item": [], "billablePeriod": {"start": DAY, "end": "2026-04-23"}}
    assert "3 nights in the hospital" in (await answered("claim.visits", ended)).text
