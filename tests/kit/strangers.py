"""More members of payers that nobody here has seen: a household's year, Medicare with equipment, an April plan year."""

from collections.abc import Iterator

from bot.sandbox.world import Resource
from tests.answers.asking import concept as coded
from tests.kit.foreign_members import Members, bill, plan

_X12 = "https://x12.org/codes/claim-adjustment-reason-codes"


def out(row: Resource) -> Resource:
    """The claim as paid out of network."""
    return {**row, "adjudication": [{"category": coded("benefitpaymentstatus"), "reason": coded("outofnetwork")}]}


def refused(row: Resource, reason: str) -> Resource:
    """The claim as denied for a reason."""
    why = {"category": coded("denialreason"), "reason": coded(reason, _X12)}
    return {**row, "adjudication": [*row["adjudication"], why]}


def lena() -> Iterator[Resource]:
    """One busy year of many kinds of care, one claim denied, one open, and a little of the year before."""
    yield plan("g26", "Oak Gold PPO", "2026-01-01", "2026-12-31", deductible=1000, maxoutofpocket=5000, copaypct=20)
    pt, therapy = ("Peak Rehab", "Therapeutic exercise", "97110"), ("Iyer, Meera", "Psychotherapy, 60 minutes", "90837")
    yield bill("2026-01-08", *pt, submitted=150, eligible=100, copay=30, benefit=70, memberliability=30)
    yield bill("2026-01-15", *pt, submitted=150, eligible=100, copay=30, benefit=70, memberliability=30)
    yield refused(bill("2026-01-22", *pt, submitted=150, noncovered=150, benefit=0, memberliability=150), "197")
    yield bill(
        "2026-02-12", "Dreamwell Sleep Center", "Sleep study", "95810",
        submitted=1200, eligible=512.40, deductible=212.40, benefit=300, memberliability=212.40,
    )  # fmt: skip
    endoscopy = ("Cumberland Endoscopy", "Colonoscopy", "45378", "outpatient")
    yield bill("2026-03-05", *endoscopy, submitted=2100, eligible=900, benefit=900, memberliability=0)
    anaesthesia = ("Volunteer Anesthesia", "Anesthesia, lower intestine", "00812")
    yield bill("2026-03-05", *anaesthesia, submitted=700, coinsurance=61.20, benefit=244.80, memberliability=61.20)
    yield bill(
        "2026-03-05", "TriState Pathology", "Tissue exam by pathologist", "88305", submitted=160, benefit=75,
        memberliability=18.75,
    )  # fmt: skip
    yield out(
        bill("2026-04-20", "Metro Ambulance", "Ambulance, advanced life support", "A0427", submitted=1300, benefit=600,
             memberliability=410)
    )  # fmt: skip
    yield bill(
        "2026-04-20", "St. Brendan Hospital", "Emergency room visit", "99285", "outpatient",
        submitted=2900, eligible=1400, deductible=250, copay=100, benefit=1050, memberliability=350,
    )  # fmt: skip
    for day in ("2026-05-06", "2026-05-20", "2026-06-03"):
        yield bill(day, *therapy, submitted=180, eligible=110, copay=20, benefit=90, memberliability=20)
    optical = "Clear View Optical"
    yield bill("2026-06-10", optical, "Frames", "V2020", "vision", submitted=215, benefit=130, memberliability=85)
    yield bill("2026-06-10", optical, "Eye exam", "92014", "vision", submitted=95, benefit=85, memberliability=10)
    lab = ("Quick Labs", "Comprehensive metabolic panel", "80053")
    yield bill("2026-07-07", *lab, submitted=48, eligible=12.40, benefit=12.40, memberliability=0)
    dental = "Bright Dental"
    yield bill("2026-08-18", dental, "Adult cleaning", "D1110", "oral", submitted=110, benefit=95, memberliability=0)
    yield bill("2026-09-01", dental, "Resin filling", "D2391", "oral", submitted=190, benefit=96, memberliability=64)
    heron, main = "Blue Heron Pharmacy", "Main Street Drug"
    for day in ("2026-02-03", "2026-05-04", "2026-08-05", "2025-12-04"):
        yield bill(day, heron, "Atorvastatin 20 MG", "00093505601", "pharmacy", benefit=22.5, memberliability=7.5)
    yield bill("2026-09-09", main, "Ozempic 1 MG", "00169413001", "pharmacy", benefit=851.4, memberliability=98.6)
    yield {**bill("2026-11-20", *pt, submitted=150), "outcome": "queued"}
    visit = ("Stone, Karl", "Office visit", "99213")
    yield bill("2025-10-02", *visit, submitted=140, eligible=95, copay=25, benefit=70, memberliability=25)


def omar() -> Iterator[Resource]:
    """Equipment, dialysis, a corrected claim, payments of his own, and one claim without a day."""
    yield plan("m26", "Volunteer Advantage", "2025-01-01", deductible=240, maxoutofpocket=3000)
    yield bill("2026-01-10", "Hearwell", "Hearing aids", "V5261", submitted=2600, benefit=500, memberliability=1450)
    cpap = ("Air Supply Co", "CPAP device", "E0601")
    yield bill("2026-02-14", *cpap, submitted=400, eligible=225.50, benefit=180.40, memberliability=45.10)
    days = {"2026-03-02": 36, "2026-03-04": 36, "2026-03-06": 36, "2026-04-01": 40, "2025-03-02": 30}
    for day, share in days.items():
        yield bill(day, "Kidney Care Center", "Dialysis", "90999", submitted=500, benefit=144, memberliability=share)
    eyes = ("Lakeside Eye Surgeons", "Cataract surgery", "66984")
    yield bill("2026-05-11", *eyes, number="OM7", submitted=3000, benefit=1200, memberliability=300)
    yield {
        **bill("2026-05-11", *eyes, number="OM7A", prior="OM7", submitted=3000, benefit=1260, memberliability=240),
        "created": "2026-07-01",
    }
    chair = ("Air Supply Co", "Wheelchair rental", "K0001")
    yield bill("2026-06-02", *chair, submitted=60, benefit=42, memberliability=18, paidbypatient=18)
    hospital = ("Lakeside Hospital", "Room and board", "", "inpatient")
    yield bill("2026-07-19", *hospital, submitted=21000, benefit=9000, memberliability=1632, paidbypatient=500)
    for day in ("2026-08-03", "2026-09-03", "2026-10-04"):
        yield bill(day, "Corner Pharmacy", "Insulin glargine", "0008822", "pharmacy", benefit=65, memberliability=35)
    skin = ("Nolan, Faye", "Destruction of skin lesion", "17000")
    yield out(bill("2026-09-30", *skin, submitted=310, benefit=90, memberliability=133.33))
    undated = bill("2026-10-10", "Adeyemi, Tola", "Office visit", "99213", benefit=80, memberliability=12)
    yield {k: v for k, v in undated.items() if k not in {"billablePeriod", "item"}}


def ruth() -> Iterator[Resource]:
    """A plan year from April, a birth in the year before, and small visits since."""
    yield plan("r25", "Harbor PPO 2025", "2025-04-01", "2026-03-31", deductible=750)
    yield plan("r26", "Harbor PPO 2026", "2026-04-01", "2027-03-31", deductible=750, copay=30)
    women = "Harbor Womens Health"
    yield bill("2025-11-12", women, "Obstetric ultrasound", "76805", benefit=100, memberliability=88.40)
    yield bill("2026-01-14", women, "Obstetric ultrasound", "76816", benefit=70, memberliability=55.10)
    yield bill("2026-02-20", women, "Vaginal delivery", "59400", deductible=300, benefit=2600, memberliability=400)
    yield bill("2026-02-20", "Harbor Hospital", "Room and board", "", "inpatient", benefit=7400, memberliability=820)
    yield bill("2026-05-05", "Knox Imaging", "Screening mammogram", "77067", benefit=180, memberliability=0)
    for day, whom, text, code, share in (
        ("2026-06-15", "Adeyemi, Tola", "Office visit", "99214", 60),
        ("2026-08-21", "QuickCare Urgent Care", "Urgent care visit", "99213", 75),
        ("2026-09-17", "Knox Imaging", "X-ray of the wrist", "73110", 42),
    ):
        yield bill(day, whom, text, code, submitted=share * 2, eligible=share, deductible=share, memberliability=share)
    visit = ("Adeyemi, Tola", "Office visit", "99213")
    yield bill("2026-09-17", *visit, submitted=120, eligible=90, copay=30, benefit=60, memberliability=30)
    for day in ("2026-10-06", "2026-10-13"):
        yield bill(day, "Pine Allergy", "Allergy injections", "95117", submitted=40, benefit=20, memberliability=12)
    yield bill("2026-10-20", "Corner Pharmacy", "Influenza vaccine", "90686", "pharmacy", benefit=32, memberliability=0)


STRANGERS: Members = {make.__name__: make for make in (lena, omar, ruth)}
