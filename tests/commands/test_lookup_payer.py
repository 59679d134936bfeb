"""What a list costs the payer, and what comes of it when the payer fails now and then."""

import csv
import json
from pathlib import Path

import httpx
import pytest

from bot.cli.lookup import LookedUp, look_up
from bot.payer import http
from bot.sandbox.world import Resource
from tests.commands.running import looking, with_shared
from tests.days import DAY, no_pause
from tests.worlds import world_of

_REAL = http._transport


def _people(first: int, last: int) -> list[Resource]:
    return list(world_of(DAY).resources["Practitioner"].values())[first:last]


def _full(person: Resource) -> str:
    name = person["name"][0]
    return " ".join((*name["given"], name["family"]))


def _numbers(first: int, last: int) -> list[str]:
    return [one["identifier"][0]["value"] for one in _people(first, last)]


def _swapped(name: str) -> str:
    """With two letters of the last word swapped."""
    first, _, last = name.rpartition(" ")
    return f"{first} {last[0]}{last[2:3]}{last[1]}{last[3:]}"


LISTS = {
    "numbers": _numbers(0, 25),
    "full names": [_full(one) for one in _people(25, 50)],
    "last names": sorted({one["name"][0]["family"] for one in _people(100, 125)}),
    "places": [one["name"] for one in list(world_of(DAY).resources["Location"].values())[40:64]],
    "misspelt": [_swapped(_full(one)) for one in _people(75, 95)],
    "strangers": [
        f"{first} Plork{last}" for first in ("Zed", "Qua", "Brr", "Ixo") for last in ("man", "son", "ski", "well", "by")
    ],
    "numbers of nobody": ["1245319599", "1003000126", "1003000134", "1003000142", "1003000407", "1003000480"],
}
MIXED = [name for names in LISTS.values() for name in names[:6]]

_FAILS = 4  # one call in so many


class _Wire(httpx.AsyncBaseTransport):
    """The real wire, counted; a part of its calls fails in the way that `fault` names."""

    fault = ""
    calls = 0

    def __init__(self) -> None:
        self._real = _REAL()

    async def aclose(self) -> None:
        """Close what is below."""
        await self._real.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, or fail."""
        _Wire.calls += 1
        if not self.fault or _Wire.calls % _FAILS or "ntwk" in str(request.url):
            return await self._real.handle_async_request(request)
        if self.fault == "timeout":
            raise httpx.ReadTimeout("late", request=request)
        short = {"resourceType": "Bundle", "type": "searchset", "total": 9}
        body = json.dumps(short).encode() if self.fault == "empty" else b'{"resourceType": "Bun'
        status = int(self.fault) if self.fault.isdecimal() else 200
        headers = {"content-type": "application/fhir+json", "retry-after": "0"}
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


@pytest.fixture(autouse=True)
def wire(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack and the payer's data that the tests share, behind a wire that counts."""
    with_shared(monkeypatch)
    monkeypatch.setattr("bot.payer.http._transport", _Wire)
    monkeypatch.setitem(http.Http.__init__.__kwdefaults__ or {}, "pause", no_pause)


async def _looked_up(folder: Path, names: list[str], fault: str = "") -> tuple[LookedUp, dict[str, list[str]]]:
    _Wire.fault, _Wire.calls = fault, 0
    listed, out = folder / "names.txt", folder / f"out-{fault}.csv"
    listed.write_text("\n".join(names), encoding="utf-8")
    outcome = await look_up(looking(), listed, ["Blue Network S"], out, sandbox=True, pause=no_pause)
    with out.open(encoding="utf-8-sig", newline="") as opened:
        return outcome, {row[0]: row[2:5] for row in list(csv.reader(opened))[1:]}


@pytest.mark.parametrize("kind", [*LISTS, "mixed"])
async def test_a_list_takes_at_most_two_calls_a_name(kind: str, tmp_path: Path) -> None:
    """Whatever is in it: what its names search alike goes as one search, also where nobody has any of them."""
    names = MIXED if kind == "mixed" else LISTS[kind]
    outcome, _ = await _looked_up(tmp_path, names)
    assert (len(outcome.answers), outcome.unread) == (len({*names}), ())
    assert _Wire.calls <= 2 * len(names) + 1


async def test_no_fault_loses_a_name_or_makes_an_answer_of_nothing(tmp_path: Path) -> None:
    """Each line has the answer that it has without the fault, or is named as not read."""
    few = [name for names in LISTS.values() for name in names[:2]]
    _, truth = await _looked_up(tmp_path, few)
    assert {one[0] for one in truth.values()} >= {"listed", "not listed", "nobody found", "several of that name"}
    for fault in ("429", "404", "timeout", "empty"):
        outcome, found = await _looked_up(tmp_path, few, fault)
        assert {*found, *outcome.unread} == truth.keys(), fault
        assert found == {name: truth[name] for name in found}, fault
        assert found, fault
