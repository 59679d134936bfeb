"""The member's ID card; its numbers are hidden until a button asks for them."""

from __future__ import annotations

import msgspec

from bot.kit import (
    Ask,
    CostShare,
    Coverage,
    PayerContact,
    PayerPhone,
    Summary,
    member_coverages,
    of_other_person,
    words_of,
)

_SEEN = 4
_NUMBER = frozenset({"id", "number", "num", "numero", "numbers", "numeros"})
_WRITTEN = _NUMBER - {"id"}
_NEAR = 3  # words from a member or policy to its number: "número de mi póliza"
_MEMBER = frozenset({"member", "miembro", "membresia", "subscriber", "suscriptor", "afiliado"})
_POLICY = frozenset({"policy", "poliza", "insurance", "seguro"})
_FIELDS = {"card_pharmacy": "pharmacy", "card_group": "group"}
_COPAYS = 6  # a card has room for no more


class IdCard(msgspec.Struct, frozen=True):
    """One card. `member_id` and `subscriber_id` are as displayed: in full, or only their end.

    The back has the payer's `phones`, each with its purpose, and `address`.
    """

    coverage: Coverage
    member_id: str | None
    subscriber_id: str | None
    phones: tuple[PayerPhone, ...]
    address: str | None = None

    @property
    def copays(self) -> tuple[CostShare, ...]:
        """The first copays that the coverage names."""
        return tuple(share for share in self.coverage.costs if share.kind == "copay")[:_COPAYS]


class IdCards(Summary, frozen=True):
    """A card for each current coverage; if there are none, those that ended, with `ended` set.

    `asks` are the items that the message names: "pharmacy" numbers, the "group", "member", the member's own number, or
    "role", whose plan it is.
    """

    cards: tuple[IdCard, ...] = ()
    ended: bool = False
    shown: bool = False
    other_person: bool = False
    asks: frozenset[str] = frozenset()

    @property
    def hidden(self) -> bool:
        """Whether a number is hidden and can be shown."""
        return not self.shown and any(card.member_id or card.subscriber_id for card in self.cards)

    @property
    def labelled(self) -> bool:
        """Whether one of them has a sensitivity label."""
        return any(card.coverage.labels for card in self.cards)


async def answer(ask: Ask) -> IdCards:
    """Return the cards of the current coverages, or else of the newest one that ended."""
    asks, coverages = _asks(ask), await member_coverages(ask, shown=True)
    shown = "member" in asks or ask.arguments.get("show") == "yes"
    held = coverages.current or coverages.in_state("future")
    chosen = held or coverages.in_state("ended")[:1]
    cards = tuple(_card(coverage, coverages.payer(coverage), shown=shown) for coverage in chosen)
    return IdCards(cards, ended=bool(chosen) and not held, shown=shown, other_person=of_other_person(ask), asks=asks)


def _asks(ask: Ask) -> frozenset[str]:
    """Return which items of the card are asked for; a subscriber's number is the member's own."""
    words, says = words_of(ask.said), ask.asked.says
    said = set(words)
    if "card_role" in says and not said & _NUMBER:
        return frozenset({"role"})
    fields = {field for name, field in _FIELDS.items() if name in says}
    whose = _MEMBER if fields else _MEMBER | _POLICY  # "group number for my insurance" is the group's
    near = ({*words[max(0, at - _NEAR) : at + _NEAR + 1]} for at, word in enumerate(words) if word in whose)
    of_member = any(around & _NUMBER for around in near) or (fields and "id" in said)
    of_card = not fields and said & _WRITTEN and ("card_itself" in says or "id" in said) and "other_number" not in says
    return frozenset(fields | ({"member"} if of_member or of_card else set()))


def _card(coverage: Coverage, payer: PayerContact | None, *, shown: bool) -> IdCard:
    """Return a card; it has the subscriber's number only if it differs from the member's."""
    own, subscriber = coverage.member_id, coverage.subscriber_id
    if own is None:
        own, subscriber = subscriber, None
    if own == subscriber:
        subscriber = None
    phones, address = (payer.phones, payer.address) if payer else ((), None)
    return IdCard(coverage, _said(own, shown=shown), _said(subscriber, shown=shown), phones, address)


def _said(number: str | None, *, shown: bool) -> str | None:
    """Return the number, or its last digits after dots; a short one is hidden completely."""
    if number is None or shown:
        return number
    return f"••••{number[-_SEEN:] if len(number) > 2 * _SEEN else ''}"
