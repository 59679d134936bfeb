"""Answers a message, in these steps.

Read the message; reply to an emergency; classify the message (`recognising`); find whose record it is about, and
whether a search is needed; answer; render the answer; store what the next message may refer to.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import partial

import structlog
from msgspec.structs import replace

from bot.conversation import owner
from bot.conversation.answering import Answering
from bot.conversation.connecting import Connecting
from bot.conversation.exchange import ABOUT, AlarmLine, Exchange, Parts, Said, button_intents, endangered
from bot.conversation.followups import SHARED, carried
from bot.conversation.forms import Forms
from bot.conversation.further import Further, Lines, by_button, lead, questions, unsaid, with_words
from bot.conversation.handing_over import ASK, DROP, HUMAN, KEEP, SEND, SENTENCE, Feedback, HandingOver
from bot.conversation.owner import SWITCH, WHOSE, Owners
from bot.conversation.provenance import PayerQuoted
from bot.conversation.recognising import NextStep, Recognisers
from bot.conversation.reminding import END, LIST, Reminding, Telling
from bot.conversation.state import TERM, Asked, Memory
from bot.conversation.told import general_of, of_anybody
from bot.errors import BotError, NotLinked, SignInExpired, as_bot_error, new_reference
from bot.kit import NeedsPlace
from bot.language.kernel import FALLBACK, FEEDBACK, FOLLOW
from bot.language.reading import Slot
from bot.message import FAREWELLS, Answered, Language, Message, Person, Private, Shareable, Shared
from bot.pack import template_of
from bot.payer.budget import Budget, Progress, Report, under_way

_OFFERED = 0.5  # how likely a further question that was not understood has to be an intent to get its button
log = structlog.get_logger("turn")
_UNTOLD = frozenset({None, "advice", "chatter", "unknown"})  # why no record answers a further question
_ACTS = ("account.", "reminder.")
_CONNECTS = frozenset({"account.link", "account.choose", SWITCH, WHOSE})
_HOME = Slot("", "me")
"""The location of a member's search that names no place."""


class Turn:
    """Answers messages. Several messages may be answered concurrently."""

    def __init__(self, parts: Parts, answering: Answering, telling: Telling, reminding: Reminding) -> None:
        self._pack, self._intents, self._dialogue = parts.pack, parts.pack.intents, parts.dialogue
        self._meter, self._keeper, self._now = parts.meter, parts.keeper, parts.now
        self._answering, self._member_answers, self._patience = answering, parts.member_answers, parts.patience
        self._limits, self._telling, self._feedback = parts.limits, telling, Feedback(parts)
        self.handing_over, self._connecting = HandingOver(parts), Connecting(parts, reminding)
        self.renewed = self._connecting.renewed
        self._owners = Owners(parts, self._connecting.offer)
        self._of_person: Mapping[str, Callable[[Exchange, Asked], Awaitable[Private]]] = {
            **dict.fromkeys((SENTENCE, KEEP), self._feedback.answer),
            **dict.fromkeys((ASK, SEND, DROP), self.handing_over.answer),
            **dict.fromkeys((LIST, END), reminding.answer),
            **dict.fromkeys((SWITCH, WHOSE), self._owners.answer),
        }
        """The handlers of intents about the asker's own words, reminders and people. They send no request to the payer.
        """
        self.recognisers = Recognisers(parts, self._connecting)
        known = answering.listed_networks, answering.own_networks, answering.own.place
        self.forms = Forms(parts.pack.engine, parts.pack.offers, *known, members=self._member_answers == "dm")

    async def answer(self, message: Message) -> AsyncIterator[Answered]:
        """Yield every reply to a message, in order; only the last has `final` set.

        Never raises: an error becomes a reply.
        """
        started = time.perf_counter()
        structlog.contextvars.bind_contextvars(turn=new_reference())
        waiting: Answered | None = None
        off = message.directory_only or self._member_answers == "off"
        exchange = Exchange(message if message.directory_only == off else replace(message, directory_only=off))
        async for reply in self._replies(message, exchange):
            if waiting is not None:
                yield replace(waiting, final=False)
            waiting = reply
            if not reply.final:
                yield reply
                waiting = None
        if waiting is not None:
            yield waiting
            taken = time.perf_counter() - started
            told = {"intent": waiting.intent, "language": waiting.language, "milliseconds": round(taken * 1000)}
            log.info("answered", outcome="error" if waiting.error else "ok", **told)
            self._meter.answered(message.person, waiting.intent, waiting.language, taken, exchange.unread)

    async def home(self, person: Person, language: Language, *, directory_only: bool = False) -> tuple[Private, str]:
        """Return the app's Home page with working buttons, and the state of the connection, "" without one."""
        off = directory_only or self._member_answers == "off"
        page, linked = await self._connecting.home(person, language, directory_only=off)
        return await self._keeper.alone(person, page), linked

    async def _replies(self, message: Message, exchange: Exchange) -> AsyncIterator[Answered]:
        """Yield the replies to a message; an emergency comes first, an error is in the language of its step."""
        try:
            await self._owners.recall(exchange)
            exchange.errors = exchange.memory.language or "en"
            request = self.recognisers.hear(exchange)
            if request is None:
                await self._answering.references.read(exchange)
            step: NextStep | None = endangered(self._pack, exchange)
            if step is None:
                if (kind := exchange.reading.alarm) is not None:
                    exchange.line = AlarmLine(self._pack, exchange.reading, kind, exchange.language, message)
                await self._limits.check(message.person)
                step = await self.recognisers.step(exchange, request)
                self.handing_over.noted(exchange, step)
            while step is not None:
                async with aclosing(self._replies_of(exchange, step)) as replies:
                    async for said in replies:
                        reply = await self._keeper.remember(exchange, said) if isinstance(said, Said) else said
                        for one in exchange.line.above(reply) if exchange.line else (reply,):
                            yield one
                step = await self._kept(exchange) if exchange.connects else None
        except Exception as error:  # noqa: BLE001 -- whatever it is, the person gets a sentence and a reference
            problem = await self._telling.problem(message.person, as_bot_error(error), exchange.errors)
            line, asked = exchange.line, exchange.is_asked
            for one in (problem,) if line is None else line.above(problem) if asked else (line.alone, problem):
                yield one

    async def _replies_of(self, exchange: Exchange, step: NextStep) -> AsyncGenerator[Answered | Said, None]:
        """Yield the replies of a step: progress notes and the answer to a question; any other step is the reply itself.

        Without a valid sign-in, the reply is a sign-in link, and the question is stored until the person has signed in.
        """
        if isinstance(step, Asked):
            exchange.is_asked, exchange.errors = True, step.language
            if SHARED in step.arguments:  # it is looked up as anybody would, so that anybody may read it
                exchange.message = replace(exchange.message, directory_only=True)
            held = self._not_of_asker(exchange.message, step) if exchange.message.origin != "said" else None
            several = exchange.several
            if several and several.slot not in step.slots:
                which = self._pack.reply(Private, step.intent, "ask/which", {"several": several}, step.language)
                held = Said(await self._answering.written_down(exchange.message, step, which, Report()), step)
            step = held or await self._without_search(exchange, step)
        if not isinstance(step, Asked):
            yield step
            return
        message, memory, asked = exchange.message, exchange.memory, step
        needs_member = self._pack.is_of_member(asked.intent)
        if isinstance(message.place, Shared) and needs_member:
            kept = asked.alone  # first: what is asked next must not tell what was answered
            only = Memory(asked=kept, language=asked.language, choice=memory.choice, whose=memory.whose)
            await self._dialogue.remember(message, only)
        try:
            async with under_way(partial(self._answered, exchange, asked), self._patience) as heard:
                while isinstance(found := await heard(), Progress):
                    kind, values = Private if needs_member else Shareable, {"progress": found}
                    reply = self._pack.reply(kind, asked.intent, "still_looking", values, asked.language)
                    yield replace(reply, final=False, passing=True)
            asked, reply, further = found
            exchange.memory = replace(memory, met=memory.met or needs_member)
            yield self._with_others(exchange, self._owners.headed(reply, asked, memory), asked, further)
        except NeedsPlace as need:
            exchange.unread = "place"
            linked = message.alone and memory.link is not None
            aside = isinstance(message.place, Shared) and asked.values.get("location") == "me"
            about = {"linked": linked, "aside": aside, "intent": asked.intent, "need": need, "kept": carried(asked)}
            reply = self._pack.reply(Shareable, asked.intent, "ask/location", about, asked.language)
            yield Said(reply, asked.without("location"), wants="location")
        except (NotLinked, SignInExpired) as error:
            await self._dialogue.keep(message.person, asked)
            reply = await self._general(exchange, asked) or await self._connecting.offer(
                message.person, asked.language, error.template, intent=asked.intent
            )
            listed, shared = bool(memory.choices), isinstance(message.place, Shared)
            yield Said(reply, None if listed else asked.alone, keeps=listed, alone=shared)

    async def _general(self, exchange: Exchange, asked: Asked) -> Answered | None:
        """Return a general answer to a question about the record of somebody who never connected; None without one.

        It ends with a button to connect, and not with a sign-in link, of which a person gets only a few an hour.
        """
        general = general_of(self._pack.engine, asked, exchange.reading) if exchange.message.alone else None
        if general is None or exchange.memory.link is not None:
            return None
        with suppress(BotError):  # then the offer to connect stands by itself
            told = await self._answering.answer(exchange, general, Progress())
            offer = self._pack.render("account/of_plan", {}, asked.language)
            blocks = (*(lead(told.blocks, ()) or ()), *offer)
            return Private(intent=asked.intent, language=asked.language, blocks=blocks)
        return None

    async def _answered(
        self, exchange: Exchange, asked: Asked, progress: Progress
    ) -> tuple[Asked, Answered, tuple[Further, ...]]:
        """Return the question, its reply, and the further questions of the message with the first lines of each answer.

        If the question needs a place and names none, it is that of the last search for "there", or a connected member's
        home.
        """
        limits = self._answering.limits()
        message = replace(exchange.message, text=asked.text) if asked.text else exchange.message
        if asked.intent not in self._pack.answers:
            return asked, *await self._after(exchange, asked, await self._stated(message, asked), limits)
        first = replace(exchange, message=message)
        try:
            reply = await self._answering.answer(first, asked, progress, limits)
        except NeedsPlace as need:
            has_home = message.alone and exchange.memory.link is not None  # of a connected member
            place = exchange.memory.place_of(exchange.reading.text) or (_HOME if has_home else None)
            if need.place is not None or "location" in asked.slots or place is None:
                raise
            asked = replace(asked, slots={**asked.slots, "location": place})
            reply = await self._answering.answer(first, asked, progress, limits)
        return asked, *await self._after(exchange, asked, reply, limits)

    async def _without_search(self, exchange: Exchange, asked: Asked) -> NextStep:
        """Return the reply if the question needs no search, otherwise the question, with its person set."""
        message = exchange.message
        if message.origin == "said" and (ABOUT in asked.arguments or asked.intent.startswith(FEEDBACK)):
            asked = await self._feedback.heard(exchange, asked)
        rules = self._intents.get(asked.intent)
        settled = owner.settle(asked, rules, exchange.memory, self._now().date())
        if settled.found == () and (doctors := await self._answering.own.of_doctor(message, asked)):
            settled = owner.Settled(doctors)
        elif settled.found == () and message.origin == "said" and not message.press:
            day, reading = self._now().date(), exchange.reading
            general = of_anybody(self._pack.engine, asked, reading, exchange.memory, day)
            settled = owner.Settled(general) if general else settled
        asked = await self._answering.references.bound(exchange, settled.asked)
        rules = self._intents.get(asked.intent)
        if message.directory_only and (self._pack.is_of_member(asked.intent) or asked.intent in _CONNECTS):
            why = "problems/unnamed" if message.unnamed else "problems/directory_only"
            return Said(self._static(asked, why), keeps=True)
        if asked.intent.startswith("answer."):
            aside = self._owners.headed(self._answering.aside(asked), asked, exchange.memory)
            return Said(aside, keeps=True) if button_intents(aside) else aside
        keeps = asked.intent in self._of_person
        if keeps or asked.intent.startswith("account."):
            answer = self._of_person.get(asked.intent, self._connecting.answer)
            return Said(await answer(exchange, asked), keeps=keeps, alone=asked.intent in FAREWELLS)
        if settled.found is not None and not (message.alone and exchange.memory.link is None):
            # Where nobody is connected yet, signing in may give access to the record asked about.
            return Said(self._owners.other(exchange, asked, settled.found), asked)
        if rules is not None and (asked.goes_on or asked.intent in self._pack.answers):
            return self.handing_over.offered(exchange, asked) if asked.intent == HUMAN else asked
        exchange.memory = replace(exchange.memory, misses=0)
        return Said(await self._stated(message, asked), keeps=True, slots=by_button(asked.also))

    async def _stated(self, message: Message, asked: Asked) -> Answered:
        """Return an answer that needs no data.

        If its text needs the payer's phone number and none is configured, a member in a 1:1 chat gets the number that
        is on their card.
        """
        payer = PayerQuoted(self._pack.payer)
        reply = self._static(asked, payer=payer, directory_only=message.directory_only)
        if payer.lacked and (number := await self._answering.own.number(message, asked.whose)):
            told = self._static(asked, payer={**self._pack.payer, "number": number})
            own = Private(intent=told.intent, language=told.language, blocks=told.blocks)
            return await self._answering.written_down(message, asked, own, Report())
        return reply

    def _not_of_asker(self, message: Message, asked: Asked) -> Answered | Said | None:
        """Return the reply to quoted or unsent words that must not be answered; None if the words may be answered.

        Quoted words never cause an action. Unsent words may only search the directory.
        """
        rules = self._intents.get(asked.intent)
        if message.origin == "unsent":
            found = rules is not None and rules.needs == "directory"
            return None if found else Shareable(intent=asked.intent, language=asked.language, blocks=())
        if not (asked.intent.startswith(_ACTS) or (rules is not None and rules.acts)):
            return None
        # A button instead, so that the reader decides. It is private: it reveals whose message was read, and by whom.
        held = self._pack.reply(Private, asked.intent, "account/quoted", {"asked": asked}, asked.language)
        return Said(held, keeps=True, slots={asked.intent: asked.slots})

    async def _after(
        self, exchange: Exchange, asked: Asked, reply: Answered, limits: Budget
    ) -> tuple[Answered, tuple[Further, ...]]:
        """Answer the further questions of a message, each as a message after the last answer.

        Return the reply with the sources of all answers, and the further questions. A question that may not be answered
        under the first reply has no lines, and becomes a button.
        """
        found: list[Further] = []
        shown = self._keeper.after(exchange.memory, asked, reply) if asked.goes_on else exchange.memory
        for words in asked.goes_on:
            later = Exchange(replace(exchange.message, text=words), memory=shown)
            self.recognisers.hear(later, further=True)
            await self._answering.references.read(later)
            question = await self.recognisers.question(later)
            question = question and await self._answering.references.bound(later, question)
            then = question and self._beside(exchange, asked, question)
            second: Answered | None = None
            lines: Lines = ()
            if then and then.intent == FALLBACK and then.values.get("reason") in _UNTOLD:
                then = replace(then, slots={"reason": Slot("", "beside")})
            if then and then.intent not in self._pack.answers:
                lines = lead((await self._stated(later.message, then)).blocks, reply.blocks)
            elif then:
                reply, second, lines = await self._answering.beside(later, asked, reply, then, limits)
                shown = self._keeper.after(shown, then, second) if second else shown
            likely = question or next((one for one in later.reading.candidates if one.score >= _OFFERED), None)
            if likely and likely.intent in self._intents:
                found.append(Further(likely.intent, with_words(words, likely.slots), lines, then))
            elif exchange.message.alone:
                found.append(Further("", with_words(words, {})))
        return reply, tuple(found)

    def _beside(self, exchange: Exchange, asked: Asked, then: Asked) -> Asked | None:
        """Return a further question with its person set; None if its answer may not be shown under the first one.

        It may not be shown there if the question causes an action, continues an answer, or is about another
        record.
        """
        message, memory, rules = exchange.message, exchange.memory, self._intents.get(then.intent)
        if rules is None or SHARED in asked.arguments or rules.small_talk or then.intent.startswith(_ACTS):
            return None
        if rules.acts or then.intent == HUMAN or then.intent in self._of_person or then.intent.startswith(FOLLOW):
            return None
        settled = owner.settle(then, rules, memory, self._now().date())
        kept = settled.found is None and settled.asked.intent == then.intent
        if self._pack.is_of_member(then.intent):
            kept = kept and message.alone and settled.asked.whose == (asked.whose or memory.chosen)
        return settled.asked if kept else None

    def _with_others(self, exchange: Exchange, reply: Answered, asked: Asked, further: Sequence[Further]) -> Said:
        """Return the reply with the first lines of the further answers, and a button for each other question.

        The answer of an intent of type `aside` keeps the previous topic, unless a further question has a topic.
        """
        others = unsaid(asked.also, button_intents(reply))
        rest = [one for one in further if one.lines is not None]
        alone, language = exchange.message.alone, asked.language
        blocks = list(reply.blocks)
        for number, one in enumerate(rest):
            told = questions({one.intent: one.slots}, self._intents, alone=alone)
            *head, button = self._pack.render("also", {"questions": told, "first": not number}, language)
            known = one.lines and one.intent in {FALLBACK, *button_intents(reply)}  # a button above leads to all of it
            blocks += [*head, *(one.lines or ()), *(() if known else (button,))]
        if told := questions(others, self._intents, alone=alone):
            blocks += self._pack.render("also", {"questions": told, "first": True}, language)
        reply = replace(reply, blocks=tuple(blocks))
        slots = by_button({**others, **{one.intent: one.slots for one in rest if one.intent}})
        topic = next((one.asked for one in further if one.asked and one.asked.intent in self._pack.answers), None)
        if self._intents[asked.intent].answer == "aside" and topic is None:
            term = asked.slots.get(TERM)
            exchange.memory = replace(exchange.memory, misses=0, term=term.text if term else "")
            return Said(reply, keeps=True, slots={asked.intent: asked.slots, **slots})
        aside = topic and (self._intents[asked.intent].answer == "aside" or asked.intent not in self._pack.answers)
        return Said(reply, (topic if aside and topic else asked).alone, slots=slots, rates=True)

    async def _kept(self, exchange: Exchange) -> Asked | None:
        """Return and delete the question that waited for the sign-in; None if there is none, or no account."""
        exchange.connects = False
        await self._owners.recall(exchange)
        linked = exchange.memory.link is not None
        return await self._dialogue.take_kept(exchange.message.person) if linked else None

    def _static(self, asked: Asked, template: str = "", **values: object) -> Shareable:
        """Return an answer that needs no data: a rendered template, by default that of the intent."""
        values = {"payer": self._pack.payer, "directory_only": False, **values, "slots": asked.values, "asked": asked}
        blocks = self._pack.render(template or template_of(asked.intent), values, asked.language)
        reply = Shareable(intent=asked.intent, language=asked.language, blocks=blocks)
        others = {} if template else unsaid(asked.also, button_intents(reply))
        if told := questions(others, self._intents, alone=False):  # its place is not known here
            blocks += self._pack.render("also", {"questions": told, "first": True}, asked.language)
        return replace(reply, blocks=blocks)
