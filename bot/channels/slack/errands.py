"""Slack's deliveries: stored before they are acknowledged, and processed afterwards.

`Errands` itself processes deliveries other than questions: sharing or forwarding an answer, opening a form, updating
App Home, suggesting prompts, and deleting all data of a person or a workspace that leaves (T21).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
import structlog
from cachetools import TTLCache
from msgspec.structs import replace

from bot.channels.base import Body, Unreachable
from bot.channels.slack.answers import ErrandWork, SlackController, failed
from bot.channels.slack.incoming import Incoming
from bot.channels.slack.installations import Workspaces
from bot.channels.slack.views import AMONG_OTHERS
from bot.channels.slack.workspace import DeliveryMark, WhoUnknown, Workspace
from bot.channels.slack.writer import SHARE, EphemeralWriter
from bot.delivery.inbox import Delivery, Inbox
from bot.errors import StoreUnusable
from bot.message import OneToOne, Person, Shared
from bot.replies.blocks import pages
from bot.stores.base import finish
from bot.stores.sealed import SealedTable

log = structlog.get_logger("slack")

_MOST_TOLD, _TOLD_SECONDS = 10_000, 600  # who was told that nothing can be kept is not told again for ten minutes
_ENDING_KEPT = 7 * 86_400.0  # seconds for which an ending is tried: nothing else would ever delete what it ends
_MOST_PROMPTS = 4  # Slack takes no more

ENDINGS = frozenset({"app_uninstalled", "tokens_revoked", "user_change"})
_PERSON = "slack_person"
_PERSON_KEPT = 180 * 86_400.0  # seconds; a link lives half as long
_MOST_NOTED, _AGAIN_SECONDS = 10_000, 3_600


Forget = Callable[[Person], Awaitable[object]]


class Ending(msgspec.Struct, frozen=True):
    """An event after which people's data must be deleted: data of some users, or of everybody in an installation.

    `team` is the users' workspace if it differs from the event's.
    """

    enterprise: str
    team: str
    users: tuple[str, ...] = ()
    everybody: bool = False


def where(body: Body) -> tuple[str, str]:
    """Return the ids of the organization and the workspace of an event.

    The workspace is "" if Slack gives the organization's id for both.
    """
    enterprise, team = str(body.get("enterprise_id") or ""), str(body.get("team_id") or "")
    return enterprise, "" if team == enterprise else team


def read_ending(body: Body) -> Ending | None:
    """Return an event of a type in `ENDINGS` as an `Ending`; None if nobody left, as after a change of picture."""
    event = body["event"]
    enterprise, team = where(body)
    tokens, user = event.get("tokens") or {}, event.get("user") or {}
    match event["type"]:
        case "user_change" if any(user.get(flag) for flag in ("deleted", "is_restricted", "is_ultra_restricted")):
            return Ending(enterprise, str(user.get("team_id") or team), (str(user.get("id")),))
        case "user_change":
            return None
        case "tokens_revoked" if not tokens.get("bot"):
            users = tuple(str(one) for one in tokens.get("oauth") or ())
            return Ending(enterprise, team, users) if users else None
        case _:
            return Ending(enterprise, team, everybody=True)


class People:
    """Records which people of each workspace have talked to the bot. `forget` deletes a person's stored data."""

    def __init__(self, table: SealedTable, forget: Forget) -> None:
        self._table, self._forget = table, forget
        self._noted: TTLCache[str, bool] = TTLCache(_MOST_NOTED, _AGAIN_SECONDS)

    async def note(self, person: Person) -> None:
        """Record that a person has written to the bot from their workspace."""
        owner = _group(person.enterprise, person.team)
        if not owner or person.key in self._noted:
            return
        row, expires = replace(person, name="", home=""), time.time() + _PERSON_KEPT
        await self._table.put(_PERSON, _row_of(person), row, expires=expires, owner=owner)
        self._noted[person.key] = True

    async def leave(self, person: Person) -> None:
        """Delete the record that a person has written to the bot."""
        self._noted.pop(person.key, None)
        await self._table.store.drop(_PERSON, _row_of(person))

    async def end(self, ending: Ending, workspaces: Workspaces) -> None:
        """Delete all stored data of the people or the installation that left. A second call changes nothing.

        In an organization a person has one id in all its workspaces.
        """
        if ending.everybody:
            await workspaces.remove(ending.enterprise, ending.team)
        owner = _group(ending.enterprise, ending.team)
        for _, person in await self._table.owned(_PERSON, owner, Person):
            if ending.team in {"", person.team} if ending.everybody else person.user in ending.users:
                await self._forget(person)
                await self.leave(person)


def _group(enterprise: str, team: str) -> str:
    """Return the owner of the rows of an organization's people, or of a workspace's that belongs to none."""
    return f"slack\x1f{enterprise}\x1f*" if enterprise else f"slack\x1f\x1f{team}" if team else ""


def _row_of(person: Person) -> str:
    """Return the key of the row that records a person: by the workspace too where their organization has several."""
    place = f"{person.team}\x1f" if person.enterprise else ""
    return f"{_group(person.enterprise, person.team)}\x1f{place}{person.user}"


ErrandKind = Literal["answer", "edited", "pass_on", "form", "home", "prompts"]


class StoredErrand(msgspec.Struct, frozen=True, omit_defaults=True):
    """A delivery as stored in the inbox, with the installation that received it."""

    enterprise: str
    team: str
    incoming: Incoming | None = None
    kind: ErrandKind = "answer"
    ending: Ending | None = None


class Errands:
    """Stores Slack's deliveries, and processes each kind after the acknowledgement."""

    def __init__(self, desk: SlackController, table: SealedTable, monotonic: Callable[[], float]) -> None:
        self._desk, self._workspaces = desk, desk.workspaces
        self._tagged: dict[tuple[object, object], asyncio.Task[None]] = {}
        self._unkept: TTLCache[str, asyncio.Task[None]] = TTLCache(_MOST_TOLD, _TOLD_SECONDS, monotonic)
        self.inbox = Inbox("slack", self.handle, table, soothe=self._soothe, finds=True)
        # Each with what its person is told if it cannot be done; a Home tab or prompts are left as they are.
        self._jobs: Mapping[ErrandKind, tuple[ErrandWork, str]] = {
            "answer": (desk.answer, "not_taken"),
            "edited": (self._edited, "not_taken"),
            "pass_on": (self._pass_on, "not_taken"),
            "form": (self._form, "form_late"),
            "home": (desk.show_home, ""),
            "prompts": (self._suggest, ""),
        }

    async def take(self, here: Workspace, incoming: Incoming | None, kind: ErrandKind = "answer") -> None:
        """Store a delivery until it is answered, once, even if Slack repeats it or a process dies (F50, F51)."""
        if incoming is None:
            return
        installed = here.installed
        kept = StoredErrand(installed.enterprise, installed.team or incoming.team, incoming, kind)
        place = f"{installed.enterprise}/{installed.team}"
        lane = f"{place}/{incoming.channel}/{incoming.user}"
        # A page is no part of a conversation, and a form cannot wait for one: its trigger lives three seconds.
        lane += f"/{kind}" if kind in {"home", "prompts", "form"} else ""
        try:
            await self.inbox.take(f"{place}:{incoming.key}", lane, msgspec.json.encode(kept))
        except StoreUnusable:
            if kind == "answer" and lane not in self._unkept:
                self._unkept[lane] = asyncio.create_task(self._tell_unkept(here, incoming))
            raise

    async def _tell_unkept(self, here: Workspace, incoming: Incoming) -> None:
        try:
            await self._desk.say(here, incoming, "not_kept")
        except Exception as error:  # noqa: BLE001 -- nobody awaits this task: its failure ends here, in the log
            failed(error)

    async def take_ending(self, event: str, where: tuple[str, str], ending: Ending) -> None:
        """Store an event after which data of people or of an installation must be deleted. `event` is its id."""
        kept = msgspec.json.encode(StoredErrand(*where, ending=ending))
        await self.inbox.take(f"ending:{event}", f"ending:{'/'.join(where)}", kept, seconds=_ENDING_KEPT)

    async def handle(self, delivery: Delivery) -> None:
        """Process a stored delivery, in a task that is cancelled if the person deletes the question.

        If that fails, the person gets a message.

        Raises:
            Unreachable: another try may succeed.
        """
        kept = msgspec.json.decode(delivery.body, type=StoredErrand)
        if kept.ending is not None:
            try:
                await self._desk.people.end(kept.ending, self._workspaces)
            except Exception as error:  # noqa: BLE001 -- whatever it is, nothing else would ever delete what is left
                failed(error)
                raise Unreachable(type(error).__name__) from None
        if (incoming := kept.incoming) is None:
            return
        here = await self._workspaces.of(kept.enterprise, kept.team)
        if here is None:
            log.warning("workspace gone", channel="slack")
            return
        job, notice = self._jobs[kept.kind]
        if delivery.exhausted and not notice:
            return
        task = asyncio.create_task(self._desk.work(here, incoming, delivery, job, notice))
        tag = incoming.channel, incoming.thread
        self._tagged[tag] = task
        try:
            # Waited for, not awaited: a question that was taken back ends its task and not this one.
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            if self._tagged.get(tag) is task:
                del self._tagged[tag]
        if not task.cancelled():
            task.result()

    def cancel(self, channel: object, thread: object) -> None:
        """Cancel the answer to a question that its asker deleted."""
        if thread and (task := self._tagged.get((channel, thread))):
            task.cancel()

    async def drain(self, seconds: float) -> None:
        """Wait at most `seconds` for the apologies to people whose message could not be stored; cancel the rest."""
        await finish(self._unkept.values(), seconds)

    async def _soothe(self, delivery: Delivery) -> None:
        """Tell a person that their message waits until an earlier one is answered."""
        kept = msgspec.json.decode(delivery.body, type=StoredErrand)
        if kept.incoming is not None and kept.kind == "answer":
            here = await self._workspaces.of(kept.enterprise, kept.team)
            if here is not None:
                await self._desk.soothe(here, kept.incoming, delivery)

    async def _edited(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Tell a person who edited a message how to ask again, because a posted answer is not changed."""
        place = OneToOne(incoming.channel, incoming.thread)
        if not await self._desk.is_answered(here, incoming, place, delivery):
            await delivery.writing(findable=True)
            await self._desk.say(here, incoming, "edited", DeliveryMark.of(delivery.key))

    async def _pass_on(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Share an answer in the channel where only its asker saw it, or send it to the asker's 1:1 chat."""
        person, _ = await here.person(incoming.user, incoming.team)
        own = None if incoming.action == SHARE else await here.chat(incoming.user)
        if await self._desk.is_answered(here, incoming, own or Shared(incoming.channel), delivery):
            return
        shown = await self._desk.means.aside.shown(incoming.press or "", person)
        mark = DeliveryMark.of(delivery.key)
        whisper = EphemeralWriter(self._desk.means, here, incoming.response_url or "", mark)
        if shown is None:
            await whisper.respond(self._desk.notices.page("share_over", await here.language(incoming.user)))
        elif incoming.action == SHARE:
            await delivery.writing()
            for page in pages(self._desk.means.aside.for_everybody(shown[1], person)):
                await whisper.respond(page, to_all=True)
        else:
            await delivery.writing(findable=own is not None)
            if own is not None:
                await whisper.post(own, shown[1], person)
            await whisper.point(Shared(incoming.channel), person, shown[1].language, own)

    async def _form(self, here: Workspace, incoming: Incoming, delivery: Delivery) -> None:
        """Open the form of a button or a shortcut, which Slack allows for three seconds.

        At a later try, only send the person a message.
        """
        if delivery.tries > 1:
            notice = "interrupted" if delivery.maybe_written else "form_late"
            await self._desk.say(here, incoming, notice, DeliveryMark.of(delivery.key))
            return
        name = self._desk.modals.name_of(incoming.action)
        if name is not None and incoming.trigger:
            try:
                person, directory_only = await here.person(incoming.user, incoming.team)
            except (Unreachable, WhoUnknown):  # a form asks nothing of a member by itself, so it opens all the same
                person, directory_only = here.somebody(incoming.user, incoming.team), True
            language = await here.language(incoming.user)
            # Others who look on in a channel must not learn from the form whether its opener has an account.
            own = (incoming.own_chat or incoming.direct) and incoming.press != AMONG_OTHERS
            known = person if own and not directory_only else None
            view = await self._desk.modals.view(name, known, language, whole=bool(incoming.view))
            await delivery.writing()
            if incoming.view:
                await here.client.views_update(view_id=incoming.view, view=view)
            else:
                await here.client.views_open(trigger_id=incoming.trigger, view=view)

    async def _suggest(self, here: Workspace, incoming: Incoming, _: Delivery) -> None:
        """Show suggested prompts to a person who opens the chat."""
        language = await here.language(incoming.user)
        offered = self._desk.modals.prompts[:_MOST_PROMPTS]
        prompts = [
            {"title": one.title.get(language, one.title["en"]), "message": one.says.get(language, one.says["en"])}
            for one in offered
        ]
        thread = {"thread_ts": incoming.thread} if incoming.thread else {}
        await here.client.assistant_threads_setSuggestedPrompts(channel_id=incoming.channel, prompts=prompts, **thread)
