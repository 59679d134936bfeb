"""Documents end to end: a member's claims behind a one-time link and a code, and who does not get them."""

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.accounts.render import sha256
from bot.message import Actions, Private, Shareable
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from tests.days import YEAR_BEFORE
from tests.e2e.house import EOB, House, Said, somebody
from tests.e2e.planted import stored, strings_of

pytestmark = pytest.mark.calendar
EXPORT = f"export my claims for {YEAR_BEFORE}"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"


@dataclass
class Given:
    """What the chat gave: the link and the code beside it."""

    url: str
    code: str

    @property
    def path(self) -> str:
        """The link without its host."""
        return "/document/" + self.url.rpartition("/")[2]


def given(said: Said) -> Given:
    """The link and the code of a reply, which is for its person alone."""
    assert isinstance(said.last, Private), said.text
    buttons = [b for block in said.last.blocks if isinstance(block, Actions) for b in block.buttons]
    code = re.search(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}\b", said.text)
    assert code, said.text
    return Given(next(str(b.url) for b in buttons if b.id == "document"), code.group())


async def printable_receipt(house: House) -> str:
    """The link to the receipt of a doctor's networks, as anybody gets it."""
    said = await house.say("tell me about dr grace okafor")
    said = await house.say("Proof of network", press=said.buttons["Proof of network"])
    assert isinstance(said.last, Shareable), said.text
    buttons = [b for block in said.last.blocks if isinstance(block, Actions) for b in block.buttons]
    return next(str(b.url) for b in buttons if b.id == "document" and b.label == "Printable receipt")


@asynccontextmanager
async def browser(house: House, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with its own cookies."""
    sent = {"user-agent": CHROME} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(base_url=house.settings.bot_public_url, headers=sent, trust_env=False) as client:
        yield client


def token(page: httpx.Response) -> str:
    """The hidden field of the form."""
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


async def fetch(client: httpx.AsyncClient, link: str, code: str, form: str = "html") -> httpx.Response:
    """Open the link, type the code, press the button of a format."""
    page = await client.get(link)
    assert page.status_code == 200, page.text
    return await client.post(link, data={"token": token(page), "code": code, "format": form})


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The claims of a CSV file; the rows that only say something are left away."""
    read = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    return [row for row in read if row["Service date"]]


async def test_both_files_once_each(dana: House) -> None:
    """The chat tells how many and how much; page and spreadsheet hold the same claims and sums; then no more."""
    said = await dana.say(EXPORT)
    offer, count = given(said), int(re.search(r"Your (\d+) claims", said.text).group(1))  # type: ignore[union-attr] # it is there
    async with browser(dana) as client:
        sheet = await fetch(client, offer.url, offer.code.lower().replace("-", " "), "csv")
        assert sheet.headers["content-disposition"] == 'attachment; filename="health-claims.csv"'
        claims = rows(sheet)
        assert len(claims) == count
        assert all(row["Service date"].startswith(str(YEAR_BEFORE)) for row in claims)
        owed = sum(float(row["Your share"]) for row in claims if row["Your share"])
        assert f"Your share: ${owed:,.2f}, paid or not" in said.text
        page = await fetch(client, offer.url, offer.code)
        assert page.text.count('<tr class="claim">') == count
        assert f"${owed:,.2f}" in page.text
        assert "Dana" in page.text
        assert "This is not a bill." in page.text
        again = await client.get(offer.url)
        assert (again.status_code, "This link no longer works" in again.text) == (410, True)


async def test_what_surrounds_the_files(dana: House) -> None:
    """No copy, no referrer, only our script, no frame, nothing foreign; no code in the address (T30, T47)."""
    offer = given(await dana.say(EXPORT))
    async with browser(dana) as client:
        answers = [await client.get(offer.url), await fetch(client, offer.url, offer.code)]
        answers.append(await fetch(client, given(await dana.say(EXPORT)).url, "WRONG-234"))
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        ours = [f"'sha256-{sha256(one)}'" for one in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)]
        wanted = " ".join(ours) or "'none'"
        assert f"script-src {wanted};" in policy
        assert not re.search(r"<script\s|\bstyle=|\bon\w+=|\bsrc=|<link|https?://", answer.text)
        assert offer.code not in str(answer.url)
    assert "window.print" in answers[1].text
    assert "form-action 'none'" in answers[1].headers["content-security-policy"]
    assert answers[1].headers["content-disposition"] == 'inline; filename="health-claims.html"'


async def test_looking_at_the_link_changes_nothing(dana: House) -> None:
    """Link previews, HEAD and any number of GETs leave it as it was, and see nothing of the claims (T29)."""
    offer = given(await dana.say(EXPORT))
    async with browser(dana, user_agent="Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)") as preview:
        seen = await preview.get(offer.url)
        assert "A private link" in seen.text
    async with browser(dana) as client:
        for _ in range(8):
            assert "$" not in (await client.get(offer.url)).text
        assert (await client.head(offer.url)).status_code == 200
        assert (await fetch(client, offer.url, offer.code)).status_code == 200


async def test_five_wrong_codes_burn_it(dana: House) -> None:
    """After the fifth the right code opens nothing, also when they come at once."""
    offer = given(await dana.say(EXPORT))
    async with browser(dana) as client:
        for left in (4, 3, 2, 1):
            wrong = await fetch(client, offer.url, f"AAAA-222{left}")
            assert wrong.status_code == 403
            assert f"{left} {'try' if left == 1 else 'tries'} left" in wrong.text
        spent = await fetch(client, offer.url, "AAAA-2222")
        assert (spent.status_code, "Too many wrong codes" in spent.text) == (410, True)
        assert (await client.get(offer.url)).status_code == 410


async def test_somebody_elses_link_without_the_code(dana: House) -> None:
    """A forwarded link shows a form and no more, and another person's code does not fit it."""
    offer = given(await dana.say(EXPORT))
    dana.person = somebody("walter-chat")
    await dana.sign_in("walter")
    other = given(await dana.say("export all my claims since 2020"))
    async with browser(dana) as client:
        for code in ("", other.code):
            assert (await fetch(client, offer.url, code)).status_code == 403
        assert (await fetch(client, other.url, other.code)).status_code == 200


async def test_a_form_from_another_page_is_not_taken(dana: House) -> None:
    """Without our cookie, with another browser's token, or with none, the right code gives nothing and costs no try."""
    offer = given(await dana.say(EXPORT))
    async with browser(dana) as mine, browser(dana) as theirs:
        page = await mine.get(offer.url)
        stolen = {"token": token(page), "code": offer.code, "format": "html"}
        await theirs.get(offer.url)
        for sent in (stolen, {"code": offer.code, "format": "html"}, {}):
            refused = await theirs.post(offer.url, data=sent)
            assert (refused.status_code, "type it once more" in refused.text) == (403, True)
        odd = await mine.post(offer.url, data=stolen | {"format": "../claims"})
        assert odd.status_code == 403
        assert (await mine.post(offer.url, data=stolen)).status_code == 200


async def test_a_replayed_form_gives_no_second_copy(dana: House) -> None:
    """The same request again is over, and of two at once one gets the file."""
    offer = given(await dana.say(EXPORT))
    async with browser(dana) as client:
        sent = {"token": token(await client.get(offer.url)), "code": offer.code, "format": "csv"}
        first, second = await client.post(offer.url, data=sent), await client.post(offer.url, data=sent)
    assert (first.status_code, second.status_code) == (200, 410)
    assert "$" not in second.text


async def test_a_newer_one_ends_the_older(dana: House) -> None:
    """One live document a person; unlinking ends that as well."""
    old, new = given(await dana.say(EXPORT)), given(await dana.say(EXPORT))
    async with browser(dana) as client:
        assert (await client.get(old.url)).status_code == 410
        assert (await client.get(new.url)).status_code == 200
        await dana.say("unlink")
        assert (await client.get(new.url)).status_code == 410


async def test_nothing_of_it_is_readable_in_the_store_or_the_log(dana: House, world: World, tmp_path: Path) -> None:
    """Neither claims nor name nor link nor code, before it is opened and after."""
    offer = given(await dana.say(EXPORT))
    async with browser(dana) as client:
        await fetch(client, offer.url, offer.code, "csv")
    planted = strings_of(world, "dana")
    secrets = {offer.code, offer.path, offer.url.rpartition("/")[2]}
    bytes_of = stored(tmp_path)
    assert not [one for one in planted | secrets if len(one) > 5 and one in bytes_of]
    assert not [one for one in secrets if one in dana.log.text]


async def test_the_payer_goes_down_halfway(dana: House) -> None:
    """What came is there, and both files say that it is not complete."""
    dana.sandbox.behaviour.max_count = 10  # a year of hers is two pages or more
    dana.break_(Fault(EOB, 503, times=None, after=1))
    said = await dana.say(EXPORT)
    offer = given(said)
    assert said.last.complete is False
    async with browser(dana) as client:
        sheet = await fetch(client, offer.url, offer.code, "csv")
        page = await fetch(client, offer.url, offer.code)
    assert rows(sheet)
    assert "This is not complete" in sheet.text
    assert "This is not complete." in page.text


async def test_an_ended_sign_in_asks_first(house: House) -> None:
    """Without a connection there is a link to sign in and no document; afterwards the export answers itself."""
    asked = await house.say(EXPORT)
    assert "document" not in {b.id for block in asked.last.blocks if isinstance(block, Actions) for b in block.buttons}
    assert given(await house.sign_in())


@pytest.mark.parametrize(
    "said", [f"exportar mis reclamos de {YEAR_BEFORE}", f"recibos de mis reclamaciones de {YEAR_BEFORE} para mi hsa"]
)
async def test_the_documents_speak_the_askers_language(dana: House, said: str) -> None:
    """Form, page and spreadsheet are in Spanish, whatever the browser speaks, with the same facts."""
    english = given(await dana.say(EXPORT))
    async with browser(dana) as client:
        facts = rows(await fetch(client, english.url, english.code, "csv"))
        spanish = given(await dana.say(said))
        form = await client.get(spanish.url)
        sheet = await fetch(client, spanish.url, spanish.code, "csv")
        page = await fetch(client, spanish.url, spanish.code)
    assert '<html lang="es">' in form.text
    assert '<html lang="es">' in page.text
    read = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"), newline="")))
    assert read[0][0] == "Fecha del servicio"
    assert [row[7:12] for row in read[1:] if row[0]] == [list(row.values())[7:12] for row in facts]


async def test_a_network_receipt_is_anybodys_for_a_day(dana: House, world: World) -> None:
    """No code, no form, as often as wanted; nothing of the member who asked is on it, and unlinking does not end it."""
    link = await printable_receipt(dana)
    async with browser(dana) as client:
        page = await client.get(link)
        assert (page.status_code, (await client.head(link)).status_code) == (200, 200)
        assert page.headers["content-disposition"] == 'inline; filename="network-receipt.html"'
        assert "Grace Okafor, MD" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<form" not in page.text
        refused = await client.post(link, data={"code": "AAAA-2222", "format": "html"})
        assert "Grace" not in refused.text
        await dana.say("unlink")
        assert (await client.get(link)).text == page.text
        assert (await client.get(link + "x")).status_code == 410
    patient = world.resources["Patient"][world.accounts["dana"].patients[0]]
    assert not [word for word in (patient["id"], *patient["name"][0]["given"]) if word in page.text]
