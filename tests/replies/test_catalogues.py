"""The catalogues of the pack: complete, up to date, and with the same figures in each language."""

import re
import shutil
from pathlib import Path

from bot.replies.catalogues import faults, read_catalogues
from bot.replies.messages import scan, sources
from bot.replies.update import update
from tests.shipped import shipped_pack

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_HOUR = re.compile(r"\{hour\}:00")  # Spanish writes a full hour out


def test_every_message_is_translated_and_none_is_left_over() -> None:
    """What stops a start, looked at for the pack that ships."""
    templates = shipped_pack().templates
    assert list(faults(templates, read_catalogues(templates))) == []


def test_every_translation_has_the_figures_of_its_message() -> None:
    """10 minutes are not 15 in another language."""
    found = [
        (message, text)
        for catalogue in read_catalogues(shipped_pack().templates).values()
        for message, texts in catalogue.forms.items()
        for source, text in zip((message.one, message.many or message.one), (*texts, *texts), strict=False)
        if _figures(source) != _figures(text)
    ]
    assert found == []


def _figures(text: str) -> set[str]:
    """Once each: a legal text that must stand in English comes again in Spanish."""
    return set(_FIGURE.findall(_HOUR.sub("{hour}", text)))


def test_the_catalogues_are_as_the_update_writes_them(tmp_path: Path) -> None:
    """A translator's tool and a second author see no change but their own."""
    shutil.copytree(shipped_pack().templates, tmp_path / "templates")
    assert update(tmp_path / "templates") == []


def test_templates_have_messages() -> None:
    """The tests above look at something."""
    found = [path for path in sources(shipped_pack().templates) for _ in scan(path.read_text(encoding="utf-8"))]
    assert len(found) > 40
