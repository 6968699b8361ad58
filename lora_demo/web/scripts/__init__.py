"""JavaScript of the page, one file each; for `js_on_load` of a widget or `js` of an event."""

import json
import re
from pathlib import Path

from lora_demo.language import _, current_language
from lora_demo.service.visitor_folders import MAX_KEY_LENGTH, MIN_KEY_LENGTH

TEXT = re.compile(r"\b_\('((?:[^'\\]|\\.)*)'\)")
"""A text in a script: `_('Copied')`."""
LOCALES = {"de": "de-DE", "vi": "vi-VN"}
"""JavaScript's names of the languages, for numbers; others use that of English."""
FOLDER = Path(__file__).parent
WATCH_SERVER = {"ASK_SECONDS": 10, "RETRY_SECONDS": 3, "MAX_MISSES": 3, "PATIENCE_SECONDS": 60}
"""Limits after which `lost_server.js` reports a lost server.

It asks every `ASK_SECONDS`, and after a miss every `RETRY_SECONDS`. The server is gone after
`MAX_MISSES` requests in a row without a connection, or one that waits `PATIENCE_SECONDS`.
"""


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def watch_server(**values: float) -> str:
    """Return the script that watches whether the server answers.

    Args:
        **values: Other values than those of `WATCH_SERVER`, for tests.
    """
    script = _read("lost_server.js")
    for name, value in (WATCH_SERVER | values).items():
        script = script.replace(name, str(value))
    return script


ASK_NOTIFY = _read("ask_notify.js")
COPY = _read("copy.js")
FIELD_ERRORS = _read("field_errors.js")
GRADIO_LABELS = _read("gradio_labels.js")
GRADIO_LANGUAGE = _read("gradio_language.js")
NEXT_TOKENS = _read("next_tokens.js")
LOST_SERVER = watch_server()
NOTIFY = _read("notify.js")
PLOTS = _read("plots.js")
RANK_SLIDER = _read("rank_slider.js")
RANK_DRAWING = _read("rank_drawing.js")
RECALL_NOTIFY = _read("recall_notify.js")
RECORDING = _read("recording.js")
LESSON_FOCUS = _read("lesson_focus.js")
DOWNLOAD_TEXT = _read("download_text.js")
SAVE_TEXT = _read("save_text.js").replace("DOWNLOAD_TEXT", DOWNLOAD_TEXT.strip())
SEARCH_SENTENCES = _read("search_sentences.js")
SHOW_FORM = _read("show_form.js")
SHOW_RESULTS = _read("show_results.js")
SELECT_CARD = _read("select_card.js")
REOPEN_TAB = _read("reopen_tab.js")
TAB_KEYS = _read("tab_keys.js")
TERMS = _read("terms.js")
VISITOR_KEY = (
    _read("visitor_key.js")
    .replace("MIN_KEY_LENGTH", str(MIN_KEY_LENGTH))
    .replace("MAX_KEY_LENGTH", str(MAX_KEY_LENGTH))
)
NAME_LANGUAGE = _read("name_language.js")
LANGUAGE_LINKS = _read("language_links.js")


def localised(script: str) -> str:
    """Return a script with its texts and numbers in the reader's language.

    Args:
        script: JavaScript with texts such as `_('Copied')`, and LOCALE for the language's name.
    """
    locale = LOCALES.get(current_language(), "en-US")
    translated = TEXT.sub(lambda match: json.dumps(_(match[1].replace("\\'", "'"))), script)
    return translated.replace("LOCALE", json.dumps(locale))
