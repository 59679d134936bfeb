"""Prescription fills: what was handed out, what each cost, and a sum that says what it leaves out."""

import pytest

from tests.answers.asking import answered, concept
from tests.answers.claim.shapes import figures, fill, lines_of
from tests.answers.made import PART_2, claim

FOOT = "These are the fills that your plan was asked to pay; what you bought without it doesn't show."


async def test_the_sum_first_then_each_fill() -> None:
    """The amount, then date, drug, quantity, pharmacy and amount of each fill, newest first."""
    said = await answered(
        "claim.pharmacy",
        fill("a", "2026-03-02", "metformin 500 mg", {"memberliability": 4, "paidbypatient": 4}),
        fill("b", "2026-04-02", "lisinopril 10 mg", {"memberliability": 6.5}),
        claim("c", "2026-04-03", {"memberliability": 999}),
    )
    assert lines_of(said) == [
        "$10.50 is your share of 2 fills from May 20, 2025 to May 20, 2026.",
        "Your plan's records show $4.00 of it as paid; the rest may be paid too.",
        "1. $6.50 · lisinopril 10 mg · quantity 30 · April 2, 2026 · Blue Heron Pharmacy [Details]",
        "2. $4.00 · metformin 500 mg · quantity 30 · March 2, 2026 · Blue Heron Pharmacy [Details]",
        FOOT,
    ]


@pytest.mark.parametrize(
    ("slots", "first"),
    [
        ({"drug": "metformin"}, "$4.00 is your share of 1 fill of metformin"),
        ({"provider_name": "heron"}, "$10.50 is your share of 2 fills at heron"),
        (
            {"date_range": {"start": "2026-04-01", "end": "2026-04-30"}},
            "$6.50 is your share of 1 fill in April 2026.",
        ),
        ({"drug": "ozempic"}, "I found no prescription fills of yours for ozempic"),
    ],
)
async def test_filters_are_checked_here(slots: dict[str, object], first: str) -> None:
    """A server that ignores every filter changes nothing."""
    said = await answered(
        "claim.pharmacy",
        fill("a", "2026-03-02", "metformin 500 mg", {"memberliability": 4}),
        fill("b", "2026-04-02", "lisinopril 10 mg", {"memberliability": 6.5}),
        slots=slots,
    )
    assert said.text.startswith(first)


async def test_what_is_left_out_is_said() -> None:
    """Reversed, replaced and cancelled fills are in no sum and are counted; an untold amount is no zero."""
    said = await answered(
        "claim.pharmacy",
        fill("a", "2026-03-02", "metformin", {"memberliability": 4}),
        fill("b", "2026-03-03", "metformin", {"submitted": 20}),
        fill("c", "2026-03-04", "metformin", {"memberliability": -4}),
        fill("d", "2026-03-05", "metformin", {"memberliability": 70}, status="cancelled"),
        fill("e", "2026-03-06", "metformin", {"memberliability": 80}, use="predetermination"),
    )
    assert said.text.startswith("At least $4.00 is your share of 1 fill ")
    assert "1 more fill doesn't tell your share, so the real sum may be higher." in said.text
    assert "your share not reported" in said.text
    assert "Left out: 2 reversed, replaced or cancelled fills." in said.text


async def test_a_fill_without_words_for_its_drug_is_not_searched_in_silence() -> None:
    """Only the number is known, so the drug may be among them."""
    said = await answered(
        "claim.pharmacy",
        fill("a", "2026-03-02", "metformin", {"memberliability": 4}),
        fill("b", "2026-03-03", None, {"memberliability": 5}),
        slots={"drug": "metformin"},
    )
    assert said.text.startswith("$4.00")
    assert "1 fill gives no name for the drug, so I couldn't look for metformin there." in said.text


async def test_a_marked_fill_is_counted_and_not_described() -> None:
    """The drug and the pharmacy of a labelled claim stay behind its button."""
    said = await answered("claim.pharmacy", fill("a", "2026-03-02", "naltrexone", {"memberliability": 4}, meta=PART_2))
    assert "naltrexone" not in said.text
    assert "1. March 2, 2026 · a fill that your plan marks as private" in said.text
    assert "1 fill that your plan marks as private is counted and not described." in said.text


async def test_older_than_a_year_is_found_when_no_time_was_asked_for() -> None:
    """The last twelve months are our own choice, so what lies before them is named."""
    said = await answered("claim.pharmacy", fill("a", "2024-03-02", "metformin", {"memberliability": 4}))
    assert "I found no prescription fills of yours from May 20, 2025 to May 20, 2026." in said.text
    assert "The last one before that was on March 2, 2024: your share was $4.00." in said.text


async def test_five_a_page_and_the_sum_over_all() -> None:
    """The first page's sum is over every page; the second page only goes on."""
    fills = [fill(f"f{day}", f"2026-03-{day:02}", "metformin", {"memberliability": 1}) for day in range(1, 8)]
    first = await answered("claim.pharmacy", *fills)
    assert first.text.startswith("$7.00 is your share of 7 fills")
    assert "[More]" in first.text
    second = await answered("claim.pharmacy", *fills, page="1")
    assert [line[:2] for line in lines_of(second) if line[0].isdigit()] == ["6.", "7."]
    assert "[More]" not in second.text


@pytest.mark.fault("F39")
async def test_two_currencies_are_not_added() -> None:
    """The fills are listed, and no sum is made."""
    euro = {"category": concept("memberliability"), "amount": {"value": 3, "currency": "EUR"}}
    said = await answered(
        "claim.pharmacy",
        fill("a", "2026-03-02", "metformin", {"memberliability": 4}),
        fill("b", "2026-03-03", "metformin", {}, total=[euro]),
    )
    assert "are in more than one currency, so I don't add them up." in said.text


async def test_spanish_shows_the_same_figures() -> None:
    """Every amount of the English reply stands in the Spanish one, in the same order."""
    made = [
        fill("a", "2026-03-02", "metformin", {"memberliability": 4, "paidbypatient": 4}),
        fill("b", "2026-03-03", "metformin", {"submitted": 20}),
        fill("c", "2026-03-04", "lisinopril", {"memberliability": 1234.5}),
    ]
    english, spanish = await answered("claim.pharmacy", *made), await answered("claim.pharmacy", *made, language="es")
    assert figures(english) == figures(spanish) != []


async def test_a_shot_that_a_visit_holds_is_found() -> None:
    """A flu shot is given at the pharmacy or at the doctor's: neither is "no fills"."""
    ct = "http://www.ama-assn.org/go/cpt"
    item = [{"sequence": 1, "servicedDate": "2026-02-03", "productOrService": concept("90686", ct)}]
    rows = (
        claim("v", "2026-02-03", {"memberliability": 3.12}, item=item),
        claim("w", "2026-02-04", {"memberliability": 50}),
        fill("f", "2026-03-04", "metformin 500 mg", {"memberliability": 4}),
    )
    slots = {"service": "flu_shot", "date_range": {"start": "2026-01-01", "end": "2026-05-20"}}
    said = await answered("claim.pharmacy", *rows, slots=slots)
    assert said.text.startswith("$3.12 is your share of 1 claim")
    assert "1. $3.12 · visit · February 3, 2026" in said.text
