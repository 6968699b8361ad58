"""Base models from the Hub: complete over every interruption, or not used."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lora_demo.checkpoints.base import check_tensors, find_base, find_config
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.push import push_adapter
from tests.hub.conftest import make_adapter
from tests.hub.server import Fault
from tests.waiting import wait_for


def test_a_base_is_complete_after_cut_connections(hub, published_base, small_base):
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
    assert all(fault.times == 0 for fault in hub.faults)
    assert hub.count("GET", "/cdn/") == 4
    before = len(hub.requests)
    hub.faults.append(Fault("GET", "/api", 503, times=99))
    assert find_base("ada/small-t5").folder == base.folder
    assert len(hub.requests) < before + 5


def test_an_interrupted_download_continues_where_it_ended(hub, published_base, small_base):
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


def test_a_download_continues_what_another_one_left_while_it_waited(
    hub, published_base, small_base, tmp_path
):
    hub.faults += [Fault("GET", "/cdn/", cut=5000), Fault("GET", "/cdn/", 404, times=99)]
    with pytest.raises(ValueError, match="The Hub cannot be reached"):
        find_base("ada/small-t5")
    hub.faults.clear()
    (partial,) = tmp_path.rglob("*.lora_demo")
    begun = partial.read_bytes()
    os.truncate(partial, 0)
    with ThreadPoolExecutor(1) as pool, open(partial, "ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        found = pool.submit(find_base, "ada/small-t5")
        wait_for(lambda: is_waited_for(partial))
        other.write(begun)
        other.flush()
        fcntl.flock(other, fcntl.LOCK_UN)
        base = found.result()
    assert (base.folder / "model.safetensors").read_bytes() == (
        small_base / "model.safetensors"
    ).read_bytes()
    assert hub.ranges[-1] == f"bytes={len(begun)}-"


def is_waited_for(path) -> bool:
    """Check whether a thread waits for the lock of a file."""
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(f":{path.stat().st_ino} " in line for line in waiting)


def test_a_download_reports_its_progress_and_can_be_cancelled(hub, published_base, small_base):
    class CancelledError(Exception):
        pass

    def cancel(done, total):
        raise CancelledError

    with pytest.raises(CancelledError):
        find_base("ada/small-t5", progress=cancel)
    reports = []
    hub.faults.append(Fault("GET", "/cdn/", cut=9000, times=4))
    check_tensors(
        find_base("ada/small-t5", progress=lambda done, total: reports.append((done, total)))
    )
    size = sum(path.stat().st_size for path in small_base.iterdir())
    assert reports == sorted(reports) and reports[-1] == (size, size)


def test_ctrl_c_stops_a_download_and_keeps_its_part(hub, published_base, tmp_path):
    """In `train`, which hears the signal itself; what has come stays."""
    size = len(published_base.files["model.safetensors"])
    has_ended = threading.Event()
    hub.faults += [Fault("GET", "/cdn/", cut=size // 2), Fault("GET", "/cdn/", until=has_ended)]
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
        has_ended.set()
    assert process.returncode == 130
    assert out == ""
    assert err.endswith("is kept, and the next download continues it.\n")
    assert not (tmp_path / "run").exists()
    assert [
        path.stat().st_size >= size // 2 for path in (tmp_path / "home").rglob("*.lora_demo")
    ] == [True]


def test_a_corrupted_file_is_not_kept(hub, published_base, monkeypatch, tmp_path):
    wrong = published_base.files["model.safetensors"][:-1] + b"x"
    monkeypatch.setattr(
        "tests.hub.server.Handler.cdn", lambda self, oid: self.content(wrong, {"ETag": f'"{oid}"'})
    )
    with pytest.raises(
        ValueError,
        match=r"model\.safetensors was damaged .* not kept\. Try again\. Or use --base mini",
    ):
        find_base("ada/small-t5")
    assert not [
        path
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file() and path.read_bytes() == wrong
    ]


def test_a_partial_base_is_not_used_until_it_is_complete(hub, published_base, small_base):
    fault = Fault("GET", "/cdn/", 404, times=99)
    hub.faults.append(fault)
    with pytest.raises(ValueError, match="The Hub cannot be reached") as error:
        find_base("ada/small-t5")
    assert "\n" not in str(error.value)
    small = hub.count("GET", "tokenizer.json")
    fault.times = 0
    check_tensors(find_base("ada/small-t5"))
    assert hub.count("GET", "tokenizer.json") == small


def test_a_full_disk_gives_one_sentence(hub, published_base, adapter, monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    push_adapter(adapter, "ada/kitchen")
    monkeypatch.setattr("lora_demo.checkpoints.download._append", full)
    with pytest.raises(ValueError, match="disk is full"):
        find_base("ada/small-t5")
    with pytest.raises(ValueError, match="disk is full"):
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_reading_the_config_downloads_no_weights(hub, published_base):
    assert find_config("ada/small-t5").d_model == 32
    assert hub.count("GET", "/cdn/") == 0


@pytest.mark.parametrize(
    ("id", "word"),
    [
        ("ada/none", "nor as a public model"),
        ("ada/small-t5/none", "config.json"),
        ("ada/gated", "gated"),
    ],
)
def test_other_repositories_are_not_bases(hub, published_base, id, word):
    hub.add("ada/gated", {"config.json": b"{}"}, gated=True)
    with pytest.raises(ValueError, match=word):
        find_base(id)


@pytest.mark.parametrize("find", [find_base, find_config])
def test_a_404_without_details_means_a_missing_base(hub, find):
    hub.faults.append(Fault("GET", "/api/models/ada/none", 404, times=9))
    with pytest.raises(
        ValueError,
        match=r"'ada/none' was not found, neither .* nor .*. Check the spelling",
    ):
        find("ada/none")


def test_a_base_records_its_commit(hub, published_base, adapter, small_base, tmp_path):
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
    assert find_base(str(small_base)).revision is None
    assert find_base("mini").revision is None


def test_offline_mode_uses_only_the_cache(hub, published_base, tmp_path):
    home = {"HF_HOME": str(tmp_path / "home")}
    script = (
        "import sys; from lora_demo.checkpoints.base import find_base; "
        "print(find_base(sys.argv[1]).folder)"
    )

    def run(**more):
        return subprocess.run(
            [sys.executable, "-c", script, "ada/small-t5"],
            env=os.environ | {"HF_ENDPOINT": hub.url} | home | more,
            capture_output=True,
            text=True,
        )

    assert "HF_HUB_OFFLINE is set" in run(HF_HUB_OFFLINE="1").stderr
    assert hub.requests == []
    assert run().returncode == 0
    hub.requests.clear()
    assert run(HF_HUB_OFFLINE="1").returncode == 0 and hub.requests == []
