"""Promise: visitors cannot reach each other's data, and the log contains nothing that they send."""

import json
import secrets

import httpx
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from lora_demo.checkpoints.base import find_base
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.archives import pack
from lora_demo.service.visitor_folders import visitor_folder
from tests.checkpoints.adapter_folders import write_random
from tests.clients import connect
from tests.security.samples import HOSTILE
from tests.waiting import PATIENCE, files_below

OWNER, OTHER = "the-owner-" + secrets.token_hex(8), "another-visitor-" + secrets.token_hex(8)


@pytest.fixture(scope="module")
def client(served):
    return connect(served.url)


@pytest.fixture(scope="module")
def owned(client, served, tiny_base, pairs_file, tmp_path_factory):
    """The data of a visitor: pairs, an adapter and a run."""
    folder = write_random(
        tmp_path_factory.mktemp("owned") / "mine",
        find_base(str(tiny_base)),
        LoraConfig(4, 40, 0.0, ("q", "v")),
    )
    data = client.predict(handle_file(pairs_file), OWNER, api_name="/train_upload")["data"]
    adapter = client.predict(
        [handle_file(pack(folder, "mine"))], OWNER, api_name="/adapter_upload"
    )["id"]
    run = client.predict(OWNER, data, unit="steps", length=100_000, api_name="/train_start")["run"]
    yield {
        "data": data,
        "adapter": adapter,
        "run": run,
        "folder": visitor_folder(served.runs, OWNER),
    }
    client.predict(OWNER, run, api_name="/train_stop")


def test_functions_do_not_reach_another_visitors_data(client, owned):
    adapter, run, data = owned["adapter"], owned["run"], owned["data"]

    def listed(key):
        return [entry["id"] for entry in client.predict(key, api_name="/adapters")]

    def runs(key):
        return [entry["run"] for entry in client.predict(key, api_name="/train_runs")]

    assert adapter in listed(OWNER)
    assert adapter not in listed(OTHER) + listed("")
    assert run in runs(OWNER)
    assert runs(OTHER) == []
    assert client.predict(OTHER, api_name="/train_status")["run"] is None
    refused = [
        ("/compare", ("Hallo", [adapter], 1, OTHER)),
        ("/compare", ("Hallo", [adapter])),
        ("/evaluate", ([adapter], "builtin", 1, 1, OTHER)),
        ("/evaluate", ([], data, 1, 1, OTHER)),
        ("/evaluate", ([], data, 1, 1)),
        ("/adapter_inspect", (adapter, OTHER)),
        ("/adapter_rename", (adapter, "x", OTHER)),
        ("/adapter_reduce", (adapter, 1, OTHER)),
        ("/adapter_download", (adapter, OTHER)),
        ("/adapter_merge", (adapter, OTHER)),
        ("/adapter_delete", (adapter, OTHER)),
        ("/adapter_push", (adapter, "ada/x", OTHER, False, False, True, True)),
        ("/train_start", (OTHER, data)),
        ("/train_preview", (OTHER, data)),
        ("/train_status", (OTHER, run)),
        ("/train_stop", (OTHER, run)),
        ("/train_resume", (OTHER, run)),
        ("/train_delete", (OTHER, run)),
    ]  # fmt: skip
    for name, values in refused:
        with pytest.raises(AppError, match=r"was not found|[Uu]pload it again"):
            client.predict(*values, api_name=name)
    assert adapter in listed(OWNER)
    assert client.predict(OWNER, run, api_name="/train_status")["state"] in (
        "waiting",
        "starting",
        "running",
    )


def test_file_addresses_do_not_reach_another_visitors_data(served, owned):
    files = files_below(owned["folder"])
    assert {"run.json", "adapter_config.json"} <= {path.name for path in files}
    for path in [*files, owned["folder"], served.log]:
        answer = httpx.get(f"{served.url}/gradio_api/file={path}", timeout=PATIENCE)
        assert answer.status_code == 403, path
        hidden = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
        for name, values in (
            ("train_upload", [hidden, OTHER]),
            ("adapter_upload", [[hidden], OTHER]),
        ):
            assert answer_to(served.url, name, values)[0] == "error", path


def answer_to(url: str, name: str, values: list) -> tuple[str, object]:
    """Call a function by plain HTTP; return the end of the call and its message."""
    with httpx.Client(base_url=f"{url}/gradio_api/call/", timeout=PATIENCE) as http:
        joined = http.post(name, json={"data": values}).json()
        lines = http.get(f"{name}/{joined['event_id']}").text.split("\n")
    return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


def test_a_manifest_does_not_reach_other_files(client, served, owned, tiny_base, tmp_path):
    """Gradio serves the file at the `path` of any result that looks like a file; ours never do."""
    folder = write_random(
        tmp_path / "bait", find_base(str(tiny_base)), LoraConfig(4, 40, 0.0, ("q", "v"))
    )
    (secret,) = (owned["folder"] / "uploads").glob("*/*.tsv")
    file = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    for number, scores in enumerate((file, {"eval_chrf": [file]}, file | {"meta": 1})):
        (folder / "manifest.json").write_text(
            json.dumps({"scores": scores, "name": file, "data": {"source": file}})
        )
        client.predict(
            [handle_file(pack(folder, f"bait{number}"))], OTHER, api_name="/adapter_upload"
        )
    kind, (entries,) = answer_to(served.url, "adapters", [OTHER])
    assert kind == "complete"
    assert len(entries) >= 3
    assert "FileData" not in json.dumps(entries)
    assert "file=" not in json.dumps(entries)
    for entry in entries:
        client.predict(entry["id"], OTHER, api_name="/adapter_inspect")
        client.predict(entry["id"], OTHER, api_name="/adapter_delete")


def test_the_queue_does_not_reach_another_visitors_data(served):
    """Events and sessions have names that cannot be guessed; without one, nothing is sent."""
    for path in (
        "/gradio_api/call/compare/" + "0" * 32,
        "/gradio_api/queue/data?session_hash=guessed",
    ):
        answer = httpx.get(f"{served.url}{path}", timeout=PATIENCE).text
        assert "session_not_found" in answer or answer.startswith("event: error"), answer

    def join():
        return httpx.post(
            f"{served.url}/gradio_api/call/parameters",
            json={"data": ["google/flan-t5-small", "q,v", [4]]},
            timeout=PATIENCE,
        ).json()["event_id"]

    ids = {join() for _ in range(5)}
    assert len(ids) == 5 and all(len(id) == 32 for id in ids)
    assert "Traceback" not in served.log.read_text()


def test_the_page_does_not_show_another_visitors_data(visit, owned):
    page = visit()
    for tab, shown in (
        ("Adapters", "Use in Compare"),
        ("Train", "Start training"),
        ("Evaluate", "Evaluate"),
    ):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("button", name=shown, exact=True).wait_for()
        seen = page.locator("body").inner_text()
        assert owned["run"] not in seen
        assert owned["adapter"] not in seen
        assert "pairs-r8" not in seen
        assert "mine" not in seen.split()


PAYLOADS = {
    "too few": lambda count: [],
    "of another kind": lambda count: [{"a": [1, {"b": 2}]}] * count,
    "texts": lambda count: [HOSTILE] * count,
    "lists": lambda count: [[HOSTILE, None, {}]] * count,
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_every_function_of_the_page_answers_any_input(served, payload):
    with httpx.Client(base_url=served.url, timeout=PATIENCE) as http:
        functions = http.get("/config").json()["dependencies"]
        assert len(functions) > 50
        for function in functions:
            session = secrets.token_hex(6)
            joined = http.post(
                "/gradio_api/queue/join",
                json={
                    "data": payload(len(function["inputs"])),
                    "fn_index": function["id"],
                    "session_hash": session,
                },
            )
            assert joined.status_code == 200, joined.text
            ended = next(
                message
                for message in _messages(http, session)
                if message["msg"] in ("process_completed", "unexpected_error")
            )
            error = "" if ended.get("success") else ended["output"]["error"]
            assert ended["msg"] == "process_completed", (function["api_name"], ended)
            assert ended["success"] or error.strip(), (function["api_name"], ended)
            for unwanted in ("\n", "Traceback", "<script"):
                assert unwanted not in error, error
        assert http.get("/gradio_api/health").json()["status"] == "ready"
    log = served.log.read_text()
    assert HOSTILE not in log
    assert "alert(1)" not in log
    assert OWNER not in log
    assert OTHER not in log


def _messages(http: httpx.Client, session: str):
    with http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line.removeprefix("data:"))


def test_the_log_has_an_unexpected_error_under_its_id(served):
    """A card is picked by a click; a call without one is what no page sends."""
    with httpx.Client(base_url=served.url, timeout=PATIENCE) as http:
        pick = next(
            function["id"]
            for function in http.get("/config").json()["dependencies"]
            if function["api_name"].startswith("_clicked_card")
        )
        session = secrets.token_hex(6)
        http.post(
            "/gradio_api/queue/join", json={"data": [], "fn_index": pick, "session_hash": session}
        )
        error = next(
            message for message in _messages(http, session) if message["msg"] == "process_completed"
        )["output"]["error"]
    id = error.partition("under error ")[2].partition(".")[0]
    log = served.log.read_text()
    assert len(id) == 8
    assert f"error {id} in _clicked_card" in log
    assert "TypeError" in log.partition(id)[2]
    assert "gradio_internals.py" in log.partition(id)[2]
