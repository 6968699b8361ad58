"""The tiny base of the tests of checkpoints."""

import pytest

from lora_demo.checkpoints.base import find_base


@pytest.fixture(scope="session")
def base(tiny_base):
    return find_base(str(tiny_base))
