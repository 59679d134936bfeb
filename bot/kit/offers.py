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
