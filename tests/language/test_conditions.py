"""Conditions of a search beside its kind and place: limits, order, states, hours, codes, kinds of care."""

from datetime import date

import pytest

from bot.language.codes import is_npi
from bot.language.engine import Engine


def _value(engine: Engine, said: str, today: date, slot: str) -> object:
    found = engine.slots_in(said, today=today).get(slot)
    return found.value if found else None


@pytest.mark.parametrize(
    ("said", "over", "under"),
    [
        ("claims over $100", "100", None),
        ("show claims more than a hundred dollars", "100", None),
        ("claims of at least 250.50", "250.50", None),
        ("claims of $1,200 or more", "1200", None),
        ("claims > $75", "75", None),
        ("reclamos de más de 100", "100", None),
        ("reclamos mayores a doscientos dólares", "200", None),
        ("which claims charged me over 200", "200", None),
        ("claims under 300 this year", None, "300"),
        ("claims of no more than $80", None, "80"),
        ("reclamos de menos de 50 dólares", None, "50"),
        ("claims between $50 and $80.50", "50", "80.50"),
        ("reclamos entre 50 y 80 dólares", "50", "80"),
    ],
)
def test_an_amount_can_be_a_limit(engine: Engine, today: date, said: str, over: str | None, under: str | None) -> None:
    """In dollars, as a decimal; in figures or words, from below or above; and it is no amount that was billed."""
    found = [_value(engine, said, today, slot) for slot in ("amount_over", "amount_under", "amount")]
    assert found == [over, under, None]


@pytest.mark.parametrize(
    "said",
    [
        "doctors for patients over 65",
        "claims since 2023 over 6 visits",
        "a cardiologist under 10 miles away",
        "metformin over 500 mg",
        "my claims over the last 90 days",
        "they charged me over $200, is that right",
    ],
)
def test_what_counts_no_dollars_is_no_limit(engine: Engine, today: date, said: str) -> None:
    """Years, visits, miles, milligrams, days; and what somebody was charged is an amount to check."""
    found = engine.slots_in(said, today=today)
    assert not {"amount_over", "amount_under"} & found.keys()


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("biggest claim this year", "order", "biggest"),
        ("mi reclamo más caro", "order", "biggest"),
        ("my cheapest visits", "order", "smallest"),
        ("the oldest claim", "order", "oldest"),
        ("my claims, newest first", "order", "newest"),
        ("denied claims", "state_of_claim", "denied"),
        ("reclamos pendientes", "state_of_claim", "pending"),
        ("unpaid bills from march", "state_of_claim", "unpaid"),
        ("out of network claims", "state_of_claim", "out_of_network"),
        ("a therapist by video", "telehealth", True),
        ("citas virtuales con un psiquiatra", "telehealth", True),
        ("wheelchair accessible dentist in memphis", "wheelchair", True),
        ("dentista con acceso para silla de ruedas", "wheelchair", True),
        ("therapist for kids in nashville", "age_group", "child"),
        ("a therapist who sees teenagers", "age_group", "teen"),
        ("a dentist for my 5 year old", "age_group", "child"),
        ("a therapist for my 15-year-old", "age_group", "teen"),
        ("a doctor who sees a 70-year-old", "age_group", "senior"),
        ("pediatrician for my toddler", "age_group", "child"),
        ("dentista para mi hijo de 5 años", "age_group", "child"),
        ("show me the claims that were paid", "state_of_claim", "paid"),
        ("what have I paid for dialysis this year", "service", "dialysis"),
        ("cuánto pagué por resonancias", "service", "mri"),
        ("copay for urgent care", "service", "urgent_care"),
    ],
)
def test_a_condition_is_heard(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """In both languages, with the pack's own value."""
    assert _value(engine, said, today, slot) == value


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("urgent care open now near 37402", {"now": True}),
        ("farmacia abierta ahora", {"now": True}),
        ("pharmacy open 24 hours", {"all_day": True}),
        ("urgent care open saturday evening", {"weekday": "sat", "part": "evening"}),
        ("dentist open on saturdays", {"weekday": "sat"}),
        ("dentista que abra los sábados", {"weekday": "sat"}),
        ("clinic open on weekends", {"weekday": "weekend"}),
        ("a pharmacy open late", {"part": "late"}),
        ("is there a pharmacy open after 9pm", {"after": "21:00"}),
        ("an office open at 7 am", {"at": "07:00"}),
        ("urgent care open until 6:30 p.m.", {"until": "18:30"}),
        ("urgent care open saturday till 6", {"weekday": "sat", "until": "18:00"}),
        ("an office open before 8", {"before": "08:00"}),
        ("a clinic open at 19:00", {"at": "19:00"}),
        ("a pharmacy open past midnight", {"after": "24:00"}),
        ("dentista abierto hasta las 6 de la tarde", {"until": "18:00"}),
        ("farmacia que atienda a partir de las 5", {"after": "17:00"}),
        ("farmacia abierta a las 12 de la noche", {"at": "24:00"}),
        ("clínica abierta el domingo hasta mediodía", {"weekday": "sun", "until": "12:00"}),
        ("a doctor with morning appointments", {"part": "morning"}),
        ("urgent care open today", {"weekday": "sun"}),
        ("clinic open sat between 9 and noon", {"weekday": "sat", "after": "09:00", "before": "12:00"}),
        ("an office open from 8 to 6", {"from": "08:00", "until": "18:00"}),
        ("a dentist open 9-5", {"from": "09:00", "until": "17:00"}),
        ("a pharmacy open 8 to 11 pm", {"from": "20:00", "until": "23:00"}),
        ("a pharmacy open 10pm to 6am", {"from": "22:00", "until": "06:00"}),
        ("a lab open before I go to work at 6:30 in the morning", {"before": "06:30"}),
        ("dialysis open mon wed fri early", {"weekday": ["mon", "wed", "fri"], "part": "early"}),
        ("urgent care open past 8 on weeknights", {"weekday": "weekday", "after": "20:00"}),
        ("farmacia abierta entre las 9 y las 12", {"after": "09:00", "before": "12:00"}),
        ("clínica abierta de 8 a 6", {"from": "08:00", "until": "18:00"}),
    ],
)
def test_hours_are_heard(engine: Engine, today: date, said: str, value: object) -> None:
    """Now, around the clock, a day, a part of a day."""
    found = engine.slots_in(said, today=today)
    assert found["open_at"].value == value
    assert "date_range" not in found


@pytest.mark.parametrize("said", ["primary care open within 10 miles after 2 visits", "what did I pay after 5 pm"])
def test_a_number_that_counts_something_is_no_time(engine: Engine, today: date, said: str) -> None:
    """Nor is a time of day where nothing is to be open."""
    assert "open_at" not in engine.slots_in(said, today=today)


@pytest.mark.parametrize(
    "said", ["my claims from saturday", "how much was that visit tuesday", "the appointment last monday"]
)
def test_a_day_of_the_past_is_no_opening_time(engine: Engine, today: date, said: str) -> None:
    """A weekday is a time of a claim unless something is to be open on it."""
    found = engine.slots_in(said, today=today)
    assert "open_at" not in found
    assert "date_range" in found


@pytest.mark.parametrize(
    ("number", "valid"),
    [("1234567893", True), ("1245319599", True), ("1234567890", False), ("3234567893", False), ("123456789", False)],
)
def test_an_npi_has_a_check_digit(number: str, valid: bool) -> None:
    """Ten digits that begin with 1 or 2, the last one by Luhn over 80840 and the others."""
    assert is_npi(number) is valid


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("is npi 1234567893 in network S", "npi", "1234567893"),
        ("tin 62-1234567", "tin", "621234567"),
        ("tax id 621234567", "tin", "621234567"),
        ("207RC0000X near 37402", "nucc", "207RC0000X"),
        ("207rc0000x near 37402", "specialty", ["207RC0000X"]),
        ("copay for cpt 99213", "procedure_code", "99213"),
        ("claims with code J1745", "procedure_code", "J1745"),
        ("is ndc 0002-8215-01 covered", "ndc", "0002-8215-01"),
    ],
)
def test_a_code_is_known_by_its_form(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """What staff type; none of them is a claim's number, a ZIP or a name."""
    found = engine.slots_in(said, today=today)
    assert found[slot].value == value
    assert not {"claim_id", "provider_name"} & found.keys()
