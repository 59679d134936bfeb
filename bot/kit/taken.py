"""Finds the conditions of a question about claims that its answer leaves out, so that the reply can say so."""

from collections.abc import Mapping
from typing import Literal

from bot.kit.ask import Ask, Summary
from bot.kit.claim_filter import ClaimFilter

_HELD_BY: Mapping[str, tuple[str, ...]] = {
    "against": ("sides", "difference", "so", "others"),
    "always": ("so", "part", "of"),
    "gap_of": ("gap",),
    "had_times": ("so", "sizes", "only", "choices", "others"),
    "in_order": ("in_order",),
    "never_before": ("sets",),
    "nth_of": ("nth",),
    "only_one_of": ("only", "difference"),
    "same_time": ("shared",),
    "than_all": ("whom", "sides"),
    "weekend": ("weekdays",),
}
"""By a class of words, the fields of an answer, its conditions or its ranking; if one is set, the words were used."""


def others_that_may_hold(ask: Ask) -> tuple[Literal["days", "sums", "two"], ...]:
    """Return the `tells` values of the intents to try if an answer leaves a condition out, first one first.

    The result is ("sums",) for a question about money, otherwise ("days", "two").
    """
    return ("sums",) if "money" in ask.asked.says else ("days", "two")


def untaken(ask: Ask, summary: Summary) -> str | None:
    """Return the words of the conditions that the answer leaves out, joined by ", "; None if there are none.

    Only answers with conditions on claims are checked, and not those to a question about a reason.
    """
    if not isinstance(getattr(summary, "wanted", None), ClaimFilter) or ask.asked.form == "reason":
        return None
    parts = (summary, ask.claim_filter, *(getattr(summary, name, None) for name in ("wanted", "most")))
    fields = [(part, name) for part in parts for name in getattr(part, "__struct_fields__", ())]
    held = {name for part, name in fields if (told := getattr(part, name)) is False or told}  # no is an answer too
    says = ask.asked.says
    left = (says[name] for name, by in _HELD_BY.items() if name in says and held.isdisjoint(by))
    return ", ".join(dict.fromkeys(left)) or None
