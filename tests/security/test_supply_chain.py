"""Promise: CI and a Space install versions that are locked with hashes, inside the ranges."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = (".ci/requirements.lock", ".ci/requirements-dev.lock")
PIN = re.compile(r"([\w.-]+)==([\w.+!-]+) \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def locked(name: str) -> dict[str, str]:
    """Versions of a lock file by canonical name."""
    pins = map(PIN.fullmatch, (ROOT / name).read_text().splitlines())
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def ranges() -> list[Requirement]:
    return [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines()]


def tool_ranges() -> list[Requirement]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [
        Requirement(text) for group in extras["optional-dependencies"].values() for text in group
    ]


@pytest.mark.parametrize("requirement", ranges(), ids=lambda requirement: requirement.name)
def test_each_dependency_is_locked_inside_its_range(requirement):
    for lock in LOCKS:
        version = locked(lock)[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), lock


@pytest.mark.parametrize("requirement", tool_ranges(), ids=lambda requirement: requirement.name)
def test_each_tool_for_development_is_locked_inside_its_range(requirement):
    version = locked(LOCKS[1])[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_both_locks_hold_the_same_versions():
    lock, development = (locked(name) for name in LOCKS)
    assert len(lock) > 50 and lock.items() <= development.items()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_only_versions_with_hashes(name):
    lines = (ROOT / name).read_text().splitlines()
    kept = [line for line in lines if not line.lstrip().startswith("#")]
    assert all(PIN.fullmatch(line) or HASH.fullmatch(line) for line in kept)
    assert all(HASH.fullmatch(kept[i + 1]) for i, line in enumerate(kept) if PIN.fullmatch(line))


def test_a_space_and_the_lock_have_the_same_version_of_gradio():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (version,) = re.findall(r"^sdk_version: (.+)$", readme, re.MULTILINE)
    assert locked(LOCKS[0])["gradio"] == version
