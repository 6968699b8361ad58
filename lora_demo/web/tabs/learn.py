"""The Learn tab: the drawing of W + s B A, and five lessons."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.language import _, current_language
from lora_demo.service.lessons.catalogue import build_lessons
from lora_demo.service.lessons.counts import drawn_bases
from lora_demo.service.lessons.form import form_of
from lora_demo.service.lessons.lesson import Drawing, Figure, Step, Train, Visit
from lora_demo.service.lessons.progress import Lessons, Progress, progress_from_json
from lora_demo.service.lessons.recordings import read_recordings
from lora_demo.service.services import Services
from lora_demo.web.events import QUIET
from lora_demo.web.scripts import LESSON_FOCUS, RANK_DRAWING, RECORDING, SELECT_CARD, localised
from lora_demo.web.tabs.section import Section
from lora_demo.web.tabs.train import TrainTab
from lora_demo.web.views.lessons import (
    figure_html,
    introduction_html,
    list_html,
    navigation_html,
    step_html,
)
from lora_demo.web.views.terms import glossary_html

STORAGE_KEY = "lora_demo_lessons"
PARAMETER = "lesson"
"""Name in the page's address that opens a lesson, as in `?lesson=rank`."""
FIRST_FIGURE = Drawing(EMBEDDED, 8)


class LearnTab(Section):
    """The tab's widgets and handlers.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        tabs: The page's tabs, to open others.
        train: The Train tab, whose form a lesson fills.
    """

    def __init__(
        self, services: Services, visitor: gr.BrowserState, tabs: gr.Tabs, train: TrainTab
    ) -> None:
        self.visitor = visitor
        self.tabs = tabs
        self.train = train
        self.bases = drawn_bases()
        self.recorded = read_recordings()
        self._lessons: dict[str, Lessons] = {}
        super().__init__(services)

    @property
    def lessons(self) -> Lessons:
        """All lessons in the visitor's language."""
        language = current_language()
        if language not in self._lessons:
            self._lessons[language] = build_lessons(self.bases, self.recorded)
        return self._lessons[language]

    def layout(self) -> None:
        """Create the widgets, with the list of lessons."""
        self.progress = gr.BrowserState({}, storage_key=STORAGE_KEY, secret="lora_demo")
        with gr.Row(elem_classes=["panes", "learn-panes"]):
            with gr.Column():
                self.text = gr.HTML(introduction_html(), js_on_load=SELECT_CARD + LESSON_FOCUS)
                self.fill = gr.Button(_("Train this yourself"), visible=False, variant="primary")
                self.visit = gr.Button("", visible=False, variant="primary")
            self.figure = gr.HTML(
                self._render(FIRST_FIGURE),
                js_on_load=localised(RANK_DRAWING + RECORDING),
                elem_classes="learn-figure",
            )
            self.navigation = gr.HTML(
                list_html(self.lessons, Progress()),
                js_on_load=SELECT_CARD,
                elem_classes="learn-way",
            )
        with gr.Accordion(_("All terms"), open=False):
            gr.HTML(glossary_html())

    def connect(self) -> None:
        """Connect events to handlers."""
        for html in (self.text, self.figure, self.navigation):
            html.select(self.act, self.progress, self.outputs, **QUIET)
        self.visit.click(self.open_tab, self.progress, [self.tabs, *self.outputs], **QUIET)
        self.train.fill_on(self.fill, self.tabs, self.fill_form, [self.progress, self.visitor])
        self.fill.click(self.use, self.progress, self.outputs, **QUIET)

    @property
    def outputs(self) -> list[Component]:
        """The widgets that show the progress."""
        return [self.progress, self.text, self.figure, self.fill, self.visit, self.navigation]

    def refresh_on(self, event: Callable[..., Any]) -> None:
        """Show the kept progress, or the lesson in the page's address, after an event.

        Args:
            event: Registers a handler.
        """
        event(self.restore, self.progress, self.outputs, **QUIET)

    def restore(self, kept: dict[str, Any], request: gr.Request) -> list[Any]:
        """Show the kept progress, or the lesson in the page's address.

        Without either, what is shown stays: the visitor may have opened a lesson already.

        Args:
            kept: The progress as the browser keeps it, in the form of `Progress.to_json`.
            request: The request for the page; the query of its address may name a lesson.
        """
        name = str(request.query_params.get(PARAMETER) or "")
        if not kept and not name:
            return [gr.skip() for _output in self.outputs]
        progress = progress_from_json(kept, self.lessons)
        if name and name not in self.lessons:
            shown = self.show(Progress("", progress.lessons))
            shown[1] = introduction_html(unknown=name)
            return shown
        return self.show(progress.act(f"open {name}", self.lessons) if name else progress)

    def act(self, kept: dict[str, Any], event: gr.EventData) -> list[Any]:
        """Show the progress after an action in a lesson.

        Args:
            kept: The progress as the browser keeps it, in the form of `Progress.to_json`.
            event: Its value is an action, as `Progress.act` takes it.
        """
        return self._after(kept, event.value)

    def use(self, kept: dict[str, Any]) -> list[Any]:
        """Note that the action of the step was used.

        Args:
            kept: The progress as the browser keeps it, in the form of `Progress.to_json`.
        """
        return self._after(kept, "used")

    def open_tab(self, kept: dict[str, Any]) -> list[Any]:
        """Open the tab of the step that is shown.

        Args:
            kept: The progress as the browser keeps it, in the form of `Progress.to_json`.
        """
        step = self._step(progress_from_json(kept, self.lessons))
        tab = step.action.tab if step and isinstance(step.action, Visit) else None
        return [gr.Tabs(selected=tab) if tab else gr.skip(), *self.use(kept)]

    def fill_form(self, kept: dict[str, Any], visitor: str) -> list[Any]:
        """Fill the form of the Train tab with the run of the step that is shown.

        Args:
            kept: The progress as the browser keeps it, in the form of `Progress.to_json`.
            visitor: The visitor's key.

        Raises:
            ValueError: If the step has no run.
        """
        step = self._step(progress_from_json(kept, self.lessons))
        if step is None or not isinstance(step.action, Train):
            raise ValueError(_("This step of the lesson has no run. Choose a preset in Train."))
        form = form_of(step.action, self.services.library.entries(visitor))
        message = _("The form has the settings of the lesson. Press Start training.")
        parent = step.action.config.parent
        if parent and not form.request.parent:
            without = _(
                "This base lacks {parent}, so the run starts with a new adapter.", parent=parent
            )
            message = f"{message} {without}"
        return self.train.settings.show(form, message, visitor)

    def _after(self, kept: dict[str, Any], action: object) -> list[Any]:
        """Show the progress after an action; the figure stays as it is if it is the same."""
        before = progress_from_json(kept, self.lessons)
        after = before.act(action, self.lessons)
        shown = self.show(after)
        if self._place(before) == self._place(after):
            shown[2] = gr.skip()
        return shown

    def show(self, progress: Progress) -> list[Any]:
        """Return the values of `outputs`.

        Args:
            progress: The progress to show; without an open lesson, the list of lessons is shown.
        """
        step = self._step(progress)
        kept = progress.to_json()
        if step is None:
            text, navigation = introduction_html(), list_html(self.lessons, progress)
            hidden = gr.Button(visible=False)
            return [kept, text, self._render(FIRST_FIGURE), hidden, hidden, navigation]
        lesson, state = self.lessons[progress.open], progress.of(progress.open)
        goal = step.goal.value if step.goal and state.at not in state.acted else None
        # A step with a question offers its action after the answer.
        is_ready = step.prediction is None or state.at in state.answers
        action = step.action if is_ready else None
        return [
            kept,
            step_html(lesson, state),
            self._render(self._figure(progress), goal),
            gr.Button(visible=isinstance(action, Train)),
            gr.Button(
                action.label if isinstance(action, Visit) else "",
                visible=isinstance(action, Visit),
            ),
            navigation_html(lesson, state),
        ]

    def _step(self, progress: Progress) -> Step | None:
        if not progress.open:
            return None
        return self.lessons[progress.open].steps[progress.of(progress.open).at]

    def _figure(self, progress: Progress) -> Figure | None:
        """Return what is shown beside the text."""
        step = self._step(progress)
        if step is None:
            return FIRST_FIGURE
        state = progress.of(progress.open)
        return step.shown_figure(state.at in state.answers)

    def _place(self, progress: Progress) -> tuple[str, int, Figure | None]:
        """Return what decides the figure: lesson, step, and whether its outcome is shown."""
        return progress.open, progress.of(progress.open).at, self._figure(progress)

    def _render(self, figure: Figure | None, goal: int | None = None) -> str:
        return figure_html(figure, self.bases, self.recorded, goal)
