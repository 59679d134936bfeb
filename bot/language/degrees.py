"""The degrees in capitals that a message names: "only DOs", "a DO, not an MD"."""

from bot.language.matcher import Lexed
from bot.language.text import Utterance

_NEAR = 2  # words from a "not" to a degree


def degrees_in(said: Utterance, lexed: Lexed) -> tuple[frozenset[str], frozenset[str], frozenset[int]]:
    """Return the degrees that are wanted, those that are left out, and the places of their words.

    The DO of "what DO I owe" is none, and in a message in capitals nothing is.
    """
    leads, bars = ({*lexed.places.get(f"asked.{name}", ())} for name in ("before_degree", "barring"))
    wanted, out, places = set[str](), set[str](), set[int]()
    for at in lexed.places.get("asked.degree", ()) if not said.text.isupper() else ():
        degree = str(next(value for name, value in lexed.symbols[at] if name == "asked.degree"))
        alone = lexed.words[at] == degree.lower() and at - 1 not in leads
        if alone or not said.said(at, at + 1).startswith(degree):
            continue
        barred = bars & {*range(at - _NEAR, at)}
        (out if barred else wanted).add(degree)
        places |= {at, *barred}
    return frozenset(wanted - out), frozenset(out), frozenset(places)
