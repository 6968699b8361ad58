"""Clients of the page that wait for the answers of a busy machine."""

from gradio_client import Client

from tests.waiting import PATIENCE


def connect(url: str, **options) -> Client:
    """Connect to a page; without a time limit here, the client gives up after five seconds."""
    return Client(str(url), verbose=False, httpx_kwargs={"timeout": PATIENCE}, **options)
