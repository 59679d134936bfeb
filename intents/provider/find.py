"""Providers by specialty, place, network and other conditions, each of which is proven or reported as unknown."""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from bot import kit

# "who else in her specialty, same zip": of the same kind near by, and not everybody in her office.
_SAME_KIND = re.compile(
    r"\b(?:same|her|his|their|su|misma) (?:speciali?ty|field|kind|type|zip|town|city|area|especialidad|zona|ciudad)\b",
    re.IGNORECASE,
)


async def answer(ask: kit.Ask) -> kit.Found:
    """Return the matching providers, nearest first.

    Raises:
        Reroute: `coverage.workings` answers about coverage out of state, `facility.find` lists hospitals, and
            `provider.detail` passes on who shares an office with a provider.
    """
    kit.hand_over_away(ask, "coverage.workings")
    if "same_office" in ask.asked.says and "provider_name" in ask.slots and "like" not in ask.arguments:
        raise kit.Reroute("provider.detail")
    if ask.words.get("specialty", "") == ask.words.get("gender"):
        ask = ask.without("specialty")  # "a woman doctor" is any doctor who is a woman
    if "like" in ask.arguments and (shown := await kit.who_shown(ask)):
        return await _like(ask, shown)
    if {"at_hospital", "which_of"} <= ask.asked.says.keys():
        raise kit.Reroute("facility.find")
    found = await kit.DirectorySearch(ask, "provider.detail").answer()
    if found.criteria.houses and "specialty" not in ask.slots and not found.total:
        raise kit.Reroute("facility.find")  # nobody is listed there, so the house itself is asked about
    return found


async def _like(ask: kit.Ask, shown: Sequence[kit.Listing]) -> kit.Found:
    """Return other providers near the one shown before, or all other providers in its office.

    They are of the kind that the question names; near, else of the same kind.
    """
    says = ask.hears(ask.arguments["like_words"], {}).says
    lines = (line for row in shown for place in row.locations for line in place.lines if "same_street" in says)
    street = next(lines, "").lstrip("0123456789 ") or None
    office = "same_office" in says and not street and not _SAME_KIND.search(ask.arguments["like_words"])
    networks = await kit.without_own(ask, await kit.asked_networks(ask))
    if "same_network" in says:
        theirs = tuple(kit.Wanted(one.name or "", (one,)) for row in shown for one in row.networks)
        networks = replace(networks, wanted=theirs, anyone=False)
    ask.said_unmet("wish")  # "else in that building"
    named = "specialty" in ask.slots and not kit.is_title(ask.words.get("specialty", ""))
    own = dict.fromkeys(code for row in shown for one in row.specialties for code in one.codes)
    codes = kit.kind_codes(ask) if named else () if office or street else tuple(own)
    out = tuple(
        row.name.partition(",")[0] for row in shown[:1] if row.name and not (named and own.keys().isdisjoint(codes))
    )
    criteria = replace(kit.conditions(ask, codes, networks), name=None, not_names=out, street=street)
    what = kit.kind_said(ask, criteria) if named else None
    word = next((one.words for row in shown for one in row.specialties if one.words), "")
    kinds = None if named or street or office else ((codes, word),)
    if office:
        name = shown[0].organization_name or next((", ".join(place.lines) for place in shown[0].locations), None)
        criteria = replace(criteria, organization=name, houses=kit.places_of(shown))
    return await kit.DirectorySearch(ask, "provider.detail", kinds=kinds).answer(criteria, what=what, placed=not office)
