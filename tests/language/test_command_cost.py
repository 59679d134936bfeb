"""A command's words cost as much as a message's, whatever they repeat: what is looked through is bounded (T49)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from bot.conversation.slash_commands import Commands
from bot.language.engine import Engine
from bot.language.reading import Slot
from bot.message import Message, OneToOne, Person
from tests.shipped import shipped_pack

TODAY = date(2026, 5, 20)
PERSON = Person("slack", "", "T1", "U1")
TEXTS = [
    "from june 1 2024 to july 3 2025 " * 150,
    "cu\u00e1nto debo de mi \u00faltima visita con el doctor y " * 100,
    "dr smith and dr jones or " * 200,
    "network,,network," * 300,
    "near:anterior " * 400,
    "near:card, network:know " * 200,
    "a:b " * 1_000,
    "what:ever near:37402 " * 250,
]


class Counted(Engine):
    """The pack's engine, which knows how much it was asked to look through."""

    looked = 0

    def slots_in(self, text: str, *, today: date) -> Mapping[str, Slot]:  # type: ignore[override] # as it is called
        """As ever."""
        Counted.looked += len(text)
        return super().slots_in(text, today=today)


@pytest.fixture
def engine() -> Engine:
    """Counting."""
    made = shipped_pack().engine
    copy = Counted.__new__(Counted)
    copy.__dict__.update(made.__dict__)
    Counted.looked = 0
    return copy


@pytest.mark.threat("T49")
@pytest.mark.attack("a command that takes the processor")
@pytest.mark.parametrize("command", ["/bcbst", "/bcbst-find", "/bcbst-network", "/bcbst-compare"])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_command_looks_through_its_words_again_and_again(engine: Engine, text: str, command: str) -> None:
    """At most about one message's length, also where hundreds of options or sides could be tried."""
    commands = Commands(engine)
    request = commands.request(Message("m", PERSON, OneToOne("D"), text[:4_000], command=command), TODAY)
    if request is not None:
        commands.asked(request, engine.understand(request.options.said, today=TODAY), TODAY)
    assert Counted.looked <= 6_000


@pytest.mark.parametrize("key", ["near", "whatever"])
def test_the_option_that_is_one_too_many_is_told(engine: Engine, key: str) -> None:
    """It is not left out in silence: the person reads which one was not taken."""
    commands = Commands(engine)
    text = " ".join(["near:37402"] * 16 + [f"{key}:37403"] * 5)
    request = commands.request(Message("m", PERSON, OneToOne("D"), text, command="/bcbst-find"), TODAY)
    assert request is not None
    asked = commands.asked(request, engine.understand(request.options.said, today=TODAY), TODAY)
    faults = request.faults(asked)
    told = [one.key for name in ("unknown", "unread") for one in faults[name]]  # type: ignore[attr-defined]
    assert told == [key]
