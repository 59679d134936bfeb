"""A question to the operator's help desk: what was read and agreed to, once, and from one's own chat alone."""

import asyncio
import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from bot.errors import Unwritten
from bot.message import Line, Message, Person, Reply, Shareable, Shared, Span
from bot.replies.plain import plain
from bot.sandbox.world import World
from tests.e2e.house import CHAT, House, Said, open_house
from tests.e2e.planted import stored, strings_of
from tests.e2e.tenant import open_tenant, pressed
from tests.e2e.workspace import attached, buttons, in_channel, shown

SLACK, TEAMS = "C0HELPDESK", "19:help-desk@thread.tacv2"
OFFER, QUESTION = "Send my question to the help desk", "why do I owe <!channel> *Dr. Okafor* for my last visit?"
LETTER = f"Question: {QUESTION}\nFrom: Dana M., the console\nReference: "


@dataclass
class Desk:
    """The channel of a help desk: what was posted there, and what goes wrong next."""

    posts: list[tuple[str, str, Person]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    posted: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, channel: str, reply: Reply, person: Person) -> None:
        """Post, and fail after it or in its place."""
        if self.fails and isinstance(self.fails[0], Unwritten):
            raise self.fails.pop(0)
        self.posts.append((channel, plain(reply.blocks), person))
        self.posted.set()
        if self.fails:
            raise self.fails.pop(0)
        await self.gate.wait()


@asynccontextmanager
async def desked(world: World, folder: Path, **settings: Any) -> AsyncIterator[tuple[House, Desk]]:
    """A house whose help desk has a channel."""
    async with open_house(world, folder, bot_handoff_channel=SLACK, **settings) as house:
        desk = Desk()
        desk.gate.set()
        house.bot.reach.hand_over["slack"] = desk.post
        yield house, desk


async def pressing(house: House, said: Said, label: str) -> Said:
    """The replies to a click on a button."""
    return await house.say(label, press=said.buttons[label])


async def read(house: House, question: str = QUESTION, ask: str = "talk to a person", offer: str = OFFER) -> Said:
    """What a person reads who asks something, then for a person, and then to have the question sent."""
    await house.say(question)
    return await pressing(house, await house.say(ask), offer)


@pytest.mark.threat("T77")
async def test_only_what_was_read_and_agreed_to_is_sent(world: World, tmp_path: Path) -> None:
    """Nothing before [Send]; then the very words, and of the record only what the person typed."""
    async with desked(world, tmp_path) as (house, desk):
        await house.sign_in()
        asked = await read(house)
        assert LETTER in asked.text
        assert desk.posts == []
        sent = await pressing(house, asked, "Send")
        [(channel, letter, person)] = desk.posts
        assert (channel, person) == (SLACK, house.person)
        assert [line for line in letter.split("\n")[1:] if line not in asked.text] == []
        typed = {word for word in strings_of(world, "dana") if word in QUESTION}
        assert {word for word in strings_of(world, "dana") if word in letter} == typed
        reference = letter.rpartition("Reference: ")[2]
        assert sent.text == f"Sent to the help desk's channel in Slack, with your name. Reference {reference}."
        rows = [row for row in await house.bot.audit.of(house.person) if row.what == "handed_over"]
        assert [(row.detail, row.read) for row in rows] == [("slack", {})]
        assert QUESTION not in house.log.text + stored(tmp_path)


async def test_who_does_not_agree_sends_nothing(world: World, tmp_path: Path) -> None:
    """[Don't send] says so."""
    async with desked(world, tmp_path) as (house, desk):
        assert (await pressing(house, await read(house), "Don't send")).text == "Nothing was sent."
        assert desk.posts == []


async def test_the_question_is_the_last_one_that_was_typed(world: World, tmp_path: Path) -> None:
    """No courtesy, no code and no button is; a wish that tells what it is about is its own question."""
    async with desked(world, tmp_path) as (house, _):
        first = await house.say("how do I change my address")
        await house.say("thanks")
        await pressing(house, first, "My plan")
        await house.sign_in()
        asked = await pressing(house, await house.say("talk to a person"), OFFER)
        assert "Question: how do I change my address" in asked.text
        own = await house.say("can I talk to someone about my MRI bill")
        assert "Question: can I talk to someone about my MRI bill" in (await pressing(house, own, OFFER)).text


@pytest.mark.threat("T77")
async def test_no_shared_place_and_no_guest_hands_anything_over(world: World, tmp_path: Path) -> None:
    """There is no button, and the id of one that was made in the own chat sends nothing where others read."""
    async with desked(world, tmp_path) as (house, desk):
        asked = await read(house)
        channel = Shared("channel", "thread")
        await house.say("is my MRI covered", place=channel)
        assert OFFER not in (await house.say("talk to a person", place=channel)).buttons
        shown, made_up = "I no longer have your question", "This button has expired."
        for press, answer in (
            (asked.buttons["Send"], shown),
            ("handoff.send.en", made_up),
            ("handoff.ask.en", made_up),
        ):
            said = await house.say("x", press=press, place=channel)
            assert answer in said.text
        assert OFFER not in (await house.say("talk to a person", directory_only=True)).buttons
        assert desk.posts == []


async def test_without_a_help_desk_nothing_is_offered_or_remembered(house: House) -> None:
    """Today's answer."""
    await house.say(QUESTION)
    assert OFFER not in (await house.say("talk to a person")).buttons
    memory, _ = await house.bot.turn._dialogue.recall(Message("m", house.person, CHAT, ""))
    assert memory.typed == ""


@pytest.mark.fault("F72")
async def test_a_question_is_sent_once_however_often_it_is_pressed(world: World, tmp_path: Path) -> None:
    """Two presses at once and one later: one post."""
    async with desked(world, tmp_path) as (house, desk):
        asked = await read(house)
        said = await asyncio.gather(*(pressing(house, asked, "Send") for _ in range(2)))
        later = await pressing(house, asked, "Send")
        assert len(desk.posts) == 1
        assert later.text.startswith("Sent to the help desk's channel")
        assert sorted(one.text[:4] for one in said) in (["It m", "Sent"], ["Sent", "Sent"])


@pytest.mark.fault("F72")
async def test_a_process_that_dies_between_leaves_no_second_post(world: World, tmp_path: Path) -> None:
    """Whoever takes the press over cannot know whether it arrived: it says so and does not post."""
    async with desked(world, tmp_path) as (house, desk):
        asked = await read(house)
        desk.gate.clear()
        killed = asyncio.create_task(pressing(house, asked, "Send"))
        await desk.posted.wait()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        desk.gate.set()
        async with open_house(world, tmp_path, sandbox=house.sandbox, bot_handoff_channel=SLACK) as other:
            other.bot.reach.hand_over["slack"] = desk.post
            told = await pressing(other, asked, "Send")
        assert told.text.startswith("It may have arrived, so I did not send it again. If nobody answers, call ")
        assert asked.text.partition("Reference: ")[2][:5] in told.text
        assert len(desk.posts) == 1


@pytest.mark.fault("F72")
async def test_a_channel_that_takes_nothing_is_told_of(world: World, tmp_path: Path) -> None:
    """A refusal is told with what to do next, and may be tried again; where nobody knows, it is not."""
    async with desked(world, tmp_path, bot_handoff_email="help@acme.example", payer_phone="(423) 555-0100") as opened:
        house, desk = opened
        desk.fails = [Unwritten("not_in_channel")]
        refused = await pressing(house, await read(house), "Send")
        assert "It was not sent" in refused.text
        assert "Call (423) 555-0100." in refused.text
        assert "Or write to help@acme.example." in refused.text
        assert "not_in_channel" in house.log.text
        assert (await pressing(house, refused, "Try again")).text.startswith("Sent to")
        desk.fails = [RuntimeError("a line that breaks")]
        unsure = await pressing(house, await read(house), "Send")
        assert "did not send it again" in unsure.text
        assert unsure.buttons == {}
        assert len(desk.posts) == 2


@pytest.mark.threat("T77")
async def test_a_person_sends_five_in_a_day(world: World, tmp_path: Path) -> None:
    """The sixth is not posted; the next person's is."""
    async with desked(world, tmp_path) as (house, desk):
        for _ in range(5):
            assert (await pressing(house, await read(house), "Send")).text.startswith("Sent to")
        assert "at most 5 questions in a day" in (await pressing(house, await read(house), "Send")).text
        house.person = Person("console", "", "", "another")
        assert (await pressing(house, await read(house), "Send")).text.startswith("Sent to")
        assert len(desk.posts) == 6


async def test_en_espanol(world: World, tmp_path: Path) -> None:
    """The same in Spanish, letter and all."""
    async with desked(world, tmp_path) as (house, desk):
        offer = "Enviar mi pregunta a la mesa de ayuda"
        asked = await read(house, "¿por qué no me aprobaron la resonancia?", "quiero hablar con una persona", offer)
        assert "Solo esto iría al canal de la mesa de ayuda en Slack:\nPregunta: ¿por qué no me aprobaron" in asked.text
        sent = await pressing(house, asked, "Enviar")
        assert sent.text.startswith("Enviada al canal de la mesa de ayuda en Slack")
        assert desk.posts[0][1].startswith("Una pregunta para la mesa de ayuda\nPregunta: ¿por qué no me aprobaron")


async def test_by_mail_the_person_sends_it_themself(world: World, tmp_path: Path) -> None:
    """With an address alone a link opens the person's own mail program with the words; nothing is to be pressed."""
    async with open_house(world, tmp_path, bot_handoff_email="help@acme.example") as house:
        asked = await read(house)
        assert f"Only this would stand in your e-mail to the help desk:\n{LETTER}" in asked.text
        [mail] = [span.url for one in asked.last.blocks if isinstance(one, Line) for span in one.spans if span.url]
        address, _, query = mail.partition("?subject=")
        assert address == "mailto:help@acme.example"
        assert LETTER in unquote(query).replace("\r\n", "\n")
        assert asked.buttons == {}


async def test_from_slack_to_a_channel_of_slack(world: World, tmp_path: Path) -> None:
    """Over the wire: the person's words are inert there, and who asks can be opened; the asker reads where it went."""
    async with attached(world, tmp_path, bot_handoff_channel=SLACK) as workspace:
        slack = workspace.slack
        await workspace.link()
        await workspace.write(html.escape(QUESTION, quote=False))  # as Slack delivers what was typed
        wish = await workspace.deliver(slack.direct_message("talk to a person"))
        press = {one["text"]["text"]: one["value"] for one in buttons(wish) if "value" in one}
        asked = await workspace.deliver(slack.press(press[OFFER]))
        assert in_channel(asked, SLACK) == []
        [send] = [one["value"] for one in buttons(asked) if one["text"]["text"] == "Send"]
        sent = await workspace.deliver(slack.press(send), times=3)
        [letter] = in_channel(sent, SLACK)
        assert letter.method == "chat.postMessage"
        assert letter.arguments["blocks"][-1]["elements"] == [{"type": "mrkdwn", "text": "<@U1>"}]
        assert "&lt;!channel&gt;" in letter.arguments["text"]
        assert "Sent to the help desk's channel in Slack" in shown(sent)
        again = await workspace.deliver(slack.press(send))
        assert in_channel(again, SLACK) == []


@pytest.mark.fault("F72")
async def test_what_slack_answers_of_the_channel(world: World, tmp_path: Path) -> None:
    """A refusal is told, and a page of HTML behind a post that stands leads to no second one."""
    async with attached(world, tmp_path, bot_handoff_channel=SLACK) as workspace:
        here, slack = workspace.house.bot, workspace.slack
        person = Person("slack", "", slack.team, "U1")
        letter = Shareable(intent="handoff.send", language="en", blocks=(Line((Span("why?"),)),))
        slack.errors["chat.postMessage"] = ["not_in_channel"]
        with pytest.raises(Unwritten, match="not_in_channel"):
            await here.reach.hand_over["slack"](SLACK, letter, person)
        slack.belated["chat.postMessage"] = [502]
        with pytest.raises(Exception, match="unreadable") as caught:
            await here.reach.hand_over["slack"](SLACK, letter, person)
        assert not isinstance(caught.value, Unwritten)
        assert len([one for one in slack.messages if one[0] == SLACK]) == 1


async def test_from_teams_to_a_channel_of_teams(world: World, tmp_path: Path) -> None:
    """The same over Teams' wire, refusals too."""
    async with open_tenant(world, tmp_path, bot_handoff_channel=TEAMS) as tenant:
        teams = tenant.teams
        await tenant.write(QUESTION)
        wish = await tenant.deliver(teams.message("talk to a person"))
        asked = await tenant.deliver(teams.execute(pressed(wish, OFFER)))
        assert "Only this would go to the help desk's channel in Teams:" in asked[0].text
        teams.statuses["send"] = [403]
        refused = await tenant.deliver(teams.execute(pressed(asked, "Send")))
        assert "It was not sent" in refused[-1].text
        sent = await tenant.deliver(teams.execute(pressed(refused, "Try again")))
        [letter] = [call for call in sent if call.conversation == TEAMS]
        assert f"Question: {QUESTION}\nFrom: Person u1, Microsoft Teams\nReference: " in letter.text
        assert "Sent to the help desk's channel in Teams" in sent[-1].text
