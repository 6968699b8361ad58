"""The Evaluate tab without a browser: its queue, stored reports, restarts, and private files."""

import re
import threading
from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.evaluation_job import EvaluationJob
from lora_demo.service.evaluation_queue import MAX_RECORDS, EvaluationQueue
from lora_demo.service.evaluations import Evaluations
from lora_demo.service.limits import Limits
from lora_demo.service.uploads import PairUploads
from lora_demo.service.visitor_folders import VisitorFolders, visitor_folder
from lora_demo.web.api.evaluate import EvaluateApi
from lora_demo.web.errors import show_errors
from lora_demo.web.tabs.evaluate import EvaluateTab
from lora_demo.web.views.followed_evaluation import view_evaluations
from tests.evaluation.conftest import write_lines

KEY, OTHER = "nobody-else-knows-this-key", "somebody-else-with-a-key"


def make_services(translator, adapter, root, limits):
    """The services of the Evaluate tab, over a translator and an adapter of the test."""
    entry = SimpleNamespace(name="weather", folder=adapter, label="weather", id="weather")
    visitors, queue = VisitorFolders(root, limits), EvaluationQueue()
    loader = SimpleNamespace(state="ready", translator=lambda: translator)
    library = AdapterLibrary(None, visitors, loader)
    library.entries = lambda visitor: {"weather": entry}
    evaluations = Evaluations(
        base="fake",
        revision=None,
        visitors=visitors,
        limits=limits,
        library=library,
        loader=loader,
        queue=queue,
    )
    return SimpleNamespace(
        root=root,
        visitors=visitors,
        library=library,
        evaluation_queue=queue,
        evaluations=evaluations,
        uploads=PairUploads(visitors, queue.sources),
        work_queue=None,
        with_limits=lambda limits: make_services(translator, adapter, root, limits),
    )


@pytest.fixture
def services(translator, adapter, tmp_path):
    return make_services(translator, adapter, tmp_path, Limits())


def tab(services) -> EvaluateTab:
    with gr.Blocks():
        return EvaluateTab(services, gr.BrowserState(""), gr.State({}))


def current_view(services, *values, **named):
    return view_evaluations(services.evaluations, *values, **named)


@pytest.fixture
def gate(translator):
    """Holds the translator's second batch until it is set; `reached` is set when it gets there."""
    gate, reached, compare = threading.Event(), threading.Event(), translator.compare

    def held(texts, *rest, **more):
        if translator.calls:
            reached.set()
            assert gate.wait(20)
        return compare(texts, *rest, **more)

    translator.compare = held
    yield SimpleNamespace(set=gate.set, wait=lambda: reached.wait(20))
    gate.set()


def start(
    services,
    visitor=KEY,
    adapters=("weather",),
    kind="builtin:weather",
    limit=100,
    outputs=None,
    also="",
    own=False,
) -> str:
    """Press Evaluate and return the id of the evaluation."""
    return show_errors(tab(services)._start)(
        visitor, list(adapters), kind, "", "", limit, 1, outputs, False, False, own, also
    )


def ended(services, id, visitor=KEY):
    """Wait until the evaluation has ended and return its view."""
    kept = services.evaluations.find(id, visitor)
    assert kept.job is None or kept.job.ended.wait(60)
    return current_view(services, visitor, id)


def test_a_report_survives_reload_and_restart_until_it_is_deleted(services):
    view = ended(services, start(services))
    assert (
        view.state == "done"
        and "weather is better than the base" in view.html
        and view.html.startswith("<style>")
    )
    assert str(services.root) not in view.html and [path.name for path in view.report] == [
        "report.html",
        "report.json",
        "sentences.csv",
    ]
    assert not any(services.root in path.parents for path in view.report) and not view.is_active
    assert (
        current_view(services, KEY, None, view.mark) is None
        and current_view(services, OTHER, view.chosen).chosen is None
    )
    services = services.with_limits(Limits())
    again = current_view(services, KEY, None)
    assert (again.html, again.choices) == (view.html, view.choices) and re.fullmatch(
        r"builtin:weather: weather · .* · done", again.choices[0][0]
    )
    tab(services)._delete(KEY, view.chosen)
    assert (
        current_view(services, KEY, None).state == "none"
        and current_view(services, KEY, None, "none") is None
    )


def test_progress_counts_tokens_and_a_stop_gives_a_partial_result(services, gate):
    id = start(services)
    assert gate.wait()
    view = current_view(services, KEY, None)
    assert (
        view.state == "running"
        and view.is_active
        and re.search(r"the base and 1 adapter: [\d,]+ of [\d,]+ tokens", view.html)
    )
    tab(services)._stop(KEY, id)
    assert current_view(services, KEY, id, view.mark).state == "stopping"
    with pytest.raises(gr.Error, match="Stop it first"):
        show_errors(tab(services)._delete)(KEY, id)
    gate.set()
    view = ended(services, id)
    assert (
        view.state == "partial"
        and "Partial evaluation" in view.html
        and "PARTIAL: stopped after 64 of 100" in view.html
    )
    with pytest.raises(gr.Error, match="not active"):
        show_errors(tab(services)._stop)(KEY, id)


def test_a_restart_interrupts_evaluations_with_a_message(services, gate):
    first, second = start(services), start(services)
    assert gate.wait()
    services = services.with_limits(Limits())
    for id in (first, second):
        view = current_view(services, KEY, id)
        assert (
            view.state == "interrupted"
            and "The app restarted before the evaluation ended. Start it again." in view.html
            and not view.is_active
        )


def test_each_visitors_first_evaluation_comes_before_anyones_second(services, gate):
    mine = [start(services, limit=n) for n in (100, 90, 80)]
    assert gate.wait()
    others = [start(services, OTHER, limit=n) for n in (70, 60)]
    assert [job.folder.name for job in services.evaluation_queue.waiting()] == [
        others[0],
        mine[1],
        others[1],
        mine[2],
    ]
    assert (
        "Next in the queue" in current_view(services, OTHER, others[0]).html
        and "Number 3 in the queue" in current_view(services, OTHER, others[1]).html
    )
    assert (
        current_view(services, KEY, None).chosen == mine[0]
        and current_view(services, KEY, mine[2]).state == "waiting"
    )
    tab(services)._stop(KEY, mine[1])
    assert [id for _, id in current_view(services, KEY, None).choices] == [mine[2], mine[0]]
    gate.set()
    assert {
        ended(services, id, visitor).state
        for visitor, ids in ((KEY, (mine[0], mine[2])), (OTHER, others))
        for id in ids
    } == {"done"}
    assert services.evaluation_queue.waiting() == []


def test_a_waiting_client_learns_that_its_evaluation_left_the_queue(services, gate):
    start(services)
    assert gate.wait()
    second = start(services)
    job = services.evaluations.find(second, KEY).job
    tab(services)._stop(KEY, second)
    assert job.ended.is_set() and "out of the queue" in job.error
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
    with pytest.raises(gr.Error, match="1 evaluations are queued"):
        start(services, OTHER)


def test_a_file_needs_at_least_one_sentence(services):
    """Training holds one out and so wants two; evaluating does not."""
    one, none = (
        write_lines(services.root / name, ["de\ten", *lines])
        for name, lines in (("one.tsv", ["Heute Regen.\tRain today."]), ("none.tsv", []))
    )
    id = show_errors(tab(services)._start)(
        KEY,
        ["weather"],
        "upload",
        tab(services).source._keep(str(one), KEY)[0],
        "",
        100,
        1,
        None,
        False,
        False,
        False,
        "",
    )
    assert "no difference can be significant" in ended(services, id).html
    with pytest.raises(gr.Error, match=r"0 usable.*at least 1 is needed"):
        show_errors(tab(services).source._keep)(str(none), KEY)


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
        assert job.ended.wait(20)
    kept = services.evaluation_queue.records(folder)
    assert (
        len(kept) == MAX_RECORDS
        and kept[0].title == f"no. {MAX_RECORDS + 2}"
        and {k.state for k in kept} == {"failed"}
        and "division" in kept[0].message
    )


def test_translations_by_other_systems_and_further_test_sets(services, weather):
    right = write_lines(services.root / "online-A.txt", [en for _, en in weather.test[:50]])
    view = ended(
        services, start(services, limit=50, outputs=[str(right)], also="builtin:recipes", own=True)
    )
    assert (
        "online-A is better than the base" in view.html
        and "Forgetting" in view.html
        and "Overfitting" in view.html
    )
    assert not list(visitor_folder(services.root, KEY).rglob("given-*"))
    view = ended(services, start(services, limit=49, outputs=[str(right)]))
    assert view.state == "done"
    view = ended(services, start(services, outputs=[str(right)]))
    assert (
        view.state == "failed"
        and "online-A.txt has 50 lines, but builtin:weather has 100 sentences" in view.html
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adapters": ["x"]}, "was not found"),
        ({"kind": "/etc/passwd"}, "not a data source"),
        ({"limit": 10**6}, "sentences"),
        ({"limit": None}, "sentences"),
        ({"also": "/etc/passwd"}, "not a data source"),
        ({"outputs": ["a.txt"] * 7}, "7 files"),
    ],
)
def test_bad_input_shows_one_sentence_and_stores_nothing(services, options, message):
    with pytest.raises(gr.Error, match=message):
        start(services, **options)
    assert current_view(services, KEY, None).state == "none"


def test_a_client_without_a_key_stores_nothing_and_visitors_are_separate(services):
    found = EvaluateApi(services).evaluate(["weather"], "builtin:weather", 10)
    assert (
        found["n"] == 10
        and found["verdicts"]
        and not list((services.visitors.without_key / "evaluations").iterdir())
    )
    id = start(services)
    ended(services, id)
    for act in (tab(services)._stop, tab(services)._delete):
        for chosen in (id, f"../../{visitor_folder(services.root, KEY).name}/evaluations/{id}"):
            with pytest.raises(gr.Error, match="was not found"):
                show_errors(act)(OTHER, chosen)
    (visitor_folder(services.root, KEY) / "uploads").mkdir()
    write_lines(visitor_folder(services.root, KEY) / "uploads" / "x.tsv", ["de\ten", "a\tb"])
    for data in (
        "upload:x.tsv",
        f"upload:../../{visitor_folder(services.root, KEY).name}/uploads/x.tsv",
    ):
        with pytest.raises(ValueError, match=r"[Uu]pload it again"):
            EvaluateApi(services).evaluate(["weather"], data, 10, 1, OTHER)


def test_a_source_named_by_an_adapter_opens_no_file(services, adapter):
    manifest = adapter / "manifest.json"
    secret = services.root / "secret.tsv"
    secret.write_text("de\ten\na\tb\nc\td\n", encoding="utf-8")
    manifest.write_text(manifest.read_text().replace("builtin:weather", str(secret)))
    found = EvaluateApi(services).evaluate(["weather"], "builtin:weather", 10, 1, KEY)
    assert found["n"] == 10 and found["alarms"] == [] and found["systems"][1]["name"] == "weather"
    assert "which cannot be read here" in current_view(services, KEY, None).html


def test_columns_that_are_not_found_can_be_chosen(services):
    cards = services.root / "cards.csv"
    cards.write_text("Vorn,Hinten\nJa,Yes\n", encoding="utf-8")
    source = tab(services).source
    name, row, german, english = source._keep(str(cards), KEY)
    choices = [[value for _, value in column.choices] for column in (german, english)]
    assert name == "" and row.visible and choices == [["Vorn", "Hinten"]] * 2
    for chosen in (("Vorn", None), ("Vorn", "Vorn")):
        assert source._keep_columns(str(cards), KEY, *chosen) == ""
    assert source._keep_columns(str(cards), KEY, "Vorn", "Hinten").endswith(".jsonl")
