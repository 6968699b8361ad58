"""Fixtures that the tests of the page use, some of them of other folders."""

import threading
from types import SimpleNamespace

import pytest

from lora_demo.service.limits import Limits
from tests.evaluation.conftest import (  # noqa: F401 (fixtures)
    adapter,
    files,
    translator,
    weather,
)
from tests.service.fake_processes import processes  # noqa: F401 (fixture)
from tests.waiting import PATIENCE
from tests.web.evaluate_tab import make_services


@pytest.fixture
def services(translator, adapter, tmp_path):  # noqa: F811
    return make_services(translator, adapter, tmp_path, Limits())


@pytest.fixture
def gate(translator):  # noqa: F811
    """Holds the translator's second batch until it is set; `reached` is set when it gets there."""
    gate, reached, compare = threading.Event(), threading.Event(), translator.compare

    def held(texts, *rest, **more):
        if translator.calls:
            reached.set()
            assert gate.wait(PATIENCE)
        return compare(texts, *rest, **more)

    translator.compare = held
    yield SimpleNamespace(set=gate.set, wait=lambda: reached.wait(PATIENCE))
    gate.set()
