"""The sandbox's sign-in pages in Spanish."""

import re
from pathlib import Path

import pytest

from bot.sandbox.authorization.endpoints import SPANISH, language_of

PAGES = Path(__file__).parents[3] / "bot" / "sandbox" / "pages"


def test_every_text_of_the_pages_has_its_spanish() -> None:
    """None is left in English, and none is left over but those that the endpoints say."""
    said = {text for page in PAGES.glob("*.html") for text in re.findall(r'\b_\("([^"]+)"\)', page.read_text("utf-8"))}
    assert len(said) > 15
    assert said - SPANISH.keys() == set()
    assert [text for text in SPANISH.keys() - said if not text.endswith("start again.")] == []


@pytest.mark.parametrize(
    ("wanted", "language"), [("es", "es"), ("es-US,es;q=0.9,en;q=0.5", "es"), ("fr en-US es", "en"), ("", "en")]
)
def test_the_first_language_that_is_spoken(wanted: str, language: str) -> None:
    """As `ui_locales` and Accept-Language put it."""
    assert language_of(wanted) == language
