"""A stop gives a partial result that says what it covers."""

import functools

import pytest

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.events import Phase, Progress
from lora_demo.evaluation.report.narrative import alarms
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.recording import record_scores
from lora_demo.evaluation.report.serialisation import document as serialise
from lora_demo.evaluation.report.serialisation import summary
from lora_demo.evaluation.report.spreadsheet import sentence_table
from tests.evaluation.report_page import Page
from tests.evaluation.running import after_scoring, config_of_files, run_evaluation, run_until


def test_a_stop_gives_a_labelled_partial_result_on_a_fair_sample(translator, adapter, files):
    for asked in (3, 2):  # between base and adapter of the second chunk, and before it
        stops = iter([False] * asked + [True] * 1000)
        evaluation, _ = run_evaluation(
            EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
            translator=translator,
            stop=functools.partial(next, stops),
        )
        assert evaluation.is_partial and evaluation.n == 64 < evaluation.total
    assert evaluation.rows != list(range(128))
    assert evaluation.rows == sorted(evaluation.rows)
    assert summary(evaluation)["partial"] is True
    assert alarms(evaluation)[0].startswith("PARTIAL: ")
    assert "Partial evaluation" in page(evaluation)
    assert sentence_table(evaluation)[1][0] == evaluation.rows[0] + 1
    assert {id for id in Page(page(evaluation)).ids if id[1:].isdecimal()} == {
        f"s{row + 1}" for row in evaluation.rows
    }
    with pytest.raises(ValueError, match="partial"):
        record_scores(evaluation)
    with pytest.raises(ValueError, match="nothing to score"):
        run_evaluation(
            EvaluationConfig(base="fake", data="builtin:weather"),
            translator=translator,
            stop=lambda: True,
        )
    stops = iter([False] * 6 + [True] * 1000)
    assert run_evaluation(config_of_files(files), stop=lambda: next(stops))[0].is_partial


def test_a_partial_result_numbers_sentences_by_their_place_in_the_set(translator, adapter):
    evaluation = run_until(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather", split="train"),
        lambda e: isinstance(e, Progress),
        translator=translator,
    )
    document, places = serialise(evaluation), [row + 1 for row in evaluation.rows]

    def numbers(kind):
        return [n for bucket in document["buckets"][kind] for n in bucket["sentences"]]

    assert places != list(range(1, evaluation.n + 1))
    assert [s["number"] for s in document["sentences"]] == places
    assert (
        sorted(numbers("length"))
        == sorted(set(numbers("sentence_chrf")))
        == places
        == document["systems"][1]["flaws"]["exact"]["sentences"]
    )
    assert document["overlaps"][0]["trained_pairs"]["first"] == places
    assert set(document["comparisons"][0]["wins"]) <= set(places)
    assert set(document["comparisons"][0]["ngrams"]["right_here_only"][0]["sentences"]) <= set(
        places
    )
    assert [row[0] for row in sentence_table(evaluation)[1:]] == places


def test_a_stop_in_the_last_further_set_is_labelled(translator, adapter):
    evaluation = run_until(
        EvaluationConfig(
            base="fake",
            adapters=(adapter,),
            data="builtin:weather",
            max_pairs=100,
            also=("builtin:recipes",),
        ),
        after_scoring(Progress),
        translator=translator,
    )
    assert evaluation.n == 100
    assert not evaluation.left_out
    assert evaluation.is_partial
    assert "left_out" not in summary(evaluation)
    assert alarms(evaluation) == [
        f"PARTIAL: stopped after {evaluation.further_sets[0].n} of 100 sentences of "
        "builtin:recipes. Its numbers are for this random part."
    ]


@pytest.mark.parametrize(
    ("kind", "partial", "left_out"),
    [
        (Phase, [], ["train", "eval", "test", "recipes"]),
        (Progress, ["train"], ["eval", "test", "recipes"]),
    ],
)
def test_a_stop_in_further_sets_is_labelled_and_names_what_is_left_out(
    translator, adapter, kind, partial, left_out
):
    """The stop comes after the main set was scored, before or after a further set's first batch."""
    config = EvaluationConfig(
        base="fake",
        adapters=(adapter,),
        data="builtin:weather",
        max_pairs=64,
        own_data=True,
        also=("builtin:recipes",),
    )
    evaluation = run_until(config, after_scoring(kind), translator=translator)
    assert evaluation.n == evaluation.total == 64
    assert evaluation.is_partial
    assert summary(evaluation)["partial"] is True
    assert [b.set.split for b in evaluation.further_sets] == partial
    for further in evaluation.further_sets:
        assert len(further.set) < further.total == 200
        assert further.rows != list(range(len(further.rows)))
    names = [
        f"weather-r2's own {name} data" if name != "recipes" else "builtin:recipes"
        for name in left_out
    ]
    assert evaluation.left_out == names == summary(evaluation)["left_out"]
    assert f"PARTIAL: stopped early. Left out: {'; '.join(names)}." in alarms(evaluation)
    assert any(
        "of 200 sentences of weather-r2's own train data" in text for text in alarms(evaluation)
    ) == bool(partial)
    shown = page(evaluation).replace("&#x27;", "'")
    for text in alarms(evaluation):
        assert f'<p class="alarm" role="alert">{text}' in shown
    assert "Partial evaluation" in shown
    beside = serialise(evaluation)["beside"]
    assert [(b["partial"], b["asked"], b["sentences"][0]["number"]) for b in beside] == [
        (True, 200, b.rows[0] + 1) for b in evaluation.further_sets
    ]


def test_a_stop_before_the_second_test_leaves_it_out(files):
    evaluation = run_until(
        config_of_files(files, randomisation=True),
        lambda e: isinstance(e, Progress) and e.unit == "systems",
    )
    assert evaluation.n == evaluation.total
    assert evaluation.left_out == ["paired approximate randomisation of strong"]
    assert evaluation.is_partial
    assert not evaluation.systems[1].randomisation
    assert evaluation.systems[1].tests
