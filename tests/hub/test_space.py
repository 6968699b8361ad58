"""Deploy: only the tracked files, in one commit, updated in place; and the README of the Space."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from lora_demo.checkpoints.base import FILES
from lora_demo.hub.space import CHECKOUT, deploy_space, front_matter, preview_space
from tests.hub.server import Fault

EQUAL = [f"adapters/r{rank}/training_pairs.safetensors" for rank in (4, 8, 16)]
LOCK = "# made by a tool\ngradio==6.31.0 \\\n    --hash=sha256:00\n    # via x\nmcp==1.2\n"
README = "---\ntitle: A Space\nsdk: gradio\nsdk_version: 6.31.0\napp_file: app.py\n---\n# A Space\n"


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A small checkout with tracked files, and others that must not go out."""
    root = tmp_path / "checkout"
    files = {
        "README.md": README,
        "app.py": "print()",
        "requirements.txt": "gradio\n",
        ".ci/requirements.lock": LOCK,
        "LICENSE": "x",
        "lora_demo/__main__.py": "",
        "lora_demo/assets/mini/model.safetensors": "m" * 3_000_000,
        "adapters/r8/README.md": "x",
        **dict.fromkeys(EQUAL, "p" * 2000000),
        "tests/test_x.py": "x",
        ".gitignore": "*.log\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    def git(*argv):
        return subprocess.run(["git", "-C", root, *argv], check=True, capture_output=True)

    git("init", "-q"), git("add", ".")
    for name in ("lora_demo/secret.env", "lora_demo/debug.log", "runs/a/run.json", ".env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("HF_TOKEN=hf_x")
    return root


SENT = {
    "README.md",
    "app.py",
    "requirements.txt",
    ".ci/requirements.lock",
    "LICENSE",
    "lora_demo/__main__.py",
    "lora_demo/assets/mini/model.safetensors",
    "adapters/r8/README.md",
    *EQUAL,
}


def test_a_space_gets_the_tracked_files_in_one_commit(hub, checkout):
    deployed = deploy_space("demo", hardware="t4-small", private=True, checkout=checkout)
    space = hub.repo("ada/demo", "space")
    assert deployed.url == f"{hub.url}/spaces/ada/demo"
    assert len(space.commits) == 2
    assert set(space.files) == SENT | {".gitattributes"}
    assert space.private
    assert space.extra == {"sdk": "gradio", "hardware": "t4-small"}
    assert not deploy_space("demo", checkout=checkout).changed
    assert len(space.commits) == 2


def test_a_space_installs_the_locked_versions(hub, checkout):
    deploy_space("demo", checkout=checkout)
    files = hub.repo("ada/demo", "space").files
    assert files["requirements.txt"] == b"gradio==6.31.0\nmcp==1.2\n"
    assert files[".ci/requirements.lock"] == LOCK.encode()


def test_an_update_replaces_and_removes_only_our_files(hub, checkout):
    deploy_space("demo", checkout=checkout)
    space = hub.repo("ada/demo", "space")
    space.commit(
        space.files
        | {"lora_demo/old.py": b"x", "adapters/mine/README.md": b"x", "notes.txt": b"x"},
        "the owner's",
    )
    (checkout / "app.py").write_text("print(2)")
    deploy_space("demo", hardware="cpu-upgrade", checkout=checkout)
    assert set(space.files) == SENT | {".gitattributes", "adapters/mine/README.md", "notes.txt"}
    assert space.files["app.py"] == b"print(2)"
    assert len(space.commits) == 4
    assert space.extra["hardware"] == "cpu-upgrade"


def test_another_programs_space_is_only_overwritten_if_allowed(hub, checkout):
    hub.add("ada/demo", {"app.py": b"theirs"}, "space")
    with pytest.raises(ValueError, match="--overwrite"):
        deploy_space("demo", checkout=checkout)
    assert deploy_space("demo", overwrite=True, checkout=checkout).changed
    hub.add("ada/open", {}, "space")
    with pytest.raises(ValueError, match="is public"):
        deploy_space("open", private=True, checkout=checkout)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", "/commit/", lose=True),
        Fault("PUT", "/lfs/", cut=10_000),
        Fault("POST", "repos/create", 500),
    ],
)
def test_faults_are_retried(hub, checkout, fault):
    hub.faults.append(fault)
    deploy_space("demo", checkout=checkout)
    assert fault.times == 0 and len(hub.repo("ada/demo", "space").commits) == 2


@pytest.mark.parametrize("content", [b"p" * 2_000_000, b"\0p" * 1_000_000], ids=["texts", "binary"])
def test_files_with_equal_content_arrive_complete(hub, checkout, content):
    hub.forgets_uploads = True
    for name in EQUAL:
        (checkout / name).write_bytes(content)
    deploy_space("demo", checkout=checkout)
    space = hub.repo("ada/demo", "space")
    assert {space.files[name] for name in EQUAL} == {content}
    assert len(space.commits) == 2
    assert hub.count("PUT", hashlib.sha256(content).hexdigest()) == len(EQUAL)


def test_a_404_without_details_means_a_missing_space(hub, checkout):
    hub.faults += [Fault("GET", "/api/spaces/ada/demo$", 404, times=2), Fault("GET", "/tree/", 404)]
    assert deploy_space("demo", checkout=checkout).changed
    assert len(hub.repo("ada/demo", "space").commits) == 2
    assert all(fault.times == 0 for fault in hub.faults)


def test_hardware_that_must_be_paid_gives_one_sentence(hub, checkout):
    hub.faults.append(Fault("POST", "repos/create", 402, times=9))
    with pytest.raises(ValueError, match="payment"):
        deploy_space("demo", checkout=checkout)


def test_without_git_hidden_and_compiled_files_are_not_sent(checkout):
    import shutil

    shutil.rmtree(checkout / ".git")
    for name in ("lora_demo/secret.env", "lora_demo/debug.log"):
        (checkout / name).unlink()
    for name in ("lora_demo/__pycache__/version.pyc", "lora_demo/.hidden"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text("x")
    assert set(preview_space("ada/demo", checkout).files) == SENT


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("README.md", "# no front matter", "title, sdk"),
        ("README.md", "---\n: [\n---\n", "not YAML"),
        ("app.py", None, "lacks app.py"),
    ],
)
def test_a_folder_that_cannot_be_a_space_is_refused(hub, checkout, name, text, word):
    (checkout / name).unlink() if text is None else (checkout / name).write_text(text)
    with pytest.raises(ValueError, match=word):
        deploy_space("demo", checkout=checkout)
    assert hub.requests == []


def test_the_readme_configures_a_space():
    card = front_matter((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    lines = (CHECKOUT / "requirements.txt").read_text().splitlines()
    gradio = next(Requirement(line) for line in lines if line.startswith("gradio"))
    tested = next(Version(s.version) for s in gradio.specifier if s.operator in (">=", "=="))
    assert card["sdk"] == "gradio"
    assert Version(card["sdk_version"]) in gradio.specifier
    assert Version(card["sdk_version"]).release[:2] == tested.release[:2]
    assert card["python_version"] in ("3.11", "3.12", "3.13")
    assert card["app_file"] == "app.py"
    assert (CHECKOUT / "app.py").is_file()
    assert card["license"] == "apache-2.0"
    assert 0 < len(card["short_description"]) <= 60
    assert card["hf_oauth"] is True
    assert {"contribute-repos", "jobs"} == set(card["hf_oauth_scopes"])
    assert "google/flan-t5-small" in card["models"]
    assert "wmt/wmt16" in card["datasets"]
    assert card["startup_duration_timeout"]
    for entry in card["preload_from_hub"]:
        repo, files = entry.split(" ")
        assert repo in card["models"]
        assert "model.safetensors" in files
        assert set(files.split(",")) <= set(FILES)


def test_the_hub_client_can_read_the_front_matter():
    from huggingface_hub import SpaceCard

    assert SpaceCard((CHECKOUT / "README.md").read_text(encoding="utf-8")).data.sdk == "gradio"


def test_every_file_that_a_space_needs_is_tracked():
    names = set(preview_space("ada/demo").files)
    code = {
        path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "lora_demo").rglob("*.py")
    }
    assert code <= names | {name for name in code if not _is_tracked(name)}
    assert not any("__pycache__" in name or name.startswith("tests/") for name in names)


def _is_tracked(name: str) -> bool:
    return bool(
        subprocess.run(["git", "-C", CHECKOUT, "ls-files", name], capture_output=True).stdout
    )
