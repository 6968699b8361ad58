"""Lessons as HTML: their list, the text of a step with its prediction, and its figure."""

from collections.abc import Mapping
from html import escape

from lora_demo.language import N_, _
from lora_demo.model.config import FLAN_T5
from lora_demo.service.lessons.counts import TAUGHT_BASE, RankCounts
from lora_demo.service.lessons.lesson import Drawing, Figure, Lesson, Prediction, Recorded, Step
from lora_demo.service.lessons.progress import LessonProgress, Lessons, Progress
from lora_demo.training.progress import RunProgress
from lora_demo.web.views.parameter_tables import lesson_html
from lora_demo.web.views.rank_drawing import drawing_html
from lora_demo.web.views.recording import recording_html
from lora_demo.web.views.terms import prose_html

INTRODUCTION = N_(
    "[LoRA] adds two thin matrices A and B to a frozen matrix W. Drag the "
    "[rank] and watch how many [parameter|parameters] they have."
)
MAX_SHOWN = 40
"""Characters of an unknown lesson's name that the page shows."""


def introduction_html(unknown: str = "") -> str:
    """Render the text beside the drawing.

    Args:
        unknown: Name of a lesson in the address of the page that does not exist.
    """
    note = ""
    if unknown:
        name = escape(unknown[:MAX_SHOWN])
        note = (
            '<p class="warning">'
            + _("The lesson “{name}” does not exist. Choose one from the list.", name=name)
            + "</p>"
        )
    text = prose_html(_(INTRODUCTION))
    return f'<section class="step introduction">{note}<h2>{_("Learn")}</h2><p>{text}</p></section>'


def list_html(lessons: Lessons, progress: Progress) -> str:
    """Render the list of lessons with the progress in each.

    Args:
        lessons: All lessons.
        progress: The visitor's progress.
    """
    cards = "".join(
        _card_html(number, lesson, progress.of(lesson.name))
        for number, lesson in enumerate(lessons.values(), 1)
    )
    note = _("They work offline, and this browser keeps your progress.")
    return (
        f"<h2>{_('Five short lessons')}</h2>"
        f'<nav class="lessons" aria-label="{_("Lessons")}">{cards}</nav><p class="small">{note}</p>'
    )


def _card_html(number: int, lesson: Lesson, progress: LessonProgress) -> str:
    done, total = progress.count_done(lesson), len(lesson.steps)
    state = _("Done") if done == total else _("{done} of {total} steps", done=done, total=total)
    summary = escape(lesson.summary).replace(" · ", "&nbsp;·&nbsp;")  # 2 · d · r stays in one line
    return (
        f'<button type="button" class="card" data-id="open {lesson.name}">'
        f'<span class="origin">{number}</span><b>{escape(lesson.title)}</b>'
        f"<span>{summary}</span><small>{state}</small></button>"
    )


def step_html(lesson: Lesson, progress: LessonProgress) -> str:
    """Render the text of the step that is shown, with its prediction and its goal.

    Args:
        lesson: The lesson.
        progress: The visitor's progress in it.
    """
    step, choice = lesson.steps[progress.at], progress.answers.get(progress.at)
    paragraphs = "".join(f"<p>{prose_html(text)}</p>" for text in step.text)
    is_new = choice is None
    return (
        f'<section class="step"><p class="origin">{escape(lesson.title)}</p>'
        f"<h2{_focus(is_new)}>{escape(step.title)}</h2>{paragraphs}"
        f"{_prediction_html(step.prediction, choice) if step.prediction else ''}"
        f"{_goal_html(step, choice is not None, progress.at in progress.acted)}</section>"
    )


def _focus(has_focus: bool) -> str:
    """Return the attributes of the element that gets the focus once it is shown."""
    return ' tabindex="-1" data-focus' if has_focus else ""


def _prediction_html(prediction: Prediction, choice: int | None) -> str:
    choices = "".join(
        _choice_html(prediction, place, choice) for place in range(len(prediction.choices))
    )
    return (
        f'<div class="prediction" role="group" aria-label="{_("Your prediction")}">'
        f"<p><b>{prose_html(prediction.question)}</b></p>{choices}</div>"
        f"{'' if choice is None else _outcome_html(prediction, choice)}"
    )


def _choice_html(prediction: Prediction, place: int, choice: int | None) -> str:
    """Render a choice: a button before the prediction, and a line with its marks after it."""
    text = escape(prediction.choices[place])
    if choice is None:
        return f'<button type="button" class="choice" data-id="answer {place}">{text}</button>'
    marks = []
    if place == choice:
        marks.append(_("your prediction"))
    if place == prediction.answer:
        marks.append(_("outcome"))
    kind = "right" if place == prediction.answer else ""
    note = f" <small>{' · '.join(marks)}</small>" if marks else ""
    return f'<p class="choice {kind}">{text}{note}</p>'


def _outcome_html(prediction: Prediction, choice: int) -> str:
    verdict = _("As you predicted.") if choice == prediction.answer else _("Not as you predicted.")
    return f'<p class="outcome"{_focus(True)}><b>{verdict}</b> {prose_html(prediction.outcome)}</p>'


def _goal_html(step: Step, is_answered: bool, is_reached: bool) -> str:
    if not step.goal or step.shown_figure(is_answered) is None:
        return ""
    state = f'<small role="status">{_("Done")}</small>' if is_reached else ""
    return f'<p class="goal"><b>{_("Now:")}</b> {escape(step.goal.text)} {state}</p>'


def navigation_html(lesson: Lesson, progress: LessonProgress) -> str:
    """Render the navigation of a lesson: a button for each step, and one for the next.

    Args:
        lesson: The lesson.
        progress: The visitor's progress in it.
    """
    steps = "".join(_dot_html(lesson, progress, place) for place in range(len(lesson.steps)))
    is_last = progress.at == len(lesson.steps) - 1
    step = lesson.steps[progress.at]
    is_to_read = step.prediction is None and not step.goal and not step.action
    is_done = progress.is_done(lesson, progress.at) or is_to_read
    label = _("Skip this step")
    if is_done:
        label = _("Finish") if is_last else _("Next")
    return (
        f'<nav class="way" aria-label="{_("Steps of the lesson")}">'
        f'<button type="button" class="copy" data-id="close">{_("All lessons")}</button>'
        f"<ol>{steps}</ol>"
        f'<button type="button" class="next {"done" if is_done else ""}" data-id="next">{label}'
        "</button></nav>"
    )


def _dot_html(lesson: Lesson, progress: LessonProgress, place: int) -> str:
    current = ' aria-current="step"' if place == progress.at else ""
    is_done = progress.is_done(lesson, place)
    names = {"number": place + 1, "title": lesson.steps[place].title}
    label = _("Step {number}: {title}", **names)
    if is_done:
        label = _("Step {number}: {title}, done", **names)
    return (
        f'<li><button type="button" class="dot {"done" if is_done else ""}" '
        f'data-id="go {place}" aria-label="{escape(label)}"{current}>{place + 1}</button></li>'
    )


def figure_html(
    figure: Figure | None,
    bases: Mapping[str, RankCounts],
    recorded: Mapping[str, RunProgress],
    goal: int | None = None,
) -> str:
    """Render what a step shows.

    Args:
        figure: The figure; None for nothing.
        bases: The counts of each base that can be drawn.
        recorded: The recorded runs by name.
        goal: The position of the slider that the visitor is asked to reach.
    """
    if figure is None:
        return ""
    if isinstance(figure, Drawing):
        return drawing_html(bases, figure.base, figure.rank, goal)
    if isinstance(figure, Recorded):
        return recording_html([(label, recorded[name]) for name, label in figure.runs], goal)
    return lesson_html(TAUGHT_BASE, FLAN_T5[TAUGHT_BASE])
