"""What stands in a JSON document, at any depth."""

from collections.abc import Iterator
from typing import Any


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object, the outer one first."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from objects(part)


def strings(value: Any) -> Iterator[str]:
    """Every string that is no name of a part."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from strings(part)


def references(resource: Any) -> Iterator[str]:
    """Every literal reference of a resource."""
    return (one["reference"] for one in objects(resource) if isinstance(one.get("reference"), str))
