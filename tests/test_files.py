"""`lora_demo.files`: small files are replaced atomically and read with limits."""

import json
from pathlib import Path

import pytest

from lora_demo.files import (
    MAX_JSON_BYTES,
    atomic_write,
    expand_home,
    parse_json,
    read_json,
    remove_partials,
    size_on_disk,
    write_json,
)


def test_json_comes_back_as_it_was_written(tmp_path):
    document = {"text": "Grüße", "numbers": [1, 2.5, None]}
    write_json(tmp_path / "a" / "file.json", document)
    assert read_json(tmp_path / "a" / "file.json") == document


def test_a_failed_write_keeps_the_old_file_and_leaves_no_partial_file(tmp_path):
    path = tmp_path / "file.json"
    write_json(path, {"old": 1})

    def fail():
        with atomic_write(path) as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read_json(path) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b'{"a": "\\ud800"}', b"\xff", b"[" * 10**5])
def test_what_is_not_a_json_object_is_refused(data, tmp_path):
    (tmp_path / "file.json").write_bytes(data)
    with pytest.raises(ValueError, match=r"file\.json"):
        read_json(tmp_path / "file.json")
    assert parse_json(data) is None


def test_large_json_is_refused(tmp_path):
    data = json.dumps({"a": "x" * MAX_JSON_BYTES}).encode()
    (tmp_path / "file.json").write_bytes(data)
    with pytest.raises(ValueError, match="over 1,000,000 bytes"):
        read_json(tmp_path / "file.json")
    assert parse_json(data) is None


def test_partial_files_are_removed_in_every_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".file.1-2.partial").write_text("half")
    (tmp_path / "kept").write_text("whole")
    remove_partials(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["kept"]


def test_a_folder_is_as_large_as_its_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(b"x" * 10)
    (tmp_path / "two").write_bytes(b"x" * 5)
    assert size_on_disk(tmp_path) == 15
    assert size_on_disk(tmp_path / "two") == 5


def test_a_home_of_an_unknown_user_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert expand_home("~/a") == Path("/home/me/a")
    assert expand_home(Path("~nobody-of-that-name/a")) == Path("~nobody-of-that-name/a")
