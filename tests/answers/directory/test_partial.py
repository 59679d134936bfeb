"""After a reading that was cut short nobody is said not to be there: the reply says that it could not read all."""

from functools import cache
from typing import Any

import httpx
import pytest

from bot.kit import Ask
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.sandbox.app import create_app
from bot.sandbox.behaviour import Behaviour, Fault
from bot.sandbox.world import World
from tests.answers.asking import TODAY, pack
from tests.desk.desk import words
from tests.kit.hostile import build
from tests.shipped import shipped_pack

ERROR = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}'


@cache
def world() -> World:
    """A few hundred matches and a few of them in network L."""
    return build(TODAY, crowd=60, namesakes=0)


async def said(intent: str, slots: dict[str, Any], **fault: Any) -> str:
    """The reply of a server that fails so."""
    app = create_app(world(), "http://payer.test", Behaviour(max_count=100))
    json = {"content-type": "application/fhir+json"}
    app.state.sandbox.behaviour.faults.append(Fault("/fhir/r4/", 500, ERROR, json, times=None, **fault))
    async with Http(transport=httpx.ASGITransport(app), pause=_at_once) as http:
        ask = Ask(
            slots=slots,
            today=TODAY,
            words={"specialty": "doctor"},
            language="en",
            budget=Budget(60),
            directory=DirectoryClient(http, app.state.sandbox.fhir_url),
            places=shipped_pack().places,
        )
        return words(intent, await pack().answers[intent](ask))


async def _at_once(_seconds: float) -> None:
    """Nothing waits between tries."""


@pytest.mark.fault("F14", "F26")
async def test_a_later_page_that_does_not_come_leaves_what_was_read() -> None:
    """What was found stands, and there may be more."""
    slots = {"specialty": ["HXcrowd"], "location": {"zip": "37402"}}
    text = await said("provider.find", slots, query_has="_page=")
    assert "I couldn't read all of the directory, so there may be more than this." in text


@pytest.mark.fault("F14", "F26")
async def test_nobody_in_what_was_read_is_not_nobody() -> None:
    """No "the directory lists nobody" after a page that did not come."""
    slots = {"specialty": ["HXcrowd"], "location": {"zip": "37402"}, "language": "ko"}
    text = await said("provider.find", slots, query_has="_page=")
    assert "I couldn't read all of the directory. In what I read there are no doctors who speak Korean" in text
    assert "directory lists no" not in text


@pytest.mark.fault("F14", "F26")
async def test_a_name_is_not_said_to_be_missing_after_half_a_reading() -> None:
    """The name may stand on the page that did not come."""
    text = await said("provider.detail", {"provider_name": "Ann Member"}, query_has="_page=")
    assert "I couldn't read all of the directory" in text
