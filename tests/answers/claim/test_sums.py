"""What holds for every sum, whatever the claims: only what counts is in it, and its parts come to it."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kit.amounts import Portion
from bot.records.money import Amount
from tests.answers.asking import Resource, answered
from tests.answers.claim.shapes import fill, numbered
from tests.answers.made import claim

CENTS = st.integers(0, 5_000_00)
FATES = st.sampled_from(
    ["counts", "cancelled", "entered-in-error", "preauthorization", "predetermination", "reversal", "replaced"]
)
CLAIMS = st.lists(st.tuples(CENTS, FATES, st.booleans(), st.integers(1, 28)), max_size=12)
Rows = Sequence[tuple[int, str, bool, int]]


def _made(rows: Rows) -> tuple[list[Resource], Decimal, Decimal]:
    """The claims, and what those that count come to: all of them, and the fills."""
    claims: list[Resource] = []
    sums = {True: Decimal(0), False: Decimal(0)}
    for place, (cents, fate, is_fill, day) in enumerate(rows):
        number = f"N{place}"
        elements: dict[str, object] = {**numbered(number)}
        if fate in {"cancelled", "entered-in-error"}:
            elements["status"] = fate
        elif fate in {"preauthorization", "predetermination"}:
            elements["use"] = fate
        value = -(cents + 1) / 100 if fate == "reversal" else cents / 100
        claims.append(_one(f"c{place}", day, is_fill, value, elements))
        if fate == "replaced":
            claims.append(_one(f"r{place}", day, is_fill, 1, numbered(f"{number}-2", number)))
        sums[is_fill] += {"counts": Decimal(cents) / 100, "replaced": Decimal(1)}.get(fate, Decimal(0))
    return claims, sums[True] + sums[False], sums[True]


def _one(key: str, day: int, is_fill: bool, value: float, elements: dict[str, object]) -> Resource:
    when, parts = f"2026-03-{day:02}", {"memberliability": value}
    return fill(key, when, "metformin", parts, **elements) if is_fill else claim(key, when, parts, **elements)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(max_examples=40, deadline=None)
@given(rows=CLAIMS)
async def test_no_sum_holds_what_does_not_count(rows: Rows) -> None:
    """Cancelled, mistaken, replaced, reversed claims and approvals before care are in none; months and kinds add up."""
    claims, whole, of_fills = _made(rows)
    spent = (await answered("claim.spending", *claims)).summary
    total = getattr(spent, "total").amount  # noqa: B009 -- the pack's own type is no module to import
    assert (total.value if total else Decimal(0)) == whole
    kinds = (await answered("claim.query", *claims, by="kind")).summary
    for rows_of in (getattr(spent, "chart") or (), getattr(kinds, "rows")):  # noqa: B009 -- as above
        sizes = [row.cells[0].size or Decimal(0) for row in rows_of]
        assert not sizes or sum(sizes, Decimal(0)) == whole
    picked = (await answered("claim.pharmacy", *claims)).summary
    assert (getattr(picked, "total").size or 0) == of_fills  # noqa: B009 -- as above


PARTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("deductible", "copay", "coinsurance", "noncovered", "memberliability"), CENTS)
)


@settings(max_examples=60, deadline=None)
@given(parts=PARTS)
async def test_the_parts_and_the_gap_come_to_the_total(parts: dict[str, int]) -> None:
    """Whatever the payer sends, what is shown as owed is its parts and what isn't explained."""
    sent = {name: cents / 100 for name, cents in parts.items()}
    said = await answered("claim.last_visit_cost", claim("a", "2026-03-02", sent))
    owed = getattr(said.summary, "claim").owed  # noqa: B009 -- as above
    if owed.amount is None:
        assert "didn't report your share" in said.text
    elif owed.parts_sum is not None:
        assert owed.parts_sum.value + (owed.gap.value if owed.gap else 0) == owed.amount.value
    if "memberliability" in sent:
        assert owed.amount.value == Decimal(str(sent["memberliability"]))


@settings(max_examples=60, deadline=None)
@given(bill=st.integers(1, 9_999_99), owed=CENTS, paid=st.none() | CENTS)
async def test_the_bill_less_the_difference_is_what_is_left(bill: int, owed: int, paid: int | None) -> None:
    """The verdict never contradicts its own numbers."""
    parts = {"memberliability": owed / 100} | ({} if paid is None else {"paidbypatient": paid / 100})
    slots = {"amount": f"{bill / 100:.2f}", "date_range": {"start": "2026-03-02", "end": "2026-03-02"}}
    match = getattr((await answered("claim.bill_check", claim("a", "2026-03-02", parts), slots=slots)).summary, "match")  # noqa: B009 -- as above
    left = Decimal(owed - (paid or 0)) / 100
    assert (match.left.value, match.difference.value) == (left, Decimal(bill) / 100 - left)
    assert (match.verdict == "equal") == (match.difference.value == 0)
    assert match.verdict != "lower" or match.difference.value < 0
    assert match.verdict != "higher" or match.difference.value > 0


def _portion(part: str, whole: str) -> Portion:
    return Portion(None, Amount(Decimal(part)), Amount(Decimal(whole)), "price")


@pytest.mark.parametrize(
    ("part", "whole", "percent", "rest"),
    [
        ("20.00", "100.00", "20%", "80%"),
        ("0.00", "100.00", "0%", "100%"),
        ("100.00", "100.00", "100%", "0%"),
        ("0.10", "100.00", "<1%", ">99%"),
        ("99.90", "100.00", ">99%", "<1%"),
        ("0.50", "100.00", "1%", ">99%"),
    ],
)
def test_a_part_is_neither_nothing_nor_all_by_rounding(part: str, whole: str, percent: str, rest: str) -> None:
    """Some cents of a hundred dollars are less than one per cent, and not none."""
    assert (_portion(part, whole).percent, _portion(part, whole).rest) == (percent, rest)
