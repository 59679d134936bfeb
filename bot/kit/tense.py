"""Whether a question is about care that was given or about care to come, by its words and conditions."""

import re
from collections.abc import Mapping
from datetime import date

from bot.kit.ask import Ask
from bot.kit.spelling import words_of

_COURTESY = re.compile(
    r"\b(?:would|could|will|can) you (?:please |kindly |be able to |be so kind as to )*"
    r"(?:tell|show|give|let|explain|check|look|send|list|say|see|pull|confirm|advise)\b"
)
_AHEAD = re.compile(
    r"\b(?:would|will|gonna|going to|if (?:i|we|my|the|it|they)|might|could|should i|next (?:week|month|time|year)"
    r"|need an?|needs|upcoming|scheduled|ballpark|estimate|before i|how much (?:is|are|does|do|for)"
    r"|do i (?:pay|owe|get|have)|does (?:it|the plan|my)|(?:is|are) (?:it|that|there|an?|any)|free or|covered"
    r"|pagaria|costaria|saldria|cobrarian|costara|va a|voy a|si (?:voy|me|necesito)|hay que|cuanto (?:cuesta|vale|es)"
    r"|me (?:cobran|cubren?)|cubren?)\b"
)
_PAST = re.compile(
    r"\b(?:did|was|were|had|been|got|went|paid|billed|charged|came|last|ago|yesterday|saw|received|claims?|bills?|eobs?"
    r"|statements?|showing|on file|history|record"
    r"|fue|fueron|era|cobraron|cobro|pague|pagaron|pasad[oa]s?|ultim[oa]s?|tuve|estuvo|hicieron|salio|costo|ayer"
    r"|reclamos?|facturas?|historial)\b"
)
_TO_COME = re.compile(
    r"\b(?:(?:would|will|gonna|going to|should) (?:i|it|that|my|a|an|the|be|cost|run|owe|pay)"
    r"|does an? \w+|next (?:time|visit|appointment)|if i (?:go|see|get|need|had to)|gonna run|saldria|costaria"
    r"|costara|pagaria|va a (?:costar|salir)|la proxima)\b"
)
_WAS = re.compile(r"\b(?:was|were|did|paid|charged|billed|have (?:paid|cost|been|owed)|fue|cobraron|pague)\b")
_AGAIN = re.compile(
    r"\b(?:(?:every|each|next) (?:\w+ )?(?:time|fill|refill|month)|same (?:price|cost)|(?:fill|refill|get) it again"
    r"|(?:going to|gonna|will it) (?:happen|cost|be|stay|keep)|from now on|cada vez|la proxima|otra vez|mismo precio)\b"
)
_MONEY = re.compile(
    r"\b(?:costs?|pay|paid|owe|free|cover(?:s|ed|age)?|price|charge|bill|run|copay|much|anything|worst|most|expensive|cheap(?:er)?"
    r"|cuest\w+|costo|pag\w+|cubr\w+|cubiert\w+|gratis|precio|cobr\w+|cuanto|sale|saldria|costaria)\b"
)
_OF_CLAIMS = frozenset(
    {"claim_id", "state_of_claim", "order", "rank", "average", "number_of", "amount_over", "amount_under"}
)


def asks_ahead(ask: Ask, *, recorded: bool = False) -> bool:
    """Return whether money or cover of care to come may be meant where no claim shows that care.

    Words for what is to come say so; without them, whatever tells neither a past nor a condition of claims, unless the
    care is `recorded` elsewhere.
    """
    said = _COURTESY.sub(" ", " ".join(words_of(ask.said)))
    if not _MONEY.search(said) or not _OF_CLAIMS.isdisjoint({*ask.slots, *ask.excluded}) or _is_over(ask):
        return False
    return bool(_AHEAD.search(said)) or not (_PAST.search(said) or recorded)


def comes(ask: Ask) -> bool:
    """Return whether the words say that care is to come, whatever claims show: "what would Dr. Kim cost me"."""
    named = {"service", "provider_name", "specialty"} & {*ask.slots, *ask.several}
    condition = not _OF_CLAIMS.isdisjoint({*ask.slots, *ask.excluded}) or "id" in ask.arguments or _is_over(ask)
    asks = _MONEY.search(" ".join(words_of(ask.said))) and ask.asked.form != "reason"
    return bool(named and asks) and speaks_ahead(ask) and not condition


def speaks_ahead(ask: Ask) -> bool:
    """Return whether the words speak of a time to come, and of none that is past: "if I need an MRI in June"."""
    said = _COURTESY.sub(" ", " ".join(words_of(ask.said)))
    return _TO_COME.search(said) is not None and not _WAS.search(said)


def recurs(ask: Ask) -> bool:
    """Return whether it is asked what a drug costs from now on: "is that gonna happen every time I fill it"."""
    return "drug" in ask.slots and _AGAIN.search(" ".join(words_of(ask.said))) is not None


def _is_over(ask: Ask) -> bool:
    """Return whether a time is named that has ended."""
    value = ask.slots.get("date_range")
    end = value.get("end") if isinstance(value, Mapping) else None
    return end is not None and date.fromisoformat(str(end)) < ask.today
