"""The Teams app package: what an administrator uploads is whole, small, and says what the code does."""

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.cli.manifest import teams_manifest as manifest
from bot.cli.manifest import translation, write
from bot.config import Settings
from bot.errors import ConfigError
from tests.shipped import shipped_pack

ROOT = Path(__file__).parents[2]
NPM = ROOT / "tests/playground/node_modules/@microsoft/app-manifest/build/json-schemas/teams/v1.29"
SCHEMAS = {
    "manifest": [NPM / "MicrosoftTeams.schema.json", ROOT.parent / "shared/data/teams-manifest.schema.1.29.json"],
    "translation": [NPM / "MicrosoftTeams.Localization.schema.json"],
}
PACK = shipped_pack()
APP = "11111111-2222-4333-8444-555555555555"
SETTINGS = Settings(_env_file=None, bot_public_url="https://bot.acme.example/x", teams_app_id=APP, bot_company="Acme")  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The written package, opened."""
    path = tmp_path_factory.mktemp("package") / "bcbst.zip"
    write(SETTINGS, PACK, path)
    return zipfile.ZipFile(path)


def test_the_package_holds_four_files(package: zipfile.ZipFile) -> None:
    """The manifest, both icons and the Spanish strings lie at the top, as Teams wants them, and nothing else does."""
    assert package.namelist() == ["manifest.json", "color.png", "outline.png", "es.json"]
    made = json.loads(package.read("manifest.json"))
    assert made == manifest(SETTINGS, PACK)
    named = [one["file"] for one in made["localizationInfo"]["additionalLanguages"]]
    assert [json.loads(package.read(name)) for name in named] == [translation(SETTINGS, PACK, "es")]


@pytest.mark.parametrize("name", SCHEMAS)
def test_microsofts_schema_takes_it(name: str) -> None:
    """Manifest and Spanish strings are valid against the schemas that Microsoft publishes."""
    found = next((path for path in SCHEMAS[name] if path.exists()), None)
    if found is None:
        pytest.skip("no schemas of Microsoft's here: see `make playground`")
    made = manifest(SETTINGS, PACK) if name == "manifest" else translation(SETTINGS, PACK, "es")
    jsonschema.Draft4Validator(json.loads(found.read_text(encoding="utf-8"))).validate(made)


READ = re.compile(
    r"name\.(short|full)|description\.(short|full)|(bots|composeExtensions).*\.(title|description|prompt)"
)
SAME = re.compile(r"name\.short|bots\[0]\.commandLists\[2]\.commands\[.]\.title")


def test_every_string_that_is_read_is_translated() -> None:
    """The Spanish file has each of the manifest's, by its place; the app's name and its commands stay as they are."""
    spanish = translation(SETTINGS, PACK, "es")
    english = {place: text for place, text in placed(manifest(SETTINGS, PACK)) if READ.fullmatch(place)}
    assert spanish.keys() - {"$schema"} == english.keys()
    assert [place for place in english if (spanish[place] == english[place]) != bool(SAME.fullmatch(place))] == []


def placed(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its place, as Teams' localization files name places."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from placed(inside, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for at, inside in enumerate(value):
            yield from placed(inside, f"{place}[{at}]")
    else:
        yield place, value


LIMITS = {
    r"name\.short": 30,
    r"name\.full": 100,
    r"description\.short": 80,
    r"description\.full": 4_000,
    r"bots\[0]\.commandLists\[[0-2]]\.commands\[([0-9]|1[01])]\.title": 128,
    r"bots\[0]\.commandLists\[[0-2]]\.commands\[([0-9]|1[01])]\.(description|prompt)": 4_000,
    r"composeExtensions\[0]\.commands\[[0-9]](\.parameters\[[0-4]])?\.title": 32,
    r"composeExtensions\[0]\.commands\[[0-9]](\.parameters\[[0-4]])?\.description": 128,
    r"\$schema": 200,
}


def test_the_translation_keeps_microsofts_limits() -> None:
    """Every place is one that the localization schema 1.29 knows, and its text as short as that allows."""
    for place, text in translation(SETTINGS, PACK, "es").items():
        [most] = [most for pattern, most in LIMITS.items() if re.fullmatch(pattern, place)]
        assert 0 < len(text) <= most, place


@pytest.mark.parametrize("at", [0, 1])
def test_commands_ask_the_same_in_both_languages(at: int) -> None:
    """What a chat suggests is understood, in both as the same question; in shared places nobody's own is."""
    place, spanish = f"bots[0].commandLists[{at}].commands", translation(SETTINGS, PACK, "es")
    english = [
        one.get("prompt", one["title"]) for one in manifest(SETTINGS, PACK)["bots"][0]["commandLists"][at]["commands"]
    ]
    both = [english, [spanish.get(f"{place}[{n}].prompt", spanish[f"{place}[{n}].title"]) for n in range(len(english))]]
    asked, also = ([PACK.engine.understand(text, today=date(2026, 11, 24)).intent for text in said] for said in both)
    assert asked == also
    assert at == 0 or {PACK.intents[str(intent)].needs for intent in asked} <= {"directory", "nothing"}


def test_slash_commands_are_those_of_slack() -> None:
    """Behind "/" stand the pack's commands, by the names that the channel reads; the asker alone sees them answered."""
    bot = manifest(SETTINGS, PACK)["bots"][0]
    [listed] = [one for one in bot["commandLists"] if one.get("triggers") == ["slash"]]
    assert [one["title"] for one in listed["commands"]] == ["compare", "find", "help", "network"]
    assert {f"/bcbst-{one['title']}" for one in listed["commands"]} == set(PACK.commands)
    assert all("only you see" in one["description"] for one in listed["commands"])
    assert bot["supportsTargetedMessages"] is True
    assert listed["scopes"] == ["team", "groupChat"]


def test_the_manifest_keeps_the_limits() -> None:
    """What Teams limits, without its schema at hand: names, texts, scopes and numbers of commands."""
    made = manifest(SETTINGS, PACK)
    required = {"manifestVersion", "version", "id", "developer", "name", "description", "icons", "accentColor"}
    assert required <= made.keys()
    assert made["id"] == made["bots"][0]["botId"] == made["composeExtensions"][0]["botId"] == APP
    assert len(made["name"]["short"]) <= 30
    assert len(made["name"]["full"]) <= 100
    assert len(made["description"]["short"]) <= 80
    assert made["developer"]["name"] == "Acme"
    assert set(made["developer"]) == {"name", "websiteUrl", "privacyUrl", "termsOfUseUrl"}
    assert made["validDomains"] == ["bot.acme.example"]
    for listed in made["bots"][0]["commandLists"]:
        assert 0 < len(listed["commands"]) <= 12
        assert all(len(one["title"]) <= 128 for one in listed["commands"])
    commands = made["composeExtensions"][0]["commands"]
    assert len(commands) <= 10
    assert all(len(one["title"]) <= 32 and len(one["description"]) <= 128 for one in commands)


def test_the_message_box_offers_the_packs_forms() -> None:
    """Beside the search; what concerns an account stands in the chat. A message's menu asks about that message."""
    commands = {one["id"]: one for one in manifest(SETTINGS, PACK)["composeExtensions"][0]["commands"]}
    assert list(commands) == ["findProvider", "ask_message", "form-find", "form-bill", "form-network", "form-compare"]
    assert commands["ask_message"]["context"] == ["message"]
    assert all(one["fetchTask"] for name, one in commands.items() if name != "findProvider")


def test_it_asks_for_nothing_but_to_talk() -> None:
    """No sign-in with Entra, no permissions, no files: an administrator has little to review."""
    made = manifest(SETTINGS, PACK)
    assert not {"webApplicationInfo", "authorization", "permissions", "devicePermissions"} & made.keys()
    assert made["bots"][0]["supportsFiles"] is False


def test_shared_places_are_offered_directory_questions_only() -> None:
    """What is suggested in a channel can be answered there."""
    personal, shared, _ = manifest(SETTINGS, PACK)["bots"][0]["commandLists"]
    assert personal["scopes"] == ["personal"]
    assert shared["scopes"] == ["team", "groupChat", "copilot"]
    titles = [one["title"] for one in shared["commands"]]
    assert not [title for title in titles if {"my", "i"} & set(title.casefold().split())]


def test_it_is_an_agent_of_copilot_and_works_in_every_kind_of_channel() -> None:
    """Copilot finds the bot by its own id, and Teams takes no package of 1.25 or later without its kind of channels."""
    made = manifest(SETTINGS, PACK)
    [bot] = made["bots"]
    assert made["copilotAgents"] == {"customEngineAgents": [{"id": bot["botId"], "type": "bot"}]}
    assert bot["scopes"] == ["personal", "team", "groupChat", "copilot"]
    assert made["supportsChannelFeatures"] == "tier1"


@pytest.mark.parametrize(("name", "side"), [("color.png", 192), ("outline.png", 32)])
def test_icons(package: zipfile.ZipFile, name: str, side: int) -> None:
    """Both are PNGs of the right size; the outline is white on nothing, the other covers its square."""
    pixels = read_png(package.read(name), side)
    if name == "outline.png":
        assert {pixel[:3] for pixel in pixels} == {(255, 255, 255)}
        assert {0, 255} <= {pixel[3] for pixel in pixels}
    else:
        assert {pixel[3] for pixel in pixels} == {255}
        assert len({pixel[:3] for pixel in pixels}) > 2


def read_png(data: bytes, side: int) -> list[tuple[int, ...]]:
    """The pixels of an RGBA picture of that size without filters; its checksums are checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        chunks[kind] = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + chunks[kind])
        at += 12 + length
    assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (side, side, 8, 6, 0, 0, 0)
    raw = zlib.decompress(chunks[b"IDAT"])
    rows = [raw[row * (4 * side + 1) : (row + 1) * (4 * side + 1)] for row in range(side)]
    assert {row[0] for row in rows} == {0}
    return [tuple(row[1 + 4 * column : 5 + 4 * column]) for row in rows for column in range(side)]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"teams_app_id": None}, "TEAMS_APP_ID"),
        ({"bot_company": None}, "BOT_COMPANY"),
        ({"bot_public_url": "http://127.0.0.1:8765"}, "BOT_PUBLIC_URL"),
    ],
)
def test_what_is_missing_is_named(wrong: dict[str, Any], named: str) -> None:
    """A package that Teams would refuse is not written."""
    with pytest.raises(ConfigError, match=named):
        manifest(SETTINGS.model_copy(update=wrong), PACK)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A file that cannot be written is one line, not a trace."""
    with pytest.raises(ConfigError, match="--teams"):
        write(SETTINGS, PACK, tmp_path / "no" / "x.zip")
