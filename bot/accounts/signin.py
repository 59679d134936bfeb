"""Sign-in at the payer: from the confirmed link to a finished sign-in that waits for its code.

The order of the steps protects against the attacks T01-T13: the browser is recognized before anything is consumed, the
state is consumed before any request is sent, and nothing is active at the end. The code, shown in the browser and typed
in the chat, then proves that both belong to one person (T01, T15).
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from bot import errors
from bot.accounts import jose, rows
from bot.accounts.access import Accesses
from bot.accounts.codes import digest, new_code, new_secret, same
from bot.accounts.endpoint import Granted
from bot.accounts.identity import IdTokens, Patients, is_for_others, named_patient, with_userinfo
from bot.accounts.render import is_popup
from bot.message import Language, Person
from bot.payer.discovery import Endpoints

# SMART 1.0 spells reading `.read` or `.*`; SMART 2.0 spells it by letters in the order c r u d s.
_CLAIMS = re.compile(r"(patient|user)/(\*|ExplanationOfBenefit)\.(read|\*|c?ru?d?s)(\?.*)?")

MOST_DEPARTURES = 10  # sign-ins that one link begins
_DEPARTURES = "link_departures"
# OIDC Core 3.1.2.1: whoever holds the chat must not be let in by a session that somebody left open in this browser.
_ANEW = {"prompt": "login", "max_age": "0"}
_PATIENCE = 14.0  # seconds: no browser waits longer for its page (F15)
_OUR_FAULT = {"unauthorized_client", "invalid_scope", "invalid_request", "unsupported_response_type", "invalid_target"}


class SignIns:
    """Starts sign-ins at the payer and handles their end."""

    def __init__(self, accounts: Accesses) -> None:
        self._settings, self._rows, self._http = accounts.settings, accounts.rows, accounts.http
        self._discovery, self._endpoint = accounts.discovery, accounts.endpoint
        clock = accounts.rows.now
        self._id_tokens = IdTokens(self._http, clock)
        self._patients = Patients(self._http, self._settings.payer_fhir_url)

    async def person_of(self, link_id: str) -> Person:
        """Return the person for whom a one-time link was made; LinkExpired if it has expired, was used or replaced."""
        return (await self._live(digest(link_id))).person

    async def refuse(self, link_id: str) -> Person:
        """Delete a link that the person declines, and return that person; LinkExpired as in `person_of`."""
        person = await self.person_of(link_id)
        await self._rows.drop(rows.LinkRequest, digest(link_id))
        return person

    async def depart(self, link_id: str, query: Mapping[str, str], language: Language = "en") -> tuple[str, str, bool]:
        """Start a sign-in, with a new state, nonce, PKCE verifier and browser secret.

        Return where to redirect the browser, the secret for its cookie, and whether it is a pop-up.

        `query` is the query of the page on which it starts, `language` that page's language.

        Raises:
            LinkExpired: as in `person_of`, or the link started too many sign-ins.
            SetupWrong: this bot has no client id.
        """
        person = (await self._live(digest(link_id))).person
        now = self._rows.now()
        if await self._rows.store.count(_DEPARTURES, digest(link_id), expires=now + rows.LIVES) > MOST_DEPARTURES:
            raise errors.LinkExpired("this link has begun as many sign-ins as one person needs")
        state, browser = new_secret(), new_secret()
        popup = is_popup(query, person)
        row = rows.SignIn(person, digest(link_id), digest(browser), new_secret(), new_secret(), popup, now)
        url = jose.prepare_grant_uri(
            self._settings.payer_authorize_url,
            self._endpoint.client_id,
            "code",
            redirect_uri=self._settings.callback_url,
            scope=self._settings.payer_scope,
            state=state,
            aud=self._settings.payer_fhir_url,
            nonce=row.nonce,
            code_challenge=jose.create_s256_code_challenge(row.verifier),
            code_challenge_method="S256",
            **({} if language == "en" else {"ui_locales": language}),
            **(_ANEW if self._settings.payer_prompt_login else {}),
        )
        await self._rows.put(digest(state), row, expires=now + rows.LIVES, owner=person)
        return url, browser, popup

    async def claim(self, query: Mapping[str, str], browser: str | None) -> rows.SignIn:
        """Consume and return the sign-in that belongs to a callback's state.

        Of several callbacks with one state, one gets it (T04).

        Raises:
            WrongBrowser: the cookie is not of the browser that started the sign-in; nothing is consumed (T02).
            LinkExpired: the state has expired or was used.
        """
        state = query.get("state", "")
        if not browser or not state:
            raise errors.WrongBrowser("the callback came without cookie or state")
        seen = await self._rows.get(rows.SignIn, digest(state))
        if seen is None:
            raise errors.LinkExpired("the state is over or was used")
        if not same(seen.browser, digest(browser)):
            raise errors.WrongBrowser("the callback's cookie is another browser's")
        taken = await self._rows.take(rows.SignIn, digest(state))
        if taken is None:
            raise errors.LinkExpired("the state was used in this moment")
        return taken

    async def finish(self, sign_in: rows.SignIn, query: Mapping[str, str]) -> str:
        """Finish a sign-in, store its tokens as pending, and return the code for the browser.

        Raises:
            BotError: nothing is stored, and the tokens are revoked. Any unexpected exception becomes SignInRefused, so
                that browser and chat report it.
        """
        granted = None
        try:
            async with asyncio.timeout(_PATIENCE):
                endpoints = await self._discovery.endpoints()
                _check_answer(query, endpoints)
                await self._still_wanted(sign_in)
                granted = await self._endpoint.exchange(query["code"], sign_in.verifier)
                candidates = await self._whose(granted, sign_in, endpoints)
            await self._still_wanted(sign_in)
            return await self._keep(sign_in, granted, candidates)
        except Exception as error:
            if granted is not None:
                self._endpoint.start_revoking(granted.tokens)
            if isinstance(error, errors.BotError):
                raise
            if isinstance(error, TimeoutError):
                raise errors.SignInSlow("the sign-in took too long") from None
            raise errors.SignInRefused(f"the sign-in: {type(error).__name__}") from None

    async def _whose(
        self, granted: Granted, sign_in: rows.SignIn, endpoints: Endpoints
    ) -> tuple[rows.PatientCandidate, ...]:
        asked, given = self._settings.payer_scope.split(), granted.scope
        # RFC 6749 5.1: without a scope in the answer, all was granted that was asked for.
        if given is not None and reads_claims(asked) and not reads_claims(given.split()):
            raise errors.AccessNotGranted("the granted scope does not open claims")
        claims = await self._claims(granted, sign_in, endpoints)
        if granted.patient is None and "fhirUser" not in claims:
            claims = await with_userinfo(self._http, endpoints.userinfo, granted.tokens.access, claims)
        patient = named_patient(granted.patient, claims, self._settings.payer_fhir_url)
        token = granted.tokens.access
        if patient is None:
            found = await self._patients.all(token)
        else:
            # SMART's `patient` binds the token to one record; without it, those that the payer's search gives follow.
            found = await self._patients.named(patient, token, family=granted.patient is None)
        if is_for_others(claims) or (patient is None and len(found) > 1):
            return found
        return (msgspec.structs.replace(found[0], own=True), *found[1:])

    async def _claims(self, granted: Granted, sign_in: rows.SignIn, endpoints: Endpoints) -> Mapping[str, Any]:
        """Return the id_token's claims; empty if the server is no OpenID provider and sends no id_token."""
        if granted.id_token is None:
            scope = self._settings.payer_scope if granted.scope is None else granted.scope
            if endpoints.jwks and "openid" in scope.split():
                raise errors.SignInUntrusted("an OpenID provider granted openid and gave no id_token")
            return {}
        if not endpoints.issuer or not endpoints.jwks:
            raise errors.SignInRefused(
                "no issuer or JWKS is known to check the id_token: set PAYER_ISSUER, PAYER_JWKS_URL"
            )
        return await self._id_tokens.verify(
            granted.id_token,
            issuer=endpoints.issuer,
            jwks=endpoints.jwks,
            client_id=self._endpoint.client_id,
            nonce=sign_in.nonce,
            signed_in_after=sign_in.began if self._settings.payer_prompt_login else None,
        )

    async def _keep(self, sign_in: rows.SignIn, granted: Granted, candidates: tuple[rows.PatientCandidate, ...]) -> str:
        code, expires = new_code(), self._rows.now() + rows.LIVES
        pending = rows.Pending(new_secret(), sign_in.request, digest(code), candidates, granted.tokens, expires)
        replaced = await self._rows.take(rows.Pending, sign_in.person.key)
        if replaced is not None:
            self._endpoint.start_revoking(replaced.tokens)
        await self._rows.put(sign_in.person.key, pending, expires=expires, owner=sign_in.person)
        names = tuple(candidate.name for candidate in candidates)
        outcome = rows.LinkOutcome(sign_in.person, code, popup=sign_in.popup, records=names)
        await self._rows.put(sign_in.browser, outcome, expires=expires, owner=sign_in.person)
        try:
            await self._still_wanted(sign_in)  # behind it, as an "unlink" in this moment deleted nothing of it
        except errors.LinkExpired:
            await self._rows.drop(rows.Pending, sign_in.person.key)
            await self._rows.drop(rows.LinkOutcome, sign_in.browser)
            raise
        return code

    async def _still_wanted(self, sign_in: rows.SignIn) -> None:
        if not await self._rows.is_current(sign_in.person, sign_in.request):
            raise errors.LinkExpired("the link was used or replaced while the member signed in")

    async def _live(self, request: str) -> rows.LinkRequest:
        row = await self._rows.get(rows.LinkRequest, request)
        if row is None or not await self._rows.is_current(row.person, request):
            raise errors.LinkExpired("the link is over, was used, or was replaced")
        return row


def _check_answer(query: Mapping[str, str], endpoints: Endpoints) -> None:
    """Check the payer's redirect before any request is sent (T07, T13). Its texts are never repeated."""
    issuer = query.get("iss")
    if issuer is None and endpoints.names_issuer and endpoints.issuer is not None:
        # RFC 9207 2.4: a server that says it always names itself is not the one that left it out.
        raise errors.SignInUntrusted("the callback names no iss, and the payer says that it always does")
    if issuer is not None and endpoints.issuer is not None and issuer != endpoints.issuer:
        raise errors.SignInUntrusted("the callback's iss is not the payer's")
    if "error" in query:
        raise _refusal(query["error"])
    if not query.get("code"):
        raise errors.SignInRefused("the callback came without a code")


def _refusal(error: str) -> errors.LinkError:
    if error in _OUR_FAULT:
        return errors.SetupWrong(f"the authorization endpoint: {error}")
    if error in {"server_error", "temporarily_unavailable", "login_required", "interaction_required"}:
        return errors.SignInRefused(f"the authorization endpoint: {error}")
    return errors.SignInCancelled("the member did not go on")


def reads_claims(scopes: Iterable[str]) -> bool:
    """Return whether one of the scopes allows reading and searching ExplanationOfBenefit."""
    return any(_CLAIMS.fullmatch(scope) for scope in scopes)
