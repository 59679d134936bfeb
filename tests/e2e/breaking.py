"""Ways to break the sandbox's FHIR answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.behaviour import Fault
from tests.e2e.house import EOB

FHIR = {"content-type": "application/fhir+json"}
FAR = "what did I owe for my visit with Dr Kim"
"""A question that no claim of dana's answers, so that every page is read."""
FIND = "find a cardiologist near 37402"


def always(status: int = 200, body: bytes = b"", headers: Mapping[str, str] = FHIR) -> Fault:
    """A fault of claims that does not end."""
    return Fault(EOB, status, body, {**FHIR, **headers}, times=None)


def rewriting(change: Callable[[dict[str, Any]], None], path: str = EOB, **fault: Any) -> Fault:
    """A fault that changes each Bundle of this path."""

    def rewrite(body: bytes) -> bytes:
        bundle = json.loads(body)
        change(bundle)
        return json.dumps(bundle).encode()

    return Fault(path, rewrite=rewrite, **{"times": None, **fault})


def with_next(url: str) -> Callable[[dict[str, Any]], None]:
    """Give the Bundle this next link."""

    def change(bundle: dict[str, Any]) -> None:
        bundle["link"] = [link for link in bundle.get("link", []) if link["relation"] != "next"]
        bundle["link"].append({"relation": "next", "url": url})

    return change
