"""The table of ZIPs is read before anybody waits, and only what is used of it is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import zipcodes

from bot.cli.cli import main
from bot.language import nearby, places
from tests.shipped import shipped_pack

_GROWTH = """
from pathlib import Path
from bot.language import nearby, places
size = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4 / 1024
before = size()
nearby.load(places.Area("TN", ("GA", "AL", "MS", "AR", "MO", "KY", "VA", "NC")))
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

    def load(_area: places.Area) -> None:
        loaded.append("")
        raise KeyboardInterrupt

    monkeypatch.setattr(nearby, "load", load)
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
    assert nearby.zips_near(_TENNESSEE, center, miles) == tuple(code for far, code in within if far <= miles)


def test_each_zip_is_what_the_package_says() -> None:
    """City, county, time zone and centre, of ZIPs of every state."""
    for row in zipcodes.list_all()[::97]:
        code, state = row["zip_code"], row["state"]
        assert places.city_of(code) == (row["city"], state)
        assert places.county_of(code) == (row["county"].removesuffix(" County"), state)
        assert places.zone_of(code) == row["timezone"]
        point = (float(row["lat"]), float(row["long"]))
        assert places.coordinates(code) == point or 0.0 in point
