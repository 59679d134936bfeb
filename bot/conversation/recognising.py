"""Classification of a message: the first recogniser that accepts it decides (docs/decisions.md).

In order: a command, a typed code, a question about each line of a list, a pressed or typed button that was shown, the
typed label of any fixed button, a follow-up or a new question. Otherwise the message is not understood.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog
from msgspec.structs import replace

from bot.accounts.codes import read_code
from bot.conversation import focus, followups, owner
from bot.conversation.connecting import CodeState, Connecting
from bot.conversation.exchange import UNREAD, Exchange, Parts, Said
from bot.conversation.further import DOUBT
from bot.conversation.questions import CLEAR, Questions, within
from bot.conversation.shown import corrected, near_list, of_list
from bot.conversation.slash_commands import Commands, Request
from bot.conversation.state import Asked, Memory, become, typed_label
from bot.conversation.told import named_care, refers, with_kind, with_object
from bot.kit.spelling import words_of
from bot.language.clauses import head_and_items
from bot.language.context import OF_CLAIMS, lists_providers
from bot.language.kernel import DANGER, FALLBACK, FOLLOW, HELP, REFINE
from bot.language.reading import Reading, Slot
from bot.language.rules import PERSON
from bot.language.text import read
from bot.message import SOURCES, Answered, Language, Line, Message, OneToOne, Press, Shareable, Shared
from bot.pack import Pack

log = structlog.get_logger("turn")

ITEMS, BETWEEN = "items", ";"  # a button's arguments hold no line's end
_MOST = 2_000  # lines that are taken out of a message; the answer says how many of them it asks
_MOST_MISSES, _SURELY = 2, 0.9
_LEAST_KEPT = 3  # words
_SHORT, _STEM = 6, 5  # words; letters in which two words are the same
_A_SENTENCE = 5  # words, whose language counts more than the one that was asked for before
_MAY_BE_GIVEN = frozenset({"choices", "not_understood", "menu"})
GIVES = "gives"
"""The argument with the key of a message that its writer may give to the operator."""
_MORE, _NAME, _ASPECT = "more", "provider_name", "amount_kind"
_CODE = re.compile(r"(?=.*\d)[A-Z2-7]{4}-[A-Z2-7]{4}")
_IN_CONTEXT = frozenset({"without", "receipt", "detail"})  # of a button that goes on about the question above it
_OF_LISTED = frozenset({"network", "gender", "language", "accepting_new", "open_at"})  # what a listing tells

NextStep = Answered | Said | Asked
"""The result of a message: a final reply, a reply to be stored, or a question to be answered."""


class Recognisers:
    """Reads a message, and determines what it is."""

    def __init__(self, parts: Parts, connecting: Connecting) -> None:
        pack = self._pack = parts.pack
        self._accounts, self._dialogue, self._now = parts.accounts, parts.dialogue, parts.now
        self._connecting = connecting
        self._intents, self._engine = pack.intents, pack.engine
        self._commands, self._fixed = Commands(pack.engine, pack.command), _fixed(pack)
        self._code_words = _code_words(pack)
        recognisers = (self._code, self._list, self.button, self.label, self.question)
        self._in_order: tuple[Callable[[Exchange], Awaitable[NextStep | None]], ...] = recognisers

    def hear(self, exchange: Exchange, *, further: bool = False) -> Request | None:
        """Set the reading of the exchange's message or `further` question. Return a command's request, else None."""
        message, memory, today = exchange.message, exchange.memory, self._now().date()
        is_command = message.command or message.form or message.text.lstrip().startswith("/")
        request = self._commands.request(message, today) if is_command else None
        text = request.options.said if request else message.text
        people, context = exchange.known_names, memory.context()
        reading = self._engine.understand(text, today=today, context=context, people=people)
        calm = not (request or message.press or reading.alarm or (reading.intent or "").startswith(DANGER))
        if told := named_care(self._engine, text, memory, today) if calm else "":
            text, context = told, None
            reading = self._engine.understand(text, today=today, context=context, people=people)
        if not request and exchange.message.press is None and not further:
            first, *others = Questions(self._engine, today=today, people=people).of(reading, context)
            reading = within(first.reading, reading) if others else first.reading
            text, exchange.words = first.words, first.words if others else told
            exchange.further = tuple(one.words for one in others)
        last = self._intents.get(memory.asked.intent) if memory.asked else None
        hears = partial(self._engine.understand, today=today, context=context, people=people)
        if context and (again := corrected(hears, reading, text, context, self._intents)):
            reading, text, exchange.words = again, again.text, again.text
        least = CLEAR if further else 0.0
        care = memory.asked.slots if memory.asked else {}
        reading, listed = of_list(reading, memory, last), last is not None and lists_providers(last)
        objects = memory.objects(of_claims=last is None or last.shows_claims or bool(reading.those))
        reading = with_object(self._engine, reading, objects, today, least=least, before=care, listed=listed)
        reading = near_list(reading, memory, last)  # that reads the words again
        if further:
            reading = focus.of_shown(memory, reading, self._intents, points=refers(read(text)))
        reading = focus.of_all(memory, owner.without_giver(reading), self._intents)
        if intent := focus.intent_of(memory, reading, self._intents):
            slots = self._engine.slots_as(intent, text, today=today) if intent != REFINE else reading.slots
            if intent == reading.intent and _ASPECT in reading.slots:
                slots = {**slots, _ASPECT: reading.slots[_ASPECT]}
            unmet = {name: one for name, one in reading.slots.items() if name in _OF_LISTED and name not in slots}
            unmet = {**reading.unmet, **unmet}
            reading = replace(reading, intent=intent, slots=slots, unclear=False, candidates=(), unmet=unmet)
        exchange.reading = reading
        # Words that fit both languages ("no", a ZIP code) are in that of the last reply.
        exchange.heard = memory.language if memory.language and not reading.shows_language else reading.language
        exchange.memory = memory = _with_choice(memory, reading)
        supported = message.language if message.language in self._pack.words.languages else None
        exchange.language = memory.choice or supported or exchange.heard
        return request

    async def step(self, exchange: Exchange, request: Request | None) -> NextStep:
        """Return the result of a message that was read by `hear`; `request` is what `hear` returned."""
        if request is not None:
            return self._command(exchange, request)
        step: NextStep | None = None
        for recognise in self._in_order:
            if step := await recognise(exchange):
                break
        if isinstance(step, Asked):
            log.info("understood", intent=step.intent, rule=step.rule, score=step.score, concepts=step.concepts)
            unread = self._to_give(exchange) if step.intent == FALLBACK and exchange.message.press is None else None
            if unread:  # outside of all topics: its writer may give it to the operator, by this key
                exchange.memory = replace(exchange.memory, unread=unread)
            return replace(step, arguments={GIVES: unread[0]}) if unread else step
        return step or await self._not_understood(exchange)

    def _command(self, exchange: Exchange, request: Request) -> NextStep:
        """Return the question of a slash command or a form, which has one of its own intents.

        If the usage is asked for or an option is faulty, return the reply about that instead.
        """
        memory, message, reading, language = exchange.memory, exchange.message, exchange.reading, exchange.language
        asked = replace(self._commands.asked(request, reading, self._now().date()), language=language)
        if request.goes_on(memory.asked, reading):
            asked = replace(followups.resolve(memory, reading, self._engine.intents) or asked, language=language)
        exchange.message = replace(message, directory_only=message.directory_only or request.of_directory)
        if request.helps:
            values = {"platform": message.person.platform}
            return Said(self._pack.reply(Shareable, HELP, "commands", values, language))
        if faults := request.faults(asked):
            return self._pack.reply(Shareable, asked.intent, "problems/options", faults, language, to_asker=True)
        return asked

    async def _code(self, exchange: Exchange) -> NextStep | None:
        """Return the reply to a typed code: the account is connected, or why not; None if there is no code.

        A person without an account who types "code" gets a reply on how to connect, or to type the code.
        """
        message = exchange.message
        if message.press is not None or message.origin != "said":
            return None
        if (code := await self._code_in(message)) is not None:
            fresh = code == "fresh"
            language = exchange.memory.language or ("en" if fresh else exchange.language)
            reply = await self._connecting.coded(message, code, language)
            exchange.connects = fresh
            return Said(reply, keeps=not fresh)
        if not message.alone or typed_label(message.text) not in self._code_words:
            return None
        if exchange.memory.link is not None:
            return None
        offer = self._connecting.offer(message.person, exchange.language, "account/link", intent="account.link")
        return Said(await offer)

    async def _code_in(self, message: Message) -> CodeState | None:
        """Return the state of the code in a message; None for a message without one.

        "fresh": a sign-in waits for it; "spent": it was correct before, or it has the format of a code; "barred":
        either, from a person who may not connect. "aside": in a shared place, by the format alone, so that nobody
        learns who is connecting.
        """
        person, text = message.person, message.text
        if read_code(text) is None:
            return None
        shaped = _CODE.fullmatch(text.strip()) is not None
        if not isinstance(message.place, OneToOne):
            return "aside" if shaped else None
        fresh = await self._accounts.awaits_code(person)
        if not fresh and not shaped and not await self._accounts.is_spent_code(person, text):
            return None
        return "barred" if message.directory_only else "fresh" if fresh else "spent"

    async def _list(self, exchange: Exchange) -> Asked | None:
        """Return the question about each line of a list, if the message has a list and a fitting question; else None.

        The lines are an argument of the question, and the answer reads each one separately. The names in "are Okafor
        and Kim in network" count as such lines.
        """
        if exchange.message.press is not None:
            return None
        text, day = exchange.message.text, self._now().date()
        head, items = head_and_items(text)
        reading = self._engine.understand(head, today=day) if items else UNREAD
        if reading.intent and reading.intent.startswith("followup."):  # "in network S?" points at what the lines name
            reading = self._engine.understand(f"{head}: {items[0]}", today=day)
        several = None
        if not items:
            own = self._intents.get(exchange.reading.intent or "")
            is_listed = own is not None and own.of_list == own.intent
            named = self._engine.slots_in(text, today=day) if is_listed else exchange.reading.unmet
            several = named.get(_NAME)
            if several and (is_listed or len(several.values) > 1):
                reading, items = exchange.reading, tuple(map(str, several.values or (several.value,)))
        likely = reading.candidates if reading.unclear else reading.candidates[:1]
        asks = next((one for one in likely if self._intents[one.intent].of_list), None)
        if asks is None:
            return None
        first = self._intents[asks.intent]
        rules = self._intents[first.of_list or asks.intent]
        kinds = {first.slots[name]: slot for name, slot in asks.slots.items() if name in first.slots}
        held = {name: kinds.get(kind) or asks.slots.get(name) for name, kind in rules.slots.items()}
        slots = {name: slot for name, slot in held.items() if slot is not None}
        unmet = {name: slot for name, slot in asks.slots.items() if slot not in slots.values()}
        arguments = {ITEMS: BETWEEN.join(item.replace(BETWEEN, " ") for item in items[:_MOST])}
        names = several.text if several else ""  # of people and of houses
        unmet = {name: slot for name, slot in {**reading.unmet, **unmet}.items() if slot.text != names}
        return Asked(rules.intent, slots, arguments, exchange.language, rule="list", unmet=unmet)

    async def button(self, exchange: Exchange) -> Asked | None:
        """Return the question of a pressed button, or of a typed label that this conversation has shown; else None."""
        message, memory = exchange.message, exchange.memory
        asked = await self._dialogue.press(message.person, message.press) if message.press else None
        if (asked := asked or self._by_label(message.text, memory, exchange.reading)) is None:
            return None
        supported = asked.language if asked.language in self._pack.words.languages else None
        return replace(asked, language=memory.choice or supported or exchange.language)

    def _by_label(self, text: str, memory: Memory, reading: Reading) -> Asked | None:
        """Return the question of a button of this conversation with this label; None if there is none.

        "Previous visit", typed again without such a button, continues from the answer it led to; "more" always
        means more of the last answer. Both are read as new messages, so the result is None.
        """
        label = typed_label(text)
        earlier, last = memory.older.get(label), memory.asked
        if label in memory.labels or earlier is None or last is None:
            return memory.labels.get(label) or earlier
        lists = last.intent in self._intents and _MORE in self._intents[last.intent].follows
        one, other = ((each.intent, each.arguments, each.values, each.whose) for each in (earlier, last))
        # The reading is looked at last, because most buttons led elsewhere.
        ordinal = reading.slots.get("ordinal") if one == other and reading.intent == "followup.ordinal" else None
        walks = ordinal is not None and isinstance(ordinal.value, Mapping) and "step" in ordinal.value
        goes_on = walks or (lists and "page" in earlier.arguments)
        return None if goes_on else earlier

    async def label(self, exchange: Exchange) -> Asked | None:
        """Return the question of the fixed button whose label was typed; None without one, or for a clear message.

        A short unclear message may also have a word of one button of the last answer: "show me those that counted".
        """
        reading, memory = exchange.reading, exchange.memory
        short = reading.unclear and exchange.message.press is None and len(reading.text.split()) <= _SHORT
        said = {word[:_STEM] for word in words_of(reading.text) if short and len(word) >= _STEM}
        of_answer = ((label, one) for label, one in memory.labels.items() if one.arguments and one.intent != SOURCES)
        meant = [one for label, one in of_answer if any(word[:_STEM] in said for word in words_of(label))]
        if len(meant) == 1:
            return replace(meant[0], language=exchange.language)
        unread = reading.unclear or reading.intent in {None, FALLBACK} or reading.score < _SURELY
        language, press = self._fixed.get(typed_label(exchange.message.text), (None, None))
        if exchange.message.press is not None or not unread or language is None or press is None:
            return None
        rules = self._intents[press.intent]
        whose = owner.spoken_of(memory, reading) if rules.needs == "member" or "person" in rules.slots else ""
        return become(press, Asked("", whose=whose), language, rules.slots)

    async def question(self, exchange: Exchange) -> Asked | None:
        """Return the question that changes or continues the previous one, or a new one; None if not understood."""
        reading, memory, language, day = exchange.reading, exchange.memory, exchange.language, self._now().date()
        alone = isinstance(exchange.message.place, OneToOne)  # in a shared place nothing depends on who is connected
        asks_back = reading.unclear and not (alone and self._is_closed(reading, memory))
        if exchange.message.press is not None or asks_back or reading.intent is None or reading.is_miss:
            return None
        if "reply_language" in reading.slots:
            return replace(memory.asked or Asked(reading.intent), language=language)
        if "answer" in reading.slots:
            return followups.consent(memory, reading) or Asked("followup.refine", language=language)
        if reading.intent.startswith(FOLLOW):
            changed = owner.followed(followups.refined(memory, reading, self._intents), memory, reading)
            if changed is None:
                return followups.no_such_entry(memory, reading, language)
            asked = replace(changed, language=language)
        else:
            context = memory.context()
            merged, slots = self._engine.merged(context, reading)
            intent, other = merged or reading.intent, self._intents[reading.intent].instead
            anew = context is None or intent != context.intent or (other and other.intent == intent)
            if intent != reading.intent and anew:
                slots = {**self._engine.slots_as(intent, reading.text, today=day), **slots}
                reading = replace(reading, unmet={one: it for one, it in reading.unmet.items() if one not in slots})
            picks = reading.picks and memory.choices and OF_CLAIMS.isdisjoint(reading.slots)
            if picks and (nth := self._engine.slots_in(reading.text, today=day).get("ordinal")):
                slots = {"ordinal": nth, **slots}
            asked = Asked(
                *(intent, slots),
                language=language,
                rule=reading.rule,
                score=reading.score,
                concepts=reading.concepts,
                unmet=reading.unmet,
                whose=owner.spoken_of(memory, reading),
            )
            asked = with_kind(self._engine, replace(asked, text=reading.text), day)
            asked = followups.of_what_was_shown(memory, asked, reading, self._intents)
            second = None if exchange.further else reading.second
            rules = self._intents.get(second.intent) if second and second.intent != asked.intent else None
            # Another reading that is half as likely, or of an act, gets a button beside the answer.
            if second and rules and rules.title and (rules.acts is not None or second.score >= reading.score / 2):
                asked = replace(asked, also={second.intent: {**second.slots, DOUBT: Slot("", second.score)}})
        asked = replace(asked, text=exchange.words, goes_on=exchange.further)
        of_member = self._pack.is_of_member(asked.intent)
        return owner.about_whom(asked, exchange, reading) if of_member else owner.of_nobody(asked)

    def _is_closed(self, reading: Reading, memory: Memory) -> bool:
        """Return whether the message probably asks about a person whose record this sign-in gives no access to."""
        day, needed = self._now().date(), self._engine.weights.header.sure["member"]
        named = [(one, Asked(one.intent, one.slots)) for one in reading.candidates if PERSON in one.slots]
        settled = [(one, owner.settle(asked, self._intents.get(one.intent), memory, day)) for one, asked in named]
        return sum(one.score for one, each in settled if each.found == ()) >= needed

    async def _not_understood(self, exchange: Exchange) -> Said:
        """Return the reply to a message that was not understood.

        The reply offers the likely questions if the reading is unclear, otherwise similar ones; after a second failure,
        the menu.
        """
        message, memory, reading, language = exchange.message, exchange.memory, exchange.reading, exchange.language
        template = "menu" if memory.misses else "no_list" if reading.goes_on else "not_understood"
        if message.press:
            template = "problems/button_over"
        elif reading.unclear and memory.misses < _MOST_MISSES:
            template = "choices"
        exchange.unread = template.rpartition("/")[2]
        candidates = reading.candidates if template == "choices" else ()
        if template != "choices" and not message.press:
            candidates = self._engine.nearest(message.text, today=self._now().date())
        shared = isinstance(message.place, Shared)
        if shared:  # where others read, nobody is offered what only a member may ask
            candidates = tuple(one for one in candidates if not self._pack.is_of_member(one.intent))
        untold = not (reading.shows_language or memory.language)
        unread = self._to_give(exchange) if template in _MAY_BE_GIVEN else None
        gives = unread[0] if unread else ""
        values = {"candidates": candidates, "untold": untold, "shared": shared, "gives": gives}
        here, intent = shared or message.press is not None, reading.intent or FALLBACK
        reply = self._pack.reply(Shareable, intent, template, values, language, to_asker=here)
        exchange.memory = replace(memory, misses=memory.misses + 1, unread=unread)
        return Said(reply, keeps=True, slots={one.intent: one.slots for one in candidates})

    def _to_give(self, exchange: Exchange) -> tuple[str, str] | None:
        """Return a key and the redacted words that the writer may give to the operator; None if few words are left."""
        if exchange.message.origin != "said" or isinstance(exchange.message.place, Shared):
            return None
        words = self._engine.redacted(exchange.message.text, today=self._now().date(), people=exchange.known_names)
        kept = sum(not word.startswith("[") for word in words)
        return (secrets.token_urlsafe(9), " ".join(words)) if kept >= _LEAST_KEPT else None


def _with_choice(memory: Memory, reading: Reading) -> Memory:
    """Return the memory with the language that the message requests; "start over" deletes all else.

    The language is kept until another one is requested, or a sentence in another language is written.
    """
    if "start_over" in reading.slots:
        return Memory(choice=memory.choice)
    wish = reading.slots.get("reply_language")
    if wish is None:
        told = reading.shows_language and len(reading.text.split()) >= _A_SENTENCE
        return replace(memory, choice=None) if told and memory.choice != reading.language else memory
    return replace(memory, choice=str(wish.value))


def _code_words(pack: Pack) -> frozenset[str]:
    """Return the words, in every language, that people with a code type in place of it, such as "code"."""
    told = (pack.render("account/code_words", {}, language) for language in pack.words.languages)
    lines = (one.text for blocks in told for one in blocks if isinstance(one, Line))
    return frozenset(typed_label(words) for line in lines for words in line.split(","))


def _fixed(pack: Pack) -> Mapping[str, tuple[Language, Press]]:
    """Return the language and the button of each fixed label that always asks the same question."""
    found: dict[str, dict[tuple[str, frozenset[tuple[str, str]]], tuple[Language, Press]]] = {}
    labels = pack.words.fixed_labels()
    for language, written in labels.items():
        for label, press in written:
            if press.intent in pack.intents and not _IN_CONTEXT & press.arguments.keys():
                asks = (press.intent, frozenset(press.arguments.items()))
                found.setdefault(typed_label(label), {}).setdefault(asks, (language, press))
    return {label: next(iter(asked.values())) for label, asked in found.items() if len(asked) == 1}
