"""Whether a question is about care that was given or about care to come, by its concepts, words and conditions."""

import re
from collections.abc import Mapping
from datetime import date

from bot.kit.ask import Ask
from bot.kit.spelling import words_of

_MONEY = frozenset({"COST", "OWE", "PAID", "COVER", "FREE", "PRICE_OF_A", "BILL", "MONEY", "SPEND", "DUE"})
_BACK = frozenset({"PAST", "LATEST", "CLAIM", "BILL_CAME"})
_OF_CLAIMS = frozenset(
    {"claim_id", "state_of_claim", "order", "rank", "average", "number_of", "amount_over", "amount_under"}
)

_IF = re.compile(r"\bif (?:i|we|they|he|she) (?:[a-z]+ ){0,3}?(?:go|goes|end up|ends up)\b")
_STILL = re.compile(r"\b(?:still|stay|sigue|todavia) (?:[a-z]+ ){0,2}\d")


def may_be_ahead(ask: Ask, *, recorded: bool = False) -> bool:
    """Return whether money or cover of care to come may be meant where no claim shows that care.

    Words for what is to come say so; without them, whatever tells neither a past nor a condition of claims, unless the
    care is `recorded` elsewhere.
    """
    if not _of_money(ask) or _chooses_claims(ask) or ask.asked.form == "reason":
        return False
    return "ahead" in ask.asked.says or not (recorded or _BACK & ask.concepts)


def is_ahead(ask: Ask) -> bool:
    """Return whether the words say that care is to come, whatever claims show: "what would Dr. Kim cost me"."""
    named = {"service", "provider_name", "specialty"} & {*ask.slots, *ask.several}
    asks = named and _of_money(ask) and ask.asked.form != "reason"
    return bool(asks) and speaks_ahead(ask) and not (_chooses_claims(ask) or "id" in ask.arguments)


def speaks_ahead(ask: Ask) -> bool:
    """Return whether the words speak of a time to come, and of none that is past: "if I need an MRI in June"."""
    told = "to_come" in ask.asked.says and "was" not in ask.asked.says
    return told or _IF.search(" ".join(words_of(ask.said))) is not None


def asks_from_now_on(ask: Ask) -> bool:
    """Return whether it is asked what a drug costs from now on: "every time I fill it", "is it still 600 a month"."""
    again = "again" in ask.asked.says or _STILL.search(" ".join(words_of(ask.said)))
    return "drug" in ask.slots and bool(again)


def _of_money(ask: Ask) -> bool:
    return "amount_kind" in ask.slots or not _MONEY.isdisjoint(ask.concepts)


def _chooses_claims(ask: Ask) -> bool:
    """Return whether a condition of claims is named, or a time that has ended."""
    value = ask.slots.get("date_range")
    end = value.get("end") if isinstance(value, Mapping) else None
    over = end is not None and date.fromisoformat(str(end)) < ask.today
    return over or not _OF_CLAIMS.isdisjoint({*ask.slots, *ask.excluded})
