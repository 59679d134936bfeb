"""Authentication of the bot as the payer's registered client (RFC 6749 2.3, RFC 7523 2.2, SMART App Launch 2)."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.accounts import jose
from bot.config import ClientMethod, Settings
from bot.errors import ConfigError

_ASSERTION_SECONDS = 240  # SMART App Launch 2.2, "Request": an assertion lives five minutes at most
_ALGORITHMS = {"RSA": "RS384", "P-384": "ES384", "P-256": "ES256", "P-521": "ES512"}
_LEAST_RSA_BITS = 2048


def method_of(settings: Settings, listed: Collection[str] | None) -> ClientMethod:
    """Return the configured way to authenticate, or one that settings and payer (`listed`) support; body first."""
    if settings.payer_client_auth is not None:
        return settings.payer_client_auth
    if settings.payer_client_key_file is not None:
        return "private_key_jwt"
    by_header = listed is not None and "client_secret_post" not in listed and "client_secret_basic" in listed
    return "client_secret_basic" if by_header else "client_secret_post"


class ClientProof:
    """Adds client authentication to requests of tokens and revocations; ConfigError if no key of the file can sign."""

    def __init__(self, settings: Settings) -> None:
        file = settings.payer_client_key_file
        self._key = None if file is None else read_key(file)
        self._token_url = settings.payer_token_url
        self._secret = settings.payer_client_secret

    def prepare(
        self, method: ClientMethod, client_id: str, url: str, headers: dict[str, str], body: str
    ) -> tuple[dict[str, str], str]:
        """Return the headers and the body with client authentication added to one of them."""
        if method == "private_key_jwt" and self._key is not None:
            auth = jose.ClientAuth(client_id, self._key, self._assertion(self._key))
        else:
            secret = self._secret.get_secret_value() if self._secret else ""
            if method == "client_secret_basic":
                # RFC 6749 2.3.1 encodes both before they are joined; Authlib joins them as they are.
                client_id, secret = quote(client_id, safe=""), quote(secret, safe="")
            auth = jose.ClientAuth(client_id, secret, method)
        _, headers, body = auth.prepare("POST", url, dict(headers), body)
        return headers, body

    def _assertion(self, key: jose.RSAKey | jose.ECKey) -> jose.PrivateKeyJWT:
        """Return a signer of one assertion: Authlib writes `jti` into the claims, so each request has its own."""
        claims: dict[str, Any] = {"exp": int(time.time()) + _ASSERTION_SECONDS}
        header = {"typ": "JWT", "kid": key.thumbprint()}
        return jose.PrivateKeyJWT(self._token_url, claims=claims, headers=header, alg=_algorithm(key))


def read_key(file: Path) -> jose.RSAKey | jose.ECKey:
    """Return a file's private key, PEM or JWK: RSA from 2,048 bits, or a NIST curve; ConfigError if there is none."""
    try:
        text = file.read_text(encoding="ascii")
        value = json.loads(text) if text.lstrip().startswith("{") else text
    except (OSError, ValueError) as error:
        raise ConfigError(f"PAYER_CLIENT_KEY_FILE: {file.name} cannot be read ({_why(error)})") from None
    for kind in (jose.ECKey, jose.RSAKey):
        try:
            with warnings.catch_warnings(
                action="ignore", category=jose.SecurityWarning
            ):  # refused below, not warned of
                key = kind.import_key(value)
        except (jose.JoseError, ValueError, TypeError, KeyError):
            continue
        if key.is_private and _algorithm(key) and (not isinstance(key, jose.RSAKey) or _bits(key) >= _LEAST_RSA_BITS):
            return key
    raise ConfigError(
        f"PAYER_CLIENT_KEY_FILE: {file.name} holds no private key that can sign "
        "(PEM or JWK; RSA of 2048 bits or more, or P-256, P-384, P-521)"
    )


def make_key(file: Path) -> None:
    """Write a new P-384 key (ES384) to a file that only its owner may read; ConfigError if it exists or cannot be."""
    pem = jose.ECKey.generate_key("P-384").as_pem(private=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
    except OSError as error:
        raise ConfigError(f"PAYER_CLIENT_KEY_FILE: {file.name} cannot be written ({_why(error)})") from None


def public_keys(key: jose.RSAKey | jose.ECKey) -> dict[str, Any]:
    """Return the JWK Set with the public key, for registration at the payer (RFC 7517 5)."""
    public = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": _algorithm(key)}
    kind = jose.RSAKey if isinstance(key, jose.RSAKey) else jose.ECKey
    return dict(jose.KeySet([kind.import_key(public)]).as_dict(private=False))


def _algorithm(key: jose.RSAKey | jose.ECKey) -> str:
    return _ALGORITHMS.get("RSA" if isinstance(key, jose.RSAKey) else key.curve_name, "")


def _bits(key: jose.RSAKey) -> int:
    return int(key.raw_value.key_size)


def _why(error: Exception) -> str:
    return (error.strerror or "no access") if isinstance(error, OSError) else "it is neither PEM nor JSON"
