from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import zipcodes

from bot.cli.cli import main
from bot.language import nearby, places
from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.places import (
    city_center,
    city_of,
    coordinates,
    county_center,
    load_place_names,
    miles_between,
    zips_of,
    zips_of_county,
)
from tests.shipped import shipped_pack


def test_every_city_and_county_of_tennessee_is_known(intents_folder: Path) -> None:
    """The pack's places are those of the ZIP database."""
    rows = zipcodes.filter_by(state="TN", active=True)
    places = [place for _, place in load_place_names(intents_folder).places]
    cities = {place.city for place in places if place.state == "TN" and not place.county}
    counties = {place.city for place in places if place.county}
    assert {row["city"] for row in rows} <= cities
    assert {row["county"].removesuffix(" County") for row in rows} <= counties


def test_a_zip_has_a_place_and_a_city() -> None:
    """37402 is in Chattanooga."""
    spot = coordinates("37402")
    assert spot is not None
    assert abs(spot[0] - 35.04) < 0.1
    assert city_of("37402-1234") == ("Chattanooga", "TN")


def test_what_is_no_zip_has_no_place() -> None:
    """Letters, short and unknown numbers are answered with None."""
    assert coordinates("abcde") is coordinates("123") is coordinates("00000") is None


def test_cities_and_counties_have_zips_and_a_middle() -> None:
    """Case does not matter, "County" may be said."""
    assert "37402" in zips_of("chattanooga", "tn")
    assert zips_of_county("Hamilton", "TN") == zips_of_county("Hamilton County", "TN")
    assert city_center("Nowhere", "TN") is None
    assert county_center("Hamilton", "TN") is not None


def test_tennessee_is_whole() -> None:
    """Every ZIP in use has a place of its own, and there are as many ZIPs and post offices as the state has."""
    rows = zipcodes.filter_by(state="TN", active=True)
    counties = {row["county"].casefold() for row in rows}
    assert (len(rows), len({row["city"] for row in rows}), len(counties)) == (785, 549, 95)
    assert all(coordinates(row["zip_code"]) for row in rows)


def test_every_named_place_lies_somewhere(intents_folder: Path) -> None:
    """Cities, towns within the post offices of others, places beyond the border and far away."""
    places = [place for _, place in load_place_names(intents_folder).places]
    cities = [place for place in places if not place.county]
    assert [place for place in cities if city_center(place.city, place.state) is None] == []
    assert {place.state for place in cities} >= {"TN", "GA", "AL", "MS", "AR", "MO", "KY", "VA", "NC"}


def test_a_zip_of_post_boxes_is_where_its_city_is() -> None:
    """The database gives 24205 as 0, 0."""
    assert coordinates("24205") == city_center("Bristol", "VA")


@pytest.mark.parametrize(("city", "state", "served"), [
    ("Chattanooga", "TN", True), ("Red Bank", "TN", True), ("Dalton", "GA", True), ("Bristol", "VA", True),
    ("Southaven", "MS", True), ("Asheville", "NC", True), ("Atlanta", "GA", False), ("Louisville", "KY", False),
])  # fmt: skip
def test_the_area_ends_some_way_beyond_the_border(city: str, state: str, *, served: bool) -> None:
    """Around a far city there is no ZIP to search."""
    center = city_center(city, state)
    assert center is not None
    assert bool(shipped_pack().places.zips_near(center, 25.0)) is served


@pytest.mark.parametrize("said", ["Gotham", "in Gotham", "en Gotham", "near Gotham city"])
def test_a_strange_word_names_a_place_where_one_was_asked_for(engine: Engine, today: date, said: str) -> None:
    """To "where should I look?" nobody answers with a doctor's name."""
    context = Context("provider.find", {}, asked="location")
    intent, slots, _ = engine.after(context, engine.understand(said, today=today, context=context))
    assert (intent, slots["location"].value) == ("provider.find", {"city": "Gotham", "state": None})
    assert "provider_name" not in slots


def test_distance_is_in_miles() -> None:
    """Chattanooga and Knoxville are about a hundred miles apart."""
    one, other = city_center("Chattanooga", "TN"), city_center("Knoxville", "TN")
    assert one is not None
    assert other is not None
    assert 90 < miles_between(one, other) < 110


_GROWTH = """
from pathlib import Path
from bot.language import nearby, places
size = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4 / 1024
before = size()
nearby.Gazetteer(places.Area("TN", ("GA", "AL", "MS", "AR", "MO", "KY", "VA", "NC"))).read()
for state in ("TN", "GA", "KY", "VA"):
    places.zips_of("Springfield", state)
print(size() - before)
"""
_TENNESSEE = places.Area("TN", ("GA", "AL", "MS", "AR", "MO", "KY", "VA", "NC"))


@pytest.mark.threat("T49")
def test_a_server_has_read_it_before_it_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first search of a process is no slower than the next one."""
    monkeypatch.chdir(tmp_path)
    loaded: list[str] = []

    def read(_places: nearby.Gazetteer) -> None:
        loaded.append("")
        raise KeyboardInterrupt

    monkeypatch.setattr(nearby.Gazetteer, "read", read)
    monkeypatch.setattr("bot.app.load_pack", lambda *_: shipped_pack())
    monkeypatch.setattr(sys, "argv", ["bcbst-bot", "serve", "--sandbox", "--port", "0"])
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        main()
    assert loaded == [""]


@pytest.mark.threat("T49")
def test_a_search_reads_nothing_of_it_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies around a point comes from what was kept."""
    known = shipped_pack().places
    known.read()
    for name in ("list_all", "filter_by", "matching"):
        monkeypatch.setattr(zipcodes, name, None)
    assert "37402" in known.zips_near((35.0456, -85.3097), 7.25)
    assert places.zips_of("Knoxville", "TN")


@pytest.mark.threat("T49")
def test_it_is_small() -> None:
    """Whole rows of all states took 140 MiB, and the package's own table 40."""
    places.coordinates("37402")  # kept from here on
    grown = subprocess.run([sys.executable, "-c", _GROWTH], capture_output=True, text=True, check=True)  # noqa: S603
    assert float(grown.stdout) < 12


@pytest.mark.parametrize("miles", [1.0, 7.25, 25.0])
def test_a_radius_is_what_the_package_measures(miles: float) -> None:
    """What is kept of the table gives the same ZIPs as the table, in the same order."""
    center, states = (35.0456, -85.3097), ("TN", *_TENNESSEE.beside)
    rows = [row for state in states for row in zipcodes.filter_by(state=state, active=True)]
    points = {row["zip_code"]: (float(row["lat"]), float(row["long"])) for row in rows if float(row["lat"])}
    within = sorted((places.miles_between(center, point), code) for code, point in points.items())
    assert nearby.Gazetteer(_TENNESSEE).zips_near(center, miles) == tuple(code for far, code in within if far <= miles)


def test_each_zip_is_what_the_package_says() -> None:
    """City, county, time zone and centre, of ZIPs of every state."""
    for row in zipcodes.list_all()[::97]:
        code, state = row["zip_code"], row["state"]
        assert places.city_of(code) == (row["city"], state)
        assert places.county_of(code) == (row["county"].removesuffix(" County"), state)
        assert places.zone_of(code) == row["timezone"]
        point = (float(row["lat"]), float(row["long"]))
        assert places.coordinates(code) == point or 0.0 in point


def test_an_odd_time_zone_is_that_of_the_county() -> None:
    """The package has two ZIP codes of Tennessee in the next zone; a county that is divided stays so."""
    assert {places.zone_of(code) for code in ("37402", "37405", "37338")} == {"America/New_York"}
    assert (places.zone_of("37367"), places.zone_of("58634"), places.zone_of("86020")) == (
        "America/Chicago",
        "America/Denver",
        "America/Denver",
    )
