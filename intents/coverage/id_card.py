"""The member's ID card; its numbers are hidden until a button asks for them."""

import msgspec

from bot import kit

_SEEN = 4
_NUMBER = frozenset({"id", "number", "num", "numero", "numbers", "numeros"})
_WRITTEN = _NUMBER - {"id"}
_NEAR = 3  # words from a member or policy to its number: "número de mi póliza"
_CARD, _ASKED = frozenset({"card", "cards"}), frozenset({"what", "whats", "cual", "que"})
_MEMBER = frozenset({"member", "miembro", "membresia", "subscriber", "suscriptor", "afiliado"})
_POLICY = frozenset({"policy", "poliza", "insurance", "seguro"})
_FIELDS = {"card_pharmacy": "pharmacy", "card_group": "group"}
_COPAYS = 6  # a card has room for no more


class IdCard(msgspec.Struct, frozen=True):
    """One ID card.

    Attributes:
        member_id, subscriber_id: The numbers as displayed: in full, or only the last digits.
        phones, address: The payer's phone numbers with their purposes, and address, on the back of the card.
    """

    coverage: kit.Coverage
    member_id: str | None
    subscriber_id: str | None
    phones: tuple[kit.PayerPhone, ...]
    address: str | None = None

    @property
    def copays(self) -> tuple[kit.CostShare, ...]:
        """The first six copays that the coverage states."""
        return tuple(share for share in self.coverage.costs if share.kind == "copay")[:_COPAYS]


class IdCards(kit.Summary, frozen=True):
    """The ID cards of the current coverages.

    Attributes:
        ended: True if there is no current or future coverage, so that the cards are of one that ended.
        shown: True if the numbers are displayed in full.
        asks: The items of the card that the question asks for: "pharmacy", "group", "member" (the member's own number)
            or "role" (whose plan it is).
    """

    cards: tuple[IdCard, ...] = ()
    ended: bool = False
    shown: bool = False
    asks: frozenset[str] = frozenset()

    @property
    def hidden(self) -> bool:
        """Whether a member or subscriber number is hidden, so that a button can show it in full."""
        return not self.shown and any(card.member_id or card.subscriber_id for card in self.cards)


async def answer(ask: kit.Ask) -> IdCards:
    """Return the cards of the current coverages, or else of future ones, or else of the newest one that ended."""
    asks, coverages = _asks(ask), await kit.member_coverages(ask, shown=True)
    shown = "member" in asks or ask.arguments.get("show") == "yes"
    held = coverages.current or coverages.in_state("future")
    chosen = held or coverages.in_state("ended")[:1]
    cards = tuple(_card(coverage, coverages.payer(coverage), shown=shown) for coverage in chosen)
    return IdCards(cards, ended=bool(chosen) and not held, shown=shown, asks=asks)


def _asks(ask: kit.Ask) -> frozenset[str]:
    """Return the items of the card that the question asks for, as in `IdCards.asks`.

    A subscriber's or policy number counts as the member's own number.
    """
    words, says = kit.words_of(ask.said), ask.asked.says
    said = set(words)
    if "card_role" in says and not said & _NUMBER:
        return frozenset({"role"})
    fields = {field for name, field in _FIELDS.items() if name in says}
    whose = _MEMBER if fields else _MEMBER | _POLICY  # "group number for my insurance" is the group's
    near = ({*words[max(0, at - _NEAR) : at + _NEAR + 1]} for at, word in enumerate(words) if word in whose)
    of_member = any(around & _NUMBER for around in near) or (fields and "id" in said)
    ids = (words[at + 1 : at + 2] for at, word in enumerate(words) if word == "id")
    of_member = of_member or (bool(_ASKED & said or "#" in ask.said) and any(_CARD.isdisjoint(one) for one in ids))
    named = "card_itself" in says or said & {"id", *whose}
    of_card = not fields and said & _WRITTEN and named and "other_number" not in says
    return frozenset(fields | ({"member"} if of_member or of_card else set()))


def _card(coverage: kit.Coverage, payer: kit.PayerContact | None, *, shown: bool) -> IdCard:
    """Return the card of a coverage; the subscriber's number is None if it equals the member's number."""
    own, subscriber = coverage.member_id, coverage.subscriber_id
    if own is None:
        own, subscriber = subscriber, None
    if own == subscriber:
        subscriber = None
    phones, address = (payer.phones, payer.address) if payer else ((), None)
    return IdCard(coverage, _said(own, shown=shown), _said(subscriber, shown=shown), phones, address)


def _said(number: str | None, *, shown: bool) -> str | None:
    """Return the number as displayed: in full if `shown`, else the last four digits after dots, or only dots."""
    if number is None or shown:
        return number
    return f"••••{number[-_SEEN:] if len(number) > 2 * _SEEN else ''}"
