"""All attacks on linking, by their names."""

from tests.accounts.attacks import callbacks, codes, identities, links, pages, rows

ATTACKS = {
    name: play for each in (links, callbacks, identities, codes, rows, pages) for name, play in each.ATTACKS.items()
}
