"""Requests and responses in the form that Authlib uses, between Starlette and its server."""

from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload


@dataclass(slots=True)
class TokenAnswer:
    """A response before its conversion for Starlette; Authlib's issuer extension changes `location`."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""


class SandboxRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request for Authlib, made from its parameters."""

    def __init__(self, method: str, uri: str, params: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(params)
        self.params = params
        self.auth_time = 0
        """When the person signed in, in seconds since 1970."""

    @property
    def args(self) -> dict[str, str]:
        """The parameters of the query."""
        return self.params

    @property
    def form(self) -> dict[str, str]:
        """The parameters of the body."""
        return self.params
