"""The likeliest next tokens of base and adapter as HTML: a table of bars for each."""

from collections.abc import Sequence
from html import escape

from lora_demo.language import N_, _, format_number
from lora_demo.next_tokens import END, NextToken
from lora_demo.service.token_comparison import TokenComparison

SAME = N_("The base and {name} give the same translation, so no word differs.")
DIVERGENCE = N_(
    "{place}, the base and {name} continue differently. These are the likeliest next tokens of "
    "each. A token is a word or a piece of one; ␣ is a space."
)


def next_tokens_html(tokens: TokenComparison, name: str) -> str:
    """Render the next tokens of base and adapter.

    Args:
        tokens: The next tokens for one sentence.
        name: The adapter's name.
    """
    shown_name = f"<b>{escape(name)}</b>"
    if tokens.divergence is None:
        body = f'<p class="small">{_(SAME, name=shown_name)}</p>'
    else:
        prefix = tokens.divergence.prefix
        place = _("After “{prefix}”", prefix=escape(prefix)) if prefix else _("At the first word")
        body = (
            f'<p class="small">{_(DIVERGENCE, place=place, name=shown_name)}</p>'
            f'<div class="tables">{_table(_("base"), tokens.divergence.base)}'
            f"{_table(name, tokens.divergence.adapter)}</div>"
        )
    return f'<div class="hood" role="group" aria-label="{_("Under the hood")}">{body}</div>'


def _table(name: str, tokens: Sequence[NextToken]) -> str:
    rows = "".join(_row(token) for token in tokens)
    return (
        f"<table><caption>{escape(name)}</caption><thead class=unseen><tr><th scope=col>"
        + _("token")
        + "</th><th scope=col>"
        + _("probability")
        + f"</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(token: NextToken) -> str:
    share = format_number(token.probability, ".1%")
    return (
        f"<tr><th scope=row>{_token_html(token.text)}</th>"
        f'<td><i style="width:{100 * token.probability:.1f}%"></i><span>{share}</span></td></tr>'
    )


def _token_html(text: str) -> str:
    if text == END:
        return f"<em>{_('end of the translation')}</em>"
    return f"<code>{escape(text.replace(' ', '␣'))}</code>"
