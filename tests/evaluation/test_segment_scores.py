"""Scores of sentences from elsewhere: read with care, averaged, tested in pairs, shown."""

import itertools
import json
import re

import numpy as np
import pytest

from lora_demo.evaluation.report.latex import latex_table
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.serialisation import document
from lora_demo.evaluation.report.spreadsheet import sentence_table
from lora_demo.evaluation.segment_scores import SegmentMetric, name_from_file
from lora_demo.evaluation.segment_tests import correlation, randomise_segments, score_segments
from lora_demo.evaluation.significance import draws, sign_flip_p
from tests.commands import run
from tests.evaluation.conftest import write_lines
from tests.evaluation.report_page import Page
from tests.evaluation.running import config_of_files, run_evaluation

N = 40
LOW = [50 + i % 8 for i in range(N)]
HIGH = [60 + i % 10 for i in range(N)]


def table(files, name="comet.tsv", header=("weak", "strong"), columns=(LOW, HIGH), separator="\t"):
    """Write a table of scores."""
    rows = [header, *zip(*columns, strict=True)]
    return write_lines(files.folder / name, [separator.join(map(str, row)) for row in rows])


def result_of(files, *given, **more):
    """The results of an evaluation of two files with scores from elsewhere."""
    evaluation, _ = run_evaluation(config_of_files(files, segment_scores=given, **more))
    return evaluation.segment_results


def metric(lower_is_better=False, **scores):
    return SegmentMetric("COMET", lower_is_better, scores)


def test_a_mean_has_the_interval_of_its_resamples_within_the_range_of_its_scores():
    scores = np.array([100.0] * 38 + [97.0, 0.0])
    score = score_segments(metric(a=list(scores)), range(N)).scores["a"]
    means = [scores[draw].mean() for draw in draws(N, 1000, 12345)]
    assert score.score == pytest.approx(scores.mean())
    assert score.mean == pytest.approx(np.mean(means))
    low, high = np.sort(means)[[25, 975]]
    assert high - low == pytest.approx(score.high - score.low, abs=0.5) or score.high == 100
    assert 0 <= score.low < score.score < score.high <= 100
    rest = score_segments(metric(a=[1.0, 1.0, 1.0, 0.9]), range(4)).scores["a"]
    assert rest.high == 1.0 and rest.low >= 0.9


def test_equal_systems_do_not_differ_and_a_constant_gain_is_significant():
    scores = [float(i % 5) for i in range(N)]
    better = [score + 0.1 for score in scores]
    result = randomise_segments(score_segments(metric(a=scores, b=scores, c=better), range(N)))
    assert result.tests["b"]["a"].p == result.randomisation["b"].p == 1
    assert result.better_than("b", "a") == 0
    assert result.tests["c"]["a"].p == result.tests["a"]["c"].p == pytest.approx(1 / 1001)
    assert result.randomisation["c"].p == pytest.approx(1 / 10_001)
    assert (result.better_than("c", "a"), result.better_than("a", "c")) == (1, -1)
    errors = score_segments(metric(True, a=scores, c=better), range(N))
    assert errors.better_than("c", "a") == -1


def test_the_second_test_is_that_of_all_changes_of_signs():
    differences = np.array([3.0, -1.0, 2.0, 2.0, 0.0, 1.0, -2.0, 4.0, 1.0])
    signs = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    exact = (np.abs(signs @ differences) >= abs(differences.sum())).mean()
    assert sign_flip_p(differences) == pytest.approx(exact, abs=0.02)
    assert sign_flip_p(differences[:1]) == sign_flip_p(np.zeros(9)) == 1


def test_a_correlation_needs_scores_that_differ():
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert correlation([1, 1, 1], [3, 2, 1]) is None


@pytest.mark.parametrize(("name", "separator"), [("a.tsv", "\t"), ("a.csv", ","), ("b.csv", ";")])
def test_a_table_has_a_column_for_each_system_in_any_order(files, name, separator):
    path = table(files, name, ("strong", "weak"), (HIGH, LOW), separator)
    (result,) = result_of(files, ("COMET", path))
    assert result.metric.scores == {"weak": LOW, "strong": HIGH}
    assert (result.first, result.others) == ("weak", ["strong"])
    assert result.scores["strong"].score == pytest.approx(np.mean(HIGH))


def test_files_with_one_number_a_line_name_their_system(files):
    weak = write_lines(files.folder / "1.txt", map(str, LOW))
    strong = write_lines(files.folder / "2.txt", map(str, HIGH))
    (both,) = result_of(files, ("MQM:strong", strong), ("MQM:weak", weak), lower_is_better=("MQM",))
    assert both.metric.scores == {"weak": LOW, "strong": HIGH}
    assert both.better_than("strong", "weak") == -1
    (one,) = result_of(files, ("MQM:strong", strong))
    assert (one.first, one.others, one.tests) == ("strong", [], {"strong": {}})


def test_the_first_sentences_of_a_set_use_the_first_scores(files):
    (result,) = result_of(files, ("COMET", table(files)), max_pairs=10)
    assert result.metric.scores["weak"] == LOW[:10]
    assert result.scores["weak"].score == pytest.approx(np.mean(LOW[:10]))


def test_only_scored_sentences_count():
    part = score_segments(metric(a=[1.0, 2.0, 3.0], b=[3.0, 5.0, 7.0]), [2, 0])
    assert part.metric.scores == {"a": [3.0, 1.0], "b": [7.0, 3.0]}
    assert part.change("b", "a") == pytest.approx(3)


@pytest.mark.parametrize(
    ("name", "file", "lines", "message"),
    [
        ("C", "x.tsv", ["weak\tgood", *["1\t2"] * N], "'good', but the systems .* weak, strong"),
        ("C", "x.tsv", ["Weak", *["1"] * N], "'Weak', but"),
        ("C", "x.tsv", ["weak\tweak", *["1\t2"] * N], "two columns for one system"),
        ("C", "x.tsv", ["weak", *["1"] * 39], "scores for weak in .* is 39, but .* 40 sentences"),
        ("C", "x.tsv", ["weak\tstrong"], "scores for weak in .* is 0"),
        ("C", "x.tsv", ["", *["1"] * N], "but the systems"),
        ("C", "x.csv", ["weak;strong", *['"0,8";1'] * N], "line 2: '0,8' is not a number"),
        ("C", "x.tsv", ["weak\tstrong", *["1\t2"] * 39, "1\t"], "line 41: a score is missing"),
        ("C", "x.tsv", ["weak", "nan", *["1"] * 39], "line 2: 'nan' cannot be averaged"),
        ("C", "x.tsv", ["weak", "-inf", *["1"] * 39], "finite"),
        ("C", "x.tsv", ["weak", "1e10", *["1"] * 39], "1,000,000,000"),
        ("C", "x.txt", ["1"] * N, "not a .tsv or .csv table .* C:SYSTEM=FILE"),
        ("C:weak", "x.txt", ["1", "two", *["1"] * 38], "x.txt, line 2: 'two' is not a number"),
        ("C:weak", "x.txt", ["1"] * 41, "scores for weak in .* is 41"),
        ("C:other", "x.txt", ["1"] * N, "'other', but the systems"),
        ("C:weak", "x.tsv", ["weak", *["1"] * N], "is a table"),
        (":weak", "x.txt", ["1"] * N, "does not name its metric"),
        ("bleu", "x.tsv", ["weak", *["1"] * N], "'bleu', which is a metric of sacreBLEU"),
        ("chrF2++", "x.tsv", ["weak", *["1"] * N], "sacreBLEU"),
    ],
)
def test_what_is_not_a_score_for_each_sentence_is_refused(files, name, file, lines, message):
    path = write_lines(files.folder / file, lines)
    with pytest.raises(ValueError, match=message) as raised:
        result_of(files, (name, path))
    assert "\n" not in str(raised.value)


def test_a_system_has_one_score_a_sentence(files):
    path = write_lines(files.folder / "x.txt", ["1"] * N)
    with pytest.raises(ValueError, match="COMET has two columns of scores for weak"):
        result_of(files, ("COMET", table(files)), ("COMET:weak", path))
    with pytest.raises(ValueError, match="lower_is_better = 'MQM'"):
        result_of(files, ("COMET", table(files)), lower_is_better=("MQM",))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("COMET.tsv", "COMET"),
        ("MetricX.v2.csv.gz", "MetricX.v2"),
        ("DA.mini-r8.txt", "DA:mini-r8"),
        ("DA.a.b.txt.gz", "DA:a.b"),
        ("DA.txt", "DA"),
    ],
)
def test_the_name_of_a_file_says_metric_and_system(tmp_path, file, name):
    assert name_from_file(tmp_path / file) == name


def test_the_report_shows_means_tests_and_a_plot_and_escapes_names(files):
    hostile = "<b>&A"
    evaluation, _ = run_evaluation(
        config_of_files(files, segment_scores=((hostile, table(files)),), randomisation=True)
    )
    html = page(evaluation)
    found = Page(html)
    assert not found.open and hostile not in html
    assert "compared with weak: strong is better (+11.00, p&nbsp;=&nbsp;0.001)." in html
    section = html[html.index("Segment scores") :]
    section = section[: section.index("Exact matches")]
    assert section.count("<circle") == 2 * N
    assert "p = 0.0001" in section and "[" in section
    header, first, *_rest = sentence_table(evaluation)
    assert float(first[header.index(f"strong {hostile}")]) == HIGH[0]
    assert r"& <b>" not in latex_table(evaluation)
    assert r"\textless{}b\textgreater{}\&A" in latex_table(evaluation)


def test_the_documents_have_new_keys_only_where_scores_are_given(files, capsys):
    weak, strong = f"weak={files.weak}", f"strong={files.strong}"
    command = ["evaluate", "--base", "none", "--data", files.table, "--outputs", weak]
    command += ["--outputs", strong, "--json"]
    plain = json.loads(run(capsys, *command)[1])
    status, out, _ = run(capsys, *command, "--segment-scores", f"COMET={table(files)}")
    more = json.loads(out)
    (entry,) = more.pop("segment_scores")
    assert status == 0 and more == plain
    assert (entry["metric"], entry["lower_is_better"], entry["against"]) == ("COMET", False, "weak")
    first, second = entry["systems"]
    assert list(second) == ["name", "score", "low", "high", "signature", "p"]
    assert (first["p"], second["p"]) == (None, pytest.approx(1 / 1001))
    config = config_of_files(files, segment_scores=(("C", table(files)),))
    evaluation, _ = run_evaluation(config)
    whole = document(evaluation)
    assert whole["sentences"][1]["systems"]["strong"]["segment_scores"] == {"C": HIGH[1]}
    assert whole["segment_findings"][0].startswith(
        "By C, compared with weak: strong is better (+11.00, p"
    )


def test_the_command_prints_means_and_refuses_bad_files_in_one_line(files, capsys):
    weak, strong = f"weak={files.weak}", f"strong={files.strong}"
    command = ["evaluate", "--base", "none", "--data", files.table, "--outputs", weak]
    command += ["--outputs", strong]
    scores = ["--segment-scores", f"MQM={table(files)}", "--lower-is-better", "MQM"]
    status, out, _ = run(capsys, *command, *scores, "--ar")
    assert status == 0
    assert "By MQM, compared with weak: strong is worse (+11.00, p = 0.001)." in out
    assert re.search(r"strong  64\.50 \[.*\]  \+11\.00, p = 0\.001; approximate", out)
    for bad in ("MQM", "MQM=/nowhere.tsv", f"MQM={files.weak}"):
        status, out, err = run(capsys, *command, "--segment-scores", bad)
        assert (status, out) == (2, "")
        assert err.splitlines()[-1].startswith("lora_demo: ")
