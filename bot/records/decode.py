"""The two readings of JSON: an element of the wrong shape is left out by its location, the rest is kept.

The tolerant reading decodes to structs. The strict one, with fhir.resources, is for what is shown in detail: it takes a
millisecond or more for a resource, and its import a third of a second, so call it in a thread, for few resources.
Locations may be reported, values never.
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
    from pydantic import BaseModel, ValidationError

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
    """Not JSON, not an object, too deep, or too damaged to repair. The message never contains a value."""


def decoder_of(kind: Any) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a type, made once.

    msgspec builds a type's layout with it, and crashes the process if two threads do so at the same time (0.22).
    """
    with _FIRST:
        return _MADE.setdefault(kind, msgspec.json.Decoder(kind))


def decode(raw: bytes | memoryview | msgspec.Raw, kind: type[S]) -> tuple[S, tuple[str, ...]]:
    """Return the struct, and the locations of elements that had to be left out.

    Raises:
        Unreadable: it cannot be decoded to this type.
    """
    try:
        found: S = (_MADE.get(kind) or decoder_of(kind)).decode(raw)
    except msgspec.ValidationError:
        return _mended(bytes(raw), kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _once_more(bytes(raw), kind)
    except RecursionError:
        raise Unreadable("nested too deep") from None
    return found, ()


def _once_more(raw: bytes, kind: type[S]) -> tuple[S, tuple[str, ...]]:
    """Decode again without a byte order mark and without lone surrogates, which strict decoders reject."""
    better = _ESCAPES.sub(_without_lone, raw.removeprefix(b"\xef\xbb\xbf"))
    try:
        return msgspec.json.decode(better, type=kind), ()
    except msgspec.ValidationError:
        return _mended(better, kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("not JSON") from None
    except RecursionError:
        raise Unreadable("nested too deep") from None


def _without_lone(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return rb"\ufffd" if len(found) == _LONE_LENGTH else found


def plain_of(raw: bytes) -> Any:
    """Return the plain values of a JSON text, with exact numbers.

    Raises:
        Unreadable: not JSON, or too deep.
    """
    try:
        return json.loads(_ESCAPES.sub(_without_lone, raw), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None


def _mended(raw: bytes, kind: type[S]) -> tuple[S, tuple[str, ...]]:
    """Decode plain values, and drop what is invalid, location by location, until the rest is valid."""
    plain = plain_of(raw)
    dropped: list[str] = []
    for _ in range(_ATTEMPTS):
        try:
            return msgspec.json.decode(ENCODER.encode(plain), type=kind), tuple(dropped)
        except msgspec.ValidationError as error:
            dropped.append(_cured(plain, str(error)))
        except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
            break
    raise Unreadable("too much of it has the wrong shape")


def _refuse(_constant: str) -> NoReturn:
    raise Unreadable("NaN and Infinity are not JSON")


def _cured(plain: Any, message: str) -> str:
    """Change the location in the error message. Return the location."""
    found = _PLACE.search(message)
    steps = _steps(found["path"]) if found else ()
    if found is None or not steps:
        raise Unreadable("not an object")
    kind = "digits" if message.startswith("Expected `str") else ""
    _change(plain, steps, "list_type" if message.startswith("Expected `array`, got `object`") else kind)
    return found["path"].lstrip(".")


def _steps(path: str) -> ErrorPath:
    return tuple(m["name"] if m["name"] is not None else int(m["index"]) for m in _STEP.finditer(path))


_NO_MODEL, _TOO_MUCH = "no typed model for this type", "too much of it does not validate"
_DAY = "the day of an instant"
_NO_LOSS = frozenset({"missing", "model_field_validation.missing", "extra_forbidden", "list_type", _DAY})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_KEY = secrets.token_bytes(32)
_VALID, _MOST_VALID = set[bytes](), 10_000
"""Digests of resources that validated whole, with a key of this process: the same bytes need no second model."""


class Typed(NamedTuple):
    """A resource as JSON, and what was left out of it: (location, kind of error), never a value."""

    raw: bytes
    dropped: tuple[tuple[str, str], ...]


def read_typed(raw: bytes | memoryview | msgspec.Raw, resource_type: str) -> Typed:
    """Return the resource with everything that its fhir.resources R4B model accepts.

    An invalid element is removed by its error's location and validation is repeated, a limited number of times: CMS's
    own public examples all have errors, and their numbers are still correct. The id is kept whatever characters it has.
    What validated whole before, byte for byte, is returned without another model.

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
            model.model_validate(_with_known(plain))
        except ValidationError as error:
            mended = _mend(plain, error)
        else:
            if not dropped:
                _note_valid(digest)
            return Typed(ENCODER.encode(plain | own) if dropped else whole, tuple(dropped))
        if not mended:
            break
        dropped += mended
    raise Unreadable(_TOO_MUCH)


def _note_valid(digest: bytes) -> None:
    if len(_VALID) >= _MOST_VALID:
        _VALID.clear()
    _VALID.add(digest)


def is_ready(resource_type: str) -> bool:
    """Return whether the type's model is imported, which the first reading does in a thread."""
    return f"fhir.resources.R4B.{resource_type.lower()}" in sys.modules


def without_faults(
    raw: bytes | memoryview | msgspec.Raw, resource_type: str, shape: type[msgspec.Struct] | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the resource's JSON without the elements that its model rejects, and the locations of those with a value.

    Elements that are only missing, unknown to FHIR, or never read by `shape`, the tolerant reading, are not reported. A
    resource of which too much is rejected stays unchanged, with "" as its location, and so does, without a location,
    what is not JSON of that type.
    """
    try:
        found, dropped = read_typed(raw, resource_type)
    except Unreadable as error:
        return bytes(raw), ("",) if str(error) == _TOO_MUCH else ()
    held = (at for at, kind in dropped if kind not in _NO_LOSS)
    return found, tuple(at for at in held if not shape or _is_read(at.split("."), msgspec.inspect.type_info(shape)))


def _is_read(place: list[str], known: msgspec.inspect.Type) -> bool:
    """Return whether a reading to that type uses the location."""
    if isinstance(known, msgspec.inspect.UnionType):
        return any(_is_read(place, one) for one in known.types)
    if isinstance(known, msgspec.inspect.VarTupleType):
        return _is_read(place[1:] if place and place[0].isdecimal() else place, known.item_type)
    if not isinstance(known, msgspec.inspect.StructType) or not place:
        return not isinstance(known, msgspec.inspect.NoneType)
    return any(one.encode_name == place[0] and _is_read(place[1:], one.type) for one in known.fields)


def _mend(plain: dict[str, Any], error: ValidationError) -> list[tuple[str, str]]:
    """Repair every location in the error, the last ones first so that list indexes stay valid."""
    faults = error.errors(include_input=False, include_context=False, include_url=False)
    places = dict(_fault(plain, fault["loc"], fault["type"]) for fault in faults)
    ordered = sorted(places, key=_order, reverse=True)
    return [(".".join(map(str, place)), places[place]) for place in ordered if _changed(plain, place, places[place])]


def _fault(plain: Any, location: ErrorPath, kind: str) -> tuple[ErrorPath, str]:
    """Return the location as far as it exists in the JSON, with what is missing there, and the kind of error.

    Models name some elements differently (`class_fhir`), and end some locations with `root`. An instant in place of a
    date, or one without its zone, is meant as the date.
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


def _changed(plain: Any, place: ErrorPath, kind: str) -> bool:
    """Change one location. Return False if it was removed together with its parent."""
    try:
        _change(plain, place, kind)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _change(plain: Any, place: ErrorPath, kind: str) -> None:
    """Mark a missing value as absent as FHIR does, put one value in a list, write a number's digits, cut an instant.

    Remove the rest.
    """
    holder = plain
    for step in place[:-1]:
        holder = holder[step]
    name = place[-1]
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


def _order(place: ErrorPath) -> tuple[tuple[bool, str, int], ...]:
    return tuple((isinstance(s, int), s if isinstance(s, str) else "", s if isinstance(s, int) else 0) for s in place)


def _with_known(row: dict[str, Any]) -> dict[str, Any]:
    """A resource or a row of it; what sort of row each is, of a few dozen codes, as a model that is made once."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        found[name] = value
        if isinstance(value, list):
            found[name] = [_with_known(one) if isinstance(one, dict) else one for one in value]
        elif name == "category" and isinstance(value, dict) and value.keys() == {"coding"}:
            with contextlib.suppress(TypeError, ValueError, AttributeError):  # more than texts, or refused: told below
                found[name] = _category(tuple([tuple(coding.items()) for coding in value["coding"]]))
    return found


@lru_cache(maxsize=256)
def _category(codings: tuple[tuple[tuple[str, str], ...], ...]) -> BaseModel:
    return _model("CodeableConcept").model_validate({"coding": [dict(coding) for coding in codings]})


@lru_cache(maxsize=64)
def _model(resource_type: str) -> type[BaseModel]:
    """Return the R4B model class, imported on first use."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 -- a third of a second that most never need

    try:
        model: type[BaseModel] = get_fhir_model_class(resource_type)
    except (LookupError, ValueError, ImportError):
        raise Unreadable(_NO_MODEL) from None
    return model
