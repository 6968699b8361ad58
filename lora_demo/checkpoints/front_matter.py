"""The front matter at the top of a README on the Hub: YAML between two lines of dashes."""

import re

FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def split_front_matter(text: str) -> tuple[str, str]:
    r"""Split a README into its front matter and the rest.

    Args:
        text: The content of the README.

    Returns:
        The YAML without its dashes, or an empty text if there is none; and the text after it.

    Example:
        >>> split_front_matter("---\nlicense: mit\n---\n# Title")
        ('license: mit\n', '# Title')
    """
    match = FRONT_MATTER.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)
