"""Promise: a visitor's folder is found by their key alone, and a lookup survives a deletion."""

import math

import pytest

from lora_demo.service import disk_usage
from lora_demo.service.limits import NO_LIMITS, Limits
from lora_demo.service.visitor_folders import (
    MAX_KEY_LENGTH,
    MIN_KEY_LENGTH,
    VisitorFolders,
    modified_at,
    retry_if_deleted,
    visitor_folder,
)

KEY = "8PZyqsJ0qcRn3sPl"


def test_a_folder_name_does_not_disclose_the_key(tmp_path):
    assert KEY not in str(visitor_folder(tmp_path, KEY))


@pytest.mark.parametrize(
    "key", ["short", "x" * (MIN_KEY_LENGTH - 1), "x" * (MAX_KEY_LENGTH + 1), None, ["x"] * 20]
)
def test_a_key_that_could_be_guessed_is_refused(tmp_path, key):
    with pytest.raises(ValueError, match="16 to 200 characters"):
        visitor_folder(tmp_path, key)


def test_other_folders_are_not_visitors(tmp_path):
    visitors = VisitorFolders(tmp_path, NO_LIMITS)
    for folder in (visitors.folder(KEY), visitors.without_key, tmp_path / "run-of-a-command"):
        folder.mkdir()
    assert visitors.all() == [visitors.folder(KEY)]


def test_nothing_new_is_stored_where_the_disk_limit_is_exceeded(tmp_path):
    (tmp_path / "file").write_bytes(bytes(2_000_000))
    disk_usage._size_at.cache_clear()
    VisitorFolders(tmp_path, NO_LIMITS).check_room()
    visitors = VisitorFolders(tmp_path, Limits(disk_gb=0.001))
    with pytest.raises(ValueError, match="used up"):
        visitors.writable_folder(KEY)
    assert visitors.folder(KEY)


def test_a_lookup_is_repeated_when_something_was_deleted_meanwhile():
    failures = [FileNotFoundError(), ValueError("gone")]

    @retry_if_deleted
    def lookup():
        if failures:
            raise failures.pop()
        return "found"

    assert lookup() == "found"
    failures += [ValueError("never there")] * 10
    with pytest.raises(ValueError, match="never there"):
        lookup()


def test_a_removed_file_counts_as_the_newest(tmp_path):
    assert modified_at(tmp_path / "removed") == math.inf
