"""The pages in the member's browser: plain HTML without scripts, designed for phones first."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from bot.sandbox.fhir.table import display_name
from bot.sandbox.world import Account, World

SPANISH = {
    "Sandbox payer": "Plan de prueba",
    "synthetic members": "miembros inventados",
    "Sign in": "Iniciar sesión",
    "Nobody here is real, and there are no passwords. Choose who to sign in as.": (
        "Nadie aquí es real y no hay contraseñas. Elija con quién iniciar sesión."
    ),
    "Nobody is called “{name}”. Choose one below, or check the spelling.": (
        "Nadie se llama “{name}”. Elija a alguien de la lista o revise cómo está escrito."
    ),
    "Member": "Miembro",
    "Somebody else? Type the user name": "¿Otra persona? Escriba el nombre de usuario",
    "Or type the user name": "O escriba el nombre de usuario",
    "Share your records with this app?": "¿Compartir sus datos con esta aplicación?",
    "Signed in as": "Sesión iniciada como",
    "The app asks to read:": "La aplicación pide leer:",
    "claims and what they cost": "reclamaciones y lo que costaron",
    "coverage and plan details": "cobertura y detalles del plan",
    "conditions, results, procedures and care plans": "diagnósticos, resultados, procedimientos y planes de atención",
    "covered drugs": "medicinas cubiertas",
    "These are the records of:": "Son los datos de:",
    "The app asks only who you are.": "La aplicación solo pregunta quién es usted.",
    "It cannot change anything.": "No puede cambiar nada.",
    "Allow": "Permitir",
    "Cancel": "Cancelar",
    "Something is not right": "Algo no está bien",
    "This sign-in page has expired. Go back to the app and start again.": (
        "Esta página de inicio de sesión venció. Vuelva a la aplicación y empiece de nuevo."
    ),
    "This page has expired. Go back to the app and start again.": (
        "Esta página venció. Vuelva a la aplicación y empiece de nuevo."
    ),
}


def language_of(wanted: str) -> str:
    """Return the first of English and Spanish in a list as in `ui_locales` or Accept-Language, else English."""
    tags = wanted.replace(",", " ").replace(";", " ").lower().split()
    return next((tag[:2] for tag in tags if tag.split("-")[0] in {"en", "es"}), "en")


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages"), autoescape=True, undefined=StrictUndefined
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # No form-action here: Chromium applies it to the redirect back to the app too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}
LISTED = 60
"""How many accounts the sign-in page lists; the name of any other account must be typed."""


def sign_in(ticket: str, world: World, language: str, unknown: str = "") -> Response:
    """Return the sign-in page; `unknown` is a user name that was not found."""
    accounts = [account for name, account in world.accounts.items() if name == account.username]
    listed, more = accounts[:LISTED], len(accounts) > LISTED
    status = 400 if unknown else 200
    return _page("sign_in.html", status, language, ticket=ticket, accounts=listed, more=more, unknown=unknown)


def consent(ticket: str, account: Account, world: World, scope: str, language: str) -> Response:
    """Return the consent page: who signed in, whose records the app may read, and for which scopes."""
    patients = [_name(world, patient) for patient in account.patients]
    reads = any(each.startswith("patient/") for each in scope.split())
    return _page("consent.html", 200, language, ticket=ticket, account=account, patients=patients, reads=reads)


def failed(words: str, language: str = "en") -> Response:
    """Return the error page for a request that cannot continue."""
    return _page("failed.html", 400, language, words=words)


def _page(name: str, status: int, language: str, **values: Any) -> Response:
    def said(text: str) -> str:
        return SPANISH.get(text, text) if language == "es" else text

    html = _PAGES.get_template(name).render(language=language, _=said, **values)
    return HTMLResponse(html, status, {**_HEADERS, "Content-Language": language})


def _name(world: World, patient_id: str) -> str:
    return display_name(world.resources.get("Patient", {}).get(patient_id, {})) or patient_id
