"""Who signed in, by the signed id_token (OIDC Core 3.1.3.7, T09, T10), and whose record a token gives access to (T11).

A record has a short name by which people recognize it.
"""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bot.accounts import jose
from bot.accounts.codes import same
from bot.accounts.rows import PatientCandidate
from bot.errors import BotError, LinkError, PatientUnknown, PayerError, SignInOld, SignInRefused, SignInUntrusted
from bot.payer.budget import MIB, Budget
from bot.payer.client import MemberClient
from bot.payer.http import Http
from bot.payer.search import Search
from bot.records.decode import Unreadable, decode
from bot.records.shapes import HumanName, Shape

_OK = 200
_FAMILIES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
_LEEWAY = 60
_FRESH = 3600.0
_REFETCH = 60.0
_ACCEPT = {"accept": "application/json"}


class IdTokens:
    """Verifies id_tokens.

    The payer's public keys are cached for an hour. They are reloaded, at most once a minute, if a key is unknown.
    """

    def __init__(self, http: Http, clock: Callable[[], float]) -> None:
        self._http, self._clock = http, clock
        self._lock = asyncio.Lock()
        self._url = ""
        self._keys: list[jose.RSAKey | jose.ECKey] = []
        self._fetched = self._refetched = float("-inf")

    async def verify(
        self, token: str, *, issuer: str, jwks: str, client_id: str, nonce: str, signed_in_after: float | None = None
    ) -> dict[str, Any]:
        """Verify an id_token and return its claims.

        `signed_in_after`: if set, a token with an earlier `auth_time` is rejected (Unix seconds; OIDC Core 2).

        Raises:
            SignInUntrusted: signature, key, issuer, audience, nonce or times are invalid; the message says which.
            SignInOld: `auth_time` is before `signed_in_after`.
            SignInRefused: the payer's keys cannot be fetched.
        """
        try:
            header = jose.jws.extract_compact(token.encode()).headers()
        except (jose.JoseError, ValueError) as error:
            raise SignInUntrusted(f"id_token: {type(error).__name__}") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in _FAMILIES:
            raise SignInUntrusted("id_token: the algorithm is not allowed")
        keys = await self.keys(jwks, kid if isinstance(kid, str) else None, algorithm)
        why = "id_token: the key is unknown"
        for key in keys:
            try:
                claims = jose.jwt.decode(token, key, algorithms=[algorithm]).claims
            except (jose.JoseError, ValueError, RecursionError) as error:
                why = f"id_token: {type(error).__name__}"
            else:
                self._check(claims, issuer=issuer, client_id=client_id, nonce=nonce)
                if signed_in_after is not None and "auth_time" in claims:
                    self._check_fresh(claims["auth_time"], signed_in_after)
                return claims
        raise SignInUntrusted(why)

    def _check(self, claims: dict[str, Any], *, issuer: str, client_id: str, nonce: str) -> None:
        rules = jose.jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            rules.validate(claims)
        except (jose.JoseError, TypeError) as error:
            raise SignInUntrusted(f"id_token: {getattr(error, 'claim', None)} {type(error).__name__}") from None
        if not isinstance(claims["sub"], str):  # joserfc looks at this from 1.8 on
            raise SignInUntrusted("id_token: sub is no text")
        if not same(str(claims.get("nonce", "")), nonce):
            raise SignInUntrusted("id_token: the nonce does not fit")
        if claims.get("azp", client_id) != client_id:
            raise SignInUntrusted("id_token: azp is another client")

    def _check_fresh(self, auth_time: object, earliest: float) -> None:
        now = self._clock()
        if isinstance(auth_time, bool) or not isinstance(auth_time, int | float) or not 0 <= auth_time <= now + _LEEWAY:
            raise SignInUntrusted("id_token: auth_time is no time, or one that is yet to come")
        if auth_time < earliest - _LEEWAY:
            raise SignInOld("id_token: auth_time is before this sign-in began")

    async def keys(self, url: str, kid: str | None, algorithm: str) -> list[jose.RSAKey | jose.ECKey]:
        """Return the keys that may have signed a token: those with this key id, or all of the family if `kid` is None.

        Raises:
            SignInRefused: the keys cannot be fetched (F09).
        """
        async with self._lock:
            if url != self._url or self._clock() - self._fetched > _FRESH:
                await self._load(url)
            found = self._matching(kid, algorithm)
            if not found and self._clock() - self._refetched >= _REFETCH:
                self._refetched = self._clock()
                await self._load(url)
                found = self._matching(kid, algorithm)
            return found

    async def _load(self, url: str) -> None:
        try:
            answer = await self._http.get(url, _ACCEPT, self._http.clock() + _PATIENCE, MIB)
            keys = _usable(json.loads(answer.content)["keys"])
        except PayerError as error:
            raise SignInRefused(f"the JWKS: {type(error).__name__}") from None
        except (ValueError, TypeError, KeyError, RecursionError):
            raise SignInRefused(f"the JWKS could not be read, status {answer.status_code}") from None
        if not keys:
            raise SignInRefused("the JWKS holds no key that can be used")
        self._keys, self._url, self._fetched = keys, url, self._clock()

    def _matching(self, kid: str | None, algorithm: str) -> list[jose.RSAKey | jose.ECKey]:
        family = jose.RSAKey if _FAMILIES[algorithm] == "RSA" else jose.ECKey
        return [
            key
            for key in self._keys
            if isinstance(key, family) and key.get("use", "sig") == "sig" and (kid is None or key.get("kid") == kid)
        ]


def _usable(keys: object) -> list[jose.RSAKey | jose.ECKey]:
    """Return the keys of a JWK Set that can be used. Broken, weak and unknown keys are ignored (RFC 7517 5)."""
    if not isinstance(keys, list):
        raise TypeError("the keys of a JWK Set are a list")
    kinds: dict[object, type[jose.RSAKey | jose.ECKey]] = {"RSA": jose.RSAKey, "EC": jose.ECKey}
    found: list[jose.RSAKey | jose.ECKey] = []
    unusable = (jose.JoseError, jose.SecurityWarning, ValueError, TypeError, KeyError)
    with warnings.catch_warnings(action="error", category=jose.SecurityWarning):
        for given in keys:
            with suppress(*unusable):
                found.append(kinds[given["kty"]].import_key(given))
    return found


async def with_userinfo(http: Http, url: str | None, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the id_token's claims together with those from UserInfo. The id_token's claims take precedence.

    UserInfo is used only if it has the `sub` of the id_token (OIDC Core 5.3.2). It is optional: if it fails or is not
    JSON, the id_token's claims are returned unchanged.
    """
    if url is None or "sub" not in claims:
        return claims
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    try:
        answer = await http.get(url, headers, http.clock() + _PATIENCE)
        said = json.loads(answer.content) if answer.status_code == _OK else None
    except (PayerError, ValueError, RecursionError):
        return claims
    return {**said, **claims} if isinstance(said, dict) and said.get("sub") == claims["sub"] else claims


_PATIENCE = 4.0  # seconds; the member's browser waits for it
_MOST = 10  # one sign-in opens a family's records; a server that lists more does not know who signed in
_LONGEST_NAME = 40
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")  # FHIR R4 2.24.0.1, id


class _Patient(Shape, frozen=True):
    id: str = ""
    name: tuple[HumanName, ...] = ()
    birth_date: str = ""
    gender: str = ""


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
        found = None
        with suppress(BotError, Unreadable):
            body = await self._client(token).read("Patient", patient, Budget(_PATIENCE, clock=self._http.clock))
            found = decode(body, _Patient)[0]
        if found is None or found.id != patient:
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
        found, search = dict[str, _Patient](), Search("Patient", (("_count", str(_MOST + 1)),))
        try:
            async for page in self._client(token).search(search, Budget(_PATIENCE, clock=self._http.clock)):
                found |= {one.id: decode(one.raw, _Patient)[0] for one in page.matches if _ID.fullmatch(one.id)}
                if len(found) > _MOST:
                    break
        except (PayerError, LinkError, Unreadable) as error:
            raise PatientUnknown(f"the payer's Patient search: {type(error).__name__}") from None
        if len(found) > _MOST:
            raise PatientUnknown("the payer's Patient search found too many")
        return tuple(found.values())

    def _client(self, token: str) -> MemberClient:
        return MemberClient(self._http, self._base, token, None)


def _people(patients: Sequence[_Patient]) -> tuple[PatientCandidate, ...]:
    """Return each person once, with all ids that the person has."""
    people: list[PatientCandidate] = []
    for patient in patients:
        if not any(patient.id in person.also for person in people):
            people.append(_candidate(patient, patients))
    return tuple(people)


def _candidate(patient: _Patient, others: Iterable[_Patient]) -> PatientCandidate:
    name = next((name for name in patient.name if name.given and name.family), HumanName())
    return PatientCandidate(
        patient.id,
        short_name(patient),
        tuple(other.id for other in others if other.id != patient.id and _is_same_person(patient, other)),
        given=_clean(next(iter(name.given), "")),
        family=_clean(name.family or ""),
        gender=patient.gender,
        born=patient.birth_date,
    )


def _is_same_person(one: _Patient, other: _Patient) -> bool:
    """Return whether two records agree in name, full birth date and gender, and so are of one person, not of twins."""
    born = one.birth_date == other.birth_date and _DAY.fullmatch(one.birth_date)
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
    for name in sorted(patient.name, key=lambda name: name.use not in {"usual", "official", None}):
        words = [*name.given[:1], name.family or ""] if name.family or name.given else (name.text or "").split()
        first, *rest = [clean for clean in map(_clean, words) if clean] or [""]
        if first:
            return f"{first} {rest[-1][0]}." if rest else first
    return ""


def _clean(word: str) -> str:
    """Return a word without unprintable characters and limited in length, so that it adds no line or direction mark."""
    return "".join(sign for sign in word if sign.isprintable()).strip()[:_LONGEST_NAME]
