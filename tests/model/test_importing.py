"""Faster imports leave Python unchanged."""

import gc
import inspect
import sys
from importlib import import_module

import pytest

from lora_demo.model.importing import without_collecting, without_package, without_stubs


def failing_import(original):
    with without_collecting(), without_stubs():
        assert not gc.isenabled()
        assert inspect.getfile(pytest.raises) == original(pytest.raises)
        raise RuntimeError


def test_a_failed_import_leaves_python_unchanged():
    enabled, original = gc.isenabled(), inspect.getfile
    with pytest.raises(RuntimeError):
        failing_import(original)
    assert (gc.isenabled(), inspect.getfile) == (enabled, original)


def test_a_hidden_package_cannot_be_imported_until_the_block_ends(tmp_path, monkeypatch):
    (tmp_path / "hidden_package.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with without_package("hidden_package"), pytest.raises(ImportError):
        import_module("hidden_package")
    monkeypatch.setitem(sys.modules, "hidden_package", import_module("hidden_package"))
    with without_package("hidden_package"):
        import_module("hidden_package")
