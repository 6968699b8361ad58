"""Promise: only needed addresses answer, to those allowed, with bounded sizes and safe headers."""

import socket
import threading

import httpx
import pytest

from lora_demo.web.gate import Rules
from tests.security.serving import HERE, page
from tests.waiting import PATIENCE, wait_for


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A page for this machine alone."""
    with page(tmp_path_factory.mktemp("local") / "runs", HERE) as client:
        yield client


FILES = [
    "/etc/passwd",
    "../../etc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
    "/proc/self/environ",
    "app.py",
    "requirements.txt",
    "lora_demo/assets/mini/model.safetensors",
    "~/.bashrc",
    ".git/config",
    "\\etc\\passwd",
    "C:/x",
    "%00",
    "//etc/passwd",
]
ADDRESSES = [
    "http://127.0.0.1:9/",
    "https://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "ftp://x/y",
    "HTTP://127.0.0.1:9/",
]
CLOSED = [
    *(("GET", f"/gradio_api/file={name}") for name in (*FILES, *ADDRESSES)),
    ("GET", "/gradio_api/file//etc/passwd"),
    ("GET", "/gradio_api/proxy=http://127.0.0.1:9/"),
    ("GET", "/static/../../../../../etc/passwd"),
    ("GET", "/assets/%2e%2e/%2e%2e/%2e%2e/routes.py"),
    ("GET", "/gradio_api/custom_component/x/client/y/z"),
    ("GET", "/gradio_api/deep_link?session_hash=x"),
    ("GET", "/gradio_api/runs"),
    ("GET", "/gradio_api/run-history/records"),
    ("GET", "/monitoring"),
    ("GET", "/monitoring/summary"),
    ("GET", "/gradio_api/dev/reload"),
    ("GET", "/gradio_api/vibe-code"),
    ("POST", "/gradio_api/vibe-code"),
    ("POST", "/gradio_api/vibe-edit"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/gradio_api/process_recording"),
    ("POST", "/gradio_api/run/compare"),
    ("POST", "/gradio_api/api/compare"),
    ("POST", "/gradio_api/stream/x"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/pwa_icon/100000"),
    ("PUT", "/config"),
    ("DELETE", "/"),
    ("GET", "/gradio_api/mcp/"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED, ids=lambda value: value)
def test_addresses_that_the_page_does_not_need_are_closed(local, method, path):
    answer = local.send(
        httpx.Request(method, httpx.URL(str(local.base_url).rstrip("/"), raw_path=path.encode()))
    )
    assert answer.status_code in (403, 404, 405), answer.text
    assert "root:" not in answer.text
    assert "import " not in answer.text
    assert "[core]" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "["}, 400),
        ({"host": "127.0.0.1:1", "origin": "http://["}, 400),
        ({"range": "bytes=0-1,2-3"}, 416),
        ({"range": "bytes=²-³"}, 416),
        ({"range": "bytes=0-10"}, 200),
        ({"range": "bytes=-5"}, 200),
    ],
)
def test_invalid_headers_are_refused(local, headers, status):
    headers = {"host": local.base_url.netloc.decode(), **headers}
    answer = local.get(
        "/gradio_api/health",
        headers=[(name.encode(), value.encode()) for name, value in headers.items()],
    )
    assert answer.status_code == status and len(answer.text) < 300


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/gradio_api/info",
        "/gradio_api/health",
        "/theme.css",
        "/gradio_api/vibe-code",
    ],
)
def test_every_answer_has_security_headers(local, path):
    headers = local.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in policy
    assert "object-src 'none'" in policy
    assert "*" not in policy.replace("https://*.huggingface.co", "").replace(
        "https://*.hf.space", ""
    )


def test_an_uploaded_file_is_served_as_a_download_and_never_run(local):
    hostile = b"<script>alert(1)</script>"
    (path,) = local.post(
        "/gradio_api/upload", files={"files": ("x.html", hostile, "text/html")}
    ).json()
    answer = local.get(f"/gradio_api/file={path}")
    assert answer.content == hostile
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("headers", "status"), [
    ({}, 200),
    ({"Host": "localhost:1"}, 200),
    ({"Host": "evil.example"}, 403),
    ({"Host": "127.0.0.1.evil.example"}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://127.0.0.1:1"}, 403),
    ({"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1"}, 403),
])  # fmt: skip
def test_other_sites_cannot_use_a_page_of_this_machine(local, headers, status):
    for method, path in (
        ("GET", "/config"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/health"),
    ):
        answer = local.request(method, path, headers=headers)
        assert (answer.status_code == 403) == (status == 403), (path, answer.text)
    assert (
        "access-control-allow-origin"
        not in local.get("/config", headers={"Origin": "http://evil.example"}).headers
    )


def test_other_sites_cannot_use_a_visitors_sign_in(tmp_path):
    with page(tmp_path / "runs", Rules(space=True)) as client:
        foreign = {"Origin": "https://evil.example"}
        assert client.get("/config", headers=foreign).status_code == 200
        assert client.get("/config", headers=foreign | {"Cookie": "session=x"}).status_code == 403
        assert (
            client.get(
                "/config",
                headers={"Origin": str(client.base_url).rstrip("/"), "Cookie": "session=x"},
            ).status_code
            == 200
        )


def test_request_bodies_are_bounded(local):
    join = "/gradio_api/queue/join"
    assert local.post(join, content=b"x" * 1_000_001).status_code == 413
    assert local.post(join, content=(b"x" * 100_000 for _ in range(20))).status_code == 413
    with socket.create_connection(
        (local.base_url.host, local.base_url.port), PATIENCE
    ) as announced:
        announced.sendall(
            (
                "POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n"
                f"Content-Length: {10**12}\r\n\r\n"
            ).encode()
        )
        assert announced.recv(100).startswith(b"HTTP/1.1 413 ")
    assert local.post(join, content=b"[" * 900_000).status_code == 400
    assert local.post(join, content=b'{"data": [' + b"9" * 10_000 + b"]}").status_code == 400
    assert local.post(join, content=b"\xff\xfe").status_code == 400


def test_a_file_given_by_its_address_is_not_fetched(local):
    """Gradio would fetch a file that is given by its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.tsv"
        for document in (
            {"path": url, "meta": {"_type": "gradio.FileData"}},
            [[{"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}]],
            {"a": {"path": "file:///etc/passwd"}},
        ):
            for path in (
                "/gradio_api/queue/join",
                "/gradio_api/call/train_upload",
                "/gradio_api/call/v2/train_upload",
            ):
                assert (
                    local.post(
                        path,
                        json={
                            "data": [document, "a-key-that-only-i-know"],
                            "session_hash": "x",
                            "fn_index": 0,
                        },
                    ).status_code
                    == 400
                )
        with pytest.raises(TimeoutError):
            server.accept()


def test_open_requests_of_one_address_are_limited(monkeypatch, tmp_path):
    monkeypatch.setattr("lora_demo.web.gate.MAX_OPEN_PER_ADDRESS", 5)
    with page(tmp_path / "runs", HERE) as client:
        streams = [
            threading.Thread(
                target=lambda i=i: client.get(f"/gradio_api/heartbeat/x{i}"), daemon=True
            )
            for i in range(5)
        ]
        for stream in streams:
            stream.start()
        wait_for(lambda: client.get("/gradio_api/health").status_code == 503)
