"""Sentence numbers as readers see them: positions in the set, counted from 1."""

from collections.abc import Callable, Sequence

MAX_LISTED = 200
"""Sentences that one list in the JSON report names."""

Numbering = Callable[[int], int]
"""Turns a row of the scored sentences into the number that readers see."""


def from_one(row: int) -> int:
    """Number the sentences of a complete set.

    Args:
        row: The position of a sentence, from 0.
    """
    return row + 1


def list_numbers(rows: Sequence[int], number: Numbering = from_one) -> list[int]:
    """List the numbers of the first rows.

    Args:
        rows: Rows of the scored sentences.
        number: Returns the number of a row for readers.

    Returns:
        At most `MAX_LISTED` numbers.
    """
    return [number(row) for row in rows[:MAX_LISTED]]
