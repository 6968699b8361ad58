"""The settings of a run on the Train tab."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.sources import builtin_tests
from lora_demo.model.parameters import TARGET_SETS
from lora_demo.service.presets import PRESET_FIELDS, PRESETS, preset_values, start_values
from lora_demo.service.services import Services
from lora_demo.training.config import DECAYS, OF_PARENT, PRECISIONS, REPLAY_TARGETS
from lora_demo.training.request import DEFAULT_REPLAY, UNITS, TrainRequest
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST

FIRST_PRESET = "60 seconds"


class TrainingForm:
    """One widget per setting, filled in by presets.

    An adapter to start from fixes the settings of OF_PARENT: their widgets show its values and
    cannot be changed.

    Args:
        services: the services of the page.
        visitor: the visitor's key.

    Attributes:
        fields: the widgets by the names of the settings.
        filled: register a handler that runs after a preset or a start was filled in.
    """

    def __init__(self, services: Services, visitor: gr.BrowserState) -> None:
        self.services = services
        self.first = preset_values(FIRST_PRESET, services.library.entries(""), services.config)
        self.fields: dict[str, Component] = {}
        self.preset = gr.Radio(list(PRESETS), value=FIRST_PRESET, label="Preset")
        self._layout_start()
        self._layout_adapter()
        self._layout_length()
        with gr.Accordion("More settings", open=False):
            self._layout_optimizer()
            self._layout_data()
        parent = self.fields["parent"]
        chosen = self.preset.input(
            show_errors(self._fill),
            [self.preset, visitor],
            [self.fields[name] for name in PRESET_FIELDS],
            **LATEST,
        )
        started = parent.input(
            show_errors(self._start_from),
            [parent, visitor],
            [self.fields[name] for name in (*OF_PARENT, "replay")],
            **EACH,
        )
        self.filled: list[Callable] = [chosen.then, started.then]

    @property
    def changes(self) -> list[Any]:
        """The events of all widgets but the start, after which `filled` follows."""
        return [field.input for name, field in self.fields.items() if name != "parent"]

    @property
    def inputs(self) -> list[Component]:
        """The widgets, as inputs of a handler."""
        return list(self.fields.values())

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the values of `inputs` by the names of their settings.

        Args:
            values: one value per widget.
        """
        return dict(zip(self.fields, values, strict=False))

    def parse(self, values: Sequence[Any]) -> TrainRequest:
        """Make a request from the values of `inputs`.

        Args:
            values: one value per widget.

        Raises:
            ValueError: if a value is out of range.
        """
        return TrainRequest.from_mapping(self.named(values))

    def offer_parents(self, chosen: str, visitor: str) -> gr.Dropdown:
        """Offer the visitor's adapters to start from.

        Args:
            chosen: the adapter that is chosen now.
            visitor: the visitor's key.
        """
        choices = self._parents(visitor)
        if any(chosen == id for _, id in choices):
            return gr.Dropdown(choices=choices)
        return gr.Dropdown(choices=choices, value="")

    def _parents(self, visitor: str) -> list[tuple[str, str]]:
        return [("a new adapter", ""), *adapter_choices(self.services, visitor)]

    def _layout_start(self) -> None:
        with gr.Row():
            self.fields["parent"] = gr.Dropdown(
                self._parents(""),
                value=self.first["parent"],
                label="Start from",
                info="train on from an adapter: its rank, alpha and matrices stay",
                min_width=200,
            )
            self.fields["replay"] = gr.Slider(
                0,
                0.9,
                value=self.first["replay"],
                step=0.05,
                label="Replay",
                info="share of general sentences in each batch, so that they are not forgotten",
                min_width=200,
            )

    def _layout_adapter(self) -> None:
        with gr.Row():
            self.fields["rank"] = gr.Dropdown(
                ["2", "4", "8", "16", "32", "4, 8, 16"],
                value=self.first["rank"],
                interactive=self._is_open,
                allow_custom_value=True,
                label="Rank",
                info="several: a sweep",
                min_width=100,
            )
            self._number(
                "alpha", "Alpha", "0: twice the rank", min_width=100, interactive=self._is_open
            )
            self.fields["targets"] = gr.Dropdown(
                list(TARGET_SETS),
                value=self.first["targets"],
                interactive=self._is_open,
                allow_custom_value=True,
                label="Matrices",
                info="or q, wo, ...",
                min_width=150,
            )

    def _layout_length(self) -> None:
        with gr.Row():
            self._number("length", "Length", min_width=90)
            self.fields["unit"] = gr.Dropdown(
                list(UNITS), value=self.first["unit"], label="Unit of length", min_width=150
            )
            self._number("learning_rate", "Learning rate", step=0.0001)

    def _layout_optimizer(self) -> None:
        with gr.Row():
            self._number("batch_size", "Batch size", precision=0)
            self._number("accumulation", "Accumulation", "batches per update", precision=0)
            self._number("seed", "Seed", precision=0)
        with gr.Row():
            self._number("dropout", "Dropout", step=0.05)
            self._number("label_smoothing", "Label smoothing", step=0.05)
            self._number("weight_decay", "Weight decay", step=0.01)
        with gr.Row():
            self._number("warmup", "Warm-up", "share of the steps", step=0.01)
            self._choice("decay", "Decay", DECAYS, "of the learning rate")
            self._number("clip", "Clipping", "of the gradient norm", step=0.1)
        with gr.Row():
            self._number("patience", "Patience", "0: never stop early", precision=0)
            self._number("eval_every", "Steps between evaluations", "0: ten per run", precision=0)

    def _layout_data(self) -> None:
        with gr.Row():
            self._number("max_length", "Maximum length", "tokens per sentence", precision=0)
            self._number("max_pairs", "Maximum pairs", "0: all", precision=0)
            self._choice("precision", "Precision", PRECISIONS, "auto: depends on the device")
        tests = [(name, f"builtin:{name}") for name in builtin_tests()]
        self.fields["watch"] = gr.Dropdown(
            [("none", ""), *tests],
            value=self.first["watch"],
            label="Second set to watch",
            info="everyday sentences are always watched",
        )
        self._choice(
            "replay_targets", "Replayed English", REPLAY_TARGETS, "model: translated by the start"
        )
        self.fields["use_rslora"] = gr.Checkbox(
            self.first["use_rslora"],
            label="rsLoRA: scale by 1/√r instead of 1/r",
            interactive=self._is_open,
        )
        self.fields["name"] = gr.Textbox(
            label="Adapter name", placeholder="made from data and rank", max_length=60
        )

    def _number(
        self,
        field: str,
        label: str,
        info: str | None = None,
        *,
        min_width: int = 110,
        **options: Any,
    ) -> None:
        self.fields[field] = gr.Number(
            self._first_value(field), label=label, info=info, min_width=min_width, **options
        )

    def _choice(self, field: str, label: str, values: Sequence[str], info: str) -> None:
        self.fields[field] = gr.Dropdown(
            list(values), value=self._first_value(field), label=label, info=info, min_width=110
        )

    @property
    def _is_open(self) -> bool:
        """True if the form opens without an adapter to start from, which would fix settings."""
        return not self.first["parent"]

    def _first_value(self, field: str) -> Any:
        return self.first.get(field, getattr(TrainRequest, field))

    def _fill(self, preset: str, visitor: str) -> list[Any]:
        """Fill in a preset's settings; seed and name stay."""
        entries = self.services.library.entries(visitor)
        values = preset_values(preset, entries, self.services.config)
        is_open = not values["parent"]
        return [_update(name, value, is_open) for name, value in values.items()]

    def _start_from(self, parent: str, visitor: str) -> list[Any]:
        """Show and fix the settings of the adapter to start from, or free them again."""
        replay = DEFAULT_REPLAY if parent else 0.0
        if not parent:
            return [*(gr.update(interactive=True) for _ in OF_PARENT), replay]
        entry = self.services.library.find(parent, visitor)
        values = start_values(entry, self.services.config)
        return [*(_update(name, value, False) for name, value in values.items()), replay]


def _update(name: str, value: Any, is_open: bool) -> Any:
    """Return a widget's new value; a setting that the start fixes cannot be changed."""
    return gr.update(value=value, interactive=is_open) if name in OF_PARENT else value
