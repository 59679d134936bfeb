"""Everything that can go wrong, as one tree.

The template that tells a person of an error is named after it, `problems/not_linked` of `NotLinked`, unless it says
another one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeVar

import structlog

log = structlog.get_logger("errors")
T = TypeVar("T")
R = TypeVar("R")
_UNEXPECTED = "problems/unexpected"
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """A short reference that a person can read out and an operator can find in the log."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


class BotError(Exception):
    """The root. `template` tells the person; `facts` are the values that the template may show.

    The exception's own text is for operators: it never holds member data, tokens, codes or URLs with ids.
    """

    template: ClassVar[str] = _UNEXPECTED

    def __init_subclass__(cls) -> None:
        """Name the template after the class, where it names none."""
        super().__init_subclass__()
        if "template" not in vars(cls):
            cls.template = f"problems/{_CAPITAL.sub('_', cls.__name__).lower()}"

    def __init__(self, why: str = "", **facts: object) -> None:
        """Keep the operator's sentence, the template's facts, and a fresh reference."""
        super().__init__(why or type(self).__name__)
        self.facts = facts
        self.reference = new_reference()


class ConfigError(BotError):
    """A setting is missing or malformed: the message names it in one line."""

    template = _UNEXPECTED


class PackError(BotError):
    """The pack cannot be loaded: each of `faults` is a line that names file, key and what is wrong."""

    template = _UNEXPECTED

    def __init__(self, *faults: str) -> None:
        """Keep the faults; the exception's text is one a line."""
        super().__init__("\n".join(faults))
        self.faults = faults


def each_of(items: Iterable[T], done: Callable[[T], R]) -> list[R]:
    """What is done with each of the items.

    Raises:
        PackError: after all of them, with the faults of all that failed.
    """
    results, faults = list[R](), list[str]()
    for item in items:
        try:
            results.append(done(item))
        except PackError as error:
            faults += error.faults
    if faults:
        raise PackError(*faults)
    return results


class TooManyQuestions(BotError):
    """More questions in a minute than one person or workspace may ask (T52); `seconds` until the next is answered."""


class TooManyRequests(BotError):
    """More pages in a minute than one address may ask for (T52)."""

    template = _UNEXPECTED


class StoreError(BotError):
    """The store cannot be used safely."""

    template = "problems/store"


class StoreBusy(StoreError):
    """Another process holds the store."""


class StoreUnusable(StoreError):
    """Read-only, damaged, full, or of a version that this program does not know."""

    template = StoreError.template


class LinkError(BotError):
    """Linking an account did not work out."""

    template = "problems/link"


class NotLinked(LinkError):
    """No account is connected to this person."""


class NotCovered(LinkError):
    """The person's sign-in does not open the record that a button or a question of theirs names."""

    template = "account/not_covered"


class ConnectedElsewhere(LinkError):
    """The same member account was connected to another chat as well, on `platform`: the older one hears of it (T23)."""


class Disconnected(LinkError):
    """The account was disconnected, or another was connected, while an answer was being made: it is not shown (T53)."""


class LinkExpired(LinkError):
    """The one-time link or code is over: expired, used, or replaced by a newer one."""


class WrongBrowser(LinkError):
    """The callback came to a browser that did not start this sign-in (T02)."""


class SignInCancelled(LinkError):
    """The member pressed cancel at the payer (T13)."""


class SignInRefused(LinkError):
    """The payer's sign-in failed; nothing was linked (F01, F02)."""


class SignInSlow(LinkError):
    """The payer's sign-in did not answer in time (F15)."""


class SignInUntrusted(LinkError):
    """The payer's answer could not be trusted; nothing was linked (F07, T07, T11)."""


class SignInOld(LinkError):
    """The payer took a session that was open in this browser for the sign-in; whose it is, nobody knows."""


class SetupWrong(LinkError):
    """The payer does not accept this bot's client (F03)."""


class AccessNotGranted(LinkError):
    """The granted scope lacks patient data (T12, F05)."""


class PatientUnknown(LinkError):
    """The payer did not say which member signed in (F04)."""


class CodeWrong(LinkError):
    """The typed code does not match; `tries_left` says how many are left (T15)."""


class CodeSpent(LinkError):
    """Too many wrong codes: the pending sign-in was thrown away (T15)."""


class TooManyChats(LinkError):
    """The member's record is connected to `most` chats already, as many as the operator allows (T23)."""


class TooManyLinks(LinkError):
    """More link requests than one person needs (T52).

    `minutes` says when to try again, `waiting` whether the last one still works.
    """


class SignInExpired(LinkError):
    """The member's sign-in has ended and cannot be renewed without them (T55)."""


class DocumentOver(BotError):
    """A document's link is over: it lived its time, was used, or a newer one replaced it."""


class PayerError(BotError):
    """The payer's FHIR server did not give a usable answer."""

    template = "problems/payer_down"


class PayerDown(PayerError):
    """Refused, reset, answered 5xx again and again, or known to be down just now (F20, F21)."""


class PayerSlow(PayerError):
    """No answer within the time that a question may take (F22)."""


class PayerBusy(PayerError):
    """429; `minutes` says when to come back, when the payer said so (F19)."""


class PayerMaintenance(PayerError):
    """A page for people, or nothing, where FHIR was due (F24)."""


class PayerDamaged(PayerError):
    """FHIR that is cut off or malformed (F23)."""


class PayerTooMuch(PayerError):
    """More bytes, depth or rows than a question may read (F25, T42)."""


class PayerOversized(PayerError):
    """One answer larger than any can be: the payer's fault, whatever was asked (F25)."""


class PayerUntrusted(PayerError):
    """A redirect, or an address outside the configured origin (F27, F28, T40)."""


class PayerForbids(PayerError):
    """403; `resource_type` says for what (F17)."""


class PayerLacks(PayerError):
    """404; `resource_type` says for what (F18)."""


class PayerRejects(PayerError):
    """400: the server did not take a parameter that this client can do without (F36)."""

    template = "problems/payer_down"


def every_error(root: type[BotError] = BotError) -> Iterator[type[BotError]]:
    """The whole tree, so that each error's template can be asked for at the start."""
    yield root
    for branch in root.__subclasses__():
        yield from every_error(branch)


def as_bot_error(error: Exception) -> BotError:
    """The error as a person is told of it. Of one without template the log gets type and place, never its text."""
    if isinstance(error, BotError):
        return error
    wrapped = BotError()
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    log.error("unexpected", error=type(error).__name__, where=where, reference=wrapped.reference)
    return wrapped


class Unwritten(Exception):
    """The platform did not take a message; the message names the platform's code."""


class Unwritable(Unwritten):
    """The person does not take messages from the bot; the message names the platform's code."""
