"""The panel of Train that starts a sweep over one setting, after it has shown the time."""

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from lora_demo.formatting import format_duration
from lora_demo.language import N_, _, ngettext
from lora_demo.service.sweeps import MAX_SEEDS, SEED, SETTINGS, sweep_requests
from lora_demo.training.request import TrainRequest
from lora_demo.web.errors import show_errors
from lora_demo.web.events import LATEST, QUIET
from lora_demo.web.tabs.form_section import FormSection

INTRODUCTION = N_(
    "Trains one run for each value and seed. All other settings are those above; the length must "
    "be in steps or epochs."
)
UNKNOWN_TIME = N_("the time is unknown until a run of this base has been measured here")
FIRST = "learning_rate"


class SweepPanel(FormSection):
    """One setting, its values and the number of seeds.

    Attributes:
        start: Starts the sweep that was checked.
    """

    def layout(self) -> None:
        """Create the widgets."""
        with gr.Accordion(_("Sweep one setting"), open=False, elem_classes="folded"):
            gr.HTML(f'<p class="small">{_(INTRODUCTION)}</p>')
            with gr.Row():
                choices = [(_(swept.label), name) for name, swept in SETTINGS.items()]
                self.setting = gr.Dropdown(
                    choices, value=FIRST, label=_("Setting"), filterable=False, min_width=130
                )
                self.values = gr.Textbox(
                    SETTINGS[FIRST].example,
                    label=_("Values"),
                    info=_("separated by semicolons"),
                    max_length=200,
                    min_width=160,
                )
                self.seeds = gr.Slider(
                    1,
                    MAX_SEEDS,
                    value=2,
                    step=1,
                    label=_("Seeds"),
                    info=_("runs of each value"),
                    min_width=130,
                )
            with gr.Row(elem_classes="action"):
                self.check = gr.Button(_("Estimate the time"), size="md", min_width=120)
                self.start = gr.Button(
                    _("Start the sweep"), size="md", min_width=120, interactive=False
                )
            self.note = gr.HTML("")

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers."""
        self.inputs = [self.setting, self.values, self.seeds, self.visitor, *self.form_inputs]
        self.setting.input(_example, self.setting, [self.values, self.seeds], **QUIET)
        self.check.click(self.show_time, self.inputs, [self.note, self.start], **LATEST)
        for changed in (self.setting.change, self.values.input, self.seeds.input):
            changed(_check_again, None, [self.note, self.start], **QUIET)

    def requests(self, values: tuple[Any, ...]) -> tuple[list[TrainRequest], str, str]:
        """Return the requests, the data and the visitor's key for the values of `inputs`.

        Args:
            values: One value per widget, in the order of `inputs`.

        Raises:
            ValueError: If a value is out of range.
        """
        setting, swept, seeds, visitor, kind, upload, hub, *settings = values
        request = self.form.parse(settings)
        data = self.source.resolve(visitor, kind, upload, hub)
        return sweep_requests(request, setting, swept, seeds), data, visitor

    def show_time(self, *values: Any) -> tuple[str, gr.Button]:
        """Show the number of runs and their time, or what is wrong; then the sweep can start."""
        try:
            requests, data, visitor = self.requests(values)
            trainings = self.services.trainings
            configs = trainings.configs_of(requests, data, visitor)
            seconds = [trainings.run_seconds(config) for config in configs]
        except ValueError as error:
            message = escape(str(error).split("\n")[0])
            return f'<p class="warning" role="alert">{message}</p>', gr.Button(interactive=False)
        known = [each for each in seconds if each is not None]
        time = _(UNKNOWN_TIME)
        if len(known) == len(seconds):
            time = _("about {time} in all", time=format_duration(sum(known)))
        text = ngettext("{count} run, {time}.", "{count} runs, {time}.", len(configs), time=time)
        return f'<p class="small" role="status">{text}</p>', gr.Button(interactive=True)

    def start_into(self, started: gr.State) -> Callable[..., Any]:
        """Queue the sweep on a click.

        Args:
            started: Gets the id of the first run.

        Returns:
            Registers a handler that runs after that.
        """
        clicked = self.start.click(show_errors(self.begin), self.inputs, started, **QUIET)
        return clicked.success

    def begin(self, *values: Any) -> str:
        """Queue all runs; return the id of the first one."""
        requests, data, visitor = self.requests(values)
        return self.services.trainings.start_all(requests, data, visitor)[0].id


def _example(setting: str) -> tuple[str, gr.Slider]:
    """Fill in example values; a sweep over seeds has one run of each."""
    return SETTINGS[setting].example, gr.Slider(visible=setting != SEED)


def _check_again() -> tuple[str, gr.Button]:
    return "", gr.Button(interactive=False)
