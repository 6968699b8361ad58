"""COMET in a process of its own: scores as of any metric of sentences, and failures in words."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lora_demo.evaluation.comet.download import find_model
from lora_demo.evaluation.comet.environment import VARIABLE, WORKER, find_python
from lora_demo.evaluation.comet.scorer import CometScorer
from lora_demo.evaluation.events import Note, Phase, Progress
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.serialisation import document
from lora_demo.evaluation.sets import read_lines
from tests.commands import run
from tests.evaluation.comet_setting import make_environment, make_model, settings_text
from tests.evaluation.comet_stand_in import share
from tests.evaluation.conftest import write_lines
from tests.evaluation.running import config_of_files, count_notes, run_evaluation, run_until

REAL = os.environ.get(VARIABLE)
needs_comet = pytest.mark.skipif(not REAL, reason=f"{VARIABLE} names no Python with COMET")


def refuse(what: str):
    raise AssertionError(f"nothing may be downloaded, but {what} would be")


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    return make_environment(tmp_path_factory.mktemp("comet") / "environment")


@pytest.fixture
def scorer(environment, tmp_path):
    """A function that makes a scorer whose model behaves as named."""

    def make(behaviour="scores", **options) -> CometScorer:
        folder = make_model(tmp_path / "models" / "tiny", behaviour)
        return CometScorer(find_python(environment), find_model(str(folder), refuse), **options)

    return make


def seen(comet: CometScorer) -> list[dict]:
    """Return the rows that the stand-in has scored."""
    lines = comet.model.checkpoint.with_name("seen.jsonl").read_text().splitlines()
    return list(map(json.loads, lines))


def test_the_scores_are_those_of_a_metric_of_sentences(files, scorer):
    evaluation, events = run_evaluation(config_of_files(files, randomisation=True), comet=scorer())
    (result,) = evaluation.segment_results
    assert (result.name, result.first, result.others) == ("COMET", "weak", ["strong"])
    for name in ("weak", "strong"):
        outputs = read_lines(getattr(files, name))
        pairs = zip(outputs, read_lines(files.english), strict=True)
        expected = [share({"mt": output, "ref": reference}) for output, reference in pairs]
        assert result.metric.scores[name] == pytest.approx(expected)
    assert result.better_than("strong", "weak") == 1
    assert result.randomisation["strong"].p < 0.01
    signature = "model:tiny|comet:2.2.7|torch:2.13.0|references:1"
    assert result.scores["weak"].signature == f"{signature}|mean|bs:1000|seed:12345"
    (metric,) = document(evaluation)["segment_scores"]
    assert metric["metric"] == "COMET"
    assert metric["systems"][1]["signature"].startswith(signature)
    assert f"Computed with {signature}." in page(evaluation)
    assert Phase("Loading COMET (tiny)") in events
    (last,) = [e for e in events if isinstance(e, Progress) and e.done == e.total == 16]
    assert last.unit == "outputs"


def test_equal_translations_are_scored_once_and_only_with_the_first_reference(files, scorer):
    comet = scorer()
    config = config_of_files(files, references=(files.second,))
    _, events = run_evaluation(config, comet=comet)
    rows = [tuple(row.values()) for row in seen(comet)]
    assert len(rows) == len(set(rows)) == 16  # of 8 sentences, five times, in two systems
    assert {row["ref"] for row in seen(comet)} == set(read_lines(files.english))
    assert count_notes(events, "COMET uses the first of the 2 references.") == 1


def test_a_unified_model_uses_references_that_it_does_not_require(files, scorer):
    evaluation, _ = run_evaluation(config_of_files(files), comet=scorer("unified"))
    assert "|references:1|" in evaluation.segment_results[0].scores["weak"].signature


def test_a_model_without_references_says_so(files, scorer):
    evaluation, events = run_evaluation(
        config_of_files(files, references=(files.second,)), comet=scorer("without references")
    )
    assert "|references:0|" in evaluation.segment_results[0].scores["weak"].signature
    assert not [e for e in events if isinstance(e, Note) and "references" in e.message]


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("has no memory", "most likely because memory ran out"),
        ("is killed", "most likely because memory ran out"),
        ("harmful", r"holds more than weights \(posix.mkdir\).* use --comet-trust"),
        ("broken", "COMET could not score with tiny: 'state_dict'"),
        ("lacks a module", "cannot import COMET: No module named 'a_module_that_nobody_has'"),
        ("dies while it scores", "before it returned all scores.*Last words"),
        ("nan", "not a number"),
    ],
)
def test_a_failure_costs_only_the_scores_of_comet(files, scorer, behaviour, message):
    evaluation, _ = run_evaluation(config_of_files(files), comet=scorer(behaviour))
    (alarm,) = [text for text in document(evaluation)["alarms"] if "COMET is missing" in text]
    assert re.search(message, evaluation.comet_problem)
    assert evaluation.comet_problem in alarm and alarm.count("\n") == 0
    assert evaluation.segment_results == [] and not evaluation.is_partial
    assert evaluation.systems[1].scores["bleu"].score > 0


def wait_for(condition) -> None:
    end = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_stop_ends_the_process_and_leaves_comet_out(files, scorer):
    comet = scorer("hangs")
    pid = comet.model.checkpoint.with_name("pid")

    def is_scoring(event) -> bool:
        if isinstance(event, Phase) and "distinct outputs with COMET" in event.message:
            wait_for(lambda: pid.is_file() and pid.read_text())
            return True
        return False

    evaluation = run_until(config_of_files(files), is_scoring, comet=comet)
    assert evaluation.left_out == ["COMET"] and evaluation.is_partial
    assert evaluation.comet_problem == "" and len(evaluation.rows) == 40
    assert has_ended(int(pid.read_text()))


def test_the_process_ends_when_the_evaluation_is_killed(files, environment, tmp_path):
    model = make_model(tmp_path / "model", "hangs")
    pid = model / "checkpoints" / "pid"
    command = [sys.executable, "-m", "lora_demo", "evaluate", "--base", "none"]
    command += ["--data", files.table, "--outputs", f"weak={files.weak}"]
    command += ["--comet", model, "--comet-python", environment]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait_for(lambda: pid.is_file() and pid.read_text())
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: has_ended(int(pid.read_text())))


@pytest.mark.parametrize("trusts", [False, True])
def test_the_process_gets_no_secret_no_hub_and_no_pickle(scorer, monkeypatch, trusts):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("LORA_DEMO_PASSWORD", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    comet = scorer("shows its environment", trusts_checkpoint=trusts)
    list(comet.score([("a", "b", "b")]))
    found = json.loads(comet.model.checkpoint.with_name("environment.json").read_text())
    assert "secret" not in json.dumps(found) and "PYTHONPATH" not in found
    assert found["HF_HUB_OFFLINE"] == found["OMP_NUM_THREADS"] == "1"
    assert found.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD") == (None if trusts else "1")
    assert found.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD") == ("1" if trusts else None)


def test_an_old_torch_may_only_load_what_is_trusted(tmp_path):
    python = find_python(make_environment(tmp_path / "environment", "2.5.1+cu121"))
    model = find_model(str(make_model(tmp_path / "model")), refuse)
    with pytest.raises(ValueError, match=r"torch 2.5.1\+cu121, which may run code .* 2.6 or newer"):
        CometScorer(python, model)
    assert CometScorer(python, model, trusts_checkpoint=True).trusts_checkpoint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "environment of its own. Make one with .*pip install unbabel-comet"),
        (sys.executable, "cannot import COMET: .*Make its environment again"),
        ("/bin/true", "/bin/true is not a Python that runs"),
        ("/no/such/python", "is not a Python that runs"),
    ],
)
def test_a_missing_environment_is_named_with_what_makes_one(name, message, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ValueError, match=message):
        find_python(name)


def test_the_variable_names_the_environment(environment, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(environment / "bin" / "python"))
    assert find_python().versions == {"comet": "2.2.7", "torch": "2.13.0"}


def test_a_model_is_a_folder_or_its_checkpoint(tmp_path):
    folder = make_model(tmp_path / "wmt22")
    for given in (folder, folder / "checkpoints" / "model.ckpt"):
        model = find_model(str(given), refuse)
        assert model.checkpoint == folder / "checkpoints" / "model.ckpt"
        assert model.description == "wmt22 (6 B, license apache-2.0)"
    (folder / "README.md").unlink()
    assert find_model(str(folder), refuse).license == "unknown"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("hparams.yaml", None, "not a COMET model, because hparams.yaml is missing"),
        ("checkpoints/model.ckpt", None, "because checkpoints/model.ckpt is missing"),
        ("checkpoints/model.ckpt", "version https://git-lfs.github.com/spec/v1", "LFS pointer"),
        ("hparams.yaml", settings_text("e", "ranking_metric"), "'ranking_metric' .must be one of"),
        ("hparams.yaml", settings_text("[1]"), r"pretrained_model is '\[1\]'"),
        ("hparams.yaml", "a: !!python/object/apply:os.system [ls]", "does not describe a COMET"),
        ("hparams.yaml", "- a", "does not describe a COMET"),
    ],
)
def test_a_wrong_model_is_refused_in_one_sentence(tmp_path, file, content, message):
    folder = make_model(tmp_path / "model")
    (folder / file).unlink()
    if content:
        (folder / file).write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        find_model(str(folder), refuse)
    assert "\n" not in str(error.value)


def command(files, *more) -> list:
    outputs = ["--outputs", f"weak={files.weak}", "--outputs", f"strong={files.strong}"]
    return ["evaluate", "--base", "none", "--data", files.table, *outputs, *more]


def test_the_command_prints_the_scores_and_writes_them(files, environment, tmp_path, capsys):
    more = ["--comet", make_model(tmp_path / "tiny"), "--comet-python", environment]
    status, out, err = run(capsys, *command(files, *more, "--output", tmp_path / "report"))
    assert status == 0 and "COMET: tiny (6 B, license apache-2.0)" in err
    assert "\nCOMET, means of scores|model:tiny|comet:2.2.7|" in out
    assert "By COMET, compared with weak: strong is better" in out
    header = (tmp_path / "report" / "sentences.csv").read_text().splitlines()[0]
    assert "weak COMET" in header and "strong COMET" in header
    status, out, _ = run(capsys, *command(files, *more, "--json"))
    assert [m["metric"] for m in json.loads(out)["segment_scores"]] == ["COMET"]


def test_a_failure_ends_the_command_with_status_1_after_the_other_scores(
    files, environment, tmp_path, capsys
):
    more = ["--comet", make_model(tmp_path / "tiny", "is killed"), "--comet-python", environment]
    status, out, err = run(capsys, *command(files, *more, "--json", "--output", tmp_path / "out"))
    assert status == 1 and len(json.loads(out)["systems"]) == 2
    assert err.splitlines()[-1].startswith("lora_demo: The COMET process ended, most likely")
    assert (tmp_path / "out" / "report.html").is_file()


def test_wrong_options_are_refused_before_anything_is_read(files, environment, tmp_path, capsys):
    model = make_model(tmp_path / "tiny")
    scores = write_lines(files.folder / "c.tsv", ["weak", *["1"] * 40])
    for more, message in [
        (["--comet-python", environment], "need --comet MODEL"),
        (["--comet", "tiny", "--comet-python", environment], "'tiny' was not found. Use a folder"),
        (["--comet", model, "--comet-python", environment, "--segment-scores", f"COMET={scores}"],
         "Give them another name"),
    ]:  # fmt: skip
        status, out, err = run(capsys, *command(files, *more))
        assert (status, out) == (2, "") and message in err.splitlines()[-1]


def test_the_worker_runs_on_old_pythons_and_imports_nothing_of_ours():
    source = WORKER.read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert imports and not [n for n in imports if "lora_demo" in ast.unparse(n)]


# With COMET itself


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Models of COMET itself, and the rows that it has scored."""
    folder = tmp_path_factory.mktemp("tiny")
    rows = [
        {"src": "Der Hund schläft.", "mt": "The dog sleeps.", "ref": "The dog is asleep."},
        {"src": "Die Katze trinkt Milch.", "mt": "Cat", "ref": "The cat drinks milk."},
        {"src": "Ich weiß es nicht.", "mt": "", "ref": "I do not know, and I never did."},
    ]
    maker = Path(__file__).with_name("make_comet.py")
    python = str(find_python(REAL).path)
    subprocess.run([python, "-I", maker, folder], input=json.dumps(rows), text=True, check=True)
    return folder, [tuple(row.values()) for row in rows]


@needs_comet
def test_scores_are_those_of_comet_itself(tiny):
    folder, rows = tiny
    scorer = CometScorer(find_python(REAL), find_model(str(folder / "tiny"), refuse))
    result = yield_result(scorer.score([*rows, rows[0]]))
    expected = json.loads((folder / "scores.json").read_text())
    assert result.values == pytest.approx([*expected, expected[0]], abs=1e-5)
    assert len(set(result.values)) == 3 and result.uses_references


@needs_comet
def test_a_checkpoint_runs_code_only_if_it_is_trusted(tiny):
    folder, rows = tiny
    python, model = find_python(REAL), find_model(str(folder / "harmful"), refuse)
    with pytest.raises(ValueError, match=r"more than weights \(posix.mkdir\)"):
        yield_result(CometScorer(python, model).score(rows))
    assert not (folder / "harm").exists()
    yield_result(CometScorer(python, model, trusts_checkpoint=True).score(rows))
    assert (folder / "harm").exists()


def yield_result(generator):
    """Run a generator to its end, and return its result."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value
