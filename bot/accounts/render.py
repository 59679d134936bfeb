"""The HTML of the linking pages: the pack's words, values escaped, nothing from elsewhere (T30, T46, T47)."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bot.config import Settings
from bot.message import Language


class Renderer:
    """Makes pages in the language of the browser."""

    def __init__(self, pages: Path, settings: Settings) -> None:
        style = (pages / "page.css").read_text(encoding="utf-8")
        self._style_hash = style_hash(style)
        self._environment = SandboxedEnvironment(
            loader=FileSystemLoader(pages),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # The file of the pack goes in as it is, so that its hash in the policy fits.
        self._environment.globals["style"] = Markup(style)  # noqa: S704 -- the pack's own file, not data
        self._environment.globals["payer"] = {
            "name": settings.payer_name,
            "short_name": settings.payer_short_name,
            "phone": settings.payer_phone or "",
        }

    def page(
        self, name: str, accepts: str | None, *, status: int = 200, form_action: str = "'none'", **values: object
    ) -> HTMLResponse:
        """A page by name, in the language that `accepts` (an Accept-Language header) prefers."""
        language = preferred(accepts)
        file = f"{name}.html" if language == "en" else f"{name}.{language}.html"
        html = self._environment.get_template(file).render(language=language, **values)
        return HTMLResponse(html, status, headers_of(language, self._style_hash, form_action))


def style_hash(style: str) -> str:
    """What a policy says of the one style that may apply."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def headers_of(language: Language, style: str, form_action: str = "'none'") -> dict[str, str]:
    """The headers of a page whose one style has this hash: nothing from elsewhere, no script, no frame, no copy."""
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {**PRIVATE, "Content-Security-Policy": policy, "Content-Language": language, "Vary": "Accept-Language"}


PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of every answer here, redirects too."""


def preferred(accepts: str | None) -> Language:
    """Spanish when the header ranks it above English (RFC 9110 12.5.4), else English."""
    ranks = {"en": 0.0, "es": 0.0}
    for part in (accepts or "").split(","):
        tag, _, quality = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in ranks:
            ranks[language] = max(ranks[language], _quality(quality))
    return "es" if ranks["es"] > ranks["en"] else "en"


def _quality(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=")) if text.strip() else 1.0
    except ValueError:
        return 0.0
