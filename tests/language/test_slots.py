"""What a message names, and what it only seems to name."""

from datetime import date

import pytest

from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.numbers import NumberWords
from bot.language.reading import Slot

THIS_YEAR = {"start": "2024-01-01", "end": "2024-11-24"}


def _values(engine: Engine, said: str, today: date, context: Context | None = None) -> dict[str, object]:
    reading = engine.understand(said, today=today, context=context)
    return {name: slot.value for name, slot in reading.slots.items()}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("two hundred", 200),
        ("two hundred and forty", 240),
        ("two forty", 240),
        ("a hundred", 100),
        ("one thousand two hundred", 1200),
        ("doscientos cuarenta", 240),
        ("mil doscientos", 1200),
    ],
)
def test_a_number_can_be_said_in_words(engine: Engine, words: str, value: int) -> None:
    """Both languages, with or without "and"."""
    said = words.split()
    assert NumberWords(engine.lexicon.grammar).before([*said, "dollars"], len(said)) == (value, 0)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("dr says i owe two hundred bucks is that right", "200.00"),
        ("me llegó una factura de 312,45 dólares, ¿está bien?", "312.45"),
        ("they billed me $1,240.00 for may 2, is that right", "1240.00"),
    ],
)
def test_an_amount_is_read_as_it_is_written(engine: Engine, today: date, said: str, amount: str) -> None:
    """In words, with a decimal comma, with thousands; and "dr says" is nobody's name."""
    found = _values(engine, said, today)
    assert str(found["amount"]) == amount
    assert "provider_name" not in found


@pytest.mark.parametrize(("said", "amount"), [("$240", "240.00"), ("240", "240.00"), ("240.50", "240.50")])
def test_a_bare_amount_answers_the_question_how_much(engine: Engine, today: date, said: str, amount: str) -> None:
    """After a bill without an amount, a number alone is money, and the bill is still what is spoken of."""
    context = Context("claim.bill_check", {})
    intent, slots, after = engine.after(context, engine.understand(said, today=today, context=context))
    assert (intent, str(slots["amount"].value)) == ("claim.bill_check", amount)
    _, slots, _ = engine.after(after, engine.understand("from dr patel", today=today, context=after))
    assert {name: str(slot.value) for name, slot in slots.items()} == {"amount": amount, "provider_name": "Patel"}


def test_this_year_is_no_item_of_a_list(engine: Engine, today: date) -> None:
    """The "este" of "este año" asks for no entry, whatever was shown before."""
    context = Context("claim.pharmacy", {"date_range": Slot("", {"start": "2024-10-01", "end": "2024-10-31"})})
    reading = engine.understand("cuánto he gastado este año", today=today, context=context)
    assert reading.intent == "claim.spending"
    assert reading.slots["date_range"].value == THIS_YEAR


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("En qué hospitales atiende la Dra. Castellanos", "Castellanos"),
        ("looking for dr sarah kimball in franklin", "Sarah Kimball"),
        ("my name is Ruth Ann Cole and I need the phone number for Dr. Okafor", "Okafor"),
    ],
)
def test_a_name_is_a_name_alone(engine: Engine, today: date, said: str, name: str) -> None:
    """A title names no specialty and no gender, a surname no language, and who writes is not who is looked for."""
    found = _values(engine, said, today)
    assert found["provider_name"] == name
    assert not {"specialty", "gender", "language"} & found.keys()


@pytest.mark.parametrize(
    ("said", "network"),
    [("is dr hargrove in network", None), ("is dr hargrove in network s", "Blue Network S")],
)
def test_whether_somebody_is_in_network_names_no_network(
    engine: Engine, today: date, said: str, network: str | None
) -> None:
    """The question is the intent; the slot is for a network's name."""
    assert _values(engine, said, today).get("network") == network


def test_a_letter_is_a_gender_beside_a_doctor_only(engine: Engine, today: date) -> None:
    """Desks write "OB 37129 F"; elsewhere a letter is a letter."""
    assert _values(engine, "OB acc new pts w/in 20mi 37129 F", today)["gender"] == "female"
    assert "gender" not in _values(engine, "pharmacy near 37129 f", today)


@pytest.mark.parametrize(
    ("before", "said", "intent"),
    [
        ("coverage.cost_share", "my medications", "clinical.medications"),
        ("claim.pharmacy", "claims with Dr. Okafor", "claim.list"),
        ("claim.pharmacy", "my claims in 2023", "claim.list"),
        ("claim.last_visit_cost", "now show me my claims in 2023", "claim.list"),
        ("formulary.drug_coverage", "qué listas de medicinas hay", "formulary.drug_lists"),
        ("facility.find", "what about a pharmacy", "pharmacy.find"),
        ("claim.denial", "what can i do about it", "claim.denial"),
        ("claim.last_visit_cost", "why was it so much", "claim.why"),
        ("provider.in_network", "what networks does he take", "plan.networks"),
        ("claim.list", "was the third one paid", "claim.status"),
        ("provider.find", "is the second one in network p", "provider.in_network"),
        ("facility.find", "is the first one in my network", "provider.in_network"),
        ("provider.affiliations", "what about dr moody", "followup.refine"),
        ("claim.denial", "what was on it", "claim.detail"),
        ("claim.denial", "what's the status now", "claim.status"),
        ("claim.detail", "y mis reclamos de julio", "claim.list"),
    ],
)
def test_a_new_question_is_no_change_to_the_old_one(
    engine: Engine, today: date, before: str, said: str, intent: str
) -> None:
    """What the answer before cannot take, or what has a subject of its own, stands for itself."""
    assert engine.understand(said, today=today, context=Context(before, {})).intent == intent


@pytest.mark.parametrize(
    ("said", "intent", "name"),
    [
        ("is dr. beckett with erlanger", "provider.affiliations", "Beckett"),
        ("is CHI Memorial in my network", "provider.in_network", "CHI Memorial"),
        ("oncologist at vanderbilt", "provider.find", "Vanderbilt"),
        ("is dr mcallister still seeing new patients", "provider.detail", "Mcallister"),
    ],
)
def test_a_titled_name_wins_over_an_organization(
    engine: Engine, today: date, said: str, intent: str, name: str
) -> None:
    """Who is asked about is the person; alone, the organisation is the provider."""
    reading = engine.understand(said, today=today)
    assert (reading.intent, reading.slots["provider_name"].value) == (intent, name)


def test_of_two_overlapping_specialties_the_first_is_meant(engine: Engine, today: date) -> None:
    """A speech therapist for my son is no therapist for my son."""
    assert _values(engine, "speech therapist for my son in smyrna", today)["specialty"] == ["235Z00000X"]


@pytest.mark.parametrize(
    ("before", "said", "kept"),
    [
        ("facility.find", "what about a pharmacy", "location"),
        ("claim.spending", "export that", "date_range"),
        ("provider.in_network", "what networks does he take", "provider_name"),
    ],
)
def test_a_related_question_takes_over_what_it_lacks(
    engine: Engine, today: date, before: str, said: str, kept: str
) -> None:
    """The place, the time and the person that were spoken of hold for the next question about the same."""
    context = Context(before, {kept: Slot("said before", "the same")})
    _, slots, _ = engine.after(context, engine.understand(said, today=today, context=context))
    assert slots[kept].value == "the same"


def test_thanks_end_no_topic_and_starting_over_does(engine: Engine, today: date) -> None:
    """After thanks a change still changes the search; after "start over" there is nothing to change."""
    search = Context("provider.find", {"location": Slot("37402", {"zip": "37402"})})
    _, _, after = engine.after(search, engine.understand("thanks", today=today, context=search))
    assert after == search
    _, _, after = engine.after(search, engine.understand("start over", today=today, context=search))
    assert after is None


def test_each_close_reading_has_its_own_slots(engine: Engine, today: date) -> None:
    """Who chooses the second meaning keeps what was said for it."""
    reading = engine.understand("dentist stuff in march 2026", today=today)
    slots = {one.intent: one.slots for one in reading.candidates}
    holding = [name for name in slots if "claim_type" in engine.intents[name].slots]
    assert len(holding) >= 2
    assert {slots[name]["claim_type"].value for name in holding} == {"oral"}


def test_a_question_takes_over_what_it_leaves_open(engine: Engine, today: date) -> None:
    """Kind and place of the search before are those of a new search that names neither; what names them is whole."""
    before = {"specialty": Slot("cardiologist", {"name": "cardiologist"}), "location": Slot("37402", {"zip": "37402"})}
    context = Context("provider.find", before)
    said = "someone who takes new patients and speaks spanish"
    intent, slots = engine.merged(context, engine.understand(said, today=today, context=context))
    assert (intent, slots["location"], slots["specialty"]) == ("provider.find", *reversed(before.values()))
    assert {"language", "accepting_new"} <= slots.keys()
    whole = engine.understand("find me a dentist in Memphis", today=today, context=context)
    _, slots = engine.merged(context, whole)
    assert (slots["location"].text, slots["specialty"].text) == ("Memphis", "dentist")
