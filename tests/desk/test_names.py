"""Names as people write them, at a directory that compares them literally: people, organizations, places, services."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import yaml

from bot.kit import Ask, Who, who
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from tests.answers.asking import BASE, TODAY, Resource, Shelf
from tests.kit import money
from tests.shipped import shipped_pack

NAMES: Any = yaml.safe_load((Path(__file__).parent / "names.yaml").read_text(encoding="utf-8"))
Kind = Literal["contains", "beginning"]


@dataclass
class Literally:
    """A server over these resources; one of the kind `beginning` refuses `:contains`."""

    resources: tuple[Resource, ...]
    kind: Kind = "contains"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The rows whose strings hold what was asked, and of other parameters those that name it."""
        type_ = request.url.path.rpartition("/")[2]
        asked = dict(request.url.params)
        refused = ("name:contains",) if self.kind == "beginning" else ()
        found = tuple(one for one in self.resources if one["resourceType"] == type_ and self._holds(one, asked))
        return Shelf(found, refused=refused)(request)

    def _holds(self, one: Resource, asked: dict[str, str]) -> bool:
        whose = {"practitioner.name": "practitioner"}.get(next(iter(asked)), "")
        if whose:
            of = next(x for x in self.resources if one[whose]["reference"] == f"{x['resourceType']}/{x['id']}")
            return self._holds(of, {"name": asked["practitioner.name"]})
        for name, value in asked.items():
            parts = [part.casefold() for part in value.split(",")]
            texts = [text.casefold() for text in _texts(one)]
            if name == "name" and not any(text.startswith(tuple(parts)) for text in texts):
                return False
            if name == "name:contains" and not any(part in text for part in parts for text in texts):
                return False
            if name == "_id" and one["id"].casefold() not in parts:
                return False
            if name in _POINTS and not any(part in str(one.get(_POINTS[name], "")).casefold() for part in parts):
                return False
        return True


_POINTS = {"practitioner": "practitioner", "organization": "managingOrganization", "location": "location"}


def _texts(one: Resource) -> Iterator[str]:
    for name in one["name"] if isinstance(one.get("name"), list) else ():
        yield from (name["family"], *name["given"])
    if isinstance(one.get("name"), str):
        yield one["name"]


def world() -> tuple[Resource, ...]:
    """Everything of the file, each with an id of its own; a person with a role."""
    return tuple(
        one
        for type_, every in NAMES["listed"].items()
        for at, name in enumerate(every)
        for one in _made(type_, f"{type_[0]}{at}", name)
    )


def _made(type_: str, key: str, name: Any) -> Iterator[Resource]:
    if type_ == "Practitioner":
        yield {"resourceType": type_, "id": key, "name": [{"family": name["family"], "given": [name["given"]]}]}
        yield {"resourceType": "PractitionerRole", "id": f"r{key}", "practitioner": {"reference": f"{type_}/{key}"}}
    else:
        yield {"resourceType": type_, "id": key, "name": name}


def asking(http: Http, said: str) -> Ask:
    """A question about a name as a person writes it."""
    titled = said.casefold().startswith("dr ")
    slots, words = {"provider_name": said[3:] if titled else said}, {"provider_name": said}
    behind = {"budget": Budget(60), "directory": DirectoryClient(http, BASE), "places": shipped_pack().places}
    return money.asking(slots=slots, words=words, said=said, today=TODAY, **behind)


async def _who(said: str, kind: Kind) -> Who:
    async with Http(transport=httpx.MockTransport(Literally(world(), kind))) as http:
        return await who(asking(http, said))


@pytest.mark.parametrize(("said", "listed"), NAMES["said"])
async def test_a_name_is_found_as_it_is_written(said: str, listed: str) -> None:
    """With particles, marks, legal forms, numbers and towns, or without."""
    found = await _who(said, "contains")
    assert [rows[0].name for rows in found.found] == [listed]


@pytest.mark.parametrize("said", ["dr oneil", "dr vanderberg", "cvs 1180", "john breen", "walgreens 4512"])
async def test_a_server_that_knows_beginnings_only_finds_them_too(said: str) -> None:
    """It refuses `:contains`."""
    assert len((await _who(said, "beginning")).found) == 1


@pytest.mark.parametrize(("said", "meant"), NAMES["near"])
async def test_a_name_that_nobody_has_is_offered_as_it_may_be(said: str, meant: str) -> None:
    """One letter wrong, missing, too many or swapped, anywhere in a word."""
    found = await _who(said, "contains")
    assert not found.found
    assert meant in [one.name for one in found.near]
