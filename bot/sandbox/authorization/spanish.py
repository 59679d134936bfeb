"""The words of the sign-in pages in Spanish, by their English. What a member is about stays in English."""

from __future__ import annotations

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
    """The first of English and Spanish in a list of tags as `ui_locales` or Accept-Language write it, else English."""
    tags = wanted.replace(",", " ").replace(";", " ").lower().split()
    return next((tag[:2] for tag in tags if tag.split("-")[0] in {"en", "es"}), "en")
