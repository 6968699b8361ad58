"""The settings of a run on the Train tab."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.language import _
from lora_demo.service.presets import PRESET_FIELDS, PRESETS, preset_values, start_values
from lora_demo.service.services import Services
from lora_demo.training.config import OF_NEW_ADAPTER, OF_PARENT
from lora_demo.training.request import DEFAULT_REPLAY, TrainRequest
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST
from lora_demo.web.tabs.training_fields import TrainingFields, labelled

FIRST_PRESET = "60 seconds"
FIXED_BY_START = (*OF_PARENT, *OF_NEW_ADAPTER)
"""Settings that cannot be changed if the run starts from an adapter."""
OF_BASE = ("parent", *FIXED_BY_START, "replay", "learning_rate", "batch_size")
"""Settings of a preset that depend on the adapters of the base."""


class TrainingForm:
    """One widget per setting, filled in by presets.

    An adapter to start from fixes the settings of FIXED_BY_START: their widgets show its values, or
    the defaults of what only a new adapter has, and cannot be changed.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        base: The list of bases.

    Attributes:
        fields: The widgets by the names of the settings.
        filled: Register a handler that runs after a base, a preset or a start was filled in.
    """

    def __init__(self, services: Services, visitor: gr.BrowserState, base: gr.Radio) -> None:
        self.bases = services.bases
        first = preset_values(FIRST_PRESET, services.library.entries(""), services.config)
        self.preset = gr.Radio(labelled(PRESETS), value=FIRST_PRESET, label=_("Preset"))
        made = TrainingFields(first, self._parents("", "")).fields
        self.fields: dict[str, Component] = {"base": base, **made}
        parent = self.fields["parent"]
        chosen = self.preset.input(
            show_errors(self._fill),
            [base, self.preset, visitor],
            [self.fields[name] for name in PRESET_FIELDS],
            **LATEST,
        )
        started = parent.input(
            show_errors(self._start_from),
            [base, parent, visitor],
            [self.fields[name] for name in (*FIXED_BY_START, "replay")],
            **EACH,
        )
        changed = base.input(
            show_errors(self._change_base),
            [base, self.preset, parent, visitor],
            [self.fields[name] for name in OF_BASE],
            **LATEST,
        )
        self.filled: list[Callable] = [chosen.then, started.then, changed.then]

    @property
    def changes(self) -> list[Any]:
        """The events of all widgets but base and start, after which `filled` follows."""
        filling = ("base", "parent")
        return [field.input for name, field in self.fields.items() if name not in filling]

    @property
    def inputs(self) -> list[Component]:
        """The widgets, as inputs of a handler."""
        return list(self.fields.values())

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the values of `inputs` by the names of their settings.

        Args:
            values: One value per widget.
        """
        return dict(zip(self.fields, values, strict=False))

    def parse(self, values: Sequence[Any]) -> TrainRequest:
        """Make a request from the values of `inputs`.

        Args:
            values: One value per widget.

        Raises:
            ValueError: If a value is out of range.
        """
        return TrainRequest.from_mapping(self.named(values))

    @property
    def outputs(self) -> list[Component]:
        """The preset and the widgets, as outputs of a handler; `updates` fills them."""
        return [self.preset, *self.inputs]

    def updates(self, values: Mapping[str, Any], visitor: str) -> list[Any]:
        """Return the values of `outputs` for given settings; no preset is chosen then.

        Args:
            values: A value for each setting, by its name.
            visitor: The visitor's key, for the adapters to start from.
        """
        is_open = not values["parent"]
        updates = {name: _update(name, values[name], is_open) for name in self.fields}
        parents = self._parents(values["base"], visitor)
        updates["parent"] = gr.Dropdown(choices=parents, value=values["parent"])
        return [None, *updates.values()]

    def offer_parents(self, base: str, chosen: str, visitor: str) -> gr.Dropdown:
        """Offer the visitor's adapters to start from.

        Args:
            base: Name of the base.
            chosen: The adapter that is chosen now.
            visitor: The visitor's key.
        """
        choices = self._parents(base, visitor)
        if any(chosen == id for _unused, id in choices):
            return gr.Dropdown(choices=choices)
        return gr.Dropdown(choices=choices, value="")

    def _parents(self, base: str, visitor: str) -> list[tuple[str, str]]:
        return [(_("a new adapter"), ""), *adapter_choices(self.bases.find(base), visitor)]

    def _fill(self, base: str, preset: str, visitor: str) -> list[Any]:
        """Fill in a preset's settings; base, seed and name stay."""
        values = self._preset_values(base, preset, visitor)
        is_open = not values["parent"]
        return [_update(name, value, is_open) for name, value in values.items()]

    def _preset_values(self, base: str, preset: str, visitor: str) -> dict[str, Any]:
        served = self.bases.find(base)
        return preset_values(preset, served.library.entries(visitor), served.config)

    def _change_base(self, base: str, preset: str | None, parent: str, visitor: str) -> list[Any]:
        """Offer the adapters of another base, and free the settings that the start fixed.

        The start of a preset is chosen where the base has that adapter. Another start stays if it
        fits the base.
        """
        choices = self._parents(base, visitor)
        if preset and PRESETS[preset].parent:
            values = self._preset_values(base, preset, visitor)
        elif not parent or any(parent == id for _unused, id in choices):
            return [gr.Dropdown(choices=choices), *(gr.skip() for _unused in OF_BASE[1:])]
        else:
            values = {"parent": "", "replay": 0.0}
        is_open = not values["parent"]
        updates = [_update_if_given(name, values, is_open) for name in OF_BASE[1:]]
        return [gr.Dropdown(choices=choices, value=values["parent"]), *updates]

    def _start_from(self, base: str, parent: str, visitor: str) -> list[Any]:
        """Show and fix the settings of the adapter to start from, or free them again."""
        replay = DEFAULT_REPLAY if parent else 0.0
        if not parent:
            return [*(gr.update(interactive=True) for _unused in FIXED_BY_START), replay]
        values = self.values_of_start(parent, base, visitor)
        return [*(_update(name, values[name], False) for name in FIXED_BY_START), replay]

    def values_of_start(self, parent: str, base: str, visitor: str) -> dict[str, Any]:
        """Return an adapter to start from with the settings that it fixes.

        Args:
            parent: Its id.
            base: Name of its base.
            visitor: The visitor's key.

        Raises:
            ValueError: If it is not offered to the visitor.
        """
        served = self.bases.find(base)
        values = start_values(served.library.find(parent, visitor), served.config)
        of_new = {name: getattr(TrainRequest, name) for name in OF_NEW_ADAPTER}
        return {"parent": parent, **values, **of_new}


def _update_if_given(name: str, values: Mapping[str, Any], is_open: bool) -> Any:
    """Return a widget's new value, or only whether it can be changed."""
    if name in values:
        return _update(name, values[name], is_open)
    return gr.update(interactive=is_open) if name in FIXED_BY_START else gr.skip()


def _update(name: str, value: Any, is_open: bool) -> Any:
    """Return a widget's new value; a setting that the start fixes cannot be changed."""
    return gr.update(value=value, interactive=is_open) if name in FIXED_BY_START else value
