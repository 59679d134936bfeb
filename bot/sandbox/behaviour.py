"""How the sandbox payer behaves: switches and faults that tests and rehearsals turn while it runs."""

from __future__ import annotations

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
    """A wire fault for the requests whose path starts with `path`, from the `after`-th on, `times` times.

    Without `rewrite` and `cut` the payer's own answer is replaced by `status`, `headers` and `body`. `rewrite` changes
    the true answer's body instead (a truncated page is `lambda body: body[:200]`). `cut` promises the whole length
    and closes the connection after that many bytes. `hold` keeps the request waiting until the event is set.
    """

    path: str
    status: int = 503
    body: bytes = b"<!doctype html><title>Maintenance</title><p>We will be back soon."
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/html"})
    method: str = ""
    query_has: str = ""
    after: int = 0
    times: int | None = 1
    rewrite: Callable[[bytes], bytes] | None = None
    cut: int | None = None
    hold: asyncio.Event | None = None
    seen: int = 0

    def takes(self, method: str, path: str, query: str) -> bool:
        """Whether this request is one that the fault is for; counts the request when it is."""
        if not path.startswith(self.path) or self.method not in ("", method) or self.query_has not in query:
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


@dataclass(slots=True)
class Behaviour:
    """One sandbox's switches. The defaults are this payer's normal case: an hour's token and no refresh token."""

    client_auth: SignInMethod = "client_secret_post"
    """The one way in which the app proves itself at the token endpoint."""
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
    """When on, a session that is open in the browser is let through whatever `prompt` and `max_age` say."""
    omit_auth_time: bool = False
    session_age: int = 0
    """How many seconds ago, as the server sees it, a person who signs in has done so."""
    token_patient: str = ""
    """A Patient id that the token answer names instead of the signed-in person's own."""
    drop_scopes: frozenset[str] = frozenset()
    callback_issuer: str = ""
    identity_flaw: IdTokenFlaw = ""
    """How id_tokens are spoilt."""
    skew_seconds: int = 0
    """How far the authorization server's clock is ahead."""
    signing_key: int = 0
    """Counts key rotations; only the newest key is published."""
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every answer, for example a load balancer's Set-Cookie."""
    ignored_parameters: frozenset[str] = frozenset()
    """Search parameters that this server does not know, such as `network`, `_count` or `_sort`."""
    chains: bool = True
    """When off, a chained search finds nothing, as on servers that do not know chains."""
    includes: bool = True
    strict: bool = False
    """When on, an unknown search parameter is a 400 even without `Prefer: handling=strict`."""
    totals: bool = True
    default_count: int = 50
    max_count: int = 500

    def rotate_key(self) -> None:
        """Sign with a new key from now on and publish only that one."""
        self.signing_key += 1

    def release(self) -> None:
        """Let every held request go on."""
        for fault in self.faults:
            if fault.hold is not None:
                fault.hold.set()
