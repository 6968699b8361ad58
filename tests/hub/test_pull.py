"""Pulling: any PEFT LoRA for a T5 base, only its files, checked before it is in its place; bases and their faults."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.base import check_tensors, find_base, find_config
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.push import push_adapter
from tests.hub.conftest import files_of, make_adapter
from tests.hub.server import Fault

PEFT_FILES = {"adapter_model.safetensors", "adapter_config.json", "manifest.json", "README.md"}


@pytest.fixture
def published(hub, adapter, published_base):
    """The adapter as ada/kitchen, among files that nobody needs."""
    push_adapter(adapter, "ada/kitchen")
    repo = hub.repo("ada/kitchen")
    repo.commit(repo.files | {"optimizer.pt": b"x" * 5000, "run.py": b"raise SystemExit"}, "more")
    hub.requests.clear()
    return repo


def test_pull_takes_the_needed_files_and_names_the_base(hub, published, adapter, tmp_path):
    pulled = pull_adapter("ada/kitchen", tmp_path / "back")
    assert set(files_of(pulled.folder)) == PEFT_FILES and (
        pulled.base,
        pulled.rank,
        pulled.commit,
    ) == ("ada/small-t5", 3, published.commits[-1][0])
    assert (pulled.folder / "adapter_model.safetensors").read_bytes() == (
        adapter / "adapter_model.safetensors"
    ).read_bytes()
    asked = {
        path.rsplit("/")[-1]
        for method, path, _ in hub.requests
        if method == "HEAD" and "/ada/kitchen/resolve/" in path
    }
    assert asked == PEFT_FILES
    assert not list(tmp_path.glob(".back*"))


def test_a_revision_is_pulled(hub, published, adapter, small_base, tmp_path):
    old, first = published.commits[1][0], (adapter / "adapter_model.safetensors").read_bytes()
    make_adapter(adapter, small_base, "ada/small-t5", seed=3)
    push_adapter(adapter, "ada/kitchen")
    assert pull_adapter(f"ada/kitchen@{old}", tmp_path / "old").commit == old
    assert (tmp_path / "old" / "adapter_model.safetensors").read_bytes() == first
    with pytest.raises(ValueError, match="no such revision"):
        pull_adapter("ada/kitchen@nowhere", tmp_path / "none")


def test_a_folder_that_is_there_is_kept_unless_asked(published, tmp_path):
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="--overwrite"):
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        set(files_of(pull_adapter("ada/kitchen", tmp_path / "back", overwrite=True).folder))
        == PEFT_FILES
    )


def test_peft_made_adapters_without_a_manifest(hub, published, tmp_path):
    repo = hub.repo("ada/kitchen")
    repo.commit(
        {name: data for name, data in repo.files.items() if name.startswith("adapter_")}, "bare"
    )
    assert set(files_of(pull_adapter("ada/kitchen", tmp_path / "back").folder)) == {
        "adapter_model.safetensors",
        "adapter_config.json",
    }


def rewritten(repo, **changes):
    config = json.loads(repo.files["adapter_config.json"]) | changes
    repo.commit(repo.files | {"adapter_config.json": json.dumps(config).encode()}, "changed")


def poisoned(repo, tmp_path):
    (tmp_path / "w").write_bytes(repo.files["adapter_model.safetensors"])
    tensors = load_file(tmp_path / "w")
    tensors[sorted(tensors)[0]][0, 0] = float("nan")
    save_file(tensors, tmp_path / "w")
    repo.commit(
        repo.files | {"adapter_model.safetensors": (tmp_path / "w").read_bytes()}, "poisoned"
    )


def test_a_hub_of_another_make(hub, adapter, small_base, tmp_path):
    """Pages of trees, uploads in parts, redirects, Xet, weak ETags, and answers with no more than they must have."""
    hub.parts = 1500
    hub.add("ada/small-t5", files_of(small_base))
    assert (
        push_adapter(adapter, "ada/kitchen").changed
        and not push_adapter(adapter, "ada/kitchen").changed
    )
    assert hub.count("PUT", "^/lfs-part/") > 1 and len(hub.repo("ada/kitchen").commits) == 2
    hub.faults += [Fault("PUT", "/lfs-part/.*/1", cut=500), Fault("POST", "^/lfs/", 503)]
    make_adapter(adapter, small_base, "ada/small-t5", seed=1)
    assert push_adapter(adapter, "ada/kitchen").changed and all(
        fault.times == 0 for fault in hub.faults
    )
    assert pull_adapter("ada/kitchen", tmp_path / "back").base == "ada/small-t5"
    back = files_of(tmp_path / "back")
    assert (
        set(back) == PEFT_FILES
        and back.items() <= hub.repo("ada/kitchen").files.items()
        and back["adapter_model.safetensors"]
        == (adapter / "adapter_model.safetensors").read_bytes()
    )
    assert (find_base("ada/small-t5").folder / "model.safetensors").read_bytes() == (
        small_base / "model.safetensors"
    ).read_bytes()
    hub.add("ada/theirs", {f"{i}.txt": b"x" for i in range(9)})
    with pytest.raises(ValueError, match="not made by lora_demo"):
        push_adapter(adapter, "ada/theirs")


BAD = {
    "no adapter": (
        lambda repo, _: repo.commit({"config.json": b"{}"}, "x"),
        "no adapter_config.json",
    ),
    "a pickle": (
        lambda repo, _: repo.commit(
            {"adapter_config.json": repo.files["adapter_config.json"], "adapter_model.bin": b"x"},
            "x",
        ),
        "pickle",
    ),
    "not LoRA": (lambda repo, _: rewritten(repo, peft_type="IA3"), "IA3"),
    "another rank": (lambda repo, _: rewritten(repo, r=4), r"expected \(4, 32\)"),
    "no base": (lambda repo, _: rewritten(repo, base_model_name_or_path=None), "--base"),
    "somebody's folder as base": (
        lambda repo, _: rewritten(repo, base_model_name_or_path="/home/x/t5"),
        "--base",
    ),
    "a large config": (
        lambda repo, _: repo.commit(repo.files | {"adapter_config.json": b" " * 2_000_000}, "x"),
        "too large",
    ),
    "no safetensors": (
        lambda repo, _: repo.commit(repo.files | {"adapter_model.safetensors": b"PK"}, "x"),
        "safetensors",
    ),
    "NaN": (poisoned, "NaN"),
}


@pytest.mark.parametrize("change, word", BAD.values(), ids=BAD)
def test_what_is_no_sound_adapter_leaves_nothing(published, tmp_path, change, word):
    change(published, tmp_path)
    with pytest.raises(ValueError, match=word) as error:
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        "\n" not in str(error.value)
        and "ada/kitchen" in str(error.value)
        and "partial" not in str(error.value)
    )
    assert not (tmp_path / "back").exists() and not list(tmp_path.glob(".back*"))


def test_weights_over_the_limit_are_not_begun(hub, published, tmp_path):
    with pytest.raises(ValueError, match="too large"):
        pull_adapter("ada/kitchen", tmp_path / "back", max_bytes=1000)
    assert hub.count("GET", "/resolve/|/cdn/") == 0


@pytest.mark.parametrize(
    "id",
    [
        "",
        "kitchen",
        "ada/kitchen@",
        "../etc/passwd",
        "ada/..",
        "file:///etc/passwd",
        "http://127.0.0.1/ada/x",
        "ada/kitchen@../../x",
        "-a/b",
        "a b/c",
    ],
)
def test_ids_that_are_none(hub, id, tmp_path):
    with pytest.raises(ValueError, match="user/name"):
        pull_adapter(id, tmp_path / "back")
    assert hub.requests == []


def test_private_and_missing_repositories(hub, published, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="check the spelling"):
        pull_adapter("ada/nothing", tmp_path / "back")
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    published.private = True
    with pytest.raises(ValueError, match="check the spelling"):
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert pull_adapter("ada/kitchen", tmp_path / "back", token="hf_writer").rank == 3


PULL_FAULTS = {
    "500 at info": Fault("GET", "/api/models/ada/kitchen", 500),
    "429 at the tree": Fault("GET", "/tree/", 429, {"Retry-After": "1"}),
    "500 at HEAD": Fault("HEAD", "/resolve/", 500),
    "cut in mid-download": Fault("GET", "/cdn/", cut=900, times=2),
    "503 at download": Fault("GET", "/cdn/", 503),
    "slow": Fault("GET", "/cdn/", slow=1.5),
    "truncated": Fault("GET", "/cdn/", twist=lambda data: data[:-100]),
    "longer than stated": Fault("GET", "/cdn/", twist=lambda data: data + b"x"),
    "of another content": Fault("GET", "/cdn/", twist=lambda data: data[:-1] + b"?"),
    "a page of a proxy": Fault("GET", "/cdn/", page=True),
    "a page of a proxy at HEAD": Fault("HEAD", "/resolve/", page=True),
    "a page of a proxy at the tree": Fault("GET", "/tree/", page=True),
    "truncated JSON": Fault(
        "GET", "/resolve/.*adapter_config.json", twist=lambda data: data[:-100]
    ),
}


@pytest.mark.parametrize("fault", PULL_FAULTS.values(), ids=PULL_FAULTS)
def test_passing_faults_are_got_over(hub, published, adapter, tmp_path, fault):
    hub.faults.append(fault)
    pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        fault.times == 0
        and (tmp_path / "back" / "adapter_model.safetensors").read_bytes()
        == (adapter / "adapter_model.safetensors").read_bytes()
    )


def swapped(data: bytes) -> bytes:
    """Of the same length, and sound."""
    return data.replace(b'"lora_alpha": 6', b'"lora_alpha": 7')


def test_a_small_file_of_another_content_is_not_kept(hub, published, tmp_path):
    hub.faults.append(Fault("GET", "/resolve/.*adapter_config.json", twist=swapped))
    pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        (tmp_path / "back" / "adapter_config.json").read_bytes()
        == published.files["adapter_config.json"]
        != swapped(published.files["adapter_config.json"])
    )
    hub.faults.append(Fault("GET", "/resolve/.*adapter_config.json", twist=swapped, times=99))
    with pytest.raises(ValueError, match="adapter_config.json was corrupted"):
        pull_adapter("ada/kitchen", tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "hash",
    [lambda data: hashlib.sha1(data).hexdigest(), lambda data: "", lambda data: "x"],
    ids=["SHA-1 of the bytes", "none", "no hash"],
)
def test_a_tree_whose_hashes_are_not_gits_is_pulled_from(hub, published, tmp_path, hash):
    hub.hash = hash
    assert set(files_of(pull_adapter("ada/kitchen", tmp_path / "back").folder)) == PEFT_FILES


LASTING = {
    "always of another content": (
        Fault("GET", "/cdn/", twist=lambda data: data[:-1] + b"?", times=99),
        "adapter_model.safetensors was corrupted on its way.* not kept. Try again",
    ),
    "always truncated": (
        Fault("GET", "/cdn/", twist=lambda data: data[:-100], times=99),
        "was corrupted",
    ),
    "a page of a proxy everywhere": (Fault("GET", ".", page=True, times=99), "login page"),
    "403 at the storage": (Fault("GET", "/cdn/", 403, times=99), "may not"),
    "503 for long": (Fault("GET", "/cdn/", 503, times=99), "status 503"),
    "429 for long": (
        Fault("HEAD", "/resolve/", 429, {"Retry-After": "900"}, times=99),
        "in 900 seconds",
    ),
}


@pytest.mark.parametrize("fault, word", LASTING.values(), ids=LASTING)
def test_lasting_faults_are_one_sentence_and_leave_nothing(hub, published, tmp_path, fault, word):
    hub.faults.append(fault)
    with pytest.raises(ValueError, match=word) as error:
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        "\n" not in str(error.value)
        and hub.url not in str(error.value)
        and not list(tmp_path.glob("*back*"))
    )
    hub.faults.clear()
    assert pull_adapter("ada/kitchen", tmp_path / "back").rank == 3


def test_a_token_never_goes_to_the_storage_host(hub, published, tmp_path):
    pull_adapter("ada/kitchen", tmp_path / "back")
    assert [auth for _, path, auth in hub.requests if path.startswith("/cdn/")] == [False]


def test_a_base_comes_whole_over_a_cut_connection(hub, published_base, small_base):
    hub.faults += [
        Fault("GET", "/cdn/", cut=5000, times=3),
        Fault("GET", "/api/models/ada/small-t5", 503),
        Fault("HEAD", "/resolve/", 500),
    ]
    base = find_base("ada/small-t5")
    check_tensors(base)
    assert (base.folder / "model.safetensors").read_bytes() == (
        small_base / "model.safetensors"
    ).read_bytes()
    assert all(fault.times == 0 for fault in hub.faults) and hub.count("GET", "/cdn/") == 4
    before = len(hub.requests)
    hub.faults.append(Fault("GET", "/api", 503, times=99))
    assert find_base("ada/small-t5").folder == base.folder and len(hub.requests) < before + 5


def test_an_interrupted_base_goes_on_where_it_ended(hub, published_base, small_base):
    hub.faults += [Fault("GET", "/cdn/", cut=5000), Fault("GET", "/cdn/", 404, times=99)]
    with pytest.raises(ValueError, match="The Hub cannot be reached"):
        find_base("ada/small-t5")
    hub.faults.clear()
    hub.ranges.clear()
    base, size = find_base("ada/small-t5"), (small_base / "model.safetensors").stat().st_size
    assert (base.folder / "model.safetensors").read_bytes() == (
        small_base / "model.safetensors"
    ).read_bytes()
    assert hub.ranges == ["bytes=5000-"] and size > 5000
    assert [auth for _, path, auth in hub.requests if path.startswith("/cdn/")][-1] is False


def test_a_download_tells_its_progress_and_can_be_cancelled(hub, published_base, small_base):
    class Cancelled(Exception):
        pass

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        find_base("ada/small-t5", progress=cancel)
    told = []
    hub.faults.append(Fault("GET", "/cdn/", cut=9000, times=4))
    check_tensors(
        find_base("ada/small-t5", progress=lambda done, total: told.append((done, total)))
    )
    size = sum(path.stat().st_size for path in small_base.iterdir())
    assert told == sorted(told) and told[-1] == (size, size)


def test_ctrl_c_ends_a_download_and_the_next_try_goes_on(hub, published_base, tmp_path):
    """In `train`, which hears the signal itself; what has come stays."""
    size = len(published_base.files["model.safetensors"])
    hub.faults += [Fault("GET", "/cdn/", cut=size // 2), Fault("GET", "/cdn/", slow=1.0, times=2)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")} | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
    }
    command = [
        sys.executable,
        "-m",
        "lora_demo",
        "train",
        "--base",
        "ada/small-t5",
        "--steps",
        "1",
        "--output",
        str(tmp_path / "run"),
    ]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not hub.ranges and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (
        process.returncode == 130
        and out == ""
        and err.endswith("cancelled; what has come is kept, and the next try goes on from there.\n")
        and not (tmp_path / "run").exists()
    )
    assert [
        path.stat().st_size >= size // 2 for path in (tmp_path / "home").rglob("*.lora_demo")
    ] == [True]


def test_a_file_that_comes_wrong_is_not_kept(hub, published_base, monkeypatch, tmp_path):
    wrong = published_base.files["model.safetensors"][:-1] + b"x"
    monkeypatch.setattr(
        "tests.hub.server.Handler.cdn", lambda self, oid: self.content(wrong, {"ETag": f'"{oid}"'})
    )
    with pytest.raises(
        ValueError,
        match="model.safetensors was corrupted on its way.* not kept. Try again. Or use --base mini",
    ):
        find_base("ada/small-t5")
    assert not [
        path
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file() and path.read_bytes() == wrong
    ]


def test_a_base_that_broke_off_is_not_used_and_goes_on(hub, published_base, small_base):
    fault = Fault("GET", "/cdn/", 404, times=99)
    hub.faults.append(fault)
    with pytest.raises(ValueError, match="The Hub cannot be reached") as error:
        find_base("ada/small-t5")
    assert "\n" not in str(error.value)
    small = hub.count("GET", "tokenizer.json")
    fault.times = 0
    check_tensors(find_base("ada/small-t5"))
    assert hub.count("GET", "tokenizer.json") == small


def test_a_full_disk_is_a_sentence(hub, published_base, adapter, monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    push_adapter(adapter, "ada/kitchen")
    monkeypatch.setattr("lora_demo.checkpoints.download._append", full)
    with pytest.raises(ValueError, match="disk is full"):
        find_base("ada/small-t5")
    with pytest.raises(ValueError, match="disk is full"):
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_config_alone_needs_no_weights(hub, published_base):
    assert find_config("ada/small-t5").d_model == 32 and hub.count("GET", "/cdn/") == 0


@pytest.mark.parametrize(
    "id, word",
    [("ada/none", "no public model"), ("ada/small-t5/none", "config.json"), ("ada/gated", "gated")],
)
def test_bases_that_are_none(hub, published_base, id, word):
    hub.add("ada/gated", {"config.json": b"{}"}, gated=True)
    with pytest.raises(ValueError, match=word):
        find_base(id)


@pytest.mark.parametrize("find", [find_base, find_config])
def test_a_base_that_a_bare_404_denies_is_none(hub, find):
    hub.faults.append(Fault("GET", "/api/models/ada/none", 404, times=9))
    with pytest.raises(ValueError, match="no public model 'ada/none'.*check the spelling"):
        find("ada/none")


def test_a_base_is_the_commit_that_it_is(hub, published_base, adapter, small_base, tmp_path):
    old = published_base.commits[-1][0]
    published_base.commit(published_base.files | {"notes.txt": b"x"}, "more")
    assert (
        find_base("ada/small-t5").revision
        == published_base.commits[-1][0]
        != old
        == find_base("ada/small-t5", old).revision
    )
    push_adapter(make_adapter(tmp_path / "along", small_base, str(small_base)), "ada/along")
    assert find_base("ada/along/base").revision == hub.repo("ada/along").commits[-1][0]
    assert find_base(str(small_base)).revision is None and find_base("mini").revision is None


def command(hub, *argv, **environment):
    """The command line in a process of its own, as a person runs it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-m", "lora_demo", *map(str, argv)],
        env=clean | {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_writer"} | environment,
        capture_output=True,
        text=True,
    )


def test_the_commands(hub, published_base, adapter, tmp_path):
    home = {"HF_HOME": str(tmp_path / "home")}
    seen = command(hub, "push", adapter, "--repo", "ada/kitchen", "--dry-run", **home)
    assert (
        seen.returncode == 0
        and "adapter_model.safetensors" in seen.stdout
        and "# kitchen" in seen.stdout
        and not hub.repos.get(("model", "ada/kitchen"))
    )
    named = command(hub, "push", adapter, "--repo", "kitchen", "--dry-run", **home)
    assert named.stdout == seen.stdout and hub.count("POST", "/") == 0
    preview = seen.stdout
    seen = command(hub, "push", adapter, "--repo", "kitchen", "--private", "--json", **home)
    assert (
        seen.returncode == 0
        and json.loads(seen.stdout)["repo"] == "ada/kitchen"
        and hub.repo("ada/kitchen").private
    ), seen.stderr
    assert seen.stderr.startswith(preview)
    seen = command(hub, "pull", "ada/kitchen", "--output", tmp_path / "back", "--json", **home)
    assert seen.returncode == 0 and json.loads(seen.stdout)["base"] == "ada/small-t5", seen.stderr
    seen = command(hub, "push", adapter, "--repo", "bob/x", **home)
    assert (
        seen.returncode == 2
        and seen.stdout == ""
        and "# kitchen" in seen.stderr
        and "write permission" in seen.stderr.splitlines()[-1]
        and "hf_writer" not in seen.stderr
    )
    bad = ["push", adapter, "--dry-run", "--repo"]
    for argv, extra in (
        (["pull", "ada/none"], {}),
        ([*bad, "x y"], {}),
        ([*bad, "ada/x", "--repo", "kitchen"], {"HF_TOKEN": ""}),
        (["push", adapter, "--repo", "ada/x"], {"HF_TOKEN": ""}),
        (["pull", "ada/kitchen"], {"HF_HUB_OFFLINE": "1"}),
        (["push", tmp_path, "--repo", "ada/x"], {}),
    ):
        seen = command(hub, *argv, **home | extra)
        assert (
            seen.returncode == 2
            and seen.stdout == ""
            and seen.stderr.count("\n") == 1
            and "hf_writer" not in seen.stderr
        ), seen.stderr


def test_offline_uses_the_cache_and_nothing_else(hub, published_base, tmp_path):
    home = {"HF_HOME": str(tmp_path / "home")}
    script = "from lora_demo.checkpoints.base import find_base; import sys; print(find_base(sys.argv[1]).folder)"
    run = lambda **more: subprocess.run(
        [sys.executable, "-c", script, "ada/small-t5"],
        env=os.environ | {"HF_ENDPOINT": hub.url} | home | more,
        capture_output=True,
        text=True,
    )
    assert "HF_HUB_OFFLINE is set" in run(HF_HUB_OFFLINE="1").stderr and hub.requests == []
    assert run().returncode == 0
    hub.requests.clear()
    assert run(HF_HUB_OFFLINE="1").returncode == 0 and hub.requests == []


def test_another_version_of_the_embedded_base_is_told(hub, small_base, tmp_path, monkeypatch):
    for module in ("lora_demo.checkpoints.base", "lora_demo.hub.parcel"):
        monkeypatch.setattr(f"{module}.EMBEDDED_FOLDER", small_base)
    push_adapter(make_adapter(tmp_path / "kitchen", small_base, "mini"), "ada/kitchen")
    pulled = pull_adapter("ada/kitchen", tmp_path / "back")
    assert pulled.base == "mini" and "--base ada/kitchen/base" in pulled.note
    check_tensors(find_base("ada/kitchen/base"))
    assert not (tmp_path / "back" / "base").exists()
