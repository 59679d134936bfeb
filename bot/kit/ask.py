"""The question that an intent answers: its slots, and the searches and stored data that the answer may use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from bot.kit.benefits import NO_BENEFITS, Benefits
from bot.language.asked import NOTHING_ASKED, ClaimsAsked
from bot.language.classed import words_key
from bot.language.context import THOSE
from bot.language.nearby import Gazetteer
from bot.language.reading import Slot
from bot.payer.budget import Budget, ReadRecord, Report
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.discovery import PayerHealth
from bot.payer.pooled import PooledDirectory
from bot.payer.search import Search
from bot.records.bundle import Page
from bot.records.care_kind import NO_KINDS, CareKinds
from bot.records.claim import Claim
from bot.records.coverage import Coverage
from bot.records.patient import Patient

if TYPE_CHECKING:
    from bot.kit.cards import OwnDoctor
    from bot.kit.claim_filter import ClaimFilter
    from bot.kit.news import Seen
    from bot.kit.offers import AppealCase
    from bot.kit.traits import ClaimTrait

MEMBER_TYPES = frozenset(
    {"CarePlan", "Condition", "Coverage", "ExplanationOfBenefit", "List", "MedicationKnowledge", "Observation"}
    | {"Patient", "Procedure"}
)
T = TypeVar("T")
_NO_MEMBER = "this intent's rule does not say needs: member"


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of the values that an answer passes to its template; each intent defines its own subclass.

    Every answer has the day `today`, and whether some of the requested data could not be read
    (`partial`), or records of it that belong in a sum (`is_partial`).
    """

    today: date = date.min
    partial: bool = False
    is_partial: bool = False


class Paged(Summary, frozen=True, kw_only=True):
    """An answer with one `page` of a list, from 0; `first` is its first row, from 1, and `more` rows may follow."""

    page: int = 0
    first: int = 1
    more: bool = False


Answer = Callable[["Ask"], Awaitable[Summary]]


def slotted(slots: Mapping[str, Slot]) -> dict[str, dict[str, Any]]:
    """Return the values of the slots as the attributes of an `Ask`: wanted, their words, excluded and several."""
    return {
        "slots": {name: slot.value for name, slot in slots.items() if slot.is_plain},
        "words": {name: slot.text for name, slot in slots.items()},
        "excluded": {name: slot.out for name, slot in slots.items() if slot.out},
        "several": {name: slot for name, slot in slots.items() if slot.values and not slot.excluded},
    }


class Drawer(Protocol):
    """Encrypted storage of one linked record, where a person's answers keep data between messages.

    The data is deleted by /unlink, with the person's sign-in, and after an hour at most.
    """

    async def get(self, name: str) -> bytes | None:
        """Return the value stored under a name, None if there is none."""

    async def put(self, name: str, value: bytes) -> None:
        """Store a value under a name."""

    async def clear(self) -> None:
        """Delete everything in the drawer."""


class Reroute(Exception):
    """Raised by an answer to say that another `intent` answers the question; that answer gets the `arguments`.

    With None, the intent answers whose rule file says that it takes questions about future care (`to_come: takes`).
    """

    def __init__(self, intent: str | None = None, **arguments: str) -> None:
        super().__init__(intent)
        self.intent, self.arguments = intent, arguments


class NamedCare(msgspec.Struct):
    """Care that the person names by a `word` unknown to the pack.

    `claims` are the ids of the claims that have this word in a line or as the reason of the care. `out`: the question
    excludes such care, and `claims` are the others.
    """

    text: str
    word: str
    claims: set[str] = msgspec.field(default_factory=set)
    out: bool = False


def named_care(slot: Slot | None) -> NamedCare | None:
    """Return the care that the words of an ignored condition name; None if there are none."""
    return NamedCare(slot.text, str(slot.value), out=slot.excluded) if slot else None


class Ask(msgspec.Struct, dict=True):
    """One question for an answer.

    Member searches get the `patient=` parameter from the kernel, and rows of another patient are dropped. The directory
    never receives a token or a member's id.

    Attributes:
        slots: The values by slot, as in contract.md.
        excluded: Slots whose value the person excludes, if the intent's rule file supports exclusions.
        several: Slots with several values, if the intent's rule file supports several.
        beside: Values in the question that are in no slot of the intent, and unknown words as `unknown`.
        words: The person's words for each slot.
        arguments: The arguments of a button.
        said: The whole message as typed, empty for a button. Answers may search the message only for names that they
            found.
        concepts: The pack's concepts in the message, such as `COST` and `PAST`; none for a button.
        other_names: Returns the ingredient and the brands of a drug; `ingredients`: the ingredient by each name.
        everyday: Returns whether a word is an everyday word and not a name.
        care_kinds: The kinds of care that a `service` slot can name.
        benefits: The operator's benefit table.
        mark_key: The secret for the digests that are stored for this record.
        care: The care in question, if it is named by a word unknown to the pack and so is in no slot.
        kin: All whose records the person may see, if the question is about them together.
        named: Values that the answer found in the record, for a follow-up question; all copies share it.
        anchors: The first and last day of each event in the record that dates the period, or one of its ends.
        traits: Conditions on the texts of claims; `claim_filter`: all conditions, computed again for a changed copy.
        hears: Returns what a message requests about claims besides the slots, given it and the words of each slot.
        reads: Returns the slots of the question's intent in a part of the message.
        heard: The results of `hears` so far, shared by all copies.
    """

    slots: Mapping[str, object]
    today: date
    words: Mapping[str, str]
    language: str
    budget: Budget
    directory: DirectoryClient | PooledDirectory
    places: Gazetteer
    member: MemberClient | None = None
    arguments: Mapping[str, str] = msgspec.field(default_factory=dict)
    said: str = ""
    concepts: frozenset[str] = frozenset()
    other_names: Callable[[str], tuple[str, ...]] = lambda _name: ()
    ingredients: Mapping[str, str] = msgspec.field(default_factory=dict)
    everyday: Callable[[str], bool] = lambda _word: False
    care_kinds: CareKinds = NO_KINDS
    benefits: Benefits = NO_BENEFITS
    read_home: Callable[[], Awaitable[Patient | None]] | None = None
    read_health: Callable[[], Awaitable[PayerHealth]] | None = None
    read_coverages: Callable[[], Awaitable[tuple[Coverage, ...]]] | None = None
    read_claims: Callable[[], Awaitable[tuple[Claim, ...]]] | None = None
    read_phone: Callable[[], Awaitable[str]] | None = None
    read_cases: Callable[[], Awaitable[tuple[AppealCase, ...]]] | None = None
    read_seen: Callable[[], Awaitable[Seen | None]] | None = None
    drawer: Callable[[], Drawer] | None = None
    mark_key: str = ""
    private: bool = False
    now: datetime | None = None
    excluded: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    several: Mapping[str, Slot] = msgspec.field(default_factory=dict)
    beside: Mapping[str, object] = msgspec.field(default_factory=dict)
    unmet: dict[str, bool] = msgspec.field(default_factory=dict)
    own_doctors: list[OwnDoctor] = msgspec.field(default_factory=list)
    named: dict[str, str] = msgspec.field(default_factory=dict)
    kin: tuple[Kin, ...] = ()
    anchors: tuple[tuple[date, date], ...] = ()
    traits: tuple[ClaimTrait, ...] = ()
    claim_filter: ClaimFilter | None = None
    care: NamedCare | None = None
    hears: Callable[[str, Mapping[str, str]], ClaimsAsked] = lambda _said, _words: NOTHING_ASKED
    reads: Callable[[str], Mapping[str, Slot]] = lambda _text: {}
    heard: dict[tuple[object, ...], ClaimsAsked] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Drop what was read from the slots and words, so that a changed copy of the question reads its own."""
        self.claim_filter = None

    @cached_property
    def asked(self) -> ClaimsAsked:
        """What the message requests about claims besides the slots; nothing for a button.

        The message is read once for all copies of the question.
        """
        key = words_key(self.said, self.words)
        found = self.heard[key] = self.heard.get(key) or self.hears(self.said, self.words)
        return found

    def moment(self) -> datetime:
        """Return the current time; noon UTC of today if only the day is known."""
        return self.now or datetime.combine(self.today, time(12), UTC)

    def cannot(self, name: str) -> None:
        """Record that the slot `name` was not applied because the records lack the data; the reply says so."""
        self.unmet.setdefault(name, False)

    @property
    def found_care(self) -> bool:
        """Whether every claim that the answer uses is for the care in `care`; False if there is no such care."""
        used = {one.id for one in self.report.sources if one.type == "ExplanationOfBenefit"}
        return self.care is not None and bool(self.care.claims) and used <= self.care.claims

    def said_unmet(self, name: str) -> None:
        """Record that the slot `name` was not applied as a filter and that the answer's own template mentions it."""
        self.unmet[name] = True

    def singles_out(self, claims: Iterable[str]) -> None:
        """Store the ids of the claims that the answer singles out, for a later question about "it" or "them"."""
        self.named[THOSE] = " ".join(claims)

    @property
    def page(self) -> int:
        """The requested page of a list, counted from 0."""
        return whole(self.arguments.get("page"))

    def paged(self, rows: Sequence[T], size: int) -> tuple[tuple[T, ...], dict[str, Any]]:
        """Return the rows of the requested page, at most `size`, and the fields of `Paged`."""
        first = self.page * size
        place = {"page": self.page, "first": first + 1, "more": len(rows) > first + size}
        return tuple(rows[first : first + size]), place

    @property
    def pick(self) -> int:
        """The requested position in a list, counted from 0 for the newest or topmost; negative from the end."""
        return whole(self.arguments.get("pick"))

    @property
    def report(self) -> Report:
        """The report of what was read and what is missing."""
        return self.budget.report

    def search(self, search: Search) -> AsyncIterator[Page]:
        """Yield the pages of a search within the question's budget; the caller may stop after any page."""
        client = self._client(search.type)
        self.report.searches.append(search.shown())
        return client.search(search, self.budget)

    def onward(self, search: Search, url: str) -> AsyncIterator[Page]:
        """Yield the pages of a search in the member's records, starting at the address of a later page."""
        if self.member is None:
            raise TypeError(_NO_MEMBER)
        self.report.searches.append(search.shown())
        return self.member.onward(search, url, self.budget)

    @property
    def own_drawer(self) -> Drawer:
        """Return the encrypted storage of this record. Raise TypeError if no member is signed in."""
        if self.drawer is None:
            raise TypeError(_NO_MEMBER)
        return self.drawer()

    async def read(self, resource_type: str, resource_id: str) -> bytes:
        """Return one resource by id, as bytes."""
        return await self._client(resource_type).read(resource_type, resource_id, self.budget)

    def also_cite(self, resource_type: str, ids: Iterable[str]) -> None:
        """Add these records of the person to the answer's sources, for records that no search of the question found."""
        self.report.sources += [ReadRecord(resource_type, one, self.moment()) for one in ids]

    def cite(self, resource_type: str, ids: Iterable[str]) -> None:
        """Limit the answer's sources of a type to the records with these ids, the ones that the answer uses."""
        self.report.cite(resource_type, ids)

    async def home(self) -> Patient | None:
        """Return the linked member's own Patient record, for "near me"; None if there is none.

        The answer becomes private.
        """
        if self.read_home is None:
            return None
        self.private = True
        return await self.read_home()

    async def _private(self, read: Callable[[], Awaitable[T]] | None, none: T) -> T:
        """Return what is read in a 1:1 chat, `none` elsewhere; if there is any, the answer becomes private."""
        found = await read() if read else none
        self.private = self.private or bool(found)
        return found

    async def own_coverages(self) -> tuple[Coverage, ...]:
        """Return the linked member's coverages in a 1:1 chat, to guess the member's network; empty elsewhere."""
        return await self._private(self.read_coverages, ())

    async def own_phone(self) -> str:
        """Return the member service phone number of the linked member's payer in a 1:1 chat, "" if there is none."""
        return await self._private(self.read_phone, "")

    async def own_claims(self) -> tuple[Claim, ...]:
        """Return the linked member's newest claims in a 1:1 chat, to choose a provider; empty elsewhere."""
        return await self._private(self.read_claims, ())

    async def cases(self) -> tuple[AppealCase, ...]:
        """Return the stored appeals of this record, oldest first."""
        return await self.read_cases() if self.read_cases else ()

    async def last_seen(self) -> Seen | None:
        """Return the state of the record when its owner last asked for news; None the first time."""
        return await self.read_seen() if self.read_seen else None

    def in_parts(self, known: Sequence[Search] = ()) -> Ask:
        """Return a copy of the question for answers with concurrent parts: equal directory searches are combined.

        `known` are directory searches by an id or a name that are known to find something.
        """
        if not isinstance(self.directory, DirectoryClient):
            return self
        return replace(self, directory=PooledDirectory(self.directory, self.budget, known))

    def without(self, *slots: str) -> Ask:
        """Return a copy of the question without these slots and their words."""
        held = {name: getattr(self, name) for name in ("slots", "several", "beside", "words")}
        return replace(self, **{name: {one: own[one] for one in own if one not in slots} for name, own in held.items()})

    async def payer_health(self) -> PayerHealth:
        """Return whether the payer's directory server responds, checked now or a few seconds ago."""
        if self.read_health is None:
            raise TypeError("nothing watches the payer here")
        return await self.read_health()

    def _client(self, resource_type: str) -> MemberClient | DirectoryClient | PooledDirectory:
        if resource_type not in MEMBER_TYPES:
            return self.directory
        if self.member is None:
            raise TypeError(_NO_MEMBER)
        return self.member


def once(of: Callable[[Ask], T]) -> Callable[[Ask], T]:
    """Return the function, with its result cached in the question until a copy of the question is changed."""
    name = f"{of.__module__}.{of.__name__}"

    @wraps(of)
    def read(ask: Ask) -> T:
        kept: dict[str, T] = ask.__dict__
        if name not in kept:
            kept[name] = of(ask)
        return kept[name]

    return read


class Kin(msgspec.Struct, frozen=True):
    """One person of a household: the `number` in the list of people, from 1, and the question about this person.

    `name` is short, and empty if the payer gives none; `own` is True for the person who signed in.
    """

    number: int
    name: str
    patient: str
    ask: Ask
    own: bool = False


def whole(text: str | None) -> int:
    """Return an argument as an integer; 0 if it is missing or not a number."""
    return int(text) if text and text.lstrip("-").isdecimal() else 0


def text_of(ask: Ask, slot: str) -> str | None:
    """Return the value of a slot as text; None if the slot is not set. An amount of zero counts as set."""
    value = ask.slots.get(slot)
    return str(value) if value or isinstance(value, Decimal) else None


def values_of(ask: Ask, slot: str) -> tuple[str, ...]:
    """Return all values of a slot as texts: one, several alternatives, or () if the slot is not set."""
    several = ask.several.get(slot)
    if several is not None:
        return tuple(str(value) for value in several.values)
    text = text_of(ask, slot)
    return (text,) if text else ()


def excluded_of(ask: Ask, slot: str) -> tuple[str, ...]:
    """Return the excluded values of a slot as texts; () if there are none."""
    slot_ = ask.excluded.get(slot)
    return tuple(str(value) for value in (slot_.values or (slot_.value,))) if slot_ else ()
