"""JavaScript of the page, one file each; for `js_on_load` of a widget or `js` of an event."""

from pathlib import Path

from lora_demo.service.visitor_folders import MAX_KEY_LENGTH, MIN_KEY_LENGTH

FOLDER = Path(__file__).parent


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


COPY = _read("copy.js")
SELECT_CARD = _read("select_card.js")
REOPEN_TAB = _read("reopen_tab.js")
VISITOR_KEY = (
    _read("visitor_key.js")
    .replace("MIN_KEY_LENGTH", str(MIN_KEY_LENGTH))
    .replace("MAX_KEY_LENGTH", str(MAX_KEY_LENGTH))
)
