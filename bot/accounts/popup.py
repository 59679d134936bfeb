"""The Teams pop-up: its last page passes the code to Teams, while in any other browser the person types it.

Teams accepts the code only through a Microsoft script, which runs on one page: the code's, at the end of a sign-in that
was opened as a pop-up by the person's own button in Teams. If the script is missing or blocked, or the Teams user is
not the person that the page was made for, the code is typed as usual.
"""

import hashlib
from collections.abc import Mapping

from bot.message import Person

PARAMETER, OPENED_BY = "popup", "teams"
TEAMS_JS = "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
TEAMS_JS_SHA384 = "sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"
"""The hash of the file in that version's npm package; Microsoft's guide has the same."""


def is_popup(query: Mapping[str, str], person: Person) -> bool:
    """Return whether a link was opened as a Teams pop-up, for a Teams person."""
    return person.platform == OPENED_BY and query.get(PARAMETER) == OPENED_BY


def known_as(person: Person) -> str:
    """Return the SHA-256 of tenant and object id, by which the page's script recognizes the Teams person.

    The code is passed to Teams only if both are those of the person the link was made for. Otherwise another app's
    button in a victim's client could open an attacker's link and be given the victim's code (T01).
    """
    return hashlib.sha256(f"{person.team} {person.user}".casefold().encode()).hexdigest()
