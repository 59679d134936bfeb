"""The operator's page: every kind of question and of what was not understood under a name that people would say."""

import re

import pytest

from bot.message import Language
from bot.ops.metrics import Counted
from tests.shipped import shipped_pack
from tests.shots.still import counts

UNREAD = ("not_understood", "menu", "choices", "no_list", "place", "button_over")


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_name_of_a_file_or_a_class_is_shown(language: Language) -> None:
    """Each in a month of its own, for a page has the most frequent alone."""
    for kind, names in (("answered", (*shipped_pack().engine.intents,)), ("unread", UNREAD)):
        for name in names:
            page = counts(language, [Counted("2026-05", kind, (name, language), 10, enough=True)])
            [shown] = re.findall(r'<th scope="row">([^<]+)<svg', page)
            assert shown.strip()
            assert "." not in shown, name
            assert "_" not in shown, name


def test_what_is_good_and_what_is_not_is_said_in_words() -> None:
    """Nine of ten understood are good; two of ten with a fault are not."""
    asked = Counted("2026-05", "answered", ("claim.list", "en"), 90, enough=True)
    missed = Counted("2026-05", "unread", ("choices", "en"), 10, enough=True)
    fault = Counted("2026-05", "fault", ("PayerSlow",), 20, enough=True)
    assert re.findall(r"(\d+)% <small class=\"(\w+)\">", counts("en", [asked, missed, fault])) == [
        ("90", "good"),
        ("20", "bad"),
    ]
