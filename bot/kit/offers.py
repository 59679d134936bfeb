"""What an answer offers beside its words: a document to read in a browser, and a reminder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from bot.kit.ask import Summary
from bot.kit.cases import AppealCase


@dataclass(frozen=True, slots=True)
class Document:
    """A page to open, print or download: `templates/documents/<template>` in each of the formats, with these values.

    `shared` is the JSON of a FHIR resource that the page hands over: its template gets a QR code (`qr`) of a SMART
    Health Link to it. Only a member's own page has one, and its code is the link's passcode.

    `files` go into one zip with the page and the spreadsheet, which are its only format; `done` is called when it is
    kept.
    """

    template: str
    values: Mapping[str, object]
    formats: tuple[str, ...] = ("html",)
    shared: bytes | None = None
    files: Callable[[], Iterable[tuple[str, Iterable[bytes]]]] | None = None
    done: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The offer of a document: valid for `minutes`, with a code when it is the member's own."""

    minutes: int
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithDocument(Summary):
    """An answer with a document. The answer sets `document`; the kernel keeps it and sets `offer` for the template."""

    document: Document | None = None
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class ReminderWish:
    """What the person wants to be reminded of.

    A `last` day and the `record` that it follows from: "appeal", "answer" and "review" of the claim with this id,
    "approval" of a request, "refill" of a fill, "year" of a coverage, told each year. Without a day it is looked for:
    "news", a claim that is not among the `known` ids, or, where `record` is a claim's number, its decision;
    "deductible", that it is met. `every`: where the sign-in ends first, ask to sign in again after so many days.
    `done`: it has come, and is not to be told any more.
    """

    about: Literal["appeal", "answer", "review", "approval", "refill", "year", "news", "deductible"]
    record: str
    last: date | None = None
    known: tuple[str, ...] = ()
    every: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class ReminderKept:
    """What was kept of a wish.

    `days` are the days before the last one on which the person is still reminded, none when it is too close. `most`
    is set when nothing was kept, because the person has as many reminders as one may have.

    Of what is looked for: `minutes` between two looks, and when they end: with the sign-in (`ends`), or on the day
    `until`. Without `until` nothing was kept, because the sign-in ends before the next look by day. `every`: after so
    many days the person is asked to sign in again. `new`: how many claims have come since the last look, where that
    was a sign-in ago.
    """

    days: tuple[int, ...] = ()
    most: int | None = None
    minutes: int = 0
    ends: datetime | None = None
    until: date | None = None
    every: int = 0
    new: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithReminder(WithDocument):
    """An answer with a reminder. The answer sets `wish`; the kernel keeps it and sets `kept` for the template.

    It may offer the day as a document, too.
    """

    wish: ReminderWish | None = None
    kept: ReminderKept | None = None


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What is to become of the case of a claim. `made` gives the new case of the present one, None to forget it.

    `steps`: it is a step of the appeal, with which reminders of days that are over end. `last` is the day that is
    waited for after it, where one is.
    """

    claim: str
    made: Callable[[AppealCase], AppealCase | None]
    last: date | None = None
    steps: bool = False


@dataclass(frozen=True, slots=True)
class CaseKept:
    """The case as it is now, None once it is forgotten, and how many reminders ended with the change, or moved."""

    case: AppealCase | None = None
    ended: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WithCase(WithReminder):
    """An answer with a case. The answer sets `change`; the kernel keeps what it makes, and sets `done` to that."""

    change: CaseChange | None = None
    done: CaseKept = field(default_factory=CaseKept)
