"""Results of the accounts package: who is linked, who was just linked, and the access token for a question."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from bot.accounts.rows import PatientCandidate


class Link(msgspec.Struct, frozen=True):
    """A member account that a person connected. `member` is whose record it is, short ("Dana M."); "" if not given.

    `expires_at` is when the sign-in ends, None if it has ended; times are in UTC. In state "expired" the member has to
    sign in again.
    """

    id: str
    member: str
    since: datetime
    expires_at: datetime | None
    state: Literal["active", "expired"]


class Linked(msgspec.Struct, frozen=True):
    """The result of a typed code: a connected account, or the records among which the person must choose.

    With `choices` nothing is connected yet; `choose` takes the index of one of them, counted from 0. `again` is True if
    the person was connected before, so that a sign-in was only renewed. `others` are further people whose records the
    sign-in gives access to.
    """

    member: str = ""
    choices: tuple[str, ...] = ()
    again: bool = False
    others: tuple[PatientCandidate, ...] = ()

    def __repr__(self) -> str:
        return "Linked(…)"


class Access(msgspec.Struct, frozen=True):
    """The access needed for a member's question. The token is never printed; `expires_at` is in Unix seconds.

    `also` are further ids under which the payer has the same person. `person` is whose record it is; `people` are all
    whose records the sign-in gives access to, empty if that is only who signed in. `renewable`: there is a refresh
    token.
    """

    patient: str
    token: str
    link_id: str
    expires_at: float
    also: tuple[str, ...] = ()
    person: PatientCandidate | None = None
    people: tuple[PatientCandidate, ...] = ()
    renewable: bool = False

    def __repr__(self) -> str:
        return "Access(…)"


class Unlinked(msgspec.Struct, frozen=True):
    """The result of unlinking: whether an account was connected, and whose record it was."""

    was_linked: bool
    member: str = ""


def moment(seconds: float) -> datetime:
    """Return Unix seconds as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
