"""One FHIR server, read page by page within a budget. Responses become FHIR bytes or an exception of `bot.errors`."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from bot import errors
from bot.payer.budget import Budget, Gap, ResponseCache
from bot.payer.http import Call, Http, HttpAnswer, base_of
from bot.payer.origin import Retry
from bot.payer.search import Search, Trait, Traits, note_ignored, simpler_ones
from bot.records.bundle import Entry, Head, Page, read_head, read_issues, read_page
from bot.records.decode import Unreadable

PAGE_SIZE = "100"
_NOT_IMPLEMENTED = 501
_NOT_BY_POST = (errors.PayerForbids, errors.PayerLacks, errors.PayerRejects)
_NO_ANSWER = (
    errors.PayerMaintenance,
    errors.PayerDamaged,
)  # servers without POST searches answer anything; 5xx is an outage
_ACCEPT = {"accept": "application/fhir+json"}


T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class PageRequest(NamedTuple):
    """A GET of a URL for resources of a type, or the POST of a `form`.

    `key` is the URL by which the response is cached, if not `url`. With `anew` the cache is not used.
    """

    url: str
    type: str
    form: str | None = None
    key: str = ""
    anew: bool = False


class Server:
    """A FHIR base URL with all settings for calls to it.

    Attributes:
        kept: the cache.
        post: whether searches are sent as POST `_search`, which keeps ids out of URLs (T28). None: if the server turns
            out to support POST.
    """

    def __init__(
        self,
        http: Http,
        base: str,
        *,
        retry: Retry | None = None,
        post: bool | None = False,
        kept: ResponseCache | None = None,
    ) -> None:
        self._base = base_of(base)
        self._post, self._kept, self._retry = post, kept, retry or Retry(http)
        self.traits = Traits(http.traits, self._base.url)

    def _headers(self) -> Mapping[str, str]:
        """Return the request headers that this client adds to the usual ones."""
        return {}

    async def _renew(self, _resource_type: str) -> bool:
        """Get a new token after a 401 for this type. Return whether there is one."""
        return False

    def _shown(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the rows that may be shown."""
        return entries

    async def pages(self, search: Search, budget: Budget, onward: str = "") -> AsyncIterator[Page]:
        """Yield the pages of a search, first to last, until the server or the budget ends them.

        With `onward`, start at a later page, at the `next_url` of the page before. A failure of the first page is
        raised. A failure of a later page becomes a gap, and what was read is kept (F14, F26).

        Raises:
            PayerForbids, PayerLacks: this type is refused, which is also reported as a gap.
            PayerError, SignInExpired: see `check_status` and `page_of`.
        """
        if not search.has("_count"):
            search = search.where(("_count", PAGE_SIZE))
        if budget.report.pages and budget.spent:
            budget.report.gaps.append(Gap("cut_short", search.type, budget.read, "limit"))
            return
        page: Page | None
        if not onward:
            try:
                page, url = await self._first(search, budget)
            except (errors.PayerForbids, errors.PayerLacks) as error:
                budget.report.gaps.append(Gap("type_refused", search.type, 1, type(error).__name__))
                raise
        elif (own := self._base.own(onward, self._base.url)) is not None:
            page, url = await self._page(PageRequest(own, search.type), budget), own
        else:
            raise errors.PayerUntrusted("a page's address that is not the server's")
        seen: set[str] = set()
        total, sent = 0 if onward else page.total or 0, 0
        while page is not None:
            own = self._base.own(page.next_url, url) if page.next_url else None
            yield replace(page, next_url=own) if own else page
            seen.add(url)
            sent += page.sent
            following = self._following(page, own, seen, search.type, budget)
            if following is None:
                if page.next_url is None and sent < total:
                    budget.report.gaps.append(Gap("said_incomplete", search.type, total - sent, "total"))
                return
            url = following
            page = await self._later(url, search.type, budget)

    async def read(self, resource_type: str, resource_id: str, budget: Budget) -> bytes:
        """Return one resource by id, as its JSON bytes.

        Raises:
            PayerLacks: there is no such resource.
            PayerError, SignInExpired: see `check_status` and `resource_of`.
        """
        if not _ID.fullmatch(resource_id):
            raise errors.PayerLacks("not a FHIR id", resource_type=resource_type)
        url = f"{self._base.url}/{Search(resource_type).type}/{resource_id}"

        def read(answer: HttpAnswer) -> tuple[bytes, Head]:
            check_status(answer, resource_type)
            body, head = _fhir(answer, lambda body: (body, read_head(body)))
            if head.resource_type != resource_type:
                raise errors.PayerLacks("another type than was asked for", resource_type=resource_type)
            return body, head

        (body, head), kept = await self._asked(PageRequest(url, resource_type), budget, read)
        budget.spend(len(body), [(resource_type, head.id or resource_id)], 1, kept)
        return body

    async def _first(self, search: Search, budget: Budget) -> tuple[Page, str]:
        """Return the first page and its URL.

        Parameters that the server rejects are dropped if the client can replace them (F36).
        """
        wanted = self.traits.tolerable(search, budget.report)
        try:
            page, url = await self._search(wanted, budget)
        except errors.PayerRejects as error:
            refusal = error
        else:
            note_ignored(wanted, page, budget.report)
            return page, url
        for simpler in simpler_ones(wanted, refusal):
            try:
                found = await self._search(simpler, budget)
            except errors.PayerRejects:
                continue
            self.traits.learn_refused(wanted, simpler, budget.report)
            return found
        raise refusal

    async def _search(self, search: Search, budget: Budget) -> tuple[Page, str]:
        """Return the page, and the URL of the search with GET, also if it was sent by POST."""
        asked, kind = search.encoded(), search.type
        url = f"{self._base.url}/{kind}?{asked}"
        known, has = self._post, self.traits.has
        if known is None and (has(Trait.REFUSES_POST) or has(Trait.TAKES_POST)):
            known = not has(Trait.REFUSES_POST)
        if known is False:
            return await self._page(PageRequest(url, kind), budget), url
        try:
            page = await self._page(PageRequest(f"{self._base.url}/{kind}/_search", kind, form=asked, key=url), budget)
        except (*_NOT_BY_POST, *_NO_ANSWER):
            if known:
                raise
            page = await self._page(PageRequest(url, kind, anew=True), budget)
            self._learn_posts(taken=False)
            return page, url
        return page if known else await self._confirmed(page, url, kind, budget), url

    async def _confirmed(self, page: Page, url: str, resource_type: str, budget: Budget) -> Page:
        """Return the page of the server's first POST search; if it is empty, the page of the same search by GET.

        A server without POST searches may ignore the form and return nothing. What it supports is remembered.
        """
        if page.entries:
            self._learn_posts(taken=True)
            return page
        again = await self._page(PageRequest(url, resource_type, anew=True), budget)
        if again.entries:
            self._learn_posts(taken=False)
        return again

    def _learn_posts(self, *, taken: bool) -> None:
        """Remember whether the server supports searches by POST. The last observation counts."""
        self.traits.unlearn(Trait.REFUSES_POST if taken else Trait.TAKES_POST)
        self.traits.learn(Trait.TAKES_POST if taken else Trait.REFUSES_POST)

    async def _later(self, url: str, resource_type: str, budget: Budget) -> Page | None:
        """Return a page after the first; None if it failed, which is added to the report."""
        try:
            return await self._page(PageRequest(url, resource_type), budget)
        except (errors.PayerError, errors.SignInExpired) as error:
            budget.report.gaps.append(Gap("page_failed", resource_type, 1, type(error).__name__))
            if isinstance(error, errors.SignInExpired):
                raise
            return None

    async def _page(self, ask: PageRequest, budget: Budget) -> Page:
        """Return the page at a URL, or of a search by POST, with only the rows that may be shown.

        Rows that are missing are added to the report.
        """

        def read(answer: HttpAnswer) -> tuple[Page, int]:
            if ask.form is not None and answer.status_code == _NOT_IMPLEMENTED:
                raise errors.PayerRejects(str(answer.status_code))  # the server does not know POST, which is no outage
            check_status(answer, ask.type)
            return page_of(answer, ask.type), len(answer.content)

        (page, size), kept = await self._asked(ask, budget, read)
        fitting = [e for e in page.entries if e.mode != "match" or e.type == ask.type]
        shown = tuple(self._shown(fitting))
        unreadable = page.unreadable + len(page.entries) - len(fitting)
        strangers = len(fitting) - len(shown)
        gaps = budget.report.gaps
        if strangers:
            gaps.append(Gap("left_out", ask.type, strangers, "wrong patient"))
        if unreadable:
            gaps.append(Gap("unreadable", ask.type, unreadable))
        if any(issue.is_error for issue in page.issues):
            gaps.append(Gap("page_failed", ask.type, 1, "server error"))
        elif any(issue.is_incomplete for issue in page.issues):
            gaps.append(Gap("said_incomplete", ask.type))
        matches = [(entry.type, entry.id) for entry in shown if entry.mode == "match"]
        budget.spend(size, matches, len(page.entries), kept)
        return replace(page, entries=shown, unreadable=unreadable)

    async def _asked(
        self, ask: PageRequest, budget: Budget, read: Callable[[HttpAnswer], T]
    ) -> tuple[T, datetime | None]:
        """Return the result of `read` for the response, and when the response was received if it was cached.

        The token is renewed once in case of a 401 (F12, F16).
        """
        renewed = False
        while True:
            headers = {**_ACCEPT, **self._headers()}
            call = Call(ask.url, headers, budget.deadline, budget.cap, ask.type, ask.form)
            fetch = partial(self._retry.ask, call, read)
            try:
                if self._kept is None or ask.anew:
                    return (await fetch())[1], None
                return await self._kept.ask(ask.key or ask.url, budget.report, fetch)
            except errors.SignInExpired:
                if renewed or not await self._renew(ask.type):
                    raise
                renewed = True
            except errors.PayerOversized:
                if budget.scarce:
                    raise errors.PayerTooMuch("more than is left of what a question may read") from None
                raise

    def _following(self, page: Page, own: str | None, seen: set[str], resource_type: str, budget: Budget) -> str | None:
        """Return the URL of the next page; None at the end, or, with a gap, if the link must not be followed.

        `own` is that URL if it is one of the server's.
        """
        if page.next_url is None:
            return None
        why = "foreign link" if own is None else "loop" if own in seen else "limit" if budget.spent else ""
        if why:
            budget.report.gaps.append(Gap("cut_short", resource_type, budget.read, why))
        return None if why else own


def check_status(answer: HttpAnswer, resource_type: str) -> None:
    """Do nothing for a 200 response.

    Raises:
        SignInExpired: 401.
        PayerForbids: 403.
        PayerLacks: 404, 410.
        PayerRejects: other 4xx; `issues` has the server's OperationOutcome, for the client's own use.
        PayerUntrusted: a redirect.
        PayerDown: 5xx.
    """
    status = answer.status_code
    leaf = _LEAVES.get(status) or _LEAVES.get(min(status // 100, 5))
    if leaf is errors.PayerRejects:
        raise leaf(str(status), issues=read_issues(answer.content))
    if leaf is not None:
        raise leaf(str(status), resource_type=resource_type)


def page_of(answer: HttpAnswer, resource_type: str) -> Page:
    """Return the page in a response.

    Raises:
        PayerMaintenance: the body is empty or HTML.
        PayerDamaged: the body is not a Bundle.
        PayerDown: the body is an OperationOutcome with an error.
    """
    page = _fhir(answer, partial(read_page, wanted=resource_type))
    if not page.is_bundle and any(issue.is_error for issue in page.issues):
        raise errors.PayerDown("an OperationOutcome in place of results")
    if not page.is_bundle:
        raise errors.PayerDamaged("neither results nor an error")
    return page


def _fhir(answer: HttpAnswer, read: Callable[[bytes], T]) -> T:
    """Return the result of `read` for the body if it may be FHIR JSON, whatever the content type.

    Raises:
        PayerMaintenance: the body is empty or HTML.
        PayerDamaged: the body is not a JSON object, or `read` cannot read it.
    """
    body = answer.content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body or body.startswith(b"<"):
        raise errors.PayerMaintenance("a page or nothing where FHIR was due")
    if "html" in answer.headers.get("content-type", "").lower():
        raise errors.PayerMaintenance("HTML where FHIR was due")
    if not body.startswith(b"{"):
        raise errors.PayerDamaged("not a JSON object")
    try:
        return read(body)
    except Unreadable as error:
        raise errors.PayerDamaged(str(error)) from None


_LEAVES: dict[int, type[errors.BotError]] = {
    401: errors.SignInExpired,
    403: errors.PayerForbids,
    404: errors.PayerLacks,
    410: errors.PayerLacks,
    413: errors.PayerTooMuch,
    3: errors.PayerUntrusted,
    4: errors.PayerRejects,
    5: errors.PayerDown,
}
"""The exception for a status, or for its hundreds."""
