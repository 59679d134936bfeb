"""`bcbst-bot demo`: the newcomer's first minute."""

from __future__ import annotations

import io

import pytest

from bot.cli.demo import demo
from bot.config import Settings
from tests.days import DAY, LAST_VISIT, VISIT_BEFORE, in_words
from tests.shipped import shipped_pack

pytestmark = pytest.mark.calendar
STEPS = (
    "A made-up payer runs at http://127.0.0.1:",
    "You: help",
    "You: what did I owe for my last visit",
    "Connect my account",
    "signs in at the payer's page",
    "Dana M. is connected",
    f"$54.87 is your share of your visit on {in_words(LAST_VISIT)} with",
    "You: and the one before that?",
    f"$30.00 is your share of your visit on {in_words(VISIT_BEFORE)} with",
    "You: find an in-network cardiologist near 37402 accepting new patients",
    "Marisol Rivera-Solís, MD",
    "You: only women",
    "Marisol Rivera-Solís, MD",
    "You: unlink",
    "is disconnected from this chat",
)


def played_in_order(shown: str) -> None:
    """Asked before linking, linked with the typed code, answered by itself, followed up, searched, unlinked."""
    at = 0
    for step in STEPS:
        found = shown.find(step, at)
        assert found >= 0, f"{step!r} is missing after {shown[:at][-200:]!r}"
        at = found


async def test_the_whole_conversation_is_played_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script against its own payer; tests/commands/test_wheel.py plays it as a process."""
    monkeypatch.setattr("bot.app.load_pack", lambda *_: shipped_pack())
    shown = io.StringIO()
    await demo(Settings(_env_file=None, bot_today=DAY), shown, io.StringIO())  # type: ignore[call-arg]
    played_in_order(shown.getvalue())
