"""Previews of pushes, and the results of pushes and pulls, as HTML."""

from html import escape

from lora_demo.formatting import format_size
from lora_demo.hub.commits import Pushed
from lora_demo.hub.parcel import Parcel
from lora_demo.hub.pull import Pulled
from lora_demo.web.views.gallery import base_name

MAX_CARD_CHARACTERS = 30_000


def parcel_html(parcel: Parcel) -> str:
    """Render the files that a push would send, and the source of the model card."""
    card = parcel.card
    if len(card) > MAX_CARD_CHARACTERS:
        card = f"{card[:MAX_CARD_CHARACTERS]}\n…"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{format_size(count)}</td></tr>'
        for name, count in parcel.sizes.items()
    )
    return (
        '<section class="parcel" aria-label="Preview of the push">'
        f"<h2>One commit to {escape(parcel.repo)}</h2>"
        '<table class="numbers"><thead><tr><th scope="col">File</th><th scope="col">Size</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
        f'<pre tabindex="0" role="region" aria-label="Model card">{escape(card)}</pre></section>'
    )


def pushed_html(pushed: Pushed) -> str:
    """Render the result of a push with a link to the repository."""
    result = "Pushed" if pushed.changed else "The repository already has these files"
    url = escape(pushed.url)
    link = f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'
    return f'<p class="notice" role="status">{result}: {link}</p>'


def error_html(error: ValueError) -> str:
    """Render an error in place."""
    return f'<p class="notice wrong" role="alert">{escape(str(error))}</p>'


def pulled_html(pulled: Pulled, open_base: str) -> str:
    """Render the result of a pull.

    Args:
        pulled: What was pulled.
        open_base: Id of the base that this page has open.
    """
    trained_for, here = base_name(pulled.base), base_name(open_base)
    sentences = [
        f"{pulled.repo} was added to your adapters: rank {pulled.rank}, "
        f"base: {trained_for or 'not given'}."
    ]
    if pulled.base and trained_for != here:
        sentences.append(
            f"Its matrices fit {here}, which this page has open, but were trained for "
            f"{trained_for}. To use it as intended, start the app with --base {trained_for}."
        )
    if pulled.note:
        sentences.append(pulled.note)
    return f'<p class="notice" role="status">{escape(" ".join(sentences))}</p>'
