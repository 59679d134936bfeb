"""The directory's data on one provider: places, phones, hours, new patients by network; or a dated receipt of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec
from msgspec.structs import asdict, replace

from bot.kit import (
    Around,
    Ask,
    Card,
    Choice,
    Document,
    Hours,
    Listing,
    Network,
    OpenAt,
    Site,
    Who,
    WithDocument,
    around,
    cards,
    is_open,
    names_of,
    on_day,
    open_at,
    plans,
    sites,
    who,
)


class Place(msgspec.Struct, frozen=True):
    """One place with its data; `today` are its hours on that day, if `known`."""

    site: Site
    today: tuple[Hours, ...]
    known: bool

    @property
    def address(self) -> str:
        """The address, or else the name of the place."""
        return self.site.address


class Proof(msgspec.Struct, frozen=True):
    """One record that lists a place in a network, and when the record was updated."""

    network: str
    place: str
    record: str
    updated: datetime | None


class Receipt(msgspec.Struct, frozen=True):
    """The directory's data at a moment, with the SHA-256 of exactly this data as `written`.

    `proofs` connect each network with the place and the record that list it.
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
        """The data as JSON: sorted keys, times in ISO 8601, ASCII only, so that copies are identical."""
        facts = {name: value for name, value in asdict(self).items() if name != "sha256"}
        return json.dumps(
            facts, sort_keys=True, default=lambda one: one.isoformat() if isinstance(one, datetime) else asdict(one)
        )

    @property
    def read_time(self) -> str:
        """The time of day in the bot's time zone, HH:MM."""
        return f"{self.read:%H:%M}" if self.read else ""

    @property
    def zone(self) -> str:
        """The short name of that time zone, such as CST."""
        return f"{self.read:%Z}" if self.read else ""


_Fact = Literal["accepting_new", "language", "languages", "gender", "telehealth", "wheelchair", "open_at", "wish"]
Question = _Fact | Literal["active", "updated"]

Number = Literal["phone", "fax", "npi", "email", "web"]


class Told(msgspec.Struct, frozen=True):
    """The listing's answer to a yes-or-no question; "unsaid" if it has none.

    `yes` and `no` are the networks with and without new patients; `yes` can also be the listed languages or sex.
    `words` are the person's words for something that is not in the directory.
    """

    about: Question
    verdict: Literal["yes", "no", "partly", "unsaid"]
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    words: str = ""


class Detail(WithDocument, frozen=True):
    """The provider, when it is one; otherwise `state` says why not, and `choices` who it may be.

    `told` answers what was asked for yes or no, and `brief`: nothing else was asked. `opening` is when the place has to
    be open, and `week`: hours of more than today are asked for. `asks`: the number that is asked for, the phone where
    nothing in particular is. `place_names` are places of which no more is told, `own_addresses` those of an
    organization that is listed at no place. `where`: how far it is from there is asked. `technical`: the receipt with
    its records. `each`: the providers of the list that was shown, where none of them is named, with that number and
    what is told of each.
    """

    state: Literal["one", "several", "ended", "unknown", "unnamed"]
    name: str | None
    today: date
    choices: tuple[Choice, ...] = ()
    total: int = 0
    card: Card | None = None
    reference: str | None = None
    places: tuple[Place, ...] = ()
    place_names: tuple[str, ...] = ()
    own_addresses: tuple[str, ...] = ()
    own_phones: tuple[str, ...] = ()
    partial: bool = False
    receipt: Receipt | None = None
    asked_network: str | None = None
    technical: bool = False
    told: tuple[Told, ...] = ()
    brief: bool = False
    opening: OpenAt | None = None
    week: bool = False
    asks: Number | None = None
    where: Around | None = None
    each: tuple[tuple[Card, str | None, tuple[Told, ...]], ...] = ()


async def answer(ask: Ask) -> Detail:
    """Return the provider with the name, or of a button; for a receipt, only the receipt."""
    found = await who(ask)
    sold: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if found.only and _wants_receipt(ask):
        sold = tuple((plan.name or plan.id, _names(plan.networks)) for plan in await plans(ask))
    found.cite(ask)
    if not (found.only or "among" in ask.arguments) and "wish" in ask.slots:
        ask.cannot("wish")
    far = found.only and "location" in ask.slots and _FAR.search(ask.said)
    return summarize(found, ask, sold, await around(ask) if far else None)


def _own_addresses(rows: Sequence[Listing]) -> tuple[str, ...]:
    owners = [row.organization for row in rows if row.organization and not row.practitioner_key]
    return (
        () if any(row.locations for row in rows) else tuple(dict.fromkeys(a for one in owners for a in one.addresses))
    )


def _wants_receipt(ask: Ask) -> bool:
    """Return whether a receipt is asked for, by a button or in words."""
    return "receipt" in ask.arguments or "receipt" in ask.slots


def summarize(
    found: Who, ask: Ask, sold: Sequence[tuple[str, tuple[str, ...]]] = (), where: Around | None = None
) -> Detail:
    """The one provider's facts, every place and network once, the nearest to `where` first."""
    rows = found.only
    if rows is None:
        partial = not ask.report.complete
        several = Detail(found.state, found.name, ask.today, found.choices, len(found.found), partial=partial)
        return _of_each(several, found.found, ask) if "among" in ask.arguments else several
    network = ask.arguments.get("network")
    receipt = _receipt(rows, ask, network, sold) if _wants_receipt(ask) else None
    card = cards(ask, rows, where)[0]
    phones = (phone for row in rows for phone in row.own_telecoms(ask.today) if phone.system in {"phone", None})
    places = [site for site in card.sites if site.spot]
    told = () if receipt else tuple(_told(card, rows, ask))
    return Detail(
        state="one",
        name=rows[0].name,
        today=ask.today,
        card=card,
        reference=f"{rows[0].key.type}/{rows[0].key.id}",
        places=tuple(Place(one, on_day(one.hours, ask.today), bool(one.hours)) for one in _first(places, ask)),
        place_names=tuple(dict.fromkeys(name for row in rows if not row.locations for name in row.place_names)),
        own_addresses=_own_addresses(rows),
        own_phones=tuple(dict.fromkeys(phone.value for phone in phones)),
        partial=not ask.report.complete,
        receipt=receipt,
        asked_network=network,
        technical="technical" in ask.arguments,
        told=told,
        brief=bool(told and ask.said) and not _MORE.search(ask.said),
        opening=open_at(ask),
        week="open_at" in ask.slots or bool(_WHEN.search(ask.said)),
        asks=None if where else _asks(ask.said, told),
        where=where,
        document=Document("receipt", {"receipt": receipt, "asked_network": network})
        if receipt
        else Document("contact", {"card": card}, ("vcf",))
        if "contact" in ask.arguments or _CONTACT.search(ask.said)
        else None,
    )


def _of_each(several: Detail, found: Sequence[tuple[Listing, ...]], ask: Ask) -> Detail:
    """Return the number or the yes and no of each provider of a list; their names alone where the hours are asked."""
    shown = [(cards(ask, rows, None)[0], rows) for rows in found]
    told = [tuple(_told(card, rows, ask)) for card, rows in shown]
    asks = _asks(ask.said, [one for each in told for one in each])
    asks = "phone" if asks is None and not any(told) and _ADDRESS.search(ask.said) else asks
    if asks is None and not any(told):
        return several
    each = ((card, _number(card, asks) if asks else None, own) for (card, _), own in zip(shown, told, strict=True))
    return replace(several, each=tuple(each), asks=asks, opening=open_at(ask))


_ADDRESS = re.compile(r"\b(addr\w*|where|direcci[oó]n\w*|d[oó]nde)\b", re.IGNORECASE)
_MORE = re.compile(
    r"\b(phones?|call|fax|address|numbers?|where|hours|contact|info\w*|about|details?|npi"
    r"|tel[eé]fonos?|direcci[oó]n|n[uú]meros?|d[oó]nde|horarios?|contacto|datos|detalles?)\b",
    re.IGNORECASE,
)  # besides yes or no, the listing itself is asked for
_PHONE = re.compile(r"\b(phones?|call|numbers?|tel[eé]fonos?|n[uú]meros?|llamar(?:le)?|tel)\b", re.IGNORECASE)
_NUMBERS: dict[Number | None, re.Pattern[str]] = {
    "fax": re.compile(r"\bfax\b", re.IGNORECASE),
    "npi": re.compile(r"\bnpi\b", re.IGNORECASE),
    None: re.compile(r"\btin\b", re.IGNORECASE),
    "email": re.compile(r"\b(e-?mail|write|message|correo|escr[ií]b\w*|mensaje)\b", re.IGNORECASE),
    "web": re.compile(r"\b(web ?(?:site|page)?|url|homepage|online|sitio|p[aá]gina)\b", re.IGNORECASE),
}  # another number than the phone's
_FAR = re.compile(
    r"\b(how (?:far|close|near)|distance|miles|qu[eé] tan lejos|distancia|a cu[aá]ntas millas)\b", re.IGNORECASE
)
_WHEN = re.compile(r"\b(when|(?:what|which) days|cu[aá]ndo|qu[eé] d[ií]as)\b", re.IGNORECASE)
_ACTIVE = re.compile(
    r"\b(active|activ[oa]|retired|jubil\w+|still (?:there|listed|practic\w+)|sigue (?:ah[ií]|all[ií]))\b",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"\b(how (?:old|current|recent)|updated|out of date|last (?:checked|verified)|actualiz\w+|qu[eé] tan vieja)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(address|where|hours?|time|opens?|closes?|info\w*|about|details?|direcci[oó]n|d[oó]nde|horarios?|hora|abren?"
    r"|when|cu[aá]ndo|cierran?|datos|detalles?|who|qui[eé]n|sobre|acerca|directions?|llegar)\b",
    re.IGNORECASE,
)  # something else than the number is asked for
_CONTACT = re.compile(r"\b(v ?card|vcf|contact (?:card|file)|(?:tarjeta|ficha) de contacto)\b", re.IGNORECASE)
_LANGUAGES = re.compile(r"\b(?:what|which|qu[eé]|cu[aá]les) (?:other |otros )?(?:languages?|idiomas?)\b", re.IGNORECASE)
_SEX = {
    "female": re.compile(r"\b(woman|female|lady|mujer)\b", re.IGNORECASE),
    "male": re.compile(r"\b(man|male|guy|hombre|var[oó]n)\b", re.IGNORECASE),
}
_ACCESS = frozenset({"adacomp", "handiaccess", "mobility"})


def _told(card: Card, rows: Sequence[Listing], ask: Ask) -> Iterator[Told]:
    """Yield the listing's answers to the yes-or-no questions in the message."""
    if _said(ask, "accepting_new"):
        yield _takes_new(card)
    if _LANGUAGES.search(ask.said):
        yield Told("languages", "yes" if card.languages else "unsaid", card.languages)
    elif wanted := _languages(ask):
        listed = {one.casefold().split("-")[0] for one in card.languages}
        verdict: Literal["yes", "no", "unsaid"] = "yes" if wanted <= listed else "no" if listed else "unsaid"
        yield Told("language", verdict, card.languages)
    if asked := [sex for sex, words in _SEX.items() if words.search(ask.said)]:
        known = card.gender if card.gender in _SEX else None
        yield Told(
            "gender", "unsaid" if known is None else "yes" if known in asked else "no", (known,) if known else ()
        )
    if _said(ask, "telehealth"):
        ways = tuple(dict.fromkeys(way for site in card.sites for way in site.ways))
        yield Told("telehealth", "yes" if any(site.virtual for site in card.sites) else "unsaid", ways)
    if _said(ask, "wheelchair"):
        yield Told("wheelchair", "yes" if any(_ACCESS & set(site.access) for site in card.sites) else "unsaid")
    if _said(ask, "open_at") and (wish := open_at(ask)):
        answers = [is_open(ask, row, wish) for row in rows]
        yield Told("open_at", "yes" if True in answers else "no" if False in answers else "unsaid")
    yield from _of_listing(card, ask)
    if _said(ask, "wish"):
        yield Told("wish", "unsaid", words=ask.words.get("wish", ""))


def _of_listing(card: Card, ask: Ask) -> Iterator[Told]:
    """Yield the answers about the listing itself: whether it is active, and its age."""
    if _ACTIVE.search(ask.said):
        yield Told("active", "yes")
    if _UPDATED.search(ask.said):
        yield Told("updated", "yes" if card.site.updated else "unsaid")


def _asks(said: str, told: Sequence[Told]) -> Number | None:
    """Return the number that the message asks for, by default the phone."""
    if not said:
        return None
    for number, words in _NUMBERS.items():
        if words.search(said):
            return number
    return "phone" if _PHONE.search(said) or not (told or _OTHER.search(said)) else None


def _number(card: Card, asks: Number) -> str | None:
    """Return the first number of this kind in the listing."""
    if asks in {"phone", "npi"}:
        return card.phone if asks == "phone" else card.npi
    every = {"fax": "faxes", "email": "emails", "web": "webs"}[asks]
    return next((one for site in card.sites for one in getattr(site, every)), None)


def _said(ask: Ask, name: str) -> bool:
    """Return whether this message says it, and not an earlier question."""
    return bool(ask.slots.get(name)) and ask.words.get(name, "").casefold() in ask.said.casefold()


def _takes_new(card: Card) -> Told:
    """Return the answer about new patients, by network if the listing distinguishes them."""
    answers = [(one.network, one.answer) for site in card.sites for one in site.answers if one.answer]
    yes = tuple(sorted({network for network, answer in answers if answer == "newpt"}))
    no = tuple(sorted({network for network, answer in answers} - set(yes)))
    open_ = bool(yes) or any(site.openings for site in card.sites)
    known = open_ or bool(no) or any(site.openings_known for site in card.sites)
    return Told("accepting_new", ("partly" if no else "yes") if open_ else "no" if known else "unsaid", yes, no)


def _languages(ask: Ask) -> set[str]:
    if not _said(ask, "language"):
        return set()
    several, one = ask.several.get("language"), ask.slots.get("language")
    return {str(code).casefold() for code in (several.values if several else (one,) if one else ())}


def _first(places: list[Site], ask: Ask) -> list[Site]:
    """Return the places, the one that a button named first; a chain has many."""
    named = ask.arguments.get("place")
    return sorted(places, key=lambda site: site.spot is None or site.spot.location.id != named) if named else places


def _receipt(
    rows: Sequence[Listing], ask: Ask, network: str | None, sold: Sequence[tuple[str, tuple[str, ...]]]
) -> Receipt:
    """Return a receipt of the listings of the network in question, by default of all."""
    shown = [row for row in rows if not network or network in names_of([row])]
    names = tuple(name for name in names_of(shown) if not network or name == network)
    dates = [row.last_updated for row in shown if row.last_updated]
    read = max((source.fetched_at for source in ask.report.sources), default=None)
    where = sites(ask, shown, None)
    unsigned = Receipt(
        provider=rows[0].name,
        npi=next((row.npi for row in rows if row.npi), None),
        networks=names,
        plans=tuple(plan for plan, own in sold if set(own) & set(names)),
        places=tuple(site.address for site in where if site.spot),
        phones=tuple(dict.fromkeys(phone for site in where for phone in site.phones or site.common)),
        records=tuple(sorted({f"{row.role.type}/{row.role_id}" for row in shown})),
        updated=min(dates) if dates and len(dates) == len(shown) else None,
        read=read.replace(microsecond=0).astimezone(ask.moment().tzinfo) if read else None,
        proofs=_proofs(ask, shown, names),
    )
    return replace(unsigned, sha256=digest(unsigned))


def _proofs(ask: Ask, shown: Sequence[Listing], names: Sequence[str]) -> tuple[Proof, ...]:
    """Return the places and records that prove each network."""
    made = [
        Proof(name, site.address, f"{row.role.type}/{row.role_id}", row.last_updated)
        for name in names
        for row in shown
        if name in names_of([row])
        for site in sites(ask, [row], None)
    ]
    return tuple(dict.fromkeys(made))


def digest(receipt: Receipt) -> str:
    """Return the SHA-256 of the receipt's data as written, in UTF-8 without a line break."""
    return hashlib.sha256(receipt.written.encode()).hexdigest()


def _names(networks: Sequence[Network]) -> tuple[str, ...]:
    return tuple(network.name for network in networks if network.name)
