"""joserfc and Authlib, each part imported on first use (`jose.jwt.decode`): few people sign in right after a start."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from authlib.oauth2.auth import ClientAuth
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
    from authlib.oauth2.rfc7009 import prepare_revoke_token_request
    from authlib.oauth2.rfc7523 import PrivateKeyJWT
    from authlib.oauth2.rfc7636 import create_s256_code_challenge
    from joserfc import jwe, jws, jwt
    from joserfc.errors import JoseError, SecurityWarning
    from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

__all__ = [
    "ClientAuth", "ECKey", "JoseError", "KeySet", "OctKey", "PrivateKeyJWT", "RSAKey", "SecurityWarning",
    "create_s256_code_challenge", "jwe", "jws", "jwt", "prepare_grant_uri", "prepare_revoke_token_request",
    "prepare_token_request",
]  # fmt: skip
_FROM = {
    **dict.fromkeys(("jwe", "jws", "jwt"), "joserfc"),
    **dict.fromkeys(("JoseError", "SecurityWarning"), "joserfc.errors"),
    **dict.fromkeys(("ECKey", "KeySet", "OctKey", "RSAKey"), "joserfc.jwk"),
    "ClientAuth": "authlib.oauth2.auth",
    "PrivateKeyJWT": "authlib.oauth2.rfc7523",
    "create_s256_code_challenge": "authlib.oauth2.rfc7636",
    "prepare_grant_uri": "authlib.oauth2.rfc6749.parameters",
    "prepare_revoke_token_request": "authlib.oauth2.rfc7009",
    "prepare_token_request": "authlib.oauth2.rfc6749.parameters",
}


def __getattr__(name: str) -> Any:
    """Return a part of the libraries by name, cached from then on (PEP 562); AttributeError if there is none."""
    if name not in _FROM:
        raise AttributeError(name)
    module = import_module(_FROM[name])
    found = globals()[name] = getattr(module, name, None) or import_module(f"{_FROM[name]}.{name}")
    return found
