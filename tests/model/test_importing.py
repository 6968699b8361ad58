"""Quicker imports leave Python as it was."""

import gc
import inspect

import pytest

from lora_demo.model.importing import without_collecting, without_stubs


def test_imports_leave_python_as_it_was():
    enabled, found = gc.isenabled(), inspect.getfile
    with pytest.raises(RuntimeError), without_collecting(), without_stubs():
        assert not gc.isenabled() and inspect.getfile(pytest.raises) == found(pytest.raises)
        raise RuntimeError
    assert (gc.isenabled(), inspect.getfile) == (enabled, found)
