"""One account in two chats, and whose record is meant: what was read or asked for one never answers for another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from bot.accounts.rows import PatientCandidate
from bot.app import Bot
from bot.cli.chat import link_in
from bot.conversation.kin import meant
from bot.language.reading import Slot
from bot.message import Message, OneToOne, Person, Private, Reply
from bot.replies.plain import plain
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Fault
from bot.sandbox.synthetic.members import members
from tests.cases import saw
from tests.connecting import signed_in
from tests.e2e.test_documents import token as form_token
from tests.stage import TODAY, buttons, serving_bot
from tests.worlds import world_of

SLACK = Person("slack", "", "T1", "U1", name="Dana", home="Slack, Contoso")
TEAMS = Person("teams", "", "tenant", "object", name="Dana", home="Teams")
OTHER = Person("slack", "", "T1", "U2", name="Leah", home="Slack, Contoso")
OWED = "what did i owe for my last visit"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Bot, Sandbox]]:
    """A bot and its payer."""
    async with serve_sandbox(world_of(TODAY)) as sandbox, serving_bot(sandbox, tmp_path / "bot.db") as bot:
        yield bot, sandbox


async def say(bot: Bot, person: Person, text: str) -> str:
    """What a person reads."""
    replies = [reply async for reply in bot.turn.answer(Message("m", person, OneToOne("chat"), text))]
    words = "\n".join(plain(reply.blocks) for reply in replies)
    saw(words)
    return words


async def link(bot: Bot, person: Person, member: str) -> None:
    """Connect a member."""
    replies = [reply async for reply in bot.turn.answer(Message("m", person, OneToOne("chat"), "link"))]
    url = next(found for reply in replies if (found := link_in(reply)))
    code = await signed_in(url, member)
    assert "is connected" in await say(bot, person, code)


@pytest.mark.threat("T23")
async def test_the_older_chat_hears_of_a_second_and_both_are_listed(house: tuple[Bot, Sandbox]) -> None:
    """The same record from Slack and Teams: Slack is told, each sees that there is another, strangers see nothing."""
    bot, _ = house
    told: list[tuple[Person, str]] = []

    async def push(person: Person, reply: Private) -> None:
        told.append((person, plain(reply.blocks)))

    bot.reach.push["slack"] = bot.reach.push["teams"] = push
    await link(bot, OTHER, "leah")
    await link(bot, SLACK, "dana")
    assert told == []
    await link(bot, TEAMS, "dana")
    ((older, words),) = told
    assert older == SLACK
    assert "was just connected to another chat as well, in Teams" in words
    assert "Dana" not in words
    assert "also connected to 1 other chat (Teams)." in await say(bot, SLACK, "am i linked")
    assert "también está conectada a 1 chat más (Slack)" in await say(bot, TEAMS, "¿está vinculada mi cuenta?")
    assert "other chat" not in await say(bot, OTHER, "am i linked")
    await link(bot, TEAMS, "dana")
    assert len(told) == 1


@pytest.mark.threat("T53")
async def test_a_members_answer_stands_as_long_as_its_own_link(house: tuple[Bot, Sandbox]) -> None:
    """What a channel asks before it shows one: no longer after "unlink", not even when another link was made."""
    bot, _ = house
    await link(bot, SLACK, "dana")
    message = Message("m", SLACK, OneToOne("chat"), OWED)
    [reply] = [reply async for reply in bot.turn.answer(message)]
    assert isinstance(reply, Private)
    assert await reply.may_show()
    await bot.accounts.unlink(SLACK)
    assert not await reply.may_show()
    await link(bot, SLACK, "dana")
    assert not await reply.may_show()


@pytest.mark.fault("F54")
@pytest.mark.threat("T53")
async def test_an_answer_on_its_way_is_not_shown_after_unlink(house: tuple[Bot, Sandbox]) -> None:
    """Disconnecting in another window while the payer is answering: no amount, one true sentence, no audit row."""
    bot, sandbox = house
    await link(bot, SLACK, "dana")
    release = asyncio.Event()
    sandbox.behaviour.faults.append(Fault("/fhir/r4/ExplanationOfBenefit", rewrite=lambda body: body, hold=release))
    asked = asyncio.create_task(say(bot, SLACK, OWED))
    async with asyncio.timeout(10):
        while not any("ExplanationOfBenefit" in seen.path for seen in sandbox.requests):  # noqa: ASYNC110 -- see it come
            await asyncio.sleep(0.01)
    await bot.accounts.unlink(SLACK)
    release.set()
    words = await asked
    assert "Your account was disconnected while I was reading" in words
    assert "$" not in words
    assert "answered" not in [row.what for row in await bot.audit.of(SLACK)]


ME = PatientCandidate("m", "Ana L.", given="Ana", family="López", gender="female", born="1984-05-06", own=True)
GIRL = PatientCandidate("g", "May L.", given="May", family="López", gender="female", born="2014")
BOY = PatientCandidate("b", "Leo L.", given="Leo", family="López", gender="male", born="2018-02")
DAD = PatientCandidate("d", "Luis P.", given="Luis", family="Paz", gender="male", born="1950-01-01")
NAMESAKE = PatientCandidate("n", "Leo P.", given="Leo", family="Paz", gender="", born="")
FAMILY = (ME, GIRL, BOY, DAD)


@pytest.mark.parametrize(
    ("text", "value", "people", "current", "found"),
    [
        ("my son's", {"kin": "son"}, FAMILY, "m", "b"),
        ("my daughter", {"kin": "daughter"}, FAMILY, "m", "g"),
        ("my kid's", {"kin": "child"}, FAMILY, "m", "gb"),
        ("my other child", {"kin": "child"}, FAMILY, "g", "b"),
        ("mi otro hijo", {"kin": "son"}, FAMILY, "b", ""),
        ("my dad", {"kin": "father"}, FAMILY, "m", "d"),
        ("my mom", {"kin": "mother"}, FAMILY, "m", ""),
        ("my husband", {"kin": "husband"}, (ME, GIRL, BOY), "m", ""),
        ("my dependents", {"kin": "dependent"}, FAMILY, "m", "gbd"),
        ("my son", {"kin": "son"}, (GIRL, BOY, DAD), "g", "b"),
        ("my father", {"kin": "father"}, (GIRL, BOY, DAD), "g", "d"),
        ("his", {"patient": "b"}, FAMILY, "m", "b"),
        ("May's", {"name": "May"}, FAMILY, "m", "g"),
        ("leo lopez", {"name": "Leo Lopez"}, FAMILY, "m", "b"),
        ("Leo", {"name": "Leo"}, (*FAMILY, NAMESAKE), "m", "bn"),
        ("Leo Paz", {"name": "Leo Paz"}, (*FAMILY, NAMESAKE), "m", "n"),
        ("Leo Smith", {"name": "Leo Smith"}, FAMILY, "m", ""),
        ("mine", "self", FAMILY, "b", "m"),
        ("mine", "self", (GIRL, BOY), "b", "g"),
        ("the other one", "other", (ME, BOY), "m", "b"),
        ("my son", {"kin": "son"}, (), "", ""),
    ],
)
def test_names_and_kinship_mean_who_they_can_mean(
    text: str, value: object, people: tuple[PatientCandidate, ...], current: str, found: str
) -> None:
    """By name, by the gender and the birth dates that the payer gives; who may be meant is never left out."""
    assert "".join(one.patient for one in meant(Slot(text, value), people, current, date(2026, 5, 20))) == found


def test_several_who_are_named_together_are_all_meant() -> None:
    """Which of them comes first is asked then."""
    both = Slot("May's and Leo's", {"name": "May"}, values=({"name": "May"}, {"name": "Leo"}), how="and")
    assert meant(both, FAMILY, "m", TODAY) == (GIRL, BOY)


async def told(bot: Bot, person: Person, text: str, press: str | None = None) -> Reply:
    """The last reply to a message or a press."""
    message = Message("m", person, OneToOne("chat"), text, press=press)
    reply = [reply async for reply in bot.turn.answer(message)][-1]
    saw(plain(reply.blocks, addresses=False))
    return reply


def read(sandbox: Sandbox, before: int) -> list[str]:
    """The FHIR paths that the payer was asked for since then."""
    return [seen.path for seen in list(sandbox.requests)[before:] if seen.path.startswith("/fhir/r4/")]


@pytest.mark.threat("T11")
async def test_what_was_read_for_one_person_never_answers_for_another(house: tuple[Bot, Sandbox]) -> None:
    """Each person's claims are read once and kept apart: the third question is answered from the first one's."""
    bot, sandbox = house
    await link(bot, SLACK, "carmen")
    sofia, mateo = await say(bot, SLACK, "Sofia's claims"), await say(bot, SLACK, "Mateo's claims")
    before = len(sandbox.requests)
    again, other = await say(bot, SLACK, "Sofia's claims"), await say(bot, SLACK, "my claims")
    assert "Tuan Abernathy" in mateo
    assert "Tuan Abernathy" not in sofia + again + other
    assert again.splitlines()[:4] == sofia.splitlines()[:4]
    assert "Samuel Clabough" in other
    assert len([path for path in read(sandbox, before) if "ExplanationOfBenefit" in path]) == 1


@pytest.mark.threat("T11")
async def test_two_chats_on_one_account_have_each_their_own_person(house: tuple[Bot, Sandbox]) -> None:
    """A switch in one chat changes nothing in the other, whose notice names nobody."""
    bot, _ = house
    heard: list[str] = []

    async def push(_: Person, reply: Private) -> None:
        heard.append(plain(reply.blocks))

    bot.reach.push["slack"] = bot.reach.push["teams"] = push
    await link(bot, SLACK, "carmen")
    await link(bot, TEAMS, "carmen")
    await say(bot, SLACK, "switch to Sofia")
    assert "Record of Carmen D." in await say(bot, TEAMS, "what did I owe for my last visit")
    assert "Record of Sofía D." in await say(bot, SLACK, "what did I owe for my last visit")
    assert len(heard) == 1
    assert not any(name in heard[0] for name in ("Carmen", "Sofía", "Mateo"))


@pytest.mark.threat("T11")
async def test_a_button_acts_on_the_person_that_its_answer_was_about(house: tuple[Bot, Sandbox]) -> None:
    """However often the chat switched since, and "How do you know?" says whose record it explains."""
    bot, _ = house
    await link(bot, SLACK, "carmen")
    mateo = await told(bot, SLACK, "Mateo's claims")
    details = buttons(mateo, 1)[0].id
    how = next(one.id for one in buttons(mateo) if one.label == "How do you know?")
    await say(bot, SLACK, "switch to Sofia")
    pressed = plain((await told(bot, SLACK, "Details", details)).blocks)
    assert pressed.startswith("Record of Mateo D.")
    assert "Tuan Abernathy" in pressed
    assert plain((await told(bot, SLACK, "How do you know?", how)).blocks).startswith("Record of Mateo D.")


@pytest.mark.threat("T11")
async def test_no_text_and_no_button_reaches_a_record_that_the_sign_in_does_not_open(
    house: tuple[Bot, Sandbox],
) -> None:
    """A Patient id in words is a word; a button of an earlier sign-in, or of somebody else, opens nothing."""
    bot, sandbox = house
    await link(bot, SLACK, "carmen")
    mateo = await told(bot, SLACK, "Mateo's claims")
    details, instead = buttons(mateo, 1)[0].id, buttons(mateo)[-1].id
    await link(bot, TEAMS, "dana")
    await link(bot, SLACK, "dana")
    kid = next(member.patient for member in members() if member.given == "Mateo")
    for text in (f"show claims of Patient/{kid}", f"switch to {kid}", f"claims whose:{kid}", f"claim.list?whose={kid}"):
        before = len(sandbox.requests)
        said = await say(bot, SLACK, text)
        assert "Mateo" not in said
        assert "Tuan Abernathy" not in said
        assert not any(kid in path for path in read(sandbox, before))
    for person, button in ((SLACK, details), (SLACK, instead), (TEAMS, details), (TEAMS, f"claim.list?whose={kid}")):
        before = len(sandbox.requests)
        said = plain((await told(bot, person, "", button)).blocks)
        assert "$" not in said
        assert "Mateo" not in said
        assert read(sandbox, before) == []
    assert "doesn't open that person's record" in plain((await told(bot, SLACK, "", details)).blocks)


async def test_a_printed_document_names_its_person(house: tuple[Bot, Sandbox]) -> None:
    """The child's claims, page and spreadsheet, name the child; the link names nobody."""
    bot, _ = house
    await link(bot, SLACK, "carmen")
    for form in ("html", "csv"):
        offer = await told(bot, SLACK, "export Mateo's claims of all years")
        assert plain(offer.blocks).startswith("Record of Mateo D.")
        url = next(str(one.url) for one in buttons(offer) if one.id == "document")
        code = plain(offer.blocks).partition("Code: ")[2].split()[0]
        async with httpx.AsyncClient() as client:
            page = await client.get(url)
            fields = {"token": form_token(page), "code": code, "format": form}
            given = await client.post(url, data=fields)
        assert "Mateo Delgado" in given.text
        assert "Carmen" not in given.text
        assert "ateo" not in url


@pytest.mark.threat("T54")
async def test_unlinking_ends_the_choice(house: tuple[Bot, Sandbox]) -> None:
    """Connected again, the chat shows the asker's own record, and nothing in the store tells of a child."""
    bot, _ = house
    await link(bot, SLACK, "carmen")
    await say(bot, SLACK, "switch to Mateo")
    await say(bot, SLACK, "unlink")
    assert await bot.accounts.connected(SLACK) is None
    assert "Mateo" not in await say(bot, SLACK, "whose record is this")
    await link(bot, SLACK, "carmen")
    assert "Record of Carmen D." in await say(bot, SLACK, "what did I owe for my last visit")
