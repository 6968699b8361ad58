"""A lesson: steps with a text, something to look at, and something to do or to predict.

Texts are plain; brackets mark terms of the glossary, as in `[rank]` or `[rank|ranks]`.
"""

from dataclasses import dataclass

from lora_demo.language import N_
from lora_demo.training.config import TrainConfig

NOT_RECORDED = N_(
    "This version of the page has no recording of these runs, so this step "
    "shows no curves and asks for no prediction."
)
"""A paragraph of a step whose recordings are missing."""


@dataclass(frozen=True)
class Drawing:
    """W + s B A of a base.

    Args:
        base: The base that is drawn first.
        rank: The first rank.
    """

    base: str
    rank: int


@dataclass(frozen=True)
class Recorded:
    """Recorded runs; a slider selects the training step.

    Args:
        runs: Names of `recordings.RECORDINGS`, each with its label in the lesson.
    """

    runs: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the recordings."""
        return tuple(name for name, _label in self.runs)


@dataclass(frozen=True)
class Taught:
    """The counts that many courses teach for a base, next to the exact ones."""


Figure = Drawing | Recorded | Taught


@dataclass(frozen=True)
class Prediction:
    """A question that the visitor answers before the outcome is shown.

    Args:
        question: The question.
        choices: Its possible answers.
        answer: Index of the right one.
        outcome: The result and its reason.
    """

    question: str
    choices: tuple[str, ...]
    answer: int
    outcome: str

    def __post_init__(self) -> None:
        if not 0 <= self.answer < len(self.choices):
            raise ValueError(f"answer = {self.answer} (must be one of {len(self.choices)}).")


@dataclass(frozen=True)
class Goal:
    """A position of the figure's slider that the visitor is asked to reach.

    Args:
        text: The request to the visitor, in one sentence.
        value: The rank or the training step to reach.
    """

    text: str
    value: int


@dataclass(frozen=True)
class Train:
    """Fills the form of the Train tab.

    Args:
        config: The settings; those of a sweep for several ranks.
        ranks: The ranks of a sweep; empty for one run.
    """

    config: TrainConfig
    ranks: tuple[int, ...] = ()

    label = "Train this yourself"


@dataclass(frozen=True)
class Visit:
    """Opens another tab.

    Args:
        label: Label of the button.
        tab: Id of the tab.
    """

    label: str
    tab: str


@dataclass(frozen=True)
class Step:
    """One step of a lesson. It ends when the visitor has done what it asks for.

    Args:
        title: Its title.
        text: Its paragraphs.
        figure: The figure beside the text.
        prediction: The question to answer.
        reveal: The figure that replaces `figure` once the prediction is made.
        goal: The position to move the slider of the figure to, once it is shown.
        action: The action elsewhere on the page.
    """

    title: str
    text: tuple[str, ...]
    figure: Figure | None = None
    prediction: Prediction | None = None
    reveal: Figure | None = None
    goal: Goal | None = None
    action: Train | Visit | None = None

    def __post_init__(self) -> None:
        if self.goal and self.action:
            raise ValueError(f"The step {self.title!r} has a goal and an action. Keep one.")
        if self.goal and not (self.figure or self.reveal):
            raise ValueError(f"The step {self.title!r} has a goal, but no slider.")

    @property
    def asks_to_act(self) -> bool:
        """True if a prediction alone does not end the step; a step to read ends with Next."""
        return self.prediction is None or self.goal is not None or self.action is not None

    def shown_figure(self, is_answered: bool) -> Figure | None:
        """Return what to look at.

        Args:
            is_answered: True if the prediction was made.
        """
        return self.reveal if is_answered and self.reveal else self.figure


@dataclass(frozen=True)
class Lesson:
    """A lesson of about five minutes.

    Args:
        name: Its name in addresses, as in `?lesson=rank`.
        title: Its title.
        summary: Its subject, in one sentence.
        steps: Its steps.
    """

    name: str
    title: str
    summary: str
    steps: tuple[Step, ...]
