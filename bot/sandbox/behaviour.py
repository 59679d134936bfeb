"""The behaviour of the sandbox payer: switches and faults that tests and rehearsals change at run time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

SignInMethod = Literal["client_secret_post", "client_secret_basic", "private_key_jwt", "none"]
IdTokenFlaw = Literal[
    "",
    "bad-signature",
    "alg-none",
    "hs256",
    "wrong-issuer",
    "wrong-audience",
    "wrong-nonce",
    "no-nonce",
    "expired",
    "issued-in-future",
    "no-subject",
    "missing",
]


@dataclass(slots=True)
class Fault:
    """A fault for requests whose path starts with `path`: from request number `after` on, for `times` requests.

    By default the response is replaced by `status`, `headers` and `body`. `rewrite` changes the body of the real
    response instead (a truncated page is `lambda body: body[:200]`). `cut` announces the full length and closes the
    connection after that many bytes. `hold` delays the request until the event is set.
    """

    path: str
    status: int = 503
    body: bytes = b"<!doctype html><title>Maintenance</title><p>We will be back soon."
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/html"})
    query_has: str = ""
    after: int = 0
    times: int | None = 1
    rewrite: Callable[[bytes], bytes] | None = None
    cut: int | None = None
    hold: asyncio.Event | None = None
    seen: int = 0

    def takes(self, path: str, query: str) -> bool:
        """Return whether the fault applies to this request. A request with this path and query is counted."""
        if not path.startswith(self.path) or self.query_has not in query:
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


@dataclass(slots=True)
class Behaviour:
    """The switches of one sandbox payer. By default a token is valid for an hour, and there is no refresh token."""

    client_auth: SignInMethod = "client_secret_post"
    """The only way in which the app can authenticate at the token endpoint."""
    client_keys: dict[str, Any] = field(default_factory=dict)
    """The app's registered JWK Set, for `private_key_jwt`."""
    token_seconds: int = 3600
    code_seconds: int = 60
    refresh_tokens: bool = False
    ignore_pkce: bool = False
    require_aud: bool = False
    omit_patient: bool = False
    omit_fhir_user: bool = False
    omit_expires_in: bool = False
    omit_issuer: bool = False
    ignore_prompt: bool = False
    """If True, an open browser session is accepted whatever `prompt` and `max_age` say."""
    omit_auth_time: bool = False
    session_age: int = 0
    """How many seconds ago a person who signs in did so, by the server's clock."""
    token_patient: str = ""
    """The Patient id in the token response, in place of the signed-in person's own."""
    drop_scopes: frozenset[str] = frozenset()
    callback_issuer: str = ""
    identity_flaw: IdTokenFlaw = ""
    """The flaw of id_tokens."""
    skew_seconds: int = 0
    """How many seconds the authorization server's clock is ahead."""
    signing_key: int = 0
    """The number of key rotations; only the newest key is published."""
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of every response, for example a load balancer's Set-Cookie."""
    ignored_parameters: frozenset[str] = frozenset()
    """Search parameters that this server does not support, such as `network`, `_count` or `_sort`."""
    chains: bool = True
    """If False, a chained search finds nothing, as on servers without chains."""
    includes: bool = True
    strict: bool = False
    """If True, an unknown search parameter returns 400 even without `Prefer: handling=strict`."""
    totals: bool = True
    default_count: int = 50
    max_count: int = 500

    def rotate_key(self) -> None:
        """Create a new signing key, which is used from now on and the only one published."""
        self.signing_key += 1

    def release(self) -> None:
        """Let every request continue that a fault delays."""
        for fault in self.faults:
            if fault.hold is not None:
                fault.hold.set()
