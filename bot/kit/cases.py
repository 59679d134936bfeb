"""A person's appeals, one case per denied claim, stored encrypted with the person's connection to the payer.

The data comes only from the person: nothing is read from the payer or sent anywhere.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Literal

import msgspec

MOST_CALLS = 20
AppealOutcome = Literal["", "approved", "partly", "upheld"]
Stage = Literal["open", "sent", "lost", "review", "over"]


class CallNote(msgspec.Struct, frozen=True):
    """A call with the plan: its day, who answered, its reference number, and the person's own words."""

    day: date
    who: str = ""
    number: str = ""
    said: str = ""

    @property
    def key(self) -> str:
        """A digest that identifies the call without revealing anything about it."""
        told = repr((self.day, self.who, self.number, self.said))
        return hashlib.sha256(told.encode()).hexdigest()[:12]


class AppealCase(msgspec.Struct, frozen=True, kw_only=True):
    """The appeal of one claim, identified by the claim's id.

    Attributes:
        drafted: The day on which the first letter was written here.
        sent: The day on which the person sent the appeal.
        fast: Whether the person asked for an answer within 72 hours.
        result: The plan's answer; `decided` is the day of the answer.
        review: The day on which the external review was requested.
        reviewed: The result of the external review; `closed` is the day of the result.
    """

    claim: str
    drafted: date | None = None
    sent: date | None = None
    fast: bool = False
    result: AppealOutcome = ""
    decided: date | None = None
    review: date | None = None
    reviewed: AppealOutcome = ""
    closed: date | None = None
    calls: tuple[CallNote, ...] = ()

    @property
    def stage(self) -> Stage:
        """The stage of the case: "open" (not sent), "sent", "lost" (denied again), "review" (external) or "over"."""
        if self.result == "approved" or self.reviewed:
            return "over"
        if self.review:
            return "review"
        return "lost" if self.result else "sent" if self.sent else "open"

    @property
    def at_review(self) -> bool:
        """Whether the next step of the case belongs to the external review and not to the plan's own appeal."""
        return self.stage in {"lost", "review"} or bool(self.reviewed)

    @property
    def step(self) -> str:
        """The newest reported step and its day, such as "sent.2026-05-20"; "" if there is none."""
        steps = {"reviewed": self.closed, "review": self.review, "result": self.decided, "sent": self.sent}
        return next((f"{name}.{day.isoformat()}" for name, day in steps.items() if day), "")

    def in_order(self, denied: date | None) -> bool:
        """Return whether the days of the case are in order; `denied` is the day of the denial, None if unknown."""
        told = [day for day in (denied, self.sent, self.decided, self.review, self.closed) if day]
        return told == sorted(told)

    def with_call(self, note: CallNote) -> AppealCase:
        """Return the case with another call; above `MOST_CALLS` calls, the oldest call is dropped."""
        calls = sorted({*self.calls, note}, key=lambda one: (one.day, one.number, one.who, one.said))
        return msgspec.structs.replace(self, calls=tuple(calls[-MOST_CALLS:]))

    def without_call(self, key: str) -> AppealCase:
        """Return the case without the call that has this key."""
        return msgspec.structs.replace(self, calls=tuple(one for one in self.calls if one.key != key))

    def drafted_on(self, day: date) -> AppealCase:
        """Return the case with the day of its first letter; unchanged if the case has such a day."""
        return self if self.drafted else msgspec.structs.replace(self, drafted=day)

    def sent_on(self, day: date, *, review: bool = False, fast: bool = False) -> AppealCase:
        """Return the case after the appeal was sent, or with `review`, after the external review was requested."""
        if review:
            return msgspec.structs.replace(self, review=day)
        return msgspec.structs.replace(self, sent=day, fast=fast)

    def answered(self, outcome: AppealOutcome, day: date, *, review: bool = False) -> AppealCase:
        """Return the case with the plan's answer, or with `review`, the answer of the external review."""
        if review:
            return msgspec.structs.replace(self, reviewed=outcome, closed=day)
        return msgspec.structs.replace(self, result=outcome, decided=day)

    def reopened(self, step: str) -> AppealCase:
        """Return the case without `step`, which was entered by mistake; unchanged if that is not the newest step."""
        if not step or step != self.step:
            return self
        if self.reviewed:
            return msgspec.structs.replace(self, reviewed="", closed=None)
        if self.review:
            return msgspec.structs.replace(self, review=None)
        if self.result:
            return msgspec.structs.replace(self, result="", decided=None)
        return msgspec.structs.replace(self, sent=None, fast=False)
