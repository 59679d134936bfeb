"""Tolerant decoding of JSON to structs: an element of the wrong shape is left out by its location, the rest is kept.

As in the typed reading, locations may be reported, values never.
"""

import json
import re
import threading
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
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
            dropped.append(_mend(plain, str(error)))
        except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
            break
    raise Unreadable("too much of it has the wrong shape")


def _refuse(_constant: str) -> NoReturn:
    raise Unreadable("NaN and Infinity are not JSON")


def _mend(plain: Any, message: str) -> str:
    """Change the location in the error message. Return the location."""
    found = _PLACE.search(message)
    steps = _steps(found["path"]) if found else []
    if not steps:
        raise Unreadable("not an object")
    holder = plain
    for step in steps[:-1]:
        holder = holder[step]
    last = steps[-1]
    value = holder[last]
    if message.startswith("Expected `array`, got `object`"):
        holder[last] = [value]  # one where a list is due: the meaning is plain
    elif message.startswith("Expected `str") and isinstance(value, int) and not isinstance(value, bool):
        holder[last] = str(value)  # a number where its digits are due
    else:
        del holder[last]
    return found["path"].lstrip(".") if found else ""


def _steps(path: str) -> list[Any]:
    return [m["name"] if m["name"] is not None else int(m["index"]) for m in _STEP.finditer(path)]
