"""Text files that visitors translate: one German sentence per line, in parts of a few lines."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lora_demo.data.cleaning import clean
from lora_demo.data.lines import read_lines
from lora_demo.language import _
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import MAX_CHARACTERS, Comparison

MAX_LINES = 2000
PART_LINES = 32
"""Lines that are translated in one turn; other visitors have theirs in between."""


def read_text_file(path: Path) -> list[str]:
    """Read the sentences of a text file; empty lines are left out.

    Args:
        path: The file.

    Raises:
        ValueError: If it is not a text, is empty, or has too many or too long lines.
    """
    lines = [line.strip() for line in read_lines(path)]
    sentences = [line for line in lines if clean(line)]
    if not 1 <= len(sentences) <= MAX_LINES:
        raise ValueError(
            _(
                "{name} has {count:,} lines with text. Give 1 to {max_lines:,} lines.",
                name=path.name,
                count=len(sentences),
                max_lines=MAX_LINES,
            )
        )
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_CHARACTERS:
            raise ValueError(
                _(
                    "Line {number} of {name} has {count:,} characters. The limit is "
                    "{max_characters:,}. Split the line.",
                    number=number,
                    name=path.name,
                    count=len(line),
                    max_characters=MAX_CHARACTERS,
                )
            )
    return sentences


def split_into_parts(sentences: Sequence[str]) -> list[list[str]]:
    """Split sentences into parts that one comparison takes.

    Args:
        sentences: Each of at most `MAX_CHARACTERS` characters.

    Returns:
        Parts of at most `PART_LINES` sentences and `MAX_CHARACTERS` characters, with the line
        breaks between them.
    """
    parts: list[list[str]] = []
    size = 0
    for sentence in sentences:
        size += 1 + len(sentence)
        if not parts or len(parts[-1]) == PART_LINES or size > MAX_CHARACTERS:
            parts.append([])
            size = len(sentence)
        parts[-1].append(sentence)
    return parts


def join_comparisons(parts: Sequence[Comparison]) -> Comparison:
    """Join the comparisons of consecutive parts of a text; durations add up.

    Args:
        parts: At least one; all with the same systems and settings.
    """
    systems = zip(*(part.systems for part in parts), strict=True)
    in_pieces: list[int] = []
    count = 0
    for part in parts:
        in_pieces += [count + position for position in part.in_pieces]
        count += len(part.texts)
    return replace(
        parts[0],
        texts=[text for part in parts for text in part.texts],
        systems=[_join_systems(of_parts) for of_parts in systems],
        seconds=sum(part.seconds for part in parts),
        in_pieces=in_pieces,
    )


def _join_systems(systems: Sequence[ComparedSystem]) -> ComparedSystem:
    return replace(
        systems[0],
        texts=[text for system in systems for text in system.texts],
        tokens=[count for system in systems for count in system.tokens],
    )
