"""The note on a card whose sentence is of another kind than the adapter's training data."""

from lora_demo.language import N_, _

OUTSIDE = N_(
    "Unlike its training data. Words that are rare in that data or missing from it: {unknown} of "
    "{count}, a larger share than in 95% of its held-out sentences."
)


def outside_html(found: tuple[int, int] | None) -> str:
    """Render the note; empty for a usual sentence.

    Args:
        found: Numbers of unknown words and of words.
    """
    if found is None:
        return ""
    unknown, count = found
    return f'<p class="outside" role="note">{_(OUTSIDE, unknown=unknown, count=count)}</p>'
