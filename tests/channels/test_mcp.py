"""The directory for assistants: the tools that a client of the protocol finds, and what they answer."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from mcp import Client
from mcp_types import CallToolResult, TextContent

from bot.channels.mcp import ASK, make_server, result
from bot.channels.slack.installations import SCOPES, TOOLS
from bot.cli.manifest import manifest, scopes, teams_manifest
from bot.config import Settings
from bot.message import Line, Private, Span
from bot.pack import find_pack
from tests.channels.slack_manifest import not_taken
from tests.shipped import shipped_pack
from tests.stage import Stage

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "data"


on_stage = pytest.mark.asyncio(loop_scope="module")


def _client(stage: Stage) -> Client:
    """A client of the SDK, connected in memory."""
    bot = stage.bots["dm"]
    return Client(make_server(bot.pack, bot.turn, "1"))


async def _call(stage: Stage, tool: str, **arguments: Any) -> tuple[str, CallToolResult]:
    async with _client(stage) as client:
        called = await client.call_tool(tool, arguments)
    assert isinstance(called, CallToolResult)
    (content,) = called.content
    assert isinstance(content, TextContent)
    return content.text, called


@on_stage
async def test_the_commands_of_the_pack_are_read_only_tools(stage: Stage) -> None:
    """One for each command that reads the directory, with the fields that its forms have."""
    async with _client(stage) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"find", "network", "compare", ASK}
    for tool in tools.values():
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
    assert {"question", "specialty", "near", "network", "accepting"} <= set(tools["find"].input_schema["properties"])
    assert tools[ASK].input_schema["required"] == ["question"]


@on_stage
async def test_a_search_answers_in_text_and_data(stage: Stage) -> None:
    """The entries of the answer, without buttons that only a chat could press."""
    text, called = await _call(stage, "find", specialty="cardiologist", near="37402", accepting="yes")
    (answer,) = called.structured_content["answers"]
    assert (answer["intent"], answer["complete"], called.is_error) == ("provider.find", True, False)
    assert len(answer["items"]) > 1
    assert answer["items"][0]["lines"][0].split(" · ")[0] in text
    assert "[" not in text


@on_stage
async def test_a_name_and_a_network_are_one_question(stage: Stage) -> None:
    """Whether the provider is listed there; a network alone asks what it is."""
    text, called = await _call(stage, "network", name="Grace Okafor", network="Blue Network S")
    assert called.structured_content, text
    assert called.structured_content["answers"][-1]["intent"] == "provider.in_network"
    _, called = await _call(stage, "network", network="Blue Network S")
    assert called.structured_content["answers"][-1]["intent"] == "plan.networks"


@on_stage
@pytest.mark.threat("T24", "T25", "T58")
@pytest.mark.attack("a tool that is asked for a member's record")
@pytest.mark.parametrize("question", ["what did I owe for my last visit", "my deductible", "link my account", "unlink"])
async def test_no_tool_gives_a_members_data(stage: Stage, question: str) -> None:
    """Whatever is asked, nothing is read of a member, and nobody is connected."""
    before = len(stage.sandbox.requests)
    text, called = await _call(stage, ASK, question=question)
    assert "$" not in text
    assert not any("authorization" in seen.header_names for seen in list(stage.sandbox.requests)[before:])
    assert "http" not in json.dumps(called.structured_content or {})


@on_stage
@pytest.mark.threat("T58")
@pytest.mark.attack("a page that is no page")
@pytest.mark.parametrize("page", ["9" * 5_000, -1, 0, 201, 1.0, True, [1], {}, "1e2", " "])
async def test_a_page_that_is_none_is_told_as_that(stage: Stage, page: object) -> None:
    """In the tool's own words, whatever Python thinks of the number."""
    text, called = await _call(stage, "find", specialty="cardiologist", near="37402", page=page)
    assert (text, called.is_error) == ("page: a number from 1 to 200 is needed.", True)


@on_stage
@pytest.mark.threat("T58")
@pytest.mark.attack("a tool that fills the database")
async def test_a_call_leaves_no_row(stage: Stage) -> None:
    """Nothing refers to it later: neither what was talked about nor what its buttons ask is kept."""
    store = stage.bots["dm"].store

    async def kept() -> list[str]:
        return [row.key for kind in ("dialogue", "press") for row in await store.listed(kind)]

    before = await kept()
    for tool, question in (("find", "cardiologist near 37402"), (ASK, "gibberish xyzzy"), (ASK, "what is a copay")):
        await _call(stage, tool, question=question)
    assert await kept() == before


@on_stage
async def test_every_page_of_a_list_can_be_read(stage: Stage) -> None:
    """Nobody twice, nobody left out; the answer says whether another page follows."""
    found, page = [], 1
    while page:
        _, called = await _call(stage, "find", specialty="cardiologist", zip="37402", page=page)
        (answer,) = called.structured_content["answers"]
        found += [item["number"] for item in answer["items"]]
        assert called.structured_content["next_page"] in {page + 1, None}
        page = called.structured_content["next_page"] or 0
    assert found == [1, 2, 3, 4, 5, 6, 7, 8]
    _, called = await _call(stage, ASK, question="cardiologist near 37402", page=2)
    assert [item["number"] for item in called.structured_content["answers"][0]["items"]] == [6, 7, 8]


@on_stage
async def test_every_field_says_what_it_is(stage: Stage) -> None:
    """A description each, the choices where there are few, and the shape of what comes back."""
    async with _client(stage) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    for tool in tools.values():
        assert all(one.get("description") for one in tool.input_schema["properties"].values())
        assert tool.output_schema is not None
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
    fields = tools["find"].input_schema["properties"]
    assert fields["gender"]["enum"] == ["female", "male"]
    assert {"zip", "page"} <= fields.keys()
    assert "page" not in tools["network"].input_schema["properties"]


@on_stage
@pytest.mark.parametrize("question", ["what did my last visit cost", "account status", "forget me"])
async def test_what_is_refused_is_an_error(stage: Stage, question: str) -> None:
    """Of one kind, whatever was asked of a member."""
    text, called = await _call(stage, ASK, question=question)
    assert called.is_error
    assert "a member's own data" in text


@on_stage
async def test_what_an_answer_offers_is_named(stage: Stage) -> None:
    """Without the buttons of a chat the places are words."""
    text, _ = await _call(stage, ASK, question="mail order pharmacy near")
    assert not text.rstrip().endswith(":")


def test_what_is_for_a_member_alone_is_refused_by_its_type() -> None:
    """Beside an answer that everybody may read, too."""
    reply = Private(intent="claim.list", language="en", blocks=(Line((Span("$54.87"),)),))
    refused = result([reply])
    assert refused.is_error
    assert "54.87" not in refused.model_dump_json()


@on_stage
@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("find", {}, "needs a question or one of its fields"),
        ("find", {"shoe": "44"}, "and not shoe"),
        ("find", {"near": 37402}, "near: a text"),
        ("find", {"question": "x" * 2_000}, "question: a text"),
        ("find", {"zip": "37402", "page": "two"}, "page: a number"),
        ("claims", {"question": "mine"}, "There is no tool 'claims'"),
        ("find", {"near": '37402" network:"S'}, "37402"),
    ],
)
async def test_a_call_that_cannot_be_answered_says_why(
    stage: Stage, tool: str, arguments: dict[str, Any], said: str
) -> None:
    """A sentence that the assistant can act on, and never an exception of ours."""
    text, _ = await _call(stage, tool, **arguments)
    assert said in text


@on_stage
async def test_danger_is_heard_here_too(stage: Stage) -> None:
    """An assistant passes it on."""
    text, called = await _call(stage, ASK, question="I have chest pain")
    assert text.startswith("Call 911 now")
    assert called.structured_content["answers"][0]["intent"] == "safety.emergency"


def test_the_manifests_name_the_tools_when_they_are_told_to() -> None:
    """Off by default; with an address both name it, and both schemas take that."""
    base: dict[str, Any] = {
        "bot_public_url": "https://bot.example",
        "bot_company": "Contoso",
        "teams_app_id": "00000000-0000-0000-0000-000000000001",
    }
    plain = Settings(_env_file=None, **base)  # type: ignore[call-arg]
    named = Settings(_env_file=None, **base, bot_mcp_url="https://bot.example/mcp")  # type: ignore[call-arg]
    assert "mcp_servers" not in manifest(plain, find_pack())
    assert "agentConnectors" not in teams_manifest(plain, shipped_pack())
    slack, teams = yaml.safe_load(manifest(named, find_pack())), teams_manifest(named, shipped_pack())
    assert slack["oauth_config"]["scopes"]["bot"] == [*SCOPES, TOOLS]
    assert scopes(find_pack(), named) - scopes(find_pack(), plain) == {TOOLS}
    assert slack["mcp_servers"]["directory"]["url"] == "https://bot.example/mcp"
    assert teams["agentConnectors"][0]["toolSource"]["remoteMcpServer"]["mcpServerUrl"] == "https://bot.example/mcp"
    assert not_taken(slack) == []
    if (schema := SCHEMAS / "teams-manifest.schema.1.29.json").exists():
        jsonschema.Draft4Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(teams)
    loose = Settings(_env_file=None, bot_mcp_url="http://127.0.0.1:8766/mcp")  # type: ignore[call-arg]
    assert [line.partition(":")[0] for line in loose.unpaired()] == ["BOT_MCP_URL"]
