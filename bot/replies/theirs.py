"""Messages about somebody else's record: "your share" becomes "Bảo's share". `templates/theirs.yaml` holds the phrases.

Templates speak to the person whose record it is. Where a parent asks for a child's, the same messages are taken with
these phrases in place of those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import msgspec

FILE, NAME = "theirs.yaml", "them"
_NAMED: ContextVar[str] = ContextVar("named", default="")


def load_theirs(templates: Path) -> dict[str, Mapping[str, str]]:
    """By language, each phrase with the one that takes its place; none where the folder has no such file.

    Raises:
        ValueError: the file is not YAML of this form; names the file.
    """
    path = templates / FILE
    if not path.is_file():
        return {}
    try:
        found: dict[str, Mapping[str, str]] = msgspec.yaml.decode(path.read_bytes(), type=dict[str, dict[str, str]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{FILE}: {error}") from error
    return found


def of_them(phrases: Mapping[str, str]) -> Callable[[str], str]:
    """What rewrites the text of a message: whole words, the longest phrase first, none of them twice.

    A capital at the front stays one. `{them}` in a phrase is the given name of the person.
    """
    if not phrases:
        return str
    longest = sorted(phrases, key=len, reverse=True)
    found = re.compile(rf"(?<![\w'{{])(?:{'|'.join(map(_anyhow, longest))})(?![\w}}])")
    known = {phrase.casefold(): instead for phrase, instead in phrases.items()}

    def rewritten(match: re.Match[str]) -> str:
        instead = known[match[0].casefold()]
        return instead[:1].upper() + instead[1:] if match[0][:1].isupper() else instead

    return lambda text: found.sub(rewritten, text)


def _anyhow(phrase: str) -> str:
    """The phrase with a small or a capital letter at its front."""
    first = phrase[:1]
    return f"[{first.lower()}{first.upper()}]{re.escape(phrase[1:])}" if first.isalpha() else re.escape(phrase)


@contextmanager
def about(name: str) -> Iterator[None]:
    """Within it, messages are about the person of this given name."""
    token = _NAMED.set(name)
    try:
        yield
    finally:
        _NAMED.reset(token)


def named() -> str:
    """The given name of the person whom messages are about."""
    return _NAMED.get()
