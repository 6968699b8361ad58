"""An app with the embedded base and the shipped adapters, for tests in Chromium."""

import pytest

from tests.browser.conftest import PATIENCE, end_app, free_port, start_app


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """The address of an app with the embedded base."""
    process, served = start_app("mini", tmp_path_factory.mktemp("mini") / "runs", free_port())
    yield served.url
    end_app(process)


@pytest.fixture
def embedded_page(chromium, embedded):
    """The page of that app."""
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(PATIENCE)
    page.goto(embedded)
    yield page
    page.close()
