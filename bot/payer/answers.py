"""Maps an HTTP status and body to FHIR bytes or to one error of the tree."""

from __future__ import annotations

from bot.errors import (
    PayerDamaged,
    PayerDown,
    PayerError,
    PayerForbids,
    PayerLacks,
    PayerMaintenance,
    PayerRejects,
    PayerTooMuch,
    PayerUntrusted,
    SignInExpired,
)
from bot.payer.http import HttpAnswer
from bot.records.bundle import Head, Page, read_head, read_issues, read_page
from bot.records.decode import Unreadable


def check_status(answer: HttpAnswer, resource_type: str) -> None:
    """Pass a 200 on.

    Raises:
        SignInExpired: 401. PayerForbids: 403. PayerLacks: 404, 410. PayerRejects: other 4xx, with the words of the
        server's OperationOutcome in `issues` for the client's own use. PayerUntrusted: a redirect. PayerDown: 5xx.
    """
    status = answer.status_code
    if status == 401:  # noqa: PLR2004 -- HTTP's own numbers say it best
        raise SignInExpired("401")
    leaf = _LEAVES.get(status)
    if leaf is not None:
        raise leaf(str(status), resource_type=resource_type)
    if 300 <= status < 400:  # noqa: PLR2004 -- as above
        raise PayerUntrusted("a redirect where an answer was due")
    if 400 <= status < 500:  # noqa: PLR2004 -- as above
        raise PayerRejects(str(status), issues=read_issues(answer.content))
    if status >= 500:  # noqa: PLR2004 -- as above
        raise PayerDown(str(status))


def page_of(answer: HttpAnswer, resource_type: str) -> Page:
    """The page of a search's answer.

    Raises:
        PayerMaintenance: a page for people, or nothing. PayerDamaged: not a Bundle, or broken JSON.
        PayerDown: an OperationOutcome error in place of the Bundle.
    """
    body = _fhir(answer)
    try:
        page = read_page(body, resource_type)
    except Unreadable as error:
        raise PayerDamaged(str(error)) from None
    if not page.is_bundle and any(issue.is_error for issue in page.issues):
        raise PayerDown("an OperationOutcome in place of results")
    if not page.is_bundle:
        raise PayerDamaged("neither results nor an error")
    return page


def resource_of(answer: HttpAnswer, resource_type: str) -> tuple[bytes, Head]:
    """The resource of a read's answer, with its head.

    Raises:
        PayerMaintenance, PayerDamaged: as for pages. PayerLacks: another type came.
    """
    body = _fhir(answer)
    try:
        head = read_head(body)
    except Unreadable as error:
        raise PayerDamaged(str(error)) from None
    if head.resource_type != resource_type:
        raise PayerLacks("another type than was asked for", resource_type=resource_type)
    return body, head


def _fhir(answer: HttpAnswer) -> bytes:
    """The body, when it can be FHIR JSON: payers also label it application/json or text/plain, so the body decides."""
    body = answer.content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body or body.startswith(b"<"):
        raise PayerMaintenance("a page or nothing where FHIR was due")
    if "html" in answer.headers.get("content-type", "").lower():
        raise PayerMaintenance("HTML where FHIR was due")
    if not body.startswith(b"{"):
        raise PayerDamaged("not a JSON object")
    return body


_LEAVES: dict[int, type[PayerError]] = {
    403: PayerForbids,
    404: PayerLacks,
    410: PayerLacks,
    413: PayerTooMuch,
}
