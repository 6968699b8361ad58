"""Pull over a failing Hub: retries, and no trace of what failed."""

import hashlib

import pytest

from lora_demo.checkpoints.base import find_base
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.push import push_adapter
from tests.hub.conftest import PEFT_FILES, files_of, make_adapter
from tests.hub.server import Fault


def test_pushing_and_pulling_work_with_another_kind_of_hub(hub, adapter, small_base, tmp_path):
    """Trees in pages, uploads in parts, redirects, Xet, weak ETags, and minimal answers."""
    hub.parts = 1500
    hub.add("ada/small-t5", files_of(small_base))
    assert push_adapter(adapter, "ada/kitchen").changed
    assert not push_adapter(adapter, "ada/kitchen").changed
    assert hub.count("PUT", "^/lfs-part/") > 1
    assert len(hub.repo("ada/kitchen").commits) == 2
    hub.faults += [Fault("PUT", "/lfs-part/.*/1", cut=500), Fault("POST", "^/lfs/", 503)]
    make_adapter(adapter, small_base, "ada/small-t5", seed=1)
    assert push_adapter(adapter, "ada/kitchen").changed
    assert all(fault.times == 0 for fault in hub.faults)
    assert pull_adapter("ada/kitchen", tmp_path / "back").base == "ada/small-t5"
    back = files_of(tmp_path / "back")
    assert set(back) == PEFT_FILES
    assert back.items() <= hub.repo("ada/kitchen").files.items()
    assert back["adapter_model.safetensors"] == (adapter / "adapter_model.safetensors").read_bytes()
    assert (find_base("ada/small-t5").folder / "model.safetensors").read_bytes() == (
        small_base / "model.safetensors"
    ).read_bytes()
    hub.add("ada/theirs", {f"{i}.txt": b"x" for i in range(9)})
    with pytest.raises(ValueError, match="not made by lora_demo"):
        push_adapter(adapter, "ada/theirs")


PULL_FAULTS = {
    "500 at info": Fault("GET", "/api/models/ada/kitchen", 500),
    "429 at the tree": Fault("GET", "/tree/", 429, {"Retry-After": "1"}),
    "500 at HEAD": Fault("HEAD", "/resolve/", 500),
    "cut in mid-download": Fault("GET", "/cdn/", cut=900, times=2),
    "503 at download": Fault("GET", "/cdn/", 503),
    "slow": Fault("GET", "/cdn/", slow=1.5),
    "truncated": Fault("GET", "/cdn/", twist=lambda data: data[:-100]),
    "longer than stated": Fault("GET", "/cdn/", twist=lambda data: data + b"x"),
    "of another content": Fault("GET", "/cdn/", twist=lambda data: data[:-1] + b"?"),
    "a page of a proxy": Fault("GET", "/cdn/", page=True),
    "a page of a proxy at HEAD": Fault("HEAD", "/resolve/", page=True),
    "a page of a proxy at the tree": Fault("GET", "/tree/", page=True),
    "truncated JSON": Fault(
        "GET", "/resolve/.*adapter_config.json", twist=lambda data: data[:-100]
    ),
}


@pytest.mark.parametrize("fault", PULL_FAULTS.values(), ids=PULL_FAULTS)
def test_temporary_faults_are_retried(hub, published, adapter, tmp_path, fault):
    hub.faults.append(fault)
    pull_adapter("ada/kitchen", tmp_path / "back")
    assert fault.times == 0
    assert (tmp_path / "back" / "adapter_model.safetensors").read_bytes() == (
        adapter / "adapter_model.safetensors"
    ).read_bytes()


def swapped(data: bytes) -> bytes:
    """Return other data of the same length."""
    return data.replace(b'"lora_alpha": 6', b'"lora_alpha": 7')


def test_a_small_file_with_wrong_content_is_not_kept(hub, published, tmp_path):
    hub.faults.append(Fault("GET", "/resolve/.*adapter_config.json", twist=swapped))
    pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        (tmp_path / "back" / "adapter_config.json").read_bytes()
        == published.files["adapter_config.json"]
        != swapped(published.files["adapter_config.json"])
    )
    hub.faults.append(Fault("GET", "/resolve/.*adapter_config.json", twist=swapped, times=99))
    with pytest.raises(ValueError, match=r"adapter_config.json was damaged"):
        pull_adapter("ada/kitchen", tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "hash",
    [lambda data: hashlib.sha1(data).hexdigest(), lambda data: "", lambda data: "x"],
    ids=["SHA-1 of the bytes", "none", "no hash"],
)
def test_a_hub_with_other_hashes_can_be_pulled_from(hub, published, tmp_path, hash):
    hub.hash = hash
    assert set(files_of(pull_adapter("ada/kitchen", tmp_path / "back").folder)) == PEFT_FILES


LASTING = {
    "always of another content": (
        Fault("GET", "/cdn/", twist=lambda data: data[:-1] + b"?", times=99),
        "adapter_model.safetensors was damaged during the download.* not kept. Try again",
    ),
    "always truncated": (
        Fault("GET", "/cdn/", twist=lambda data: data[:-100], times=99),
        "was damaged",
    ),
    "a page of a proxy everywhere": (Fault("GET", ".", page=True, times=99), "login page"),
    "403 at the storage": (Fault("GET", "/cdn/", 403, times=99), "not allowed"),
    "503 for long": (Fault("GET", "/cdn/", 503, times=99), "status 503"),
    "429 for long": (
        Fault("HEAD", "/resolve/", 429, {"Retry-After": "900"}, times=99),
        "in 900 s",
    ),
}


@pytest.mark.parametrize(("fault", "word"), LASTING.values(), ids=LASTING)
def test_lasting_faults_give_one_sentence_and_leave_no_files(hub, published, tmp_path, fault, word):
    hub.faults.append(fault)
    with pytest.raises(ValueError, match=word) as error:
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert "\n" not in str(error.value)
    assert hub.url not in str(error.value)
    assert not list(tmp_path.glob("*back*"))
    hub.faults.clear()
    assert pull_adapter("ada/kitchen", tmp_path / "back").rank == 3


def test_a_token_never_goes_to_the_storage_host(hub, published, tmp_path):
    pull_adapter("ada/kitchen", tmp_path / "back")
    assert [auth for _, path, auth in hub.requests if path.startswith("/cdn/")] == [False]
