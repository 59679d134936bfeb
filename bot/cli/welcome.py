"""What `serve` says on a terminal: where it is, and what to do next."""

from __future__ import annotations

from bot.config import Settings


def welcome(settings: Settings, host: str, port: int, *, sandbox: bool) -> str:
    """Some lines for a person; a supervisor reads a line of JSON instead."""
    here = f"http://{'127.0.0.1' if host in {'', '0.0.0.0'} else host}:{port}"  # noqa: S104 -- shown, not bound
    lines = [f"bcbst-bot serves at {here}. Ctrl-C stops it."]
    lines += [f"Talk to it at {here}/dev/chat; its payer is made up, and you sign in as dana."] if sandbox else []
    lines += [*_slack(settings), *_teams(settings)]
    if not settings.has_channel and not sandbox:
        lines.append(f"{NOBODY_CAN_ASK} Step 2 of docs/running.md creates the Slack or the Teams app.")
    elif not settings.has_channel:
        lines.append("To talk to it in a Slack of your own: docs/first-workspace.md.")
    return "\n".join(lines)


NOBODY_CAN_ASK = "Neither Slack nor Teams is set, so nobody can ask."


def _slack(settings: Settings) -> list[str]:
    if settings.slack_app_token is not None:
        return ['Slack: connected by Socket Mode. Open the app\'s "Messages" tab in Slack and write "help".']
    if settings.slack_bot_token is not None:
        return [f'Slack: waits for its requests at {settings.bot_public_url}/slack/events. Write "help" to the app.']
    if settings.slack_client_id is not None:
        return [f"Slack: a workspace adds the app at {settings.bot_public_url}/slack/install."]
    return []


def _teams(settings: Settings) -> list[str]:
    if settings.teams_app_id is None:
        return []
    return [f'Teams: waits for its requests at {settings.bot_public_url}/teams/messages. Write "help" to the app.']
