"""Push: one commit with every file, refusals before any request, and no secret anywhere."""

import json
import shutil

import pytest
from huggingface_hub import ModelCard

from lora_demo.checkpoints import connection
from lora_demo.checkpoints.adapter_files import SHIPPED
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.repository_names import full_name
from lora_demo.hub.parcel import preview_push
from lora_demo.hub.push import push_adapter
from tests.checkpoints.adapter_folders import rewrite_config
from tests.hub.conftest import PEFT_FILES, TOKEN, commits, files_of, make_adapter
from tests.hub.server import Fault


def test_a_push_is_one_commit_whose_files_can_be_read_back(hub, adapter, small_base, tmp_path):
    pushed = push_adapter(adapter, "kitchen", private=True)
    repo = hub.repo("ada/kitchen")
    assert pushed.url == f"{hub.url}/ada/kitchen"
    assert pushed.commit == repo.commits[-1][0]
    assert pushed.changed
    assert len(commits(hub)) == 1
    assert repo.private
    assert set(repo.files) == PEFT_FILES | {".gitattributes"}
    for name, data in repo.files.items():
        (tmp_path / "back").mkdir(exist_ok=True)
        (tmp_path / "back" / name).write_bytes(data)
    assert read_adapter(tmp_path / "back", find_base(str(small_base)).config).r == 3


def test_a_second_push_sends_only_what_changed(hub, adapter, small_base):
    push_adapter(adapter, "ada/kitchen")
    assert not push_adapter(adapter, "ada/kitchen").changed
    assert len(commits(hub)) == 1
    make_adapter(adapter, small_base, "ada/small-t5", seed=1)
    assert push_adapter(adapter, "ada/kitchen").changed
    assert len(commits(hub)) == 2
    assert (
        hub.repo("ada/kitchen").files["adapter_model.safetensors"]
        == (adapter / "adapter_model.safetensors").read_bytes()
    )
    assert hub.count("PUT", "^/lfs/") == 2


def test_the_preview_equals_what_is_sent_and_makes_no_request(hub, adapter):
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
def test_another_programs_repository_is_only_overwritten_if_allowed(hub, adapter, files):
    repo = hub.add("ada/kitchen", files)
    with pytest.raises(ValueError, match="--overwrite"):
        push_adapter(adapter, "ada/kitchen")
    assert len(repo.commits) == 1
    push_adapter(adapter, "ada/kitchen", overwrite=True)
    assert set(repo.files) == PEFT_FILES | set(files)


def test_a_private_push_to_a_public_repository_is_refused(hub, adapter):
    hub.add("ada/kitchen", {})
    with pytest.raises(ValueError, match="is public"):
        push_adapter(adapter, "ada/kitchen", private=True)
    assert commits(hub) == []


def test_a_local_base_is_sent_with_the_adapter(hub, small_base, tmp_path):
    adapter = make_adapter(tmp_path / "kitchen", small_base, str(small_base))
    push_adapter(adapter, "ada/kitchen")
    files = hub.repo("ada/kitchen").files
    assert {f"base/{name}": data for name, data in files_of(small_base).items()} == {
        name: data for name, data in files.items() if name.startswith("base/")
    }
    assert json.loads(files["adapter_config.json"])["base_model_name_or_path"] == "ada/kitchen/base"
    public = b"".join(data for name, data in files.items() if not name.startswith("base/"))
    assert str(small_base).encode() not in public
    assert b'{folder}/base"' in files["README.md"]
    assert find_base("ada/kitchen/base").config == find_base(str(small_base)).config
    assert set(preview_push(adapter, "ada/kitchen", with_base=False).files) == PEFT_FILES


def test_the_card_of_a_base_is_sent_with_it(hub, small_base, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(small_base, base)
    (base / "README.md").write_text("Sentences by Ada, CC BY 2.0.")
    push_adapter(make_adapter(tmp_path / "kitchen", base, str(base)), "ada/kitchen")
    assert hub.repo("ada/kitchen").files["base/README.md"] == b"Sentences by Ada, CC BY 2.0."
    parcel = preview_push(SHIPPED / "mini-r4", "ada/mini")
    assert "base/README.md" in parcel.files and "tatoeba" in parcel.card


@pytest.mark.parametrize("place", ["/home/me/bases/t5", "~/bases/t5", "./bases/t5"])
def test_local_paths_in_an_evaluation_are_shortened(adapter, place):
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
    assert json.loads(sent["manifest.json"])["evaluations"][0]["base"] == "t5"
    assert json.loads(sent["manifest.json"])["evaluations"][0]["data"]["source"] == "x.tsv"
    assert not any(b"bases/" in data for data in sent.values())


def test_the_embedded_base_is_sent_and_keeps_its_name(hub, small_base, tmp_path, monkeypatch):
    from lora_demo.checkpoints import base
    from lora_demo.hub import parcel

    for module in (base, parcel):
        monkeypatch.setattr(module, "EMBEDDED_FOLDER", small_base)
    push_adapter(make_adapter(tmp_path / "kitchen", small_base, "mini"), "ada/kitchen")
    files = hub.repo("ada/kitchen").files
    assert "base/model.safetensors" in files
    assert json.loads(files["adapter_config.json"])["base_model_name_or_path"] == "mini"
    assert ModelCard(files["README.md"].decode()).data.base_model == "ada/kitchen"


def test_an_adapter_of_another_program_gets_a_manifest_and_a_card(hub, adapter):
    (adapter / "manifest.json").unlink()
    (adapter / "README.md").unlink()
    push_adapter(adapter, "ada/kitchen")
    files = hub.repo("ada/kitchen").files
    assert json.loads(files["manifest.json"])["base"]["id"] == "ada/small-t5"
    assert b"was not measured" in files["README.md"]
    assert not push_adapter(adapter, "ada/kitchen").changed


def test_the_card_of_an_adapter_of_another_program_names_the_matrices_that_its_config_names(
    hub, adapter
):
    (adapter / "manifest.json").unlink()
    (adapter / "README.md").unlink()
    rewrite_config(adapter, target_modules=["v"])
    push_adapter(adapter, "ada/kitchen")
    manifest = json.loads(hub.repo("ada/kitchen").files["manifest.json"])
    assert manifest["config"]["targets"] == ["v"]


@pytest.mark.parametrize(
    "mine", ["---\nlicense: mit\n---\n# Mine\n", "# Mine, without front matter\n"]
)
def test_a_card_written_by_a_person_is_sent_unchanged(hub, adapter, mine):
    (adapter / "README.md").write_text(mine)
    push_adapter(adapter, "ada/kitchen")
    assert hub.repo("ada/kitchen").files["README.md"].decode() == mine


def test_an_account_without_read_access_learns_how_to_get_it(hub, adapter):
    hub.faults.append(Fault("GET", "/api/models", 403, times=9))
    with pytest.raises(
        ValueError, match=r"is not allowed to read the repository ada/kitchen\. Accept its terms"
    ) as error:
        push_adapter(adapter, "ada/kitchen")
    assert "write" not in str(error.value)


def test_a_wrong_token_a_foreign_name_and_a_missing_token_are_refused(hub, adapter, monkeypatch):
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
def test_invalid_names_are_refused_before_any_request(hub, adapter, name):
    for act in (push_adapter, preview_push):
        with pytest.raises(ValueError, match="user/name"):
            act(adapter, name)
    assert hub.requests == []


def test_a_name_without_an_owner_needs_a_token(hub, adapter):
    with pytest.raises(ValueError, match=r"'kitchen' has no owner.* Write user/name"):
        preview_push(adapter, "kitchen")
    with pytest.raises(ValueError, match="Write user/name, or log in"):
        full_name("kitchen", connection.open_hub(False, anonymous=True))
    assert hub.requests == []
    assert full_name("kitchen", connection.open_hub()) == "ada/kitchen"


def test_a_folder_without_an_adapter_is_refused_before_any_request(hub, tmp_path):
    with pytest.raises(ValueError, match=r"no adapter_config.json"):
        push_adapter(tmp_path, "ada/kitchen")
    assert hub.requests == []


def test_no_address_file_or_environment_variable_holds_the_token(
    hub, adapter, tmp_path, monkeypatch
):
    monkeypatch.delenv("HF_TOKEN")
    push_adapter(adapter, "ada/kitchen", token=TOKEN)
    import os

    assert not any(TOKEN in path for _, path, _ in hub.requests)
    assert TOKEN not in os.environ.values()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not any(TOKEN.encode() in path.read_bytes() for path in written)
    assert not any(TOKEN.encode() in data for data in hub.repo("ada/kitchen").files.values())
