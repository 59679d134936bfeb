"""The rows that accounts store, encrypted and bound to their kind and key (T35), and the values accounts return."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec

from bot.errors import NotCovered
from bot.message import Person
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable, read_as

_DAY = 86_400.0
LIVES = 600.0  # seconds: a link, a sign-in and a code each (T03, T15)
SPENT_KIND = "code_spent"
"""The kind of rows for correct codes that were typed; key: the SHA-256 of the code, value: the key of its person."""
LINK_DAYS = 90  # then the link must be proved again (T22)


class Untold(msgspec.Struct, frozen=True):
    """A struct with secrets or member data; its `repr` contains no values."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Tokens(Untold, frozen=True):
    """The token endpoint's response, stored under the link's id.

    `expires_at` in Unix seconds; `lifetime` in seconds.
    """

    access: str
    refresh: str | None
    expires_at: float
    lifetime: float
    scope: str

    @property
    def secrets(self) -> frozenset[str]:
        """The access and the refresh token."""
        return frozenset({self.access, self.refresh or self.access})


class LinkRequest(msgspec.Struct, frozen=True):
    """A one-time link, stored under the SHA-256 of its id."""

    person: Person


class SignIn(Untold, frozen=True):
    """A sign-in in progress at the payer, stored under the SHA-256 of its state.

    `browser` is the SHA-256 of the browser's cookie. `popup`: the browser is a pop-up of the person's chat client.
    `began` is when the sign-in started, in Unix seconds.
    """

    person: Person
    request: str
    browser: str
    nonce: str
    verifier: str
    popup: bool = False
    began: float = 0.0


class PatientCandidate(Untold, frozen=True):
    """A person whose record the token gives access to. `also` are ids of further records of the same person.

    `name` is short ("Dana M."), `given` and `family` are as written by the payer, `gender` is FHIR's code and `born` a
    FHIR date; each is "" if not given. `own`: the payer reported this person as the one who signed in.
    """

    patient: str
    name: str
    also: tuple[str, ...] = ()
    given: str = ""
    family: str = ""
    gender: str = ""
    born: str = ""
    own: bool = False


class Pending(Untold, frozen=True):
    """A finished sign-in that waits for its code, stored under the person's key. `code` is the SHA-256 of the code."""

    id: str
    request: str
    code: str
    candidates: tuple[PatientCandidate, ...]
    tokens: Tokens
    expires: float
    proved: bool = False


class LinkOutcome(Untold, frozen=True):
    """The content of the browser's last page: the code or the name of the problem.

    It is stored under the SHA-256 of the browser's cookie. `records` are the short names of the people whose records
    the sign-in gives access to.
    """

    person: Person
    code: str = ""
    problem: str = ""
    reference: str = ""
    status: int = 400
    popup: bool = False
    records: tuple[str, ...] = ()


class LinkRow(Untold, frozen=True):
    """A connected account, stored under the person's key. `also` are further ids of the same member.

    `people` are all whose records the token gives access to, the member first; empty if that is only who signed in.
    """

    id: str
    patient: str
    name: str
    since: float
    also: tuple[str, ...] = ()
    people: tuple[PatientCandidate, ...] = ()

    def person(self, patient: str) -> PatientCandidate:
        """Return the person with this Patient id; the member for "".

        Raises:
            NotCovered: the sign-in gives no access to that record.
        """
        if not patient or (not self.people and self.opens(patient)):
            return self.people[0] if self.people else self._own
        for one in self.people:
            if patient in {one.patient, *one.also}:
                return one
        raise NotCovered("the sign-in does not open the record that was asked for")

    @property
    def named(self) -> tuple[PatientCandidate, ...]:
        """All whose records the token gives access to; the member alone if that is only who signed in."""
        return self.people or (self._own,)

    @property
    def _own(self) -> PatientCandidate:
        given = self.name.partition(" ")[0]
        return PatientCandidate(self.patient, self.name, self.also, given=given, own=True)

    def opens(self, patient: str) -> bool:
        """Return whether the link gives access to the record with this Patient id."""
        ids = (self.patient, *self.also, *(each for one in self.people for each in (one.patient, *one.also)))
        return patient in ids


class Current(msgspec.Struct, frozen=True):
    """A person's only valid one-time link, stored under the person's key. `request` is the key of its `LinkRequest`."""

    request: str


class Used(msgspec.Struct, frozen=True):
    """Records that a link was used, stored under the link's id. It expires when the member is to be logged off."""

    at: float


class LastLook(msgspec.Struct, frozen=True):
    """The state of one record, as digests, when its owner last asked what is new. `day` is an ISO date."""

    day: str
    claims: dict[str, str]
    doctors: dict[str, tuple[str, ...]] = {}


class Looked(msgspec.Struct, frozen=True):
    """The states that a person last viewed, by Patient id, stored under the person's key."""

    looks: dict[str, LastLook]


class _Bound(msgspec.Struct, frozen=True):
    """The encrypted content of a row: also its expiry and owner, as those columns are not encrypted in the store."""

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
    """Return the kind and the key of a row, by which the store identifies the row."""
    return _KINDS[row], key


class Rows:
    """Typed, encrypted rows. A row that cannot be decrypted counts as missing: the person has to link again (T36).

    A row's expiry and owner are encrypted with the row, so that access to the database without a key cannot extend or
    move the row.
    """

    def __init__(self, table: SealedTable, clock: Callable[[], float], link_days: int = LINK_DAYS) -> None:
        """A link is valid for `link_days`, however often its sign-in is renewed."""
        self._table, self.store, self.now, self.link_lives = table, table.store, clock, link_days * _DAY

    async def put(self, key: str, row: _Row, *, expires: float, owner: Person) -> None:
        """Store a row."""
        await self.store.append((), (self.sealed(key, row, expires=expires, owner=owner),))

    def sealed(self, key: str, row: _Row, *, expires: float, owner: Person) -> NewRow:
        """Return a row encrypted, as it is stored."""
        bound = _Bound(expires, owner.key, msgspec.Raw(msgspec.json.encode(row)))
        return self._table.row(_KINDS[type(row)], key, bound, expires=expires, owner=owner.key)

    async def get(self, row: type[_Row], key: str) -> _Row | None:
        """Return a row; None if it is missing or expired."""
        return self.unbound(row, key, await self._table.get(_KINDS[row], key))

    async def take(self, row: type[_Row], key: str) -> _Row | None:
        """Delete a row and return it. Only one of several concurrent callers gets it (T04), the others get None."""
        return self.unbound(row, key, await self._table.take(_KINDS[row], key))

    async def all(self, row: type[_Row]) -> AsyncIterator[tuple[str, _Row]]:
        """Yield every row that can be decrypted, with its key, in the order in which they were stored."""
        async for listed, plain in self._table.listed(_KINDS[row]):
            opened = self.unbound(row, listed.key, plain)
            if opened is not None:
                yield listed.key, opened

    async def drop(self, row: type[_Row], key: str) -> None:
        """Delete a row."""
        await self.store.drop(_KINDS[row], key)

    async def is_current(self, person: Person, request: str) -> bool:
        """Return whether a request is still the person's valid one-time link.

        `request` is the key of its `LinkRequest`.
        """
        return await self.current(person) == request != ""

    async def current(self, person: Person) -> str:
        """Return the key of the person's valid one-time link; "" if there is none."""
        row = await self.get(Current, person.key)
        return row.request if row is not None else ""

    def unbound(self, row: type[_Row], key: str, plain: bytes | None) -> _Row | None:
        """Return the row in a decrypted value; None if the row has expired or belongs to another person's key."""
        bound = read_as(plain, _Bound)  # None also of a version that did not seal ends: the person links again
        if bound is None or bound.expires <= self.now() or (row in _OF_PERSONS and bound.owner != key):
            return None
        return msgspec.json.decode(bound.row, type=row)


def lives_until(rows: Rows, tokens: Tokens) -> float:
    """Return until when tokens can be used, in Unix seconds: their expiry, or a link's if they can be renewed."""
    return rows.now() + rows.link_lives if tokens.refresh else tokens.expires_at


class Link(msgspec.Struct, frozen=True):
    """A member account that a person connected. `member` is the member's short name ("Dana M."); "" if not given.

    `expires_at` is when the sign-in ends, None if it has ended; times are in UTC. In state "expired" the member has to
    sign in again.
    """

    id: str
    member: str
    since: datetime
    expires_at: datetime | None
    state: Literal["active", "expired"]


class Linked(Untold, frozen=True):
    """The result of a typed code: a connected account, or the records from which the person must choose.

    With `choices` nothing is connected yet; `choose` takes the index of one of them, counted from 0. `again` is True if
    the person was connected before, so that a sign-in was only renewed. `others` are further people whose records the
    sign-in gives access to.
    """

    member: str = ""
    choices: tuple[str, ...] = ()
    again: bool = False
    others: tuple[PatientCandidate, ...] = ()


class Access(Untold, frozen=True):
    """The access to a record for a member's question. The token is never printed; `expires_at` is in Unix seconds.

    `also` are further ids of the same person at the payer. `person` is whose record it is; `people` are all whose
    records the sign-in gives access to, empty if that is only who signed in. `renewable`: there is a refresh token.
    """

    patient: str
    token: str
    link_id: str
    expires_at: float
    also: tuple[str, ...] = ()
    person: PatientCandidate | None = None
    people: tuple[PatientCandidate, ...] = ()
    renewable: bool = False


def moment(seconds: float) -> datetime:
    """Return Unix seconds as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
