"""How the values of the records are made: each reads its own resource, and does not change afterwards."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, TypeVar

import msgspec

from bot.records.decode import Unreadable, decode
from bot.records.sensitivity import labels_of
from bot.records.shapes import RecordShape

R = TypeVar("R", bound=RecordShape)
K = TypeVar("K")
T = TypeVar("T")
RawJson = bytes | msgspec.Raw


class Value:
    """What a resource says, read by `__init__`. What the payer does not say is None or empty."""

    if not TYPE_CHECKING:  # the attributes are those that `__init__` sets, each once

        def __setattr__(self, name: str, value: object) -> None:
            if name in vars(self):
                raise AttributeError("what the payer said is not changed")
            vars(self)[name] = value


class Record(Value):
    """A record of the member, read from a resource of the type `TYPE`.

    `labels` are those that hide it until the member asks for it, on the resource or its Bundle; `dropped` are the
    locations of elements that could not be read.

    Raises:
        Unreadable: damaged, or of another type. The message never contains a value of the record.
    """

    TYPE: ClassVar[str]
    id: str
    labels: tuple[str, ...]
    dropped: tuple[str, ...]

    def _read(self, raw: RawJson, shape: type[R], labels: tuple[str, ...]) -> R:
        """Set what every record has, and return the resource's elements."""
        found, dropped = decode(raw, shape)
        if found.resource_type != self.TYPE:
            raise Unreadable(f"not a {self.TYPE}")
        self.id, self.labels, self.dropped = found.id, tuple(sorted({*labels, *labels_of(raw)})), dropped
        return found


def grouped(rows: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the rows by their key, in order."""
    groups: dict[K, list[T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
