"""Which conditions of a question about claims its answer holds, so that none is dropped unsaid."""

from collections.abc import Mapping
from typing import Literal

from bot.kit.ask import Ask, Summary
from bot.kit.wanted import ClaimWish

_HELD_BY: Mapping[str, tuple[str, ...]] = {
    "against": ("sides", "difference", "so"),
    "always": ("so", "part", "of"),
    "gap_of": ("gap",),
    "had_times": ("so", "sizes", "only", "choices"),
    "in_order": ("in_order",),
    "never_before": ("sets",),
    "nth_of": ("nth",),
    "only_one_of": ("only",),
    "same_time": ("shared",),
    "than_all": ("whom", "sides"),
    "weekend": ("weekdays",),
}
"""The fields of an answer, of its conditions or of its ranking, one of which holds what the words of a class state."""


def others_that_may_hold(ask: Ask) -> tuple[Literal["days", "sums", "two"], ...]:
    """Return how intents tell of claims that may hold what the answer of another one does not."""
    return ("sums",) if "money" in ask.asked.says else ("days", "two")


def untaken(ask: Ask, summary: Summary) -> str | None:
    """Return the words of the conditions that no field of an answer about claims holds; None if each is held."""
    if not isinstance(getattr(summary, "wanted", None), ClaimWish) or ask.asked.form == "reason":
        return None
    parts = (summary, ask.wish, *(getattr(summary, name, None) for name in ("wanted", "most")))
    fields = [(part, name) for part in parts for name in getattr(part, "__struct_fields__", ())]
    held = {name for part, name in fields if (told := getattr(part, name)) is False or told}  # no is an answer too
    says = ask.asked.says
    left = (says[name] for name, by in _HELD_BY.items() if name in says and held.isdisjoint(by))
    return ", ".join(dict.fromkeys(left)) or None
