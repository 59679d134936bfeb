"""`key:value` options of commands: what they give, and what is said of those that give nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.slash_commands import Commands
from bot.language.options import Options, read_options
from bot.message import Message, Person, Shared
from tests.answers.asking import pack

TODAY = date(2026, 5, 20)
KINDS = (
    *("specialty", "location", "radius", "gender", "language", "accepting_new", "network", "provider_name", "npi"),
    *("telehealth", "wheelchair", "open_at", "age_group", "organization", "amount_over", "order", "service"),
)


def options(text: str) -> Options:
    """The options of a text for a command that finds providers."""
    return read_options(pack().engine, text, KINDS, TODAY)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("zip:37402", "location", {"zip": "37402"}),
        ("zip:37402-1234", "location", {"zip": "37402"}),
        ("city:Memphis", "location", {"city": "Memphis", "state": "TN"}),
        ("county:Hamilton", "location", {"county": "Hamilton", "state": "TN"}),
        ("near:me", "location", "me"),
        ("radius:10", "radius", 10),
        ("within:25mi", "radius", 25),
        ("gender:female", "gender", "female"),
        ("genero:mujer", "gender", "female"),
        ("language:es", "language", "es"),
        ("language:Spanish", "language", "es"),
        ("speaks:vietnamese", "language", "vi"),
        ("accepting:yes", "accepting_new", True),
        ('network:"Blue Network S"', "network", "Blue Network S"),
        ("network:“network p”", "network", "Blue Network P"),
        ("network:Z", "network", "Network Z"),
        ('name:"de la Cruz"', "provider_name", "de la Cruz"),
        ("NAME:kim", "provider_name", "Kim"),
        ("npi:1234567893", "npi", "1234567893"),
        ("telehealth:yes", "telehealth", True),
        ("accesible:sí", "wheelchair", True),
        ("open:now", "open_at", {"now": True}),
        ("open:saturday", "open_at", {"weekday": "sat"}),
        ("ages:children", "age_group", "child"),
        ('group:"Galen Medical Group"', "organization", "Galen Medical Group"),
        ("over:$1,200", "amount_over", "1200"),
        ("sort:oldest", "order", "oldest"),
        ("service:dialysis", "service", "dialysis"),
        ("state:TN", "location", {"state": "TN"}),
        ("estado:Tennessee", "location", {"state": "TN"}),
        ('near:"Hamilton County"', "location", {"county": "Hamilton", "state": "TN"}),
        ("open:evening", "open_at", {"part": "evening"}),
        ('horario:"24 horas"', "open_at", {"all_day": True}),
        ("abierto:noche", "open_at", {"part": "night"}),
        ("ages:7", "age_group", "child"),
        ('edades:"adultos mayores"', "age_group", "senior"),
        ("network:S", "network", "Blue Network S"),
    ],
)
def test_an_option_gives_its_value(text: str, kind: str, value: object) -> None:
    """Each key gives a slot value of its type, however it is written."""
    found = options(text)
    assert found.slots[kind].value == value
    assert (found.words, found.unknown, found.unread) == ("", (), ())


@pytest.mark.parametrize(
    ("text", "kind", "values", "how", "excluded"),
    [
        ('network:"S and P"', "network", ("Blue Network S", "Blue Network P"), "and", False),
        ("network:S network:P", "network", ("Blue Network S", "Blue Network P"), "or", False),
        ("network:S network:P match:all", "network", ("Blue Network S", "Blue Network P"), "and", False),
        ("red:S red:P combina:ninguna", "network", ("Blue Network S", "Blue Network P"), "or", True),
        ("match:none network:P", "network", ("Blue Network P",), None, True),
        ('network:"not P"', "network", ("Blue Network P",), None, True),
        ('gender:"not male"', "gender", ("male",), None, True),
        ('género:"no mujer"', "gender", ("female",), None, True),
        ("county:Hamilton county:Knox", "location", ("Hamilton", "Knox"), "or", False),
        ('near:"Memphis or Nashville"', "location", ("Memphis", "Nashville"), "or", False),
    ],
)
def test_not_and_and_or_are_heard_in_options(
    text: str, kind: str, values: tuple[str, ...], how: str | None, excluded: bool
) -> None:
    """As in words: a key that is given twice means any of its values, and networks say how they are meant."""
    slot = options(text).slots[kind]
    named = [one.get("county") or one.get("city") if isinstance(one, dict) else one for one in slot.every]
    assert (tuple(named), slot.how, slot.excluded) == (values, how, excluded)


@pytest.mark.parametrize("text", ["match:all", 'network:S network:"not P"', "network:S match:perhaps"])
def test_what_no_slot_can_hold_is_told(text: str) -> None:
    """How networks are meant without one, and a network that is wanted beside one that is not."""
    assert len(options(text).unread) == 1


def test_any_asks_for_nothing() -> None:
    """A choice of anybody is no filter."""
    assert options("gender:any network:any radius:any").slots == {}


def test_an_option_that_another_intent_of_the_command_takes_is_told() -> None:
    """A pharmacy has no gender: the answer says that it was not looked for."""
    commands, said = Commands(pack().engine), "pharmacy near 37402 gender:female telehealth:yes"
    message = Message("1", Person("slack", "", "T", "U"), Shared("C"), said, command="/bcbst-find")
    request = commands.request(message, TODAY)
    assert request is not None
    asked = commands.asked(request, pack().engine.understand(request.options.said, today=TODAY), TODAY)
    assert (asked.intent, {name: slot.text for name, slot in asked.unmet.items()}) == (
        "pharmacy.find",
        {"gender": "female", "telehealth": "telehealth"},
    )


def test_plain_words_stay_beside_the_options() -> None:
    """What is no option is left as it was typed; a web address and a time of day are none."""
    found = options("cardiologist zip:37402 see https://example.org 8:30 please")
    assert found.words == "cardiologist see https://example.org 8:30 please"
    assert set(found.slots) == {"location"}


def test_a_no_asks_for_nothing() -> None:
    """`accepting:no` is no filter: nobody looks for those who take nobody."""
    assert options("accepting:no").slots == {}


@pytest.mark.parametrize(
    ("key", "near"), [("speciality", "specialty"), ("netwrk", "network"), ("codigo_postal_zzz", None)]
)
def test_an_unknown_key_names_the_nearest(key: str, near: str | None) -> None:
    """The person learns which key was meant, when one is near enough."""
    [unknown] = options(f"{key}:x").unknown
    assert (unknown.key, unknown.near) == (key, near)


@pytest.mark.parametrize(
    "text", ["radius:0", "radius:far", "zip:nowhere", "zip:374", "county:Atlantis", "gender:7", "accepting:maybe"]
)
def test_a_value_that_means_nothing_is_told(text: str) -> None:
    """It is neither guessed nor left out in silence."""
    [unread] = options(text).unread
    assert f"{unread.key}:{unread.value}" == text


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Nothing raises, and every option that was taken out is accounted for."""
    found = options(text)
    assert not found.slots or found.said
    assert len(found.words) <= len(text)


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_any_value_is_read(kind: str, value: str) -> None:
    """A value is read or reported, whatever it is; it never becomes another key's."""
    key = next(key for key, of in pack().engine.lexicon.options["en"] if of == kind)
    clean = " ".join(value.replace('"', "").split())
    found = options(f'{key}:"{clean}"')
    assert set(found.slots) <= {kind}
    assert found.unknown == ()
