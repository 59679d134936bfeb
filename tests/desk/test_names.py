"""Names as people write them, at a directory that compares them literally: people, organizations, places, services."""

import httpx
import pytest

from bot.kit import Who, who
from bot.payer.http import Http
from tests.desk.literal import NAMES, Kind, Literally, asking, world


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
