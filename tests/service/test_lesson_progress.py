"""A visitor's progress through the lessons, and what a browser may have kept of it."""

import pytest

from lora_demo.service.lessons.lesson import Drawing, Goal, Lesson, Prediction, Step, Visit
from lora_demo.service.lessons.progress import LessonProgress, Progress, progress_from_json

LESSON = Lesson(
    name="small",
    title="Small",
    summary="A lesson.",
    steps=(
        Step("Read", ("Text.",)),
        Step("Predict", (), prediction=Prediction("Which?", ("a", "b"), 1, "b.")),
        Step("Drag", (), figure=Drawing("mini", 4), goal=Goal("Drag.", 16)),
        Step("Visit", (), action=Visit("Open Compare", "compare")),
    ),
)
LESSONS = {"small": LESSON}


def after(*actions: object, progress: Progress = Progress()) -> Progress:  # noqa: B008
    for action in actions:
        progress = progress.act(action, LESSONS)
    return progress


def done(progress: Progress) -> list[bool]:
    return [progress.of("small").is_done(LESSON, place) for place in range(len(LESSON.steps))]


def test_a_step_ends_when_the_visitor_has_done_what_it_asks_for():
    progress = after("open small")
    assert done(progress) == [False] * 4
    for action, expected in (
        ("next", [True, False, False, False]),
        ("answer 0", [True, True, False, False]),
        ("next", [True, True, False, False]),
        ("reached", [True, True, True, False]),
        ("next", [True, True, True, False]),
        ("used", [True, True, True, True]),
    ):
        progress = after(action, progress=progress)
        assert done(progress) == expected, action
    assert progress.of("small").count_done(LESSON) == 4


def test_a_skipped_step_is_not_done():
    assert done(after("open small", "next", "next", "next", "next")) == [True, False, False, False]


def test_the_last_step_leads_back_to_the_list():
    assert after("open small", "go 3").open == "small"
    assert after("open small", "go 3", "next").open == ""


def test_the_first_prediction_is_kept():
    progress = after("open small", "go 1", "answer 0", "answer 1")
    assert progress.of("small").answers == {1: 0}


@pytest.mark.parametrize(
    "action",
    ["open other", "answer 0", "answer 2", "go 4", "go x", "go ²", "reached", "used", "", None, 7],
)
def test_what_does_not_fit_the_step_changes_nothing(action):
    progress = after("open small")
    assert after(action, progress=progress) == progress


def test_without_an_open_lesson_only_open_does_something():
    assert after("next", "answer 1", "used") == Progress()
    assert after("open small", "close", "next") == Progress("", after("open small").lessons)


def test_progress_survives_the_browser():
    progress = after("open small", "next", "answer 1", "next", "reached")
    assert progress_from_json(progress.to_json(), LESSONS) == progress
    assert progress.to_json() == {
        "open": "small",
        "lessons": {"small": {"at": 2, "answers": {"1": 1}, "acted": [0, 2]}},
    }


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "small",
        {"open": 7, "lessons": 7},
        {"open": "gone", "lessons": {"gone": {"at": 1}, "small": []}},
        {"open": {}, "lessons": {"small": {"at": 99, "answers": {"0": 1, "1": 9}, "acted": [77]}}},
        {"lessons": {"small": {"at": True and "1", "answers": [1], "acted": {"a": 1}}}},
        {"lessons": {"small": {"at": 0.5, "answers": {"1": None}, "acted": [None, [1]]}}},
    ],
)
def test_what_does_not_fit_the_lessons_is_left_out(document):
    progress = progress_from_json(document, LESSONS)
    assert progress.open == ""
    assert progress.of("small") == LessonProgress()
