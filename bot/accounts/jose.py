"""joserfc and Authlib, imported on first use (`jose.jwt.decode`): few people sign in right after a start."""

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
_HOMES = (
    "joserfc.errors", "joserfc.jwk", "authlib.oauth2.auth", "authlib.oauth2.rfc6749.parameters",
    "authlib.oauth2.rfc7009", "authlib.oauth2.rfc7523", "authlib.oauth2.rfc7636",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return a part of the libraries by name, cached from then on (PEP 562); AttributeError if there is none."""
    if name not in __all__:
        raise AttributeError(name)
    homes = (import_module(home) for home in _HOMES)
    found = next((home for home in homes if hasattr(home, name)), None)
    globals()[name] = part = getattr(found, name) if found else import_module(f"joserfc.{name}")
    return part
