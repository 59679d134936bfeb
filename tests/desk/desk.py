"""The hostile directory's questions asked on every kind of server, and their answers held against what is true."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import httpx
import yaml
from starlette.applications import Starlette

from bot.kit import Ask, Card, Summary
from bot.language.reading import Slot
from bot.pack import template_of
from bot.payer.budget import Budget, ResponseCache
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.replies.plain import plain
from bot.sandbox.app import create_app
from bot.sandbox.behaviour import Behaviour, Fault
from bot.sandbox.world import World
from tests.answers.asking import PAYER, pack
from tests.days import no_pause
from tests.kit.hostile import build
from tests.shipped import hears, shipped_pack

TODAY = date(2026, 5, 20)
CASES = Path(__file__).parent / "cases.yaml"
_ERROR = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}'
SERVERS: dict[str, dict[str, Any]] = {
    "full": {},
    "no includes": {"includes": False},
    "no chains": {"chains": False, "ignored_parameters": frozenset({"network", "_count"})},
    "strict": {"strict": True, "ignored_parameters": frozenset({"network", "identifier"})},
    "poor": {
        "chains": False,
        "includes": False,
        "strict": True,
        "ignored_parameters": frozenset({"network", "identifier", "_count", "_sort"}),
    },
    "chains fail": {"failing": "location.address"},
    "sloppy": {"rewritten": True, "ignored_parameters": frozenset({"fullUrl"})},
}


@dataclass(frozen=True)
class Case:
    """One question, and what is true of its answer."""

    name: str
    intent: str = "provider.find"
    case: str = ""
    slots: Mapping[str, Any] = field(default_factory=dict)
    radius: int = 25
    near: str | None = "37402"
    said: str = ""
    now: str = ""
    excluded: Mapping[str, Any] = field(default_factory=dict)
    several: Mapping[str, Any] = field(default_factory=dict)
    press: Mapping[str, str] = field(default_factory=dict)
    cards: Sequence[str] | None = None
    names: Sequence[str] | None = None
    count: int | None = None
    total: int | None = None
    has: Sequence[str] = ()
    lacks: Sequence[str] = ()
    searches: str = ""

    @property
    def values(self) -> dict[str, object]:
        """The slots, with the case's specialty, the place and the distance where the question takes them."""
        finds = self.intent.endswith(".find")
        made: dict[str, object] = {"specialty": [f"HX{self.case}"]} if self.case else {}
        if finds and self.near and not self.several.get("location"):
            made |= {"location": {"zip": self.near}}
        return made | ({"radius": self.radius} if finds else {}) | dict(self.slots)

    @property
    def needs_crowd(self) -> bool:
        """True when the question is about the crowd of matches."""
        return self.case == "crowd"


@dataclass(frozen=True)
class Result:
    """What came of one case: how many cards and facts were looked at, how many were right, and what is wrong."""

    case: Case
    cards: int
    facts: int
    right: int
    said: str
    wrong: tuple[str, ...]


@cache
def cases() -> tuple[Case, ...]:
    """The cases of the file."""
    return tuple(Case(**one) for one in yaml.safe_load(CASES.read_text(encoding="utf-8")))


@cache
def world(*, crowd: bool = False) -> World:
    """The hostile directory: the crowd makes it thirty times as big."""
    return build(TODAY, crowd=1_300 if crowd else 0)


_SERVING: dict[tuple[str, int], tuple[World, Starlette]] = {}
"""One payer of each kind for all questions to a world: it keeps its tables, and nothing of who asked."""


@asynccontextmanager
async def asking(server: str, case: Case, of: World) -> AsyncIterator[Ask]:
    """The question of a case to a server that nothing is known of yet."""
    if (server, id(of)) not in _SERVING:
        _SERVING[server, id(of)] = of, _serving(server, of)
    _, app = _SERVING[server, id(of)]
    async with Http(transport=httpx.ASGITransport(app), pause=no_pause) as http:
        yield Ask(
            slots=case.values,
            today=TODAY,
            now=datetime.fromisoformat(case.now) if case.now else None,
            words={"specialty": "doctor"} if case.case else {},
            language="en",
            said=case.said,
            arguments=case.press,
            excluded={name: Slot(str(value), value, excluded=True) for name, value in case.excluded.items()},
            several={name: _several(one) for name, one in case.several.items()},
            budget=Budget(60),
            directory=DirectoryClient(http, app.state.sandbox.fhir_url, kept=ResponseCache(http.clock)),
            places=shipped_pack().places,
            hears=hears,
        )


def _serving(server: str, of: World) -> Starlette:
    switches = dict(SERVERS[server])
    failing, rewritten = switches.pop("failing", ""), switches.pop("rewritten", False)
    app = create_app(of, "http://payer.test", Behaviour(**switches))
    if failing:
        json = {"content-type": "application/fhir+json"}
        fault = Fault("/fhir/r4/", 500, _ERROR, json, query_has=failing, times=None)
        app.state.sandbox.behaviour.faults.append(fault)
    if rewritten:
        app.state.sandbox.behaviour.faults.append(Fault("/fhir/r4/", rewrite=_sloppy, times=None))
    return app


def _sloppy(body: bytes) -> bytes:
    """An answer as careless servers give it: no total, no modes, no addresses; a row twice, and an outcome."""
    bundle = json.loads(body)
    if bundle.get("resourceType") != "Bundle":
        return body
    rows = [{"resource": entry["resource"]} for entry in bundle.pop("entry", ()) if "resource" in entry]
    notes = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
    bundle.pop("total", None)
    return json.dumps({**bundle, "entry": [{"resource": notes}, *rows, *rows[:1]]}).encode()


def _several(one: Mapping[str, Any]) -> Slot:
    values, how = tuple(one["values"]), one["how"]
    joined: Literal["and", "or"] = "and" if how == "and" else "or"
    return Slot(" ".join(map(str, values)), values[0], values=values, how=joined)


async def ask(server: str, case: Case) -> Result:
    """The whole answer, page by page, and what is wrong with it."""
    if case.needs_crowd:
        async with asking(server, case, world(crowd=True)) as question:
            summary: Any = await pack().answers[case.intent](question)
        return _judged(case, summary.cards, summary.total, words(case.intent, summary))
    shown, text = await listed(server, case, world())
    return _judged(case, shown, None, text)


async def listed(server: str, case: Case, of: World) -> tuple[list[Card], str]:
    """Every card of the answer, page by page, and all that is said."""
    async with asking(server, case, of) as question:
        summary: Any = await pack().answers[case.intent](question)
        text = words(case.intent, summary)
        shown = list(getattr(summary, "cards", ()))
        while getattr(summary, "more", False):
            question.arguments = {"page": str(question.page + 1)}
            summary = await pack().answers[case.intent](question)
            shown += summary.cards
            text += words(case.intent, summary)
    return shown, text


def words(intent: str, summary: Summary) -> str:
    """The reply as a person reads it, without the footer."""
    return plain(pack().render(template_of(intent), {"answer": summary, "payer": PAYER, "private": False}, "en"))


def _judged(case: Case, shown: Sequence[Card], total: int | None, text: str) -> Result:
    wrong = [f"lacks {phrase!r}" for phrase in case.has if phrase not in text]
    wrong += [f"says {phrase!r}" for phrase in case.lacks if phrase in text]
    facts, right = len(case.has) + len(case.lacks), len(case.has) + len(case.lacks) - len(wrong)
    if case.cards is not None and case.intent.endswith(".find"):
        good, bad = _compared(case.cards, shown)
        facts, right, wrong = facts + good + len(bad), right + good, [*wrong, *bad]
    for label, expected, came in (
        ("cards", case.count, len(shown)),
        ("in all", case.total, total),
        ("names", sorted(case.names) if case.names else None, sorted((c.name or "").partition(",")[0] for c in shown)),
    ):
        if expected is not None:
            facts, right = facts + 1, right + (expected == came)
            wrong += [] if expected == came else [f"{label}: {came} instead of {expected}"]
    return Result(case, len(shown), facts, right, text, tuple(wrong))


def _compared(expected: Sequence[str], shown: Sequence[Card]) -> tuple[int, list[str]]:
    """How many facts of the cards are right, and those that are not; a card too many or too few is one."""
    good, bad = 0, []
    told = sorted(shown, key=lambda card: (card.name or "", card.site.address))
    if len(told) != len(expected):
        bad.append(f"{[card.name for card in told]} instead of {len(expected)}")
    for line, card in zip(sorted(expected), told, strict=False):
        name, phone, networks, address = (part.strip() for part in line.split("|"))
        came = (card.name or "", card.phone or "", ", ".join(card.networks), card.site.address)
        for want, have, same in (
            (name, came[0], name == came[0]),
            (phone, came[1], phone == came[1]),
            (networks, came[2], networks == came[2]),
            (address, came[3], came[3].startswith(address)),
        ):
            good += same
            bad += [] if same else [f"{name}: {have!r} instead of {want!r}"]
    return good, bad


def fits(server: str, case: Case) -> bool:
    """Whether the case can be true there: what a server cannot search by, or read whole, is another case's matter."""
    ignored = SERVERS[server].get("ignored_parameters", frozenset())
    if case.searches and case.searches in ignored:
        return False
    return not case.needs_crowd or server == "full"
