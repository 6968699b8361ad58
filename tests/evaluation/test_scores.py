"""Scores, intervals and p-values equal those of the `sacrebleu` command for the same files."""

import functools
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from sacrebleu.significance import estimate_ci

from lora_demo.evaluation.edits import count_edits
from lora_demo.evaluation.report.serialisation import score_json
from lora_demo.evaluation.scores import Scorer, bootstrap_test
from lora_demo.evaluation.sets import read_lines
from lora_demo.evaluation.significance import SEED, draws
from tests.evaluation.conftest import ENGLISH, SECOND, WEAK
from tests.evaluation.running import score_files

WIDTH = 6
OF_COMMAND = ("bleu", "chrf", "ter")
"""The metrics that the command knows."""


def sacrebleu(*arguments) -> str:
    command = [sys.executable, "-m", "sacrebleu", *map(str, arguments), "-w", str(WIDTH)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rounded(number) -> str:
    return f"{number:.{WIDTH}f}"


@pytest.mark.parametrize("references", [("english",), ("english", "second")])
@pytest.mark.parametrize("word_order", [0, 2])
def test_scores_intervals_and_signatures_equal_the_command(files, references, word_order):
    output = json.loads(
        sacrebleu(
            *(getattr(files, name) for name in references),
            "-i",
            files.weak,
            "-m",
            *OF_COMMAND,
            "--chrf-word-order",
            word_order,
            "--confidence",
            "-f",
            "json",
        )
    )
    _, _, (scores,) = score_files(files, references, ["weak"], word_order=word_order)
    for metric, theirs in zip(OF_COMMAND, output, strict=True):
        ours = scores[metric]
        assert rounded(ours.score) == rounded(theirs["score"]), metric
        assert ours.signature == theirs["signature"]
        assert f"|seed:{SEED}|" in ours.signature
        assert f"nrefs:{len(references)}|" in ours.signature
        assert abs(ours.mean - theirs["confidence_mean"]) < 1e-5
        assert abs((ours.high - ours.low) / 2 - theirs["confidence_var"]) < 1e-5
        assert ours.low < ours.score < ours.high


@pytest.mark.parametrize("test", ["bs", "ar"])
def test_p_values_equal_the_command(files, test):
    output = sacrebleu(
        files.english,
        "-i",
        files.weak,
        files.strong,
        "-m",
        *OF_COMMAND,
        f"--paired-{test}",
        "-f",
        "text",
    )
    theirs = [float(p) for p in re.findall(r"\(p = ([\d.]+)\)", output)]
    scorer, (weak, strong), (a, b) = score_files(files, ["english"], ["weak", "strong"])
    if test == "bs":
        ours = [bootstrap_test(a[m], b[m], weak[m], strong[m]).p for m in OF_COMMAND]
    else:
        found = scorer.randomise(weak, strong)
        ours = [found[m].p for m in OF_COMMAND]
        assert "|ar:10000|seed:12345|" in output
        assert all(
            "ar:10000|seed:12345|" in test.signature and "bs:" not in test.signature
            for test in found.values()
        )
    assert len(theirs) == 3 and np.allclose(ours, theirs, atol=10**-4 / 2)


def test_sentence_scores_equal_the_command(files):
    scorer, (weak,), _ = score_files(files, ["english"], ["weak"])
    ours = scorer.score_sentences(weak)
    for metric in OF_COMMAND:
        output = sacrebleu(
            files.english, "-i", files.weak, "-m", metric, "--sentence-level", "-b"
        ).split()
        assert list(map(rounded, ours[metric])) == [rounded(float(x)) for x in output]


def test_intervals_stay_within_the_range_of_their_metric():
    references = [
        f"the number of this sentence is {word} ." for word in ["one", "two", "three", "four"]
    ]
    outputs = [*references[:3], "no"]
    scorer = Scorer([references])
    scores = scorer.score(scorer.count(outputs))
    unlimited = {name: estimate_ci(score.resamples) for name, score in scores.items()}
    for name in ("bleu", "chrf"):
        mean, half = unlimited[name]
        assert mean + half > 100 == scores[name].high
        assert scores[name].low == pytest.approx(mean - half)
    mean, half = unlimited["ter"]
    assert mean - half < 0 == scores["ter"].low
    assert scores["ter"].high == pytest.approx(mean + half)


def test_another_seed_gives_other_intervals_and_is_in_the_signature(files):
    _, _, (a,) = score_files(files, ["english"], ["weak"])
    _, _, (b,) = score_files(files, ["english"], ["weak"], seed=7)
    assert a["bleu"].score == b["bleu"].score
    assert a["bleu"].low != b["bleu"].low
    assert "|seed:7|" in b["bleu"].signature


@pytest.mark.parametrize("seed", [0, 7])
def test_every_seed_gives_the_same_numbers_every_time(seed):
    """sacreBLEU's own paired tests draw anew each time where the seed is 0."""
    found = []
    one, two = [
        [pair[(i + k) % 2] for i, pair in enumerate(zip(WEAK, SECOND, strict=True))] for k in (0, 1)
    ]
    for _ in range(2):
        scorer = Scorer([ENGLISH], seed=seed, metrics=["chrf"])
        a, b = scorer.count(one), scorer.count(two)
        before, after = scorer.score(a)["chrf"], scorer.score(b)["chrf"]
        found.append(
            (
                score_json(before),
                bootstrap_test(before, after, a["chrf"], b["chrf"]),
                scorer.randomise(a, b, trials=1000)["chrf"],
            )
        )
    assert found[0] == found[1]
    assert f"|seed:{seed}|" in found[0][0]["signature"]
    assert 0.05 < found[0][2].p < 0.95


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_drawing_in_blocks_draws_what_sacrebleu_draws(n):
    whole = np.random.default_rng(3).choice(n, size=(120, n), replace=True)
    assert np.array_equal(np.stack(list(draws(n, 120, 3))), whole)


def test_sentences_may_have_different_numbers_of_references(files):
    english, second = read_lines(files.english), read_lines(files.second)
    second[0] = None
    scorer = Scorer([english, second])
    scores = scorer.score(scorer.count(read_lines(files.weak)))
    assert all("nrefs:var|" in score.signature for score in scores.values())


def has_three(items) -> bool:
    return len(items) == 3


def test_edits_counted_in_processes_are_the_same(files):
    outputs, references = read_lines(files.weak), read_lines(files.english)
    jobs = [(a, (b,)) for a, b in zip(outputs, references, strict=True)]
    assert dict(count_edits(jobs, processes=2)) == dict(count_edits(jobs, processes=0))
    for processes in (0, 1):
        assert dict(count_edits(jobs, stop=lambda: True, processes=processes)) == {}
        done = []
        stop = functools.partial(has_three, done)
        for job, _ in count_edits(jobs, stop=stop, processes=processes):
            done.append(job)
        assert len(done) == 3


def test_a_stop_does_not_wait_for_a_long_text():
    """Random texts of two words keep TER busy for minutes. Its process is killed meanwhile."""
    random = np.random.default_rng(0)
    long, other = (" ".join(random.choice(["a", "b"], 5000)) for _ in range(2))
    asked = iter([False] * 3 + [True] * 100)
    assert dict(count_edits([(long, (other,))], stop=lambda: next(asked))) == {}


def test_unusual_texts_are_scored():
    odd = [
        "e\u0301 \u00e9 \u200b\u202e",
        "\u2028 line\u0085 separators",
        "🙂👩‍👩‍👧 日本語",
        "=1+1",
        "",
        "a\tb",
        "x" * 5000,
    ]
    scorer = Scorer([odd])
    assert scorer.score(scorer.count(odd))["chrf"].score == pytest.approx(100)
