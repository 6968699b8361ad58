"""The page's base from the Hub: its progress, and one sentence for each fault."""

import threading
from types import SimpleNamespace

import pytest

from lora_demo.service.model_loader import ModelLoader
from tests.hub.server import Fault
from tests.waiting import wait_for


class RecordingLoader(ModelLoader):
    """A loader that keeps all of its messages."""

    def _describe(self, text, **values):
        super()._describe(text, **values)
        self.__dict__.setdefault("messages", []).append(self.message)


def load(id: str) -> RecordingLoader:
    loader = RecordingLoader(id, load=lambda base: SimpleNamespace(compare=lambda *_: None))
    loader.start()
    loader.join()
    return loader


def test_a_cut_download_reports_progress_and_continues(hub, published_base):
    size = len(published_base.files["model.safetensors"])
    hub.faults.append(Fault("GET", "/cdn/", cut=size // 2))
    loader = load("ada/small-t5")
    messages = [
        message for message in loader.messages if message.startswith("downloading ada/small-t5, ")
    ]
    assert loader.state == "ready"
    assert messages[-1].endswith(f"{size / 1e6:,.0f} of {size / 1e6:,.0f} MB")
    assert any(asked.startswith("bytes=") and asked != "bytes=0-" for asked in hub.ranges)


def test_progress_names_the_share_and_the_time_left(monkeypatch):
    from lora_demo.service import model_loader

    clock = iter([100.0, 100.0, 110.0, 120.0])
    loader = ModelLoader("google/flan-t5-small")
    monkeypatch.setattr(model_loader, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    progress = loader._report_download(threading.Event())
    seen = []
    for there in (0, 100_000_000, 300_000_000):
        progress(there, 300_000_000)
        seen.append(loader.message)
    assert seen == [
        f"downloading google/flan-t5-small, {rest}"
        for rest in ("0 of 300 MB", "100 of 300 MB, 20 s left", "300 of 300 MB")
    ]


def test_a_missing_network_gives_one_sentence(hub, published_base, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loader = load("ada/small-t5")
    assert loader.state == "failed"
    assert loader.error.startswith("HF_HUB_OFFLINE is set")
    assert hub.requests == []
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE"):
        loader.translator()


def test_a_cancelled_download_stops_at_once_and_can_continue(hub, published_base):
    size = len(published_base.files["model.safetensors"])
    is_cancelled = threading.Event()
    hub.faults += [Fault("GET", "/cdn/", cut=size // 2), Fault("GET", "/cdn/", until=is_cancelled)]
    loader = ModelLoader("ada/small-t5", load=lambda base: SimpleNamespace(compare=lambda *_: None))
    loader.cancel()
    assert loader.state == "loading"
    loader.start()
    wait_for(lambda: loader.is_downloading and hub.ranges)
    loader.cancel()
    assert loader.state == "cancelled"
    is_cancelled.set()
    with pytest.raises(ValueError, match=r"was cancelled. The part already downloaded is kept"):
        loader.translator()
    loader.start()
    loader.join()
    assert loader.state == "ready"
    assert loader.translator()
    assert loader.base.id == "ada/small-t5"
    assert f"bytes={size // 2}-" in hub.ranges
