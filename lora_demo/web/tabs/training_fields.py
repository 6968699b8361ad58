"""The widgets of the settings of a run on the Train tab, one for each setting."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.sources import builtin_tests
from lora_demo.language import N_, _
from lora_demo.model.parameters import PARTS, TARGET_SETS
from lora_demo.training.config import DECAYS, INITIALISATIONS, KEPT, PRECISIONS, REPLAY_TARGETS
from lora_demo.training.probes import MAX_PROBE_CHARACTERS, MAX_PROBES
from lora_demo.training.request import UNITS, TrainRequest
from lora_demo.web.views.terms import terms_line

CHOICES = (
    *(N_("60 seconds"), N_("5 minutes"), N_("thorough"), N_("rank sweep")),
    *(N_("minutes"), N_("epochs"), N_("steps")),
    *(N_("all"), N_("encoder"), N_("decoder"), N_("cross-attention")),
    *(N_("linear"), N_("cosine"), N_("constant")),
    *(N_("corpus"), N_("model")),
    *(N_("best"), N_("last")),
)
"""Choices of widgets that are words."""
MIN_WIDTH = 84
"""Pixels of a widget; three fit side by side on a phone."""
TERMS = ("replay", "rank", "alpha", "adapted matrices", "epoch", "step", "learning rate", "sweep")
KIND_TERMS = ("DoRA", "rsLoRA")
OPTIMIZER_TERMS = ("batch", "seed", "dropout", "warm-up", "optimizer")
EVALUATION_TERMS = ("probe sentences", "patience", "everyday sentences", "token")


class TrainingFields:
    """Creates the widgets.

    Args:
        first: The values of the preset that is chosen at first.
        parents: Names and ids of the adapters to start from.

    Attributes:
        fields: The widgets by the names of the settings.
    """

    def __init__(self, first: Mapping[str, Any], parents: Sequence[tuple[str, str]]) -> None:
        self.first = first
        self.fields: dict[str, Component] = {}
        self._layout_start(parents)
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

    def _layout_start(self, parents: Sequence[tuple[str, str]]) -> None:
        with gr.Row():
            self.fields["parent"] = gr.Dropdown(
                parents,
                value=self.first["parent"],
                label=_("Start from"),
                info=_("to continue an adapter: its rank, alpha and matrices stay"),
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
            self._flag(
                "use_dora", "DoRA", _("trains length and direction separately"), **open_if_new
            )
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
            self._number("sampled_share", _("Sampled pieces"), _("share of the texts"), step=0.1)
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
            self._choice("keep", _("Kept step"), KEPT, _("best on held-out pairs, or last"))
        self.fields["probes"] = gr.Textbox(
            label=_("Your probe sentences"),
            info=_("German, one per line: translated at each evaluation"),
            lines=2,
            max_lines=MAX_PROBES,
            max_length=MAX_PROBES * (MAX_PROBE_CHARACTERS + 1),
        )
        gr.HTML(terms_line(EVALUATION_TERMS))

    def _layout_data(self) -> None:
        with gr.Row():
            self._number("max_length", _("Maximum length"), _("tokens per sentence"), precision=0)
            self._number("max_pairs", _("Maximum pairs"), _("0: all"), precision=0)
            self._choice("precision", _("Precision"), PRECISIONS, _("auto: the faster one"))
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
            label=_("Adapter name"), placeholder=_("made from base, data and rank"), max_length=60
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


def labelled(values: Iterable[str]) -> list[tuple[str, str]]:
    """Return choices whose labels are translated, and whose values are not.

    Args:
        values: Texts that `CHOICES` marks, or names that are the same in every language.
    """
    return [(_(value), value) for value in values]
