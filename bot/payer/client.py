"""The two FHIR clients: one for a member's records, and one for the open directory, which never uses a token."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from bot.errors import PayerForbids, PayerLacks
from bot.payer.budget import Budget, Gap, ResponseCache
from bot.payer.chains import Chains
from bot.payer.http import Http
from bot.payer.origin import Retry
from bot.payer.paging import Server
from bot.payer.search import Search, Trait, Way, any_of, first_of
from bot.records.bundle import Entry, Page, read_head

DIRECTORY_TYPES = frozenset({
    "Endpoint", "HealthcareService", "InsurancePlan", "Location", "Organization", "OrganizationAffiliation",
    "Practitioner", "PractitionerRole",
})  # fmt: skip
_OWNED = frozenset({"CarePlan", "Condition", "Coverage", "ExplanationOfBenefit", "Observation", "Procedure"})
_NO_REFERENCE = frozenset({"", "_id"})
_PERSONAL = re.compile(r"(?:^|[.:])(?:patient|beneficiary|subscriber|subject|member|policy-holder)", re.IGNORECASE)


class MemberClient(Server):
    """Reads one member's records. The access token is sent to the configured base URL only.

    `renew` is called once after a 401 and returns a new access token, or None if the member has to sign in again.
    `also` are further ids of the same person at the payer, established when the link was made. Without `patient` (the
    payer did not say who signed in) only Patient can be searched. `kept` is the cache of this member's link.
    """

    def __init__(
        self,
        http: Http,
        base: str,
        access_token: str,
        patient: str | None,
        *,
        also: Collection[str] = (),
        renew: Callable[[], Awaitable[str | None]] | None = None,
        retry: Retry | None = None,
        post_search: bool | None = False,
        kept: ResponseCache | None = None,
    ) -> None:
        super().__init__(http, base, retry=retry, post=post_search, kept=kept)
        self._token, self._patient, self._renewal = access_token, patient, renew
        self._ids = (patient, *also) if patient else ()
        self.base = base

    def onward(self, search: Search, url: str, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages of a search from `url` on, the `next_url` of an earlier page. Errors as in `search`."""
        return self.pages(search, budget, url)

    def search(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages of a search in this member's records, by the first way of searching that finds something.

        `patient=` is added if the type belongs to a patient; rows of another patient are dropped and counted (T11,
        F31). Stop the iteration as soon as enough was read.

        Raises:
            SignInExpired: the token is invalid and was not renewed.
            PayerForbids, PayerLacks: this type is refused.
            PayerError: there is no valid response.
        """
        return first_of(self, self._ways(search), budget)

    async def read(self, resource_type: str, resource_id: str, budget: Budget) -> bytes:
        """Return one resource of this member as JSON bytes.

        Raises:
            PayerLacks: there is no such resource, or it is another patient's, which is reported as a gap.
        """
        body = await super().read(resource_type, resource_id, budget)
        head = read_head(body)
        if not self._is_theirs(Entry(head.resource_type, head.id, "match", body, owner=head.owner)):
            budget.report.sources.pop()
            budget.report.gaps.append(Gap("left_out", resource_type, 1, "wrong patient"))
            raise PayerLacks("a record of another patient", resource_type=resource_type)
        return body

    def _ways(self, search: Search) -> Iterator[Way]:
        """Yield the ways to search for this person's records. Each is to be tried if all before found nothing."""
        names = self._names(search.type)
        for name in names:
            for way in self._by(name, search):
                yield way if name == names[-1] else replace(way, name=name)
                if self.traits.has(Trait.REFUSES_PARAMETER, search.type, name):
                    break
            else:
                return

    def _by(self, name: str, search: Search) -> Iterator[Way]:
        """Yield searches by all ids of the person at once (FHIR's comma is OR), by the bare id, and by `Patient/id`.

        The last two mean the same (R4 search 3.1.1.4.12), but some servers compare references literally. Which one
        finds something is remembered, so that both are tried only once.
        """
        traits, kind = self.traits, search.type
        if len(self._ids) > 1 and name not in _NO_REFERENCE:
            yield Way(self._bound(search, name, any_of(self._ids)), spare=True)
        only = name in _NO_REFERENCE or traits.has(Trait.FINDS_PATIENT_BY_ID, kind)
        if only or not traits.has(Trait.FINDS_PATIENT_BY_REFERENCE, kind):
            bare = self._bound(search, name, self._patient or "")
            yield Way(bare, decides=only, learns=Trait.FINDS_PATIENT_BY_ID)
        if not only:
            whole = self._bound(search, name, f"Patient/{self._patient}")
            yield Way(whole, decides=True, spare=True, learns=Trait.FINDS_PATIENT_BY_REFERENCE)

    def _names(self, resource_type: str) -> tuple[str, ...]:
        if resource_type == "Patient":
            return ("_id",) if self._patient else ("",)
        if resource_type not in _OWNED:
            return ("",)
        if self._patient is None:
            raise TypeError("member records cannot be searched before the patient is known")
        if resource_type != "Coverage":
            return ("patient",)
        both = ("patient", "beneficiary")
        refused = self.traits.has(Trait.REFUSES_PARAMETER, resource_type, both[0])
        return both[1:] if refused else both

    def _bound(self, search: Search, name: str, patient: str) -> Search:
        """Return the search restricted to this patient, replacing any patient in its parameters."""
        if not name:
            return search
        freed = search.without("patient", "beneficiary", "subject", "_id" if name == "_id" else "patient")
        return Search(freed.type, ((name, patient), *freed.params))

    def _headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    async def _renew(self, _resource_type: str) -> bool:
        renewed = await self._renewal() if self._renewal else None
        if renewed:
            self._token = renewed
        return bool(renewed)

    def _shown(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        return [entry for entry in entries if self._is_theirs(entry)]

    def _is_theirs(self, entry: Entry) -> bool:
        """Return whether the resource refers to this patient, or its type has no patient."""
        if self._patient is None:
            return True
        if entry.type == "Patient":
            return entry.id == self._patient
        if entry.type not in _OWNED:
            return True
        return entry.owner is not None and entry.owner.type == "Patient" and entry.owner.id in self._ids


class DirectoryClient(Server):
    """The client of the open directory. It sends no token, and refuses searches for a member (fhir-notes 9)."""

    def __init__(self, http: Http, base: str, *, retry: Retry | None = None, kept: ResponseCache | None = None) -> None:
        super().__init__(http, base, retry=retry, kept=kept)
        self._chains = Chains(self)

    async def search(self, search: Search, budget: Budget) -> AsyncIterator[Page]:
        """Yield the pages of a search.

        A chained search that the server does not support is done in two steps (F33, T44).

        If a value looks like a reference to a member, because somebody typed it as a name, nothing is sent and nothing
        found.

        Raises:
            ValueError: the type is not in the directory, or a parameter is a member's.
            PayerForbids, PayerLacks: the payer does not return this type.
            PayerError: there is no valid response.
        """
        _check(search)
        if not names_a_member(search):
            async for page in self._chains.pages(search, budget):
                yield page

    async def read(self, resource_type: str, resource_id: str, budget: Budget) -> bytes:
        """Return a directory resource as JSON bytes.

        Raises:
            ValueError: the type is not in the directory.
            PayerLacks: there is no such resource.
        """
        _check(Search(resource_type))
        return await super().read(resource_type, resource_id, budget)

    async def _renew(self, resource_type: str) -> bool:
        raise PayerForbids("the directory asks for a token", resource_type=resource_type)


def _check(search: Search) -> None:
    if search.type not in DIRECTORY_TYPES:
        raise ValueError("not a type of the open directory")
    if any(_PERSONAL.search(name) for name, _ in search.params):
        raise ValueError("a directory search by a member")


def names_a_member(search: Search) -> bool:
    """Return whether a value of a directory search looks like a reference to a member."""
    return any("Patient/" in value for _, value in search.params)
