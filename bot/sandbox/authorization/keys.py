"""Signing keys and id_tokens, true ones and the flawed ones that a client must refuse."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from bot.sandbox.behaviour import Behaviour

_FORGER = -1


@cache
def signing_key(number: int) -> RSAKey:
    """The RSA key of this number, made once in a process because that takes a while."""
    return RSAKey.generate_key(2048, {"kid": f"sandbox-{number}", "use": "sig", "alg": "RS256"}, auto_kid=False)


def public_keys(behaviour: Behaviour) -> dict[str, Any]:
    """The JWK Set: only the newest key."""
    return {"keys": [signing_key(behaviour.signing_key).as_dict(private=False)]}


def id_token(claims: dict[str, Any], behaviour: Behaviour) -> str:
    """The claims signed with RS256, or spoilt in the way that is switched on; times are added here."""
    now = int(time.time()) + behaviour.skew_seconds
    claims = _spoilt({**claims, "iat": now, "exp": now + 300}, behaviour.identity_flaw)
    kid = f"sandbox-{behaviour.signing_key}"
    if behaviour.identity_flaw == "alg-none":
        return jwt.encode({"alg": "none", "kid": kid}, claims, OctKey.import_key("unused"), ["none"])
    if behaviour.identity_flaw == "hs256":
        public = signing_key(behaviour.signing_key).as_pem(private=False)
        return jwt.encode({"alg": "HS256", "kid": kid}, claims, OctKey.import_key(public), ["HS256"])
    number = _FORGER if behaviour.identity_flaw == "bad-signature" else behaviour.signing_key
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, signing_key(number))


def _spoilt(claims: dict[str, Any], flaw: str) -> dict[str, Any]:
    now = claims["iat"]
    changes: dict[str, dict[str, Any]] = {
        "wrong-issuer": {"iss": "https://issuer.example"},
        "wrong-audience": {"aud": "another-client"},
        "wrong-nonce": {"nonce": "another-nonce"},
        "expired": {"iat": now - 7_200, "exp": now - 3_600},
        "issued-in-future": {"iat": now + 3_600, "exp": now + 7_200},
    }
    left_out = {"no-subject": "sub", "no-nonce": "nonce"}.get(flaw, "")
    return {name: value for name, value in {**claims, **changes.get(flaw, {})}.items() if name != left_out}
