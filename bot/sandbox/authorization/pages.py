"""The pages that a member's browser sees: plain HTML, no script, made for a phone first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from bot.sandbox.authorization.spanish import SPANISH
from bot.sandbox.fhir.values import display_name
from bot.sandbox.world import Account, World

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages"),
    autoescape=True,
    undefined=StrictUndefined,
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # No form-action here: Chromium applies it to the redirect back to the app too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}
LISTED = 60
"""How many accounts the sign-in page offers; every other one is typed."""


def sign_in(ticket: str, world: World, language: str, unknown: str = "") -> Response:
    """The sign-in page; `unknown` is the name nobody is known by."""
    accounts = [account for name, account in world.accounts.items() if name == account.username]
    listed, more = accounts[:LISTED], len(accounts) > LISTED
    status = 400 if unknown else 200
    return _page("sign_in.html", status, language, ticket=ticket, accounts=listed, more=more, unknown=unknown)


def consent(ticket: str, account: Account, world: World, scope: str, language: str) -> Response:
    """The consent page: who signed in, whose records the app may read, and what for."""
    patients = [_name(world, patient) for patient in account.patients]
    reads = any(each.startswith("patient/") for each in scope.split())
    return _page("consent.html", 200, language, ticket=ticket, account=account, patients=patients, reads=reads)


def failed(words: str, language: str = "en") -> Response:
    """The page for a request that cannot go on."""
    return _page("failed.html", 400, language, words=words)


def _page(name: str, status: int, language: str, **values: Any) -> Response:
    def said(text: str) -> str:
        return SPANISH.get(text, text) if language == "es" else text

    html = _PAGES.get_template(name).render(language=language, _=said, **values)
    return HTMLResponse(html, status, {**_HEADERS, "Content-Language": language})


def _name(world: World, patient_id: str) -> str:
    return display_name(world.resources.get("Patient", {}).get(patient_id, {})) or patient_id
