"""The rows that accounts keep, sealed and tied to their place in the store (T35)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec

from bot.errors import NotCovered
from bot.message import Person
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable

_DAY = 86_400.0
LIVES = 600.0  # seconds: a link, a sign-in and a code each (T03, T15)
LINK_DAYS = 90  # then the link must be proved again (T22)


class Tokens(msgspec.Struct, frozen=True):
    """What the token endpoint gave, key: the link's id. `expires_at` in Unix seconds; `lifetime` in seconds."""

    access: str
    refresh: str | None
    expires_at: float
    lifetime: float
    scope: str

    @property
    def secrets(self) -> frozenset[str]:
        """The tokens themselves."""
        return frozenset({self.access, self.refresh or self.access})

    def __repr__(self) -> str:
        return "Tokens(…)"


class LinkRequest(msgspec.Struct, frozen=True):
    """A one-time link, key: the SHA-256 of its id."""

    person: Person


class SignIn(msgspec.Struct, frozen=True):
    """A sign-in under way at the payer, key: the SHA-256 of its state. `browser` is the SHA-256 of the cookie.

    `popup`: the browser is a pop-up of the person's chat client. `began`: Unix seconds of its start.
    """

    person: Person
    request: str
    browser: str
    nonce: str
    verifier: str
    popup: bool = False
    began: float = 0.0


class PatientCandidate(msgspec.Struct, frozen=True):
    """A person whose record the token opens; `also` are the ids of further records of the same person.

    `name` is short ("Dana M."), `given` and `family` are as the payer writes them, `gender` is FHIR's code and `born`
    a FHIR date; each is empty where the payer does not say. `own`: the payer named this person as the one who signed
    in.
    """

    patient: str
    name: str
    also: tuple[str, ...] = ()
    given: str = ""
    family: str = ""
    gender: str = ""
    born: str = ""
    own: bool = False

    def __repr__(self) -> str:
        return "Candidate(…)"


class Pending(msgspec.Struct, frozen=True):
    """A finished sign-in that waits for its code, key: the person's. `code` is the SHA-256 of the code."""

    id: str
    request: str
    code: str
    candidates: tuple[PatientCandidate, ...]
    tokens: Tokens
    expires: float
    proved: bool = False


class LinkOutcome(msgspec.Struct, frozen=True):
    """What the browser's last page shows, key: the SHA-256 of its cookie: the code, or the problem's name.

    `records` are the short names of those whose records the sign-in opens.
    """

    person: Person
    code: str = ""
    problem: str = ""
    reference: str = ""
    status: int = 400
    popup: bool = False
    records: tuple[str, ...] = ()


class LinkRow(msgspec.Struct, frozen=True):
    """A connected account, key: the person's. `also` are further ids of the same member.

    `people` are all whose records the token opens, the member first, where one of them is not who signed in.
    """

    id: str
    patient: str
    name: str
    since: float
    also: tuple[str, ...] = ()
    people: tuple[PatientCandidate, ...] = ()

    def __repr__(self) -> str:
        return "LinkRow(…)"

    def person(self, patient: str) -> PatientCandidate:
        """The person with this Patient id, the member for an empty one.

        Raises:
            NotCovered: the sign-in does not open that record.
        """
        if not patient or (not self.people and self.opens(patient)):
            return self.people[0] if self.people else PatientCandidate(self.patient, self.name, self.also, own=True)
        for one in self.people:
            if patient in {one.patient, *one.also}:
                return one
        raise NotCovered("the sign-in does not open the record that was asked for")

    def opens(self, patient: str) -> bool:
        """Whether this is the Patient id, or a further one, of somebody whose record the link opens."""
        ids = (self.patient, *self.also, *(each for one in self.people for each in (one.patient, *one.also)))
        return patient in ids

    def is_same_member(self, other: LinkRow) -> bool:
        """True when an id of one is an id of the other."""
        return not {self.patient, *self.also}.isdisjoint((other.patient, *other.also))


class Current(msgspec.Struct, frozen=True):
    """A person's only live one-time link, key: the person's. `request` is the key of its `LinkRequest`."""

    request: str


class Used(msgspec.Struct, frozen=True):
    """That a link was used, key: its id. It ends when the member is to be logged off."""

    at: float


class LastLook(msgspec.Struct, frozen=True):
    """How one record looked when its owner asked what is new, as digests; `day` is an ISO date."""

    day: str
    claims: dict[str, str]
    doctors: dict[str, tuple[str, ...]] = {}


class Looked(msgspec.Struct, frozen=True):
    """The looks of a person by Patient id, key: the person's."""

    looks: dict[str, LastLook]


class _Bound(msgspec.Struct, frozen=True):
    """What is sealed of a row: its end and owner with it, which the store keeps in columns that anybody may write."""

    expires: float
    owner: str
    row: msgspec.Raw


_Row = TypeVar("_Row", LinkRequest, SignIn, Pending, LinkOutcome, LinkRow, Tokens, Current, Used, Looked)
_KINDS: dict[type[msgspec.Struct], str] = {
    LinkRequest: "link_request",
    SignIn: "sign_in",
    Pending: "pending_link",
    LinkOutcome: "sign_in_outcome",
    LinkRow: "link",
    Tokens: "tokens",
    Current: "link_current",
    Used: "link_used",
    Looked: "looked",
}

_OF_PERSONS = frozenset({Pending, LinkRow, Current, Looked})  # their key is their owner's


def place(row: type[_Row], key: str) -> tuple[str, str]:
    """The kind and the key of a row."""
    return _KINDS[row], key


class Rows:
    """Typed, sealed access to the store. A row that no key opens counts as missing: the person links again (T36).

    A row's end and owner are sealed with it: whoever can write the database, but has no key, prolongs or moves nothing.
    """

    def __init__(self, table: SealedTable, clock: Callable[[], float], link_days: int = LINK_DAYS) -> None:
        """A link lives `link_days`, however often its sign-in is renewed."""
        self._table, self.store, self.now, self.link_lives = table, table.store, clock, link_days * _DAY

    async def put(self, key: str, row: _Row, *, expires: float, owner: Person) -> None:
        """Keep a row under its kind."""
        kept = self.sealed(key, row, expires=expires, owner=owner)
        await self.store.put(kept.kind, kept.key, kept.value, expires=kept.expires, owner=kept.owner)

    def sealed(self, key: str, row: _Row, *, expires: float, owner: Person) -> NewRow:
        """A row as it is put under its kind."""
        bound = msgspec.json.encode(_Bound(expires, owner.key, msgspec.Raw(msgspec.json.encode(row))))
        return self._table.row(_KINDS[type(row)], key, bound, expires=expires, owner=owner.key)

    async def get(self, row: type[_Row], key: str) -> _Row | None:
        """The living row, unsealed."""
        return self.unbound(row, key, await self._table.get(_KINDS[row], key))

    async def take(self, row: type[_Row], key: str) -> _Row | None:
        """The living row, removed: of many takers one gets it (T04)."""
        return self.unbound(row, key, await self._table.take(_KINDS[row], key))

    async def all(self, row: type[_Row]) -> AsyncIterator[tuple[str, _Row]]:
        """Every living row that a key opens, with its key, in the order in which they were put."""
        async for listed, plain in self._table.listed(_KINDS[row]):
            opened = self.unbound(row, listed.key, plain)
            if opened is not None:
                yield listed.key, opened

    async def drop(self, row: type[_Row], key: str) -> None:
        """Remove a row."""
        await self.store.drop(_KINDS[row], key)

    async def make_current(self, person: Person, request: str, *, expires: float) -> None:
        """Make a request this person's only live one: an older one no longer matches."""
        await self.put(person.key, Current(request), expires=expires, owner=person)

    async def is_current(self, person: Person, request: str) -> bool:
        """Whether a request is still this person's live one."""
        return await self.current(person) == request != ""

    async def current(self, person: Person) -> str:
        """This person's live request; empty when there is none."""
        row = await self.get(Current, person.key)
        return row.request if row is not None else ""

    async def end_current(self, person: Person) -> None:
        """End this person's current link request, if there is one."""
        await self.drop(Current, person.key)

    def unbound(self, row: type[_Row], key: str, plain: bytes | None) -> _Row | None:
        """The living row in what its place holds; None when another end or owner is sealed in it."""
        if plain is None:
            return None
        try:
            bound = msgspec.json.decode(plain, type=_Bound)
        except msgspec.ValidationError:
            return None  # of a version that did not seal ends: the person links again
        if bound.expires <= self.now() or (row in _OF_PERSONS and bound.owner != key):
            return None
        return msgspec.json.decode(bound.row, type=row)


def lives_until(rows: Rows, tokens: Tokens) -> float:
    """How long tokens can be of use: to their end, or as long as a link when they can be renewed."""
    return rows.now() + rows.link_lives if tokens.refresh else tokens.expires_at
