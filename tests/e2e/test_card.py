"""The card at a front desk: an independent reader opens it, and who has no passcode, no key or no time does not."""

import asyncio
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwe
from joserfc.jwk import OctKey

from bot.records.decode import read_typed
from bot.sandbox.world import World
from tests.e2e.conftest import told_by
from tests.e2e.house import House
from tests.e2e.planted import stored, strings_of
from tests.e2e.test_documents import Given, browser, fetch, given

PLAYGROUND = Path(__file__).parents[1] / "playground"
READER = PLAYGROUND / "node_modules" / "kill-the-clipboard"
OVER = "This link is over. The member can make a new one in their chat."
needs_reader = pytest.mark.skipif(
    not READER.exists() or shutil.which("node") is None, reason="skipped: no node or no reader, see `make playground`"
)


@dataclass
class Handed:
    """What the member has in hand: the page with its code, and the text of its QR code."""

    page: Given
    shlink: str

    @property
    def payload(self) -> dict[str, Any]:
        """What the link says: the manifest's address, the key, the end."""
        return told_by(self.shlink)


async def handed(house: House, drawn: list[str], say: str = "show my card as a QR") -> Handed:
    """A fresh card from the chat."""
    return Handed(given(await house.say(say)), drawn[-1])


async def asks(client: httpx.AsyncClient, url: str, passcode: str, **more: object) -> httpx.Response:
    """One manifest request."""
    return await client.post(url, json={"recipient": "Front desk", "passcode": passcode, **more})


async def reads(card: Handed, passcode: str, mode: str = "") -> dict[str, Any]:
    """What kill-the-clipboard makes of it."""
    program = await asyncio.create_subprocess_exec(
        *("node", str(PLAYGROUND / "desk_reader.mjs"), card.shlink, passcode, mode), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await program.communicate()
    read: dict[str, Any] = json.loads(out)
    return read


@needs_reader
async def test_an_independent_reader_opens_it(dana: House, drawn: list[str]) -> None:
    """The card's facts as valid FHIR, in the manifest or by its address, twice; without the passcode nothing."""
    card = await handed(dana, drawn)
    read, by_address, wrong = await asyncio.gather(
        reads(card, card.page.code), reads(card, card.page.code, "location"), reads(card, "AAAA-2222")
    )
    assert (read["flag"], wrong) == ("P", {"error": "SHLInvalidPasscodeError"})
    assert "embedded" in read["manifest"]["files"][0]
    assert by_address["manifest"]["files"][0]["location"].startswith(card.payload["url"])
    assert by_address["resources"] == read["resources"]
    (bundle,) = read["resources"]
    assert read_typed(json.dumps(bundle).encode(), "Bundle").dropped == ()
    coverage, patient, payer = (entry["resource"] for entry in bundle["entry"])
    assert patient == {"resourceType": "Patient", "name": [{"text": "Dana Mercer"}]}
    classes = {row["type"]["coding"][0]["code"]: row["value"] for row in coverage["class"]}
    assert classes.items() >= {"rxbin": "999901", "rxpcn": "SBX", "group": "107464"}.items()
    assert coverage["subscriberId"].endswith("1337")
    assert payer["telecom"] == [{"system": "phone", "value": "(423) 555-0100"}]
    assert payer["address"] == [{"text": "1 Sandbox Hill Cir, Chattanooga, TN 37402"}]


@pytest.mark.threat("T59")
@pytest.mark.attack("a card that is read out of the store")
async def test_only_ciphertext_waits_and_the_key_goes_nowhere(
    dana: House, drawn: list[str], world: World, tmp_path: Path
) -> None:
    """Store and log hold neither record, passcode, link nor key; what the address gives is a JWE that the key opens.

    The page shows front and back for an office without a reader, not the code, and opens once; the link goes on.
    """
    card = await handed(dana, drawn)
    before = stored(tmp_path)
    async with browser(dana) as client:
        page = await fetch(client, card.page.url, card.page.code)
        again = await client.get(card.page.url)
        given_out = await asks(client, card.payload["url"], card.page.code)
    assert (again.status_code, "This link no longer works" in again.text) == (410, True)
    facts = ("<svg", "Copays", "Contact", "Dana Mercer", "999901", "Blue Network S", "$30.00", "1 Sandbox Hill Cir")
    assert [fact for fact in (*facts, "not the card itself") if fact not in page.text] == []
    assert card.page.code not in page.text
    assert not re.search(r"<script|\bstyle=|https?://", page.text)
    (file,) = given_out.json()["files"]
    assert file["contentType"] == "application/fhir+json"
    key = OctKey.import_key({"kty": "oct", "k": card.payload["key"]})
    opened = jwe.decrypt_compact(file["embedded"], key)
    assert opened.protected == {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "cty": "application/fhir+json"}
    assert b"Dana Mercer" in (opened.plaintext or b"")
    bytes_of, planted = before + stored(tmp_path), strings_of(world, "dana")
    secrets = {card.page.code, card.payload["key"], card.payload["url"].rpartition("/")[2], card.shlink}
    assert not [one for one in planted | secrets if len(one) > 5 and one in bytes_of]
    assert not [one for one in planted | secrets if len(one) > 5 and one in dana.log.text]
    assert not [one for one in planted | {card.payload["key"]} if one in card.payload["url"]]
    assert given_out.headers["cache-control"] == "no-store"
    assert given_out.headers["access-control-allow-origin"] == "*"


@pytest.mark.threat("T59")
async def test_what_ends_it(dana: House, drawn: list[str]) -> None:
    """A newer one, unlink, and the fifth wrong passcode; right ones, and requests that are none, cost no try."""
    old, new = await handed(dana, drawn), await handed(dana, drawn, "muestre mi tarjeta con código QR")
    async with browser(dana) as client:
        assert (await asks(client, old.payload["url"], old.page.code)).status_code == 404
        url = new.payload["url"]
        for body in (b"", b"[]", b'{"passcode": "x"}', b'{"recipient": " "}', b'{"recipient": "' + b"x" * 5000 + b'"}'):
            assert (await client.post(url, content=body)).status_code == 400
        told = await asks(client, url, new.page.code, embeddedLengthMax=10)
        (file,) = told.json()["files"]
        assert (await client.get(file["location"])).text.count(".") == 4
        assert (await client.get(file["location"] + "x")).status_code == 404
        for _ in range(6):
            assert (await asks(client, url, new.page.code.lower())).status_code == 200
        assert (await client.options(url)).headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
        await dana.say("unlink")
        assert (await asks(client, url, new.page.code)).status_code == 404
        assert (await client.get(file["location"])).status_code == 404
        await dana.sign_in()
        guessed = await handed(dana, drawn)
        for left in (4, 3, 2, 1):
            wrong = await asks(client, guessed.payload["url"], f"AAAA-222{left}")
            assert (wrong.status_code, wrong.json()) == (401, {"remainingAttempts": left})
        for passcode in ("AAAA-2222", guessed.page.code):
            over = await asks(client, guessed.payload["url"], passcode)
            assert (over.status_code, over.json()) == (404, {"error": OVER})
