"""What the desk takes along: a list as a spreadsheet, an office as a contact; and which hours hold at the moment."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.documents.printer import contact_file, contact_value
from tests.answers.directory.asking import answered, person, place, role
from tests.answers.printed import printed

NPI = {"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1003000126"}]}
FAX = {"system": "fax", "value": "4235550199"}
OFFICE = place("main", "1 Main St, Suite 2") | {
    "telecom": [{"system": "phone", "value": "4235550133"}, FAX],
    "hoursOfOperation": [{"daysOfWeek": ["wed"], "openingTime": "08:00:00", "closingTime": "17:00:00"}],
}
SHELF = (OFFICE, person("kim", "Minh; Kim, DO", **NPI), role("r1", "kim", "main", "S"))


async def test_an_office_is_a_contact_file() -> None:
    """Name, phone, fax and address as a telephone reads them; a sign in a name parts nothing."""
    summary, _, _ = await answered("provider.detail", *SHELF, slots={"provider_name": "Kim"}, contact="yes")
    lines = printed(summary, "vcf").split("\r\n")
    assert lines[0] == "BEGIN:VCARD"
    assert "FN:Minh\\; Kim\\, DO" in lines
    assert "N:Kim;Minh\\;;;;" in lines
    assert "TEL;TYPE=WORK,FAX:(423) 555-0199" in lines
    assert "ADR;TYPE=WORK:;;1 Main St\\, Suite 2;Chattanooga;TN;37402;" in lines
    assert lines[-2:] == ["END:VCARD", ""]


def test_a_long_line_is_folded() -> None:
    """At 75 octets, no letter broken, and joined again it is what it was."""
    text = contact_file(f"FN:{contact_value('Ñandú ' * 40)}")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.replace("\r\n ", "").strip() == f"FN:{contact_value('Ñandú ' * 40)}".strip()


async def test_a_list_is_a_spreadsheet() -> None:
    """Every row of it, not a page: without any sign-in, and nobody's in particular."""
    people = [one for n in range(7) for one in (person(f"p{n}", f"Ana Lee {n}"), role(f"q{n}", f"p{n}", "main", "S"))]
    slots: dict[str, object] = {"provider_name": "Lee"}
    summary, text, ask = await answered("provider.find", OFFICE, *people, slots=slots, file="yes")
    rows = list(csv.DictReader(io.StringIO(printed(summary, "csv").removeprefix("\ufeff"), newline="")))
    assert [row["Provider"] for row in rows] == [f"Ana Lee {n}" for n in range(7)]
    assert (rows[0]["Phone"], rows[0]["Fax"], rows[0]["Listed in"]) == (
        "(423) 555-0133",
        "(423) 555-0199",
        "Blue Network S",
    )
    assert not ask.private
    assert "7 providers" in text


@pytest.mark.parametrize(
    ("hour", "zone", "said"),
    [
        (12, "America/New_York", "Open until 5 pm today"),
        (7, "America/New_York", "Opens 8 am today, closes 5 pm"),
        (18, "America/New_York", "Closed now · opens 8 am on Wednesday"),
        (16, "America/Chicago", "Closed now · opens 8 am on Wednesday"),
    ],
)
async def test_what_holds_now_is_told_by_the_places_own_time(hour: int, zone: str, said: str) -> None:
    """An office in Chattanooga closes at five there, when it is four in Nashville."""
    now = datetime(2026, 5, 20, hour, 30, tzinfo=ZoneInfo(zone))
    _, text, _ = await answered("provider.detail", *SHELF, slots={"provider_name": "Kim"}, now=now)
    assert said in text


async def test_a_closed_place_says_when_it_opens_next() -> None:
    """On the next day that has hours."""
    daily = [{"daysOfWeek": ["wed", "thu"], "openingTime": "13:30:00", "closingTime": "17:00:00"}]
    shelf = OFFICE | {"hoursOfOperation": daily}, *SHELF[1:]
    now = datetime(2026, 5, 20, 18, 30, tzinfo=ZoneInfo("America/New_York"))
    _, text, _ = await answered("provider.detail", *shelf, slots={"provider_name": "Kim"}, now=now)
    assert "Closed now · opens 1:30 pm tomorrow" in text


async def test_a_fax_is_told_as_one() -> None:
    """Asked for, first; and that there is none."""
    _, text, _ = await answered("provider.detail", *SHELF, slots={"provider_name": "Kim"}, said="fax of Kim")
    assert text.startswith("(423) 555-0199 is the fax number, where nobody answers, of Minh")
    bare = (place("main", "1 Main St"), *SHELF[1:])
    _, text, _ = await answered("provider.detail", *bare, slots={"provider_name": "Kim"}, said="fax of Kim")
    assert text.startswith("The directory gives no fax number for Minh")


async def test_the_words_of_a_name_ask_for_nothing() -> None:
    """A guy called Page is asked for his fax, and for neither his sex nor his website."""
    rows = (OFFICE, person("page", "Guy Page, MD", **NPI), role("r1", "page", "main", "S"))
    _, text, _ = await answered("provider.detail", *rows, slots={"provider_name": "Guy Page"}, said="fax of Guy Page")
    assert text.startswith("(423) 555-0199 is the fax number, where nobody answers, of Guy Page, MD.")
    assert "listed as" not in text
    assert "website" not in text
