"""The pages that teach how to add something, followed to the letter: what they show is what runs here."""

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from bot.app import assemble
from bot.channels.base import deliver
from bot.cli.manifest import manifest
from bot.cli.rehearsal import demo
from bot.config import Settings
from bot.language.engine import Engine
from bot.message import Message, OneToOne, Person
from bot.pack import Pack, benefits_of, find_pack, load_pack
from bot.replies.plain import plain
from bot.sandbox.world import Resource, World
from tests.days import DAY
from tests.shipped import shipped_pack
from tests.stage import Stage
from tests.worlds import world_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
_SHOWN = re.compile(r"^`(\S+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(page: str) -> dict[str, str]:
    """The files that a page shows: a name in a line of its own, then a block."""
    return dict(_SHOWN.findall((DOCS / page).read_text(encoding="utf-8")))


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The modules that the channel's page shows, written into a folder and imported from there."""
    for name, text in shown("adding-a-channel.md").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import talk  # type: ignore[import-not-found] # noqa: PLC0415 -- the page's own module

    yield talk
    for name in ("talk", "notebook", "clicks"):
        sys.modules.pop(name, None)


async def test_a_channel_is_a_row_of_the_registry(stage: Stage, notebook: ModuleType) -> None:
    """The page's channel shares a general answer, and writes a member's answer in private with a line that says so.

    Once started it is how the bot reaches its people, and how it asks whether they are there.
    """
    bot = stage.bots["dm"]
    channel = await notebook.talk(bot)
    assert (bot.reach.push["notebook"], bot.reach.is_present["notebook"]) == (channel.push, channel.is_present)
    written = channel.written
    [shared] = written["room"]
    assert "copay" in shared
    [private] = written["private:sam"]
    assert "/link/" in private, "a stranger is asked to connect, in private"
    assert len(written["only for sam"]) == 1
    assert "/link/" not in "".join(written["room"] + written["only for sam"])


@pytest.mark.asyncio(loop_scope="module")
async def test_its_clicks_forms_and_edits_reach_the_bot(stage: Stage, notebook: ModuleType) -> None:
    """A button asks what it says, a form that lacks a field is told so and one that is whole is answered."""
    import clicks  # type: ignore[import-not-found] # noqa: PLC0415 -- the page's own module

    bot, sam = stage.bots["dm"], Person("notebook", "", "", "sam")
    channel = await notebook.talk(bot)
    written = channel.written["private:sam"]
    await deliver(channel, bot.turn, Message("3", sam, clicks.CHAT, "find a cardiologist near 37402"))
    await clicks.click(bot, channel, sam, "1. Details")
    assert "NPI" in written[-1]
    count = len(written)
    assert await clicks.submit(bot, channel, sam, "find", {"near": ""}) == {"near": "nothing"}
    assert len(written) == count, "nothing is asked while a field is wrong"
    assert await clicks.submit(bot, channel, sam, "find", {"specialty": "dentist", "near": "37402"}) == {}
    assert "dentist" in written[-1]
    await clicks.edit(bot, channel)
    assert len(written) == count + 2


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A copy of the rules and words that ship."""
    shutil.copytree(find_pack() / "intents", tmp_path / "intents")
    return tmp_path / "intents"


def _added(folder: Path, name: str, entry: str, phrase: str) -> None:
    """Put a phrase in front of an entry's Spanish ones, as the page says."""
    file = folder.parent / name
    text = file.read_text(encoding="utf-8")
    place = re.compile(rf"(^{re.escape(entry)}:\n(?:[ ].*\n)*?  es: (?:>-\n\s+)?)", re.MULTILINE)
    changed, count = place.subn(rf"\g<1>{phrase}, ", text)
    assert count == 1, f"{name} has no Spanish phrases under {entry}"
    file.write_text(changed, encoding="utf-8")


def _reading(engine: Engine, text: str) -> tuple[str | None, set[str]]:
    reading = engine.understand(text, today=date(2026, 5, 20))
    return reading.intent, {*reading.slots}


def test_spanish_words_are_heard_once_they_stand_where_the_page_puts_them(words: Path) -> None:
    """Neither was known before: a page that teaches what is known already has to choose another word."""
    doctor = "busco un estomatólogo en Memphis"
    before = shipped_pack().engine
    assert "specialty" not in _reading(before, doctor)[1]
    for name, block in shown("spanish-words.md").items():
        [(entry, phrases)] = yaml.safe_load(block).items()
        _added(words, name, entry, phrases["es"])
    intent, slots = _reading(Engine.load(words), doctor)
    assert intent == "provider.find"
    assert slots >= {"specialty", "location"}


_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def another_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the page's commands were run and its files written, in its order."""
    page, start = (DOCS / "another-plan.md").read_text(encoding="utf-8"), tmp_path_factory.mktemp("plan")
    copying, renaming = _COMMANDS.findall(page)
    for room in ("intents", "templates", "manifest.yml"):
        (start / room).symlink_to(find_pack() / room)
    _run(copying, start)
    folder = start / "green-mountain"
    for name, text in shown("another-plan.md").items():
        (start / name if name == ".env" else folder / name).write_text(text, encoding="utf-8")
    _run(renaming, folder)
    return folder


@pytest.fixture(scope="module")
def its_pack(another_plan: Path) -> Pack:
    """The pack of that folder, called as its settings say."""
    return load_pack(another_plan, _settings(another_plan).bot_command)


def _settings(folder: Path, **more: object) -> Settings:
    return Settings(_env_file=folder.parent / ".env", **more)  # type: ignore[call-arg, arg-type]


def _run(commands: str, folder: Path) -> None:
    subprocess.run(["/bin/sh", "-ec", commands.replace("cp -r", "cp -rL")], cwd=folder, check=True)  # noqa: S603


async def test_another_plan_is_settings_places_and_networks(another_plan: Path, its_pack: Pack) -> None:
    """The pack of the page loads; the bot has its name and phone, its places and its networks, and no one else's."""
    pack, settings = its_pack, _settings(another_plan)
    assert settings.bot_pack == another_plan.name
    reading = pack.engine.understand("a cardiologist in Rutland who takes Green Select", today=date(2026, 5, 20))
    assert reading.slots["location"].value == {"city": "Rutland", "state": "VT"}
    assert reading.slots["network"].value == "Green Select"
    table, faults = benefits_of(pack)
    assert faults == ()
    assert [row.network for row in table.rows if row.service == "mri"] == ["in", "out", "Green Basic"]
    assert pack.places.home_state == "VT"
    assert pack.places.zips_near((44.48, -73.21), 10)[0] == "05401"
    assert pack.places.zips_near((35.05, -85.31), 10) == ()
    said = await _answers(settings, pack, "I want to talk to somebody", "find a dentist", "/green-mountain-help")
    assert "(800) 555-0100" in said
    assert "Rutland" in said
    assert "/green-mountain-find" in said
    assert not _OTHER.search(said)


def test_its_slack_app_has_its_names(another_plan: Path) -> None:
    """The app, the bot and the commands; nothing is called as the plan before."""
    made = yaml.safe_load(manifest(_settings(another_plan), another_plan, socket_mode=True))
    assert made["display_information"]["name"] == "Green Mountain Bot"
    assert made["features"]["bot_user"]["display_name"] == "green-mountain"
    commands = [one["command"] for one in made["features"]["slash_commands"]]
    assert commands == [
        "/green-mountain",
        *(f"/green-mountain-{name}" for name in ("find", "network", "compare", "help")),
    ]


_OTHER = re.compile("tennessee|bluecross|bcbst|memphis|chattanooga|blue network", re.IGNORECASE)


async def test_another_plan_plays_the_demo(
    another_plan: Path, its_pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-in, what was owed, and a cardiologist of that city and network; no word of the plan before."""
    monkeypatch.chdir(another_plan.parent)
    monkeypatch.setattr("bot.app.load_pack", lambda *_: its_pack)
    (tmp_path / "payer.ndjson").write_text(_elsewhere(another_plan), encoding="utf-8")
    out = io.StringIO()
    await demo(_settings(another_plan, bot_today=DAY), out, io.StringIO(), tmp_path)
    said = out.getvalue()
    for words in (
        "$54.87 is your share",
        "near 05401",
        "Green Select",
        "Burlington, VT",
        "is disconnected from this chat",
    ):
        assert words in said, words
    assert not _OTHER.search(said), _OTHER.search(said)


def _elsewhere(plan: Path) -> str:
    """What the sandbox knows of one member and of heart doctors, with the page's names, in the other state."""
    lines = "\n".join(json.dumps({k: v for k, v in one.items() if k != "position"}) for one in _of_dana(world_of(DAY)))
    rules = (plan / "names.sed").read_text(encoding="utf-8") + 's/"TN"/"VT"/g\ns/"374[0-9]{2}/"05401/g\n'
    sed = ["sed", "-E", rules]
    return subprocess.run(sed, input=lines, capture_output=True, text=True, check=True).stdout  # noqa: S603


def _of_dana(world: World) -> list[Resource]:
    patient = world.accounts["dana"].patients[0]
    kinds = ("Patient", "Coverage", "ExplanationOfBenefit")
    own = [one for kind in kinds for one in world.of_type(kind) if patient in json.dumps(one)]
    roles = [one for one in world.of_type("PractitionerRole") if "207RC0000X" in json.dumps(one)]
    named = json.dumps([own, roles])
    others = (one for kind in ("Organization", "Practitioner", "Location") for one in world.of_type(kind))
    return [*own, *roles, *(one for one in others if f"{one['resourceType']}/{one['id']}" in named)]


async def _answers(settings: Settings, pack: Pack, *texts: str) -> str:
    """What a person reads who asks these; nothing of the payer is called."""
    sam, chat = Person("console", "", "", "sam"), OneToOne("chat")
    async with assemble(settings, pack=pack) as bot:
        replies = [reply for text in texts async for reply in bot.turn.answer(Message(text, sam, chat, text))]
    return "\n".join(plain(reply.blocks) for reply in replies)


PLAN = re.compile(r"tennessee|bluecross|chattanooga|knoxville|\"tn\"|bcbst\.com", re.IGNORECASE)
ALLOWED = {
    "bot/config/settings.py": "defaults of the settings",
    "bot/kit/spelling.py": "the names of all states",
    "bot/language/elsewhere.py": "the names of all states",
    "bot/language/spotting.py": "words after which a place stands",
    "bot/kit/network_names.py": "words that do not tell one network from another",
}


def test_the_kernel_names_one_plan_only_where_it_must() -> None:
    """Of code that runs: comments and docstrings give examples. The list of exceptions only gets shorter."""
    root = DOCS.parent
    found = set()
    for file in (root / "bot").rglob("*.py"):
        name = str(file.relative_to(root))
        if not name.startswith("bot/sandbox/") and PLAN.search(_without_prose(file.read_text(encoding="utf-8"))):
            found.add(name)
    assert found <= ALLOWED.keys(), "what is about one plan belongs in its pack or in a setting"


def _without_prose(source: str) -> str:
    code = re.sub(r'"""(.*?)"""', "", source, flags=re.DOTALL)
    return re.sub(r"(?m)(^\s*|  )# .*$", "", code)
