"""Requests and answers in the shape that Authlib works with, between Starlette and its server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload


@dataclass(slots=True)
class TokenAnswer:
    """An HTTP answer before it is Starlette's; Authlib's issuer extension changes `location`."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""


class SandboxRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request as Authlib reads it, from its parameters alone."""

    def __init__(self, method: str, uri: str, params: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(params)
        self.params = params
        self.auth_time = 0
        """When the person signed in, in seconds since 1970."""

    @property
    def args(self) -> dict[str, str]:
        """The query's parameters."""
        return self.params

    @property
    def form(self) -> dict[str, str]:
        """The body's parameters."""
        return self.params
