"""A resource's narrative as lines of plain text: XHTML with its tags taken off."""

from __future__ import annotations

from html.parser import HTMLParser

from bot.records.text import NOTE_LIMIT, clean

_BREAKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "dt", "dd"})
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style", "head", "title"})
_LONGEST = 60_000


def lines_of(div: str | None) -> tuple[str, ...]:
    """The lines of a narrative's `div`, in order, without empty and repeated ones; no tag and no attribute is left."""
    if not div:
        return ()
    reader = _Reader()
    reader.feed(div[:_LONGEST])
    reader.close()
    lines = (clean(line, NOTE_LIMIT) for line in "".join(reader.pieces).split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))


class _Reader(HTMLParser):
    """Collects text; blocks end a line, table cells are parted, what a browser would not show is skipped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        del attrs
        self._hidden += tag in _UNSEEN
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        self._hidden -= tag in _UNSEEN and self._hidden > 0
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Text between tags; its own line ends mean nothing in XHTML."""
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))

    def _part(self, tag: str) -> None:
        if tag in _BREAKS:
            self.pieces.append("\n")
        elif tag in _CELLS and self.pieces and not self.pieces[-1].endswith("\n"):
            self.pieces.append(" · ")
