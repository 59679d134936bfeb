"""All exceptions, as one tree.

Each is a problem with a name, `not_linked` for `NotLinked`, unless the class sets another one. The texts of most are in
`problems/told`, by these names.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeVar

import structlog

log = structlog.get_logger("errors")
T = TypeVar("T")
R = TypeVar("R")
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Return a short reference that a person can read out and an operator can find in the log."""
    return "".join(secrets.SystemRandom().choices(_ALPHABET, k=5))


class BotError(Exception):
    """The base class. `template` is the reply to the person; `facts` are the values that the template may show.

    `problem` is the error's name for the template and for the page in the browser.

    The exception's own text is for operators: it never contains member data, tokens, codes or URLs with ids.
    """

    problem: ClassVar[str] = "unexpected"
    template: ClassVar[str] = "problems/told"

    def __init_subclass__(cls) -> None:
        """Set the problem's name by the class name, unless the class sets one."""
        super().__init_subclass__()
        if "problem" not in vars(cls):
            cls.problem = _CAPITAL.sub("_", cls.__name__).lower()

    def __init__(self, why: str = "", **facts: object) -> None:
        """Store the operator's text, the template's values, and a new reference."""
        super().__init__(why or type(self).__name__)
        self.facts = facts
        self.reference = new_reference()


class ConfigError(BotError):
    """A setting is missing or invalid: the message is one line that names it."""

    problem = "unexpected"


class PackError(BotError):
    """The pack cannot be loaded: each of `faults` is a line with file, key and what is wrong."""

    problem = "unexpected"

    def __init__(self, *faults: str) -> None:
        """Store the faults; the exception's text has one in each line."""
        super().__init__("\n".join(faults))
        self.faults = faults


def each_of(items: Iterable[T], done: Callable[[T], R]) -> list[R]:
    """Return the result of `done` for each item.

    Raises:
        PackError: after all items, with the faults of all that failed.
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
    """More questions in a minute than a person or workspace may ask (T52); the next is answered after `seconds`."""

    template = "problems/too_many_questions"


class TooManyRequests(TooManyQuestions):
    """More page requests in a minute than one address may send (T52)."""


class StoreError(BotError):
    """The store cannot be used safely."""

    problem = "store"


class StoreBusy(StoreError):
    """Another process has locked the store."""


class StoreUnusable(StoreError):
    """The store is read-only, damaged, full, or of a version that this program does not know."""

    problem = StoreError.problem


class LinkError(BotError):
    """Linking an account failed."""

    problem = "link"


class NotLinked(LinkError):
    """No account is connected to this person."""

    template = "problems/not_linked"


class NotCovered(LinkError):
    """The person's sign-in gives no access to the record that their question or button is about."""

    template = "account/not_covered"


class ConnectedElsewhere(LinkError):
    """The same member account was connected to another chat, on `platform`; the earlier chat gets a message (T23)."""

    template = "problems/connected_elsewhere"


class Disconnected(LinkError):
    """The account was disconnected, or another connected, while an answer was made, so it is not shown (T53)."""


class LinkExpired(LinkError):
    """The one-time link or code has expired, was used, or was replaced by a newer one."""


class WrongBrowser(LinkError):
    """The callback came from a browser that did not start this sign-in (T02)."""


class SignInCancelled(LinkError):
    """The member cancelled the sign-in at the payer (T13)."""


class SignInRefused(LinkError):
    """The payer's sign-in failed; nothing was linked (F01, F02)."""


class SignInSlow(LinkError):
    """The payer's sign-in did not respond in time (F15)."""


class SignInUntrusted(LinkError):
    """The payer's response could not be trusted; nothing was linked (F07, T07, T11)."""


class SignInOld(LinkError):
    """The payer used a session that was already open in this browser, possibly another person's."""

    template = "problems/sign_in_old"


class SetupWrong(LinkError):
    """The payer does not accept this bot's client (F03)."""


class AccessNotGranted(LinkError):
    """The granted scope lacks patient data (T12, F05)."""


class PatientUnknown(LinkError):
    """The payer did not say which member signed in (F04)."""


class CodeWrong(LinkError):
    """The typed code is wrong; `tries_left` is the number of tries left (T15)."""

    template = "problems/code_wrong"


class CodeSpent(LinkError):
    """Too many wrong codes: the pending sign-in was discarded (T15)."""


class TooManyChats(LinkError):
    """The member's record is already connected to `most` chats, the maximum that the operator allows (T23)."""

    template = "problems/too_many_chats"


class TooManyLinks(LinkError):
    """More link requests than one person needs (T52).

    `minutes` is when to try again, `waiting` whether the last link is still valid.
    """

    template = "problems/too_many_links"


class SignInExpired(LinkError):
    """The member's sign-in has ended and cannot be renewed without them (T55)."""

    template = "problems/sign_in_expired"


class DocumentOver(BotError):
    """A document's link has expired, was used, or was replaced by a newer one."""


class PayerError(BotError):
    """The payer's FHIR server did not return a valid response."""

    problem = "payer_down"


class PayerDown(PayerError):
    """The FHIR server refused or reset the connection, or returned 5xx repeatedly or very recently (F20, F21)."""


class PayerSlow(PayerError):
    """No response within the time limit of a question (F22)."""


class PayerBusy(PayerError):
    """The FHIR server returned 429; `minutes` is the time from its Retry-After header, if there was one (F19)."""

    template = "problems/payer_busy"


class PayerMaintenance(PayerError):
    """The FHIR server returned an HTML page or nothing instead of FHIR (F24)."""


class PayerDamaged(PayerError):
    """The FHIR server returned truncated or malformed FHIR (F23)."""


class PayerTooMuch(PayerError):
    """More bytes, depth or rows than one question may read (F25, T42)."""


class PayerOversized(PayerError):
    """A response exceeds the size limit (F25)."""


class PayerUntrusted(PayerError):
    """The server redirected, or named an address outside the configured origin (F27, F28, T40)."""


class PayerForbids(PayerError):
    """The FHIR server returned 403 for `resource_type` (F17)."""


class PayerLacks(PayerError):
    """The FHIR server returned 404 for `resource_type` (F18)."""


class PayerRejects(PayerError):
    """The FHIR server returned 400: it rejected a parameter that this client can do without (F36)."""

    problem = "payer_down"


def every_error(root: type[BotError] = BotError) -> Iterator[type[BotError]]:
    """Yield all exception classes, so that their templates can be checked at the start."""
    yield root
    for branch in root.__subclasses__():
        yield from every_error(branch)


def as_bot_error(error: Exception) -> BotError:
    """Return the exception as a BotError to report. For any other, type and place are logged, never its text."""
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
    """The platform rejected a message; the exception's text is the platform's error code."""


class Unwritable(Unwritten):
    """The person does not accept messages from the bot; the exception's text is the platform's error code."""
