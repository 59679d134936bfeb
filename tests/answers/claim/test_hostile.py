"""Claims as a hostile payer could send them: every answer that shows or adds one says the doubt, in both languages."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.answers.asking import Resource, answered, concept
from tests.answers.made import CARIN, claim, coverage, named, usd

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


@pytest.mark.fault("F46")
@pytest.mark.threat("T45")
@pytest.mark.parametrize(
    "text",
    ["<!channel> *x* {{7*7}} <script>", "[Pay](https://evil.example) | a | b |", "NUL\x00 here", "half \ud800 pair"],
)
async def test_text_of_the_payer_is_only_text(text: str) -> None:
    """Markup, braces, links, NUL and half surrogates print literally or not at all (F46)."""
    note = [{"number": 1, "text": text}]
    refused = claim("a", "2026-04-02", {"memberliability": 40}, processNote=note, payment={"type": concept("denied")})
    said = await answered("claim.denial", refused)
    assert "49" not in said.text
    assert not [mark for mark in ("\x00", "\ud800") if mark in said.text]
    assert "evil.example" not in str([getattr(block, "buttons", ()) for block in said.blocks])


@pytest.mark.fault("F46")
async def test_a_note_of_fifty_thousand_characters_is_cut() -> None:
    """What is shown of it ends with an ellipsis (F46)."""
    note = [{"number": 1, "text": "long " * 10_000}]
    refused = claim("a", "2026-04-02", {"memberliability": 40}, processNote=note, payment={"type": concept("denied")})
    said = (await answered("claim.denial", refused)).text
    assert len(said) < 2_000
    assert "…" in said
