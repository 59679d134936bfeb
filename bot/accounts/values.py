"""What the accounts room hands out: who is linked, what was just linked, and the access that a question may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bot.accounts.rows import PatientCandidate


@dataclass(frozen=True, slots=True)
class Link:
    """A member account that a person connected. `member` is whose record, short ("Dana M."); empty when not given.

    `expires_at` is when the sign-in ends, None when it has ended; times are in UTC. "expired" asks for a new sign-in.
    """

    id: str
    member: str
    since: datetime
    expires_at: datetime | None
    state: Literal["active", "expired"]


@dataclass(frozen=True, slots=True)
class Linked:
    """What the typed code led to: a connected account, or the records among which the person must choose.

    With `choices` nothing is connected yet; `choose` takes the index of one of them, counted from 0.
    `again` is true when the person was connected before, so that a sign-in was only renewed. `others` are further
    persons whose records the sign-in opens.
    """

    member: str = ""
    choices: tuple[str, ...] = ()
    again: bool = False
    others: tuple[PatientCandidate, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """What a member question needs. The token never prints; `expires_at` is in Unix seconds.

    `also` are further ids under which the payer keeps the same person. `person` is whose record it is; `people` are
    all whose records the sign-in opens, empty where that is only who signed in. `renewable`: there is a refresh token.
    """

    patient: str = field(repr=False)
    token: str = field(repr=False)
    link_id: str
    expires_at: float
    also: tuple[str, ...] = field(default=(), repr=False)
    person: PatientCandidate | None = field(default=None, repr=False)
    people: tuple[PatientCandidate, ...] = field(default=(), repr=False)
    renewable: bool = False


@dataclass(frozen=True, slots=True)
class Unlinked:
    """What unlinking did: whether an account was connected, and whose record it was."""

    was_linked: bool
    member: str = ""


def moment(seconds: float) -> datetime:
    """Unix seconds as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
