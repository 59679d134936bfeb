"""A question about the directory is not told that words which carry no condition were left unused."""

import re
from datetime import date
from pathlib import Path

from bot.language.engine import Engine
from bot.language.rules import read_yaml

_INTENTS = Path(__file__).parents[2] / "intents"
_ROOMS = ("provider", "facility", "pharmacy", "plan", "endpoint")
# Names that another reading takes, and what the writer says of herself.
_TOLD = {"white", "Memorial", "name", "Ruth"}


def test_no_example_of_the_directory_leaves_an_empty_word(engine: Engine, today: date) -> None:
    """The verbs of a condition ("speaks", "sold", "trabaja") and its units ask for nothing of their own."""
    left = {}
    for room in _ROOMS:
        for file in sorted((_INTENTS / room).glob("*.yaml")):
            for said in [one for some in read_yaml(file, file.name)["examples"].values() for one in some]:
                reading = engine.understand(said, today=today)
                words = {word for word in reading.unused if word not in _TOLD and not re.search(r"\d", word)}
                if reading.intent == f"{room}.{file.stem}" and words:
                    left[said] = words
    assert left == {}
