"""`bcbst-bot` with leases of a second, for a siege that has to be short, and without a look at its pack's examples."""

from __future__ import annotations

import bot.pack
from bot.cli.cli import main
from bot.delivery.inbox import Inbox

Inbox.__init__.__kwdefaults__.update(lease=1.5, look=0.2)  # type: ignore[union-attr] # it has keyword defaults
bot.pack._rule_faults = lambda *_: iter(())

if __name__ == "__main__":
    main()
