"""What a question reads a member's record with."""

from __future__ import annotations

from collections.abc import Callable

from bot.accounts.accounts import Accounts
from bot.accounts.values import Access
from bot.config import Settings
from bot.message import Person
from bot.payer.client import MemberClient
from bot.payer.http import Http
from bot.payer.response_cache import MemberCache


def member_client(
    settings: Settings, http: Http, accounts: Accounts, recent: MemberCache
) -> Callable[[Person, Access], MemberClient]:
    """Makes the client of one member's question; a 401 is answered by one renewal where there is a refresh token.

    What the same link's questions have just read is not asked for again.
    """

    def client(person: Person, access: Access) -> MemberClient:
        async def renew() -> str | None:
            renewed = await accounts.renew(person, access)
            return renewed.token if renewed else None

        kept = recent.of(access.link_id, access.patient)
        return MemberClient(
            http,
            settings.payer_fhir_url,
            access.token,
            access.patient,
            also=access.also,
            renew=renew,
            post_search=settings.payer_post_search,
            kept=kept,
        )

    return client
