"""Pushing: one commit with everything, once, over every fault; refused where it must be; no secret anywhere."""

import hashlib
import json
import shutil
import time
from email.utils import formatdate

import pytest
from huggingface_hub import ModelCard

from lora_demo.checkpoints import connection
from lora_demo.checkpoints.adapter_files import SHIPPED
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.card import MARK
from lora_demo.checkpoints.repositories import full_name
from lora_demo.hub.parcel import preview_push
from lora_demo.hub.push import push_adapter
from tests.hub.conftest import TOKEN, files_of, make_adapter
from tests.hub.server import Fault, Handler

PEFT_FILES = {"adapter_model.safetensors", "adapter_config.json", "manifest.json", "README.md"}


def commits(hub, repo="ada/kitchen"):
    return [message for _, message, _ in hub.repo(repo).commits][1:]


def test_a_push_is_one_commit_that_reads_back(hub, adapter, small_base, tmp_path):
    pushed = push_adapter(adapter, "kitchen", private=True)
    repo = hub.repo("ada/kitchen")
    assert (
        pushed.url == f"{hub.url}/ada/kitchen"
        and pushed.commit == repo.commits[-1][0]
        and pushed.changed
    )
    assert (
        len(commits(hub)) == 1
        and repo.private
        and set(repo.files) == PEFT_FILES | {".gitattributes"}
    )
    for name, data in repo.files.items():
        (tmp_path / "back").mkdir(exist_ok=True)
        (tmp_path / "back" / name).write_bytes(data)
    assert read_adapter(tmp_path / "back", find_base(str(small_base)).config).r == 3


def test_pushing_again_sends_nothing_or_what_changed(hub, adapter, small_base):
    push_adapter(adapter, "ada/kitchen")
    assert not push_adapter(adapter, "ada/kitchen").changed and len(commits(hub)) == 1
    make_adapter(adapter, small_base, "ada/small-t5", seed=1)
    assert push_adapter(adapter, "ada/kitchen").changed and len(commits(hub)) == 2
    assert (
        hub.repo("ada/kitchen").files["adapter_model.safetensors"]
        == (adapter / "adapter_model.safetensors").read_bytes()
    )
    assert hub.count("PUT", "^/lfs/") == 2


def test_preview_is_what_is_sent_and_asks_nobody(hub, adapter):
    parcel = preview_push(adapter, "ada/kitchen")
    assert hub.requests == [] and set(parcel.sizes) == PEFT_FILES
    push_adapter(adapter, "ada/kitchen")
    assert hub.repo("ada/kitchen").files["README.md"].decode() == parcel.card


@pytest.mark.parametrize(
    "files",
    [
        {"model.safetensors": b"x"},
        {"manifest.json": b"{}", "README.md": b"theirs"},
        {"manifest.json": b"[" * 100_000},
    ],
)
def test_what_is_not_ours_is_asked_about(hub, adapter, files):
    repo = hub.add("ada/kitchen", files)
    with pytest.raises(ValueError, match="--overwrite"):
        push_adapter(adapter, "ada/kitchen")
    assert len(repo.commits) == 1
    push_adapter(adapter, "ada/kitchen", overwrite=True)
    assert set(repo.files) == PEFT_FILES | set(files)


def test_private_never_becomes_public(hub, adapter):
    hub.add("ada/kitchen", {})
    with pytest.raises(ValueError, match="is public"):
        push_adapter(adapter, "ada/kitchen", private=True)
    assert commits(hub) == []


def test_a_base_that_is_on_no_hub_goes_along(hub, small_base, tmp_path):
    adapter = make_adapter(tmp_path / "kitchen", small_base, str(small_base))
    push_adapter(adapter, "ada/kitchen")
    files = hub.repo("ada/kitchen").files
    assert {f"base/{name}": data for name, data in files_of(small_base).items()} == {
        name: data for name, data in files.items() if name.startswith("base/")
    }
    assert json.loads(files["adapter_config.json"])["base_model_name_or_path"] == "ada/kitchen/base"
    public = b"".join(data for name, data in files.items() if not name.startswith("base/"))
    assert str(small_base).encode() not in public and b'{folder}/base"' in files["README.md"]
    assert find_base("ada/kitchen/base").config == find_base(str(small_base)).config
    assert set(preview_push(adapter, "ada/kitchen", with_base=False).files) == PEFT_FILES


def test_whose_data_a_base_was_trained_on_goes_along(hub, small_base, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(small_base, base)
    (base / "README.md").write_text("Sentences by Ada, CC BY 2.0.")
    push_adapter(make_adapter(tmp_path / "kitchen", base, str(base)), "ada/kitchen")
    assert hub.repo("ada/kitchen").files["base/README.md"] == b"Sentences by Ada, CC BY 2.0."
    parcel = preview_push(SHIPPED / "mini-r4", "ada/mini")
    assert "base/README.md" in parcel.files and "tatoeba" in parcel.card


@pytest.mark.parametrize("place", ["/home/me/bases/t5", "~/bases/t5", "./bases/t5"])
def test_no_path_of_this_machine_goes_out_in_an_evaluation(adapter, place):
    manifest = json.loads((adapter / "manifest.json").read_text())
    score = {"score": 1.0, "low": 0.0, "high": 2.0, "signature": "s"}
    manifest["evaluations"] = [
        {
            "data": {"source": f"{place}/x.tsv", "split": "test", "sha256": "0" * 64, "n": 1},
            "base": place,
            "beams": 1,
            "scores": {"chrf": score},
            "base_scores": {"chrf": score},
            "against_base": {"chrf_p": 1.0},
        }
    ]
    (adapter / "manifest.json").write_text(json.dumps(manifest))
    sent = preview_push(adapter, "ada/kitchen").files
    assert (
        json.loads(sent["manifest.json"])["evaluations"][0]["base"] == "t5"
        and json.loads(sent["manifest.json"])["evaluations"][0]["data"]["source"] == "x.tsv"
    )
    assert not any(b"bases/" in data for data in sent.values())


def test_the_embedded_base_goes_along_under_its_name(hub, small_base, tmp_path, monkeypatch):
    from lora_demo.checkpoints import base
    from lora_demo.hub import parcel

    for module in (base, parcel):
        monkeypatch.setattr(module, "EMBEDDED_FOLDER", small_base)
    push_adapter(make_adapter(tmp_path / "kitchen", small_base, "mini"), "ada/kitchen")
    files = hub.repo("ada/kitchen").files
    assert (
        "base/model.safetensors" in files
        and json.loads(files["adapter_config.json"])["base_model_name_or_path"] == "mini"
    )
    assert ModelCard(files["README.md"].decode()).data.base_model == "ada/kitchen"


def test_an_adapter_made_elsewhere_gets_a_manifest_and_a_card(hub, adapter):
    (adapter / "manifest.json").unlink()
    (adapter / "README.md").unlink()
    push_adapter(adapter, "ada/kitchen")
    files = hub.repo("ada/kitchen").files
    assert (
        json.loads(files["manifest.json"])["base"]["id"] == "ada/small-t5"
        and b"was not measured" in files["README.md"]
    )
    assert not push_adapter(adapter, "ada/kitchen").changed


@pytest.mark.parametrize(
    "mine", ["---\nlicense: mit\n---\n# Mine\n", "# Mine, without front matter\n"]
)
def test_a_card_written_by_hand_stays(hub, adapter, mine):
    (adapter / "README.md").write_text(mine)
    push_adapter(adapter, "ada/kitchen")
    assert hub.repo("ada/kitchen").files["README.md"].decode() == mine


FAULTS = {
    "500 once at whoami": Fault("GET", "whoami", 500),
    "500 once at create": Fault("POST", "repos/create", 500),
    "create done, answer lost": Fault("POST", "repos/create", lose=True),
    "429 at info": Fault("GET", "/api/models/ada/kitchen$", 429, {"Retry-After": "1"}),
    "429 at create": Fault("POST", "repos/create", 429, {"Retry-After": "1"}),
    "500 at the tree": Fault("GET", "/tree/", 500),
    "503 at preupload": Fault("POST", "preupload", 503),
    "connection cut in mid-upload": Fault("PUT", "^/lfs/", cut=1000),
    "upload done, answer lost": Fault("PUT", "^/lfs/", lose=True),
    "500 at the upload": Fault("PUT", "^/lfs/", 500),
    "500 at the commit": Fault("POST", "/commit/", 500),
    "429 at the commit": Fault("POST", "/commit/", 429, {"Retry-After": "1"}),
    "commit done, answer lost": Fault("POST", "/commit/", lose=True),
    "commit cut": Fault("POST", "/commit/", cut=100),
    "a slow commit": Fault("POST", "/commit/", slow=2.0),
    "a page of a proxy at whoami": Fault("GET", "whoami", page=True),
    "a page of a proxy at create": Fault("POST", "repos/create", page=True),
    "a page of a proxy at the tree": Fault("GET", "/tree/", page=True),
    "a page of a proxy at preupload": Fault("POST", "preupload", page=True),
    "a page of a proxy at the batch": Fault("POST", "objects/batch", page=True),
    "a page of a proxy at the commit": Fault("POST", "/commit/", page=True),
    "429 by rate limit": Fault("POST", "preupload", 429, {"RateLimit": '"api";r=0;t=1'}),
    "503 with a date": Fault(
        "POST", "/commit/", 503, {"Retry-After": formatdate(time.time() + 1, usegmt=True)}
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_passing_faults_are_got_over_and_nothing_comes_twice(hub, adapter, fault):
    hub.faults.append(fault)
    push_adapter(adapter, "kitchen")
    assert (
        fault.times == 0
        and len(commits(hub)) == 1
        and set(hub.repo("ada/kitchen").files) == PEFT_FILES | {".gitattributes"}
    )


def test_a_commit_that_was_done_at_the_last_try_counts(hub, adapter):
    hub.faults += [Fault("POST", "/commit/", 503, times=3), Fault("POST", "/commit/", lose=True)]
    assert (
        push_adapter(adapter, "ada/kitchen").commit == hub.repo("ada/kitchen").commits[-1][0]
        and len(commits(hub)) == 1
    )


def test_a_commit_whose_answer_comes_too_late_is_not_repeated(hub, adapter, monkeypatch):
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.5)
    hub.faults.append(Fault("POST", "/commit/", slow=1.2))
    push_adapter(adapter, "ada/kitchen")
    assert len(commits(hub)) == 1


LASTING = {
    "401": ([Fault("GET", "/api/models", 401, times=99)], "hf auth login"),
    "403": ([Fault("POST", "repos/create", 403, times=99)], "write permission"),
    "402": ([Fault("POST", "repos/create", 402, times=99)], "payment"),
    "404 at the commit": ([Fault("POST", "/commit/", 404, times=99)], "check the spelling"),
    "409 at the commit": ([Fault("POST", "/commit/", 409, times=99)], "try again in a moment"),
    "412 at the commit": ([Fault("POST", "/commit/", 412, times=99)], "changed"),
    "429 for long": (
        [Fault("POST", "/commit/", 429, {"Retry-After": "3600"}, times=99)],
        "in 3600 seconds",
    ),
    "503 for long": ([Fault("POST", "/commit/", 503, times=99)], "status 503"),
    "409 at create": ([Fault("POST", "repos/create", 409, times=99)], "try again in a moment"),
    "404 at the batch": ([Fault("POST", "objects/batch", 404, times=99)], "check the spelling"),
    "403 at the upload": ([Fault("PUT", "^/lfs/", 403, times=99)], "write permission"),
    "429 for long at preupload": (
        [Fault("POST", "preupload", 429, {"Retry-After": "3600"}, times=99)],
        "in 3600 seconds",
    ),
    "503 for long at preupload": ([Fault("POST", "preupload", 503, times=99)], "status 503"),
    "503 for long at the tree": ([Fault("GET", "/tree/", 503, times=99)], "status 503"),
    "a page of a proxy everywhere": (
        [Fault(method, ".", page=True, times=99) for method in ("GET", "POST")],
        "HF_ENDPOINT",
    ),
    "always cut": ([Fault("POST", "/commit/", cut=0, times=99)], "connection"),
}


@pytest.mark.parametrize("faults, word", LASTING.values(), ids=LASTING)
def test_lasting_faults_are_one_sentence_and_the_next_push_succeeds(hub, adapter, faults, word):
    hub.faults += faults
    before = files_of(adapter)
    with pytest.raises(ValueError) as error:
        push_adapter(adapter, "ada/kitchen")
    said = str(error.value)
    assert word in said and "\n" not in said and TOKEN not in said and hub.url not in said
    assert ("model", "ada/kitchen") not in hub.repos or commits(hub) == []
    hub.faults.clear()
    assert (
        push_adapter(adapter, "ada/kitchen").changed
        and len(commits(hub)) == 1
        and files_of(adapter) == before
    )


MISSING = {
    "none": [Fault("GET", "/api/models/ada/kitchen$", 404)],
    "none yet, after it was made": [Fault("GET", "/api/models/ada/kitchen$", 404, times=3)],
    "no tree without a commit": [Fault("GET", "/tree/", 404)],
}


@pytest.mark.parametrize("faults", MISSING.values(), ids=MISSING)
def test_a_404_that_does_not_say_what_is_missing_is_understood(hub, adapter, faults):
    hub.faults += faults
    assert (
        push_adapter(adapter, "ada/kitchen").changed
        and len(commits(hub)) == 1
        and all(fault.times == 0 for fault in faults)
    )


def test_what_somebody_made_a_moment_before_is_looked_at(hub, adapter):
    """The Hub says at the look that there is nothing, and at the making that there is."""
    repo = hub.add("ada/kitchen", {"theirs.txt": b"x"})
    hub.faults.append(Fault("GET", "/api/models/ada/kitchen$", 404))
    with pytest.raises(ValueError, match="not made by lora_demo"):
        push_adapter(adapter, "ada/kitchen")
    assert len(repo.commits) == 1 and hub.count("POST", "repos/create") == 1
    repo.commit({".gitattributes": b"x"}, "empty")
    hub.faults.append(Fault("GET", "/api/models/ada/kitchen$", 404))
    assert push_adapter(adapter, "ada/kitchen").changed and hub.count("POST", "repos/create") == 2


@pytest.mark.parametrize(
    "fault",
    [Fault("POST", "/commit/", lose=True), Fault("POST", "/commit/", 503)],
    ids=["answer lost", "503"],
)
def test_a_hub_that_tells_no_commit_gets_one(hub, adapter, fault):
    hub.tells_commit = False
    hub.faults.append(fault)
    pushed = push_adapter(adapter, "ada/kitchen")
    assert pushed.changed and fault.times == 0 and len(commits(hub)) == 1
    assert (
        vars(push_adapter(adapter, "ada/kitchen"))
        == vars(pushed) | {"changed": False, "commit": ""}
        and len(commits(hub)) == 1
    )


def test_a_hub_whose_hashes_are_not_gits_gets_nothing_twice(hub, adapter):
    hub.hash = lambda data: hashlib.sha1(data).hexdigest()
    assert (
        push_adapter(adapter, "ada/kitchen").changed
        and not push_adapter(adapter, "ada/kitchen").changed
        and len(commits(hub)) == 1
    )
    card = hub.repo("ada/kitchen").files["README.md"]
    (adapter / "README.md").write_bytes(card.replace(MARK.encode(), b"x" * len(MARK)))
    assert push_adapter(adapter, "ada/kitchen").changed and len(commits(hub)) == 2


def test_an_upload_that_fails_is_tried_as_often_as_anything(hub, small_base, tmp_path, monkeypatch):
    """Two large files, which the client would send in threads of its own, with tries of its own in each of ours."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub.faults.append(Fault("PUT", "^/lfs/", 503, {"Retry-After": "60"}, times=99))
    with pytest.raises(ValueError, match="status 503"):
        push_adapter(make_adapter(tmp_path / "kitchen", small_base, str(small_base)), "ada/kitchen")
    assert hub.count("PUT", "^/lfs/") == connection.MAX_TRIES


@pytest.mark.parametrize("method", ["repo_info", "list_repo_tree", "whoami"])
def test_a_silent_hub_is_given_up(hub, method, monkeypatch):
    """Also where the client itself would wait for ever."""
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.2)
    hub.add("ada/kitchen", {"x": b"x"})
    hub.faults.append(Fault("GET", "/api/", slow=0.8))
    call = getattr(connection.open_hub(), method)
    connection.call_hub(
        lambda: (
            call()
            if method == "whoami"
            else list(call("ada/kitchen"))
            if "list" in method
            else call("ada/kitchen")
        )
    )
    assert hub.count("GET", "/api/") == 2


@pytest.mark.parametrize(
    "account", [{}, [], {"name": None}, {"name": "../x"}, {"name": "hf_writer\n"}]
)
def test_an_account_without_a_name_is_a_sentence(hub, adapter, account, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Handler, "whoami", lambda self: self.send(200, account))
    with pytest.raises(ValueError, match="did not come from the Hub"):
        push_adapter(adapter, "kitchen")


def test_who_may_not_read_is_told_how_to(hub, adapter):
    hub.faults.append(Fault("GET", "/api/models", 403, times=9))
    with pytest.raises(
        ValueError, match="may not read the repository ada/kitchen: accept its terms"
    ) as error:
        push_adapter(adapter, "ada/kitchen")
    assert "write" not in str(error.value)


def test_a_wrong_token_another_ones_name_and_no_token(hub, adapter, monkeypatch):
    with pytest.raises(ValueError, match="does not accept the token"):
        push_adapter(adapter, "ada/kitchen", token="hf_unknown")
    with pytest.raises(ValueError, match="write permission"):
        push_adapter(adapter, "bob/kitchen")
    with pytest.raises(ValueError, match="characters") as error:
        push_adapter(adapter, "ada/kitchen", token="hf_seCret\nx")
    assert "seCret" not in str(error.value)
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere")
    hub.requests.clear()
    with pytest.raises(ValueError, match="hf auth login"):
        push_adapter(adapter, "ada/kitchen")
    assert hub.requests == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b/c",
        "../x",
        "ada/",
        "ada/.git",
        "ada/x y",
        "http://127.0.0.1/x",
        "ada/" + "x" * 100,
        "ada/x..y",
    ],
)
def test_names_that_are_none(hub, adapter, name):
    for act in (push_adapter, preview_push):
        with pytest.raises(ValueError, match="user/name"):
            act(adapter, name)
    assert hub.requests == []


def test_a_name_without_an_owner_is_nobodys_without_a_token(hub, adapter):
    with pytest.raises(ValueError, match="'kitchen' has no owner.* write user/name"):
        preview_push(adapter, "kitchen")
    with pytest.raises(ValueError, match="write user/name, or log in"):
        full_name("kitchen", connection.open_hub(False, anonymous=True))
    assert hub.requests == [] and full_name("kitchen", connection.open_hub()) == "ada/kitchen"


def test_a_folder_that_is_no_adapter_is_refused_before_anything_is_asked(hub, tmp_path):
    with pytest.raises(ValueError, match="no adapter_config.json"):
        push_adapter(tmp_path, "ada/kitchen")
    assert hub.requests == []


def test_the_token_is_in_no_address_file_or_environment(hub, adapter, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    push_adapter(adapter, "ada/kitchen", token=TOKEN)
    import os

    assert (
        not any(TOKEN in path for _, path, _ in hub.requests) and TOKEN not in os.environ.values()
    )
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written and not any(TOKEN.encode() in path.read_bytes() for path in written)
    assert not any(TOKEN.encode() in data for data in hub.repo("ada/kitchen").files.values())
