"""The training data of the base and the ticked adapters, as one strip of HTML."""

import re
from collections.abc import Sequence
from html import escape

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.formatting import format_count
from lora_demo.language import N_, _, ngettext
from lora_demo.service.bases import shown_base
from lora_demo.service.origins import Origin

EMBEDDED_TEXT = N_(
    "<b>{base}</b> is a toy: a T5 with {count} weights that was trained on short everyday "
    "sentences. From German to English it makes many mistakes, and often it answers in German."
)
OTHER_TEXT = N_("<b>{base}</b> is a T5 with {count} weights, shown as it was published.")
OUTDATED = N_(
    "<b>{names}</b>: trained on another version of {base}, so translations here may be nonsense."
)
ATTRIBUTION = re.compile(r"Sentences of (https?://\S+)")
"""The data of the shipped general adapters, as their manifests name it."""


def strip_html(
    base: str, weights: int, origins: Sequence[Origin], outdated: Sequence[str] = ()
) -> str:
    """Render the strip.

    Args:
        base: Id of the base.
        weights: Its number of weights.
        origins: Origins of the ticked adapters.
        outdated: Names of those that were trained on another version of the embedded base.
    """
    text = EMBEDDED_TEXT if base == EMBEDDED else OTHER_TEXT
    sentences = [_(text, base=escape(shown_base(base)), count=format_count(weights))]
    sentences += map(_sentence, origins)
    if any(origin.data for origin in origins):
        sentences.append(_("Other kinds of sentences are translated worse."))
    if outdated:
        names = escape(", ".join(outdated))
        sentences.append(_(OUTDATED, names=names, base=EMBEDDED))
    return f'<p class="origins small">{" ".join(sentences)}</p>'


def _sentence(origin: Origin) -> str:
    names, data = escape(", ".join(origin.names)), escape(_shown_data(origin.data))
    if not data:
        return _("<b>{names}</b>: the training data is not recorded.", names=names)
    if origin.pairs is None:
        return _("<b>{names}</b> learned from {data}.", names=names, data=data)
    return ngettext(
        "<b>{names}</b> learned from {count:,} pair: {data}.",
        "<b>{names}</b> learned from {count:,} pairs: {data}.",
        origin.pairs,
        names=names,
        data=data,
    )


def _shown_data(data: str) -> str:
    """Return the name of the data for a reader; another attribution is shown as it was written."""
    found = ATTRIBUTION.fullmatch(data)
    if not found:
        return data
    return _("Sentences of {address}", address=found[1])
