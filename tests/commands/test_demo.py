"""`bcbst-bot demo` as a process: the newcomer's first minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.running import run
from tests.days import LAST_VISIT, VISIT_BEFORE, in_words

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
    "You: show more",
    "Wendell Crabtree, DO",
    "You: unlink",
    "is disconnected from this chat",
)


def test_the_whole_conversation_is_played_in_order(tmp_path: Path) -> None:
    """Asked before linking, linked with the typed code, answered by itself, followed up, searched, unlinked."""
    done = run(tmp_path, "demo")
    assert done.returncode == 0
    assert done.stderr == ""
    at = 0
    for step in STEPS:
        found = done.stdout.find(step, at)
        assert found >= 0, f"{step!r} is missing after {done.stdout[:at][-200:]!r}"
        at = found
    assert list(tmp_path.iterdir()) == []
