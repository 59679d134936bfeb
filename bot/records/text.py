"""The payer's texts made safe to show: one clean line, the lines of a narrative, or an address for a button."""

import unicodedata
from html.parser import HTMLParser
from urllib.parse import urlsplit

NAME_LIMIT = 80
NOTE_LIMIT = 1000
_JOINER = "\u200d"

_BREAKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "dt", "dd"})
_TABLE_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style", "head", "title"})
_LONGEST_NARRATIVE = 60_000

_LONGEST_ADDRESS = 2_000


def clean(text: str | None, limit: int = NAME_LIMIT) -> str | None:
    """Return the text on one line without control, bidi and zero-width characters, cut at `limit` (F45, F46).

    None if nothing visible is left: an empty name is an absent name.
    """
    if not text:
        return None
    short = text[: limit * 4]
    if not short.isprintable():
        short = "".join(_visible(short, place) for place in range(len(short)))
    words = " ".join(short.split())
    if len(words) > limit or len(text) > limit * 4:
        words = words[: limit - 1].rstrip() + "…"
    return words or None


def _visible(text: str, place: int) -> str:
    """Return the character itself, a space for white space and controls, "" for invisible characters."""
    character = text[place]
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if character == _JOINER and place and unicodedata.category(text[place - 1]) in {"So", "Sk", "Mn"}:
        return character  # it holds an emoji together
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else character


def lines_of(div: str | None) -> tuple[str, ...]:
    """Return the lines of a narrative's `div`, in order, without tags, empty lines and duplicates."""
    if not div:
        return ()
    reader = _Reader()
    reader.feed(div[:_LONGEST_NARRATIVE])
    reader.close()
    lines = (clean(line, NOTE_LIMIT) for line in "".join(reader.pieces).split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))


class _Reader(HTMLParser):
    """Collects text; blocks end a line, table cells are separated, what a browser would not show is skipped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle an opening tag."""
        del attrs
        self._hidden += tag in _UNSEEN
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        """Handle a closing tag."""
        self._hidden -= tag in _UNSEEN and self._hidden > 0
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Handle text between tags; line ends have no meaning in XHTML."""
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))

    def _part(self, tag: str) -> None:
        if tag in _BREAKS:
            self.pieces.append("\n")
        elif tag in _TABLE_CELLS and self.pieces and not self.pieces[-1].endswith("\n"):
            self.pieces.append(" · ")


def web_address(text: str | None) -> str | None:
    """Return the address if it is https, with a host, and without user name, space or control character; else None."""
    if not text or len(text) > _LONGEST_ADDRESS or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme == "https" and host and parts.username is None else None
