"""Zip files of adapters: unpacked without trust, packed into an outbox that is cleaned."""

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lora_demo.language import in_language
from lora_demo.service import archives


def zipped(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def test_unpacking_never_uses_a_path_of_the_archive(tmp_path):
    names = [
        "../../x/adapter_config.json",
        "../../x/adapter_model.safetensors",
        "../../x/evil.py",
        "other/README.md",
    ]
    target = tmp_path / "in"
    target.mkdir()
    archives.unpack_upload([zipped(tmp_path / "a.zip", names)], target)
    assert sorted(path.name for path in target.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "in"]


@pytest.mark.parametrize(
    "names", [[], ["adapter_config.json"], ["a/adapter_config.json", "b/adapter_config.json"]]
)
def test_archives_without_exactly_one_adapter_are_refused(tmp_path, names):
    target = tmp_path / "in"
    target.mkdir()
    with pytest.raises(ValueError, match=r"The upload does not contain|holds 2 adapters"):
        archives.unpack_upload([zipped(tmp_path / "a.zip", names)], target)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a/adapter_config.json", "a/adapter_model.bin"], "weights_only=True"),
        (["a/config.json", "a/model.safetensors"], "does not contain"),
    ],
)
def test_an_archive_without_the_weights_says_what_it_needs(tmp_path, names, words):
    with pytest.raises(ValueError, match=words):
        archives.unpack_upload([zipped(tmp_path / "a.zip", names)], tmp_path)


def test_both_missing_files_are_listed_in_the_readers_language(tmp_path):
    with in_language("de"), pytest.raises(ValueError, match=r"safetensors oder adapter_config"):
        archives.unpack_upload([zipped(tmp_path / "a.zip", [])], tmp_path)


def test_an_outer_config_without_weights_does_not_hide_a_checkpoint(tmp_path):
    names = ["out/adapter_config.json", "out/checkpoint-5/adapter_config.json"]
    names += ["out/checkpoint-5/adapter_model.safetensors"]
    target = tmp_path / "in"
    target.mkdir()
    archives.unpack_upload([zipped(tmp_path / "a.zip", names)], target)
    assert (target / "adapter_config.json").read_text() == names[1]


def test_files_that_a_browser_has_numbered_are_known(tmp_path):
    loose = [tmp_path / "adapter_config (1).json", tmp_path / "adapter_model(2).safetensors"]
    for file in loose:
        file.write_text(file.name)
    target = tmp_path / "in"
    target.mkdir()
    archives.unpack_upload(loose, target)
    names = {path.name for path in target.iterdir()}
    assert names == {"adapter_config.json", "adapter_model.safetensors"}


@pytest.mark.parametrize("folder", ["", "out/", "out\\"])
def test_numbered_files_in_a_zip_are_known_and_come_after_others(tmp_path, folder):
    names = ["adapter_config.json", "adapter_config (1).json", "adapter_model (12).safetensors"]
    target = tmp_path / "in"
    target.mkdir()
    archives.unpack_upload([zipped(tmp_path / "a.zip", [folder + n for n in names])], target)
    assert (target / "adapter_config.json").read_text().endswith("adapter_config.json")
    assert "(12)" in (target / "adapter_model.safetensors").read_text()


@pytest.mark.parametrize("name", ["a.tar.gz", "a.7z", "a.rar"])
def test_other_archives_are_named_as_what_they_are(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match="is not a zip file"):
        archives.unpack_upload([tmp_path / name], tmp_path)


@pytest.mark.parametrize("outer", ["", "out/"])
def test_a_trainers_output_gives_the_outer_adapter(tmp_path, outer):
    names = ["adapter_config.json", "adapter_model.safetensors"]
    folders = [f"{outer}checkpoint-500/", outer, f"{outer}checkpoint-1000/"]
    target = tmp_path / "in"
    target.mkdir()
    archive = zipped(tmp_path / "a.zip", [folder + name for folder in folders for name in names])
    archives.unpack_upload([archive], target)
    for name in names:
        assert (target / name).read_text() == outer + name


def test_checkpoints_without_an_outer_adapter_are_listed(tmp_path):
    names = [f"checkpoint-{step}/adapter_config.json" for step in (1000, 500)]
    with pytest.raises(ValueError, match="in checkpoint-500, checkpoint-1000"):
        archives.unpack_upload([zipped(tmp_path / "a.zip", names)], tmp_path)


@pytest.mark.parametrize("outer", ["", "out/"])
def test_a_pickle_in_the_outer_folder_is_not_replaced_by_a_checkpoint(tmp_path, outer):
    checkpoint = f"{outer}checkpoint-500/"
    names = [f"{outer}adapter_config.json", f"{outer}adapter_model.bin"]
    names += [f"{checkpoint}adapter_config.json", f"{checkpoint}adapter_model.safetensors"]
    with pytest.raises(ValueError, match=r"Upload one of these .* python -c ") as error:
        archives.unpack_upload([zipped(tmp_path / "a.zip", names)], tmp_path)
    assert f"only in {outer}checkpoint-500, below" in str(error.value)


def test_unpacking_stops_at_the_size_limit(tmp_path, monkeypatch):
    monkeypatch.setitem(archives.MAX_FILE_BYTES, "adapter_config.json", 100)
    target = tmp_path / "in"
    target.mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("adapter_config.json", "{}" * 1000)
    with pytest.raises(ValueError, match="too large"):
        archives.unpack_upload([tmp_path / "a.zip"], target)


def test_threads_can_clear_the_outbox_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(archives.tempfile, "tempdir", str(tmp_path))
    for number in range(300):
        (tmp_path / f"{archives.OUTBOX}{number}").mkdir()
        os.utime(tmp_path / f"{archives.OUTBOX}{number}", (1, 1))
    with ThreadPoolExecutor(8) as pool:
        boxes = list(pool.map(lambda _: archives.outbox(), range(16)))
    assert sorted(tmp_path.iterdir()) == sorted(boxes)


def test_old_outboxes_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(archives.tempfile, "tempdir", str(tmp_path))
    old = archives.outbox()
    assert archives.outbox() != old and old.is_dir()
    monkeypatch.setattr(archives, "OUTBOX_SECONDS", -1)
    assert archives.outbox().is_dir() and not old.exists()


def test_an_encrypted_zip_is_named_as_one(tmp_path):
    archive = zipped(tmp_path / "a.zip", ["x/adapter_config.json", "x/adapter_model.safetensors"])
    data = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        start = data.find(signature)
        while start >= 0:
            data[start + flags] |= 1
            start = data.find(signature, start + 1)
    archive.write_bytes(data)
    with pytest.raises(ValueError, match=r"^a\.zip is encrypted\. Make a new zip .* password\.$"):
        archives.unpack_upload([archive], tmp_path)


@pytest.mark.parametrize("is_inside", [True, False])
def test_zips_in_the_place_of_one_zip_are_named(tmp_path, is_inside):
    archive = zipped(tmp_path / "out.zip", ["adapter.zip" if is_inside else "x"])
    files = [archive] if is_inside else [archive, zipped(tmp_path / "b.zip", [])]
    name = "adapter.zip" if is_inside else "out.zip, b.zip"
    with pytest.raises(ValueError, match=f"it holds {name}. Upload one zip, alone"):
        archives.unpack_upload(files, tmp_path)
