"""`bcbst-bot demo`: the newcomer's first minute."""

import io
import re
from datetime import date
from pathlib import Path

import pytest

from bot.cli.rehearsal import demo
from bot.config import Settings
from tests.days import DAY, LAST_VISIT, VISIT_BEFORE, in_words
from tests.shipped import shipped_pack

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
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


@pytest.fixture
async def played(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """What it prints on a day, the tests' own where the test names none."""
    monkeypatch.setattr("bot.app.load_pack", lambda *_: shipped_pack())
    shown, day = io.StringIO(), getattr(request, "param", DAY)
    await demo(Settings(_env_file=None, bot_today=day), shown, io.StringIO())  # type: ignore[call-arg]
    return shown.getvalue()


async def test_the_whole_conversation_is_played_in_order(played: str) -> None:
    """The script against its own payer; tests/commands/test_wheel.py plays it as a process."""
    played_in_order(played)


def _comparable(text: str) -> str:
    """Without what each run has its own of, the code and the port, and wherever the lines break."""
    text = re.sub(r"[A-Z0-9]{4}-[A-Z0-9]{4}", "CODE", re.sub(r"127\.0\.0\.1:\d+", "HERE", text))
    return " ".join(text.split())


@pytest.mark.parametrize("played", [date(2026, 5, 20)], indirect=True)
async def test_the_readme_shows_what_it_prints(played: str) -> None:
    """Word for word, where "…" stands for what the page leaves out."""
    (said,) = re.findall(r"`BOT_TODAY=2026-05-20 make demo`.*?```text\n(.*?)```", README, re.DOTALL)
    left = _comparable(played)
    for part in filter(None, map(_comparable, said.split("…"))):
        assert part in left, "the demo prints it in other words"
        left = left.partition(part)[2]
