"""The sandbox payer's authorization server: OAuth 2.0 and OpenID Connect at the payer's own paths."""
