"""Every request that a test's payer gets for its open directory, looked at for what it tells of a member."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import unquote_plus

from starlette.types import Scope

from bot.sandbox import app
from bot.sandbox.app import SeenRequest
from bot.sandbox.synthetic.members import members
from bot.sandbox.world import DIRECTORY_TYPES

# What a person looks up in the directory by the name of a place, in their own words: it may be a person's by mistake.
_NAMED = re.compile(r"(?:^|(?<=&))name(?::\w+)?=[^&]*")
_DIRECTORY = re.compile(rf"/fhir/r4/(?:{'|'.join(DIRECTORY_TYPES)})(?:/|$)")


def told(seen: SeenRequest) -> tuple[str, ...]:
    """What a request for a directory type says of a member: a credential, a cookie, an id or a whole name."""
    if not _DIRECTORY.match(seen.path):
        return ()
    said = unquote_plus(_places_apart(f"{seen.path}?{seen.query}")).casefold()
    headers = {"a token": "authorization" in seen.header_names, "a cookie": "cookie" in seen.header_names}
    named = (one for one in _members() if one in said and re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", said))
    return (*(what for what, came in headers.items() if came), *named)


def _places_apart(asked: str) -> str:
    """The request without the name of a place that is searched."""
    path, _, query = asked.partition("?")
    places = path.endswith(("/Organization", "/Location", "/HealthcareService"))
    return f"{path}?{_NAMED.sub('', query)}" if places else asked


@contextmanager
def watching(offences: list[str]) -> Iterator[None]:
    """Note what every sandbox payer of this process is told in the wrong place."""
    plain = app._seen

    def looked_at(scope: Scope) -> SeenRequest:
        seen = plain(scope)
        offences.extend(f"{seen.path}: {what}" for what in told(seen))
        return seen

    app._seen = looked_at
    try:
        yield
    finally:
        app._seen = plain


@cache
def _members() -> tuple[str, ...]:
    """Ids and whole names of the synthetic members, folded."""
    return tuple(word.casefold() for member in members() for word in (member.patient, member.name))
