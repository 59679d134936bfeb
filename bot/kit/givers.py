"""Who gives a kind of care, for a question such as "who does colonoscopies", which names no kind of provider."""

import re
from collections.abc import Mapping

from bot.kit.ask import Ask
from bot.records.care_kind import fold

_GIVEN_BY: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("colonoscopy", "endoscopy"), ("207RG0100X",)),
    **dict.fromkeys(("echocardiogram", "stress_test", "heart_test", "ekg"), ("207RC0000X",)),
    **dict.fromkeys(("knee_replacement", "hip_replacement"), ("207X00000X",)),
    **dict.fromkeys(("hernia", "gallbladder", "appendix"), ("208600000X",)),
    **dict.fromkeys(("pap_test", "prenatal", "hysterectomy", "c_section"), ("207V00000X",)),
    "cataract": ("207W00000X",),
    "skin_removal": ("207N00000X",),
    "tonsils": ("207Y00000X",),
    "hearing_test": ("231H00000X",),
}
"""By kind of care, the NUCC codes of who mostly gives it."""
_DOES = re.compile(
    r"\W*(?:(?:and|so|but|ok|okay|y|pero) )*(?:(?:do|does|did|can|could|will|would)(?:n'?t| not)? "
    r"(?!(?:i|you|we|my|our|insurance|bcbst?|blue\w*|aetna)\b)(?:\S+ ){1,5}?"
    r"(?:do|does|offer|perform|provide|handle|treat|give|administer|prescribe|(?:work|deal) with|specialize in)"
    r"|(?:\S+ ){0,3}?(?:hacen?|ofrecen?|tratan?|realizan?|recetan?|manejan?)) (?P<care>[^,;.?!]+?)"
    r"(?: (?:there|here|too|ah[ií]|all[ií]))*\W*(?=[,;.?!]|$)",
    re.IGNORECASE,
)
"""A question whether a provider does something: "does the first one do xrays"."""


def care_done(said: str) -> str:
    """Return the care in a question whether a provider gives it: "xrays" of "does the second one do xrays"; else ""."""
    found = _DOES.match(said)
    return found["care"].strip() if found else ""


def given_by(ask: Ask) -> tuple[tuple[str, ...], str]:
    """Return the NUCC codes of who gives the care for which a question asks, and the name of the care.

    `((), "")` if it names no such care, or a kind or name of a provider too.
    """
    said = "" if ask.slots.keys() & {"specialty", "provider_name", "organization", "npi"} else fold(ask.said)
    kinds = ((codes, ask.care_kinds.named(key)) for key, codes in _GIVEN_BY.items() if said)
    found = ((codes, kind) for codes, kind in kinds if kind and kind.text and kind.text.search(said))
    return next(((codes, kind.bare(ask.language)) for codes, kind in found), ((), ""))
