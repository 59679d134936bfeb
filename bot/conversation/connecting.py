"""Replies about accounts: connecting, the code, the choice of a record, status, disconnecting, and privacy.

All replies are `Private`, so that no link and no member's name reaches a shared place.
"""

import re
from datetime import datetime
from typing import Literal

from bot.accounts.rows import Linked
from bot.conversation.exchange import Exchange, Parts
from bot.conversation.reminding import Reminding
from bot.conversation.state import Asked
from bot.delivery.retention import Erased
from bot.errors import LinkExpired
from bot.language.text import keys_in
from bot.message import FAREWELLS, Action, Language, Message, Person, Press, Private
from bot.ops.trail import AuditEvent

_LOOKS = frozenset({
    "see", "saw", "seen", "look", "looked", "looking", "access", "accessed", "read", "opened", "viewed",
    "reading", "lee", "leen", "leyendo",
    "ve", "ven", "ver", "vio", "visto", "acceso", "leyo", "leido", "leer", "reviso", "revisado",
})  # fmt: skip
_HERE = frozenset({
    "type", "typed", "typing", "write", "wrote", "chat", "message", "conversation", "workspace", "slack", "team",
    "escribo", "escriba", "mensaje", "conversacion", "pregunto", "here", "aqui",
})  # fmt: skip
_SEEN: frozenset[AuditEvent] = frozenset({"answered"})
_SHOWN = 5
CodeState = Literal["fresh", "spent", "aside", "barred"]
_FORGET = "forget"  # the rule of account.unlink for who wants everything deleted
_DELETING = ("forget", "delet", "eras", "wip", "purg", "scrub", "destroy", "clear", "olvid", "borr", "elimin", "limpi")
_KEEPING = frozenset({"dont", "not", "without", "keep", "no", "sin", "conserve", "conserva"})
_HOW = re.compile(
    r"\W*(?:and |y )?(?:how (?:do|can|would|should|to)|what (?:happens|if)|do i|should i|if i|c[oó]mo|qu[eé] pasa)\b",
    re.IGNORECASE,
)
"""Matches the beginning of a question about deleting, such as "how do I". Such a message deletes nothing."""
_AT_WORK = re.compile(
    r"\b(?:boss|employer|manager|supervisor|hr|human resources|coworker|(?:my|at|from) (?:work|company|office)"
    r"|job|workplace|jef[ae]|patr[oó]na?|recursos humanos|empleador|empresa|mi compañ[ií]a|trabajo|compañero)s?\b",
    re.IGNORECASE,
)
"""Matches the words for who is at the person's work, whose eyes a question about privacy is afraid of."""


class Connecting:
    """Answers messages about the person's account."""

    def __init__(self, parts: Parts, reminding: Reminding) -> None:
        self._accounts, self._audit, self._pack = parts.accounts, parts.audit, parts.pack
        self._dialogue, self._now = parts.dialogue, parts.now
        self._retention, self._reminding = parts.retention, reminding

    async def answer(self, exchange: Exchange, asked: Asked) -> Private:
        """Do what an `account.*` intent asks for, and return the reply."""
        message, person, language = exchange.message, exchange.message.person, asked.language
        if asked.intent in FAREWELLS and message.press is None and _HOW.match(message.text):
            return self._say("account/how", language, intent=asked.intent, asked=asked)
        match asked.intent:
            case "account.link":
                reply = await self.offer(person, language, "account/link", intent=asked.intent, anew=True)
            case "account.unlink":
                reply = await self._unlink(message, asked)
            case "account.forget":
                erased = await self._erase(person, language)
                reply = self._say("account/forget", language, intent=asked.intent, erased=erased, behind=False)
            case "account.choose":
                linked = await self._accounts.choose(person, int(asked.arguments["index"]))
                reply, exchange.connects = await self._linked(person, linked, language), True
            case "account.decline":
                await self._accounts.cancel(person)
                reply = self._say("account/declined", language, intent=asked.intent)
            case "account.status":
                reply = await self._status(message, language)
            case _:
                reply = await self._privacy(message, asked)
        return reply

    async def offer(
        self, person: Person, language: Language, template: str, *, intent: str, anew: bool = False
    ) -> Private:
        """Return a reply, rendered from a template, with a one-time sign-in link for this person only.

        If a finished sign-in waits for its code, the reply asks for the code instead, because a new link would discard
        the sign-in. With `anew`, the reply always has a new link.
        """
        if not anew and await self._accounts.awaits_code(person):
            return self._say("account/code_waiting", language, intent=intent)
        url = await self._accounts.begin(person)
        values = {"linked": await self._accounts.link(person)}
        renewal = Action("renew", "", press=Press("account.link", {"link": await self._accounts.asked(person)}))
        return self._pack.reply(Private, intent, template, values, language, {"link": url}, renewal=renewal)

    async def renewed(self, message: Message) -> Private | None:
        """Return the text that replaces an old offer to connect: the account is connected, or the offer has expired.

        Return None while the offer is valid, and if the button is no such offer or belongs to another person. Nothing
        is stored or read at the payer, because nobody asked.
        """
        person = message.person
        asked = await self._dialogue.press(person, message.press or "")
        if asked is None or asked.intent != "account.link" or message.directory_only:
            return None
        if await self._accounts.is_open(person, asked.arguments.get("link", "")):
            return None
        link = await self._accounts.link(person)
        reply = self._say("account/renewed", asked.language, intent=asked.intent, link=link)
        return await self._dialogue.issue(person, reply, lambda press: Asked(press.intent, language=reply.language))

    async def home(self, person: Person, language: Language, *, directory_only: bool) -> tuple[Private, str]:
        """Return the Home page, and the state of the connection: "active", "expired", or "" without one.

        The page stays visible, so it shows no names and no amounts.
        """
        link = None if directory_only else await self._accounts.link(person)
        days, watches = await self._reminding.ahead(person) if link else ([], 0)
        ahead = {"deadlines": len(days), "next": days[0] if days else None, "watches": watches}
        values = {"link": link, "now": self._now(), "directory_only": directory_only, **ahead}
        return self._say("channels/home", language, intent="home", **values), link.state if link else ""

    async def coded(self, message: Message, code: CodeState, language: Language) -> Private:
        """Return the reply to a typed code: the account is connected, a choice of records, or why the code is refused.

        Raises:
            LinkExpired: no sign-in waits for a code, and no account is connected.
            LinkError: as raised by `Accounts.prove`.
        """
        person = message.person
        match code:
            case "fresh":
                return await self._linked(person, await self._accounts.prove(person, message.text), language)
            case "aside":
                return self._say("account/code_here", language, intent="account.link")
            case "barred":
                # Whoever became a guest meanwhile must not finish a sign-in (T21); its tokens are given back.
                await self._accounts.cancel(person)
                return self._say("problems/directory_only", language, intent="account.link")
        # It came twice, once typed and once by a pop-up, or it is over.
        if await self._accounts.link(person) is None:
            raise LinkExpired("no sign-in waits for a code")
        return await self._status(message, language, others=False)

    async def _status(self, message: Message, language: Language, *, others: bool = True) -> Private:
        """Return the reply that says whether an account is connected.

        `others`: also name the other platforms where the person is connected. The reply has no names of members if
        member answers are off here.
        """
        person, off = message.person, message.directory_only
        link = await self._accounts.link(person)
        also = await self._accounts.elsewhere(person) if others and not off else ()
        row = await self._accounts.connected(person)
        values = {"link": link, "off": off, "people": row.people if row is not None else ()}
        others_here = [other.platform for other in also]
        return self._say("account/status", language, intent="account.status", others=others_here, **values)

    async def _linked(self, person: Person, linked: Linked, language: Language) -> Private:
        """Return the reply after a sign-in: a choice of records, or which record is connected.

        The latter also states how many reminders ended because their record is no longer accessible.
        """
        if linked.choices:
            return self._say("account/choose", language, intent="account.link", linked=linked)
        ended = await self._reminding.end_private(person, await self._accounts.connected(person))
        return self._say("account/linked", language, intent="account.link", linked=linked, ended=ended)

    async def _erase(self, person: Person, language: Language) -> Erased | None:
        """Delete the bot's messages in the person's chat. Return the counts; None if the platform cannot delete."""
        erased = await self._retention.forget(person, language)
        if erased is not None and erased.all:
            await self._audit.record("erased", person)
        return erased

    async def _unlink(self, message: Message, asked: Asked) -> Private:
        """Disconnect the account. If the person says to forget or delete, the bot's messages are deleted too (T31)."""
        person = message.person
        await self._dialogue.take_kept(person)
        reminders, cases = await self._reminding.count(person), await self._reminding.cases.count(person)
        unlinked = await self._accounts.unlink(person)
        said = () if message.press is not None else keys_in(message.text)
        deletes = _KEEPING.isdisjoint(said) and any(key.startswith(_DELETING) for key in said)
        everything = asked.rule == _FORGET or deletes  # the words say to delete, and not to keep something
        erased = await self._erase(person, asked.language) if everything else None
        shown = await self._retention.count(person)
        values = {"unlinked": unlinked, "erased": erased, "shown": shown, "reminders": reminders, "cases": cases}
        return self._say("account/unlink", asked.language, intent=asked.intent, **values)

    async def _privacy(self, message: Message, asked: Asked) -> Private:
        """Return the reply about what is stored, and when the bot read this person's records, by the audit trail.

        The dates come first if the words ask who has seen the records. A question who else reads what is written in the
        chat, or whether the employer sees the records, has a text of its own.
        """
        language, said = asked.language, keys_in(message.text)
        looks = not _LOOKS.isdisjoint(said)
        here = looks and not _HERE.isdisjoint(said)
        kin = "person" in asked.slots or asked.values.get("reason") == "family"
        work = _AT_WORK.search(message.text) is not None or (here and not kin)
        who = "who" in asked.arguments or (looks and not {"who", "whos", "quien", "quienes"}.isdisjoint(said))
        every, zone = await self._audit.of(message.person), self._now().tzinfo
        rows = [row for row in every if row.what in _SEEN and (row.read or self._pack.is_of_member(row.detail))]
        dated = [(row, datetime.fromisoformat(row.at).astimezone(zone)) for row in rows[:_SHOWN]]
        seen = [{"at": at, "intent": row.detail, "records": sum(row.read.values())} for row, at in dated]
        erases = await self._retention.count(message.person) is not None
        more = asked.arguments.get("more")
        values = {"seen": seen, "times": len(rows), "who": who, "work": work, "more": more, "erases": erases}
        values |= {"here": here, "kin": kin}
        return self._say("account/privacy", language, intent="account.privacy", **values)

    def _say(self, template: str, language: Language, *, intent: str, **values: object) -> Private:
        return self._pack.reply(Private, intent, template, values, language)
