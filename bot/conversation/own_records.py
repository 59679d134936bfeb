"""Parts of a member's own record that help to understand a directory question, in their own chat only."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from bot.accounts.rows import Access
from bot.conversation.exchange import Parts
from bot.conversation.state import Asked
from bot.errors import LinkError, PayerError
from bot.kit import Ask, Claim, Coverage, Patient, Search, Unreadable, member_coverages, newest_claims
from bot.kit.spelling import is_named
from bot.language.reading import Slot
from bot.language.rules import PERSON
from bot.message import Message, OneToOne, Person
from bot.payer.budget import Budget

T = TypeVar("T")
_NUMBER_SECONDS = 3.0
_WHOLE = 2  # words of a whole name


class OwnRecords:
    """Reads the address, coverages, plan's phone number and newest claims of the Patient asked about."""

    def __init__(
        self, parts: Parts, prepare: Callable[[Message, Asked, Access | None], Ask], limits: Callable[[], Budget]
    ) -> None:
        """`prepare` makes the `Ask` that reads records; `limits` returns the budget of each read."""
        self._accounts, self._member, self._prepare, self._limits = parts.accounts, parts.member, prepare, limits

    async def home(self, message: Message, whose: str) -> Patient | None:
        """Return the Patient asked about; None without an account, for directory-only people, and in shared places.

        In a shared place the answer would reveal that its asker has connected an account.
        """
        if not message.alone:
            return None
        try:
            access = await self._accounts.access(message.person, whose)
        except LinkError:
            return None
        raw = await self._member(message.person, access).read("Patient", access.patient, self._limits())
        return await asyncio.to_thread(Patient, raw, strict=True)

    async def place(self, person: Person) -> tuple[str, ...]:
        """Return the ZIP code of a person's home; () if it is unknown. Raises PayerError, Unreadable."""
        home = await self.home(Message("", person, OneToOne(""), ""), "")
        return (home.zip5,) if home and home.zip5 else ()

    async def coverages(self, message: Message, whose: str) -> tuple[Coverage, ...]:
        """Return the coverages of the Patient asked about; () if none can be read."""

        async def read(access: Access) -> tuple[Coverage, ...]:
            client = self._member(message.person, access)
            entries = [e async for page in client.search(Search("Coverage"), self._limits()) for e in page.matches]
            return tuple(Coverage(entry.raw, entry.labels) for entry in entries)

        return await self._hint(message, whose, read, ())

    async def number(self, message: Message, whose: str) -> str:
        """Return the phone number for members on the member's own card; "" if it cannot be read in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_NUMBER_SECONDS):
                return await self.phone(message, whose)
        return ""

    async def phone(self, message: Message, whose: str) -> str:
        """Return the first phone number of the payer of a current coverage; "" if there is none."""

        async def read(access: Access) -> str:
            own = await member_coverages(self._prepare(message, Asked("", whose=whose), access))
            return next((phone.number for coverage in own.current for phone in own.phones(coverage)), "")

        return await self._hint(message, whose, read, "")

    async def claims(self, message: Message, whose: str) -> tuple[Claim, ...]:
        """Return the newest claims of the Patient asked about, without claims that have a sensitivity label.

        Return () if the claims cannot be read. The claims are only used to find the doctor who is meant.
        """

        async def read(access: Access) -> tuple[Claim, ...]:
            ask = self._prepare(message, Asked("", whose=whose), access)
            claim_set = await newest_claims(ask, enough=lambda _: True, page_size=50)
            return tuple(claim for claim in claim_set.claims if not claim.labels)

        return await self._hint(message, whose, read, ())

    async def of_doctor(self, message: Message, asked: Asked) -> Asked | None:
        """Return the question about a provider on the newest claims, if the requested person has that name.

        The whole name has to be that of the provider ("Grace Fitzgerald's claims"); otherwise None.
        """
        slot = asked.slots[PERSON]
        name = str(slot.value.get("name") or "") if isinstance(slot.value, Mapping) else ""
        if len(name.split()) < _WHOLE or not any(is_named(c.seen or "", name) for c in await self.claims(message, "")):
            return None
        asked = asked.without(PERSON)
        return replace(asked, slots={**asked.slots, "provider_name": Slot(slot.text, name)})

    async def _hint(self, message: Message, whose: str, read: Callable[[Access], Awaitable[T]], nothing: T) -> T:
        """Return what `read` returns for the record asked about, or `nothing` after any failure.

        Nothing is read in a shared place, for a staff command, and for directory-only people.
        """
        if not message.alone or message.command or message.directory_only:
            return nothing
        try:
            return await read(await self._accounts.access(message.person, whose))
        except (LinkError, PayerError, Unreadable):
            return nothing
