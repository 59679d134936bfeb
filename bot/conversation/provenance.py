"""The sources of an answer (rule, searches, records), stored in its "How do you know?" button.

The button is stored sealed for the person to whom it was shown, like any other; nothing of this goes over the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

import msgspec

from bot.conversation.state import Asked
from bot.message import SOURCES, Action, Actions, Press
from bot.payer.budget import Report
from bot.records.sums import Step

TECHNICAL = "technical"
"""The argument of the button that asks for the rule, the searches and the ids."""
_TOLD = "told"
_SHOWN = 10


class Provenance(msgspec.Struct, frozen=True):
    """A record that the answer uses, and when the payer returned it."""

    type: str
    id: str
    fetched_at: datetime


class Trace(msgspec.Struct, frozen=True):
    """The sources of one answer.

    `rule` None: a button or a follow-up asked, so no rule was needed. `searches` hold no ids. `records` are the first
    few of `count`. `here` names the filters and orders that the server did not apply, so that they were applied here.
    `steps` are the sums that the answer made, with their terms.
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
        """Whether all records that are named are claims."""
        return all(record.type == "ExplanationOfBenefit" for record in self.records)

    def day_of(self, record: Provenance, zone: tzinfo | None) -> datetime:
        """When it was read, by the bot's own clock."""
        return record.fetched_at.astimezone(zone)


def trace_of(asked: Asked, report: Report) -> Trace:
    """The trace of an answer that was just given."""
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
    """The same buttons; one that asks how the bot knows carries the trace."""
    kept = {_TOLD: msgspec.json.encode(trace).decode()}
    return Actions(tuple(_filled(button, kept) for button in buttons.buttons))


def _filled(button: Action, kept: Mapping[str, str]) -> Action:
    if button.press is None or button.press.intent != SOURCES:
        return button
    return Action(button.id, button.label, press=Press(SOURCES, {**button.press.arguments, **kept}))


def trace_in(asked: Asked) -> Trace | None:
    """The trace that a button carried; None when it carried none."""
    told = asked.arguments.get(_TOLD)
    return msgspec.json.decode(told, type=Trace) if told else None
