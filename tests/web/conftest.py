"""Fixtures of other folders that the tests of the page use."""

from tests.evaluation.conftest import (  # noqa: F401 (fixtures)
    adapter,
    files,
    translator,
    weather,
)
from tests.service.fake_processes import processes  # noqa: F401 (fixture)
