"""Serve a page under given rules."""

from contextlib import contextmanager

import httpx

from lora_demo.web.gate import Rules
from tests.hub.page import open_page_services, serve_page
from tests.waiting import PATIENCE

HERE = Rules(local=True, health=lambda: {"status": "ready"})


@contextmanager
def page(folder, rules: Rules, mcp: bool = False):
    with serve_page(
        open_page_services("mini", folder, "machine" if rules.local else "visitor"), mcp, rules
    ) as url:
        yield httpx.Client(base_url=url, timeout=PATIENCE)
