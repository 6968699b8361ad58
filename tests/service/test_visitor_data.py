"""Promise: everything of a visitor is deleted at once, and nothing of another visitor."""

import shutil
import time

import pytest

from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.archives import pack
from lora_demo.service.evaluation_job import REQUEST, EvaluationJob
from lora_demo.training.run_process import launch
from lora_demo.training.runs import create, list_runs
from tests.checkpoints.adapter_folders import write_random
from tests.service.conftest import KEY, OTHER
from tests.service.fake_processes import new_run
from tests.training.conftest import quick_config  # noqa: F401 (fixture)
from tests.waiting import PATIENCE, wait_for

MARKER = "Unverwechselbarer"


def files_below(folder) -> set:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def gradio(tmp_path, monkeypatch):
    """Gradio's temporary folder, with an upload of each visitor and copies of handed out files."""
    folder = tmp_path / "gradio"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def upload(gradio, visitor: str, text: str):
    """A file of pairs as Gradio stores it: in a folder named after its content."""
    file = gradio / f"content-of-{visitor[:4]}" / "pairs.tsv"
    file.parent.mkdir(parents=True)
    file.write_text(
        "de\ten\n" + "".join(f"{text} Satz {n}\t{text} sentence {n}\n" for n in range(5))
    )
    return file


def give_data(services, gradio, visitor: str):
    """An upload, an adapter with a copy to download, an evaluation and a run."""
    folder = services.visitors.folder(visitor)
    name, _ = services.uploads.keep(str(upload(gradio, visitor, f"{MARKER}{visitor}")), visitor)
    services.bases.own.previews.preview(str(folder / "uploads" / name))
    adapter = write_random(
        folder / "adapters" / "mine-1", services.loader.base, LoraConfig(2, 4, 0.0, ("q",))
    )
    packed = pack(adapter, f"mine-{visitor}")
    handed_out = gradio / f"zip-of-{visitor[:4]}" / packed.name
    handed_out.parent.mkdir()
    shutil.copy(packed, handed_out)
    evaluation = folder / "evaluations" / "20260101-000000-0"
    evaluation.mkdir(parents=True)
    (evaluation / REQUEST).write_text('{"title": "weather"}')
    new_run(folder, "kitchen")
    return packed, handed_out


def test_all_data_of_the_visitor_is_deleted_and_none_of_another(services, gradio, tmp_path):
    own, others = (give_data(services, gradio, visitor) for visitor in (KEY, OTHER))
    root = services.visitors.root
    before = files_below(services.visitors.folder(OTHER))
    deleted = services.visitor_data.delete_all(KEY)
    assert deleted == {"runs": 1, "evaluations": 1}
    assert not services.visitors.folder(KEY).exists()
    assert [path.name for path in root.iterdir()] == [services.visitors.folder(OTHER).name]
    assert files_below(services.visitors.folder(OTHER)) == before
    assert not any(path.exists() for path in own)
    assert all(path.exists() for path in others)
    texts = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(f"{MARKER}{KEY}".encode() in text for text in texts)
    assert any(f"{MARKER}{OTHER}".encode() in text for text in texts)


def test_a_copy_with_the_content_of_another_visitors_file_stays(services, gradio):
    file = upload(gradio, "same", MARKER)
    for visitor in (KEY, OTHER):
        services.uploads.keep(str(file), visitor)
    services.visitor_data.delete_all(KEY)
    assert file.exists()
    services.visitor_data.delete_all(OTHER)
    assert not file.exists()


def test_queued_and_running_work_is_ended(services, quick_config):  # noqa: F811
    folder = services.visitors.folder(KEY)
    training, queued = create(quick_config, folder), create(quick_config, folder)
    launch(training.folder, training.tag)
    queued.enqueue()
    waiting = EvaluationJob(folder, "weather", lambda job: None)
    services.evaluation_queue._is_working = True  # so that no thread takes it
    services.evaluation_queue.enter(waiting)
    wait_for(training.is_alive)
    assert services.visitor_data.delete_all(KEY) == {"runs": 2, "evaluations": 1}
    assert waiting.ended.is_set() and list_runs(folder) == []
    time.sleep(0.5)
    assert not folder.exists() and list(services.visitors.root.iterdir()) == []


def test_a_running_evaluation_writes_nothing_after_the_deletion(services):
    folder = services.visitors.folder(KEY)

    class Evaluator:
        def run(self):
            while not self.stop():
                time.sleep(0.01)
            raise ValueError("stopped")
            yield

    job = EvaluationJob(folder, "weather", lambda job: Evaluator())
    services.evaluation_queue.enter(job)
    wait_for(lambda: services.evaluation_queue._current is job)
    services.visitor_data.delete_all(KEY)
    assert job.ended.wait(PATIENCE) and not folder.exists()


def test_a_job_that_may_cost_money_is_not_forgotten(services):
    folder = services.visitors.folder(KEY)
    run = new_run(folder, "paid")
    (run.folder / "job.json").write_text('{"flavor": "t4-small", "id": "1"}')
    (run.folder / "asked").touch()
    (run.folder / "asked").unlink()
    with pytest.raises(ValueError, match="cost money"):
        services.visitor_data.delete_all(KEY)
    assert run.folder.exists()


def test_a_page_says_how_long_it_keeps_data(services, monkeypatch):
    assert "until you delete it" in services.visitor_data.notice
