"""All lessons by name, in their order."""

from collections.abc import Mapping

from lora_demo.service.lessons.combining import switch_combine_merge
from lora_demo.service.lessons.counts import RankCounts
from lora_demo.service.lessons.forgetting import overfitting_and_forgetting
from lora_demo.service.lessons.learning_rate import learning_rate_and_batches
from lora_demo.service.lessons.lesson import Lesson
from lora_demo.service.lessons.what_is_lora import what_is_lora
from lora_demo.service.lessons.which_rank import which_rank
from lora_demo.training.progress import RunProgress


def build_lessons(
    bases: Mapping[str, RankCounts], recorded: Mapping[str, RunProgress]
) -> dict[str, Lesson]:
    """Build every lesson.

    Args:
        bases: The counts of each base that can be drawn, by id.
        recorded: The recorded runs by name; a lesson without its recordings is shorter.
    """
    lessons = (
        what_is_lora(bases),
        which_rank(recorded),
        overfitting_and_forgetting(recorded),
        learning_rate_and_batches(recorded),
        switch_combine_merge(bases),
    )
    return {lesson.name: lesson for lesson in lessons}
