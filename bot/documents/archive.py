"""Several files as one zip, packed while they are made: of what goes in, one piece is in memory at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping

Files = Iterable[tuple[str, Iterable[bytes]]]


def zipped(printed: Mapping[str, Iterable[str]], files: Files) -> bytes:
    """The zip of printed texts and of further files, in this order; the same files give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, texts in printed.items():
            _add(archive, name, (text.encode() for text in texts))
        for name, pieces in files:
            _add(archive, name, pieces)
    return held.getvalue()


def _add(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16  # health information: whoever unpacks it reads it alone
    with archive.open(info, "w") as file:
        for piece in pieces:
            file.write(piece)
