from pathlib import Path

import zipcodes

from bot.language.places import (
    city_center,
    city_of,
    coordinates,
    county_center,
    load_gazetteer,
    miles_between,
    zips_of,
    zips_of_county,
)


def test_every_city_and_county_of_tennessee_is_known(intents_folder: Path) -> None:
    """The pack's places are those of the ZIP database."""
    rows = zipcodes.filter_by(state="TN", active=True)
    places = [place for _, place in load_gazetteer(intents_folder).places]
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


def test_distance_is_in_miles() -> None:
    """Chattanooga and Knoxville are about a hundred miles apart."""
    one, other = city_center("Chattanooga", "TN"), city_center("Knoxville", "TN")
    assert one is not None
    assert other is not None
    assert 90 < miles_between(one, other) < 110
