"""Uploads: stored while they are needed, removed when they are refused."""

import gzip
import os

import pytest

from lora_demo.data.pairs import read_file
from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.data.sources import load_dataset
from lora_demo.service.data_sources import find_stored, resolve_source
from lora_demo.service.evaluation_job import EvaluationJob
from lora_demo.service.run_history import public_command
from lora_demo.service.uploads import (
    MAX_UPLOADS,
    Reading,
    columns_of,
    find_upload,
    plain_name,
    stored_uploads,
    upload_name,
)
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import create
from tests.service.conftest import KEY


def send(tmp_path, name: str, lines: list[str]) -> str:
    """A file as Gradio would leave it in its cache."""
    (tmp_path / "sent").mkdir(exist_ok=True)
    file = tmp_path / "sent" / name
    file.write_text("".join(f"{line}\n" for line in ["de\ten", *lines]), encoding="utf-8")
    return str(file)


def test_the_oldest_files_are_removed_unless_a_run_or_evaluation_reads_them(services, tmp_path):
    folder, names = visitor_folder(services.visitors.root, KEY), []
    for i in range(MAX_UPLOADS + 4):
        name, pairs = services.uploads.keep(
            send(tmp_path, f"{i}.tsv", [f"Das ist {i}.\tThis is {i}.", f"Nein {i}.\tNo {i}."]), KEY
        )
        assert len(pairs) == 2
        os.utime((folder / "uploads" / name).parent, (i, i))
        names.append(name)
        if i == 0:
            create(TrainConfig(data=resolve_source("upload", folder, name), steps=1), folder)
        if i == 1:
            services.evaluation_queue._waiting.append(
                EvaluationJob(
                    folder,
                    "in line",
                    lambda job: None,
                    sources=(resolve_source("upload", folder, name), ""),
                )
            )
    assert {upload_name(path) for path in stored_uploads(folder)} == {*names[:2], *names[4:]}
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_a_refused_file_is_removed_and_a_missing_file_is_reported(services, tmp_path):
    empty, broken = send(tmp_path, "empty.tsv", []), send(tmp_path, "x.zip", ["no archive"])
    for keep in (
        lambda: services.uploads.keep(empty, KEY),
        lambda: services.library.keep_upload([broken], KEY),
    ):
        with pytest.raises(ValueError, match=r"usable pair|zip"):
            keep()
        with pytest.raises(ValueError, match=r"[Uu]pload it again"):
            keep()
    with pytest.raises(ValueError, match=r"[Uu]pload it again"):
        services.uploads.keep(None, KEY)
    assert not list((tmp_path / "sent").iterdir())


def test_a_stored_file_stays_in_the_cache_for_the_page(services, tmp_path):
    file = send(tmp_path, "two.tsv", ["Ja.\tYes.", "Nein.\tNo."])
    services.uploads.keep(file, KEY)
    assert os.path.exists(file)


def test_an_upload_whose_columns_are_not_found_stays_until_they_are_chosen(services, tmp_path):
    sent = tmp_path / "cards.csv"
    sent.write_text("Vorn,Hinten\nJa,Yes\nNein,No\n", encoding="utf-8")
    with pytest.raises(ColumnsNotFoundError) as error:
        services.uploads.keep(str(sent), KEY)
    assert error.value.found == ["Vorn", "Hinten"]
    name, pairs = services.uploads.keep(str(sent), KEY, columns="de=Vorn,en=Hinten")
    folder = visitor_folder(services.visitors.root, KEY)
    assert pairs == [("Ja", "Yes"), ("Nein", "No")]
    path = find_upload(folder, name)
    assert path.read_text() == sent.read_text() and path.name == "cards.csv"
    assert read_file(path, columns=columns_of(folder, str(path))) == pairs


def test_a_packed_upload_keeps_its_format(services, tmp_path):
    sent = tmp_path / "my pairs.TSV.gz"
    sent.write_bytes(gzip.compress(b"de\ten\nJa\tYes\nNein\tNo\n"))
    name, _ = services.uploads.keep(str(sent), KEY)
    assert name.endswith("/my pairs.tsv.gz")


SWAPPED = [
    "The dog is not in the house.\tDer Hund ist nicht im Haus.",
    "She is at the market with it.\tSie ist auf dem Markt mit ihm.",
    "Der Zug ist nicht da.\tThe train is not there.",
]


def test_a_swapped_file_is_stored_again_with_its_sides_exchanged_and_back(services, tmp_path):
    name, pairs = services.uploads.keep(send(tmp_path, "mine.tsv", SWAPPED), KEY)
    assert services.uploads.reading(name, KEY) == Reading("mine.tsv", "", looks_swapped=True)
    swapped = services.uploads.swap(name, KEY)
    reading = services.uploads.reading(swapped, KEY)
    assert (reading.columns, reading.looks_swapped) == ("de=en,en=de", False)
    assert reading.can_swap and swapped != name
    assert services.uploads.swap(swapped, KEY) == name
    path = str(find_upload(services.visitors.folder(KEY), swapped))
    (config,) = services.trainings.configs(TrainRequest(unit="steps", length=1), path, KEY)
    read = load_dataset(config.data, columns=config.columns)
    assert {(en, de) for de, en in pairs} == {*read.train, *read.eval}
    assert (
        services.bases.own.previews.preview(path, columns=config.columns).first[0] == pairs[0][::-1]
    )
    run = create(config, services.visitors.folder(KEY))
    assert "--data mine.tsv" in public_command(run)
    assert "--columns de=en,en=de" in public_command(run)
    assert services.training_settings.of_run(run.id, KEY).upload == swapped


def test_settings_with_columns_need_an_upload_with_these_columns(services, tmp_path):
    name, _pairs = services.uploads.keep(send(tmp_path, "mine.tsv", SWAPPED), KEY)
    document = {"data": "/x/mine.tsv", "columns": "de=en,en=de", "steps": 1}
    with pytest.raises(ValueError, match=r"name the columns de=en,en=de of mine\.tsv"):
        services.training_settings.load(document, "settings", KEY)
    swapped = services.uploads.swap(name, KEY)
    assert services.training_settings.load(document, "settings", KEY).upload == swapped
    del document["columns"]
    assert services.training_settings.load(document, "settings", KEY).upload == name


def test_uploads_of_older_versions_are_found_and_named(services, tmp_path):
    folder = visitor_folder(services.visitors.root, KEY)
    old = folder / "uploads" / "pairs-0123abcd.tsv"
    old.parent.mkdir(parents=True)
    old.write_text("de\ten\nJa\tYes\nNein\tNo\n", encoding="utf-8")
    assert find_upload(folder, old.name) == old
    assert services.uploads.reading(old.name, KEY).name == "pairs.tsv"
    assert find_stored(folder, "/home/ada/pairs.tsv") == old.name


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Meine Sätze (neu) 2024.tsv", "Meine Sätze (neu) 2024.tsv"),
        ("pairs-20240101.tsv", "pairs-20240101.tsv"),
        ("..a<b>'c'.TSV.gz", "a-b-c.tsv.gz"),
        ("\udcff.csv", "pairs.csv"),
        ("\U00010330" * 99 + ".tsv", "\U00010330" * 30 + ".tsv"),
    ],
)
def test_a_file_keeps_the_name_that_its_visitor_knows(given, stored):
    assert plain_name(given) == stored
