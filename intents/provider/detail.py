"""The directory's data on one provider, such as phones, hours and networks, or a dated receipt of the data."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import asdict, replace

from bot import kit


class Proof(msgspec.Struct, frozen=True):
    """A record that lists a location in a network, and when the record was updated."""

    network: str
    place: str
    record: str
    updated: datetime | None


class Receipt(msgspec.Struct, frozen=True):
    """The directory's data on a provider at the time `read`, with the SHA-256 of the data as `written`.

    `proofs` are the records that list a location in a network.
    """

    provider: str | None
    npi: str | None
    networks: tuple[str, ...]
    plans: tuple[str, ...]
    places: tuple[str, ...]
    phones: tuple[str, ...]
    records: tuple[str, ...]
    updated: datetime | None
    read: datetime | None
    proofs: tuple[Proof, ...] = ()
    sha256: str = ""

    @property
    def written(self) -> str:
        """The data as JSON with sorted keys, times in ISO 8601 and only ASCII, so that equal data gives equal text."""
        facts = {name: value for name, value in asdict(self).items() if name != "sha256"}
        return json.dumps(
            facts, sort_keys=True, default=lambda one: one.isoformat() if isinstance(one, datetime) else asdict(one)
        )


class Detail(kit.OfProvider, frozen=True, kw_only=True):
    """The data on one provider.

    Attributes:
        facts: What the directory lists of each requested fact, in the order of the question.
        week: Show the hours of all days.
        place_names: Locations with only a name; `own_addresses`: the addresses of an organization without locations.
        where: The area from which the question asks for a distance.
        technical: True if the receipt shows its records.
        listed: True if several providers are meant, from the list shown or by name; `apart`: each by its own name;
            `which`: one of them is, and the question does not say which.
        brief: True if the question only asks for yes or no, or about the listing itself.
        whole: True if all data is shown, because the question asks for nothing particular or locations differ.
    """

    card: kit.Card | None = None
    places: tuple[kit.Site, ...] = ()
    place_names: tuple[str, ...] = ()
    own_addresses: tuple[str, ...] = ()
    own_phones: tuple[str, ...] = ()
    receipt: Receipt | None = None
    asked_network: str | None = None
    technical: bool = False
    facts: tuple[kit.ProviderFact, ...] = ()
    week: bool = False
    where: kit.SearchArea | None = None
    listed: bool = False
    which: bool = False
    apart: bool = False
    brief: bool = False
    whole: bool = True

    @property
    def unsaid(self) -> kit.ProviderFact | None:
        """The question of yes or no that no listing of several answers; else None."""
        told = [facts for _, facts in self.each]
        alike = len(told) > 1 and all(len(one) == 1 and one[0].is_unsaid and not one[0].is_value for one in told)
        return told[0][0] if self.listed and alike else None


_PERSONAL = frozenset({"npi", "specialty", "gender", "female", "male", "languages", "language"})
_IS = re.compile(r"\W*(?:so |y )?(?:is|isn't|was|es|era) ", re.IGNORECASE)
_QUESTION = frozenset({"whether", "number"})
_OF_LISTING = frozenset({"active", "updated"})


async def answer(ask: kit.Ask) -> Detail:
    """Return the data on the named provider or on the provider of a button; for a receipt, only the receipt.

    Raises:
        Reroute: The question is who is at an organization, or who else is at the provider's place; `provider.find`
            lists them.
    """
    found = await kit.who(ask, guesses=True)
    house = "organization" in ask.slots and found.only and not found.only[0].is_person
    if house and (ask.asked.form == "who" or "doctors" in ask.asked.says):
        raise kit.Reroute("provider.find")
    staff = found.only and not found.only[0].is_person and "specialty" in ask.slots  # "do they have a dentist"
    kit.others_there(ask, found, "provider.find", asks=bool(staff) or _asks_who_else(ask))
    shown = [row for rows in found.found for row in rows]
    if any(kit.shows(row, ask.words["wish"]) for row in shown if ask.words.get("wish")):
        ask.said_unmet("wish")
        ask = ask.without("wish")  # it is the name or the address
    sold: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if found.only and _wants_receipt(ask):
        sold = tuple(
            (plan.name or plan.id, tuple(one.name or "" for one in plan.networks)) for plan in await kit.plans(ask)
        )
    found.cite(ask)
    if found.gone:
        ask.said_unmet("network")  # what is not active is in none
    if not (found.only or "among" in ask.arguments) and "wish" in _asked(ask, found):
        ask.cannot("wish")
    if "among" in ask.arguments and not (_asked(ask, found) or _QUESTION.isdisjoint(ask.asked.says)):
        said = ask.said.strip(" ?.!")  # "how many years has he practiced"
        ask = replace(ask, slots={**ask.slots, "wish": "words"}, words={**ask.words, "wish": said})
    where = None
    if "distance" in _asked(ask, found) and found.found:
        others = await kit.who_shown(ask) or (found.found[0] if len(found.found) > 1 else ())
        where = None if "location" in ask.slots else kit.area_of(ask, others)
        # "how far apart are they" is how far the others are from the first
        found = replace(found, found=found.found[1:]) if where and others is found.found[0] else found
        where = where or await kit.around(ask)
    told = summarize(found, ask, sold, where)
    if any(one.about == "accepting_new" and one.verdict == "partly" for one in told.facts):
        own = await kit.own_networks(ask)
        return replace(told, facts=tuple(replace(one, own=own) for one in told.facts))
    return told


def _asks_who_else(ask: kit.Ask) -> bool:
    """Return whether the question asks for others at the provider's place: "anybody else at her address"."""
    says = ask.asked.says
    return "who_else" in says and ("same_office" in says or "else" in kit.words_of(says["who_else"]))


def _asked(ask: kit.Ask, found: kit.Who) -> tuple[str, ...]:
    """Return the names of the requested facts; an empty tuple if the question is about the whole listing."""
    done = kit.care_done(ask.said)
    if "specialty" in ask.slots and (done or _IS.match(ask.said)) and not kit.facts_in(ask.said):
        return ("specialty",)  # "is Minh Kim a cardiologist", "does he treat afib"
    asked = kit.facts_asked(ask, found.only[0].name if found.only else None)
    return ("does",) if done and {*asked} <= {"wish"} else asked


def _wants_receipt(ask: kit.Ask) -> bool:
    """Return whether the question or a button asks for a receipt."""
    return "receipt" in ask.arguments or "receipt" in ask.slots


def summarize(
    found: kit.Who, ask: kit.Ask, sold: Sequence[tuple[str, tuple[str, ...]]] = (), where: kit.SearchArea | None = None
) -> Detail:
    """Return the data on the only provider, with each location and network once, nearest to `where` first."""
    rows, asked = found.only, _asked(ask, found)
    if rows is None:
        asked = tuple(one for one in asked if not found.gone or one in _PERSONAL)
        alone = "among" in ask.arguments and "provider_name" not in ask.slots
        listed = alone or ("provider_name" in ask.several and bool(found.found))
        shown = found.found if listed else found.shown or (found.gone,) * bool(found.gone)
        return Detail(
            found=found,
            where=where,
            listed=listed,
            which="which" in ask.arguments,
            apart="provider_name" in ask.several,
            each=kit.facts_each(ask, shown, asked or ("phone",) * listed, where),
        )
    network = ask.arguments.get("network")
    receipt = _receipt(rows, ask, network, sold) if _wants_receipt(ask) else None
    if receipt:
        ask.said_unmet("network")  # it holds all of them
    card = kit.cards(ask, rows, where)[0]
    phones = (phone for row in rows for phone in row.own_telecoms(ask.today) if phone.system in {"phone", None})
    owners = [row.organization for row in rows if row.organization and not row.practitioner_key]
    located = any(row.locations for row in rows)
    placed = ((site.spot, site) for site in card.sites if site.spot)
    named = ask.arguments.get("place")  # by a button of one of a chain's many
    places = [site for _, site in sorted(placed, key=lambda one: one[0].location.id != named)]
    facts = () if receipt else kit.facts_of(ask, card, rows, asked)
    return Detail(
        found=found,
        card=card,
        places=tuple(places),
        place_names=tuple(dict.fromkeys(name for row in rows if not row.locations for name in row.place_names)),
        own_addresses=() if located else tuple(dict.fromkeys(line for one in owners for line in one.addresses)),
        own_phones=tuple(dict.fromkeys(phone.value for phone in phones)),
        receipt=receipt,
        asked_network=network,
        technical="technical" in ask.arguments,
        facts=facts,
        brief=bool(facts and ask.said) and all(one.verdict != "said" or one.about in _OF_LISTING for one in facts),
        whole=not (facts and ask.said) or (len(places) != 1 and not kit.OF_PLACE.isdisjoint(asked)),
        week="open_at" in ask.slots or "hours" in asked,
        where=where,
        document=kit.Document("receipt", {"receipt": receipt, "asked_network": network})
        if receipt
        else kit.Document("contact", {"card": card}, ("vcf",))
        if "contact" in ask.arguments or "contact_file" in ask.asked.says
        else None,
    )


def _receipt(
    rows: Sequence[kit.Listing], ask: kit.Ask, network: str | None, sold: Sequence[tuple[str, tuple[str, ...]]]
) -> Receipt:
    """Return a receipt of the listings in the network, or of all listings if it is None."""
    shown = [row for row in rows if not network or network in kit.names_of([row])]
    names = tuple(name for name in kit.names_of(shown) if not network or name == network)
    read = max((source.fetched_at for source in ask.report.sources), default=None)
    where = kit.sites(ask, shown, None)
    there = kit.local_time(ask, next((site.spot.location for site in where if site.spot), None)).tzinfo
    unsigned = Receipt(
        provider=rows[0].name,
        npi=next((row.npi for row in rows if row.npi), None),
        networks=names,
        plans=tuple(plan for plan, own in sold if set(own) & set(names)),
        places=tuple(site.address for site in where if site.spot),
        phones=tuple(dict.fromkeys(phone for site in where for phone in site.phones or site.common)),
        records=tuple(sorted({f"{row.role.type}/{row.role_id}" for row in shown})),
        updated=kit.oldest(row.last_updated for row in shown),
        read=read.replace(microsecond=0).astimezone(there) if read else None,
        proofs=_proofs(ask, shown, names),
    )
    return replace(unsigned, sha256=digest(unsigned))


def _proofs(ask: kit.Ask, shown: Sequence[kit.Listing], names: Sequence[str]) -> tuple[Proof, ...]:
    """Return each record among `shown` that lists a location in one of the networks."""
    made = [
        Proof(name, site.address, f"{row.role.type}/{row.role_id}", row.last_updated)
        for name in names
        for row in shown
        if name in kit.names_of([row])
        for site in kit.sites(ask, [row], None)
    ]
    return tuple(dict.fromkeys(made))


def digest(receipt: Receipt) -> str:
    """Return the hexadecimal SHA-256 of `receipt.written` in UTF-8, without a line break."""
    return hashlib.sha256(receipt.written.encode()).hexdigest()
