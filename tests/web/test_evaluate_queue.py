"""The queue of evaluations on the page: its order, its limits, and restarts."""

import gradio as gr
import pytest

from lora_demo.service.evaluation_job import EvaluationJob
from lora_demo.service.evaluation_queue import MAX_RECORDS
from lora_demo.service.limits import Limits
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.web.errors import show_errors
from tests.waiting import PATIENCE
from tests.web.evaluate_tab import KEY, OTHER, current_view, ended, start, tab


def test_each_visitors_first_evaluation_comes_before_anyones_second(services, gate):
    mine = [start(services, limit=n) for n in (100, 90, 80)]
    assert gate.wait()
    others = [start(services, OTHER, limit=n) for n in (70, 60)]
    waiting = [job.folder.name for job in services.evaluation_queue.waiting()]
    assert waiting == [others[0], mine[1], others[1], mine[2]]
    assert "Next in the queue" in current_view(services, OTHER, others[0]).html
    assert "Number 3 in the queue" in current_view(services, OTHER, others[1]).html
    assert current_view(services, KEY, None).chosen == mine[0]
    assert current_view(services, KEY, mine[2]).state == "waiting"
    tab(services)._stop(KEY, mine[1])
    assert [id for _, id in current_view(services, KEY, None).choices] == [mine[2], mine[0]]
    gate.set()
    views = [ended(services, id) for id in (mine[0], mine[2])]
    views += [ended(services, id, OTHER) for id in others]
    assert {view.state for view in views} == {"done"}
    assert services.evaluation_queue.waiting() == []


def test_a_waiting_client_learns_that_its_evaluation_left_the_queue(services, gate):
    start(services)
    assert gate.wait()
    second = start(services)
    job = services.evaluations.find(second, KEY).job
    tab(services)._stop(KEY, second)
    assert job.ended.is_set()
    assert "from the queue" in job.error
    gate.set()


def test_limits_apply_to_evaluations_and_their_files(services, gate, files):
    services = services.with_limits(Limits(upload_mb=0.0005, waiting=1, own=2))
    with pytest.raises(gr.Error, match="limit here is"):
        show_errors(tab(services).source._keep)(str(files.table), KEY)
    with pytest.raises(gr.Error, match="limit here is"):
        start(services, outputs=[str(files.weak)])
    start(services)
    assert gate.wait()
    start(services)
    with pytest.raises(gr.Error, match="3 evaluations queued or running, and the limit here is 2"):
        start(services)
    with pytest.raises(gr.Error, match="Queued evaluations: 1; "):
        start(services, OTHER)


def test_the_time_limit_stops_an_evaluation_with_a_partial_result(services, gate):
    services = services.with_limits(Limits(minutes=30))
    id = start(services)
    assert gate.wait()
    job = services.evaluations.find(id, KEY).job
    assert job.minutes == 30
    job.minutes = 1e-9
    gate.set()
    assert ended(services, id).state == "partial"


def test_the_number_of_stored_reports_is_limited(services):
    folder = visitor_folder(services.root, KEY)
    for i in range(MAX_RECORDS + 3):
        job = EvaluationJob(folder, f"no. {i}", lambda job: 1 / 0)
        job.folder = job.folder.with_name(f"20260101-0000{i:02}-000000")
        services.evaluation_queue.enter(job)
        assert job.ended.wait(PATIENCE)
    kept = services.evaluation_queue.records(folder)
    assert len(kept) == MAX_RECORDS
    assert kept[0].title == f"no. {MAX_RECORDS + 2}"
    assert {record.state for record in kept} == {"failed"}
    assert "division" in kept[0].message


def test_a_restart_interrupts_evaluations_with_a_message(services, gate):
    first, second = start(services), start(services)
    assert gate.wait()
    services = services.with_limits(Limits())
    for id in (first, second):
        view = current_view(services, KEY, id)
        assert view.state == "interrupted"
        assert not view.is_active
        assert "The app restarted before the evaluation ended. Start it again." in view.html
