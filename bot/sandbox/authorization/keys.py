"""Signing keys and id_tokens, both valid ones and invalid ones that a client must reject."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.sandbox.behaviour import Behaviour

_FORGER = -1


@cache
def signing_key(number: int) -> RSAKey:
    """Return the RSA key with this number, created once per process because that is slow."""
    return RSAKey.generate_key(2048, {"kid": f"sandbox-{number}", "use": "sig", "alg": "RS256"}, auto_kid=False)


def public_keys(behaviour: Behaviour) -> dict[str, Any]:
    """Return the JWK Set, which contains only the newest key."""
    return {"keys": [signing_key(behaviour.signing_key).as_dict(private=False)]}


def id_token(claims: dict[str, Any], behaviour: Behaviour) -> str:
    """Return the claims signed with RS256, or an invalid token as configured; times are added here."""
    now = int(time.time()) + behaviour.skew_seconds
    claims = _spoilt({**claims, "iat": now, "exp": now + 300}, behaviour.identity_flaw)
    kid = f"sandbox-{behaviour.signing_key}"
    if behaviour.identity_flaw == "alg-none":
        return _forged("none", kid, claims, b"")
    if behaviour.identity_flaw == "hs256":
        return _forged("HS256", kid, claims, signing_key(behaviour.signing_key).as_pem(private=False))
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


def _forged(alg: str, kid: str, claims: dict[str, Any], key: bytes) -> str:
    """Return an invalid token: unsigned, or signed with the public key as a shared secret."""
    parts = (json.dumps(each).encode() for each in ({"alg": alg, "kid": kid}, claims))
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(key, signed, "sha256") if key else b""
    return f"{signed.decode()}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"
