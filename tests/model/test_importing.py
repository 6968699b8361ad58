"""Faster imports leave Python unchanged."""

import gc
import inspect

import pytest

from lora_demo.model.importing import without_collecting, without_stubs


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
