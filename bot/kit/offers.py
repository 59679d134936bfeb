"""What an answer offers in addition to its text: documents, reminders and changes of a case."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from bot.kit.ask import Summary
from bot.kit.cases import AppealCase


class Document(msgspec.Struct, frozen=True):
    """A page to open, print or download, made from `templates/documents/<template>` in each of the formats.

    Attributes:
        values: The values for the template.
        shared: JSON of a FHIR resource that the page offers by a SMART Health Link, with a QR code (`qr`) in the
            template. Only a member's own page has one; its code is the link's passcode.
        files: Files for a zip together with the page and the spreadsheet; the zip is then the only format.
        done: Called when the document is stored.
    """

    template: str
    values: Mapping[str, object]
    formats: tuple[str, ...] = ("html",)
    shared: bytes | None = None
    files: Callable[[], Iterable[tuple[str, Iterable[bytes]]]] | None = None
    done: Callable[[], Awaitable[None]] | None = None


class Offer(msgspec.Struct, frozen=True):
    """The offer of a document: valid for `minutes`, with a code if it is the member's own."""

    minutes: int
    code: str | None = None


class WithDocument(Summary, frozen=True, kw_only=True):
    """An answer with a document; the answer sets `document`, and the kernel stores it and sets `offer`."""

    document: Document | None = None
    offer: Offer | None = None


class ReminderWish(msgspec.Struct, frozen=True):
    """A reminder that the person wants.

    Attributes:
        about: The subject. "appeal", "answer", "review", "approval", "refill" and "year" have a day; "news" (a new
            claim, or a claim's decision) and "deductible" are checked regularly.
        record: The record that the day follows from: the id of a claim, request, fill or coverage, or a claim's number.
        last: The last day; None for reminders that are checked regularly.
        known: The ids of the claims that are not new.
        every: After how many days to ask for a new sign-in, if the sign-in ends first; 0 for never.
        done: Whether the event has happened, so that no reminder is needed.
    """

    about: Literal["appeal", "answer", "review", "approval", "refill", "year", "news", "deductible"]
    record: str
    last: date | None = None
    known: tuple[str, ...] = ()
    every: int = 0
    done: bool = False


class ReminderKept(msgspec.Struct, frozen=True):
    """What was stored of a wish for a reminder.

    Attributes:
        days: How many days before the last one the person is reminded; empty if it is too close.
        most: The maximum number of reminders, set if it is reached and nothing was stored.
        minutes: The time between two checks.
        ends: When the checks end, if they end with the sign-in.
        until: The day on which the checks end. If None, the sign-in ends before the next daily check: nothing was
            stored.
        every: After how many days the person is asked to sign in again.
        new: How many claims have arrived since the last check, if that was before the current sign-in.
    """

    days: tuple[int, ...] = ()
    most: int | None = None
    minutes: int = 0
    ends: datetime | None = None
    until: date | None = None
    every: int = 0
    new: int | None = None


class WithReminder(WithDocument, frozen=True, kw_only=True):
    """An answer with a reminder; the answer sets `wish`, and the kernel stores it and sets `kept`.

    It may also offer the day as a document.
    """

    wish: ReminderWish | None = None
    kept: ReminderKept | None = None


class CaseChange(msgspec.Struct, frozen=True):
    """A change of a claim's case.

    Attributes:
        made: Returns the new case for the current one, None to delete it.
        last: The next deadline, if there is one.
        steps: Whether it is a step of the appeal, which ends the reminders for past deadlines.
    """

    claim: str
    made: Callable[[AppealCase], AppealCase | None]
    last: date | None = None
    steps: bool = False


class CaseKept(msgspec.Struct, frozen=True):
    """The new case, None if deleted, and how many reminders ended or moved."""

    case: AppealCase | None = None
    ended: int = 0
    moved: int = 0


class WithCase(WithReminder, frozen=True, kw_only=True):
    """An answer with a case; the answer sets `change`, and the kernel stores the result and sets `done`."""

    change: CaseChange | None = None
    done: CaseKept = msgspec.field(default_factory=CaseKept)
