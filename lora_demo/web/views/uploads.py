"""Notes beside the box for files of pairs: a sample, the stored file, and how it is read."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import lora_demo.assets
from lora_demo.language import _
from lora_demo.service.uploads import Reading

SAMPLE = Path(lora_demo.assets.__file__).parent / "sample.tsv"
"""A small file of pairs, which shows the format."""


def sample_html() -> str:
    """Offer a sample file to download, which the page itself holds."""
    content = quote(SAMPLE.read_text(encoding="utf-8"))
    address = f"data:text/tab-separated-values;charset=utf-8,{content}"
    link = f'<a href="{address}" download="{SAMPLE.name}">{_("sample file")}</a>'
    text = _("The first line names the columns de and en: {link}", link=link)
    return f'<p class="small">{text}</p>'


def missing_html(name: str) -> str:
    """Ask for a file that settings name.

    Args:
        name: Name of the file.
    """
    text = _(
        "Upload <b>{name}</b> here. A settings file names the data but does not contain it.",
        name=escape(name),
    )
    return f'<p class="warning">{text}</p>'


def stored_html(reading: Reading) -> str:
    """Say that a file is used that was uploaded before.

    Args:
        reading: The way to read it.
    """
    text = _("Your stored file <b>{name}</b> is used.", name=escape(reading.name))
    return f'<p class="small">{text}</p>{reading_html(reading)}'


def reading_html(reading: Reading) -> str:
    """Say which columns were chosen, and warn where German and English look swapped.

    Args:
        reading: The way to read the file.
    """
    notes = []
    if reading.columns:
        columns = f"<code>--columns {escape(reading.columns)}</code>"
        notes.append(f'<p class="small">{_("It is read with {columns}.", columns=columns)}</p>')
    if reading.looks_swapped:
        text = _("German and English look swapped in <b>{name}</b>.", name=escape(reading.name))
        notes.append(f'<p class="warning" role="alert">{text}</p>')
    return "".join(notes)
