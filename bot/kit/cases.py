"""What a person told of an appeal: kept, sealed, with their connection, one case for each denied claim.

Nothing of it comes from the payer, and nothing of it is sent anywhere.
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
    """A call with the plan: its day, who answered and its number, where they were told, and the person's own words."""

    day: date
    who: str = ""
    number: str = ""
    said: str = ""

    @property
    def key(self) -> str:
        """The same for the same call, and telling nothing of it."""
        told = repr((self.day, self.who, self.number, self.said))
        return hashlib.sha256(told.encode()).hexdigest()[:12]


class AppealCase(msgspec.Struct, frozen=True, kw_only=True):
    """The appeal of one claim, by the claim's id.

    `drafted` is when a letter was written here, `sent` the day on which the person sent it, `fast` whether they asked
    for an answer within 72 hours. `result` and `decided` are the plan's answer, `review` the day on which an outside
    review was asked for, `reviewed` and `closed` its outcome.
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
        """Where it stands: not sent, at the plan, refused again, at the outside review, or over."""
        if self.result == "approved" or self.reviewed:
            return "over"
        if self.review:
            return "review"
        return "lost" if self.result else "sent" if self.sent else "open"

    @property
    def at_review(self) -> bool:
        """Whether what is sent or answered next is the outside review."""
        return self.stage in {"lost", "review"} or bool(self.reviewed)

    @property
    def step(self) -> str:
        """The newest step that was told, with its day; empty where none was."""
        steps = {"reviewed": self.closed, "review": self.review, "result": self.decided, "sent": self.sent}
        return next((f"{name}.{day.isoformat()}" for name, day in steps.items() if day), "")

    def in_order(self, denied: date | None) -> bool:
        """Whether its days follow each other, behind the day on which the claim was denied."""
        told = [day for day in (denied, self.sent, self.decided, self.review, self.closed) if day]
        return told == sorted(told)

    def called(self, note: CallNote) -> AppealCase:
        """The case with another call; of too many the oldest goes."""
        calls = sorted({*self.calls, note}, key=lambda one: (one.day, one.number, one.who, one.said))
        return msgspec.structs.replace(self, calls=tuple(calls[-MOST_CALLS:]))

    def without_call(self, key: str) -> AppealCase:
        """The case without a call, by its key."""
        return msgspec.structs.replace(self, calls=tuple(one for one in self.calls if one.key != key))

    def drafted_on(self, day: date) -> AppealCase:
        """The case with the day of its first letter."""
        return self if self.drafted else msgspec.structs.replace(self, drafted=day)

    def sent_on(self, day: date, *, review: bool = False, fast: bool = False) -> AppealCase:
        """The case once the appeal was sent, or the outside `review` asked for."""
        if review:
            return msgspec.structs.replace(self, review=day)
        return msgspec.structs.replace(self, sent=day, fast=fast)

    def answered(self, outcome: AppealOutcome, day: date, *, review: bool = False) -> AppealCase:
        """The case with the plan's answer, or that of the outside `review`."""
        if review:
            return msgspec.structs.replace(self, reviewed=outcome, closed=day)
        return msgspec.structs.replace(self, result=outcome, decided=day)

    def reopened(self, step: str) -> AppealCase:
        """The case without this step, for what was said by mistake; as it is where that is not its newest one."""
        if not step or step != self.step:
            return self
        if self.reviewed:
            return msgspec.structs.replace(self, reviewed="", closed=None)
        if self.review:
            return msgspec.structs.replace(self, review=None)
        if self.result:
            return msgspec.structs.replace(self, result="", decided=None)
        return msgspec.structs.replace(self, sent=None, fast=False)
