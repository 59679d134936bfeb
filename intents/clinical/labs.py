"""Lab results as recorded: value, unit and reference range, and the last five results of a test."""

import re
from typing import Literal

from msgspec.structs import replace

from bot import kit

DoctorAsked = Literal["ordered", "seen"]
"""What the results do not tell: who ordered a test or is asked about it, and whether the doctor has seen it."""
_SENTENCE = re.compile(r"[^.?!]+[.?!]?")


async def answer(ask: kit.Ask) -> kit.TestsOnRecord:
    """Return the lab results by test, newest first; results with a sensitivity label only if a button asks for them."""
    ask = replace(ask, slots={}) if "in_both" in ask.asked.says else ask  # "both times or just the one in April"
    asks = [one for one in _SENTENCE.findall(ask.said) if one[-1] not in ".!"]  # which test it is stands there
    if any(one.endswith("?") and not ask.asked.tests.keys().isdisjoint(kit.words_of(one)) for one in asks):
        ask = replace(ask, said="".join(asks).strip())
    found = await kit.tests_of(ask, "laboratory")
    if found.without or found.asks.limits:
        return found
    if not found.named and (course := kit.course_asked(ask)):
        taking = tuple(test for test in found.of if kit.follows(test.results, course))
        return replace(found, course=course, taking=taking, rows=taking or found.rows, more=False)
    says = ask.asked.says
    if not found.named and found.outside and "only_outside" in says:
        found = replace(found, rows=found.outside, more=False)
    doctor_asked: DoctorAsked | None = "ordered" if "who_ordered" in says else "seen" if "looked_at" in says else None
    days = [test.newest.day for test in found.of if test.newest.day and not doctor_asked and "results_in" in says]
    found = replace(found, arrived=max(days, key=lambda day: day.first, default=None), doctor_asked=doctor_asked)
    by_lay_word = not {*ask.asked.tests} <= {*kit.words_of(ask.said)}  # the "bad cholesterol" asks no opinion
    return replace(found, worries="worry" in says and not (found.asks.way or by_lay_word))
