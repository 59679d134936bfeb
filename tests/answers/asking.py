"""A member's question over a payer that is a shelf of resources: the real client, pack and words, no wire."""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
import pytest
from msgspec.structs import replace

from bot.kit import Ask, Coverage, Kin, Seen, Summary
from bot.message import Block, Language
from bot.pack import Pack, template_of
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.http import Http
from bot.replies.plain import plain
from tests.cases import saw
from tests.days import no_pause
from tests.parity import unlike
from tests.shipped import hears, shipped_pack

BASE = "https://payer.example/fhir/r4"
TODAY = date(2026, 5, 20)
PAYER = {
    "name": "Example BlueCross",
    "short_name": "BlueCross",
    "number": "(800) 555-0100",
    "appeals_address": "",
}
PUBLIC = Path(__file__).resolve().parents[2].parent / "shared" / "data"
T = TypeVar("T")
LANGUAGES: tuple[Language, ...] = ("en", "es")
Resource = dict[str, Any]


def pack() -> Pack:
    """The pack of this checkout."""
    return shipped_pack()


@dataclass
class Shelf:
    """Answers every search with all it has of the type, whatever was asked: the bot has to check its filters itself.

    `refused` names parameters that get a 400, `forbidden` types that get a 403, `down` types that get a 500.
    By a parameter of `blind` nothing is found. Of a `torn` type a second page is promised and fails. `included` rows
    come with every page. With `full_urls` each row says its
    address.
    """

    resources: tuple[Resource, ...]
    refused: Collection[str] = ()
    forbidden: Collection[str] = ()
    down: Collection[str] = ()
    blind: Collection[str] = ()
    torn: str = ""
    included: tuple[Resource, ...] = ()
    full_urls: bool = False
    queries: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        kind = request.url.path.split("/r4/")[1].split("/")[0]
        asked = {name: request.url.params.get_list(name) for name in request.url.params}
        self.queries.append((kind, asked))
        if kind in self.forbidden:
            return _json({"resourceType": "OperationOutcome"}, 403)
        if kind in self.down or "page" in asked:
            return _json({"resourceType": "OperationOutcome"}, 500)
        if wrong := [name for name in asked if name in self.refused]:
            issue = {"severity": "error", "code": "not-supported", "diagnostics": wrong[0]}
            return _json({"resourceType": "OperationOutcome", "issue": [issue]}, 400)
        found = () if asked.keys() & set(self.blind) else self.resources
        rows = [_entry(r, "match") for r in found if r["resourceType"] == kind]
        rows += [_entry(r, "include") for r in self.included]
        if self.full_urls:
            rows = [row | {"fullUrl": f"{BASE}/{_address(row['resource'])}"} for row in rows]
        link = [{"relation": "next", "url": str(request.url.copy_set_param("page", "2"))}] if kind == self.torn else []
        return _json({"resourceType": "Bundle", "type": "searchset", "entry": rows, "link": link}, 200)


def _address(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _entry(resource: Resource, mode: str) -> Resource:
    return {"resource": resource, "search": {"mode": mode}}


def _json(body: Resource, status: int) -> httpx.Response:
    raw = json.dumps(body).encode()
    return httpx.Response(status, headers={"content-type": "application/fhir+json"}, stream=httpx.ByteStream(raw))


@dataclass(frozen=True)
class Said:
    """What came of a question: the summary, and the words without the footer."""

    summary: Summary
    text: str
    blocks: tuple[Block, ...]
    ask: Ask
    shelf: Shelf


async def answered(
    intent: str,
    *resources: Resource,
    slots: Mapping[str, object] | None = None,
    language: str = "en",
    patient: str = "p1",
    shelf: Shelf | None = None,
    known: Mapping[str, str] | None = None,
    said: str = "",
    own: Collection[Coverage] = (),
    now: datetime | None = None,
    before: Seen | None = None,
    mark_key: str = "",
    member: bool = True,
    **arguments: str,
) -> Said:
    """The answer to an intent over these resources; keywords are a button's arguments, `said` the typed message.

    English and Spanish have to say the same figures and offer the same buttons.
    `known` pairs brands with ingredients, as the pack's words do. `own` are the asker's coverages, in their own chat.
    `before` is how the record looked the last time. Without `member` nobody has signed in.
    """
    shelf = shelf or Shelf(resources)
    spoken: Literal["en", "es"] = "es" if language == "es" else "en"
    async with Http(transport=httpx.MockTransport(shelf), pause=no_pause) as http:
        ask = Ask(
            slots=slots or {},
            words={},
            arguments=arguments,
            said=said,
            now=now,
            today=TODAY,
            language=spoken,
            budget=Budget(60),
            directory=DirectoryClient(http, BASE),
            places=pack().places,
            hears=hears,
            other_names=lambda name: tuple(filter(None, [(known or {}).get(name)])),
            care_kinds=pack().care_kinds,
            member=MemberClient(http, BASE, "token", patient) if member else None,
            read_coverages=lambda: _given(tuple(own)),
            read_seen=lambda: _given(before),
            mark_key=mark_key,
        )
        summary = await pack().answers[intent](ask)
    return _worded(intent, summary, ask, shelf, private=member or ask.private)


def _worded(intent: str, summary: Summary, ask: Ask, shelf: Shelf, *, private: bool) -> Said:
    values = {"answer": summary, "payer": PAYER, "private": private, "today": ask.today}
    both = {language: pack().render(template_of(intent), values, language) for language in LANGUAGES}
    assert (fault := unlike(intent, both["en"], both["es"], but="1")) is None, fault
    blocks = both[ask.language]
    saw(plain(blocks))
    return Said(summary, plain(blocks), blocks, ask, shelf)


async def answered_for_all(
    intent: str, shelves: Collection[Shelf], slots: Mapping[str, object] | None = None, language: Language = "en"
) -> Said:
    """The answer about Ana, Leo and Sam B. together, who have a shelf each; Ana asks."""
    async with AsyncExitStack() as stack:
        wires = [
            await stack.enter_async_context(Http(transport=httpx.MockTransport(one), pause=no_pause)) for one in shelves
        ]
        ask = Ask(
            slots=slots or {},
            words={},
            today=TODAY,
            language=language,
            budget=Budget(60),
            directory=DirectoryClient(wires[0], BASE),
            places=pack().places,
            care_kinds=pack().care_kinds,
        )
        ask.kin = tuple(
            Kin(
                number,
                f"{name} B.",
                f"p{number}",
                replace(ask, member=MemberClient(wire, BASE, "token", f"p{number}"), budget=ask.budget.alone()),
                own=number == 1,
            )
            for number, (name, wire) in enumerate(zip(("Ana", "Leo", "Sam"), wires, strict=True), 1)
        )
        summary = await pack().answers[intent](ask)
    return _worded(intent, summary, ask, next(iter(shelves)), private=True)


async def _given(value: T) -> T:
    return value


def public(folder: str, kind: str) -> list[Resource]:
    """HL7's public examples of one type; the test skips, and says so, where they are not beside the checkout."""
    path = PUBLIC / folder / f"{kind}.ndjson"
    if not path.is_file():
        pytest.skip("skipped: the public examples are not beside this checkout (../shared/data)")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def owned(resources: Iterable[Resource], patient: str = "p1") -> list[Resource]:
    """The same resources as this patient's."""
    names = ("subject", "patient", "beneficiary")
    return [r | {name: {"reference": f"Patient/{patient}"} for name in names if name in r} for r in resources]


def concept(code: str, system: str = "", text: str | None = None) -> Resource:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}
