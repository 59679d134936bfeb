"""Stores what the person reports about a call with the plan: the day, who answered, the number, and a note."""

from collections.abc import Mapping
from datetime import date

from bot.kit import Ask, CallNote, CaseChange, OfAppeal, StatedDay, case_found, stated_day, text_of

LONGEST = 300
_OF_THE_CALL = (
    *("date_range", "date_ahead", "call_with", "call_number", "location", "provider_name", "person"),
    "organization",
)


class RecordedCall(OfAppeal, frozen=True, kw_only=True):
    """The denied claim, and the note that is stored with the claim's appeal; nothing is stored if the day is unclear.

    `bare` is True if the message mentions a call without any details.
    """

    note: CallNote
    stated: StatedDay
    bare: bool = False


async def answer(ask: Ask) -> RecordedCall:
    """Return the note of the call that the message, a form or a button describes."""
    stated = stated_day(ask)
    note = _note(ask, stated.day)
    bare = not (note.who or note.number or note.said or stated.said)
    found = await case_found(ask, *_OF_THE_CALL, fits=lambda case: case.stage != "over")
    change = CaseChange(found.claim.id, lambda case: case.with_call(note)) if found.claim else None
    kept = None if bare or stated.doubt else change
    return RecordedCall(found=found, note=note, stated=stated, bare=bare, change=kept)


def _note(ask: Ask, day: date) -> CallNote:
    if "day" in ask.arguments:
        said = ask.arguments
        return CallNote(day, said.get("who", ""), said.get("number", ""), said.get("said", ""))
    person = ask.slots.get("person")
    named = str(person.get("name", "")) if isinstance(person, Mapping) else ""
    who = text_of(ask, "call_with") or named or text_of(ask, "provider_name") or ""
    number = text_of(ask, "call_number") or ""
    # A question that waited for the sign-in comes with the words of the code.
    stated = any(
        word in ask.said for name in ("call_with", "call_number", "date_range") if (word := ask.words.get(name))
    )
    return CallNote(day, who, number, " ".join(ask.said.split())[:LONGEST] if stated else "")
