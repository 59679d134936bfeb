"""What Slack takes in an app's manifest."""

from collections.abc import Iterator
from typing import Any

# The least and the most characters of a text, or entries of a list, that version 2 takes, and its switches:
# https://docs.slack.dev/reference/app-manifest. What is in the manifest and not here has not been looked up.
ON_OR_OFF = (False, True)
TAKEN: dict[str, tuple[int, int]] = {
    "display_information.name": (1, 35),
    "display_information.description": (1, 140),
    "display_information.long_description": (175, 4_000),
    "display_information.background_color": (4, 7),
    "features.app_home.home_tab_enabled": ON_OR_OFF,
    "features.app_home.messages_tab_enabled": ON_OR_OFF,
    "features.app_home.messages_tab_read_only_enabled": ON_OR_OFF,
    "features.agent_view.agent_description": (0, 300),
    "features.agent_view.suggested_prompts": (0, 4),
    "features.agent_view.suggested_prompts[].title": (1, 4_000),
    "features.agent_view.suggested_prompts[].message": (1, 4_000),
    "features.bot_user.display_name": (1, 80),
    "features.bot_user.always_online": ON_OR_OFF,
    "features.shortcuts": (1, 10),
    "features.shortcuts[].name": (1, 24),
    "features.shortcuts[].type": (len("global"), len("message")),
    "features.shortcuts[].callback_id": (1, 255),
    "features.shortcuts[].description": (1, 150),
    "features.slash_commands": (1, 50),
    "features.slash_commands[].command": (2, 32),
    "features.slash_commands[].url": (8, 3_000),
    "features.slash_commands[].description": (1, 2_000),
    "features.slash_commands[].usage_hint": (1, 1_000),
    "features.slash_commands[].should_escape": ON_OR_OFF,
    "oauth_config.redirect_urls": (0, 1_000),
    "oauth_config.redirect_urls[]": (8, 2_500),
    "oauth_config.scopes.bot": (1, 255),
    "oauth_config.scopes.bot[]": (1, 50),
    "mcp_servers.directory.url": (9, 500),
    "mcp_servers.directory.auth_type": (len("no_auth"), len("dynamic_client_registration")),
    "settings.event_subscriptions.request_url": (8, 3_500),
    "settings.event_subscriptions.bot_events": (1, 100),
    "settings.event_subscriptions.bot_events[]": (1, 50),
    "settings.interactivity.is_enabled": ON_OR_OFF,
    "settings.interactivity.request_url": (8, 3_500),
    "settings.org_deploy_enabled": ON_OR_OFF,
    "settings.socket_mode_enabled": ON_OR_OFF,
    "settings.token_rotation_enabled": ON_OR_OFF,
}


def not_taken(manifest: dict[str, Any]) -> list[str]:
    """The places that are unknown, too long, too short or of another kind, and entries that lack a part."""
    features = manifest["features"]
    found = [place for place, value in _parts(manifest) if not _is_taken(place, value)]
    whole = {"name", "type", "callback_id", "description"}
    found += [f"shortcut {one}" for one in features["shortcuts"] if one.keys() != whole]
    found += [f"type of {one}" for one in features["shortcuts"] if one["type"] not in {"global", "message"}]
    return found + [f"command {one}" for one in features["slash_commands"] if one["command"][0] != "/"]


def _parts(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every text, switch and list with its place."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from _parts(inside, f"{place}.{name}" if place else name)
        return
    yield place, value
    for inside in value if isinstance(value, list) else ():
        yield from _parts(inside, f"{place}[]")


def _is_taken(place: str, value: Any) -> bool:
    if place == "_metadata.major_version":
        return bool(value == 2)
    least, most = TAKEN.get(place, (1, 0))
    size = value if isinstance(value, bool) else len(value)
    return least <= size <= most and isinstance(value, bool) == (TAKEN[place] is ON_OR_OFF)
