"""A COMET model of the Hub: size and license first, then a yes, then only what is needed."""

import os
import pty
import subprocess
import sys

import pytest

from lora_demo.evaluation.comet.download import find_model
from lora_demo.evaluation.comet.offered import offered_comet
from tests.commands import run
from tests.evaluation.comet_setting import make_environment, make_model, settings_text

MODEL, ENCODER = "ada/wmt22", "ada/encoder"
WHAT = "ada/wmt22 (6.11 kB, license cc-by-nc-4.0) and the tokenizer of its encoder"


@pytest.fixture
def published(hub):
    """A model whose encoder is another repository, each with files that nobody needs."""
    checkpoint = b"scores" + 6000 * b" "
    files = {
        "hparams.yaml": settings_text(ENCODER).encode(),
        "checkpoints/model.ckpt": checkpoint,
        "README.md": b"---\nlicense: cc-by-nc-4.0\n---\n",
        "training.log": b"x" * 900,
    }
    hub.add(MODEL, files, extra={"card": {"license": "cc-by-nc-4.0"}})
    encoder = {
        "config.json": b"{}",
        "tokenizer.json": b'{"a": 1}',
        "model.safetensors": b"x" * 5000,
    }
    hub.add(ENCODER, encoder, extra={"card": {"license": "mit"}})
    return checkpoint


def downloads(hub) -> list[str]:
    return [path for method, path, _ in hub.requests if method == "GET" and "/api/" not in path]


def test_a_model_is_downloaded_after_a_yes_with_what_it_needs(hub, published):
    asked = []
    model = find_model(MODEL, asked.append)
    assert asked == [WHAT]
    commit = hub.repo(MODEL).commits[-1][0]
    assert model.name == f"ada/wmt22@{commit[:8]}"
    assert model.license == "cc-by-nc-4.0"
    assert model.checkpoint.read_bytes() == published
    fetched = " ".join(downloads(hub))
    assert "tokenizer.json" in fetched and "ada/encoder" in fetched
    assert "training.log" not in fetched and "model.safetensors" not in fetched
    hub.requests.clear()
    assert find_model(MODEL, asked.append).folder == model.folder
    assert len(asked) == 1 and hub.requests == [], "it is in the cache"


def test_the_tokenizer_of_a_local_model_is_asked_for_by_itself(hub, published, tmp_path):
    folder = make_model(tmp_path / "tiny")
    (folder / "hparams.yaml").write_text(settings_text(ENCODER))
    asked = []
    find_model(str(folder), asked.append)
    assert asked == ["the tokenizer of ada/encoder (10 B, license mit), which tiny needs"]


def test_nothing_is_downloaded_after_a_no(hub, published):
    def refuse(what: str):
        raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no"):
        find_model(MODEL, refuse)
    assert downloads(hub) == []


def test_a_page_downloads_no_model(hub, published, tmp_path, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_COMET_PYTHON", str(make_environment(tmp_path / "environment")))
    monkeypatch.setenv("LORA_DEMO_COMET_MODEL", MODEL)
    with pytest.raises(ValueError, match=r"LORA_DEMO_COMET_MODEL would download .* --yes") as error:
        offered_comet()
    assert WHAT in str(error.value) and downloads(hub) == []
    find_model(MODEL, lambda what: None)
    assert offered_comet().model.name.startswith("ada/wmt22@")


@pytest.mark.parametrize("model", ["ada/nothing", "ada/gated"])
def test_a_model_that_cannot_be_read_is_named(hub, model):
    hub.add("ada/gated", {"hparams.yaml": b"", "checkpoints/model.ckpt": b"x"}, gated=True)
    with pytest.raises(ValueError, match=f"COMET needs {model}, which is not on") as error:
        find_model(model, print)
    assert "\n" not in str(error.value)


@pytest.fixture
def command(tmp_path):
    """The arguments of an evaluation with the model of the Hub."""
    (tmp_path / "set.tsv").write_text("de\ten\nJa.\tYes.\nNein.\tNo.\n")
    (tmp_path / "out.txt").write_text("Yes.\nNot.\n")
    arguments = ["evaluate", "--base", "none", "--data", tmp_path / "set.tsv"]
    arguments += ["--outputs", f"other={tmp_path / 'out.txt'}", "--comet", MODEL]
    return [*arguments, "--comet-python", make_environment(tmp_path / "environment")]


def test_the_command_downloads_only_with_yes(hub, published, command, capsys):
    status, out, err = run(capsys, *command)
    assert (status, out) == (2, "")
    assert err == f"lora_demo: --comet would download {WHAT}. Add --yes to download it.\n"
    assert downloads(hub) == []
    status, out, err = run(capsys, *command, "--yes")
    assert status == 0 and f"Downloading {WHAT}" in err
    assert "COMET, means of scores|model:ada/wmt22@" in out


@pytest.mark.parametrize(("answer", "status"), [("n", 2), ("", 2), ("y", 0)])
def test_a_terminal_asks(hub, published, command, tmp_path, answer, status):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    terminal, side = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    ended = subprocess.run(
        [sys.executable, "-m", "lora_demo", *map(str, command)],
        stdin=side,
        stderr=side,
        stdout=subprocess.PIPE,
        env=environment,
        check=False,
    )
    shown = os.read(terminal, 100_000).decode()
    assert ended.returncode == status
    assert f"--comet downloads {WHAT}. Download it? [y/N]" in shown
    assert bool(downloads(hub)) == (status == 0)
    assert (b"COMET, means" in ended.stdout) == (status == 0)
