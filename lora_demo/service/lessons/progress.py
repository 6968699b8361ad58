"""A visitor's progress through the lessons, kept by the browser as JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lora_demo.model.checks import is_whole
from lora_demo.service.lessons.lesson import Lesson, Step

Lessons = Mapping[str, Lesson]
"""The lessons by name, in their order."""
ACTION = re.compile(r"(open|go|answer|next|reached|used|close)(?: ([\w-]{1,40}))?", re.ASCII)


@dataclass(frozen=True)
class LessonProgress:
    """The progress in one lesson.

    Args:
        at: The step that is shown.
        answers: The predictions: place of the step -> place of the choice.
        acted: The steps that were read, whose goal was reached, or whose action was used.
    """

    at: int = 0
    answers: Mapping[int, int] = field(default_factory=dict)
    acted: frozenset[int] = frozenset()

    def is_done(self, lesson: Lesson, place: int) -> bool:
        """Check that the visitor has done what a step asks for.

        Args:
            lesson: The lesson that this progress is in.
            place: The position of the step in the lesson, from 0.
        """
        step = lesson.steps[place]
        is_answered = step.prediction is None or place in self.answers
        return is_answered and (not step.asks_to_act or place in self.acted)

    def count_done(self, lesson: Lesson) -> int:
        """Count the steps that are done.

        Args:
            lesson: The lesson that this progress is in.
        """
        return sum(self.is_done(lesson, place) for place in range(len(lesson.steps)))


@dataclass(frozen=True)
class Progress:
    """The progress in all lessons.

    Args:
        open: Name of the lesson that is shown; empty for the list.
        lessons: The progress in each lesson that was opened, by name.
    """

    open: str = ""
    lessons: Mapping[str, LessonProgress] = field(default_factory=dict)

    def of(self, name: str) -> LessonProgress:
        """Return the progress in a lesson.

        Args:
            name: Name of a lesson, which the visitor may not have opened yet.
        """
        return self.lessons.get(name, LessonProgress())

    def act(self, action: object, lessons: Lessons) -> "Progress":
        """Return the progress after an action of the visitor.

        Args:
            action: `open NAME`, `close`, `go STEP`, `next`, `answer CHOICE`, `reached` for the goal
                of the step that is shown, or `used` for its action. Anything else changes nothing,
                since it comes from a browser. `next` on the last step closes the lesson.
            lessons: All lessons.
        """
        match = ACTION.fullmatch(action) if isinstance(action, str) else None
        if match is None:
            return self
        verb = match[1]
        value = match[2] or ""
        if verb == "open":
            return replace(self, open=value) if value in lessons else self
        if verb == "close" or self.open not in lessons:
            return replace(self, open="")
        lesson = lessons[self.open]
        before = self.of(self.open)
        after = _act_in(before, lesson, verb, value)
        lessons_after = self.lessons if after == before else {**self.lessons, self.open: after}
        is_over = verb == "next" and before.at == len(lesson.steps) - 1
        return Progress("" if is_over else self.open, lessons_after)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON document that the browser keeps."""
        documents = {
            name: {
                "at": each.at,
                "answers": {str(step): choice for step, choice in each.answers.items()},
                "acted": sorted(each.acted),
            }
            for name, each in self.lessons.items()
        }
        return {"open": self.open, "lessons": documents}


def progress_from_json(document: object, lessons: Lessons) -> Progress:
    """Read what the browser kept; what does not fit the lessons is left out.

    Args:
        document: A document that `Progress.to_json` returned, perhaps in another version.
        lessons: All lessons.
    """
    if not isinstance(document, dict):
        return Progress()
    name = document.get("open")
    kept = document.get("lessons")
    known = {
        key: _read_lesson(value, lessons[key])
        for key, value in (kept.items() if isinstance(kept, dict) else ())
        if key in lessons and isinstance(value, dict)
    }
    return Progress(name if isinstance(name, str) and name in lessons else "", known)


def _read_lesson(document: dict[str, Any], lesson: Lesson) -> LessonProgress:
    last = len(lesson.steps) - 1
    at, answers, acted = (document.get(name) for name in ("at", "answers", "acted"))
    return LessonProgress(
        at=int(at) if isinstance(at, int) and is_whole(at, 0, last) else 0,
        answers=_read_answers(answers, lesson),
        acted=frozenset(
            place
            for place in (acted if isinstance(acted, list) else ())
            if is_whole(place, 0, last)
        ),
    )


def _read_answers(document: object, lesson: Lesson) -> dict[int, int]:
    """Keep the answers that are choices of a prediction."""
    kept = document if isinstance(document, dict) else {}
    return {
        place: kept[str(place)]
        for place, step in enumerate(lesson.steps)
        if _is_choice(kept.get(str(place)), step)
    }


def _is_choice(value: object, step: Step) -> bool:
    return step.prediction is not None and is_whole(value, 0, len(step.prediction.choices) - 1)


def _act_in(progress: LessonProgress, lesson: Lesson, verb: str, value: str) -> LessonProgress:
    """Return the progress in a lesson after an action in it."""
    at = progress.at
    step = lesson.steps[at]
    last = len(lesson.steps) - 1
    number = int(value) if value.isdigit() else -1
    if verb == "answer":
        if not _is_choice(number, step) or at in progress.answers:
            return progress
        return replace(progress, answers={**progress.answers, at: number})
    if verb == "go":
        return replace(progress, at=number) if is_whole(number, 0, last) else progress
    is_to_read = step.prediction is None and not step.goal and not step.action
    has_acted = {"reached": step.goal, "used": step.action, "next": is_to_read}[verb]
    acted = progress.acted | {at} if has_acted else progress.acted
    return replace(progress, at=min(at + 1, last) if verb == "next" else at, acted=acted)
