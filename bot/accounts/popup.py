"""The pop-up of a Teams client: its last page hands the code to Teams, where any other browser has it typed.

Teams takes it through a script of Microsoft's, and only from there. That script runs on one page: the code's, at the
end of a sign-in that a Teams person's own button opened as a pop-up. Where it is missing, blocked, or Teams' person is
not the one whom the page names, the code is typed as ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bot.message import Person

PARAMETER, OPENED_BY = "popup", "teams"
TEAMS_JS = "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
TEAMS_JS_SHA384 = "sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"
"""Of the file in the npm package of that version; its guide names the same."""


def is_popup(query: Mapping[str, str], person: Person) -> bool:
    """Whether a link was opened as the pop-up of a Teams client, for a person of Teams."""
    return person.platform == OPENED_BY and query.get(PARAMETER) == OPENED_BY


def known_as(person: Person) -> str:
    """By what the page's script knows a Teams person: SHA-256 of tenant and object id, as Teams itself tells them.

    The code goes to Teams only when both are the person's for whom the link was made. Otherwise another app's button,
    in a victim's own client, could open an attacker's link and be handed her code (T01).
    """
    return hashlib.sha256(f"{person.team} {person.user}".casefold().encode()).hexdigest()
