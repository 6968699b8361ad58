"""The functions for clients as MCP tools: all except those that train or push."""

import ast
import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.hub.conftest import files_of
from tests.hub.page import KEY, open_page_services, serve_page

mcp = pytest.importorskip("mcp")


def _talk(url: str, calls: list[tuple[str, dict]]):
    """In a thread of its own, since Playwright keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(_ask(url, calls))).result()


async def _ask(url: str, calls: list[tuple[str, dict]]) -> tuple[dict, list]:
    from mcp.client.streamable_http import streamablehttp_client

    async with (
        streamablehttp_client(f"{url}gradio_api/mcp/") as (read, write, _),
        mcp.ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        return tools, [await session.call_tool(name, arguments) for name, arguments in calls]


def test_mcp_tools_read_and_pull_but_neither_train_nor_push(hub, small_base, adapter, tmp_path):
    hub.add("ada/kitchen", files_of(adapter))
    services = open_page_services(small_base, tmp_path / "runs", "machine")
    calls = [
        ("parameters", {"base": "google/flan-t5-small", "targets": "q,v", "ranks": [4]}),
        ("adapter_pull", {"id": "ada/kitchen", "visitor": KEY}),
        ("adapters", {"visitor": KEY}),
        ("adapters", {"visitor": "another-visitor-with-a-key"}),
        ("adapter_pull", {"id": "../x", "visitor": KEY}),
        ("train_start", {"visitor": KEY}),
        ("adapter_push", {"adapter": "kitchen", "repo": "ada/x", "visitor": KEY}),
    ]
    with serve_page(services, mcp=True) as url:
        tools, (counted, pulled, listed, others, wrong, *refused) = _talk(url, calls)
    assert {
        "compare",
        "evaluate",
        "parameters",
        "adapters",
        "adapter_pull",
        "adapter_inspect",
        "train_status",
    } <= set(tools)
    assert not {
        "train_start",
        "train_stop",
        "adapter_push",
        "adapter_upload",
        "train_upload",
    } & set(tools)
    assert all(tool.description for tool in tools.values())
    assert tools["parameters"].inputSchema["properties"]["ranks"]["type"] == "array"

    def read(result):
        return ast.literal_eval(result.content[0].text)

    assert read(counted)["rows"][0]["trainable"] == 172_032
    assert read(pulled)["rank"] == 3 and read(listed)[0]["name"] == "kitchen"
    assert "kitchen" not in str(others.content)
    assert wrong.isError and "user/name" in wrong.content[0].text
    assert all(result.isError for result in refused)
    assert services.trainings.runs(KEY) == []
    assert ("model", "ada/x") not in hub.repos
