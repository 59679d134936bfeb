"""The form of a question, which one of several it asks for, and for whom: by its own words, in either language."""

from typing import Any

import pytest

from bot.kit import Ask, asks_for_client, asks_one, form_asked
from tests.kit.money import asking

FORMS = {
    "amount": ["how much is eliquis", "what do I owe and to whom", "cuánto sale el losartán", "¿qué precio tiene?"],
    "date": ["when was my last flu shot and how much", "what day did I see her", "¿cuándo fue la última cita?"],
    "who": ["who do I owe the most money to", "¿a quién le debo más?"],
    "which": ["which one was the most expensive", "¿cuál fue la más cara?"],
    "reason": ["why was the most expensive one denied", "¿por qué cuesta tanto?"],
    None: ["is therapy covered", "my claims", "cuánto tiempo tengo para apelar", "está cubierta la metformina", ""],
}
CLIENTS = {
    "member wants an in network orthopedist around Hixson": True,
    "find a dentist for a patient in Hixson": True,
    "busco un ortopeda para un paciente": True,
    "un afiliado necesita un dentista": True,
    "find a doctor who takes new patients": False,
    "what is my member id": False,
    "busco un dentista que acepte pacientes nuevos": False,
}
"""Whether somebody is spoken of whom the asker serves."""


def _said(words: str, **slots: Any) -> Ask:
    return asking(slots=slots, said=words)


@pytest.mark.parametrize(("form", "words"), [(form, one) for form, some in FORMS.items() for one in some])
def test_the_words_that_come_first_tell_the_form(form: str | None, words: str) -> None:
    """Of several the first; a button and a yes or no question have none."""
    assert form_asked(_said(words)) == form


@pytest.mark.parametrize(
    ("words", "order", "one"),
    [
        ("which one was the most expensive", "biggest", True),
        ("what was my cheapest visit", "smallest", True),
        ("cuál reclamación fue la más cara", "biggest", True),
        ("show my most expensive claims", "biggest", False),
        ("why was the most expensive visit denied", "biggest", False),
        ("when was my most expensive visit", "biggest", False),
        ("which claims were denied", None, False),
        ("which is the newest", "newest", False),
    ],
)
def test_one_by_its_size_is_one(words: str, order: str | None, *, one: bool) -> None:
    """Not a list in that order, nor why or when it was."""
    assert asks_one(_said(words, **({"order": order} if order else {}))) is one


@pytest.mark.parametrize("words", CLIENTS)
def test_who_serves_somebody_is_told_from_who_asks_for_themself(words: str) -> None:
    """A patient that is wanted for is somebody's; new patients are nobody's."""
    assert asks_for_client(_said(words)) is CLIENTS[words]
