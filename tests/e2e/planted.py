"""What may not be found where it does not belong: a member's strings, what was typed, what opens a sign-in."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from bot.replies.filters import filters
from bot.sandbox.world import DIRECTORY_TYPES, Resource, World
from tests.inside import objects

_GRAM = 5
_ENCODED = 8  # characters from which an encoding is no chance find in random text
_CLAIMS, _AMOUNTS = 6, 4
_NAMED = ("Practitioner", "Organization", "Location")


def strings_of(world: World, username: str) -> set[str]:
    """What a member's record holds and nobody else may read; what the open directory says too is left out."""
    patient = world.resources["Patient"][world.accounts[username].patients[0]]
    return {each for each in _own(world, patient) if each not in _open_words(world) and len(each) >= _GRAM}


def stored(folder: Path) -> str:
    """The bytes of the store's files, the key's apart, as text."""
    files = [path for path in folder.iterdir() if path.name.startswith("bot.db") and "key" not in path.name]
    assert any(path.name == "bot.db" for path in files)
    return b"".join(path.read_bytes() for path in files).decode("latin-1")


def _own(world: World, patient: Resource) -> Iterator[str]:
    name = patient["name"][0]
    yield from (patient["id"], patient["birthDate"], *_said(patient["birthDate"]))
    yield from (name.get("text", ""), name.get("family", ""), *name.get("given", ()))
    yield from (each["value"] for each in (*patient.get("identifier", ()), *patient.get("telecom", ())))
    yield from (line for address in patient.get("address", ()) for line in address.get("line", ()))
    for coverage in _of(world, "Coverage", "beneficiary", patient):
        yield from (coverage["id"], coverage.get("subscriberId", ""))
    claims = sorted(_of(world, "ExplanationOfBenefit", "patient", patient), key=_start)
    for claim in claims[-_CLAIMS:]:
        yield from (claim["id"], *_days(_start(claim)))
        yield from islice(_amounts(claim), _AMOUNTS)
    for condition in _of(world, "Condition", "subject", patient):
        yield from (condition["id"], str(condition.get("code", {}).get("text", "")))


def _of(world: World, kind: str, key: str, patient: Resource) -> Iterator[Resource]:
    return (one for one in world.of_type(kind) if one.get(key, {}).get("reference", "").endswith(patient["id"]))


def _start(claim: Resource) -> str:
    return str(claim.get("billablePeriod", {}).get("start", ""))[:10]


def _days(day: str) -> Iterator[str]:
    """A claim's day in every way in which it could be found, unless log lines may name the same one."""
    if _tells(day):
        yield from (day, *_said(day))


def _tells(day: str) -> bool:
    """Whether the day is none of these: the machine's own stands in every log line, so it tells nothing."""
    return len(day) == len("2026-05-20") and abs(date.fromisoformat(day) - date.today()) > timedelta(days=2)  # noqa: DTZ011 -- any zone


def _said(day: str) -> Iterator[str]:
    """The day as answers write it."""
    if _tells(day):
        yield from (str(filters(language)["day"](date.fromisoformat(day))) for language in ("en", "es"))


def _amounts(value: Any) -> Iterator[str]:
    """Amounts with cents, as JSON and as people write them; round ones could be anything."""
    for one in objects(value):
        if "currency" in one and isinstance(one.get("value"), float) and one["value"] % 1:
            yield from (f"{one['value']:.2f}", f"{one['value']:,.2f}")


_WORDS: dict[int, frozenset[str]] = {}


def _open_words(world: World) -> frozenset[str]:
    """Every word of a name in the directory, its telephone numbers, and the days of its records' last changes."""
    if id(world) not in _WORDS:
        named = [one for kind in _NAMED for one in world.of_type(kind)]
        names = (json.dumps(one.get("name", ""), ensure_ascii=False) for one in named)
        words = {word for name in names for form in (r"\w+", r"[\w'-]+") for word in re.findall(form, name)}
        days = {
            one.get("meta", {}).get("lastUpdated", "")[:10] for kind in DIRECTORY_TYPES for one in world.of_type(kind)
        }
        phones = {number for kind in DIRECTORY_TYPES for one in world.of_type(kind) for number in _phones(one)}
        members = {number for one in world.of_type("Patient") for number in _phones(one)}
        shared = {number for number in members if _digits(number) in {_digits(other) for other in phones}}
        _WORDS[id(world)] = frozenset(words | days | shared | {said for day in days for said in _said(day)})
    return _WORDS[id(world)]


def _phones(resource: Resource) -> Iterator[str]:
    return (str(each.get("value", "")) for each in resource.get("telecom", ()))


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def needles(planted: Iterable[str]) -> dict[str, str]:
    """Each planted string by every way of writing it: plain, and as URL, JSON, HTML, hex and base64 would carry it."""
    return {written: each for each in planted for written in _written(each) if len(written) >= _GRAM}


def _written(text: str) -> Iterator[str]:
    raw = text.encode()
    yield from (text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1], html.escape(text))
    if len(raw) >= _GRAM:
        yield from (raw.hex(), raw.hex().upper())
    for before in range(3):
        coded = _inner(raw, before)
        if len(coded) >= _ENCODED:
            yield from (coded, coded.replace("+", "-").replace("/", "_"))


def _inner(raw: bytes, before: int) -> str:
    """The letters of base64 that are the same whatever stands before and after, when so many bytes stand before."""
    coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
    end = len(coded) - (1 if (before + len(raw)) % 3 else 0)
    return coded[(0, 2, 3)[before] : end]


def found(written: Mapping[str, str], text: str) -> list[str]:
    """The planted strings that stand in a text, in plain as whole words. `written` is what `needles` made.

    Only those are searched for whose first letters stand somewhere; to know these, each of the text's runs of signs
    that a beginning can hold is cut once, however often the text repeats it.
    """
    begins = {each[:_GRAM] for each in written}
    if not begins:
        return []
    signs = re.escape("".join(sorted(set("".join(begins)))))
    runs = set(re.findall(rf"[{signs}]{{{_GRAM},}}", text))
    there = begins.intersection(run[at : at + _GRAM] for run in runs for at in range(len(run) - _GRAM + 1))
    return sorted({plain for each, plain in written.items() if each[:_GRAM] in there and _stands(each, plain, text)})


def _stands(each: str, plain: str, text: str) -> bool:
    if each != plain:
        return each in text
    return each in text and re.search(rf"(?<![\w.]){re.escape(each)}(?![\w])", text) is not None
