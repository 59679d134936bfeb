"""What the Teams app package says, by language: the commands that a chat suggests, and the search's words.

Teams' limits: names 30 and 100 signs, short descriptions 80, commands 12 a list, titles of the search 32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.message import Language

Command = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Strings:
    """One language. Commands are what is sent and what it brings; `open_` are for places that others read too."""

    full_name: str
    short: str
    long: str
    own: tuple[Command, ...]
    open_: tuple[Command, ...]
    search: Command
    parameter: Command


STRINGS: Mapping[Language, Strings] = {
    "en": Strings(
        full_name="{title}, answers about your health plan",
        short="Answers about your health plan's claims, coverage and doctors.",
        long=(
            "Ask in plain words what you owed for a visit, how a claim was paid, or which doctors near you are in your "
            "network. Doctors, places and networks can be asked about anywhere. Answers about your own claims and "
            "coverage come only in your private chat with the bot, after you sign in at your health plan, and stop "
            'when you say "unlink". Also in Spanish.'
        ),
        own=(
            ("What did I owe for my last visit?", "The amount, as your plan reports it, and its parts"),
            ("Show my claims", "Your newest claims, each with its status"),
            ("What's left of my deductible?", "Your plan's cost shares, and what your claims show of them"),
            (
                "Find a cardiologist near 37402",
                "Doctors near a place, with their networks as the directory lists them",
            ),
            ("Connect my account", "Sign in at your health plan; it works only for you"),
            ("Unlink", "Disconnect your account and delete what is stored for it"),
            ("Help", "What you can ask"),
        ),
        open_=(
            (
                "Find a cardiologist near 37402",
                "Doctors near a place, with their networks as the directory lists them",
            ),
            ("Find a pharmacy near 37402", "Pharmacies near a place"),
            ("Help", "What you can ask here"),
        ),
        search=(
            "Find a provider",
            "Doctors, places and pharmacies of the open directory, to drop into the conversation",
        ),
        parameter=("Whom, and where", "Such as: cardiologist near 37402 accepting new patients"),
    ),
    "es": Strings(
        full_name="{title}, respuestas sobre su plan de salud",
        short="Respuestas sobre reclamaciones, cobertura y médicos de su plan de salud.",
        long=(
            "Pregunte con sus palabras cuánto debía de una visita, cómo se pagó una reclamación o qué médicos cerca de "
            "usted están en su red. Sobre médicos, lugares y redes se puede preguntar en cualquier chat. Las "
            "respuestas sobre sus propias reclamaciones y su cobertura llegan solo en su chat privado con el "
            "asistente, después de iniciar sesión en su plan de salud, y terminan cuando dice “desconectar”. También "
            "en inglés."
        ),
        own=(
            ("¿Cuánto debía de mi última visita?", "El monto, como lo informa su plan, y sus partes"),
            ("Mis reclamaciones", "Sus reclamaciones más nuevas, cada una con su estado"),
            ("¿Cuánto falta de mi deducible?", "Lo que su plan deja a su cargo, y lo que se ve en sus reclamaciones"),
            (
                "Busca un cardiólogo cerca de 37402",
                "Médicos cerca de un lugar, con sus redes como constan en el directorio",
            ),
            ("Conectar mi cuenta", "Inicie sesión en su plan de salud; sirve solo para usted"),
            ("Desconectar", "Desconecta su cuenta y borra lo que se guarda de ella"),
            ("Ayuda", "Qué puede preguntar"),
        ),
        open_=(
            (
                "Busca un cardiólogo cerca de 37402",
                "Médicos cerca de un lugar, con sus redes como constan en el directorio",
            ),
            ("Busca una farmacia cerca de 37402", "Farmacias cerca de un lugar"),
            ("Ayuda", "Qué puede preguntar aquí"),
        ),
        search=(
            "Buscar un proveedor",
            "Médicos, centros y farmacias del directorio público, para ponerlos en la conversación",
        ),
        parameter=("A quién, y dónde", "Por ejemplo: cardiólogo cerca de 37402 que acepte pacientes nuevos"),
    ),
}
TRANSLATIONS: tuple[Literal["es"], ...] = ("es",)
"""The languages beside the manifest's own, English."""
