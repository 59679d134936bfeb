"""The members of the synthetic payer by name, for the option `--as`."""

import difflib

from bot.errors import ConfigError

NOBODY = "?"
"""The value of `--as` without a name."""


def account_named(name: str) -> str:
    """Return the user name of a synthetic member, in any case; ConfigError lists all if there is none."""
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
