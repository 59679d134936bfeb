"""A period's claims as documents: what is in them, what is not, and that nothing is made up on the way."""

import asyncio
import html
import re
from decimal import Decimal

from hypothesis import given, settings

from tests.answers.asking import Resource, Said, Shelf, answered, concept
from tests.answers.claim.shapes import WHO, asks, fill, numbered
from tests.answers.claim.test_sums import CLAIMS, Rows
from tests.answers.claim.test_sums import _made as made
from tests.answers.made import PART_2, claim, coverage, usd
from tests.answers.printed import printed, sheet

YEAR = {"date_range": {"start": "2026-01-01", "end": "2026-12-31"}}
PARTS = {"submitted": 200.0, "eligible": 150.0, "benefit": 100.0, "memberliability": 50.0}
STATEMENT = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
ME: Resource = {"resourceType": "Patient", "id": "p1", "name": [{"text": "Dana Mercer"}]}


def told(day: str, words: str) -> dict[str, object]:
    """A line with the payer's words."""
    return {"item": [{"sequence": 1, "servicedDate": day, "productOrService": concept("99213", text=words)}]}


async def exported(*claims: Resource, **more: object) -> Said:
    """The answer for 2026."""
    return await answered("claim.export", ME, *claims, slots=YEAR, **more)  # type: ignore[arg-type] # a button's


async def test_a_receipt_has_what_an_administrator_asks_for() -> None:
    """Patient, provider, day, what for in the payer's words, every amount, and the sums."""
    visit = claim("a", "2026-03-04", PARTS | {"paidbypatient": 20.0}, **WHO, **told("2026-03-04", "Office visit"))
    said = await exported(visit, fill("b", "2026-02-01", "lisinopril 10 mg", {"memberliability": 7.79}))
    (first, second), notes = sheet(said.summary)
    assert first == {
        "Service date": "2026-03-04",
        "Service end": "",
        "Kind": "Visit",
        "What for": "Office visit",
        "Provider": "Grace Okafor, MD",
        "Place": "Grace Okafor, MD",
        "Claim number": "",
        "Billed": "200.00",
        "Plan's price": "150.00",
        "Plan paid": "100.00",
        "Your share": "50.00",
        "You paid": "20.00",
        "Currency": "USD",
        "Note": "",
    }
    assert (second["What for"], second["Billed"], second["Your share"]) == ("lisinopril 10 mg", "", "7.79")
    assert "This is not a bill." in notes
    page = html.unescape(printed(said.summary, "html"))
    for words in ("Dana Mercer", "Office visit", "Mar 4, 2026", "Grace Okafor, MD", "$57.79", "2 claims"):
        assert words in page
    assert "on 1 of 2 claims" in page


async def test_a_page_in_spanish_keeps_the_plans_own_words() -> None:
    """In quotes where our name of the care hides a difference, and the note on quotes only then."""
    visit = claim("a", "2026-03-04", PARTS, **WHO, **told("2026-03-04", "Heart specialist visit"))
    alone = html.unescape(printed((await exported(visit, language="es")).summary, "html", "es"))
    assert "Visita al consultorio" in alone
    assert "Heart specialist visit" not in alone
    other = claim("b", "2026-03-05", PARTS, **WHO, **told("2026-03-05", "Office visit"))
    page = html.unescape(printed((await exported(visit, other, language="es")).summary, "html", "es"))
    assert 'Visita al consultorio ("Heart specialist visit")' in page
    assert 'Visita al consultorio ("Office visit")' in page
    assert "entre comillas" in page
    bare = await exported(claim("a", "2026-03-04", PARTS, **WHO), language="es")
    assert "entre comillas" not in printed(bare.summary, "html", "es")


async def test_the_page_draws_every_month_beside_its_amount() -> None:
    """Months without claims too; none are drawn where one month is all there is."""
    march, may = claim("a", "2026-03-04", PARTS), claim("b", "2026-05-05", PARTS | {"memberliability": 100.0})
    page = printed((await exported(march, may)).summary, "html")
    assert re.findall(r'<dt>(\w+)</dt><dd><svg .*?width="(\d+)%" height="10"/></svg> (\S+)</dd>', page) == [
        ("Mar", "50", "$50.00"),
        ("Apr", "0", "$0.00"),
        ("May", "100", "$100.00"),
    ]
    assert "by month" not in printed((await exported(march)).summary, "html")


async def test_the_page_draws_the_way_from_billed_to_the_share() -> None:
    """The parts add up to what was billed; a claim that lacks one is in none of them, and that is said."""
    whole = claim("a", "2026-03-04", PARTS | {"coinsurance": 50.0})
    poor = claim("b", "2026-03-05", {"submitted": 80.0, "memberliability": 5.0})
    page = html.unescape(printed((await exported(whole, poor)).summary, "html"))
    assert "From billed to your share: your share 25 %, plan paid 50 %, discount 25 %" in page
    assert "Billed <strong>$200.00</strong> on 1 claim. 1 more doesn't tell every part and isn't in it." in page
    assert "From billed" not in printed((await exported(poor)).summary, "html")


def plan(**shares: float) -> Resource:
    """A coverage with a deductible and a limit."""
    costs = [{"type": concept(code), "valueMoney": usd(value)} for code, value in shares.items()]
    return coverage(costToBeneficiary=costs)


async def test_the_page_tells_where_the_yearly_figures_stand_as_the_chat_does() -> None:
    """The same floor and the same doubt; only a page that holds the whole year can, and absent is not zero."""
    rows = (ME, plan(deductible=1500, maxoutofpocket=5000), claim("a", "2026-03-04", PARTS | {"deductible": 400}))
    chat = await answered("coverage.cost_share", *rows, slots={"amount_kind": "deductible"})
    page = html.unescape(printed((await answered("claim.export", *rows)).summary, "html"))
    assert "At least $400.00 of your $1,500.00 deductible is met" in chat.text
    assert "your plan's total is the official one." in page
    assert "Deductible: met, at least 27 %, left, at most 73 %" in page
    for title, limit in (("Deductible", "$1,500.00"), ("Out-of-pocket maximum", "$5,000.00")):
        shown = page.partition(f"<h2>{title}")[2].partition("</section>")[0]
        assert f"Of <strong>{limit}</strong> a year." in shown
        assert "Met, at least <b>$400.00</b>" in shown
    march = {"date_range": {"start": "2026-03-01", "end": "2026-03-31"}}
    assert "own total" not in printed((await answered("claim.export", *rows, slots=march)).summary, "html")
    untold = (ME, rows[1], claim("a", "2026-03-04", {"submitted": 200.0}))
    assert "own total" not in printed((await answered("claim.export", *untold)).summary, "html")


async def test_a_plan_that_does_not_come_takes_nothing_from_the_claims() -> None:
    """The page is whole without the yearly figures."""
    shelf = Shelf((ME, claim("a", "2026-03-04", PARTS)), forbidden={"Coverage"})
    page = printed((await answered("claim.export", shelf=shelf)).summary, "html")
    assert "$50.00" in page
    assert "not complete" not in page


async def test_absent_amounts_are_empty_and_said() -> None:
    """Nothing that the plan left out becomes a zero, in a row or in a sum."""
    said = await exported(claim("a", "2026-03-04", {"submitted": 80.0}), claim("b", "2026-03-05", PARTS))
    rows, _ = sheet(said.summary)
    assert [row["Your share"] for row in rows] == ["50.00", ""]
    assert "Your share: at least $50.00, paid or not." in said.text
    assert "not reported" in printed(said.summary, "html")


async def test_what_does_not_count_is_left_out_and_said() -> None:
    """Reversed, replaced, cancelled, before care, another year, undated."""
    said = await exported(
        claim("good", "2026-03-04", PARTS, **numbered("N2", replaces="N1")),
        claim("replaced", "2026-03-04", PARTS, **numbered("N1")),
        claim("cancelled", "2026-03-05", PARTS, status="cancelled", **numbered("N3")),
        claim("reversal", "2026-03-06", {"submitted": -200.0, "memberliability": -50.0}, **numbered("N4")),
        claim("before care", "2026-03-07", PARTS, use="preauthorization", **numbered("N5")),
        claim("other year", "2025-03-07", PARTS, **numbered("N6")),
        claim("undated", "2026-03-08", PARTS, item=[], **numbered("N7")),
        claim("strange", "2026-03-09", PARTS, modifierExtension=[{"url": "x"}], **numbered("N8")),
    )
    rows, notes = sheet(said.summary)
    assert [row["Claim number"] for row in rows] == ["N2"]
    assert any(note.startswith("1 claim left out because your plan gives no date") for note in notes)
    assert any(note.startswith("1 record left out because a special mark") for note in notes)
    assert "(3 claims in this period)" in printed(said.summary, "html")


async def test_marked_records_stay_out_until_their_button_is_pressed() -> None:
    """Counted without a word of theirs; with the button they are there, under the statement, in both files (T33)."""
    marked = claim("m", "2026-03-05", PARTS, meta=PART_2, **told("2026-03-05", "Substance use program"))
    plain = claim("a", "2026-03-04", PARTS, **told("2026-03-04", "Office visit"))
    without, having = await exported(plain, marked), await exported(plain, marked, sensitive="yes")
    for form in ("html", "csv"):
        assert "Substance use" not in printed(without.summary, form)
        assert "1 record that" in printed(without.summary, form)
        assert STATEMENT not in printed(without.summary, form)
        assert "Substance use program" in printed(having.summary, form)
        assert STATEMENT in printed(having.summary, form)
    assert "Your share: $50.00, paid or not" in without.text
    assert STATEMENT in having.text
    only = await exported(marked)
    assert "Your plan marks your only 1 claim" in only.text
    assert only.summary.document is None  # type: ignore[attr-defined] # the pack's modules have no importable names


async def test_what_is_missing_is_said_inside() -> None:
    """Somebody who gets only the file sees that it is not whole."""
    mine, other = claim("a", "2026-03-04", PARTS), claim("b", "2026-03-05", PARTS)
    whole, torn = await exported(mine), await exported(mine, other | {"patient": {"reference": "Patient/p2"}})
    assert "not complete" not in printed(whole.summary, "html") + printed(whole.summary, "csv")
    rows, notes = sheet(torn.summary)
    assert len(rows) == 1
    assert notes[-1].startswith("This is not complete")
    assert "This is not complete." in printed(torn.summary, "html")


async def test_an_empty_period_has_no_document() -> None:
    """There is nothing to open, and all years are offered."""
    said = await exported()
    assert "Your plan shows no claims of yours this year" in said.text
    assert said.summary.document is None  # type: ignore[attr-defined] # the pack's modules have no importable names
    assert asks(said, "All years") == {"all": "yes", "without": "date_range"}


async def test_without_a_period_it_is_this_year_and_a_button_gives_all() -> None:
    """The payer is asked for the year alone, and for everything when the button says so."""
    rows = (ME, claim("a", "2026-03-04", PARTS), claim("b", "2019-03-04", PARTS))
    this = await answered("claim.export", *rows)
    every = await answered("claim.export", *rows, all="yes")
    assert [len(sheet(said.summary)[0]) for said in (this, every)] == [1, 2]
    asked = [
        next(query for kind, query in said.shelf.queries if kind == "ExplanationOfBenefit") for said in (this, every)
    ]
    assert [query.get("service-date") for query in asked] == [["ge2025-12-31", "le2026-11-19"], None]
    assert "All years" in printed(every.summary, "html")


@settings(max_examples=25, deadline=None)
@given(rows=CLAIMS)
def test_the_sums_are_those_of_the_rows(rows: Rows) -> None:
    """Chat, page and spreadsheet agree to the cent, in both languages, and hold only what counts."""
    claims, total, _ = made(rows)
    english, spanish = (asyncio.run(exported(*claims, language=language)) for language in ("en", "es"))
    if english.summary.document is None:  # type: ignore[attr-defined] # the pack's modules have no importable names
        assert not [fate for _, fate, _, _ in rows if fate in {"counts", "replaced"}]
        return
    found, _ = sheet(english.summary)
    assert sum((Decimal(row["Your share"]) for row in found), Decimal(0)) == total
    for text in (english.text, printed(english.summary, "html"), printed(spanish.summary, "html", "es"), spanish.text):
        assert f"${total:,.2f}" in text
    assert [list(row.values())[7:13] for row in sheet(spanish.summary, "es")[0]] == [
        list(row.values())[7:13] for row in found
    ]
