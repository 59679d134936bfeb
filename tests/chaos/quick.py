"""`bcbst-bot` with leases of a second, for a siege that has to be short."""

from __future__ import annotations

from bot.cli import main
from bot.inbox import Inbox

Inbox.__init__.__kwdefaults__.update(lease=1.5, look=0.2)  # type: ignore[union-attr] # it has keyword defaults

if __name__ == "__main__":
    main()
