"""No place that others read has anything of a member, after each kind of question and fault (I2, T25-T28, T36, T37)."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio

from bot.sandbox.world import World
from tests.e2e.planted import found, needles
from tests.e2e.played import DIAGNOSTICS, ELSEWHERE, PLACES, Played, played
from tests.inside import objects

pytestmark = pytest.mark.asyncio(loop_scope="module")
BUTTON = re.compile(r"[\w-]{16}\.\d{1,3}|[\w-]{16}|document|[a-z_]+(?:\.[a-z_]+)?\.(?:en|es|vi)")
FORMS = {"find", "bill", "unlink"}
PATIENT_PARAMETERS = {"patient", "beneficiary", "subject", "_id"}
TOWNS = frozenset({"location.address-city", "address-city"})
COUNTED = re.compile(r"\d{4}-\d\d\x1f[\w.]+\x1f[\w .-]*\x1f\w+")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """Everything played, once for all that is looked at below."""
    async with played(world, tmp_path_factory.mktemp("played")) as given:
        yield given


async def test_enough_was_planted_and_played(scene: Played) -> None:
    """Three hundred strings, every kind of place, and answers that do hold them: the searches below can find."""
    assert len(scene.members) + len(scene.secrets) >= 300
    assert set(scene.surfaces) >= set(PLACES)
    assert min(scene.surfaces.values()) > 20
    shown = [call.arguments for call in scene.slack.called("chat.update")], [call.body for call in scene.teams.calls]
    answers = json.dumps(shown, ensure_ascii=False)
    assert len(found(needles(scene.members), answers)) > 15


@pytest.mark.threat("T27", "T37")
async def test_logs_at_debug_hold_nothing(scene: Played) -> None:
    """Neither the bot nor a library says a member's string, a secret or a person's words, plain or encoded."""
    logged = scene.house.log.text
    assert logged.count('"event"') > 500
    assert found(scene.written, logged) == []
    assert found(needles(_sentences(scene)), logged) == []
    assert not [each for each in ("planted", DIAGNOSTICS) if each in logged]


async def test_every_printed_line_is_json_of_known_fields(scene: Played) -> None:
    """The bot's own log can be read by a machine."""
    lines = scene.house.log.printed.getvalue().splitlines()
    assert all("event" in json.loads(line) for line in lines if line.startswith("{"))


@pytest.mark.threat("T27", "T57")
async def test_pages_for_operators_hold_nothing(scene: Played) -> None:
    """/metrics, /healthz and /readyz tell figures and kinds, as does the page of counts."""
    async with httpx.AsyncClient(base_url=scene.house.settings.bot_public_url) as operator:
        said = "\n".join([(await operator.get(path)).text for path in ("/metrics", "/healthz", "/readyz")])
    assert 'intent="claim.last_visit_cost"' in said
    said += scene.counts
    assert found(scene.written, said) == []
    assert found(needles(_sentences(scene)), said) == []


@pytest.mark.threat("T25")
async def test_places_that_others_read_get_nothing_of_a_member(scene: Played) -> None:
    """No payload for a channel, group chat, thread, command, tool or help desk names a member's facts or holds a link.

    A receipt and a checked list of the open directory are anybody's: their documents may stand there, and no others.
    """
    assert {surface for surface, _, _ in scene.aside} == {*PLACES, *ELSEWHERE}
    leaked = found(scene.written, "\n".join(payload for _, _, payload in scene.aside))
    assert [(one, *where[:2]) for one in leaked for where in scene.aside if one in where[2]] == []
    assert leaked == []
    assert [words for _, words, payload in scene.aside if "/link/" in payload] == []
    opened = {label for *_, payload in scene.aside for label in _opening(json.loads(payload), "/document/")}
    assert opened <= {
        *("Printable receipt", "Constancia para imprimir"),
        *("Table and spreadsheet", "Tabla y hoja de cálculo"),
        *("Download the list", "Descargar la lista", "Contact file", "Archivo de contacto"),
    }


def _opening(payload: Any, path: str) -> Iterator[str]:
    """The labels of the buttons, of Slack or Teams, that open such a page."""
    if isinstance(payload, list):
        yield from (label for part in payload for label in _opening(part, path))
    elif isinstance(payload, dict):
        if path in str(payload.get("url")):
            text = payload.get("text")
            yield str(text["text"] if isinstance(text, dict) else payload.get("title"))
        yield from _opening(list(payload.values()), path)


@pytest.mark.threat("T26")
async def test_notifications_hold_nothing(scene: Played) -> None:
    """What Slack is sent before the update, and the summary of a Teams card, are neutral (T26)."""
    posted = [call.arguments for call in scene.slack.called("chat.postMessage")]
    summaries = [call.body.get("summary", "") for call in scene.teams.sent()]
    assert len(posted) > 300
    assert len(summaries) > 100
    assert found(scene.written, json.dumps([posted, summaries], ensure_ascii=False)) == []
    assert "/link/" not in json.dumps(posted)


async def test_what_clients_send_back_is_opaque(scene: Played) -> None:
    """Buttons, forms and Home carry random ids or a form's name, never what they stand for."""
    kits = [call.arguments for call in scene.slack.calls] + scene.slack.views + list(scene.slack.homes.values())
    values = [value for kit in kits for value in _values(kit, {"value", "action_id", "block_id", "private_metadata"})]
    values += [value for call in scene.teams.sent() for card in call.cards for value in _values(card, {"press"})]
    assert len(values) > 500
    assert found(scene.written, "\n".join(values)) == []
    pressed = [value for kit in kits for value in _values(kit, {"value"})]
    strange = {value for value in pressed if not BUTTON.fullmatch(value) and value not in FORMS}
    assert strange - {value for view in scene.slack.views for value in _values(view, {"value"})} == set()
    assert found(scene.written, json.dumps([scene.slack.views, scene.slack.homes], ensure_ascii=False)) == []


@pytest.mark.threat("T28")
async def test_addresses_hold_nothing(scene: Played) -> None:
    """Ours are a path and a random id; the payer's name a patient in FHIR's own parameters only (T28)."""
    sent = json.dumps([call.arguments for call in scene.slack.calls] + [call.body for call in scene.teams.calls])
    ours = set(re.findall(rf"{re.escape(scene.house.settings.bot_public_url)}[^\"\s\\]*", sent))
    assert ours
    assert not [url for url in ours if not re.fullmatch(r"/(?:link|document)/[\w-]{43}", urlsplit(url).path)]
    assert {urlsplit(url).query for url in ours} <= {"", "popup=teams"}
    asked = [seen for seen in scene.house.sandbox.requests if seen.path.startswith("/fhir/")]
    assert len(asked) > 100
    rest = "\n".join(_without_patient(seen.path, seen.query) for seen in asked)
    assert found(needles(_no_ids(scene.members) | scene.secrets), rest) == []
    assert not re.search(r"\btn70\d{4}\b", rest)


@pytest.mark.threat("T32", "T35")
async def test_the_store_holds_nothing_readable(scene: Played) -> None:
    """The file, its write-ahead log as kill -9 would leave it, and a back-up made while serving: sealed or hashed."""
    source = sqlite3.connect(scene.folder / "bot.db")
    backup = sqlite3.connect(scene.folder / "backup.db")
    with source, backup:
        source.backup(backup)
    source.close()
    backup.close()
    files = [path for path in scene.folder.iterdir() if "key" not in path.name]
    assert {path.name for path in files} >= {"bot.db", "bot.db-wal", "backup.db"}
    held = "".join(path.read_bytes().decode("latin-1") for path in files)
    assert len(held) > 100_000
    assert found(scene.written | needles(_sentences(scene)), held) == []
    held = COUNTED.sub("", held)  # how often answers were given and rated, which names nobody
    assert not [words for words in ("planted", "last_visit_cost", "ExplanationOfBenefit") if words in held]


def _sentences(scene: Played) -> set[str]:
    """What people typed, but for single words that could stand anywhere."""
    return {words for words in scene.typed if len(words) > 12 and " " in words}


def _no_ids(members: set[str]) -> set[str]:
    """Without days and the ids of resources, which FHIR's searches and reads are made of."""
    return {each for each in members if not re.fullmatch(r"\d{4}-\d\d-\d\d|(?:eob|cov|con|tn)-?[\w-]*\d", each)}


def _without_patient(path: str, query: str) -> str:
    """An address without the patient where FHIR has it: a parameter of that name, or the Patient's own read.

    The towns of a radius are left out, too: one of them is called as a member is.
    """
    path = re.sub(r"/Patient/[\w-]+$", "/Patient/", path)
    kept = [(name, value) for name, value in parse_qsl(query) if name not in PATIENT_PARAMETERS | TOWNS]
    return f"{path}?{kept}"


def _values(value: Any, names: set[str]) -> list[str]:
    """Every string under these names."""
    return [one[name] for one in objects(value) for name in one.keys() & names if isinstance(one[name], str)]
