"""Message to replies. The only file that knows the order of the steps.

safety -> a pressed button -> a typed code -> a button's words -> follow-up or new question
       -> the rule's needs -> the answer -> its words -> what the next turn may refer to
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

import structlog

from bot import alarm
from bot.accounts.accounts import Accounts
from bot.answering import Answered, Answering, Patience
from bot.audit import Audit
from bot.command import Commands, Request
from bot.connecting import CodeState, Connecting
from bot.dialogue import Asked, Dialogue, Memory, become, offered, said
from bot.errors import BotError, NotLinked, SignInExpired, new_reference, told
from bot.followups import (
    beyond,
    consent,
    heard_in,
    is_of_list,
    of_entry,
    resolve,
    second_question,
    with_choice,
)
from bot.kit import NeedsPlace
from bot.language.reading import Candidate, Reading, Slot
from bot.limits import Limits
from bot.message import FAREWELLS, Language, Message, Person, Press, Private, Shareable, Shared
from bot.metrics import Meter
from bot.owner import OTHER_RECORD, is_someone_elses
from bot.pack import Pack, template_of
from bot.provenance import INTENT
from bot.retention import Erased, Retention

log = structlog.get_logger("turn")
MOST_MISSES = 2
_A_LIST = 2
_CONNECTS = frozenset({"account.link", "account.choose"})


class Turn:
    """Answers messages; many may be in work at once."""

    def __init__(
        self,
        *,
        pack: Pack,
        accounts: Accounts,
        audit: Audit,
        dialogue: Dialogue,
        answering: Answering,
        retention: Retention,
        payer: Mapping[str, str],
        now: Callable[[], datetime],
        member_answers: Literal["dm", "off"] = "dm",
        patience: Patience | None = None,
        limits: Limits | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._pack, self._dialogue, self._answering, self._accounts = pack, dialogue, answering, accounts
        self._payer, self._now, self._member_answers = payer, now, member_answers
        self._patience = patience or Patience()
        self._limits, self._meter = limits or Limits(), meter or Meter()
        self._connecting = Connecting(
            accounts=accounts,
            audit=audit,
            pack=pack,
            dialogue=dialogue,
            retention=retention,
            payer=payer,
            now=now,
        )
        self.renewed = self._connecting.renewed
        self._commands = Commands(pack.engine)

    async def answer(self, message: Message) -> AsyncIterator[Answered]:
        """Every reply to a message, in order; only the last has `final` true. Never raises: an error is an answer."""
        started = time.perf_counter()
        structlog.contextvars.bind_contextvars(turn=new_reference())
        waiting: Answered | None = None
        async for reply in self._with_errors(message):
            if waiting is not None:
                yield replace(waiting, final=False)
            waiting = reply
            if not reply.final:
                yield reply
                waiting = None
        if waiting is not None:
            yield waiting
            _log_answer(waiting, started)
            self._meter.answered(message.person.platform, waiting.intent, time.perf_counter() - started)

    async def problem(self, person: Person, error: BotError, language: Language = "en") -> Private:
        """The words of an error that happened outside a message, such as a sign-in cancelled in the browser."""
        values = {**error.facts, "payer": self._payer, "reference": error.reference}
        words = self._pack.render(error.template, values, language)
        blocks = await self._dialogue.issue_buttons(person, words, self._meaning(None, language))
        log.warning("problem", kind=type(error).__name__, reference=error.reference)
        self._meter.problem(type(error).__name__)
        return Private(intent="problem", language=language, blocks=blocks, error=error.reference)

    async def erased(self, person: Person, erased: Erased, language: Language) -> Private:
        """The words when the rest of a person's messages was deleted, or could not be, behind an answer."""
        log.info("erased", count=erased.deleted)
        reply = self._connecting.erased(erased, language, behind=True)
        blocks = await self._dialogue.issue_buttons(person, reply.blocks, self._meaning(None, language))
        return replace(reply, blocks=blocks)

    async def home(self, person: Person, language: Language, *, directory_only: bool = False) -> tuple[Private, bool]:
        """A page that stays in sight, and whether an account is connected."""
        off = directory_only or self._member_answers == "off"
        page, linked = await self._connecting.home(person, language, directory_only=off)
        meaning = self._meaning(None, language)
        return replace(page, blocks=await self._dialogue.issue_buttons(person, page.blocks, meaning)), linked

    async def _with_errors(self, message: Message) -> AsyncIterator[Answered]:
        memory = Memory()
        if self._member_answers == "off":
            message = replace(message, directory_only=True)
        try:
            memory = await self._dialogue.recall(message)
            async for reply in self._steps(message, memory):
                yield reply
        except Exception as error:  # noqa: BLE001 -- whatever it is, the person gets a sentence and a reference
            yield await self.problem(message.person, told(error), memory.language or "en")

    async def _steps(self, message: Message, memory: Memory) -> AsyncIterator[Answered]:
        today = self._now().date()
        request = self._commands.request(message, today)
        text = request.options.said if request else message.text
        reading = self._pack.engine.understand(text, today=today, context=memory.context())
        heard, memory = heard_in(memory, reading), with_choice(memory, reading)
        language = memory.choice or heard
        if danger := alarm.instead(self._pack, reading, heard):
            yield danger
            return
        replies = self._understood(message, memory, request, reading, language)
        async for reply in alarm.above(self._pack, reading, language, message, replies):
            yield reply

    async def _understood(
        self, message: Message, memory: Memory, request: Request | None, reading: Reading, language: Language
    ) -> AsyncIterator[Answered]:
        self._limits.check(message.person)
        if request is not None:
            async for reply in self._command(message, memory, request, reading, language):
                yield reply
        elif message.press is None and (code := await self._connecting.code_in(message)):
            async for reply in self._prove(message, memory, code, language):
                yield reply
        elif asked := await self._what_is_asked(message, memory, reading, language):
            log.info("understood", intent=asked.intent, rule=asked.rule, score=asked.score, concepts=asked.concepts)
            async for answered in self._ask(message, memory, asked):
                yield answered
        else:
            yield await self._not_understood(message, memory, reading, language)

    async def _command(
        self, message: Message, memory: Memory, request: Request, reading: Reading, language: Language
    ) -> AsyncIterator[Answered]:
        """A slash command or a form: it leads to its own intents only, and takes no option that it cannot read."""
        asked = replace(self._commands.asked(request, reading, self._now().date()), language=language)
        if request.goes_on(memory.asked, reading):
            asked = replace(resolve(memory, reading) or asked, language=language)
        message = replace(message, directory_only=message.directory_only or request.of_directory)
        if request.helps:
            yield await self._remember(message, memory, self._static(Asked("help", language=language), "commands"))
        elif faults := request.faults(asked):
            blocks = self._pack.render("problems/options", faults, language)
            yield Shareable(intent=asked.intent, language=language, blocks=blocks, to_asker=True)
        else:
            async for reply in self._ask(message, memory, asked):
                yield reply

    async def _what_is_asked(
        self, message: Message, memory: Memory, reading: Reading, language: Language
    ) -> Asked | None:
        """The question: a button's, a button's words typed by hand, a follow-up's, or a new one."""
        pressed = await self._dialogue.press(message.person, message.press) if message.press else None
        pressed = pressed or memory.labels.get(said(message.text))
        if pressed:
            return replace(pressed, language=memory.choice or pressed.language)
        if message.press or reading.unclear or reading.intent is None or reading.is_miss:
            return None
        if "reply_language" in reading.slots:
            return replace(memory.asked or Asked(reading.intent), language=language)
        if "answer" in reading.slots:
            return consent(memory, reading) or Asked("followup.refine", language=language)
        if reading.intent.startswith("followup."):
            followed = resolve(memory, reading)
            return replace(followed, language=language) if followed else beyond(memory, reading, language)
        intent, slots = self._pack.engine.merged(memory.context(), reading)
        asked = Asked(
            intent or reading.intent,
            slots=slots,
            language=language,
            rule=reading.rule,
            score=reading.score,
            concepts=reading.concepts,
            unmet=reading.unmet,
            unused=reading.unused,
            also=second.intent if (second := second_question(reading)) else None,
            also_slots=second.slots if second else {},
        )
        rules = self._pack.intents.get(asked.intent)
        return of_entry(memory, asked, reading, first=rules is not None and rules.of_entry)

    async def _ask(self, message: Message, memory: Memory, asked: Asked) -> AsyncIterator[Answered]:
        """The replies to a question; what goes wrong on the way is said in its own language."""
        try:
            async for reply in self._replies(message, memory, asked):
                yield reply
        except Exception as error:  # noqa: BLE001
            yield await self.problem(message.person, told(error), asked.language)

    async def _replies(self, message: Message, memory: Memory, asked: Asked) -> AsyncIterator[Answered]:
        rules = self._pack.intents.get(asked.intent)
        if message.directory_only and ((rules is not None and rules.needs == "member") or asked.intent in _CONNECTS):
            yield await self._remember(message, memory, self._static(asked, "problems/directory_only"))
        elif asked.intent == INTENT:
            yield self._answering.explain(asked)
        elif asked.intent.startswith("account."):
            async for reply in self._connecting.answer(message, asked):
                leaves = asked.intent in FAREWELLS
                yield await (self._let_go(message, reply) if leaves else self._remember(message, memory, reply))
            if asked.intent == "account.choose":
                async for answered in self._kept(message, memory):
                    yield answered
        elif rules is not None and is_someone_elses(asked, rules):
            yield await self._remember(message, memory, self._static(asked, OTHER_RECORD), asked)
        elif rules is None or asked.intent not in self._pack.answers:
            two = {asked.also or "": asked.also_slots}
            yield await self._remember(message, replace(memory, misses=0), self._static(asked), keeps=memory, slots=two)
        else:
            async for answered in self._look_up(message, memory, asked, needs_member=rules.needs == "member"):
                yield answered

    async def _look_up(
        self, message: Message, memory: Memory, asked: Asked, *, needs_member: bool
    ) -> AsyncIterator[Answered]:
        """The pack's answer. Without a live sign-in: a link, and the question is kept until there is one."""
        if needs_member and isinstance(message.place, Shared):
            kept = replace(asked, also=None, also_slots={})  # first: what is asked next must not tell what was answered
            await self._dialogue.remember(message, Memory(asked=kept, language=asked.language, choice=memory.choice))
        try:
            if await self._looks_from_home(message, memory, asked):
                blocks = self._pack.render("ask/home", {"payer": self._payer}, asked.language)
                yield Private(intent=asked.intent, language=asked.language, blocks=blocks, final=False)
            async for reply in self._answering.patiently(message, asked, self._patience, needs_member=needs_member):
                yield reply if not reply.final else await self._offer_second(message, memory, reply, asked)
        except NeedsPlace as need:
            yield await self._ask_for_place(message, memory, asked, need)
        except (NotLinked, SignInExpired) as error:
            await self._dialogue.keep(message.person, asked)
            reply = await self._connecting.offer(message.person, asked.language, error.template, intent=asked.intent)
            aside = isinstance(message.place, Shared)
            yield await (self._let_go(message, reply) if aside else self._remember(message, memory, reply))

    async def _offer_second(self, message: Message, memory: Memory, reply: Answered, asked: Asked) -> Answered:
        """The answer, with a button for the other question of a message that held two."""
        if asked.also is None:
            return await self._remember(message, memory, reply, asked)
        blocks = (*reply.blocks, *self._pack.render("also", {"intent": asked.also}, asked.language))
        plain = replace(asked, also=None, also_slots={})
        slots = {asked.also: asked.also_slots}
        return await self._remember(message, memory, replace(reply, blocks=blocks), plain, slots=slots)

    async def _looks_from_home(self, message: Message, memory: Memory, asked: Asked) -> bool:
        """Whether the member's own address is about to be used, and the question before did not use it."""
        before = memory.asked.values.get("location") if memory.asked else None
        if asked.values.get("location") != "me" or before == "me" or not message.alone:
            return False
        return await self._accounts.link(message.person) is not None

    async def _prove(
        self, message: Message, memory: Memory, code: CodeState, language: Language
    ) -> AsyncIterator[Answered]:
        fresh = code == "fresh"
        reply = await self._connecting.coded(message, code, memory.language or ("en" if fresh else language))
        yield await self._remember(message, memory, reply, keeps=None if fresh else memory)
        if fresh:
            async for answered in self._kept(message, memory):
                yield answered

    async def _kept(self, message: Message, memory: Memory) -> AsyncIterator[Answered]:
        """The question that waited for the sign-in answers itself, once the account is connected."""
        if await self._accounts.link(message.person) is None:
            return
        if kept := await self._dialogue.take_kept(message.person):
            async for reply in self._ask(message, memory, kept):
                yield reply

    async def _ask_for_place(self, message: Message, memory: Memory, asked: Asked, need: NeedsPlace) -> Answered:
        # What others read says the same whoever asks: it must not tell who has connected an account.
        linked = message.alone and await self._accounts.link(message.person) is not None
        aside = isinstance(message.place, Shared) and asked.values.get("location") == "me"
        values = {"payer": self._payer, "linked": linked, "aside": aside, "intent": asked.intent, "need": need}
        blocks = self._pack.render("ask/location", values, asked.language)
        reply = Shareable(intent=asked.intent, language=asked.language, blocks=blocks)
        slots = {name: slot for name, slot in asked.slots.items() if name != "location"}
        return await self._remember(message, memory, reply, replace(asked, slots=slots), wants="location")

    async def _not_understood(self, message: Message, memory: Memory, reading: Reading, language: Language) -> Answered:
        """Choices when two readings are close, else the nearest questions; on the second miss the menu and a human."""
        template = "not_understood" if memory.misses == 0 else "menu"
        if message.press:
            template = "problems/button_over"
        elif reading.unclear and memory.misses < MOST_MISSES:
            template = "choices"
        candidates = reading.candidates if template == "choices" else self._nearest(message)
        untold = not (reading.told or memory.language)
        values = {"payer": self._payer, "candidates": candidates, "untold": untold}
        blocks, intent = self._pack.render(template, values, language), reading.intent or "out_of_scope"
        reply = Shareable(intent=intent, language=language, blocks=blocks, to_asker=message.press is not None)
        counted = replace(memory, misses=memory.misses + 1)
        slots = {one.intent: one.slots for one in candidates}
        return await self._remember(message, counted, reply, keeps=memory, slots=slots)

    def _nearest(self, message: Message) -> tuple[Candidate, ...]:
        return () if message.press else self._pack.engine.nearest(message.text, today=self._now().date())

    async def _let_go(self, message: Message, reply: Private) -> Private:
        """A goodbye whose buttons work, and after which the dialogue keeps no memory of the person (T54)."""
        meaning = self._meaning(None, reply.language)
        return replace(reply, blocks=await self._dialogue.issue_buttons(message.person, reply.blocks, meaning))

    def _static(self, asked: Asked, template: str | None = None) -> Shareable:
        """An answer that needs no data: its template alone, the intent's own when no other is named."""
        values = {"payer": self._payer, "slots": asked.values, "asked": asked}
        blocks = self._pack.render(template or template_of(asked.intent), values, asked.language)
        also = self._pack.render("also", {"intent": asked.also}, asked.language) if asked.also and not template else ()
        return Shareable(intent=asked.intent, language=asked.language, blocks=(*blocks, *also))

    async def _remember(
        self,
        message: Message,
        memory: Memory,
        reply: Answered,
        asked: Asked | None = None,
        *,
        wants: str | None = None,
        keeps: Memory | None = None,
        slots: Mapping[str, Mapping[str, Slot]] | None = None,
    ) -> Answered:
        """Give the buttons their opaque ids, and keep what the next turn may refer to.

        `keeps` is the memory of a topic that this reply does not end (thanks, help, what was not understood). `slots`
        are what a message said for each intent that it could have meant: the button of a reading takes them along.
        """
        meaning = self._meaning(asked, reply.language, slots)
        issued, presses = self._dialogue.number(message.person, reply, meaning)
        offers = offered(reply.blocks, meaning)
        kept_list = keeps is not None and not offers.choices
        if kept_list or (asked is not None and len(offers.choices) < _A_LIST and is_of_list(memory, asked)):
            offers = replace(offers, choices=memory.choices, numbers=memory.numbers)
        if isinstance(message.place, Shared) and isinstance(reply, Private):
            offers = Memory()  # a follow-up here must not tell whether there was an answer in the private chat
        kept = replace(
            offers,
            asked=keeps.asked if keeps is not None else asked,
            earlier=keeps.earlier if keeps is not None else memory.topics(asked),
            wants=keeps.wants if keeps is not None else wants,
            language=reply.language,
            choice=memory.choice,
            misses=0 if asked is not None and memory.asked is not asked else memory.misses,
        )
        await self._dialogue.remember(message, kept, presses, getattr(issued, "record", None))
        return replace(issued, record=None) if isinstance(issued, Private) else issued

    def _meaning(
        self, after: Asked | None, language: Language, said_slots: Mapping[str, Mapping[str, Slot]] | None = None
    ) -> Callable[[Press], Asked]:
        def meaning(press: Press) -> Asked:
            rules = self._pack.intents.get(press.intent)
            names = rules.slots if rules else ()
            if said_slots is None or press.intent not in said_slots:
                return become(press, after, language, names)
            return become(press, Asked(press.intent, slots=said_slots[press.intent]), language, names)

        return meaning


def _log_answer(reply: Answered, started: float) -> None:
    log.info(
        "answered",
        intent=reply.intent,
        language=reply.language,
        outcome="error" if reply.error else "ok",
        milliseconds=round((time.perf_counter() - started) * 1000),
    )
