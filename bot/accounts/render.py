"""The HTML of the linking pages: the pack's words, values escaped (T46, T47).

Nothing comes from elsewhere (T30), but for one script of Microsoft's on one page: see `bot.accounts.popup`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bot.accounts.popup import TEAMS_JS, TEAMS_JS_SHA384
from bot.config import Settings
from bot.message import Language
from bot.replies.catalogues import SOURCE, ByLanguage, whole_catalogues
from bot.replies.pages import page_words


class Renderer:
    """Makes pages in the language of the browser."""

    def __init__(self, pages: Path, settings: Settings) -> None:
        style = (pages / "page.css").read_text(encoding="utf-8")
        code, handing_over = _script(pages / "code.js"), _script(pages / "popup.js")
        self._style_hash = sha256(style)
        own = f"'sha256-{sha256(code)}'"
        self._scripts = {"code": own, "popup": f"{own} 'sha256-{sha256(handing_over)}' {TEAMS_JS}"}
        # The files of the pack go in as they are, so that their hashes in the policy fit.
        shared = {
            "style": Markup(style),  # noqa: S704 -- the pack's own file, not data
            "code_script": Markup(code),  # noqa: S704 -- as above
            "operator": settings.bot_company or "",
            "popup_script": Markup(handing_over),  # noqa: S704 -- as above
            "teams_js": {"url": TEAMS_JS, "integrity": f"sha384-{TEAMS_JS_SHA384}"},
            "payer": {
                "name": settings.payer_name,
                "short_name": settings.payer_short_name,
                "number": settings.payer_phone or "",
            },
        }
        words = whole_catalogues(pages.parent)
        self._by_language: ByLanguage[SandboxedEnvironment] = ByLanguage(
            {
                language: _environment(pages, {"say": page_words(words.get(language)), "language": language, **shared})
                for language in (SOURCE, *words)
            }
        )

    def preferred(self, accepts: str | None) -> Language:
        """The language that an Accept-Language header prefers among those that pages are written in."""
        return preferred(accepts, self._by_language)

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
        """A page by name, in the language that `accepts` (an Accept-Language header) prefers.

        `popup` lets the window that opened it stay its opener. `scripts` lets the script of the code's page run, or
        those of the pop-up as well.
        """
        language = self.preferred(accepts)
        html = self._by_language[language].get_template(f"{name}.html").render(values)
        headers = headers_of(language, self._style_hash, form_action, self._scripts[scripts] if scripts else "'none'")
        return HTMLResponse(html, status, {**headers, **private(popup=popup)})


def _environment(pages: Path, common: dict[str, object]) -> SandboxedEnvironment:
    jinja = SandboxedEnvironment(
        loader=FileSystemLoader(pages),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals |= common
    return jinja


def _script(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def sha256(text: str) -> str:
    """What a policy says of a style or a script that may apply."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def headers_of(language: Language, style: str, form_action: str = "'none'", scripts: str = "'none'") -> dict[str, str]:
    """The headers of a page whose one style has this hash: nothing from elsewhere, no script, no frame, no copy."""
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'sha256-{style}'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {**PRIVATE, "Content-Security-Policy": policy, "Content-Language": language, "Vary": "Accept-Language"}


def private(*, popup: bool) -> dict[str, str]:
    """Headers of every answer here, redirects too; in a pop-up the opener must stay known, or no code can reach it."""
    return {**PRIVATE, "Cross-Origin-Opener-Policy": "unsafe-none"} if popup else PRIVATE


PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of every answer here, redirects too, outside of a pop-up."""


def preferred(accepts: str | None, languages: Iterable[Language]) -> Language:
    """The one of these languages that the header ranks highest (RFC 9110 12.5.4), the first of them in doubt."""
    ranks = dict.fromkeys(languages, 0.0)
    for part in (accepts or "").split(","):
        tag, _, quality = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in ranks:
            ranks[language] = max(ranks[language], _quality(quality))
    best: Language = max(ranks, key=lambda language: ranks[language])
    return best


def _quality(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=")) if text.strip() else 1.0
    except ValueError:
        return 0.0
