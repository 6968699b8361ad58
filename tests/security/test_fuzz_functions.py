"""Promise: the functions for clients answer or refuse in one line, whatever the arguments are."""

import shutil
import socket
import threading
from inspect import signature
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lora_demo.service import adapter_entries
from lora_demo.service.services import open_services
from lora_demo.training import run
from lora_demo.web.api.adapters import AdaptersApi
from lora_demo.web.api.compare import CompareApi
from lora_demo.web.api.hub import HubApi
from lora_demo.web.api.parameters import ParametersApi
from lora_demo.web.api.train import TrainApi
from lora_demo.web.validation import validated
from tests.hub.conftest import small_base  # noqa: F401  (fixture)
from tests.security.refusal import attempt
from tests.security.samples import SETTINGS, SOUND, as_json, write
from tests.security.strategies import cases, values

KEY = "nobody-else-knows-this-key"


class Echo:
    """A translator that returns the texts unchanged."""

    def compare(
        self,
        texts,
        adapters=(),
        *,
        strengths=None,
        num_beams=1,
        max_new_tokens=None,
        together=False,
    ):
        assert 1 <= len(texts) <= 50
        assert 1 <= num_beams <= 8
        assert all("".join(texts).encode() for _ in adapters)
        assert 1 <= max_new_tokens <= 256
        return [
            SimpleNamespace(
                name="x",
                texts=list(texts),
                tokens=[1] * len(texts),
                rank=None,
                seconds=0.0,
                in_pieces=[],
            )
            for _ in range(1 + len(adapters) + together)
        ]

    def at_ranks(self, texts, adapter, *, strength, num_beams, max_new_tokens):
        assert adapter
        options = {"num_beams": num_beams, "max_new_tokens": max_new_tokens}
        return self.compare(texts, strengths=[strength], **options)

    def compare_tokens(self, text, adapter, *, strength, num_beams, max_new_tokens):
        assert text.encode() and 0 <= strength <= 2
        options = {"num_beams": num_beams, "max_new_tokens": max_new_tokens}
        self.compare([text], [adapter], strengths=[strength], **options)


@pytest.fixture(scope="module")
def services(place, small_base):  # noqa: F811  (fixture)
    """Services without a model, processes or network; connections are counted.

    Threads of earlier tests, such as those of a client's heartbeat, may still connect.
    """
    reached, real = [], socket.socket.connect
    earlier = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}

    def connect(self, address):
        if threading.get_ident() in earlier:
            real(self, address)
        else:
            reached.append(address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        patch.setattr(run, "launch", lambda folder, *_, **__: (folder / "asked").touch())
        patch.setattr(
            adapter_entries,
            "shipped",
            lambda: [
                write(
                    place / "shipped" / "sound",
                    {"adapter_config.json": as_json(SETTINGS), "adapter_model.safetensors": SOUND},
                )
            ],
        )
        patch.setattr(socket.socket, "connect", connect)
        loader = SimpleNamespace(
            base=None, state="ready", translator=Echo, wait_for_base=lambda: None
        )
        yield open_services(str(small_base), None, place / "runs", loader=loader)
    assert reached == []


TAKES_FILES = {"adapter_merge", "adapter_upload", "train_upload"}
"""Functions whose files come through Gradio, and one that writes a whole checkpoint."""


def functions_of_classes(*classes: type) -> dict:
    """Map the name of each function for clients to a function that makes it from services."""
    return {
        name: lambda services, owner=owner, name=name: getattr(owner(services), name)
        for owner in classes
        for name, method in vars(owner).items()
        if callable(method) and name[0] != "_" and name != "register" and name not in TAKES_FILES
    }


FUNCTIONS = functions_of_classes(CompareApi, ParametersApi, AdaptersApi, HubApi, TrainApi)
arguments = {
    "visitor": st.one_of(st.just(KEY), st.just(KEY), st.just(KEY), values),
    "adapters": st.one_of(st.just(["sound"]), values),
    "adapter": st.one_of(st.just("sound"), values),
    "text": st.one_of(st.just("Hallo"), values),
}


@cases(2000)
@given(st.sampled_from(sorted(FUNCTIONS)), st.data())
def test_functions_for_clients_answer_or_refuse(services, name, data):
    function = FUNCTIONS[name](services)
    named = {
        p.name: data.draw(arguments.get(p.name, values))
        for p in signature(function).parameters.values()
        if p.default is p.empty or not data.draw(st.integers(0, 4))
    }
    attempt(validated(function), **named)
    shutil.rmtree(services.visitors.root, ignore_errors=True)
