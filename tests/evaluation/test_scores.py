"""Scores, intervals and p-values equal those of the `sacrebleu` command for the same files."""

import functools
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from lora_demo.evaluation.edits import count_edits
from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.report.serialisation import score_json
from lora_demo.evaluation.report.verdict import (
    describe_metric,
    describe_size,
    describe_system,
    format_p,
)
from lora_demo.evaluation.scores import Scorer, bootstrap_test
from lora_demo.evaluation.sets import read_lines
from lora_demo.evaluation.significance import (
    MIN_DIFFERING,
    SEED,
    PairedTest,
    count_differing,
    direction,
    draws,
)
from tests.evaluation.conftest import ENGLISH, SECOND, WEAK

WIDTH = 6


def sacrebleu(*arguments) -> str:
    command = [sys.executable, "-m", "sacrebleu", *map(str, arguments), "-w", str(WIDTH)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rounded(number) -> str:
    return f"{number:.{WIDTH}f}"


def scored(files, references, outputs, **options):
    scorer = Scorer([read_lines(getattr(files, name)) for name in references], **options)
    counted = [scorer.count(read_lines(getattr(files, name))) for name in outputs]
    return scorer, counted, [scorer.score(c) for c in counted]


@pytest.mark.parametrize("references", [("english",), ("english", "second")])
@pytest.mark.parametrize("words", [0, 2])
def test_scores_intervals_and_signatures_equal_the_command(files, references, words):
    said = json.loads(
        sacrebleu(
            *(getattr(files, name) for name in references),
            "-i",
            files.weak,
            "-m",
            "bleu",
            "chrf",
            "ter",
            "--chrf-word-order",
            words,
            "--confidence",
            "-f",
            "json",
        )
    )
    _, _, (scores,) = scored(files, references, ["weak"], word_order=words)
    for metric, theirs in zip(METRICS, said, strict=True):
        ours = scores[metric]
        assert rounded(ours.score) == rounded(theirs["score"]), metric
        assert (
            ours.signature == theirs["signature"]
            and f"|seed:{SEED}|" in ours.signature
            and f"nrefs:{len(references)}|" in ours.signature
        )
        assert (
            abs(ours.mean - theirs["confidence_mean"]) < 1e-5
            and abs((ours.high - ours.low) / 2 - theirs["confidence_var"]) < 1e-5
        )
        assert ours.low < ours.score < ours.high


@pytest.mark.parametrize("test", ["bs", "ar"])
def test_p_values_equal_the_command(files, test):
    said = sacrebleu(
        files.english,
        "-i",
        files.weak,
        files.strong,
        "-m",
        "bleu",
        "chrf",
        "ter",
        f"--paired-{test}",
        "-f",
        "text",
    )
    theirs = [float(p) for p in re.findall(r"\(p = ([\d.]+)\)", said)]
    scorer, (weak, strong), (a, b) = scored(files, ["english"], ["weak", "strong"])
    if test == "bs":
        ours = [bootstrap_test(a[m], b[m], weak[m], strong[m]).p for m in METRICS]
    else:
        found = scorer.randomise(weak, strong)
        ours = [found[m].p for m in METRICS]
        assert "|ar:10000|seed:12345|" in said and all(
            "ar:10000|seed:12345|" in test.signature and "bs:" not in test.signature
            for test in found.values()
        )
    assert len(theirs) == 3 and np.allclose(ours, theirs, atol=10**-4 / 2)


def test_sentence_scores_equal_the_command(files):
    scorer, (weak,), _ = scored(files, ["english"], ["weak"])
    ours = scorer.score_sentences(weak)
    for metric in METRICS:
        said = sacrebleu(
            files.english, "-i", files.weak, "-m", metric, "--sentence-level", "-b"
        ).split()
        assert list(map(rounded, ours[metric])) == [rounded(float(x)) for x in said]


def test_another_seed_gives_other_intervals_and_is_in_the_signature(files):
    (_, _, (a,)), (_, _, (b,)) = (
        scored(files, ["english"], ["weak"]),
        scored(files, ["english"], ["weak"], seed=7),
    )
    assert (
        a["bleu"].score == b["bleu"].score
        and a["bleu"].low != b["bleu"].low
        and "|seed:7|" in b["bleu"].signature
    )


@pytest.mark.parametrize("seed", [0, 7])
def test_every_seed_gives_the_same_numbers_every_time(seed):
    """sacreBLEU's own paired tests draw anew each time where the seed is 0."""
    found, (one, two) = (
        [],
        [
            [pair[(i + k) % 2] for i, pair in enumerate(zip(WEAK, SECOND, strict=True))]
            for k in (0, 1)
        ],
    )
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
    assert (
        found[0] == found[1]
        and f"|seed:{seed}|" in found[0][0]["signature"]
        and 0.05 < found[0][2].p < 0.95
    )


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_drawing_in_blocks_draws_what_sacrebleu_draws(n):
    whole = np.random.default_rng(3).choice(n, size=(120, n), replace=True)
    assert np.array_equal(np.stack(list(draws(n, 120, 3))), whole)


def test_equal_systems_and_single_sentences_have_p_of_one(files):
    scorer, (one, two), (a, b) = scored(files, ["english"], ["weak", "weak"])
    assert all(bootstrap_test(a[m], b[m], one[m], two[m]).p == 1.0 for m in METRICS)
    assert all(test.p == 1.0 for test in scorer.randomise(one, two).values())
    assert "No significant difference" in describe_system("x", a, b, same_test(1.0))
    scorer = Scorer([["The dog is asleep."]])
    bad, good = scorer.count(["A cat."]), scorer.count(["The dog is asleep."])
    a, b = scorer.score(bad), scorer.score(good)
    assert b["bleu"].score == pytest.approx(100) and all(
        bootstrap_test(a[m], b[m], bad[m], good[m]).p == 1.0 for m in METRICS
    )


def compared(references, base, other):
    """Scores of two systems and the tests between them, by metric."""
    scorer = Scorer([references])
    one, two = scorer.count(base), scorer.count(other)
    a, b = scorer.score(one), scorer.score(two)
    return a, b, {m: bootstrap_test(a[m], b[m], one[m], two[m]) for m in METRICS}


def same_test(p: float, differing: int = MIN_DIFFERING) -> dict[str, PairedTest]:
    """The same test result for all metrics."""
    return dict.fromkeys(METRICS, PairedTest(p, differing))


def test_fewer_than_six_differing_sentences_are_not_significant():
    """Of the 2^k patterns of signs, two are the most extreme: with five differences p is 2 / 32."""
    assert 2 * 2**-MIN_DIFFERING < 0.05 <= 2 * 2 ** -(MIN_DIFFERING - 1)
    for k in (2, MIN_DIFFERING - 1):
        a, b, found = compared(ENGLISH[:k], WEAK[:k], ENGLISH[:k])
        assert found["bleu"].p == pytest.approx(1 / 1001) and found["bleu"].differing == k
        said = describe_system("b", a, b, found)
        assert (
            said.startswith("No significant difference")
            and said.count(f"(p = 0.001, but only {k} sentences differ)") == 2
            and "TER" not in said
        )
        assert f"no significant difference (p = 0.001, but only {k}" in describe_metric(
            "ter", 50, 40, PairedTest(0.001, k)
        ) and "none counts" in describe_size(k)
    a, b, found = compared(ENGLISH[:MIN_DIFFERING], WEAK[:MIN_DIFFERING], ENGLISH[:MIN_DIFFERING])
    assert describe_system("b", a, b, found).startswith(
        "b is better than the base"
    ) and "none counts" not in describe_size(MIN_DIFFERING)


def test_one_differing_sentence_of_many_is_not_significant():
    """sacreBLEU gives the smallest p, because the difference in every trial is the real one."""
    base = [*WEAK * 5, "A dog."]
    scorer = Scorer([[*ENGLISH * 5, "The dog is asleep."]], metrics=["chrf"])
    one, two = (
        scorer.count([*base[:-1], text])["chrf"] for text in ("A dog.", "The dog is asleep.")
    )
    test = scorer.randomise({"chrf": one}, {"chrf": two}, trials=100)["chrf"]
    assert (
        test.p < 0.05
        and count_differing(one, two) == test.differing == 1
        and direction("chrf", 40, 50, test) == 0
        and format_p(test).endswith("but only 1 sentence differs")
    )


def test_p_is_one_if_no_sample_shows_a_difference():
    """BLEU of two words is 0: the statistics differ, but the score is the same in every sample."""
    references, other = ["Good day", "Yes fine"] * 10, ["Good day", "Yes good"] * 10
    a, b, found = compared(references, references, other)
    assert (
        a["bleu"].score == b["bleu"].score == 0
        and found["bleu"] == PairedTest(1.0, 10)
        and found["chrf"].p < 0.05
    )
    scorer = Scorer([references], metrics=["bleu", "chrf"])
    randomised = scorer.randomise(scorer.count(references), scorer.count(other), trials=100)
    assert randomised["bleu"].p == 1.0 and randomised["chrf"].p < 0.05


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (1.0, "1.000"),
        (0.0509, "0.051"),
        (0.05, "0.050"),
        (50 / 1001, "0.04995"),
        (0.0494, "0.049"),
        (1 / 1001, "0.001"),
        (1 / 10001, "0.0001"),
    ],
)
def test_a_rounded_p_stays_on_its_side_of_the_level(p, said):
    assert format_p(PairedTest(p, MIN_DIFFERING)) == f"p = {said}"


def test_randomly_mixed_systems_do_not_differ_and_a_clear_gain_is_significant(files):
    """Two systems that share the sentences of two others at random are equally good."""
    weak, strong = read_lines(files.weak), read_lines(files.strong)
    random = np.random.default_rng(0).random(len(weak)) < 0.5
    mixed = [
        [s if r else w for s, w, r in zip(*pair, random, strict=True)]
        for pair in ((strong, weak), (weak, strong))
    ]
    scorer = Scorer([read_lines(files.english)])
    counted = [scorer.count(outputs) for outputs in (*mixed, weak, strong)]
    scores = [scorer.score(c) for c in counted]

    def found(i, j):
        return {
            m: bootstrap_test(scores[i][m], scores[j][m], counted[i][m], counted[j][m])
            for m in METRICS
        }

    assert (
        "no significant difference"
        in describe_system("b", scores[0], scores[1], found(0, 1)).lower()
    )
    assert found(2, 3)["bleu"].p == pytest.approx(1 / 1001) and describe_system(
        "b", scores[2], scores[3], found(2, 3)
    ).startswith("b is better than the base: BLEU +")
    assert describe_system("b", scores[3], scores[2], found(3, 2)).startswith(
        "b is worse than the base: BLEU -"
    )


def test_a_verdict_names_metrics_that_disagree(files):
    _, _, (weak, strong) = scored(files, ["english"], ["weak", "strong"])
    swapped = strong | {"ter": weak["ter"]}, weak | {"ter": strong["ter"]}
    assert "However, it is better by TER: -" in describe_system("x", *swapped, same_test(0.001))
    assert "by 1 of 2 metrics" in describe_system(
        "x", weak, strong, same_test(0.3) | {"bleu": same_test(0.001)["bleu"]}
    )
    assert (
        direction("ter", 50, 40, same_test(0.01)["ter"]) == 1
        and direction("bleu", 50, 40, same_test(0.01)["bleu"]) == -1
        and direction("bleu", 40, 50, same_test(0.05)["bleu"]) == 0
    )


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
