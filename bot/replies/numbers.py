"""The telephone numbers that templates may name, from `templates/numbers.yaml`: each with its source and a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec

FILE = "numbers.yaml"


class _Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`text` takes messages, `word` is what to write there, `press` the key to press after calling."""

    number: str
    source: str
    checked: date
    text: str = ""
    word: str = ""
    press: str = ""


def load_numbers(templates: Path) -> dict[str, Mapping[str, str]]:
    """The numbers by name; none where the folder has no such file.

    Raises:
        ValueError: the file is not YAML, or a number lacks its source or day; names the file and the key.
    """
    path = templates / FILE
    if not path.is_file():
        return {}
    try:
        found = msgspec.yaml.decode(path.read_bytes(), type=dict[str, _Number])
    except msgspec.MsgspecError as error:
        raise ValueError(f"{FILE}: {error}") from error
    return {
        name: {key: str(value) for key, value in msgspec.structs.asdict(one).items()} for name, one in found.items()
    }
