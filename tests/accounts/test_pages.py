"""The pages themselves: what they say, to whom, and what surrounds them (T29, T30, T47)."""

import base64
import hashlib
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from bot.accounts.render import TEAMS_JS, Renderer
from bot.errors import BotError, LinkError, StoreBusy
from bot.message import Person
from bot.replies.catalogues import read_catalogues
from bot.replies.messages import scan
from tests.accounts.conftest import BOT, DANA, PAGES, Bot, code_on, hidden, make_settings, running
from tests.accounts.payer import ORIGIN, Payer
from tests.days import Clock

NOTHING = "'none'"
TEAMS_DANA = replace(DANA, platform="teams", enterprise="", team="tenant", user="object")


async def _walk(
    bot: Bot, person: Person = DANA, query: str = "", headers: Mapping[str, str] | None = None
) -> dict[str, httpx.Response]:
    """Every answer on the way of one sign-in."""
    browser = bot.browser(**(headers or {}))
    link = await bot.accounts.begin(person) + query
    page = await browser.open(link)
    away = await browser.http.post(link, data=hidden(page))
    back = await browser.open(bot.payer.sign_in(away.headers["location"], "dana"))
    last = await browser.open(back.headers["location"])
    problem = await browser.open("/link/unknown")
    refused = await bot.browser().open("/oauth/callback?code=x&state=y")
    return {"confirm": page, "away": away, "back": back, "code": last, "problem": problem, "refused": refused}


def own_scripts(page: str) -> list[str]:
    """The scripts that stand in a page, as its policy names them."""
    found = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found]


@pytest.mark.threat("T14", "T30")
async def test_every_answer_is_private_to_its_browser(bot: Bot) -> None:
    """No store, no referrer, no sniffing, no framing, no third party; one script, on the code's page (T14, T30)."""
    for name, answer in (await _walk(bot)).items():
        assert answer.headers["cache-control"] == "no-store", name
        assert answer.headers["referrer-policy"] == "no-referrer", name
        assert answer.headers["x-content-type-options"] == "nosniff", name
        if answer.status_code == 303:
            continue
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; "), name
        assert "frame-ancestors 'none'" in policy, name
        style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in policy, name
        foreign = r"\bstyle=|\bon\w+=|\bsrc=|<link|https?://" + ("" if name == "code" else "|<script")
        assert not re.search(foreign, answer.text), name


async def test_only_the_form_page_lets_a_form_go_out(bot: Bot) -> None:
    """To the payer and where the payer sends the browser on; every other page has no form."""
    pages = await _walk(bot)
    assert f"form-action 'self' https: {ORIGIN}" in pages["confirm"].headers["content-security-policy"]
    for name in ("code", "problem", "refused"):
        assert "form-action 'none'" in pages[name].headers["content-security-policy"]
        assert "<form" not in pages[name].text


@pytest.mark.threat("T30")
async def test_one_page_of_a_teams_pop_up_runs_two_scripts(bot: Bot) -> None:
    """Microsoft's, by its address and digest, and ours, by its digest: on the code's page and on no other (T30).

    The window stays known to the one that opened it, all the way: otherwise nothing could be handed over.
    """
    pages = await _walk(bot, TEAMS_DANA, "?popup=teams")
    code = pages.pop("code")
    tag = r'<script src="([^"]+)" integrity="sha384-[^"]{64}" crossorigin="anonymous"></script>'
    digests = own_scripts(code.text)
    assert re.findall(tag, code.text) == [TEAMS_JS]
    assert f"; script-src {' '.join(digests)} {TEAMS_JS}; " in code.headers["content-security-policy"]
    assert code.text.count("<script") == len(digests) + 1 == 3
    assert "object" not in code.text
    for name in ("confirm", "away", "back"):
        assert pages[name].headers["cross-origin-opener-policy"] == "unsafe-none", name
    assert "goes back to Teams by itself, or you type it" in pages["confirm"].text
    for page in (pages["confirm"], pages["problem"], pages["refused"]):
        assert "script-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text


@pytest.mark.parametrize(("person", "query"), [(DANA, "?popup=teams"), (TEAMS_DANA, ""), (TEAMS_DANA, "?popup=1")])
async def test_no_other_sign_in_runs_any(bot: Bot, person: Person, query: str) -> None:
    """A person of Slack whatever the address says, and a Teams person's own browser: the code's own script alone."""
    for name, answer in (await _walk(bot, person, query)).items():
        assert answer.headers["cross-origin-opener-policy"] == "same-origin", name
        digests = own_scripts(answer.text)
        assert len(digests) == answer.text.count("<script") == (name == "code"), name
        if answer.status_code != 303:
            assert f"script-src {(digests or [NOTHING])[0]};" in answer.headers["content-security-policy"]
        assert code_on(answer) or name != "code"


@pytest.mark.threat("T16", "T30", "T28")
async def test_redirects_are_303_and_lead_to_clean_addresses(bot: Bot) -> None:
    """Neither code nor state stays in the address bar (T16, T30)."""
    pages = await _walk(bot)
    assert (pages["away"].status_code, pages["back"].status_code) == (303, 303)
    assert pages["back"].headers["location"] == f"{BOT}/linked"


@pytest.mark.threat("T14")
async def test_cookies_are_bound_to_host_and_browser(bot: Bot) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite, path / and no domain (T14)."""
    pages = await _walk(bot)
    for name, cookie, site in (("confirm", "__Host-link-form", "strict"), ("away", "__Host-link", "lax")):
        parts = [part.strip() for part in pages[name].headers["set-cookie"].split(";")]
        assert re.fullmatch(rf"{cookie}=[\w-]{{43}}", parts[0])
        assert {"HttpOnly", "Secure", "Path=/", f"SameSite={site}"} <= set(parts)
        assert not any(part.lower().startswith("domain") for part in parts)


async def test_plain_http_on_loopback_works_without_the_prefix(tmp_path: Path, payer: Payer, clock: Clock) -> None:
    """The same cookies, only not Secure: the whole way still ends in a code."""
    settings = make_settings(bot_public_url="http://127.0.0.1:8765")
    async with running(tmp_path, payer, clock, settings) as bot:
        transport = httpx.ASGITransport(bot.app)
        browser = bot.browser()
        browser.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765")
        link = await bot.accounts.begin(DANA)
        assert link.startswith("http://127.0.0.1:8765/link/")
        page = await browser.open(link)
        away = await browser.http.post(link, data=hidden(page))
        cookies = page.headers["set-cookie"] + away.headers["set-cookie"]
        assert "Secure" not in cookies
        assert "__Host-" not in cookies
        assert cookies.count("HttpOnly") == 2
        assert code_on(await browser.return_as(away.headers["location"]))


async def test_the_first_page_names_the_person_and_tells_what_follows(bot: Bot) -> None:
    """Who, what is read, where it is shown, HIPAA, how to unlink; two forms that work without a script."""
    page = (await _walk(bot))["confirm"].text
    assert "Marketplace plans. Most employer plans" in page
    for words in ("Dana M.", "Slack, Contoso", "claims", "private chat", "HIPAA", "unlink", "BlueCross"):
        assert words in page
    assert page.count("<form") == 2, "to go on, and to refuse"
    assert '<form id="link-confirm" method="post">' in page


async def test_the_last_page_shows_the_code_with_its_warning(bot: Bot) -> None:
    """Only who asked may type it."""
    page = (await _walk(bot))["code"]
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}", code_on(page))
    assert "Type this code in Slack" in page.text
    assert 'href="slack://open?team=' in page.text
    assert "Dana M. (Slack, Contoso)" in page.text
    assert "don't share the code" in page.text


async def test_pages_come_in_spanish(bot: Bot) -> None:
    """By the browser's Accept-Language."""
    pages = await _walk(bot, headers={"accept-language": "es-US,es;q=0.9,en;q=0.5"})
    for name in ("confirm", "code", "problem"):
        assert '<html lang="es">' in pages[name].text
        assert pages[name].headers["content-language"] == "es"
    assert "¿Conectar BlueCross con su chat?" in pages["confirm"].text
    assert "Mercado de Seguros. La mayoría de los planes de empleo" in pages["confirm"].text
    assert "Escriba este código" in pages["code"].text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("es", "es"),
        ("ES-mx", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("en;q=0.4, es;q=0.6", "es"),
        ("fr, es;q=0.5", "es"),
        ("fr", "en"),
        ("es;q=x", "en"),
        ("*", "en"),
        ("esperanto", "en"),
    ],
)
def test_the_language_of_a_header(header: str | None, language: str) -> None:
    """Spanish only where it is ranked above English; what nobody has words for counts for nothing."""
    assert Renderer(PAGES, make_settings()).preferred(header) == language


@pytest.mark.threat("T46", "T47")
async def test_names_are_text_and_nothing_else(bot: Bot) -> None:
    """Markup and template signs in a person's or workspace's name print as they are (T46, T47)."""
    person = Person("slack", "", "T9", "U9", name="<script>alert(1)</script>", home="{{ 7*7 }}\" onload='x")
    browser = bot.browser()
    link = await bot.accounts.begin(person)
    page = await browser.open(link)
    away = await browser.http.post(link, data=hidden(page))
    last = await browser.return_as(away.headers["location"])
    for text in (page.text, last.text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "{{ 7*7 }}&#34; onload=&#39;x" in text


async def test_a_person_without_a_name_is_spoken_of(bot: Bot) -> None:
    """The console has neither name nor home."""
    page = await bot.browser().open(await bot.accounts.begin(Person("console", "", "", "me")))
    assert "the person who asked for this link" in page.text


async def test_a_busy_store_is_a_page_of_its_own(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, in words, with a reference, on every page."""
    browser = bot.browser()
    link = await bot.accounts.begin(DANA)
    page = await browser.open(link)
    away = await browser.http.post(link, data=hidden(page))
    callback = bot.payer.sign_in(away.headers["location"], "dana")

    async def busy(*_: object, **__: object) -> None:
        raise StoreBusy("held")

    monkeypatch.setattr(bot.store, "get", busy)
    posted = await browser.http.post(link, data=hidden(page))
    answers = [await browser.open(url) for url in (link, callback, "/linked")]
    for answer in (posted, *answers):
        assert answer.status_code == 503
        assert "One moment, please" in answer.text
        assert "Reference " in answer.text


async def test_a_huge_form_is_not_read(bot: Bot) -> None:
    """Four KiB are enough for a token."""
    browser = bot.browser()
    link = await bot.accounts.begin(DANA)
    data = {**hidden(await browser.open(link)), "more": "x" * 10_000}
    assert (await browser.http.post(link, data=data)).status_code == 400


async def test_the_page_knows_whether_its_code_was_used(bot: Bot) -> None:
    """A reload after the code was typed says so; after "unlink" or too many tries there is no code to type."""
    browser = bot.browser()
    code = code_on(await browser.sign_in(await bot.accounts.begin(DANA)))
    assert code_on(await browser.open("/linked")) == code
    await bot.accounts.prove(DANA, code)
    used = await browser.open("/linked")
    assert (used.status_code, code_on(used)) == (200, "")
    assert "Done. Go back to your chat" in used.text
    other = bot.browser()
    await other.sign_in(await bot.accounts.begin(DANA))
    await bot.accounts.unlink(DANA)
    assert "This link no longer works" in (await other.open("/linked")).text


async def test_a_used_link_leads_its_own_browser_to_the_code(bot: Bot) -> None:
    """Opening it again goes on to the code that waits; another browser is not shown one."""
    browser, link = bot.browser(), await bot.accounts.begin(DANA)
    code = code_on(await browser.sign_in(link))
    again = await browser.open(link)
    assert (again.status_code, again.headers["location"]) == (303, f"{BOT}/linked?again")
    shown_again = await browser.open("/linked?again")
    assert code_on(shown_again) == code
    assert "You already have a code." in shown_again.text
    assert "You already have a code." not in (await browser.open("/linked")).text
    assert not set(code) & set("ILO018"), "no sign that is read as another one"
    elsewhere = await bot.browser().open(link)
    assert (elsewhere.status_code, code_on(elsewhere)) == (200, "")


async def test_who_refuses_is_told_so_and_the_link_is_forgotten(bot: Bot) -> None:
    """Nothing is sent to the payer, and the link is over."""
    browser, link = bot.browser(), await bot.accounts.begin(DANA)
    page = await browser.open(link)
    refused = await browser.http.post(link, data={**hidden(page), "no": "1"})
    assert (refused.status_code, "Nothing was connected." in refused.text) == (200, True)
    assert "This link no longer works" in (await browser.open(link)).text


@pytest.mark.parametrize("path", ["/linked", "/oauth/callback"])
async def test_pages_take_get_only(bot: Bot, path: str) -> None:
    """Nothing is changed by other methods."""
    assert (await bot.browser().http.post(path)).status_code == 405


def _leaves(root: type[BotError]) -> list[type[BotError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in _leaves(child))]


class _Text(HTMLParser):
    """The readable text of a page, and how its tags nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.open = "", list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- HTMLParser's
        if tag not in {"meta", "input", "path"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_failure_of_a_sign_in_has_words_of_its_own(language: str) -> None:
    """A page with title, text and what to do next, and a reference where something failed; tags nest."""
    renderer = Renderer(PAGES, make_settings())
    seen: dict[str, str] = {}
    in_chat = {"not_linked", "code_wrong", "too_many_chats", "too_many_links", "sign_in_expired", "link"}
    over = {"link_expired", "sign_in_cancelled", "access_not_granted", "code_spent"}
    in_chat |= {"connected_elsewhere", "disconnected", "not_covered"}
    for leaf in _leaves(LinkError):
        problem = leaf.problem
        page = bytes(renderer.page("problem", language, problem=problem, reference="7F3K2").body).decode()
        reader = _Text(page)
        assert reader.open == []
        assert ("7F3K2" in reader.text) == (problem not in over)
        title = re.search(r"<h1>(.+?)</h1>", page)
        assert title is not None
        seen[problem] = title.group(1)
    own = [title for problem, title in seen.items() if problem not in in_chat]
    assert len(set(own)) == len(own)
    assert seen["link"] not in own


def test_no_problem_page_blames_or_shouts() -> None:
    """The tone of every page: no exclamation marks, no "unfortunately"."""
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.html"))
    translated = read_catalogues(PAGES.parent)["es"].translated
    shown = re.sub(r"<!doctype|<!--.*?-->", "", pages) + "".join(translated[message] for message in scan(pages))
    assert "!" not in shown.replace("!=", "")  # of a template's condition
    assert "nfortunately" not in shown
