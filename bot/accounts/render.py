"""The HTML of the linking pages: the pack's texts, with values escaped (T46, T47).

Nothing is loaded from elsewhere (T30), with one exception: the last page of a sign-in that was opened as a pop-up by
the person's own button in Teams loads a Microsoft script, which passes the code to Teams. If the script is missing or
blocked, or the Teams user is not the person that the page was made for, the code is typed as in any other browser.
"""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.config import Settings
from bot.message import Language, Person
from bot.replies.catalogues import SOURCE, ByLanguage, whole_catalogues
from bot.replies.render import page_words

PARAMETER, OPENED_BY = "popup", "teams"
TEAMS_CHAT = "https://teams.microsoft.com/l/chat/0/0?users=28:"
"""The start of the link that opens the chat with a bot, followed by its id in Teams."""
TEAMS_JS = "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
TEAMS_JS_SHA384 = "sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"
"""The hash of the file in that version's npm package; Microsoft's guide has the same."""


def is_popup(query: Mapping[str, str], person: Person) -> bool:
    """Return whether a link was opened as a Teams pop-up, for a Teams person."""
    return person.platform == OPENED_BY and query.get(PARAMETER) == OPENED_BY


def known_as(person: Person) -> str:
    """Return the SHA-256 of tenant and object id, by which the page's script recognizes the Teams person.

    The code is passed to Teams only if both are those of the person the link was made for. Otherwise another app's
    button in a victim's client could open an attacker's link and be given the victim's code (T01).
    """
    return hashlib.sha256(f"{person.team} {person.user}".casefold().encode()).hexdigest()


class Renderer:
    """Renders pages in the browser's language."""

    def __init__(self, pages: Path, settings: Settings) -> None:
        style = style_of(pages / "page.css")
        code, handing_over = text_of(pages / "code.js"), text_of(pages / "popup.js")
        self._style_hash = sha256(style)
        own = f"'sha256-{sha256(code)}'"
        self._scripts = {"code": own, "popup": f"{own} 'sha256-{sha256(handing_over)}' {TEAMS_JS}"}
        slack, teams = settings.slack_bot_token or settings.slack_client_id, settings.teams_app_id or ""
        # The files of the pack go in as they are, so that their hashes in the policy fit.
        shared = {
            "style": Markup(style),  # noqa: S704 -- the pack's own file, not data
            "code_script": Markup(code),  # noqa: S704 -- as above
            "operator": settings.bot_company or "",
            "contact": settings.bot_contact_email or "",
            "chats": {"slack": "slack://open" if slack else "", "teams": teams and f"{TEAMS_CHAT}{teams}"},
            "popup_script": Markup(handing_over),  # noqa: S704 -- as above
            "teams_js": {"url": TEAMS_JS, "integrity": f"sha384-{TEAMS_JS_SHA384}"},
            "payer": settings.payer_facts,
        }
        words = whole_catalogues(pages.parent)
        self._by_language: ByLanguage[ImmutableSandboxedEnvironment] = ByLanguage(
            {
                language: environment(
                    pages, {"say": page_words(words.get(language)), "language": language, **shared}, autoescape=True
                )
                for language in (SOURCE, *words)
            }
        )

    def preferred(self, accepts: str | None) -> Language:
        """Return the language with pages that an Accept-Language header ranks highest (RFC 9110 12.5.4).

        It is the first one in case of a tie.
        """
        ranks = dict.fromkeys(self._by_language, 0.0)
        for part in (accepts or "").split(","):
            tag, _, quality = part.strip().partition(";")
            language = tag.strip().lower().split("-")[0]
            if language in ranks:
                ranks[language] = max(ranks[language], _quality(quality))
        return max(ranks, key=lambda language: ranks[language])

    def page(
        self,
        name: str,
        accepts: str | None,
        *,
        status: int = 200,
        form_action: str = "'none'",
        popup: bool = False,
        scripts: Literal["code", "popup"] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Return a page by name, in the language that `accepts` (an Accept-Language header) prefers.

        `popup` keeps the connection to the window that opened the page. `scripts` allows the script of the page with
        the code, or also those of the pop-up.
        """
        language = self.preferred(accepts)
        html = self._by_language[language].get_template(f"{name}.html").render(values)
        headers = headers_of(language, self._style_hash, form_action, self._scripts[scripts] if scripts else "'none'")
        return HTMLResponse(html, status, {**headers, **private(popup=popup)})

    def problem(
        self,
        request: Request,
        name: str,
        status: HTTPStatus,
        reference: str = "",
        *,
        popup: bool = False,
        person: Person | None = None,
        back: str = "",
    ) -> HTMLResponse:
        """Return the page that says what went wrong, in the browser's language. In a pop-up, the chat is still open.

        `back` is the link to the chat of the `person`, if it is known.
        """
        accepts, behind = request.headers.get("accept-language"), popup or PARAMETER in request.query_params
        told: dict[str, Any] = {
            "problem": name,
            "reference": reference,
            "behind": behind,
            "person": person,
            "back": back,
        }
        return self.page("problem", accepts, status=status, **told)


def environment(folder: Path, common: Mapping[str, object], **options: Any) -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment for a folder of pages, with the phrases about a record that replies use."""
    jinja = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([folder, folder.parent]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    jinja.globals |= common
    return jinja


def style_of(path: Path) -> str:
    """Return the CSS of a page folder, after the CSS that all pages of a pack share (`look.css`, two folders up)."""
    return text_of(path.parent.parent / "look.css") + text_of(path)


def text_of(path: Path) -> str:
    """Return the text of a file of the pack, "" if the pack does not have the file."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def sha256(text: str) -> str:
    """Return the hash that a Content-Security-Policy lists for an allowed style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def headers_of(language: Language, style: str, form_action: str = "'none'", scripts: str = "'none'") -> dict[str, str]:
    """Return the headers of a page whose one style has this hash: no other sources, no frames, no caching."""
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'sha256-{style}'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {**PRIVATE, "Content-Security-Policy": policy, "Content-Language": language, "Vary": "Accept-Language"}


def private(*, popup: bool) -> dict[str, str]:
    """Return the headers of all responses, also redirects. A pop-up keeps its opener, to which it passes the code."""
    return {**PRIVATE, "Cross-Origin-Opener-Policy": "unsafe-none"} if popup else PRIVATE


PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of all responses of these pages, also redirects, except in a pop-up."""


def _quality(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=")) if text.strip() else 1.0
    except ValueError:
        return 0.0
