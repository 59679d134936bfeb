from datetime import date

import pytest

from bot.sandbox.synthetic import build
from bot.sandbox.world import World


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
def test_a_long_record_is_made_on_demand(username: str, today: date) -> None:
    """Nothing of it is there before, all of it is there after, and asking twice changes nothing."""
    world = build(today=today)
    [patient] = world.accounts[username].patients
    before = len(world.resources["ExplanationOfBenefit"])
    world.complete(patient)
    after = len(world.resources["ExplanationOfBenefit"])
    world.complete(patient)
    assert after - before == {"maria1k": 1_000, "maria10k": 10_000}[username]
    assert len(world.resources["ExplanationOfBenefit"]) == after
