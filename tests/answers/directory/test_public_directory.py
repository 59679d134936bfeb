"""HL7's own example directory: every question about it has a sensible answer, of which each word is in the records."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.replies.plain import as_data
from bot.sandbox.app import serve_sandbox
from bot.sandbox.data import load
from tests.answers.asking import PUBLIC
from tests.stage import TODAY, Stage, serving_bot

FOLDER = PUBLIC / "hl7-plan-net-1.1.0"
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not FOLDER.is_dir(), reason="HL7's example directory is not beside this checkout"),
]
STANDARD, PREMIUM = "ACME CT Preferred Provider Network", "ACME CT Premium Preferred Provider Network"
ASKED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("what networks are there", "plan.networks", (f"{STANDARD} · used by Acme of CT QHP Bronze and Acme", PREMIUM)),
    ("which networks is Joe Smith in", "plan.networks", ("Joe Smith, MD is listed in", STANDARD)),
    ("what plans are there", "plan.list", ("2 plans", "Acme of CT QHP Gold", "gold", "offered in State of CT Area")),
    ("plans in Connecticut", "plan.list", ("2 plans in CT",)),
    ("plans in Tennessee", "plan.list", ("no plan that is offered in TN", "2 plans elsewhere")),
    (
        "find a doctor in Anytown, CT",
        "provider.find",
        ("5 primary care doctors", "Joe Smith, MD", "Hartford General Hospital", "Listing 5 years old"),
    ),
    ("find a doctor near 00014", "provider.find", ("5 primary care doctors", "Hans Solo, MD", "speaks Japanese")),
    ("find a cardiologist near 37402", "provider.find", ("lists no cardiologists",)),
    ("pharmacy near 00014", "pharmacy.find", ("Pharm Chain", f"Listed in {STANDARD}")),
    ("hospital in Anytown, CT", "facility.find", ("Hartford General Hospital", "names no network")),
    ("tell me about dr Joe Smith", "provider.detail", ("Joe Smith, MD", "456 Main Street, Anytown, CT 00014", "NPI")),
    ("dr Smith phone number", "provider.detail", ("2 providers are called Smith", "Susie Smith", "Joe Smith")),
    ("is Joe Smith in network", "provider.in_network", (f"listed in {STANDARD}. Which network is on your card?",)),
    (
        "which hospitals is Joe Smith affiliated with",
        "provider.affiliations",
        ("Hartford General Hospital in Anytown",),
    ),
    ("who is Burr Clinic affiliated with", "provider.affiliations", ("Hartford General Hospital", "Connecticut HIE")),
    ("electronic address of Joe Smith", "endpoint.lookup", ("gives no electronic address for Joe Smith, MD",)),
    ("is the system up", "system.status", ("system is working", "[Technical]")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["full", "poor"])
async def public(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The example directory as a payer, which can do everything or little, and its bot."""
    world = load(FOLDER)
    async with serve_sandbox(world) as sandbox:
        if request.param == "poor":
            sandbox.behaviour.chains = sandbox.behaviour.includes = False
            sandbox.behaviour.strict = True
            sandbox.behaviour.ignored_parameters = frozenset({"_count", "_sort"})
        async with serving_bot(sandbox, tmp_path_factory.mktemp("public") / "bot.db", TODAY) as bot:
            yield Stage(world, sandbox, {"dm": bot})


@pytest.mark.parametrize(("said", "intent", "phrases"), ASKED, ids=[said for said, _, _ in ASKED])
async def test_the_example_directory_answers(said: str, intent: str, phrases: tuple[str, ...], public: Stage) -> None:
    """What the records say is told; what they lack is said to be lacking."""
    (reply,) = await public.somebody().say(said)
    text = str(as_data(reply, 0)["text"])
    assert (reply.intent, reply.error) == (intent, None)
    assert [phrase for phrase in phrases if phrase not in text] == [], text
