"""What an answer offers in addition to its text: documents, reminders, and a person's appeals with their changes.

A case is stored encrypted with the connection to the payer; its data comes only from the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Summary


class Document(msgspec.Struct, frozen=True):
    """A page to open, print or download, made from `templates/documents/<template>` in each of the formats.

    Attributes:
        values: The values for the template.
        shared: The JSON of a FHIR resource that the page offers as a SMART Health Link; the template shows the link as
            a QR code (`qr`). Only a member's own page may have one. The code of the page is the passcode of the link.
        files: Yields the names and contents of files for a zip that also has the page and the spreadsheet. The zip is
            then the only format.
        done: Called when the document has been stored.
    """

    template: str
    values: Mapping[str, object]
    formats: tuple[str, ...] = ("html",)
    shared: bytes | None = None
    files: Callable[[], Iterable[tuple[str, Iterable[bytes]]]] | None = None
    done: Callable[[], Awaitable[None]] | None = None


class Offer(msgspec.Struct, frozen=True):
    """The offer of a stored document: for how many minutes it is valid, and its code if the page is a member's own."""

    minutes: int
    code: str | None = None


class WithDocument(Summary, frozen=True, kw_only=True):
    """An answer with a document; the answer sets `document`, and the kernel stores it and sets `offer`."""

    document: Document | None = None
    offer: Offer | None = None


class ReminderWish(msgspec.Struct, frozen=True):
    """A reminder that the person wants.

    Attributes:
        about: The subject. "appeal", "answer", "review", "approval", "refill" and "year" have a due day; "news" (a new
            claim, or a claim's decision) and "deductible" are checked regularly instead.
        record: The record that determines the due day: the id of a claim, request, fill or coverage, or the number of a
            claim.
        last: The due day; None for subjects that are checked regularly.
        known: The ids of the claims that are not new.
        every: The interval in days after which the person is asked to sign in again, if the sign-in ends before the
            checks do; 0 for never.
        done: True if the event has already happened, so that no reminder is needed.
    """

    about: Literal["appeal", "answer", "review", "approval", "refill", "year", "news", "deductible"]
    record: str
    last: date | None = None
    known: tuple[str, ...] = ()
    every: int = 0
    done: bool = False


class ReminderKept(msgspec.Struct, frozen=True):
    """The stored reminders of a `ReminderWish`.

    Attributes:
        days: The numbers of days before the due day on which the person is reminded; empty if the due day is too close.
        most: The maximum number of reminders, if that number is reached and nothing was stored; otherwise None.
        minutes: The minutes between two checks.
        ends: When the checks end, if they end with the sign-in; otherwise None.
        until: The day on which the checks end. None if nothing was stored because the sign-in ends before the next
            daily check.
        every: The interval in days after which the person is asked to sign in again.
        new: The number of claims that have arrived since the last check, if that check was before the current sign-in.
    """

    days: tuple[int, ...] = ()
    most: int | None = None
    minutes: int = 0
    ends: datetime | None = None
    until: date | None = None
    every: int = 0
    new: int | None = None


class WithReminder(WithDocument, frozen=True, kw_only=True):
    """An answer with a reminder; the answer sets `wish`, and the kernel stores the reminder and sets `kept`.

    The answer may also have a document, such as a calendar entry for the due day.
    """

    wish: ReminderWish | None = None
    kept: ReminderKept | None = None


class CaseChange(msgspec.Struct, frozen=True):
    """A change of the appeal case of a claim.

    Attributes:
        claim: The id of the claim.
        made: Takes the current case and returns the new case, or None to delete the case.
        last: The next deadline; None if there is none.
        steps: True if the change is a step of the appeal, which ends the reminders for past deadlines.
    """

    claim: str
    made: Callable[[AppealCase], AppealCase | None]
    last: date | None = None
    steps: bool = False


class CaseKept(msgspec.Struct, frozen=True):
    """The result of a `CaseChange`: the new case, None if deleted, and the numbers of ended and moved reminders."""

    case: AppealCase | None = None
    ended: int = 0
    moved: int = 0


class WithCase(WithReminder, frozen=True, kw_only=True):
    """An answer that changes a case; the answer sets `change`, and the kernel stores the new case and sets `done`."""

    change: CaseChange | None = None
    done: CaseKept = msgspec.field(default_factory=CaseKept)


MOST_CALLS = 20
AppealOutcome = Literal["", "approved", "partly", "upheld"]
Stage = Literal["open", "sent", "lost", "review", "over"]
_STEPS: Mapping[str, tuple[str, ...]] = {
    "reviewed": ("closed", "reviewed"),
    "review": ("review",),
    "result": ("decided", "result"),
    "sent": ("sent", "fast"),
}
"""The day of each step of a case, and what else it sets; the newest step comes first."""


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
        days = ((name, getattr(self, day)) for name, (day, *_) in _STEPS.items())
        return next((f"{name}.{day.isoformat()}" for name, day in days if day), "")

    def in_order(self, denied: date | None) -> bool:
        """Return whether the days of the case are in order; `denied` is the day of the denial, None if unknown."""
        told = [day for day in (denied, self.sent, self.decided, self.review, self.closed) if day]
        return told == sorted(told)

    def with_call(self, note: CallNote) -> AppealCase:
        """Return the case with another call; above `MOST_CALLS` calls, the oldest call is dropped."""
        calls = sorted({*self.calls, note}, key=lambda one: (one.day, one.number, one.who, one.said))
        return replace(self, calls=tuple(calls[-MOST_CALLS:]))

    def without_call(self, key: str) -> AppealCase:
        """Return the case without the call that has this key."""
        return replace(self, calls=tuple(one for one in self.calls if one.key != key))

    def drafted_on(self, day: date) -> AppealCase:
        """Return the case with the day of its first letter; unchanged if the case has such a day."""
        return self if self.drafted else replace(self, drafted=day)

    def sent_on(self, day: date, *, review: bool = False, fast: bool = False) -> AppealCase:
        """Return the case after the appeal was sent, or with `review`, after the external review was requested."""
        return replace(self, review=day) if review else replace(self, sent=day, fast=fast)

    def answered(self, outcome: AppealOutcome, day: date, *, review: bool = False) -> AppealCase:
        """Return the case with the plan's answer, or with `review`, the answer of the external review."""
        told = {"reviewed": outcome, "closed": day} if review else {"result": outcome, "decided": day}
        return replace(self, **told)

    def reopened(self, step: str) -> AppealCase:
        """Return the case without `step`, which was entered by mistake; unchanged if that is not the newest step."""
        blank, fields = AppealCase(claim=self.claim), _STEPS[step.partition(".")[0]] if step else ()
        return replace(self, **{name: getattr(blank, name) for name in fields}) if step == self.step else self
