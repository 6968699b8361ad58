"""The page in this process, over a base without a model, with calls to the Hub on loopback."""

import base64
import hashlib
import json
import time
from contextlib import contextmanager
from types import SimpleNamespace

from lora_demo.checkpoints.base import find_base
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.archives import pack
from lora_demo.service.limits import NO_LIMITS
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.services import Services, open_services
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.web.gate import Rules
from tests.hub.conftest import make_adapter

KEY = "nobody-else-knows-this-key"
SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "ada/demo",
    "OAUTH_CLIENT_ID": "page",
    "OAUTH_CLIENT_SECRET": "0ther",
    "OAUTH_SCOPES": "openid profile contribute-repos",
    "OPENID_PROVIDER_URL": "http://127.0.0.1:9",
}


def open_page_services(base_folder, root, account: str, loader=None) -> Services:
    """Open services with no limits whose base model is loaded and translates nothing.

    Args:
        loader: Another loader, which is not started here.
    """
    base = find_base(str(base_folder))
    if loader is None:
        loader = ModelLoader(base.id, load=lambda base: SimpleNamespace(compare=lambda *_: None))
        loader.start()
        loader.join()
    return open_services(base.id, None, root, account, loader=loader, limits=NO_LIMITS)


def keep_kitchen(services: Services, folder, base_id: str = "ada/small-t5") -> str:
    """Gives the visitor an adapter named kitchen; returns its id."""
    adapter = make_adapter(folder / "kitchen", services.base, base_id)
    return keep_upload(
        [pack(adapter, "kitchen")], visitor_folder(services.visitors.root, KEY), services.config
    )


@contextmanager
def serve_page(services: Services, mcp: bool = False, rules: Rules | None = None):
    """Serves the page on a free port; gives its address."""
    from lora_demo.web.page import build_page
    from lora_demo.web.server import launch

    page = build_page(services, mcp)
    launch(page, "127.0.0.1", None, mcp=mcp, rules=rules or Rules())
    try:
        yield page.local_url
    finally:
        page.close(verbose=False)


def become_a_space(monkeypatch):
    """The environment of a Space with a sign-in."""
    from gradio import oauth

    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
        if hasattr(oauth, name):
            monkeypatch.setattr(oauth, name, value)


def signed_in(token: str, name: str = "ada") -> dict:
    """The cookie that Gradio gives to who has signed in with Hugging Face."""
    from itsdangerous import TimestampSigner

    info = {
        "access_token": token,
        "scope": SPACE["OAUTH_SCOPES"],
        "expires_at": int(time.time()) + 8 * 3600,
        "userinfo": {"name": name, "preferred_username": name, "profile": "", "picture": ""},
    }
    secret = hashlib.sha256(f"{SPACE['OAUTH_CLIENT_SECRET']}-v4".encode()).hexdigest()
    return {
        "name": "session",
        "value": TimestampSigner(secret)
        .sign(base64.b64encode(json.dumps({"oauth_info": info}).encode()))
        .decode(),
    }
