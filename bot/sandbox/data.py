"""Loads FHIR data from files: JSON resources, Bundles and NDJSON, with an account for each Patient."""

import hashlib
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from bot.sandbox.fhir.search import owner
from bot.sandbox.fhir.table import display_name
from bot.sandbox.world import Account, Resource, World

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_LOG = logging.getLogger(__name__)
_SUFFIXES = frozenset({".json", ".ndjson", ".jsonl"})
_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})$")


@dataclass(slots=True)
class _Reading:
    """The state while files are loaded: the data read so far."""

    say: Callable[[str], None]
    world: World = field(default_factory=World)
    addresses: dict[str, str] = field(default_factory=dict)
    """`Type/id` by the fullUrl under which a Bundle holds the resource."""


def load(directory: Path, say: Callable[[str], None] = _LOG.warning) -> World:
    """Return the FHIR data in a directory. `say` is called with a line for each file or line that was skipped.

    References by fullUrl, by absolute URL or by `Type?identifier=` are rewritten to `Type/id` if the resource is part
    of the data; all other references are unchanged.

    Raises:
        FileNotFoundError: there is no such directory.
    """
    if not directory.is_dir():
        raise FileNotFoundError(f"no directory {directory}")
    reading = _Reading(say)
    for path in sorted(each for each in directory.rglob("*") if each.suffix.lower() in _SUFFIXES):
        name = str(path.relative_to(directory))
        raw = path.read_bytes()
        texts = [raw] if path.suffix.lower() == ".json" else raw.splitlines()
        for number, text in enumerate(texts, start=1):
            if text.strip():
                where = name if len(texts) == 1 else f"{name}, line {number}"
                _read_text(text, where, reading)
    identifiers = {
        f"{kind}?{identifier.get('system', '')}|{identifier.get('value', '')}": f"{kind}/{resource_id}"
        for kind, by_id in reading.world.resources.items()
        for resource_id, resource in by_id.items()
        for identifier in resource.get("identifier") or ()
        if isinstance(identifier, dict)
    }
    for kind in reading.world.resources.values():
        for resource in kind.values():
            for node in _references(resource):
                node["reference"] = _local(node["reference"], reading, identifiers)
    claims = Counter(owner(each) for each in reading.world.of_type("ExplanationOfBenefit"))
    for patient in reading.world.of_type("Patient"):
        shown = display_name(patient)
        account = Account(
            username=patient["id"].lower(),
            display=shown or patient["id"],
            patients=(patient["id"],),
            fhir_user=f"Patient/{patient['id']}",
            about=f"{claims[patient['id']]} claims",
        )
        reading.world.accounts[account.username] = account
        reading.world.accounts.setdefault(slug(shown) or account.username, account)
    return reading.world


def _read_text(text: bytes, where: str, reading: _Reading) -> None:
    try:
        value = _DECODER.decode(text.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError):
        reading.say(f"{where}: not JSON")
        return
    found = list(_resources(value, "", reading))
    for resource in found:
        reading.world.add(resource)
    if not found:
        reading.say(f"{where}: no FHIR resource")


def _resources(value: Any, full_url: str, reading: _Reading) -> Iterator[Resource]:
    """Yield the resources in a JSON value: one resource, a list of them, or the contents of a Bundle."""
    if isinstance(value, list):
        for each in value:
            yield from _resources(each, "", reading)
    elif isinstance(value, dict) and value.get("resourceType") == "Bundle":
        for entry in value.get("entry") or ():
            if isinstance(entry, dict):
                yield from _resources(entry.get("resource"), str(entry.get("fullUrl", "")), reading)
    elif isinstance(value, dict) and isinstance(value.get("resourceType"), str):
        value["id"] = str(value.get("id") or _made_id(value, full_url))
        if full_url:
            reading.addresses[full_url] = f"{value['resourceType']}/{value['id']}"
        yield value


def _made_id(resource: Resource, full_url: str) -> str:
    """Return an id for a resource without one: its uuid in the Bundle, or else a hash of its content."""
    if full_url.startswith("urn:uuid:"):
        return full_url.removeprefix("urn:uuid:")
    content = msgspec.json.encode(resource, order="sorted")
    return hashlib.sha256(content).hexdigest()[:32]


def _references(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for each in node:
            yield from _references(each)
    elif isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node
        for each in node.values():
            if isinstance(each, (dict, list)):
                yield from _references(each)


def _local(reference: str, reading: _Reading, identifiers: dict[str, str]) -> str:
    if reference in reading.addresses:
        return reading.addresses[reference]
    kind, _, query = reference.partition("?")
    if query:
        return identifiers.get(f"{kind}?{parse_qs(query).get('identifier', [''])[0]}", reference)
    match = _TYPE_AND_ID.search(reference) if urlsplit(reference).scheme in ("http", "https") else None
    if match and match[2] in reading.world.resources.get(match[1], {}):
        return f"{match[1]}/{match[2]}"
    return reference


def slug(name: str) -> str:
    """Return a name as a user name for sign-in: `José Núñez` becomes `jose-nunez`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
