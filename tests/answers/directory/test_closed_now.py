"""What is said where every place is closed at the moment, and when they open."""

import sys
from datetime import datetime
from typing import Any

import pytest

from bot.kit import opening
from bot.replies.plain import plain
from tests.stage import Stage

NONE = "No urgent care centers are open now within 10 miles of 37402."
NINGUNO = "No hay centros de atención urgente que atiendan ahora a menos de 10 millas de 37402."


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("hour", "asked", "said", "when"),
    [
        (3, "urgent care open now near 37402", NONE, "all open at 8 am today:"),
        (23, "urgent care open now near 37402", NONE, "all open at 8 am tomorrow:"),
        (23, "urgencias abiertas ahora cerca de 37402", NINGUNO, "abre mañana a las 8:00 a. m.:"),
        (
            3,
            "wheelchair accessible urgent care open now near 37402",
            "No urgent care centers with wheelchair",
            "today:",
        ),
    ],
)
async def test_nothing_is_open_and_one_line_says_when_all_of_them_open(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, hour: int, asked: str, said: str, when: str
) -> None:
    """The day is today's after midnight, and no place is named twice."""
    local = opening.local_time

    def at_night(*arguments: Any) -> datetime:
        return local(*arguments).replace(hour=hour)

    for module in ("bot.kit.opening", "bot.kit.sites"):
        monkeypatch.setattr(sys.modules[module], "local_time", at_night)
    talk = stage.somebody()
    await talk.connect("dana")
    [*_, reply] = await talk.say(asked)
    text = plain(reply.blocks)
    await talk.leave()
    assert text.startswith(said), text
    assert when in text, text
    assert text.count("Three Rivers") == 1
