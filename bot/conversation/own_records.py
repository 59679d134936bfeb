"""Parts of a member's own record that help to understand a directory question, in their own chat only."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from bot.accounts.accounts import Access, Accounts
from bot.conversation.state import Asked
from bot.errors import LinkError, PayerError
from bot.kit import (
    Ask,
    Claim,
    Coverage,
    Patient,
    Search,
    Unreadable,
    member_coverages,
    newest_claims,
    read_coverage,
    read_patient,
)
from bot.message import Message, Person
from bot.payer.budget import Budget
from bot.payer.client import MemberClient

_NUMBER_SECONDS = 3.0


class OwnRecords:
    """Reads address, coverages and newest claims of the Patient asked about."""

    def __init__(
        self,
        accounts: Accounts,
        member: Callable[[Person, Access], MemberClient],
        prepare: Callable[[Message, Asked, Access | None], Ask],
        wall: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`prepare` makes the `Ask` for which claims are read; `wall` is the time limit of each read in seconds."""
        self._accounts, self._member, self._prepare, self._wall, self._clock = accounts, member, prepare, wall, clock

    async def home(self, message: Message, whose: str) -> Patient | None:
        """Return the Patient asked about; None without a link, for directory-only people, and in shared places.

        In a shared place the answer would reveal that its asker has connected an account.
        """
        if not message.alone:
            return None
        try:
            access = await self._accounts.access(message.person, whose)
        except LinkError:
            return None
        budget = Budget(self._wall, clock=self._clock)
        raw = await self._member(message.person, access).read("Patient", access.patient, budget)
        return await asyncio.to_thread(read_patient, raw)

    async def coverages(self, message: Message, whose: str) -> tuple[Coverage, ...]:
        """Return the coverages of the Patient asked about.

        () in a shared place, for a staff command, for directory-only people, or if the payer returns none. They are
        only hints: after any failure the question is answered without them.
        """
        if not message.alone or message.command or message.directory_only:
            return ()
        try:
            access = await self._accounts.access(message.person, whose)
            client, budget = self._member(message.person, access), Budget(self._wall, clock=self._clock)
            entries = [e async for page in client.search(Search("Coverage"), budget) for e in page.matches]
            return tuple(read_coverage(entry.raw, entry.labels) for entry in entries)
        except (LinkError, PayerError, Unreadable):
            return ()

    async def number(self, message: Message, whose: str) -> str:
        """Return the phone number for members on the member's own card, if it can be read in time; else ""."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_NUMBER_SECONDS):
                return await self.phone(message, whose)
        return ""

    async def phone(self, message: Message, whose: str) -> str:
        """Return the first phone number of the payer of a current coverage; "" where `coverages` returns none."""
        if not message.alone or message.command or message.directory_only:
            return ""
        try:
            access = await self._accounts.access(message.person, whose)
            own = await member_coverages(self._prepare(message, Asked("", whose=whose), access))
        except (LinkError, PayerError, Unreadable):
            return ""
        return next((phone.number for coverage in own.current for phone in own.phones(coverage)), "")

    async def claims(self, message: Message, whose: str) -> tuple[Claim, ...]:
        """Return the newest claims of the patient who is asked about, without those with a sensitivity label.

        They only help to find the doctor who is meant: if reading fails, the question is answered without them.
        """
        if not message.alone or message.command or message.directory_only:
            return ()
        try:
            access = await self._accounts.access(message.person, whose)
            ask = self._prepare(message, Asked("", whose=whose), access)
            alive = await newest_claims(ask, enough=lambda _: True, page_size=50)
            return tuple(claim for claim in alive.claims if not claim.labels)
        except (LinkError, PayerError, Unreadable):
            return ()
