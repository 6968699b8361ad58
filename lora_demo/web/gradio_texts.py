"""Gradio's own texts, such as those of the upload box, in languages that Gradio lacks.

Gradio ships an incomplete German translation and no Vietnamese one. `gr.I18n` adds the missing
texts; where Gradio has a German text, that one is shown. `scripts/gradio_language.js` switches to a
language that Gradio does not ship.
"""

import gradio as gr

from lora_demo.language import ENGLISH, N_, _, current_language

TEXTS: dict[str, dict[str, str]] = {
    "blocks": {
        "connection_can_break": N_(
            "On mobile, the connection can break if this tab is unfocused or the device sleeps, "
            "losing your position in queue."
        ),
        "lost_connection": N_("Lost connection due to leaving page. Rejoining queue..."),
        "waiting_for_inputs": N_("Waiting for file(s) to finish uploading, please retry."),
    },
    "common": {
        "clear": N_("Clear"),
        "download": N_("Download"),
        "empty": N_("Empty"),
        "error": N_("Error"),
        "loading": N_("Loading"),
        "or": N_("or"),
        "progress": N_("Progress"),
        "remove": N_("Remove"),
        "submit": N_("Submit"),
        "undo": N_("Undo"),
    },
    "dropdown": {"dropdown": N_("Dropdown")},
    "errors": {
        "use_via_api": N_("Use via API"),
        "use_via_api_or_mcp": N_("Use via API or MCP"),
    },
    "file": {"uploading": N_("Uploading...")},
    "number": {"number": N_("Number")},
    "slider": {"slider": N_("Slider")},
    "status": {"queue_position": N_("In queue: {position} of {size}")},
    "upload_text": {
        "click_to_upload": N_("Click to Upload"),
        "drop_file": N_("Drop File Here"),
        "paste_clipboard": N_("Paste from Clipboard"),
    },
}
"""The English texts that this page can show, by Gradio's groups and names."""


class GradioTexts(gr.I18n):
    """The texts in the visitor's language, for `launch`."""

    @property
    def translations_dict(self) -> dict[str, dict[str, dict[str, str]]]:
        """The texts by language, group and name; empty for English, which Gradio has."""
        language = current_language()
        if language == ENGLISH:
            return {}
        return {
            language: {
                group: {name: _(text) for name, text in texts.items()}
                for group, texts in TEXTS.items()
            }
        }
