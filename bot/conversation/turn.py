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

from bot.accounts.accounts import Accounts
from bot.conversation import alarm, followups, owner
from bot.conversation.answering import Answering, Patience
from bot.conversation.connecting import CodeState, Connecting
from bot.conversation.course import ABOUT, Course, Keeper, asks_more, why_refused
from bot.conversation.feedback import Feedback
from bot.conversation.forms import Forms
from bot.conversation.lists import of_list
from bot.conversation.other_questions import by_button, cleared, parted, questions
from bot.conversation.own_words import OwnWords
from bot.conversation.owner import SWITCH, WHOSE, Owners, Settled
from bot.conversation.reminding import END, LIST, Reminding
from bot.conversation.slash_commands import Commands, Request
from bot.conversation.state import Asked, Dialogue, Memory
from bot.conversation.telling import Telling
from bot.delivery.retention import Retention
from bot.errors import NotLinked, SignInExpired, as_bot_error, new_reference
from bot.kit import NeedsPlace
from bot.language.kernel import FALLBACK, FEEDBACK, FOLLOW, HELP
from bot.language.reading import Candidate, Reading
from bot.message import FAREWELLS, Answered, Language, Message, Person, Private, Shareable, Shared
from bot.ops.audit import Audit
from bot.ops.limits import Limits
from bot.ops.metrics import Meter
from bot.pack import Pack, template_of

log = structlog.get_logger("turn")
MOST_MISSES = 2
_ACTS = ("account.", "reminder.")
_CONNECTS = frozenset({"account.link", "account.choose", SWITCH, WHOSE})


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
        meter: Meter,
        keeper: Keeper,
        telling: Telling,
        feedback: Feedback,
        reminding: Reminding,
    ) -> None:
        self._pack, self._dialogue, self._answering, self._accounts = pack, dialogue, answering, accounts
        self._payer, self._now, self._member_answers = payer, now, member_answers
        self._patience = patience or Patience()
        self._limits, self._meter, self._keeper, self._telling = limits or Limits(), meter, keeper, telling
        self._feedback, self._reminding = feedback, reminding
        self._connecting = Connecting(
            accounts=accounts,
            audit=audit,
            pack=pack,
            dialogue=dialogue,
            retention=retention,
            payer=payer,
            now=now,
            reminding=reminding,
        )
        self.renewed = self._connecting.renewed
        self._owners = Owners(accounts, pack, payer, self._connecting.offer_for)
        self._commands, self._own_words = Commands(pack.engine, pack.command), OwnWords(pack)
        self.forms = Forms(
            pack.engine, pack.offers, answering.listed_networks, answering.own_networks, members=member_answers == "dm"
        )

    async def answer(self, message: Message) -> AsyncIterator[Answered]:
        """Every reply to a message, in order; only the last has `final` true. Never raises: an error is an answer."""
        started = time.perf_counter()
        structlog.contextvars.bind_contextvars(turn=new_reference())
        waiting: Answered | None = None
        async for reply in self._replies(message):
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

    async def home(self, person: Person, language: Language, *, directory_only: bool = False) -> tuple[Private, bool]:
        """A page that stays in sight, and whether an account is connected."""
        off = directory_only or self._member_answers == "off"
        page, linked = await self._connecting.home(person, language, directory_only=off)
        return await self._keeper.alone(person, page), linked

    async def _replies(self, message: Message) -> AsyncIterator[Answered]:
        """The replies of one step after the other; what goes wrong is said in the language of its step."""
        course = Course(replace(message, directory_only=message.directory_only or self._member_answers == "off"))
        try:
            course.memory = await self._owners.recalled(message, self._dialogue)
            course.language = course.memory.language or "en"
            step: Answered | Asked | None = await self._first_step(course)
            while step is not None:
                async for reply in await self._taken(course, step):
                    for one in course.above(reply):
                        yield one
                step = await self._kept(course) if course.connects else None
        except Exception as error:  # noqa: BLE001 -- whatever it is, the person gets a sentence and a reference
            for one in course.around(await self._telling.problem(message.person, as_bot_error(error), course.language)):
                yield one

    async def _first_step(self, course: Course) -> Answered | Asked:
        """The one way that a message goes: a reply that is there already, or a question to be answered."""
        message, today = course.message, self._now().date()
        request = self._commands.request(message, today)
        text = request.options.said if request else message.text
        people = owner.known_names(message, course.memory)
        reading = self._pack.engine.understand(text, today=today, context=course.memory.context(), people=people)
        reading = cleared(self._pack.engine, reading, today, people)
        last = self._pack.intents.get(course.memory.asked.intent) if course.memory.asked else None
        heard = followups.heard_in(course.memory, reading)
        course.memory = followups.with_choice(course.memory, reading, last)
        language = course.memory.choice or message.language or heard
        if danger := await self._keeper.endangered(message, course.memory, reading, heard, language):
            return danger
        if reading.alarm is not None:
            course.line = alarm.AlarmLine(self._pack, reading, reading.alarm, language, message)
        await self._limits.checked(message.person)
        if request is not None:
            return await self._command(course, request, reading, language)
        if message.press is None and (code := await self._connecting.code_in(message)):
            return await self._prove(course, code, language)
        if listed := of_list(message, self._pack.engine, self._pack.intents, language, today):
            return listed
        if asked := await self._what_is_asked(message, course.memory, reading, language):
            log.info("understood", intent=asked.intent, rule=asked.rule, score=asked.score, concepts=asked.concepts)
            return asked
        return await self._not_understood(message, course.memory, reading, language)

    async def _command(
        self, course: Course, request: Request, reading: Reading, language: Language
    ) -> Answered | Asked:
        """A slash command or a form: it leads to its own intents only, and takes no option that it cannot read."""
        memory, message = course.memory, course.message
        asked = replace(self._commands.asked(request, reading, self._now().date()), language=language)
        if request.goes_on(memory.asked, reading):
            asked = replace(followups.resolve(memory, reading) or asked, language=language)
        course.message = message = replace(message, directory_only=message.directory_only or request.of_directory)
        if request.helps:
            blocks = self._pack.render("commands", {"platform": message.person.platform}, language)
            return await self._keeper.remember(
                message, memory, Shareable(intent=HELP, language=language, blocks=blocks)
            )
        if faults := request.faults(asked):
            blocks = self._pack.render("problems/options", faults, language)
            return Shareable(intent=asked.intent, language=language, blocks=blocks, to_asker=True)
        return asked

    async def _what_is_asked(
        self, message: Message, memory: Memory, reading: Reading, language: Language
    ) -> Asked | None:
        """The question: a button's, a button's words typed by hand, a follow-up's, or a new one."""
        pressed = await self._dialogue.press(message.person, message.press) if message.press else None
        pressed = pressed or self._own_words.shown(message.text, memory, reading)
        if pressed:
            return replace(pressed, language=memory.choice or pressed.language)
        unread = reading.unclear or reading.intent in {None, FALLBACK}
        fixed = self._own_words.fixed(message.text, memory, reading) if unread and not message.press else None
        if fixed or message.press or reading.unclear or reading.intent is None or reading.is_miss:
            return fixed
        if "reply_language" in reading.slots:
            return replace(memory.asked or Asked(reading.intent), language=language)
        if "answer" in reading.slots:
            return followups.consent(memory, reading) or Asked("followup.refine", language=language)
        context, people = memory.context(), owner.known_names(message, memory)
        part, others = parted(self._pack.engine, reading, today=self._now().date(), context=context, people=people)
        if reading.intent.startswith(FOLLOW):
            reading = part = reading if others else part
            changed = owner.followed(followups.refined(memory, reading, self._pack.intents), memory, reading)
            if changed is None:
                return followups.beyond(memory, reading, language)
            asked = replace(changed, language=language)
        else:
            intent, slots = self._pack.engine.merged(context, part)
            whose = owner.spoken_of(memory, part)
            asked = followups.fresh(str(intent or part.intent), slots, part, language, whose=whose, also=others)
            asked = followups.of_what_was_shown(memory, asked, part, self._pack.intents)
        return owner.about_whom(asked, message, memory, part, reading) if self._is_of_member(asked) else asked

    async def _taken(self, course: Course, step: Answered | Asked) -> AsyncIterator[Answered]:
        """The replies of a step: a question that is looked up has as many as it takes, everything else one."""
        if not isinstance(step, Asked):
            return _once(step)
        course.is_asked, course.language = True, step.language
        if course.message.origin != "said" and (reply := await self._not_of_asker(course, step)):
            return _once(reply)
        if course.message.origin == "said" and (ABOUT in step.arguments or step.intent.startswith(FEEDBACK)):
            step = await self._feedback.heard(course.message, step, course.memory)
        settled = owner.settle(step, self._pack.intents.get(step.intent), course.memory, self._now().date())
        reply = await self._without_search(course, settled)
        return self._look_up(course.message, course.memory, settled.asked) if reply is None else _once(reply)

    async def _not_of_asker(self, course: Course, asked: Asked) -> Answered | None:
        """The reply to words that are not their asker's, or not all of them yet, where these would do something.

        None for what is only looked up.
        """
        message, memory, rules = course.message, course.memory, self._pack.intents.get(asked.intent)
        if message.origin == "unsent":
            found = rules is not None and rules.needs == "directory"
            return None if found else Shareable(intent=asked.intent, language=asked.language, blocks=())
        if not asked.intent.startswith(_ACTS):
            return None
        slots = {asked.intent: asked.slots}
        return await self._keeper.remember(message, memory, self._connecting.held(asked), keeps=memory, slots=slots)

    async def _without_search(self, course: Course, settled: Settled) -> Answered | None:
        """The reply to a question that nothing is looked up for; None when something is."""
        message, memory, remember, asked = course.message, course.memory, self._keeper.remember, settled.asked
        if message.directory_only and (self._is_of_member(asked) or asked.intent in _CONNECTS):
            return await remember(message, memory, self._static(asked, why_refused(message)))
        if asked.intent.startswith("answer."):
            aside = self._owners.headed(self._answering.aside(asked), asked, memory)
            return await remember(message, memory, aside, keeps=memory) if asks_more(aside) else aside
        if asked.intent.startswith("account.") or asked.intent in {LIST, END}:
            return await self._of_person(course, asked)
        rules = self._pack.intents.get(asked.intent)
        if settled.found is not None and not await self._may_connect(message):
            return await remember(message, memory, self._owners.other(message, asked, memory, settled.found), asked)
        if rules is not None and asked.intent in self._pack.answers:
            return None
        said, others = self._static(asked), by_button(asked.also)
        return await remember(message, replace(memory, misses=0), said, keeps=memory, slots=others)

    async def _of_person(self, course: Course, asked: Asked) -> Answered:
        """The reply to what is about the asker's account or reminders, which no payer is asked for."""
        message, memory, remember = course.message, course.memory, self._keeper.remember
        if asked.intent in {LIST, END}:
            return await remember(message, memory, await self._reminding.answer(message, asked), keeps=memory)
        if asked.intent in {SWITCH, WHOSE}:
            whose, memory = await self._owners.answer(message, asked, memory, self._now().date())
            return await remember(message, memory, whose, keeps=memory)
        reply, course.connects = await self._connecting.answer(message, asked), asked.intent == "account.choose"
        leaves = asked.intent in FAREWELLS
        return await (self._keeper.alone(message.person, reply) if leaves else remember(message, memory, reply))

    async def _may_connect(self, message: Message) -> bool:
        """Whether nobody is connected here yet: a sign-in may open the record of the child that is asked about."""
        return message.alone and await self._accounts.link(message.person) is None

    def _is_of_member(self, asked: Asked) -> bool:
        rules = self._pack.intents.get(asked.intent)
        return rules is not None and rules.needs == "member"

    async def _look_up(self, message: Message, memory: Memory, asked: Asked) -> AsyncIterator[Answered]:
        """The pack's answer. Without a live sign-in: a link, and the question is kept until there is one."""
        needs_member = self._is_of_member(asked)
        if needs_member and isinstance(message.place, Shared):
            kept = replace(asked, also={})  # first: what is asked next must not tell what was answered
            only = Memory(asked=kept, language=asked.language, choice=memory.choice, whose=memory.whose)
            await self._dialogue.remember(message, only)
        try:
            if await self._looks_from_home(message, memory, asked):
                blocks = self._pack.render("ask/home", {"payer": self._payer}, asked.language)
                yield Private(intent=asked.intent, language=asked.language, blocks=blocks, final=False)
            link = memory.link if needs_member else None
            aside = self._pack.intents[asked.intent].answer == "aside"
            first, memory = not (memory.met or aside), replace(memory, met=memory.met or needs_member)
            begin = self._answering.begin(
                message,
                asked,
                self._patience,
                needs_member=needs_member,
                link=link,
                first=first,
                theirs=owner.called(memory, asked),
            )
            async with begin as search:
                while await search.goes_on():
                    yield self._answering.on_the_way(asked, search.progress, private=needs_member)
                headed = self._owners.headed(search.reply(), asked, memory)
                yield await self._offer_second(message, memory, headed, asked, aside=aside)
        except NeedsPlace as need:
            yield await self._ask_for_place(message, memory, asked, need)
        except (NotLinked, SignInExpired) as error:
            await self._dialogue.keep(message.person, asked)
            reply = await self._connecting.offer(message.person, asked.language, error.template, intent=asked.intent)
            aside = isinstance(message.place, Shared)
            yield await (
                self._keeper.alone(message.person, reply) if aside else self._keeper.remember(message, memory, reply)
            )

    async def _offer_second(
        self, message: Message, memory: Memory, reply: Answered, asked: Asked, *, aside: bool
    ) -> Answered:
        """The answer, with a button for each other question of the same message; an `aside` keeps the topic."""
        told = questions(asked.also, self._pack.intents, alone=message.alone)
        also = self._pack.render("also", {"questions": told}, asked.language) if told else ()
        reply = replace(reply, blocks=(*reply.blocks, *also))
        if aside:
            said = {asked.intent: asked.slots, **by_button(asked.also)}
            return await self._keeper.remember(message, replace(memory, misses=0), reply, keeps=memory, slots=said)
        plain = replace(asked, also={})
        return await self._keeper.remember(message, memory, reply, plain, slots=by_button(asked.also), rates=True)

    async def _looks_from_home(self, message: Message, memory: Memory, asked: Asked) -> bool:
        """Whether the member's own address is about to be used, and the question before did not use it."""
        before = memory.asked.values.get("location") if memory.asked else None
        if asked.values.get("location") != "me" or before == "me" or not message.alone:
            return False
        return await self._accounts.link(message.person) is not None

    async def _prove(self, course: Course, code: CodeState, language: Language) -> Answered:
        message, memory, fresh = course.message, course.memory, code == "fresh"
        reply = await self._connecting.coded(message, code, memory.language or ("en" if fresh else language))
        course.connects = fresh
        return await self._keeper.remember(message, memory, reply, keeps=None if fresh else memory)

    async def _kept(self, course: Course) -> Asked | None:
        """The question that waited for the sign-in answers itself, once the account is connected."""
        course.connects = False
        course.memory = await self._owners.connected(course.message, course.memory)
        person = course.message.person
        linked = await self._accounts.link(person) is not None
        return await self._dialogue.take_kept(person) if linked else None

    async def _ask_for_place(self, message: Message, memory: Memory, asked: Asked, need: NeedsPlace) -> Answered:
        # What others read says the same whoever asks: it must not tell who has connected an account.
        linked = message.alone and await self._accounts.link(message.person) is not None
        aside = isinstance(message.place, Shared) and asked.values.get("location") == "me"
        values = {"payer": self._payer, "linked": linked, "aside": aside, "intent": asked.intent, "need": need}
        blocks = self._pack.render("ask/location", values, asked.language)
        reply = Shareable(intent=asked.intent, language=asked.language, blocks=blocks)
        slots = {name: slot for name, slot in asked.slots.items() if name != "location"}
        return await self._keeper.remember(message, memory, reply, replace(asked, slots=slots), wants="location")

    async def _not_understood(self, message: Message, memory: Memory, reading: Reading, language: Language) -> Answered:
        """Choices when two readings are close, else the nearest questions; on the second miss the menu and a human."""
        template = "menu" if memory.misses else "no_list" if reading.goes_on else "not_understood"
        if message.press:
            template = "problems/button_over"
        elif reading.unclear and memory.misses < MOST_MISSES:
            template = "choices"
        candidates = reading.candidates if template == "choices" else self._nearest(message)
        shared = isinstance(message.place, Shared)
        if shared:  # where others read, nobody is offered what only a member may ask
            candidates = tuple(one for one in candidates if not self._is_of_member(Asked(one.intent)))
        untold = not (reading.shows_language or memory.language)
        values = {"payer": self._payer, "candidates": candidates, "untold": untold, "shared": shared}
        blocks, intent = self._pack.render(template, values, language), reading.intent or FALLBACK
        reply = Shareable(intent=intent, language=language, blocks=blocks, to_asker=shared or message.press is not None)
        counted = replace(memory, misses=memory.misses + 1)
        slots = {one.intent: one.slots for one in candidates}
        return await self._keeper.remember(message, counted, reply, keeps=memory, slots=slots)

    def _nearest(self, message: Message) -> tuple[Candidate, ...]:
        return () if message.press else self._pack.engine.nearest(message.text, today=self._now().date())

    def _static(self, asked: Asked, template: str | None = None) -> Shareable:
        """An answer that needs no data: its template alone, the intent's own when no other is named."""
        values = {"payer": self._payer, "slots": asked.values, "asked": asked}
        blocks = self._pack.render(template or template_of(asked.intent), values, asked.language)
        told = questions(asked.also, self._pack.intents, alone=False)  # its place is not known here
        also = self._pack.render("also", {"questions": told}, asked.language)
        return Shareable(intent=asked.intent, language=asked.language, blocks=(*blocks, *(() if template else also)))


async def _once(reply: Answered) -> AsyncIterator[Answered]:
    yield reply


def _log_answer(reply: Answered, started: float) -> None:
    log.info(
        "answered",
        intent=reply.intent,
        language=reply.language,
        outcome="error" if reply.error else "ok",
        milliseconds=round((time.perf_counter() - started) * 1000),
    )
