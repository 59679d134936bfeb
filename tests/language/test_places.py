from datetime import date
from pathlib import Path

import pytest
import zipcodes

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
