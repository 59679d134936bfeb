"""Decoding of FHIR JSON. Elements of the wrong type are dropped and reported by their location; the rest is kept.

There are two ways. `decode` is fast and tolerant, and returns msgspec structs. `read_typed` validates with
fhir.resources, for what is shown in detail: it takes a millisecond or more for a resource, and the import a third of a
second, so call it in a thread, for few resources. Locations may be reported, values never.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import sys
import threading
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import msgspec

if TYPE_CHECKING:
    from pydantic import BaseModel

S = TypeVar("S", bound=msgspec.Struct)
ErrorPath = tuple[str | int, ...]
_ATTEMPTS = 40
_FIRST, _MADE = threading.Lock(), dict[Any, msgspec.json.Decoder[Any]]()
ENCODER = msgspec.json.Encoder(decimal_format="number")
_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]")
_ESCAPES = re.compile(
    rb"\\\\"  # an escaped backslash, so that what follows is no escape
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole surrogate pair
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # half of one
)
_LONE_LENGTH = 6


class Unreadable(ValueError):
    """The input is not JSON, not an object, too deep, or too damaged to repair. The message never contains a value."""


def decoder_of(kind: Any) -> msgspec.json.Decoder[Any]:
    """Return the msgspec decoder of a type, created once.

    msgspec computes the layout of a type on first use, and crashes the process if two threads do so at once (0.22).
    """
    with _FIRST:
        return _MADE.setdefault(kind, msgspec.json.Decoder(kind))


def decode(raw: bytes | memoryview | msgspec.Raw, kind: type[S]) -> tuple[S, tuple[str, ...]]:
    """Return the struct, and the locations of elements that had to be dropped.

    A byte order mark and lone surrogates, which strict decoders reject, are left out.

    Raises:
        Unreadable: the input cannot be decoded to this type.
    """
    try:
        found: S = (_MADE.get(kind) or decoder_of(kind)).decode(raw)
    except msgspec.ValidationError:
        return _decode_repaired(bytes(raw), kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        whole = bytes(raw)
        better = _ESCAPES.sub(_without_lone, whole.removeprefix(b"\xef\xbb\xbf"))
        if better == whole:
            raise Unreadable("not JSON") from None
        return decode(better, kind)
    except RecursionError:
        raise Unreadable("nested too deep") from None
    return found, ()


def _without_lone(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return rb"\ufffd" if len(found) == _LONE_LENGTH else found


def plain_of(raw: bytes) -> Any:
    """Return the value of a JSON text, with numbers as Decimal.

    Raises:
        Unreadable: the text is not JSON, or nested too deep.
    """
    try:
        return json.loads(_ESCAPES.sub(_without_lone, raw), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None


def _decode_repaired(raw: bytes, kind: type[S]) -> tuple[S, tuple[str, ...]]:
    """Decode as `decode` does, after repairing or dropping invalid elements one by one until the rest is valid."""
    plain = plain_of(raw)
    dropped: list[str] = []
    for _ in range(_ATTEMPTS):
        try:
            return msgspec.json.decode(ENCODER.encode(plain), type=kind), tuple(dropped)
        except msgspec.ValidationError as error:
            dropped.append(_repaired_location(plain, str(error)))
        except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
            break
    raise Unreadable("too much of it has the wrong shape")


def _refuse(_constant: str) -> NoReturn:
    raise Unreadable("NaN and Infinity are not JSON")


def _repaired_location(plain: Any, message: str) -> str:
    """Repair or drop the element that the error message locates. Return its location."""
    found = _PLACE.search(message)
    parts = _STEP.finditer(found["path"]) if found else ()
    steps = tuple(part["name"] if part["name"] is not None else int(part["index"]) for part in parts)
    if found is None or not steps:
        raise Unreadable("not an object")
    kind = "digits" if message.startswith("Expected `str") else ""
    _change(plain, steps, "list_type" if message.startswith("Expected `array`, got `object`") else kind)
    return found["path"].lstrip(".")


_NO_MODEL, _TOO_MUCH = "no typed model for this type", "too much of it does not validate"
_DAY = "the day of an instant"
_NO_LOSS = frozenset({"missing", "model_field_validation.missing", "extra_forbidden", "list_type", _DAY})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_KEY = secrets.token_bytes(32)
_VALID, _MOST_VALID = set[bytes](), 10_000
"""Digests of resources that validated whole, with a key of this process: the same bytes need no second model."""


class Typed(NamedTuple):
    """A valid resource as JSON, and what was dropped from it as (location, kind of error), never a value."""

    raw: bytes
    dropped: tuple[tuple[str, str], ...]


def read_typed(raw: bytes | memoryview | msgspec.Raw, resource_type: str) -> Typed:
    """Return the resource with all elements that the fhir.resources R4B model of its type accepts.

    Invalid elements are dropped and validation is repeated, up to a limit: CMS's own public examples all have errors,
    and their numbers are still correct. The id is kept with any characters. A resource that was valid before,
    byte for byte, is not validated again.

    Raises:
        Unreadable: invalid JSON, another type, or the rest is still invalid. The message never contains a value.
    """
    from pydantic import ValidationError  # noqa: PLC0415 -- imported late with the models: a third of a second

    whole = bytes(raw)
    digest = blake2b(whole, key=_KEY, digest_size=16, person=resource_type.encode()[:16]).digest()
    if digest in _VALID:
        return Typed(whole, ())
    plain, model = plain_of(whole), _model(resource_type)
    if not isinstance(plain, dict) or plain.get("resourceType") != resource_type:
        raise Unreadable("another type than was asked for")
    own = {"id": plain.pop("id")} if "id" in plain else {}
    dropped: list[tuple[str, str]] = []
    for _ in range(_ATTEMPTS):
        try:
            model.model_validate(_with_category_models(plain))
        except ValidationError as error:
            # Last locations first, so that list indexes stay valid.
            faults = error.errors(include_input=False, include_context=False, include_url=False)
            paths = dict(_existing_location(plain, fault["loc"], fault["type"]) for fault in faults)
            ordered = sorted(paths, key=_order, reverse=True)
            mended = [(".".join(map(str, path)), paths[path]) for path in ordered if _changed(plain, path, paths[path])]
        else:
            if not dropped:
                if len(_VALID) >= _MOST_VALID:
                    _VALID.clear()
                _VALID.add(digest)
            return Typed(ENCODER.encode(plain | own) if dropped else whole, tuple(dropped))
        if not mended:
            break
        dropped += mended
    raise Unreadable(_TOO_MUCH)


def is_ready(resource_type: str) -> bool:
    """Return whether the model of the resource type is imported already, so that `read_typed` does not block long."""
    return f"fhir.resources.R4B.{resource_type.lower()}" in sys.modules


def without_faults(
    raw: bytes | memoryview | msgspec.Raw, resource_type: str, shape: type[msgspec.Struct] | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the resource's JSON without invalid elements, and the locations of the dropped elements.

    Not reported are elements that were only missing, are unknown to FHIR, or are not used by `shape`. A resource with
    too many errors is returned unchanged, with "" as the only location. Input that is not JSON of this type is returned
    unchanged without locations.
    """
    try:
        found, dropped = read_typed(raw, resource_type)
    except Unreadable as error:
        return bytes(raw), ("",) if str(error) == _TOO_MUCH else ()
    held = (at for at, kind in dropped if kind not in _NO_LOSS)
    return found, tuple(at for at in held if not shape or _is_read(at.split("."), msgspec.inspect.type_info(shape)))


def _is_read(path: list[str], known: msgspec.inspect.Type) -> bool:
    """Return whether a struct of the type `known` uses the element at this location."""
    if isinstance(known, msgspec.inspect.UnionType):
        return any(_is_read(path, one) for one in known.types)
    if isinstance(known, msgspec.inspect.VarTupleType):
        return _is_read(path[1:] if path and path[0].isdecimal() else path, known.item_type)
    if not isinstance(known, msgspec.inspect.StructType) or not path:
        return not isinstance(known, msgspec.inspect.NoneType)
    return any(one.encode_name == path[0] and _is_read(path[1:], one.type) for one in known.fields)


def _existing_location(plain: Any, location: ErrorPath, kind: str) -> tuple[ErrorPath, str]:
    """Return the location of an error up to the first element missing in the JSON, and the kind of error.

    Models name some elements differently (`class_fhir`), and end some locations with `root`. If the value begins with a
    date and a time, the kind is that of a date-time, which can be cut to its date.
    """
    found: list[str | int] = []
    holder = plain
    for step in location:
        name = step.removesuffix("_fhir") if isinstance(step, str) else step
        if name == "root":
            break
        found.append(name)
        try:
            holder = holder[name]
        except (KeyError, IndexError, TypeError):
            holder = None
            break
    return tuple(found), _DAY if isinstance(holder, str) and _INSTANT.match(holder) else kind


def _changed(plain: Any, path: ErrorPath, kind: str) -> bool:
    """Repair or drop the element at a location.

    Return False if the element is already gone, together with its parent.
    """
    try:
        _change(plain, path, kind)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _change(plain: Any, path: ErrorPath, kind: str) -> None:
    """Repair the element at a location if this kind of error allows it, otherwise delete the element.

    A missing value is marked as absent as FHIR does, a single value is put in a list, a number becomes a string, and a
    date-time is cut to its date.
    """
    holder = plain
    for step in path[:-1]:
        holder = holder[step]
    name = path[-1]
    if kind == "missing":
        holder[name] = _absent()
    elif kind == "model_field_validation.missing":
        holder[f"_{name}"] = _absent()
    elif kind == _DAY:
        holder[name] = holder[name].partition("T")[0]
    elif kind == "list_type" and isinstance(holder[name], dict):
        holder[name] = [holder[name]]
    elif kind == "digits" and type(holder[name]) is int:
        holder[name] = str(holder[name])
    else:
        del holder[name]


def _absent() -> dict[str, Any]:
    return {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}


def _order(path: ErrorPath) -> tuple[tuple[bool, str, int], ...]:
    return tuple((isinstance(s, int), s if isinstance(s, str) else "", s if isinstance(s, int) else 0) for s in path)


def _with_category_models(row: dict[str, Any]) -> dict[str, Any]:
    """Return a resource or a part of it in which each `category` is replaced by a validated, cached model.

    Only a few dozen categories exist, so validation gets faster.
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        found[name] = value
        if isinstance(value, list):
            found[name] = [_with_category_models(one) if isinstance(one, dict) else one for one in value]
        elif name == "category" and isinstance(value, dict) and value.keys() == {"coding"}:
            with contextlib.suppress(TypeError, ValueError, AttributeError):  # more than texts, or refused: told below
                found[name] = _category(tuple([tuple(coding.items()) for coding in value["coding"]]))
    return found


@lru_cache(maxsize=256)
def _category(codings: tuple[tuple[tuple[str, str], ...], ...]) -> BaseModel:
    return _model("CodeableConcept").model_validate({"coding": [dict(coding) for coding in codings]})


@lru_cache(maxsize=64)
def _model(resource_type: str) -> type[BaseModel]:
    """Return the R4B model class of a resource type. The class is imported on first use.

    Raises:
        Unreadable: there is no model for this type.
    """
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 -- a third of a second that most never need

    try:
        model: type[BaseModel] = get_fhir_model_class(resource_type)
    except (LookupError, ValueError, ImportError):
        raise Unreadable(_NO_MODEL) from None
    return model
