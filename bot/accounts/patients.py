"""Determines whose record a token gives access to, and the short name by which people recognize that record (T11)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bot.accounts.rows import PatientCandidate
from bot.errors import BotError, PatientUnknown, SignInUntrusted
from bot.payer.http import Http
from bot.payer.paging import check_status

_PATIENCE = 4.0  # seconds; the member's browser waits for it
_MOST = 10  # one sign-in opens a family's records; a server that lists more does not know who signed in
_LONGEST_NAME = 40
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")  # FHIR R4 2.24.0.1, id


class _Name(msgspec.Struct, frozen=True):
    given: tuple[str, ...] = ()
    family: str = ""
    use: str = ""
    text: str = ""


class _Patient(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str = ""
    id: str = ""
    name: tuple[_Name, ...] = ()
    birth_date: Any = ""
    gender: Any = ""


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct, frozen=True):
    entry: tuple[_Entry, ...] = ()


def is_for_others(claims: Mapping[str, Any]) -> bool:
    """Return whether the id_token's `fhirUser` is a RelatedPerson, so that no record is the user's own (SMART 2.2)."""
    user = claims.get("fhirUser") or claims.get("profile")
    head = user.rpartition("/")[0] if isinstance(user, str) else ""
    return head == "RelatedPerson" or head.endswith("/RelatedPerson")


def named_patient(patient: str | None, claims: Mapping[str, Any], base: str) -> str | None:
    """Return the Patient id in the token response or in the id_token's `fhirUser`; None if neither has one.

    `patient` is a bare id (SMART 1.0.0). `fhirUser` counts if it is a Patient URL under `base` or a relative one. A
    RelatedPerson, a Person or another server's URL does not show whose record the token is for.

    Raises:
        SignInUntrusted: the two differ, or the id is malformed.
    """
    stated = None if patient is None else patient.removeprefix("Patient/")
    if stated is not None and not _ID.fullmatch(stated):
        raise SignInUntrusted("the token answer's patient is no id")
    user = claims.get("fhirUser") or claims.get("profile")
    head, _, own = user.rpartition("/") if isinstance(user, str) else ("", "", "")
    if head != "Patient" and not head.endswith("/Patient"):
        return stated
    if stated is None:
        return own if _ID.fullmatch(own) and head in {"Patient", "/Patient", f"{base}/Patient"} else None
    if own != stated:
        raise SignInUntrusted("patient and fhirUser disagree")
    return stated


class Patients:
    """Reads Patient resources from the payer, right after a sign-in."""

    def __init__(self, http: Http, base: str) -> None:
        self._http, self._base = http, base

    async def named(self, patient: str, token: str, *, family: bool = False) -> tuple[PatientCandidate, ...]:
        """Return the person with this Patient id. The name is empty if the payer does not return one.

        Some payers have one person under several ids, one for each of their systems, with the claims split among them.
        Ids that the token's Patient search returns for the same person are included; an empty or refused search is
        ignored. `family`: other people that the search returns are included after the first.
        """
        try:
            found = msgspec.json.decode(await self._get(f"Patient/{patient}", token), type=_Patient)
        except (BotError, msgspec.MsgspecError, RecursionError):
            return (PatientCandidate(patient, ""),)
        if found.id != patient:
            return (PatientCandidate(patient, ""),)
        try:
            others = await self._search(token)
        except PatientUnknown:
            others = ()
        own = _candidate(found, others)
        rest = tuple(one for one in others if one.id not in {patient, *own.also})
        return (own, *(_people(rest) if family else ()))

    async def all(self, token: str) -> tuple[PatientCandidate, ...]:
        """Return the people, each once, whose records the token gives access to.

        Raises:
            PatientUnknown: there are none or too many.
        """
        found = await self._search(token)
        if not found:
            raise PatientUnknown("the payer's Patient search found nobody")
        return _people(found)

    async def _search(self, token: str) -> tuple[_Patient, ...]:
        try:
            body = await self._get(f"Patient?_count={_MOST + 1}", token)
            found = _patients(msgspec.json.decode(body, type=_Bundle).entry)
        except (BotError, msgspec.MsgspecError, RecursionError) as error:
            raise PatientUnknown(f"the payer's Patient search: {type(error).__name__}") from None
        if len(found) > _MOST:
            raise PatientUnknown("the payer's Patient search found too many")
        return found

    async def _get(self, path: str, token: str) -> bytes:
        headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
        answer = await self._http.get(f"{self._base}/{path}", headers, self._http.clock() + _PATIENCE)
        check_status(answer, "Patient")
        return answer.content


def _patients(entries: Sequence[_Entry]) -> tuple[_Patient, ...]:
    found: dict[str, _Patient] = {}
    for entry in entries:
        try:
            patient = msgspec.json.decode(entry.resource, type=_Patient)
        except (msgspec.MsgspecError, RecursionError):
            continue
        if patient.resource_type == "Patient" and _ID.fullmatch(patient.id):
            found[patient.id] = patient
    return tuple(found.values())


def _people(patients: Sequence[_Patient]) -> tuple[PatientCandidate, ...]:
    """Return each person once, with all ids that the person has."""
    people: list[PatientCandidate] = []
    for patient in patients:
        if not any(patient.id in person.also for person in people):
            people.append(_candidate(patient, patients))
    return tuple(people)


def _candidate(patient: _Patient, others: Iterable[_Patient]) -> PatientCandidate:
    name = next((name for name in patient.name if name.given and name.family), _Name())
    return PatientCandidate(
        patient.id,
        short_name(patient),
        _other_ids(patient, others),
        given=_clean(next(iter(name.given), "")),
        family=_clean(name.family),
        gender=patient.gender if isinstance(patient.gender, str) else "",
        born=patient.birth_date if isinstance(patient.birth_date, str) else "",
    )


def _other_ids(patient: _Patient, others: Iterable[_Patient]) -> tuple[str, ...]:
    """Return the ids of the other records of the same person."""
    return tuple(other.id for other in others if other.id != patient.id and _is_same_person(patient, other))


def _is_same_person(one: _Patient, other: _Patient) -> bool:
    """Return whether two records agree in name, full birth date and gender, and so are of one person, not of twins."""
    born = one.birth_date == other.birth_date and _DAY.fullmatch(str(one.birth_date))
    gender = not (one.gender and other.gender) or one.gender == other.gender
    return bool(born and gender and _full_names(one) & _full_names(other))


def _full_names(patient: _Patient) -> frozenset[tuple[str, str]]:
    """Return the (first given name, family name) of every name that has both, case-folded."""
    pairs = ((next(iter(name.given), ""), name.family) for name in patient.name)
    return frozenset(
        (given.strip().casefold(), family.strip().casefold()) for given, family in pairs if given and family
    )


def short_name(patient: _Patient) -> str:
    """Return the first name and an initial, as in "Dana M.": recognizable, but not identifying."""
    for name in sorted(patient.name, key=lambda name: name.use not in {"usual", "official", ""}):
        words = [*name.given[:1], name.family] if name.family or name.given else name.text.split()
        first, *rest = [clean for clean in map(_clean, words) if clean] or [""]
        if first:
            return f"{first} {rest[-1][0]}." if rest else first
    return ""


def _clean(word: str) -> str:
    """Return a word without unprintable characters and limited in length, so that it adds no line or direction mark."""
    return "".join(sign for sign in word if sign.isprintable()).strip()[:_LONGEST_NAME]
