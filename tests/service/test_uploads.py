"""Uploads: stored while they are needed, removed when they are refused."""

import gzip
import os

import pytest

from lora_demo.data.pairs import read_file
from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.service.data_sources import resolve_source
from lora_demo.service.evaluation_job import EvaluationJob
from lora_demo.service.uploads import MAX_UPLOADS
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.config import TrainConfig
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
        os.utime(folder / "uploads" / name, (i, i))
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
    assert {path.name for path in (folder / "uploads").iterdir()} == {*names[:2], *names[4:]}


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
    assert read_file(folder / "uploads" / name) == pairs


def test_a_packed_upload_keeps_its_format(services, tmp_path):
    sent = tmp_path / "my pairs.TSV.gz"
    sent.write_bytes(gzip.compress(b"de\ten\nJa\tYes\nNein\tNo\n"))
    name, _ = services.uploads.keep(str(sent), KEY)
    assert name.startswith("my-pairs-") and name.endswith(".tsv.gz")
