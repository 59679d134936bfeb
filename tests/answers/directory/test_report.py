"""The text about a wrong listing: what it says, which records say it, and nothing that the directory does not."""

import pytest

from tests.answers.directory.asking import answered, person, place, role

KIM, MAIN = person("kim", "Minh Kim, DO"), place("main", "1 Main St")
ASKED: dict[str, object] = {"provider_name": "Kim"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("phone", "What is wrong: the phone number"),
        ("address", "What is wrong: the address"),
        ("accepting", "nothing about new patients"),
        ("gone", "isn't there anymore"),
        ("network", "The listing says: Blue Network S"),
    ],
)
async def test_each_kind_names_the_records(wrong: str, said: str) -> None:
    """The plan finds the listing again by the records that make it up."""
    rows = (KIM, MAIN, role("r1", "kim", "main", "S"))
    _, text, _ = await answered("provider.report", *rows, slots=ASKED, wrong=wrong)
    assert said in text
    assert "PractitionerRole" not in text
    _, text, _ = await answered("provider.report", *rows, slots=ASKED, wrong=wrong, technical="yes")
    assert "Records: Practitioner/kim, PractitionerRole/r1, Location/main" in text
    assert "Nothing was sent." in text


@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_kind_that_is_none_asks_again(language: str) -> None:
    """What is wrong is one of five choices, never a text from outside."""
    _, text, _ = await answered(
        "provider.report",
        KIM,
        role("r1", "kim", None, "S"),
        slots=ASKED,
        language="es" if language == "es" else "en",
        wrong="<b>",
    )
    assert "<b>" not in text
    assert ("What is wrong" if language == "en" else "¿Qué está mal") in text
