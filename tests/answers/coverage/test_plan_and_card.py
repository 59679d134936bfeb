"""Which plan, which numbers, who is named: only what the records say."""

import pytest

from tests.answers.asking import Shelf, answered, concept, owned, public
from tests.answers.made import PART_2, coverage, named

ENDED = {"period": {"start": "2020-01-01", "end": "2021-12-31"}, "class": [named("plan", "OLD", "Old Plan")]}


@pytest.mark.fault("F49")
async def test_the_current_plan_comes_first_and_an_ended_one_is_named_so() -> None:
    """Several coverages are normal, and the first row is not always the one that holds (F49)."""
    said = await answered("coverage.summary", coverage("old", **ENDED), coverage(network="Blue Network S"))
    assert said.text.startswith("Your plan is Plain PPO, since January 1, 2025")
    assert "Network: Blue Network S" in said.text
    assert "Ended: Old Plan, January 1, 2020 to December 31, 2021." in said.text


@pytest.mark.fault("F49")
async def test_two_current_plans_are_listed_apart() -> None:
    """A second plan and a dental plan keep their own dates and relationship."""
    second = coverage(
        "c2", order=2, relationship={"coding": [{"code": "spouse"}]}, **{"class": [named("plan", "B", "Second")]}
    )
    said = await answered("coverage.summary", second, coverage())
    assert "You have 2 plans today:" in said.text
    assert said.text.index("1. Plain PPO") < said.text.index("2. Second")
    assert "you are the subscriber's spouse" in said.text


async def test_a_short_question_about_the_plan_has_a_short_answer() -> None:
    """The rest waits behind a button; that claims may be missing is said where claims are asked for."""
    said = await answered("coverage.summary", coverage(), said="when does my plan end")
    assert "Kind" not in said.text
    assert "claim" not in said.text
    assert "Kind" in (await answered("coverage.summary", coverage(), said="my plan")).text


@pytest.mark.fault("F49")
async def test_no_coverage_is_said_with_what_it_may_mean() -> None:
    """None found is not "you have no insurance"."""
    said = await answered("coverage.summary")
    assert "shows no coverage for you here" in said.text


@pytest.mark.parametrize(
    ("language", "word"), [("en", "most plans from an employer"), ("es", "planes de un empleador")]
)
@pytest.mark.parametrize(
    "intent",
    [
        *("coverage.summary", "coverage.id_card", "coverage.desk"),
        *("claim.list", "claim.last_visit_cost", "claim.status", "claim.why", "claim.payer"),
    ],
)
async def test_an_account_that_holds_nothing_learns_whose_plans_can_be_read(
    intent: str, language: str, word: str
) -> None:
    """The payer's interface covers plans that CMS regulates: an employee has to hear why nothing is there."""
    assert word in (await answered(intent, language=language)).text


async def test_a_payer_that_refuses_coverage_is_read_through_its_claims() -> None:
    """Coverage search is not guaranteed (fhir-notes 5): what claims bring along is used, and the gap is said."""
    shelf = Shelf((), forbidden={"Coverage"}, included=(coverage(),))
    said = await answered("coverage.summary", shelf=shelf)
    assert "Plain PPO" in said.text
    assert [gap.kind for gap in said.ask.report.gaps] == ["type_refused"]


async def test_a_card_hides_the_members_number_until_the_button_is_pressed() -> None:
    """Somebody may look over the shoulder: the number shows only on request."""
    classes = [named("rxbin", "610014"), named("rxpcn", "MEDDPRIME")]
    card = coverage(subscriberId="ZXB123456789") | {"class": classes}
    hidden = await answered("coverage.id_card", card)
    assert "ZXB123456789" not in hidden.text
    assert "Member ID: ••••6789" in hidden.text
    assert "[Show my number]" in hidden.text
    shown = await answered("coverage.id_card", card, show="yes")
    assert "Member ID: ZXB123456789" in shown.text
    assert "Pharmacy: RxBIN 610014 · RxPCN MEDDPRIME" in shown.text


async def test_a_short_number_is_hidden_whole() -> None:
    """The end of a short number would be most of it."""
    said = await answered("coverage.id_card", coverage(subscriberId="12345678"))
    assert "5678" not in said.text


async def test_the_insurance_card_guides_card_is_read() -> None:
    """C4DIC: group, plan, network and pharmacy classes, and the card's own note."""
    said = await answered("coverage.id_card", *owned(public("hl7-c4dic-examples", "Coverage")), show="yes")
    assert "Member ID: 102345672-02" in said.text
    assert "Subscriber ID: 102345672-01" in said.text
    assert "Group: 993355 (Stars Inc)" in said.text
    assert "RxBIN 100045" in said.text
    assert "Network: Acme Gold Plus South" in said.text
    assert "If you use a TTY, call 711." in said.text


async def test_only_people_that_the_record_names_are_named() -> None:
    """A subscriber's record says nothing about a family, and nothing is inferred from it (F43)."""
    plain = await answered("coverage.dependents", coverage(), slots={"person": {"kin": "son"}})
    assert "I can't tell whether somebody else is covered" in plain.text
    assert "I can't tell whether somebody else is covered" in plain.text
    card = await answered("coverage.dependents", *owned(public("hl7-c4dic-examples", "Coverage"))[:1])
    assert "Your card names 4 people: John Doe, Jane Doe, Jimmy Doe, Ginny Doe." in card.text
    assert "the subscriber's spouse (John Doe)" in card.text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("intent", ["summary", "id_card", "cost_share", "dependents"])
@pytest.mark.parametrize("folder", ["hl7-carin-bb-1.1.0", "hl7-carin-bb-2.0.0", "hl7-c4dic-examples"])
async def test_every_public_coverage_is_answered(folder: str, intent: str, language: str) -> None:
    """HL7's own examples, current or ended, in both languages."""
    said = await answered(
        f"coverage.{intent}", *owned(public(folder, "Coverage")), language="es" if language == "es" else "en"
    )
    assert said.text


async def test_a_labelled_coverage_carries_the_statement() -> None:
    """42 CFR 2.32 travels with whatever is labelled."""
    said = await answered("coverage.summary", coverage(meta=PART_2))
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in said.text


async def test_a_profile_shows_current_entries_only() -> None:
    """Old addresses and ended numbers are not how the plan would reach the member."""
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"use": "old", "text": "Ana Roe"}, {"use": "official", "given": ["Ana"], "family": "Diaz"}],
        "birthDate": "1984-02",
        "address": [
            {"use": "old", "line": ["1 Past St"], "city": "Erin"},
            {"use": "home", "line": ["2 Oak St"], "city": "Erin", "state": "TN", "postalCode": "37061"},
        ],
        "telecom": [{"system": "phone", "value": "9315550100"}, {"system": "phone", "value": "1", "use": "old"}],
        "communication": [{"language": {"coding": [{"code": "es-US"}]}}],
    }
    said = await answered("profile.me", patient)
    assert "Name: Ana Diaz" in said.text
    assert "Date of birth: February 1984" in said.text
    assert "Address: 2 Oak St, Erin, TN 37061" in said.text
    assert "Phone: (931) 555-0100" in said.text
    assert "Language: Spanish" in said.text
    assert "Past" not in said.text
    assert "no me dio un registro" in (await answered("profile.me", language="es")).text


@pytest.mark.parametrize(
    ("code", "words"),
    [("SUBSIDIZ", "subsidized plan"), ("MCPOL", "managed care plan"), ("SUBSIDMC", "subsidized managed care plan")],
)
async def test_a_type_of_plan_is_no_programme(code: str, words: str) -> None:
    """HL7's codes for a subsidy and for managed care name neither Medicare nor Medicaid; CMS writes it so."""
    said = await answered("coverage.summary", coverage(type=concept(code)))
    assert f"Kind: {words}" in said.text
    assert "Medicare" not in said.text
    assert "Medicaid" not in said.text
