"""The settings of a run on the Train tab."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.sources import builtin_tests
from lora_demo.model.parameters import TARGET_SETS
from lora_demo.service.presets import PRESET_FIELDS, PRESETS
from lora_demo.training.config import DECAYS, PRECISIONS
from lora_demo.training.request import UNITS, TrainRequest
from lora_demo.web.events import LATEST

FIRST_PRESET = "60 seconds"
FIRST = PRESETS[FIRST_PRESET]


class TrainingForm:
    """One widget per setting, filled in by presets.

    Attributes:
        fields: the widgets by the names of the settings.
        filled: registers a handler that runs after a preset was filled in.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Component] = {}
        self.preset = gr.Radio(list(PRESETS), value=FIRST_PRESET, label="Preset")
        self._layout_adapter()
        self._layout_length()
        with gr.Accordion("More settings", open=False):
            self._layout_optimizer()
            self._layout_data()
        chosen = self.preset.input(
            self._fill, self.preset, [self.fields[name] for name in PRESET_FIELDS], **LATEST
        )
        self.filled: Callable = chosen.then

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

    def _layout_adapter(self) -> None:
        with gr.Row():
            self.fields["rank"] = gr.Dropdown(
                ["2", "4", "8", "16", "32", "4, 8, 16"],
                value=str(FIRST.rank),
                allow_custom_value=True,
                label="Rank",
                info="several: a sweep",
                min_width=100,
            )
            self._number("alpha", "Alpha", "0: twice the rank", min_width=100)
            self.fields["targets"] = gr.Dropdown(
                list(TARGET_SETS),
                value=FIRST.targets,
                allow_custom_value=True,
                label="Matrices",
                info="or q, wo, ...",
                min_width=150,
            )

    def _layout_length(self) -> None:
        with gr.Row():
            self._number("length", "Length", min_width=90)
            self.fields["unit"] = gr.Dropdown(
                list(UNITS), value=FIRST.unit, label="Unit of length", min_width=150
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
            value=FIRST.watch,
            label="Second set to watch",
            info="its chrF shows forgetting",
        )
        self.fields["use_rslora"] = gr.Checkbox(
            FIRST.use_rslora, label="rsLoRA: scale by 1/√r instead of 1/r"
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
        value = getattr(FIRST, field)
        self.fields[field] = gr.Number(
            value, label=label, info=info, min_width=min_width, **options
        )

    def _choice(self, field: str, label: str, values: Sequence[str], info: str) -> None:
        self.fields[field] = gr.Dropdown(
            list(values), value=getattr(FIRST, field), label=label, info=info, min_width=110
        )

    def _fill(self, preset: str) -> list[Any]:
        """Fill in a preset's settings; seed and name stay."""
        values = {name: getattr(PRESETS[preset], name) for name in PRESET_FIELDS}
        return list((values | {"rank": str(values["rank"])}).values())
