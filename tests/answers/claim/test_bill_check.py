"""A bill beside its claim: every verdict in the words that the person sees, and never a guess."""

import pytest

from tests.answers.asking import Resource, answered, concept
from tests.answers.claim.shapes import WHO, asks, figures, lines_of, numbered
from tests.answers.made import PART_2, claim, paid_as

DAY = {"date_range": {"start": "2026-05-11", "end": "2026-05-11"}}
VISIT = "your visit on May 11, 2026 with Grace Okafor, MD"
COMPARED = "I go by your plan's claim; it may not show everything you've paid."


def _visit(key: str = "a", day: str = "2026-05-11", **parts: float) -> Resource:
    return claim(key, day, parts, **WHO)


async def _check(amount: str, *claims: Resource, **slots: object) -> list[str]:
    said = await answered("claim.bill_check", *claims, slots={"amount": amount, **(slots or DAY)})
    return lines_of(said)


@pytest.mark.parametrize(
    ("amount", "parts", "words"),
    [
        (
            "54.87",
            {"memberliability": 54.87},
            [f"Yes, the same. Your bill asks for $54.87, and that is your share of {VISIT}."],
        ),
        (
            "34.87",
            {"memberliability": 54.87, "paidbypatient": 20},
            [
                (
                    f"Yes, the same. Your bill asks for $34.87, and that is your share of {VISIT}, "
                    "after the $20.00 that is reported as paid already."
                )
            ],
        ),
        (
            "54.87",
            {"memberliability": 54.87, "paidbypatient": 20},
            [
                (
                    f"$20.00 of it looks paid already. Your bill of $54.87 is your whole share for {VISIT}, "
                    "and your plan reports $20.00 of that as paid. What is left: $34.87."
                ),
                "Don't pay the full bill yet. Ask the office whether it counts what you paid.",
            ],
        ),
        (
            "100",
            {"memberliability": 54.87},
            [
                f"Your bill is $45.13 higher. It asks for $100.00; your plan puts your share at $54.87 for {VISIT}.",
                (
                    "Don't pay it yet. Call the office's billing department and ask about the difference, "
                    "or call (800) 555-0100 to ask your plan."
                ),
            ],
        ),
        (
            "885.07",
            {"memberliability": 54.87, "submitted": 885.07},
            [
                f"Your bill is $830.20 higher. It asks for $885.07; your plan puts your share at $54.87 for {VISIT}.",
                (
                    "Don't pay it yet. Call the office's billing department and ask about the difference, "
                    "or call (800) 555-0100 to ask your plan."
                ),
                (
                    "Your bill is the full price, before your plan's price and payment. "
                    "Ask the office to bill you for your share."
                ),
            ],
        ),
        (
            "30",
            {"memberliability": 54.87},
            [
                f"Your bill is $24.87 lower. It asks for $30.00; your plan puts your share at $54.87 for {VISIT}.",
                "You may have paid a part at the visit, or another bill may follow. Ask the office which it is.",
            ],
        ),
        (
            "30",
            {"submitted": 200},
            [
                f"I can't compare them: your plan didn't report your share of {VISIT}.",
                "Don't pay it yet. Call (800) 555-0100 and ask for that amount.",
            ],
        ),
        (
            "0.01",
            {"memberliability": 0.01},
            [f"Yes, the same. Your bill asks for $0.01, and that is your share of {VISIT}."],
        ),
    ],
)
async def test_the_verdict(amount: str, parts: dict[str, float], words: list[str]) -> None:
    """The verdict first, then both numbers, then what to do."""
    assert await _check(amount, claim("a", "2026-05-11", parts, **WHO)) == [*words, COMPARED]


async def test_without_an_amount_it_asks_for_it_in_words() -> None:
    """Nothing is read before the amount is known."""
    for slots in ({}, {"amount": "-5"}, {"amount": "NaN"}, {"amount": "0"}):
        said = await answered("claim.bill_check", _visit(memberliability=5), slots=slots)
        assert "What does it ask for, from whom, and for which day?" in said.text
        assert said.shelf.queries == []


async def test_several_claims_of_the_day_are_choices_with_their_sum() -> None:
    """One visit can make several bills: the bot doesn't choose."""
    claims = [
        _visit("a", memberliability=40),
        claim("b", "2026-05-11", {"memberliability": 60}, provider={"display": "Erlanger"}),
    ]
    said = await answered("claim.bill_check", *claims, slots={"amount": "100", **DAY})
    assert lines_of(said)[:4] == [
        "Which of these is your bill of $100.00 for?",
        "1. Visit on May 11, 2026 with Grace Okafor, MD · $40.00 · your bill is $60.00 higher [This one]",
        "2. Visit on May 11, 2026 with Erlanger · $60.00 · your bill is $40.00 higher [This one]",
        "Together they come to $100.00. One visit can make several claims and several bills.",
    ]
    chosen = await answered(
        "claim.bill_check", *claims, slots={"amount": "100", **DAY}, id=asks(said, "This one")["id"]
    )
    assert chosen.text.startswith("Your bill is $60.00 higher.")


async def test_a_claim_that_is_not_there_yet() -> None:
    """Claims appear only after the plan has decided: not found is not "you don't owe it"."""
    assert await _check("100", provider_name="Okafor", **DAY) == [
        "I found no claim of yours with Okafor on May 11, 2026 to compare your bill of $100.00 with.",
        (
            "A claim appears about a day after your plan has decided on it. Don't pay yet: ask the office whether they "
            "sent the claim to your plan, or call (800) 555-0100."
        ),
    ]


async def test_another_day_of_the_same_provider_is_only_offered() -> None:
    """The day that was said has no claim; the others are choices, also when there is only one."""
    lines = await _check("54.87", _visit(day="2026-04-02", memberliability=54.87), provider_name="Okafor", **DAY)
    assert lines[0].startswith("I see no claim with Okafor for that day. It may not be here yet")
    assert lines[1] == "1. Visit on April 2, 2026 with Grace Okafor, MD · $54.87 · the same as your bill [This one]"


async def test_another_name_on_the_same_day_is_only_offered() -> None:
    """Laboratories and radiologists bill under names that nobody saw."""
    lines = await _check("54.87", _visit(memberliability=54.87), provider_name="Quest", **DAY)
    assert lines[0].startswith("I see no claim with Quest for that day, but these.")


async def test_only_an_amount_never_picks_a_claim() -> None:
    """A claim of just that amount is asked about; without one the newest are shown to choose from."""
    claims = (_visit(memberliability=54.87), _visit("b", "2026-04-02", memberliability=10))
    same = await answered("claim.bill_check", *claims, slots={"amount": "54.87"})
    assert same.text.startswith("1 claim of the last 12 months comes to $54.87. Is it what your bill is for?")
    none = await answered("claim.bill_check", *claims, slots={"amount": "55"})
    assert none.text.startswith("I see no claims of $55.00 in the last 12 months.")
    assert "higher" not in none.text


@pytest.mark.parametrize("gone", [{"status": "cancelled"}, {"use": "preauthorization"}, {"status": "entered-in-error"}])
async def test_what_does_not_count_is_never_compared(gone: dict[str, str]) -> None:
    """A bill is compared only with claims that stand."""
    lines = await _check("54.87", claim("a", "2026-05-11", {"memberliability": 54.87}, **WHO, **gone))
    assert lines[0].startswith("I found no claim of yours")


async def test_by_the_number_on_the_bill() -> None:
    """The claim number beats every other word."""
    claims = [
        _visit("a", memberliability=1),
        claim("b", "2026-04-02", {"memberliability": 9}, **WHO, **numbered("26-77")),
    ]
    assert (await _check("9", *claims, claim_id="2677"))[0].startswith("Yes, the same. Your bill asks for $9.00")


async def test_another_currency_and_half_told_lines_are_no_verdict() -> None:
    """What cannot be compared is said, with what is known."""
    euro = [{"category": concept("memberliability"), "amount": {"value": 3, "currency": "EUR"}}]
    lines = await _check("3", claim("a", "2026-05-11", {}, total=euro, **WHO))
    assert "is in another currency (3.00 EUR)" in lines[0]
    money = {"category": concept("memberliability"), "amount": {"value": 10, "currency": "USD"}}
    items = [{"servicedDate": "2026-05-11", "adjudication": [money]}, {"servicedDate": "2026-05-11"}]
    lines = await _check("30", claim("a", "2026-05-11", {}, total=[], item=items, **WHO))
    assert lines[0].startswith("I can't say. Your bill asks for $30.00, and only 1 of 2 lines")


async def test_a_marked_claim_waits_for_its_button() -> None:
    """The claim that fits is not described until it is asked for, and then with the statement of the law."""
    marked = claim("a", "2026-05-11", {"memberliability": 54.87}, meta=PART_2, **WHO)
    said = await answered("claim.bill_check", marked, slots={"amount": "60", **DAY})
    assert "Okafor" not in said.text
    assert "$" not in said.text
    shown = await answered(
        "claim.bill_check", marked, slots={"amount": "60", **DAY}, id=asks(said, "Compare it here")["id"]
    )
    assert shown.text.startswith("Your bill is $5.13 higher.")
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in shown.text


async def test_out_of_network_a_higher_bill_may_be_allowed() -> None:
    """The bot doesn't call such a bill wrong."""
    out = claim("a", "2026-05-11", {"memberliability": 50}, adjudication=[paid_as("outofnetwork")], **WHO)
    assert "It was paid as out of network, where an office may be allowed to bill more." in "\n".join(
        await _check("60", out)
    )


@pytest.mark.parametrize("amount", ["54.87", "34.87", "60", "10", "885.07"])
async def test_spanish_shows_the_same_figures(amount: str) -> None:
    """Every amount of the English reply stands in the Spanish one, in the same order."""
    made = _visit(memberliability=54.87, paidbypatient=20, submitted=885.07)
    slots = {"amount": amount, **DAY}
    english = await answered("claim.bill_check", made, slots=slots)
    spanish = await answered("claim.bill_check", made, slots=slots, language="es")
    assert figures(english) == figures(spanish) != []
