"""The sources of an answer (rule, searches, records), stored in its "How do you know?" button.

The button is stored encrypted for the person to whom it was shown, like any other; only its id is sent to the platform.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec

from bot.conversation.state import Asked
from bot.message import SOURCES, Action, Actions, Press
from bot.payer.budget import Report
from bot.records.share import Step

TECHNICAL = "technical"
"""The argument of the button for the rule, the searches and the ids."""
_TOLD = "told"
_SHOWN = 10


class Provenance(msgspec.Struct, frozen=True):
    """A record that the answer uses, and when the payer returned it."""

    type: str
    id: str
    fetched_at: datetime


class Trace(msgspec.Struct, frozen=True):
    """The sources of one answer.

    `rule` is None if a button or a follow-up asked. `searches` contain no ids. `records` are the first few of `count`.
    `here` are the filters and orders that the client applied because the server did not. `steps` are the calculations.
    """

    intent: str
    rule: str | None
    score: float
    searches: tuple[str, ...]
    pages: int
    records: tuple[Provenance, ...]
    count: int
    here: tuple[str, ...]
    complete: bool
    steps: tuple[Step, ...] = ()

    @property
    def of_claims(self) -> bool:
        """Whether all listed records are claims."""
        return all(record.type == "ExplanationOfBenefit" for record in self.records)

    def day_of(self, record: Provenance, zone: tzinfo | None) -> datetime:
        """Return when it was read, in the bot's time zone."""
        return record.fetched_at.astimezone(zone)


def trace_of(asked: Asked, report: Report) -> Trace:
    """Return the trace of an answer that was just made."""
    return Trace(
        intent=asked.intent,
        rule=asked.rule,
        score=asked.score,
        searches=tuple(dict.fromkeys(report.searches)),
        pages=report.pages,
        records=tuple(Provenance(source.type, source.id, source.fetched_at) for source in report.sources[:_SHOWN]),
        count=len(report.sources),
        here=tuple(report.applied_here),
        complete=report.complete,
        steps=tuple(report.steps),
    )


def with_trace(buttons: Actions, trace: Trace) -> Actions:
    """Return the same buttons, with the trace in the one that shows sources."""
    kept = {_TOLD: msgspec.json.encode(trace).decode()}
    return Actions(
        tuple(
            Action(one.id, one.label, press=Press(SOURCES, {**one.press.arguments, **kept}))
            if one.press and one.press.intent == SOURCES
            else one
            for one in buttons.buttons
        )
    )


def trace_in(asked: Asked) -> Trace | None:
    """Return the trace in a button; None if it has none."""
    told = asked.arguments.get(_TOLD)
    return msgspec.json.decode(told, type=Trace) if told else None
