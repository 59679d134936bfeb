"""What keeps something is asked only by words that tell it: a question, a "not" and a plan get the answer beside it."""

from datetime import date

import pytest

from bot.language.engine import Engine

SURE = 0.85
SENT, RESULT, CALL, STATUS = "appeal.sent", "appeal.result", "appeal.call", "appeal.status"


@pytest.mark.parametrize(
    "said",
    [
        "I haven't sent the appeal yet", "I never sent the appeal", "the appeal has not been sent",
        "I almost sent the appeal yesterday", "did I send the appeal on Monday?", "was the appeal sent",
        "¿ya mandé la apelación?", "casi mando la apelación ayer",
        "was my appeal approved", "has my appeal been approved", "they haven't approved my appeal yet",
        "why wasn't my appeal approved", "my appeal should be approved", "are they going to pay my appeal",
        "who won the appeal", "¿ya aprobaron mi apelación?", "no sé si aprobaron mi apelación",
        "did they uphold the denial", "my appeal is not approved yet", "they approved my appeal, right?",
        "nobody approved my appeal", "I don't know if they approved my appeal",
        "was my reference number 55018", "I spoke to nobody on Monday", "I never called them",
    ],
)  # fmt: skip
def test_what_is_asked_or_denied_is_not_kept(engine: Engine, today: date, said: str) -> None:
    """The answer beside the act comes, and the act is a button where words of it were heard in doubt."""
    reading = engine.understand(said, today=today)
    assert reading.intent == STATUS
    assert "question" not in reading.slots
    assert not {"date_range", "date_ahead"} & reading.slots.keys()
    assert reading.score > SURE or {SENT, RESULT, CALL}.intersection(reading.offers)
