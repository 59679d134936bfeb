"""What Slack offers a person who opens the chat, in the language it speaks to them: (title, message)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.message import Language

PROMPTS: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("What did I owe last time?", "What did I owe for my last visit?"),
        ("My recent claims", "Show my claims"),
        ("Find a doctor near me", "Find a primary care doctor near me accepting new patients"),
        ("What can you do?", "help"),
    ),
    "es": (
        ("¿Cuánto debí la última vez?", "¿Cuánto debo de mi última visita?"),
        ("Mis reclamos recientes", "Muestra mis reclamos"),
        ("Buscar un médico cerca de mí", "Busca un médico de cabecera cerca de mí que acepte pacientes nuevos"),
        ("¿Qué puedes hacer?", "ayuda"),
    ),
}
