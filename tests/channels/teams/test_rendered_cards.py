"""The renderer that clients of Teams use, npm's adaptivecards: it parses our cards without a remark of its own."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.channels.teams.dialogs import form_card
from bot.message import Private
from bot.replies.cards import pages
from bot.replies.render import labels_of
from tests.replies.made import CHART, EVERYTHING
from tests.shipped import shipped_pack

PLAYGROUND = Path(__file__).parents[2] / "playground"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (PLAYGROUND / "node_modules" / "adaptivecards").is_dir(),
    reason="no adaptivecards here: see `make playground`",
)
REPLY = Private(intent="claim.owed", language="en", blocks=(*EVERYTHING, CHART))
# The renderer's own faults: it knows no charts, which have a fallback, and its pattern of languages keeps its place
# between two cards, so that it refuses every second one.
KNOWN = ('for property "lang"', '"Chart.')


def _cards() -> list[dict[str, Any]]:
    """A reply of every kind of block, and every form in both languages."""
    pack = shipped_pack()
    made = [page.card for page in pages(REPLY)]
    for language in ("en", "es"):
        for name, offered in pack.offers.forms.items():
            labels = labels_of(pack.words, f"form_{name}", language)
            told = dict.fromkeys(offered.form.fields, "no")
            made += [
                form_card(offered.form, labels, language, {}, {}),
                form_card(offered.form, labels, language, {}, told),
            ]
    return made


def _remarks(cards: list[dict[str, Any]]) -> list[str]:
    said = subprocess.run(  # noqa: S603 -- a script of these tests
        [str(NODE), "cards.cjs"], cwd=PLAYGROUND, input=json.dumps(cards), capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(said.stdout)
    return found


def test_the_renderer_takes_every_kind_of_card() -> None:
    """And finds what is wrong with one that it cannot show."""
    wrong = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlok", "text": "x"}]}
    cards = _cards()
    assert len(cards) > 8
    remarks = [one for one in _remarks([*cards, wrong]) if not any(known in one for known in KNOWN)]
    assert len(remarks) == 1
    assert "TextBlok" in remarks[0]
