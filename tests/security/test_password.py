"""Promise: a password closes the page and its functions, and guessing it is limited."""

import pytest

from lora_demo.web.gate import Rules, rules_of
from tests.clients import connect
from tests.security.serving import page

PASSWORD = "open, sesame"


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A page for others, behind a password, with MCP."""
    pytest.importorskip("mcp")
    with page(
        tmp_path_factory.mktemp("locked") / "runs", Rules(password=PASSWORD), mcp=True
    ) as client:
        yield client


def test_a_password_closes_the_page_and_its_functions(locked):
    assert "auth_required" in locked.get("/").text
    assert "train_start" not in locked.get("/").text
    for path in (
        "/config",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/queue/data?session_hash=x",
        "/gradio_api/queue/status",
        "/gradio_api/heartbeat/x",
        "/gradio_api/file=/tmp/x",
        "/gradio_api/upload_progress?upload_id=x",
        "/gradio_api/call/compare/x",
        "/gradio_api/mcp/",
        "/gradio_api/mcp/schema",
    ):
        assert locked.get(path).status_code == 401, path
    for path in (
        "/gradio_api/queue/join",
        "/gradio_api/call/compare",
        "/gradio_api/call/v2/compare",
        "/gradio_api/upload",
        "/gradio_api/cancel",
        "/gradio_api/mcp/",
    ):
        assert locked.post(path, json={}).status_code == 401, path
    with pytest.raises(Exception, match=r"(?i)login|auth|credential"):
        connect(locked.base_url, auth=("anybody", "wrong"))
    assert connect(locked.base_url, auth=("anybody", PASSWORD)).predict(api_name="/adapters")
    assert (
        locked.get(
            "/gradio_api/mcp/schema", headers={"Authorization": f"Bearer {PASSWORD}"}
        ).status_code
        == 200
    )


def test_guessing_passwords_is_limited(locked):
    tried = [
        locked.post("/login", data={"username": "x", "password": str(i)}).status_code
        for i in range(12)
    ]
    assert set(tried) == {400, 429} and tried[-1] == 429


def test_the_password_comes_from_the_environment():
    assert rules_of("space", False, {"LORA_DEMO_PASSWORD": " open "}) == Rules(
        space=True, password="open"
    )
    assert rules_of("machine", False, {}) == Rules(local=True)
    assert rules_of("visitor", True, {}) == Rules(proxied=True)
