"""One question as its answer sees it: what was asked, what its slots say, and the searches that are bound to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.kit.benefits import NO_BENEFITS, Benefits
from bot.kit.cases import AppealCase
from bot.language.nearby import Gazetteer
from bot.language.reading import Slot
from bot.payer.budget import Budget, ReadRecord, Report
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.health import PayerHealth
from bot.payer.pooled import PooledDirectory
from bot.payer.search import Search
from bot.records.bundle import Page
from bot.records.care_kind import NO_KINDS, CareKinds
from bot.records.claim import Claim
from bot.records.coverage import Coverage
from bot.records.dates import PartialDate
from bot.records.patient import Patient

if TYPE_CHECKING:
    from bot.kit.news import Seen

MEMBER_TYPES = frozenset(
    {
        "CarePlan",
        "Condition",
        "Coverage",
        "ExplanationOfBenefit",
        "List",
        "MedicationKnowledge",
        "Observation",
        "Patient",
        "Procedure",
    }
)
_NO_MEMBER = "this intent's rule does not say needs: member"
A_ZONE = timedelta(days=1)
BILLED_LATE = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Summary:
    """What an answer found, as plain values for its template. Each intent has its own, in its own file."""


Answer = Callable[["Ask"], Awaitable[Summary]]


class Drawer(Protocol):
    """What a person's answers keep for a while, sealed: it ends with their sign-in, an hour at most, and with unlink.

    Each record that a link opens has a drawer of its own.
    """

    async def get(self, name: str) -> bytes | None:
        """What was put there under a name."""
        ...

    async def put(self, name: str, value: bytes) -> None:
        """Keep it under a name."""
        ...

    async def clear(self) -> None:
        """Throw everything in it away."""
        ...


def no_other_name(_name: str) -> tuple[str, ...]:
    """The other names of a drug: none."""
    return ()


class NeedsPlace(Exception):
    """Raised by an answer that needs a place. The kernel then asks for it once, with buttons.

    `place` is the named one, where there is one: it is unknown, or `outside` the area that the directory covers.
    """

    def __init__(self, place: str | None = None, *, outside: bool = False) -> None:
        super().__init__()
        self.place = place
        self.outside = outside


@dataclass(frozen=True, slots=True)
class OwnDoctor:
    """The provider on the asker's claims: `called` by the person, `day` of the newest claim, `others` of the name."""

    name: str
    called: str
    day: PartialDate | None
    others: int


@dataclass(slots=True)
class Ask:
    """One question, ready to be answered.

    `slots` are the values of contract.md, one a slot; `excluded` are slots of which the person wants everything else,
    `several` those with more than one value: each only where the rule file says that this answer honours it.
    `words` is what the person said for them, `arguments` what a button carried.
    `pick` counts from the newest or topmost answer (0), `page` from the first page (0). Member searches get `patient=`
    from the kernel and rows of another patient are dropped; the directory never sees a token or a member's id.
    `other_names` gives a drug's ingredient and its brands; `care_kinds` are those that a `service` is one of,
    `benefits` the operator's table.
    `mark_key` is the secret of digests that are kept of this record.
    `kin` are all whose records the asker may see, where the question is about them together.
    `said` is the whole message as it was typed, empty for a
    button: an answer may look in it for names of what it has found, and for nothing else.
    """

    slots: Mapping[str, object]
    today: date
    words: Mapping[str, str]
    language: str
    budget: Budget
    directory: DirectoryClient | PooledDirectory
    places: Gazetteer
    member: MemberClient | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    other_names: Callable[[str], tuple[str, ...]] = no_other_name
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
    excluded: Mapping[str, Slot] = field(default_factory=dict)
    several: Mapping[str, Slot] = field(default_factory=dict)
    unmet: dict[str, bool] = field(default_factory=dict)
    own_doctors: list[OwnDoctor] = field(default_factory=list)
    kin: tuple[Kin, ...] = ()

    def moment(self) -> datetime:
        """The present moment; noon of today in UTC for who knows only the day."""
        return self.now or datetime.combine(self.today, time(12), UTC)

    def cannot(self, name: str) -> None:
        """Record that a slot could not be applied, because the records do not say; the reply then says so first."""
        self.unmet.setdefault(name, False)

    def said_unmet(self, name: str) -> None:
        """Record that a slot could not be applied, where the answer's own template says so."""
        self.unmet[name] = True

    @property
    def page(self) -> int:
        """Which page of a list was asked for, from 0."""
        return _number(self.arguments.get("page"))

    @property
    def pick(self) -> int:
        """Which answer was asked for, from 0, the newest or topmost first."""
        return _number(self.arguments.get("pick"))

    @property
    def report(self) -> Report:
        """The report of what was read and what is missing."""
        return self.budget.report

    def search(self, search: Search) -> AsyncIterator[Page]:
        """The pages of a search, within the question's budget; the caller may stop at any page."""
        client = self._client(search.type)
        self.report.searches.append(search.shown())
        return client.search(search, self.budget)

    def onward(self, search: Search, url: str) -> AsyncIterator[Page]:
        """The pages of a search over the member's records from a later page on, at its address."""
        if self.member is None:
            raise TypeError(_NO_MEMBER)
        self.report.searches.append(search.shown())
        return self.member.onward(search, url, self.budget)

    @property
    def own_drawer(self) -> Drawer:
        """What answers about this record keep between two questions."""
        if self.drawer is None:
            raise TypeError(_NO_MEMBER)
        return self.drawer()

    async def read(self, resource_type: str, resource_id: str) -> bytes:
        """One resource by id."""
        return await self._client(resource_type).read(resource_type, resource_id, self.budget)

    def stands_on(self, resource_type: str, ids: Iterable[str]) -> None:
        """Add the asker's own records that were read beside the searches to the sources."""
        self.report.sources += [ReadRecord(resource_type, one, self.moment()) for one in ids]

    def cite(self, resource_type: str, ids: Iterable[str]) -> None:
        """Limit the sources of a type to these records, the ones that the answer uses."""
        self.report.cite(resource_type, ids)

    async def home(self) -> Patient | None:
        """The linked member's own record, for "near me"; the answer is private from here on."""
        if self.read_home is None:
            return None
        self.private = True
        return await self.read_home()

    async def own_coverages(self) -> tuple[Coverage, ...]:
        """The linked member's coverages, in a 1:1 chat, to guess their network from; the answer is private then."""
        found = await self.read_coverages() if self.read_coverages else ()
        self.private = self.private or bool(found)
        return found

    async def own_phone(self) -> str:
        """The number for members in the record of the linked member's payer, in a 1:1 chat; "" where there is none."""
        found = await self.read_phone() if self.read_phone else ""
        self.private = self.private or bool(found)
        return found

    async def own_claims(self) -> tuple[Claim, ...]:
        """The linked member's newest claims, in a 1:1 chat only, to choose the provider; the answer is private then."""
        found = await self.read_claims() if self.read_claims else ()
        self.private = self.private or bool(found)
        return found

    async def cases(self) -> tuple[AppealCase, ...]:
        """What the linked member told of appeals of this record, the oldest first."""
        return await self.read_cases() if self.read_cases else ()

    async def last_seen(self) -> Seen | None:
        """How the record looked when its owner last asked what is new; None for the first time."""
        return await self.read_seen() if self.read_seen else None

    def in_parts(self, known: Sequence[Search] = ()) -> Ask:
        """The same question, to be asked in parts at once: what they search alike goes to the payer together.

        `known` are searches of the directory that find something, by an id or a name.
        """
        if not isinstance(self.directory, DirectoryClient):
            return self
        return replace(self, directory=PooledDirectory(self.directory, self.budget, known))

    async def payer_health(self) -> PayerHealth:
        """Whether the payer's directory server answers, asked now or a few seconds ago."""
        if self.read_health is None:
            raise TypeError("nothing watches the payer here")
        return await self.read_health()

    def _client(self, resource_type: str) -> MemberClient | DirectoryClient | PooledDirectory:
        if resource_type not in MEMBER_TYPES:
            return self.directory
        if self.member is None:
            raise TypeError(_NO_MEMBER)
        return self.member


@dataclass(frozen=True, slots=True)
class Kin:
    """One of the people of a household: the `number` in their list, from 1, and the question about them.

    `name` is short, and empty where the payer gives none; `own`: it is who signed in.
    """

    number: int
    name: str
    patient: str
    ask: Ask
    own: bool = False


def _number(text: str | None) -> int:
    return int(text) if text and text.lstrip("-").isdecimal() else 0


def span_of(ask: Ask) -> tuple[date | None, date | None]:
    """The days that were asked for, both inclusive; None where a side is open."""
    value = ask.slots.get("date_range")
    if not isinstance(value, Mapping):
        return None, None
    start, end = value.get("start"), value.get("end")
    return (date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None)


def time_of(ask: Ask, back: timedelta | None = None) -> tuple[date, date]:
    """The days that were asked for, up to today; where no first one was, from New Year's Day, or so long `back`."""
    start, end = span_of(ask)
    last = min(end or ask.today, ask.today)
    return start or (date(last.year, 1, 1) if back is None else last - back), last


def amount_asked(ask: Ask) -> str | None:
    """The amount that was asked for; None for what is owed, which "out of pocket" means too."""
    asked = text_of(ask, "amount_kind")
    return None if asked == "out_of_pocket_max" else asked


def service_dates(ask: Ask) -> tuple[tuple[str, str], ...]:
    """The asked time as search parameters, wide enough for all care that began in it."""
    return days_around(*span_of(ask))


def days_around(start: date | None, end: date | None, *, late: timedelta = BILLED_LATE) -> tuple[tuple[str, str], ...]:
    """A span as search parameters, a day more before it and half a year (`late`) after it.

    A server compares instants, and a day has a zone: a service at 10:30 p.m. in Chicago is on the next day in UTC. It
    also compares the days of the bill, and a long stay is billed after it began, in parts. The caller checks the days
    as they are written.
    """
    first = start - A_ZONE if start and start > date.min + A_ZONE else start
    last = end + late if end and end < date.max - late else end
    return tuple(("service-date", f"{prefix}{day}") for prefix, day in (("ge", first), ("le", last)) if day)


def text_of(ask: Ask, slot: str) -> str | None:
    """A slot's value as text, None when it was not given."""
    value = ask.slots.get(slot)
    return str(value) if value else None


def values_of(ask: Ask, slot: str) -> tuple[str, ...]:
    """All values of a slot as texts: one, or several alternatives."""
    several = ask.several.get(slot)
    if several is not None:
        return tuple(str(value) for value in several.values)
    text = text_of(ask, slot)
    return (text,) if text else ()


def excluded_of(ask: Ask, slot: str) -> tuple[str, ...]:
    """The values that a slot excludes."""
    slot_ = ask.excluded.get(slot)
    return tuple(str(value) for value in (slot_.values or (slot_.value,))) if slot_ else ()


def of_other_person(ask: Ask) -> bool:
    """True when the question is about somebody else's record, which is not readable here.

    The slot is `{"kin": "son"}`, `{"name": "Mia"}`, or "self" for the person who asks.
    """
    return ask.slots.get("person", "self") != "self"
