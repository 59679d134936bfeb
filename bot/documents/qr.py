"""A text as a QR code for a page: inline SVG without styles, scripts or addresses, as the pages' policy wants it."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """The QR code, dark on white in every colour scheme, as scanners need it; its size is the page's to say."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 -- drawn from modules here; the text itself is not in it
