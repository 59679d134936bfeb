"""The claims of each member: ordinary ones, those listed in the table of members, and special cases."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from bot.sandbox.synthetic import approvals, denials, oddities, sensitive
from bot.sandbox.synthetic.coverages import DENTAL, SECOND
from bot.sandbox.synthetic.denials import priced
from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.money import Charge
from bot.sandbox.world import Resource

# The newest ordinary claim of a member with special cases is this old, so that the special ones are the last.
_QUIET_DAYS = 100
_OKAFOR = Charge(88507, discount=33633, coinsurance=5487)
_COPAY_VISIT = Charge(21200, discount=8060, copay=3000, paid_by_patient=3000)


def claims(book: Notebook) -> Iterator[Resource]:
    """Yield every ExplanationOfBenefit of the member, except those created on demand."""
    special = _SPECIAL.get(book.member.username)
    newest = _QUIET_DAYS if special else 10
    yield from map(explanation, book.ordinary(newest=newest, count=book.member.visits))
    for name, _, days in (entry.partition(":") for entry in book.member.also):
        yield explanation(book.service(name, int(days)))
    if special:
        yield from special(book)


def many(book: Notebook, count: int) -> Iterable[Resource]:
    """Return `count` claims over six years, none newer than a week."""
    return map(explanation, book.ordinary(newest=7, count=count, days=2190))


def _dana(book: Notebook) -> Iterator[Resource]:
    """Yield a cardiology visit nine days ago, an earlier visit with a copay, and a later refill."""
    yield explanation(book.service("office", 66))
    yield explanation(priced(book.service("office@tran", 41), _COPAY_VISIT))
    yield explanation(priced(book.service("heart_visit@okafor", 9), _OKAFOR))
    yield explanation(book.fill("lisinopril", 3))


def _ezra(book: Notebook) -> Iterator[Resource]:
    """Yield a scan that is paid fully by the deductible: the plan pays nothing and nothing is denied."""
    yield explanation(priced(book.service("mri_knee", 18), Charge(142000, discount=53960, deductible=88040)))


def _priya(book: Notebook) -> Iterator[Resource]:
    """Yield a claim that another plan paid first, and dental claims under the dental plan."""
    visit = priced(book.service("ortho_visit", 18), Charge(32000, discount=12160, coinsurance=2976, prior_payer=9000))
    yield explanation(replace(visit, coverage=f"Coverage/{book.member.numbered_coverage(SECOND)}"))
    for service, days in (("cleaning", 60), ("filling", 52), ("cleaning", 250), ("crown", 330)):
        teeth = book.service(service, days)
        yield explanation(replace(teeth, coverage=f"Coverage/{book.member.numbered_coverage(DENTAL)}"))


_SPECIAL: dict[str, Callable[[Notebook], Iterator[Resource]]] = {
    "dana": _dana,
    "ezra": _ezra,
    "priya": _priya,
    "nadia": approvals.nadia,
    "theo": denials.theo,
    "jesse": sensitive.jesse,
    "hank": oddities.hank,
    "opal": oddities.opal,
    "june": oddities.june,
    "zoe": oddities.zoe,
}
