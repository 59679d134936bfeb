"""What a question asks about one claim besides its amount: place, day, provider, reason, services, or correctness."""

import re

from bot.kit.ask import Ask, Reroute

_BEGINS = re.compile(
    r"\W*(?:(?:and|ok|so|y) )?(?:(?P<where>where|d[oó]nde)|(?P<who>who|(?:con )?qui[eé]n)|(?P<when>when|cu[aá]ndo)"
    r"|(?P<amount>how much|cu[aá]nto)|(?P<purpose>what for|what (?:was|is) (?:it|that|this|the \w+|that \w+) for"
    r"|(?:para|de) qu[eé] (?:fu[ei]|era|me)))\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\bwhat\b[^?.!]{0,30}\b(?:did|do|have|has) (?!i\b|we\b|you\b|my (?:plan|insurance)\b)[^?!]{1,40}"
    r"\b(?:do|done)\b"
    r"|\bwhat\b[^?.!]{0,30}\b(?:did|do|have|has) (?:they|he|she|the (?:lab|doctor|er|hospital|office)) run\b"
    r"|\bwhat(?:'s| all| exactly| else)*(?: \w+){0,3} (?:was|were|got|had|has been) (?:done|performed)\b"
    r"|\bwhat (?:all )?(?:happened|went on|took place)\b(?= (?:at|in|on|during|with|that|there)\b|\W*$)"
    r"|\b(?:what|which) (?:\w+ )?(?:tests?|procedures?|services?|exams?|things) (?:\w+ )?(?:did|were|was|got|had)\b"
    r"|\bqu[eé]\b[^?.!]{0,25}\b(?:hicieron|hizo|practicaron|realizaron)\b"
    r"|\bqu[eé] (?:pas[oó]|ocurri[oó])\b(?= (?:en|el|con|ese|all[ií]|ah[ií])\b|\W*$)",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    r"\b(?:was|is|were|are|did|does|do|have|has) (?!you\b|we\b)[^?.!]{1,60}"
    r"\b(?:right(?! (?:now|after|before|away|there)\b)|correct(?:ly)?|accurate(?:ly)?|properly|too much"
    r"|a mistake|an error)\b"
    r"|\b(?:was|were) (?:i|we) overcharged\b|\bdid [^?.!]{1,40}\bovercharge\b"
    r"|\b(?:est[aá]|es|fue|era|estuvo|estaba)\b[^?.!]{0,40}\b(?:bien|correct[oa]|un error|de m[aá]s)\b"
    r"|\bcobr(?:aron|[oó])\b[^?.!]{0,30}\b(?:bien|correct[oa]|lo que era|de m[aá]s)\b",
    re.IGNORECASE,
)
_TWICE = re.compile(
    r"\b(?:bill|charg|cobr|factur)\w*(?: [^\s?.!]+){0,4} (?:twice|two times|double|dos veces|doble)\b"
    r"|\b(?:twice|doubled?|duplicate) (?:bill|charg)",
    re.IGNORECASE,
)
_PAPER = re.compile(
    r"\b(?:bills?(?! (?:me|us|my)\b)|invoices?|statements?|letter|facturas?|cuentas?|carta)\b", re.IGNORECASE
)
_TOLD = re.compile(r"\w[,.;] (?:and )?(?:is|was|es|est[aá]) (?:that|this|it|eso|esto|bien|correct)", re.IGNORECASE)
"""What asks whether the statement before it is right, and not the amount of a claim."""
_ENDS = re.compile(
    r"\b(?:(?P<who>(?:de|con) qui[eé]n (?:era|es|fue)|who (?:was|is) (?:it|that) (?:with|from))"
    r"|(?P<purpose>(?:para|de) qu[eé] (?:fue|era)\b[^?.!]{0,40}\W*$"
    r"|what (?:was|is|were|did i) (?:it|that|[^?.!]{3,60}) for\W*$"
    r"|(?:what|which|says?|qu[eé]) [^?.!]{0,40}(?:diagnos|reason|motivo|disease)))",
    re.IGNORECASE,
)


def asked_of_one(said: str) -> str | None:
    """Return what a message asks about one claim, such as its day; None for its amounts and other questions.

    The result is "where", "who", "when", "amount", "purpose", "done" (the services), "twice" (whether it was charged
    so) or "right" (whether the share is as the plan states it). A bill on paper is compared with the claim instead.
    """
    if _TWICE.search(said):
        return "twice"
    if asked := _BEGINS.match(said) or _ENDS.search(said):
        return asked.lastgroup
    if _DONE.search(said):
        return "done"
    return "right" if _RIGHT.search(said) and not _PAPER.search(said) else None


def hand_over_asked(ask: Ask, **to: str) -> None:
    """Raise `Reroute` to the intent in `to` for what the question asks about one claim; return if there is none.

    Raises:
        Reroute: Another intent answers what the message asks.
    """
    asked = asked_of_one(ask.said) if "amount" not in ask.slots else None
    told = asked == "right" and _TOLD.search(ask.said) and {"id", "focus"}.isdisjoint(ask.arguments)
    if asked in to and not told:
        raise Reroute(to[asked], **ask.arguments)
