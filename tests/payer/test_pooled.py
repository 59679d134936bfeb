"""What several ask at once goes as one list of values, where the server takes one; alone where it does not."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import pytest

from bot.errors import PayerError
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.payer.pooled import PooledDirectory
from bot.payer.search import Search, escape, token
from bot.records.details import is_npi
from tests.days import no_pause

BASE = "https://payer.example/fhir/r4"
NPI = "http://hl7.org/fhir/sid/us-npi"
PEOPLE = {"1100000003": "Okafor", "1100000011": "Kim", "1237550755": "Parker"}


@dataclass
class _Server:
    """Finds people by name and number. Without `lists` a comma is a letter; `refused` is how it answers to one."""

    lists: bool = True
    refused: int | None = None
    ignores: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One search of Practitioner."""
        ((_, value),) = ((name, value) for name, value in request.url.params.multi_items() if name != "_count")
        self.asked.append(value)
        if self.refused and "," in value:
            return _json({"resourceType": "OperationOutcome"}, self.refused)
        wanted = [one.rpartition("|")[2] for one in (value.split(",") if self.lists else [value])]
        rows = [_person(npi, name) for npi, name in PEOPLE.items() if self.ignores or {npi, name} & {*wanted}]
        return _json({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": row} for row in rows]}, 200)


def _json(body: Mapping[str, object], status: int) -> httpx.Response:
    stream = httpx.ByteStream(json.dumps(body).encode())
    return httpx.Response(status, headers={"content-type": "application/fhir+json"}, stream=stream)


def _person(npi: str, name: str) -> Mapping[str, object]:
    return {
        "resourceType": "Practitioner",
        "id": f"p-{npi}",
        "identifier": [{"system": NPI, "value": npi}],
        "name": [{"family": name}],
    }


async def _found(server: _Server, *values: str) -> list[Sequence[str] | None]:
    """The ids that each of several gets who ask at once; None for one that gets an error. Parker is known."""
    async with Http(transport=httpx.MockTransport(server), pause=no_pause) as http:
        known = [Search("Practitioner", (("name", "Parker"),))]
        pool = PooledDirectory(DirectoryClient(http, BASE), Budget(60), known)

        async def one(value: str) -> Sequence[str] | None:
            by = ("identifier", token(NPI, value)) if is_npi(value) else ("name", escape(value))
            try:
                pages = [page async for page in pool.search(Search("Practitioner", (by,)), Budget(60))]
            except PayerError:
                return None
            return [entry.id for page in pages for entry in page.matches]

        return list(await asyncio.gather(*map(one, values)))


@pytest.mark.parametrize("values", [("Okafor", "Kim", "Nobody", "Kim"), ("1100000003", "1100000011", "1245319599")])
async def test_many_names_are_one_search_and_each_gets_its_own_rows(values: tuple[str, ...]) -> None:
    """Also who finds nobody, once the server has shown that it takes lists."""
    server = _Server()
    assert (await _found(server, *values))[:3] == [["p-1100000003"], ["p-1100000011"], []]
    assert len(server.asked) == 1


@pytest.mark.parametrize("server", [_Server(lists=False), _Server(refused=400), _Server(refused=500)])
async def test_a_server_that_takes_no_lists_is_asked_one_by_one(server: _Server) -> None:
    """A comma that is read as a letter, refused, or too much for it never makes a name one that nobody has."""
    assert await _found(server, "Okafor", "Kim", "Nobody") == [["p-1100000003"], ["p-1100000011"], []]
    assert {"Okafor", "Kim", "Nobody"} <= {*server.asked}


@pytest.mark.parametrize(("lists", "calls"), [(True, 2), (False, 5)])
async def test_nobody_of_many_is_found_by_a_known_name(lists: bool, calls: int) -> None:
    """A list that finds nothing shows nothing; one that ends with a name that is there shows whether it was read."""
    server = _Server(lists=lists)
    assert await _found(server, "Nobody", "Nemo", "Nadie") == [[], [], []]
    assert len(server.asked) == calls


async def test_rows_that_nobody_asked_for_go_to_everybody() -> None:
    """Whoever asked for a number sees that the server does not search by it."""
    found = await _found(_Server(ignores=True), "1100000003", "1245319599")
    assert found == [[f"p-{npi}" for npi in PEOPLE]] * 2


async def test_one_alone_is_asked_as_it_is() -> None:
    """There is nothing to put together."""
    server = _Server()
    assert await _found(server, "Kim") == [["p-1100000011"]]
    assert server.asked == ["Kim"]
