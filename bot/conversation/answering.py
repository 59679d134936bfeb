"""Answers one understood question: calls the intent's answer function within a budget, and renders the template."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial

import msgspec
from msgspec.structs import replace

from bot import kit
from bot.accounts.rows import Access, LastLook, PatientCandidate
from bot.conversation.exchange import Exchange, Parts, asks_back
from bot.conversation.followups import SHARED
from bot.conversation.further import Lines, lead
from bot.conversation.own_records import OwnRecords
from bot.conversation.owner import called, household_of, of_household
from bot.conversation.provenance import TECHNICAL, PayerQuoted, closed, trace_in, trace_of, unmet_in, with_trace
from bot.conversation.references import OWN, References
from bot.conversation.reminding import Reminding
from bot.conversation.state import Asked, Memory
from bot.documents.desk import SealedDrawer
from bot.errors import BotError, Disconnected, PayerDown, SignInExpired
from bot.kit.ask import slotted
from bot.kit.coverages import plan_year_of
from bot.kit.near_claims import Phrase, form_asked, forms_to_try, of_near_day, unused
from bot.kit.period import in_its_time
from bot.language.asked import asked_in
from bot.language.clauses import asks_whether
from bot.language.left import CARE, WORDS, may_narrow
from bot.language.reading import Slot
from bot.language.weights import WORKINGS
from bot.message import SOURCES, Actions, Answered, Message, Note, OneToOne, Person, Private, Shareable, Source, in_rows
from bot.pack import template_of
from bot.payer.budget import Budget, Progress, Report

_AGAIN, _DOCUMENT, _NEAR, _NONE, _MOST_TRIED = "again", "document", "near_day", "nearest", 3
Tried = frozenset[tuple[object, ...]]


class Answering:
    """Answers questions with the pack's answer functions. A reply is `Shareable` only if no member data was used."""

    def __init__(self, parts: Parts, reminding: Reminding) -> None:
        self._pack, self._accounts, self._audit, self._now = parts.pack, parts.accounts, parts.audit, parts.now
        self._parts, self._reminding = parts, reminding
        self._telling = {one.tells: intent for intent, one in parts.pack.intents.items()}
        self.own = OwnRecords(parts, self._prepare, self.limits)
        self.references = References(parts, self._prepare, self.own)

    def limits(self) -> Budget:
        """Return the budget of one message, which all its questions share."""
        return Budget(self._parts.patience.wall, clock=self._parts.clock)

    async def beside(
        self, exchange: Exchange, asked: Asked, reply: Answered, then: Asked, limits: Budget
    ) -> tuple[Answered, Answered | None, Lines]:
        """Answer a further question, `then`. Return `reply` with the sources of both, the new answer, and its lines.

        The lines are the first ones of the new answer, or None if `reply` states all of them. They are () if the answer
        asks back, is a document or is incomplete. If the question cannot be answered now, the answer is None.
        """
        message = exchange.message
        try:
            second = await self.answer(exchange, then, Progress(), limits.alone())
        except (BotError, kit.NeedsPlace):
            return reply, None, ()
        offers = any(one.id == _DOCUMENT for one in in_rows(second.blocks))
        kept = second.complete and not asks_back(second.blocks) and not offers
        # "When" may be told above, "was it" is not.
        says = asks_whether(message.text, self._pack.engine.lexicon.grammar.area("clauses"))
        lines = lead(second.blocks, reply.blocks, repeats=says, same=then.intent == asked.intent) if kept else ()
        if not lines:
            return reply, second, None if kept else ()
        sources = tuple(dict.fromkeys((*reply.sources, *second.sources)))
        if isinstance(second, Private):
            own = {**msgspec.structs.asdict(reply), "sources": sources, "may_show": second.may_show}
            private = Private(**{name: value for name, value in own.items() if name != "record"})
            reply = await self.written_down(message, asked, private, Report())
        return replace(reply, sources=sources), second, lines

    async def answer(
        self, exchange: Exchange, asked: Asked, progress: Progress, limits: Budget | None = None
    ) -> Answered:
        """Return the reply to a question; the first one about a member says whose record was read (T22).

        Raises:
            NotLinked, SignInExpired: the member has to sign in first.
            Disconnected: the account was disconnected meanwhile.
            NeedsPlace: the question needs a place.
            PayerError: the payer returned no valid response.
            StoreError: untrusted records could not be recorded in the audit trail (T56).
        """
        message, memory, rules = exchange.message, exchange.memory, self._pack.intents[asked.intent]
        of_anybody = WORKINGS in asked.slots and message.alone and memory.link is None  # a rule is the same for all
        needs_member = rules.needs == "member" and not of_anybody
        access = await self._accounts.access(message.person, asked.whose, memory.link) if needs_member else None
        if access and asked.arguments.get(_AGAIN):
            self._parts.recent.forget(access.link_id)
        dated = await self._in_plan_year(message, asked) if access and "date_range" in asked.slots else asked
        ask = self._prepare(message, plain := replace(dated, unmet={}), access, limits)
        ask.heard.update(exchange.reading.asked)
        if (tells := form_asked(ask, rules)) != rules.tells:  # by what it asks, and not by its topic
            asked, dated = (replace(one, intent=self._telling[tells], unmet={}) for one in (asked, dated))
        if dated != plain:
            ask = replace(self._prepare(message, dated, access, limits), heard=ask.heard)
        ask.report.progress = progress
        ask = await in_its_time(ask)
        if access:
            ask.mark_key = await self._audit.keyed("seen", f"{message.person.key}\x1f{access.patient}")
        every = household_of(asked, rules, access.people) if access and access.people else None
        if every and access:
            ask.kin = await self._kin(message.person, memory, ask, of_household(asked, access.people))
        name = every.answer if every else (rules.workings if WORKINGS in asked.slots else None) or asked.intent
        asked, ask, name, summary = await self._best_answer(message.person, asked, ask, access, name)
        private = needs_member or ask.private or OWN in asked.arguments
        if access is not None:
            summary = await self._stored(message.person, asked, summary, access)
        summary, links = await self._offered(message.person if private else None, asked, summary)
        member = access.person.name if access and access.person and not access.people else ""
        first = not (memory.met or rules.answer == "aside")
        payer = PayerQuoted(self._pack.payer)
        alone, theirs = isinstance(message.place, OneToOne), "" if every else called(memory, asked)
        said = any(one and one.intent == asked.intent for one in (memory.asked, *memory.earlier))
        values = {"private": private, "theirs": theirs, "alone": alone, "payer": payer}
        values |= {"first": first, "said": said, "member": member}
        written = partial(self._reply, asked, ask, summary, links, template=template_of(name))
        reply = written(values=values)
        if payer.lacked and access is not None and (number := await self.own.number(message, asked.whose)):
            reply = written(values={**values, "payer": {**self._pack.payer, "number": number}})
        if isinstance(reply, Private):
            reply = await self.written_down(message, asked, reply, ask.report)
        if isinstance(reply, Private) and access is not None:
            return replace(reply, may_show=partial(self._accounts.holds, message.person, access.link_id))
        return reply

    async def _best_answer(
        self,
        person: Person,
        asked: Asked,
        ask: kit.Ask,
        access: Access | None,
        name: str,
        *,
        tried: Tried = frozenset(),
    ) -> tuple[Asked, kit.Ask, str, kit.Summary]:
        """Return the question, its `Ask`, the answer's name and result; of another intent if that one fits better."""
        try:
            summary = await self._found(person, ask, access, name)
        except kit.Reroute as reroute:
            tried |= {(name, *ask.arguments.items())}
            return await self._handed_on(reroute, person, asked, ask, access, tried=tried)
        rules, phrases = self._pack.intents.get(name) or self._pack.intents.get(asked.intent), list[Phrase]()
        if near := of_near_day(ask, summary, one=rules is not None and rules.tells == "one"):
            ask, summary = near, await self._found(person, near, access, name)
            asked = replace(asked, unmet={**asked.unmet, _NEAR: asked.slots["date_range"]})
        engine = self._pack.engine
        tested = access and rules and rules.chooses_records and not ask.kin and ask.asked.form != "reason"
        tested = tested and not getattr(summary, _NONE, ())
        if tested and may_narrow(ask.said, engine.lexicon.grammar, ask.asked.runs):
            phrases = engine.narrowings(ask.said, ask.words, ask.today)[:_MOST_TRIED]
        if not (left := await unused(ask, summary, self._pack.answers[name], phrases)):
            return asked, ask, name, summary
        for tells in () if tried else forms_to_try(ask, summary):
            intent = self._telling[tells]
            again = replace(ask)
            with suppress(kit.Reroute):  # the question is about future care, which no claim holds
                other = await self._found(person, again, access, answer := self._pack.answer_of(intent, again))
                if not await unused(again, other, self._pack.answers[answer], left):
                    return replace(asked, intent=intent), again, answer, other
        words = Slot(", ".join(dict.fromkeys(said for said, _ in left)), True)
        return replace(asked, unmet={**asked.unmet, WORDS: words}), ask, name, summary

    async def _handed_on(
        self, reroute: kit.Reroute, person: Person, asked: Asked, ask: kit.Ask, access: Access | None, *, tried: Tried
    ) -> tuple[Asked, kit.Ask, str, kit.Summary]:
        """Return the same as `_best_answer`, from the intent or answer function to which the question was passed on.

        An answer that gets the question back has to answer by the slots alone, as for a button, or without them if it
        passes the question on again; the reply then reports these slots as ignored.
        """
        name = reroute.intent or next(name for name, one in self._pack.intents.items() if one.to_come == "takes")
        if name in self._pack.intents:  # else it is another answer to the same question, which lacks the same
            asked, ask = replace(asked, intent=name, unmet={}), replace(ask, unmet={})
        if access is None and self._pack.is_of_member(name):  # no rule of all plans tells it
            access = await self._accounts.access(person, asked.whose)
        ask = replace(ask, arguments=reroute.arguments)
        if (name, *ask.arguments.items()) in tried:
            if not (ask.said or ask.slots):
                raise reroute
            asked = asked if ask.said else replace(asked, unmet=asked.slots)
            ask = replace(ask, slots=ask.slots if ask.said else {}, said="", concepts=frozenset())
        return await self._best_answer(person, asked, ask, access, name, tried=tried)

    async def _found(self, person: Person, ask: kit.Ask, access: Access | None, name: str) -> kit.Summary:
        """Return the result of the pack's answer function with this name. Raises what `answer` raises."""
        try:
            summary = await self._pack.answers[name](ask)
        except SignInExpired:
            if access is not None and await self._accounts.refused(person, access):
                raise PayerDown("401 to a sign-in that an earlier 401 asked for") from None
            raise
        await asyncio.sleep(0)  # many answers may have come at once: what is to be acknowledged goes between them
        if access is not None and not await self._accounts.holds(person, access.link_id):
            raise Disconnected("the link changed while the answer was made")
        return summary

    async def _stored(self, person: Person, asked: Asked, summary: kit.Summary, access: Access) -> kit.Summary:
        """Store the reminder, appeal change or view that an answer requests. Return the answer with the outcome."""
        if isinstance(summary, kit.WithCase) and summary.change:
            summary = replace(summary, done=await self._reminding.changed(person, access, summary.change))
        if isinstance(summary, kit.WithReminder) and summary.wish:
            summary = replace(summary, kept=await self._reminding.keep(person, asked, summary.wish, access))
        if isinstance(summary, kit.WithSeen) and (seen := summary.seen):
            look = LastLook(seen.day.isoformat(), dict(seen.claims), dict(seen.doctors))
            await self._accounts.keep_look(person, access.patient, look)
        kept = isinstance(summary, kit.WithReminder) and (
            summary.wish or (isinstance(summary, kit.WithCase) and summary.change)
        )
        if kept and not await self._accounts.holds(person, access.link_id):  # "unlink" came in the same moment
            await self._reminding.end_private(person, await self._accounts.connected(person))
            raise Disconnected("the link changed while something was kept")
        return summary

    async def written_down(self, message: Message, asked: Asked, reply: Private, report: Report) -> Private:
        """Return the reply with `record`, a function that writes its audit row.

        Rows about untrusted records are written at once (T11, F27, F31). `record` writes in one transaction with the
        dialogue state, and once for each delivery: if a process ends before it has posted, the next one's reply counts
        as the same disclosure.
        """
        person, place = message.person, message.place
        once = f"{person.key}\x1f{message.delivery}" if message.delivery else ""
        read = Counter(source.type for source in reply.sources)
        record = partial(self._audit.record, "answered", person, place=place, detail=asked.intent, read=read, once=once)
        for gap in report.gaps:
            if gap.detail in {"wrong patient", "foreign link"}:
                distrusted = {gap.type: gap.count}
                await self._audit.record(
                    "distrusted", person, place=place, detail=gap.detail, read=distrusted, once=once
                )
        return replace(reply, record=record)

    async def _kin(
        self, person: Person, memory: Memory, ask: kit.Ask, people: Sequence[tuple[int, PatientCandidate]]
    ) -> tuple[kit.Kin, ...]:
        """Return a `Kin` for each of these numbered people, with the `Ask` to read that person's record."""
        found: list[kit.Kin] = []
        for number, one in people:
            own = await self._accounts.access(person, one.patient, memory.link)
            part = replace(ask, member=self._parts.member(person, own), budget=ask.budget.alone())
            found.append(kit.Kin(number, one.name, one.patient, part, own=one.own))
        return tuple(found)

    async def _seen(self, person: Person, patient: str) -> kit.Seen | None:
        look = await self._accounts.last_look(person, patient)
        return kit.Seen(date.fromisoformat(look.day), look.claims, look.doctors) if look else None

    def unasked(self, person: Person, access: Access | None) -> kit.Ask:
        """Return an `Ask` for background work on a person's record, which answers no message."""
        return self._prepare(Message("", person, OneToOne(""), ""), Asked(""), access)

    def of_directory(self, asked: Asked, said: str = "") -> kit.Ask:
        """Return an `Ask` that reads only the open directory. `said` is the text of the message."""
        return self._prepare(Message("", Person("", "", "", ""), OneToOne(""), said, directory_only=True), asked, None)

    async def listed_networks(self) -> tuple[str, ...]:
        """Return the names of the directory's networks. Raises PayerError, Unreadable."""
        return tuple(dict.fromkeys(await kit.network_names(self.of_directory(Asked("")))))

    async def own_networks(self, person: Person) -> tuple[str, ...]:
        """Return the networks that are likely a person's own; () if they have no account, or nothing indicates them.

        Raises PayerError, Unreadable.
        """
        return await kit.own_networks(self.unasked(person, None))

    def aside(self, asked: Asked) -> Private:
        """Return the reply to a button that needs no search: a list entry's text, or the last answer's sources."""
        if asked.intent != SOURCES:
            return self._pack.reply(Private, asked.intent, "entry", asked.values, asked.language)
        trace, now = trace_in(asked), self._now()
        technical = TECHNICAL in asked.arguments
        values = {"trace": trace, "zone": now.tzinfo, "today": now.date(), "technical": technical}
        blocks = self._pack.render("how", values, asked.language)
        return Private(intent=SOURCES, language=asked.language, blocks=with_trace(blocks, trace))

    async def _in_plan_year(self, message: Message, asked: Asked) -> Asked:
        """Return the question with the member's plan year as the dates of "this plan year", if the dates are known."""
        slot, engine = asked.slots["date_range"], self._pack.engine
        if not engine.says_plan_year(slot.text):
            return asked
        today = self._now().date()
        year = plan_year_of(await self.own.coverages(message, asked.whose), today)
        dated = engine.dates_in(slot.text, today, (year.first, year.last)) if year else None
        return replace(asked, slots={**asked.slots, "date_range": dated}) if dated else asked

    def _prepare(self, message: Message, asked: Asked, access: Access | None, limits: Budget | None = None) -> kit.Ask:
        honoured = slotted({name: slot for name, slot in asked.slots.items() if name not in asked.unmet})
        holds = partial(self._accounts.holds, message.person, access.link_id) if access else None
        now = self._now()
        return kit.Ask(
            slots=asked.values,
            words={name: slot.text for name, slot in asked.slots.items()},
            excluded=honoured["excluded"],
            several=honoured["several"],
            beside=asked.beside,
            arguments={**asked.arguments, "page": str(message.page)} if message.page else asked.arguments,
            said="" if message.press else message.text,
            concepts=frozenset(() if message.press else asked.concepts),
            today=now.date(),
            now=now,
            language=asked.language,
            budget=limits or self.limits(),
            directory=self._parts.directory,
            member=self._parts.member(message.person, access) if access else None,
            places=self._pack.places,
            other_names=self._pack.engine.lexicon.other_names,
            ingredients=self._pack.engine.lexicon.drugs,
            hears=partial(asked_in, self._pack.engine.lexicon.grammar),
            reads=partial(self._pack.engine.slots_as, asked.intent, today=now.date()),
            everyday=self._pack.engine.lexicon.familiar.__contains__,
            care_kinds=self._pack.care_kinds,
            benefits=self._pack.benefits,
            care=kit.named_care(asked.unmet.get(CARE)),
            read_home=lambda: self.own.home(message, asked.whose),
            read_health=self._parts.health,
            read_coverages=lambda: self.own.coverages(message, asked.whose),
            read_claims=lambda: self.own.claims(message, asked.whose),
            read_phone=lambda: self.own.phone(message, asked.whose),
            read_cases=partial(self._reminding.cases.of, message.person, access.patient) if access else None,
            read_seen=(lambda: self._seen(message.person, access.patient)) if access else None,
            drawer=partial(SealedDrawer, self._parts.table, message.person, access, holds)
            if access and holds
            else None,
        )

    async def _offered(
        self, person: Person | None, asked: Asked, summary: kit.Summary
    ) -> tuple[kit.Summary, dict[str, str]]:
        """Store the answer's document. Return the answer with an `Offer`, and the link: for `person`, or else open."""
        if not isinstance(summary, kit.WithDocument) or summary.document is None:
            return summary, {}
        document = summary.document
        offered = await self._parts.publisher.offer(
            *(document.template, document.formats, document.values, asked.language, person),
            shared=document.shared,
            files=document.files,
        )
        if document.done is not None:
            await document.done()
        offer = kit.Offer(minutes=offered.minutes, code=offered.code)
        return replace(summary, document=None, offer=offer), {_DOCUMENT: offered.url}

    def _reply(
        self,
        asked: Asked,
        ask: kit.Ask,
        summary: kit.Summary,
        links: Mapping[str, str],
        *,
        template: str,
        values: Mapping[str, object],
    ) -> Answered:
        """Return the rendered answer.

        `values`: whether the answer is `private`, the asker `alone` in a 1:1 chat, it is the `first` about the `member`
        and standing notes were `said` before; the `payer`; whose record it is (`theirs`), if not the asker's.
        """
        report, kind = ask.report, Private if values["private"] else Shareable
        blocks = self._pack.render(template, {"answer": summary, "today": ask.today, **values}, asked.language, links)
        blocks = tuple(one for one in blocks if not (values["said"] and isinstance(one, Note) and one.standing))
        doctors = {"doctors": ask.own_doctors, "asked": asked, "theirs": values["theirs"]}
        own = self._pack.render("_own_doctor", doctors, asked.language) if ask.own_doctors else ()
        said, unmet = unmet_in(asked.without(CARE) if getattr(summary, _NONE, ()) else asked, ask, blocks)
        if said["conditions"]:
            rules = self._pack.intents[asked.intent]
            told = self._pack.render("_unmet", {**said, "rules": rules}, asked.language)
            at = int(not (rules.reads_claims or said["elsewhere"]))  # behind the line that answers, but for amounts
            blocks = (*blocks[:at], *(one for one in told if not isinstance(one, Note)), *blocks[at:])
            own = (*own, *(one for one in told if isinstance(one, Note)))
        if SHARED in asked.arguments:
            shared = {"alone": values["alone"], "file": bool(links)}
            blocks = (*self._pack.render("_shared", shared, asked.language), *blocks)
        footer = self._pack.render("_footer", {**values, "report": report, "asked": asked}, asked.language)
        traced = with_trace(footer, trace_of(asked, report))
        below = [block for block in (*own, *traced) if isinstance(block, Note | Actions)]
        return kind(
            intent=asked.intent,
            language=asked.language,
            blocks=closed(blocks, below),
            sources=tuple(Source(source.type, source.id, source.fetched_at) for source in report.sources),
            complete=report.complete,
            unmet=unmet,
            named=ask.named,
        )
