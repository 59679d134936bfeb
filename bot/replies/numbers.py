"""Facts from external sources that templates may use: phone numbers, and the steps after an appeal.

Each fact has its source, and the date on which it was last checked against that source.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec
from markupsafe import Markup, escape

from bot import compiled

_T = TypeVar("_T")
NUMBERS, APPEALS = "numbers.yaml", "appeals.yaml"


class _Checked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number or page for templates, or a step after the plan's decision with its time limit.

    `text` is a number for messages, `word` the word to write in the message. `press` is the key to press after calling.
    `site` is a page to open if there is no `number`. `name` is what the state or the plan calls the service or office.
    The time limit is in `months` or `days`.
    """

    source: str
    checked: date
    number: str = ""
    site: str = ""
    name: str = ""
    text: str = ""
    word: str = ""
    press: str = ""
    months: int = 0
    days: int = 0


def load_numbers(templates: Path) -> dict[str, Mapping[str, str]]:
    """Return the numbers by name, each `number` with a link that calls it; empty if the folder has no such file.

    Raises:
        ValueError: the file is not YAML, or a number lacks its source or date; the message names the file and the key.
    """
    found = load(templates / NUMBERS, dict[str, _Checked])
    if empty := [name for name, one in found.items() if not (one.number or one.site or one.name)]:
        raise ValueError(f"{NUMBERS}: {empty[0]}: has no number, site or name")
    return {
        name: {key: str(value) for key, value in msgspec.structs.asdict(one).items()} | {"number": _dialled(one.number)}
        for name, one in found.items()
    }


def _dialled(number: str) -> str:
    """Return a number for a reply: `[1-800-222-1222]{tel:+18002221222}`; a short one, such as 911, has no prefix."""
    call = re.sub(r"[^\d+]", "", re.sub(r"^(?=1-)", "+", number))
    return Markup(f"[{escape(number)}]{{tel:{call}}}") if call else ""  # noqa: S704 -- digits, and our own file's


def load_appeals(templates: Path) -> dict[str, Mapping[str, object]]:
    """Return the steps after an appeal by name; empty if the folder has no such file.

    Raises:
        ValueError: the file is not YAML, or a step lacks its source or date; the message names the file and the key.
    """
    found = load(templates / APPEALS, dict[str, _Checked])
    return {name: msgspec.structs.asdict(one) for name, one in found.items()}


def load(path: Path, kind: type[dict[str, _T]]) -> dict[str, _T]:
    """Return the content of a YAML file, read as this type; {} if there is no file.

    Raises:
        ValueError: the file is not YAML or not of this type; the message names the file.
    """
    if not path.is_file():
        return {}
    key = compiled.key_of(path, of=compiled.code_of("replies"))
    try:
        return compiled.kept(path.stem, key, kind, lambda: msgspec.yaml.decode(path.read_bytes(), type=kind))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from error
