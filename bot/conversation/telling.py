"""Messages to a person about an error, or about background work that has finished."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.conversation.exchange import Keeper
from bot.delivery.retention import Erased
from bot.errors import BotError, Unwritable
from bot.message import Language, Person, Private
from bot.ops.metrics import Meter
from bot.pack import Pack

log = structlog.get_logger("turn")
Push = Callable[[Person, Private], Awaitable[None]]
"""Send a message that the person did not request to their 1:1 chat.

Raises `Unwritable` if there is no chat that accepts it, and `Later` if it was not posted.
"""


class Telling:
    """Makes error messages, and tells people about background work. At startup, each channel adds itself to `push`."""

    def __init__(self, pack: Pack, keeper: Keeper, meter: Meter) -> None:
        self._pack, self._keeper, self._meter = pack, keeper, meter
        self.push: dict[str, Push] = {}

    async def problem(self, person: Person, error: BotError, language: Language = "en") -> Private:
        """Return the message about an error, with the error's reference, and log the error with the same reference."""
        values, reference = {**error.facts, "reference": error.reference}, error.reference
        reply = self._pack.reply(Private, "problem", error.template, values, language, error=reference)
        reply = await self._keeper.alone(person, reply)
        log.warning("problem", kind=type(error).__name__, reference=error.reference)
        self._meter.problem(type(error).__name__, person)
        return reply

    async def tell(self, person: Person, error: BotError) -> None:
        """Tell a person in their 1:1 chat about an error elsewhere, such as a sign-in cancelled in the browser."""
        await self._push(person, await self.problem(person, error))

    async def tell_erased(self, person: Person, erased: Erased, language: Language) -> None:
        """Tell a person that the rest of the bot's messages to them was deleted, or that some could not be."""
        log.info("erased", count=erased.deleted)
        values = {"erased": erased, "behind": True}
        reply = self._pack.reply(Private, "account.forget", "account/forget", values, language)
        await self._push(person, await self._keeper.alone(person, reply))

    async def _push(self, person: Person, reply: Private) -> None:
        """Post a message if the person has a chat that accepts it. A failure is only logged, as nobody waits for it."""
        if push := self.push.get(person.platform):
            try:
                await push(person, reply)
            except Unwritable as error:
                log.warning("not told", reason=str(error), channel=person.platform)
