"""Lines that draw a table, as in Markdown and in the output of SQL clients."""

import re
from collections.abc import Iterable, Iterator

DASHES = " *:?(?:-{2,}|={2,}):? *"
RULE = re.compile(rf"[|+](?: *:?(?:-+|=+):? *[|+])+|{DASHES}(?:[|+,;\t]{DASHES})+[|+]?")
"""A line without cells, such as `|---|---|`, `--- | ---`, `+----+----+` or `--,--`."""


def blank_rules(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a table with an empty line for each rule that is drawn.

    A rule is the line below the first line with text. If the first line is a rule, as MySQL draws
    it, all such lines are rules.

    Args:
        lines: Lines of the file, with their ends.
    """
    number = 0
    is_framed = False
    for line in lines:
        number += number > 0 or bool(line.strip())
        if (number <= 2 or is_framed) and RULE.fullmatch(line.strip()):
            is_framed |= number == 1
            yield "\n"
        else:
            yield line
