"""The lessons: exact counts, outcomes that come from the recorded runs, honest gaps."""

import pytest

from lora_demo.model.config import FLAN_T5
from lora_demo.model.parameters import count_adapter
from lora_demo.model.shapes import total_parameters
from lora_demo.service.lessons.catalogue import build_lessons
from lora_demo.service.lessons.counts import (
    TAUGHT_BASE,
    TAUGHT_MILLIONS,
    drawn_bases,
    drawn_ranks,
)
from lora_demo.service.lessons.forgetting import everyday_choice, loss_choice
from lora_demo.service.lessons.learning_rate import lowest
from lora_demo.service.lessons.lesson import (
    NOT_RECORDED,
    Drawing,
    Goal,
    Prediction,
    Recorded,
    Step,
    Train,
    Visit,
)
from lora_demo.service.lessons.recordings import RECORDINGS
from lora_demo.service.lessons.which_rank import rise_choice
from tests.lesson_runs import all_recorded, evaluation, overfitting_run, run

BASES = drawn_bases()
TABS = {"compare", "train", "evaluate", "parameters", "adapters"}


def lessons(recorded=None):
    return build_lessons(BASES, recorded or {})


def steps(recorded=None):
    return [step for lesson in lessons(recorded).values() for step in lesson.steps]


@pytest.mark.parametrize("base", BASES)
def test_the_drawn_counts_are_those_of_the_parameters_module(base):
    counts = BASES[base]
    for rank, of_matrix, of_adapter in zip(
        counts.ranks, counts.of_matrix, counts.of_adapter, strict=True
    ):
        assert of_matrix == rank * (counts.d_in + counts.d_out)
        assert of_adapter == counts.matrices * of_matrix
    config = FLAN_T5.get(base)
    if config:
        assert counts.total == total_parameters(config)
        assert counts.of_adapter[counts.at(8)] == count_adapter(config, 8).trainable


def test_the_drawn_ranks_rise_to_half_of_the_shorter_side():
    for counts in BASES.values():
        assert list(counts.ranks) == sorted(set(counts.ranks))
        assert counts.ranks[-1] == min(counts.d_in, counts.d_out) // 2
        assert set(counts.ranks) >= set(range(1, 17))
    assert drawn_ranks(5) == (1, 2, 3, 4, 5)
    assert drawn_ranks(40) == (*range(1, 17), 20, 24, 28, 32, 40)


def test_the_lessons_are_five_and_known_by_their_names():
    assert list(lessons()) == ["lora", "rank", "overfitting", "learning-rate", "combine"]
    assert all(lesson.name == name for name, lesson in lessons().items())
    assert lessons(all_recorded(RECORDINGS)).keys() == lessons().keys()


def test_the_first_lesson_explains_the_taught_numbers_by_the_exact_ones():
    counts = BASES[TAUGHT_BASE]
    taught = lessons()["lora"].steps[3]
    assert taught.title == "2.8, 5.6, 11.2 million?"
    assert taught.prediction.choices[taught.prediction.answer] == "442,368"
    assert f"{count_adapter(FLAN_T5[TAUGHT_BASE], 4).trainable:,}" in taught.prediction.outcome
    assert all(TAUGHT_MILLIONS[rank] * 1e6 > counts.of_adapter[counts.at(rank)] for rank in (4, 8))


def test_a_and_b_have_as_many_parameters_as_w_at_the_rank_of_the_lesson():
    counts = BASES[TAUGHT_BASE]
    step = lessons()["lora"].steps[2]
    assert counts.of_matrix[counts.at(step.goal.value)] == counts.of_W
    assert step.prediction.choices[step.prediction.answer] == f"r = {step.goal.value}"


def test_without_recordings_a_step_says_so_and_asks_for_nothing_that_it_cannot_show():
    assert sum(NOT_RECORDED in step.text for step in steps()) == 5
    for step in steps():
        assert not isinstance(step.figure, Recorded)
        assert not isinstance(step.reveal, Recorded)
        if NOT_RECORDED in step.text:
            assert (step.prediction, step.goal) == (None, None)


def test_with_recordings_every_step_has_its_runs():
    recorded = all_recorded(RECORDINGS)
    assert not any(NOT_RECORDED in step.text for step in steps(recorded))
    figures = [figure for step in steps(recorded) for figure in (step.figure, step.reveal)]
    shown = [figure for figure in figures if isinstance(figure, Recorded)]
    assert {name for figure in shown for name in figure.names} == set(RECORDINGS)


@pytest.mark.parametrize("recorded", [{}, all_recorded(RECORDINGS)], ids=["without", "with"])
def test_every_slider_can_reach_the_goal_of_its_step(recorded):
    for step in steps(recorded):
        if not step.goal:
            continue
        figure = step.reveal or step.figure
        if isinstance(figure, Drawing):
            assert step.goal.value in BASES[figure.base].ranks
        else:
            last = max(recorded[name].evaluations[-1].step for name in figure.names)
            assert step.goal.value == last


def test_buttons_open_tabs_and_runs_that_exist():
    for step in steps():
        if isinstance(step.action, Visit):
            assert step.action.tab in TABS
        elif isinstance(step.action, Train):
            assert step.action.config.data.startswith("builtin:")


def test_the_scores_of_the_recorded_runs_are_the_outcome():
    compare, *_ = lessons(all_recorded(RECORDINGS))["rank"].steps
    assert "rank 4 20.0 → 30.0; rank 8 20.0 → 31.0; rank 16 20.0 → 32.0" in (
        compare.prediction.outcome
    )
    assert compare.prediction.answer == 1


@pytest.mark.parametrize(
    ("low", "high", "choice"),
    [(10, 10, 0), (10, 9, 0), (10, 15, 1), (10, 16, 2), (10, 40, 2), (10, 41, 3), (0, 1, 3)],
)
def test_the_choice_follows_the_ratio_of_the_rises(low, high, choice):
    assert rise_choice(low, high) == choice


def test_the_choice_follows_the_course_of_the_loss():
    falls = run(evaluation(0, 3.0), evaluation(2, 2.0), evaluation(4, 1.0))
    rises = run(evaluation(0, 1.0), evaluation(2, 2.0), evaluation(4, 3.0))
    assert [loss_choice(each) for each in (falls, overfitting_run(), rises)] == [0, 1, 2]


@pytest.mark.parametrize(("score", "choice"), [(32.0, 0), (30.5, 1), (28.0, 2)])
def test_the_choice_follows_the_everyday_sentences(score, choice):
    start = evaluation(0, 3.0, everyday_chrf=30.0)
    assert everyday_choice(run(start, evaluation(4, 2.0, everyday_chrf=score))) == choice


def test_the_lowest_loss_at_the_end_decides():
    runs = [run(evaluation(0, 3.0), evaluation(4, loss)) for loss in (2.0, 1.5, 1.8)]
    assert lowest(runs) == 1


def test_a_step_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="no slider"):
        Step("x", (), goal=Goal("Drag.", 4))
    with pytest.raises(ValueError, match="Keep one"):
        Step("x", (), goal=Goal("Drag.", 4), action=Visit("Open", "compare"))
    with pytest.raises(ValueError, match="answer = 2"):
        Prediction("Which?", ("a", "b"), 2, "c")
