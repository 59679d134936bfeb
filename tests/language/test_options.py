"""`key:value` options of commands: what they give, and what is said of those that give nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.options import Options, read_options
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
        ("network:Z", "network", "Z"),
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
    ],
)
def test_an_option_gives_its_value(text: str, kind: str, value: object) -> None:
    """Each key gives a slot value of its type, however it is written."""
    found = options(text)
    assert found.slots[kind].value == value
    assert (found.words, found.unknown, found.unread) == ("", (), ())


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
    key = next(key for key, of in pack().engine.lexicon.options["en"].items() if of == kind)
    clean = " ".join(value.replace('"', "").split())
    found = options(f'{key}:"{clean}"')
    assert set(found.slots) <= {kind}
    assert found.unknown == ()
