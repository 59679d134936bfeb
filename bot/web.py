"""The web application of a bot: every route on one port, and what stands before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from bot.accounts.guard import AddressLimit
from bot.ops.entrance import Entrance
from bot.ops.health import Health

if TYPE_CHECKING:
    from bot.app import Bot
    from bot.channels.slack.app import SlackApp
    from bot.channels.teams.app import TeamsApp


def health_of(bot: Bot) -> Health:
    """What operators look at of a bot."""

    def faults() -> list[str]:
        return [*bot.discovery.faults, *(["payer refuses this client"] if bot.accounts.client_refused else [])]

    return Health(bot.store, bot.meter, faults)


def web_app(
    bot: Bot, *, slack: SlackApp | None = None, teams: TeamsApp | None = None, more: Sequence[Route] = ()
) -> Starlette:
    """Slack, Teams, the linking pages, documents and health on one port; `more` is what a rehearsal adds.

    With BOT_METRICS_BIND, of health only what a balancer asks.
    """
    watched = health_of(bot).public(apart=bot.settings.bot_metrics_bind is not None)
    pages = [*bot.accounts.routes(), *bot.documents.routes()]
    open_pages = (*(route.path.partition("{")[0] for route in pages), "/slack/install", "/slack/oauth_redirect")
    settings = bot.settings
    entrance = Middleware(
        Entrance,
        hosts=settings.trusted_hosts,
        proxies=settings.trusted_proxies,
        https=settings.bot_public_url.startswith("https:"),
    )
    app = Starlette(
        routes=[*watched, *pages, *(slack.routes() if slack else []), *(teams.routes() if teams else []), *more],
        middleware=[entrance, Middleware(AddressLimit, renderer=bot.renderer, guarded=open_pages)],
    )
    app.router.redirect_slashes = False  # it would redirect to the Host header, with the id of a link
    return app
