"""What care cost, for claims in every shape that payers send: the reply word by word."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kit import Claim
from bot.pack import Pack, template_of
from tests.cases import marks_of, saw
from tests.kit import money
from tests.kit.money import Row
from tests.parity import difference
from tests.shipped import module_of

ROWS = money.rows()
PROVEN = [pytest.param(name, id=name, marks=marks_of(row.proves)) for name, row in ROWS.items()]
_CENT = Decimal("0.01")
_FIGURE = re.compile(r"-?\$[\d,]+\.\d\d")


def _cost(pack: Pack, claim: Claim) -> str:
    summary = module_of("claim.last_visit_cost").summarize(money.claim_set(claim), money.asking())
    return money.said(pack, "claim/last_visit_cost", summary)


@pytest.mark.parametrize("name", PROVEN)
def test_the_reply_is_exactly_this(name: str, pack: Pack) -> None:
    """From the payer's bytes to the whole text, amount, parts, doubt and notices; Spanish holds the same."""
    row = ROWS[name]
    said = money.reply(pack, row)
    saw(said)
    assert said == row.says
    template, values = template_of(row.asks), money.values(money.answered(row))
    assert difference(template, lambda language: pack.render(template, values, language)) is None


@pytest.mark.parametrize("name", ROWS)
def test_the_list_and_the_details_say_the_same_amount(name: str, pack: Pack) -> None:
    """One claim has one amount wherever it is shown, and Spanish has the same."""
    claim = money.read(ROWS[name])
    listed = module_of("claim.list").summarize(money.claim_set(claim), money.asking())
    detailed = module_of("claim.detail").summarize(claim, ())
    amount = claim.owed.amount
    told = "not reported" if amount is None else f"{amount.cents.copy_abs():,}"
    assert not listed.claims or told in money.said(pack, "claim/list", listed)
    assert told in money.said(pack, "claim/detail", detailed)
    for template, summary in (("claim/list", listed), ("claim/detail", detailed)):
        values = money.values(summary)
        assert difference(template, lambda language: pack.render(template, values, language)) is None  # noqa: B023 -- called at once


_AMOUNTS = st.decimals(0, 100_000, places=3, allow_nan=False)
_CATEGORIES = (
    "submitted",
    "eligible",
    "benefit",
    "deductible",
    "copay",
    "coinsurance",
    "noncovered",
    "memberliability",
)
_TABLES = st.dictionaries(st.sampled_from([*_CATEGORIES, "paidbypatient"]), _AMOUNTS)


@given(total=_TABLES, lines=st.lists(_TABLES, max_size=3))
@settings(max_examples=100, deadline=None)
def test_no_figure_is_of_our_own_making(pack: Pack, total: dict[str, Decimal], lines: list[dict[str, Decimal]]) -> None:
    """Every amount in a reply is the payer's, a sum over its lines, the parts' sum, or a difference that is told."""
    claim = money.read(_row(total, lines))
    known = {*total.values(), *(value for line in lines for value in line.values())}
    known |= {sum((line[name] for line in lines if name in line), Decimal(0)) for name in _CATEGORIES}
    known |= {sum((line.get("paidbypatient", Decimal(0)) for line in lines), Decimal(0))}
    owed, gap, paid = claim.owed.amount, claim.owed.gap, claim.paid_by_patient
    known |= {claim.owed.parts_sum.value} if claim.owed.parts_sum else set()
    known |= {abs(gap.value)} if gap else set()
    known |= {claim.owed.impossible.value} if claim.owed.impossible else set()
    known |= {paid.value - owed.value} if paid and owed else set()
    shown = _figures(_cost(pack, claim)) | _figures(
        money.said(pack, "claim/detail", module_of("claim.detail").summarize(claim, ()))
    )
    assert shown <= {_cents(value) for value in known}


@given(total=_TABLES, lines=st.lists(_TABLES, max_size=3))
@settings(max_examples=100, deadline=None)
def test_parts_and_gap_make_the_total(total: dict[str, Decimal], lines: list[dict[str, Decimal]]) -> None:
    """What is owed is the parts with what they leave unexplained, to the cent; nothing told is nothing, not zero."""
    owed = money.read(_row(total, lines)).owed
    if owed.amount is None:
        assert owed.source is None
        assert owed.gap is None
    elif owed.parts_sum is not None:
        gap = owed.gap.value if owed.gap else Decimal(0)
        assert abs(owed.parts_sum.value + gap - owed.amount.value) < _CENT
    if not any(
        "memberliability" in table or {"deductible", "copay", "coinsurance"} & set(table) for table in (total, *lines)
    ):
        assert owed.amount is None


_ASPECTS = ("billed", "plan_paid", "copay", None)
_CLAIMS = st.lists(st.tuples(_TABLES, st.sampled_from(["professional", "vision"]), st.integers(1, 7)), max_size=6)


@given(claims=_CLAIMS, aspect=st.sampled_from([*_ASPECTS]))
@settings(max_examples=60, deadline=None)
def test_no_sum_is_of_our_own_making(
    pack: Pack, claims: list[tuple[dict[str, Decimal], str, int]], aspect: str | None
) -> None:
    """Every figure of a time's spending is one amount's sum over all its claims, or a month's, kind's or provider's."""
    rows = [
        Row(kind=kind, total=_floats(total), more={"id": str(at), "billablePeriod": {"start": f"2024-0{month}-03"}})
        for at, (total, kind, month) in enumerate(claims)
    ]
    read = [money.read(row) for row in rows]
    summary = module_of("claim.spending").summarize(
        money.claim_set(*read), money.asking(slots={"amount_kind": aspect} if aspect else {})
    )
    groups = [read, *([c for c in read if c.kind == kind] for kind in ("professional", "vision"))]
    groups += [[c for c in read if c.service.day and c.service.day.month == month] for month in range(1, 8)]
    known = {
        _cents(sum((amount.value for claim in group if (amount := claim.amount(name))), Decimal(0)))
        for group in groups
        for name in (aspect, None, "plan_paid", "paid_by_patient")
    }
    assert _figures(money.said(pack, "claim/spending", summary)) <= known


def _figures(text: str) -> set[Decimal]:
    return {Decimal(figure.replace("$", "").replace(",", "")) for figure in _FIGURE.findall(text)}


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, rounding=ROUND_HALF_EVEN)


def _row(total: dict[str, Decimal], lines: list[dict[str, Decimal]]) -> Row:
    return Row(total=_floats(total), lines=[_floats(line) for line in lines])


def _floats(table: dict[str, Decimal]) -> dict[str, float]:
    return {name: float(value) for name, value in table.items()}
