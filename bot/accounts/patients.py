"""Whose record a token opens: what the payer says at sign-in, and the name that the person will recognise (T11)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.accounts.rows import Candidate
from bot.errors import BotError, PatientUnknown, SignInUntrusted
from bot.payer.answers import check_status
from bot.payer.http import Http

_PATIENCE = 4.0  # seconds; the member's browser waits for it
_MOST = 10  # one sign-in opens a family's records; a server that lists more does not know who signed in
_LONGEST_NAME = 40
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")  # FHIR R4 2.24.0.1, id


class _Name(msgspec.Struct, frozen=True):
    given: tuple[str, ...] = ()
    family: str = ""
    use: str = ""
    text: str = ""


class _Patient(msgspec.Struct, frozen=True):
    id: str = ""
    name: tuple[_Name, ...] = ()


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct, frozen=True):
    entry: tuple[_Entry, ...] = ()


def named_patient(patient: str | None, claims: Mapping[str, Any], base: str) -> str | None:
    """The Patient id that the token answer and the id_token's `fhirUser` name together; None when neither names one.

    `patient` is a bare id (SMART 1.0.0). `fhirUser` names a Patient by a URL under `base` or a relative one; a
    RelatedPerson, a Person or somebody else's server says nothing about whose record it is.

    Raises:
        SignInUntrusted: the two disagree, or what should be an id is none.
    """
    told = None if patient is None else patient.removeprefix("Patient/")
    if told is not None and not _ID.fullmatch(told):
        raise SignInUntrusted("the token answer's patient is no id")
    user = claims.get("fhirUser") or claims.get("profile")
    head, _, own = user.rpartition("/") if isinstance(user, str) else ("", "", "")
    if head != "Patient" and not head.endswith("/Patient"):
        return told
    if told is None:
        return own if _ID.fullmatch(own) and head in {"Patient", "/Patient", f"{base}/Patient"} else None
    if own != told:
        raise SignInUntrusted("patient and fhirUser disagree")
    return told


class Patients:
    """Reads Patient records at the payer, right after a sign-in."""

    def __init__(self, http: Http, base: str) -> None:
        self._http, self._base = http, base

    async def named(self, patient: str, token: str) -> Candidate:
        """The record of this id. Its name is empty when the payer does not give it: a name is no condition."""
        try:
            found = msgspec.json.decode(await self._get(f"Patient/{patient}", token), type=_Patient)
        except (BotError, msgspec.MsgspecError, RecursionError):
            return Candidate(patient, "")
        return Candidate(patient, short_name(found) if found.id == patient else "")

    async def all(self, token: str) -> tuple[Candidate, ...]:
        """The records that the token opens, when the payer named none.

        Raises:
            PatientUnknown: none, too many to be one person's, or no usable answer.
        """
        try:
            body = await self._get(f"Patient?_count={_MOST + 1}", token)
            entries = msgspec.json.decode(body, type=_Bundle).entry
        except (BotError, msgspec.MsgspecError, RecursionError) as error:
            raise PatientUnknown(f"the payer's Patient search: {type(error).__name__}") from None
        found = _patients(entries)
        if not 0 < len(found) <= _MOST:
            raise PatientUnknown("the payer's Patient search found nobody, or too many")
        return tuple(Candidate(patient, name) for patient, name in found.items())

    async def _get(self, path: str, token: str) -> bytes:
        headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
        answer = await self._http.get(f"{self._base}/{path}", headers, self._http.clock() + _PATIENCE)
        check_status(answer, "Patient")
        return answer.body


def _patients(entries: Sequence[_Entry]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        try:
            kind = msgspec.json.decode(entry.resource, type=dict[str, Any]).get("resourceType")
            patient = msgspec.json.decode(entry.resource, type=_Patient)
        except (msgspec.MsgspecError, RecursionError):
            continue
        if kind == "Patient" and _ID.fullmatch(patient.id):
            found[patient.id] = short_name(patient)
    return found


def short_name(patient: _Patient) -> str:
    """First name and initial, as in "Dana M.": enough to recognise, too little to identify."""
    for name in sorted(patient.name, key=lambda name: name.use not in {"usual", "official", ""}):
        words = [*name.given[:1], name.family] if name.family or name.given else name.text.split()
        first, *rest = [clean for clean in map(_clean, words) if clean] or [""]
        if first:
            return f"{first} {rest[-1][0]}." if rest else first
    return ""


def _clean(word: str) -> str:
    """One printable word of a sane length: the payer's text can add no line and no direction mark."""
    return "".join(sign for sign in word if sign.isprintable()).strip()[:_LONGEST_NAME]
