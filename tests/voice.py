"""What a reply may not say, and how long it may be before its details: the rules of the voice that can be checked."""

import re
from collections.abc import Iterable, Mapping

from bot.message import Block, Line
from bot.replies.plain import plain

_TECHNICAL = ("endpoint/", "provider/detail", "provider/report", "system/")  # addresses, receipts and reports hold ids
_NEVER = {
    "en": (
        r"ExplanationOfBenefit|PractitionerRole|_sort\b|\bFHIR\b",
        r"as (?:your|the) plan reports it|special privacy mark|With another status I see|names nothing of",
        r"as the crow flies|\bit stands on\b|stands on \d|\b\d+ (?:providers|places) for\b",
        r"\bunfortunately\b|\bWhom is\b",
        r"(?<!\.)\.\.(?!\.)",
        r"\bin network within\b|\b(?:women|men) only, |, no (?:wo)?men\b|\bfits everything you asked\b",
        r"\bdoctors? for \w+(?:logo|iatra|ista)s?\b",
    ),
    "es": (
        r"ExplanationOfBenefit|PractitionerRole|_sort\b|\bFHIR\b",
        r"hacia su deducible|\bla 1 |\bSin ser \w+ hay|marca especial de privacidad|¿Cuánto debía",
        r"\bCobrado \$|\bManda el plazo\b|\breclamos\b|\blamentablemente\b",
        r"\b(?:tu|tus|tienes|quieres)\b",
        r"(?<!\.)\.\.(?!\.)",
        r"\babre del \d|\bsin ser (?:hombre|mujer)\b|\bsolo (?:hombres|mujeres), ",
        r"\bmédicos? para \w+(?:ist|ian)s?\b|\ben \w+ County\b|\b(?:los|las) más cercan[oa]s primero\b",
    ),
}
_RECORDED = re.compile(
    r"\b(?:High blood pressure|Type 2 diabetes|Heart \w+|Knee \w+|\d mg (?:tablets|capsules|pen)|Care plan)\b"
)
_QUOTED = re.compile(r'"[^"]*"')
_OWES = {"en": r"\byou (?:still )?owe\b", "es": r"\b(?:usted )?debe (?:usted )?\$"}
_DENIES = re.compile(r"can't tell what you still owe")
_SHORT = frozenset(
    {"claim/last_visit_cost", "claim/why", "claim/spending", "claim/owed", "claim/compare", "claim/export"}
)
_LINES = 6


def voice_faults(template: str, values: Mapping[str, object], blocks: Iterable[Block], language: str) -> list[str]:
    """What is wrong with the words of a reply, in words; empty when all is well."""
    blocks = tuple(blocks)
    said = plain(blocks, addresses=False)
    found = [
        f"{template} ({language}) says {match[0]!r}"
        for pattern in (*_NEVER[language], *([_OWES[language]] if template.startswith("claim/") else ()))
        if (match := re.search(pattern, _DENIES.sub("", said))) and not _may_name(template, values)
    ]
    if language == "es" and template.startswith("clinical/") and (match := _RECORDED.search(_QUOTED.sub("", said))):
        found.append(f"{template} (es) leaves {match[0]!r} in English, outside quotes")
    lines = sum(isinstance(block, Line) for block in blocks)
    if template in _SHORT and lines > _LINES + _doubts(values):
        found.append(f"{template} ({language}) has {lines} lines before its details")
    return found


_THEIRS = {
    "en": re.compile(
        r"\b[Yy]our (?:own |one |whole |newest |\*\*)*(?:plan|share|claim|deductible|out-of-pocket|copay|coinsurance)"
        r"|\b[Yy]our (?:care|coverage|network|visit|prescription|fill|lab result|vital sign|record|doctor"
        r"|member number)"
        r"|\b[Yy]ou(?:'re| were| are) (?:covered|the subscriber)|\bof yours\b|\byou owe\b|\bMy (?:plan|claims)\b"
    ),
    "es": re.compile(r"\b[Uu]sted (?:es|tiene|paga|debe)\b|\bMis? (?:plan|reclamaciones|tarjeta)\b|\b(?:de|a) usted\b"),
}
_TO_THE_READER = re.compile(r"bills you|le cobra a usted|record of yours")


def theirs_faults(template: str, blocks: Iterable[Block], language: str) -> list[str]:
    """What an answer about somebody else's record says as if it were the reader's own; a meaning speaks of anybody."""
    if template.startswith("glossary/"):
        return []
    said = _TO_THE_READER.sub("", plain(tuple(blocks), addresses=False))
    found = _THEIRS[language].finditer(said)
    return [f"{template} ({language}) says {match[0]!r} of another's record: theirs.yaml" for match in found]


def _may_name(template: str, values: Mapping[str, object]) -> bool:
    return template.startswith(_TECHNICAL) or bool(values.get("technical"))


def _doubts(values: Mapping[str, object]) -> int:
    """What has to be said beside an amount takes a line each."""
    doubts = getattr(values.get("answer"), "doubts", ())
    if isinstance(doubts, Mapping):
        return sum(len(found) for found in doubts.values())
    return len(doubts) if isinstance(doubts, tuple) else 0
