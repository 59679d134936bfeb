"""An operator's benefit table: read with every fault named, matched to a member's plan, and worked out to a range."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.kit.ahead import of_price
from bot.kit.benefits import Benefit, Benefits, read_benefits
from bot.pack import benefits_of
from bot.records.coverage import Coverage
from bot.records.money import Amount
from bot.sandbox.synthetic.tables import BENEFITS, rows
from tests.shipped import shipped_pack

HEAD = "plan,network,service,copay,coinsurance,deductible,approval,covered,limit_en,limit_es,words_en,words_es\n"
NETWORKS = ("Blue Network S", "Blue Network L")


def read(*lines: str, head: str = HEAD) -> tuple[Benefits, tuple[str, ...]]:
    """What is read of a table with these rows."""
    return read_benefits(head + "\n".join(lines), shipped_pack().care_kinds, NETWORKS)


def covered(plan: str = "P-1", name: str = "Gold", network: str = "Blue Network S") -> Coverage:
    """A coverage of a plan."""
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/coverage-class", "code": "plan"}]}
    shape: dict[str, Any] = {
        "resourceType": "Coverage",
        "id": "one",
        "status": "active",
        "beneficiary": {"reference": "Patient/1"},
        "payor": [{"reference": "Organization/1"}],
        "network": network,
        "class": [{"type": kind, "value": plan, "name": name}],
    }
    return Coverage(msgspec.json.encode(shape))


@pytest.mark.fault("F67")
def test_every_fault_is_named_by_row_and_column_in_one_run() -> None:
    """Nothing counts of a table with a fault, and the operator need not start again to find the next one."""
    table, faults = read(
        "P-1,in,mri,abc,20,yes,,,,,,",
        "P-1,sideways,mri,,120,maybe,,,,,,",
        "P-1,in,unicorn_ride,10,,no,,,,,,",
        "P-1,in,ct,,,yes,,,,,,",
        "P-1,in,ct,10,,,,,,,,",
        "P-1,in,ultrasound,10,,no,,,30 a year,,,",
        "P-1,in,lab,10,,no,,no,,,,",
        "P-1,in,massage,10,,no,,,,,mri,masaje",
        "P-1,in,ekg",
    )
    assert table == Benefits()
    assert [*faults] == [
        'row 2, column copay: "abc" is no number of dollars',
        'row 3, column deductible: "maybe" is neither yes nor no',
        "row 3, column coinsurance: more than 100 per cent",
        'row 3, column network: "sideways" is neither in, out, nor a network of the pack',
        'row 4, column service: "unicorn_ride" is no kind of care of the pack: its words_en are needed',
        "row 5, column copay: a copay, a coinsurance or both are needed (0 where nothing is paid)",
        "row 6, column deductible: yes or no is needed",
        "row 6, column service: the same plan, network and service as row 5",
        "row 7, column limit_es: missing beside the other language",
        "row 8, column copay: a service that is not covered has no share",
        'row 9, column words_en: "mri" means mri in row 2',
        "row 10: 3 cells where the first row has 12",
    ]


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("service,copay,coinsurance", "row 1, column deductible: missing"),
        ("service,copay,coinsurance,deductible,price", "row 1, column price: unknown"),
        ("service,copay,coinsurance,deductible,copay", "row 1, column copay: twice"),
        ("service,copay,coinsurance,deductible", "row 2: the table has no rows"),
        ("", "row 1, column service: missing"),
    ],
)
def test_a_head_that_is_wrong_is_named(head: str, fault: str) -> None:
    """Columns are known by name, in any order; a misspelt one is not passed over."""
    assert fault in read_benefits(head)[1]


def test_amounts_are_read_as_people_write_them() -> None:
    """A dollar sign, a per cent sign and a byte order mark are no faults; money is exact."""
    table, faults = read_benefits(
        '\ufeffService,Copay,Coinsurance,Deductible\r\nMRI,"$1,050.50",20%,Yes\r\n', shipped_pack().care_kinds
    )
    assert faults == ()
    [row] = table.rows
    assert (row.service, row.copay, row.percent, row.deductible) == (
        "mri",
        Amount(Decimal("1050.50")),
        Decimal(20),
        True,
    )
    assert row.name("es") == "resonancia magnética"


def test_a_plans_own_row_comes_before_one_of_every_plan() -> None:
    """By the plan's number or its name; a row without a plan is for all, and fills what the own rows leave open."""
    table, faults = read(
        ",in,mri,90,,no,,,,,,",
        ",out,mri,,50,yes,,,,,,",
        "p 1,in,mri,40,,no,,,,,,",
        "GOLD,in,ct,30,,no,,,,,,",
        ",Blue Network L,lab,5,,no,,,,,,",
    )
    assert faults == ()
    mine, other = covered(), covered("P-9", "Silver", "Blue Network L")
    assert [(one.network, one.copay and one.copay.value) for one in table.of(mine, "mri")] == [
        ("in", 40),
        ("out", None),
    ]
    assert [one.copay and one.copay.value for one in table.of(other, "mri")] == [90, None]
    assert [one.copay and one.copay.value for one in table.of(mine, "ct")] == [30]
    assert table.of(other, "ct") == ()
    assert (table.of(mine, "lab"), len(table.of(other, "lab"))) == ((), 1)


def test_a_row_of_every_plan_contradicts_no_own_one_and_is_of_no_dental_plan() -> None:
    """Nor is a rule for any network one beside an own row; a dental plan has rows of its own only."""
    table, faults = read(
        ",,mri,90,,no,,,,,,",
        ",in,ct,70,,no,,,,,,",
        ",out,ct,,50,yes,,,,,,",
        "P-1,Blue Network S,mri,40,,no,,,,,,",
        "P-1,Blue Network S,ct,30,,no,,,,,,",
    )
    assert faults == ()
    mine, teeth = covered(), covered("P-9", "Smile Dental")
    assert [one.copay and one.copay.value for one in table.of(mine, "mri")] == [40]
    assert [(one.network, one.copay and one.copay.value) for one in table.of(mine, "ct")] == [
        ("Blue Network S", 30),
        ("out", None),
    ]
    assert table.of(teeth, "mri") == table.of(teeth, "ct") == ()


@pytest.mark.parametrize(
    ("copay", "percent", "deductible", "price", "left", "share"),
    [
        (None, "20", True, "1000", "0", "200.00"),
        (None, "20", True, "1000", "600", "680.00"),
        (None, "20", True, "500", "600", "500.00"),
        ("50", None, False, "500", "600", "50.00"),
        ("50", None, False, "35", "0", "35.00"),
        ("50", None, True, "620", "600", "620.00"),
        ("50", "10", True, "1000", "100", "240.00"),
        (None, "33.3", False, "99.99", "0", "33.30"),
        ("0", None, False, "1000", "600", "0.00"),
    ],
)
def test_a_share_is_the_deductible_then_the_rest(  # noqa: PLR0917 -- a row of a table
    copay: str | None,
    percent: str | None,
    deductible: bool,
    price: str,
    left: str,
    share: str,
) -> None:
    """What is left of the deductible is paid first, then the copay or the percentage, never more than the price."""
    rule = Benefit(
        "mri",
        copay=Amount(Decimal(copay)) if copay else None,
        percent=Decimal(percent) if percent else None,
        deductible=deductible,
    )
    assert str(of_price(rule, Amount(Decimal(price)), Decimal(left)).share.value) == share


def test_the_sandboxs_table_is_in_order_and_says_what_its_claims_do() -> None:
    """The example that is shown agrees with how the made-up payer shares costs."""
    table, faults = benefits_of(shipped_pack(), BENEFITS)
    assert faults == ()
    shares = {row["line"]: row for row in rows("cost_sharing")}
    lines = {row["plan_id"]: next(line for line in shares if row["key"].startswith(line)) for row in rows("plans")}
    columns = {
        "specialist": "specialist",
        "er": "emergency",
        "ultrasound": "test",
        "mri": "test",
        "urgent_care": "urgent",
    }
    compared = 0
    for row in table.rows:
        if row.plan and row.network == "in" and row.service in columns:
            line = shares[lines[row.plan]]
            copay = line[columns[row.service]]
            compared += 1
            assert (str(row.copay.value) if row.copay else "") == copay, row
            assert row.percent is None or row.percent == int(line["coinsurance"]), row
    assert compared > 10
