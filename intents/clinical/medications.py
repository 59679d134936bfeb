"""Medications from pharmacy claims: the drugs filled under the plan, which may differ from those taken."""

from datetime import date, timedelta

from bot import kit

PAGE = 5
_TELLING = 5  # letters of a drug's name
DAYS = 365


class Medications(kit.Paged, frozen=True):
    """One page of drugs with their newest fill.

    Attributes:
        since: The first day of the search.
        asks_who: True if the question is who prescribed the drugs.
        alone: True if the question is about one drug, by its name or purpose.
        lacking: True if none of the drugs is the requested one.
    """

    drugs: tuple[kit.Medication, ...] = ()
    since: date = date.min
    found: int = 0
    shielded: kit.Shielded = kit.UNSHIELDED
    asks_who: bool = False
    alone: bool = False
    lacking: bool = False


async def answer(ask: kit.Ask) -> Medications:
    """Return the drugs filled in the requested period, by default the last year; only the named ones if any are named.

    A named drug that was filled only before the last year is found there. Sensitive drugs are included only if a button
    asks for them.

    Raises:
        Reroute: `claim.pharmacy` answers for the fills of a prescriber or a pharmacy.
    """
    if "provider_name" in ask.slots:
        raise kit.Reroute("claim.pharmacy")
    since, year = kit.span_of(ask)[0], timedelta(days=DAYS)
    found = await _filled(ask, since or ask.today - year)
    earlier = await _filled(ask, ask.today - 3 * year) if found.lacking and "drug" in ask.words and not since else found
    return found if earlier.lacking else earlier


async def _filled(ask: kit.Ask, since: date) -> Medications:
    read = await kit.medications(ask, since)
    shown = ask.arguments.get("show") == "yes"
    out = [use.drugs for use in ask.asked.uses if use.excluded]  # "all but the blood pressure one"
    named = ((drug, drug.dispensed.drug or "") for drug in read if shown or not drug.labels)
    described = [drug for drug, name in named if not any(kit.is_for(ask, name, drugs) for drugs in out)]
    uses = kit.drugs_of_use(ask)
    words = kit.words_of(f"{ask.said} {ask.words.get('drug', '')}")  # of the drug spoken of before, too
    said = {word for word in words if len(word) >= _TELLING}
    names = said | {word for one in said for name in ask.other_names(one) for word in kit.words_of(name)}
    meant = [one for one in described if names.intersection(kit.words_of(one.dispensed.drug)[:1])]
    meant = meant or [one for one in described if kit.is_for(ask, one.dispensed.drug or "", uses)]
    described = meant or described
    if len(meant) == 1:
        ask.named["drug"] = kit.words_of(meant[0].dispensed.drug)[0]
    drugs, place = ask.paged(described, PAGE)
    ask.report.cite("ExplanationOfBenefit", [claim.id for drug in drugs for claim in drug.claims])
    return Medications(
        drugs=drugs,
        since=since,
        found=len(described),
        shielded=kit.Shielded(sum(1 for drug in read if drug.labels), shown),
        asks_who=ask.asked.form == "who" or kit.asks_prescriber(ask),
        alone=len(meant) == 1,
        lacking=not meant and (bool(uses) or any(map(ask.other_names, words))),
        **place,
    )
