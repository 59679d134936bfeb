"""The made-up payer's members by name, for who asks whom to sign in as."""

from __future__ import annotations

import difflib

from bot.errors import ConfigError

NOBODY = "?"
"""What `--as` is without a name."""


def account_named(name: str) -> str:
    """The username of a made-up member, whatever its letters' case.

    Raises:
        ConfigError: there is none; the message lists all, one a line.
    """
    from bot.sandbox.synthetic.members import members  # noqa: PLC0415 -- only who asks for a member reads them

    about = {member.username: member.about for member in members() if member.username}
    wanted = name.strip().lower()
    if wanted in about:
        return wanted
    near = difflib.get_close_matches(wanted, about, n=1)
    head = "give one of these names" if name == NOBODY else f"the made-up payer has no member {name}"
    head += f"; did you mean {near[0]}?" if near else ":" if name == NOBODY else "; it has these:"
    width = max(map(len, about))
    raise ConfigError("\n".join([f"--as: {head}", *(f"  {one:<{width}}  {told}" for one, told in about.items())]))
