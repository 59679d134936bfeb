"""The language engine alone: a sentence, the worst long message, and loading the pack. Prints one JSON object."""

import gc
import json
import statistics
import time
from datetime import date

from bot.language.engine import Engine
from bot.pack import find_pack, load_pack

_LENGTH = 4_000
_ROUNDS = 3
_TODAY = date(2026, 7, 1)
_HOSTILE = (
    "a",
    "9",
    "a1 ",
    "in ",
    "last ",
    "claim ",
    "\u00e9\u0301",
    "cardiolgist ",
    "dr smith ",
    "37402 ",
    "1/2/2024 ",
    "between may and june ",
    "what did i owe for my last visit ",
    "quien es mi doctor en memphis ",
    "{{7*7}} <!channel> ",
    "((((",
)


def measure() -> dict[str, float]:
    """Seconds of CPU to load the pack; milliseconds of a sentence and of the worst of the hostile messages."""
    gc.disable()  # as every command does until it serves
    started = time.process_time()
    pack = load_pack(find_pack())
    loaded = time.process_time() - started
    gc.enable()
    engine = pack.engine
    examples = [text for rules in engine.intents.values() for some in rules.examples.values() for text in some]
    times = sorted(min(_read(engine, text) for _ in range(_ROUNDS)) for text in examples)
    hundredths = statistics.quantiles(times, n=100, method="inclusive")
    worst = max(_read(engine, (part * _LENGTH)[:_LENGTH]) for part in _HOSTILE)
    return {"pack": loaded, "sentences": len(examples), "p50": hundredths[49], "p99": hundredths[98], "worst": worst}


def _read(engine: Engine, text: str) -> float:
    """Milliseconds, by the clock outside."""
    started = time.perf_counter()
    engine.understand(text, today=_TODAY)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    print(json.dumps(measure()))  # noqa: T201 -- the starter reads it
