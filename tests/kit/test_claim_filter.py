"""Every condition of a question about claims changes which claims are told, over codes, places, words and amounts."""

from typing import Any

import pytest
from msgspec.structs import replace

from bot.kit import Ask, Claim, asks_one, choose, filter_of, fitting, part_of
from bot.kit.near_claims import nearest_of
from bot.language.reading import Slot
from bot.pack import find_pack, load_care_kinds
from tests.kit.money import asking
from tests.records.made import CLAIM_TYPE, Json, claim, coded, money

KINDS = load_care_kinds(find_pack())
CPT, CDT = "http://www.ama-assn.org/go/cpt", "http://www.ada.org/cdt"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
REVENUE, NDC = "https://www.nubc.org/CodeSystem/RevenueCodes", "http://hl7.org/fhir/sid/ndc"
PLACE = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"


def ask(*, excluded: dict[str, Slot] | None = None, several: dict[str, Slot] | None = None, **slots: Any) -> Ask:
    """A question with these slots."""
    return asking(slots=slots, care_kinds=KINDS, excluded=excluded or {}, several=several or {})


def line(code: str = "", system: str = CPT, text: str | None = None, **more: Any) -> Json:
    """A line of one procedure; what is not given is not there."""
    what: Json = {"coding": [{"system": system, "code": code}]} if code else {}
    return {"productOrService": {**what, **({"text": text} if text else {})}, **more}


def of(*lines: Json, name: str = "one", kind: str = "professional", **more: Any) -> Claim:
    """A claim of these lines."""
    return claim(id=name, type=coded(kind, CLAIM_TYPE), item=list(lines), **more)


BILL: dict[str, Any] = {"supportingInfo": [{"category": coded("typeofbill"), "code": {"coding": [{"code": "0721"}]}}]}


@pytest.mark.parametrize(
    ("service", "record"),
    [
        ("mri", of(line("73721"))),
        ("mri", of(line(revenue=coded("0610", REVENUE)), kind="institutional")),
        ("mri", of(line(text="MRI LOWER EXTREMITY JOINT"))),
        ("imaging", of(line("73721"))),
        ("ct", of(line("74177"))),
        ("xray", of(line("71046"))),
        ("xray", of(line("D0274", CDT), kind="oral")),
        ("dialysis", of(line("90999"))),
        ("dialysis", of(line(revenue=coded("821", REVENUE)))),
        ("dialysis", of(line("A0000", locationCodeableConcept=coded("65", PLACE)))),
        ("dialysis", of(kind="institutional", **BILL)),
        ("dialysis", claim(provider={"display": "Cedar Dialysis Center"})),
        ("crown", of(line("D2740", CDT), kind="oral")),
        ("dental", of(line("D2740", CDT), kind="oral")),
        ("cleaning", of(line("D1110", CDT), kind="oral")),
        ("physical_therapy", of(line("97110", modifier=[coded("GP")]))),
        ("er", of(line("99284"))),
        ("er", of(line(revenue=coded("0450", REVENUE)), kind="institutional")),
        ("er", of(line("80053", locationCodeableConcept=coded("23", PLACE)))),
        ("urgent_care", of(line("99213", locationCodeableConcept=coded("20", PLACE)))),
        ("hospital_stay", of(kind="institutional", subType=coded("inpatient"))),
        ("birth", of(line("59400"))),
        ("birth", of(diagnosis=[{"diagnosisCodeableConcept": coded("O80")}])),
        ("lab", of(line("85025"))),
        ("vaccine", of(line("90686"))),
        ("flu_shot", of(line("49281", NDC, "FLUZONE QUAD 2024 SYRINGE"), kind="pharmacy")),
        ("ambulance", of(line("A0429", HCPCS))),
        ("glasses", of(line("V2020", HCPCS), kind="vision")),
        ("vision", of(kind="vision")),
        ("surgery", of(line("29881"))),
        ("knee_replacement", of(line("27447"))),
        ("colonoscopy", of(line("45378"))),
        ("mammogram", of(line("77067"))),
        ("office_visit", of(line("99213"))),
        ("checkup", of(line("99396"))),
        ("therapy", of(line("90837"))),
        ("telehealth_visit", of(line("99213", modifier=[coded("95")]))),
        ("chiropractic", of(line("98941"))),
        ("acupuncture", of(line("97810"))),
        ("hearing_aid", of(line("V5261", HCPCS))),
        ("cpap", of(line("E0601", HCPCS))),
        ("dme", of(line("E0601", HCPCS))),
        ("chemotherapy", of(line("96413"))),
        ("anesthesia", of(line("00810"))),
    ],
)
def test_a_kind_of_care_is_known_by_whatever_shows_it(service: str, record: Claim) -> None:
    """Codes, revenue, place, modifiers, bill, diagnosis, the payer's words; the name where nothing else tells."""
    assert fitting([record], ask(service=service)) == (record,)


@pytest.mark.parametrize(
    ("service", "record"),
    [
        ("physical_therapy", of(line("97110", modifier=[coded("GO")]))),
        ("lab", of(line("A4253", HCPCS, "GLUCOSE TEST STRIPS"))),
        ("surgery", of(line("99213"), provider={"display": "Cedar Surgery Center"})),
        ("vaccine", of(line("0100T"))),
        ("er", of(line("99213"))),
        ("mri", of(line("71046"))),
        ("surgery", of(line("36415"))),
    ],
)
def test_what_only_sounds_like_it_is_not_of_the_kind(service: str, record: Claim) -> None:
    """A code that says otherwise wins over words and names."""
    assert fitting([record], ask(service=service)) == ()


DAY = "2024-06-17"
SMALL = of(line("71046"), name="small", total=[money("memberliability", 20), money("benefit", 5)])
BIG = of(
    line("73721"),
    name="big",
    total=[money("memberliability", 300)],
    billablePeriod={"start": "2024-02-01"},
    provider={"display": "Dr. Ann Kim"},
    outcome="queued",
)
SILENT = claim(id="silent", billablePeriod={"start": "2024-05-01"})
DENIED = of(line("99213"), name="denied", payment={"type": coded("denied")}, billablePeriod={"start": "2024-03-01"})
ALL = (SMALL, SILENT, DENIED, BIG)


@pytest.mark.parametrize(
    ("slots", "found"),
    [
        ({"amount_over": "100"}, ["big"]),
        ({"amount_under": "100"}, ["small"]),
        ({"amount_over": "10", "amount_under": "100"}, ["small"]),
        ({"order": "biggest"}, ["big", "small", "silent", "denied"]),
        ({"order": "smallest"}, ["small", "big", "silent", "denied"]),
        ({"order": "oldest"}, ["big", "denied", "silent", "small"]),
        ({"state_of_claim": "pending"}, ["big"]),
        ({"state_of_claim": "denied"}, ["denied"]),
        ({"state_of_claim": "paid"}, ["small"]),
        ({"provider_name": "Kim"}, ["big"]),
        ({"date_range": {"start": "2024-02-01", "end": "2024-03-31"}}, ["denied", "big"]),
        ({"service": "imaging", "amount_over": "100"}, ["big"]),
        ({"service": "imaging", "provider_name": "Cedar"}, ["small"]),
    ],
)
def test_each_condition_alone_and_combined(slots: dict[str, Any], found: list[str]) -> None:
    """What was said decides, and nothing else does."""
    assert [one.id for one in fitting(ALL, ask(**slots))] == found


def test_not_and_or_are_honoured() -> None:
    """Not with Kim; an MRI or an X-ray."""
    without = ask(excluded={"provider_name": Slot("not Kim", "Kim", excluded=True)})
    assert [one.id for one in fitting(ALL, without)] == ["small", "silent", "denied"]
    no_imaging = ask(excluded={"service": Slot("not imaging", "imaging", excluded=True)})
    assert [one.id for one in fitting(ALL, no_imaging)] == ["silent", "denied"]
    either = ask(several={"service": Slot("mri or xray", "mri", values=("mri", "xray"), how="or")})
    assert [one.id for one in fitting(ALL, either)] == ["small", "big"]


def test_a_state_can_be_left_out() -> None:
    """As in "not denied" or "except the pending ones", the others stay."""
    without = ask(excluded={"state_of_claim": Slot("not denied", "denied", excluded=True)})
    assert [one.id for one in fitting(ALL, without)] == ["small", "silent", "big"]


@pytest.mark.parametrize(
    ("slot", "words", "found"),
    [
        ("amount_over", "over $300", []),
        ("amount_over", "at least $300", ["big"]),
        ("amount_over", "between $300", ["big"]),
        ("amount_over", "de $300 o más", ["big"]),
        ("amount_under", "under $300", ["small"]),
        ("amount_under", "and $300", ["small", "big"]),
        ("amount_under", "no more than $300", ["small", "big"]),
    ],
)
def test_a_limit_can_include_its_amount(slot: str, words: str, found: list[str]) -> None:
    """As its words say."""
    slots: dict[str, Any] = {slot: "300"}
    question = replace(ask(**slots), words={slot: words})
    assert [one.id for one in fitting(ALL, question)] == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("what did I spend on my knee", ["knee"]),
        ("knee bills", ["knee"]),
        ("todo lo de la rodilla", ["knee"]),
        ("on the other hand, my bills", ["knee", "small"]),
        ("what did I pay back in march", ["knee", "small"]),
        ("all for my shoulder", []),
    ],
)
def test_a_part_of_the_body_is_a_condition_by_itself(said: str, found: list[str]) -> None:
    """Only the claims that name it, where no kind of care was named."""
    rows = (of(line("73721", text="MRI of the left knee"), name="knee"), SMALL)
    assert [one.id for one in fitting(rows, replace(ask(), said=said))] == found


def test_what_the_records_cannot_tell_is_counted() -> None:
    """A claim that says nothing of what was done, and one without an amount or a day, are not silently left out."""
    assert choose(ALL, filter_of(ask(service="mri"))).undecided == 1
    assert choose(ALL, filter_of(ask(amount_over="100"))).unstated == 2
    undated = claim(id="undated", billablePeriod=None)
    assert choose([undated], filter_of(ask(date_range={"start": "2024-01-01", "end": None}))).undated == 1


def test_the_nearest_is_told_with_what_it_gives_up() -> None:
    """A wider kind of care before another one, if it may be meant; another time before another state."""
    flu = nearest_of([of(line("90686"), name="flu")], filter_of(ask(service="tetanus_vaccine")))
    assert (flu.left, flu.kind and flu.kind.key, [one.id for one in flu.claims]) == ("wider", "vaccine", ["flu"])
    xray = nearest_of([SMALL], filter_of(ask(service="mri")))
    assert (xray.left, xray.claims) == (None, ())
    earlier = nearest_of(ALL, filter_of(ask(service="mri", date_range={"start": "2024-06-01", "end": "2024-06-30"})))
    assert (earlier.left, [one.id for one in earlier.claims]) == ("time", ["big"])
    other = nearest_of(ALL, filter_of(ask(service="surgery")))
    assert (other.left, str(other.since)) == ("service", "2024-02-01")


def test_the_share_of_some_lines_is_told_where_they_tell_it() -> None:
    """An MRI among other lines: its own share, or none of ours; an ER visit is the whole claim."""
    lines = [
        line("99284", adjudication=[money("memberliability", 100)]),
        line("73721", adjudication=[money("copay", 40)]),
    ]
    both = of(*lines)
    shown, share = part_of(both, filter_of(ask(service="mri")))
    assert (shown and shown.lines, share and str(share.value)) == ((1,), "40")
    assert part_of(both, filter_of(ask(service="er")))[1] is None
    untold = of(lines[0], line("73721"))
    assert part_of(untold, filter_of(ask(service="mri")))[1] is None


KNEE = of(line("99213", text="MRI of the left knee"), name="knee", billablePeriod={"start": "2024-02-01"})
SHOULDER = of(line("73221", text="MRI shoulder w/o contrast"), name="shoulder")
BARE_MRI = of(line("73721"), name="bare", billablePeriod={"start": "2024-04-01"})


@pytest.mark.parametrize(
    ("service", "code", "text", "fits"),
    [
        ("mri", "99213", "MRI of the knee", True),
        ("office_visit", "99213", "MRI of the knee", False),
        ("imaging", "99213", "MRI of the knee", True),
        ("mri", "73721", "CT scan of the knee", False),
        ("office_visit", "99213", "Follow-up after surgery", True),
        ("mri", "73721", "Radiology", True),
    ],
)
def test_the_text_of_a_line_decides_before_its_code(service: str, code: str, text: str, fits: bool) -> None:
    """Where the two name unlike care; a word for a whole field, such as surgery, is no kind of its own."""
    assert bool(fitting([of(line(code, text=text))], ask(service=service))) is fits


@pytest.mark.parametrize(
    ("said", "rows", "found"),
    [
        ("how much was my knee MRI", [SHOULDER, KNEE], ["knee"]),
        ("cuánto costó la resonancia de mi rodilla", [SHOULDER, KNEE, BARE_MRI], ["knee"]),
        ("how much was my hip MRI", [SHOULDER, KNEE], []),
        ("how much was my hip MRI", [SHOULDER, KNEE, BARE_MRI], ["bare"]),
        ("how much was my MRI", [SHOULDER, KNEE], ["shoulder"]),
        ("my second MRI this year", [SHOULDER, BARE_MRI, KNEE], ["bare"]),
        ("my first MRI", [SHOULDER, BARE_MRI, KNEE], ["knee"]),
        ("mi tercera resonancia", [SHOULDER, BARE_MRI, KNEE], ["shoulder"]),
        ("my fourth MRI", [SHOULDER, BARE_MRI, KNEE], []),
        ("my second to last MRI", [SHOULDER, BARE_MRI, KNEE], ["bare"]),
        ("my third most recent MRI", [SHOULDER, BARE_MRI, KNEE], ["knee"]),
        ("the next to last MRI", [SHOULDER, BARE_MRI, KNEE], ["bare"]),
        ("mi penúltima resonancia", [SHOULDER, BARE_MRI, KNEE], ["bare"]),
        ("la segunda resonancia más reciente", [SHOULDER, BARE_MRI, KNEE], ["bare"]),
        ("the second of May, my MRI and all that", [SHOULDER, KNEE], ["shoulder"]),
    ],
)
def test_which_of_several_alike_is_meant(said: str, rows: list[Claim], found: list[str]) -> None:
    """The part of the body, and the how-manieth in time; what names no part is taken only where nothing names it."""
    words = {"service": "resonancia" if "resonancia" in said else "MRI", "date_range": "this year"}
    asked = asking(slots={"service": "mri"}, words=words, said=said, care_kinds=KINDS)
    assert [one.id for one in fitting(rows, asked)][:1] == found


FORMS = {
    "amount": ["how much is eliquis", "what do I owe and to whom", "cuánto sale el losartán", "¿qué precio tiene?"],
    "date": ["when was my last flu shot and how much", "what day did I see her", "¿cuándo fue la última cita?"],
    "who": ["who do I owe the most money to", "¿a quién le debo más?"],
    "which": ["which one was the most expensive", "¿cuál fue la más cara?"],
    "reason": ["why was the most expensive one denied", "¿por qué cuesta tanto?"],
    None: ["is therapy covered", "my claims", "cuánto tiempo tengo para apelar", "está cubierta la metformina", ""],
}
CLIENTS = {
    "member wants an in network orthopedist around Hixson": True,
    "find a dentist for a patient in Hixson": True,
    "busco un ortopeda para un paciente": True,
    "un afiliado necesita un dentista": True,
    "find a doctor who takes new patients": False,
    "what is my member id": False,
    "busco un dentista que acepte pacientes nuevos": False,
}
"""Whether somebody is spoken of whom the asker serves."""


def _said(words: str, **slots: Any) -> Ask:
    return asking(slots=slots, said=words)


@pytest.mark.parametrize(("form", "words"), [(form, one) for form, some in FORMS.items() for one in some])
def test_the_words_that_come_first_tell_the_form(form: str | None, words: str) -> None:
    """Of several the first; a button and a yes or no question have none."""
    assert _said(words).asked.form == form


@pytest.mark.parametrize(
    ("words", "order", "one"),
    [
        ("which one was the most expensive", "biggest", True),
        ("what was my cheapest visit", "smallest", True),
        ("cuál reclamación fue la más cara", "biggest", True),
        ("show my most expensive claims", "biggest", False),
        ("why was the most expensive visit denied", "biggest", False),
        ("when was my most expensive visit", "biggest", False),
        ("which claims were denied", None, False),
        ("which is the newest", "newest", False),
    ],
)
def test_one_by_its_size_is_one(words: str, order: str | None, *, one: bool) -> None:
    """Not a list in that order, nor why or when it was."""
    assert asks_one(_said(words, **({"order": order} if order else {}))) is one


@pytest.mark.parametrize("words", CLIENTS)
def test_who_serves_somebody_is_told_from_who_asks_for_themself(words: str) -> None:
    """A patient that is wanted for is somebody's; new patients are nobody's."""
    assert ("client" in _said(words).asked.says) is CLIENTS[words]
