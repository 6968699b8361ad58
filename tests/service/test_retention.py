"""Promise: visitors' data expires and stays within the disk limit; active or recent data stays."""

import fcntl
import os
import time
from pathlib import Path

import pytest

from lora_demo.files import size_on_disk
from lora_demo.service import disk_usage, retention
from lora_demo.service.disk_usage import discard
from lora_demo.service.limits import PUBLIC, Limits
from lora_demo.service.retention import Retention, last_used, stored_entries
from lora_demo.service.temporary_files import TemporaryFiles
from lora_demo.service.visitor_folders import LAST_USED, VisitorFolders, visitor_folder
from lora_demo.training.config import TrainConfig
from lora_demo.training.runs import create

MB = 1_000_000
DAY = 86400


def visitor(root: Path, key: str, away: float, **files: int) -> Path:
    """Make a visitor who left `away` seconds ago, with uploads of some megabytes, oldest first."""
    folder = visitor_folder(root, key * 16)
    for number, (name, megabytes) in enumerate(files.items()):
        path = folder / "uploads" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(megabytes * MB))
        os.utime(path, (number, number))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LAST_USED).touch()
    was_here(folder, away)
    return folder


def was_here(folder: Path, away: float):
    os.utime(folder / LAST_USED, (time.time() - away,) * 2)


def run_of(folder: Path, *marks: str):
    run = create(TrainConfig(base="mini", data="builtin", steps=1), folder)
    (run.folder / "events.jsonl").write_text('{"time": 1, "step": 0, "kind": "begin", "pid": 1}\n')
    for mark in marks:
        (run.folder / mark).touch()
    return run


@pytest.fixture(autouse=True)
def forget():
    disk_usage._size_at.cache_clear()


def test_only_absent_visitors_expire(tmp_path):
    gone, here = visitor(tmp_path, "a", 8 * DAY, x=1), visitor(tmp_path, "b", 6 * DAY, x=1)
    waits, trains, evaluates = (visitor(tmp_path, key, 30 * DAY) for key in "cde")
    run_of(gone), run_of(waits, "queued"), run_of(trains, "asked")
    Retention(VisitorFolders(tmp_path, Limits(days=7)), lambda folder: folder == evaluates).clean()
    assert sorted(path for path in tmp_path.iterdir()) == sorted([here, waits, trains, evaluates])
    Retention(VisitorFolders(tmp_path, Limits())).clean()
    assert here.exists()


def test_a_visitor_who_comes_back_during_the_cleanup_keeps_everything(tmp_path, monkeypatch):
    first, second = visitor(tmp_path, "a", 9 * DAY, x=1), visitor(tmp_path, "b", 8 * DAY, x=1)
    discard = retention.discard
    monkeypatch.setattr(
        retention,
        "discard",
        lambda path, root: (visitor_folder(tmp_path, "b" * 16), discard(path, root)),
    )
    Retention(VisitorFolders(tmp_path, Limits(days=7))).clean()
    assert not first.exists() and second.exists()


def test_a_run_that_a_process_uses_is_never_removed(tmp_path):
    folder = visitor(tmp_path, "a", 30 * DAY)
    run = run_of(folder)
    with open(run.folder / "lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Retention(VisitorFolders(tmp_path, Limits(days=7, disk_gb=1e-9))).clean()
        assert run.folder.is_dir()
    Retention(VisitorFolders(tmp_path, Limits(days=7))).clean()
    assert not folder.exists()


def test_every_lookup_of_a_folder_counts_as_a_visit(tmp_path):
    folder = visitor(tmp_path, "a", 8 * DAY, x=1)
    assert visitor_folder(tmp_path, "a" * 16) == folder
    assert time.time() - last_used(folder) < 60
    Retention(VisitorFolders(tmp_path, Limits(days=7))).clean()
    assert folder.exists()
    visitor_folder(tmp_path, "nobody has been here")
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_the_oldest_data_of_the_longest_absent_visitor_is_removed_first(tmp_path):
    recent = visitor(tmp_path, "a", 60, x=3)
    away = visitor(tmp_path, "b", 2 * 3600, x=2)
    longer = visitor(tmp_path, "c", 9 * 3600, old=2, new=2)
    waits = visitor(tmp_path, "d", 99 * 3600, x=2)
    run_of(waits, "queued")
    Retention(VisitorFolders(tmp_path, Limits(disk_gb=0.0095))).clean()
    assert [path.name for path in stored_entries(longer)] == ["new.tsv"]
    assert len(stored_entries(away)) == len(stored_entries(recent)) == 1
    assert len(stored_entries(waits)) == 2
    Retention(VisitorFolders(tmp_path, Limits(disk_gb=0.001))).clean()
    assert stored_entries(longer) == stored_entries(away) == []
    assert len(stored_entries(recent)) == 1
    assert len(stored_entries(waits)) == 2
    assert last_used(longer) < time.time() - 8 * 3600
    with pytest.raises(ValueError, match="used up"):
        VisitorFolders(tmp_path, Limits(disk_gb=0.001)).check_room()
    VisitorFolders(tmp_path, Limits()).check_room()


def test_temporary_files_stay_within_their_limit(tmp_path):
    """Interrupted uploads go, complete ones only to make room, and new ones stay."""
    cache, now = tmp_path / "cache", time.time()
    for name, age in (
        ("tmpbroken", 3600),
        ("tmpcoming", 5),
        ("a/old", 7200),
        ("b/newer", 3600),
        ("c/new", 5),
    ):
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_bytes(bytes(MB))
        os.utime(cache / name, (now - age,) * 2)

    def left():
        return {path.name for path in cache.rglob("*") if path.is_file()}

    TemporaryFiles(cache, Limits()).clean()
    assert left() == {"tmpcoming", "old", "newer", "new"}
    TemporaryFiles(cache, Limits(disk_gb=0.003)).clean()
    assert left() == {"tmpcoming", "newer", "new"}
    with pytest.raises(ValueError, match="Too many files"):
        TemporaryFiles(cache, Limits(disk_gb=0.002)).check_room()


def test_a_new_app_removes_the_leftovers_of_a_killed_one(tmp_path):
    root, cache = tmp_path / "runs", tmp_path / "cache"
    folder = visitor(root, "a", 60, x=1)
    (folder / ".names.json.1-2.partial").write_text("{")
    (folder / "adapters" / ".0123456789abcdef").mkdir(parents=True)
    (root / ".half-thrown-away.partial").mkdir()
    (root / "a-run-of-the-command-line").mkdir()
    (root / "a-run-of-the-command-line" / ".state.safetensors.1-2.partial").touch()
    (cache / "x").mkdir(parents=True)
    (cache / "x" / "left").touch()
    cleaned = Retention(VisitorFolders(root, PUBLIC))
    temporary_files = TemporaryFiles(cache, PUBLIC)
    (cache / "x" / "new").touch()
    os.utime(cache / "x" / "new", (time.time() + 1,) * 2)
    cleaned.clean_leftovers()
    temporary_files.clean_leftovers()
    assert {path.name for path in folder.rglob("*")} == {"uploads", "x.tsv", LAST_USED, "adapters"}
    assert {path.name for path in root.iterdir()} == {
        folder.name,
        "a-run-of-the-command-line",
    }
    assert list((root / "a-run-of-the-command-line").iterdir())
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["new"]


def test_discarding_removes_a_folder_in_one_step(tmp_path):
    run = run_of(visitor(tmp_path, "a", 60))
    assert size_on_disk(run.folder) > 0
    discard(run.folder, tmp_path)
    discard(run.folder, tmp_path)
    assert not run.folder.exists() and not list(tmp_path.glob(".*"))
