"""The theme of the page: warm paper, one accent, and fonts that come with Gradio."""

from pathlib import Path

import gradio as gr
from gradio.themes.utils.colors import Color
from gradio.themes.utils.fonts import Font, LocalFont
from gradio.themes.utils.sizes import radius_lg, spacing_md, text_md

STYLES = Path(__file__).parent / "styles"
STYLE_NAMES = (
    "page",
    "compare",
    "tables",
    "train",
    "plots",
    "adapters",
    "learn",
    "blind_test",
    "run_steps",
    "sweep",
    "narrow",
)
CSS = [STYLES / f"{name}.css" for name in STYLE_NAMES]
"""In this order, since later files override earlier ones."""
ACCENT = Color(
    "#eef7f5",
    "#d6ece8",
    "#aedad3",
    "#7dc3b9",
    "#4aa79c",
    "#238a7f",
    "#0f6e66",
    "#0d5953",
    "#0c4743",
    "#0b3a37",
    "#052422",
    name="pine",
)
"""Eleven shades from light to dark, which Gradio's variables call primary_50 to primary_950."""
PAPER = Color(
    "#fbf9f5",
    "#f4f0e8",
    "#e7e1d5",
    "#d3cbbb",
    "#a39b8b",
    "#797264",
    "#5f594d",
    "#474238",
    "#2d2a24",
    "#201e1a",
    "#171612",
    name="paper",
)
"""The shades neutral_50 to neutral_950."""
SANS = (
    LocalFont("IBM Plex Sans", weights=(400, 700)),
    Font("ui-sans-serif"),
    Font("system-ui"),
    Font("sans-serif"),
)
"""Of the weights that Gradio ships, only 400 and 700 have all Latin letters."""
MONO = (
    LocalFont("IBM Plex Mono", weights=(400, 700)),
    Font("ui-monospace"),
    Font("Consolas"),
    Font("monospace"),
)
VARIABLES = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "#ece8df",
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "#aaa497",
    "background_fill_primary": "white",
    "background_fill_primary_dark": "*neutral_900",
    "background_fill_secondary": "*neutral_50",
    "background_fill_secondary_dark": "*neutral_950",
    "border_color_primary": "*neutral_200",
    "border_color_primary_dark": "#38352e",
    "block_background_fill": "white",
    "block_background_fill_dark": "*neutral_900",
    "block_border_width": "1px",
    "block_shadow": "none",
    "block_padding": "14px 16px",
    "layout_gap": "16px",
    "button_large_text_size": "16px",
    "button_large_text_weight": "600",
    "button_large_padding": "11px 22px",
    "button_medium_text_weight": "400",
    "body_text_size": "15px",
    "input_text_size": "15px",
    "checkbox_label_text_size": "14px",
    "checkbox_label_padding": "7px 12px",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "*neutral_600",
    "block_label_text_color_dark": "#aaa497",
    "block_title_text_color": "*neutral_700",
    "block_title_text_color_dark": "#cfc9bd",
    "block_title_text_weight": "600",
    "block_title_text_size": "*text_sm",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "#aaa497",
    "input_background_fill": "*neutral_50",
    "input_background_fill_dark": "*neutral_950",
    "input_border_color": "*neutral_200",
    "input_border_color_dark": "#38352e",
    "input_border_color_focus": "*primary_500",
    "input_border_color_focus_dark": "*primary_400",
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "button_primary_background_fill_dark": "*primary_600",
    "button_primary_background_fill_hover_dark": "*primary_500",
    "button_primary_border_color": "*primary_600",
    "button_primary_border_color_dark": "*primary_600",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "white",
    "button_secondary_background_fill": "white",
    "button_secondary_background_fill_dark": "#2a2822",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_hover_dark": "#343129",
    "button_secondary_border_color": "*neutral_300",
    "button_secondary_border_color_dark": "#45413a",
    "button_secondary_text_color": "*neutral_800",
    "button_secondary_text_color_dark": "#ece8df",
    "checkbox_label_background_fill": "transparent",
    "checkbox_label_background_fill_dark": "transparent",
    "checkbox_label_background_fill_selected": "*primary_50",
    "checkbox_label_background_fill_selected_dark": "#12302d",
    "checkbox_label_border_color": "*neutral_200",
    "checkbox_label_border_color_dark": "#38352e",
    "checkbox_label_border_width": "1px",
    "checkbox_label_border_width_dark": "1px",
    "checkbox_border_color": "*neutral_500",
    "checkbox_border_color_dark": "*neutral_500",
    "checkbox_background_color_selected": "*primary_600",
    "checkbox_background_color_selected_dark": "*primary_500",
    "checkbox_border_color_selected": "*primary_600",
    "checkbox_border_color_selected_dark": "*primary_500",
    "slider_color": "*primary_600",
    "slider_color_dark": "*primary_400",
    "link_text_color": "*primary_700",
    "link_text_color_dark": "*primary_300",
    "color_accent": "*primary_600",
    "color_accent_soft": "*primary_50",
    "color_accent_soft_dark": "#12302d",
    "border_color_accent": "*primary_600",
    "border_color_accent_dark": "*primary_300",
    "panel_background_fill": "transparent",
    "panel_background_fill_dark": "transparent",
}
"""Gradio's theme variables that differ from its plain theme; `_dark` is for the dark mode."""


def theme() -> gr.themes.Base:
    """Return Gradio's plain theme in our colours."""
    return gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=PAPER,
        font=SANS,
        font_mono=MONO,
        radius_size=radius_lg,
        spacing_size=spacing_md,
        text_size=text_md,
    ).set(**VARIABLES)
