from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.synthetic import build
from bot.sandbox.synthetic.chance import npi, stream
from bot.sandbox.synthetic.claim import Charge, CostSharing, reverse, total
from bot.sandbox.world import DIRECTORY_TYPES, MEMBER_TYPES, Resource, World
from tests.inside import references
from tests.worlds import copied

SAMPLE = 60


def sampled(world: World) -> Iterator[Resource]:
    """Everything about members, and some of each directory type and drug list."""
    for kind in {*MEMBER_TYPES, "RelatedPerson"} - {"MedicationKnowledge"}:
        yield from world.of_type(kind)
    for kind in (*DIRECTORY_TYPES, "MedicationKnowledge"):
        every = list(world.of_type(kind))
        yield from islice(every, 0, None, max(1, len(every) // SAMPLE))


def test_every_resource_is_valid_fhir(world: World) -> None:
    """The strict R4B models accept every member resource and a sample of the directory."""
    for resource in sampled(world):
        kind = resource["resourceType"]
        getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind).model_validate(resource)


def test_every_reference_resolves(world: World) -> None:
    """A reference names a resource of the world, or one contained in the same resource."""
    for kind in world.resources:
        for resource in world.of_type(kind):
            inside = {f"#{one['id']}" for one in resource.get("contained", ())}
            for target in references(resource):
                other, _, key = target.partition("/")
                assert target in inside or key in world.resources[other], (resource["id"], target)


def test_the_same_seed_and_day_give_the_same_world(world: World, today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second build with one seed and one day is equal, and adds each type and id once; another seed differs."""
    added: Counter[tuple[str, str]] = Counter()
    keep = World.add

    def count(self: World, resource: Resource) -> None:
        added[resource["resourceType"], resource["id"]] += 1
        keep(self, resource)

    with monkeypatch.context() as counting:
        counting.setattr(World, "add", count)
        assert build(today=today).resources == world.resources
    assert added.most_common(1)[0][1] == 1
    assert build(8, today).resources != world.resources


@pytest.mark.parametrize("day", [date(2025, 1, 1), date(2026, 12, 31), date(2027, 6, 15)])
def test_a_world_can_be_built_on_any_day(day: date) -> None:
    """Nothing that was decided lies in the future, and the newest visit is never old."""
    world = build(today=day)
    dana = world.accounts["dana"].patients[0]
    claims = [one for one in world.of_type("ExplanationOfBenefit") if one["patient"]["reference"].endswith(dana)]
    assert all(one["payment"]["date"] <= str(day) for one in claims)
    assert max(one["item"][0]["servicedDate"] for one in claims) > str(day - timedelta(days=10))


def test_identifiers_are_not_shared(world: World) -> None:
    """An NPI belongs to one practitioner or organization, and a claim number to one claim."""
    for kind in ("Practitioner", "Organization", "ExplanationOfBenefit"):
        values = [one["identifier"][0]["value"] for one in world.of_type(kind) if "identifier" in one]
        assert len(values) == len(set(values))


def test_telephones_are_fictional(world: World) -> None:
    """Every telephone number lies between 555-0100 and 555-0199."""
    for kind in ("Patient", "Organization", "Location", "PractitionerRole", "HealthcareService"):
        for resource in world.of_type(kind):
            for contact in resource.get("telecom", ()):
                assert contact["system"] != "phone" or " 555-01" in contact["value"]


def test_members_differ_in_kind(world: World) -> None:
    """At least eight accounts say in a line what is special about them, each opening a Patient that exists."""
    assert len(world.accounts) >= 8
    for username, account in world.accounts.items():
        assert account.username == username
        assert account.about
        assert all(patient in world.resources["Patient"] for patient in account.patients)


def test_a_representative_opens_only_others(world: World) -> None:
    """Lan's sign-in is a RelatedPerson with three patients, none of them her own."""
    account = world.accounts["lan"]
    kind, _, key = account.fhir_user.partition("/")
    assert kind == "RelatedPerson"
    assert world.resources[kind][key]["patient"]["reference"] == f"Patient/{account.patients[0]}"
    assert len(account.patients) == 3
    assert account.display not in {world.resources["Patient"][one]["name"][0]["text"] for one in account.patients}


def test_a_family_shares_its_number(world: World) -> None:
    """Marcus, his wife and their child share the subscriber's number, and each sign-in opens one record."""
    cards = {one["beneficiary"]["display"]: one for one in world.of_type("Coverage")}
    family = [cards[f"{name} Whitfield"] for name in ("Marcus", "Leah", "Eli")]
    assert len({one["subscriberId"] for one in family}) == 1
    assert [one["dependent"] for one in family] == ["01", "02", "03"]
    assert len(world.accounts["marcus"].patients) == len(world.accounts["leah"].patients) == 1


def test_two_networks_and_four_coverages(world: World) -> None:
    """Priya's plan has two networks; she has a second plan, a dental one and one that has ended."""
    patient = f"Patient/{world.accounts['priya'].patients[0]}"
    found = [one for one in world.of_type("Coverage") if one["beneficiary"]["reference"] == patient]
    assert found[0]["network"] == "Blue Network S and Blue Network L"
    assert [one["status"] for one in found] == ["active", "active", "active", "cancelled"]


@pytest.mark.parametrize("username", ["maria1k", "maria10k"])
def test_a_long_record_is_made_on_demand(username: str, world: World) -> None:
    """Nothing of it is there before, all of it is there after, and asking twice changes nothing."""
    world = copied(world)
    [patient] = world.accounts[username].patients
    before = len(world.resources["ExplanationOfBenefit"])
    world.complete(patient)
    after = len(world.resources["ExplanationOfBenefit"])
    world.complete(patient)
    assert after - before == {"maria1k": 1_000, "maria10k": 10_000}[username]
    assert len(world.resources["ExplanationOfBenefit"]) == after


@given(st.integers(0, 99_999_999))
def test_an_npi_passes_luhn(number: int) -> None:
    """The check digit is right over the prefix 80840 and the ten digits (45 CFR 162.406)."""
    value = npi(number)
    digits = [int(digit) for digit in reversed(f"80840{value}")]
    doubled = sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    assert len(value) == 10
    assert doubled % 10 == 0


def test_streams_are_repeatable_and_apart() -> None:
    """One seed and name give one row of numbers, another name another."""
    assert stream(1, "a").random() == stream(1, "a").random()
    assert stream(1, "a").random() != stream(1, "b").random()


# Their claims are made not to add up.
ODD = {"hank", "opal"}
CENTS = st.integers(min_value=0, max_value=10_000_000)


@given(CENTS, CENTS, st.integers(0, 100), st.sampled_from(["office", "test", "preventive"]))
def test_shares_never_pass_the_plans_price(submitted: int, deductible: int, percent: int, service: str) -> None:
    """Whatever is billed, the member's and the plan's parts are not negative and make up the plan's price."""
    rules = CostSharing(deductible, percent, {"office": 3000, "preventive": 0})
    charge = rules.adjudicate(submitted, service, 2026, pays_at_visit=True)
    assert charge.benefit >= 0
    assert charge.liability >= 0
    assert charge.liability + charge.benefit == charge.eligible


def test_the_deductible_is_used_up_and_starts_again_each_year() -> None:
    """A year's deductible is taken once, and the next year's again."""
    rules = CostSharing(10_000, 0, {}, discount=0)
    taken = [rules.adjudicate(6_000, "test", year, pays_at_visit=False).deductible for year in (1, 1, 1, 2)]
    assert taken == [6_000, 4_000, 0, 6_000]


@given(st.lists(st.builds(Charge, CENTS, CENTS, CENTS, paid_by_patient=st.none() | CENTS), max_size=5))
def test_a_claim_and_its_reversal_cancel(charges: list[Charge]) -> None:
    """Taking back what was charged leaves nothing."""
    whole = total([*charges, *map(reverse, charges)])
    assert (whole.submitted, whole.eligible, whole.liability, whole.benefit) == (0, 0, 0, 0)


def test_what_the_patient_paid_stays_unknown() -> None:
    """The sum of lines that do not say what was paid does not say it either."""
    assert total([Charge(100), Charge(200)]).paid_by_patient is None
    assert total([Charge(100), Charge(200, paid_by_patient=50)]).paid_by_patient == 50


def amounts(shapes: list[Resource]) -> dict[str, Decimal]:
    """Amounts by category code."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for shape in shapes:
        if "amount" in shape:
            found[shape["category"]["coding"][0]["code"]] = Decimal(str(shape["amount"]["value"]))
    return found


def ordinary_claims(world: World) -> list[Resource]:
    """The claims whose money is meant to add up; an approval before care has only what was asked for."""
    odd = {f"Patient/{world.accounts[name].patients[0]}" for name in ODD}
    claims = (one for one in world.of_type("ExplanationOfBenefit") if one["use"] != "preauthorization")
    return [one for one in claims if one["patient"]["reference"] not in odd]


def test_totals_add_up(world: World) -> None:
    """Price = billed - discount - not covered; the member's parts make the liability; the rest is the plan's."""
    for claim in ordinary_claims(world):
        of = amounts(claim["total"])
        assert of["eligible"] == of["submitted"] - of["discount"] - of["noncovered"]
        assert of["memberliability"] == sum(of[part] for part in ("deductible", "copay", "coinsurance", "noncovered"))
        shares = of["deductible"] + of["copay"] + of["coinsurance"] + of["priorpayerpaid"]
        assert of["benefit"] == of["eligible"] - shares
        assert Decimal(str(claim["payment"]["amount"]["value"])) == of["paidtoprovider"] == of["benefit"]


@pytest.mark.parametrize("part", ["submitted", "eligible", "memberliability", "benefit"])
def test_lines_add_up_to_totals(world: World, part: str) -> None:
    """Where lines carry money, their sum is the total; where they carry none, the header does (C4BB invariant)."""
    for claim in ordinary_claims(world):
        lines = [amounts(line["adjudication"])[part] for line in claim["item"] if "adjudication" in line]
        header = amounts(claim.get("adjudication", []))
        expected = sum(lines) if lines else header[part]
        assert expected == amounts(claim["total"])[part]
        assert not (lines and header)
