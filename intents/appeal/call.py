"""Keeps what a person tells of a call with the plan: the day, who answered, its number and their own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.kit import Ask, CallNote, CaseChange, CaseStep, case_found, text_of, told_day, without

LONGEST = 300
_OF_THE_CALL = (
    *("date_range", "date_ahead", "call_with", "call_number", "location", "provider_name", "person"),
    *("organization", "state_of_claim"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKept(CaseStep):
    """The claim with whose appeal the `note` is kept. `bare`: a call was spoken of, and nothing was told of it."""

    note: CallNote
    bare: bool = False
    ahead: bool = False


async def answer(ask: Ask) -> CallKept:
    """The call of the words, or of the form or button, which carry its parts."""
    note = _note(ask)
    ahead = note.day > ask.today or "date_ahead" in ask.slots
    bare = not (note.who or note.number or note.said or "date_range" in ask.slots)
    found = await case_found(without(ask, *_OF_THE_CALL), lambda case: case.stage != "over")
    if found.claim is None or ahead or bare:
        return CallKept(found=found, today=ask.today, note=note, bare=bare, ahead=ahead)
    change = CaseChange(found.claim.id, lambda case: case.called(note))
    return CallKept(found=found, today=ask.today, note=note, opened="id" in ask.arguments, change=change)


def _note(ask: Ask) -> CallNote:
    if pressed := ask.arguments.get("day"):
        said = ask.arguments
        return CallNote(date.fromisoformat(pressed), said.get("who", ""), said.get("number", ""), said.get("said", ""))
    day = told_day(ask) or ask.today
    who = text_of(ask, "call_with") or _named(ask) or text_of(ask, "provider_name") or ""
    number = text_of(ask, "call_number") or ""
    # A question that waited for the sign-in comes with the words of the code.
    told = any(word in ask.said for name in ("call_with", "call_number", "date_range") if (word := ask.words.get(name)))
    return CallNote(day, who, number, " ".join(ask.said.split())[:LONGEST] if told else "")


def _named(ask: Ask) -> str:
    """The name of a person of whom no record is asked for here."""
    person = ask.slots.get("person")
    return str(person.get("name", "")) if isinstance(person, Mapping) else ""
