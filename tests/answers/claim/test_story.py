"""One claim in detail: its story, contract apart from payment, drugs and teeth; and states and refusals in words."""

import pytest

from tests.answers.asking import answered, concept
from tests.answers.claim.shapes import TYPE, WHO, figures, fill, lines_of, numbered
from tests.answers.made import PART_2, claim, paid_as


@pytest.mark.parametrize(
    ("then", "now", "end"),
    [
        ({"memberliability": 100}, {"memberliability": 60}, "; your share is $40.00 less."),
        ({"memberliability": 60}, {"memberliability": 100}, "; your share is $40.00 more."),
        ({"memberliability": 60}, {"memberliability": 60}, "; your share is the same."),
        ({"submitted": 60}, {"memberliability": 60}, "."),
        ({"memberliability": 60}, {"submitted": 60}, "."),
    ],
)
async def test_an_adjusted_claim_tells_its_story(then: dict[str, float], now: dict[str, float], end: str) -> None:
    """What it replaces, and the difference only where both amounts are known."""
    old = claim("a", "2026-04-02", then, **WHO, **numbered("N-1"))
    new = claim("b", "2026-04-02", now, **WHO, **numbered("N-2", "N-1"))
    said = await answered("claim.detail", old, new, id="b")
    assert f"This replaces the claim of April 2, 2026 (number N-1){end}" in lines_of(said)
    spanish = await answered("claim.detail", old, new, id="b", language="es")
    assert figures(said) == figures(spanish)


async def test_the_story_is_left_out_when_the_earlier_claim_is_not_there() -> None:
    """A number alone is no story, and nobody is asked to believe it."""
    said = await answered(
        "claim.detail", claim("b", "2026-04-02", {"memberliability": 6}, **numbered("N-2", "N-1")), id="b"
    )
    assert "replaces" not in said.text


async def test_a_marked_earlier_claim_stays_behind_its_mark() -> None:
    """The story of an open claim tells nothing of a labelled one."""
    old = claim("a", "2026-04-01", {"memberliability": 9}, meta=PART_2, **numbered("N-1"))
    new = claim("b", "2026-04-02", {"memberliability": 6}, **numbered("N-2", "N-1"))
    said = await answered("claim.detail", old, new, id="b")
    assert "replaces" not in said.text


async def test_paid_as_and_the_contract_are_two_facts() -> None:
    """A claim may be paid as in network though the provider had no contract."""
    contract = {"category": concept("billingnetworkstatus"), "reason": concept("outofnetwork")}
    both = claim("a", "2026-04-02", {"memberliability": 9}, adjudication=[paid_as("innetwork"), contract])
    said = await answered("claim.detail", both, id="a")
    assert "Paid as: in network" in said.text
    assert "Under contract with your plan then: no" in said.text
    only = await answered("claim.detail", claim("a", "2026-04-02", {"memberliability": 9}), id="a")
    assert "contract with" not in only.text


async def test_a_fill_shows_its_drug_and_quantity() -> None:
    """The quantity of a drug is no multiplication sign; one without words shows its number as what it is."""
    said = await answered("claim.detail", fill("a", "2026-04-02", "metformin 500 mg", {"memberliability": 4}), id="a")
    assert "1. metformin 500 mg · quantity 30" in said.text
    bare = await answered("claim.detail", fill("a", "2026-04-02", None, {"memberliability": 4}), id="a")
    assert "1. drug number 00093104801 · quantity 30" in bare.text


async def test_a_dental_line_shows_its_tooth() -> None:
    """Which tooth it was is the member's first question."""
    item = {
        "sequence": 1,
        "servicedDate": "2026-04-02",
        "productOrService": {"text": "Filling"},
        "bodySite": concept("30"),
    }
    dental = claim("a", "2026-04-02", {"memberliability": 4}, type=concept("oral", TYPE), item=[item])
    said = await answered("claim.detail", dental, id="a")
    assert "1. Filling · tooth 30" in said.text


@pytest.mark.parametrize("intent", ["claim.detail", "claim.denial"])
async def test_a_marked_claim_is_described_only_by_button(intent: str) -> None:
    """Words that happen to fit a labelled claim are no wish to see it; its button is, with the statement of the law."""
    marked = claim("a", "2026-04-02", {"memberliability": 4}, meta=PART_2, payment={"type": concept("denied")}, **WHO)
    said = await answered(intent, marked)
    assert "Okafor" not in said.text
    assert "[Show it here]" in said.text
    shown = await answered(intent, marked, id="a")
    assert "Okafor" in shown.text
    assert "42 CFR part 2 prohibits" in shown.text


@pytest.mark.parametrize(
    ("status", "words", "palabras"),
    [
        (
            "denied",
            "Your plan didn't pay for your visit on April 2, 2026",
            "Su plan no pagó la visita del 2 de abril de 2026",
        ),
        (
            "partiallypaid",
            "Your plan didn't pay all of your visit on April 2, 2026",
            "Su plan no pagó toda la visita del 2 de abril de 2026",
        ),
    ],
)
async def test_what_the_plan_did_not_pay(status: str, words: str, palabras: str) -> None:
    """In whole or in part, in both languages."""
    why = {"category": concept("denialreason"), "reason": concept("96", text="Not covered")}
    refused = claim(
        "a", "2026-04-02", {"memberliability": 4}, payment={"type": concept(status)}, adjudication=[why], **WHO
    )
    english, spanish = await answered("claim.denial", refused), await answered("claim.denial", refused, language="es")
    assert english.text.startswith(words)
    assert spanish.text.startswith(palabras)
    assert figures(english) == figures(spanish)


async def test_a_denied_claim_has_no_day_of_payment() -> None:
    """Payers date the payment of nothing too; to the person that is the day of the decision."""
    payment = {"type": concept("denied"), "date": "2026-04-20", "amount": {"value": 0, "currency": "USD"}}
    refused = claim("a", "2026-04-02", {"memberliability": 4}, payment=payment, created="2026-04-18", **WHO)
    said = await answered("claim.status", refused)
    assert "Your plan didn't pay it · visit on April 2, 2026" in said.text
    assert "paid on" not in said.text
    settled = {**payment, "type": concept("paid"), "amount": {"value": 5, "currency": "USD"}}
    paid = claim("a", "2026-04-02", {"memberliability": 4}, payment=settled, **WHO)
    assert "Paid on April 20, 2026" in (await answered("claim.status", paid)).text


async def test_an_appeal_of_a_replaced_claim_says_so() -> None:
    """Its last day may not hold any more; beside the claim that counts, nothing is said."""
    old = claim("a", "2026-04-02", {"submitted": 60}, **WHO, **numbered("N-1"))
    new = claim("b", "2026-04-02", {"submitted": 60}, **WHO, **numbered("N-2", "N-1"))
    word = "A newer claim took its place"
    assert word in (await answered("appeal.status", old, new, id="a")).text
    assert word not in (await answered("appeal.status", old, new, id="b")).text
