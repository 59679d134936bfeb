"""Scopes of SMART App Launch: whether what was granted lets the bot read claims (T12)."""

from __future__ import annotations

import re
from collections.abc import Iterable

# SMART 1.0 spells reading `.read` or `.*`; SMART 2.0 spells it by letters in the order c r u d s.
_CLAIMS = re.compile(r"(patient|user)/(\*|ExplanationOfBenefit)\.(read|\*|c?ru?d?s)(\?.*)?")


def reads_claims(scopes: Iterable[str]) -> bool:
    """Whether one of the scopes opens ExplanationOfBenefit for reading and searching."""
    return any(_CLAIMS.fullmatch(scope) for scope in scopes)


def granted_enough(asked: str, granted: str | None) -> bool:
    """Whether the granted scopes hold the claims that were asked for; none named means as asked (RFC 6749, 5.1)."""
    return granted is None or reads_claims(granted.split()) or not reads_claims(asked.split())
