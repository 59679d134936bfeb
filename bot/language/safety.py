"""The gate before everything else: a crisis, then an emergency, told apart from questions about benefits.

The phrases are in `_words/safety.yaml`, in these parts. `always` counts by itself. `sign` counts unless the message is
about benefits or the past. `self` says that it is happening to somebody now, and makes a sign count whatever else is
said. `benefit` are the words of benefit and look-up questions. `never` takes the words it covers out.
"""

from collections.abc import Sequence

from bot.language.lexicon import Lexicon


class SafetyGate:
    """Reads up to 4,000 characters, already cut into look-up forms."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._trees = [(kind, lexicon.safety[kind]) for kind in ("crisis", "emergency")]

    def check(self, keys: Sequence[str]) -> tuple[str, str, str] | None:
        """The intent (crisis or emergency) with the part that decided and its language, or None."""
        for kind, tree in self._trees:
            parts: dict[str, str] = {}
            for found in tree.scan(keys):
                for meaning in found.meanings:
                    parts.setdefault(meaning.kind, meaning.language)
            if "always" in parts:
                return f"safety.{kind}", "always", parts["always"]
            if "sign" in parts and ("self" in parts or "benefit" not in parts):
                return f"safety.{kind}", "sign", parts["sign"]
        return None
