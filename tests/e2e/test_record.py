"""A whole record end to end: one zip behind a one-time link and a code, which another FHIR application can read."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhir.resources.R4B import get_fhir_model_class

from bot.sandbox.behaviour import Fault
from tests.e2e.house import House
from tests.e2e.planted import stored
from tests.e2e.test_documents import browser, fetch, given, rows

pytestmark = pytest.mark.calendar
ASKED = "download my record"


async def downloaded(house: House, words: str = ASKED) -> tuple[zipfile.ZipFile, httpx.Response]:
    """The zip, as the browser got it."""
    offer = given(await house.say(words))
    async with browser(house) as client:
        answer = await fetch(client, offer.url, offer.code, "zip")
    return zipfile.ZipFile(io.BytesIO(answer.content)), answer


@pytest.mark.threat("T70")
async def test_another_application_can_read_it(dana: House) -> None:
    """Each line is a resource by the model of its type, each file's count is the manifest's, nothing is another's."""
    archive, answer = await downloaded(dana)
    assert answer.headers["content-disposition"] == 'attachment; filename="health-record.zip"'
    assert archive.testzip() is None
    manifest = json.loads(archive.read("fhir/manifest.json"))
    assert {one["type"] for one in manifest["output"]} >= {"Patient", "Coverage", "ExplanationOfBenefit", "Observation"}
    for one in manifest["output"]:
        lines = archive.read(f"fhir/{one['url']}").splitlines()
        assert len(lines) == one["count"]
        for line in lines:
            read = get_fhir_model_class(one["type"]).model_validate_json(line)
            assert read.get_resource_type() == one["type"]
    assert manifest["error"] == []
    assert (manifest["requiresAccessToken"], manifest["request"]) == (False, dana.settings.payer_fhir_url)


async def test_the_page_and_the_spreadsheet_in_it_hold_the_same_claims(dana: House) -> None:
    """One row each for every claim that the payer sent; the page is the person's own and says what it is."""
    archive, answer = await downloaded(dana)
    claims = archive.read("fhir/ExplanationOfBenefit.ndjson").count(b"\n")
    page = archive.read("record.html").decode()
    assert page.count('<tr class="claim">') == claims > 20
    sheet = httpx.Response(200, content=archive.read("claims.csv"))
    assert len(rows(sheet)) == claims
    assert "Dana" in page
    assert "This is not a bill" in page
    assert "<script" not in page
    assert len(answer.content) < 2_000_000


@pytest.mark.threat("T70", "T71")
async def test_it_is_handed_out_once_and_nothing_of_it_stays(dana: House, tmp_path: Path) -> None:
    """Neither the file nor what it was made of lies in the store when it was fetched, in whatever form."""
    offer = given(await dana.say(ASKED))
    assert await dana.bot.store.listed("drawer") == []
    async with browser(dana) as client:
        assert (await fetch(client, offer.url, offer.code, "zip")).status_code == 200
        assert (await client.get(offer.url)).status_code == 410
    assert await dana.bot.store.listed("document_file") == []
    assert "resourceType" not in stored(tmp_path)
    rows_ = await dana.bot.audit.of(dana.person)
    assert [row.detail for row in rows_ if row.what == "exported"] == ["health-record.zip"]


@pytest.mark.fault("F69")
@pytest.mark.threat("T70")
async def test_a_type_that_fails_is_named_in_the_chat_and_in_the_file(dana: House) -> None:
    """The rest is there; the button asks for what is missing alone."""
    dana.break_(Fault("/fhir/r4/Condition", 503, times=None))
    said = await dana.say(ASKED)
    assert "Not complete: some pages of your conditions didn't arrive." in said.text.replace("**", "")
    offer = given(said)
    async with browser(dana) as client:
        answer = await fetch(client, offer.url, offer.code, "zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    outcome: Any = get_fhir_model_class("OperationOutcome").model_validate_json(
        archive.read("fhir/errors.ndjson").strip()
    )
    assert outcome.issue[0].code == "incomplete"
    assert "Some pages of your conditions didn" in archive.read("record.html").decode()
    dana.heal()
    again = await dana.say("Try the rest again", press=said.buttons["Try the rest again"])
    assert "Not complete" not in again.text
    assert "conditions" in again.text


@pytest.mark.threat("T70")
@pytest.mark.attack("a record whose types are paths out of the folder")
async def test_a_type_that_is_a_path_is_no_name_of_a_file(dana: House) -> None:
    """The payer sends other resources beside the claims: what has no plain type is no record, as is said."""
    types = ("../../../evil", "..\\\\evil", "/etc/evil", "C:evil", "errors", "a\x00b", "Extra")

    def beside(body: bytes) -> bytes:
        bundle = json.loads(body)
        for at, kind in enumerate(types):
            one = {"resource": {"resourceType": kind, "id": f"x{at}"}, "search": {"mode": "include"}}
            bundle["entry"].append(one)
        return json.dumps(bundle).encode()

    dana.break_(Fault("/fhir/r4/ExplanationOfBenefit", times=None, rewrite=beside))
    archive, _ = await downloaded(dana)
    assert {name for name in archive.namelist() if not re.fullmatch(r"(?:fhir/)?[A-Za-z]+\.\w+", name)} == set()
    assert len({*archive.namelist()}) == len(archive.namelist())
    assert "fhir/Extra.ndjson" in archive.namelist()
    assert "were no readable records" in archive.read("record.html").decode()


@pytest.mark.threat("T33", "T70")
async def test_what_the_plan_marks_as_private_comes_by_its_button_alone(house: House) -> None:
    """Left out and said; then in, under the statement that goes with it."""
    await house.sign_in("jesse")
    said = await house.say(ASKED)
    assert "as private" in said.text
    offer = given(await house.say("Include private records", press=said.buttons["Include private records"]))
    async with browser(house) as client:
        answer = await fetch(client, offer.url, offer.code, "zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert "42 CFR part 2 prohibits" in archive.read("record.html").decode()
    assert "42 CFR part 2 prohibits" in archive.read("claims.csv").decode()
