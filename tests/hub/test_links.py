"""Addresses of the Hub and other spellings are read, or refused with the name to give."""

import pytest

from lora_demo.checkpoints.adapter_files import find_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.repository_names import validate_name
from lora_demo.hub.places import Place, parse_place

HOSTS = [
    "https://huggingface.co/",
    "http://huggingface.co/",
    "https://www.huggingface.co/",
    "https://hf.co/",
    "huggingface.co/",
    "HF.co/",
    "hf://",
]
PAGES = {
    "": (None, ""),
    "/": (None, ""),
    "#usage": (None, ""),
    "?library=peft#usage": (None, ""),
    "/tree/main": ("main", ""),
    "/tree/main/checkpoint-500/": ("main", "checkpoint-500"),
    "/raw/v1/adapter_config.json": ("v1", ""),
    "/blob/main/out/adapter_model.safetensors": ("main", "out"),
    "/commit/0123abc": ("0123abc", ""),
    "/commits/main": ("main", ""),
    "/tree/refs%2Fpr%2F7": ("refs/pr/7", ""),
}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("page", PAGES)
def test_an_address_of_an_adapter_is_its_repository_with_revision_and_folder(host, page):
    assert parse_place(f"{host}anna/x{page}") == Place("anna/x", *PAGES[page])


@pytest.mark.parametrize("host", HOSTS)
def test_an_address_is_a_name_to_push_to_but_not_a_page_below_it(host):
    assert validate_name(f" {host}anna/x/ ") == validate_name(f"{host}anna/x#readme") == "anna/x"
    with pytest.raises(ValueError, match="user/name"):
        validate_name(f"{host}anna/x/tree/main")


@pytest.mark.parametrize(
    "text",
    [
        "https://huggingface.co/datasets/anna/x",
        "spaces/anna/x",
        "hf.co/anna",
        "https://huggingface.co/anna/x/tree/%2e%2e/y",
        "https://example.org/anna/x",
        "https://huggingface.co.example.org/anna/x",
    ],
)
def test_what_is_not_a_model_on_the_hub_is_refused(text):
    with pytest.raises(ValueError, match="user/name"):
        parse_place(text)


@pytest.mark.parametrize("host", HOSTS)
def test_an_address_in_the_place_of_a_base_or_an_adapter_gives_the_name(host):
    with pytest.raises(ValueError, match=r"Give the id of the model, 'google/flan-t5-small'\.$"):
        find_base(f"{host}google/flan-t5-small/tree/main")
    with pytest.raises(ValueError, match=r"downloaded with `pull anna/x`\.$"):
        find_adapter(f"{host}anna/x")
    with pytest.raises(ValueError, match=r"downloaded with `pull anna/x`\.$"):
        find_adapter("anna/x")
