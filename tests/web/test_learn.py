"""The Learn tab: the drawing, the recorded runs, and the steps of a lesson."""

import re

import pytest

from lora_demo.service.lessons.catalogue import build_lessons
from lora_demo.service.lessons.counts import TAUGHT_BASE, drawn_bases
from lora_demo.service.lessons.lesson import Drawing, Recorded, Taught
from lora_demo.service.lessons.progress import LessonProgress, Progress
from lora_demo.service.lessons.recordings import RECORDINGS
from lora_demo.service.terms import TERMS
from lora_demo.web.views import lessons as views
from lora_demo.web.views.rank_drawing import drawing_html
from lora_demo.web.views.recording import recording_html
from lora_demo.web.views.terms import marked_terms, prose_html
from tests.lesson_runs import all_recorded, evaluation, overfitting_run, run

BASES = drawn_bases()
WITHOUT = build_lessons(BASES, {})
WITH = build_lessons(BASES, all_recorded(RECORDINGS))


def texts(lessons):
    for lesson in lessons.values():
        for step in lesson.steps:
            yield from step.text
            if step.prediction:
                yield step.prediction.question
                yield step.prediction.outcome


@pytest.mark.parametrize("lessons", [WITHOUT, WITH], ids=["without", "with"])
def test_every_marked_word_of_the_lessons_is_in_the_glossary(lessons):
    marked = {term for text in texts(lessons) for term in marked_terms(text)}
    assert marked <= TERMS.keys()
    assert {"rank", "alpha", "chrF", "held-out"} & marked
    assert all("[" not in prose_html(text) for text in texts(lessons))


def test_the_drawing_is_to_scale_and_its_count_is_exact():
    html = drawing_html(BASES, TAUGHT_BASE, 8)
    assert "--r:8;--d-in:768;--d-out:768;--unit:0.286458" in html
    assert "2 · 768 · 8 = 12,288" in html
    assert "768 × 768 = 589,824" in html
    assert 'data-part="all">884,736<' in html
    assert "data-goal" not in html
    assert 'data-goal="16"' in drawing_html(BASES, TAUGHT_BASE, 8, goal=16)


def test_a_matrix_that_is_not_square_has_the_sum_of_its_sides():
    html = drawing_html(BASES, "google/flan-t5-small", 4)
    assert "(512 + 384) · 4 = 3,584" in html and "384 × 512 = 196,608" in html


def test_a_recording_holds_every_step_and_shows_the_first():
    html = recording_html([("few", overfitting_run())])
    assert re.findall(r'<div data-step="(\d+)"( hidden)?>', html) == [
        ("0", ""),
        ("2", " hidden"),
        ("4", " hidden"),
    ]
    assert re.findall(r"It .*?rains.*?(\d)", html) == ["0", "2", "4"]
    assert 'data-end="4"' in html and "trained pairs" in html


def test_runs_side_by_side_have_a_row_and_a_translation_each():
    runs = [("one <b>", overfitting_run()), ("two", run(evaluation(0, 1.0), evaluation(3, 0.5)))]
    html = recording_html(runs, goal=4)
    assert html.count('<th scope="row"') == 2 * 4  # at steps 0, 2, 3 and 4
    assert "one &lt;b&gt;" in html
    assert "<b>one" not in html
    assert "one <b>" not in html
    assert 'data-goal="4"' in html and "trained pairs" not in html


def test_runs_without_probe_sentences_or_with_fewer_are_shown():
    bare = run(evaluation(0, 1.0, probes=()), evaluation(4, 0.5, probes=()))
    assert "It rains" not in recording_html([("bare", bare)])
    assert '<dd class="now">–</dd>' in recording_html([("full", overfitting_run()), ("bare", bare)])


def test_the_outcome_is_shown_only_after_the_prediction():
    lesson = WITHOUT["lora"]
    prediction = lesson.steps[1].prediction
    before = views.step_html(lesson, LessonProgress(at=1))
    assert before.count('data-id="answer ') == len(prediction.choices)
    assert "It doubles: " not in before and "your prediction" not in before
    after = views.step_html(lesson, LessonProgress(at=1, answers={1: 0}))
    assert 'data-id="answer ' not in after
    assert '<p class="choice ">It stays the same. <small>your prediction</small></p>' in after
    assert '<p class="choice right">It doubles. <small>outcome</small></p>' in after
    assert "Not as you predicted." in after and "It doubles: " in after
    right = views.step_html(lesson, LessonProgress(at=1, answers={1: 1}))
    assert "As you predicted." in right and "your prediction · outcome" in right


def test_a_goal_is_shown_with_the_slider_that_reaches_it():
    lesson, goal = WITHOUT["lora"], "Drag the rank to 384"
    assert goal not in views.step_html(lesson, LessonProgress(at=2))
    answered = LessonProgress(at=2, answers={2: 0})
    assert goal in views.step_html(lesson, answered)
    reached = LessonProgress(at=2, answers={2: 0}, acted=frozenset({2}))
    assert ">Done<" in views.step_html(lesson, reached)
    assert ">Done<" not in views.step_html(lesson, answered)


def test_the_way_through_a_lesson_names_what_comes_next():
    def label(progress):
        html = views.navigation_html(WITHOUT["lora"], progress)
        return re.search(r'data-id="next">([^<]+)', html)[1]

    assert label(LessonProgress()) == "Skip this step"
    assert label(LessonProgress(acted=frozenset({0}))) == "Next"
    last = len(WITHOUT["lora"].steps) - 1
    done = LessonProgress(at=last, answers={last: 0}, acted=frozenset({last}))
    assert label(done) == "Finish"


def test_the_list_shows_what_is_done():
    progress = Progress("", {"lora": LessonProgress(acted=frozenset({0}))})
    html = views.list_html(WITHOUT, progress)
    assert re.findall(r'data-id="open ([\w-]+)"', html) == list(WITHOUT)
    assert "<small>1 of 5 steps</small>" in html
    assert html.count("<small>0 of ") == 4


def test_an_unknown_lesson_is_named_and_escaped():
    html = views.introduction_html("<script>" + "x" * 99)
    assert "The lesson “&lt;script&gt;xxx" in html and "x" * 40 not in html
    assert "does not exist" not in views.introduction_html()


def test_each_kind_of_figure_is_rendered():
    recorded = all_recorded(["rank-4"])
    assert views.figure_html(None, BASES, {}) == ""
    assert 'class="rank-drawing"' in views.figure_html(Drawing("mini", 4), BASES, {})
    assert "442,368" in views.figure_html(Taught(), BASES, {})
    html = views.figure_html(Recorded((("rank-4", "rank 4"),)), BASES, recorded, 4)
    assert 'class="scrubber"' in html and 'data-goal="4"' in html
