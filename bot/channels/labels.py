"""The words of buttons, forms and lists: templates of `templates/channels/` that are one table, by the rows' names."""

from __future__ import annotations

from collections.abc import Mapping

from bot.message import Facts, Language
from bot.replies.render import Words


def labels_of(
    words: Words, name: str, language: Language, values: Mapping[str, object] | None = None
) -> Mapping[str, str]:
    """A template's table in a language: each row's name and its words."""
    blocks = words.render(f"channels/{name}", values or {}, language=language)
    return {row.label: row.value for block in blocks if isinstance(block, Facts) for row in block.rows}
