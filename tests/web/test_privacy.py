"""Promise: a visitor deletes everything of theirs, and no text of a visitor is in the log."""

import io
import logging
from contextlib import suppress

import pytest
from gradio_client import handle_file

from lora_demo.service.log import LOG, report
from tests.clients import connect
from tests.hub.page import KEY, open_page_services, serve_page

MARKER = "Unverwechselbarer"
OTHER = "somebody-else-has-this-key"


@pytest.fixture
def log(monkeypatch):
    """All lines of all loggers, as an owner who logs everything would see them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    for logger in (LOG, logging.getLogger()):
        monkeypatch.setattr(logger, "handlers", [*logger.handlers, handler])
        monkeypatch.setattr(logger, "level", logging.DEBUG)
    return stream


def call(client, *values, api_name):
    with suppress(Exception):  # refusals are part of the test
        return client.predict(*values, api_name=f"/{api_name}")


def test_no_text_of_a_visitor_is_logged_and_all_is_deleted(tiny_base, tmp_path, log):
    services = open_page_services(tiny_base, tmp_path / "runs", "visitor")
    pairs = tmp_path / f"{MARKER}.tsv"
    pairs.write_text("de\ten\n" + "".join(f"{MARKER} {n}\tMarker {n}\n" for n in range(9)))
    broken = tmp_path / f"{MARKER}.zip"
    broken.write_text(MARKER)
    with serve_page(services) as url:
        client = connect(url)
        for visitor in (KEY, OTHER):
            assert call(client, handle_file(pairs), visitor, api_name="train_upload")
        call(client, [handle_file(broken)], KEY, api_name="adapter_upload")
        for name in ("adapter_inspect", "adapter_delete", "train_status", "evaluate_report"):
            call(client, MARKER, MARKER, api_name=name)
        call(client, MARKER, [MARKER], api_name="compare")
        call(client, KEY, MARKER, api_name="train_start")
        call(client, [MARKER], MARKER, api_name="evaluate")
        assert client.predict(KEY, api_name="/delete_everything") == {"runs": 0, "evaluations": 0}
    try:
        raise ValueError(MARKER)
    except ValueError as error:
        report(error, "a handler")
    assert not services.visitors.folder(KEY).exists()
    assert list((services.visitors.folder(OTHER) / "uploads").iterdir())
    lines = log.getvalue()
    assert "deleted everything" in lines and "error" in lines
    assert MARKER not in lines and KEY not in lines
