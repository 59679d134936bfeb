"""Slack's own published types, @slack/types, take every kind of block, form and Home that we send."""

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.channels.slack.views import modal, with_forms
from bot.channels.slack.writer import Notices
from bot.conversation.forms import Known
from bot.message import Language, Private
from tests.channels.slack.conftest import THUMBS
from tests.doubles.block_kit import view_faults
from tests.replies.made import EVERYTHING
from tests.shipped import shipped_pack

TYPES = Path(__file__).parents[2] / "playground" / "node_modules"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (TYPES / "@slack" / "types").is_dir() or not (TYPES / "typescript").is_dir(),
    reason="no @slack/types here: see `make playground`",
)
NOTICES = Notices(shipped_pack().words)
REPLY = Private(intent="claim.owed", language="en", blocks=EVERYTHING, rating=THUMBS)


def _views(language: Language) -> list[dict[str, Any]]:
    """All forms, on somebody's network, and a Home with its buttons."""
    known = Known(listed=("Blue Network P", "Blue Network S"), own=("Blue Network S",))
    forms = [modal(one.form, NOTICES, language, known) for one in shipped_pack().offers.forms.values()]
    [page] = NOTICES.pages(replace(REPLY, rating=None, language=language, blocks=REPLY.blocks[:2]))
    text = {"type": "plain_text", "text": "Find a provider", "emoji": False}
    find = {"type": "button", "text": text, "action_id": "form-find", "value": "find"}
    return [
        *forms,
        {
            "type": "home",
            "blocks": with_forms(page.blocks, [find, find | {"action_id": "form-find-1", "style": "danger"}]),
        },
    ]


def test_slacks_published_types_take_what_we_send(tmp_path: Path) -> None:
    """The compiler checks each literal strictly: an unknown field or a wrong value does not compile."""
    replies = [replace(REPLY, language=language) for language in ("en", "es")]
    messages = [list(page.blocks) for reply in replies for page in NOTICES.pages(reply)]
    views = [view for language in ("en", "es") for view in _views(language)]
    assert [fault for view in views for fault in view_faults(view)] == []
    dump = partial(json.dumps, ensure_ascii=False)
    file = tmp_path / "sent.ts"
    file.write_text(
        f'import type {{ KnownBlock, View }} from "{TYPES}/@slack/types";\n'
        f"export const messages: KnownBlock[][] = {dump(messages)};\n"
        f"export const views: View[] = {dump(views)};\n",
        encoding="utf-8",
    )
    options = {"strict": True, "noEmit": True, "skipLibCheck": True, "types": []}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": [file.name]}), "utf-8")
    compiler = [str(NODE), str(TYPES / "typescript" / "bin" / "tsc"), "--project", str(tmp_path)]
    done = subprocess.run(compiler, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 -- our own
    assert (done.stdout, done.returncode) == ("", 0)
