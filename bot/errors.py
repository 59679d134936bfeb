"""Everything that can go wrong, as one tree. Each leaf names the template that tells the person about it.

BotError
├── ConfigError              a setting is missing or malformed; stops the start
├── PackError                a rule, an answer or a template is wrong; stops the start
├── TooManyQuestions         more in a minute than one person or workspace may ask
├── TooManyRequests          more pages in a minute than one address may ask for
├── StoreError               the store cannot be used safely
│   ├── StoreBusy            somebody holds it; try again
│   └── StoreUnusable        wrong version, read-only, damaged, full
├── LinkError                linking an account did not work out
│   ├── NotLinked            no account is connected
│   ├── ConnectedElsewhere   the same account was connected to another chat as well
│   ├── Disconnected         the account was disconnected while its answer was made
│   ├── LinkExpired          the one-time link or code is over, used or replaced
│   ├── WrongBrowser         this browser did not start the sign-in
│   ├── SignInCancelled      the member pressed cancel at the payer
│   ├── SignInRefused        the payer refused or dropped the sign-in (code used, server error)
│   ├── SignInSlow           the payer's sign-in did not answer in time
│   ├── SignInUntrusted      a signature, issuer, nonce or patient does not fit
│   ├── SignInOld            the payer let an earlier session in without asking for the password
│   ├── SetupWrong           the payer does not accept this bot's client
│   ├── AccessNotGranted     the member did not allow patient data
│   ├── PatientUnknown       the payer did not say which member signed in
│   ├── CodeWrong            the typed code does not match
│   ├── CodeSpent            too many tries; nothing was linked
│   ├── TooManyChats         the member's record is connected to as many chats as it may be
│   ├── TooManyLinks         too many requests in a short time
│   └── SignInExpired        the member's sign-in has ended; a new one is needed
├── DocumentOver             a document's link is over, was used or was replaced
└── PayerError               the payer's FHIR server did not give a usable answer
    ├── PayerDown            refused, reset, 5xx, open breaker
    ├── PayerSlow            no answer within the question's time
    ├── PayerBusy            429; may say when to come back
    ├── PayerMaintenance     HTML or nothing instead of FHIR
    ├── PayerDamaged         truncated or malformed FHIR
    ├── PayerTooMuch         more than a question may read
    ├── PayerOversized       one answer larger than any can be
    ├── PayerUntrusted       a redirect or an address outside the configured origin
    ├── PayerForbids         403 for a type
    ├── PayerLacks           404 for a type, or a read that found nothing
    └── PayerRejects         400: the server did not take a parameter
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeVar

import structlog

log = structlog.get_logger("errors")
T = TypeVar("T")
R = TypeVar("R")
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """A short reference that a person can read out and an operator can find in the log."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


class BotError(Exception):
    """The root. `template` tells the person; `facts` are the values that the template may show.

    The exception's own text is for operators: it never holds member data, tokens, codes or URLs with ids.
    """

    template: ClassVar[str] = "problems/unexpected"

    def __init__(self, why: str = "", **facts: object) -> None:
        """Keep the operator's sentence, the template's facts, and a fresh reference."""
        super().__init__(why or type(self).__name__)
        self.facts = facts
        self.reference = new_reference()


class ConfigError(BotError):
    """A setting is missing or malformed: the message names it in one line."""


class PackError(BotError):
    """The pack cannot be loaded: each of `faults` is a line that names file, key and what is wrong."""

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

    template = "problems/too_many_questions"


class TooManyRequests(BotError):
    """More pages in a minute than one address may ask for (T52)."""


class StoreError(BotError):
    """The store cannot be used safely."""

    template = "problems/store"


class StoreBusy(StoreError):
    """Another process holds the store."""

    template = "problems/store_busy"


class StoreUnusable(StoreError):
    """Read-only, damaged, full, or of a version that this program does not know."""


class LinkError(BotError):
    """Linking an account did not work out."""

    template = "problems/link"


class NotLinked(LinkError):
    """No account is connected to this person."""

    template = "problems/not_linked"


class NotCovered(LinkError):
    """The person's sign-in does not open the record that a button or a question of theirs names."""

    template = "account/not_covered"


class ConnectedElsewhere(LinkError):
    """The same member account was connected to another chat as well, on `platform`: the older one hears of it (T23)."""

    template = "problems/connected_elsewhere"


class Disconnected(LinkError):
    """The account was disconnected, or another was connected, while an answer was being made: it is not shown (T53)."""

    template = "problems/disconnected"


class LinkExpired(LinkError):
    """The one-time link or code is over: expired, used, or replaced by a newer one."""

    template = "problems/link_expired"


class WrongBrowser(LinkError):
    """The callback came to a browser that did not start this sign-in (T02)."""

    template = "problems/wrong_browser"


class SignInCancelled(LinkError):
    """The member pressed cancel at the payer (T13)."""

    template = "problems/sign_in_cancelled"


class SignInRefused(LinkError):
    """The payer's sign-in failed; nothing was linked (F01, F02)."""

    template = "problems/sign_in_refused"


class SignInSlow(LinkError):
    """The payer's sign-in did not answer in time (F15)."""

    template = "problems/sign_in_slow"


class SignInUntrusted(LinkError):
    """The payer's answer could not be trusted; nothing was linked (F07, T07, T11)."""

    template = "problems/sign_in_untrusted"


class SignInOld(LinkError):
    """The payer took a session that was open in this browser for the sign-in; whose it is, nobody knows."""

    template = "problems/sign_in_old"


class SetupWrong(LinkError):
    """The payer does not accept this bot's client (F03)."""

    template = "problems/setup_wrong"


class AccessNotGranted(LinkError):
    """The granted scope lacks patient data (T12, F05)."""

    template = "problems/access_not_granted"


class PatientUnknown(LinkError):
    """The payer did not say which member signed in (F04)."""

    template = "problems/patient_unknown"


class CodeWrong(LinkError):
    """The typed code does not match; `tries_left` says how many are left (T15)."""

    template = "problems/code_wrong"


class CodeSpent(LinkError):
    """Too many wrong codes: the pending sign-in was thrown away (T15)."""

    template = "problems/code_spent"


class TooManyChats(LinkError):
    """The member's record is connected to `most` chats already, as many as the operator allows (T23)."""

    template = "problems/too_many_chats"


class TooManyLinks(LinkError):
    """More link requests than one person needs (T52).

    `minutes` says when to try again, `waiting` whether the last one still works.
    """

    template = "problems/too_many_links"


class SignInExpired(LinkError):
    """The member's sign-in has ended and cannot be renewed without them (T55)."""

    template = "problems/sign_in_expired"


class DocumentOver(BotError):
    """A document's link is over: it lived its time, was used, or a newer one replaced it."""

    template = "problems/document_over"


class PayerError(BotError):
    """The payer's FHIR server did not give a usable answer."""

    template = "problems/payer_down"


class PayerDown(PayerError):
    """Refused, reset, answered 5xx again and again, or known to be down just now (F20, F21)."""


class PayerSlow(PayerError):
    """No answer within the time that a question may take (F22)."""

    template = "problems/payer_slow"


class PayerBusy(PayerError):
    """429; `minutes` says when to come back, when the payer said so (F19)."""

    template = "problems/payer_busy"


class PayerMaintenance(PayerError):
    """A page for people, or nothing, where FHIR was due (F24)."""

    template = "problems/payer_maintenance"


class PayerDamaged(PayerError):
    """FHIR that is cut off or malformed (F23)."""

    template = "problems/payer_damaged"


class PayerTooMuch(PayerError):
    """More bytes, depth or rows than a question may read (F25, T42)."""

    template = "problems/payer_too_much"


class PayerOversized(PayerError):
    """One answer larger than any can be: the payer's fault, whatever was asked (F25)."""

    template = "problems/payer_oversized"


class PayerUntrusted(PayerError):
    """A redirect, or an address outside the configured origin (F27, F28, T40)."""

    template = "problems/payer_untrusted"


class PayerForbids(PayerError):
    """403; `resource_type` says for what (F17)."""

    template = "problems/payer_forbids"


class PayerLacks(PayerError):
    """404; `resource_type` says for what (F18)."""

    template = "problems/payer_lacks"


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
