"""The search for places of care, such as hospitals and pharmacies, and one page of its results."""

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.cards import Card, store_cards
from bot.kit.conditions import Conditions, conditions, sift
from bot.kit.facilities import places_of_care
from bot.kit.found import Found, ProviderSearch
from bot.kit.plans import AskedNetworks, among, asked_networks, without_own
from bot.records.listing import Listing

_FEW = 3  # places of one name, each of which is told
_LEAST_LETTERS = 3  # of a word that calls a place
_CALLED = 2  # words of a place's name that call it


class FoundPlaces(Found, frozen=True, kw_only=True):
    """One page of places of care of one of the `kinds`, or of any kind.

    `nearer` is the nearest place outside the person's own networks, if that place is nearer than all places inside.
    """

    kinds: tuple[str, ...]
    nearer: Card | None = None

    @property
    def kind(self) -> str | None:
        """The single kind; None for several kinds and for any kind."""
        return self.kinds[0] if len(self.kinds) == 1 else None


class Places(ProviderSearch[FoundPlaces]):
    """The search for places of care of one of the `kinds`, or of any kind."""

    cited = ("OrganizationAffiliation", "HealthcareService", "Location", "Organization")
    stores = True

    def __init__(self, ask: Ask, kinds: tuple[str, ...], detail: str) -> None:
        super().__init__(ask, kinded=bool(kinds), detail=detail)
        self.kinds, self.made = kinds, partial(FoundPlaces, kinds=kinds)

    async def read(self, wishes: Conditions, where: SearchArea | None) -> tuple[Conditions, tuple[Listing, ...]]:
        """Return the conditions and the listings of places of the kinds in the area.

        If the directory has no list of networks, the networks in question are looked up among those of the listings.
        """
        found = await places_of_care(self.ask, self.kinds, where)
        lost = wishes.networks.named and not wishes.networks.listed
        return replace(wishes, networks=among(self.ask, found)) if lost else wishes, found

    def cards(self, rows: Sequence[Listing], where: SearchArea | None) -> tuple[Card, ...]:
        """Return one card per place."""
        return store_cards(self.ask, rows, where)

    def kept(self, found: Sequence[Listing], where: SearchArea | None, wishes: Conditions) -> tuple[Listing, ...]:
        """Return all listings, also those in other networks, of each place that matches every condition."""
        fitting = {row.store for row in super().kept(found, where, wishes) if row.locations or not where}
        return tuple(row for row in sift(found, Conditions().filters(self.ask, where)) if row.store in fitting)

    async def own(self, wishes: Conditions) -> AskedNetworks:
        """Return the person's own networks; empty for emergency rooms, because no network matters in an emergency."""
        emergency = self.kinds == ("emergency_room",) and not wishes.networks.anyone
        return AskedNetworks() if emergency else await super().own(wishes)

    def with_own(self, result: FoundPlaces, found: Sequence[Listing], own: AskedNetworks) -> FoundPlaces:
        """Return the page of places in the person's own networks.

        `nearer` is set to the nearest place of all if that place is outside these networks.
        """
        page = super().with_own(result, found, own)
        if page.none_own or page.others or page.first > 1 or not page.cards or page.cards[0].miles is None:
            return page
        nearest = self.cards(self.kept(found, page.where, page.wishes), page.where)[0]
        return replace(page, nearer=nearest if (nearest.miles or 0) < page.cards[0].miles else None)


async def find_places(ask: Ask, *kinds: str, detail: str, anywhere: bool = False) -> FoundPlaces:
    """Return the matching places of one of the kinds (or of any kind), nearest first.

    `detail` is the intent that tells of one place. Emergency rooms are not limited to a network. With `anywhere`, no
    place is needed, and places without visitors, such as mail-order pharmacies, are included.

    Raises:
        NeedsPlace: If the question names no place and `anywhere` is False.
    """
    wishes = conditions(ask, (), await without_own(ask, await asked_networks(ask)))
    return await Places(ask, kinds, detail).answer(wishes, placed=not anywhere)
