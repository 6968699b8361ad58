"""The settings of a run on the Train tab."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.sources import builtin_tests
from lora_demo.language import N_, _
from lora_demo.model.parameters import PARTS, TARGET_SETS
from lora_demo.service.presets import PRESET_FIELDS, PRESETS, preset_values, start_values
from lora_demo.service.services import Services
from lora_demo.training.config import (
    DECAYS,
    INITIALISATIONS,
    OF_NEW_ADAPTER,
    OF_PARENT,
    PRECISIONS,
    REPLAY_TARGETS,
)
from lora_demo.training.probes import MAX_PROBE_CHARACTERS, MAX_PROBES
from lora_demo.training.request import DEFAULT_REPLAY, UNITS, TrainRequest
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST
from lora_demo.web.views.terms import terms_line

CHOICES = (
    *(N_("60 seconds"), N_("5 minutes"), N_("thorough"), N_("rank sweep")),
    *(N_("minutes"), N_("epochs"), N_("steps")),
    *(N_("all"), N_("encoder"), N_("decoder"), N_("cross-attention")),
    *(N_("linear"), N_("cosine"), N_("constant")),
    *(N_("corpus"), N_("model")),
)
"""Choices of widgets that are words."""
FIRST_PRESET = "60 seconds"
MIN_WIDTH = 84
"""Pixels of a widget; three fit side by side on a phone."""
TERMS = ("replay", "rank", "alpha", "adapted matrices", "epoch", "step", "learning rate", "sweep")
KIND_TERMS = ("DoRA", "rsLoRA")
OPTIMIZER_TERMS = ("batch", "seed", "dropout", "warm-up", "optimizer")
EVALUATION_TERMS = ("probe sentences", "patience", "everyday sentences", "token")
FIXED_BY_START = (*OF_PARENT, *OF_NEW_ADAPTER)
"""Settings that cannot be changed if the run starts from an adapter."""


class TrainingForm:
    """One widget per setting, filled in by presets.

    An adapter to start from fixes the settings of FIXED_BY_START: their widgets show its values, or
    the defaults of what only a new adapter has, and cannot be changed.

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
        self.preset = gr.Radio(labelled(PRESETS), value=FIRST_PRESET, label=_("Preset"))
        self._layout_start()
        self._layout_adapter()
        self._layout_length()
        gr.HTML(terms_line(TERMS))
        with gr.Accordion(_("Kind of adapter"), open=False, elem_classes="folded"):
            self._layout_kind()
        with gr.Accordion(_("Optimizer"), open=False, elem_classes="folded"):
            self._layout_optimizer()
        with gr.Accordion(_("Evaluation, data and name"), open=False, elem_classes="folded"):
            self._layout_evaluation()
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
            [self.fields[name] for name in (*FIXED_BY_START, "replay")],
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

    @property
    def outputs(self) -> list[Component]:
        """The preset and the widgets, as outputs of a handler; `updates` fills them."""
        return [self.preset, *self.inputs]

    def updates(self, values: Mapping[str, Any], visitor: str) -> list[Any]:
        """Return the values of `outputs` for given settings; no preset is chosen then.

        Args:
            values: a value for each setting, by its name.
            visitor: the visitor's key, for the adapters to start from.
        """
        is_open = not values["parent"]
        updates = {name: _update(name, values[name], is_open) for name in self.fields}
        updates["parent"] = gr.Dropdown(choices=self._parents(visitor), value=values["parent"])
        return [None, *updates.values()]

    def offer_parents(self, chosen: str, visitor: str) -> gr.Dropdown:
        """Offer the visitor's adapters to start from.

        Args:
            chosen: the adapter that is chosen now.
            visitor: the visitor's key.
        """
        choices = self._parents(visitor)
        if any(chosen == id for _unused, id in choices):
            return gr.Dropdown(choices=choices)
        return gr.Dropdown(choices=choices, value="")

    def _parents(self, visitor: str) -> list[tuple[str, str]]:
        return [(_("a new adapter"), ""), *adapter_choices(self.services, visitor)]

    def _layout_start(self) -> None:
        with gr.Row():
            self.fields["parent"] = gr.Dropdown(
                self._parents(""),
                value=self.first["parent"],
                label=_("Start from"),
                info=_("train on from an adapter: its rank, alpha and matrices stay"),
                min_width=200,
            )
            self.fields["replay"] = gr.Slider(
                0,
                0.9,
                value=self.first["replay"],
                step=0.05,
                label=_("Replay"),
                info=_("share of general sentences"),
                min_width=200,
            )

    def _layout_adapter(self) -> None:
        with gr.Row():
            self.fields["rank"] = gr.Dropdown(
                ["2", "4", "8", "16", "32", "4, 8, 16"],
                value=self.first["rank"],
                interactive=self._is_open,
                allow_custom_value=True,
                label=_("Rank"),
                info=_("several: a sweep"),
                min_width=100,
            )
            self._number(
                "alpha",
                _("Alpha"),
                _("0: twice the rank"),
                min_width=100,
                interactive=self._is_open,
            )
            self.fields["targets"] = gr.Dropdown(
                list(TARGET_SETS),
                value=self.first["targets"],
                interactive=self._is_open,
                allow_custom_value=True,
                label=_("Matrices"),
                info=_("or q, wo, ..."),
                min_width=150,
            )

    def _layout_length(self) -> None:
        with gr.Row():
            self._number("length", _("Length"), min_width=90)
            self.fields["unit"] = gr.Dropdown(
                labelled(UNITS), value=self.first["unit"], label=_("Unit of length"), min_width=150
            )
            self._number("learning_rate", _("Learning rate"), step=0.0001)

    def _layout_kind(self) -> None:
        """Create the widgets of what only a new adapter has."""
        open_if_new = {"interactive": self._is_open}
        with gr.Row():
            self._choice("part", _("Part"), list(PARTS), _("of the model"), **open_if_new)
            self.fields["layers"] = gr.Textbox(
                label=_("Blocks"),
                info=_("such as 0-3,7"),
                placeholder=_("all"),
                max_length=60,
                min_width=MIN_WIDTH,
                **open_if_new,
            )
            self._choice(
                "init", _("Initialisation"), INITIALISATIONS, _("of A and B"), **open_if_new
            )
        with gr.Row():
            self._flag("use_dora", "DoRA", _("trains length and direction apart"), **open_if_new)
            self._flag("use_rslora", "rsLoRA", _("scales by 1/√r, not 1/r"), **open_if_new)
        gr.HTML(terms_line(KIND_TERMS))

    def _layout_optimizer(self) -> None:
        with gr.Row():
            self._number("batch_size", _("Batch size"), precision=0)
            self._number("accumulation", _("Accumulation"), _("batches per update"), precision=0)
            self._number("seed", _("Seed"), precision=0)
        with gr.Row():
            self._number("dropout", _("Dropout"), step=0.05)
            self._number("label_smoothing", _("Label smoothing"), step=0.05)
            self._number("weight_decay", _("Weight decay"), step=0.01)
        with gr.Row():
            self._number("warmup", _("Warm-up"), _("share of the steps"), step=0.01)
            self._choice("decay", _("Decay"), DECAYS, _("of the learning rate"))
            self._number("clip", _("Clipping"), _("of the gradient norm"), step=0.1)
        gr.HTML(terms_line(OPTIMIZER_TERMS))

    def _layout_evaluation(self) -> None:
        with gr.Row():
            self._number("patience", _("Patience"), _("0: never stop early"), precision=0)
            self._number(
                "eval_every", _("Steps between evaluations"), _("0: ten per run"), precision=0
            )
        self.fields["probes"] = gr.Textbox(
            label=_("Your probe sentences"),
            info=_(
                "German, one a line, at most {count}: translated at each evaluation",
                count=MAX_PROBES,
            ),
            lines=2,
            max_lines=MAX_PROBES,
            max_length=MAX_PROBES * (MAX_PROBE_CHARACTERS + 1),
        )
        gr.HTML(terms_line(EVALUATION_TERMS))

    def _layout_data(self) -> None:
        with gr.Row():
            self._number("max_length", _("Maximum length"), _("tokens per sentence"), precision=0)
            self._number("max_pairs", _("Maximum pairs"), _("0: all"), precision=0)
            self._choice("precision", _("Precision"), PRECISIONS, _("auto: the faster"))
        tests = [(name, f"builtin:{name}") for name in builtin_tests()]
        self.fields["watch"] = gr.Dropdown(
            [(_("none"), ""), *tests],
            value=self.first["watch"],
            label=_("Second set to watch"),
            info=_("everyday sentences are always watched"),
        )
        self._choice(
            "replay_targets",
            _("Replayed English"),
            REPLAY_TARGETS,
            _("model: translated by the starting model"),
        )
        self.fields["name"] = gr.Textbox(
            label=_("Adapter name"), placeholder=_("made from data and rank"), max_length=60
        )

    def _number(
        self,
        field: str,
        label: str,
        info: str | None = None,
        *,
        min_width: int = MIN_WIDTH,
        **options: Any,
    ) -> None:
        self.fields[field] = gr.Number(
            self._first_value(field), label=label, info=info, min_width=min_width, **options
        )

    def _choice(
        self, field: str, label: str, values: Sequence[str], info: str, **options: Any
    ) -> None:
        options |= {"label": label, "info": info, "min_width": MIN_WIDTH}
        self.fields[field] = gr.Dropdown(
            labelled(values), value=self._first_value(field), **options
        )

    def _flag(self, field: str, label: str, info: str, **options: Any) -> None:
        options |= {"label": label, "info": info, "min_width": 150}
        self.fields[field] = gr.Checkbox(self._first_value(field), **options)

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
            return [*(gr.update(interactive=True) for _unused in FIXED_BY_START), replay]
        entry = self.services.library.find(parent, visitor)
        values = start_values(entry, self.services.config)
        values |= {name: getattr(TrainRequest, name) for name in OF_NEW_ADAPTER}
        return [*(_update(name, value, False) for name, value in values.items()), replay]


def labelled(values: Iterable[str]) -> list[tuple[str, str]]:
    """Return choices whose labels are translated, and whose values are not.

    Args:
        values: Texts that `CHOICES` marks, or names that are the same in every language.
    """
    return [(_(value), value) for value in values]


def _update(name: str, value: Any, is_open: bool) -> Any:
    """Return a widget's new value; a setting that the start fixes cannot be changed."""
    return gr.update(value=value, interactive=is_open) if name in FIXED_BY_START else value
