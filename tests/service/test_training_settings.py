"""Settings files of page and command line are the same, and a run's settings fill the form."""

import json
import shutil

import pytest

from lora_demo.checkpoints import adapter_files
from lora_demo.checkpoints.download import sha256_of
from lora_demo.cli.main import main
from lora_demo.data.sources import training_domains
from lora_demo.files import format_json
from lora_demo.service import adapter_entries
from lora_demo.service.run_history import public_command
from lora_demo.service.training_settings import MAX_SETTINGS_BYTES, form_values
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import create
from tests.service.conftest import KEY, OTHER

WEIGHTS = "adapter_model.safetensors"
ODD = TrainRequest(
    rank=3,
    alpha=5.0,
    targets="q,wo",
    learning_rate=1e-3,
    batch_size=4,
    unit="epochs",
    length=0.5,
    dropout=0.1,
    patience=2,
    seed=7,
    name="mine",
    decay="cosine",
    eval_every=9,
    max_pairs=50,
    use_rslora=True,
    watch="builtin:everyday",
    replay=0.2,
    use_dora=True,
    layers="0-1",
    part="decoder",
)


@pytest.fixture
def settings(services, monkeypatch):
    monkeypatch.setattr(adapter_files, "shipped", adapter_entries.shipped)
    return services.training_settings


def read(settings, document, visitor=KEY):
    return settings.read(format_json(document).encode(), "mine.json", visitor)


def from_command_line(tmp_path, *arguments):
    """Return the settings that `train --save-config` writes."""
    file = tmp_path / "saved.json"
    assert main([str(word) for word in ("train", *arguments, "--save-config", file)]) == 0
    return json.loads(file.read_text())


@pytest.mark.parametrize(
    "request_",
    [ODD, TrainRequest(), TrainRequest(rank="2, 4", alpha=0, unit="steps", length=9)],
    ids=["odd", "default", "sweep"],
)
def test_a_file_of_the_page_fills_the_form_with_the_same_settings(settings, services, request_):
    form = read(settings, settings.document(request_, "builtin:weather", KEY))
    configs = services.trainings.configs
    assert form.data == "builtin:weather"
    assert configs(form.request, form.data, KEY) == configs(request_, "builtin:weather", KEY)


@pytest.mark.parametrize("alpha", [0, 4.0, 7.0])
def test_a_sweep_keeps_its_alpha(settings, services, alpha):
    sweep = TrainRequest(rank="2, 4", alpha=alpha, unit="steps", length=9)
    document = settings.document(sweep, "builtin", KEY)
    assert document["ranks"] == [2, 4] and document.get("alpha", 0) == alpha
    assert read(settings, document).request.alpha == alpha


@pytest.mark.parametrize("rank", [3, "2, 4"])
def test_the_command_line_takes_a_file_of_the_page(settings, tiny_base, tmp_path, rank):
    request = TrainRequest(rank=rank, targets="q,wo", unit="steps", length=9, name="mine")
    document = settings.document(request, "builtin:weather", KEY)
    (tmp_path / "page.json").write_text(format_json(document))
    document |= {"base": str(tiny_base)}  # the page hides the folder of the base
    taken = from_command_line(tmp_path, "--config", tmp_path / "page.json", "--base", tiny_base)
    assert taken == document


def test_the_page_takes_a_file_of_the_command_line(settings, services, tiny_base, tmp_path):
    words = ("--base", tiny_base, "--data", "builtin:recipes", "--rank", 4, "--targets", "q,v")
    words += ("--epochs", 2, "--seed", 3, "--replay", 0.1, "--patience", 2)
    words += ("--layers", "0", "--part", "encoder", "--init", "olora")
    document = from_command_line(tmp_path, *words)
    form = read(settings, document)
    (config,) = services.trainings.configs(form.request, form.data, KEY)
    assert config.to_json() | {"name": None} == document


def test_ranks_of_the_command_line_are_a_sweep_with_a_length_in_epochs(settings, tmp_path):
    document = from_command_line(tmp_path, "--data", "builtin:general", "--ranks", 4, 8)
    form = read(settings, document | {"base": settings.trainings.bases.own.id})
    assert (form.request.ranks, form.request.alpha) == ([4, 8], 0)
    assert (form.request.unit, form.request.length) == ("epochs", 1.0)


def test_the_same_settings_again_are_those_of_the_run(settings, services):
    folder = services.visitors.writable_folder(KEY)
    (config,) = services.trainings.configs(ODD, "builtin:weather", KEY)
    run = create(config, folder)
    assert "--use-dora --layers 0-1 --part decoder" in public_command(run)
    form = settings.of_run(run.id, KEY)
    assert services.trainings.configs(form.request, form.data, KEY) == [config]
    values = form_values(form, services.trainings, KEY)
    assert (values["rank"], values["targets"], values["name"]) == ("3", "q,wo", "mine")
    with pytest.raises(ValueError, match="was not found"):
        settings.of_run(run.id, OTHER)


def test_a_generated_name_is_generated_again(settings, services):
    folder = services.visitors.writable_folder(KEY)
    (config,) = services.trainings.configs(TrainRequest(), "builtin:weather", KEY)
    assert settings.of_run(create(config, folder).id, KEY).request.name == ""


def test_a_stored_file_is_found_again_and_a_missing_one_is_named(settings, services, pairs_file):
    file = shutil.copy(pairs_file, pairs_file.parent / "my pairs.tsv")
    name, _ = services.uploads.keep(str(file), KEY)
    folder = services.visitors.folder(KEY)
    document = settings.document(TrainRequest(), str(folder / "uploads" / name), KEY)
    assert document["data"] == "my pairs.tsv", "no path of this machine"
    for data in (document["data"], "/home/ada/my pairs.tsv", r"C:\ada\my pairs.tsv", name):
        form = read(settings, document | {"data": data})
        assert (form.kind, form.upload, form.missing) == ("upload", name, "")
        form = read(settings, document | {"data": data}, OTHER)
        assert (form.upload, form.data) == ("", "")
        assert form.missing.endswith("pairs.tsv")


def test_the_file_of_a_run_is_used_again_until_it_is_gone(settings, services, pairs_file):
    name, _ = services.uploads.keep(str(shutil.copy(pairs_file, pairs_file.parent / "a.tsv")), KEY)
    folder = services.visitors.folder(KEY)
    (config,) = services.trainings.configs(TrainRequest(), str(folder / "uploads" / name), KEY)
    run = create(config, folder)
    assert settings.of_run(run.id, KEY).upload == name
    (folder / "uploads" / name).unlink()
    assert settings.of_run(run.id, KEY).missing == "a.tsv"


def test_a_parent_is_found_by_its_weights_or_its_name(settings, services, tmp_path):
    (shipped,) = services.library.entries(KEY).values()
    plain = settings.document(TrainRequest(parent=shipped.id), "builtin:weather", KEY)
    assert (plain["parent"], plain["parent_sha256"]) == ("kitchen", None)
    sha256 = sha256_of([shipped.folder / WEIGHTS])
    elsewhere = shutil.copytree(shipped.folder, tmp_path / "elsewhere" / "other-name")
    words = ("--base", services.base, "--data", "builtin:weather", "--from", elsewhere)
    saved = from_command_line(tmp_path, *words)
    assert (saved["parent"], saved["parent_sha256"]) == (str(elsewhere), sha256)
    for document in (plain, saved, plain | {"parent": "/x/kitchen"}):
        form = read(settings, document)
        assert form.request.parent == shipped.id
        (config,) = services.trainings.configs(form.request, form.data, KEY)
        assert (config.rank, config.alpha, config.targets) == (4, 8.0, ("q", "wo"))
    for document in (saved | {"parent_sha256": "0" * 64}, plain | {"parent": "/x/gone/adapter"}):
        with pytest.raises(ValueError, match=r"start from the adapter '(other-name|gone)'"):
            read(settings, document)


def test_an_own_parent_is_named_with_its_hash(settings, services):
    (shipped,) = services.library.entries(KEY).values()
    own = services.visitors.writable_folder(KEY) / "adapters" / "mine-01234567"
    shutil.copytree(shipped.folder, own)
    entry = next(e for e in services.library.entries(KEY).values() if e.is_own)
    document = settings.document(TrainRequest(parent=entry.id), "builtin", KEY)
    assert (document["parent"], len(document["parent_sha256"])) == (entry.name, 64)
    assert read(settings, document).request.parent == entry.id
    (config,) = services.trainings.configs(TrainRequest(parent=entry.id), "builtin", KEY)
    run = create(config, services.visitors.folder(KEY))
    assert settings.of_run(run.id, KEY).request.parent == entry.id
    shutil.rmtree(own)
    assert settings.of_run(run.id, KEY).request.parent == shipped.id, "it has the same weights"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frobs": 1}, "unknown 'frobs'"),
        ({"rank": "eight"}, "rank = 'eight'"),
        ({"rank": 2.5}, "rank = 2.5"),
        ({"seed": True}, "seed = True"),
        ({"replay": 1.5}, "replay = 1.5"),
        ({"targets": [1]}, "targets = "),
        ({"steps": 5, "epochs": 1.0}, "exactly one of steps"),
        ({"ranks": [4, 0]}, "ranks = "),
        ({"ranks": [2, 4], "rank": None}, "steps or epochs"),
        ({"base": "google/flan-t5-small"}, "for the base google/flan-t5-small"),
        ({"base": "/home/ada/secret/t5"}, "for the base t5, and"),
        ({"revision": "main"}, "revision main"),
        ({"data": "builtin:everyday"}, "no domain 'everyday' to train on"),
        ({"data": "wmt16:de-en"}, "is not a Hub data set"),
        ({"watch": "/etc/passwd"}, "watch = '/etc/passwd'"),
        ({"replay_data": "/etc/passwd"}, "no setting for replay_data"),
        ({"attribution": "x", "columns": "de=a,en=b"}, "no setting for columns, attribution"),
        ({"parent": "/etc"}, "the adapter 'etc'"),
        ({"layers": "9"}, "none of q, v is left"),
        ({"parent": "kitchen", "use_dora": True}, "for a new adapter"),
        ({"parent": "kitchen", "rank": 5}, "rank is 4 in kitchen, not 5"),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(settings, change, words):
    document = settings.document(TrainRequest(), "builtin:weather", KEY)
    with pytest.raises(ValueError, match=words) as error:
        read(settings, document | change)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not hold a JSON object"),
        (b"[1]", "does not hold a JSON object"),
        (b"\xff\xfe{", "does not hold a JSON object"),
        (b"[" * 50_000, "does not hold a JSON object"),
        (b'{"name": "' + b"x" * MAX_SETTINGS_BYTES + b'"}', "over 100,000 bytes"),
    ],
)
def test_a_file_without_settings_is_refused(settings, content, words):
    with pytest.raises(ValueError, match=words):
        settings.read(content, "mine.json", KEY)


def test_absent_keys_have_the_defaults_of_the_command_line(settings, services):
    form = settings.read(b"{}", "mine.json", KEY)
    assert (form.data, form.request.unit, form.request.length) == ("builtin", "minutes", 1.0)
    assert "general" in training_domains()
