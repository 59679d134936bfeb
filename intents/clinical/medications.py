"""Medications from pharmacy claims: the drugs filled under the plan, which may differ from those taken."""

from datetime import date, timedelta

from msgspec.structs import replace

from bot import kit

PAGE = 5
_YEAR, _LONG = timedelta(days=365), timedelta(days=1095)


class Medications(kit.Paged, frozen=True):
    """One page of drugs with their newest fill.

    Attributes:
        since, until: The first and the last day of the search.
        wanted: The conditions that the fills match.
        asks_who: True if the question is who prescribed the drugs.
        alone: True if the question is about one drug, by its name or purpose.
        lacking: True if none of the drugs is the requested one.
    """

    wanted: kit.ClaimFilter
    drugs: tuple[kit.Medication, ...] = ()
    since: date = date.min
    until: date = date.max
    found: int = 0
    shielded: kit.Shielded = kit.UNSHIELDED
    asks_who: bool = False
    alone: bool = False
    lacking: bool = False


async def answer(ask: kit.Ask) -> Medications:
    """Return the drugs filled in the requested period, by default the last year, that match the question.

    Drugs of a prescriber, and a named drug that was not filled in the last year, are looked for in three years. If no
    fill is of the named drug or purpose, all drugs are returned. Sensitive drugs are included only if a button asks.
    """
    since, end = kit.span_of(ask)
    first = since or ask.today - (_LONG if "provider_name" in ask.slots else _YEAR)
    read = await kit.medications(ask, first)
    named = bool((wanted := kit.filter_of(ask)).drugs or wanted.traits)
    if not read and "drug" in ask.words and not since:
        read = await kit.medications(ask, first := ask.today - _LONG)
    if lacking := named and not read:
        every = replace(ask, slots={}, excluded={}, several={}, said="")
        read = await kit.medications(every, first := since or ask.today - _YEAR)
    shown = ask.arguments.get("show") == "yes"
    described = [drug for drug in read if shown or not drug.labels]
    if len(described) == 1 and named:
        ask.named["drug"] = kit.words_of(described[0].dispensed.drug)[0]
    drugs, place = ask.paged(described, PAGE)
    ask.report.cite("ExplanationOfBenefit", [claim.id for drug in drugs for claim in drug.claims])
    return Medications(
        wanted=wanted,
        drugs=drugs,
        since=first,
        until=min(end or ask.today, ask.today),
        found=len(described),
        shielded=kit.Shielded(sum(1 for drug in read if drug.labels), shown),
        asks_who=ask.asked.form == "who" or kit.asks_prescriber(ask),
        alone=len(described) == 1 and named and not lacking,
        lacking=lacking,
        **place,
    )
