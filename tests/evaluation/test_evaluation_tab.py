"""The Evaluate tab without a browser: its line, its reports, what outlives a reload and a restart, and what a visitor may not read."""

import re
import threading
from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.service import evaluation_requests
from lora_demo.service.evaluation_queue import MOST_KEPT, EvaluationQueue, Job
from lora_demo.service.limits import Limits
from lora_demo.service.uploads import PairUploads
from lora_demo.service.visitor_folders import VisitorFolders, visitor_folder
from lora_demo.web.api import evaluate as evaluate_functions
from lora_demo.web.errors import show_errors
from lora_demo.web.tabs import evaluate, source_chooser
from lora_demo.web.views.followed_evaluation import look
from tests.evaluation.conftest import write_lines

KEY, OTHER = "nobody-else-knows-this-key", "somebody-else-with-a-key"


@pytest.fixture
def studio(translator, adapter, tmp_path):
    entry = SimpleNamespace(name="weather", folder=adapter)
    line = SimpleNamespace(limits=Limits())
    studio = SimpleNamespace(
        base="fake",
        revision=None,
        root=tmp_path,
        engine=SimpleNamespace(state="ready", translator=lambda: translator),
        adapters=lambda visitor: {"weather": entry},
        training_queue=line,
        evaluation_queue=EvaluationQueue(),
        room_of=lambda visitor: visitor_folder(tmp_path, visitor),
    )
    visitors = VisitorFolders(tmp_path, Limits())
    studio.uploads = PairUploads(visitors, studio.evaluation_queue.reads)
    return studio


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
    studio,
    visitor=KEY,
    adapters=("weather",),
    kind="builtin:weather",
    most=100,
    outputs=None,
    also="",
    own=False,
) -> str:
    """Presses Evaluate; the evaluation's id."""
    return show_errors(evaluate._start(studio))(
        visitor, list(adapters), kind, "", "", most, 1, outputs, False, False, own, also
    )


def ended(studio, id, visitor=KEY):
    """The view once that evaluation has ended."""
    kept = evaluation_requests._find(studio, id, visitor)
    assert kept.job is None or kept.job.ended.wait(60)
    return look(studio, visitor, id)


def test_the_report_is_found_again_after_a_reload_and_a_restart_until_it_is_deleted(studio):
    view = ended(studio, start(studio))
    assert (
        view.state == "done"
        and "weather is better than the base" in view.html
        and view.html.startswith("<style>")
    )
    assert str(studio.root) not in view.html and [path.name for path in view.report] == [
        "report.html",
        "report.json",
        "sentences.csv",
    ]
    assert not any(studio.root in path.parents for path in view.report) and not view.is_active
    assert (
        look(studio, KEY, None, view.mark) is None
        and look(studio, OTHER, view.chosen).chosen is None
    )
    studio.evaluation_queue = EvaluationQueue()
    again = look(studio, KEY, None)
    assert (again.html, again.choices) == (view.html, view.choices) and re.fullmatch(
        r"builtin:weather: weather · .* · done", again.choices[0][0]
    )
    evaluate._delete(studio)(KEY, view.chosen)
    assert look(studio, KEY, None).state == "none" and look(studio, KEY, None, "none") is None


def test_what_goes_on_is_shown_with_its_tokens_and_stops_with_a_partial_result(studio, gate):
    id = start(studio)
    assert gate.wait()
    view = look(studio, KEY, None)
    assert (
        view.state == "running"
        and view.is_active
        and re.search(r"the base and 1 adapter: [\d,]+ of [\d,]+ tokens", view.html)
    )
    evaluate._stop(studio)(KEY, id)
    assert look(studio, KEY, id, view.mark).state == "stopping"
    with pytest.raises(gr.Error, match="stop it first"):
        show_errors(evaluate._delete(studio))(KEY, id)
    gate.set()
    view = ended(studio, id)
    assert (
        view.state == "partial"
        and "Partial evaluation" in view.html
        and "PARTIAL: stopped after 64 of 100" in view.html
    )
    with pytest.raises(gr.Error, match="not going on"):
        show_errors(evaluate._stop(studio))(KEY, id)


def test_a_restart_in_the_middle_is_said(studio, gate):
    first, second = start(studio), start(studio)
    assert gate.wait()
    studio.evaluation_queue = EvaluationQueue()
    for id in (first, second):
        view = look(studio, KEY, id)
        assert (
            view.state == "interrupted"
            and "restarted before this was done: evaluate again" in view.html
            and not view.is_active
        )


def test_everybodys_first_comes_before_anybodys_second(studio, gate):
    mine = [start(studio, most=n) for n in (100, 90, 80)]
    assert gate.wait()
    others = [start(studio, OTHER, most=n) for n in (70, 60)]
    assert [job.folder.name for job in studio.evaluation_queue.waiting()] == [
        others[0],
        mine[1],
        others[1],
        mine[2],
    ]
    assert (
        "Next in line" in look(studio, OTHER, others[0]).html
        and "Number 3 in line" in look(studio, OTHER, others[1]).html
    )
    assert (
        look(studio, KEY, None).chosen == mine[0] and look(studio, KEY, mine[2]).state == "waiting"
    )
    evaluate._stop(studio)(KEY, mine[1])
    assert [id for _, id in look(studio, KEY, None).choices] == [mine[2], mine[0]]
    gate.set()
    assert {
        ended(studio, id, visitor).state
        for visitor, ids in ((KEY, (mine[0], mine[2])), (OTHER, others))
        for id in ids
    } == {"done"}
    assert studio.evaluation_queue.waiting() == []


def test_who_waits_for_an_evaluation_hears_that_it_left_the_line(studio, gate):
    start(studio)
    assert gate.wait()
    second = start(studio)
    job = evaluation_requests._find(studio, second, KEY).job
    evaluate._stop(studio)(KEY, second)
    assert job.ended.is_set() and "out of the line" in job.error
    gate.set()


def test_limits_hold_for_evaluations_and_their_files(studio, gate, files):
    limits = Limits(upload_mb=0.0005, waiting=1, own=2)
    studio.training_queue.limits = limits
    visitors = VisitorFolders(studio.root, limits)
    studio.uploads = PairUploads(visitors, studio.evaluation_queue.reads)
    with pytest.raises(gr.Error, match="limit here is"):
        show_errors(source_chooser._keep(studio, 1))(str(files.table), KEY)
    with pytest.raises(gr.Error, match="limit here is"):
        start(studio, outputs=[str(files.weak)])
    start(studio)
    assert gate.wait()
    start(studio)
    with pytest.raises(gr.Error, match="3 evaluations queued or running, and the limit here is 2"):
        start(studio)
    with pytest.raises(gr.Error, match="1 evaluations are queued"):
        start(studio, OTHER)


def test_one_sentence_may_be_uploaded_and_none_may_not(studio):
    """Training holds one out and so wants two; evaluating does not."""
    one, none = (
        write_lines(studio.root / name, ["de\ten", *lines])
        for name, lines in (("one.tsv", ["Heute Regen.\tRain today."]), ("none.tsv", []))
    )
    id = show_errors(evaluate._start(studio))(
        KEY,
        ["weather"],
        "upload",
        source_chooser._keep(studio, 1)(str(one), KEY),
        "",
        100,
        1,
        None,
        False,
        False,
        False,
        "",
    )
    assert "nothing can be said about chance" in ended(studio, id).html
    with pytest.raises(gr.Error, match="0 usable.*at least 1 is needed"):
        show_errors(source_chooser._keep(studio, 1))(str(none), KEY)


def test_the_limit_of_minutes_ends_it_and_what_is_done_is_scored(studio, gate):
    studio.training_queue.limits = Limits(minutes=30)
    id = start(studio)
    assert gate.wait()
    job = evaluation_requests._find(studio, id, KEY).job
    assert job.minutes == 30
    job.minutes = 1e-9
    gate.set()
    assert ended(studio, id).state == "partial"


def test_only_so_many_reports_are_kept(studio):
    folder = visitor_folder(studio.root, KEY)
    for i in range(MOST_KEPT + 3):
        job = Job(folder, f"no. {i}", lambda job: 1 / 0)
        job.folder = job.folder.with_name(f"20260101-0000{i:02}-000000")
        studio.evaluation_queue.enter(job)
        assert job.ended.wait(20)
    kept = studio.evaluation_queue.kept(folder)
    assert (
        len(kept) == MOST_KEPT
        and kept[0].title == f"no. {MOST_KEPT + 2}"
        and {k.state for k in kept} == {"failed"}
        and "division" in kept[0].message
    )


def test_translations_made_elsewhere_and_further_sets(studio, weather):
    right = write_lines(studio.root / "online-A.txt", [en for _, en in weather.test[:50]])
    view = ended(
        studio, start(studio, most=50, outputs=[str(right)], also="builtin:recipes", own=True)
    )
    assert (
        "online-A is better than the base" in view.html
        and "Forgetting" in view.html
        and "Overfitting" in view.html
    )
    assert not list(visitor_folder(studio.root, KEY).rglob("given-*"))
    view = ended(studio, start(studio, most=49, outputs=[str(right)]))
    assert view.state == "done"
    view = ended(studio, start(studio, outputs=[str(right)]))
    assert (
        view.state == "failed"
        and "online-A.txt has 50 lines, but builtin:weather has 100 sentences" in view.html
    )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"adapters": ["x"]}, "no adapter"),
        ({"kind": "/etc/passwd"}, "not a data source"),
        ({"most": 10**6}, "sentences"),
        ({"most": None}, "sentences"),
        ({"also": "/etc/passwd"}, "not a data source"),
        ({"outputs": ["a.txt"] * 7}, "7 files"),
    ],
)
def test_bad_input_is_one_sentence_on_the_page_and_leaves_nothing(studio, options, message):
    with pytest.raises(gr.Error, match=message):
        start(studio, **options)
    assert look(studio, KEY, None).state == "none"


def test_who_has_no_key_leaves_nothing_behind_and_nobody_reaches_anothers(studio):
    found = evaluate_functions._evaluate(studio)(["weather"], "builtin:weather", 10)
    assert (
        found["n"] == 10
        and found["verdicts"]
        and not list((studio.root / "nobody" / "evaluations").iterdir())
    )
    id = start(studio)
    ended(studio, id)
    for act in (evaluate._stop, evaluate._delete):
        for chosen in (id, f"../../{visitor_folder(studio.root, KEY).name}/evaluations/{id}"):
            with pytest.raises(gr.Error, match="no evaluation"):
                show_errors(act(studio))(OTHER, chosen)
    (visitor_folder(studio.root, KEY) / "uploads").mkdir()
    write_lines(visitor_folder(studio.root, KEY) / "uploads" / "x.tsv", ["de\ten", "a\tb"])
    for data in (
        "upload:x.tsv",
        f"upload:../../{visitor_folder(studio.root, KEY).name}/uploads/x.tsv",
    ):
        with pytest.raises(ValueError, match="[Uu]pload it again"):
            evaluate_functions._evaluate(studio)(["weather"], data, 10, 1, OTHER)


def test_an_adapters_word_opens_no_file(studio, adapter):
    manifest = adapter / "manifest.json"
    secret = studio.root / "secret.tsv"
    secret.write_text("de\ten\na\tb\nc\td\n", encoding="utf-8")
    manifest.write_text(manifest.read_text().replace("builtin:weather", str(secret)))
    found = evaluate_functions._evaluate(studio)(["weather"], "builtin:weather", 10, 1, KEY)
    assert found["n"] == 10 and found["alarms"] == [] and found["systems"][1]["name"] == "weather"
    assert "which is not read here" in look(studio, KEY, None).html
