"""What a push would send, and how a push or a pull went, as HTML."""

from html import escape

from lora_demo.hub.pull import Pulled
from lora_demo.hub.push import Parcel, Pushed
from lora_demo.service.studio import Studio
from lora_demo.web.views.gallery import base_name
from lora_demo.web.views.units import size

MOST_SHOWN = 30_000
"""Characters of a model card in the preview."""


def parcel_html(parcel: Parcel) -> str:
    """The files that would be sent, and the model card as it is written."""
    card = parcel.card if len(parcel.card) <= MOST_SHOWN else f"{parcel.card[:MOST_SHOWN]}\n…"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{size(count)}</td></tr>'
        for name, count in parcel.sizes.items()
    )
    return (
        f'<section class="parcel" aria-label="Preview of the push"><h2>For {escape(parcel.repo)}, in one commit</h2>'
        f'<table class="numbers"><thead><tr><th scope="col">File</th><th scope="col">Size</th></tr></thead><tbody>{rows}</tbody></table>'
        f'<pre tabindex="0" role="region" aria-label="Model card">{escape(card)}</pre></section>'
    )


def pushed_html(pushed: Pushed) -> str:
    """Where the adapter is now."""
    url = escape(pushed.url)
    return f'<p class="told" role="status">{"Pushed" if pushed.changed else "It was all there already"}: <a href="{url}" target="_blank" rel="noopener">{url}</a></p>'


def wrong_html(error: ValueError) -> str:
    """A failure as its sentence, in place."""
    return f'<p class="told wrong" role="alert">{escape(str(error))}</p>'


def pulled_html(pulled: Pulled, studio: Studio) -> str:
    """What came, and the base that it wants."""
    wanted, here = base_name(pulled.base) or "it does not say", base_name(studio.base)
    other = (
        f" Its matrices fit {here}, which this page has open, but were trained for {wanted}: a page that is started with --base {wanted} can use it as it was meant."
        if pulled.base and wanted != here
        else ""
    )
    return f'<p class="told" role="status">{escape(f"{pulled.repo} is among your adapters now: rank {pulled.rank}, base: {wanted}.{other} {pulled.note}".strip())}</p>'
