"""Slack's error codes as a log may hold them."""

from __future__ import annotations

import re

from slack_sdk.errors import SlackApiError

_CODE = re.compile(r"[a-z_]{1,80}")


def code_of(error: BaseException | None) -> str:
    """Slack's code of a failed call, such as `channel_not_found`; "" for any other error, and for what is no code."""
    code = str(error.response.get("error")) if isinstance(error, SlackApiError) else ""
    return code if _CODE.fullmatch(code) else ""
