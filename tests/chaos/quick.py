"""`bcbst-bot` with leases of a second, for sieges that have to be short, and without a look at its pack's examples."""

import bot.app
import bot.pack
from bot.__main__ import main
from bot.delivery import due, reminders
from bot.delivery.inbox import Inbox

Inbox.__init__.__kwdefaults__.update(lease=1.5, look=0.2)  # type: ignore[union-attr] # it has keyword defaults
bot.pack._rule_faults = lambda *_: iter(())
# People are told of news by day: here it is day all day, and what a process held is free after a second and a half.
reminders.MORNING, reminders.EVENING = 0, 24
bot.app.REMINDING, due._AGAIN, due._TURN = 0.2, 1.5, 1.5
due._LEASE, due._PATIENCE = 6.0, 4.0  # a platform is tried for less than a lease, as in the long run
due._APART = 0.0

if __name__ == "__main__":
    main()
