"""Previews of pushes, and the results of pushes and pulls, as HTML."""

from html import escape

from lora_demo.formatting import format_size
from lora_demo.hub.commits import Pushed
from lora_demo.hub.parcel import Parcel
from lora_demo.hub.pull import Pulled
from lora_demo.language import _
from lora_demo.service.bases import shown_base

MAX_CARD_CHARACTERS = 30_000


def parcel_html(parcel: Parcel) -> str:
    """Render the files that a push would send, and the source of the model card.

    Args:
        parcel: The content of the push; a long card is cut to `MAX_CARD_CHARACTERS`.
    """
    card = parcel.card
    if len(card) > MAX_CARD_CHARACTERS:
        card = f"{card[:MAX_CARD_CHARACTERS]}\n…"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{format_size(count)}</td></tr>'
        for name, count in parcel.sizes.items()
    )
    return (
        f'<section class="parcel" aria-label="{_("Preview of the push")}"><h2>'
        + _("One commit to {repo}", repo=escape(parcel.repo))
        + '</h2><table class="numbers"><thead><tr><th scope="col">'
        + _("File")
        + '</th><th scope="col">'
        + _("Size")
        + f'</th></tr></thead><tbody>{rows}</tbody></table><pre tabindex="0" role="region" '
        f'aria-label="{_("Model card")}">{escape(card)}</pre></section>'
    )


def pushed_html(pushed: Pushed) -> str:
    """Render the result of a push with a link to the repository.

    Args:
        pushed: The result, also of a push that changed nothing.
    """
    result = _("Pushed") if pushed.changed else _("The repository already has these files")
    url = escape(pushed.url)
    link = f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'
    return f'<p class="notice" role="status">{result}: {link}</p>'


def error_html(error: ValueError) -> str:
    """Render an error in place.

    Args:
        error: An error with a sentence for the visitor.
    """
    return f'<p class="notice wrong" role="alert">{escape(str(error))}</p>'


def pulled_html(pulled: Pulled, open_base: str) -> str:
    """Render the result of a pull.

    Args:
        pulled: The pulled adapter.
        open_base: Id of the base that this page has open.
    """
    trained_for, here = shown_base(pulled.base), shown_base(open_base)
    sentences = [
        _(
            "{repo} was added to your adapters: rank {rank}, base: {base}.",
            repo=pulled.repo,
            rank=pulled.rank,
            base=trained_for or _("not given"),
        )
    ]
    if pulled.base and trained_for != here:
        sentences.append(
            _(
                "Its matrices fit {here}, which this page has open, but were trained for "
                "{trained_for}. To use it as intended, start the app with --base "
                "{trained_for}.",
                here=here,
                trained_for=trained_for,
            )
        )
    if pulled.note:
        sentences.append(pulled.note)
    return f'<p class="notice" role="status">{escape(" ".join(sentences))}</p>'
