"""Decides whether a question is about past or future care, by its concepts, words and conditions."""

import re
from datetime import date

from bot.kit.ask import Ask, Reroute
from bot.kit.spans import days_of
from bot.kit.spelling import words_of
from bot.language.calendar import later

_MONEY = frozenset({"COST", "OWE", "PAID", "COVER", "FREE", "PRICE_OF_A", "BILL", "MONEY", "SPEND", "DUE"})
_ANEW = frozenset({"RESET_DAY", "STARTS_OVER"})
_BACK = frozenset({"PAST", "LATEST", "CLAIM", "BILL_CAME"})
_OF_CLAIMS = frozenset(
    {"claim_id", "state_of_claim", "order", "rank", "average", "number_of", "amount_over", "amount_under"}
)
_YEAR = re.compile(r"\b20\d\d\b")
_STILL = re.compile(r"\b(?:still|stay|sigue|todavia) (?:[a-z]+ ){0,2}\d")


def may_be_ahead(ask: Ask, *, recorded: bool = False) -> bool:
    """Return whether a question may be about the cost or coverage of future care, given that no claim shows that care.

    This is so if the words speak of the future. Without such words it is so if they do not speak of the past and no
    clinical record shows the care (`recorded`). A question about a past period or about certain claims never is.
    """
    end = days_of(ask.slots.get("date_range"))[1]
    barred = (end and end < ask.today) or _OF_CLAIMS & {*ask.slots, *ask.excluded} or ask.asked.form == "reason"
    if barred or not _of_money(ask):
        return False
    return "ahead" in ask.asked.says or not (recorded or _BACK & ask.concepts)


def speaks_ahead(ask: Ask) -> bool:
    """Return whether the words speak of the future and not of the past, as in "if I need an MRI in June"."""
    return "supposed" in ask.asked.says or ("to_come" in ask.asked.says and "was" not in ask.asked.says)


def hand_over_ahead(ask: Ask, of_drugs: str) -> None:
    """Pass a question about the future cost of a drug on to the intent `of_drugs`; return if it is no such question.

    Raises:
        Reroute: The question is about the future cost of a drug; `of_drugs` answers it.
    """
    if asks_from_now_on(ask) and (_of_money(ask) or "amount" in ask.slots):
        raise Reroute(of_drugs)


def asks_from_now_on(ask: Ask) -> bool:
    """Return whether the question is about a drug from now on, as in "is it still 600 a month"."""
    timed = "ahead" in ask.asked.says and {"date_ahead", "date_range"} & {**ask.beside, **ask.slots}.keys()
    again = "again" in ask.asked.says or speaks_ahead(ask) or _STILL.search(" ".join(words_of(ask.said)))
    return "drug" in ask.slots and bool(again or timed)


def _of_money(ask: Ask) -> bool:
    told = "amount_kind" in ask.slots or "own_share" in ask.asked.says
    return told or not _MONEY.isdisjoint(ask.concepts)


def may_come(ask: Ask) -> bool:
    """Return whether a period in the question may be in the future: the words name no year and nothing past."""
    return {"was", "is_over"}.isdisjoint(ask.asked.says) and not _YEAR.search(ask.said)


def lies_after(ask: Ask, last: date) -> bool:
    """Return whether the question is about a time after `last`: "in 2027", or "come January" with words ahead."""
    told = {**ask.beside, **ask.slots}
    start, _ = days_of(told.get("date_ahead"))
    if start is None and may_come(ask) and ("ahead" in ask.asked.says or _ANEW & ask.concepts):
        first, end = days_of(told.get("date_range"))
        start = later(first, 1, "year") if first and end and end < ask.today else None
    return start is not None and start > last
