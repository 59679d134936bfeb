"""Slack's own models of blocks, from slack_sdk: a second opinion on what Slack would take."""

from collections.abc import Iterable
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

UNKNOWN = frozenset({"data_visualization", "data_table"})
"""Blocks that Slack documents and slack_sdk has no model of."""


def refused(blocks: Iterable[dict[str, Any]]) -> list[str]:
    """What the models refuse, or would send otherwise than we do."""
    return [fault for block in blocks if block["type"] not in UNKNOWN for fault in _of(block)]


def refused_view(view: dict[str, Any]) -> list[str]:
    """The same of a form or a Home."""
    try:
        View(**view).validate_json()
    except SlackObjectFormationError as error:
        return [str(error)]
    return refused(view["blocks"])


def _of(block: dict[str, Any]) -> list[str]:
    model = Block.parse(block)
    if model is None or type(model) is Block:
        return [f"no block: {block['type']}"]
    try:
        sent = model.to_dict()
    except SlackObjectFormationError as error:
        return [f"{block['type']}: {error}"]
    return [] if sent.keys() >= block.keys() else [f"{block['type']}: lost {sorted(block.keys() - sent.keys())}"]
