"""`bcbst-bot register`: the e-mail that the payer's developer page asks for, from the settings."""

from collections.abc import Iterator

from bot.config import Settings
from bot.errors import ConfigError

_LETTER = """\
To: {to}
Subject: Patient Access API: registration of {title}

Hello,

we would like access to your Patient Access API for the app below.

Contact name: {contact}
Company name: {company}
App title: {title}
Callback URL: {callback}
Description: {title} is a chat assistant. A member signs in on your pages, and can then ask about their own claims,
  coverage and care records in a private chat. It only reads, and shows a member's data to nobody but that member.
  Anybody may ask it about your provider directory.
Scopes: {scope}
  patient/*.read   to read the member's own claims, coverage, clinical and formulary records
  openid fhirUser  to know which member signed in

Other information: the app is a confidential client. It uses the authorization code grant with state, nonce and PKCE
  (S256), and sends its client secret in the body of the token request. Members can disconnect it at any time, which
  deletes what it stored. We have received your notice that 42 CFR part 2 prohibits unauthorized disclosure of the
  records that it protects; what you label as such is shown to its member on request only, with that statement.

Please send the Client ID and Client Secret over a secure channel.

{contact}
{company}
"""


def letter(settings: Settings) -> str:
    """Return the e-mail with all that the payer asks for; ConfigError without contact, or with a loopback callback."""
    if missing := [*_missing(settings)]:
        raise ConfigError("\n".join(missing))
    return _LETTER.format(
        to=settings.payer_registration_email,
        contact=settings.bot_contact_name,
        company=settings.bot_company,
        title=settings.bot_app_title,
        callback=settings.callback_url,
        scope=settings.payer_scope,
    )


def _missing(settings: Settings) -> Iterator[str]:
    for name in ("bot_contact_name", "bot_company"):
        if not getattr(settings, name):
            yield f"{name.upper()}: required for the registration e-mail"
    if not settings.bot_public_url.startswith("https:"):
        yield "BOT_PUBLIC_URL: must be the https address that members will use; the payer registers it"
