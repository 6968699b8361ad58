"""The sliders for the strengths of the chosen adapters; those of no adapter are hidden."""

from collections.abc import Sequence

import gradio as gr

from lora_demo.language import _
from lora_demo.service.adapter_library import MAX_CHOSEN
from lora_demo.service.strengths import MAX_STRENGTH


def strength_sliders(names: Sequence[str]) -> list[gr.Slider]:
    """Create `MAX_CHOSEN` sliders, of which those with an adapter are visible.

    Args:
        names: Names of the chosen adapters.
    """
    shown = [*names[:MAX_CHOSEN], *[""] * (MAX_CHOSEN - len(names))]
    return [_slider(name) for name in shown]


def slider_updates(names: Sequence[str], strengths: Sequence[float]) -> list[gr.Slider]:
    """Return updates of all sliders: one for each adapter, the others hidden at 1.

    Args:
        names: Names of the chosen adapters.
        strengths: Their strengths.
    """
    updates = [
        gr.Slider(value=strength, label=_label(name), visible=True)
        for name, strength in zip(names, strengths, strict=False)
    ]
    while len(updates) < MAX_CHOSEN:
        updates.append(gr.Slider(value=1, visible=False))
    return updates


def _slider(name: str) -> gr.Slider:
    return gr.Slider(
        0,
        MAX_STRENGTH,
        value=1,
        step=0.1,
        label=_label(name),
        info=_("0 is the base, 1 is as trained"),
        visible=bool(name),
        min_width=200,
    )


def _label(name: str) -> str:
    return _("Strength of {name}", name=name) if name else _("Strength")
